//! Identifiers that may be used once, on whatever node: `jti` of client assertions.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::Result;
use crate::schema::used_ids;

/// Uses an identifier; false if somebody did before.
pub fn spend(conn: &mut Conn, id_hash: &[u8; 32], expires_at: DateTime<Utc>) -> Result<bool> {
    let row = (used_ids::id_hash.eq(id_hash.to_vec()), used_ids::expires_at.eq(expires_at.naive_utc()));
    let inserted = either!(conn, c => diesel::insert_into(used_ids::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(inserted == 1)
}

/// Removes the identifiers that would be refused anyway by now; how many.
pub fn delete_expired(conn: &mut Conn, before: DateTime<Utc>) -> Result<usize> {
    Ok(diesel::delete(used_ids::table.filter(used_ids::expires_at.lt(before.naive_utc()))).execute(conn)?)
}
