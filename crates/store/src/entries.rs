//! The ledger's rows: heads, entries, records.
//!
//! The head's row lock gives out numbers: contiguous, in commit order. The access head is always taken before the
//! consent head.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::entry::Commitment;
use counterfoil_domain::ids::{EntryId, Person, RecordId};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::schema::{entries, ledger_heads, records};

/// One of the two logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// Disclosures.
    Access,
    /// Decisions.
    Consent,
}

impl Log {
    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Consent => "consent",
        }
    }
}

/// Which key sealed an entry's header and payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedBy {
    /// The person's evidence key.
    Evidence,
    /// The realm's key, where there is no person.
    Realm,
}

impl SealedBy {
    /// How [`SealedBy::Realm`] is stored.
    pub const REALM: i32 = 3;

    /// As stored.
    pub fn code(self) -> i32 {
        match self {
            Self::Evidence => 1,
            Self::Realm => Self::REALM,
        }
    }

    fn from_code(code: i32) -> Option<Self> {
        [Self::Evidence, Self::Realm].into_iter().find(|sealed_by| sealed_by.code() == code)
    }
}

/// An entry ready to be written; header and payload are sealed bytes.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// Random id.
    pub entry_id: EntryId,
    /// Its chain.
    pub record: RecordId,
    /// When written.
    pub recorded_at: DateTime<Utc>,
    /// Which key opens it.
    pub sealed_by: SealedBy,
    /// What the tree will hold.
    pub commitment: Commitment,
    /// Salt and canonical header, sealed.
    pub header: Vec<u8>,
    /// Salt and canonical payload, sealed.
    pub payload: Option<Vec<u8>>,
}

/// An entry as it is stored.
#[derive(Debug, Clone, Queryable)]
pub struct StoredEntry {
    /// `access` or `consent`.
    pub log: String,
    /// Its number, from 0.
    pub seq: i64,
    /// Its id.
    pub entry_id: Vec<u8>,
    /// Its chain.
    pub record: Vec<u8>,
    /// When written.
    pub recorded_at: NaiveDateTime,
    /// 1 evidence key, 3 realm key.
    pub sealed_by: i32,
    /// What the tree holds.
    pub commitment: Vec<u8>,
    /// Sealed; gone when forgotten.
    pub header: Option<Vec<u8>>,
    /// Sealed; gone when forgotten.
    pub payload: Option<Vec<u8>>,
}

impl StoredEntry {
    /// Which key opens it; nothing for one that this version does not know.
    pub fn sealed_by(&self) -> Option<SealedBy> {
        SealedBy::from_code(self.sealed_by)
    }
}

#[derive(Insertable)]
#[diesel(table_name = entries, treat_none_as_default_value = false)]
struct EntryRow {
    log: &'static str,
    seq: i64,
    entry_id: Vec<u8>,
    record: Vec<u8>,
    recorded_at: NaiveDateTime,
    sealed_by: i32,
    commitment: Vec<u8>,
    header: Option<Vec<u8>>,
    payload: Option<Vec<u8>>,
}

/// Takes the head of `log` until the transaction ends, without giving out a number; its size.
pub fn take_head(conn: &mut Conn, log: Log) -> Result<i64> {
    Ok(diesel::update(ledger_heads::table.find(log.name()))
        .set(ledger_heads::size.eq(ledger_heads::size))
        .returning(ledger_heads::size)
        .get_result(conn)?)
}

/// Takes the head, gives out the next numbers and writes the entries; the number of the first.
pub fn append(conn: &mut Conn, log: Log, new: Vec<NewEntry>) -> Result<i64> {
    let count =
        i64::try_from(new.len()).map_err(|_| Error::Unexpected("too many entries at once".to_owned()))?;
    let size: i64 = diesel::update(ledger_heads::table.find(log.name()))
        .set(ledger_heads::size.eq(ledger_heads::size + count))
        .returning(ledger_heads::size)
        .get_result(conn)?;
    let first = size - count;
    let rows: Vec<EntryRow> = new
        .into_iter()
        .zip(first..)
        .map(|(entry, seq)| EntryRow {
            log: log.name(),
            seq,
            entry_id: entry.entry_id.as_bytes().to_vec(),
            record: entry.record.as_bytes().to_vec(),
            recorded_at: entry.recorded_at.naive_utc(),
            sealed_by: entry.sealed_by.code(),
            commitment: entry.commitment.0.to_vec(),
            header: Some(entry.header),
            payload: entry.payload,
        })
        .collect();
    for chunk in rows.chunks(500) {
        either!(&mut *conn, c => diesel::insert_into(entries::table).values(chunk).execute(c))?;
    }
    Ok(first)
}

