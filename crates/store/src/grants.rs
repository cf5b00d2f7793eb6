//! Grants: what customers allowed apps to read.

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::grant::{CarveOuts, Details, State};
use counterfoil_domain::ids::{ClientId, GrantId, Person, RecordId};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::schema::grants;

/// Whose the grants are of those who were erased. No person is made of zeros.
const NOBODY: Person = Person([0; 16]);

/// A grant as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its public id.
    pub grant_id: GrantId,
    /// Whose data.
    pub person: Person,
    /// To which app.
    pub client_id: ClientId,
    /// Its chain in the ledger.
    pub record: RecordId,
    /// What it lets out.
    pub details: Details,
    /// Where it stands.
    pub state: State,
    /// Moves with each amendment.
    pub version: i32,
    /// Moves whenever something that rests on the grant must be looked at again.
    pub grant_epoch: i64,
    /// When the customer said yes.
    pub given_at: DateTime<Utc>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who ended it: `customer`, `app`, `staff`, `system`.
    pub ended_by: Option<String>,
    /// The retailer's reason for revoking it.
    pub ended_reason: Option<String>,
    /// What joined the customer's history up to this number of their change feed is among what it lets out.
    pub agreed_seq: i64,
    /// What it leaves out.
    pub carve_outs: CarveOuts,
    /// The number in the customer's change feed at which it last changed; 0 if it never did.
    pub changed_seq: i64,
    /// Whether that change makes its readers begin again.
    pub resync: bool,
}

impl Grant {
    /// Where it stands at `now`: a grant whose time is over has expired, whether or not that was written down yet.
    pub fn state_at(&self, now: DateTime<Utc>) -> State {
        if !self.state.is_final() && self.expires_at.is_some_and(|end| end <= now) {
            State::Expired
        } else {
            self.state
        }
    }
}

#[derive(Queryable)]
pub(crate) struct Row {
    grant_id: Vec<u8>,
    person: Vec<u8>,
    client_id: Vec<u8>,
    record: Vec<u8>,
    details: String,
    state: String,
    version: i32,
    grant_epoch: i64,
    given_at: NaiveDateTime,
    expires_at: Option<NaiveDateTime>,
    ended_at: Option<NaiveDateTime>,
    ended_by: Option<String>,
    ended_reason: Option<String>,
    agreed_seq: i64,
    carve_outs: String,
    changed_seq: i64,
    resync: bool,
}

impl Row {
    pub(crate) fn read(self) -> Result<Grant> {
        let corrupt =
            |column| Error::corrupt("grants", column, data_encoding::HEXLOWER.encode(&self.grant_id));
        Ok(Grant {
            grant_id: GrantId::from_slice(&self.grant_id).map_err(|_| corrupt("grant_id"))?,
            person: Person::from_slice(&self.person).map_err(|_| corrupt("person"))?,
            client_id: ClientId::from_slice(&self.client_id).map_err(|_| corrupt("client_id"))?,
            record: RecordId::from_slice(&self.record).map_err(|_| corrupt("record"))?,
            details: serde_json::from_str(&self.details).map_err(|_| corrupt("details"))?,
            state: State::from_name(&self.state).ok_or_else(|| corrupt("state"))?,
            version: self.version,
            grant_epoch: self.grant_epoch,
            given_at: self.given_at.and_utc(),
            expires_at: self.expires_at.map(|at| at.and_utc()),
            ended_at: self.ended_at.map(|at| at.and_utc()),
            ended_by: self.ended_by,
            ended_reason: self.ended_reason,
            agreed_seq: self.agreed_seq,
            carve_outs: serde_json::from_str(&self.carve_outs).map_err(|_| corrupt("carve_outs"))?,
            changed_seq: self.changed_seq,
            resync: self.resync,
        })
    }
}

/// How a grant ends.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// The final state.
    pub state: State,
    /// When.
    pub at: DateTime<Utc>,
    /// Who: `customer`, `app`, `staff`, `system`.
    pub by: &'a str,
    /// The retailer's reason.
    pub reason: Option<&'a str>,
}

