use counterfoil_store::quarantine::{self, Place, Quarantined};

use crate::realm::{Realm, at};

pub fn held(offset: i64, reason: &str, pointer: &str) -> Quarantined {
    Quarantined {
        source: "orders".to_owned(),
        partition_no: 1,
        message_offset: offset,
        reason: reason.to_owned(),
        pointer: pointer.to_owned(),
        detail: "what the rule says".to_owned(),
        customer_index: (offset % 2 == 0).then(|| vec![1; 16]),
        order_index: None,
        month: "2027-01".to_owned(),
        message: vec![0, 255, 7],
        recorded_at: at(offset).naive_utc(),
    }
}

fn place(offset: i64) -> Place {
    Place { source: "orders".to_owned(), partition: 1, offset }
}

fn text(row: &Quarantined) -> String {
    format!("{row:?}")
}

pub fn a_message_is_kept_once(realm: &Realm) {
    realm.write(|conn| quarantine::insert(conn, &[held(1, "not_json", "")]));
    let again =
        Quarantined { message: vec![9], recorded_at: at(99).naive_utc(), ..held(1, "too_long", "/data/x") };
    realm.write(|conn| quarantine::insert(conn, std::slice::from_ref(&again)));
    assert_eq!(realm.read(quarantine::count), 1);
    let found = realm.read(|conn| quarantine::find(conn, &place(1))).unwrap();
    assert_eq!(
        text(&found),
        text(&held(1, "too_long", "/data/x")),
        "its reason is new, its bytes and time are not"
    );
    assert!(realm.read(|conn| quarantine::find(conn, &place(2))).is_none());
    assert!(realm.read(|conn| quarantine::find(conn, &Place { partition: 2, ..place(1) })).is_none());
    realm.write(|conn| quarantine::remove(conn, &place(1)));
    assert_eq!(realm.read(quarantine::count), 0);
}

pub fn groups_and_lists(realm: &Realm) {
    let mut rows: Vec<Quarantined> = (0..500).map(|n| held(n, "not_json", "")).collect();
    rows.extend((500..503).map(|n| held(n, "too_long", "/data/x")));
    rows.push(held(503, "too_long", "/data/a"));
    rows.reverse();
    realm.write(|conn| quarantine::insert(conn, &rows));
    let groups = realm.read(quarantine::groups);
    let groups: Vec<(&str, &str, i64)> =
        groups.iter().map(|(a, b, n)| (a.as_str(), b.as_str(), *n)).collect();
    assert_eq!(groups, [("not_json", "", 500), ("too_long", "/data/a", 1), ("too_long", "/data/x", 3)]);
    let offsets = |reason, limit| {
        let listed = realm.read(|conn| quarantine::list(conn, reason, limit));
        listed.into_iter().map(|row| row.message_offset).collect::<Vec<_>>()
    };
    assert_eq!(offsets(Some("too_long"), 10), [500, 501, 502, 503], "oldest first");
    assert_eq!(offsets(None, 3), [0, 1, 2]);
    assert!(offsets(Some("Too_long"), 3).is_empty());
}

pub fn old_ones_go(realm: &Realm) {
    realm.write(|conn| quarantine::insert(conn, &[held(1, "a", ""), held(2, "a", ""), held(3, "a", "")]));
    assert_eq!(realm.write(|conn| quarantine::purge(conn, at(1))), 0);
    assert_eq!(realm.write(|conn| quarantine::purge(conn, at(3))), 2);
    assert_eq!(realm.read(|conn| quarantine::list(conn, None, 9)).len(), 1);
}
