use chrono::{Days, NaiveDate};
use counterfoil_domain::ids::{Person, PurchaseId};
use counterfoil_store::own::{self, Day, Row, Shop, Wanted};
use counterfoil_store::purchases::{self, After, PurchaseRow};

use crate::realm::{Realm, at};

fn date(n: u8) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 2, 28).unwrap() + Days::new(n.into())
}

/// Purchase `n` of a person: every second one is hidden, every third one in euros and in no shop.
fn row(person: Person, n: u8) -> PurchaseRow {
    PurchaseRow {
        person: person.as_bytes().to_vec(),
        // Two at each moment, so that their ids decide.
        purchased_at: at(i64::from(n / 2)).naive_utc(),
        purchase_id: vec![n; 16],
        local_date: date(n / 4),
        change_seq: n.into(),
        channel: if n.is_multiple_of(3) { "online" } else { "store" }.to_owned(),
        status: "fulfilled".to_owned(),
        currency: if n.is_multiple_of(3) { "EUR" } else { "USD" }.to_owned(),
        grand_total: i64::from(n) * 100,
        refunded: n.into(),
        store_index: (!n.is_multiple_of(3)).then(|| vec![n % 3; 16]),
        shared: n == 5,
        document: vec![n],
        change_kind: 0,
        shown_seq: 1,
        joined_seq: (n == 7).then_some(3),
        hidden: n.is_multiple_of(2),
    }
}

fn filled(realm: &Realm) -> Person {
    let (own, other) = (realm.person("a"), realm.person("b"));
    let rows: Vec<PurchaseRow> = (0..12).map(|n| row(own, n)).chain([row(other, 40)]).collect();
    realm.write(|conn| purchases::insert(conn, rows.clone()));
    own
}

fn numbers(rows: &[Row]) -> Vec<u8> {
    rows.iter().map(|row| row.document[0]).collect()
}

pub fn a_customer_s_own_purchases_are_paged_and_narrowed(realm: &Realm) {
    let person = filled(realm);
    let page =
        |wanted: &Wanted, after, limit| realm.read(|conn| own::page(conn, person, wanted, after, limit));
    let all = Wanted::default();
    let first = page(&all, None, 5);
    assert_eq!(numbers(&first), [11, 10, 9, 8, 7]);
    let last = &first[4];
    assert_eq!(
        (last.local_date, last.joined_seq, last.hidden, last.shared),
        (date(1), Some(3), false, false)
    );
    let after = After {
        purchased_at: last.purchased_at.and_utc(),
        purchase_id: PurchaseId::from_slice(&last.purchase_id).unwrap(),
    };
    assert_eq!(numbers(&page(&all, Some(after), 100)), [6, 5, 4, 3, 2, 1, 0]);
    for (wanted, numbers_of) in [
        (Wanted { from: Some(date(2)), ..Wanted::default() }, vec![11, 10, 9, 8]),
        (Wanted { to: Some(date(0)), ..Wanted::default() }, vec![3, 2, 1, 0]),
        (Wanted { channel: Some("online".to_owned()), ..Wanted::default() }, vec![9, 6, 3, 0]),
        (Wanted { store_index: Some(vec![2; 16]), ..Wanted::default() }, vec![11, 8, 5, 2]),
        (
            Wanted {
                from: Some(date(1)),
                to: Some(date(1)),
                channel: Some("store".to_owned()),
                store_index: Some(vec![1; 16]),
            },
            vec![7, 4],
        ),
        (Wanted { channel: Some("' OR 1=1 --".to_owned()), ..Wanted::default() }, vec![]),
    ] {
        assert_eq!(numbers(&page(&wanted, None, 100)), numbers_of, "{wanted:?}");
    }
    let nobody = realm.person("c");
    assert!(realm.read(|conn| own::page(conn, nobody, &all, None, 9)).is_empty());
    let find = |of, n: u8| realm.read(|conn| own::find(conn, of, at(i64::from(n / 2)), PurchaseId([n; 16])));
    assert_eq!(find(person, 5).map(|row| (row.document, row.shared)), Some((vec![5], true)));
    assert_eq!((find(nobody, 5), find(person, 40)), (None, None));
}

pub fn days_come_to_what_their_purchases_come_to(realm: &Realm) {
    let person = filled(realm);
    let days = |wanted: &Wanted| realm.read(|conn| own::days(conn, person, wanted));
    let day = |n, currency: &str, purchases, grand_total, refunded| Day {
        local_date: date(n),
        currency: currency.to_owned(),
        purchases,
        grand_total,
        refunded,
    };
    assert_eq!(
        days(&Wanted::default()),
        [
            day(2, "EUR", 1, 900, 9),
            day(2, "USD", 3, 2_900, 29),
            day(1, "EUR", 1, 600, 6),
            day(1, "USD", 3, 1_600, 16),
            day(0, "EUR", 2, 300, 3),
            day(0, "USD", 2, 300, 3),
        ]
    );
    let narrow = Wanted {
        from: Some(date(1)),
        to: Some(date(1)),
        channel: Some("store".to_owned()),
        store_index: Some(vec![1; 16]),
    };
    assert_eq!(days(&narrow), [day(1, "USD", 2, 1_100, 11)]);
    // More than 32 bits, and below nil.
    let large = PurchaseRow { grand_total: 4_000_000_000_000_000_000, refunded: -1, ..row(person, 30) };
    let more = PurchaseRow { grand_total: -30, ..row(person, 31) };
    realm.write(|conn| purchases::insert(conn, vec![large.clone(), more.clone()]));
    let found = days(&Wanted { from: Some(date(7)), ..Wanted::default() });
    assert_eq!(found, [day(7, "EUR", 1, 4_000_000_000_000_000_000, -1), day(7, "USD", 1, -30, 31)]);
}

pub fn shops_and_channels_are_those_of_one_customer(realm: &Realm) {
    let person = filled(realm);
    assert_eq!(realm.read(|conn| own::channels(conn, person)), ["online", "store"]);
    let shop = |n: u8, latest: i64| Shop {
        store_index: Some(vec![n; 16]),
        purchases: 4,
        latest: Some(at(latest).naive_utc()),
    };
    assert_eq!(realm.read(|conn| own::shops(conn, person, 9)), [shop(1, 5), shop(2, 5)]);
    assert_eq!(realm.read(|conn| own::shops(conn, person, 1)), [shop(1, 5)]);
    for (n, document) in [(1, vec![10]), (2, vec![11])] {
        let found = realm.read(|conn| own::latest_in(conn, person, &shop(n, 5)));
        assert_eq!(found.map(|row| row.document), Some(document));
    }
    assert_eq!(realm.read(|conn| own::latest_in(conn, person, &shop(1, 4))), None);
    let nobody = realm.person("c");
    assert_eq!(realm.read(|conn| own::latest_in(conn, nobody, &shop(1, 5))), None);
    assert!(realm.read(|conn| own::shops(conn, nobody, 9)).is_empty());
    assert!(realm.read(|conn| own::channels(conn, nobody)).is_empty());
}
