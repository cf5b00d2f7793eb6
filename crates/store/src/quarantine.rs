//! Messages that could not be read or broke a rule, kept thirty days with their bytes sealed under a monthly key.

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::ids::ObjectId;
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::conn::Conn;
use crate::either;
use crate::error::Result;
use crate::schema::quarantine;

/// Where a message came from: topic, partition and offset; for a file its name, 0 and the line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// Topic or file.
    pub source: String,
    /// Partition.
    pub partition: i32,
    /// Offset or line number.
    pub offset: i64,
}

/// A message in quarantine.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = quarantine, treat_none_as_default_value = false)]
pub struct Quarantined {
    /// Topic or file.
    pub source: String,
    /// Partition.
    pub partition_no: i32,
    /// Offset or line number.
    pub message_offset: i64,
    /// Stable code of what is wrong.
    pub reason: String,
    /// JSON pointer of the field.
    pub pointer: String,
    /// The rule, in words; no value.
    pub detail: String,
    /// Blind index of the customer, if it could be read.
    pub customer_index: Option<Vec<u8>>,
    /// Locator of the order, if it could be read.
    pub order_index: Option<Vec<u8>>,
    /// Whose key sealed it: `YYYY-MM`.
    pub month: String,
    /// Key, headers and bytes, sealed.
    pub message: Vec<u8>,
    /// When.
    pub recorded_at: NaiveDateTime,
}

/// Puts messages in; one that is there already (a replay that failed again) gets the reason it has now.
pub fn insert(conn: &mut Conn, rows: &[Quarantined]) -> Result<()> {
    for chunk in rows.chunks(200) {
        either!(&mut *conn, c => diesel::insert_into(quarantine::table)
            .values(chunk)
            .on_conflict((quarantine::source, quarantine::partition_no, quarantine::message_offset))
            .do_update()
            .set((
                quarantine::reason.eq(excluded(quarantine::reason)),
                quarantine::pointer.eq(excluded(quarantine::pointer)),
                quarantine::detail.eq(excluded(quarantine::detail)),
            ))
            .execute(c))?;
    }
    Ok(())
}

/// How many there are for each reason and pointer.
pub fn groups(conn: &mut Conn) -> Result<Vec<(String, String, i64)>> {
    Ok(quarantine::table
        .group_by((quarantine::reason, quarantine::pointer))
        .select((quarantine::reason, quarantine::pointer, diesel::dsl::count_star()))
        .order((quarantine::reason, quarantine::pointer))
        .load(conn)?)
}

/// Those of a reason, or all, oldest first.
pub fn list(conn: &mut Conn, reason: Option<&str>, limit: i64) -> Result<Vec<Quarantined>> {
    let mut query = quarantine::table.into_boxed();
    if let Some(reason) = reason {
        query = query.filter(quarantine::reason.eq(reason.to_owned()));
    }
    Ok(query
        .order((
            quarantine::recorded_at,
            quarantine::source,
            quarantine::partition_no,
            quarantine::message_offset,
        ))
        .limit(limit)
        .load(conn)?)
}

/// One message.
pub fn find(conn: &mut Conn, place: &Place) -> Result<Option<Quarantined>> {
    Ok(quarantine::table.find((&place.source, place.partition, place.offset)).first(conn).optional()?)
}

/// Takes a message out, after it was replayed with success.
pub fn remove(conn: &mut Conn, place: &Place) -> Result<()> {
    diesel::delete(quarantine::table.find((&place.source, place.partition, place.offset))).execute(conn)?;
    Ok(())
}

/// Deletes what was put in before `before`; how many.
pub fn purge(conn: &mut Conn, before: DateTime<Utc>) -> Result<usize> {
    Ok(diesel::delete(quarantine::table.filter(quarantine::recorded_at.lt(before.naive_utc())))
        .execute(conn)?)
}

/// Deletes what names one of these customers or orders; how many.
pub fn delete_of(conn: &mut Conn, customers: &[[u8; 16]], orders: &[ObjectId]) -> Result<usize> {
    let mut deleted = 0;
    for chunk in customers.chunks(500) {
        let chunk: Vec<Vec<u8>> = chunk.iter().map(|index| index.to_vec()).collect();
        deleted += diesel::delete(quarantine::table.filter(quarantine::customer_index.eq_any(chunk)))
            .execute(conn)?;
    }
    for chunk in orders.chunks(500) {
        let chunk: Vec<Vec<u8>> = chunk.iter().map(|order| order.as_bytes().to_vec()).collect();
        deleted +=
            diesel::delete(quarantine::table.filter(quarantine::order_index.eq_any(chunk))).execute(conn)?;
    }
    Ok(deleted)
}

/// How many there are.
pub fn count(conn: &mut Conn) -> Result<i64> {
    Ok(quarantine::table.count().get_result(conn)?)
}
