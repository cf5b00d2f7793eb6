//! The rows of the Merkle trees over the logs: generations, how far each is integrated, signed checkpoints.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::entries::Log;
use crate::error::{Error, Result};
use crate::schema::{checkpoints, entries, ledger_heads, ledger_trees};

/// A generation of a log: a tree under an origin and a key of its own.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Tree {
    /// `access` or `consent`.
    pub log: String,
    /// From 1.
    pub generation: i32,
    /// The origin of its checkpoints, which is also the name of its key.
    pub origin: String,
    /// Its verifier key (C2SP signed-note). For telling: who verifies takes the key from outside the database.
    pub vkey: String,
    /// The number in the log of its first entry: index in the tree = number − `first_seq`.
    pub first_seq: i64,
    /// Entries that are in its tiles.
    pub integrated: i64,
    /// Epoch of the leader that integrated last.
    pub lease_epoch: i64,
    /// When it began.
    pub opened_at: NaiveDateTime,
    /// When the next generation took its place.
    pub closed_at: Option<NaiveDateTime>,
    /// Of a closed one: entries that the database still had then. The others were lost with the state that was
    /// restored, and are in the tiles alone.
    pub kept: Option<i64>,
    /// When an entry last said how large the log was.
    pub stated_at: NaiveDateTime,
    /// And how large.
    pub stated_size: i64,
}

/// A generation that is about to be opened.
#[derive(Debug, Clone)]
pub struct NewTree {
    /// Of which log.
    pub log: Log,
    /// From 1.
    pub generation: i32,
    /// The origin of its checkpoints.
    pub origin: String,
    /// Its verifier key.
    pub vkey: String,
    /// The number in the log of its first entry.
    pub first_seq: i64,
}

/// A signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Checkpoint {
    /// Size of the tree.
    pub size: i64,
    /// The signed note.
    pub note: String,
    /// When it was signed.
    pub signed_at: NaiveDateTime,
}

