//! Times as an order stream gives them: RFC 3339, kept with their own offset.

use chrono::{
    DateTime, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;

use crate::json::{Reason, push_short};

/// A time that was given with or without its offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spoken {
    local: NaiveDateTime,
    offset: Option<FixedOffset>,
}

/// What had to be decided to make an instant of a local time; served as a note.
pub(crate) const AMBIGUOUS: &str = "time_ambiguous";
/// The local time falls into an hour that the clocks skipped.
pub(crate) const SKIPPED: &str = "time_skipped";

impl Spoken {
    /// Reads `YYYY-MM-DDThh:mm:ss[.fraction][Z|±hh:mm]`, cut to microseconds.
    pub(crate) fn read(text: &str) -> Result<Self, Reason> {
        parse(text).ok_or(Reason::NotATime)
    }

    /// Whether it needs a zone to be an instant.
    pub(crate) fn is_local(self) -> bool {
        self.offset.is_none()
    }

    /// The instant: by its own offset, else by the zone, the earlier of a double hour and the later side of a missing
    /// one (the clock is taken to have gone on), each with a note.
    pub(crate) fn resolve(self, zone: Option<Tz>) -> Result<(Moment, Option<&'static str>), Reason> {
        if let Some(offset) = self.offset {
            let moment = offset.from_local_datetime(&self.local).single().ok_or(Reason::NotATime)?;
            return Ok((Moment(moment), None));
        }
        let zone = zone.ok_or(Reason::NoOffset)?;
        match zone.from_local_datetime(&self.local) {
            LocalResult::Single(time) => Ok((Moment(time.fixed_offset()), None)),
            LocalResult::Ambiguous(earlier, _) => Ok((Moment(earlier.fixed_offset()), Some(AMBIGUOUS))),
            LocalResult::None => {
                let day = TimeDelta::days(1);
                let before =
                    zone.from_local_datetime(&(self.local - day)).earliest().ok_or(Reason::NotATime)?;
                let later = (before + day).fixed_offset();
                Ok((Moment(later), Some(SKIPPED)))
            }
        }
    }
}

/// An instant with the offset it was given in, to the microsecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(DateTime<FixedOffset>);

impl Moment {
    /// The instant in UTC.
    pub fn utc(self) -> DateTime<Utc> {
        self.0.to_utc()
    }

    /// The date on the wall at that place.
    pub fn local_date(self) -> NaiveDate {
        self.0.date_naive()
    }

    /// Reads back what [`Moment::push`] wrote.
    pub(crate) fn read(text: &str) -> Result<Self, Reason> {
        Spoken::read(text)?.resolve(None).map(|(moment, _)| moment)
    }

    /// Appends the time in its own offset, with no more of a fraction than is needed.
    pub(crate) fn push(self, out: &mut String) {
        push_local(out, self.0.naive_local());
        let minutes = self.0.offset().local_minus_utc() / 60;
        if minutes == 0 {
            out.push('Z');
            return;
        }
        out.push(if minutes < 0 { '-' } else { '+' });
        push_padded(out, minutes.unsigned_abs() / 60, 2);
        out.push(':');
        push_padded(out, minutes.unsigned_abs() % 60, 2);
    }
}

/// Appends an instant in UTC with all six places.
pub(crate) fn push_utc(out: &mut String, time: DateTime<Utc>) {
    push_seconds(out, time.naive_utc());
    out.push('.');
    push_padded(out, time.timestamp_subsec_micros(), 6);
    out.push('Z');
}

/// Appends a date as `YYYY-MM-DD`.
pub(crate) fn push_date(out: &mut String, date: NaiveDate) {
    use chrono::Datelike;
    push_padded(out, date.year().unsigned_abs(), 4);
    out.push('-');
    push_padded(out, date.month(), 2);
    out.push('-');
    push_padded(out, date.day(), 2);
}

fn push_seconds(out: &mut String, time: NaiveDateTime) {
    use chrono::Timelike;
    push_date(out, time.date());
    out.push('T');
    push_padded(out, time.hour(), 2);
    out.push(':');
    push_padded(out, time.minute(), 2);
    out.push(':');
    push_padded(out, time.second(), 2);
}

fn push_local(out: &mut String, time: NaiveDateTime) {
    push_seconds(out, time);
    let micros = time.and_utc().timestamp_subsec_micros();
    if micros > 0 {
        out.push('.');
        push_padded(out, micros, 6);
        while out.ends_with('0') {
            out.pop();
        }
    }
}

