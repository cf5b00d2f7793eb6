#![doc = include_str!("../README.md")]

mod act;
mod agreement;
pub mod asks;
pub mod checking;
mod closing;
pub mod consents;
mod customer;
pub mod dark;
pub mod decisions;
mod error;
pub mod exchanges;
pub mod forget;
pub mod handing;
mod item_views;
pub mod items;
mod kept;
mod names;
pub mod objections;
pub mod once;
mod published;
pub mod rebuild;
pub mod receipts;
pub mod report;
pub mod restoring;
pub mod rights;
pub mod sweep;
pub mod telling;
mod values;

use std::sync::{Arc, OnceLock};

use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_ledger::Ledger;
use counterfoil_store::Store;
use counterfoil_store::keys::{Keys, Secret};

pub use crate::error::{Fault, VolunteeredError};
use crate::telling::Telling;

/// What customers tell a realm's retailer. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Volunteering(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kept_key: OnceLock<Secret>,
    store: Store,
    keys: Keys,
    ledger: Ledger,
    clock: Clock,
    entropy: Entropy,
    telling: Option<Telling>,
}

impl Volunteering {
    /// Puts it together from the parts of a realm.
    pub fn new(store: Store, keys: Keys, ledger: Ledger, clock: Clock, entropy: Entropy) -> Self {
        Self(Arc::new(Inner {
            kept_key: OnceLock::new(),
            store,
            keys,
            ledger,
            clock,
            entropy,
            telling: None,
        }))
    }

    /// The same, whose acts the retailer's systems are told of; of none without `telling`.
    #[must_use]
    pub fn tells(&self, telling: Option<Telling>) -> Self {
        let Inner { store, keys, ledger, clock, entropy, .. } = self.0.as_ref();
        let (store, keys, ledger) = (store.clone(), keys.clone(), ledger.clone());
        let (clock, entropy) = (clock.clone(), entropy.clone());
        Self(Arc::new(Inner { kept_key: OnceLock::new(), store, keys, ledger, clock, entropy, telling }))
    }

    /// How the retailer's systems are told, where they are.
    pub(crate) fn telling(&self) -> Option<&Telling> {
        self.0.telling.as_ref()
    }

    /// The realm's database.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The key of what is kept of objections beyond an erasure.
    pub(crate) fn kept_key(&self) -> counterfoil_store::Result<&Secret> {
        if let Some(key) = self.0.kept_key.get() {
            return Ok(key);
        }
        // Whoever is faster has read the same key.
        let key = counterfoil_store::kept_objections::key(self.keys())?;
        Ok(self.0.kept_key.get_or_init(|| key))
    }

    /// The keystore.
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// The time.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Random bytes.
    pub fn entropy(&self) -> &Entropy {
        &self.0.entropy
    }
}
