//! By which names the retailer's systems know customers: another one in each topic.

use std::collections::HashMap;

use counterfoil_domain::ids::{Person, Pseudonym};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::Result;
use crate::outbox::Topic;
use crate::schema::pseudonyms;
use crate::{either, people};

/// Notes whom a pseudonym stands for.
pub fn note(conn: &mut Conn, pseudonym: Pseudonym, topic: Topic, person: Person) -> Result<()> {
    let row = (
        pseudonyms::pseudonym.eq(pseudonym.as_bytes().to_vec()),
        pseudonyms::topic.eq(topic.name()),
        pseudonyms::person.eq(person.as_bytes().to_vec()),
    );
    either!(conn, c => diesel::insert_into(pseudonyms::table).values(row).on_conflict_do_nothing().execute(c))?;
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
