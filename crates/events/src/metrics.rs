//! What ingest tells about itself.

use prometheus::{IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry};

use crate::counts::Counts;

/// The metrics of ingest.
#[derive(Debug, Clone)]
pub struct Metrics {
    messages: IntCounterVec,
    paused: IntGaugeVec,
    pub(crate) fenced: IntCounter,
}

impl Metrics {
    /// Registers them.
    ///
    /// # Errors
    /// When a name is taken.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let messages = IntCounterVec::new(
            Opts::new(
                "counterfoil_ingest_messages_total",
                "Messages of the order stream by what became of them",
            ),
            &["outcome"],
        )?;
        let paused = IntGaugeVec::new(
            Opts::new(
                "counterfoil_ingest_paused",
                "1 while a partition is paused until an operator resumes it",
            ),
            &["topic", "partition"],
        )?;
        let fenced = IntCounter::new(
            "counterfoil_ingest_fenced_total",
            "Batches given up because another process owned them",
        )?;
        registry.register(Box::new(messages.clone()))?;
        registry.register(Box::new(paused.clone()))?;
        registry.register(Box::new(fenced.clone()))?;
        Ok(Self { messages, paused, fenced })
    }

    /// Adds a batch.
    pub fn count(&self, counts: &Counts) {
        let outcomes = [
            ("stored", counts.stored),
            ("duplicate", counts.duplicates),
            ("stale", counts.stale),
            ("quarantined", counts.quarantined),
            ("skipped", counts.skipped),
            ("tombstone", counts.tombstones),
        ];
        for (outcome, count) in outcomes {
            self.messages.with_label_values(&[outcome]).inc_by(count);
        }
    }

    pub(crate) fn paused(&self, topic: &str, partition: i32, is_paused: bool) {
        self.paused.with_label_values(&[topic, &format!("{partition}")]).set(i64::from(is_paused));
    }
}
