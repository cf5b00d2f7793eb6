use chrono::NaiveDate;
use counterfoil_domain::ids::{Person, PurchaseId};
use counterfoil_store::hiding::{self, History, OwnRow, Which, Window};
use counterfoil_store::purchases::{self, After, PurchaseRow};
use counterfoil_store::schema::{customers, purchases as table};
use counterfoil_store::{Error, people};
use diesel::prelude::*;

use crate::realm::{Realm, at};

fn day(n: i64) -> NaiveDate {
    at(n * 86_400).date_naive()
}

/// Purchase `n` of a person, bought on day `n`.
fn row(person: Person, n: u8) -> PurchaseRow {
    PurchaseRow {
        person: person.as_bytes().to_vec(),
        purchased_at: at(i64::from(n) * 86_400).naive_utc(),
        purchase_id: vec![n; 16],
        local_date: day(n.into()),
        change_seq: n.into(),
        channel: "store".to_owned(),
        status: "fulfilled".to_owned(),
        currency: "EUR".to_owned(),
        grand_total: 100,
        refunded: 0,
        store_index: None,
        shared: false,
        document: vec![n],
        change_kind: 0,
        shown_seq: 1,
        joined_seq: None,
        hidden: false,
    }
}

fn numbers(rows: &[OwnRow]) -> Vec<u8> {
    rows.iter().map(|row| row.document[0]).collect()
}

pub fn what_is_hidden_stays_hidden_when_histories_meet(realm: &Realm) {
    let (a, b) = (realm.person("a"), realm.person("b"));
    let ids = |of| realm.read(|conn| hiding::categories(conn, of));
    realm.write(|conn| hiding::set_categories(conn, a, &["p2".to_owned(), "p1".to_owned()], 1));
    realm.write(|conn| hiding::set_categories(conn, b, &["p3".to_owned()], 1));
    assert!(realm.write(|conn| hiding::unite(conn, &[a, Person([1; 16])], b, 7)));
    assert_eq!((ids(a).len(), ids(b)), (2, vec!["p1".to_owned(), "p2".to_owned(), "p3".to_owned()]));
    assert_eq!(realm.read(|conn| people::epoch(conn, b)), Some(1), "its readers look again");
    assert!(!realm.write(|conn| hiding::unite(conn, &[a], b, 8)), "nothing more is hidden");
    assert_eq!(realm.read(|conn| people::epoch(conn, b)), Some(1));
}

pub fn a_history_is_the_home_s_and_counts_there(realm: &Realm) {
    let [home, other, stranger] = ["1", "2", "3"].map(|id| realm.person(id));
    let alone = realm.read(|conn| hiding::history(conn, other));
    assert_eq!(alone, History { home: other, members: vec![other] });
    realm.write(|conn| people::set_home(conn, other, home, Some(1)));
    let mut members = vec![home, other];
    members.sort();
    let both = History { home, members };
    for person in [home, other] {
        assert_eq!(realm.read(|conn| hiding::history(conn, person)), both);
    }
    // For all: every member's epoch, the home's counter. For one grant: the home's counter alone.
    assert_eq!(realm.write(|conn| hiding::count_act(conn, &both, true)), 1);
    assert_eq!(realm.write(|conn| hiding::count_act(conn, &both, false)), 2);
    let stands =
        |person| realm.read(|conn| Ok((hiding::change_seq(conn, person)?, people::epoch(conn, person)?)));
    assert_eq!(stands(home), (Some(2), Some(1)));
    assert_eq!(stands(other), (Some(0), Some(1)));
    assert_eq!(stands(stranger), (Some(0), Some(0)));
    assert_eq!(stands(Person([1; 16])), (None, None));
    // What was looked at before somebody joined or left is looked at again.
    for stale in [&alone, &History { home, members: vec![home] }] {
        let counted = realm.store.write_blocking(|conn| hiding::count_act(conn, stale, true));
        assert!(matches!(counted, Err(Error::Contended)), "{counted:?}");
    }
    assert_eq!(stands(home), (Some(2), Some(1)), "nothing was counted");
}

pub fn hidden_categories_are_sorted_ids(realm: &Realm) {
    let person = realm.person("1");
    let hidden = || realm.read(|conn| hiding::categories(conn, person));
    assert!(hidden().is_empty());
    let ids = ["wine", "health", "wine"].map(str::to_owned);
    realm.write(|conn| hiding::set_categories(conn, person, &ids, 7));
    assert_eq!(hidden(), ["health", "wine"]);
    let stored: (String, i64) = realm.read(|conn| {
        Ok(customers::table
            .find(person.as_bytes().to_vec())
            .select((customers::hidden_categories, customers::veil_seq))
            .first(conn)?)
    });
    assert_eq!(stored, ("health,wine".to_owned(), 7));
    realm.write(|conn| hiding::set_categories(conn, person, &[], 8));
    assert!(hidden().is_empty());
    assert!(realm.read(|conn| hiding::categories(conn, Person([1; 16]))).is_empty());
}

