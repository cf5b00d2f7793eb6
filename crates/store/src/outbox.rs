//! What waits to be sent to the retailer's systems.
//!
//! A message is put in the transaction of the act that it tells of, and sent after it has committed: whatever is sent
//! has happened, and whatever happened is sent, once or more often.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use counterfoil_domain::ids::{Person, Pseudonym, RecordId};
use diesel::dsl::{count_star, exists, min, not};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::leases;
use crate::schema::outbox;

/// The name of the lease of whoever sends.
pub const LEASE: &str = "relay";
/// How long after a first failure a message is tried again; twice as long after each further one.
const FIRST_WAIT: Duration = Duration::seconds(1);
/// How long it waits at most.
const LONGEST_WAIT: Duration = Duration::minutes(5);

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// To what customers agreed.
    Consents,
    /// What they volunteered, without its values.
    Volunteered,
}

impl Topic {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Consents, Self::Volunteered];

    /// Its name here, whatever Kafka calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Consents => "consents",
            Self::Volunteered => "volunteered",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.name() == name)
    }
}

/// Something to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where to.
    pub topic: Topic,
    /// By which name the topic knows its customer.
    pub pseudonym: Pseudonym,
    /// Whose it is; nobody's where they are being erased.
    pub person: Option<Person>,
    /// What it is about.
    pub record: RecordId,
    /// Which state of that; a later one has a higher version.
    pub version: i64,
    /// Since when it waits.
    pub at: DateTime<Utc>,
    /// What it says.
    pub body: Vec<u8>,
    /// Whether it says that the record is gone, for good.
    pub is_tombstone: bool,
}

/// Something that is being sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its place in the order of what is sent.
    pub number: i64,
    /// Where to.
    pub topic: Topic,
    /// By which name the topic knows its customer.
    pub pseudonym: Pseudonym,
    /// What it is about.
    pub record: RecordId,
    /// Which state of that.
    pub version: i64,
    /// What it says; nothing where the key is to go from the topic.
    pub body: Option<Vec<u8>>,
    /// How often it was tried before.
    pub tries: i32,
}

/// What waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many messages; those that are not to be sent before a later time are not counted.
    pub messages: i64,
    /// Since when the oldest waits.
    pub since: Option<DateTime<Utc>>,
}

#[derive(Queryable)]
struct Row {
    number: i64,
    topic: String,
    pseudonym: Vec<u8>,
    record: Vec<u8>,
    version: i64,
    body: Option<Vec<u8>>,
    tries: i32,
}

impl Row {
    fn read(self) -> Result<Claimed> {
        let corrupt = |column| Error::corrupt("outbox", column, self.number);
        Ok(Claimed {
            number: self.number,
            topic: Topic::from_name(&self.topic).ok_or_else(|| corrupt("topic"))?,
            pseudonym: Pseudonym::from_slice(&self.pseudonym).map_err(|_| corrupt("pseudonym"))?,
            record: RecordId::from_slice(&self.record).map_err(|_| corrupt("record"))?,
            version: self.version,
            body: self.body,
            tries: self.tries,
        })
    }
}

#[derive(Insertable)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
struct NewRow {
    topic: &'static str,
    pseudonym: Vec<u8>,
    person: Option<Vec<u8>>,
    record: Vec<u8>,
    version: i64,
    body: Option<Vec<u8>>,
    is_tombstone: bool,
    tries: i32,
    put_at: NaiveDateTime,
    due_at: NaiveDateTime,
}

impl NewRow {
    fn of(message: &Message) -> Self {
        let Message { topic, pseudonym, person, record, version, at, body, is_tombstone } = message;
        Self {
            topic: topic.name(),
            pseudonym: pseudonym.as_bytes().to_vec(),
            person: person.map(|person| person.as_bytes().to_vec()),
            record: record.as_bytes().to_vec(),
            version: *version,
            body: Some(body.clone()),
            is_tombstone: *is_tombstone,
            tries: 0,
            put_at: at.naive_utc(),
            due_at: at.naive_utc(),
        }
    }
}

/// Puts messages into the order, to be sent once the transaction has committed. Whoever puts one holds the row of its
/// customer, so that those about one record are in the order of what happened.
pub fn put(conn: &mut Conn, messages: &[Message]) -> Result<()> {
    let rows: Vec<NewRow> = messages.iter().map(NewRow::of).collect();
    either!(conn, c => diesel::insert_into(outbox::table).values(rows).execute(c))?;
    Ok(())
}

