//! What is asked to be written, and what is read back.

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::{Actor, Display, EntryType, Salt, commit};
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
    /// Its own id, where others of the same act name it as their cause; else it is drawn.
    pub entry_id: Option<EntryId>,
    /// `sha256:` of what it rests on, where that is not what its family rests on.
    pub config: Option<String>,
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

/// Canonical bytes, and the salt that opens what they were committed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Salted {
    /// The bytes (RFC 8785), as they were written.
    pub bytes: Vec<u8>,
    /// The salt.
    pub salt: Salt,
}

/// An entry that was opened and agrees with its commitment, in the bytes that were committed to: what a receipt holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedBytes {
    /// The header.
    pub header: Salted,
    /// The payload, unless there is none or it was erased.
    pub payload: Option<Salted>,
}

pub(crate) fn open(keys: &Keys, evidence: &Secret, entry: &StoredEntry) -> Result<Opened> {
    open_whole(keys, evidence, entry).map(|(opened, _)| opened)
}

pub(crate) fn open_bytes(keys: &Keys, evidence: &Secret, entry: &StoredEntry) -> Result<OpenedBytes> {
    open_whole(keys, evidence, entry).map(|(_, bytes)| bytes)
}

fn open_whole(keys: &Keys, evidence: &Secret, entry: &StoredEntry) -> Result<(Opened, OpenedBytes)> {
    let corrupt = |column| Error::corrupt("entries", column, format!("{}/{}", entry.log, entry.seq));
    let id = EntryId::from_slice(&entry.entry_id).map_err(|_| corrupt("entry_id"))?;
    let sealed = entry.header.as_deref().ok_or(Error::Key("the header was forgotten"))?;
    let (header, salted) = open_part(keys, evidence, id, "header", sealed)?.ok_or(corrupt("header"))?;
    if commit(&salted.salt, &salted.bytes).0.as_slice() != entry.commitment.as_slice() {
        return Err(corrupt("commitment"));
    }
    let record = RecordId::from_slice(&entry.record).map_err(|_| corrupt("record"))?;
    if header.get("record").and_then(Value::as_str) != Some(format!("{record}").as_str()) {
        return Err(corrupt("record"));
    }
    let opened_payload = match entry.payload.as_deref() {
        None => None,
        Some(sealed) => {
            let part = open_part(keys, evidence, id, "payload", sealed)?.ok_or(corrupt("payload"))?;
            let named = header.get("payload").and_then(Value::as_str);
            if named != Some(commit(&part.1.salt, &part.1.bytes).to_text().as_str()) {
                return Err(corrupt("payload"));
            }
            Some(part)
        }
    };
    let (payload, payload_bytes) = opened_payload.unzip();
    Ok((Opened { header, payload }, OpenedBytes { header: salted, payload: payload_bytes }))
}

/// A part's value, its bytes and their salt; `None` when it is not salt and JSON.
fn open_part(
    keys: &Keys,
    key: &Secret,
    id: EntryId,
    part: &str,
    sealed: &[u8],
) -> Result<Option<(Value, Salted)>> {
    let plain = keys.open_sealed(key, &aad(id, part), sealed)?;
    let Some((salt, bytes)) = plain.split_first_chunk::<32>() else { return Ok(None) };
    let Ok(value) = serde_json::from_slice(bytes) else { return Ok(None) };
    Ok(Some((value, Salted { bytes: bytes.to_vec(), salt: *salt })))
}
