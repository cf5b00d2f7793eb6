//! Decimal numbers and money: read from text, never through a float; money is whole minor units of its currency.

use iso_currency::Currency;
use rust_decimal::{Decimal, Error};

use crate::json::{Reason, push_shown};

/// A number needs more than 15 digits before the dot (`order-stream`, "Values") from here on.
const TOO_LARGE: Decimal = Decimal::from_parts(0xa4c6_8000, 0x0003_8d7e, 0, false, 0);
/// Most places after the dot that any member may have: those of a unit price.
pub(crate) const UNIT_PRICE_PLACES: u32 = 10;
/// Most places of a quantity.
pub(crate) const QUANTITY_PLACES: u32 = 6;
/// Most places of an amount whose currency is not known yet: those of the currency with the smallest unit.
pub(crate) const ANY_CURRENCY_PLACES: u32 = 4;

/// Reads a decimal number, without an exponent, in lowest terms: 1.50 has one place.
pub(crate) fn read(text: &str, most_places: u32) -> Result<Decimal, Reason> {
    fit(plain(text)?, most_places)
}

/// Reads a JSON number, which may have an exponent.
pub(crate) fn read_number(text: &str, most_places: u32) -> Result<Decimal, Reason> {
    let Some((base, exponent)) = text.split_once(['e', 'E']) else { return read(text, most_places) };
    // The library rounds a base that is too long; here it is refused, and zero is zero however it is scaled.
    if plain(base)?.is_zero() {
        return Ok(Decimal::ZERO);
    }
    let number = Decimal::from_scientific(text).map_err(|_| {
        if exponent.starts_with('-') { Reason::AmountDecimals } else { Reason::AmountOutOfRange }
    })?;
    fit(number, most_places)
}

/// Digits with at most one dot between them, and a minus before them: the library also takes `+1`, `.5` and `1_000`.
fn plain(text: &str) -> Result<Decimal, Reason> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return Err(Reason::NotADecimal);
    }
    Decimal::from_str_exact(text).map_err(|error| match error {
        Error::Underflow => Reason::AmountDecimals,
        _ => Reason::AmountOutOfRange,
    })
}

fn fit(number: Decimal, most_places: u32) -> Result<Decimal, Reason> {
    let number = number.normalize();
    if number.abs() >= TOO_LARGE {
        Err(Reason::AmountOutOfRange)
    } else if number.scale() > most_places {
        Err(Reason::AmountDecimals)
    } else {
        Ok(number)
    }
}

/// A number in whole minor units of a currency with `decimals` places.
pub(crate) fn minor(mut number: Decimal, decimals: u32) -> Result<i64, Reason> {
    if number.scale() > decimals {
        return Err(Reason::AmountDecimals);
    }
    number.rescale(decimals);
    i64::try_from(number.mantissa()).map_err(|_| Reason::AmountOutOfRange)
}

/// A number with as many places as it needs, at least `least`, ready to be written.
pub(crate) fn at_least(mut number: Decimal, least: u32) -> Decimal {
    if number.scale() < least {
        number.rescale(least);
    }
    number
}

/// Appends `units` of the size 10^-`decimals`: 50 with two decimals is `0.50`.
pub(crate) fn push_scaled(out: &mut String, units: i128, decimals: u32) {
    // A sum of as many `i64` as there can be in messages stays far below the 96 bits of a decimal.
    push_shown(out, Decimal::try_from_i128_with_scale(units, decimals).unwrap_or(Decimal::MAX));
}

/// How many decimals amounts of a currency have (ISO 4217); 2 where the standard gives none.
pub(crate) fn decimals(currency: Currency) -> u32 {
    currency.exponent().map_or(2, u32::from)
}

/// Reads an amount as it is written (`12.30`), in whole minor units of its currency; `None` where it is none, or has
/// more decimals than the currency.
pub fn read_amount(text: &str, currency: Currency) -> Option<i64> {
    minor(read(text, ANY_CURRENCY_PLACES).ok()?, decimals(currency)).ok()
}

/// Writes an amount of whole minor units of a currency.
pub fn write_amount(units: i64, currency: Currency) -> String {
    let mut out = String::new();
    push_scaled(&mut out, i128::from(units), decimals(currency));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, Reason> {
        Ok(read_number(text, 10)?.to_string())
    }

    #[test]
    fn one_number_has_one_spelling() {
        for (text, same) in [
            ("1.0", "1"),
            ("1.00", "1"),
            ("007.50", "7.5"),
            ("-0.00", "0"),
            ("12e2", "1200"),
            ("1.5E-2", "0.015"),
            ("0.0000000001", "0.0000000001"),
            ("-3.10", "-3.1"),
            ("999999999999999.99", "999999999999999.99"),
        ] {
            assert_eq!(shown(text).unwrap(), same, "{text}");
        }
    }

    #[test]
    fn what_is_no_decimal_is_refused() {
        for text in ["", ".5", "5.", "1,5", "1 000", "+1", "0x1", "--1", "1.2.3", "NaN", "1_000", "-"] {
            assert_eq!(shown(text), Err(Reason::NotADecimal), "{text}");
        }
        for text in ["1000000000000000", "1e15", "1e400", "1e99999999999"] {
            assert_eq!(shown(text), Err(Reason::AmountOutOfRange), "{text}");
        }
        for text in [
            "1e-11",
            "1e-99",
            "0.00000000000000000000000000000000001",
            "1.00000000000000000000000000000000001e3",
        ] {
            assert_eq!(shown(text), Err(Reason::AmountDecimals), "{text}");
        }
        assert_eq!(shown("0e99"), Ok("0".to_owned()));
        assert_eq!(read("1e2", 10), Err(Reason::NotADecimal));
        assert_eq!(shown("0.00000000001"), Err(Reason::AmountDecimals));
    }

    #[test]
    fn an_amount_is_read_as_it_is_written() {
        for (text, currency, units) in [
            ("12.30", Currency::USD, 1230),
            ("-0.05", Currency::EUR, -5),
            ("7", Currency::JPY, 7),
            ("0.100", Currency::KWD, 100),
        ] {
            assert_eq!(read_amount(text, currency), Some(units), "{text}");
            assert_eq!(write_amount(units, currency), text);
        }
        assert_eq!(read_amount("12.3", Currency::USD), Some(1230));
        for text in ["", "1.234", "1,00", "1e2", "€ 1"] {
            assert_eq!(read_amount(text, Currency::USD), None, "{text}");
        }
    }

    #[test]
    fn minor_units_keep_the_currency_s_decimals() {
        let units = |text: &str, places| minor(read(text, 10).unwrap(), places);
        assert_eq!(units("12.3", 2), Ok(1230));
        assert_eq!(units("1.230", 2), Ok(123));
        assert_eq!(units("1.234", 2), Err(Reason::AmountDecimals));
        assert_eq!(units("999999999999999", 4), Err(Reason::AmountOutOfRange));
        for (units, decimals, text) in [
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (50, 2, "0.50"),
            (-5, 2, "-0.05"),
            (1234, 3, "1.234"),
            (7, 0, "7"),
            (12345, 2, "123.45"),
            (100, 3, "0.100"),
            (1, 3, "0.001"),
        ] {
            let mut out = String::new();
            push_scaled(&mut out, units, decimals);
            assert_eq!(out, text);
        }
    }
}
