//! Volunteered items, their places in the order of the consent log, and who fetched and used them.

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::ids::{ClientId, ConsentId, GrantId, ItemId, Person, RecordId};
use counterfoil_domain::item::State;
use data_encoding::HEXLOWER;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::schema::{apps, fetches, item_places, items, uses};

/// An item as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its public id.
    pub item_id: ItemId,
    /// Whose.
    pub person: Person,
    /// The consent that covers it, or is to cover it.
    pub consent_id: ConsentId,
    /// Id of the purpose.
    pub purpose: String,
    /// Id of the ask that it answers.
    pub ask: String,
    /// The version of the ask.
    pub ask_version: i32,
    /// `sha256:` of that version.
    pub ask_hash: String,
    /// Its chain in the ledger.
    pub record: RecordId,
    /// Where it stands.
    pub state: State,
    /// Counts what happened to it.
    pub version: i64,
    /// Salt and canonical JSON, sealed; nothing once it has ended.
    pub value: Option<Vec<u8>>,
    /// The app that sent it.
    pub client_id: Option<ClientId>,
    /// The grant under which it was sent.
    pub grant_id: Option<GrantId>,
    /// When it came.
    pub submitted_at: DateTime<Utc>,
    /// Until when it waits.
    pub ends_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

#[derive(Queryable, Insertable, AsChangeset, Clone)]
#[diesel(table_name = items, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row {
    item_id: Vec<u8>,
    person: Vec<u8>,
    consent_id: Vec<u8>,
    purpose: String,
    ask: String,
    ask_version: i32,
    ask_hash: String,
    record: Vec<u8>,
    state: String,
    version: i64,
    value: Option<Vec<u8>>,
    client_id: Option<Vec<u8>>,
    grant_id: Option<Vec<u8>>,
    submitted_at: NaiveDateTime,
    ends_at: Option<NaiveDateTime>,
    ended_at: Option<NaiveDateTime>,
}

impl Row {
    fn of(item: &Item) -> Self {
        Self {
            item_id: item.item_id.as_bytes().to_vec(),
            person: item.person.as_bytes().to_vec(),
            consent_id: item.consent_id.as_bytes().to_vec(),
            purpose: item.purpose.clone(),
            ask: item.ask.clone(),
            ask_version: item.ask_version,
            ask_hash: item.ask_hash.clone(),
            record: item.record.as_bytes().to_vec(),
            state: item.state.name().to_owned(),
            version: item.version,
            value: item.value.clone(),
            client_id: item.client_id.map(|id| id.as_bytes().to_vec()),
            grant_id: item.grant_id.map(|id| id.as_bytes().to_vec()),
            submitted_at: item.submitted_at.naive_utc(),
            ends_at: item.ends_at.map(|at| at.naive_utc()),
            ended_at: item.ended_at.map(|at| at.naive_utc()),
        }
    }

    fn read(self) -> Result<Item> {
        let corrupt = |column| Error::corrupt("items", column, HEXLOWER.encode(&self.item_id));
        let client_id = self.client_id.as_deref().map(ClientId::from_slice).transpose();
        let grant_id = self.grant_id.as_deref().map(GrantId::from_slice).transpose();
        Ok(Item {
            item_id: ItemId::from_slice(&self.item_id).map_err(|_| corrupt("item_id"))?,
            person: Person::from_slice(&self.person).map_err(|_| corrupt("person"))?,
            consent_id: ConsentId::from_slice(&self.consent_id).map_err(|_| corrupt("consent_id"))?,
            record: RecordId::from_slice(&self.record).map_err(|_| corrupt("record"))?,
            state: State::from_name(&self.state).ok_or_else(|| corrupt("state"))?,
            client_id: client_id.map_err(|_| corrupt("client_id"))?,
            grant_id: grant_id.map_err(|_| corrupt("grant_id"))?,
            purpose: self.purpose,
            ask: self.ask,
            ask_version: self.ask_version,
            ask_hash: self.ask_hash,
            version: self.version,
            value: self.value,
            submitted_at: self.submitted_at.and_utc(),
            ends_at: self.ends_at.map(|at| at.and_utc()),
            ended_at: self.ended_at.map(|at| at.and_utc()),
        })
    }
}

fn read_all(rows: Vec<Row>) -> Result<Vec<Item>> {
    rows.into_iter().map(Row::read).collect()
}

/// Writes an item as it stands now. The customer's row must be held.
pub fn put(conn: &mut Conn, item: &Item) -> Result<()> {
    let row = Row::of(item);
    either!(conn, c => diesel::insert_into(items::table)
        .values(row.clone())
        .on_conflict(items::item_id)
        .do_update()
        .set(row)
        .execute(c))?;
    Ok(())
}

