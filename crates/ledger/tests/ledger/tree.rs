//! The trees on a real database and a real folder.

use counterfoil_domain::clock::Clock;
use counterfoil_domain::entry::EntryType;
use counterfoil_ledger::guard::{Condition, Guard};
use counterfoil_ledger::journal::Journal;
use counterfoil_ledger::objects::Objects;
use counterfoil_ledger::tree::{Generations, Keeper};
use counterfoil_ledger::verify::{Examined, Verifier, Wanted};
use counterfoil_store::Error;
use counterfoil_store::entries::Log;
use counterfoil_store::{leases, trees};
use prometheus::Registry;
use serde_json::json;
use tempfile::TempDir;

use crate::realm::{Realm, at, decision, entropy};

/// What lies beside the database.
pub struct Beside {
    pub dir: TempDir,
    pub objects: Objects,
    pub guard: Guard,
    pub generations: Generations,
}

impl Beside {
    pub fn new(realm: &Realm) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let objects = Objects::folder(&dir.path().join("ledger")).unwrap();
        let guard = Guard::new(objects.clone());
        let generations = Generations::new(&dir.path().join("keys"), "shop.example/ledger");
        let opened = generations.init(&realm.store, &guard, &entropy(77), at(0)).unwrap();
        assert_eq!(opened, ["shop.example/ledger/access/1", "shop.example/ledger/consent/1"]);
        assert!(
            generations.init(&realm.store, &guard, &entropy(77), at(0)).unwrap().is_empty(),
            "safe to repeat"
        );
        Self { dir, objects, guard, generations }
    }

    pub fn journal(&self, realm: &Realm) -> Journal {
        Journal::new(self.objects.clone(), &realm.keys, entropy(88)).unwrap()
    }

    pub fn keeper(&self, realm: &Realm, owner: &str, seconds: i64) -> Keeper {
        let (objects, guard) = (self.objects.clone(), Guard::new(self.objects.clone()));
        let (store, generations) = (realm.store.clone(), self.generations.clone());
        let clock = Clock::fixed(at(seconds));
        Keeper::new(store, objects, guard, generations, clock, owner.to_owned(), &Registry::new()).unwrap()
    }

    pub fn verify(&self, realm: &Realm, deep: bool, against: Vec<String>) -> Vec<Examined> {
        let (store, keys) = (realm.store.clone(), realm.keys.clone());
        let verifier =
            Verifier::new(store, keys, self.objects.clone(), self.guard.clone(), self.generations.clone());
        verifier.verify(&Wanted { deep, against }, &mut |_, _, _| {}).unwrap()
    }

    /// The consent log's examination, which has no fault.
    pub fn intact(&self, realm: &Realm, deep: bool) -> Examined {
        let found = self.verify(realm, deep, Vec::new());
        assert!(found.iter().all(|one| one.fault.is_none()), "{found:#?}");
        found.into_iter().find(|one| one.log == "consent").unwrap()
    }
}

/// Appends so many decisions of one record.
pub fn grow(realm: &Realm, count: usize) {
    let draft = decision(1, EntryType::GrantGiven, Some(json!({ "grantId": "g" })));
    for chunk in vec![draft; count].chunks(500) {
        realm.append(chunk);
    }
}

pub fn checkpoints_follow_what_is_appended(realm: &Realm) {
    let beside = Beside::new(realm);
    assert_eq!(beside.intact(realm, true).entries, 0);
    let mut notes = Vec::new();
    for (round, count) in [1_usize, 254, 1, 1, 700, 66_000].into_iter().enumerate() {
        grow(realm, count);
        let seconds = i64::try_from(round).unwrap() * 2 + 2;
        let mut keeper = beside.keeper(realm, "a", seconds);
        assert_eq!(keeper.round().unwrap(), u64::try_from(count).unwrap());
        assert_eq!(keeper.round().unwrap(), 0, "nothing more to do");
        let newest = realm.read(|conn| trees::newest(conn, "consent", 1)).unwrap();
        assert_eq!(newest.size, realm.sizes().1, "published");
        notes.push(newest.note);
    }
    let found = beside.intact(realm, true);
    assert_eq!((found.entries, found.opened, found.signed), (66_957, 66_957, 66_957));
    assert_eq!(found.checkpoints, 8, "the empty tree's, six, and the guard's");
    // Whoever kept an earlier checkpoint is shown the same history.
    let against = beside.verify(realm, false, notes);
    assert!(against.iter().all(|one| one.fault.is_none()), "{against:#?}");
}

