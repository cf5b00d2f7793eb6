//! Suppression: names of customers that were erased, as keyed hashes, so that what arrives later about before brings
//! nobody back.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::objects::Latest;
use crate::schema::suppression;

/// One name that was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suppressed {
    /// Before this, everything about the name is dropped.
    pub erased_at: DateTime<Utc>,
    /// The event that stands.
    pub latest: Latest,
}

type Row = (NaiveDateTime, i32, i64, Vec<u8>);

/// What is said of a name.
pub fn find(conn: &mut Conn, index: &[u8; 16]) -> Result<Option<Suppressed>> {
    let row = suppression::table
        .find(index.to_vec())
        .select((
            suppression::erased_at,
            suppression::order_kind,
            suppression::order_value,
            suppression::digest,
        ))
        .first::<Row>(conn)
        .optional()?;
    let Some((erased_at, order_kind, order_value, digest)) = row else { return Ok(None) };
    let digest = digest
        .as_slice()
        .try_into()
        .map_err(|_| Error::corrupt("suppression", "digest", data_encoding::HEXLOWER.encode(index)))?;
    let latest = Latest { order_kind, order_value, digest };
    Ok(Some(Suppressed { erased_at: erased_at.and_utc(), latest }))
}

/// When these names were erased; those that never were are absent.
pub fn times(conn: &mut Conn, indexes: &[[u8; 16]]) -> Result<Vec<([u8; 16], DateTime<Utc>)>> {
    let mut found = Vec::new();
    for chunk in indexes.chunks(1_000) {
        let wanted: Vec<Vec<u8>> = chunk.iter().map(|index| index.to_vec()).collect();
        let rows = suppression::table
            .filter(suppression::customer_index.eq_any(wanted))
            .order(suppression::customer_index)
            .select((suppression::customer_index, suppression::erased_at))
            .load::<(Vec<u8>, NaiveDateTime)>(conn)?;
        for (index, at) in rows {
            let index = index
                .as_slice()
                .try_into()
                .map_err(|_| Error::corrupt("suppression", "customer_index", "?"))?;
            found.push((index, at.and_utc()));
        }
    }
    Ok(found)
}

/// Notes that a name was erased; a later time stands.
pub fn put(conn: &mut Conn, index: &[u8; 16], new: &Suppressed) -> Result<()> {
    let erased_at = match find(conn, index)? {
        Some(old) => old.erased_at.max(new.erased_at),
        None => new.erased_at,
    };
    let values = (
        suppression::erased_at.eq(erased_at.naive_utc()),
        suppression::order_kind.eq(new.latest.order_kind),
        suppression::order_value.eq(new.latest.order_value),
        suppression::digest.eq(new.latest.digest.to_vec()),
    );
    let row = (suppression::customer_index.eq(index.to_vec()), values.clone());
    either!(conn, c => diesel::insert_into(suppression::table)
        .values(row)
        .on_conflict(suppression::customer_index)
        .do_update()
        .set(values)
        .execute(c))?;
    Ok(())
}
