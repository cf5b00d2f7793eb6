//! Requests that are carried out once, however often they are sent (draft-ietf-httpapi-idempotency-key-header).

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::Person;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::schema::idempotency;

/// A request that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Keyed hash of who sent it and the key that they gave it.
    pub key_hash: [u8; 32],
    /// Keyed hash of the request.
    pub request_mac: [u8; 32],
    /// Whom it was about; nothing of them stays when they are erased.
    pub person: Option<Person>,
    /// What it was answered with: ids and states, never a value.
    pub answer: String,
    /// Until when it is remembered.
    pub expires_at: DateTime<Utc>,
}

/// Remembers a request, in the transaction that carries it out.
///
/// # Errors
/// [`Error::Contended`] when the same key was used in another transaction meanwhile.
pub fn insert(conn: &mut Conn, carried: &Carried, now: DateTime<Utc>) -> Result<()> {
    // One whose time is over makes room for a new one with the same key.
    let over = idempotency::expires_at.le(now.naive_utc());
    diesel::delete(idempotency::table.find(carried.key_hash.to_vec()).filter(over)).execute(conn)?;
    let stored = either!(conn, c => diesel::insert_into(idempotency::table)
        .values((
            idempotency::key_hash.eq(carried.key_hash.to_vec()),
            idempotency::request_mac.eq(carried.request_mac.to_vec()),
            idempotency::person.eq(carried.person.map(|person| person.as_bytes().to_vec())),
            idempotency::answer.eq(carried.answer.clone()),
            idempotency::expires_at.eq(carried.expires_at.naive_utc()),
        ))
        .on_conflict(idempotency::key_hash)
        .do_nothing()
        .execute(c))?;
    if stored == 1 { Ok(()) } else { Err(Error::Contended) }
}

/// What was carried out under a key, as long as it is remembered.
pub fn find(conn: &mut Conn, key_hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<Carried>> {
    let row = idempotency::table
        .find(key_hash.to_vec())
        .filter(idempotency::expires_at.gt(now.naive_utc()))
        .select((idempotency::request_mac, idempotency::person, idempotency::answer, idempotency::expires_at))
        .first::<(Vec<u8>, Option<Vec<u8>>, String, chrono::NaiveDateTime)>(conn)
        .optional()?;
    let corrupt = |column| Error::corrupt("idempotency", column, "not of its length");
    row.map(|(mac, person, answer, expires_at)| {
        Ok(Carried {
            key_hash: *key_hash,
            request_mac: mac.try_into().map_err(|_| corrupt("request_mac"))?,
            person: person.map(|id| Person::from_slice(&id)).transpose().map_err(|_| corrupt("person"))?,
            answer,
            expires_at: expires_at.and_utc(),
        })
    })
    .transpose()
}

/// Forgets what was carried out about somebody.
pub fn forget(conn: &mut Conn, person: Person) -> Result<()> {
    let theirs = idempotency::person.eq(Some(person.as_bytes().to_vec()));
    diesel::delete(idempotency::table.filter(theirs)).execute(conn)?;
    Ok(())
}

/// Forgets what is over; how many.
pub fn delete_expired(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let over = idempotency::expires_at.le(now.naive_utc());
    Ok(diesel::delete(idempotency::table.filter(over)).execute(conn)?)
}
