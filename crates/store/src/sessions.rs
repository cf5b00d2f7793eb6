//! Sessions of customers in a browser, by the SHA-256 of the cookie's value.

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::Person;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::Result;
use crate::people;
use crate::schema::sessions;

/// A session as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRow {
    /// SHA-256 of the cookie's value.
    pub session_hash: [u8; 32],
    /// Who signed in.
    pub person: Person,
    /// When.
    pub signed_in_at: DateTime<Utc>,
    /// From when on it is worth nothing.
    pub expires_at: DateTime<Utc>,
}

/// Stores a new session.
pub fn insert(conn: &mut Conn, row: &SessionRow) -> Result<()> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::session_hash.eq(row.session_hash.to_vec()),
            sessions::person.eq(row.person.as_bytes().to_vec()),
            sessions::signed_in_at.eq(row.signed_in_at.naive_utc()),
            sessions::expires_at.eq(row.expires_at.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

/// The session of a cookie, unless it is over.
pub fn find(conn: &mut Conn, session_hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<SessionRow>> {
    let row = sessions::table
        .find(session_hash.to_vec())
        .filter(sessions::expires_at.gt(now.naive_utc()))
        .select((sessions::person, sessions::signed_in_at, sessions::expires_at))
        .first::<(Vec<u8>, chrono::NaiveDateTime, chrono::NaiveDateTime)>(conn)
        .optional()?;
    row.map(|(person, signed_in_at, expires_at)| {
        Ok(SessionRow {
            session_hash: *session_hash,
            person: people::person(&person)?,
            signed_in_at: signed_in_at.and_utc(),
            expires_at: expires_at.and_utc(),
        })
    })
    .transpose()
}

/// Makes a session that of a member of staff: who they are, sealed.
pub fn set_staff(conn: &mut Conn, session_hash: &[u8; 32], sealed: &[u8]) -> Result<()> {
    diesel::update(sessions::table.find(session_hash.to_vec()))
        .set(sessions::staff.eq(Some(sealed.to_vec())))
        .execute(conn)?;
    Ok(())
}

/// Which member of staff a session is, sealed; `None` for a customer's.
pub fn staff(conn: &mut Conn, session_hash: &[u8; 32]) -> Result<Option<Vec<u8>>> {
    let row = sessions::table.find(session_hash.to_vec()).select(sessions::staff);
    Ok(row.first::<Option<Vec<u8>>>(conn).optional()?.flatten())
}

/// Ends one session; whether there was one.
pub fn delete(conn: &mut Conn, session_hash: &[u8; 32]) -> Result<bool> {
    Ok(diesel::delete(sessions::table.find(session_hash.to_vec())).execute(conn)? > 0)
}

/// Ends every session of these persons.
pub fn delete_of(conn: &mut Conn, persons: &[Person]) -> Result<()> {
    let bytes = people::bytes_of(persons);
    diesel::delete(sessions::table.filter(sessions::person.eq_any(bytes))).execute(conn)?;
    Ok(())
}

/// Removes the sessions that are over; how many.
pub fn delete_expired(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    Ok(diesel::delete(sessions::table.filter(sessions::expires_at.le(now.naive_utc()))).execute(conn)?)
}
