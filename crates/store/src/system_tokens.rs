//! Access tokens of the retailer's own systems, by their SHA-256.

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::ClientId;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::schema::system_tokens;

/// A system's access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemToken {
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// Whose.
    pub client_id: ClientId,
    /// Thumbprint of the key that it is bound to (RFC 9449).
    pub jkt: String,
    /// From when on it is worth nothing.
    pub expires_at: DateTime<Utc>,
}

/// Stores a new token.
pub fn insert(conn: &mut Conn, token: &SystemToken) -> Result<()> {
    diesel::insert_into(system_tokens::table)
        .values((
            system_tokens::token_hash.eq(token.token_hash.to_vec()),
            system_tokens::client_id.eq(token.client_id.as_bytes().to_vec()),
            system_tokens::jkt.eq(token.jkt.clone()),
            system_tokens::expires_at.eq(token.expires_at.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

/// A token that is not over.
pub fn find(conn: &mut Conn, token_hash: &[u8; 32], now: DateTime<Utc>) -> Result<Option<SystemToken>> {
    let row = system_tokens::table
        .find(token_hash.to_vec())
        .filter(system_tokens::expires_at.gt(now.naive_utc()))
        .select((system_tokens::client_id, system_tokens::jkt, system_tokens::expires_at))
        .first::<(Vec<u8>, String, chrono::NaiveDateTime)>(conn)
        .optional()?;
    row.map(|(client_id, jkt, expires_at)| {
        let client_id = ClientId::from_slice(&client_id)
            .map_err(|_| Error::corrupt("system_tokens", "client_id", "not an id"))?;
        Ok(SystemToken { token_hash: *token_hash, client_id, jkt, expires_at: expires_at.and_utc() })
    })
    .transpose()
}

/// Removes a token; whether it was there and the client's.
pub fn delete(conn: &mut Conn, token_hash: &[u8; 32], client_id: ClientId) -> Result<bool> {
    let theirs = system_tokens::client_id.eq(client_id.as_bytes().to_vec());
    Ok(diesel::delete(system_tokens::table.find(token_hash.to_vec()).filter(theirs)).execute(conn)? > 0)
}

/// Removes the tokens that are over; how many.
pub fn delete_expired(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let over = system_tokens::expires_at.le(now.naive_utc());
    Ok(diesel::delete(system_tokens::table.filter(over)).execute(conn)?)
}
