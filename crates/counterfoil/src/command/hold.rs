//! `hold open`: what is kept of somebody who was erased, opened by two people and an officer's key.

use std::fs;
use std::path::Path;

use counterfoil_domain::entry::{Actor, EntryType, instant};
use counterfoil_domain::ids::RecordId;
use counterfoil_events::asking::is_same;
use counterfoil_ledger::Draft;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::holds::{self, Hold};
use counterfoil_store::{Error, officer};
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::erase::named;
use crate::arguments;
use crate::config::Settings;
use crate::failure::Failure;
use crate::realm::Realm;

/// Holds and entries read at a time.
const PAGE: i64 = 200;

/// What of a hold's map is needed to find its entries.
#[derive(Deserialize)]
struct Map {
    records: Vec<RecordId>,
}

/// Opens a hold.
pub fn run(settings: &Settings, command: &arguments::Hold) -> Result<(), Failure> {
    let arguments::Hold::Open { customer, case, by, and, key } = command;
    for (argument, text) in [("--case", case), ("--by", by), ("--and", and), ("--customer", customer)] {
        named(argument, text)?;
    }
    if is_same(by, and) {
        return Err(Failure::Refused("--and: must be somebody else than --by".to_owned()));
    }
    let realm = Realm::open(settings)?;
    let key = Zeroizing::new(read(key)?);
    let found = find(&realm, customer, &key)?;
    if found.is_empty() {
        return Err(Failure::Refused("nothing is held of a customer of that name for this key".to_owned()));
    }
    let mut opened = Vec::with_capacity(found.len());
    for hold in &found {
        opened.push(open(&realm, hold, &key)?);
    }
    enter(&realm, case, by, and, found.len())?;
    for (hold, entries) in found.iter().zip(opened) {
        super::print(&json!({
            "customer": customer,
            "erasedAt": instant(hold.erased_at()),
            "endsAt": instant(hold.ends_at()),
            "entries": entries,
        }))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(Failure::io(format!("{}", path.display())))
}

/// The holds of that name. Nothing in the database tells which they are: each is tried.
fn find(realm: &Realm, customer: &str, key: &[u8]) -> Result<Vec<Hold>, Failure> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = realm.store.read_blocking(|conn| holds::page(conn, after, PAGE))?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some(last.person()?);
        for hold in page {
            let name = hold.name.as_deref().map(|name| officer::open(key, name));
            if let Some(Ok(name)) = name
                && name.as_slice() == customer.as_bytes()
            {
                found.push(hold);
            }
        }
    }
}

/// Every entry of a hold, opened, in the order of its log.
fn open(realm: &Realm, hold: &Hold, key: &[u8]) -> Result<Vec<Value>, Failure> {
    let map: Map = serde_json::from_slice(&officer::open(key, &hold.map)?)
        .map_err(|_| Failure::Service("what is held has another form than it should".to_owned()))?;
    let evidence = realm.keys.evidence(hold.person()?)?;
    let evidence = evidence.ok_or_else(|| {
        Failure::Refused("the time of what is held is over, and its key is gone".to_owned())
    })?;
    let mut all = Vec::new();
    for (log, record) in [Log::Consent, Log::Access]
        .into_iter()
        .flat_map(|log| map.records.iter().map(move |record| (log, *record)))
    {
        let mut before = None;
        loop {
            let page =
                realm.store.read_blocking(|conn| entries::of_record(conn, log, record, before, PAGE))?;
            let Some(last) = page.last() else { break };
            before = Some(last.seq);
            for entry in page.iter().filter(|entry| entry.header.is_some()) {
                let opened = realm.ledger.open_under(&evidence, entry)?;
                all.push((entry.log.clone(), entry.seq, opened));
            }
        }
    }
    all.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
    let value = |(log, seq, opened): (String, i64, counterfoil_ledger::Opened)| json!({ "log": log, "seq": seq, "header": opened.header, "payload": opened.payload });
    Ok(all.into_iter().map(value).collect())
}

/// The entry is committed before anything is printed.
fn enter(realm: &Realm, case: &str, by: &str, and: &str, holds: usize) -> Result<(), Failure> {
    let now = realm.clock.now();
    let draft = Draft {
        entry_type: EntryType::HoldReleased,
        record: RecordId(realm.entropy.bytes()),
        actor: Actor::Staff(by.to_owned()),
        state: None,
        basis: None,
        effective_at: now,
        expires: None,
        display: None,
        cause: None,
        entry_id: None,
        config: None,
        payload: Some(json!({ "case": case, "by": by, "and": and, "holds": holds })),
    };
    realm.store.write_blocking(|conn| {
        realm.ledger.append_access_for_realm(conn, now, std::slice::from_ref(&draft))?;
        Ok::<_, Error>(())
    })?;
    Ok(())
}