/// Opens a generation; `false` when it is there already.
pub fn open(conn: &mut Conn, new: &NewTree, now: DateTime<Utc>) -> Result<bool> {
    let row = (
        ledger_trees::log.eq(new.log.name()),
        ledger_trees::generation.eq(new.generation),
        ledger_trees::origin.eq(&new.origin),
        ledger_trees::vkey.eq(&new.vkey),
        ledger_trees::first_seq.eq(new.first_seq),
        ledger_trees::integrated.eq(0_i64),
        ledger_trees::lease_epoch.eq(0_i64),
        ledger_trees::opened_at.eq(now.naive_utc()),
        ledger_trees::stated_at.eq(now.naive_utc()),
        ledger_trees::stated_size.eq(0_i64),
    );
    let made = either!(conn, c => diesel::insert_into(ledger_trees::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(made == 1)
}

/// Closes a generation of which the database still has `kept` entries. Whoever closes one opens the next in the same
/// transaction.
pub fn close(conn: &mut Conn, log: Log, generation: i32, kept: i64, now: DateTime<Utc>) -> Result<bool> {
    let closed = diesel::update(ledger_trees::table.find((log.name(), generation)))
        .filter(ledger_trees::closed_at.is_null())
        .set((ledger_trees::closed_at.eq(Some(now.naive_utc())), ledger_trees::kept.eq(Some(kept))))
        .execute(conn)?;
    Ok(closed == 1)
}

/// The generation that grows.
pub fn current(conn: &mut Conn, log: Log) -> Result<Option<Tree>> {
    Ok(ledger_trees::table
        .filter(ledger_trees::log.eq(log.name()).and(ledger_trees::closed_at.is_null()))
        .order(ledger_trees::generation.desc())
        .first(conn)
        .optional()?)
}

/// Every generation of both logs, in their order.
pub fn all(conn: &mut Conn) -> Result<Vec<Tree>> {
    Ok(ledger_trees::table.order((ledger_trees::log, ledger_trees::generation)).load(conn)?)
}

/// Moves the integrated size from one number to another, if it stands there and no later leader has written; whether
/// it did.
pub fn integrate(conn: &mut Conn, tree: &Tree, to: i64, lease_epoch: i64) -> Result<bool> {
    let moved = diesel::update(ledger_trees::table.find((&tree.log, tree.generation)))
        .filter(ledger_trees::integrated.eq(tree.integrated).and(ledger_trees::lease_epoch.le(lease_epoch)))
        .filter(ledger_trees::closed_at.is_null())
        .set((ledger_trees::integrated.eq(to), ledger_trees::lease_epoch.eq(lease_epoch)))
        .execute(conn)?;
    Ok(moved == 1)
}

/// Notes that an entry says how large the log is.
pub fn state(conn: &mut Conn, tree: &Tree, size: i64, now: DateTime<Utc>) -> Result<()> {
    diesel::update(ledger_trees::table.find((&tree.log, tree.generation)))
        .set((ledger_trees::stated_at.eq(now.naive_utc()), ledger_trees::stated_size.eq(size)))
        .execute(conn)?;
    Ok(())
}

/// Adds a checkpoint if it is larger than the last one; whether it was.
pub fn publish(conn: &mut Conn, tree: &Tree, size: i64, note: &str, now: DateTime<Utc>) -> Result<bool> {
    if newest(conn, &tree.log, tree.generation)?.is_some_and(|last| last.size >= size) {
        return Ok(false);
    }
    let row = (
        checkpoints::log.eq(&tree.log),
        checkpoints::generation.eq(tree.generation),
        checkpoints::size.eq(size),
        checkpoints::note.eq(note),
        checkpoints::signed_at.eq(now.naive_utc()),
    );
    let added = either!(conn, c => diesel::insert_into(checkpoints::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(added == 1)
}

/// The largest checkpoint of a generation.
pub fn newest(conn: &mut Conn, log: &str, generation: i32) -> Result<Option<Checkpoint>> {
    Ok(checkpoints::table
        .filter(checkpoints::log.eq(log).and(checkpoints::generation.eq(generation)))
        .order(checkpoints::size.desc())
        .select((checkpoints::size, checkpoints::note, checkpoints::signed_at))
        .first(conn)
        .optional()?)
}

/// The smallest checkpoint of a generation with at least `size` entries.
pub fn covering(conn: &mut Conn, log: &str, generation: i32, size: i64) -> Result<Option<Checkpoint>> {
    Ok(checkpoints::table
        .filter(checkpoints::log.eq(log).and(checkpoints::generation.eq(generation)))
        .filter(checkpoints::size.ge(size))
        .order(checkpoints::size)
        .select((checkpoints::size, checkpoints::note, checkpoints::signed_at))
        .first(conn)
        .optional()?)
}

/// The largest checkpoint that was signed at `at` or before.
pub fn known_at(
    conn: &mut Conn,
    log: &str,
    generation: i32,
    at: DateTime<Utc>,
) -> Result<Option<Checkpoint>> {
    Ok(checkpoints::table
        .filter(checkpoints::log.eq(log).and(checkpoints::generation.eq(generation)))
        .filter(checkpoints::signed_at.le(at.naive_utc()))
        .order(checkpoints::size.desc())
        .select((checkpoints::size, checkpoints::note, checkpoints::signed_at))
        .first(conn)
        .optional()?)
}

/// Checkpoints of a generation that are larger than `after`, by size.
pub fn checkpoints(
    conn: &mut Conn,
    log: &str,
    generation: i32,
    after: i64,
    limit: i64,
) -> Result<Vec<Checkpoint>> {
    Ok(checkpoints::table
        .filter(checkpoints::log.eq(log).and(checkpoints::generation.eq(generation)))
        .filter(checkpoints::size.gt(after))
        .order(checkpoints::size)
        .select((checkpoints::size, checkpoints::note, checkpoints::signed_at))
        .limit(limit)
        .load(conn)?)
}

/// What the tree holds of entries from a number on: number and commitment, in order.
pub fn commitments(conn: &mut Conn, log: &str, from: i64, limit: i64) -> Result<Vec<(i64, [u8; 32])>> {
    let rows = entries::table
        .filter(entries::log.eq(log).and(entries::seq.ge(from)))
        .order(entries::seq)
        .select((entries::seq, entries::commitment))
        .limit(limit)
        .load::<(i64, Vec<u8>)>(conn)?;
    rows.into_iter()
        .map(|(seq, bytes)| {
            let bytes = <[u8; 32]>::try_from(bytes.as_slice());
            bytes
                .map(|bytes| (seq, bytes))
                .map_err(|_| Error::corrupt("entries", "commitment", format!("{log}/{seq}")))
        })
        .collect()
}

/// Skips numbers that were given out in a generation whose end the database lost: the next entry gets `size`. The
/// caller holds the head.
pub fn skip_to(conn: &mut Conn, log: Log, size: i64) -> Result<()> {
    diesel::update(ledger_heads::table.find(log.name()))
        .filter(ledger_heads::size.le(size))
        .set(ledger_heads::size.eq(size))
        .execute(conn)?;
    Ok(())
}
