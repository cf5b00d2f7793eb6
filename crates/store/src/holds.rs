//! What is kept of somebody who was erased, where the operator claims it (GDPR Art. 17(3)(e)): the way to their entries,
//! sealed to an officer, until its time is over.

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::ids::{Person, RecordId};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::schema::holds;
use crate::{either, people};

/// What is held of one person.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = holds, treat_none_as_default_value = false)]
pub struct Hold {
    person: Vec<u8>,
    /// Their name, sealed to the officer.
    pub name: Option<Vec<u8>>,
    /// Their records, sealed to the officer.
    pub map: Vec<u8>,
    /// The same records, sealed under their evidence key.
    pub records: Vec<u8>,
    erased_at: NaiveDateTime,
    ends_at: NaiveDateTime,
}

impl Hold {
    /// Something to be held from `erased_at` until `ends_at`.
    pub fn new(
        person: Person,
        name: Option<Vec<u8>>,
        map: Vec<u8>,
        records: Vec<u8>,
        (erased_at, ends_at): (DateTime<Utc>, DateTime<Utc>),
    ) -> Self {
        Self {
            person: person.as_bytes().to_vec(),
            name,
            map,
            records,
            erased_at: erased_at.naive_utc(),
            ends_at: ends_at.naive_utc(),
        }
    }

    /// Whose: the random key that nothing leads to any more.
    ///
    /// # Errors
    /// [`Error::Corrupt`] for a broken row.
    pub fn person(&self) -> Result<Person> {
        people::person(&self.person)
    }

    /// When they were erased.
    pub fn erased_at(&self) -> DateTime<Utc> {
        self.erased_at.and_utc()
    }

    /// From when on nothing is held.
    pub fn ends_at(&self) -> DateTime<Utc> {
        self.ends_at.and_utc()
    }
}

/// Records as one row of bytes, 16 each.
pub fn to_bytes(records: &[RecordId]) -> Vec<u8> {
    records.iter().flat_map(|record| *record.as_bytes()).collect()
}

/// Reads [`to_bytes`].
///
/// # Errors
/// [`Error::Corrupt`] for a length that is none.
pub fn from_bytes(bytes: &[u8]) -> Result<Vec<RecordId>> {
    let (chunks, rest) = bytes.as_chunks::<16>();
    if rest.is_empty() {
        Ok(chunks.iter().map(|chunk| RecordId(*chunk)).collect())
    } else {
        Err(Error::corrupt("holds", "records", "?"))
    }
}

/// Holds something; `false` when that was held before.
pub fn put(conn: &mut Conn, hold: &Hold) -> Result<bool> {
    let inserted = either!(conn, c => diesel::insert_into(holds::table).values(hold).on_conflict_do_nothing().execute(c))?;
    Ok(inserted == 1)
}

/// What is held behind `after`, by person.
pub fn page(conn: &mut Conn, after: Option<Person>, limit: i64) -> Result<Vec<Hold>> {
    let after = after.map_or_else(Vec::new, |person| person.as_bytes().to_vec());
    Ok(holds::table.filter(holds::person.gt(after)).order(holds::person).limit(limit).load(conn)?)
}

/// What must not be held any more at `now`, at most `limit`.
pub fn due(conn: &mut Conn, now: DateTime<Utc>, limit: i64) -> Result<Vec<Hold>> {
    Ok(holds::table
        .filter(holds::ends_at.le(now.naive_utc()))
        .order((holds::ends_at, holds::person))
        .limit(limit)
        .load(conn)?)
}

/// Ends a hold; `false` when it was ended before.
pub fn end(conn: &mut Conn, person: Person) -> Result<bool> {
    Ok(diesel::delete(holds::table.find(person.as_bytes().to_vec())).execute(conn)? == 1)
}