/// The item with an id.
pub fn find(conn: &mut Conn, item_id: ItemId) -> Result<Option<Item>> {
    let row = items::table.find(item_id.as_bytes().to_vec()).first::<Row>(conn).optional()?;
    row.map(Row::read).transpose()
}

/// The items with these ids, by id.
pub fn find_many(conn: &mut Conn, ids: &[ItemId]) -> Result<Vec<Item>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let chunk: Vec<Vec<u8>> = chunk.iter().map(|id| id.as_bytes().to_vec()).collect();
        let rows = items::table.filter(items::item_id.eq_any(chunk)).order(items::item_id);
        found.extend(read_all(rows.load::<Row>(conn)?)?);
    }
    Ok(found)
}

/// A customer's items, newest first.
pub fn of_person(conn: &mut Conn, person: Person) -> Result<Vec<Item>> {
    let rows = items::table
        .filter(items::person.eq(person.as_bytes().to_vec()))
        .order((items::submitted_at.desc(), items::item_id))
        .load::<Row>(conn)?;
    read_all(rows)
}

/// A customer's items that have not ended, by id.
pub fn open_of_person(conn: &mut Conn, person: Person) -> Result<Vec<Item>> {
    let rows = items::table
        .filter(items::person.eq(person.as_bytes().to_vec()))
        .filter(items::state.eq_any([State::Waiting.name(), State::Live.name()]))
        .order(items::item_id)
        .load::<Row>(conn)?;
    read_all(rows)
}

/// At most `limit` items that wait and whose time was over at `now`.
pub fn overdue(conn: &mut Conn, now: DateTime<Utc>, limit: i64) -> Result<Vec<Item>> {
    let rows = items::table
        .filter(items::state.eq(State::Waiting.name()).and(items::ends_at.le(now.naive_utc())))
        .order((items::ends_at, items::item_id))
        .limit(limit)
        .load::<Row>(conn)?;
    read_all(rows)
}

/// At most `limit` items with ids after `after`, by id.
pub fn page(conn: &mut Conn, after: Option<ItemId>, limit: i64) -> Result<Vec<Item>> {
    let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
    let rows =
        items::table.filter(items::item_id.gt(after)).order(items::item_id).limit(limit).load::<Row>(conn)?;
    read_all(rows)
}

/// Writes where items stand in the order of the consent log: each with the number of its latest entry.
pub fn place(conn: &mut Conn, placed: &[(Item, i64)]) -> Result<()> {
    for (item, seq) in placed {
        let row = (
            item_places::item_id.eq(item.item_id.as_bytes().to_vec()),
            item_places::person.eq(Some(item.person.as_bytes().to_vec())),
            item_places::purpose.eq(item.purpose.clone()),
            item_places::seq.eq(*seq),
        );
        either!(&mut *conn, c => diesel::insert_into(item_places::table)
            .values(row)
            .on_conflict(item_places::item_id)
            .do_update()
            .set(item_places::seq.eq(*seq))
            .execute(c))?;
    }
    Ok(())
}

/// At most `limit` places of a purpose's items with numbers above `after`, in order.
pub fn places(conn: &mut Conn, purpose: &str, after: i64, limit: i64) -> Result<Vec<(ItemId, i64)>> {
    let rows = item_places::table
        .filter(item_places::purpose.eq(purpose).and(item_places::seq.gt(after)))
        .order((item_places::seq, item_places::item_id))
        .limit(limit)
        .select((item_places::item_id, item_places::seq))
        .load::<(Vec<u8>, i64)>(conn)?;
    rows.into_iter()
        .map(|(id, seq)| {
            let id = ItemId::from_slice(&id).map_err(|_| Error::corrupt("item_places", "item_id", seq))?;
            Ok((id, seq))
        })
        .collect()
}

/// That a system of the retailer fetched an item, or used it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// Which item.
    pub item_id: ItemId,
    /// Which system.
    pub client_id: ClientId,
    /// What the system is called; its id where it is not registered any more.
    pub name: String,
    /// The first time.
    pub first_at: DateTime<Utc>,
    /// The last time.
    pub last_at: DateTime<Utc>,
    /// Of a fetch the version of the item that was handed out last; of uses how many were reported.
    pub number: i64,
}

type TouchRow = (Vec<u8>, Vec<u8>, Option<String>, NaiveDateTime, NaiveDateTime, i64);

fn read_touch((item, client, name, first_at, last_at, number): TouchRow) -> Result<Touch> {
    let client_id = ClientId::from_slice(&client).map_err(|_| Error::corrupt("fetches", "client_id", "?"))?;
    Ok(Touch {
        item_id: ItemId::from_slice(&item).map_err(|_| Error::corrupt("fetches", "item_id", "?"))?,
        client_id,
        name: name.unwrap_or_else(|| format!("{client_id}")),
        first_at: first_at.and_utc(),
        last_at: last_at.and_utc(),
        number,
    })
}

