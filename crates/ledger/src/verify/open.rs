//! Opening every header and payload, a page at a time.

use std::collections::HashMap;

use counterfoil_domain::entry::{Commitment, EntryType, commit, instant};
use counterfoil_domain::ids::{EntryId, Person, RecordId};
use counterfoil_store::entries::StoredEntry;
use counterfoil_store::keys::{Keys, Secret};
use counterfoil_store::{Error, Result, Store, entries};
use serde::Deserialize;

use super::Examined;
use crate::aad;

/// What of a header is held against its row.
#[derive(Deserialize)]
struct Header<'a> {
    #[serde(rename = "type", borrow)]
    entry_type: &'a str,
    #[serde(borrow)]
    id: &'a str,
    #[serde(borrow)]
    record: &'a str,
    #[serde(rename = "recordedAt", borrow)]
    recorded_at: &'a str,
    #[serde(borrow)]
    payload: Option<&'a str>,
}

/// Number of an entry, layer, and what is wrong there.
type Bad = (i64, &'static str, String);

/// Number and commitment of entries in their order.
type Rows = Vec<(i64, [u8; 32])>;

pub(super) struct Bodies<'a> {
    store: &'a Store,
    keys: &'a Keys,
    realm: Option<Secret>,
}

impl<'a> Bodies<'a> {
    pub(super) fn new(store: &'a Store, keys: &'a Keys) -> Self {
        Self { store, keys, realm: None }
    }

    /// Reads and opens a page of a log; the first bad entry if there is one.
    pub(super) fn read(
        &mut self,
        log: &str,
        from: i64,
        limit: i64,
        examined: &mut Examined,
    ) -> Result<std::result::Result<Rows, Bad>> {
        let page = self.store.read_blocking(|conn| entries::page(conn, log, from, limit))?;
        let evidence = self.evidence(&page)?;
        let is_realms = |entry: &StoredEntry| entry.sealed_by == entries::SealedBy::REALM;
        if self.realm.is_none() && page.iter().any(is_realms) {
            self.realm = Some(self.keys.named("realm")?);
        }
        let mut rows = Vec::with_capacity(page.len());
        for entry in &page {
            let commitment = <[u8; 32]>::try_from(entry.commitment.as_slice());
            let Ok(commitment) = commitment else {
                return Ok(Err((entry.seq, "leaf", "the commitment has not 32 bytes".to_owned())));
            };
            rows.push((entry.seq, commitment));
            let key = if is_realms(entry) {
                self.realm.as_ref()
            } else {
                evidence.get(entry.record.as_slice()).and_then(Option::as_ref)
            };
            match (&entry.header, key) {
                (None, _) if entry.payload.is_some() => {
                    return Ok(Err((
                        entry.seq,
                        "header",
                        "the header is gone and the payload is not".to_owned(),
                    )));
                }
                (None, _) => examined.erased += 1,
                (Some(_), None) => examined.sealed_away += 1,
                (Some(header), Some(key)) => {
                    if let Err((layer, says)) = open(self.keys, key, entry, header, &commitment) {
                        return Ok(Err((entry.seq, layer, says)));
                    }
                    examined.opened += 1;
                }
            }
        }
        Ok(Ok(rows))
    }

    /// The evidence key of each record of a page; nothing where the map or the key is gone.
    fn evidence(&self, page: &[StoredEntry]) -> Result<HashMap<Vec<u8>, Option<Secret>>> {
        let mut records: Vec<RecordId> = Vec::new();
        for entry in page {
            let record = RecordId::from_slice(&entry.record);
            records.push(record.map_err(|_| Error::corrupt("entries", "record", entry.seq))?);
        }
        records.sort_unstable();
        records.dedup();
        let persons = self.store.read_blocking(|conn| entries::persons_of(conn, &records))?;
        let mut wanted: Vec<Person> = persons.values().copied().collect();
        wanted.sort_unstable();
        wanted.dedup();
        let keys = self.keys.evidence_of(&wanted)?;
        let of = |record: &RecordId| persons.get(record).and_then(|person| keys.get(person).cloned());
        let evidence = records.iter().map(|record| (record.as_bytes().to_vec(), of(record))).collect();
        Ok(evidence)
    }
}

fn open(
    keys: &Keys,
    key: &Secret,
    entry: &StoredEntry,
    header: &[u8],
    commitment: &[u8; 32],
) -> std::result::Result<(), (&'static str, String)> {
    let bad = |layer: &'static str, says: &str| Err((layer, says.to_owned()));
    let Ok(id) = EntryId::from_slice(&entry.entry_id) else { return bad("row", "the id has not 16 bytes") };
    let Ok(plain) = keys.open_sealed(key, &aad(id, "header"), header) else {
        return bad("header", "the header does not open");
    };
    let Some((salt, bytes)) = plain.split_first_chunk::<32>() else {
        return bad("header", "there is no salt");
    };
    if commit(salt, bytes).0 != *commitment {
        return bad("header", "header and salt are not what the leaf commits to");
    }
    let Ok(read) = serde_json::from_slice::<Header<'_>>(bytes) else {
        return bad("header", "the header is not an entry's");
    };
    if EntryType::from_name(read.entry_type).is_none() {
        return Err(("type", format!("the type {} is not in the catalogue", read.entry_type)));
    }
    let record = RecordId::from_slice(&entry.record).map(|record| format!("{record}"));
    let stands = record.is_ok_and(|record| record == read.record)
        && format!("{id}") == read.id
        && instant(entry.recorded_at.and_utc()) == read.recorded_at;
    if !stands {
        return bad("row", "the row says otherwise than the header");
    }
    let Some(sealed) = &entry.payload else { return Ok(()) };
    let Ok(plain) = keys.open_sealed(key, &aad(id, "payload"), sealed) else {
        return bad("payload", "the payload does not open");
    };
    let Some((salt, bytes)) = plain.split_first_chunk::<32>() else {
        return bad("payload", "there is no salt");
    };
    let digest = Commitment(commit(salt, bytes).0).to_text();
    if read.payload != Some(digest.as_str()) {
        return bad("payload", "payload and salt are not what the header names");
    }
    Ok(())
}
