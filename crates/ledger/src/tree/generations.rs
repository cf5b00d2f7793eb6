//! Generations and their key files: `<log>-<generation>.key`, private, and `<log>-<generation>.vkey` for whoever
//! verifies.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use counterfoil_domain::clock::Entropy;
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::trees::{self, NewTree, Tree};
use counterfoil_store::{Contention, Error, Store};

use super::key::{LogKey, NoteError};
use crate::guard::Guard;
use crate::objects::ObjectError;

/// A generation could not be made or found.
#[derive(Debug, thiserror::Error)]
pub enum GenerationError {
    /// A key's file.
    #[error("{path}: {cause}")]
    File {
        /// Which.
        path: String,
        /// What happened.
        cause: std::io::Error,
    },
    /// A key.
    #[error("{path}: {cause}")]
    Key {
        /// In which file.
        path: String,
        /// What is wrong with it.
        cause: NoteError,
    },
    /// The key in the file is not the one that the generation was opened with.
    #[error("{path}: this is not the key that the log was opened with")]
    OtherKey {
        /// Which file.
        path: String,
    },
    /// The guard.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The database.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Contention for GenerationError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

/// Makes and finds generations: where the key files lie, and under which name logs are published.
#[derive(Debug, Clone)]
pub struct Generations {
    keys_dir: PathBuf,
    origin: String,
}

impl Generations {
    /// With the folder of the key files, and the address of `/ledger` without its scheme: `shop.example/ledger`.
    pub fn new(keys_dir: &Path, origin: &str) -> Self {
        Self { keys_dir: keys_dir.to_owned(), origin: origin.to_owned() }
    }

    /// Opens the first generation of each log that has none: key, row, and the checkpoint of the empty tree as the
    /// guard's first object. Safe to repeat, and finishes what was broken off; gives the logs that were opened.
    ///
    /// # Errors
    /// [`GenerationError`].
    pub fn init(
        &self,
        store: &Store,
        guard: &Guard,
        entropy: &Entropy,
        now: DateTime<Utc>,
    ) -> Result<Vec<String>, GenerationError> {
        let mut opened = Vec::new();
        for log in [Log::Access, Log::Consent] {
            if store.read_blocking(|conn| trees::current(conn, log))?.is_some() {
                continue;
            }
            let key = self.make_key(log, 1, entropy)?;
            // The guard first: a log without it would be unverifiable for ever.
            let new = self.new_tree(log, 1, 0, &key);
            let (tree, note) = self.guard_empty(guard, &new, &key, now)?;
            store.write_blocking(|conn| {
                trees::open(conn, &new, now)?;
                trees::publish(conn, &tree, 0, &note, now)
            })?;
            opened.push(new.origin);
        }
        Ok(opened)
    }

    /// The row of a generation that is to be opened.
    pub fn new_tree(&self, log: Log, generation: i32, first_seq: i64, key: &LogKey) -> NewTree {
        NewTree { log, generation, origin: key.origin().to_owned(), vkey: key.vkey(), first_seq }
    }

    /// Signs the empty tree of a new generation and lays the checkpoint outside the database; its row, and the note.
    ///
    /// # Errors
    /// [`GenerationError`].
    pub fn guard_empty(
        &self,
        guard: &Guard,
        new: &NewTree,
        key: &LogKey,
        now: DateTime<Utc>,
    ) -> Result<(Tree, String), GenerationError> {
        let note = key
            .sign(0, tlog_tiles::EMPTY_HASH)
            .map_err(|cause| GenerationError::Key { path: new.origin.clone(), cause })?;
        let tree = Tree {
            log: new.log.name().to_owned(),
            generation: new.generation,
            origin: new.origin.clone(),
            vkey: new.vkey.clone(),
            first_seq: new.first_seq,
            integrated: 0,
            lease_epoch: 0,
            opened_at: now.naive_utc(),
            closed_at: None,
            kept: None,
            stated_at: now.naive_utc(),
            stated_size: 0,
        };
        guard.write(&tree, 0, &note)?;
        Ok((tree, note))
    }

    /// The origin of a generation.
    pub fn origin(&self, log: Log, generation: i32) -> String {
        format!("{}/{}/{generation}", self.origin, log.name())
    }

    fn path(&self, log: &str, generation: i32, kind: &str) -> PathBuf {
        self.keys_dir.join(format!("{log}-{generation}.{kind}"))
    }

    /// Makes the key of a generation, or takes the one that lies there.
    ///
    /// # Errors
    /// [`GenerationError`].
    pub fn make_key(&self, log: Log, generation: i32, entropy: &Entropy) -> Result<LogKey, GenerationError> {
        let origin = self.origin(log, generation);
        let path = self.path(log.name(), generation, "key");
        if path.exists() {
            return read_key(&path, &origin);
        }
        let failed = |cause| GenerationError::Key { path: format!("{}", path.display()), cause };
        let key = LogKey::generate(entropy, &origin).map_err(failed)?;
        DirBuilder::new().recursive(true).mode(0o700).create(&self.keys_dir).map_err(file(&self.keys_dir))?;
        write(&self.path(log.name(), generation, "vkey"), 0o644, format!("{}\n", key.vkey()).as_bytes())?;
        write(&path, 0o600, &key.to_pem().map_err(failed)?)?;
        Ok(key)
    }

    /// The private key of a generation, if it is the one that it was opened with.
    ///
    /// # Errors
    /// [`GenerationError`] when it is not there, or another.
    pub fn key(&self, tree: &Tree) -> Result<LogKey, GenerationError> {
        let path = self.path(&tree.log, tree.generation, "key");
        let key = read_key(&path, &tree.origin)?;
        if key.vkey() != tree.vkey {
            return Err(GenerationError::OtherKey { path: format!("{}", path.display()) });
        }
        Ok(key)
    }

    /// The verifier key of a generation, from its file: what the database says of it is not believed.
    ///
    /// # Errors
    /// [`GenerationError::File`] when it is not there.
    pub fn vkey(&self, log: &str, generation: i32) -> Result<String, GenerationError> {
        let path = self.path(log, generation, "vkey");
        Ok(fs::read_to_string(&path).map_err(file(&path))?.trim_end().to_owned())
    }

    /// The size of a log and its current generation.
    ///
    /// # Errors
    /// The database's.
    pub fn current(conn: &mut Conn, log: Log) -> Result<(Option<Tree>, i64), Error> {
        Ok((trees::current(conn, log)?, entries::size(conn, log)?))
    }
}

fn read_key(path: &Path, origin: &str) -> Result<LogKey, GenerationError> {
    let pem = fs::read(path).map_err(file(path))?;
    LogKey::from_pem(&pem, origin)
        .map_err(|cause| GenerationError::Key { path: format!("{}", path.display()), cause })
}

fn write(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), GenerationError> {
    let mut file_at = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(path)
        .map_err(file(path))?;
    file_at.write_all(bytes).and_then(|()| file_at.sync_all()).map_err(file(path))
}

fn file(path: &Path) -> impl FnOnce(std::io::Error) -> GenerationError {
    let path = format!("{}", path.display());
    move |cause| GenerationError::File { path, cause }
}
