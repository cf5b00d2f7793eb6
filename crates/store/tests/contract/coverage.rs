use counterfoil_store::coverage::{self, Loading};
use counterfoil_store::offsets;

use crate::realm::{Realm, at};

fn partition(realm: &Realm, number: i32, members: &str) {
    realm.write(|conn| offsets::take(conn, "orders", number, 10, offsets::Kind::Live));
    let statement = format!("UPDATE ingest_offsets SET {members} WHERE partition_no = {number}");
    assert!(realm.run(&statement), "{statement}");
}

fn time(seconds: i64) -> String {
    format!("'{}'", at(seconds).format("%Y-%m-%d %H:%M:%S%.6f"))
}

pub fn the_oldest_live_partition_counts(realm: &Realm) {
    let fresh_until = || realm.read(coverage::fresh_until);
    assert_eq!(fresh_until(), None);
    partition(realm, 0, "paused = NULL");
    assert_eq!(fresh_until(), None, "it was never read");
    partition(realm, 1, &format!("fresh_until = {}", time(20)));
    partition(realm, 2, &format!("fresh_until = {}", time(10)));
    partition(realm, 3, &format!("fresh_until = {}, is_history = TRUE", time(5)));
    assert_eq!(fresh_until(), Some(at(10)));
}

pub fn the_past_is_loading_until_its_end(realm: &Realm) {
    let loading = || realm.read(coverage::loading);
    partition(realm, 0, "end_offset = 500");
    assert_eq!(loading(), None, "it is live");
    partition(realm, 1, "is_history = TRUE");
    assert_eq!(loading(), None, "its end was never seen");
    let history = |number, end, until| {
        partition(
            realm,
            number,
            &format!("is_history = TRUE, end_offset = {end}, fresh_until = {}", time(until)),
        );
    };
    history(2, 10, 1);
    assert_eq!(loading(), None, "read to its end");
    history(3, 11, 30);
    history(4, 12, 20);
    assert_eq!(loading(), Some(Loading { partitions: 2, until: Some(at(20)) }));
    partition(realm, 4, "fresh_until = NULL");
    assert_eq!(loading(), Some(Loading { partitions: 2, until: None }));
}
