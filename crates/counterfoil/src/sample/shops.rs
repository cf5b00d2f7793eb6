//! The shops of Hollin & Marsh, a retailer that does not exist, and the money each takes.

use chrono_tz::Tz;

/// VAT, always inside the prices: each country has two rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Most things.
    Standard,
    /// Food, books, plants.
    Reduced,
}

/// One shop with a till, and the currency and taxes of its country.
#[derive(Debug, PartialEq, Eq)]
pub struct Shop {
    /// The members of `location` of a sale at the till, without braces.
    pub location: &'static str,
    /// Digits in front of this shop's order numbers.
    pub number: &'static str,
    /// The clock on its wall.
    pub zone: Tz,
    /// ISO 4217; each has two decimals.
    pub currency: &'static str,
    /// What 100 euro cents of the catalogue cost here, in minor units.
    factor: i64,
    /// The smallest coin, in minor units: prices end on it where `coin_prices`, cash is always rounded to it.
    pub coin: i64,
    /// Whether prices themselves are multiples of the coin.
    coin_prices: bool,
    /// VAT in tenths of a percent: standard, reduced.
    rates: (i64, i64),
    /// As printed: standard, reduced.
    rate_words: (&'static str, &'static str),
    /// Deposit on one bottle, in minor units; 0 where there is none.
    pub bottle: i64,
}

impl Shop {
    /// The price of a thing that the catalogue lists at `cents` euro cents.
    pub fn price(&self, cents: i64) -> i64 {
        let price = (cents * self.factor + 50) / 100;
        if self.coin_prices { price.div_euclid(self.coin).max(1) * self.coin } else { price }
    }

    /// The VAT inside `gross`, rounded half away from zero.
    pub fn tax_inside(&self, gross: i64, rate: Rate) -> i64 {
        let tenths = match rate {
            Rate::Standard => self.rates.0,
            Rate::Reduced => self.rates.1,
        };
        let whole = 1000 + tenths;
        (2 * gross.abs() * tenths + whole) / (2 * whole) * gross.signum()
    }

    /// The rate in percent as it stands in `taxes[].rate`.
    pub fn rate_word(&self, rate: Rate) -> &'static str {
        match rate {
            Rate::Standard => self.rate_words.0,
            Rate::Reduced => self.rate_words.1,
        }
    }
}

/// All shops; the first three take euros.
pub const SHOPS: [Shop; 6] = [
    Shop {
        location: r#""storeId":"110","name":"Hollin & Marsh Freiburg","city":"Freiburg","country":"DE""#,
        number: "110",
        zone: Tz::Europe__Berlin,
        currency: "EUR",
        factor: 100,
        coin: 1,
        coin_prices: false,
        rates: (190, 70),
        rate_words: ("19", "7"),
        bottle: 25,
    },
    Shop {
        location: r#""storeId":"120","name":"Hollin & Marsh Utrecht","city":"Utrecht","country":"NL""#,
        number: "120",
        zone: Tz::Europe__Amsterdam,
        currency: "EUR",
        factor: 108,
        coin: 5,
        coin_prices: false,
        rates: (210, 90),
        rate_words: ("21", "9"),
        bottle: 15,
    },
    Shop {
        location: r#""storeId":"130","name":"Hollin & Marsh Graz","city":"Graz","country":"AT""#,
        number: "130",
        zone: Tz::Europe__Vienna,
        currency: "EUR",
        factor: 104,
        coin: 1,
        coin_prices: false,
        rates: (200, 100),
        rate_words: ("20", "10"),
        bottle: 25,
    },
    Shop {
        location: r#""storeId":"210","name":"Hollin & Marsh Bristol","city":"Bristol","country":"GB""#,
        number: "210",
        zone: Tz::Europe__London,
        currency: "GBP",
        factor: 88,
        coin: 1,
        coin_prices: false,
        rates: (200, 0),
        rate_words: ("20", "0"),
        bottle: 0,
    },
    Shop {
        location: r#""storeId":"310","name":"Hollin & Marsh Basel","city":"Basel","country":"CH""#,
        number: "310",
        zone: Tz::Europe__Zurich,
        currency: "CHF",
        factor: 130,
        coin: 5,
        coin_prices: true,
        rates: (81, 26),
        rate_words: ("8.1", "2.6"),
        bottle: 0,
    },
    Shop {
        location: r#""storeId":"410","name":"Hollin & Marsh Wrocław","city":"Wrocław","country":"PL""#,
        number: "410",
        zone: Tz::Europe__Warsaw,
        currency: "PLN",
        factor: 420,
        coin: 1,
        coin_prices: false,
        rates: (230, 50),
        rate_words: ("23", "5"),
        bottle: 50,
    },
];
