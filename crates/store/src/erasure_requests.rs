//! Erasures that a member of staff asked for: nothing happens until a second one approves.

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::ids::{Person, RecordId};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::people;
use crate::schema::erasure_requests;

/// A request that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureRequest {
    /// The chain of entries that it began, and its name.
    pub record: RecordId,
    /// Whom it is about.
    pub person: Person,
    /// Who asked.
    pub requested_by: String,
    /// Why, sealed under the person's evidence key.
    pub reason: Vec<u8>,
    /// When.
    pub requested_at: DateTime<Utc>,
}

/// Keeps a request.
pub fn insert(conn: &mut Conn, request: &ErasureRequest) -> Result<()> {
    diesel::insert_into(erasure_requests::table)
        .values((
            erasure_requests::record.eq(request.record.as_bytes().to_vec()),
            erasure_requests::person.eq(request.person.as_bytes().to_vec()),
            erasure_requests::requested_by.eq(request.requested_by.clone()),
            erasure_requests::reason.eq(request.reason.clone()),
            erasure_requests::requested_at.eq(request.requested_at.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

/// A request that waits, by its record.
pub fn find(conn: &mut Conn, record: RecordId) -> Result<Option<ErasureRequest>> {
    let row = erasure_requests::table
        .find(record.as_bytes().to_vec())
        .first::<(Vec<u8>, Vec<u8>, String, Vec<u8>, NaiveDateTime)>(conn)
        .optional()?;
    row.map(|(bytes, person, requested_by, reason, requested_at)| {
        Ok(ErasureRequest {
            record: RecordId::from_slice(&bytes)
                .map_err(|_| Error::corrupt("erasure_requests", "record", "?"))?,
            person: people::person(&person)?,
            requested_by,
            reason,
            requested_at: requested_at.and_utc(),
        })
    })
    .transpose()
}

/// Removes every request about these persons.
pub fn delete_of(conn: &mut Conn, persons: &[Person]) -> Result<()> {
    let bytes = people::bytes_of(persons);
    diesel::delete(erasure_requests::table.filter(erasure_requests::person.eq_any(bytes))).execute(conn)?;
    Ok(())
}
