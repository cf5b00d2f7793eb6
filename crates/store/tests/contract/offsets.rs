use counterfoil_store::Error;
use counterfoil_store::offsets::{self, Move, Position};

use crate::realm::Realm;

fn step(partition: i32, from: i64, to: i64, owner_epoch: i64) -> Move {
    Move { topic: "orders".to_owned(), partition, from, to, owner_epoch }
}

pub fn a_zombie_moves_nothing(realm: &Realm) {
    let take = |low| realm.write(|conn| offsets::take(conn, "orders", 3, low));
    let advance = |from, to, epoch| realm.write(|conn| offsets::advance(conn, &step(3, from, to, epoch)));
    let position = || realm.read(|conn| offsets::position(conn, "orders", 3));
    assert_eq!(position(), None);
    assert!(!advance(0, 1, 0), "nobody has it");
    let stands =
        |next_offset, owner_epoch| Position { next_offset, started_at: 40, owner_epoch, paused: None };
    let first = take(40);
    assert_eq!(first, stands(40, 1), "begins at the low watermark");
    assert!(advance(40, 50, 1));
    assert!(!advance(40, 50, 1), "a batch moves it once");
    assert!(!advance(49, 60, 1), "only from where it stands");
    assert_eq!(position(), Some(stands(50, 1)));
    assert_eq!(take(45), stands(50, 2), "a new owner goes on where it stands");
    assert!(!advance(50, 60, 1), "the old owner commits nothing");
    let zombie: Result<bool, Error> = realm.store.write_blocking(|conn| {
        offsets::note_order_kind(conn, "/zombie", 0)?;
        if offsets::advance(conn, &step(3, 50, 60, 1))? {
            Ok(true)
        } else {
            Err(Error::Unexpected("fenced".to_owned()))
        }
    });
    assert!(zombie.is_err());
    assert!(realm.read(offsets::order_kinds).is_empty(), "nor anything that came with it");
    assert!(advance(50, 60, 2));
    assert!(!realm.write(|conn| offsets::advance(conn, &step(4, 0, 1, 2))), "another partition");
    let epochs = realm.on_threads(8, |_, store| {
        store.write_blocking(|conn| offsets::take(conn, "returns", 0, 7)).unwrap().owner_epoch
    });
    let mut sorted = epochs.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..=8).collect::<Vec<_>>(), "each owner has an epoch of its own: {epochs:?}");
    let listed = realm.read(offsets::list);
    let names: Vec<(&str, i32)> = listed.iter().map(|(topic, number, _)| (topic.as_str(), *number)).collect();
    assert_eq!(names, [("orders", 3), ("returns", 0)]);
    assert_eq!(listed[0].2, stands(60, 2));
}

pub fn a_partition_is_paused_and_resumed(realm: &Realm) {
    let pause =
        |partition, reason| realm.write(|conn| offsets::set_paused(conn, "orders", partition, reason));
    assert!(!pause(0, Some("not_json")), "never seen");
    realm.write(|conn| offsets::take(conn, "orders", 0, 0));
    assert!(pause(0, Some("not_json")));
    let paused = || realm.read(|conn| offsets::position(conn, "orders", 0)).unwrap().paused;
    assert_eq!(paused().as_deref(), Some("not_json"));
    assert_eq!(realm.write(|conn| offsets::take(conn, "orders", 0, 0)).paused.as_deref(), Some("not_json"));
    assert!(pause(0, None));
    assert_eq!(paused(), None);
}

pub fn the_first_order_kind_stands(realm: &Realm) {
    let stands: Vec<i32> = realm.on_threads(6, |thread, store| {
        let kind = i32::try_from(thread % 3).unwrap();
        store.write_blocking(|conn| offsets::note_order_kind(conn, "/shop", kind)).unwrap()
    });
    assert!(stands.windows(2).all(|pair| pair[0] == pair[1]), "{stands:?}");
    realm.write(|conn| offsets::note_order_kind(conn, "/Shop", 2));
    let mut all = realm.read(offsets::order_kinds);
    all.sort();
    assert_eq!(all, [("/Shop".to_owned(), 2), ("/shop".to_owned(), stands[0])]);
}
