//! The keeper: one process at a time integrates what was appended and publishes signed checkpoints.
//!
//! 1. *Integrate.* Tiles are written first; they follow from the entries alone, so writing them twice changes nothing
//!    and bytes that differ are a fault. Then the integrated size moves by compare-and-set with the leader's epoch.
//! 2. *Publish.* The checkpoint is signed, laid outside the database, and only then inserted, if it is larger than the
//!    last and the lease is still the leader's.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use counterfoil_domain::clock::Clock;
use counterfoil_domain::entry::{Actor, Commitment, EntryType, leaf_data};
use counterfoil_store::entries::Log;
use counterfoil_store::trees::{self, Tree};
use counterfoil_store::{Contention, Error, Store, leases};
use prometheus::{IntCounter, IntGaugeVec, Opts, Registry};
use serde_json::json;

use super::edge::Edge;
use super::generations::{GenerationError, Generations};
use super::key::{Head, LogKey, NoteError, Opener};
use super::tiles::{TileError, Tiles};
use crate::fault::{Faults, Point};
use crate::guard::{Condition, Guard};
use crate::objects::{ObjectError, Objects};
use crate::{Draft, Ledger};

/// The lease of the leader.
const LEASE: &str = "ledger";
/// How long it runs without being prolonged.
const LEASE_SECONDS: i64 = 10;
/// How often the keeper looks for what was appended.
pub const EVERY: Duration = Duration::from_millis(200);
/// Entries integrated at once.
const BATCH: i64 = 16_384;

