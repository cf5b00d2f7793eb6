//! The purchases that a batch touches, in memory: events are applied here, one after the other, and what came of them
//! is written afterwards.

use std::collections::BTreeMap;
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::{ObjectId, Person, PurchaseId};
use counterfoil_domain::purchase::{Purchase, Refund};
use counterfoil_domain::stream::{Body, Event, EventOrder, OrderKind, Verdict, verdict};
use counterfoil_store::keys::Keys;
use counterfoil_store::objects::{Kind, Latest, Object};

/// What an event is about. What it carries goes into a purchase by value; it is read again from the message for the
/// few that must be settled twice.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    /// Index of its message in the batch.
    pub(crate) message: usize,
    /// The namespace of its source.
    pub(crate) namespace: String,
    /// Its place among the events of its object.
    pub(crate) event_order: EventOrder,
    /// Digest of its content.
    pub(crate) digest: [u8; 32],
    /// The customer and the order by name, for blind indexes should it be refused.
    pub(crate) names: (Option<String>, Option<String>),
    kind: Kind,
    /// The order, return or refund itself.
    pub(crate) own: ObjectId,
    /// The order that a return or refund names.
    pub(crate) order: Option<ObjectId>,
    /// The return that a refund without an order names.
    pub(crate) via: Option<ObjectId>,
    /// The customer it names.
    pub(crate) person: Option<Person>,
}

impl Subject {
    /// Works out the locators of an event, and takes what it carries out of it.
    pub(crate) fn new(message: usize, event: Event, person: Option<Person>, keys: &Keys) -> (Self, Body) {
        let locate = |kind: &str, id: &str| keys.object_id(&event.namespace, kind, id);
        let own = locate(event.body.kind(), event.body.id());
        let order = match &event.body {
            Body::Order(_) => None,
            Body::Return(_) | Body::Refund(_) => event.body.order_id().map(|id| locate("order", id)),
        };
        let via = match &event.body {
            Body::Refund(refund) if order.is_none() => refund.return_id().map(|id| locate("return", id)),
            _ => None,
        };
        let kind = match &event.body {
            Body::Order(_) => Kind::Order,
            Body::Return(_) => Kind::Return,
            Body::Refund(_) => Kind::Refund,
        };
        let names = (event.customer_id, event.body.order_id().map(str::to_owned));
        let (event_order, digest, namespace) = (event.order, event.digest, event.namespace);
        (Self { message, namespace, event_order, digest, names, kind, own, order, via, person }, event.body)
    }

    /// Every object it names, its own first.
    pub(crate) fn objects(&self) -> impl Iterator<Item = (ObjectId, Kind)> {
        [(Some(self.own), self.kind), (self.order, Kind::Order), (self.via, Kind::Return)]
            .into_iter()
            .filter_map(|(id, kind)| Some((id?, kind)))
    }
}

/// What became of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Applied {
    Stored,
    Duplicate,
    Stale,
    /// Goes to quarantine for this reason.
    Refused(&'static str),
}

/// Where a purchase was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Linked(Person, DateTime<Utc>),
    Unlinked,
}

/// A purchase in hand.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) purchase: Purchase,
    pub(crate) person: Option<Person>,
    pub(crate) found: Option<Found>,
    pub(crate) touched: bool,
    /// A part went to another purchase: whoever could see it here may not any more.
    pub(crate) lessened: bool,
}

/// The objects and purchases in hand.
#[derive(Debug, Default, Clone)]
pub(crate) struct Workspace {
    pub(crate) objects: HashMap<ObjectId, Object>,
    pub(crate) slots: BTreeMap<PurchaseId, Slot>,
    /// Objects that change but are not in hand. While there are any, nothing here may be written.
    pub(crate) missing: Vec<Object>,
}

impl Workspace {
    /// Puts in hand a purchase that was read from the database.
    pub(crate) fn found(&mut self, id: PurchaseId, purchase: Purchase, person: Option<Person>, found: Found) {
        self.slots.insert(id, Slot { purchase, person, found: Some(found), touched: false, lessened: false });
    }

