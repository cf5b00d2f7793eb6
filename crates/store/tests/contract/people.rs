use std::collections::{HashMap, HashSet};

use counterfoil_domain::ids::Person;
use counterfoil_store::people::{self, Changes, CustomerName, Identity};
use counterfoil_store::{Contention as _, Error};

use crate::realm::{MASTER, Realm, at, entropy};

pub fn the_same_new_customers_become_one_person_each(realm: &Realm) {
    let other_keys = realm.other_keys(MASTER).unwrap();
    let all: Vec<HashMap<[u8; 16], Identity>> = realm.on_threads(8, |thread, store| {
        let keys = if thread % 2 == 0 { &realm.keys } else { &other_keys };
        let mut names: Vec<CustomerName> = (0..60)
            .map(|n| format!("customer {n}"))
            .map(|id| CustomerName { index: keys.customer_index(&id), id })
            .collect();
        names.rotate_left(thread * 7);
        names.extend(names[..5].to_vec());
        people::resolve(store, keys, &entropy(), at(0), &names).unwrap()
    });
    assert_eq!(all[0].len(), 60);
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(all[0].values().map(|identity| identity.person).collect::<HashSet<_>>().len(), 60);
    for identity in all[0].values() {
        realm.keys.person(identity.person).unwrap();
        assert_eq!((identity.home, identity.home_since, identity.not_before), (identity.person, None, None));
    }
    assert_eq!(realm.person("customer 7"), all[0][&realm.keys.customer_index("customer 7")].person);
}

pub fn a_customer_is_found_by_index_and_named_by_key(realm: &Realm) {
    let id = "0900 \u{e9} \u{1F4B0}";
    let index = realm.keys.customer_index(id);
    assert_eq!(realm.read(|conn| people::find(conn, &index)), None);
    let person = realm.person(id);
    assert_eq!(realm.person(id), person, "made once");
    assert_ne!(realm.person("0901"), person);
    assert_eq!(realm.read(|conn| people::find(conn, &index)), Some(person));
    let many: Vec<[u8; 16]> = std::iter::once(index)
        .chain((0..2_500_u16).map(|n| {
            let mut unknown = [9; 16];
            unknown[..2].copy_from_slice(&n.to_be_bytes());
            unknown
        }))
        .collect();
    let identity = Identity { person, home: person, home_since: None, not_before: None };
    assert_eq!(realm.read(|conn| people::find_many(conn, &many)), HashMap::from([(index, identity)]));
    let persons = realm.read(|conn| people::identities(conn, &[person, Person([1; 16])]));
    assert_eq!(persons, HashMap::from([(person, identity)]));
    assert_eq!(realm.read(|conn| people::customer_id(conn, &realm.keys, person)).as_deref(), Some(id));
    assert_eq!(realm.read(|conn| people::epoch(conn, person)), Some(0));
    let nobody = Person([1; 16]);
    assert_eq!(realm.read(|conn| people::customer_id(conn, &realm.keys, nobody)), None);
    assert_eq!(realm.read(|conn| people::epoch(conn, nobody)), None);
}

pub fn changes_add_up_from_many_threads(realm: &Realm) {
    const ROUNDS: usize = 25;
    let persons: Vec<Person> = (0..20).map(|n| realm.person(&format!("{n}"))).collect();
    let last: Vec<HashSet<(Person, i64)>> = realm.on_threads(8, |thread, store| {
        let mut seen = HashSet::new();
        for round in 0..ROUNDS {
            let mut changes: Vec<Changes> = persons
                .iter()
                .map(|person| Changes { person: *person, count: 2, narrowed: round % 5 == 0 })
                .collect();
            changes.rotate_left((thread * 3 + round) % 20);
            let counted = store.write_blocking(|conn| people::count_changes(conn, &changes)).unwrap();
            assert_eq!(counted.len(), 20);
            seen.extend(counted);
        }
        seen
    });
    let numbers: HashSet<(Person, i64)> = last.iter().flatten().copied().collect();
    assert_eq!(numbers.len(), 8 * ROUNDS * 20, "no number is given twice");
    for person in persons {
        let most = numbers.iter().filter(|(of, _)| *of == person).map(|(_, seq)| *seq).max();
        assert_eq!(most, Some(2 * 8 * i64::try_from(ROUNDS).unwrap()));
        assert_eq!(realm.read(|conn| people::epoch(conn, person)), Some(8 * 5));
    }
}

pub fn changes_of_somebody_gone_are_refused(realm: &Realm) {
    let person = realm.person("900");
    let changes = [person, Person([1; 16])].map(|person| Changes { person, count: 1, narrowed: false });
    let refused = realm.store.write_blocking(|conn| people::count_changes(conn, &changes));
    assert!(matches!(refused, Err(Error::Contended)), "the caller looks again");
    assert!(Error::Contended.is_contention());
    let seq = realm.write(|conn| people::count_changes(conn, &changes[..1]))[&person];
    assert_eq!(seq, 1, "nothing was counted before");
    assert!(realm.write(|conn| people::count_changes(conn, &[])).is_empty());
}

pub fn a_customer_is_held_by_one_act_at_a_time(realm: &Realm) {
    let person = realm.person("1");
    let counter = std::sync::atomic::AtomicU32::new(0);
    realm.on_threads(8, |_, store| {
        store
            .write_blocking(|conn| {
                assert!(people::hold(conn, person)?);
                let inside = counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                std::thread::yield_now();
                counter.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                assert_eq!(inside, 0, "nobody else is in here");
                Ok::<_, Error>(())
            })
            .unwrap();
    });
    assert!(!realm.write(|conn| people::hold(conn, Person([9; 16]))), "nobody is not held");
}
