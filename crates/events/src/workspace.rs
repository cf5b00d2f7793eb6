//! The purchases that a batch touches, in memory: events are applied here, one after the other, and what came of them
//! is written afterwards.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::{ObjectId, Person, PurchaseId};
use counterfoil_domain::purchase::{Purchase, Refund};
use counterfoil_domain::stream::{Body, Removal, RemovalReason};
use counterfoil_store::keys::Keys;
use counterfoil_store::links::Link;
use counterfoil_store::objects::{Kind, Mark, Object};
use counterfoil_store::people::Identity;
use counterfoil_store::purchases::Stored;
use counterfoil_store::tombstones::Parting;

use crate::placing::Joined;
use crate::subject::{Applied, Carried, Subject, What, against};

/// Where a purchase was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    Linked(Person, DateTime<Utc>, Was),
    Unlinked,
}

/// How a purchase lay in its customer's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Was {
    pub(crate) change_seq: i64,
    pub(crate) local_date: chrono::NaiveDate,
    pub(crate) shared: bool,
    pub(crate) shown_seq: i64,
    pub(crate) joined_seq: Option<i64>,
    pub(crate) hidden: bool,
    /// The shop, as a keyed hash: an act that only moves a purchase does not know the namespace.
    pub(crate) store_index: Option<[u8; 16]>,
}

impl From<&Stored> for Was {
    fn from(stored: &Stored) -> Self {
        Self {
            change_seq: stored.change_seq,
            local_date: stored.local_date,
            shared: stored.shared,
            shown_seq: stored.shown_seq,
            joined_seq: stored.joined_seq,
            hidden: stored.hidden,
            store_index: stored.store_index.as_deref().and_then(|index| index.try_into().ok()),
        }
    }
}

/// What the latest change of a purchase was, as the change feed tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Recorded,
    Returned,
    Refunded,
    Linked,
}

impl Change {
    pub(crate) fn code(self) -> i32 {
        match self {
            Self::Recorded => 0,
            Self::Returned => 1,
            Self::Refunded => 2,
            Self::Linked => 3,
        }
    }
}

/// A purchase in hand.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one fact of its own; there is no state machine in them"
)]
pub(crate) struct Slot {
    pub(crate) purchase: Purchase,
    /// Whose it is to be.
    pub(crate) person: Option<Person>,
    /// By whose name it was placed with them, if it was placed anew.
    pub(crate) named: Option<Person>,
    /// For what reason it is theirs.
    pub(crate) joined: Joined,
    pub(crate) found: Option<Found>,
    /// It is written again.
    pub(crate) touched: bool,
    /// Whose it is must be worked out again.
    pub(crate) unplaced: bool,
    /// A part went to another purchase: whoever could see it here may not any more.
    pub(crate) lessened: bool,
    /// Its order names another customer than before.
    pub(crate) reclaimed: bool,
    /// It was there and nobody's.
    pub(crate) was_guest: bool,
    pub(crate) change: Change,
    /// What a reader is told when it is not there any more.
    pub(crate) parting: Parting,
}

impl Slot {
    fn new(purchase: Purchase, person: Option<Person>, found: Option<Found>) -> Self {
        Self {
            purchase,
            person,
            named: None,
            joined: Joined::AsBefore,
            found,
            touched: false,
            unplaced: false,
            lessened: false,
            reclaimed: false,
            was_guest: false,
            change: Change::Recorded,
            parting: Parting::Unlinked,
        }
    }
}

/// The objects and purchases in hand.
#[derive(Debug, Default, Clone)]
pub(crate) struct Workspace {
    pub(crate) objects: HashMap<ObjectId, Object>,
    pub(crate) slots: BTreeMap<PurchaseId, Slot>,
    pub(crate) links: HashMap<ObjectId, Link>,
    /// Whose statement is new here, and is to be written.
    pub(crate) linked: HashSet<ObjectId>,
    /// Everybody whose home must be known, as far as they are there.
    pub(crate) people: HashMap<Person, Identity>,
    /// Whom a new claim or statement about an object names: they must be whom they were taken for, also where it does
    /// not decide now whose a purchase is.
    pub(crate) relied_on: Vec<(ObjectId, Person)>,
    /// Objects that change but are not in hand. While there are any, nothing here may be written.
    pub(crate) missing: Vec<Object>,
}

