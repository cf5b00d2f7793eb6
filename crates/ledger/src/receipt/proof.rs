//! The proof that an entry is in its log.

use counterfoil_domain::entry::{Commitment, leaf_data};
use counterfoil_store::entries::StoredEntry;
use counterfoil_store::trees::{self, Checkpoint, Tree};
use counterfoil_store::{Error, Store};
use tlog_tiles::{Hash, record_hash};

use crate::objects::Objects;
use crate::tree::proof::to_text;
use crate::tree::{GenerationError, Generations, NoteError, Opener, TileError, Tiles};

/// Why an entry cannot be proven now.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// No checkpoint covers it yet.
    #[error("no checkpoint covers the entry yet: try again in a second")]
    NotPublished,
    /// It is in no tree.
    #[error("the entry is in no log's tree")]
    NoTree,
    /// The stored entry commits to nothing.
    #[error("the entry is damaged: verify the log")]
    Damaged,
    /// The checkpoint.
    #[error("the checkpoint: {0}")]
    Note(#[from] NoteError),
    /// The key's file.
    #[error(transparent)]
    Generation(#[from] GenerationError),
    /// A tile.
    #[error(transparent)]
    Tile(#[from] TileError),
    /// The database.
    #[error(transparent)]
    Store(#[from] Error),
}

/// An entry's place in its log, its audit path and the checkpoint that covers it.
#[derive(Debug, Clone)]
pub struct Proof {
    /// Index in the tree.
    pub index: u64,
    /// Hashes of the audit path (RFC 6962, section 2.1.1).
    pub path: Vec<Hash>,
    /// The signed checkpoint.
    pub checkpoint: String,
    /// The leaf's bytes.
    pub leaf: String,
    /// The verifier key of the log.
    pub vkey: String,
}

impl Proof {
    /// Proves a stored entry.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn of(
        store: &Store,
        objects: &Objects,
        generations: &Generations,
        entry: &StoredEntry,
    ) -> Result<Self, ProofError> {
        let (tree, index) = place(store, entry)?;
        let checkpoint = newest(store, &tree)?.filter(|checkpoint| checkpoint.size > index);
        Self::under(objects, generations, &tree, index, entry, checkpoint)
    }

    /// Proves a stored entry under the first checkpoint that covers it: the same text however the log has grown since.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn first_of(
        store: &Store,
        objects: &Objects,
        generations: &Generations,
        entry: &StoredEntry,
    ) -> Result<Self, ProofError> {
        let (tree, index) = place(store, entry)?;
        let first =
            store.read_blocking(|conn| trees::covering(conn, &tree.log, tree.generation, index + 1))?;
        Self::under(objects, generations, &tree, index, entry, first)
    }

    fn under(
        objects: &Objects,
        generations: &Generations,
        tree: &Tree,
        index: i64,
        entry: &StoredEntry,
        checkpoint: Option<Checkpoint>,
    ) -> Result<Self, ProofError> {
        let index = u64::try_from(index).map_err(|_| ProofError::NoTree)?;
        let checkpoint = checkpoint.ok_or(ProofError::NotPublished)?.note;
        let vkey = generations.vkey(&tree.log, tree.generation)?;
        let head = Opener::new(&vkey)?.open(&checkpoint)?;
        let commitment =
            <[u8; 32]>::try_from(entry.commitment.as_slice()).map_err(|_| ProofError::Damaged)?;
        let leaf = leaf_data(&Commitment(commitment));
        let tiles = Tiles::new(objects.clone(), &tree.log, tree.generation);
        let path = tiles.inclusion(&head, index, record_hash(leaf.as_bytes()))?;
        Ok(Self { index, path, checkpoint, leaf, vkey })
    }

    /// The proof as a file (c2sp.org/tlog-proof@v1). `extra` is carried along unproven: a receipt carries the salt of
    /// the entry's header there.
    pub fn text(&self, extra: Option<&[u8]>) -> String {
        to_text(extra, self.index, &self.path, &self.checkpoint)
    }
}

/// The tree that an entry is in, and its index there.
fn place(store: &Store, entry: &StoredEntry) -> Result<(Tree, i64), ProofError> {
    let all = store.read_blocking(trees::all)?;
    let tree = all.into_iter().rfind(|tree| tree.log == entry.log && tree.first_seq <= entry.seq);
    let tree = tree.ok_or(ProofError::NoTree)?;
    let index = entry.seq - tree.first_seq;
    Ok((tree, index))
}

fn newest(store: &Store, tree: &Tree) -> Result<Option<Checkpoint>, Error> {
    store.read_blocking(|conn| trees::newest(conn, &tree.log, tree.generation))
}

/// Proves entries of one log, all of one generation against the same checkpoint.
#[derive(Debug)]
pub struct Prover<'a> {
    objects: &'a Objects,
    generations: &'a Generations,
    trees: Vec<(Tree, Option<Checkpoint>)>,
}

impl<'a> Prover<'a> {
    /// With the newest checkpoint of each generation of `log`.
    ///
    /// # Errors
    /// The database's.
    pub fn new(
        store: &Store,
        objects: &'a Objects,
        generations: &'a Generations,
        log: &str,
    ) -> Result<Self, Error> {
        let trees = store.read_blocking(|conn| {
            let own = trees::all(conn)?.into_iter().filter(|tree| tree.log == log);
            own.map(|tree| {
                let newest = trees::newest(conn, &tree.log, tree.generation)?;
                Ok((tree, newest))
            })
            .collect::<Result<Vec<_>, Error>>()
        })?;
        Ok(Self { objects, generations, trees })
    }

    /// Proves a stored entry.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn prove(&self, entry: &StoredEntry) -> Result<Proof, ProofError> {
        let found = self.trees.iter().rfind(|(tree, _)| tree.log == entry.log && tree.first_seq <= entry.seq);
        let (tree, newest) = found.ok_or(ProofError::NoTree)?;
        let index = entry.seq - tree.first_seq;
        let checkpoint = newest.clone().filter(|checkpoint| checkpoint.size > index);
        Proof::under(self.objects, self.generations, tree, index, entry, checkpoint)
    }
}
