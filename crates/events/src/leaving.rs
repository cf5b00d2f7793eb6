//! Purchases that leave the place where they were: the old row goes, and who could see it there is told.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::{Person, PurchaseId};
use counterfoil_store::tombstones::{Parting, Tombstone};

use crate::packing::{Linked, Packed};
use crate::placing::Joined;
use crate::workspace::{Found, Was, Workspace};

/// A purchase that leaves the place where it was.
#[derive(Debug, Clone)]
pub(crate) struct Left {
    pub(crate) id: PurchaseId,
    pub(crate) from: Found,
    /// Somebody who could see it may not any more.
    pub(crate) narrows: bool,
    /// What its readers are told there, and under which revision.
    pub(crate) told: Option<(Parting, i64)>,
    /// It was somebody's who is erased with it: there is no feed to tell it in.
    pub(crate) is_forgotten: bool,
}

impl Left {
    /// The tombstone, once its number is known.
    pub(crate) fn tombstone(&self, change_seq: i64, now: DateTime<Utc>) -> Option<Tombstone> {
        let (Found::Linked(person, _, was), Some((parting, revision))) = (&self.from, self.told) else {
            return None;
        };
        Some(Tombstone {
            person: *person,
            change_seq,
            purchase_id: self.id,
            parting,
            revision,
            local_date: was.local_date,
            shared: was.shared,
            shown_seq: was.shown_seq,
            joined_seq: was.joined_seq,
            recorded_at: now,
        })
    }
}

/// Whether a row is seen by the same readers as the one before it.
pub(crate) fn is_seen_alike(linked: &Linked, before: Person, was: &Was) -> bool {
    let is_joined = match linked.joined {
        Joined::AsBefore => was.joined_seq.is_some(),
        Joined::Own => false,
        Joined::Since(_) | Joined::Now => true,
    };
    before == linked.person
        && was.local_date == linked.row.local_date
        && was.shared == linked.row.shared
        && was.joined_seq.is_some() == is_joined
}

/// Notes where touched purchases were found, so that the old rows go.
pub(crate) fn note_left(workspace: &Workspace, packed: &[(PurchaseId, Packed)], left: &mut Vec<Left>) {
    let now: HashMap<PurchaseId, &Packed> = packed.iter().map(|(id, packed)| (*id, packed)).collect();
    for (id, slot) in workspace.slots.iter().filter(|(_, slot)| slot.touched) {
        let Some(from) = &slot.found else { continue };
        let (narrows, told) = match (from, now.get(id)) {
            (Found::Linked(person, _, was), Some(Packed::Linked(linked))) => {
                let is_alike = is_seen_alike(linked, *person, was);
                let told = (!is_alike && !was.hidden).then_some((Parting::Unlinked, linked.revision));
                (slot.lessened || !is_alike, told)
            }
            (Found::Linked(_, _, was), _) => {
                (true, (!was.hidden).then_some((slot.parting, slot.purchase.revision())))
            }
            (Found::Unlinked, Some(Packed::Unlinked { .. })) => continue,
            (Found::Unlinked, _) => (false, None),
        };
        left.push(Left { id: *id, from: from.clone(), narrows, told, is_forgotten: false });
    }
}