/// Stores a new grant.
pub fn insert(conn: &mut Conn, grant: &Grant) -> Result<()> {
    let unexpected = |error| Error::Unexpected(format!("{error}"));
    let details = serde_json::to_string(&grant.details).map_err(unexpected)?;
    let carve_outs = serde_json::to_string(&grant.carve_outs).map_err(unexpected)?;
    diesel::insert_into(grants::table)
        .values((
            grants::grant_id.eq(grant.grant_id.as_bytes().to_vec()),
            grants::person.eq(grant.person.as_bytes().to_vec()),
            grants::client_id.eq(grant.client_id.as_bytes().to_vec()),
            grants::record.eq(grant.record.as_bytes().to_vec()),
            grants::details.eq(details),
            grants::state.eq(grant.state.name()),
            grants::version.eq(grant.version),
            grants::grant_epoch.eq(grant.grant_epoch),
            grants::given_at.eq(grant.given_at.naive_utc()),
            grants::expires_at.eq(grant.expires_at.map(|at| at.naive_utc())),
            grants::ended_at.eq(grant.ended_at.map(|at| at.naive_utc())),
            grants::ended_by.eq(grant.ended_by.clone()),
            grants::ended_reason.eq(grant.ended_reason.clone()),
            grants::agreed_seq.eq(grant.agreed_seq),
            grants::carve_outs.eq(carve_outs),
            grants::changed_seq.eq(grant.changed_seq),
            grants::resync.eq(grant.resync),
        ))
        .execute(conn)?;
    Ok(())
}

/// A grant by its id.
pub fn find(conn: &mut Conn, grant_id: GrantId) -> Result<Option<Grant>> {
    let row = grants::table.find(grant_id.as_bytes().to_vec()).first::<Row>(conn).optional()?;
    row.map(Row::read).transpose()
}

/// The grant that a chain of the ledger is about.
pub fn of_record(conn: &mut Conn, record: RecordId) -> Result<Option<Grant>> {
    let row =
        grants::table.filter(grants::record.eq(record.as_bytes().to_vec())).first::<Row>(conn).optional()?;
    row.map(Row::read).transpose()
}

/// A grant by its id, locked until the transaction ends.
pub fn lock(conn: &mut Conn, grant_id: GrantId) -> Result<Option<Grant>> {
    let row = diesel::update(grants::table.find(grant_id.as_bytes().to_vec()))
        .set(grants::grant_epoch.eq(grants::grant_epoch))
        .returning(grants::all_columns)
        .get_result::<Row>(conn)
        .optional()?;
    row.map(Row::read).transpose()
}

/// The grants of these persons, newest first.
pub fn of_persons(conn: &mut Conn, persons: &[Person]) -> Result<Vec<Grant>> {
    let persons: Vec<Vec<u8>> = persons.iter().map(|person| person.as_bytes().to_vec()).collect();
    let rows = grants::table
        .filter(grants::person.eq_any(persons))
        .order((grants::given_at.desc(), grants::grant_id.desc()))
        .load::<Row>(conn)?;
    rows.into_iter().map(Row::read).collect()
}

/// At most `limit` grants of an app that could be used at some moment from `from` to `until`: given before its end, not
/// over before its beginning. By id, above `after`.
pub fn of_app_between(
    conn: &mut Conn,
    client_id: ClientId,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    after: Option<GrantId>,
    limit: i64,
) -> Result<Vec<Grant>> {
    let after = after.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
    let rows = grants::table
        .filter(grants::client_id.eq(client_id.as_bytes().to_vec()))
        .filter(grants::grant_id.gt(after).and(grants::given_at.le(until.naive_utc())))
        .filter(grants::ended_at.is_null().or(grants::ended_at.ge(from.naive_utc())))
        .filter(grants::expires_at.is_null().or(grants::expires_at.gt(from.naive_utc())))
        .order(grants::grant_id)
        .limit(limit)
        .load::<Row>(conn)?;
    rows.into_iter().map(Row::read).collect()
}

/// Writes a new state that does not end the grant.
pub fn set_state(conn: &mut Conn, grant_id: GrantId, state: State) -> Result<()> {
    diesel::update(grants::table.find(grant_id.as_bytes().to_vec()))
        .set(grants::state.eq(state.name()))
        .execute(conn)?;
    Ok(())
}

/// What a grant becomes when its customer changes it.
#[derive(Debug, Clone, Copy)]
pub struct Amending<'a> {
    /// What it lets out from now on.
    pub details: &'a Details,
    /// What it leaves out from now on.
    pub carve_outs: &'a CarveOuts,
    /// Up to which number of the change feed the customer agreed to what had joined their history.
    pub agreed_seq: i64,
    /// The number of this change in the change feed.
    pub changed_seq: i64,
    /// Whether its readers must begin again.
    pub resync: bool,
}

