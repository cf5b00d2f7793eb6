//! Verification: payload → header → leaf → tile → root → signature, both logs, all generations.
//!
//! Nothing that the database says is believed: entries are hashed anew, and what comes out is held against the tiles,
//! the checkpoints inside and outside the database, and those that somebody else kept. Keys come from their files.
//! Memory does not grow with the log.

mod open;
mod walk;

use counterfoil_store::keys::Keys;
use counterfoil_store::trees::{self, Tree};
use counterfoil_store::{Error, Store, entries};

use crate::guard::Guard;
use crate::objects::{ObjectError, Objects};
use crate::tree::{Generations, Head, NoteError, Opener};

/// What verification says of a ledger that is not intact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something was changed.
    Tampered,
    /// A key or a file is missing, so that nothing can be said.
    Unverifiable,
    /// The log is shorter than what was signed.
    RolledBack,
}

impl Kind {
    /// The exit code of `counterfoil ledger verify`.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Tampered => 1,
            Self::Unverifiable => 2,
            Self::RolledBack => 3,
        }
    }

    /// The word in a report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tampered => "tampered",
            Self::Unverifiable => "unverifiable",
            Self::RolledBack => "rolled back",
        }
    }
}

/// The first thing that is wrong with a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What it means.
    pub kind: Kind,
    /// Where: `payload`, `header`, `type`, `row`, `sequence`, `leaf`, `tile`, `root`, `signature`, `key`, `guard`,
    /// `log`.
    pub layer: &'static str,
    /// Index in the tree of the first bad entry, where it is an entry.
    pub entry: Option<u64>,
    /// In words.
    pub says: String,
}

impl Fault {
    fn new(kind: Kind, layer: &'static str, entry: Option<u64>, says: impl Into<String>) -> Self {
        Self { kind, layer, entry, says: says.into() }
    }
}

/// What was found in one generation of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// `access` or `consent`.
    pub log: String,
    /// From 1.
    pub generation: i32,
    /// Entries that were looked at.
    pub entries: u64,
    /// Of these, entries whose header was forgotten. They are no fault.
    pub erased: u64,
    /// Of these, entries whose header is kept under a key that is sealed away or gone.
    pub sealed_away: u64,
    /// Entries whose header and payload were opened and agree with the leaf.
    pub opened: u64,
    /// Entries of a closed generation that the database lost with the state that was restored.
    pub lost: u64,
    /// Entries that its newest checkpoint covers.
    pub signed: u64,
    /// Checkpoints whose signature and root were checked.
    pub checkpoints: u64,
    /// Its first fault.
    pub fault: Option<Fault>,
}

/// What to look at.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Also open every header and payload.
    pub deep: bool,
    /// Checkpoints that somebody kept, as signed notes.
    pub against: Vec<String>,
}