    /// Applies an event.
    pub(crate) fn apply(
        &mut self,
        subject: &Subject,
        body: Body,
        keys: &Keys,
        now: DateTime<Utc>,
    ) -> Applied {
        for (id, kind) in subject.objects() {
            self.objects.entry(id).or_insert_with(|| Object::awaited(id, kind));
        }
        let incoming = (subject.event_order, subject.digest);
        let before = self.objects.get(&subject.own).cloned();
        if let Some(latest) = before.as_ref().and_then(|object| object.latest) {
            let Some(order) = event_order(latest) else { return Applied::Refused("order_kind_mixed") };
            match verdict((order, latest.digest), incoming) {
                Verdict::Newer => {}
                Verdict::Duplicate => return Applied::Duplicate,
                Verdict::Stale => return Applied::Stale,
                other => return Applied::Refused(other.reason().unwrap_or("revision_conflict")),
            }
        }
        let home = self.home(subject);
        // Where it was, or where others waited for it.
        let from = before.as_ref().map_or(subject.own.into(), |object| object.purchase_id);
        if from != home && before.is_some_and(|object| object.latest.is_some()) {
            self.take_out(from, &body, now);
        }
        let moved = match &body {
            Body::Return(part) if from != home => Some(part.id().to_owned()),
            _ => None,
        };
        self.put_in(home, subject, body, now);
        if let Some(object) = self.objects.get_mut(&subject.own) {
            object.purchase_id = home;
            object.latest = Some(latest_of(subject.event_order, subject.digest));
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
        subject.order.map(PurchaseId::from).or_else(via).unwrap_or_else(|| subject.own.into())
    }

    fn slot(&mut self, id: PurchaseId, now: DateTime<Utc>) -> &mut Slot {
        let slot = self.slots.entry(id).or_insert_with(|| Slot {
            purchase: Purchase::empty(now),
            person: None,
            found: None,
            touched: false,
            lessened: false,
        });
        slot.touched = true;
        slot
    }

    fn put_in(&mut self, home: PurchaseId, subject: &Subject, body: Body, now: DateTime<Utc>) {
        let is_own = home == subject.own.into();
        let slot = self.slot(home, now);
        match body {
            Body::Order(order) => slot.purchase.put_order(order, now),
            Body::Return(part) => slot.purchase.put_return(part, now),
            Body::Refund(part) => slot.purchase.put_refund(part, now),
        }
        // Only the event that is the purchase itself says whose it is; saying nothing never unlinks.
        if is_own && subject.person.is_some() {
            slot.person = subject.person;
        }
    }

    fn take_out(&mut self, from: PurchaseId, body: &Body, now: DateTime<Utc>) {
        let slot = self.slot(from, now);
        slot.lessened = true;
        match body {
            Body::Order(_) => {}
            Body::Return(part) => drop(slot.purchase.take_return(part.id(), now)),
            Body::Refund(part) => drop(slot.purchase.take_refund(part.id(), now)),
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

    /// Whether the object whose purchase this is has come itself; else the purchase only waits for it.
    pub(crate) fn has_come(&self, id: PurchaseId) -> bool {
        self.objects.get(&id.into()).is_some_and(|object| object.latest.is_some())
    }
}

fn event_order(latest: Latest) -> Option<EventOrder> {
    let kind = match latest.order_kind {
        0 => OrderKind::Revision,
        1 => OrderKind::RevisedAt,
        2 => OrderKind::Time,
        _ => return None,
    };
    Some(EventOrder { kind, value: latest.order_value })
}

/// The stored number of a kind of order.
pub(crate) fn kind_code(kind: OrderKind) -> i32 {
    match kind {
        OrderKind::Revision => 0,
        OrderKind::RevisedAt => 1,
        OrderKind::Time => 2,
    }
}

fn latest_of(order: EventOrder, digest: [u8; 32]) -> Latest {
    Latest { order_kind: kind_code(order.kind), order_value: order.value, digest }
}