/// Writes down a change of a grant; moves its version and its epoch.
pub fn amend(conn: &mut Conn, grant_id: GrantId, amending: &Amending<'_>) -> Result<()> {
    let unexpected = |error| Error::Unexpected(format!("{error}"));
    let details = serde_json::to_string(amending.details).map_err(unexpected)?;
    let carve_outs = serde_json::to_string(amending.carve_outs).map_err(unexpected)?;
    diesel::update(grants::table.find(grant_id.as_bytes().to_vec()))
        .set((
            grants::details.eq(details),
            grants::carve_outs.eq(carve_outs),
            grants::agreed_seq.eq(amending.agreed_seq),
            grants::changed_seq.eq(amending.changed_seq),
            grants::resync.eq(amending.resync),
            grants::version.eq(grants::version + 1),
            grants::grant_epoch.eq(grants::grant_epoch + 1),
        ))
        .execute(conn)?;
    Ok(())
}

/// Ends a grant and moves its epoch.
pub fn end(conn: &mut Conn, grant_id: GrantId, ending: &Ending<'_>) -> Result<()> {
    diesel::update(grants::table.find(grant_id.as_bytes().to_vec()))
        .set((
            grants::state.eq(ending.state.name()),
            grants::grant_epoch.eq(grants::grant_epoch + 1),
            grants::ended_at.eq(ending.at.naive_utc()),
            grants::ended_by.eq(ending.by),
            grants::ended_reason.eq(ending.reason),
        ))
        .execute(conn)?;
    Ok(())
}

/// Takes away from an ended grant what it says of its customer: whose it was, what of theirs it let out and left out.
/// Its app still learns that it ended.
///
/// # Errors
/// [`Error::Unexpected`], which these values never give.
pub fn forget(conn: &mut Conn, grant: &Grant) -> Result<()> {
    let unexpected = |error| Error::Unexpected(format!("{error}"));
    let nothing = Details {
        datasets: Vec::new(),
        from: None,
        to: None,
        duration: grant.details.duration,
        stated_use: None,
        shared_accounts: false,
        volunteered: None,
    };
    diesel::update(grants::table.find(grant.grant_id.as_bytes().to_vec()))
        .set((
            grants::person.eq(NOBODY.as_bytes().to_vec()),
            grants::details.eq(serde_json::to_string(&nothing).map_err(unexpected)?),
            grants::carve_outs.eq(serde_json::to_string(&CarveOuts::default()).map_err(unexpected)?),
            grants::agreed_seq.eq(0),
            grants::changed_seq.eq(0),
        ))
        .execute(conn)?;
    Ok(())
}

/// Moves the epoch alone: what rests on the grant is looked at again.
pub fn bump_epoch(conn: &mut Conn, grant_id: GrantId) -> Result<()> {
    diesel::update(grants::table.find(grant_id.as_bytes().to_vec()))
        .set(grants::grant_epoch.eq(grants::grant_epoch + 1))
        .execute(conn)?;
    Ok(())
}

/// At most `limit` grants in use whose time was over at `now`.
pub fn overdue(conn: &mut Conn, now: DateTime<Utc>, limit: i64) -> Result<Vec<GrantId>> {
    let ids = grants::table
        .filter(grants::state.eq_any([State::Active.name(), State::Paused.name()]))
        .filter(grants::expires_at.le(now.naive_utc()))
        .order((grants::expires_at, grants::grant_id))
        .limit(limit)
        .select(grants::grant_id)
        .load::<Vec<u8>>(conn)?;
    read_ids(ids)
}

/// At most `limit` grants that were given before `before` and whose code was never redeemed.
pub fn unredeemed(conn: &mut Conn, before: DateTime<Utc>, limit: i64) -> Result<Vec<GrantId>> {
    let ids = grants::table
        .filter(grants::state.eq(State::Given.name()))
        .filter(grants::given_at.lt(before.naive_utc()))
        .order((grants::given_at, grants::grant_id))
        .limit(limit)
        .select(grants::grant_id)
        .load::<Vec<u8>>(conn)?;
    read_ids(ids)
}

/// At most `limit` grants that are not over, with ids after `after`, by id.
pub fn in_force(conn: &mut Conn, after: Option<GrantId>, limit: i64) -> Result<Vec<Grant>> {
    let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
    let rows = grants::table
        .filter(grants::ended_at.is_null().and(grants::grant_id.gt(after)))
        .order(grants::grant_id)
        .limit(limit)
        .load::<Row>(conn)?;
    rows.into_iter().map(Row::read).collect()
}

fn read_ids(ids: Vec<Vec<u8>>) -> Result<Vec<GrantId>> {
    let read = |id: Vec<u8>| {
        GrantId::from_slice(&id)
            .map_err(|_| Error::corrupt("grants", "grant_id", data_encoding::HEXLOWER.encode(&id)))
    };
    ids.into_iter().map(read).collect()
}
