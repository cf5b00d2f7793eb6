//! What is stored, counted and summed per day and shop, over all customers.

use chrono::NaiveDate;
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::conn::Conn;
use crate::error::Result;
use crate::schema::purchases;

/// The purchases of one day, shop and currency.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Day {
    /// The local date at the place of purchase.
    pub local_date: NaiveDate,
    /// Keyed hash of the shop ([`crate::keys::Keys::store_index`]); absent for orders that name none.
    pub store_index: Option<Vec<u8>>,
    /// ISO 4217 code.
    pub currency: String,
    /// How many.
    pub purchases: i64,
    /// The sum of their grand totals, in minor units.
    pub grand_total: i64,
}

/// Purchases of every other status than this, by date, shop and currency. Reads the whole table.
///
/// # Errors
/// [`crate::Error::Refused`] when a sum has more than 64 bits.
pub fn days(conn: &mut Conn, without_status: &str) -> Result<Vec<Day>> {
    Ok(purchases::table
        .filter(purchases::status.ne(without_status))
        .group_by((purchases::local_date, purchases::store_index, purchases::currency))
        .order((purchases::local_date, purchases::store_index, purchases::currency))
        .select((
            purchases::local_date,
            purchases::store_index,
            purchases::currency,
            count_star(),
            // On PostgreSQL a sum of BIGINT is a NUMERIC.
            sql::<BigInt>("CAST(SUM(grand_total) AS BIGINT)"),
        ))
        .load(conn)?)
}
