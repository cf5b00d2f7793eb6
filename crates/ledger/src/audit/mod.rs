//! Questions that an auditor asks the ledger.
//!
//! | question | answer |
//! |---|---|
//! | [`Audit::as_of`] | what was in force at one time, what the ledger knew of it at another, what left in between |
//! | [`Audit::affected`] | who was touched by an app in a span of time (GDPR Art. 33 and 34) |
//! | [`Audit::by_config`] | which consents and grants rest on a configuration object |
//! | [`processing::ProcessingRecord`] | the record of processing activities (GDPR Art. 30) |
//!
//! Evaluation is [`timeline`]'s, over decisions that were read and opened. Whoever looks is written down first: an entry
//! `disclosure.staff` for each person touched, under the case, and `staff.searched` over them for a search.

mod affected;
mod answer;
mod as_of;
mod by_config;
mod disclosures;
mod looking;
pub mod processing;
mod published;
mod reading;
pub mod timeline;

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::Person;
use counterfoil_store::keys::Keys;
use counterfoil_store::{Contention, Error, Store, people};

pub use self::affected::{Affected, AffectedAnswer, AffectedPerson, TouchedGrant};
pub use self::answer::{
    AsOf, AsOfAnswer, Between, Deciding, Erased, KnownLedger, RecordAnswer, Stood, Subject, Told,
};
pub use self::by_config::{ByConfigAnswer, Resting};
pub use self::disclosures::{Disclosed, Disclosure};
pub use self::looking::{InvalidLooker, Looker};
use crate::Ledger;
use crate::objects::Objects;
use crate::receipt::ProofError;
use crate::tree::Generations;

/// Why a question is not answered.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// An answer about what is still to come would not stay the same.
    #[error("{0} lies in the future")]
    Future(&'static str),
    /// The span has no length.
    #[error("from lies after to")]
    Span,
    /// Whoever looks may not look at their own record.
    #[error("nobody looks at their own record")]
    Own,
    /// A proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The database, the keystore or a damaged entry.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Contention for AuditError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

/// Answers questions about a realm's ledger. Blocks: call it on a thread of its own.
#[derive(Debug, Clone)]
pub struct Audit {
    store: Store,
    keys: Keys,
    ledger: Ledger,
    objects: Objects,
    generations: Generations,
}

impl Audit {
    /// Of a realm.
    pub fn new(store: Store, keys: Keys, ledger: Ledger, objects: Objects, generations: Generations) -> Self {
        Self { store, keys, ledger, objects, generations }
    }

    /// Three answers: what is in force at `validAt` by everything recorded up to `now`, what the ledger knew of it at
    /// `knownAt`, and what left in between.
    ///
    /// # Errors
    /// [`AuditError`]; [`AuditError::Own`] where `looker` is one of the persons behind the answer.
    pub fn as_of(
        &self,
        looker: &Looker,
        question: &AsOf,
        now: DateTime<Utc>,
    ) -> Result<AsOfAnswer, AuditError> {
        is_past("validAt", question.valid_at, now)?;
        is_past("knownAt", question.known_at, now)?;
        let found = self.find(&question.subject)?;
        if !self.own_among(looker, &found.persons)?.is_empty() {
            return Err(AuditError::Own);
        }
        let answer = self.answer(question, &found)?;
        if found.persons.is_empty() {
            self.note_search(looker, "as-of", &[], now)?;
        } else {
            self.note_look(looker, "as-of", &found.persons, None, now)?;
        }
        Ok(answer)
    }

    /// Which of these persons are the looker's own: their home's.
    fn own_among(&self, looker: &Looker, touched: &[Person]) -> Result<Vec<Person>, AuditError> {
        let Some(own) = looker.own else { return Ok(Vec::new()) };
        let known = self.store.read_blocking(|conn| people::identities(conn, &[touched, &[own]].concat()))?;
        let home = |person: &Person| known.get(person).map_or(*person, |identity| identity.home);
        Ok(touched.iter().copied().filter(|person| home(person) == home(&own)).collect())
    }
}

fn is_past(what: &'static str, at: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), AuditError> {
    if at > now { Err(AuditError::Future(what)) } else { Ok(()) }
}
