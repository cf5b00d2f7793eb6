//! What was promised in return for items.

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::exchange::State;
use counterfoil_domain::ids::{ExchangeId, ItemId, Person, RecordId};
use data_encoding::HEXLOWER;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::schema::exchanges;

/// What was promised for an item, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Its public id.
    pub exchange_id: ExchangeId,
    /// To whom.
    pub person: Person,
    /// For which item.
    pub item_id: ItemId,
    /// Id of the ask that promised it.
    pub ask: String,
    /// The version of the ask.
    pub ask_version: i32,
    /// Its chain in the ledger.
    pub record: RecordId,
    /// Where it stands.
    pub state: State,
    /// A decimal number as text.
    pub amount: String,
    /// A currency (ISO 4217), or what else it is counted in.
    pub unit: String,
    /// Whether the unit is a currency.
    pub is_money: bool,
    /// When it was promised.
    pub promised_at: DateTime<Utc>,
    /// Until when it is to be given.
    pub due_at: DateTime<Utc>,
    /// When it was given.
    pub delivered_at: Option<DateTime<Utc>>,
    /// The name that whoever gave it has for that.
    pub reference: Option<String>,
    /// When it was forgone.
    pub ended_at: Option<DateTime<Utc>>,
}

#[derive(Queryable, Insertable, AsChangeset, Clone)]
#[diesel(table_name = exchanges, treat_none_as_default_value = false, treat_none_as_null = true)]
struct Row {
    exchange_id: Vec<u8>,
    person: Vec<u8>,
    item_id: Vec<u8>,
    ask: String,
    ask_version: i32,
    record: Vec<u8>,
    state: String,
    amount: String,
    unit: String,
    is_money: bool,
    promised_at: NaiveDateTime,
    due_at: NaiveDateTime,
    delivered_at: Option<NaiveDateTime>,
    reference: Option<String>,
    ended_at: Option<NaiveDateTime>,
}

impl Row {
    fn of(exchange: &Exchange) -> Self {
        Self {
            exchange_id: exchange.exchange_id.as_bytes().to_vec(),
            person: exchange.person.as_bytes().to_vec(),
            item_id: exchange.item_id.as_bytes().to_vec(),
            ask: exchange.ask.clone(),
            ask_version: exchange.ask_version,
            record: exchange.record.as_bytes().to_vec(),
            state: exchange.state.name().to_owned(),
            amount: exchange.amount.clone(),
            unit: exchange.unit.clone(),
            is_money: exchange.is_money,
            promised_at: exchange.promised_at.naive_utc(),
            due_at: exchange.due_at.naive_utc(),
            delivered_at: exchange.delivered_at.map(|at| at.naive_utc()),
            reference: exchange.reference.clone(),
            ended_at: exchange.ended_at.map(|at| at.naive_utc()),
        }
    }

    fn read(self) -> Result<Exchange> {
        let corrupt = |column| Error::corrupt("exchanges", column, HEXLOWER.encode(&self.exchange_id));
        Ok(Exchange {
            exchange_id: ExchangeId::from_slice(&self.exchange_id).map_err(|_| corrupt("exchange_id"))?,
            person: Person::from_slice(&self.person).map_err(|_| corrupt("person"))?,
            item_id: ItemId::from_slice(&self.item_id).map_err(|_| corrupt("item_id"))?,
            record: RecordId::from_slice(&self.record).map_err(|_| corrupt("record"))?,
            state: State::from_name(&self.state).ok_or_else(|| corrupt("state"))?,
            ask: self.ask,
            ask_version: self.ask_version,
            amount: self.amount,
            unit: self.unit,
            is_money: self.is_money,
            promised_at: self.promised_at.and_utc(),
            due_at: self.due_at.and_utc(),
            delivered_at: self.delivered_at.map(|at| at.and_utc()),
            reference: self.reference,
            ended_at: self.ended_at.map(|at| at.and_utc()),
        })
    }
}

fn read_all(rows: Vec<Row>) -> Result<Vec<Exchange>> {
    rows.into_iter().map(Row::read).collect()
}

/// Writes an exchange as it stands now. The customer's row must be held.
pub fn put(conn: &mut Conn, exchange: &Exchange) -> Result<()> {
    let row = Row::of(exchange);
    either!(conn, c => diesel::insert_into(exchanges::table)
        .values(row.clone())
        .on_conflict(exchanges::exchange_id)
        .do_update()
        .set(row)
        .execute(c))?;
    Ok(())
}

/// The exchange with an id.
pub fn find(conn: &mut Conn, exchange_id: ExchangeId) -> Result<Option<Exchange>> {
    let row = exchanges::table.find(exchange_id.as_bytes().to_vec()).first::<Row>(conn).optional()?;
    row.map(Row::read).transpose()
}

/// A customer's exchanges, oldest first.
pub fn of_person(conn: &mut Conn, person: Person) -> Result<Vec<Exchange>> {
    let rows = exchanges::table
        .filter(exchanges::person.eq(person.as_bytes().to_vec()))
        .order((exchanges::promised_at, exchanges::exchange_id))
        .load::<Row>(conn)?;
    read_all(rows)
}

/// At most `limit` exchanges that are due and were to be given by `now`.
pub fn overdue(conn: &mut Conn, now: DateTime<Utc>, limit: i64) -> Result<Vec<Exchange>> {
    let rows = exchanges::table
        .filter(exchanges::state.eq(State::Due.name()).and(exchanges::due_at.le(now.naive_utc())))
        .order((exchanges::due_at, exchanges::exchange_id))
        .limit(limit)
        .load::<Row>(conn)?;
    read_all(rows)
}

/// At most `limit` exchanges with ids after `after`, by id.
pub fn page(conn: &mut Conn, after: Option<ExchangeId>, limit: i64) -> Result<Vec<Exchange>> {
    let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
    let rows = exchanges::table
        .filter(exchanges::exchange_id.gt(after))
        .order(exchanges::exchange_id)
        .limit(limit)
        .load::<Row>(conn)?;
    read_all(rows)
}

/// Deletes what is a person's.
pub fn forget(conn: &mut Conn, person: Person) -> Result<()> {
    let theirs = exchanges::table.filter(exchanges::person.eq(person.as_bytes().to_vec()));
    diesel::delete(theirs).execute(conn)?;
    Ok(())
}
