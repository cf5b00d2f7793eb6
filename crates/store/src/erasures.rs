//! Erasures that are not done yet: what was written with the erasure and is carried out right after it, or at the next
//! start. The purchases are gone by then; what is left is to end grants, write entries and destroy a key.

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::Person;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::Result;
use crate::schema::destructions;

/// Something that is still to be done for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destruction {
    /// Who was erased.
    pub person: Person,
    /// When.
    pub since: DateTime<Utc>,
    /// Whether the ledger has its entries.
    pub entered: bool,
}

/// Notes an erasure of these persons.
pub fn begin(conn: &mut Conn, persons: &[Person], now: DateTime<Utc>) -> Result<()> {
    let row = |person: &Person| {
        (
            destructions::person.eq(person.as_bytes().to_vec()),
            destructions::since.eq(now.naive_utc()),
            destructions::entered.eq(false),
        )
    };
    let row: Vec<_> = persons.iter().map(row).collect();
    either!(conn, c => diesel::insert_into(destructions::table).values(row).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// What is still to be done, oldest first.
pub fn open(conn: &mut Conn) -> Result<Vec<Destruction>> {
    let rows = destructions::table.order((destructions::since, destructions::person)).load::<(
        Vec<u8>,
        chrono::NaiveDateTime,
        bool,
    )>(conn)?;
    rows.into_iter()
        .map(|(person, since, entered)| {
            Ok(Destruction { person: crate::people::person(&person)?, since: since.and_utc(), entered })
        })
        .collect()
}

/// Notes that the ledger has the entries; `false` when that was noted before.
pub fn enter(conn: &mut Conn, person: Person) -> Result<bool> {
    let changed = diesel::update(destructions::table.find(person.as_bytes().to_vec()))
        .filter(destructions::entered.eq(false))
        .set(destructions::entered.eq(true))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Nothing is left to be done.
pub fn finish(conn: &mut Conn, person: Person) -> Result<()> {
    diesel::delete(destructions::table.find(person.as_bytes().to_vec())).execute(conn)?;
    Ok(())
}
