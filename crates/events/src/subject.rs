//! What an event of the stream is about, and what can become of it.

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::{ObjectId, Person, PurchaseId};
use counterfoil_domain::stream::{Act, Body, Event, EventOrder, Identity as Content, OrderKind};
use counterfoil_store::keys::Keys;
use counterfoil_store::objects::{Kind, Latest};
use counterfoil_store::people::Identity;

use crate::naming::Names;

/// What kind of statement an event makes about its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Order,
    Return,
    Refund,
    /// The order was removed.
    Removal,
    /// The order is, or is not, this customer's.
    Link(bool),
}

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
    pub(crate) names: Names,
    pub(crate) what: What,
    /// The order, return or refund itself.
    pub(crate) own: ObjectId,
    /// The order that a return or refund names.
    pub(crate) order: Option<ObjectId>,
    /// The return that a refund without an order names.
    pub(crate) via: Option<ObjectId>,
    /// The customer it names.
    pub(crate) who: Option<Identity>,
    /// When what it says happened; of a link, when that was said.
    pub(crate) at: Option<DateTime<Utc>>,
}

/// What an event brings with it.
#[derive(Debug, Clone)]
pub(crate) enum Carried {
    Body(Box<Body>),
    Link,
}

impl Subject {
    /// Works out the locators of an event, and takes what it carries out of it.
    pub(crate) fn new(message: usize, event: Event, who: Option<Identity>, keys: &Keys) -> (Self, Carried) {
        let locate = |kind: &str, id: &str| keys.object_id(&event.namespace, kind, id);
        let own = locate(event.body.kind(), event.body.id());
        let order = match &event.body {
            Body::Order(_) | Body::Removal(_) => None,
            Body::Return(_) | Body::Refund(_) => event.body.order_id().map(|id| locate("order", id)),
        };
        let via = match &event.body {
            Body::Refund(refund) if order.is_none() => refund.return_id().map(|id| locate("return", id)),
            _ => None,
        };
        let (what, at) = match &event.body {
            Body::Order(order) => (What::Order, Some(order.purchased_at())),
            Body::Return(part) => (What::Return, Some(part.returned_at())),
            Body::Refund(part) => (What::Refund, Some(part.issued_at())),
            Body::Removal(_) => (What::Removal, None),
        };
        let names = (event.customer_id, event.body.order_id().map(str::to_owned));
        let (event_order, digest, namespace) = (event.order, event.digest, event.namespace);
        let subject = Self { message, namespace, event_order, digest, names, what, own, order, via, who, at };
        (subject, Carried::Body(Box::new(event.body)))
    }

    /// What an event says of one order: that it is, or is not, a customer's.
    pub(crate) fn link(
        message: usize,
        act: &Act,
        order_id: &str,
        linked: bool,
        who: Option<Identity>,
        keys: &Keys,
    ) -> Self {
        let customer_id = match &act.content {
            Content::Linked { customer_id, .. } | Content::Unlinked { customer_id, .. } => {
                Some(customer_id.clone())
            }
            _ => None,
        };
        Self {
            message,
            namespace: act.namespace.clone(),
            event_order: act.order,
            digest: act.digest,
            names: (customer_id, Some(order_id.to_owned())),
            what: What::Link(linked),
            own: keys.object_id(&act.namespace, "order", order_id),
            order: None,
            via: None,
            who,
            at: act.at,
        }
    }

    /// Every object it names, its own first.
    pub(crate) fn objects(&self) -> impl Iterator<Item = (ObjectId, Kind)> {
        let kind = match self.what {
            What::Order | What::Removal | What::Link(_) => Kind::Order,
            What::Return => Kind::Return,
            What::Refund => Kind::Refund,
        };
        [(Some(self.own), kind), (self.order, Kind::Order), (self.via, Kind::Return)]
            .into_iter()
            .filter_map(|(id, kind)| Some((id?, kind)))
    }

    /// The purchase that this event itself is, whatever it is said to belong to.
    pub(crate) fn own_purchase(&self) -> PurchaseId {
        self.own.into()
    }

    /// Whether it says whose its object is: an order, or a return or refund without one.
    pub(crate) fn is_by_itself(&self) -> bool {
        self.what != What::Removal && self.order.is_none() && self.via.is_none()
    }

    /// The event as the one that stands.
    pub(crate) fn latest(&self) -> Latest {
        latest_of(self.event_order, self.digest)
    }
}

/// What became of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Applied {
    Duplicate,
    Stale,
    /// About a customer before they were erased.
    Suppressed,
    Stored,
    /// Goes to quarantine for this reason.
    Refused(&'static str),
}

pub(crate) fn event_order(latest: Latest) -> Option<EventOrder> {
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

pub(crate) fn latest_of(order: EventOrder, digest: [u8; 32]) -> Latest {
    Latest { order_kind: kind_code(order.kind), order_value: order.value, digest }
}

/// Compares an event with the one that stands; `None` when it is newer.
pub(crate) fn against(stands: Latest, order: EventOrder, digest: [u8; 32]) -> Option<Applied> {
    use counterfoil_domain::stream::{Verdict, verdict};
    let Some(current) = event_order(stands) else { return Some(Applied::Refused("order_kind_mixed")) };
    match verdict((current, stands.digest), (order, digest)) {
        Verdict::Newer => None,
        Verdict::Duplicate => Some(Applied::Duplicate),
        Verdict::Stale => Some(Applied::Stale),
        other => Some(Applied::Refused(other.reason().unwrap_or("revision_conflict"))),
    }
}

/// Who a purchase belongs to, as far as it is said: a person by their own name, not by whose history that is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) person: Person,
    /// By a link, not by the order itself.
    pub(crate) by_link: bool,
}