impl Workspace {
    /// Puts in hand a purchase that was read from the database.
    pub(crate) fn found(&mut self, id: PurchaseId, purchase: Purchase, found: Found) {
        let person = match &found {
            Found::Linked(person, ..) => Some(*person),
            Found::Unlinked => None,
        };
        let was_guest = found == Found::Unlinked && self.has_come(id);
        self.slots.insert(id, Slot { was_guest, ..Slot::new(purchase, person, Some(found)) });
    }

    /// Applies an event.
    pub(crate) fn apply(
        &mut self,
        subject: &Subject,
        carried: Carried,
        keys: &Keys,
        now: DateTime<Utc>,
    ) -> Applied {
        for (id, kind) in subject.objects() {
            self.objects.entry(id).or_insert_with(|| Object::awaited(id, kind));
        }
        if let Some(who) = subject.who {
            self.people.insert(who.person, who);
        }
        match (carried, subject.what) {
            (Carried::Link, What::Link(linked)) => self.link(subject, linked, now),
            (Carried::Link, _) => Applied::Refused("revision_conflict"),
            (Carried::Body(body), _) => self.body(subject, *body, keys, now),
        }
    }

    fn body(&mut self, subject: &Subject, body: Body, keys: &Keys, now: DateTime<Utc>) -> Applied {
        let before = self.objects.get(&subject.own).cloned();
        if let Some(latest) = before.as_ref().and_then(|object| object.latest)
            && let Some(settled) = against(latest, subject.event_order, subject.digest)
        {
            if settled == Applied::Stale && subject.is_by_itself() {
                self.late_claim(subject, now);
            }
            let is_erased = before.and_then(|object| object.mark).is_some_and(Mark::is_erased);
            // Of what was erased no digest is left to compare with.
            return if is_erased && settled != Applied::Stale { Applied::Suppressed } else { settled };
        }
        let home = self.home(subject);
        let stood = before.as_ref().is_some_and(|object| object.latest.is_some());
        // Where it was, or where others waited for it.
        let from = before.as_ref().map_or(subject.own_purchase(), |object| object.purchase_id);
        if from != home && stood {
            self.take_out(from, &body, now);
        }
        if let Some(object) = self.objects.get_mut(&subject.own) {
            object.purchase_id = home;
            object.latest = Some(subject.latest());
        }
        if let Body::Removal(removal) = &body {
            self.remove(home, removal, now);
            return Applied::Stored;
        }
        if self.is_dropped(home, subject) {
            if home == subject.own_purchase() {
                self.erase(home, now);
            }
            return Applied::Suppressed;
        }
        let moved = match &body {
            Body::Return(part) if from != home => Some(part.id().to_owned()),
            _ => None,
        };
        self.put_in(home, subject, body, now);
        if home == subject.own_purchase() {
            self.claim(subject);
        }
        if let Some(return_id) = moved {
            let locate = |refund: &str| keys.object_id(&subject.namespace, "refund", refund);
            self.follow(&return_id, from, home, locate, now);
        }
        Applied::Stored
    }

    /// The purchase an event belongs to: its order's; a refund without one joins that of its return; else its own.
    fn home(&self, subject: &Subject) -> PurchaseId {
        let via = || {
            let id = subject.via?;
            Some(self.objects.get(&id).map_or(id.into(), |object| object.purchase_id))
        };
        subject.order.map(PurchaseId::from).or_else(via).unwrap_or_else(|| subject.own_purchase())
    }

    /// Whether what an event brings is about a customer before they were erased, or belongs to what was erased.
    fn is_dropped(&self, home: PurchaseId, subject: &Subject) -> bool {
        let mark = self.objects.get(&home.into()).and_then(|object| object.mark);
        let is_erased = mark.is_some_and(Mark::is_erased);
        if mark == Some(Mark::Forgotten) {
            return true;
        }
        if home != subject.own_purchase() {
            return is_erased || mark == Some(Mark::Dropped);
        }
        match self.named(home, subject.who.map(|who| who.person)) {
            Some(named) => {
                let not_before = self.people.get(&named.person).and_then(|identity| identity.not_before);
                let is_before = not_before.is_some_and(|erased| subject.at.is_none_or(|at| at < erased));
                // What was erased comes back only under somebody's name.
                is_before || (is_erased && subject.who.is_none())
            }
            None => is_erased,
        }
    }

