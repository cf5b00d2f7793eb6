//! Logs. Values, tokens, customer ids and addresses of people never get into one; requests are logged by route.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};
use crate::failure::Failure;

/// Sends logs to standard error.
pub fn start(log: &Log, quiet: bool) -> Result<(), Failure> {
    let filter = if quiet { "warn" } else { log.filter.as_str() };
    let filter =
        EnvFilter::try_new(filter).map_err(|error| Failure::Usage(format!("log.filter: {error}")))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match log.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    started.map_err(|error| Failure::Usage(format!("log: {error}")))
}
