//! Consent records: one row per customer and purpose.

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::consent::State;
use counterfoil_domain::ids::{ConsentId, Person, RecordId};
use data_encoding::HEXLOWER;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::schema::consents;

/// A customer's consent to a purpose, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Its public id.
    pub consent_id: ConsentId,
    /// Whose.
    pub person: Person,
    /// Id of the purpose.
    pub purpose: String,
    /// Its chain in the ledger.
    pub record: RecordId,
    /// Where it stands.
    pub state: State,
    /// Counts what happened to it, for readers outside.
    pub version: i64,
    /// `sha256:` of the ask, or else of the purpose, that its latest decision rests on.
    pub config: String,
    /// `sha256:` of the version of the purpose that was asked for.
    pub purpose_hash: String,
    /// Id of the ask that it was asked with.
    pub ask: Option<String>,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// When the customer said yes.
    pub given_at: Option<DateTime<Utc>>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it ended, or was refused.
    pub ended_at: Option<DateTime<Utc>>,
    /// When the customer was last told that it still stands.
    pub reminded_at: Option<DateTime<Utc>>,
}

impl Consent {
    /// Where it stands at `now`: one whose time is over has expired, whether or not that was written down yet.
    pub fn state_at(&self, now: DateTime<Utc>) -> State {
        if self.state.is_in_force() && self.expires_at.is_some_and(|end| end <= now) {
            State::Expired
        } else {
            self.state
        }
    }
}

#[derive(Queryable, Insertable, AsChangeset, Clone)]
#[diesel(table_name = consents, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row {
    consent_id: Vec<u8>,
    person: Vec<u8>,
    purpose: String,
    record: Vec<u8>,
    state: String,
    version: i64,
    config: String,
    purpose_hash: String,
    ask: Option<String>,
    requested_at: NaiveDateTime,
    given_at: Option<NaiveDateTime>,
    expires_at: Option<NaiveDateTime>,
    ended_at: Option<NaiveDateTime>,
    reminded_at: Option<NaiveDateTime>,
}

impl Row {
    fn of(consent: &Consent) -> Self {
        Self {
            consent_id: consent.consent_id.as_bytes().to_vec(),
            person: consent.person.as_bytes().to_vec(),
            purpose: consent.purpose.clone(),
            record: consent.record.as_bytes().to_vec(),
            state: consent.state.name().to_owned(),
            version: consent.version,
            config: consent.config.clone(),
            purpose_hash: consent.purpose_hash.clone(),
            ask: consent.ask.clone(),
            requested_at: consent.requested_at.naive_utc(),
            given_at: consent.given_at.map(|at| at.naive_utc()),
            expires_at: consent.expires_at.map(|at| at.naive_utc()),
            ended_at: consent.ended_at.map(|at| at.naive_utc()),
            reminded_at: consent.reminded_at.map(|at| at.naive_utc()),
        }
    }

    fn read(self) -> Result<Consent> {
        let corrupt = |column| Error::corrupt("consents", column, HEXLOWER.encode(&self.consent_id));
        Ok(Consent {
            consent_id: ConsentId::from_slice(&self.consent_id).map_err(|_| corrupt("consent_id"))?,
            person: Person::from_slice(&self.person).map_err(|_| corrupt("person"))?,
            record: RecordId::from_slice(&self.record).map_err(|_| corrupt("record"))?,
            state: State::from_name(&self.state).ok_or_else(|| corrupt("state"))?,
            purpose: self.purpose,
            version: self.version,
            config: self.config,
            purpose_hash: self.purpose_hash,
            ask: self.ask,
            requested_at: self.requested_at.and_utc(),
            given_at: self.given_at.map(|at| at.and_utc()),
            expires_at: self.expires_at.map(|at| at.and_utc()),
            ended_at: self.ended_at.map(|at| at.and_utc()),
            reminded_at: self.reminded_at.map(|at| at.and_utc()),
        })
    }
}

fn read_all(rows: Vec<Row>) -> Result<Vec<Consent>> {
    rows.into_iter().map(Row::read).collect()
}

