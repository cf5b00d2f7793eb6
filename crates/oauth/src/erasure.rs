//! A customer has everything about them erased, on a page of their own.
//!
//! What erases belongs to the order stream, which knows best what there is of somebody; it is handed in where the service
//! is put together.

use std::sync::Arc;

use counterfoil_domain::entry::Display;
use counterfoil_domain::ids::Person;
use counterfoil_ledger::config::Shown;
use counterfoil_store::{Error, Result};

use crate::Oauth;

type Erase = dyn Fn(Person, Display) -> Result<bool> + Send + Sync;

/// What erases a customer. Cloning shares it.
#[derive(Clone)]
pub struct Eraser {
    erase: Arc<Erase>,
    /// For how many days the ledger's entries about somebody are kept afterwards.
    evidence_days: u32,
}

impl std::fmt::Debug for Eraser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Eraser")
    }
}

impl Eraser {
    /// Erases by `erase`, which is given whom, and what they were shown; it may take a while, and tells whether there was
    /// somebody. `evidence_days` is what the page says of it.
    pub fn new(
        evidence_days: u32,
        erase: impl Fn(Person, Display) -> Result<bool> + Send + Sync + 'static,
    ) -> Self {
        Self { erase: Arc::new(erase), evidence_days }
    }

    /// For how many days the ledger's entries about somebody are kept afterwards; 0 is not at all.
    pub fn evidence_days(&self) -> u32 {
        self.evidence_days
    }
}

/// Erases a customer, who was shown `page`. When this returns nothing of theirs leaves any more, and their keys are gone.
/// Whoever is gone already is what was asked for.
///
/// # Errors
/// [`Error`] when it is not done to its end; what was begun is carried on with by the service itself.
pub async fn erase(oauth: &Oauth, eraser: &Eraser, person: Person, page: &Shown) -> Result<()> {
    let (eraser, display) = (eraser.clone(), oauth.ledger().display(page));
    let done = actix_web::web::block(move || (eraser.erase)(person, display)).await;
    done.map_err(|error| Error::Unexpected(format!("{error}")))?.map(drop)
}
