//! Receipts that are owed: of which records one is to be sent outside the pages.

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::RecordId;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::schema::owed_receipts;

/// A receipt that is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owed {
    /// The record that it is of.
    pub record: RecordId,
    /// Number in the consent log of the entry that it must hold.
    pub seq: i64,
    /// How often sending it has failed.
    pub tries: i32,
}

/// Notes that a receipt is owed of a record since its entry `seq`. One that is owed already is sent once, with both.
pub fn owe(conn: &mut Conn, record: RecordId, seq: i64, now: DateTime<Utc>) -> Result<()> {
    let changed =
        (owed_receipts::seq.eq(seq), owed_receipts::due_at.eq(now.naive_utc()), owed_receipts::tries.eq(0));
    either!(conn, c => diesel::insert_into(owed_receipts::table)
        .values((owed_receipts::record.eq(record.as_bytes().to_vec()), changed))
        .on_conflict(owed_receipts::record)
        .do_update()
        .set(changed)
        .execute(c))?;
    Ok(())
}

/// At most `limit` of those that are due, the longest due first.
pub fn due(conn: &mut Conn, now: DateTime<Utc>, limit: i64) -> Result<Vec<Owed>> {
    let rows = owed_receipts::table
        .filter(owed_receipts::due_at.le(now.naive_utc()))
        .order((owed_receipts::due_at, owed_receipts::record))
        .select((owed_receipts::record, owed_receipts::seq, owed_receipts::tries))
        .limit(limit)
        .load::<(Vec<u8>, i64, i32)>(conn)?;
    rows.into_iter()
        .map(|(record, seq, tries)| {
            let record =
                RecordId::from_slice(&record).map_err(|_| Error::corrupt("owed_receipts", "record", "?"))?;
            Ok(Owed { record, seq, tries })
        })
        .collect()
}

/// Puts one off, unless more has become owed meanwhile.
pub fn put_off(conn: &mut Conn, owed: Owed, until: DateTime<Utc>) -> Result<()> {
    diesel::update(owed_receipts::table.find(owed.record.as_bytes().to_vec()))
        .filter(owed_receipts::seq.eq(owed.seq))
        .set((owed_receipts::due_at.eq(until.naive_utc()), owed_receipts::tries.eq(owed.tries + 1)))
        .execute(conn)?;
    Ok(())
}

/// It was sent, or cannot be any more; stays if more has become owed meanwhile.
pub fn settle(conn: &mut Conn, owed: Owed) -> Result<()> {
    diesel::delete(owed_receipts::table.find(owed.record.as_bytes().to_vec()))
        .filter(owed_receipts::seq.eq(owed.seq))
        .execute(conn)?;
    Ok(())
}
