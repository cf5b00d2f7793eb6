//! Times as an order stream gives them: RFC 3339, kept with their own offset.

use chrono::{
    DateTime, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, SecondsFormat, SubsecRound, TimeDelta,
    TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;

use crate::json::{Reason, push_shown};

/// A time that was given with or without its offset, cut to microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    Instant(DateTime<FixedOffset>),
    Local(NaiveDateTime),
}

/// What had to be decided to make an instant of a local time; served as a note.
pub(crate) const AMBIGUOUS: &str = "time_ambiguous";
/// The local time falls into an hour that the clocks skipped.
pub(crate) const SKIPPED: &str = "time_skipped";

impl Spoken {
    /// Reads `YYYY-MM-DDThh:mm:ss[.fraction][Z|±hh:mm]`.
    pub(crate) fn read(text: &str) -> Result<Self, Reason> {
        if let Some(time) = strict(text) {
            return Ok(Self::Instant(time));
        }
        // The same form but for the offset.
        let local = strict(&format!("{text}Z")).ok_or(Reason::NotATime)?;
        Ok(Self::Local(local.naive_local()))
    }

    /// Whether it needs a zone to be an instant.
    pub(crate) fn is_local(self) -> bool {
        matches!(self, Self::Local(_))
    }

    /// The instant: by its own offset, else by the zone, the earlier of a double hour and the later side of a missing
    /// one (the clock is taken to have gone on), each with a note.
    pub(crate) fn resolve(self, zone: Option<Tz>) -> Result<(Moment, Option<&'static str>), Reason> {
        let local = match self {
            Self::Instant(time) => return Ok((Moment(time), None)),
            Self::Local(local) => local,
        };
        let zone = zone.ok_or(Reason::NoOffset)?;
        match zone.from_local_datetime(&local) {
            LocalResult::Single(time) => Ok((Moment(time.fixed_offset()), None)),
            LocalResult::Ambiguous(earlier, _) => Ok((Moment(earlier.fixed_offset()), Some(AMBIGUOUS))),
            LocalResult::None => {
                let day = TimeDelta::days(1);
                let before = zone.from_local_datetime(&(local - day)).earliest().ok_or(Reason::NotATime)?;
                let later = (before + day).fixed_offset();
                Ok((Moment(later), Some(SKIPPED)))
            }
        }
    }
}

/// Reads RFC 3339 in its strict form: the library also takes a minus sign beyond ASCII.
fn strict(text: &str) -> Option<DateTime<FixedOffset>> {
    let time = DateTime::parse_from_rfc3339(text).ok().filter(|_| text.is_ascii())?.trunc_subsecs(6);
    // A leap second, which the library keeps as more than a second's nanoseconds, is served as the one before it.
    time.with_nanosecond(time.nanosecond() % 1_000_000_000)
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

    /// Reads back what [`Moment::push_quoted`] wrote, without the quotes.
    pub(crate) fn read(text: &str) -> Result<Self, Reason> {
        Spoken::read(text)?.resolve(None).map(|(moment, _)| moment)
    }

    /// Appends the time with its quotes.
    pub(crate) fn push_quoted(self, out: &mut String) {
        out.push('"');
        self.push(out);
        out.push('"');
    }

    /// Appends the time in its own offset, with no more of a fraction than is needed.
    fn push(self, out: &mut String) {
        let local = self.0.naive_local();
        // Documented to be `%Y-%m-%dT%H:%M:%S%.f`.
        push_shown(out, format_args!("{local:?}"));
        if local.nanosecond() > 0 {
            out.truncate(out.trim_end_matches('0').len());
        }
        let minutes = self.0.offset().local_minus_utc() / 60;
        if minutes == 0 {
            out.push('Z');
            return;
        }
        let (sign, minutes) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
        push_shown(out, format_args!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
    }
}

/// An instant in UTC with all six places.
pub(crate) fn utc_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Reads a date of the form `YYYY-MM-DD`.
pub(crate) fn read_date(text: &str) -> Result<NaiveDate, Reason> {
    let midnight = strict(&format!("{text}T00:00:00Z")).ok_or(Reason::NotADate)?;
    Ok(midnight.date_naive())
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
        for text in [
            "2017-02-29T00:00:00Z",
            "2017-01-01",
            "2017-01-01T24:00:00Z",
            "2017-01-01T00:00:00+0100",
            "2017-01-01T00:00:00−01:00",
            "2017-1-01T00:00:00Z",
            " 2017-01-01T00:00:00Z",
            "2017-01-01T00:00:00Z ",
            "2017-01-01T00:00:00.Z",
            "2017-01-01T00:00:00+24:00",
            "+2017-01-01T00:00:00Z",
            "x",
        ] {
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

    #[test]
    fn a_date_is_ten_characters() {
        assert_eq!(read_date("2024-02-29"), Ok(NaiveDate::from_ymd_opt(2024, 2, 29).unwrap()));
        for text in ["2023-02-29", "2024-2-29", "+2024-2-29", "2024-02-29Z", "20240229", ""] {
            assert_eq!(read_date(text), Err(Reason::NotADate), "{text}");
        }
    }
}
