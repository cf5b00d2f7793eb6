//! For how long data is kept.

use chrono::{DateTime, Days, Months, Utc};
use serde::{Deserialize, Serialize};

use super::Texts;
use super::reader::Reader;
use super::rules::{KEEPING, THEN};

/// What becomes of data when its time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// It is deleted.
    Delete,
    /// What is left says nothing about anybody.
    Anonymise,
}

/// For how long data is kept (27560 `retention_period`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// `until_withdrawn`, or a period such as `P6M` (ISO 8601).
    pub period: String,
    /// What becomes of it then.
    pub then: Then,
    /// The same in plain words.
    pub says: Texts,
}

impl Retention {
    pub(super) fn read(reader: &mut Reader<'_, '_>) -> Option<Self> {
        let (period, then) = (reader.word("period", &KEEPING), reader.word("then", &THEN));
        let then = then.map(|then| if then == "delete" { Then::Delete } else { Then::Anonymise });
        let says = reader.texts("says");
        Some(Self { period: period?, then: then?, says: says? })
    }
}

impl Retention {
    /// When data that came at `from` is kept no longer; `None` for as long as it is not taken back.
    pub fn end(&self, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
        after_period(from, &self.period)
    }
}

/// The instant a period such as `P6M` after another; `None` for what is no period, or would end beyond all calendars.
pub(super) fn after_period(from: DateTime<Utc>, period: &str) -> Option<DateTime<Utc>> {
    let rest = period.strip_prefix('P')?;
    let (number, unit) = rest.split_at_checked(rest.len().checked_sub(1)?)?;
    let number: u32 = number.parse().ok()?;
    match unit {
        "D" => from.checked_add_days(Days::new(number.into())),
        "W" => from.checked_add_days(Days::new(u64::from(number).checked_mul(7)?)),
        "M" => from.checked_add_months(Months::new(number)),
        "Y" => from.checked_add_months(Months::new(number.checked_mul(12)?)),
        _ => None,
    }
}
