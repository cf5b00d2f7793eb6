//! Rights that customers use and the retailer must answer.

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::ids::{Person, RecordId, RightId};
use counterfoil_domain::right::{Kind, State};
use data_encoding::HEXLOWER;
use diesel::dsl::count_star;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::schema::rights;

/// A right that is used, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// Its public id.
    pub right_id: RightId,
    /// Whose.
    pub person: Person,
    /// Its chain in the ledger.
    pub record: RecordId,
    /// Which right.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// When it was used.
    pub opened_at: DateTime<Utc>,
    /// Until when it is to be answered.
    pub due_at: DateTime<Utc>,
    /// When it was answered, refused or taken back.
    pub closed_at: Option<DateTime<Utc>>,
    /// What the customer asks, sealed under their evidence key.
    pub detail: Vec<u8>,
    /// What the retailer last said, sealed so too.
    pub answer: Option<Vec<u8>>,
}

#[derive(Queryable, Insertable, AsChangeset, Clone)]
#[diesel(table_name = rights, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row {
    right_id: Vec<u8>,
    person: Vec<u8>,
    record: Vec<u8>,
    kind: String,
    state: String,
    opened_at: NaiveDateTime,
    due_at: NaiveDateTime,
    closed_at: Option<NaiveDateTime>,
    detail: Vec<u8>,
    answer: Option<Vec<u8>>,
}

impl Row {
    fn of(right: &Right) -> Self {
        Self {
            right_id: right.right_id.as_bytes().to_vec(),
            person: right.person.as_bytes().to_vec(),
            record: right.record.as_bytes().to_vec(),
            kind: right.kind.name().to_owned(),
            state: right.state.name().to_owned(),
            opened_at: right.opened_at.naive_utc(),
            due_at: right.due_at.naive_utc(),
            closed_at: right.closed_at.map(|at| at.naive_utc()),
            detail: right.detail.clone(),
            answer: right.answer.clone(),
        }
    }

    fn read(self) -> Result<Right> {
        let corrupt = |column| Error::corrupt("rights", column, HEXLOWER.encode(&self.right_id));
        Ok(Right {
            right_id: RightId::from_slice(&self.right_id).map_err(|_| corrupt("right_id"))?,
            person: Person::from_slice(&self.person).map_err(|_| corrupt("person"))?,
            record: RecordId::from_slice(&self.record).map_err(|_| corrupt("record"))?,
            kind: Kind::from_name(&self.kind).ok_or_else(|| corrupt("kind"))?,
            state: State::from_name(&self.state).ok_or_else(|| corrupt("state"))?,
            opened_at: self.opened_at.and_utc(),
            due_at: self.due_at.and_utc(),
            closed_at: self.closed_at.map(|at| at.and_utc()),
            detail: self.detail,
            answer: self.answer,
        })
    }
}

fn read_all(rows: Vec<Row>) -> Result<Vec<Right>> {
    rows.into_iter().map(Row::read).collect()
}

/// Writes a right as it stands now. The customer's row must be held.
pub fn put(conn: &mut Conn, right: &Right) -> Result<()> {
    let row = Row::of(right);
    either!(conn, c => diesel::insert_into(rights::table)
        .values(row.clone())
        .on_conflict(rights::right_id)
        .do_update()
        .set(row)
        .execute(c))?;
    Ok(())
}

/// The right with an id.
pub fn find(conn: &mut Conn, right_id: RightId) -> Result<Option<Right>> {
    let row = rights::table.find(right_id.as_bytes().to_vec()).first::<Row>(conn).optional()?;
    row.map(Row::read).transpose()
}

/// A customer's, oldest first.
pub fn of_person(conn: &mut Conn, person: Person) -> Result<Vec<Right>> {
    let rows = rights::table
        .filter(rights::person.eq(person.as_bytes().to_vec()))
        .order((rights::opened_at, rights::right_id))
        .load::<Row>(conn)?;
    read_all(rows)
}

/// At most `limit` that wait for an answer, the most pressing first; with `by` those alone that are due by then.
pub fn open(conn: &mut Conn, by: Option<DateTime<Utc>>, limit: i64) -> Result<Vec<Right>> {
    let mut query = rights::table.filter(rights::closed_at.is_null()).into_boxed();
    if let Some(by) = by {
        query = query.filter(rights::due_at.le(by.naive_utc()));
    }
    let rows = query.order((rights::due_at, rights::right_id)).limit(limit).load::<Row>(conn)?;
    read_all(rows)
}

/// How many wait for an answer that was due by `now`.
pub fn count_overdue(conn: &mut Conn, now: DateTime<Utc>) -> Result<i64> {
    Ok(rights::table
        .filter(rights::closed_at.is_null().and(rights::due_at.le(now.naive_utc())))
        .select(count_star())
        .first(conn)?)
}

/// At most `limit` with ids after `after`, by id.
pub fn page(conn: &mut Conn, after: Option<RightId>, limit: i64) -> Result<Vec<Right>> {
    let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
    let rows = rights::table
        .filter(rights::right_id.gt(after))
        .order(rights::right_id)
        .limit(limit)
        .load::<Row>(conn)?;
    read_all(rows)
}

/// Deletes what is a person's.
pub fn forget(conn: &mut Conn, person: Person) -> Result<()> {
    diesel::delete(rights::table.filter(rights::person.eq(person.as_bytes().to_vec()))).execute(conn)?;
    Ok(())
}
