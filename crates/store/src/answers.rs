//! What became of asks that customers were shown.

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::ids::Person;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::schema::answers;
use crate::{either, people};

/// What became of an ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It was shown.
    Shown,
    /// It was answered.
    Answered,
    /// The customer said no.
    Refused,
    /// The customer wants to be asked later.
    Deferred,
    /// The answer was taken back, or ended.
    Withdrawn,
    /// Nobody answered in time.
    Lapsed,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Shown, Self::Answered, Self::Refused, Self::Deferred, Self::Withdrawn, Self::Lapsed];

    /// The word stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Deferred => "deferred",
            Self::Withdrawn => "withdrawn",
            Self::Lapsed => "lapsed",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What became of one version of an ask that a customer was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Who was asked.
    pub person: Person,
    /// Id of the ask.
    pub ask: String,
    /// Its version.
    pub version: i32,
    /// `sha256:` of that version.
    pub hash: String,
    /// Id of its purpose.
    pub purpose: String,
    /// What became of it.
    pub state: State,
    /// When it was first shown.
    pub shown_at: DateTime<Utc>,
    /// When it was answered, in whatever way.
    pub answered_at: Option<DateTime<Utc>>,
    /// When the answer was taken back, or ended.
    pub closed_at: Option<DateTime<Utc>>,
}

#[derive(Queryable, Insertable, AsChangeset, Clone)]
#[diesel(table_name = answers, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row {
    person: Vec<u8>,
    ask: String,
    version: i32,
    hash: String,
    purpose: String,
    state: String,
    shown_at: NaiveDateTime,
    answered_at: Option<NaiveDateTime>,
    closed_at: Option<NaiveDateTime>,
}

impl Row {
    fn read(self) -> Result<Answer> {
        let state = State::from_name(&self.state);
        Ok(Answer {
            person: people::person(&self.person)?,
            state: state.ok_or_else(|| Error::corrupt("answers", "state", &self.ask))?,
            ask: self.ask,
            version: self.version,
            hash: self.hash,
            purpose: self.purpose,
            shown_at: self.shown_at.and_utc(),
            answered_at: self.answered_at.map(|at| at.and_utc()),
            closed_at: self.closed_at.map(|at| at.and_utc()),
        })
    }
}

/// Writes what became of an ask. The customer's row must be held.
pub fn put(conn: &mut Conn, answer: &Answer) -> Result<()> {
    let row = Row {
        person: answer.person.as_bytes().to_vec(),
        ask: answer.ask.clone(),
        version: answer.version,
        hash: answer.hash.clone(),
        purpose: answer.purpose.clone(),
        state: answer.state.name().to_owned(),
        shown_at: answer.shown_at.naive_utc(),
        answered_at: answer.answered_at.map(|at| at.naive_utc()),
        closed_at: answer.closed_at.map(|at| at.naive_utc()),
    };
    either!(conn, c => diesel::insert_into(answers::table)
        .values(row.clone())
        .on_conflict((answers::person, answers::ask, answers::version))
        .do_update()
        .set(row)
        .execute(c))?;
    Ok(())
}

/// What became of all that a customer was shown, by ask and version.
pub fn of_person(conn: &mut Conn, person: Person) -> Result<Vec<Answer>> {
    let rows = answers::table
        .filter(answers::person.eq(person.as_bytes().to_vec()))
        .order((answers::ask, answers::version))
        .load::<Row>(conn)?;
    rows.into_iter().map(Row::read).collect()
}

/// At most `limit` answers after another, by person, ask and version.
pub fn page(conn: &mut Conn, after: Option<&Answer>, limit: i64) -> Result<Vec<Answer>> {
    let (person, ask, version) = after.map_or_else(Default::default, |answer| {
        (answer.person.as_bytes().to_vec(), answer.ask.clone(), answer.version)
    });
    let later = answers::ask.gt(ask.clone()).or(answers::ask.eq(ask).and(answers::version.gt(version)));
    let rows = answers::table
        .filter(answers::person.gt(person.clone()).or(answers::person.eq(person).and(later)))
        .order((answers::person, answers::ask, answers::version))
        .limit(limit)
        .load::<Row>(conn)?;
    rows.into_iter().map(Row::read).collect()
}

/// Deletes what is a person's.
pub fn forget(conn: &mut Conn, person: Person) -> Result<()> {
    diesel::delete(answers::table.filter(answers::person.eq(person.as_bytes().to_vec()))).execute(conn)?;
    Ok(())
}
