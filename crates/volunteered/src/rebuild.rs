//! Whether what the tables say is what the headers of the entries alone say.

use counterfoil_domain::ids::RecordId;

/// A record of which a table and the ledger say different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: &'static str,
    /// The record.
    pub record: RecordId,
    /// What the table says.
    pub stored: String,
    /// What the headers say.
    pub rebuilt: String,
}
