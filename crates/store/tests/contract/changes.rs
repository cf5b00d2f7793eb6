use chrono::{Days, NaiveDate};
use counterfoil_domain::ids::{Person, PurchaseId};
use counterfoil_store::changes::{self, Kind, Row};
use counterfoil_store::people::{self, Changes};
use counterfoil_store::purchases::{self, PurchaseRow};
use counterfoil_store::tombstones::{self, Parting, Tombstone};

use crate::realm::{Realm, at};

fn date(number: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(u64::try_from(number).unwrap())
}

fn purchase_id(number: i64) -> PurchaseId {
    PurchaseId([u8::try_from(number).unwrap(); 16])
}

/// A purchase that stands at a number, which most of it is made of.
fn purchase(person: Person, number: i64) -> PurchaseRow {
    PurchaseRow {
        person: person.as_bytes().to_vec(),
        purchased_at: at(number).naive_utc(),
        purchase_id: purchase_id(number).as_bytes().to_vec(),
        local_date: date(number),
        change_seq: number,
        channel: "store".to_owned(),
        status: "fulfilled".to_owned(),
        currency: "EUR".to_owned(),
        grand_total: 1,
        refunded: 0,
        store_index: None,
        shared: number % 2 == 0,
        document: number.to_be_bytes().to_vec(),
        change_kind: i32::try_from(number % 6).unwrap(),
        shown_seq: number - 1,
        joined_seq: (number % 3 == 0).then_some(number - 2),
        hidden: number % 6 == 5,
    }
}

fn tombstone(person: Person, number: i64, parting: Parting) -> Tombstone {
    Tombstone {
        person,
        change_seq: number,
        purchase_id: purchase_id(number),
        parting,
        revision: number * 10,
        local_date: date(number),
        shared: number % 2 == 0,
        shown_seq: number - 1,
        joined_seq: (number % 3 == 0).then_some(number - 2),
        recorded_at: at(number),
    }
}

fn row(number: i64, kind: Kind) -> Row {
    Row {
        change_seq: number,
        kind,
        purchase_id: purchase_id(number),
        local_date: date(number),
        shared: number % 2 == 0,
        shown_seq: number - 1,
        joined_seq: (number % 3 == 0).then_some(number - 2),
        left: matches!(kind, Kind::Unlinked | Kind::Erased).then(|| (number * 10, at(number))),
    }
}

/// 30 numbers of a customer: every fourth is a tombstone, every fifth nothing any more, the others purchases; and the
/// same of another customer. The rows as they should be read.
fn filled(realm: &Realm) -> (Person, Vec<Row>) {
    let kinds = [Kind::Recorded, Kind::Returned, Kind::Refunded, Kind::Linked, Kind::Revealed, Kind::Hidden];
    let persons = [realm.person("900"), realm.person("901")];
    let mut rows = Vec::new();
    for (index, person) in persons.into_iter().enumerate() {
        realm.write(|conn| people::count_changes(conn, &[Changes { person, count: 30, narrowed: false }]));
        for number in (1..=30).filter(|number| number % 5 != 0) {
            let parting = if number % 8 == 0 { Parting::Erased } else { Parting::Unlinked };
            if number % 4 == 0 {
                realm.write(|conn| tombstones::insert(conn, &[tombstone(person, number, parting)]));
            } else {
                realm.write(|conn| purchases::insert(conn, vec![purchase(person, number)]));
            }
            if index == 0 {
                let kind = match (number % 4, parting) {
                    (0, Parting::Erased) => Kind::Erased,
                    (0, Parting::Unlinked) => Kind::Unlinked,
                    _ => kinds[usize::try_from(number % 6).unwrap()],
                };
                rows.push(row(number, kind));
            }
        }
    }
    (persons[0], rows)
}

pub fn a_page_holds_every_row_between_two_numbers(realm: &Realm) {
    let (person, rows) = filled(realm);
    for limit in [1, 2, 3, 7, 100] {
        for began in [0, 9, 30] {
            let (mut position, mut read) = (0, Vec::new());
            loop {
                let page = realm.read(|conn| changes::read(conn, person, position, began, limit)).unwrap();
                assert_eq!(page.upto, 30);
                assert!(page.through > position, "it goes on");
                assert!(page.rows.iter().all(|row| (position + 1..=page.through).contains(&row.change_seq)));
                read.extend(page.rows);
                position = page.through;
                if position == page.upto {
                    break;
                }
            }
            let expected: Vec<Row> =
                rows.iter().filter(|row| row.left.is_none() || row.change_seq > began).copied().collect();
            assert_eq!(read, expected, "{limit} at a time, began at {began}");
        }
    }
    let nothing = realm.read(|conn| changes::read(conn, person, 30, 30, 10)).unwrap();
    assert_eq!((nothing.through, nothing.rows), (30, vec![]));
    assert_eq!(realm.read(|conn| changes::read(conn, Person([9; 16]), 0, 0, 10)), None, "nobody");
    assert_eq!(realm.read(|conn| changes::upto(conn, person)), Some(30));
    assert_eq!(realm.read(|conn| changes::upto(conn, Person([9; 16]))), None);
}

pub fn what_moves_on_comes_with_its_later_number(realm: &Realm) {
    let (person, _) = filled(realm);
    let documents = |numbers: &[i64]| -> Vec<(i64, Vec<u8>)> {
        let found = realm.read(|conn| changes::documents(conn, person, numbers));
        found.into_iter().map(|found| (found.change_seq, found.document)).collect()
    };
    let at_number = |number: i64| (number, number.to_be_bytes().to_vec());
    assert_eq!(documents(&[3, 1, 4, 7]), [at_number(1), at_number(3), at_number(7)], "4 is a tombstone");
    assert_eq!(documents(&[]), []);
    realm.write(|conn| {
        people::count_changes(conn, &[Changes { person, count: 1, narrowed: false }])?;
        purchases::remove(conn, person, at(3), purchase_id(3))?;
        purchases::insert(conn, vec![PurchaseRow { change_seq: 31, change_kind: 2, ..purchase(person, 3) }])
    });
    assert_eq!(documents(&[1, 3]), [at_number(1)], "it is not there any more");
    let page = realm.read(|conn| changes::read(conn, person, 30, 0, 10)).unwrap();
    assert_eq!(page.rows, [Row { change_seq: 31, ..row(3, Kind::Refunded) }]);
    let broken = PurchaseRow { change_kind: 6, hidden: false, ..purchase(person, 41) };
    realm.write(|conn| purchases::insert(conn, vec![broken.clone()]));
    realm.write(|conn| people::count_changes(conn, &[Changes { person, count: 10, narrowed: false }]));
    let read = realm.store.read_blocking(|conn| changes::read(conn, person, 31, 0, 10));
    assert!(matches!(read, Err(counterfoil_store::Error::Corrupt { .. })), "{read:?}");
}

pub fn the_last_parting_counts(realm: &Realm) {
    let (person, _) = filled(realm);
    let last = |id| realm.read(|conn| changes::last_left(conn, person, id));
    assert_eq!(last(purchase_id(8)), Some(row(8, Kind::Erased)));
    assert_eq!(last(purchase_id(3)), None, "it stands");
    let later = Tombstone { purchase_id: purchase_id(8), ..tombstone(person, 31, Parting::Unlinked) };
    realm.write(|conn| tombstones::insert(conn, &[later]));
    assert_eq!(last(purchase_id(8)), Some(Row { purchase_id: purchase_id(8), ..row(31, Kind::Unlinked) }));
    assert_eq!(realm.read(|conn| changes::last_left(conn, Person([9; 16]), purchase_id(8))), None);
}
