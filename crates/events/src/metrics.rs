//! What ingest tells about itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use counterfoil_domain::clock::Clock;
use parking_lot::Mutex;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{GaugeVec, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry};

use crate::counts::Counts;

/// The metrics of ingest.
#[derive(Debug, Clone)]
pub struct Metrics {
    messages: IntCounterVec,
    paused: IntGaugeVec,
    pub(crate) fenced: IntCounter,
    pub(crate) lag: Lag,
}

impl Metrics {
    /// Registers them.
    ///
    /// # Errors
    /// When a name is taken.
    pub fn new(registry: &Registry, clock: Clock) -> Result<Self, prometheus::Error> {
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
        let lag = Lag::new(clock)?;
        registry.register(Box::new(lag.clone()))?;
        registry.register(Box::new(messages.clone()))?;
        registry.register(Box::new(paused.clone()))?;
        registry.register(Box::new(fenced.clone()))?;
        Ok(Self { messages, paused, fenced, lag })
    }

    /// Adds a batch.
    pub fn count(&self, counts: &Counts) {
        let outcomes = [
            ("stored", counts.stored),
            ("duplicate", counts.duplicates),
            ("stale", counts.stale),
            ("suppressed", counts.suppressed),
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

/// How far each live partition is behind. Worked out when it is asked for: while nothing is read or written it grows.
#[derive(Clone)]
pub(crate) struct Lag {
    clock: Clock,
    fresh_until: Arc<Mutex<BTreeMap<(String, i32), DateTime<Utc>>>>,
    seconds: GaugeVec,
}

impl std::fmt::Debug for Lag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lag").field("fresh_until", &*self.fresh_until.lock()).finish_non_exhaustive()
    }
}

impl Lag {
    fn new(clock: Clock) -> Result<Self, prometheus::Error> {
        let seconds = GaugeVec::new(
            Opts::new(
                "counterfoil_ingest_lag_seconds",
                "How long ago what was sent to a live partition was last known to be recorded whole",
            ),
            &["topic", "partition"],
        )?;
        Ok(Self { clock, fresh_until: Arc::default(), seconds })
    }

    /// Notes up to when a partition is recorded, once that is known.
    pub(crate) fn fresh(&self, topic: &str, partition: i32, until: Option<DateTime<Utc>>) {
        if let Some(until) = until {
            self.fresh_until.lock().insert((topic.to_owned(), partition), until);
        }
    }

    /// Tells of no partition any more: others read them.
    pub(crate) fn forget(&self) {
        self.fresh_until.lock().clear();
    }
}

impl Collector for Lag {
    fn desc(&self) -> Vec<&Desc> {
        self.seconds.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let now = self.clock.now();
        self.seconds.reset();
        for ((topic, partition), until) in &*self.fresh_until.lock() {
            let behind = (now - until).max(chrono::TimeDelta::zero());
            self.seconds.with_label_values(&[topic, &format!("{partition}")]).set(behind.as_seconds_f64());
        }
        self.seconds.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_grows_by_itself() {
        let at = |seconds: i64| DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap();
        let now = Arc::new(Mutex::new(at(10)));
        let clock = Clock::new({
            let now = Arc::clone(&now);
            move || *now.lock()
        });
        let registry = Registry::new();
        let metrics = Metrics::new(&registry, clock).unwrap();
        let lags = || {
            let families = registry.gather();
            let family = families.iter().find(|family| family.name() == "counterfoil_ingest_lag_seconds");
            let metrics = family.map(|family| family.get_metric().to_vec()).unwrap_or_default();
            metrics.iter().map(|metric| metric.get_gauge().get_value()).collect::<Vec<_>>()
        };
        assert!(lags().is_empty());
        metrics.lag.fresh("orders", 0, Some(at(7)));
        metrics.lag.fresh("orders", 1, Some(at(11)));
        metrics.lag.fresh("orders", 2, None);
        assert_eq!(lags(), [3.0, 0.0], "a clock that is behind makes nothing early");
        *now.lock() = at(70);
        assert_eq!(lags(), [63.0, 59.0]);
        metrics.lag.forget();
        assert!(lags().is_empty());
    }
}
