//! For how long data is kept.

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
