//! What time does: consents expire, requests and waiting items lapse, exchanges become overdue, customers are reminded.

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Consents whose time was over.
    pub expired: u32,
    /// Customers who were told that a consent still stands.
    pub reminded: u32,
    /// Requests that nobody answered.
    pub lapsed: u32,
    /// Items that waited for a yes that did not come.
    pub unconfirmed: u32,
    /// Exchanges that are overdue.
    pub overdue: u32,
    /// Keys that were destroyed because a process died right after somebody went dark.
    pub keys: u32,
}
