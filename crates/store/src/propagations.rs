//! That systems which fetched an item are told that it is gone, and what they answer.

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::ids::{ClientId, EntryId, Person, PropagationId, RecordId};
use data_encoding::HEXLOWER;
use diesel::dsl::{count_star, exists, not};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::schema::{outbox, propagations};

/// What a system says that it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It deleted what it had.
    Deleted,
    /// It had nothing any more.
    NoneHeld,
}

impl Outcome {
    /// Its name in the database, in the ledger and outside.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::NoneHeld => "none_held",
        }
    }

    /// The outcome of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Deleted, Self::NoneHeld].into_iter().find(|outcome| outcome.name() == name)
    }
}

/// That one system is told of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Propagation {
    /// The same for all systems that are told of the item.
    pub propagation_id: PropagationId,
    /// The system.
    pub client_id: ClientId,
    /// Whose item it was; nobody's once they are erased.
    pub person: Option<Person>,
    /// The item's chain in the ledger.
    pub record: RecordId,
    /// The entry that ended it.
    pub cause: EntryId,
    /// When it was told.
    pub told_at: Option<DateTime<Utc>>,
    /// Until when an answer is awaited.
    pub due_at: Option<DateTime<Utc>>,
    /// When the system answered.
    pub answered_at: Option<DateTime<Utc>>,
    /// What.
    pub outcome: Option<Outcome>,
    /// When it was noted that no answer had come in time.
    pub overdue_at: Option<DateTime<Utc>>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = propagations, treat_none_as_default_value = false)]
struct Row {
    propagation_id: Vec<u8>,
    client_id: Vec<u8>,
    person: Option<Vec<u8>>,
    record: Vec<u8>,
    cause: Vec<u8>,
    told_at: Option<NaiveDateTime>,
    due_at: Option<NaiveDateTime>,
    answered_at: Option<NaiveDateTime>,
    outcome: Option<String>,
    overdue_at: Option<NaiveDateTime>,
}

impl Row {
    fn of(propagation: &Propagation) -> Self {
        Self {
            propagation_id: propagation.propagation_id.as_bytes().to_vec(),
            client_id: propagation.client_id.as_bytes().to_vec(),
            person: propagation.person.map(|person| person.as_bytes().to_vec()),
            record: propagation.record.as_bytes().to_vec(),
            cause: propagation.cause.as_bytes().to_vec(),
            told_at: propagation.told_at.map(|at| at.naive_utc()),
            due_at: propagation.due_at.map(|at| at.naive_utc()),
            answered_at: propagation.answered_at.map(|at| at.naive_utc()),
            outcome: propagation.outcome.map(|outcome| outcome.name().to_owned()),
            overdue_at: propagation.overdue_at.map(|at| at.naive_utc()),
        }
    }

    fn read(self) -> Result<Propagation> {
        let corrupt = |column| Error::corrupt("propagations", column, HEXLOWER.encode(&self.propagation_id));
        let outcome = match &self.outcome {
            Some(name) => Some(Outcome::from_name(name).ok_or_else(|| corrupt("outcome"))?),
            None => None,
        };
        let person = self.person.as_deref().map(Person::from_slice).transpose();
        Ok(Propagation {
            propagation_id: PropagationId::from_slice(&self.propagation_id)
                .map_err(|_| corrupt("propagation_id"))?,
            client_id: ClientId::from_slice(&self.client_id).map_err(|_| corrupt("client_id"))?,
            person: person.map_err(|_| corrupt("person"))?,
            record: RecordId::from_slice(&self.record).map_err(|_| corrupt("record"))?,
            cause: EntryId::from_slice(&self.cause).map_err(|_| corrupt("cause"))?,
            told_at: self.told_at.map(|at| at.and_utc()),
            due_at: self.due_at.map(|at| at.and_utc()),
            answered_at: self.answered_at.map(|at| at.and_utc()),
            outcome,
            overdue_at: self.overdue_at.map(|at| at.and_utc()),
        })
    }
}

fn read_all(rows: Vec<Row>) -> Result<Vec<Propagation>> {
    rows.into_iter().map(Row::read).collect()
}

/// Notes that systems are to be told.
pub fn put(conn: &mut Conn, all: &[Propagation]) -> Result<()> {
    let rows: Vec<Row> = all.iter().map(Row::of).collect();
    either!(conn, c => diesel::insert_into(propagations::table).values(rows).on_conflict_do_nothing().execute(c))?;
    Ok(())
}