/// Why the keeper could not go on.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// The database lacks what was signed, or what was signed cannot be found.
    #[error("the ledger may not go on: {0:?}")]
    Behind(Condition),
    /// The log has a hole.
    #[error("{log} has no entry {seq}")]
    Hole {
        /// Which log.
        log: String,
        /// The number that is missing.
        seq: i64,
    },
    /// The tiles do not give the root that was signed.
    #[error("{log}: the tiles do not give the root that was signed at {size} entries")]
    OtherRoot {
        /// Which log.
        log: String,
        /// The size.
        size: u64,
    },
    /// Another checkpoint of this size lies outside the database: two leaders, or two histories.
    #[error("{log}: another checkpoint of {size} entries was signed")]
    OtherCheckpoint {
        /// Which log.
        log: String,
        /// The size.
        size: u64,
    },
    /// A generation or its key.
    #[error(transparent)]
    Generation(#[from] GenerationError),
    /// A tile.
    #[error(transparent)]
    Tile(#[from] TileError),
    /// The guard.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// Signing.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The database.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Contention for KeeperError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

struct Metrics {
    size: IntGaugeVec,
    signed: IntGaugeVec,
    failures: IntCounter,
}

/// What the leader knows of a log between two rounds.
struct Held {
    generation: i32,
    edge: Edge,
    key: LogKey,
    signed: Option<Head>,
    signed_at: Option<DateTime<Utc>>,
}

/// Integrates and publishes; one of the processes leads. Runs on a thread of its own.
pub struct Keeper {
    store: Store,
    objects: Objects,
    guard: Guard,
    generations: Generations,
    clock: Clock,
    owner: String,
    faults: Faults,
    metrics: Metrics,
    ledger: Option<Ledger>,
    held: HashMap<String, Held>,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper").field("owner", &self.owner).finish_non_exhaustive()
    }
}

impl Keeper {
    /// A keeper that may become leader under the name `owner`.
    ///
    /// # Errors
    /// When its metrics are registered already.
    pub fn new(
        store: Store,
        objects: Objects,
        guard: Guard,
        generations: Generations,
        clock: Clock,
        owner: String,
        registry: &Registry,
    ) -> Result<Self, prometheus::Error> {
        let size = IntGaugeVec::new(
            Opts::new("counterfoil_ledger_integrated_entries", "Entries of a log that are in its tree."),
            &["log"],
        )?;
        let signed = IntGaugeVec::new(
            Opts::new(
                "counterfoil_ledger_signed_entries",
                "Entries of a log that a published checkpoint covers.",
            ),
            &["log"],
        )?;
        let failures = IntCounter::with_opts(Opts::new(
            "counterfoil_ledger_keeper_failures_total",
            "Rounds in which the ledger's trees could not be brought forward.",
        ))?;
        registry.register(Box::new(size.clone()))?;
        registry.register(Box::new(signed.clone()))?;
        registry.register(Box::new(failures.clone()))?;
        let metrics = Metrics { size, signed, failures };
        let held = HashMap::new();
        let (faults, ledger) = (Faults::default(), None);
        Ok(Self { store, objects, guard, generations, clock, owner, faults, metrics, ledger, held })
    }

    /// With a ledger in which it says once an hour, if anything was added, how large each log is: a checkpoint carries no
    /// time of its own.
    #[must_use]
    pub fn stating(mut self, ledger: Ledger) -> Self {
        self.ledger = Some(ledger);
        self
    }

    /// With points at which a test ends the process.
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// One round: looks at the guard, takes or prolongs the lease, brings both trees forward. Gives how many entries
    /// were integrated; 0 where another process leads.
    ///
    /// # Errors
    /// [`KeeperError`]; the next round begins from what is stored.
    pub fn round(&mut self) -> Result<u64, KeeperError> {
        let outcome = self.try_round();
        if outcome.is_err() {
            self.held.clear();
            self.metrics.failures.inc();
        }
        outcome
    }

    fn try_round(&mut self) -> Result<u64, KeeperError> {
        match self.guard.look(&self.store)? {
            Condition::Intact => {}
            other => return Err(KeeperError::Behind(other)),
        }
        let now = self.clock.now();
        let until = now + chrono::Duration::seconds(LEASE_SECONDS);
        let epoch =
            self.store.write_blocking(|conn| leases::acquire(conn, LEASE, &self.owner, now, until))?;
        let Some(epoch) = epoch else {
            self.held.clear();
            return Ok(0);
        };
        Ok(self.advance(Log::Access, epoch)? + self.advance(Log::Consent, epoch)?)
    }

    /// Gives the lease back, so that another process need not wait.
    ///
    /// # Errors
    /// The database's.
    pub fn resign(&self) -> Result<(), Error> {
        let now = self.clock.now();
        self.store.write_blocking(|conn| leases::release(conn, LEASE, &self.owner, now))
    }

    fn advance(&mut self, log: Log, epoch: i64) -> Result<u64, KeeperError> {
        let (tree, size) = self.store.read_blocking(|conn| Generations::current(conn, log))?;
        let Some(mut tree) = tree else { return Ok(0) };
        let tiles = Tiles::new(self.objects.clone(), &tree.log, tree.generation);
        let mut held = match self.held.remove(&tree.log) {
            Some(held) if held.generation == tree.generation && is(held.edge.size(), tree.integrated) => held,
            _ => self.take_up(&tree, &tiles)?,
        };
        let before = tree.integrated;
        while !is(held.edge.size(), size - tree.first_seq) {
            if !self.integrate(&mut tree, &tiles, &mut held, size, epoch)? {
                // Somebody else leads by now.
                return Ok(0);
            }
        }
        self.metrics.size.with_label_values(&[&tree.log]).set(tree.integrated);
        self.publish(&tree, &mut held, epoch)?;
        let name = tree.log.clone();
        self.held.insert(name, held);
        Ok(u64::try_from(tree.integrated - before).unwrap_or_default())
    }

    /// Begins at the last checkpoint that was signed: the tiles must give its root. What was integrated since is
    /// integrated again, from the entries.
    fn take_up(&self, tree: &Tree, tiles: &Tiles) -> Result<Held, KeeperError> {
        let key = self.generations.key(tree)?;
        let newest = self.store.read_blocking(|conn| trees::newest(conn, &tree.log, tree.generation))?;
        let Some((_, note)) = self.guard.newest(&tree.log, tree.generation)? else {
            return Err(KeeperError::Behind(Condition::Unverifiable));
        };
        let head = Opener::new(&key.vkey())?.open(&note)?;
        let edge = tiles.edge(head.size)?;
        if edge.root().ok() != Some(head.root) {
            return Err(KeeperError::OtherRoot { log: tree.log.clone(), size: head.size });
        }
        // The process may have died between the guard and the database: then the checkpoint is still to be published.
        let published = newest.filter(|newest| is(head.size, newest.size));
        let signed_at = published.map(|newest| newest.signed_at.and_utc());
        Ok(Held { generation: tree.generation, edge, key, signed: Some(head), signed_at })
    }

    /// Brings a batch into the tree; `false` when another leader has written since.
    fn integrate(
        &self,
        tree: &mut Tree,
        tiles: &Tiles,
        held: &mut Held,
        size: i64,
        epoch: i64,
    ) -> Result<bool, KeeperError> {
        let done = i64::try_from(held.edge.size()).unwrap_or(i64::MAX);
        let from = tree.first_seq + done;
        let rows = self
            .store
            .read_blocking(|conn| trees::commitments(conn, &tree.log, from, BATCH.min(size - from)))?;
        if rows.is_empty() {
            return Err(KeeperError::Hole { log: tree.log.clone(), seq: from });
        }
        let mut full = Vec::new();
        for ((seq, commitment), wanted) in rows.iter().zip(from..) {
            if *seq != wanted {
                return Err(KeeperError::Hole { log: tree.log.clone(), seq: wanted });
            }
            held.edge.push(&leaf_data(&Commitment(*commitment)), &mut full);
        }
        self.faults.reach(Point::BeforeTiles);
        for piece in &full {
            tiles.write(piece)?;
            tiles.remove_partial(&piece.tile)?;
            self.faults.reach(Point::BetweenTiles);
        }
        for piece in &held.edge.partial() {
            tiles.write(piece)?;
            self.faults.reach(Point::BetweenTiles);
        }
        self.faults.reach(Point::AfterTiles);
        let to = i64::try_from(held.edge.size()).unwrap_or(i64::MAX);
        if to <= tree.integrated {
            return Ok(true);
        }
        let moved = self.store.write_blocking(|conn| trees::integrate(conn, tree, to, epoch))?;
        self.faults.reach(Point::AfterIntegrate);
        tree.integrated = to;
        Ok(moved)
    }

    fn publish(&self, tree: &Tree, held: &mut Held, epoch: i64) -> Result<(), KeeperError> {
        let size = held.edge.size();
        let now = self.clock.now();
        let is_signed = held.signed.is_some_and(|head| head.size >= size);
        let is_published = held.signed_at.is_some() || size == 0;
        // Within a second of growth, and not more often: a clock that was set back does not stop it.
        let waits = held.signed_at.is_some_and(|at| (0..1_000).contains(&(now - at).num_milliseconds()));
        if (is_signed && is_published) || waits {
            return Ok(());
        }
        let other = || KeeperError::OtherRoot { log: tree.log.clone(), size };
        let root = held.edge.root().map_err(|_| other())?;
        let note = held.key.sign(size, root)?;
        self.faults.reach(Point::BeforeGuard);
        if !self.guard.write(tree, size, &note)? {
            return Err(KeeperError::OtherCheckpoint { log: tree.log.clone(), size });
        }
        self.faults.reach(Point::AfterGuard);
        let published = self.store.write_blocking(|conn| {
            if !leases::hold(conn, LEASE, &self.owner, epoch, self.clock.now())? {
                return Ok::<_, Error>(false);
            }
            let at = i64::try_from(size).unwrap_or(i64::MAX);
            trees::publish(conn, tree, at, &note, now)
        })?;
        self.faults.reach(Point::AfterPublish);
        if published {
            self.state(tree, size, &note, now)?;
            self.metrics.signed.with_label_values(&[&tree.log]).set(i64::try_from(size).unwrap_or(i64::MAX));
        }
        held.signed = Some(Head { size, root });
        held.signed_at = Some(now);
        Ok(())
    }
}

impl Keeper {
    /// Writes `checkpoint.published` once an hour, if more was added than the last such entry.
    fn state(&self, tree: &Tree, size: u64, note: &str, now: DateTime<Utc>) -> Result<(), KeeperError> {
        let Some(ledger) = &self.ledger else { return Ok(()) };
        let at = i64::try_from(size).unwrap_or(i64::MAX);
        let is_due = now - tree.stated_at.and_utc() >= chrono::Duration::hours(1);
        if !is_due || at <= tree.stated_size + 1 {
            return Ok(());
        }
        let log = if tree.log == Log::Access.name() { Log::Access } else { Log::Consent };
        let draft = Draft {
            entry_type: EntryType::CheckpointPublished,
            record: ledger.realm_record(&[b"checkpoint", tree.origin.as_bytes()])?,
            actor: Actor::System,
            state: None,
            basis: None,
            effective_at: now,
            expires: None,
            display: None,
            cause: None,
            entry_id: None,
            config: None,
            payload: Some(json!({ "size": size, "checkpoint": note })),
        };
        self.store.write_blocking(|conn| {
            trees::state(conn, tree, at, now)?;
            ledger.append_operation(conn, log, None, now, &draft).map(drop)
        })?;
        Ok(())
    }
}

fn is(size: u64, integrated: i64) -> bool {
    u64::try_from(integrated).is_ok_and(|integrated| integrated == size)
}
