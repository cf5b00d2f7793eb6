//! What lies beside the database of a realm: the trees, their guard and the closure journal.

use chrono::TimeDelta;
use counterfoil_domain::clock::Clock;
use counterfoil_ledger::Ledger;
use counterfoil_ledger::guard::Guard;
use counterfoil_ledger::journal::Journal;
use counterfoil_ledger::objects::Objects;
use counterfoil_ledger::tree::{Generations, Keeper};
use counterfoil_volunteered::Volunteering;
use prometheus::Registry;
use tempfile::TempDir;

use crate::realm::{Realm, entropy};

pub struct Beside {
    pub objects: Objects,
    pub guard: Guard,
    pub journal: Journal,
    pub generations: Generations,
    pub ledger: Ledger,
    /// What customers tell this realm, guarded.
    pub v: Volunteering,
    _dir: TempDir,
}

/// Does what blocks beside the tasks of the test.
pub fn aside<T>(act: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(act)
}

impl Beside {
    pub fn new(realm: &Realm) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (store, keys) = (realm.v.store().clone(), realm.v.keys().clone());
        let objects = Objects::folder(&dir.path().join("ledger")).unwrap();
        let guard = Guard::new(objects.clone());
        let generations = Generations::new(&dir.path().join("keys"), "shop.example/ledger");
        aside(|| generations.init(&store, &guard, &entropy(77), realm.now())).unwrap();
        let journal = aside(|| Journal::new(objects.clone(), &keys, entropy(88))).unwrap();
        let ledger = realm.v.ledger().clone().guarded(guard.clone(), journal.clone());
        let v = Volunteering::new(store.clone(), keys, ledger.clone(), realm.v.clock().clone(), entropy(89));
        aside(|| guard.look(&store)).unwrap();
        Self { objects, guard, journal, generations, ledger, v, _dir: dir }
    }

    /// Signs what there is, a minute later.
    pub fn sign(&self, realm: &Realm) {
        realm.wait(TimeDelta::seconds(60));
        let clock = Clock::fixed(realm.now());
        let (store, objects) = (realm.v.store().clone(), self.objects.clone());
        aside(|| {
            let guard = Guard::new(objects.clone());
            let (generations, owner) = (self.generations.clone(), "a".to_owned());
            let keeper = Keeper::new(store, objects, guard, generations, clock, owner, &Registry::new());
            keeper.unwrap().round().unwrap();
        });
    }
}
