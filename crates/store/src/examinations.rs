//! When something was last looked at as a whole.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::dialect;
use crate::either;
use crate::error::Result;
use crate::schema::examinations;

/// The name under which it is noted that the ledger was verified to its end.
pub const LEDGER: &str = "ledger";

/// How it was the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Examination {
    /// When it ended.
    pub at: DateTime<Utc>,
    /// How many faults there were.
    pub faults: i64,
}

/// Notes how it was now.
pub fn note(conn: &mut Conn, name: &str, examination: Examination) -> Result<()> {
    let found =
        (examinations::at.eq(examination.at.naive_utc()), examinations::faults.eq(examination.faults));
    either!(conn, c => diesel::insert_into(examinations::table)
        .values((examinations::name.eq(name), found))
        .on_conflict(examinations::name)
        .do_update()
        .set(found)
        .execute(c))?;
    Ok(())
}

/// How safe what was committed is on PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Durability {
    /// Replicas that follow.
    pub replicas: i64,
    /// The setting `synchronous_commit`.
    pub synchronous_commit: String,
    /// The setting `synchronous_standby_names`: whose confirmation a commit waits for.
    pub waits_for: String,
}

/// How safe what was committed is; `None` on SQLite, where it is on the disk.
pub fn durability(conn: &mut Conn) -> Result<Option<Durability>> {
    dialect::durability(conn)
}

/// How it was the last time, if it was ever looked at.
pub fn last(conn: &mut Conn, name: &str) -> Result<Option<Examination>> {
    let found = examinations::table
        .find(name)
        .select((examinations::at, examinations::faults))
        .first::<(NaiveDateTime, i64)>(conn)
        .optional()?;
    Ok(found.map(|(at, faults)| Examination { at: at.and_utc(), faults }))
}
