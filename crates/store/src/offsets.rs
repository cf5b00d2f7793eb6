//! How far each partition has been read, and by whom.
//!
//! A batch moves the row from exactly the offset and the owner's epoch that it read, in the transaction that holds
//! what the batch brought. A process that was thought dead and wakes up finds another epoch and commits nothing.

use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::Result;
use crate::schema::{ingest_offsets, ingest_sources};

/// A partition that this process owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The next offset to read.
    pub next_offset: i64,
    /// Where reading began when the partition was first seen.
    pub started_at: i64,
    /// The owner's epoch.
    pub owner_epoch: i64,
    /// Why the partition is paused, if it is.
    pub paused: Option<String>,
}

/// A move of one partition within a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// The offset that was read from.
    pub from: i64,
    /// The next offset after the batch.
    pub to: i64,
    /// The owner's epoch.
    pub owner_epoch: i64,
}

/// Where a partition stands, without taking it.
pub fn position(conn: &mut Conn, topic: &str, partition: i32) -> Result<Option<Position>> {
    let row = ingest_offsets::table
        .find((topic, partition))
        .select((
            ingest_offsets::next_offset,
            ingest_offsets::started_at,
            ingest_offsets::owner_epoch,
            ingest_offsets::paused,
        ))
        .first::<(i64, i64, i64, Option<String>)>(conn)
        .optional()?;
    Ok(row.map(|(next_offset, started_at, owner_epoch, paused)| Position {
        next_offset,
        started_at,
        owner_epoch,
        paused,
    }))
}

/// Every partition that was ever read.
pub fn list(conn: &mut Conn) -> Result<Vec<(String, i32, Position)>> {
    let rows = ingest_offsets::table
        .order((ingest_offsets::topic, ingest_offsets::partition_no))
        .select((
            ingest_offsets::topic,
            ingest_offsets::partition_no,
            ingest_offsets::next_offset,
            ingest_offsets::owner_epoch,
            ingest_offsets::started_at,
            ingest_offsets::paused,
        ))
        .load::<(String, i32, i64, i64, i64, Option<String>)>(conn)?;
    Ok(rows
        .into_iter()
        .map(|(topic, partition, next_offset, owner_epoch, started_at, paused)| {
            (topic, partition, Position { next_offset, started_at, owner_epoch, paused })
        })
        .collect())
}

/// Takes a partition: the epoch rises, so whoever owned it before can commit no more. A partition that was never seen
/// begins at `low`, its low watermark.
pub fn take(conn: &mut Conn, topic: &str, partition: i32, low: i64) -> Result<Position> {
    let row = (
        ingest_offsets::topic.eq(topic),
        ingest_offsets::partition_no.eq(partition),
        ingest_offsets::next_offset.eq(low),
        ingest_offsets::owner_epoch.eq(0),
        ingest_offsets::started_at.eq(low),
    );
    either!(&mut *conn, c => diesel::insert_into(ingest_offsets::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    let (next_offset, started_at, owner_epoch, paused) =
        diesel::update(ingest_offsets::table.find((topic, partition)))
            .set(ingest_offsets::owner_epoch.eq(ingest_offsets::owner_epoch + 1))
            .returning((
                ingest_offsets::next_offset,
                ingest_offsets::started_at,
                ingest_offsets::owner_epoch,
                ingest_offsets::paused,
            ))
            .get_result::<(i64, i64, i64, Option<String>)>(conn)?;
    Ok(Position { next_offset, started_at, owner_epoch, paused })
}

/// Moves a partition on; `false` when it no longer stands where the batch read it, or belongs to another.
pub fn advance(conn: &mut Conn, step: &Move) -> Result<bool> {
    let moved = diesel::update(ingest_offsets::table.find((step.topic.as_str(), step.partition)))
        .filter(ingest_offsets::next_offset.eq(step.from))
        .filter(ingest_offsets::owner_epoch.eq(step.owner_epoch))
        .set(ingest_offsets::next_offset.eq(step.to))
        .execute(conn)?;
    Ok(moved == 1)
}

/// Pauses a partition with a reason, or resumes it; `false` when it was never seen.
pub fn set_paused(conn: &mut Conn, topic: &str, partition: i32, reason: Option<&str>) -> Result<bool> {
    let changed = diesel::update(ingest_offsets::table.find((topic, partition)))
        .set(ingest_offsets::paused.eq(reason))
        .execute(conn)?;
    Ok(changed == 1)
}

/// What `paused` says when messages were deleted from the topic before they were read.
pub const MESSAGES_LOST: &str = "messages_lost";
/// What it says once an operator has accepted that: reading goes on behind the gap.
pub const LOSS_ACCEPTED: &str = "loss_accepted";

/// Lets a partition go on; `None` when it was never seen, else the reason it stood for. Where messages were lost, this
/// accepts the loss.
pub fn resume(conn: &mut Conn, topic: &str, partition: i32) -> Result<Option<Option<String>>> {
    let Some(position) = position(conn, topic, partition)? else { return Ok(None) };
    let is_lost = position.paused.as_deref() == Some(MESSAGES_LOST);
    set_paused(conn, topic, partition, is_lost.then_some(LOSS_ACCEPTED))?;
    Ok(Some(position.paused))
}

/// Moves a partition behind a gap that was accepted.
pub fn skip(conn: &mut Conn, topic: &str, partition: i32, to: i64) -> Result<()> {
    diesel::update(ingest_offsets::table.find((topic, partition)))
        .set((ingest_offsets::next_offset.eq(to), ingest_offsets::paused.eq(None::<String>)))
        .execute(conn)?;
    Ok(())
}

/// By what kind of order each source was first seen to order its events.
pub fn order_kinds(conn: &mut Conn) -> Result<Vec<(String, i32)>> {
    Ok(ingest_sources::table.load(conn)?)
}

/// Notes the kind of a source, if it is new; the kind that stands.
pub fn note_order_kind(conn: &mut Conn, source: &str, kind: i32) -> Result<i32> {
    let row = (ingest_sources::source.eq(source), ingest_sources::order_kind.eq(kind));
    either!(&mut *conn, c => diesel::insert_into(ingest_sources::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(ingest_sources::table.find(source).select(ingest_sources::order_kind).first(conn)?)
}
