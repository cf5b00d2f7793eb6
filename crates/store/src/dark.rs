//! Who has gone dark and not started again.

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::ids::{Person, RecordId};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::people;
use crate::schema::dark;

/// That a customer has gone dark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dark {
    /// Who.
    pub person: Person,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when they are asked nothing.
    pub quiet_until: DateTime<Utc>,
    /// Its chain in the ledger.
    pub record: RecordId,
    /// Whether the key of what they volunteered is destroyed.
    pub key_gone: bool,
}

type Row = (Vec<u8>, NaiveDateTime, NaiveDateTime, Vec<u8>, bool);

fn read((person, since, quiet_until, record, key_gone): Row) -> Result<Dark> {
    Ok(Dark {
        person: people::person(&person)?,
        since: since.and_utc(),
        quiet_until: quiet_until.and_utc(),
        record: RecordId::from_slice(&record).map_err(|_| Error::corrupt("dark", "record", "?"))?,
        key_gone,
    })
}

/// Writes that a customer goes dark who is not. Their row must be held.
pub fn begin(conn: &mut Conn, new: &Dark) -> Result<()> {
    diesel::insert_into(dark::table)
        .values((
            dark::person.eq(new.person.as_bytes().to_vec()),
            dark::since.eq(new.since.naive_utc()),
            dark::quiet_until.eq(new.quiet_until.naive_utc()),
            dark::record.eq(new.record.as_bytes().to_vec()),
            dark::key_gone.eq(new.key_gone),
        ))
        .execute(conn)?;
    Ok(())
}

/// Whether a customer has gone dark, and since when.
pub fn find(conn: &mut Conn, person: Person) -> Result<Option<Dark>> {
    let row = dark::table.find(person.as_bytes().to_vec()).first::<Row>(conn).optional()?;
    row.map(read).transpose()
}

/// Who of these persons has gone dark.
pub fn among(conn: &mut Conn, persons: &[Person]) -> Result<Vec<Dark>> {
    let rows = dark::table
        .filter(dark::person.eq_any(people::bytes_of(persons)))
        .order(dark::person)
        .load::<Row>(conn)?;
    rows.into_iter().map(read).collect()
}

/// Those whose key is still to be destroyed, oldest first.
pub fn unfinished(conn: &mut Conn) -> Result<Vec<Dark>> {
    let rows =
        dark::table.filter(dark::key_gone.eq(false)).order((dark::since, dark::person)).load::<Row>(conn)?;
    rows.into_iter().map(read).collect()
}

/// Writes that the key is destroyed.
pub fn finish(conn: &mut Conn, person: Person) -> Result<()> {
    diesel::update(dark::table.find(person.as_bytes().to_vec()))
        .set(dark::key_gone.eq(true))
        .execute(conn)?;
    Ok(())
}

/// At most `limit` of those who have gone dark, with persons after `after`.
pub fn page(conn: &mut Conn, after: Option<Person>, limit: i64) -> Result<Vec<Dark>> {
    let after = after.map_or_else(Vec::new, |person| person.as_bytes().to_vec());
    let rows =
        dark::table.filter(dark::person.gt(after)).order(dark::person).limit(limit).load::<Row>(conn)?;
    rows.into_iter().map(read).collect()
}

/// The customer started again, or is forgotten.
pub fn end(conn: &mut Conn, person: Person) -> Result<()> {
    diesel::delete(dark::table.find(person.as_bytes().to_vec())).execute(conn)?;
    Ok(())
}