/// Writes a consent as it stands now. The customer's row must be held.
pub fn put(conn: &mut Conn, consent: &Consent) -> Result<()> {
    let row = Row::of(consent);
    either!(conn, c => diesel::insert_into(consents::table)
        .values(row.clone())
        .on_conflict(consents::consent_id)
        .do_update()
        .set(row)
        .execute(c))?;
    Ok(())
}

/// The consent with an id.
pub fn find(conn: &mut Conn, consent_id: ConsentId) -> Result<Option<Consent>> {
    let row = consents::table.find(consent_id.as_bytes().to_vec()).first::<Row>(conn).optional()?;
    row.map(Row::read).transpose()
}

/// The consents with these ids, by id.
pub fn find_many(conn: &mut Conn, ids: &[ConsentId]) -> Result<Vec<Consent>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let chunk: Vec<Vec<u8>> = chunk.iter().map(|id| id.as_bytes().to_vec()).collect();
        let rows = consents::table.filter(consents::consent_id.eq_any(chunk)).order(consents::consent_id);
        found.extend(read_all(rows.load::<Row>(conn)?)?);
    }
    Ok(found)
}

/// A customer's consent to a purpose.
pub fn of_purpose(conn: &mut Conn, person: Person, purpose: &str) -> Result<Option<Consent>> {
    let row = consents::table
        .filter(consents::person.eq(person.as_bytes().to_vec()).and(consents::purpose.eq(purpose)))
        .first::<Row>(conn)
        .optional()?;
    row.map(Row::read).transpose()
}

/// A customer's consents, by id.
pub fn of_person(conn: &mut Conn, person: Person) -> Result<Vec<Consent>> {
    let rows = consents::table
        .filter(consents::person.eq(person.as_bytes().to_vec()))
        .order(consents::consent_id)
        .load::<Row>(conn)?;
    read_all(rows)
}

/// At most `limit` consents in force whose time was over at `now`.
pub fn overdue(conn: &mut Conn, now: DateTime<Utc>, limit: i64) -> Result<Vec<Consent>> {
    let rows = consents::table
        .filter(consents::state.eq_any([State::Given.name(), State::Renewed.name()]))
        .filter(consents::expires_at.le(now.naive_utc()))
        .order((consents::expires_at, consents::consent_id))
        .limit(limit)
        .load::<Row>(conn)?;
    read_all(rows)
}

/// At most `limit` consents in force that end by themselves before `until` and of which their customers were not told
/// since `told_since`.
pub fn to_remind(
    conn: &mut Conn,
    until: DateTime<Utc>,
    told_since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Consent>> {
    let untold = consents::reminded_at.is_null().or(consents::reminded_at.lt(told_since.naive_utc()));
    let rows = consents::table
        .filter(consents::state.eq_any([State::Given.name(), State::Renewed.name()]))
        .filter(consents::expires_at.le(until.naive_utc()))
        .filter(untold)
        .order((consents::expires_at, consents::consent_id))
        .limit(limit)
        .load::<Row>(conn)?;
    read_all(rows)
}

/// At most `limit` consents that await an answer, with ids after `after`, by id.
pub fn awaited(conn: &mut Conn, after: Option<ConsentId>, limit: i64) -> Result<Vec<Consent>> {
    let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
    let rows = consents::table
        .filter(consents::state.eq_any([State::Requested.name(), State::RequestDeferred.name()]))
        .filter(consents::consent_id.gt(after))
        .order(consents::consent_id)
        .limit(limit)
        .load::<Row>(conn)?;
    read_all(rows)
}

/// At most `limit` consents with ids after `after`, by id.
pub fn page(conn: &mut Conn, after: Option<ConsentId>, limit: i64) -> Result<Vec<Consent>> {
    let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
    let rows = consents::table
        .filter(consents::consent_id.gt(after))
        .order(consents::consent_id)
        .limit(limit)
        .load::<Row>(conn)?;
    read_all(rows)
}

/// Deletes what is a person's.
pub fn forget(conn: &mut Conn, person: Person) -> Result<()> {
    diesel::delete(consents::table.filter(consents::person.eq(person.as_bytes().to_vec()))).execute(conn)?;
    Ok(())
}