/// The commitment of each record's latest entry. Valid while the consent head is held.
pub fn last_commitments(conn: &mut Conn, wanted: &[RecordId]) -> Result<HashMap<RecordId, Commitment>> {
    let ids: Vec<Vec<u8>> = wanted.iter().map(|record| record.as_bytes().to_vec()).collect();
    let rows = records::table
        .filter(records::record.eq_any(ids))
        .select((records::record, records::commitment))
        .load::<(Vec<u8>, Option<Vec<u8>>)>(conn)?;
    let mut found = HashMap::new();
    for (id, commitment) in rows {
        let record = RecordId::from_slice(&id).map_err(|_| Error::corrupt("records", "record", "?"))?;
        if let Some(bytes) = commitment {
            let bytes = <[u8; 32]>::try_from(bytes.as_slice())
                .map_err(|_| Error::corrupt("records", "commitment", record))?;
            found.insert(record, Commitment(bytes));
        }
    }
    Ok(found)
}

/// Notes a record's latest commitment, and at its first entry whom it is about.
pub fn note_record(
    conn: &mut Conn,
    record: RecordId,
    person: Option<Person>,
    commitment: Commitment,
) -> Result<()> {
    let row = (
        records::record.eq(record.as_bytes().to_vec()),
        records::person.eq(person.map(|person| person.as_bytes().to_vec())),
        records::commitment.eq(Some(commitment.0.to_vec())),
    );
    either!(conn, c => diesel::insert_into(records::table)
        .values(row)
        .on_conflict(records::record)
        .do_update()
        .set(records::commitment.eq(Some(commitment.0.to_vec())))
        .execute(c))?;
    Ok(())
}

/// How many entries a record has in a log, and when the latest was written.
pub fn activity(conn: &mut Conn, log: Log, record: RecordId) -> Result<(i64, Option<DateTime<Utc>>)> {
    let (count, latest) = entries::table
        .filter(entries::log.eq(log.name()).and(entries::record.eq(record.as_bytes().to_vec())))
        .select((diesel::dsl::count_star(), diesel::dsl::max(entries::recorded_at)))
        .first::<(i64, Option<NaiveDateTime>)>(conn)?;
    Ok((count, latest.map(|at| at.and_utc())))
}

