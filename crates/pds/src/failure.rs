//! What went wrong, where, and what to do: the one error of this program.

use std::{error::Error, fmt, process::ExitCode};

/// What sort of failure it is; each sort is one exit code (see the README).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something on this computer: a file, a key, an address to listen on.
    Local,
    /// A step is missing: not registered, or not connected.
    NotReady,
    /// The customer or the server said no.
    Refused,
    /// The grant, or the token that stands for it, is no longer good.
    Ended,
    /// The server was not reached, or failed, or has too much to do: later it may be well again.
    Away,
    /// The server's answer was not understood.
    Server,
    /// A receipt or a log is not what was signed, or what was signed contradicts itself.
    Untrue,
    /// Everything arrived and is stored, but the figures do not add up.
    Figures,
}

/// A failure as the person at the terminal reads it. Never holds a token, a key or a purchase.
#[derive(Debug)]
pub struct Failure {
    /// The sort, which decides the exit code.
    pub kind: Kind,
    /// The code of the server's refusal, if it is one: the `code` of a problem or the `error` of OAuth.
    pub code: Option<String>,
    what: String,
    advice: String,
}

impl Failure {
    /// A failure of one kind: what happened and where, and what to do about it.
    pub fn new(kind: Kind, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { kind, code: None, what: what.into(), advice: advice.into() }
    }

    /// The server's answer made no sense to this client.
    pub fn misunderstood(what: impl Into<String>) -> Self {
        Self::new(Kind::Server, what, "check that the address is a Counterfoil server that speaks /v1")
    }

    /// Whether the server does not know the place in its feed that was asked for, as it does not for another agreement.
    pub fn is_about_place(&self) -> bool {
        self.code.as_deref().is_some_and(|code| code.starts_with("cursor_") || code == "invalid_cursor")
    }

    /// The exit code that the README documents.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self.kind {
            Kind::Local | Kind::Untrue => 1,
            Kind::NotReady => 3,
            Kind::Refused | Kind::Ended => 4,
            Kind::Away | Kind::Server => 5,
            Kind::Figures => 6,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  what to do: {}", self.what, self.advice)
    }
}

impl Error for Failure {}
