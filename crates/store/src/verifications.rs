//! Looking, after an erasure, at everything that could hold something of a person. It knows nothing of how one is erased
//! and shares no statement with it.

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::ids::{Person, RecordId};
use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::schema::{
    addresses, aliases, answers, codes, consents, customers, dark, destructions, entries, erasure_requests,
    exchanges, fetches, grants, holds, idempotency, item_places, items, links, objections, objects, outbox,
    propagations, pseudonyms, purchases, pushed_requests, quarantine, records, rights, sessions, tokens,
    tombstones, unlinked, uses, verifications,
};
use crate::{either, people};

/// Tables in which nothing of a person can be, and why.
pub const WITHOUT_PERSONS: [(&str, &str); 23] = [
    ("announcements", "four bytes of each person that has news, overwritten by later ones"),
    ("apps", "apps"),
    ("artefacts", "what pages are made of"),
    ("checkpoints", "sizes and roots of the logs"),
    ("config_objects", "what the shop publishes"),
    ("examinations", "times and counts of the service itself"),
    ("identities", "a counter"),
    ("ingest_offsets", "places in the order stream"),
    ("ingest_sources", "names of sources"),
    ("kept_objections", "kept on purpose: keyed hash and time, so that contact does not resume"),
    ("leases", "names of processes"),
    ("ledger_heads", "sizes of the logs"),
    ("ledger_trees", "sizes of the logs"),
    ("logins", "sign-ins under way, of nobody yet, for minutes"),
    ("masters", "a fingerprint of the master key"),
    ("named_keys", "keys of the realm"),
    ("owed_entries", "ids of grants whose end the log owes, until it has it"),
    (
        "owed_receipts",
        "ids of records of which a receipt is to be sent, until it is, or the record is found to be of nobody",
    ),
    ("suppression", "kept on purpose: keyed hash and time, so that late events bring nobody back"),
    ("system_tokens", "hashes of tokens of the shop's systems"),
    ("used_ids", "hashes of identifiers of apps"),
    ("verifications", "what this look begins with; its row goes with the entry about it"),
    ("person_keys", "looked at in the keystore"),
];

/// An erasure that nobody has looked after yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The random key of who was erased.
    pub person: Person,
    /// When.
    pub erased_at: DateTime<Utc>,
    /// Blind indexes of their names.
    pub indexes: Vec<[u8; 16]>,
    /// Their records; none where they are held.
    pub records: Vec<RecordId>,
}

/// What stands in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The table.
    pub table: &'static str,
    /// Rows in it that hold something of the person.
    pub rows: i64,
}

