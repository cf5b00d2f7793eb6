use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use counterfoil_domain::clock::Clock;
use counterfoil_domain::ids::Person;
use counterfoil_store::Error;
use counterfoil_store::keys::{Keys, Masters, Secret};

use crate::realm::{MASTER, Realm, at, entropy};

const NEW: [u8; 32] = [8; 32];

fn persons(count: u16, first: u8) -> Vec<Person> {
    let person = |n: u16| {
        let mut bytes = [first; 16];
        bytes[1..3].copy_from_slice(&n.to_be_bytes());
        Person(bytes)
    };
    (0..count).map(person).collect()
}

/// The keystore as the one sees it who wraps anew: the new master key first.
fn rotating(realm: &Realm) -> Keys {
    realm.with_masters(Masters::new(|| Ok(vec![Secret::new(NEW), Secret::new(MASTER)]))).unwrap()
}

fn rewrap_all(keys: &Keys) -> usize {
    let (mut after, mut sum) = (None, keys.rewrap_named().unwrap());
    loop {
        let step = keys.rewrap_persons(after, 30).unwrap();
        sum += step.keys;
        match step.after {
            None => return sum,
            some => after = some,
        }
    }
}

fn mark(keys: &Keys, person: Person) -> [u8; 32] {
    keys.person(person).unwrap().evidence.mac(&[b"x"])
}

pub fn keys_are_wrapped_anew_while_others_make_them(realm: &Realm) {
    let before = persons(100, 1);
    realm.keys.create(&before).unwrap();
    realm.keys.named("quarantine/2027-01").unwrap();
    let marks: Vec<_> = before.iter().map(|person| mark(&realm.keys, *person)).collect();
    let both = rotating(realm);
    let is_done = AtomicBool::new(false);
    let made = std::thread::scope(|scope| {
        let maker = scope.spawn(|| {
            let mut made = Vec::new();
            for first in 2..=255 {
                let new = persons(3, first);
                both.create(&new).unwrap();
                made.extend(new);
                if is_done.load(Ordering::SeqCst) {
                    break;
                }
            }
            made
        });
        assert!(both.begin_rotation().unwrap());
        // ids, the named one, and three keys of each person, at least.
        assert!(rewrap_all(&both) >= 2 + 3 * 100);
        is_done.store(true, Ordering::SeqCst);
        maker.join().unwrap()
    });
    assert_eq!(rewrap_all(&both), 0, "one pass finds all");
    let new = realm.other_keys(NEW).unwrap();
    for (person, expected) in before.iter().zip(&marks) {
        assert_eq!(mark(&new, *person), *expected, "the keys are what they were");
    }
    for person in made {
        mark(&new, person);
    }
    assert_eq!(new.customer_index("900"), realm.keys.customer_index("900"));
    assert!(matches!(realm.other_keys(MASTER), Err(Error::Key(_))), "the old one opens nothing");
}

pub fn what_was_destroyed_meanwhile_stays_so(realm: &Realm) {
    let [gone, kept] = [Person([1; 16]), Person([2; 16])];
    realm.keys.create(&[gone, kept]).unwrap();
    realm.keys.destroy_data(gone).unwrap();
    assert_eq!(realm.keys.left_of(gone).unwrap(), ["evidence"]);
    let both = rotating(realm);
    both.begin_rotation().unwrap();
    rewrap_all(&both);
    assert_eq!(both.left_of(gone).unwrap(), ["evidence"]);
    assert_eq!(both.left_of(kept).unwrap(), ["purchases", "volunteered", "evidence"]);
    both.destroy_evidence(gone).unwrap();
    assert!(both.left_of(gone).unwrap().is_empty());
    assert!(both.evidence(gone).unwrap().is_none());
    assert!(both.left_of(Person([9; 16])).unwrap().is_empty(), "nobody");
}

pub fn a_rotation_that_was_broken_off_is_done_again(realm: &Realm) {
    let all = persons(50, 1);
    realm.keys.create(&all).unwrap();
    let both = rotating(realm);
    assert!(both.begin_rotation().unwrap());
    let first = both.rewrap_persons(None, 20).unwrap();
    assert_eq!((first.rows, first.keys, first.after), (20, 60, Some(all[19])));
    drop(both);
    // The next process begins from the start, and finds what is done already.
    let again = rotating(realm);
    assert!(!again.begin_rotation().unwrap());
    assert_eq!(rewrap_all(&again), 1 + 3 * 30, "the key of ids, and thirty persons");
    assert!(realm.other_keys(MASTER).is_err());
    realm.other_keys(NEW).unwrap();
}

pub fn a_new_master_key_is_found_by_those_who_run(realm: &Realm) {
    let file = Arc::new(Mutex::new(vec![Secret::new(MASTER)]));
    let read = Arc::clone(&file);
    let running = realm.with_masters(Masters::new(move || Ok(read.lock().unwrap().clone()))).unwrap();
    let [early, late] = [Person([1; 16]), Person([2; 16])];
    running.create(&[early]).unwrap();
    let both = rotating(realm);
    both.begin_rotation().unwrap();
    assert!(matches!(running.create(&[late]), Err(Error::Key(_))), "nothing is made under the old one");
    *file.lock().unwrap() = vec![Secret::new(NEW), Secret::new(MASTER)];
    running.create(&[late]).unwrap();
    running.forget(early);
    mark(&running, early);
    rewrap_all(&both);
    *file.lock().unwrap() = vec![Secret::new(NEW)];
    for person in [early, late] {
        running.forget(person);
        mark(&running, person);
    }
    running.named("quarantine/2027-05").unwrap();
    realm.other_keys(NEW).unwrap().named("quarantine/2027-05").unwrap();
}

pub fn a_copy_of_the_keystore_opens(realm: &Realm) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.db");
    realm.keys.create(&[Person([1; 16])]).unwrap();
    std::fs::File::create(&file).unwrap();
    let is_copied = realm.keys.backup(file.to_str().unwrap()).unwrap();
    assert_eq!(is_copied, !realm.store.is_postgres());
    if is_copied {
        realm.keys.destroy_data(Person([1; 16])).unwrap();
        let url = format!("sqlite://{}", file.display());
        let copy = Keys::open(&url, Secret::new(MASTER), Clock::fixed(at(0)), entropy()).unwrap();
        assert_eq!(copy.left_of(Person([1; 16])).unwrap().len(), 3, "it remembers what was destroyed since");
    }
}
