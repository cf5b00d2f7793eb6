//! The question of `as of` and the form of its answer.

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::{EntryId, RecordId};
use serde::Serialize;

use super::disclosures::Disclosed;

/// About whom or what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Every record of a customer.
    Customer {
        /// The id.
        id: String,
        /// The scheme that it is of; empty for the order stream's own customer ids.
        scheme: String,
    },
    /// One record.
    Record(RecordId),
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsOf {
    /// About whom or what.
    pub subject: Subject,
    /// The time whose state is wanted.
    pub valid_at: DateTime<Utc>,
    /// The time whose knowledge is wanted.
    pub known_at: DateTime<Utc>,
    /// Whether each deciding entry comes with its proof.
    pub proofs: bool,
}

/// The answer. It holds no time of its own: asked again, the same question gives the same bytes, unless something that
/// holds from `validAt` or before was recorded meanwhile, or erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AsOfAnswer {
    /// As asked.
    pub valid_at: String,
    /// As asked.
    pub known_at: String,
    /// The checkpoint that `knownAt` rests on. `"unknown"` where none was signed by then: the ledger cannot prove what it
    /// knew, which is not the same as that it knew nothing.
    pub ledger: Told<KnownLedger>,
    /// Records with something decided by `validAt`, by id.
    pub records: Vec<RecordAnswer>,
    /// What cannot be told any more; `None` where nothing was erased.
    pub erased: Option<Erased>,
}

/// The consent log as it was signed last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownLedger {
    /// Generation of the log.
    pub generation: i32,
    /// Entries of that generation that the checkpoint covers.
    pub size: i64,
    /// Entries with numbers below this were known.
    pub numbers_below: i64,
    /// When it was signed, as the database says: a checkpoint carries no time of its own.
    pub signed_at: String,
    /// Entries among them that were lost when the database was put back. Where there are any, what the ledger knew may
    /// have been more.
    pub lost: i64,
    /// The signed note.
    pub checkpoint: String,
}

/// Something that may not be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told<T> {
    /// This.
    Known(T),
    /// Nothing had been decided: `null`.
    Nothing,
    /// It cannot be told: `"unknown"`.
    Unknown,
    /// What it rests on was erased: `"erased"`.
    Erased,
}

impl<T: Serialize> Serialize for Told<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::Nothing => serializer.serialize_none(),
            Self::Unknown => serializer.serialize_str("unknown"),
            Self::Erased => serializer.serialize_str("erased"),
        }
    }
}

/// What was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Since when, if anything still says so.
    pub since: Option<String>,
    /// Entries that are there and open no more.
    pub entries: usize,
}

/// The three answers for one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordAnswer {
    /// Which.
    pub record: RecordId,
    /// What it is: `grant`, `consent`, `restriction`, …; `None` where every entry was erased.
    pub kind: Option<String>,
    /// In force at `validAt`, by everything recorded up to now.
    pub in_force: Told<Stood>,
    /// In force at `validAt`, by what the ledger knew at `knownAt`.
    pub knew: Told<Stood>,
    /// The decision recorded after `knownAt` that makes the two differ; the last one, if there were several.
    pub corrected_by: Option<Deciding>,
    /// What left in between.
    pub between: Option<Between>,
    /// Entries of this record that open no more.
    pub erased: usize,
}

/// What left under a record while it was thought to stand otherwise than it did: from the moment since which it stands as
/// it does at `validAt`, until the correction was recorded; without a correction until the later of the two times asked.
/// Both ends are included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Between {
    /// From when.
    pub from: String,
    /// Until when.
    pub until: String,
    /// What left.
    #[serde(flatten)]
    pub disclosed: Disclosed,
}

/// Where a record stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stood {
    /// The state.
    pub state: String,
    /// Since when.
    pub since: String,
    /// When it ends by itself.
    pub expires: Option<String>,
    /// The entries that it rests on.
    pub decided_by: Vec<Deciding>,
}

/// An entry that decided something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deciding {
    /// Its id.
    pub entry: EntryId,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Number in the consent log.
    pub seq: i64,
    /// Generation of the log whose tree it is in.
    pub generation: Option<i32>,
    /// Index in that tree.
    pub index: Option<i64>,
    /// When it holds from.
    pub effective_at: String,
    /// When it was written.
    pub recorded_at: String,
    /// The configuration that it rests on.
    pub config: Option<String>,
    /// That it is in the log (c2sp.org/tlog-proof), under the first checkpoint that covers it. Absent where it was not
    /// asked for, or no checkpoint covers the entry yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
}
