//! What the relay tells about itself.

use prometheus::{Gauge, IntCounter, IntGauge, Registry};

/// The metrics of the relay.
#[derive(Debug, Clone)]
pub(super) struct Metrics {
    pub(super) active: IntGauge,
    pub(super) waiting: IntGauge,
    pub(super) oldest: Gauge,
    pub(super) sent: IntCounter,
    pub(super) failed: IntCounter,
    pub(super) overdue: IntGauge,
}

impl Metrics {
    pub(super) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let metrics = Self {
            active: IntGauge::new("counterfoil_relay_active", "1 in the one process that sends")?,
            waiting: IntGauge::new("counterfoil_relay_waiting", "Messages that wait to be sent")?,
            oldest: Gauge::new(
                "counterfoil_relay_oldest_seconds",
                "For how long the oldest message has waited to be sent",
            )?,
            sent: IntCounter::new("counterfoil_relay_sent_total", "Messages that were sent by this process")?,
            failed: IntCounter::new(
                "counterfoil_relay_failed_total",
                "Attempts of this process at messages that Kafka did not take",
            )?,
            overdue: IntGauge::new(
                "counterfoil_propagations_overdue",
                "Systems that have not confirmed in time that they deleted what they were told to",
            )?,
        };
        registry.register(Box::new(metrics.active.clone()))?;
        registry.register(Box::new(metrics.waiting.clone()))?;
        registry.register(Box::new(metrics.oldest.clone()))?;
        registry.register(Box::new(metrics.sent.clone()))?;
        registry.register(Box::new(metrics.failed.clone()))?;
        registry.register(Box::new(metrics.overdue.clone()))?;
        Ok(metrics)
    }
}
