//! Requests that are carried out once.

use counterfoil_domain::ids::Person;
use counterfoil_store::Error;
use counterfoil_store::idempotency::{self, Carried};

use crate::realm::{Realm, at};

fn carried(key: u8, person: Option<Person>, end: i64) -> Carried {
    Carried {
        key_hash: [key; 32],
        request_mac: [key + 1; 32],
        person,
        answer: format!("{{\"id\":{key}}}"),
        expires_at: at(end),
    }
}

pub fn a_request_is_remembered_for_its_time(realm: &Realm) {
    let (mine, nobodys) = (carried(1, Some(Person([7; 16])), 100), carried(2, None, 200));
    for one in [&mine, &nobodys] {
        realm.write(|conn| idempotency::insert(conn, one, at(0)));
    }
    let find = |key: u8, now| realm.read(|conn| idempotency::find(conn, &[key; 32], at(now)));
    assert_eq!(find(1, 99), Some(mine.clone()));
    assert_eq!(find(1, 100), None, "over");
    assert_eq!(find(3, 0), None);
    realm.write(|conn| idempotency::insert(conn, &carried(1, None, 300), at(100)));
    assert_eq!(find(1, 299), Some(carried(1, None, 300)), "a key can be used again after its time");
    assert_eq!(realm.write(|conn| idempotency::delete_expired(conn, at(200))), 1);
    assert_eq!(find(2, 0), None);
}

pub fn nothing_of_the_erased_is_remembered(realm: &Realm) {
    realm.write(|conn| idempotency::insert(conn, &carried(1, Some(Person([7; 16])), 100), at(0)));
    realm.write(|conn| idempotency::insert(conn, &carried(2, Some(Person([9; 16])), 100), at(0)));
    realm.write(|conn| idempotency::forget(conn, Person([7; 16])));
    let is_there = |key: u8| realm.read(|conn| idempotency::find(conn, &[key; 32], at(0))).is_some();
    assert!(!is_there(1) && is_there(2));
    let twice = realm.store.write_blocking(|conn| idempotency::insert(conn, &carried(2, None, 300), at(99)));
    assert!(matches!(twice, Err(Error::Contended)), "{twice:?}");
}
