//! Receipts of consents: what a customer keeps, and can check without us.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_domain::ids::{ConsentId, Person};
use counterfoil_ledger::objects::Objects;
use counterfoil_ledger::receipt::{
    Agreement, BundleError, Holder, Inputs, Material, MaterialError, ProofError, Shelf, pack,
};
use counterfoil_ledger::tree::Generations;
use counterfoil_store::{Error, consents};

use crate::{Volunteering, names};

/// How often it is looked whether a checkpoint covers the newest entry.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Why there is no receipt.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// There is no such consent, or it is another customer's.
    #[error("no such consent")]
    NotFound,
    /// What the log holds of it was erased.
    #[error("the entries were forgotten")]
    Forgotten,
    /// No checkpoint covers its newest entry yet: trying again in a moment helps.
    #[error("no checkpoint covers the newest entry yet")]
    NotPublished,
    /// A proof, or a header.
    #[error(transparent)]
    Material(MaterialError),
    /// It cannot be packed.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The store.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<MaterialError> for ReceiptError {
    fn from(error: MaterialError) -> Self {
        match error {
            MaterialError::Forgotten => Self::Forgotten,
            MaterialError::Proof(ProofError::NotPublished) => Self::NotPublished,
            MaterialError::Proof(ProofError::Store(error)) | MaterialError::Store(error) => {
                Self::Store(error)
            }
            error => Self::Material(error),
        }
    }
}

/// Makes receipts of consents. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Receipts(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    v: Volunteering,
    objects: Objects,
    generations: Generations,
    service: String,
    domain: String,
}

impl Receipts {
    /// Of a realm; `service` is its public address without a slash at its end, `domain` the host of that.
    pub fn new(
        v: Volunteering,
        objects: Objects,
        generations: Generations,
        service: String,
        domain: String,
    ) -> Self {
        Self(Arc::new(Inner { v, objects, generations, service, domain }))
    }

    /// The receipt of a customer's consent as it stands now: a zip. On the calling thread, which it blocks.
    ///
    /// # Errors
    /// [`ReceiptError`]; [`ReceiptError::NotPublished`] until a checkpoint covers the newest entry.
    pub fn make(&self, person: Person, consent_id: ConsentId) -> Result<Vec<u8>, ReceiptError> {
        self.pack(person, consent_id, Holder::Customer { stop: None })
    }

    /// The same for an app of the customer's.
    ///
    /// # Errors
    /// As for [`Receipts::make`].
    pub fn make_for_app(&self, person: Person, consent_id: ConsentId) -> Result<Vec<u8>, ReceiptError> {
        self.pack(person, consent_id, Holder::App)
    }

    /// One of the two, once a checkpoint covers the newest entry, as long as `patience` reaches.
    ///
    /// # Errors
    /// As for [`Receipts::make`].
    pub async fn wait(
        &self,
        person: Person,
        consent_id: ConsentId,
        is_customer: bool,
        patience: Duration,
    ) -> Result<Vec<u8>, ReceiptError> {
        let looks = patience.as_millis() / LOOK_EVERY.as_millis();
        let mut look = 0;
        loop {
            let receipts = self.clone();
            let made = tokio::task::spawn_blocking(move || {
                if is_customer {
                    receipts.make(person, consent_id)
                } else {
                    receipts.make_for_app(person, consent_id)
                }
            });
            let made = made.await.map_err(|error| Error::Unexpected(format!("{error}")))?;
            if !matches!(made, Err(ReceiptError::NotPublished)) || look >= looks {
                return made;
            }
            look += 1;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn pack(
        &self,
        person: Person,
        consent_id: ConsentId,
        holder: Holder<'_>,
    ) -> Result<Vec<u8>, ReceiptError> {
        let Inner { v, objects, generations, service, domain } = &*self.0;
        let found = v.store().read_blocking(|conn| {
            let names = names::of(conn, person)?;
            Ok::<_, Error>(consents::find(conn, consent_id)?.filter(|found| names.contains(&found.person)))
        })?;
        let consent = found.ok_or(ReceiptError::NotFound)?;
        let from = Shelf {
            store: v.store(),
            keys: v.keys(),
            ledger: v.ledger(),
            objects,
            generations,
            service,
            domain,
        };
        let material = Material::gather(&from, consent.record, consent.person, |_| Ok(None))?;
        Ok(pack(&Inputs {
            of: Agreement::Consent(&format!("{consent_id}")),
            service,
            holder,
            parts: &material.parts,
            artefacts: &material.artefacts,
            configurations: &material.configurations,
        })?)
    }
}
