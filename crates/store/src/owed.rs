//! Entries that the ledger owes: what was narrowed while the database was behind its guard.

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::GrantId;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::schema::owed_entries;

/// What is owed about a grant: the kind is all that there is for now.
const GRANT: &str = "grant";

/// Notes that a grant ended at `at` and the log has no entry of it.
pub fn note_grant(conn: &mut Conn, grant_id: GrantId, at: DateTime<Utc>) -> Result<()> {
    let row = (
        owed_entries::subject.eq(grant_id.as_bytes().to_vec()),
        owed_entries::kind.eq(GRANT),
        owed_entries::at.eq(at.naive_utc()),
    );
    either!(conn, c => diesel::insert_into(owed_entries::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// The grants whose end the log owes, with the time of it, oldest first.
pub fn grants(conn: &mut Conn) -> Result<Vec<(GrantId, DateTime<Utc>)>> {
    let rows = owed_entries::table
        .filter(owed_entries::kind.eq(GRANT))
        .order((owed_entries::at, owed_entries::subject))
        .select((owed_entries::subject, owed_entries::at))
        .load::<(Vec<u8>, chrono::NaiveDateTime)>(conn)?;
    rows.into_iter()
        .map(|(subject, at)| {
            let id =
                GrantId::from_slice(&subject).map_err(|_| Error::corrupt("owed_entries", "subject", "?"))?;
            Ok((id, at.and_utc()))
        })
        .collect()
}

/// The log has the entry; `false` when it had it before.
pub fn settle_grant(conn: &mut Conn, grant_id: GrantId) -> Result<bool> {
    let row = owed_entries::table.find((grant_id.as_bytes().to_vec(), GRANT));
    Ok(diesel::delete(row).execute(conn)? == 1)
}
