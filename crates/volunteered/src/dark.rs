//! Going dark and starting again.

use chrono::{DateTime, Utc};

/// That a customer has gone dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dark {
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when they are asked nothing.
    pub quiet_until: DateTime<Utc>,
}

/// What going dark did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoneDark {
    /// When it took effect.
    pub at: DateTime<Utc>,
    /// Consents that were closed.
    pub closed: u32,
    /// Values that are gone.
    pub deleted: u32,
    /// Systems that had fetched something and are told.
    pub systems: u32,
}
