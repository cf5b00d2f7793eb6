//! What is counted.

use prometheus::{IntCounterVec, Opts, Registry};

/// Counters of the authorization server.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// Tokens given out, by kind (`access`, `refresh`).
    pub tokens: IntCounterVec,
    /// Requests refused, by endpoint and error code.
    pub refused: IntCounterVec,
    /// Grants that changed state, by the state reached.
    pub grants: IntCounterVec,
    /// Tokens looked up for the API, by where the answer came from (`memory`, `database`).
    pub lookups: IntCounterVec,
}

impl Metrics {
    pub(crate) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        Ok(Self {
            tokens: counter("counterfoil_oauth_tokens_total", "Tokens given out, by kind.", &["kind"])?,
            refused: counter(
                "counterfoil_oauth_refused_total",
                "Requests that the authorization server refused, by endpoint and error code.",
                &["endpoint", "error"],
            )?,
            grants: counter(
                "counterfoil_oauth_grants_total",
                "Grants that changed state, by the state reached.",
                &["state"],
            )?,
            lookups: counter(
                "counterfoil_oauth_lookups_total",
                "Access tokens looked up for the API, by where the answer came from.",
                &["from"],
            )?,
        })
    }
}
