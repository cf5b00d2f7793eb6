//! Purchases: documents ready to serve, keyed by person and time.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use counterfoil_domain::ids::{Person, PurchaseId};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::dialect;
use crate::error::{Error, Result};
use crate::schema::purchases;

/// A purchase as it is written: what is searched and ordered by, and the sealed document.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = purchases, treat_none_as_default_value = false)]
pub struct PurchaseRow {
    /// Whose.
    pub person: Vec<u8>,
    /// When, in UTC.
    pub purchased_at: NaiveDateTime,
    /// Which.
    pub purchase_id: Vec<u8>,
    /// The local date at the place of purchase; windows and filters use it.
    pub local_date: NaiveDate,
    /// Its place in the customer's change feed.
    pub change_seq: i64,
    /// Channel.
    pub channel: String,
    /// Status.
    pub status: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Grand total in minor units.
    pub grand_total: i64,
    /// Sum of refunds in the same currency, in minor units.
    pub refunded: i64,
    /// Keyed hash of the shop.
    pub store_index: Option<Vec<u8>>,
    /// Bought on a shared account.
    pub shared: bool,
    /// The sealed document.
    pub document: Vec<u8>,
    /// What the latest change was.
    pub change_kind: i32,
    /// The number at which it last began to be visible to readers.
    pub shown_seq: i64,
    /// Since when it belongs to this customer for another reason than that its own order names them.
    pub joined_seq: Option<i64>,
    /// Whether the customer hides it from every app.
    pub hidden: bool,
}

/// What a page needs of a purchase.
#[derive(Debug, Clone, Queryable)]
pub struct Listed {
    /// When, in UTC.
    pub purchased_at: NaiveDateTime,
    /// Which.
    pub purchase_id: Vec<u8>,
    /// Local date.
    pub local_date: NaiveDate,
    /// The sealed document.
    pub document: Vec<u8>,
}

/// Where a page begins: after this purchase, in the order newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct After {
    /// When.
    pub purchased_at: DateTime<Utc>,
    /// Which.
    pub purchase_id: PurchaseId,
}

/// Which purchases of a customer are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// First local date.
    pub from: Option<NaiveDate>,
    /// Last local date.
    pub to: Option<NaiveDate>,
    /// Only this channel.
    pub channel: Option<String>,
    /// Only this status.
    pub status: Option<String>,
    /// Only with, or only without refunds.
    pub has_refund: Option<bool>,
    /// Whether purchases on a shared account are among them.
    pub shared: bool,
    /// Of what joined the customer's history for another reason than its own order: up to which number of their change
    /// feed it is among them.
    pub agreed_seq: i64,
    /// These are not among them.
    pub without: Vec<PurchaseId>,
    /// Whether those that the customer hides from every app are among them: for their own pages alone.
    pub with_hidden: bool,
}

impl Filter {
    /// Whether purchases that lie, or lay, like this are among them, as far as that does not depend on what they hold
    /// or on whether they are hidden now.
    pub fn covers(
        &self,
        purchase_id: PurchaseId,
        local_date: NaiveDate,
        shared: bool,
        joined_seq: Option<i64>,
    ) -> bool {
        self.from.is_none_or(|from| local_date >= from)
            && self.to.is_none_or(|to| local_date <= to)
            && (self.shared || !shared)
            && joined_seq.is_none_or(|joined| joined <= self.agreed_seq)
            && !self.without.contains(&purchase_id)
    }
}

/// Writes purchases whose object rows are held by this transaction, so that no other can have written them.
pub fn insert(conn: &mut Conn, rows: Vec<PurchaseRow>) -> Result<()> {
    if rows.is_empty() { Ok(()) } else { dialect::insert_purchases(conn, rows) }
}

/// Takes a purchase out.
pub fn remove(conn: &mut Conn, person: Person, purchased_at: DateTime<Utc>, id: PurchaseId) -> Result<()> {
    let key = (person.as_bytes().to_vec(), purchased_at.naive_utc(), id.as_bytes().to_vec());
    let removed = diesel::delete(purchases::table.find(key)).execute(conn)?;
    if removed == 1 { Ok(()) } else { Err(Error::corrupt("objects", "purchased_at", id)) }
}

/// A purchase as it lies in its customer's history, for whoever changes it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Stored {
    /// Its number in the change feed.
    pub change_seq: i64,
    /// The local date at the place of purchase.
    pub local_date: NaiveDate,
    /// Bought on a shared account.
    pub shared: bool,
    /// Keyed hash of the shop.
    pub store_index: Option<Vec<u8>>,
    /// The number at which it last began to be visible to readers.
    pub shown_seq: i64,
    /// Since when it belongs to this customer for another reason than its own order.
    pub joined_seq: Option<i64>,
    /// Whether the customer hides it from every app.
    pub hidden: bool,
    /// The sealed document.
    pub document: Vec<u8>,
}

