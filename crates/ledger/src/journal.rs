//! The closure journal: every act that narrows, outside the database, before the act is answered.
//!
//! One object that can only be made, for each transaction that writes such entries, under `journal/<date>/`: a line of
//! JSON each with the time, the type of the entry, its number in the consent log, and keyed hashes of the record and the
//! person it is about. It names nobody: only who holds the keystore and the database can tell whom a line means. When an
//! older state of the database is put back, [`crate::restore`] reads here what must not come back with it.

use chrono::{DateTime, Utc};
use counterfoil_domain::clock::Entropy;
use counterfoil_domain::entry::EntryType;
use counterfoil_domain::ids::{Person, RecordId};
use counterfoil_store::keys::{Keys, Secret};
use counterfoil_store::{Error, Result};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::objects::Objects;

/// The folder of the journal.
const FOLDER: &str = "journal";
/// The realm's key under which lines are hashed.
const KEY: &str = "journal";

/// An act that narrows, as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When.
    pub at: DateTime<Utc>,
    /// The type of its entry.
    pub act: String,
    /// The number of its entry in the consent log; absent where the log could not be written.
    pub seq: Option<i64>,
    /// Keyed hash of its record.
    pub record: String,
    /// Keyed hash of the person.
    pub person: String,
}

/// Writes and reads the journal. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Journal {
    objects: Objects,
    key: Secret,
    entropy: Entropy,
}

impl Journal {
    /// With the realm's key for it, made at first use.
    ///
    /// # Errors
    /// The keystore's.
    pub fn new(objects: Objects, keys: &Keys, entropy: Entropy) -> Result<Self> {
        Ok(Self { objects, key: keys.named(KEY)?, entropy })
    }

    /// How lines name a record.
    pub fn record(&self, record: RecordId) -> String {
        HEXLOWER.encode(&self.key.mac(&[b"record", record.as_bytes()]))
    }

    /// How lines name a person.
    pub fn person(&self, person: Person) -> String {
        HEXLOWER.encode(&self.key.mac(&[b"person", person.as_bytes()]))
    }

    /// A line about an act; `None` where the act narrows nothing.
    pub fn line(
        &self,
        act: EntryType,
        record: RecordId,
        person: Person,
        seq: Option<i64>,
        now: DateTime<Utc>,
    ) -> Option<Line> {
        narrows(act).then(|| Line {
            at: now,
            act: act.name().to_owned(),
            seq,
            record: self.record(record),
            person: self.person(person),
        })
    }

    /// Writes lines; they are on disk when this returns.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when that is not certain: the act must not be committed then.
    pub fn write(&self, lines: &[Line], now: DateTime<Utc>) -> Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let unavailable =
            |error: &dyn std::fmt::Display| Error::Unavailable(format!("closure journal: {error}"));
        let mut text = String::new();
        for line in lines {
            text.push_str(&serde_json::to_string(line).map_err(|error| unavailable(&error))?);
            text.push('\n');
        }
        let name = HEXLOWER.encode(&self.entropy.bytes::<8>());
        let path = format!("{FOLDER}/{}/{}-{name}", now.format("%Y-%m-%d"), now.format("%H%M%S%6f"));
        match self.objects.create(&path, text.into_bytes()) {
            Ok(true) => Ok(()),
            Ok(false) => Err(unavailable(&"the object is there already")),
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// Every line, oldest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when one cannot be read.
    pub fn read(&self) -> Result<Vec<Line>> {
        let unavailable = |path: &str, error: &dyn std::fmt::Display| {
            Error::Unavailable(format!("closure journal: {path}: {error}"))
        };
        let mut lines = Vec::new();
        for path in self.objects.list(FOLDER).map_err(|error| unavailable(FOLDER, &error))? {
            let bytes = self.objects.get(&path).map_err(|error| unavailable(&path, &error))?;
            let bytes = bytes.ok_or_else(|| unavailable(&path, &"it is gone"))?;
            for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                lines.push(serde_json::from_slice(line).map_err(|error| unavailable(&path, &error))?);
            }
        }
        Ok(lines)
    }
}

/// Whether, after an entry of this type, somebody may see or do less than before.
pub fn narrows(act: EntryType) -> bool {
    use EntryType as E;
    matches!(
        act,
        E::GrantAmended
            | E::GrantLapsed
            | E::GrantWithdrawn
            | E::GrantEnded
            | E::GrantRevoked
            | E::GrantExpired
            | E::RestrictionSet
            | E::ErasureRequested
            | E::ErasureCompleted
            | E::ConsentRefused
            | E::ConsentWithdrawn
            | E::ConsentRevoked
            | E::ConsentInvalidated
            | E::ConsentExpired
            | E::VolunteeredCorrected
            | E::VolunteeredWithdrawn
            | E::VolunteeredExpired
            | E::ObjectionRaised
            | E::PersonGoneDark
    )
}
