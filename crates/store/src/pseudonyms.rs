//! By which names the retailer's systems know customers: another one in each topic.

use std::collections::HashMap;

use counterfoil_domain::ids::{Person, Pseudonym};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::Result;
use crate::outbox::Topic;
use crate::schema::pseudonyms;
use crate::{either, people};

/// That a pseudonym stands for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// The name.
    pub pseudonym: Pseudonym,
    /// The topic that knows it.
    pub topic: Topic,
    /// Whom it stands for.
    pub person: Person,
}

#[derive(Insertable)]
#[diesel(table_name = pseudonyms, treat_none_as_default_value = false)]
struct Row<'a> {
    pseudonym: &'a [u8],
    topic: &'static str,
    person: &'a [u8],
}

impl<'a> Row<'a> {
    fn of(named: &'a Named) -> Self {
        let Named { pseudonym, topic, person } = named;
        Self { pseudonym: pseudonym.as_bytes(), topic: topic.name(), person: person.as_bytes() }
    }
}

/// Notes whom pseudonyms stand for; to be given in ascending order.
pub fn note(conn: &mut Conn, all: &[Named]) -> Result<()> {
    let rows: Vec<Row<'_>> = all.iter().map(Row::of).collect();
    either!(conn, c => diesel::insert_into(pseudonyms::table).values(rows).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// Whom pseudonyms stand for; those of nobody, and of those who were erased, are not among them.
pub fn persons(conn: &mut Conn, wanted: &[Pseudonym]) -> Result<HashMap<Pseudonym, Person>> {
    let wanted: Vec<Vec<u8>> = wanted.iter().map(|one| one.as_bytes().to_vec()).collect();
    let rows = pseudonyms::table
        .filter(pseudonyms::pseudonym.eq_any(wanted))
        .select((pseudonyms::pseudonym, pseudonyms::person))
        .load::<(Vec<u8>, Vec<u8>)>(conn)?;
    rows.into_iter()
        .map(|(pseudonym, person)| {
            let corrupt = |_| crate::Error::corrupt("pseudonyms", "pseudonym", "?");
            Ok((Pseudonym::from_slice(&pseudonym).map_err(corrupt)?, people::person(&person)?))
        })
        .collect()
}

/// Deletes what is a person's.
pub fn forget(conn: &mut Conn, person: Person) -> Result<()> {
    let theirs = pseudonyms::table.filter(pseudonyms::person.eq(person.as_bytes().to_vec()));
    diesel::delete(theirs).execute(conn)?;
    Ok(())
}
