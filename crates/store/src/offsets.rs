//! How far each partition has been read, and by whom.
//!
//! A batch moves the row from exactly the offset and the owner's epoch that it read, in the transaction that holds
//! what the batch brought. A process that was thought dead and wakes up finds another epoch and commits nothing.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::conn::{Conn, MultiBackend};
use crate::either;
use crate::error::Result;
use crate::schema::{ingest_offsets, ingest_sources};

/// What a partition or file brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What happens now.
    Live,
    /// The past, which ends before the offset `end` as far as is known.
    History {
        /// The offset behind the last message.
        end: i64,
    },
}

/// Where a partition stands.
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
    /// What it brings.
    pub kind: Kind,
    /// Up to which time everything that was sent has been recorded; absent for the past, and until that is known.
    pub fresh_until: Option<DateTime<Utc>>,
}

impl Position {
    /// Whether the past is still being brought in.
    pub fn is_loading(&self) -> bool {
        matches!(self.kind, Kind::History { end } if self.next_offset < end)
    }
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
    /// Up to which time everything that was sent is recorded with this batch; `None` leaves what stands.
    pub fresh_until: Option<DateTime<Utc>>,
    /// The offset behind the last message, as far as is known; `None` leaves what stands.
    pub end_offset: Option<i64>,
}

/// A partition that its owner has read as far as there is something to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// The next offset, as committed.
    pub next_offset: i64,
    /// The owner's epoch.
    pub owner_epoch: i64,
}

type Columns = (i64, i64, i64, Option<String>, bool, Option<i64>, Option<NaiveDateTime>);

const COLUMNS: (
    ingest_offsets::next_offset,
    ingest_offsets::started_at,
    ingest_offsets::owner_epoch,
    ingest_offsets::paused,
    ingest_offsets::is_history,
    ingest_offsets::end_offset,
    ingest_offsets::fresh_until,
) = (
    ingest_offsets::next_offset,
    ingest_offsets::started_at,
    ingest_offsets::owner_epoch,
    ingest_offsets::paused,
    ingest_offsets::is_history,
    ingest_offsets::end_offset,
    ingest_offsets::fresh_until,
);

fn read(columns: Columns) -> Position {
    let (next_offset, started_at, owner_epoch, paused, is_history, end, fresh_until) = columns;
    let kind = if is_history { Kind::History { end: end.unwrap_or(i64::MAX) } } else { Kind::Live };
    let fresh_until = fresh_until.map(|at| at.and_utc());
    Position { next_offset, started_at, owner_epoch, paused, kind, fresh_until }
}

/// Where a partition stands, without taking it.
pub fn position(conn: &mut Conn, topic: &str, partition: i32) -> Result<Option<Position>> {
    let row = ingest_offsets::table.find((topic, partition)).select(COLUMNS).first(conn).optional()?;
    Ok(row.map(read))
}

/// Every partition that was ever read.
pub fn list(conn: &mut Conn) -> Result<Vec<(String, i32, Position)>> {
    let rows = ingest_offsets::table
        .order((ingest_offsets::topic, ingest_offsets::partition_no))
        .select((ingest_offsets::topic, ingest_offsets::partition_no, COLUMNS))
        .load::<(String, i32, Columns)>(conn)?;
    Ok(rows.into_iter().map(|(topic, partition, columns)| (topic, partition, read(columns))).collect())
}

/// Takes a partition: the epoch rises, so whoever owned it before can commit no more. A partition that was never seen
/// begins at `low`, its low watermark. What it brings is what its owner says: a topic whose past has been brought in
/// may become a live one.
pub fn take(conn: &mut Conn, topic: &str, partition: i32, low: i64, kind: Kind) -> Result<Position> {
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
    let own = ingest_offsets::table.find((topic, partition));
    let epoch = ingest_offsets::owner_epoch.eq(ingest_offsets::owner_epoch + 1);
    let row = match kind {
        Kind::Live => diesel::update(own)
            .set((epoch, ingest_offsets::is_history.eq(false), ingest_offsets::end_offset.eq(None::<i64>)))
            .returning(COLUMNS)
            .get_result(conn)?,
        Kind::History { end } => diesel::update(own)
            .set((
                epoch,
                ingest_offsets::is_history.eq(true),
                ingest_offsets::end_offset.eq(end),
                ingest_offsets::fresh_until.eq(None::<NaiveDateTime>),
            ))
            .returning(COLUMNS)
            .get_result(conn)?,
    };
    Ok(read(row))
}

/// Moves a partition on; `false` when it no longer stands where the batch read it, or belongs to another.
pub fn advance(conn: &mut Conn, step: &Move) -> Result<bool> {
    let moved = diesel::update(ingest_offsets::table.find((step.topic.as_str(), step.partition)))
        .filter(ingest_offsets::next_offset.eq(step.from))
        .filter(ingest_offsets::owner_epoch.eq(step.owner_epoch))
        .set((
            ingest_offsets::next_offset.eq(step.to),
            step.fresh_until.map(|at| ingest_offsets::fresh_until.eq(at.naive_utc())),
            step.end_offset.map(|end| ingest_offsets::end_offset.eq(end)),
        ))
        .execute(conn)?;
    Ok(moved == 1)
}

/// Partitions named in one statement: what is nested deeper is refused by SQLite.
const AT_ONCE: usize = 200;

/// Notes that everything that was sent to these partitions until `at` has been recorded: one statement. Those that no
/// longer stand so, or belong to another, stay as they are. How many were noted.
pub fn keep_fresh(conn: &mut Conn, held: &[Held], at: DateTime<Utc>) -> Result<usize> {
    type Condition =
        Box<dyn BoxableExpression<ingest_offsets::table, MultiBackend, SqlType = diesel::sql_types::Bool>>;
    let one = |held: &Held| -> Condition {
        Box::new(
            ingest_offsets::topic
                .eq(held.topic.clone())
                .and(ingest_offsets::partition_no.eq(held.partition))
                .and(ingest_offsets::next_offset.eq(held.next_offset))
                .and(ingest_offsets::owner_epoch.eq(held.owner_epoch)),
        )
    };
    let mut noted = 0;
    for chunk in held.chunks(AT_ONCE) {
        let any = chunk.iter().map(one).reduce(|any, next| Box::new(any.or(next)));
        let Some(any) = any else { continue };
        noted += diesel::update(ingest_offsets::table.filter(any))
            .set(ingest_offsets::fresh_until.eq(at.naive_utc()))
            .execute(conn)?;
    }
    Ok(noted)
}

/// Notes where a partition of the past ends now; not when it stands elsewhere or belongs to another.
pub fn note_end(conn: &mut Conn, held: &Held, end: i64) -> Result<()> {
    diesel::update(ingest_offsets::table.find((held.topic.as_str(), held.partition)))
        .filter(ingest_offsets::next_offset.eq(held.next_offset))
        .filter(ingest_offsets::owner_epoch.eq(held.owner_epoch))
        .set(ingest_offsets::end_offset.eq(end))
        .execute(conn)?;
    Ok(())
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
/// What it says when more messages are in quarantine than are allowed.
pub const QUARANTINE_FULL: &str = "quarantine_full";

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
