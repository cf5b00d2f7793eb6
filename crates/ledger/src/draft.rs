//! What is asked to be written, and what is read back.

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::{Actor, Display, EntryType, commit};
use counterfoil_domain::ids::{EntryId, RecordId};
use counterfoil_store::entries::StoredEntry;
use counterfoil_store::keys::{Keys, Secret};
use counterfoil_store::{Error, Result};
use serde_json::Value;

use crate::aad;

/// An entry before it has a number, an id and a place in its chain.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Type, from the catalogue.
    pub entry_type: EntryType,
    /// The chain it continues.
    pub record: RecordId,
    /// Who acted.
    pub actor: Actor,
    /// State reached.
    pub state: Option<&'static str>,
    /// Legal basis; a decision must name one.
    pub basis: Option<&'static str>,
    /// When it holds from.
    pub effective_at: DateTime<Utc>,
    /// When what was decided ends.
    pub expires: Option<DateTime<Utc>>,
    /// What was shown.
    pub display: Option<Display>,
    /// The entry that made this one.
    pub cause: Option<EntryId>,
    /// What can be forgotten.
    pub payload: Option<Value>,
}

/// An entry that has its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its number in the log, from 0.
    pub seq: i64,
    /// Its id.
    pub entry_id: EntryId,
}

/// An entry that was opened and agrees with its commitment.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The header.
    pub header: Value,
    /// The payload, unless there is none.
    pub payload: Option<Value>,
}

/// Opens an entry with the key that sealed it.
pub(crate) fn open(keys: &Keys, key: &Secret, entry: &StoredEntry) -> Result<Opened> {
    let corrupt = |column| Error::corrupt("entries", column, format!("{}/{}", entry.log, entry.seq));
    let id = EntryId::from_slice(&entry.entry_id).map_err(|_| corrupt("entry_id"))?;
    let sealed = entry.header.as_deref().ok_or(Error::Key("the header was forgotten"))?;
    let (header, commitment) = open_part(keys, key, id, "header", sealed)?.ok_or(corrupt("header"))?;
    if commitment.as_slice() != entry.commitment.as_slice() {
        return Err(corrupt("commitment"));
    }
    let record = RecordId::from_slice(&entry.record).map_err(|_| corrupt("record"))?;
    if header.get("record").and_then(Value::as_str) != Some(format!("{record}").as_str()) {
        return Err(corrupt("record"));
    }
    let payload = match entry.payload.as_deref() {
        None => None,
        Some(sealed) => {
            let (value, digest) = open_part(keys, key, id, "payload", sealed)?.ok_or(corrupt("payload"))?;
            let named = header.get("payload").and_then(Value::as_str);
            if named != Some(counterfoil_domain::entry::Commitment(digest).to_text().as_str()) {
                return Err(corrupt("payload"));
            }
            Some(value)
        }
    };
    Ok(Opened { header, payload })
}

/// A part's value and what its salt commits it to; `None` when it is not salt and JSON.
fn open_part(
    keys: &Keys,
    key: &Secret,
    id: EntryId,
    part: &str,
    sealed: &[u8],
) -> Result<Option<(Value, [u8; 32])>> {
    let plain = keys.open_sealed(key, &aad(id, part), sealed)?;
    let Some((salt, bytes)) = plain.split_first_chunk::<32>() else { return Ok(None) };
    let Ok(value) = serde_json::from_slice(bytes) else { return Ok(None) };
    Ok(Some((value, commit(salt, bytes).0)))
}
