use std::collections::HashMap;

use counterfoil_domain::ids::{ObjectId, Person, PurchaseId};
use counterfoil_store::objects::{self, Kind, Latest, Object};

use crate::realm::{Realm, at, entropy};

fn id(n: u64) -> ObjectId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    ObjectId(bytes)
}

fn object(n: u64, value: i64) -> Object {
    Object {
        purchase_id: PurchaseId([3; 16]),
        person: Some(Person([4; 16])),
        purchased_at: Some(at(value)),
        latest: Some(Latest { order_kind: 1, order_value: value, digest: [5; 32] }),
        ..Object::awaited(id(n), Kind::Return)
    }
}

pub fn what_was_there_is_given_back_and_kept(realm: &Realm) {
    let first: Vec<Object> = (0..3_000).map(|n| object(n, 1)).collect();
    assert!(realm.write(|conn| objects::claim(conn, &first)).is_empty());
    let mut second: Vec<Object> = (2_000..5_000).map(|n| object(n, 2)).collect();
    second.reverse();
    let found = realm.write(|conn| objects::claim(conn, &second));
    assert_eq!(found.len(), 1_000);
    assert!(found.values().all(|old| first.contains(old)), "as they stand, not as they were asked for");
    assert_eq!(realm.read(|conn| objects::find(conn, id(2_500))), Some(object(2_500, 1)));
    assert_eq!(realm.read(|conn| objects::find(conn, id(4_000))), Some(object(4_000, 2)));
    assert_eq!(realm.read(|conn| objects::find(conn, id(9_000))), None);
    assert!(realm.write(|conn| objects::claim(conn, &[])).is_empty());
}

pub fn an_object_is_rewritten_whole(realm: &Realm) {
    let full = object(1, i64::MAX / 1_000_000_000);
    realm.write(|conn| objects::claim(conn, &[full.clone(), object(2, 1)]));
    let bare = Object::awaited(id(1), Kind::Order);
    assert_eq!(ObjectId::from(bare.purchase_id), bare.id, "its own purchase");
    realm.write(|conn| objects::update(conn, std::slice::from_ref(&bare)));
    assert_eq!(realm.read(|conn| objects::find(conn, id(1))), Some(bare), "what is absent now was taken out");
    realm.write(|conn| objects::update(conn, std::slice::from_ref(&full)));
    assert_eq!(realm.read(|conn| objects::find(conn, id(1))), Some(full));
    assert_eq!(realm.read(|conn| objects::find(conn, id(2))), Some(object(2, 1)));
}

/// Threads claim overlapping sets, each in an order of its own, and count themselves into what they hold. Were one not
/// locked, a count would be lost; were the locks not taken in one order, the database would break deadlocks off.
pub fn overlapping_claims_wait_for_each_other(realm: &Realm) {
    const THREADS: usize = 4;
    const ROUNDS: usize = 25;
    let attempts: Vec<usize> = realm.on_threads(THREADS, |thread, store| {
        let mut attempts = 0;
        for round in 0..ROUNDS {
            let mut wanted: Vec<Object> = (0..40).map(|n| object(n, 1)).collect();
            wanted.push(object(1_000 + u64::from(entropy().bytes::<1>()[0]), 1));
            if thread % 2 == 0 {
                wanted.reverse();
            } else {
                wanted.rotate_left(round % 40);
            }
            store
                .write_blocking(|conn| {
                    attempts += 1;
                    let found = objects::claim(conn, &wanted)?;
                    let raised: Vec<Object> = wanted
                        .iter()
                        .filter_map(|object| found.get(&object.id))
                        .map(|old| Object {
                            latest: old
                                .latest
                                .map(|latest| Latest { order_value: latest.order_value + 1, ..latest }),
                            ..old.clone()
                        })
                        .collect();
                    objects::update(conn, &raised)
                })
                .unwrap();
        }
        attempts
    });
    let total = i64::try_from(THREADS * ROUNDS).unwrap();
    let wanted: Vec<Object> = (0..40).map(|n| object(n, 0)).collect();
    let counted: HashMap<ObjectId, Object> = realm.write(|conn| objects::claim(conn, &wanted));
    assert_eq!(counted.len(), 40);
    assert!(counted.values().all(|object| object.latest.unwrap().order_value == total));
    assert_eq!(attempts.iter().sum::<usize>(), THREADS * ROUNDS, "no transaction had to be repeated");
}
