//! Purchases into their places, once it is known where they go.

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::PurchaseId;
use counterfoil_store::conn::Conn;
use counterfoil_store::{Error, purchases, tombstones, unlinked};

use crate::leaving::Left;
use crate::numbering::{Customers, Numbered, number};
use crate::packing::{Linked, Packed};
use crate::recorder::RecordError;
use crate::workspace::Found;

/// Writes what is nobody's or waits, and takes away what is not any more; gives what is somebody's.
pub(crate) fn store_loose(
    conn: &mut Conn,
    now: DateTime<Utc>,
    packed: Vec<(PurchaseId, Packed)>,
    left: &[Left],
) -> Result<Vec<Linked>, Error> {
    let mut linked = Vec::with_capacity(packed.len());
    for (id, packed) in packed {
        match packed {
            Packed::Linked(row) => linked.push(*row),
            Packed::Unlinked { waiting, document } => unlinked::put(conn, id, waiting, now, &document)?,
        }
    }
    for left in left.iter().filter(|left| left.from == Found::Unlinked) {
        unlinked::remove(conn, left.id)?;
    }
    Ok(linked)
}

/// Writes what is somebody's and takes away what left, in the lock order: customers, purchases, tombstones.
pub(crate) fn store_linked(
    conn: &mut Conn,
    now: DateTime<Utc>,
    linked: Vec<Linked>,
    left: &[Left],
    customers: &Customers,
) -> Result<Numbered, RecordError> {
    let mut numbered = number(conn, linked, left, customers, now)?;
    for left in left {
        if let Found::Linked(person, at, _) = left.from {
            purchases::remove(conn, person, at, left.id)?;
        }
    }
    purchases::insert(conn, std::mem::take(&mut numbered.rows))?;
    tombstones::insert(conn, &numbered.tombstones)?;
    Ok(numbered)
}
