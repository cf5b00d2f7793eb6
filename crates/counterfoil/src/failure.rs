//! Why a command ended, and the exit code that says so.

use std::process::ExitCode;

use counterfoil_ledger::verify::Kind;

/// Why a command ended without doing its work.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The configuration or the arguments (exit code 2).
    #[error("{0}")]
    Usage(String),
    /// Database, keystore or Kafka (exit code 3).
    #[error("{0}")]
    Service(String),
    /// What was asked for is not there or not possible (exit code 4).
    #[error("{0}")]
    Refused(String),
    /// What was compared is not equal (exit code 1).
    #[error("{0}")]
    Different(String),
    /// The ledger is not intact (exit code 1, 2 or 3: see `ledger verify`).
    #[error("the ledger is {}", .0.name())]
    Ledger(Kind),
    /// Files and sockets (exit code 1).
    #[error("{what}: {error}")]
    Io {
        /// What was being done.
        what: String,
        /// What the system says.
        error: std::io::Error,
    },
}

impl Failure {
    /// The documented exit code.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Different(_) | Self::Io { .. } => 1,
            Self::Ledger(kind) => kind.exit_code(),
            Self::Usage(_) => 2,
            Self::Service(_) => 3,
            Self::Refused(_) => 4,
        })
    }

    /// A failure of the system while doing `what`.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |error| Self::Io { what, error }
    }
}

impl From<counterfoil_store::Error> for Failure {
    fn from(error: counterfoil_store::Error) -> Self {
        Self::Service(format!("{error}"))
    }
}

impl From<crate::config::Invalid> for Failure {
    fn from(invalid: crate::config::Invalid) -> Self {
        Self::Usage(format!("{invalid}"))
    }
}

impl From<prometheus::Error> for Failure {
    fn from(error: prometheus::Error) -> Self {
        Self::Service(format!("metrics: {error}"))
    }
}

impl From<counterfoil_ledger::objects::ObjectError> for Failure {
    fn from(error: counterfoil_ledger::objects::ObjectError) -> Self {
        Self::Service(format!("{error}"))
    }
}

impl From<counterfoil_ledger::tree::GenerationError> for Failure {
    fn from(error: counterfoil_ledger::tree::GenerationError) -> Self {
        Self::Service(format!("{error}"))
    }
}

impl From<counterfoil_volunteered::VolunteeredError> for Failure {
    fn from(error: counterfoil_volunteered::VolunteeredError) -> Self {
        match error {
            counterfoil_volunteered::VolunteeredError::Store(error) => error.into(),
            other => Self::Refused(format!("{other}")),
        }
    }
}

impl From<counterfoil_events::recorder::RecordError> for Failure {
    fn from(error: counterfoil_events::recorder::RecordError) -> Self {
        Self::Service(format!("{error}"))
    }
}
