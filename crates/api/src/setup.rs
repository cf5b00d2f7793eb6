//! What the API of a realm is made of.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use counterfoil_domain::catalogue::Catalogue;
use counterfoil_domain::clock::Clock;
use counterfoil_ledger::seal::Sealer;
use counterfoil_ledger::tree::PublicLogs;
use counterfoil_oauth::Coverage;
use counterfoil_store::document::Codec;
use counterfoil_store::keys::{Keys, Secret};
use counterfoil_store::{Result, Store};

use tokio::sync::Notify;

use crate::limits::Limits;
use crate::waiting::{Hub, listen};

/// The resource API of one realm. Cloning shares it; handlers find it in the app's data.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    store: Store,
    keys: Keys,
    codec: Codec,
    sealer: Sealer,
    clock: Clock,
    catalogue: Arc<Catalogue>,
    hub: Arc<Hub>,
    settings: ApiSettings,
    cursors: Secret,
    etags: Secret,
    idempotency: Secret,
    limits: Limits,
    readiness: Readiness,
}

/// How the API of a realm is set.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// The public URL, without a slash at the end.
    pub base: String,
    /// Requests of one grant in a minute.
    pub per_minute: u32,
    /// Requests of one of the retailer's own systems in a minute.
    pub system_per_minute: u32,
    /// What the record of a customer covers.
    pub coverage: Coverage,
    /// What anybody may read of the ledger.
    pub logs: PublicLogs,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Api").field(&self.0.settings.base).finish()
    }
}

/// Whether this process takes requests; cleared when it drains.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<Draining>);

#[derive(Debug, Default)]
struct Draining {
    has_begun: AtomicBool,
    told: Notify,
}

impl Readiness {
    /// Says that the process stops: health answers "stopping" from now on, and polls that wait are answered.
    pub fn drain(&self) {
        self.0.has_begun.store(true, Ordering::Release);
        self.0.told.notify_waiters();
    }

    /// Whether it stops.
    pub fn is_draining(&self) -> bool {
        self.0.has_begun.load(Ordering::Acquire)
    }

    /// Returns once it stops.
    pub(crate) async fn drained(&self) {
        // A `Notified` hears what is told from its making on.
        let told = self.0.told.notified();
        if !self.is_draining() {
            told.await;
        }
    }
}

impl Api {
    /// Puts the API together, and starts the task that wakes those who wait, on the current runtime.
    ///
    /// # Errors
    /// When the keystore does not answer.
    pub fn new(
        store: Store,
        keys: Keys,
        sealer: Sealer,
        clock: Clock,
        catalogue: Arc<Catalogue>,
        readiness: Readiness,
        settings: ApiSettings,
    ) -> Result<Self> {
        let (cursors, etags) = (keys.named("cursors")?, keys.named("etags")?);
        let idempotency = keys.named("idempotency")?;
        let (codec, limits) =
            (Codec::default(), Limits::new(settings.per_minute, settings.system_per_minute));
        let hub = Arc::new(Hub::default());
        tokio::spawn(listen(Arc::downgrade(&hub), store.clone(), readiness.clone()));
        Ok(Self(Arc::new(Inner {
            store,
            keys,
            codec,
            sealer,
            clock,
            catalogue,
            hub,
            settings,
            cursors,
            etags,
            idempotency,
            limits,
            readiness,
        })))
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    pub(crate) fn codec(&self) -> &Codec {
        &self.0.codec
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.0.sealer
    }

    pub(crate) fn logs(&self) -> &PublicLogs {
        &self.0.settings.logs
    }

    pub(crate) fn base(&self) -> &str {
        &self.0.settings.base
    }

    pub(crate) fn coverage(&self) -> &Coverage {
        &self.0.settings.coverage
    }

    pub(crate) fn catalogue(&self) -> &Arc<Catalogue> {
        &self.0.catalogue
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.0.hub
    }

    /// How far the order stream is behind, in milliseconds.
    pub(crate) fn lag_ms(&self) -> i64 {
        self.0.hub.lag_ms(self.0.clock.now())
    }

    pub(crate) fn cursors(&self) -> &Secret {
        &self.0.cursors
    }

    pub(crate) fn etags(&self) -> &Secret {
        &self.0.etags
    }

    pub(crate) fn idempotency(&self) -> &Secret {
        &self.0.idempotency
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn readiness(&self) -> &Readiness {
        &self.0.readiness
    }
}
