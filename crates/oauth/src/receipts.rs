//! Receipts of grants: for the customer, for the app that holds the grant, and to stop a grant by the link in one.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use counterfoil_domain::entry::Actor;
use counterfoil_domain::grant::Act;
use counterfoil_domain::ids::{GrantId, Person};
use counterfoil_ledger::grants::How;
use counterfoil_ledger::objects::Objects;
use counterfoil_ledger::receipt::{
    Agreement, BundleError, Holder, Inputs, Material, MaterialError, ProofError, Shelf, pack,
};
use counterfoil_ledger::record::Party;
use counterfoil_ledger::tree::Generations;
use counterfoil_store::grants::{self, Grant};
use counterfoil_store::{Error, apps};
use governor::clock::DefaultClock;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use crate::Oauth;
use crate::amend::find;
use crate::grants::{Ended, GrantError, GrantView, end_one, view};
use crate::problem::{Code, Problem};
use crate::stop_link::StopTokens;

/// How long a receipt waits at most for the checkpoint that covers its newest entry.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How often in a minute one link is looked at or used.
const STOPS_PER_MINUTE: std::num::NonZeroU32 = std::num::NonZeroU32::new(30).expect("not zero");

/// Why there is no receipt.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// No such grant, or another customer's.
    #[error("no such grant")]
    NotFound,
    /// What the log holds of it was erased.
    #[error("the entries were forgotten")]
    Forgotten,
    /// No checkpoint covers its newest entry yet.
    #[error("no checkpoint covers the newest entry yet")]
    NotPublished,
    /// A proof cannot be made.
    #[error(transparent)]
    Proof(ProofError),
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
            MaterialError::Proof(error) => Self::Proof(error),
            MaterialError::Header(error) => Self::Bundle(error.into()),
        }
    }
}

impl From<GrantError> for ReceiptError {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::Store(error) => Self::Store(error),
            GrantError::NotFound
            | GrantError::Final(_)
            | GrantError::InvalidChoice(_)
            | GrantError::TooMany => Self::NotFound,
        }
    }
}

impl From<ReceiptError> for Problem {
    fn from(error: ReceiptError) -> Self {
        match error {
            ReceiptError::NotFound | ReceiptError::Forgotten => Self::new(Code::NotFound),
            ReceiptError::NotPublished => {
                Self::new(Code::Unavailable).detail("No checkpoint covers the newest entry of the grant yet")
            }
            ReceiptError::Store(error) => error.into(),
            error => {
                tracing::error!(%error, "a receipt cannot be made");
                Self::new(Code::Internal)
            }
        }
    }
}

/// Why a stop link does nothing.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// It is none of ours, or its grant is gone.
    #[error("no such link")]
    Unknown,
    /// It was used too often in a minute.
    #[error("the link is used too often")]
    TooOften,
    /// The grant.
    #[error(transparent)]
    Grant(#[from] GrantError),
}

/// A receipt as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// A name for the file.
    pub name: String,
    /// A zip.
    pub bytes: Vec<u8>,
}

/// What receipts of a realm are made of, beside the authorization server.
#[derive(Debug, Clone)]
pub struct Sources {
    /// Where tiles lie.
    pub objects: Objects,
    /// The logs' generations.
    pub generations: Generations,
}

/// Makes receipts, and stops grants by the link in them. Cloning shares it; handlers find it in the app's data.
#[derive(Clone)]
pub struct Receipts(Arc<Inner>);

struct Inner {
    oauth: Oauth,
    sources: Sources,
    tokens: StopTokens,
    stops: RateLimiter<GrantId, DefaultKeyedStateStore<GrantId>, DefaultClock>,
}

impl std::fmt::Debug for Receipts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Receipts")
    }
}

impl Receipts {
    /// Of a realm. Reads the key "stop" and so blocks for a moment.
    ///
    /// # Errors
    /// When the keystore does not answer.
    pub fn new(oauth: Oauth, sources: Sources) -> counterfoil_store::Result<Self> {
        let tokens = StopTokens::new(oauth.keys())?;
        let stops = RateLimiter::keyed(Quota::per_minute(STOPS_PER_MINUTE));
        Ok(Self(Arc::new(Inner { oauth, sources, tokens, stops })))
    }

    pub(crate) fn oauth(&self) -> &Oauth {
        &self.0.oauth
    }

