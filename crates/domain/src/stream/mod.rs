//! The order stream: from one message to one event.
//!
//! [`decode`] is pure and total: a message becomes an event or an act (an event about who is who), is skipped (a type that is not ours), is a tombstone (no
//! value), or is rejected with a stable reason and the JSON pointer of the field. Every rule of an order is checked in
//! the same pass that renders its parts in their canonical form, so that an order that is new need not be parsed again.

mod charges;
mod envelope;
mod event;
mod extras;
mod identity;
mod line;
mod order;
mod payment;
mod rejection;
mod removal;
mod returning;
mod sequence;
mod sources;
mod values;

pub(crate) use order::{CHANNELS, PAYMENTS, STATUSES};
pub(crate) use returning::{RefundData, ReturnData, read_refund, read_return};
pub(crate) use sequence::DataOrder;

pub use envelope::{Message, decode};
pub use event::{Body, Decoded, Event};
pub use identity::{Act, Alias, Identity};
pub use rejection::Rejection;
pub use removal::{Removal, RemovalReason};
pub use sequence::{EventOrder, OrderKind, Verdict, verdict};
pub use sources::{Seller, Source, Sources};
