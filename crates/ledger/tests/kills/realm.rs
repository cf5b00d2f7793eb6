//! A ledger with its trees, on a database of its own.

use std::path::Path;
use std::sync::Mutex;

use chrono::DateTime;
use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_domain::ids::Person;
use counterfoil_ledger::Ledger;
use counterfoil_ledger::config::ConfigObject;
use counterfoil_ledger::guard::Guard;
use counterfoil_ledger::journal::Journal;
use counterfoil_ledger::objects::Objects;
use counterfoil_ledger::tree::{Generations, Keeper};
use counterfoil_ledger::verify::{Examined, Verifier, Wanted};
use counterfoil_store::keys::{Keys, Secret};
use counterfoil_store::{Store, people};
use prometheus::Registry;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use tempfile::TempDir;

use crate::database::Database;

pub struct Realm {
    pub store: Store,
    pub person: Person,
    parts: Parts,
    dir: TempDir,
}

/// What a process of the realm opens.
pub struct Parts {
    pub keys: Keys,
    pub objects: Objects,
    pub guard: Guard,
    pub generations: Generations,
    pub ledger: Ledger,
}

/// A clock that starts at `seconds` and runs twenty times as fast, so that checkpoints come often.
#[expect(clippy::disallowed_methods, reason = "the processes are real, and so is their time")]
pub fn clock(seconds: i64) -> Clock {
    let begun = std::time::SystemTime::now();
    Clock::new(move || {
        let millis = begun.elapsed().unwrap_or_default().as_millis() * 20;
        DateTime::from_timestamp_millis(1_800_000_000_000 + seconds * 1_000 + i64::try_from(millis).unwrap())
            .unwrap()
    })
}

/// Each process draws other bytes.
pub fn entropy(process: u64) -> Entropy {
    let rng = Mutex::new(ChaCha20Rng::seed_from_u64(process));
    Entropy::new(move |buffer| rng.lock().unwrap().fill_bytes(buffer))
}

impl Parts {
    pub fn open(keys_url: &str, folder: &Path, process: u64) -> Self {
        let keys = Keys::open(keys_url, Secret::new([7; 32]), clock(0), entropy(1_000 + process)).unwrap();
        let objects = Objects::folder(&folder.join("ledger")).unwrap();
        let guard = Guard::new(objects.clone());
        let generations = Generations::new(&folder.join("keys"), "shop.example/ledger");
        let journal = Journal::new(objects.clone(), &keys, entropy(3_000 + process)).unwrap();
        let config = ConfigObject::embedded(b"notice", b"words");
        let ledger = Ledger::new(keys.clone(), entropy(2_000 + process), config)
            .unwrap()
            .guarded(guard.clone(), journal);
        Self { keys, objects, guard, generations, ledger }
    }

    pub fn keeper(&self, store: &Store, clock: Clock) -> Keeper {
        let (objects, guard, generations) =
            (self.objects.clone(), self.guard.clone(), self.generations.clone());
        Keeper::new(store.clone(), objects, guard, generations, clock, "one".to_owned(), &Registry::new())
            .unwrap()
    }
}

impl Realm {
    pub fn new(database: &Database) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&database.url, 8).unwrap();
        store.migrate().unwrap();
        let parts = Parts::open(&database.keys_url, dir.path(), 999);
        let person = people::resolve_one(&store, &parts.keys, &entropy(1), clock(0).now(), "c-1").unwrap();
        parts.generations.init(&store, &parts.guard, &entropy(2), clock(0).now()).unwrap();
        Self { store, person, parts, dir }
    }

    pub fn folder(&self) -> String {
        self.dir.path().to_str().unwrap().to_owned()
    }

    /// Brings the trees forward to the end.
    pub fn keep(&self) {
        let mut keeper = self.parts.keeper(&self.store, clock(10_000_000));
        keeper.round().unwrap();
    }

    pub fn verify(&self, wanted: &Wanted) -> Vec<Examined> {
        let Parts { keys, objects, guard, generations, .. } = &self.parts;
        let verifier = Verifier::new(
            self.store.clone(),
            keys.clone(),
            objects.clone(),
            guard.clone(),
            generations.clone(),
        );
        verifier.verify(wanted, &mut |_, _, _| {}).unwrap()
    }
}
