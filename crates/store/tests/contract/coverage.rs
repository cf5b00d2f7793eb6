use counterfoil_store::coverage::{self, Loading};
use counterfoil_store::offsets::{self, Kind};

use crate::realm::{Realm, at};

fn set(realm: &Realm, number: i32, members: &str) {
    let statement = format!("UPDATE ingest_offsets SET {members} WHERE partition_no = {number}");
    assert!(realm.run(&statement), "{statement}");
}

/// A partition that was read up to offset 10.
fn partition(realm: &Realm, number: i32, kind: Kind, fresh_until: Option<i64>) {
    realm.write(|conn| offsets::take(conn, "orders", number, 10, kind));
    if let Some(seconds) = fresh_until {
        set(realm, number, &format!("fresh_until = {}", time(seconds)));
    }
}

fn time(seconds: i64) -> String {
    format!("'{}'", at(seconds).format("%Y-%m-%d %H:%M:%S%.6f"))
}

pub fn the_oldest_live_partition_counts(realm: &Realm) {
    let fresh_until = || realm.read(coverage::fresh_until);
    assert_eq!(fresh_until(), None);
    partition(realm, 0, Kind::Live, None);
    assert_eq!(fresh_until(), None, "it was never read");
    partition(realm, 1, Kind::Live, Some(20));
    partition(realm, 2, Kind::Live, Some(10));
    partition(realm, 3, Kind::History { end: 11 }, Some(5));
    assert_eq!(fresh_until(), Some(at(10)));
}

pub fn the_past_is_loading_until_its_end(realm: &Realm) {
    let loading = || realm.read(coverage::loading);
    partition(realm, 0, Kind::Live, None);
    set(realm, 0, "end_offset = 500");
    assert_eq!(loading(), None, "it is live");
    partition(realm, 1, Kind::History { end: 12 }, None);
    set(realm, 1, "end_offset = NULL");
    assert_eq!(loading(), None, "its end was never seen");
    partition(realm, 2, Kind::History { end: 10 }, Some(1));
    assert_eq!(loading(), None, "read to its end");
    partition(realm, 3, Kind::History { end: 11 }, Some(30));
    partition(realm, 4, Kind::History { end: 12 }, Some(20));
    assert_eq!(loading(), Some(Loading { partitions: 2, until: Some(at(20)) }));
    set(realm, 4, "fresh_until = NULL");
    assert_eq!(loading(), Some(Loading { partitions: 2, until: None }));
}