    pub(crate) fn slot(&mut self, id: PurchaseId, now: DateTime<Utc>) -> &mut Slot {
        let revision = self.objects.get(&id.into()).and_then(|object| object.revision);
        let slot = self.slots.entry(id).or_insert_with(|| {
            let mut purchase = Purchase::empty(now);
            if let Some(revision) = revision {
                purchase.continue_after(revision);
            }
            Slot::new(purchase, None, None)
        });
        slot.touched = true;
        slot
    }

    fn put_in(&mut self, home: PurchaseId, subject: &Subject, body: Body, now: DateTime<Utc>) {
        let is_own = home == subject.own_purchase();
        let slot = self.slot(home, now);
        match body {
            Body::Order(order) => {
                slot.purchase.put_order(order, now);
                slot.change = Change::Recorded;
            }
            Body::Return(part) => {
                slot.purchase.put_return(part, now);
                slot.change = Change::Returned;
            }
            Body::Refund(part) => {
                slot.purchase.put_refund(part, now);
                slot.change = Change::Refunded;
            }
            Body::Removal(_) => {}
        }
        if is_own && let Some(object) = self.objects.get_mut(&home.into()) {
            let is_back = object.mark.take().is_some();
            let is_nobodys = self.slots.get(&home).is_some_and(|slot| slot.person.is_none());
            if is_back || is_nobodys || subject.who.is_some() {
                self.unplace(home);
            }
        }
    }

    fn unplace(&mut self, id: PurchaseId) {
        if let Some(slot) = self.slots.get_mut(&id) {
            slot.unplaced = true;
        }
    }

    /// Only the event that is the purchase itself says whose it is; saying nothing never unlinks.
    fn claim(&mut self, subject: &Subject) {
        let (Some(who), Some(object)) = (subject.who, self.objects.get_mut(&subject.own)) else { return };
        let is_another = object.claim.is_some_and(|before| before != who.person);
        object.claim = Some(who.person);
        object.claim_value = Some(subject.event_order.value);
        self.relied_on.push((subject.own, who.person));
        if is_another && let Some(slot) = self.slots.get_mut(&subject.own_purchase()) {
            slot.reclaimed = true;
        }
    }

    /// An older event of a purchase may be the newest that names a customer: whose it is does not depend on which of
    /// the two came first.
    fn late_claim(&mut self, subject: &Subject, now: DateTime<Utc>) {
        let (Some(_), Some(object)) = (subject.who, self.objects.get(&subject.own)) else { return };
        let is_newer = object.claim_value.is_none_or(|value| value < subject.event_order.value);
        if !is_newer || object.mark.is_some_and(Mark::is_erased) {
            return;
        }
        let is_own = object.purchase_id == subject.own_purchase();
        self.claim(subject);
        if is_own && self.has_come(subject.own_purchase()) {
            let id = subject.own_purchase();
            let at = self.slots.get(&id).and_then(|slot| slot.purchase.placed_at());
            if self.is_dropped(id, &Subject { at, ..subject.clone() }) {
                self.erase(id, now);
            } else {
                self.unplace(id);
            }
        }
    }

    fn link(&mut self, subject: &Subject, linked: bool, now: DateTime<Utc>) -> Applied {
        let Some(who) = subject.who else { return Applied::Refused("revision_conflict") };
        let id = subject.own_purchase();
        let stands = self.links.get(&subject.own);
        let settled = stands.and_then(|link| against(link.latest, subject.event_order, subject.digest));
        let is_of_nobody = stands.is_some_and(|link| link.person.is_none());
        if who.not_before.is_some_and(|erased| subject.at.is_none_or(|at| at < erased)) {
            // It says nothing, and takes its place: what was said before it does not stand again.
            if settled.is_none() {
                self.links.insert(subject.own, Link::of_nobody(linked, subject.latest()));
                self.linked.insert(subject.own);
                self.unplace(id);
            }
            return Applied::Suppressed;
        }
        if let Some(settled) = settled {
            // Of what an erased customer was named in no digest is left to compare with.
            return if is_of_nobody && settled != Applied::Stale { Applied::Suppressed } else { settled };
        }
        self.links.insert(subject.own, Link { person: Some(who.person), linked, latest: subject.latest() });
        self.linked.insert(subject.own);
        self.relied_on.push((subject.own, who.person));
        if self.has_come(id) {
            let at = self.slots.get(&id).and_then(|slot| slot.purchase.placed_at());
            if linked && who.not_before.is_some_and(|erased| at.is_none_or(|at| at < erased)) {
                self.erase(id, now);
                return Applied::Suppressed;
            }
            self.unplace(id);
        }
        Applied::Stored
    }

