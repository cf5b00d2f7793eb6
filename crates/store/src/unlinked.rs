//! Guest orders, and returns and refunds whose order has not come: sealed under a key of their own, without a person.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::PurchaseId;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::objects::Mark;
use crate::schema::{objects, unlinked};

/// Puts a document, replacing the one that is there. The purchase's object row is held.
pub fn put(
    conn: &mut Conn,
    id: PurchaseId,
    waiting: bool,
    now: DateTime<Utc>,
    document: &[u8],
) -> Result<()> {
    let row = (
        unlinked::purchase_id.eq(id.as_bytes().to_vec()),
        unlinked::waiting.eq(waiting),
        unlinked::since.eq(now.naive_utc()),
        unlinked::document.eq(document),
    );
    either!(conn, c => diesel::insert_into(unlinked::table)
        .values(row)
        .on_conflict(unlinked::purchase_id)
        .do_update()
        .set((unlinked::waiting.eq(waiting), unlinked::document.eq(document)))
        .execute(c))?;
    Ok(())
}

/// The documents of these purchases; those that are not unlinked are absent.
pub fn documents(conn: &mut Conn, wanted: &[PurchaseId]) -> Result<HashMap<PurchaseId, Vec<u8>>> {
    let mut found = HashMap::new();
    for chunk in wanted.chunks(1_000) {
        let ids: Vec<Vec<u8>> = chunk.iter().map(|id| id.as_bytes().to_vec()).collect();
        let rows = unlinked::table
            .filter(unlinked::purchase_id.eq_any(ids))
            .select((unlinked::purchase_id, unlinked::document))
            .load::<(Vec<u8>, Vec<u8>)>(conn)?;
        for (id, document) in rows {
            let id =
                PurchaseId::from_slice(&id).map_err(|_| Error::corrupt("unlinked", "purchase_id", "?"))?;
            found.insert(id, document);
        }
    }
    Ok(found)
}

/// Takes a purchase out, after it found its order or its customer.
pub fn remove(conn: &mut Conn, id: PurchaseId) -> Result<()> {
    diesel::delete(unlinked::table.find(id.as_bytes().to_vec())).execute(conn)?;
    Ok(())
}

/// How many purchases wait for an order, and how many have no customer.
pub fn counts(conn: &mut Conn) -> Result<(i64, i64)> {
    let waiting = unlinked::table.filter(unlinked::waiting.eq(true)).count().get_result(conn)?;
    let guests = unlinked::table.filter(unlinked::waiting.eq(false)).count().get_result(conn)?;
    Ok((waiting, guests))
}

/// Deletes at most `most` purchases that have been there since before `before`: guest orders, or with `waiting` what
/// waits for its order. Gives how many. An order that goes is marked as removed, and every object keeps the order of its
/// events: what was deleted does not come back by an old event, and does by a newer one.
pub fn purge(conn: &mut Conn, waiting: bool, before: DateTime<Utc>, most: i64) -> Result<usize> {
    let is_due = unlinked::waiting.eq(waiting).and(unlinked::since.lt(before.naive_utc()));
    let mut due = unlinked::table
        .filter(is_due)
        .order(unlinked::since)
        .limit(most)
        .select(unlinked::purchase_id)
        .load::<Vec<u8>>(conn)?;
    due.sort_unstable();
    for id in &due {
        // One by one, so that they are locked in ascending order. It may have found its customer since it was listed.
        diesel::update(objects::table.find(id))
            .filter(objects::person.is_null())
            .filter(objects::order_kind.is_not_null())
            .set(objects::mark.eq(Mark::Removed.code()))
            .execute(conn)?;
    }
    Ok(diesel::delete(unlinked::table.filter(unlinked::purchase_id.eq_any(due)).filter(is_due))
        .execute(conn)?)
}
