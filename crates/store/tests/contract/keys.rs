use counterfoil_domain::ids::Person;
use counterfoil_store::Error;
use counterfoil_store::keys::Secret;

use crate::realm::{MASTER, Realm};

pub fn the_wrong_master_key_opens_nothing(realm: &Realm) {
    let refused = realm.other_keys([8; 32]);
    assert!(matches!(refused, Err(Error::Key(_))), "{refused:?}");
    let again = realm.other_keys(MASTER).unwrap();
    assert_eq!(
        again.customer_index("900"),
        realm.keys.customer_index("900"),
        "one key of ids for all processes"
    );
    assert_eq!(format!("{:?} {:?}", again, Secret::new([1; 32])), "Keys Secret", "nothing secret is shown");
}

pub fn a_person_s_keys_are_made_once_and_shared(realm: &Realm) {
    let persons: Vec<Person> = (0..2_100_u16)
        .map(|n| {
            let mut bytes = [0; 16];
            bytes[..2].copy_from_slice(&n.to_be_bytes());
            Person(bytes)
        })
        .collect();
    realm.keys.create(&persons).unwrap();
    let twice = realm.keys.create(&persons[5..6]);
    assert!(matches!(twice, Err(Error::Refused(_))), "{twice:?}");
    let other = realm.other_keys(MASTER).unwrap();
    let (mine, theirs) = (realm.keys.person(persons[2_050]).unwrap(), other.person(persons[2_050]).unwrap());
    let (stranger, of) = (other.person(persons[3]).unwrap(), |secret: &Secret| secret.mac(&[b"x"]));
    assert_eq!(of(&mine.purchases), of(&theirs.purchases));
    assert_eq!(of(&mine.volunteered), of(&theirs.volunteered));
    assert_eq!(of(&mine.evidence), of(&theirs.evidence));
    assert_ne!(of(&mine.purchases), of(&mine.evidence));
    assert_ne!(of(&mine.purchases), of(&mine.volunteered));
    assert_ne!(of(&mine.purchases), of(&stranger.purchases));
    realm.keys.forget(persons[2_050]);
    assert_eq!(of(&realm.keys.person(persons[2_050]).unwrap().evidence), of(&mine.evidence), "read again");
    assert!(matches!(realm.keys.person(Person([0xee; 16])), Err(Error::Key(_))));
}

pub fn a_named_key_is_one_for_all_processes(realm: &Realm) {
    let other = realm.other_keys(MASTER).unwrap();
    let made = realm.on_threads(6, |thread, _| {
        let keys = if thread % 2 == 0 { &realm.keys } else { &other };
        keys.named("quarantine/2027-01").unwrap().mac(&[b"x"])
    });
    assert!(made.windows(2).all(|pair| pair[0] == pair[1]), "the first one made stands");
    assert_ne!(realm.keys.named("quarantine/2027-02").unwrap().mac(&[b"x"]), made[0]);
}

pub fn what_a_destroyed_key_sealed_is_gone(realm: &Realm) {
    let key = realm.keys.named("quarantine/2027-01").unwrap();
    let kept = realm.keys.named("quarantine/2027-02").unwrap();
    let sealed = realm.keys.seal(&key, b"row", b"decaf").unwrap();
    assert_eq!(realm.keys.names("quarantine/").unwrap(), ["quarantine/2027-01", "quarantine/2027-02"]);
    realm.keys.destroy_named("quarantine/2027-01").unwrap();
    assert_eq!(realm.keys.names("quarantine/").unwrap(), ["quarantine/2027-02"]);
    realm.keys.destroy_named("quarantine/2027-01").unwrap();
    let other = realm.other_keys(MASTER).unwrap();
    for keys in [&realm.keys, &other] {
        let new = keys.named("quarantine/2027-01").unwrap();
        assert!(matches!(keys.open_sealed(&new, b"row", &sealed), Err(Error::Key(_))));
        assert_eq!(keys.named("quarantine/2027-02").unwrap().mac(&[b"x"]), kept.mac(&[b"x"]));
    }
}