fn push_padded(out: &mut String, number: u32, width: usize) {
    push_short(out, u64::from(number), width);
}

/// Reads a date of the form `YYYY-MM-DD`.
pub(crate) fn read_date(text: &str) -> Result<NaiveDate, Reason> {
    Some(text).filter(|text| text.len() == 10).and_then(date).ok_or(Reason::NotADate)
}

fn date(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    if bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    let year = number(text.get(0..4)?)?;
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, number(text.get(5..7)?)?, number(text.get(8..10)?)?)
}

fn parse(text: &str) -> Option<Spoken> {
    let bytes = text.as_bytes();
    let date = date(text)?;
    let separators = (bytes.get(10)?, bytes.get(13)?, bytes.get(16)?);
    if !matches!(separators, (b'T' | b't' | b' ', b':', b':')) {
        return None;
    }
    // A leap second is served as the second before it.
    let second = number(text.get(17..19)?)?;
    let second = if second == 60 { 59 } else { second };
    let rest = text.get(19..)?;
    let (micros, rest) = match rest.strip_prefix('.') {
        None => (0, rest),
        Some(fraction) => {
            let end = fraction.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(fraction.len());
            (fraction_micros(fraction.get(..end)?)?, fraction.get(end..)?)
        }
    };
    let hour = number(text.get(11..13)?)?;
    let time = NaiveTime::from_hms_micro_opt(hour, number(text.get(14..16)?)?, second, micros)?;
    let offset = if rest.is_empty() { None } else { Some(offset(rest)?) };
    Some(Spoken { local: date.and_time(time), offset })
}

fn fraction_micros(digits: &str) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    let kept = digits.get(..digits.len().min(6))?;
    Some(number(kept)? * 10_u32.pow(6 - u32::try_from(kept.len()).ok()?))
}

/// The offset behind a time, where there is one.
fn offset(text: &str) -> Option<FixedOffset> {
    match text.as_bytes() {
        [b'Z' | b'z'] => FixedOffset::east_opt(0),
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let hours = number(text.get(1..3)?)?;
            let minutes = number(text.get(4..6)?)?;
            if hours > 23 || minutes > 59 {
                return None;
            }
            let seconds = i32::try_from(hours * 3_600 + minutes * 60).ok()?;
            FixedOffset::east_opt(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

fn number(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.bytes().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, zone: Option<Tz>) -> Result<(String, Option<&'static str>), Reason> {
        let (moment, note) = Spoken::read(text)?.resolve(zone)?;
        let mut out = String::new();
        moment.push(&mut out);
        Ok((out, note))
    }

    #[test]
    fn a_time_keeps_its_offset_and_no_more_of_a_fraction_than_it_needs() {
        for (text, same) in [
            ("2017-01-01T11:53:26Z", "2017-01-01T11:53:26Z"),
            ("2017-01-01t11:53:26z", "2017-01-01T11:53:26Z"),
            ("2017-01-01T11:53:26+00:00", "2017-01-01T11:53:26Z"),
            ("2017-01-01T11:53:26.100-05:30", "2017-01-01T11:53:26.1-05:30"),
            ("2017-01-01T11:53:26.123456789+14:00", "2017-01-01T11:53:26.123456+14:00"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ] {
            assert_eq!(said(text, None).unwrap(), (same.to_owned(), None), "{text}");
        }
        for text in
            ["2017-02-29T00:00:00Z", "2017-01-01", "2017-01-01T24:00:00Z", "2017-01-01T00:00:00+0100", "x"]
        {
            assert_eq!(said(text, None), Err(Reason::NotATime), "{text}");
        }
    }

    #[test]
    fn a_local_time_is_told_by_its_zone() {
        let zone = Some(chrono_tz::Europe::Zurich);
        assert_eq!(said("2024-07-01T10:00:00", None), Err(Reason::NoOffset));
        assert_eq!(said("2024-07-01T10:00:00", zone).unwrap().0, "2024-07-01T10:00:00+02:00");
        let double = said("2024-10-27T02:30:00", zone).unwrap();
        assert_eq!(double, ("2024-10-27T02:30:00+02:00".to_owned(), Some(AMBIGUOUS)));
        let missing = said("2024-03-31T02:30:00", zone).unwrap();
        assert_eq!(missing, ("2024-03-31T03:30:00+02:00".to_owned(), Some(SKIPPED)));
    }
}
