//! What the API of a realm is made of.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use counterfoil_ledger::seal::Sealer;
use counterfoil_store::document::Codec;
use counterfoil_store::keys::{Keys, Secret};
use counterfoil_store::{Result, Store};

use crate::limits::Limits;

/// The resource API of one realm. Cloning shares it; handlers find it in the app's data.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    store: Store,
    keys: Keys,
    codec: Codec,
    sealer: Sealer,
    base: String,
    cursors: Secret,
    etags: Secret,
    limits: Limits,
    readiness: Readiness,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Api").field(&self.0.base).finish()
    }
}

/// Whether this process takes requests; cleared when it drains.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Says that the process stops: health answers "stopping" from now on.
    pub fn drain(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it stops.
    pub fn is_draining(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Api {
    /// Puts the API together. `base`: the public URL, without a slash at the end. `per_minute`: requests of one grant
    /// in a minute.
    ///
    /// # Errors
    /// When the keystore does not answer.
    pub fn new(
        store: Store,
        keys: Keys,
        sealer: Sealer,
        base: &str,
        per_minute: u32,
        readiness: Readiness,
    ) -> Result<Self> {
        let (cursors, etags) = (keys.named("cursors")?, keys.named("etags")?);
        let (codec, limits, base) = (Codec::default(), Limits::new(per_minute), base.to_owned());
        Ok(Self(Arc::new(Inner { store, keys, codec, sealer, base, cursors, etags, limits, readiness })))
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

    pub(crate) fn base(&self) -> &str {
        &self.0.base
    }

    pub(crate) fn cursors(&self) -> &Secret {
        &self.0.cursors
    }

    pub(crate) fn etags(&self) -> &Secret {
        &self.0.etags
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn readiness(&self) -> &Readiness {
        &self.0.readiness
    }
}