/// Takes or prolongs the lease of whoever sends, and claims at most `limit` messages until it ends; `None` while another
/// owner's lease runs. Nothing is claimed of a record of which something earlier is claimed or waits: what is about one
/// record goes in order.
pub fn claim(
    conn: &mut Conn,
    owner: &str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: i64,
) -> Result<Option<Vec<Claimed>>> {
    if leases::acquire(conn, LEASE, owner, now, until)?.is_none() {
        return Ok(None);
    }
    let at = now.naive_utc();
    let earlier = diesel::alias!(outbox as earlier);
    let is_held = earlier.field(outbox::due_at).gt(at).or(earlier
        .field(outbox::claimed_until)
        .is_not_null()
        .and(earlier.field(outbox::claimed_until).assume_not_null().gt(at)));
    let blocked = earlier
        .filter(earlier.field(outbox::record).eq(outbox::record))
        .filter(earlier.field(outbox::topic).eq(outbox::topic))
        .filter(earlier.field(outbox::number).lt(outbox::number))
        .filter(earlier.field(outbox::body).is_not_null())
        .filter(is_held);
    let is_free = outbox::claimed_until.is_null().or(outbox::claimed_until.assume_not_null().le(at));
    let numbers: Vec<i64> = outbox::table
        .filter(outbox::due_at.le(at).and(is_free).and(not(exists(blocked))))
        .order(outbox::number)
        .limit(limit)
        .select(outbox::number)
        .load(conn)?;
    diesel::update(outbox::table.filter(outbox::number.eq_any(&numbers)))
        .set((outbox::claimed_by.eq(Some(owner)), outbox::claimed_until.eq(Some(until.naive_utc()))))
        .execute(conn)?;
    let rows = outbox::table
        .filter(outbox::number.eq_any(&numbers))
        .order(outbox::number)
        .select((
            outbox::number,
            outbox::topic,
            outbox::pseudonym,
            outbox::record,
            outbox::version,
            outbox::body,
            outbox::tries,
        ))
        .load::<Row>(conn)?;
    rows.into_iter().map(Row::read).collect::<Result<Vec<_>>>().map(Some)
}

/// Messages were sent, and nobody else has claimed them since: they go, but tombstones, which come again as nothing at
/// `null_at`. The records of those.
pub fn settle(
    conn: &mut Conn,
    owner: &str,
    numbers: &[i64],
    null_at: DateTime<Utc>,
) -> Result<Vec<RecordId>> {
    let mine = || outbox::number.eq_any(numbers.to_vec()).and(outbox::claimed_by.eq(owner));
    let is_tombstone = || outbox::is_tombstone.eq(true).and(outbox::body.is_not_null());
    diesel::delete(outbox::table.filter(mine()).filter(not(is_tombstone()))).execute(conn)?;
    let records = diesel::update(outbox::table.filter(mine()).filter(is_tombstone()))
        .set((
            outbox::body.eq(None::<Vec<u8>>),
            outbox::person.eq(None::<Vec<u8>>),
            outbox::put_at.eq(null_at.naive_utc()),
            outbox::due_at.eq(null_at.naive_utc()),
            outbox::claimed_by.eq(None::<String>),
            outbox::claimed_until.eq(None::<NaiveDateTime>),
            outbox::tries.eq(0),
        ))
        .returning(outbox::record)
        .get_results::<Vec<u8>>(conn)?;
    let read =
        |record: Vec<u8>| RecordId::from_slice(&record).map_err(|_| Error::corrupt("outbox", "record", "?"));
    records.into_iter().map(read).collect()
}

/// Messages could not be sent: they wait, the longer the more often that happened.
pub fn defer(conn: &mut Conn, owner: &str, claimed: &[&Claimed], now: DateTime<Utc>) -> Result<()> {
    for message in claimed {
        let wait =
            FIRST_WAIT * 2_i32.saturating_pow(u32::try_from(message.tries).unwrap_or_default().min(16));
        let due_at = now + wait.min(LONGEST_WAIT);
        diesel::update(outbox::table.find(message.number).filter(outbox::claimed_by.eq(owner)))
            .set((
                outbox::claimed_by.eq(None::<String>),
                outbox::claimed_until.eq(None::<NaiveDateTime>),
                outbox::tries.eq(outbox::tries + 1),
                outbox::due_at.eq(due_at.naive_utc()),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Gives back whatever is claimed by an owner.
pub fn give_back(conn: &mut Conn, owner: &str) -> Result<()> {
    diesel::update(outbox::table.filter(outbox::claimed_by.eq(owner)))
        .set((outbox::claimed_by.eq(None::<String>), outbox::claimed_until.eq(None::<NaiveDateTime>)))
        .execute(conn)?;
    Ok(())
}

/// What waits at `now`.
pub fn waiting(conn: &mut Conn, now: DateTime<Utc>) -> Result<Waiting> {
    // What was deferred waits as well; what comes as nothing later does not yet.
    let (messages, since) = outbox::table
        .filter(outbox::body.is_not_null().or(outbox::put_at.le(now.naive_utc())))
        .select((count_star(), min(outbox::put_at)))
        .first::<(i64, Option<NaiveDateTime>)>(conn)?;
    Ok(Waiting { messages, since: since.map(|at| at.and_utc()) })
}

/// Deletes what is a person's; that something of theirs is gone stays, without the person.
pub fn forget(conn: &mut Conn, person: Person) -> Result<()> {
    let theirs = || outbox::person.eq(person.as_bytes().to_vec());
    let is_news = outbox::is_tombstone.eq(false);
    diesel::delete(outbox::table.filter(theirs().and(is_news))).execute(conn)?;
    diesel::update(outbox::table.filter(theirs())).set(outbox::person.eq(None::<Vec<u8>>)).execute(conn)?;
    Ok(())
}
