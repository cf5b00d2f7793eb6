//! Whose a purchase is: what its order says, what links say, and in whose history that customer's purchases lie.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::{ObjectId, Person, PurchaseId};
use counterfoil_store::links::Link;
use counterfoil_store::people::Identity;

use crate::subject::Named;
use crate::workspace::{Change, Found, Workspace};

/// For what reason a purchase is its customer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joined {
    /// Nothing was said anew: as it was.
    AsBefore,
    /// Its own order names exactly this customer.
    Own,
    /// The customer it names became this one at that number of their change feed.
    Since(i64),
    /// It joins with what is being written.
    Now,
}

impl Workspace {
    /// Whom a purchase belongs to: a link, else the customer that its order names (`claim` is a newer one), unless it
    /// was unlinked from that customer, by whatever name.
    pub(crate) fn named(&self, id: PurchaseId, claim: Option<Person>) -> Option<Named> {
        let claim = claim.or_else(|| self.objects.get(&id.into()).and_then(|object| object.claim));
        let by_order = claim.map(|person| Named { person, by_link: false });
        match self.links.get(&id.into()) {
            None | Some(Link { person: None, linked: false, .. }) => by_order,
            Some(Link { person: None, .. }) => None,
            Some(Link { person: Some(person), linked: true, .. }) => {
                Some(Named { person: *person, by_link: true })
            }
            Some(Link { person: Some(person), .. }) => {
                by_order.filter(|named| self.home_of(named.person) != self.home_of(*person))
            }
        }
    }

    fn home_of(&self, person: Person) -> Person {
        self.people.get(&person).map_or(person, |identity| identity.home)
    }

    /// Works out anew whose all purchases in hand are.
    pub(crate) fn place_all(&mut self, now: DateTime<Utc>) {
        let here: Vec<PurchaseId> = self.slots.keys().copied().filter(|id| self.has_come(*id)).collect();
        for id in here {
            if let Some(slot) = self.slots.get_mut(&id) {
                slot.unplaced = true;
            }
        }
        self.place(now);
    }

    /// Who those were taken for by whose names purchases were placed, and whom new claims and statements name; but for
    /// objects of `others`.
    pub(crate) fn expected(&self, others: &HashSet<ObjectId>) -> HashMap<Person, Identity> {
        let placed = self.slots.iter().filter(|(id, _)| !others.contains(&ObjectId::from(**id)));
        let named = placed.filter_map(|(_, slot)| slot.named);
        let relied_on =
            self.relied_on.iter().filter(|(id, _)| !others.contains(id)).map(|(_, person)| *person);
        named.chain(relied_on).filter_map(|person| Some((person, *self.people.get(&person)?))).collect()
    }

    /// Works out anew whose purchases are, where that may have changed.
    pub(crate) fn place(&mut self, now: DateTime<Utc>) {
        let ids: Vec<PurchaseId> =
            self.slots.iter().filter(|(_, slot)| slot.unplaced).map(|(id, _)| *id).collect();
        for id in ids {
            let named = self.named(id, None).filter(|named| self.people.contains_key(&named.person));
            let identity = named.and_then(|named| self.people.get(&named.person)).copied();
            let target = identity.map(|identity| identity.home);
            let claim = self.objects.get(&id.into()).and_then(|object| object.claim);
            let joined = match (named, identity) {
                // Its own order names exactly this customer, whatever else is said.
                _ if claim.is_some() && claim == target => Joined::Own,
                (Some(named), Some(identity)) if !named.by_link => {
                    identity.home_since.map_or(Joined::Now, Joined::Since)
                }
                _ => Joined::Now,
            };
            let Some(slot) = self.slots.get_mut(&id) else { continue };
            let (was, had_joined) = match &slot.found {
                Some(Found::Linked(person, _, was)) => (Some(*person), was.joined_seq.is_some()),
                Some(Found::Unlinked) | None => (None, false),
            };
            let is_moved = was != target;
            let is_other = target.is_some() && was == target && had_joined != (joined != Joined::Own);
            if is_moved && (was.is_some() || slot.was_guest) {
                slot.change = Change::Linked;
            }
            if (is_moved || is_other) && !slot.touched {
                slot.purchase.touch(now);
                slot.touched = true;
            }
            slot.person = target;
            slot.named = identity.map(|identity| identity.person);
            slot.joined = if was.is_some() && was == target && !is_other { Joined::AsBefore } else { joined };
        }
    }
}
