//! A purchase: one receipt or order as it now stands, with what came back.

mod effects;
mod order;
mod project;
mod read;
mod render;
mod returning;
mod sections;
mod state;

pub(crate) use order::{Facts, Part, Parts, Sums};
pub(crate) use returning::{Allocation, AllocationTarget, Fee, Origin, RefundTax, ReturnLine};

pub use order::Order;
pub use project::{Shows, project};
pub use render::{Columns, Rendered};
pub use returning::{Refund, Return};
pub use sections::{Corrupt, Section, Sections, SectionsRef};
pub use state::Purchase;
