use counterfoil_domain::ids::{Person, Pseudonym, RecordId};
use counterfoil_store::outbox::{self, Claimed, Message, Topic, Waiting};

use crate::realm::{Realm, at};

fn message(record: u8, version: i64) -> Message {
    Message {
        topic: Topic::Volunteered,
        pseudonym: Pseudonym([3; 16]),
        person: Some(Person([7; 16])),
        record: RecordId([record; 16]),
        version,
        at: at(0),
        body: format!("{record}/{version}").into_bytes(),
        is_tombstone: false,
    }
}

fn tombstone(record: u8, version: i64) -> Message {
    Message { is_tombstone: true, ..message(record, version) }
}

fn put(realm: &Realm, messages: &[Message]) {
    realm.write(|conn| outbox::put(conn, messages));
}

/// Claims at a time for 30 seconds.
fn claim(realm: &Realm, owner: &str, time: i64, limit: i64) -> Option<Vec<Claimed>> {
    realm.write(|conn| outbox::claim(conn, owner, at(time), at(time + 30), limit))
}

fn keys(claimed: Option<Vec<Claimed>>) -> Vec<(u8, i64)> {
    claimed.unwrap().iter().map(|one| (one.record.0[0], one.version)).collect()
}

fn numbers(claimed: &[Claimed]) -> Vec<i64> {
    claimed.iter().map(|one| one.number).collect()
}

pub fn messages_are_claimed_in_order_by_one_at_a_time(realm: &Realm) {
    put(realm, &[message(1, 1), message(2, 1), message(1, 2), message(3, 1)]);
    let claimed = claim(realm, "a", 1, 1).unwrap();
    let [first] = claimed.as_slice() else { panic!("{claimed:?}") };
    assert_eq!(
        *first,
        Claimed {
            number: first.number,
            topic: Topic::Volunteered,
            pseudonym: Pseudonym([3; 16]),
            record: RecordId([1; 16]),
            version: 1,
            body: Some(b"1/1".to_vec()),
            tries: 0,
        }
    );
    assert_eq!(claim(realm, "b", 2, 9), None, "another one has the lease");
    // Record 1 has a claim in flight: its second version waits for the first.
    assert_eq!(keys(claim(realm, "a", 2, 9)), [(2, 1), (3, 1)]);
    assert!(keys(claim(realm, "a", 3, 9)).is_empty());
    realm.write(|conn| outbox::settle(conn, "a", &numbers(&claimed), at(99)));
    assert_eq!(keys(claim(realm, "a", 4, 9)), [(1, 2)]);
    // Its lease ends with its last claim: whoever comes then has all that was not settled.
    assert_eq!(claim(realm, "b", 33, 9), None);
    assert_eq!(keys(claim(realm, "b", 34, 9)), [(2, 1), (1, 2), (3, 1)]);
    // What the first had claimed is not its own any more.
    realm.write(|conn| outbox::settle(conn, "a", &(0..99).collect::<Vec<_>>(), at(99)));
    realm.write(|conn| outbox::give_back(conn, "a"));
    assert_eq!(realm.read(|conn| outbox::waiting(conn, at(40))), Waiting { messages: 3, since: Some(at(0)) });
    realm.write(|conn| outbox::give_back(conn, "b"));
    assert_eq!(keys(claim(realm, "b", 41, 9)), [(2, 1), (1, 2), (3, 1)]);
}

pub fn what_fails_waits_and_keeps_its_record_waiting(realm: &Realm) {
    put(realm, &[message(1, 1), message(2, 1), message(1, 2)]);
    let fail = |time: i64, expected: &[(u8, i64)]| {
        let claimed = claim(realm, "a", time, 9).unwrap();
        assert_eq!(keys(Some(claimed.clone())), expected, "at {time}");
        let failed: Vec<&Claimed> = claimed.iter().filter(|one| one.record.0[0] == 1).collect();
        realm.write(|conn| outbox::defer(conn, "a", &failed, at(time)));
        realm.write(|conn| outbox::give_back(conn, "a"));
        claimed
    };
    assert_eq!(fail(1, &[(1, 1), (2, 1), (1, 2)])[0].tries, 0);
    fail(1, &[(2, 1)]);
    // After one second, then after two.
    assert_eq!(fail(2, &[(1, 1), (2, 1), (1, 2)])[0].tries, 1);
    fail(3, &[(2, 1)]);
    assert_eq!(fail(4, &[(1, 1), (2, 1), (1, 2)])[0].tries, 2);
    assert_eq!(realm.read(|conn| outbox::waiting(conn, at(5))).messages, 3, "what was deferred waits");
    // Never more than five minutes.
    for turn in 0..20 {
        fail(1_000 * (turn + 1), &[(1, 1), (2, 1), (1, 2)]);
    }
    fail(20_299, &[(2, 1)]);
    fail(20_300, &[(1, 1), (2, 1), (1, 2)]);
}

pub fn a_tombstone_comes_again_as_nothing(realm: &Realm) {
    put(realm, &[message(1, 1), tombstone(1, 2)]);
    let claimed = claim(realm, "a", 1, 9).unwrap();
    let settled = realm.write(|conn| outbox::settle(conn, "a", &numbers(&claimed), at(2_000)));
    assert_eq!(settled, [RecordId([1; 16])]);
    assert_eq!(realm.read(|conn| outbox::waiting(conn, at(1_999))), Waiting::default());
    // The row of nothing keeps nothing waiting.
    put(realm, &[message(1, 3)]);
    let claimed = claim(realm, "a", 1_998, 9).unwrap();
    assert_eq!(keys(Some(claimed.clone())), [(1, 3)]);
    realm.write(|conn| outbox::settle(conn, "a", &numbers(&claimed), at(9_999)));
    assert!(keys(claim(realm, "a", 1_999, 9)).is_empty());
    assert_eq!(
        realm.read(|conn| outbox::waiting(conn, at(2_001))),
        Waiting { messages: 1, since: Some(at(2_000)) }
    );
    let claimed = claim(realm, "a", 2_000, 9).unwrap();
    let [nothing] = claimed.as_slice() else { panic!("{claimed:?}") };
    assert_eq!((nothing.version, nothing.body.clone()), (2, None));
    let settled = realm.write(|conn| outbox::settle(conn, "a", &[nothing.number], at(9_999)));
    assert!(settled.is_empty());
    assert_eq!(realm.read(|conn| outbox::waiting(conn, at(99_999))), Waiting::default());
}

pub fn of_who_is_forgotten_only_tombstones_stay(realm: &Realm) {
    let other = Message { person: Some(Person([8; 16])), ..message(4, 1) };
    put(realm, &[message(1, 1), tombstone(2, 2), other, Message { person: None, ..tombstone(3, 3) }]);
    realm.write(|conn| outbox::forget(conn, Person([7; 16])));
    assert_eq!(keys(claim(realm, "a", 1, 9)), [(2, 2), (4, 1), (3, 3)]);
}
