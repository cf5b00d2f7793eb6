//! The authorization server of one realm: what it is made of and how it is set.

use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;
use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_ledger::Ledger;
use counterfoil_store::Store;
use counterfoil_store::document::Codec;
use counterfoil_store::keys::Keys;
use prometheus::Registry;
use serde::Serialize;
use url::Url;

use crate::dpop::Proofs;
use crate::facts::FactsCache;
use crate::metrics::Metrics;

/// Which rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// Real customers: apps are approved by two people, https only.
    Production,
    /// Made-up customers: apps are approved at once; plain http on a loopback address.
    Sandbox,
}

/// What the retailer says about the record of each customer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The first local date of which there are purchases; absent where nobody has said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The channels whose purchases are in it.
    pub channels: Vec<String>,
    /// For how long purchases are kept, in the retailer's words; absent where all are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention: Option<String>,
}

/// How a realm is set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The issuer and the base of every URL. A path is kept, a trailing slash is not.
    pub public_url: Url,
    /// Which rules hold.
    pub tier: Tier,
    /// Life of an access token, in seconds.
    pub access_token_seconds: i64,
    /// Life of a pushed request until it is opened, in seconds; FAPI 2.0 5.3.2.2-12 wants less than 600.
    pub request_seconds: i64,
    /// How long a customer may think about a consent page that was opened, in seconds.
    pub decision_seconds: i64,
    /// Proofs remembered against replay, per generation; each takes some 32 bytes.
    pub remembered_proofs: usize,
    /// What discovery says about the record of each customer.
    pub coverage: Coverage,
}

impl Settings {
    /// The settings that the design gives.
    pub fn new(public_url: Url, tier: Tier) -> Self {
        Self {
            public_url,
            tier,
            access_token_seconds: 600,
            request_seconds: 590,
            decision_seconds: 1_800,
            remembered_proofs: 1_000_000,
            coverage: Coverage::default(),
        }
    }
}

/// A realm that cannot be set up like this.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The public URL cannot be an issuer (RFC 8414 section 2).
    #[error("the public URL {0}")]
    PublicUrl(&'static str),
    /// A metric exists already under that name.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// The authorization server of a realm. Cloning shares it.
#[derive(Clone)]
pub struct Oauth(Arc<Inner>);

struct Inner {
    store: Store,
    keys: Keys,
    ledger: Ledger,
    clock: Clock,
    entropy: Entropy,
    settings: Settings,
    issuer: String,
    process: String,
    proofs: Proofs,
    facts: FactsCache,
    metrics: Metrics,
    codec: Codec,
}

impl fmt::Debug for Oauth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Oauth").field(&self.0.issuer).finish()
    }
}

impl Oauth {
    /// Puts a realm together.
    ///
    /// # Errors
    /// [`SetupError`] for a public URL with query, fragment or user, or one that is not https although the tier is
    /// production or the host is not a loopback address.
    pub fn new(
        store: Store,
        keys: Keys,
        ledger: Ledger,
        clock: Clock,
        entropy: Entropy,
        settings: Settings,
        registry: &Registry,
    ) -> Result<Self, SetupError> {
        check_public_url(&settings)?;
        let issuer = settings.public_url.as_str().trim_end_matches('/').to_owned();
        let process = data_encoding::HEXLOWER.encode(&entropy.bytes::<8>());
        let proofs = Proofs::new(settings.remembered_proofs);
        let metrics = Metrics::new(registry)?;
        let facts = FactsCache::default();
        Ok(Self(Arc::new(Inner {
            store,
            keys,
            ledger,
            clock,
            entropy,
            settings,
            issuer,
            process,
            proofs,
            facts,
            metrics,
            codec: Codec::default(),
        })))
    }

    /// The realm's database.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The realm's keystore.
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// The realm's ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// The present.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Random bytes.
    pub fn entropy(&self) -> &Entropy {
        &self.0.entropy
    }

    /// How the realm is set.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The issuer identifier: the public URL without a trailing slash.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// The public address of a path that begins with a slash.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.0.issuer)
    }

    /// A name of this process among others that share the database.
    pub(crate) fn process(&self) -> &str {
        &self.0.process
    }

    pub(crate) fn proofs(&self) -> &Proofs {
        &self.0.proofs
    }

    pub(crate) fn facts(&self) -> &FactsCache {
        &self.0.facts
    }

    pub(crate) fn codec(&self) -> &Codec {
        &self.0.codec
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }
}

fn check_public_url(settings: &Settings) -> Result<(), SetupError> {
    let url = &settings.public_url;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(SetupError::PublicUrl("must have neither query nor fragment"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SetupError::PublicUrl("must not name a user"));
    }
    let is_plain_sandbox =
        settings.tier == Tier::Sandbox && url.scheme() == "http" && crate::session::is_loopback(url);
    if url.scheme() != "https" && !is_plain_sandbox {
        return Err(SetupError::PublicUrl("must be https; only a sandbox on a loopback address may be http"));
    }
    Ok(())
}
