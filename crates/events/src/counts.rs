//! What became of messages, in numbers.

use std::ops::AddAssign;

use serde::Serialize;

/// Counts of a batch or a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Messages read.
    pub read: u64,
    /// Events that changed something.
    pub stored: u64,
    /// Events that were there already, with the same content.
    pub duplicates: u64,
    /// Events older than what stands.
    pub stale: u64,
    /// Events about customers before they were erased, which were dropped.
    pub suppressed: u64,
    /// Messages put into quarantine.
    pub quarantined: u64,
    /// Events of other types.
    pub skipped: u64,
    /// Messages without a value.
    pub tombstones: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.read += other.read;
        self.stored += other.stored;
        self.duplicates += other.duplicates;
        self.stale += other.stale;
        self.suppressed += other.suppressed;
        self.quarantined += other.quarantined;
        self.skipped += other.skipped;
        self.tombstones += other.tombstones;
    }
}