/// Systems were told that the items of these records are gone; answers are awaited until `due_at`. Those that were not
/// told before.
pub fn tell(
    conn: &mut Conn,
    records: &[RecordId],
    now: DateTime<Utc>,
    due_at: DateTime<Utc>,
) -> Result<Vec<Propagation>> {
    let records: Vec<Vec<u8>> = records.iter().map(|record| record.as_bytes().to_vec()).collect();
    let untold = propagations::told_at.is_null().and(propagations::record.eq_any(records));
    let rows = diesel::update(propagations::table.filter(untold))
        .set((
            propagations::told_at.eq(Some(now.naive_utc())),
            propagations::due_at.eq(Some(due_at.naive_utc())),
        ))
        .get_results::<Row>(conn)?;
    read_all(rows)
}

/// At most `limit` records of which systems were told, and nothing says so yet: their tombstones wait no more.
pub fn sent(conn: &mut Conn, limit: i64) -> Result<Vec<RecordId>> {
    let waiting = outbox::table
        .filter(outbox::record.eq(propagations::record))
        .filter(outbox::is_tombstone.eq(true).and(outbox::body.is_not_null()));
    let rows: Vec<Vec<u8>> = propagations::table
        .filter(propagations::due_at.is_null().and(not(exists(waiting))))
        .select(propagations::record)
        .distinct()
        .limit(limit)
        .load(conn)?;
    let read = |record: Vec<u8>| {
        RecordId::from_slice(&record).map_err(|_| Error::corrupt("propagations", "record", "?"))
    };
    rows.into_iter().map(read).collect()
}

/// That a system is told of something.
pub fn find(
    conn: &mut Conn,
    propagation_id: PropagationId,
    client_id: ClientId,
) -> Result<Option<Propagation>> {
    let row = propagations::table
        .find((propagation_id.as_bytes().to_vec(), client_id.as_bytes().to_vec()))
        .first::<Row>(conn)
        .optional()?;
    row.map(Row::read).transpose()
}

/// A system answers; what stands then, or `None` where it answered before or was never asked.
pub fn answer(
    conn: &mut Conn,
    propagation_id: PropagationId,
    client_id: ClientId,
    outcome: Outcome,
    now: DateTime<Utc>,
) -> Result<Option<Propagation>> {
    let key = (propagation_id.as_bytes().to_vec(), client_id.as_bytes().to_vec());
    let is_open = propagations::answered_at.is_null();
    let row = diesel::update(propagations::table.find(key).filter(is_open))
        .set((
            propagations::answered_at.eq(Some(now.naive_utc())),
            propagations::outcome.eq(Some(outcome.name())),
        ))
        .get_result::<Row>(conn)
        .optional()?;
    row.map(Row::read).transpose()
}

/// Notes of the answer that is awaited longest that it did not come in time; each once.
pub fn note_overdue(conn: &mut Conn, now: DateTime<Utc>) -> Result<Option<Propagation>> {
    let is_awaited = || {
        propagations::due_at
            .le(now.naive_utc())
            .and(propagations::answered_at.is_null())
            .and(propagations::overdue_at.is_null())
    };
    let late: Option<(Vec<u8>, Vec<u8>)> = propagations::table
        .filter(is_awaited())
        .order((propagations::due_at, propagations::propagation_id, propagations::client_id))
        .select((propagations::propagation_id, propagations::client_id))
        .first(conn)
        .optional()?;
    let Some(key) = late else { return Ok(None) };
    let row = diesel::update(propagations::table.find(key).filter(is_awaited()))
        .set(propagations::overdue_at.eq(Some(now.naive_utc())))
        .get_result::<Row>(conn)
        .optional()?;
    row.map(Row::read).transpose()
}

/// How many systems owe an answer that did not come in time.
pub fn overdue(conn: &mut Conn) -> Result<i64> {
    let late = propagations::overdue_at.is_not_null().and(propagations::answered_at.is_null());
    Ok(propagations::table.filter(late).select(count_star()).first(conn)?)
}

/// Whom systems were, or are to be, told of a person's items.
pub fn of_person(conn: &mut Conn, person: Person) -> Result<Vec<Propagation>> {
    let rows = propagations::table
        .filter(propagations::person.eq(person.as_bytes().to_vec()))
        .order((propagations::propagation_id, propagations::client_id))
        .load::<Row>(conn)?;
    read_all(rows)
}

/// Takes away whose items they were: systems that have not answered still owe their answer.
pub fn forget(conn: &mut Conn, person: Person) -> Result<()> {
    diesel::update(propagations::table.filter(propagations::person.eq(person.as_bytes().to_vec())))
        .set(propagations::person.eq(None::<Vec<u8>>))
        .execute(conn)?;
    Ok(())
}

/// Deletes what was answered before `before` of items that are nobody's any more.
pub fn clear(conn: &mut Conn, before: DateTime<Utc>) -> Result<usize> {
    let done = propagations::person.is_null().and(propagations::answered_at.lt(before.naive_utc()));
    Ok(diesel::delete(propagations::table.filter(done)).execute(conn)?)
}
