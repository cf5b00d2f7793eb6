//! Objections of customers who were erased, so that contact does not resume: keyed hashes that nobody can read a customer
//! or a subject from. Only who comes with the same customer id again can be found here.

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::objection::Subject;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::keys::{Keys, Secret};
use crate::schema::kept_objections;

/// The name of the realm's key under which marks are made.
const KEY: &str = "kept-objections";

/// The key under which marks are made. It is read before a transaction.
pub fn key(keys: &Keys) -> Result<Secret> {
    keys.named(KEY)
}

/// What is kept of an objection: a keyed hash of whose it was and what it was about; of no subject, that there is one.
pub fn mark(key: &Secret, index: &[u8; 16], subject: Option<&Subject>) -> Result<[u8; 16]> {
    let subject = subject.map(|subject| format!("{subject}")).unwrap_or_default();
    let mac = key.mac(&[index.as_slice(), subject.as_bytes()]);
    mac.first_chunk::<16>().copied().ok_or_else(|| Error::Unexpected("a short digest".to_owned()))
}

/// Keeps marks; those that are kept already stay as they are.
pub fn keep(conn: &mut Conn, marks: &[[u8; 16]], now: DateTime<Utc>) -> Result<()> {
    let mut marks = marks.to_vec();
    marks.sort_unstable();
    let rows: Vec<_> = marks
        .iter()
        .map(|mark| (kept_objections::mark.eq(mark.to_vec()), kept_objections::kept_at.eq(now.naive_utc())))
        .collect();
    either!(conn, c => diesel::insert_into(kept_objections::table)
        .values(rows)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Which of these marks are kept, and since when.
pub fn among(conn: &mut Conn, marks: &[[u8; 16]]) -> Result<Vec<([u8; 16], DateTime<Utc>)>> {
    let marks: Vec<Vec<u8>> = marks.iter().map(|mark| mark.to_vec()).collect();
    let rows = kept_objections::table
        .filter(kept_objections::mark.eq_any(marks))
        .order(kept_objections::mark)
        .load::<(Vec<u8>, NaiveDateTime)>(conn)?;
    rows.into_iter()
        .map(|(mark, kept_at)| {
            let mark = mark.try_into().map_err(|_| Error::corrupt("kept_objections", "mark", "?"))?;
            Ok((mark, kept_at.and_utc()))
        })
        .collect()
}

/// Keeps these marks no more: their customer is back and has the objections again.
pub fn let_go(conn: &mut Conn, marks: &[[u8; 16]]) -> Result<()> {
    let marks: Vec<Vec<u8>> = marks.iter().map(|mark| mark.to_vec()).collect();
    diesel::delete(kept_objections::table.filter(kept_objections::mark.eq_any(marks))).execute(conn)?;
    Ok(())
}
