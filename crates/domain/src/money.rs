//! Decimal numbers and money: read from text, never through a float; money is whole minor units of its currency.

use iso_currency::Currency;

use crate::json::{Reason, push_digits};

/// Most digits before the dot (`order-stream`, "Values").
const MAX_WHOLE: usize = 15;
/// Most places after the dot that any member may have: those of a unit price.
pub(crate) const UNIT_PRICE_PLACES: u8 = 10;
/// Most places of a quantity.
pub(crate) const QUANTITY_PLACES: u8 = 6;
/// Most places of an amount whose currency is not known yet: those of the currency with the smallest unit.
pub(crate) const ANY_CURRENCY_PLACES: u8 = 4;

/// A decimal number in lowest terms: 1.50 is 15 with one place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decimal {
    coefficient: i128,
    places: u8,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { coefficient: 0, places: 0 };

    /// Reads a decimal number; only a JSON number may have an exponent.
    pub(crate) fn read(text: &str, most_places: u8, exponent_allowed: bool) -> Result<Self, Reason> {
        let (text, exponent) = match text.find(['e', 'E']).filter(|_| exponent_allowed) {
            None => (text, 0),
            Some(at) => {
                let (front, back) = text.split_at(at);
                let power = back.get(1..).unwrap_or_default();
                (front, power.parse::<i32>().map_err(|_| Reason::AmountOutOfRange)?)
            }
        };
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = text.split_once('.').map_or((text, "0"), |parts| parts);
        if whole.is_empty() || fraction.is_empty() {
            return Err(Reason::NotADecimal);
        }
        let whole = digits(whole)?.trim_start_matches('0');
        let fraction = digits(fraction)?.trim_end_matches('0');
        if whole.len() > MAX_WHOLE {
            return Err(Reason::AmountOutOfRange);
        }
        if fraction.len() > 20 {
            return Err(Reason::AmountDecimals);
        }
        if whole.is_empty() && fraction.is_empty() {
            return Ok(Self::ZERO);
        }
        let mut coefficient = gather(whole, fraction);
        let mut places = i32::try_from(fraction.len()).unwrap_or_default();
        if exponent != 0 {
            places = places.saturating_sub(exponent);
            while places > 0 && coefficient % 10 == 0 {
                coefficient /= 10;
                places -= 1;
            }
            while places < 0 {
                coefficient = coefficient.checked_mul(10).ok_or(Reason::AmountOutOfRange)?;
                places += 1;
            }
        }
        let places = u8::try_from(places).ok().filter(|places| *places <= most_places);
        let places = places.ok_or(Reason::AmountDecimals)?;
        if exponent != 0 && coefficient / power(places) >= power(15) {
            return Err(Reason::AmountOutOfRange);
        }
        Ok(Self { coefficient: if negative { -coefficient } else { coefficient }, places })
    }

    /// The number in whole minor units of a currency with `decimals` places.
    pub(crate) fn minor(self, decimals: u8) -> Result<i64, Reason> {
        let missing = decimals.checked_sub(self.places).ok_or(Reason::AmountDecimals)?;
        i64::try_from(self.coefficient * power(missing)).map_err(|_| Reason::AmountOutOfRange)
    }

    /// The sum of two numbers.
    pub(crate) fn plus(self, other: Self) -> Self {
        let places = self.places.max(other.places);
        let scaled = |number: Self| number.coefficient.saturating_mul(power(places - number.places));
        let mut sum = Self { coefficient: scaled(self).saturating_add(scaled(other)), places };
        while sum.places > 0 && sum.coefficient % 10 == 0 {
            sum.coefficient /= 10;
            sum.places -= 1;
        }
        sum
    }

    /// Whether this number is larger than `other`.
    pub(crate) fn exceeds(self, other: Self) -> bool {
        let places = self.places.max(other.places);
        let scaled = |number: Self| number.coefficient.saturating_mul(power(places - number.places));
        scaled(self) > scaled(other)
    }

    /// Appends the number with as many places as it needs, at least `least`.
    pub(crate) fn push(self, out: &mut String, least: u8) {
        let places = self.places.max(least);
        push_scaled(out, self.coefficient.saturating_mul(power(places - self.places)), places);
    }
}

fn digits(text: &str) -> Result<&str, Reason> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { Ok(text) } else { Err(Reason::NotADecimal) }
}

/// The digits of both parts as one number. Nearly all amounts fit 64 bits, where arithmetic is many times faster.
fn gather(whole: &str, fraction: &str) -> i128 {
    let digits = whole.bytes().chain(fraction.bytes());
    if whole.len() + fraction.len() <= 18 {
        i128::from(digits.fold(0_i64, |sum, digit| sum * 10 + i64::from(digit - b'0')))
    } else {
        digits.fold(0_i128, |sum, digit| sum * 10 + i128::from(digit - b'0'))
    }
}

fn power(exponent: u8) -> i128 {
    if exponent <= 18 {
        i128::from(10_i64.pow(u32::from(exponent)))
    } else {
        10_i128.pow(u32::from(exponent))
    }
}

/// Appends `units` of the size 10^-`decimals`: 50 with two decimals is `0.50`.
pub(crate) fn push_scaled(out: &mut String, units: i128, decimals: u8) {
    if units < 0 {
        out.push('-');
    }
    let units = units.unsigned_abs();
    match u64::try_from(units) {
        Ok(units) if decimals < 19 => {
            let unit = 10_u64.pow(u32::from(decimals));
            push_digits(out, u128::from(units / unit));
            push_fraction(out, units % unit, decimals);
        }
        _ => {
            let unit = power(decimals).unsigned_abs();
            push_digits(out, units / unit);
            push_fraction(out, u64::try_from(units % unit).unwrap_or_default(), decimals);
        }
    }
}

fn push_fraction(out: &mut String, fraction: u64, decimals: u8) {
    if decimals == 0 {
        return;
    }
    out.push('.');
    let mut filled = 10_u64.pow(u32::from(decimals.min(19) - 1));
    while filled > fraction && filled > 1 {
        out.push('0');
        filled /= 10;
    }
    push_digits(out, u128::from(fraction));
}

/// How many decimals amounts of a currency have (ISO 4217); 2 where the standard gives none.
pub fn decimals(currency: Currency) -> u8 {
    currency.exponent().and_then(|places| u8::try_from(places).ok()).unwrap_or(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, Reason> {
        let mut out = String::new();
        Decimal::read(text, 10, true)?.push(&mut out, 0);
        Ok(out)
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
        for text in ["", ".5", "5.", "1,5", "1 000", "+1", "0x1", "--1", "1.2.3", "NaN"] {
            assert_eq!(shown(text), Err(Reason::NotADecimal), "{text}");
        }
        for text in ["1000000000000000", "1e15", "1e400", "1e99999999999"] {
            assert_eq!(shown(text), Err(Reason::AmountOutOfRange), "{text}");
        }
        assert_eq!(shown("0.00000000001"), Err(Reason::AmountDecimals));
    }

    #[test]
    fn minor_units_keep_the_currency_s_decimals() {
        let minor = |text: &str, places| Decimal::read(text, 10, false).unwrap().minor(places);
        assert_eq!(minor("12.3", 2), Ok(1230));
        assert_eq!(minor("1.230", 2), Ok(123));
        assert_eq!(minor("1.234", 2), Err(Reason::AmountDecimals));
        assert_eq!(minor("999999999999999", 4), Err(Reason::AmountOutOfRange));
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