/// A purchase as it lies.
pub fn stored(
    conn: &mut Conn,
    person: Person,
    purchased_at: DateTime<Utc>,
    id: PurchaseId,
) -> Result<Option<Stored>> {
    let key = (person.as_bytes().to_vec(), purchased_at.naive_utc(), id.as_bytes().to_vec());
    Ok(purchases::table
        .find(key)
        .select((
            purchases::change_seq,
            purchases::local_date,
            purchases::shared,
            purchases::store_index,
            purchases::shown_seq,
            purchases::joined_seq,
            purchases::hidden,
            purchases::document,
        ))
        .first(conn)
        .optional()?)
}

/// The ids of all purchases of a person, with their times.
pub fn ids_of(conn: &mut Conn, person: Person) -> Result<Vec<(PurchaseId, DateTime<Utc>)>> {
    let rows = purchases::table
        .filter(purchases::person.eq(person.as_bytes().to_vec()))
        .select((purchases::purchase_id, purchases::purchased_at))
        .load::<(Vec<u8>, NaiveDateTime)>(conn)?;
    rows.into_iter()
        .map(|(id, at)| {
            let id = PurchaseId::from_slice(&id);
            Ok((id.map_err(|_| Error::corrupt("purchases", "purchase_id", person))?, at.and_utc()))
        })
        .collect()
}

/// One purchase of a customer, if it passes `filter`.
pub fn find(
    conn: &mut Conn,
    person: Person,
    purchased_at: DateTime<Utc>,
    id: PurchaseId,
    filter: &Filter,
) -> Result<Option<Listed>> {
    let query = filtered(person, filter)
        .filter(purchases::purchased_at.eq(purchased_at.naive_utc()))
        .filter(purchases::purchase_id.eq(id.as_bytes().to_vec()))
        .select((
            purchases::purchased_at,
            purchases::purchase_id,
            purchases::local_date,
            purchases::document,
        ));
    Ok(query.first(conn).optional()?)
}

/// A page of a customer's purchases, newest first.
pub fn page(
    conn: &mut Conn,
    person: Person,
    filter: &Filter,
    after: Option<After>,
    limit: i64,
) -> Result<Vec<Listed>> {
    let mut query = filtered(person, filter);
    if let Some(After { purchased_at, purchase_id }) = after {
        let (at, id) = (purchased_at.naive_utc(), purchase_id.as_bytes().to_vec());
        // The first condition bounds the index scan, the second breaks ties.
        query = query
            .filter(purchases::purchased_at.le(at))
            .filter(purchases::purchased_at.lt(at).or(purchases::purchase_id.lt(id)));
    }
    Ok(query
        .order((purchases::purchased_at.desc(), purchases::purchase_id.desc()))
        .limit(limit)
        .select((purchases::purchased_at, purchases::purchase_id, purchases::local_date, purchases::document))
        .load(conn)?)
}

type Filtered<'a> = purchases::BoxedQuery<'a, crate::conn::MultiBackend>;

fn filtered(person: Person, filter: &Filter) -> Filtered<'static> {
    let mut query = purchases::table.filter(purchases::person.eq(person.as_bytes().to_vec())).into_boxed();
    if let Some(from) = filter.from {
        query = query.filter(purchases::local_date.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(purchases::local_date.le(to));
    }
    if let Some(channel) = filter.channel.clone() {
        query = query.filter(purchases::channel.eq(channel));
    }
    if let Some(status) = filter.status.clone() {
        query = query.filter(purchases::status.eq(status));
    }
    match filter.has_refund {
        Some(true) => query = query.filter(purchases::refunded.ne(0)),
        Some(false) => query = query.filter(purchases::refunded.eq(0)),
        None => {}
    }
    if !filter.shared {
        query = query.filter(purchases::shared.eq(false));
    }
    query = query.filter(purchases::joined_seq.is_null().or(purchases::joined_seq.le(filter.agreed_seq)));
    if !filter.without.is_empty() {
        let ids: Vec<Vec<u8>> = filter.without.iter().map(|id| id.as_bytes().to_vec()).collect();
        query = query.filter(purchases::purchase_id.ne_all(ids));
    }
    if !filter.with_hidden {
        query = query.filter(purchases::hidden.eq(false));
    }
    query
}

/// How many purchases that pass `filter` joined the customer's history after number `after` of their change feed.
pub fn count_joined(conn: &mut Conn, person: Person, filter: &Filter, after: i64) -> Result<i64> {
    Ok(filtered(person, filter).filter(purchases::joined_seq.gt(after)).count().get_result(conn)?)
}

/// How many purchases there are, over all customers.
pub fn count(conn: &mut Conn) -> Result<i64> {
    Ok(purchases::table.count().get_result(conn)?)
}
