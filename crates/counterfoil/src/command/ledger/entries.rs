//! `ledger entries`: both logs, opened, one entry a line.

use std::io::{BufWriter, Write as _};

use counterfoil_domain::ids::RecordId;
use counterfoil_ledger::Opened;
use counterfoil_store::entries::{self, Log, SealedBy, StoredEntry};
use serde_json::json;

use crate::failure::Failure;
use crate::realm::Realm;

/// Entries read at a time.
const PAGE: i64 = 500;

/// Prints every entry.
pub fn print(realm: &Realm) -> Result<(), Failure> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for log in [Log::Consent, Log::Access] {
        let mut from = 0;
        loop {
            let page = realm.store.read_blocking(|conn| entries::read(conn, log, from, PAGE))?;
            let Some(last) = page.last() else { break };
            from = last.seq + 1;
            for entry in &page {
                let line = opened(realm, entry)?;
                writeln!(out, "{line}").map_err(Failure::io("standard output"))?;
            }
        }
    }
    out.flush().map_err(Failure::io("standard output"))
}

fn opened(realm: &Realm, entry: &StoredEntry) -> Result<serde_json::Value, Failure> {
    let Some(opened) = open(realm, entry)? else {
        return Ok(json!({ "log": entry.log, "seq": entry.seq, "forgotten": true }));
    };
    Ok(json!({ "log": entry.log, "seq": entry.seq, "header": opened.header, "payload": opened.payload }))
}

/// Opens an entry with the key that sealed it; nothing where that was destroyed with its person.
pub fn open(realm: &Realm, entry: &StoredEntry) -> Result<Option<Opened>, Failure> {
    if entry.sealed_by() == Some(SealedBy::Realm) {
        return Ok(Some(realm.ledger.open_for_realm(entry)?));
    }
    let record = RecordId::from_slice(&entry.record)
        .map_err(|_| Failure::Service(format!("entry {}/{} names no record", entry.log, entry.seq)))?;
    let person = realm.store.read_blocking(|conn| entries::person_of(conn, record))?;
    // Of somebody who was erased the evidence is kept, until its own time is over.
    let evidence = person.map(|person| realm.keys.evidence(person)).transpose()?.flatten();
    let opened = evidence.map(|evidence| realm.ledger.open_under(&evidence, entry));
    Ok(opened.transpose()?)
}
