//! The guard: what was signed also lies outside the database, so that a restored database is noticed.
//!
//! Under `guard/<log>/<generation>/` each signed checkpoint is an object that can only be made, named by its size; the
//! largest counts. It is written before the checkpoint is served. Every process holds the numbers up to which each log
//! was signed against the head whenever it takes it: a head that is smaller is a database that was put back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use counterfoil_store::entries::Log;
use counterfoil_store::trees::Tree;
use counterfoil_store::{Error, Result, Store, entries, trees};

use crate::objects::{ObjectError, Objects};

/// How many of the latest checkpoints are kept as objects.
const KEPT: usize = 16;

/// Whether the ledger may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The database has everything that was signed.
    Intact,
    /// The database lacks entries that were signed: an older state was put back.
    RolledBack,
    /// What was signed cannot be found, so nothing can be said.
    Unverifiable,
}

/// The guard of both logs. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Guard(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    objects: Objects,
    floors: [AtomicI64; 2],
    is_found: AtomicBool,
    is_behind: AtomicBool,
}

impl Guard {
    /// With what lies in the object store. Knows nothing until [`Guard::look`] was called.
    pub fn new(objects: Objects) -> Self {
        let floors = [AtomicI64::new(0), AtomicI64::new(0)];
        let (is_found, is_behind) = (AtomicBool::new(false), AtomicBool::new(false));
        Self(Arc::new(Inner { objects, floors, is_found, is_behind }))
    }

    fn floor(&self, log: Log) -> &AtomicI64 {
        let [access, consent] = &self.0.floors;
        match log {
            Log::Access => access,
            Log::Consent => consent,
        }
    }

    /// Reads how far each log was signed, and holds the database against it.
    ///
    /// # Errors
    /// The database's; what cannot be read of the guard is [`Condition::Unverifiable`].
    pub fn look(&self, store: &Store) -> Result<Condition> {
        let (mut is_found, mut is_behind) = (true, false);
        for log in [Log::Access, Log::Consent] {
            let (tree, size) = store.read_blocking(|conn| {
                Ok::<_, Error>((trees::current(conn, log)?, entries::size(conn, log)?))
            })?;
            let Some(tree) = tree else {
                is_found = false;
                continue;
            };
            match self.newest(&tree.log, tree.generation) {
                Ok(Some((signed, _))) => {
                    let floor = tree.first_seq.saturating_add(i64::try_from(signed).unwrap_or(i64::MAX));
                    self.floor(log).fetch_max(floor, Ordering::SeqCst);
                    is_behind |= size < floor;
                }
                Ok(None) => is_found = false,
                Err(error) => {
                    tracing::error!(%error, "the ledger's guard cannot be read");
                    is_found = false;
                }
            }
        }
        self.0.is_found.store(is_found, Ordering::SeqCst);
        self.0.is_behind.store(is_behind, Ordering::SeqCst);
        Ok(self.condition())
    }

    /// What the last look or taken head said.
    pub fn condition(&self) -> Condition {
        if self.0.is_behind.load(Ordering::SeqCst) {
            Condition::RolledBack
        } else if self.0.is_found.load(Ordering::SeqCst) {
            Condition::Intact
        } else {
            Condition::Unverifiable
        }
    }

    /// Holds the size of a head that was just taken against what was signed.
    ///
    /// # Errors
    /// [`Error::Behind`]: nothing may be appended to this log.
    pub fn check_head(&self, log: Log, size: i64) -> Result<()> {
        if size < self.floor(log).load(Ordering::SeqCst) {
            self.0.is_behind.store(true, Ordering::SeqCst);
        }
        self.check()
    }

    /// Whether data may be served.
    ///
    /// # Errors
    /// [`Error::Behind`] when it may not.
    pub fn check(&self) -> Result<()> {
        match self.condition() {
            Condition::Intact => Ok(()),
            Condition::RolledBack => Err(Error::Behind("the database lacks entries that were signed")),
            Condition::Unverifiable => {
                Err(Error::Behind("the checkpoints outside the database cannot be found"))
            }
        }
    }

    /// The largest checkpoint that lies outside the database: the size in its name, and the note.
    ///
    /// # Errors
    /// [`ObjectError`] when that cannot be told.
    pub fn newest(&self, log: &str, generation: i32) -> Result<Option<(u64, String)>, ObjectError> {
        let folder = folder(log, generation);
        let Some(path) = self.0.objects.list(&folder)?.pop() else { return Ok(None) };
        let size = path.rsplit('/').next().and_then(|name| name.parse::<u64>().ok());
        let note = self.0.objects.get(&path)?.and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(size.zip(note))
    }

    /// Writes a checkpoint, before it is served. One that lies there must be the same; `false` when it is another.
    ///
    /// # Errors
    /// [`ObjectError`] when it is not certain that it lies there.
    pub fn write(&self, tree: &Tree, size: u64, note: &str) -> Result<bool, ObjectError> {
        let folder = folder(&tree.log, tree.generation);
        let path = format!("{folder}/{size:020}");
        let objects = &self.0.objects;
        if !objects.create(&path, note.as_bytes().to_vec())? {
            return Ok(objects.get(&path)?.as_deref() == Some(note.as_bytes()));
        }
        let mut lying = objects.list(&folder)?;
        lying.truncate(lying.len().saturating_sub(KEPT));
        for old in lying {
            objects.delete(&old)?;
        }
        Ok(true)
    }
}

fn folder(log: &str, generation: i32) -> String {
    format!("guard/{log}/{generation}")
}
