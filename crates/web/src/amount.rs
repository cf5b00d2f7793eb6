//! Amounts as they are served: decimal numbers of a currency. How a page writes them is the words' matter.

use counterfoil_domain::money::{read_amount, write_amount};
use iso_currency::Currency;

/// A price with the places of its currency, where it has no more than those.
pub(crate) fn price(number: &str, currency: &str) -> String {
    units(number, currency).map_or_else(|| number.to_owned(), |units| self::number(units, currency))
}

/// A number with the other sign, for what is taken off.
pub(crate) fn taken_off(number: &str) -> String {
    match number.strip_prefix('-') {
        Some(number) => number.to_owned(),
        None if number.bytes().all(|byte| b"0.".contains(&byte)) => number.to_owned(),
        None => format!("-{number}"),
    }
}

/// An amount in whole minor units of a currency; `None` where it is none.
pub(crate) fn units(number: &str, currency: &str) -> Option<i64> {
    read_amount(number, Currency::from_code(currency)?)
}

/// A number of whole minor units, as it would be served.
pub(crate) fn number(units: i64, currency: &str) -> String {
    Currency::from_code(currency).map_or_else(|| format!("{units}"), |currency| write_amount(units, currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_written_as_they_are_served() {
        for (text, currency, minor) in [("12.30", "EUR", 1_230), ("-0.05", "USD", -5), ("7", "JPY", 7)] {
            assert_eq!(units(text, currency), Some(minor));
            assert_eq!(number(minor, currency), text);
        }
        assert_eq!(units("1", "no"), None);
        assert_eq!([price("2", "USD"), price("1.2999", "USD")], ["2.00", "1.2999"]);
        assert_eq!([taken_off("1.20"), taken_off("-1.20"), taken_off("0.00")], ["-1.20", "1.20", "0.00"]);
    }
}
