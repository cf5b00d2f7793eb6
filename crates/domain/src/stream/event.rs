//! One event of the order stream, checked and in its canonical form.

use sha2::{Digest, Sha256};

use crate::purchase::{Order, Refund, Return};

use super::{Act, DataOrder, EventOrder, Removal};

/// The data of an event, before its envelope is known whole.
pub(super) struct Content {
    pub(super) body: Body,
    pub(super) customer_id: Option<String>,
    pub(super) sequence: DataOrder,
    pub(super) digest: [u8; 32],
}

/// SHA-256 of texts, each after its length, so that no two lists of texts are one.
pub(super) fn digest<'t>(texts: impl IntoIterator<Item = &'t str>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(text);
    }
    hasher.finalize().into()
}

/// What one message is.
#[derive(Clone, Debug)]
pub enum Decoded {
    /// An event about an order, a return or a refund.
    Event(Box<Event>),
    /// An event about who is who.
    Act(Box<Act>),
    /// An event of a type that is not ours: counted.
    Skipped,
    /// A message without a value: counted.
    Tombstone,
}

/// An event, checked against every rule that needs nothing but itself.
#[derive(Clone, Debug)]
pub struct Event {
    /// The `id` of the `CloudEvent`.
    pub event_id: String,
    /// Its `source`.
    pub source: String,
    /// The namespace of that source.
    pub namespace: String,
    /// The customer it names, if any.
    pub customer_id: Option<String>,
    /// The scheme of that customer's name: that of its source.
    pub customer_scheme: String,
    /// Its place among the events of the same object.
    pub order: EventOrder,
    /// SHA-256 of the canonical content: the same content gives the same digest whatever the order of keys, the
    /// spelling of numbers, unknown members, the event's id and time.
    pub digest: [u8; 32],
    /// What it carries.
    pub body: Body,
}

/// What an event carries.
#[derive(Clone, Debug)]
pub enum Body {
    /// `order.recorded.v1`.
    Order(Order),
    /// `return.recorded.v1`.
    Return(Return),
    /// `refund.recorded.v1`.
    Refund(Refund),
    /// `order.removed.v1`.
    Removal(Removal),
}

impl Body {
    /// Notes from which event it comes.
    pub(super) fn set_origin(&mut self, source: &str, event_id: &str, order: EventOrder) {
        match self {
            Self::Order(part) => part.set_origin(source, event_id, order),
            Self::Return(part) => part.set_origin(source, event_id),
            Self::Refund(part) => part.set_origin(source, event_id),
            Self::Removal(_) => {}
        }
    }

    /// The kind of object, as identities name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Order(_) | Self::Removal(_) => "order",
            Self::Return(_) => "return",
            Self::Refund(_) => "refund",
        }
    }

    /// The id of the object itself: of the order, the return or the refund.
    pub fn id(&self) -> &str {
        match self {
            Self::Order(order) => order.id(),
            Self::Return(part) => part.id(),
            Self::Refund(part) => part.id(),
            Self::Removal(removal) => removal.id(),
        }
    }

    /// The order that it is, removes or belongs to; `None` for a return or refund without receipt.
    pub fn order_id(&self) -> Option<&str> {
        match self {
            Self::Order(order) => Some(order.id()),
            Self::Return(part) => part.order_id(),
            Self::Refund(part) => part.order_id(),
            Self::Removal(removal) => Some(removal.id()),
        }
    }

    /// The return that it is, or that a refund pays for.
    pub fn return_id(&self) -> Option<&str> {
        match self {
            Self::Order(_) | Self::Removal(_) => None,
            Self::Return(part) => Some(part.id()),
            Self::Refund(part) => part.return_id(),
        }
    }

    /// The refund that it is.
    pub fn refund_id(&self) -> Option<&str> {
        match self {
            Self::Refund(part) => Some(part.id()),
            Self::Order(_) | Self::Return(_) | Self::Removal(_) => None,
        }
    }
}