/// Verification could not be carried out. It says nothing about the ledger.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The database.
    #[error(transparent)]
    Store(#[from] Error),
    /// The object store.
    #[error(transparent)]
    Object(#[from] ObjectError),
}

/// Verifies the ledger of a realm.
#[derive(Debug, Clone)]
pub struct Verifier {
    store: Store,
    keys: Keys,
    objects: Objects,
    guard: Guard,
    generations: Generations,
}

impl Verifier {
    /// Of a realm.
    pub fn new(store: Store, keys: Keys, objects: Objects, guard: Guard, generations: Generations) -> Self {
        Self { store, keys, objects, guard, generations }
    }

    /// Walks both logs from their first entry. `progress` is called now and then with the log, how many of its entries
    /// are done, and how many there are.
    ///
    /// # Errors
    /// [`VerifyError`] when it cannot be carried out; what it finds is in what it gives.
    pub fn verify(
        &self,
        wanted: &Wanted,
        progress: &mut dyn FnMut(&str, u64, u64),
    ) -> Result<Vec<Examined>, VerifyError> {
        let (all, sizes) = self.store.read_blocking(|conn| {
            let access = entries::size(conn, entries::Log::Access)?;
            let consent = entries::size(conn, entries::Log::Consent)?;
            Ok::<_, Error>((trees::all(conn)?, [("access", access), ("consent", consent)]))
        })?;
        let mut examined = Vec::new();
        for (log, size) in sizes {
            let generations: Vec<&Tree> = all.iter().filter(|tree| tree.log == log).collect();
            if generations.is_empty() {
                let fault = Fault::new(Kind::Unverifiable, "log", None, "no generation was opened");
                examined.push(Examined { fault: Some(fault), ..Examined::nothing(log, 0) });
            }
            for (place, tree) in generations.iter().enumerate() {
                let end = generations.get(place + 1).map_or(size, |next| next.first_seq);
                examined.push(self.generation(tree, end, wanted, progress)?);
            }
        }
        for note in &wanted.against {
            note_of_nobody(&mut examined, note);
        }
        Ok(examined)
    }

    fn generation(
        &self,
        tree: &Tree,
        end: i64,
        wanted: &Wanted,
        progress: &mut dyn FnMut(&str, u64, u64),
    ) -> Result<Examined, VerifyError> {
        let mut examined = Examined::nothing(&tree.log, tree.generation);
        match self.heads(tree, wanted)? {
            Ok((opener, heads)) => {
                let walk = walk::Walk { verifier: self, tree, end, opener, wanted };
                walk.run(heads, &mut examined, progress)?;
            }
            Err(fault) => examined.fault = Some(fault),
        }
        Ok(examined)
    }

    /// The key of a generation, and what was signed that lies outside the database: the guard's checkpoint first.
    fn heads(&self, tree: &Tree, wanted: &Wanted) -> Result<Result<(Opener, Vec<Head>), Fault>, VerifyError> {
        let unverifiable = |layer, says: String| Ok(Err(Fault::new(Kind::Unverifiable, layer, None, says)));
        let vkey = match self.generations.vkey(&tree.log, tree.generation) {
            Ok(vkey) => vkey,
            Err(error) => return unverifiable("key", format!("{error}")),
        };
        if vkey != tree.vkey {
            let says = "the database names another key than the key's file";
            return Ok(Err(Fault::new(Kind::Tampered, "key", None, says)));
        }
        let opener = match Opener::new(&vkey) {
            Ok(opener) => opener,
            Err(error) => return unverifiable("key", format!("{error}")),
        };
        let Some((size, note)) = self.guard.newest(&tree.log, tree.generation)? else {
            return unverifiable("guard", "no checkpoint lies outside the database".to_owned());
        };
        let mut heads = Vec::new();
        match opener.open(&note) {
            Ok(head) if head.size == size => heads.push(head),
            Ok(_) => return Ok(Err(bad_note("the guard's checkpoint", "has another size than its name"))),
            Err(error) => return Ok(Err(bad_note("the guard's checkpoint", &error))),
        }
        for note in &wanted.against {
            match opener.open(note) {
                Ok(head) => heads.push(head),
                // It may be of another log or generation.
                Err(NoteError::Origin | NoteError::Signature) if !names(note, opener.origin()) => {}
                Err(error) => return Ok(Err(bad_note("the checkpoint that was given", &error))),
            }
        }
        Ok(Ok((opener, heads)))
    }
}

impl Examined {
    fn nothing(log: &str, generation: i32) -> Self {
        let log = log.to_owned();
        Self {
            log,
            generation,
            entries: 0,
            erased: 0,
            sealed_away: 0,
            opened: 0,
            lost: 0,
            signed: 0,
            checkpoints: 0,
            fault: None,
        }
    }
}

fn bad_note(what: &str, why: impl std::fmt::Display) -> Fault {
    Fault::new(Kind::Tampered, "signature", None, format!("{what}: {why}"))
}

fn names(note: &str, origin: &str) -> bool {
    note.lines().next() == Some(origin)
}

/// A checkpoint that was given and is of none of the logs says nothing about them.
fn note_of_nobody(examined: &mut [Examined], note: &str) {
    let known = examined.iter().any(|one| {
        let ending = format!("/{}/{}", one.log, one.generation);
        note.lines().next().is_some_and(|origin| origin.ends_with(&ending))
    });
    if known {
        return;
    }
    if let Some(first) = examined.iter_mut().find(|one| one.fault.is_none()) {
        let says = "the checkpoint that was given is of none of these logs";
        first.fault = Some(Fault::new(Kind::Unverifiable, "log", None, says));
    }
}
