//! Who has news: one row for each batch, numbered without holes in the order of commits. Every process that serves
//! reads what is newer than what it knew, and wakes those of its readers who wait for one of these persons.

use std::collections::BTreeSet;

use counterfoil_domain::ids::Person;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::schema::announcements;

/// Rows that are kept. Who fell further behind cannot tell whom they missed.
const KEPT: i64 = 1_000;

/// The row that holds the newest number; whoever announces queues for it, so that numbers are in commit order.
const HEAD: i64 = 0;

/// The first four bytes of a person: enough to wake few too many.
pub type Prefix = [u8; 4];

/// The prefix of a person.
pub fn prefix(person: Person) -> Prefix {
    let [a, b, c, d, ..] = *person.as_bytes();
    [a, b, c, d]
}

/// What was announced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    /// The newest number.
    pub newest: i64,
    /// Who has news.
    pub prefixes: Vec<Prefix>,
    /// Whether some of it is not kept any more: anybody may have news.
    pub is_incomplete: bool,
}

/// Announces that the change feeds of these persons have grown. Others who announce wait until this transaction ends.
pub fn announce(conn: &mut Conn, persons: &[Person]) -> Result<()> {
    if persons.is_empty() {
        return Ok(());
    }
    let number = diesel::update(announcements::table.find(HEAD))
        .set(announcements::newest.eq(announcements::newest + 1))
        .returning(announcements::newest)
        .get_result::<i64>(conn)
        .optional()?
        .ok_or_else(|| Error::corrupt("announcements", "number", HEAD))?;
    let prefixes: BTreeSet<Prefix> = persons.iter().map(|person| prefix(*person)).collect();
    diesel::insert_into(announcements::table)
        .values((
            announcements::number.eq(number),
            announcements::newest.eq(number),
            announcements::persons.eq(prefixes.into_iter().flatten().collect::<Vec<u8>>()),
        ))
        .execute(conn)?;
    if number > KEPT {
        diesel::delete(announcements::table.find(number - KEPT)).execute(conn)?;
    }
    Ok(())
}

/// What was announced after `number`, as of one statement.
pub fn after(conn: &mut Conn, number: i64) -> Result<News> {
    let rows = announcements::table
        .filter(announcements::number.eq(HEAD).or(announcements::number.gt(number.max(HEAD))))
        .order(announcements::number)
        .load::<(i64, i64, Vec<u8>)>(conn)?;
    let mut rows = rows.into_iter();
    let head = rows.next().filter(|(number, ..)| *number == HEAD);
    let (_, newest, _) = head.ok_or_else(|| Error::corrupt("announcements", "number", HEAD))?;
    let mut news = News { newest, ..News::default() };
    let mut expected = number + 1;
    for (number, _, persons) in rows {
        news.is_incomplete |= number != expected;
        expected = number + 1;
        let (prefixes, rest) = persons.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(Error::corrupt("announcements", "persons", number));
        }
        news.prefixes.extend(prefixes);
    }
    // A database that was put back to an earlier state has numbers that mean something else now.
    news.is_incomplete |= expected != newest + 1;
    Ok(news)
}
