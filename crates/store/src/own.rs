//! What a customer's own pages ask of their purchases: which there are, and what they come to. Nothing is left out for
//! being hidden from apps.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use counterfoil_domain::ids::{Person, PurchaseId};
use diesel::dsl::{count_star, max, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::conn::Conn;
use crate::error::Result;
use crate::purchases::After;
use crate::schema::purchases;

/// Which of their purchases a customer looks for. The default is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// First local date.
    pub from: Option<NaiveDate>,
    /// Last local date.
    pub to: Option<NaiveDate>,
    /// Only this channel.
    pub channel: Option<String>,
    /// Only this shop, by its keyed hash.
    pub store_index: Option<Vec<u8>>,
}

/// A purchase, by its columns and its sealed document.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = purchases)]
pub struct Row {
    /// When, in UTC.
    pub purchased_at: NaiveDateTime,
    /// Which.
    pub purchase_id: Vec<u8>,
    /// The local date at the place of purchase.
    pub local_date: NaiveDate,
    /// Keyed hash of the shop; absent for orders that name none.
    pub store_index: Option<Vec<u8>>,
    /// Bought on a shared account.
    pub shared: bool,
    /// Since when it belongs to this customer for another reason than its own order.
    pub joined_seq: Option<i64>,
    /// Whether it is hidden from every app.
    pub hidden: bool,
    /// The sealed document.
    pub document: Vec<u8>,
}

/// What the purchases of one day and currency come to, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Day {
    /// The local date.
    pub local_date: NaiveDate,
    /// ISO 4217 code.
    pub currency: String,
    /// How many there are.
    pub purchases: i64,
    /// The sum of their grand totals.
    pub grand_total: i64,
    /// The sum of what was refunded in the same currency.
    pub refunded: i64,
}

/// The shop of some purchases.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Shop {
    /// Its keyed hash.
    pub store_index: Option<Vec<u8>>,
    /// How many purchases were made there.
    pub purchases: i64,
    /// When the latest was, in UTC.
    pub latest: Option<NaiveDateTime>,
}

/// Narrows a boxed query to what is wanted. Boxed queries have one type with groups and another one without.
macro_rules! narrow {
    ($query:expr, $which:expr) => {{
        let mut query = $query;
        if let Some(from) = $which.from {
            query = query.filter(purchases::local_date.ge(from));
        }
        if let Some(to) = $which.to {
            query = query.filter(purchases::local_date.le(to));
        }
        if let Some(channel) = $which.channel.clone() {
            query = query.filter(purchases::channel.eq(channel));
        }
        if let Some(store_index) = $which.store_index.clone() {
            query = query.filter(purchases::store_index.eq(store_index));
        }
        query
    }};
}

fn wanted(home: Person, which: &Wanted) -> purchases::BoxedQuery<'static, crate::conn::MultiBackend> {
    narrow!(purchases::table.filter(purchases::person.eq(home.as_bytes().to_vec())).into_boxed(), which)
}

/// At most `limit` of a customer's purchases, newest first.
pub fn page(
    conn: &mut Conn,
    home: Person,
    which: &Wanted,
    after: Option<After>,
    limit: i64,
) -> Result<Vec<Row>> {
    let mut query = wanted(home, which);
    if let Some(After { purchased_at, purchase_id }) = after {
        let (at, id) = (purchased_at.naive_utc(), purchase_id.as_bytes().to_vec());
        query = query
            .filter(purchases::purchased_at.le(at))
            .filter(purchases::purchased_at.lt(at).or(purchases::purchase_id.lt(id)));
    }
    Ok(query
        .order((purchases::purchased_at.desc(), purchases::purchase_id.desc()))
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?)
}

/// One purchase of a customer.
pub fn find(
    conn: &mut Conn,
    home: Person,
    purchased_at: DateTime<Utc>,
    id: PurchaseId,
) -> Result<Option<Row>> {
    let key = (home.as_bytes().to_vec(), purchased_at.naive_utc(), id.as_bytes().to_vec());
    Ok(purchases::table.find(key).select(Row::as_select()).first(conn).optional()?)
}

/// What a customer's purchases come to by day and currency, newest first. No document is read.
///
/// # Errors
/// [`crate::Error::Refused`] when a sum has more than 64 bits.
pub fn days(conn: &mut Conn, home: Person, which: &Wanted) -> Result<Vec<Day>> {
    // On PostgreSQL a sum of BIGINT is a NUMERIC.
    let sums = (
        purchases::local_date,
        purchases::currency,
        count_star(),
        sql::<BigInt>("CAST(SUM(grand_total) AS BIGINT)"),
        sql::<BigInt>("CAST(SUM(refunded) AS BIGINT)"),
    );
    let grouped = purchases::table
        .filter(purchases::person.eq(home.as_bytes().to_vec()))
        .group_by((purchases::local_date, purchases::currency))
        .order((purchases::local_date.desc(), purchases::currency))
        .select(sums)
        .into_boxed();
    Ok(narrow!(grouped, which).load(conn)?)
}

/// The channels of a customer's purchases, in ascending order.
pub fn channels(conn: &mut Conn, home: Person) -> Result<Vec<String>> {
    Ok(purchases::table
        .filter(purchases::person.eq(home.as_bytes().to_vec()))
        .select(purchases::channel)
        .distinct()
        .order(purchases::channel)
        .load(conn)?)
}

/// The shops of a customer's purchases, the one with most of them first; at most `limit`.
pub fn shops(conn: &mut Conn, home: Person, limit: i64) -> Result<Vec<Shop>> {
    Ok(purchases::table
        .filter(purchases::person.eq(home.as_bytes().to_vec()))
        .filter(purchases::store_index.is_not_null())
        .group_by(purchases::store_index)
        .order((count_star().desc(), purchases::store_index))
        .limit(limit)
        .select((purchases::store_index, count_star(), max(purchases::purchased_at)))
        .load(conn)?)
}

/// The latest purchase in a shop.
pub fn latest_in(conn: &mut Conn, home: Person, shop: &Shop) -> Result<Option<Row>> {
    Ok(purchases::table
        .filter(purchases::person.eq(home.as_bytes().to_vec()))
        .filter(purchases::purchased_at.nullable().eq(shop.latest))
        .filter(purchases::store_index.eq(shop.store_index.clone()))
        .order(purchases::purchase_id.desc())
        .select(Row::as_select())
        .first(conn)
        .optional()?)
}
