//! Sign-ins under way at the retailer's identity provider, by the SHA-256 of `state`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::Result;
use crate::schema::logins;

/// A sign-in that has left for the identity provider and is not back yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRow {
    /// SHA-256 of `state`.
    pub state_hash: [u8; 32],
    /// Nonce, code verifier and browser, sealed.
    pub secrets: Vec<u8>,
    /// Local path to go to afterwards.
    pub return_to: String,
    /// From when on it is worth nothing.
    pub expires_at: DateTime<Utc>,
}

/// Stores a sign-in that begins.
pub fn insert(conn: &mut Conn, row: &LoginRow) -> Result<()> {
    diesel::insert_into(logins::table)
        .values((
            logins::state_hash.eq(row.state_hash.to_vec()),
            logins::secrets.eq(row.secrets.clone()),
            logins::return_to.eq(row.return_to.clone()),
            logins::expires_at.eq(row.expires_at.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Takes a sign-in out: it can come back once, and not after its time.
pub fn take(conn: &mut Conn, state_hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<LoginRow>> {
    let row = diesel::delete(logins::table.find(state_hash.to_vec()))
        .returning((logins::secrets, logins::return_to, logins::expires_at))
        .get_result::<(Vec<u8>, String, chrono::NaiveDateTime)>(conn)
        .optional()?;
    Ok(row
        .map(|(secrets, return_to, expires_at)| LoginRow {
            state_hash: *state_hash,
            secrets,
            return_to,
            expires_at: expires_at.and_utc(),
        })
        .filter(|row| row.expires_at > now))
}

/// Removes the sign-ins that never came back; how many.
pub fn delete_expired(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    Ok(diesel::delete(logins::table.filter(logins::expires_at.le(now.naive_utc()))).execute(conn)?)
}
