//! What is not kept for ever: messages that could not be read, orders that nobody claimed, and parts of orders that
//! never came; and what is to be done some time after an erasure. One pass, done by one process at a time.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use counterfoil_domain::clock::Clock;
use counterfoil_store::keys::Keys;
use counterfoil_store::{Error, Store, leases, unlinked};
use prometheus::{IntCounterVec, IntGauge, Opts, Registry};
use serde::Serialize;

use crate::holding;
use crate::recorder::Recorder;
use crate::verifying::{Look, Verifier};

const LEASE: &str = "housekeeping";
/// How long a pass holds its lease beyond its latest batch, in minutes.
const LEASE_MINUTES: i64 = 10;
/// Rows deleted in one transaction.
const BATCH: i64 = 500;
/// Transactions of one pass; the rest waits for the next one.
const BATCHES: usize = 2_000;

/// How long things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// Guest orders, from the day they came, in days.
    pub guest_days: u32,
    /// Returns and refunds whose order has not come, in days.
    pub waiting_days: u32,
}

/// What a pass deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Deleted {
    /// Messages in quarantine.
    pub quarantined: usize,
    /// Guest orders.
    pub guests: usize,
    /// Purchases that waited for their order.
    pub waiting: usize,
    /// Erasures that a process had left undone.
    pub erasures: usize,
    /// What was held of those who were erased.
    pub holds: usize,
    /// Erasures after which nothing was found any more.
    pub verified: usize,
}

impl Deleted {
    /// Whether there was nothing to do.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Does the passes.
#[derive(Clone)]
pub struct Housekeeping {
    store: Store,
    keys: Keys,
    clock: Clock,
    keeping: Keeping,
    owner: String,
    deleted: IntCounterVec,
    unclean: IntGauge,
    forgetting: Option<(Arc<Recorder>, Verifier)>,
}

impl std::fmt::Debug for Housekeeping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Housekeeping")
    }
}

impl Housekeeping {
    /// Registers its metric. `owner` names this process.
    ///
    /// # Errors
    /// When the metric's name is taken.
    pub fn new(
        store: Store,
        keys: Keys,
        clock: Clock,
        keeping: Keeping,
        owner: String,
        registry: &Registry,
    ) -> Result<Self, prometheus::Error> {
        let deleted = IntCounterVec::new(
            Opts::new("counterfoil_housekeeping_deleted_total", "What was deleted because its time was over"),
            &["what"],
        )?;
        registry.register(Box::new(deleted.clone()))?;
        let unclean = IntGauge::new(
            "counterfoil_housekeeping_unclean_erasures",
            "Erasures after which the latest look still found something",
        )?;
        registry.register(Box::new(unclean.clone()))?;
        Ok(Self { store, keys, clock, keeping, owner, deleted, unclean, forgetting: None })
    }

    /// With what is to be done some time after an erasure: `recorder` ends what is left undone and what is held too long,
    /// `verifier` looks whether anything is left.
    #[must_use]
    pub fn forgetting(self, recorder: Arc<Recorder>, verifier: Verifier) -> Self {
        Self { forgetting: Some((recorder, verifier)), ..self }
    }

    /// One pass; nothing when another process is at it.
    ///
    /// # Errors
    /// Of the store; what was deleted until then stays deleted.
    pub fn pass(&self) -> Result<Deleted, Error> {
        let mut deleted = Deleted::default();
        if !self.holds_lease()? {
            return Ok(deleted);
        }
        let now = self.clock.now();
        deleted.quarantined = holding::purge(&self.store, &self.keys, now)?;
        self.count("quarantined", deleted.quarantined);
        deleted.guests = self.purge(false, now)?;
        deleted.waiting = self.purge(true, now)?;
        if let Some((recorder, verifier)) = &self.forgetting {
            deleted.erasures = recorder.finish_erasures(now)?;
            deleted.holds = recorder.end_holds(now)?;
            self.count("holds", deleted.holds);
            deleted.verified = self.count_clean(&verifier.verify(now, now)?);
        }
        let done = self.clock.now();
        self.store.write_blocking(|conn| leases::release(conn, LEASE, &self.owner, done))?;
        Ok(deleted)
    }

    fn holds_lease(&self) -> Result<bool, Error> {
        let now = self.clock.now();
        let until = now + Duration::minutes(LEASE_MINUTES);
        let epoch =
            self.store.write_blocking(|conn| leases::acquire(conn, LEASE, &self.owner, now, until))?;
        Ok(epoch.is_some())
    }

    /// Deletes what has been unlinked for too long, in small batches, so that ingest never waits long for them.
    fn purge(&self, waiting: bool, now: DateTime<Utc>) -> Result<usize, Error> {
        let (days, what) =
            if waiting { (self.keeping.waiting_days, "waiting") } else { (self.keeping.guest_days, "guest") };
        let before = now - Duration::days(i64::from(days));
        let mut sum = 0;
        for _ in 0..BATCHES {
            if !self.holds_lease()? {
                break;
            }
            let deleted = self.store.write_blocking(|conn| unlinked::purge(conn, waiting, before, BATCH))?;
            self.count(what, deleted);
            sum += deleted;
            if i64::try_from(deleted).is_ok_and(|deleted| deleted < BATCH) {
                break;
            }
        }
        Ok(sum)
    }

    /// How many are clean; of the others the log names the tables, and nobody.
    fn count_clean(&self, looks: &[Look]) -> usize {
        for look in looks.iter().filter(|look| !look.is_clean()) {
            tracing::error!(
                erased_at = look.erased_at,
                left = look.left.join(", "),
                "an erasure left something"
            );
        }
        let clean = looks.iter().filter(|look| look.is_clean()).count();
        self.unclean.set(i64::try_from(looks.len() - clean).unwrap_or(i64::MAX));
        clean
    }

    fn count(&self, what: &str, deleted: usize) {
        self.deleted.with_label_values(&[what]).inc_by(u64::try_from(deleted).unwrap_or(u64::MAX));
    }
}
