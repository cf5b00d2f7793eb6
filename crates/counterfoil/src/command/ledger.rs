//! `ledger …`.

use std::io::{BufWriter, Write as _};

use counterfoil_domain::ids::RecordId;
use counterfoil_store::entries::{self, Log, SealedBy, StoredEntry};
use serde_json::json;

use crate::arguments::Ledger;
use crate::config::Settings;
use crate::failure::Failure;
use crate::realm::Realm;

/// Entries read at a time.
const PAGE: i64 = 500;

/// Prints entries or sizes.
pub fn run(settings: &Settings, command: &Ledger) -> Result<(), Failure> {
    let realm = Realm::open(settings)?;
    match command {
        Ledger::Head => {
            let sizes = realm.store.read_blocking(|conn| {
                Ok::<_, counterfoil_store::Error>(json!({
                    "access": entries::size(conn, Log::Access)?,
                    "consent": entries::size(conn, Log::Consent)?,
                }))
            })?;
            super::print(&sizes)
        }
        Ledger::Entries => print_entries(&realm),
    }
}

fn print_entries(realm: &Realm) -> Result<(), Failure> {
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
    if entry.sealed_by == SealedBy::Realm.code() {
        let opened = realm.ledger.open_under(&realm.keys.named("realm")?, entry)?;
        return Ok(
            json!({ "log": entry.log, "seq": entry.seq, "header": opened.header, "payload": opened.payload }),
        );
    }
    let record = RecordId::from_slice(&entry.record)
        .map_err(|_| Failure::Service(format!("entry {}/{} names no record", entry.log, entry.seq)))?;
    let person = realm.store.read_blocking(|conn| entries::person_of(conn, record))?;
    // Of somebody who was erased the evidence is kept, until its own time is over.
    let evidence = person.map(|person| realm.keys.evidence(person)).transpose()?.flatten();
    let Some(evidence) = evidence else {
        return Ok(json!({ "log": entry.log, "seq": entry.seq, "forgotten": true }));
    };
    let opened = realm.ledger.open_under(&evidence, entry)?;
    Ok(json!({ "log": entry.log, "seq": entry.seq, "header": opened.header, "payload": opened.payload }))
}
