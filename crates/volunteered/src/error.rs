//! Why something that a customer, an app or a system of the retailer wants cannot be.

use counterfoil_ledger::seal::Refusal;
use counterfoil_store::Contention;

/// What is wrong with a part of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where, as a JSON pointer (RFC 6901); empty for the whole.
    pub pointer: String,
    /// What, in words that hold nothing of the answer.
    pub says: String,
}

impl Fault {
    /// The same fault, of a value that stands at `pointer`.
    #[must_use]
    pub fn under(self, pointer: &str) -> Self {
        Self { pointer: format!("{pointer}{}", self.pointer), ..self }
    }
}

/// Why an act is refused.
#[derive(Debug, thiserror::Error)]
pub enum VolunteeredError {
    /// There is none, or it is another customer's.
    #[error("no such thing")]
    NotFound,
    /// No ask of this id is published.
    #[error("no such ask")]
    UnknownAsk,
    /// The ask is answered no more.
    #[error("the ask is closed")]
    AskClosed,
    /// No purpose of this id is published.
    #[error("no such purpose")]
    UnknownPurpose,
    /// The answer is not what the ask describes.
    #[error("the answer is not what the ask describes")]
    Invalid(Vec<Fault>),
    /// The answer is larger than any may be.
    #[error("the answer is too large")]
    TooLarge,
    /// Where it stands, this cannot be done; the word for where it stands.
    #[error("it is {0}")]
    NotNow(&'static str),
    /// The customer has gone dark.
    #[error("the customer has gone dark")]
    Quiet,
    /// What was seen is no longer what is asked.
    #[error("what was shown has changed")]
    Changed,
    /// The app's grant does not name the ask, or not for this.
    #[error("the grant does not name the ask")]
    NotNamed,
    /// The app's grant is no longer as it was when the app was let in.
    #[error("the grant is no longer as it was")]
    Refused(Refusal),
    /// The key of this request was used for another one.
    #[error("the key was used for another request")]
    KeyReused,
    /// The store.
    #[error(transparent)]
    Store(#[from] counterfoil_store::Error),
}

impl Contention for VolunteeredError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}