/// Notes that a system fetches items, given in ascending order of their ids.
pub fn note_fetches(
    conn: &mut Conn,
    client_id: ClientId,
    fetched: &[Item],
    now: DateTime<Utc>,
) -> Result<()> {
    for item in fetched {
        let row = (
            fetches::item_id.eq(item.item_id.as_bytes().to_vec()),
            fetches::client_id.eq(client_id.as_bytes().to_vec()),
            fetches::person.eq(item.person.as_bytes().to_vec()),
            fetches::first_at.eq(now.naive_utc()),
            fetches::last_at.eq(now.naive_utc()),
            fetches::version.eq(item.version),
        );
        either!(&mut *conn, c => diesel::insert_into(fetches::table)
            .values(row)
            .on_conflict((fetches::item_id, fetches::client_id))
            .do_update()
            .set((fetches::last_at.eq(now.naive_utc()), fetches::version.eq(item.version)))
            .execute(c))?;
    }
    Ok(())
}

/// Notes uses that a system reports.
pub fn note_use(
    conn: &mut Conn,
    client_id: ClientId,
    (item_id, person): (ItemId, Person),
    at: DateTime<Utc>,
) -> Result<()> {
    let row = (
        uses::item_id.eq(item_id.as_bytes().to_vec()),
        uses::client_id.eq(client_id.as_bytes().to_vec()),
        uses::person.eq(person.as_bytes().to_vec()),
        uses::first_at.eq(at.naive_utc()),
        uses::last_at.eq(at.naive_utc()),
        uses::times.eq(1),
    );
    either!(conn, c => diesel::insert_into(uses::table)
        .values(row)
        .on_conflict((uses::item_id, uses::client_id))
        .do_update()
        .set((uses::last_at.eq(at.naive_utc()), uses::times.eq(uses::times + 1)))
        .execute(c))?;
    Ok(())
}

/// Which systems fetched items of a customer.
pub fn fetches_of(conn: &mut Conn, person: Person) -> Result<Vec<Touch>> {
    let rows = fetches::table
        .left_join(apps::table.on(apps::client_id.eq(fetches::client_id)))
        .filter(fetches::person.eq(person.as_bytes().to_vec()))
        .order((fetches::first_at, fetches::item_id, fetches::client_id))
        .select((
            fetches::item_id,
            fetches::client_id,
            apps::name.nullable(),
            fetches::first_at,
            fetches::last_at,
            fetches::version,
        ))
        .load::<TouchRow>(conn)?;
    rows.into_iter().map(read_touch).collect()
}

/// What systems reported that they did with items of a customer.
pub fn uses_of(conn: &mut Conn, person: Person) -> Result<Vec<Touch>> {
    let rows = uses::table
        .left_join(apps::table.on(apps::client_id.eq(uses::client_id)))
        .filter(uses::person.eq(person.as_bytes().to_vec()))
        .order((uses::first_at, uses::item_id, uses::client_id))
        .select((
            uses::item_id,
            uses::client_id,
            apps::name.nullable(),
            uses::first_at,
            uses::last_at,
            uses::times,
        ))
        .load::<TouchRow>(conn)?;
    rows.into_iter().map(read_touch).collect()
}

/// Which systems have fetched an item, in ascending order.
pub fn fetchers(conn: &mut Conn, item_id: ItemId) -> Result<Vec<ClientId>> {
    let rows = fetches::table
        .filter(fetches::item_id.eq(item_id.as_bytes().to_vec()))
        .order(fetches::client_id)
        .select(fetches::client_id)
        .load::<Vec<u8>>(conn)?;
    rows.iter()
        .map(|id| ClientId::from_slice(id).map_err(|_| Error::corrupt("fetches", "client_id", "?")))
        .collect()
}

/// Deletes what is a person's; of places only whose they are.
pub fn forget(conn: &mut Conn, person: Person) -> Result<()> {
    let key = || person.as_bytes().to_vec();
    diesel::delete(items::table.filter(items::person.eq(key()))).execute(conn)?;
    diesel::delete(fetches::table.filter(fetches::person.eq(key()))).execute(conn)?;
    diesel::delete(uses::table.filter(uses::person.eq(key()))).execute(conn)?;
    Ok(())
}

/// Takes away from places whose they are.
pub fn forget_places(conn: &mut Conn, person: Person) -> Result<()> {
    diesel::update(item_places::table.filter(item_places::person.eq(person.as_bytes().to_vec())))
        .set(item_places::person.eq(None::<Vec<u8>>))
        .execute(conn)?;
    Ok(())
}
