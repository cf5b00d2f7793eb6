//! Purchases into their places, once it is known where they go.

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::PurchaseId;
use counterfoil_store::conn::Conn;
use counterfoil_store::{purchases, tombstones, unlinked};

use crate::leaving::Left;
use crate::numbering::{Customers, Numbered, number};
use crate::packing::Packed;
use crate::recorder::RecordError;
use crate::workspace::Found;

/// Writes what is packed and takes away what left, in the lock order: unlinked, customers, purchases, tombstones.
pub(crate) fn store(
    conn: &mut Conn,
    now: DateTime<Utc>,
    packed: Vec<(PurchaseId, Packed)>,
    left: &[Left],
    customers: &Customers,
) -> Result<Numbered, RecordError> {
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
