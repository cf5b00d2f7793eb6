//! Numbers and times written straight into JSON text. Formatting is most of the generator's work, and the
//! general machinery of `format!` would take half of its speed.

use chrono::{Datelike, FixedOffset, NaiveDate, NaiveDateTime, Timelike};

/// A whole number without sign.
pub fn push_number(out: &mut String, number: u64) {
    if number >= 10 {
        push_number(out, number / 10);
    }
    out.push(char::from(b'0' + u8::try_from(number % 10).unwrap_or(0)));
}

/// At least two digits.
fn push_pair(out: &mut String, number: u32) {
    if number < 10 {
        out.push('0');
    }
    push_number(out, u64::from(number));
}

/// An amount in hundredths (all currencies of the sample have two decimals): `-1.05`.
pub fn push_money(out: &mut String, minor: i64) {
    if minor < 0 {
        out.push('-');
    }
    let minor = minor.unsigned_abs();
    push_number(out, minor / 100);
    out.push('.');
    push_pair(out, u32::try_from(minor % 100).unwrap_or(0));
}

/// A quantity in thousandths without needless zeros: `3`, `0.742`.
pub fn push_quantity(out: &mut String, thousandths: i64) {
    let thousandths = thousandths.unsigned_abs();
    push_number(out, thousandths / 1000);
    let mut rest = thousandths % 1000;
    if rest > 0 {
        out.push('.');
        let mut place = 100;
        while rest > 0 {
            push_number(out, rest / place);
            rest %= place;
            place /= 10;
        }
    }
}

/// `2026-03-01`
pub fn push_date(out: &mut String, date: NaiveDate) {
    push_number(out, u64::try_from(date.year()).unwrap_or(0));
    out.push('-');
    push_pair(out, date.month());
    out.push('-');
    push_pair(out, date.day());
}

/// RFC 3339 with the offset given; `local` is the clock on the wall there.
pub fn push_instant(out: &mut String, local: NaiveDateTime, offset: FixedOffset) {
    push_date(out, local.date());
    out.push('T');
    push_pair(out, local.hour());
    out.push(':');
    push_pair(out, local.minute());
    out.push(':');
    push_pair(out, local.second());
    let seconds = offset.local_minus_utc();
    if seconds == 0 {
        out.push('Z');
        return;
    }
    out.push(if seconds < 0 { '-' } else { '+' });
    let minutes = seconds.unsigned_abs() / 60;
    push_pair(out, minutes / 60);
    out.push(':');
    push_pair(out, minutes % 60);
}

/// A JSON string, escaped.
pub fn push_text(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn numbers_have_one_spelling() {
        assert_eq!(written(|out| push_money(out, -5)), "-0.05");
        assert_eq!(written(|out| push_money(out, 123_450)), "1234.50");
        assert_eq!(written(|out| push_quantity(out, 3000)), "3");
        assert_eq!(written(|out| push_quantity(out, 742)), "0.742");
        assert_eq!(written(|out| push_quantity(out, 1050)), "1.05");
        assert_eq!(written(|out| push_quantity(out, 2001)), "2.001");
    }

    #[test]
    fn times_are_rfc_3339() {
        let local = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap().and_hms_opt(9, 5, 7).unwrap();
        assert_eq!(
            written(|out| push_instant(out, local, FixedOffset::east_opt(0).unwrap())),
            "2026-03-01T09:05:07Z"
        );
        assert_eq!(
            written(|out| push_instant(out, local, FixedOffset::west_opt(12_600).unwrap())),
            "2026-03-01T09:05:07-03:30"
        );
    }
}
