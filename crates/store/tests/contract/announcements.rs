use counterfoil_domain::ids::Person;
use counterfoil_store::announcements::{self, News, Prefix};

use crate::realm::Realm;

fn person(front: u8, back: u8) -> Person {
    let mut bytes = [back; 16];
    bytes[..4].fill(front);
    Person(bytes)
}

fn announce(realm: &Realm, persons: &[Person]) {
    realm.write(|conn| announcements::announce(conn, persons));
}

fn after(realm: &Realm, number: i64) -> News {
    realm.read(|conn| announcements::after(conn, number))
}

fn news(newest: i64, prefixes: &[Prefix]) -> News {
    News { newest, prefixes: prefixes.to_vec(), is_incomplete: false }
}

pub fn news_are_read_once(realm: &Realm) {
    assert_eq!(after(realm, 0), news(0, &[]));
    announce(realm, &[]);
    assert_eq!(after(realm, 0), news(0, &[]), "nobody has none");
    announce(realm, &[person(7, 1), person(3, 1), person(7, 2)]);
    assert_eq!(after(realm, 0), news(1, &[[3; 4], [7; 4]]), "each prefix once");
    announce(realm, &[person(9, 1)]);
    assert_eq!(after(realm, 0), news(2, &[[3; 4], [7; 4], [9; 4]]));
    assert_eq!(after(realm, 1), news(2, &[[9; 4]]));
    assert_eq!(after(realm, 2), news(2, &[]));
    assert!(after(realm, 5).is_incomplete, "the database was put back");
    assert_eq!(announcements::prefix(person(7, 1)), [7; 4]);
}

/// Half of the writers leave again what they wrote, and readers look on.
pub fn numbers_have_no_holes_and_come_in_the_order_of_commits(realm: &Realm) {
    let seen: Vec<Vec<(i64, u8)>> = realm.on_threads(8, |thread, store| {
        let writer = u8::try_from(thread).unwrap();
        let mut seen = Vec::new();
        for round in 0..20_u8 {
            if thread < 6 {
                let outcome = store.write_blocking(|conn| {
                    announcements::announce(conn, &[person(writer * 20 + round, 0)])?;
                    let is_kept = round % 2 == 0;
                    if is_kept { Ok(()) } else { Err(counterfoil_store::Error::Unexpected("no".to_owned())) }
                });
                assert_eq!(outcome.is_ok(), round % 2 == 0);
            } else {
                let known = seen.last().map_or(0, |(number, _)| *number);
                let news = store.read_blocking(|conn| announcements::after(conn, known)).unwrap();
                assert!(!news.is_incomplete, "a row that is seen before an earlier one: {news:?}");
                assert_eq!(i64::try_from(news.prefixes.len()).unwrap(), news.newest - known);
                seen.extend((known + 1..).zip(news.prefixes.iter().map(|[front, ..]| *front)));
            }
        }
        seen
    });
    let all = after(realm, 0);
    assert_eq!((all.newest, all.prefixes.len(), all.is_incomplete), (60, 60, false));
    let fronts: Vec<u8> = all.prefixes.iter().map(|[front, ..]| *front).collect();
    for (number, front) in seen.into_iter().flatten() {
        assert_eq!(fronts[usize::try_from(number - 1).unwrap()], front, "a number never means another");
    }
    for writer in 0..6_u8 {
        let own = fronts.iter().filter(|front| **front / 20 == writer).copied().collect::<Vec<_>>();
        let expected: Vec<u8> = (0..20).step_by(2).map(|round| writer * 20 + round).collect();
        assert_eq!(own, expected, "in the order in which each wrote");
    }
}

pub fn who_fell_behind_is_told_so(realm: &Realm) {
    realm.write(|conn| (0..1_003).try_for_each(|_| announcements::announce(conn, &[person(1, 1)])));
    assert!(after(realm, 0).is_incomplete);
    assert!(after(realm, 2).is_incomplete, "number 3 is not kept any more");
    let kept = after(realm, 3);
    assert_eq!((kept.newest, kept.prefixes.len(), kept.is_incomplete), (1_003, 1_000, false));
}