pub fn a_purchase_is_hidden_and_shown_again(realm: &Realm) {
    let (person, id, bought) = (realm.person("1"), PurchaseId([3; 16]), at(3 * 86_400));
    realm.write(|conn| purchases::insert(conn, (1..=4).map(|n| row(person, n)).collect()));
    let set = |hidden, seq| {
        realm.store.write_blocking(|conn| hiding::set_hidden(conn, person, bought, id, hidden, seq))
    };
    let stands = || -> (bool, i32, i64, i64) {
        realm.read(|conn| {
            Ok(table::table
                .filter(table::purchase_id.eq(id.as_bytes().to_vec()))
                .select((table::hidden, table::change_kind, table::change_seq, table::shown_seq))
                .first(conn)?)
        })
    };
    let is_hidden = || realm.read(|conn| hiding::is_hidden(conn, person, bought, id));
    assert_eq!(is_hidden(), Some(false));
    set(true, 10).unwrap();
    assert_eq!((stands(), is_hidden()), ((true, 5, 10, 1), Some(true)));
    assert_eq!(
        numbers(&realm.read(|conn| hiding::page(conn, person, &Which::Hidden, None, 9))),
        [3],
        "and no other"
    );
    set(false, 11).unwrap();
    assert_eq!((stands(), is_hidden()), ((false, 4, 11, 11), Some(false)));
    assert_eq!(realm.read(|conn| hiding::is_hidden(conn, person, at(0), id)), None);
    let elsewhere = realm.store.write_blocking(|conn| hiding::set_hidden(conn, person, at(0), id, true, 12));
    assert!(matches!(elsewhere, Err(Error::Corrupt { .. })));
}

pub fn a_customer_pages_through_their_own_purchases(realm: &Realm) {
    let (person, other) = (realm.person("1"), realm.person("2"));
    let mut rows: Vec<PurchaseRow> = (1..=9).map(|n| row(person, n)).collect();
    // Two of one moment: the larger id comes first.
    rows[4].purchased_at = rows[3].purchased_at;
    rows[7].hidden = true;
    rows[8].shared = true;
    rows.push(row(other, 20));
    realm.write(|conn| purchases::insert(conn, rows.clone()));
    let page = |which: &Which, after: Option<&OwnRow>, limit| {
        let after = after.map(|row| After {
            purchased_at: row.purchased_at.and_utc(),
            purchase_id: PurchaseId::from_slice(&row.purchase_id).unwrap(),
        });
        realm.read(|conn| hiding::page(conn, person, which, after, limit))
    };
    let first = page(&Which::All, None, 5);
    assert_eq!(numbers(&first), [9, 8, 7, 6, 5], "hidden and shared ones too");
    assert_eq!((first[1].hidden, first[0].hidden, first[0].local_date), (true, false, day(9)));
    assert_eq!(numbers(&page(&Which::All, first.last(), 5)), [4, 3, 2, 1]);
    let among = Which::Among([20, 2, 8, 1].map(|n| PurchaseId([n; 16])).to_vec());
    let first = page(&among, None, 2);
    assert_eq!(numbers(&first), [8, 2]);
    assert_eq!(numbers(&page(&among, first.last(), 2)), [1], "nobody else's");
    assert!(page(&Which::Among(Vec::new()), None, 9).is_empty());
}

pub fn what_joined_since_is_counted_as_it_would_be_shown(realm: &Realm) {
    let (person, other) = (realm.person("1"), realm.person("2"));
    let mut rows: Vec<PurchaseRow> = (1..=6).map(|n| row(person, n)).collect();
    rows[0].joined_seq = Some(4);
    rows[1].joined_seq = Some(5);
    rows[2].joined_seq = Some(5);
    rows[3].joined_seq = Some(6);
    rows[3].shared = true;
    rows[4].joined_seq = Some(6);
    rows[4].hidden = true;
    rows.push(PurchaseRow { joined_seq: Some(9), ..row(other, 7) });
    realm.write(|conn| purchases::insert(conn, rows.clone()));
    let open = Window { from: None, to: None, shared: false };
    let joined = |agreed, window| realm.read(|conn| hiding::joined_since(conn, person, agreed, window));
    assert_eq!(joined(0, open), 3);
    assert_eq!(joined(4, open), 2);
    assert_eq!(joined(5, open), 0);
    assert_eq!(joined(4, Window { shared: true, ..open }), 3);
    assert_eq!(joined(0, Window { from: Some(day(2)), to: Some(day(2)), ..open }), 1);
}
