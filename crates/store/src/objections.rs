//! What customers object to, until they lift it.

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::ids::{Person, RecordId};
use counterfoil_domain::objection::Subject;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::schema::objections;
use crate::{either, people};

/// An objection that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Whose.
    pub person: Person,
    /// What it is about.
    pub subject: Subject,
    /// Its chain in the ledger: one for each customer and subject, however often it is raised and lifted.
    pub record: RecordId,
    /// Since when.
    pub raised_at: DateTime<Utc>,
}

type Row = (Vec<u8>, String, Vec<u8>, NaiveDateTime);

fn read((person, subject, record, raised_at): Row) -> Result<Objection> {
    Ok(Objection {
        person: people::person(&person)?,
        record: RecordId::from_slice(&record)
            .map_err(|_| Error::corrupt("objections", "record", &subject))?,
        subject: subject.parse().map_err(|_| Error::corrupt("objections", "subject", "?"))?,
        raised_at: raised_at.and_utc(),
    })
}

/// Writes that an objection stands; `false` when it stood before. The customer's row must be held.
pub fn raise(conn: &mut Conn, objection: &Objection) -> Result<bool> {
    let row = (
        objections::person.eq(objection.person.as_bytes().to_vec()),
        objections::subject.eq(objection.subject.to_string()),
        objections::record.eq(objection.record.as_bytes().to_vec()),
        objections::raised_at.eq(objection.raised_at.naive_utc()),
    );
    let raised = either!(conn, c => diesel::insert_into(objections::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(raised == 1)
}

/// Writes that an objection stands no more; gives its record if it did.
pub fn lift(conn: &mut Conn, person: Person, subject: &Subject) -> Result<Option<RecordId>> {
    let row = objections::table.find((person.as_bytes().to_vec(), subject.to_string()));
    let record = diesel::delete(row).returning(objections::record).get_result::<Vec<u8>>(conn).optional()?;
    record
        .map(|id| RecordId::from_slice(&id).map_err(|_| Error::corrupt("objections", "record", subject)))
        .transpose()
}

/// What these persons object to, by person and subject.
pub fn of_persons(conn: &mut Conn, persons: &[Person]) -> Result<Vec<Objection>> {
    let rows = objections::table
        .filter(objections::person.eq_any(people::bytes_of(persons)))
        .order((objections::person, objections::subject))
        .load::<Row>(conn)?;
    rows.into_iter().map(read).collect()
}

/// At most `limit` objections after a person and subject, by person and subject.
pub fn page(conn: &mut Conn, after: Option<&Objection>, limit: i64) -> Result<Vec<Objection>> {
    let (person, subject) = after.map_or_else(Default::default, |objection| {
        (objection.person.as_bytes().to_vec(), objection.subject.to_string())
    });
    let rows = objections::table
        .filter(
            objections::person
                .gt(person.clone())
                .or(objections::person.eq(person).and(objections::subject.gt(subject))),
        )
        .order((objections::person, objections::subject))
        .limit(limit)
        .load::<Row>(conn)?;
    rows.into_iter().map(read).collect()
}

/// Deletes what is a person's.
pub fn forget(conn: &mut Conn, person: Person) -> Result<()> {
    let theirs = objections::table.filter(objections::person.eq(person.as_bytes().to_vec()));
    diesel::delete(theirs).execute(conn)?;
    Ok(())
}
