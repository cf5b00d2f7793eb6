//! Quarantine is bounded: whoever sends what cannot be read must not fill the database.

use std::time::{Duration, Instant};

use counterfoil_store::{Store, quarantine};

/// For so long a count is believed, with what this process added to it.
const COUNT_EVERY: Duration = Duration::from_secs(10);

/// How many messages may be in quarantine, and how many there are.
#[derive(Debug)]
pub(crate) struct QuarantineBound {
    most: i64,
    counted: Option<(Instant, i64)>,
}

impl QuarantineBound {
    pub(crate) fn new(most: i64) -> Self {
        Self { most, counted: None }
    }

    /// Whether there are too many now that `more` were added.
    pub(crate) fn is_exceeded(&mut self, store: &Store, more: usize) -> bool {
        let more = i64::try_from(more).unwrap_or(i64::MAX);
        if let Some((at, count)) = &mut self.counted
            && at.elapsed() < COUNT_EVERY
        {
            *count = count.saturating_add(more);
            if *count <= self.most {
                return false;
            }
        }
        match store.read_blocking(quarantine::count) {
            Ok(count) => {
                self.counted = Some((Instant::now(), count));
                count > self.most
            }
            Err(error) => {
                tracing::warn!(%error, "quarantine could not be counted");
                false
            }
        }
    }
}