    /// The receipt of a grant for its customer, by whatever name of theirs; waits for a checkpoint as long as
    /// `patience`.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub async fn for_customer(
        &self,
        person: Person,
        grant_id: GrantId,
        patience: Duration,
    ) -> Result<Receipt, ReceiptError> {
        let oauth = &self.0.oauth;
        let grant = oauth.store().read(move |conn| find(conn, person, grant_id)).await?;
        self.wait(grant, true, patience).await
    }

    /// The receipt of a grant for the app that holds it: without what the app is not told. The caller has checked that
    /// the app's token names this grant.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub async fn for_app(&self, grant_id: GrantId, patience: Duration) -> Result<Receipt, ReceiptError> {
        let found = self.0.oauth.store().read(move |conn| grants::find(conn, grant_id)).await?;
        self.wait(found.ok_or(ReceiptError::NotFound)?, false, patience).await
    }

    async fn wait(
        &self,
        grant: Grant,
        is_customer: bool,
        patience: Duration,
    ) -> Result<Receipt, ReceiptError> {
        let looks = patience.as_millis() / LOOK_EVERY.as_millis();
        let mut look = 0;
        loop {
            let (receipts, one) = (self.clone(), grant.clone());
            let made = web::block(move || receipts.make(&one, is_customer)).await;
            let made = made.map_err(|error| Error::Unexpected(format!("{error}")))?;
            if !matches!(made, Err(ReceiptError::NotPublished)) || look >= looks {
                return made;
            }
            look += 1;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Makes the receipt of a grant now, on the calling thread.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn make(&self, grant: &Grant, is_customer: bool) -> Result<Receipt, ReceiptError> {
        let Inner { oauth, sources, .. } = &*self.0;
        let from = Shelf {
            store: oauth.store(),
            keys: oauth.keys(),
            ledger: oauth.ledger(),
            objects: &sources.objects,
            generations: &sources.generations,
            service: oauth.issuer(),
            domain: oauth.settings().public_url.host_str().unwrap_or_default(),
        };
        let material = Material::gather(&from, grant.record, grant.person, |conn| {
            let app = apps::find(conn, grant.client_id)?;
            Ok(app.map(|app| Party {
                id: format!("{}", app.client_id),
                name: app.operator,
                address: app.address.unwrap_or_default(),
                contact: app.contact.unwrap_or_default(),
                url: None,
            }))
        })?;
        let grant_id = format!("{}", grant.grant_id);
        let is_in_force = !grant.state_at(oauth.clock().now()).is_final();
        let link = (is_customer && is_in_force).then(|| self.stop_link(grant.grant_id));
        let holder = if is_customer { Holder::Customer { stop: link.as_deref() } } else { Holder::App };
        let bytes = pack(&Inputs {
            of: Agreement::Grant(&grant_id),
            service: oauth.issuer(),
            holder,
            parts: &material.parts,
            artefacts: &material.artefacts,
            configurations: &material.configurations,
        })?;
        Ok(Receipt { name: format!("receipt-{grant_id}.zip"), bytes })
    }

    /// The address that stops a grant without signing in. It is a secret of the customer's.
    pub fn stop_link(&self, grant: GrantId) -> String {
        self.0.oauth.address(&format!("/stop/{}", self.0.tokens.token(grant)))
    }

    /// What the link of a token would stop, or has stopped.
    ///
    /// # Errors
    /// [`StopError`].
    pub async fn stoppable(&self, token: &str) -> Result<GrantView, StopError> {
        let grant_id = self.counted(token)?;
        let now = self.0.oauth.clock().now();
        let found = self.0.oauth.store().read(move |conn| {
            let grant = grants::find(conn, grant_id)?.ok_or(GrantError::NotFound)?;
            view(conn, grant, now)
        });
        found.await.map_err(known)
    }

    /// The customer stops sharing by the link of a token. When this returns, nothing leaves any more.
    ///
    /// # Errors
    /// [`StopError`]; [`GrantError::Final`] within for a grant that ended before.
    pub async fn stop(&self, token: &str) -> Result<Ended, StopError> {
        let grant_id = self.counted(token)?;
        let how = How { act: Act::Withdraw, actor: Actor::Customer, reason: None, cause: None };
        end_one(&self.0.oauth, grant_id, None, how).await.map_err(known)
    }

    fn counted(&self, token: &str) -> Result<GrantId, StopError> {
        let grant = self.0.tokens.grant(token).ok_or(StopError::Unknown)?;
        self.0.stops.check_key(&grant).map_err(|_| StopError::TooOften)?;
        Ok(grant)
    }
}

/// A grant that was erased has no link any more.
fn known(error: GrantError) -> StopError {
    match error {
        GrantError::NotFound => StopError::Unknown,
        error => StopError::Grant(error),
    }
}