pub fn a_process_that_dies_is_followed_by_another(realm: &Realm) {
    let beside = Beside::new(realm);
    grow(realm, 300);
    let mut first = beside.keeper(realm, "first", 2);
    assert_eq!(first.round().unwrap(), 300);
    grow(realm, 10);
    let mut second = beside.keeper(realm, "second", 5);
    assert_eq!(second.round().unwrap(), 0, "the lease is the first one's");
    let mut second = beside.keeper(realm, "second", 60);
    assert_eq!(second.round().unwrap(), 10, "it ran out");
    // The first wakes up, as it was, and its lease is over.
    grow(realm, 10);
    assert_eq!(first.round().unwrap(), 0);
    assert!(!realm.write(|conn| leases::hold(conn, "ledger", "first", 1, at(61))), "it cannot publish");
    let tree = realm.read(|conn| trees::current(conn, Log::Consent)).unwrap();
    let stale = trees::Tree { integrated: 310, ..tree.clone() };
    assert!(!realm.write(|conn| trees::integrate(conn, &stale, 320, 1)), "nor integrate");
    assert_eq!(beside.keeper(realm, "second", 62).round().unwrap(), 10);
    assert_eq!(beside.intact(realm, true).entries, 320);
}

pub fn once_an_hour_an_entry_says_how_large_each_log_is(realm: &Realm) {
    let beside = Beside::new(realm);
    let keep = |seconds: i64| {
        beside.keeper(realm, "a", seconds).stating(realm.ledger.clone()).round().unwrap();
    };
    grow(realm, 3);
    keep(10);
    assert_eq!(realm.sizes().1, 3, "not in the first hour");
    grow(realm, 2);
    keep(3_700);
    assert_eq!(realm.sizes().1, 6, "five, and what says so");
    let stored = realm.stored(Log::Consent);
    let opened = realm.ledger.open_for_realm(&stored[5]).unwrap();
    assert_eq!(opened.header["type"], json!("checkpoint.published"));
    assert_eq!(opened.payload.unwrap()["size"], json!(5));
    keep(3_705);
    keep(9_000);
    keep(90_000);
    assert_eq!(realm.sizes(), (0, 6), "nothing was added but that");
    grow(realm, 1);
    keep(90_010);
    assert_eq!(realm.sizes().1, 8);
    beside.intact(realm, true);
}

pub fn a_database_that_was_put_back_is_noticed(realm: &Realm) {
    let beside = Beside::new(realm);
    let ledger = realm.ledger.clone().guarded(beside.guard.clone(), beside.journal(realm));
    assert_eq!(beside.guard.condition(), Condition::Unverifiable, "nobody has looked");
    assert!(matches!(ledger.check(), Err(Error::Behind(_))));
    assert_eq!(beside.guard.look(&realm.store).unwrap(), Condition::Intact);
    grow(realm, 20);
    beside.keeper(realm, "a", 5).round().unwrap();
    assert_eq!(beside.guard.look(&realm.store).unwrap(), Condition::Intact);
    // The older state: a shorter head.
    realm.put_back(Log::Consent, 15);
    let keys = realm.person_keys();
    let refused = realm.store.write_blocking(|conn| {
        ledger.append(conn, &keys, realm.person, at(0), &[decision(1, EntryType::GrantGiven, None)])
    });
    assert!(matches!(refused, Err(Error::Behind(_))), "noticed at the head, before anybody looked");
    assert_eq!(beside.guard.condition(), Condition::RolledBack);
    assert!(beside.keeper(realm, "a", 1).round().is_err(), "and nothing is signed");
    // A folder without the guard is no first start.
    std::fs::remove_dir_all(beside.dir.path().join("ledger/guard")).unwrap();
    assert_eq!(Guard::new(beside.objects.clone()).look(&realm.store).unwrap(), Condition::Unverifiable);
}
