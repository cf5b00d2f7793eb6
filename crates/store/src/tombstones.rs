//! Tombstones: where a purchase was in a customer's change feed and is not any more.

use chrono::{DateTime, NaiveDate, Utc};
use counterfoil_domain::ids::{Person, PurchaseId};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::Result;
use crate::schema::tombstones;

/// Why a purchase is not there any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parting {
    /// It is not this customer's, or not at this place of their history.
    Unlinked,
    /// It is nobody's any more.
    Erased,
}

impl Parting {
    /// As it is stored.
    pub fn code(self) -> i32 {
        match self {
            Self::Unlinked => 1,
            Self::Erased => 2,
        }
    }

    /// Reads [`Parting::code`].
    pub fn from_code(code: i32) -> Option<Self> {
        match code {
            1 => Some(Self::Unlinked),
            2 => Some(Self::Erased),
            _ => None,
        }
    }
}

/// A tombstone, with what decides who may learn of it: how the purchase was when it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tombstone {
    /// In whose feed.
    pub person: Person,
    /// Its number there.
    pub change_seq: i64,
    /// Which purchase.
    pub purchase_id: PurchaseId,
    /// Why.
    pub parting: Parting,
    /// A revision above every one that was served.
    pub revision: i64,
    /// Local date of the purchase.
    pub local_date: NaiveDate,
    /// Whether it was on a shared account.
    pub shared: bool,
    /// The number at which it had begun to be visible.
    pub shown_seq: i64,
    /// Since when it had belonged to this customer for another reason than its own order.
    pub joined_seq: Option<i64>,
    /// When it left.
    pub recorded_at: DateTime<Utc>,
}

/// Writes tombstones.
pub fn insert(conn: &mut Conn, new: &[Tombstone]) -> Result<()> {
    for tombstone in new {
        diesel::insert_into(tombstones::table)
            .values((
                tombstones::person.eq(tombstone.person.as_bytes().to_vec()),
                tombstones::change_seq.eq(tombstone.change_seq),
                tombstones::purchase_id.eq(tombstone.purchase_id.as_bytes().to_vec()),
                tombstones::kind.eq(tombstone.parting.code()),
                tombstones::revision.eq(tombstone.revision),
                tombstones::local_date.eq(tombstone.local_date),
                tombstones::shared.eq(tombstone.shared),
                tombstones::shown_seq.eq(tombstone.shown_seq),
                tombstones::joined_seq.eq(tombstone.joined_seq),
                tombstones::recorded_at.eq(tombstone.recorded_at.naive_utc()),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Removes every tombstone of these persons.
pub fn remove_of(conn: &mut Conn, persons: &[Person]) -> Result<()> {
    let bytes = crate::people::bytes_of(persons);
    diesel::delete(tombstones::table.filter(tombstones::person.eq_any(bytes))).execute(conn)?;
    Ok(())
}
