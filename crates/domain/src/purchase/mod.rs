//! A purchase: one receipt or order as it now stands, with what came back.
//!
//! What counts, where the order stream leaves it open:
//! - a refund counts as `refunded` while it is `pending` or `settled`, not when it has `failed`;
//! - lines count as returned once their return is `received` or `completed`;
//! - the return of who received a purchase as a gift, and a refund that pays for it, is kept but never served, and
//!   counts nowhere;
//! - `difference` and `tenderDifference` are `grandTotal` less what the parts, and what was tendered, add up to. Tenders
//!   are checked only where the source sends a list of them, all in the order's currency, and the order is paid;
//! - without a list of its own taxes, an order's taxes are those of its lines and charges;
//! - a purchase without an order has the status `returned`, the channel `other`, no lines, a total of nothing, the time
//!   of the first of its parts, and the currency of its first refund, else the one configured for the source of its
//!   first return (`XXX` where none is).

mod effects;
mod order;
mod partial;
mod project;
mod read;
mod reduced;
mod render;
mod returning;
mod sections;
mod state;
mod stored;
mod totals;
mod veil;

pub(crate) use order::{Facts, Marks, Part, Parts, Sums};
pub(crate) use partial::Partial;
pub(crate) use returning::{Allocation, AllocationTarget, Fee, Origin, RefundTax, ReturnLine};
pub(crate) use stored::{Head, LineText, amount, currency_of, lines};

pub use order::Order;
pub use project::{Shows, project};
pub use render::{Columns, Rendered};
pub use returning::{Refund, Return};
pub use sections::{Corrupt, Section, Sections, SectionsRef};
pub use state::Purchase;
pub use veil::{Veil, View};
