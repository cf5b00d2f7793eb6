use counterfoil_store::leases;

use crate::realm::{Realm, at};

pub fn a_lease_has_one_owner(realm: &Realm) {
    let won = realm.on_threads(8, |number, store| {
        store
            .write_blocking(|conn| leases::acquire(conn, "work", &format!("p{number}"), at(0), at(60)))
            .unwrap()
    });
    assert_eq!(won.iter().flatten().collect::<Vec<_>>(), [&1]);
    let owner = format!("p{}", won.iter().position(Option::is_some).unwrap());
    let acquire =
        |owner: &str, now| realm.write(|conn| leases::acquire(conn, "work", owner, at(now), at(now + 60)));
    assert_eq!(acquire(&owner, 30), Some(1), "prolonged");
    assert_eq!(acquire("other", 89), None);
    assert_eq!(acquire("other", 90), Some(2), "taken over");
    assert_eq!(acquire(&owner, 91), None);
    realm.write(|conn| leases::release(conn, "work", &owner, at(92)));
    assert_eq!(acquire(&owner, 93), None, "not theirs to give back");
    realm.write(|conn| leases::release(conn, "work", "other", at(94)));
    assert_eq!(acquire(&owner, 94), Some(3));
    let is_free = |owner: &str, now| realm.read(|conn| leases::is_free(conn, "work", owner, at(now)));
    assert!(is_free(&owner, 95) && !is_free("other", 95));
    assert!(!is_free("other", 153) && is_free("other", 154));
    assert!(realm.read(|conn| leases::is_free(conn, "nobody's work", "other", at(0))));
    assert_eq!(realm.write(|conn| leases::acquire(conn, "other work", "other", at(95), at(200))), Some(1));
}