/// Notes that somebody must look from `due_at` on. One that was noted before stays as it is.
pub fn note(conn: &mut Conn, pending: &Pending, due_at: DateTime<Utc>) -> Result<()> {
    let row = (
        verifications::person.eq(pending.person.as_bytes().to_vec()),
        verifications::erased_at.eq(pending.erased_at.naive_utc()),
        verifications::due_at.eq(due_at.naive_utc()),
        verifications::indexes.eq(pending.indexes.concat()),
        verifications::records.eq(crate::holds::to_bytes(&pending.records)),
    );
    either!(conn, c => diesel::insert_into(verifications::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// What is to be looked after at `now`, oldest first.
pub fn due(conn: &mut Conn, now: DateTime<Utc>, limit: i64) -> Result<Vec<Pending>> {
    let rows = verifications::table
        .filter(verifications::due_at.le(now.naive_utc()))
        .order((verifications::due_at, verifications::person))
        .limit(limit)
        .select((
            verifications::person,
            verifications::erased_at,
            verifications::indexes,
            verifications::records,
        ))
        .load::<(Vec<u8>, NaiveDateTime, Vec<u8>, Vec<u8>)>(conn)?;
    rows.into_iter()
        .map(|(person, erased_at, indexes, records)| {
            let (indexes, rest) = indexes.as_chunks::<16>();
            if !rest.is_empty() {
                return Err(Error::corrupt("verifications", "indexes", "?"));
            }
            Ok(Pending {
                person: people::person(&person)?,
                erased_at: erased_at.and_utc(),
                indexes: indexes.to_vec(),
                records: crate::holds::from_bytes(&records)?,
            })
        })
        .collect()
}

/// Looks again from `due_at` on, since not everything was clean.
pub fn put_off(conn: &mut Conn, person: Person, due_at: DateTime<Utc>) -> Result<()> {
    diesel::update(verifications::table.find(person.as_bytes().to_vec()))
        .set(verifications::due_at.eq(due_at.naive_utc()))
        .execute(conn)?;
    Ok(())
}

/// Somebody looked, and all was clean; `false` when somebody else was faster.
pub fn finish(conn: &mut Conn, person: Person) -> Result<bool> {
    Ok(diesel::delete(verifications::table.find(person.as_bytes().to_vec())).execute(conn)? == 1)
}

/// Counts what is left of a person in every table that could hold something of one.
pub fn look(conn: &mut Conn, pending: &Pending) -> Result<Vec<Place>> {
    let mut places = who_and_what(conn, pending.person)?;
    places.extend(apps_and_browser(conn, pending.person)?);
    places.extend(volunteered(conn, pending.person)?);
    places.extend(ledger(conn, pending)?);
    Ok(places)
}

/// What a row of `$table` looks like that is the person's, counted.
macro_rules! count {
    ($conn:expr, $table:ident, $filter:expr) => {
        Place {
            table: stringify!($table),
            rows: $table::table.filter($filter).select(count_star()).first($conn)?,
        }
    };
}

fn who_and_what(conn: &mut Conn, person: Person) -> Result<Vec<Place>> {
    let key = || person.as_bytes().to_vec();
    let waiting = unlinked::table
        .inner_join(objects::table.on(objects::object_id.eq(unlinked::purchase_id)))
        .filter(objects::claim.eq(key()).or(objects::person.eq(key())))
        .select(count_star())
        .first(conn)?;
    Ok(vec![
        count!(conn, customers, customers::person.eq(key()).or(customers::home.eq(key()))),
        count!(conn, aliases, aliases::from_person.eq(key()).or(aliases::into_person.eq(key()))),
        count!(conn, links, links::person.eq(key())),
        count!(conn, objects, objects::person.eq(key()).or(objects::claim.eq(key()))),
        count!(conn, purchases, purchases::person.eq(key())),
        Place { table: "unlinked", rows: waiting },
        count!(conn, tombstones, tombstones::person.eq(key())),
        count!(conn, destructions, destructions::person.eq(key())),
        count!(conn, erasure_requests, erasure_requests::person.eq(key())),
    ])
}

fn apps_and_browser(conn: &mut Conn, person: Person) -> Result<Vec<Place>> {
    let key = || person.as_bytes().to_vec();
    let theirs = || grants::table.filter(grants::person.eq(key())).select(grants::grant_id);
    Ok(vec![
        count!(conn, grants, grants::person.eq(key())),
        count!(conn, tokens, tokens::grant_id.eq_any(theirs())),
        count!(conn, codes, codes::grant_id.eq_any(theirs())),
        count!(conn, pushed_requests, pushed_requests::person.eq(key())),
        count!(conn, sessions, sessions::person.eq(key())),
        count!(conn, addresses, addresses::person.eq(key())),
        count!(conn, idempotency, idempotency::person.eq(key())),
    ])
}

fn volunteered(conn: &mut Conn, person: Person) -> Result<Vec<Place>> {
    let key = || person.as_bytes().to_vec();
    Ok(vec![
        count!(conn, consents, consents::person.eq(key())),
        count!(conn, items, items::person.eq(key())),
        // A place without its person stays: that an item is gone, and says nothing of whose it was.
        count!(conn, item_places, item_places::person.eq(key())),
        count!(conn, fetches, fetches::person.eq(key())),
        count!(conn, uses, uses::person.eq(key())),
        count!(conn, exchanges, exchanges::person.eq(key())),
        count!(conn, answers, answers::person.eq(key())),
        count!(conn, objections, objections::person.eq(key())),
        count!(conn, rights, rights::person.eq(key())),
        count!(conn, dark, dark::person.eq(key())),
        // Tombstones and what systems still owe an answer to stay, without the person.
        count!(conn, outbox, outbox::person.eq(key())),
        count!(conn, pseudonyms, pseudonyms::person.eq(key())),
        count!(conn, propagations, propagations::person.eq(key())),
    ])
}

fn ledger(conn: &mut Conn, pending: &Pending) -> Result<Vec<Place>> {
    let key = || pending.person.as_bytes().to_vec();
    let names: Vec<Vec<u8>> = pending.indexes.iter().map(|index| index.to_vec()).collect();
    let unread = quarantine::customer_index
        .eq_any(names)
        .and(quarantine::recorded_at.lt(pending.erased_at.naive_utc()));
    let mut legible = 0;
    for chunk in pending.records.chunks(500) {
        let chunk: Vec<Vec<u8>> = chunk.iter().map(|record| record.as_bytes().to_vec()).collect();
        let left = entries::header.is_not_null().or(entries::payload.is_not_null());
        let rows: i64 = entries::table
            .filter(entries::record.eq_any(chunk).and(left))
            .select(count_star())
            .first(conn)?;
        legible += rows;
    }
    Ok(vec![
        count!(conn, quarantine, unread),
        count!(conn, records, records::person.eq(key())),
        Place { table: "entries", rows: legible },
        count!(conn, holds, holds::person.eq(key())),
    ])
}