pub fn evidence_outlives_what_was_erased(realm: &Realm) {
    let person = realm.person("c-1");
    let sealed = realm.keys.seal(&realm.keys.person(person).unwrap().evidence, b"row", b"decaf").unwrap();
    realm.keys.destroy_data(person).unwrap();
    let other = realm.other_keys(MASTER).unwrap();
    for keys in [&realm.keys, &other] {
        assert!(matches!(keys.person(person), Err(Error::Key(_))));
        let evidence = keys.evidence(person).unwrap().unwrap();
        assert_eq!(keys.open_sealed(&evidence, b"row", &sealed).unwrap(), b"decaf");
        assert!(keys.evidence(Person([9; 16])).unwrap().is_none(), "nobody");
    }
}

pub fn sealed_bytes_are_bound_to_their_place(realm: &Realm) {
    let (key, other) = (Secret::new([1; 32]), Secret::new([2; 32]));
    let sealed = realm.keys.seal(&key, b"row 1", b"decaf").unwrap();
    assert_ne!(
        sealed,
        realm.keys.seal(&key, b"row 1", b"decaf").unwrap(),
        "each time under a nonce of its own"
    );
    assert_eq!(realm.keys.open_sealed(&key, b"row 1", &sealed).unwrap(), b"decaf");
    assert!(realm.keys.open_sealed(&key, b"row 2", &sealed).is_err());
    assert!(realm.keys.open_sealed(&other, b"row 1", &sealed).is_err());
    for place in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[place] ^= 1;
        assert!(realm.keys.open_sealed(&key, b"row 1", &changed).is_err(), "byte {place}");
    }
    let mut plain = b"before ".to_vec();
    realm.keys.aead().context().unwrap().seal(&[3; 32], b"", b"", &mut plain).unwrap();
    assert_eq!(plain.len(), 7 + 28, "appended: nonce and tag");
}

pub fn indexes_tell_things_apart(realm: &Realm) {
    let keys = &realm.keys;
    let all = [
        keys.customer_index("900"),
        keys.customer_index("9000"),
        keys.object_id("", "order", "900").0,
        keys.object_id("", "return", "900").0,
        keys.object_id("a", "order", "900").0,
        keys.object_id("", "order", "a900").0,
        keys.store_index("", "900"),
        keys.store_index("9", "00"),
        keys.store_index("90", "0"),
    ];
    for (n, index) in all.iter().enumerate() {
        assert!(!all[..n].contains(index), "{n}");
    }
    let key = Secret::new([1; 32]);
    assert_ne!(key.mac(&[b"ab", b"c"]), key.mac(&[b"a", b"bc"]));
    assert_ne!(key.mac(&[b"abc"]), key.mac(&[b"abc", b""]));
}

pub fn a_new_key_takes_the_place_of_what_was_volunteered(realm: &Realm) {
    let (person, other) = (realm.person("1"), realm.person("2"));
    let elsewhere = realm.other_keys(MASTER).unwrap();
    let old = realm.keys.volunteered(person).unwrap().unwrap();
    let sealed = realm.keys.seal(&old, b"place", b"value").unwrap();
    let evidence = realm.keys.seal(&realm.keys.person(person).unwrap().evidence, b"place", b"value").unwrap();
    elsewhere.person(person).unwrap();
    realm.keys.renew_volunteered(person).unwrap();
    // Also for a process that still has the old one in its cache.
    for keys in [&realm.keys, &elsewhere] {
        let new = keys.volunteered(person).unwrap().unwrap();
        assert!(keys.open_sealed(&new, b"place", &sealed).is_err());
        assert!(keys.volunteered_of(&[person, other, Person([9; 16])]).unwrap().len() == 2);
    }
    let still = &realm.keys.person(person).unwrap().evidence;
    assert!(realm.keys.open_sealed(still, b"place", &evidence).is_ok(), "the others stay");
    realm.keys.destroy_data(person).unwrap();
    realm.keys.renew_volunteered(person).unwrap();
    assert!(realm.keys.volunteered(person).unwrap().is_none(), "what is gone for good does not come back");
    assert!(realm.keys.volunteered_of(&[person]).unwrap().is_empty());
}
