//! How far the order stream has been recorded: the lag behind what is live, and whether the past is still being
//! brought in.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::Result;
use crate::schema::ingest_offsets;

/// The past is still being brought in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loading {
    /// Partitions that have not been read to their end.
    pub partitions: usize,
    /// Up to which time all of them have been recorded; `None` while that is not known of one of them.
    pub until: Option<DateTime<Utc>>,
}

/// Up to which time everything live has been recorded: the oldest of all live partitions. `None` when none was ever
/// read.
pub fn fresh_until(conn: &mut Conn) -> Result<Option<DateTime<Utc>>> {
    let oldest = ingest_offsets::table
        .filter(ingest_offsets::is_history.eq(false))
        .select(diesel::dsl::min(ingest_offsets::fresh_until))
        .first::<Option<NaiveDateTime>>(conn)?;
    Ok(oldest.map(|at| at.and_utc()))
}

/// Whether the past is still being brought in; `None` once all of it that was seen has been read.
pub fn loading(conn: &mut Conn) -> Result<Option<Loading>> {
    let open = ingest_offsets::table
        .filter(ingest_offsets::is_history.eq(true))
        .filter(ingest_offsets::next_offset.nullable().lt(ingest_offsets::end_offset))
        .select(ingest_offsets::fresh_until)
        .load::<Option<NaiveDateTime>>(conn)?;
    let until = open.iter().min().copied().flatten().map(|at| at.and_utc());
    Ok(Some(Loading { partitions: open.len(), until }).filter(|loading| loading.partitions > 0))
}