    fn remove(&mut self, id: PurchaseId, removal: &Removal, now: DateTime<Utc>) {
        let is_erased = removal.reason == RemovalReason::Erased;
        let mark = self.objects.get(&id.into()).and_then(|object| object.mark);
        if mark.is_some_and(Mark::is_erased) {
            return;
        }
        let slot = self.slot(id, now);
        slot.parting = Parting::Erased;
        if is_erased {
            slot.purchase.clear(now);
        } else {
            slot.purchase.take_order(now);
        }
        if let Some(object) = self.objects.get_mut(&id.into()) {
            object.mark = Some(if is_erased { Mark::Dropped } else { Mark::Removed });
        }
    }

    /// Drops a purchase with all that belongs to it.
    pub(crate) fn erase(&mut self, id: PurchaseId, now: DateTime<Utc>) {
        let slot = self.slot(id, now);
        slot.purchase.clear(now);
        slot.parting = Parting::Erased;
        slot.unplaced = false;
        if let Some(object) = self.objects.get_mut(&id.into()) {
            if object.mark != Some(Mark::Forgotten) {
                object.mark = Some(Mark::Erased);
            }
            object.claim = None;
            object.claim_value = None;
            if let Some(latest) = &mut object.latest {
                // Whether something has the digest of what was erased is nobody's business any more.
                latest.digest = [0; 32];
            }
        }
    }

    /// Drops a purchase, whether or not it has come, and for good.
    pub(crate) fn forget(&mut self, id: PurchaseId, now: DateTime<Utc>) {
        self.erase(id, now);
        if let Some(object) = self.objects.get_mut(&id.into()) {
            object.mark = Some(Mark::Forgotten);
        }
    }

    fn take_out(&mut self, from: PurchaseId, body: &Body, now: DateTime<Utc>) {
        let slot = self.slot(from, now);
        slot.lessened = true;
        match body {
            Body::Order(_) | Body::Removal(_) => {}
            Body::Return(part) => {
                slot.change = Change::Returned;
                drop(slot.purchase.take_return(part.id(), now));
            }
            Body::Refund(part) => {
                slot.change = Change::Refunded;
                drop(slot.purchase.take_refund(part.id(), now));
            }
        }
    }

    /// Refunds that name a return and no order are where their return is, and go where it goes.
    fn follow(
        &mut self,
        return_id: &str,
        from: PurchaseId,
        to: PurchaseId,
        locate: impl Fn(&str) -> ObjectId,
        now: DateTime<Utc>,
    ) {
        let Some(slot) = self.slots.get_mut(&from) else { return };
        let mut all = slot.purchase.clone();
        let ids: Vec<String> =
            all.parts().filter(|(kind, _)| *kind == "refund").map(|(_, id)| id.to_owned()).collect();
        let follows = |refund: &Refund| refund.order_id().is_none() && refund.return_id() == Some(return_id);
        let following: Vec<Refund> =
            ids.iter().filter_map(|id| all.take_refund(id, now)).filter(|refund| follows(refund)).collect();
        for refund in following {
            let object = locate(refund.id());
            match self.objects.get_mut(&object) {
                Some(object) => object.purchase_id = to,
                None => self.missing.push(Object::awaited(object, Kind::Refund)),
            }
            let left = self.slot(from, now).purchase.take_refund(refund.id(), now);
            if left.is_some() {
                self.slot(to, now).purchase.put_refund(refund, now);
            }
        }
    }

    /// Whether the object whose purchase this is has come itself and is there; else the purchase only waits for it.
    pub(crate) fn has_come(&self, id: PurchaseId) -> bool {
        self.objects.get(&id.into()).is_some_and(|object| object.latest.is_some() && object.mark.is_none())
    }
}
