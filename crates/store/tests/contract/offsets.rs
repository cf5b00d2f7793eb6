use counterfoil_store::Error;
use counterfoil_store::offsets::{self, Held, Kind, Move, Position};

use crate::realm::{Realm, at};

fn step(partition: i32, from: i64, to: i64, owner_epoch: i64) -> Move {
    Move { topic: "orders".to_owned(), partition, from, to, owner_epoch, fresh_until: None, end_offset: None }
}

pub fn a_zombie_moves_nothing(realm: &Realm) {
    let take = |low| realm.write(|conn| offsets::take(conn, "orders", 3, low, Kind::Live));
    let advance = |from, to, epoch| realm.write(|conn| offsets::advance(conn, &step(3, from, to, epoch)));
    let position = || realm.read(|conn| offsets::position(conn, "orders", 3));
    assert_eq!(position(), None);
    assert!(!advance(0, 1, 0), "nobody has it");
    let stands = |next_offset, owner_epoch| Position {
        next_offset,
        started_at: 40,
        owner_epoch,
        paused: None,
        kind: Kind::Live,
        fresh_until: None,
    };
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
        store.write_blocking(|conn| offsets::take(conn, "returns", 0, 7, Kind::Live)).unwrap().owner_epoch
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
    realm.write(|conn| offsets::take(conn, "orders", 0, 0, Kind::Live));
    assert!(pause(0, Some("not_json")));
    let paused = || realm.read(|conn| offsets::position(conn, "orders", 0)).unwrap().paused;
    assert_eq!(paused().as_deref(), Some("not_json"));
    assert_eq!(
        realm.write(|conn| offsets::take(conn, "orders", 0, 0, Kind::Live)).paused.as_deref(),
        Some("not_json")
    );
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

pub fn what_is_read_to_its_end_stays_fresh(realm: &Realm) {
    let position = |number| realm.read(|conn| offsets::position(conn, "orders", number)).unwrap();
    let fresh_until = |number| position(number).fresh_until;
    for number in 0..3 {
        realm.write(|conn| offsets::take(conn, "orders", number, 0, Kind::Live));
        assert_eq!(fresh_until(number), None, "nobody knows yet");
        let moved = Move { fresh_until: Some(at(1)), ..step(number, 0, 10, 1) };
        assert!(realm.write(|conn| offsets::advance(conn, &moved)));
        assert_eq!(fresh_until(number), Some(at(1)));
    }
    assert!(realm.write(|conn| offsets::advance(conn, &step(0, 10, 12, 1))));
    assert_eq!(fresh_until(0), Some(at(1)), "a batch that does not know leaves it");
    let held = |partition, next_offset, owner_epoch| Held {
        topic: "orders".to_owned(),
        partition,
        next_offset,
        owner_epoch,
    };
    let keep = |held: &[Held], seconds| realm.write(|conn| offsets::keep_fresh(conn, held, at(seconds)));
    // The first stands elsewhere, the second belongs to another, the last was never seen.
    realm.write(|conn| offsets::take(conn, "orders", 1, 0, Kind::Live));
    assert_eq!(keep(&[held(0, 10, 1), held(1, 10, 1), held(2, 10, 1), held(9, 0, 1)], 5), 1);
    assert_eq!([0, 1, 2].map(fresh_until), [Some(at(1)), Some(at(1)), Some(at(5))]);
    let many: Vec<Held> =
        (0..500).map(|n| held(n % 3, if n % 3 == 0 { 12 } else { 10 }, i64::from(n / 3))).collect();
    assert_eq!(keep(&many, 6), 3, "more than fits one statement; each by its own epoch");
    assert_eq!([0, 1, 2].map(fresh_until), [Some(at(6)); 3]);
    assert_eq!(keep(&[], 7), 0);
}

pub fn the_past_is_loading_until_its_end(realm: &Realm) {
    let take = |kind| realm.write(|conn| offsets::take(conn, "orders", 0, 5, kind));
    let position = || realm.read(|conn| offsets::position(conn, "orders", 0)).unwrap();
    let taken = take(Kind::History { end: 9 });
    assert_eq!((taken.kind, taken.next_offset), (Kind::History { end: 9 }, 5));
    assert!(taken.is_loading());
    assert_eq!(position(), taken);
    let moved = Move { end_offset: Some(12), ..step(0, 5, 9, 1) };
    assert!(realm.write(|conn| offsets::advance(conn, &moved)));
    assert_eq!(position().kind, Kind::History { end: 12 });
    assert!(realm.write(|conn| offsets::advance(conn, &step(0, 9, 12, 1))));
    assert!(!position().is_loading());
    let note = |next_offset, owner_epoch, end| {
        let held = Held { topic: "orders".to_owned(), partition: 0, next_offset, owner_epoch };
        realm.write(|conn| offsets::note_end(conn, &held, end));
        position().kind
    };
    assert_eq!(note(12, 2, 20), Kind::History { end: 12 }, "it belongs to another");
    assert_eq!(note(11, 1, 20), Kind::History { end: 12 }, "it stands elsewhere");
    assert_eq!(note(12, 1, 20), Kind::History { end: 20 });
    assert!(position().is_loading(), "more has come");
    let live = take(Kind::Live);
    assert_eq!((live.kind, live.is_loading()), (Kind::Live, false), "from now on it is the present");
    realm.write(|conn| offsets::advance(conn, &Move { fresh_until: Some(at(1)), ..step(0, 12, 13, 2) }));
    assert_eq!(position().fresh_until, Some(at(1)));
    assert_eq!(take(Kind::History { end: 13 }).fresh_until, None, "the past is never fresh");
}