/// The latest entries of a record in a log that were written at `since` or later, newest first.
pub fn latest(
    conn: &mut Conn,
    log: Log,
    record: RecordId,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<StoredEntry>> {
    Ok(entries::table
        .filter(entries::log.eq(log.name()).and(entries::record.eq(record.as_bytes().to_vec())))
        .filter(entries::recorded_at.ge(since.naive_utc()))
        .order(entries::seq.desc())
        .limit(limit)
        .load(conn)?)
}

/// Entries of a log from a number on, in order.
pub fn read(conn: &mut Conn, log: Log, from: i64, limit: i64) -> Result<Vec<StoredEntry>> {
    Ok(entries::table
        .filter(entries::log.eq(log.name()).and(entries::seq.ge(from)))
        .order(entries::seq)
        .limit(limit)
        .load(conn)?)
}

/// [`read`] by the log's name.
pub fn page(conn: &mut Conn, log: &str, from: i64, limit: i64) -> Result<Vec<StoredEntry>> {
    Ok(entries::table
        .filter(entries::log.eq(log).and(entries::seq.ge(from)))
        .order(entries::seq)
        .limit(limit)
        .load(conn)?)
}

/// The entry with an id, in whichever log.
pub fn find(conn: &mut Conn, entry_id: EntryId) -> Result<Option<StoredEntry>> {
    let found = entries::table.filter(entries::entry_id.eq(entry_id.as_bytes().to_vec())).first(conn);
    Ok(found.optional()?)
}

/// At most `limit` of a record's entries in a log, newest first, with numbers below `before`.
pub fn of_record(
    conn: &mut Conn,
    log: Log,
    record: RecordId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<StoredEntry>> {
    let before = before.unwrap_or(i64::MAX);
    Ok(entries::table
        .filter(entries::record.eq(record.as_bytes().to_vec()))
        .filter(entries::log.eq(log.name()).and(entries::seq.lt(before)))
        .order(entries::seq.desc())
        .limit(limit)
        .load(conn)?)
}

/// At most `limit` entries of a record in a log that were written from `from` to `until`, in order, with numbers above
/// `after`.
pub fn of_record_between(
    conn: &mut Conn,
    log: Log,
    record: RecordId,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    after: i64,
    limit: i64,
) -> Result<Vec<StoredEntry>> {
    Ok(entries::table
        .filter(entries::record.eq(record.as_bytes().to_vec()))
        .filter(entries::log.eq(log.name()).and(entries::seq.gt(after)))
        .filter(entries::recorded_at.between(from.naive_utc(), until.naive_utc()))
        .order(entries::seq)
        .limit(limit)
        .load(conn)?)
}

/// At most `limit` entries of a log that were written from `from` to `until`, in order, with numbers above `after`.
pub fn between(
    conn: &mut Conn,
    log: Log,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    after: i64,
    limit: i64,
) -> Result<Vec<StoredEntry>> {
    Ok(entries::table
        .filter(entries::log.eq(log.name()).and(entries::seq.gt(after)))
        .filter(entries::recorded_at.between(from.naive_utc(), until.naive_utc()))
        .order(entries::seq)
        .limit(limit)
        .load(conn)?)
}

/// The size of a log.
pub fn size(conn: &mut Conn, log: Log) -> Result<i64> {
    Ok(ledger_heads::table.find(log.name()).select(ledger_heads::size).first(conn)?)
}

/// Whom a record is about.
pub fn person_of(conn: &mut Conn, record: RecordId) -> Result<Option<Person>> {
    let row = records::table
        .find(record.as_bytes().to_vec())
        .select(records::person)
        .first::<Option<Vec<u8>>>(conn)
        .optional()?;
    row.flatten().map(|bytes| crate::people::person(&bytes)).transpose()
}

/// Whom records are about, of those about somebody.
pub fn persons_of(conn: &mut Conn, wanted: &[RecordId]) -> Result<HashMap<RecordId, Person>> {
    let mut found = HashMap::with_capacity(wanted.len());
    for chunk in wanted.chunks(1_000) {
        let ids: Vec<Vec<u8>> = chunk.iter().map(|record| record.as_bytes().to_vec()).collect();
        let rows = records::table
            .filter(records::record.eq_any(ids).and(records::person.is_not_null()))
            .select((records::record, records::person.assume_not_null()))
            .load::<(Vec<u8>, Vec<u8>)>(conn)?;
        for (record, person) in rows {
            let record =
                RecordId::from_slice(&record).map_err(|_| Error::corrupt("records", "record", "?"))?;
            found.insert(record, crate::people::person(&person)?);
        }
    }
    Ok(found)
}

/// The records about a person, in ascending order.
pub fn records_of(conn: &mut Conn, person: Person) -> Result<Vec<RecordId>> {
    let rows = records::table
        .filter(records::person.eq(person.as_bytes().to_vec()))
        .order(records::record)
        .select(records::record)
        .load::<Vec<u8>>(conn)?;
    rows.iter()
        .map(|id| RecordId::from_slice(id).map_err(|_| Error::corrupt("records", "record", "?")))
        .collect()
}

/// Deletes the way from records to a person, and with it what chains them: nothing is appended to them any more.
pub fn forget_map(conn: &mut Conn, person: Person) -> Result<()> {
    diesel::delete(records::table.filter(records::person.eq(person.as_bytes().to_vec()))).execute(conn)?;
    Ok(())
}

/// Takes header and payload away from every entry of these records, each with its salt. What the tree holds stays.
pub fn forget(conn: &mut Conn, forgotten: &[RecordId]) -> Result<usize> {
    let mut changed = 0;
    for chunk in forgotten.chunks(500) {
        let ids: Vec<Vec<u8>> = chunk.iter().map(|record| record.as_bytes().to_vec()).collect();
        changed += diesel::update(entries::table.filter(entries::record.eq_any(ids)))
            .set((entries::header.eq(None::<Vec<u8>>), entries::payload.eq(None::<Vec<u8>>)))
            .execute(conn)?;
    }
    Ok(changed)
}
