//! What left: disclosures counted from the access log's entries.

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::instant;
use counterfoil_domain::ids::{EntryId, RecordId};
use counterfoil_store::Result;
use counterfoil_store::entries::{self, Log, StoredEntry};
use counterfoil_store::keys::Secret;
use serde::Serialize;
use serde_json::Value;

use super::Audit;
use super::reading::{PAGE, corrupt, text};

/// Disclosures that an answer lists one by one; beyond them it counts.
const LISTED: usize = 1_000;

/// What left under a record in a span of time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Disclosed {
    /// Entries of the access log.
    pub entries: u64,
    /// Purchases in all answers; one that was in two answers counts twice.
    pub purchases: u64,
    /// Entries that were erased, or whose payload was: what was in them is not known.
    pub unreadable: u64,
    /// The first of them, in order.
    pub listed: Vec<Disclosure>,
}

/// One entry of the access log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Disclosure {
    /// Its id.
    pub entry: EntryId,
    /// Number in the access log.
    pub seq: i64,
    /// When it was written, just before the data left.
    pub recorded_at: String,
    /// Its type; `None` when it was erased.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Who got it, as the entry names them; `None` for the customer.
    pub to: Option<String>,
    /// Purchases in it; `None` when that was erased.
    pub purchases: Option<u64>,
}

impl Audit {
    /// What left under a record from `from` to `until`, both included.
    pub(super) fn disclosed(
        &self,
        record: RecordId,
        evidence: Option<&Secret>,
        span: (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<Disclosed> {
        let mut disclosed = Disclosed::default();
        let mut after = -1;
        loop {
            let page = self.store.read_blocking(|conn| {
                entries::of_record_between(conn, Log::Access, record, span, after, PAGE)
            })?;
            let Some(last) = page.last() else { return Ok(disclosed) };
            after = last.seq;
            for entry in &page {
                let disclosure = self.disclosure(evidence, entry)?;
                disclosed.entries += 1;
                match disclosure.purchases {
                    Some(purchases) => disclosed.purchases += purchases,
                    None => disclosed.unreadable += 1,
                }
                if disclosed.listed.len() < LISTED {
                    disclosed.listed.push(disclosure);
                }
            }
        }
    }

    fn disclosure(&self, evidence: Option<&Secret>, entry: &StoredEntry) -> Result<Disclosure> {
        let opened = self.open(evidence, entry)?;
        let header = opened.as_ref().map(|opened| &opened.header);
        let actor = header.and_then(|header| header.get("actor"));
        Ok(Disclosure {
            entry: EntryId::from_slice(&entry.entry_id).map_err(|_| corrupt(entry))?,
            seq: entry.seq,
            recorded_at: instant(entry.recorded_at.and_utc()),
            type_name: header.and_then(|header| text(header, "type")).map(str::to_owned),
            to: actor.and_then(|actor| text(actor, "ref")).map(str::to_owned),
            purchases: opened.as_ref().and_then(|opened| opened.payload.as_ref()).map(purchases),
        })
    }
}

/// Purchases that an entry's payload tells of: of each answer that left under a grant, or of the part of a file.
pub(super) fn purchases(payload: &Value) -> u64 {
    let count = |value: &Value| value.get("purchases").and_then(Value::as_u64).unwrap_or_default();
    match payload.get("responses").and_then(Value::as_array) {
        Some(responses) => responses.iter().map(count).sum(),
        None => count(payload),
    }
}
