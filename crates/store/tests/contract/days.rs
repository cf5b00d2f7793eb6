use chrono::{Days, NaiveDate};
use counterfoil_store::days::{self, Day};
use counterfoil_store::purchases::{self, PurchaseRow};

use crate::realm::{Realm, at};

fn date(n: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 2, 28).unwrap() + Days::new(n)
}

fn row(n: u8, day: u64, shop: Option<u8>, currency: &str, grand_total: i64) -> PurchaseRow {
    PurchaseRow {
        person: vec![n; 16],
        purchased_at: at(i64::from(n)).naive_utc(),
        purchase_id: vec![n; 16],
        local_date: date(day),
        change_seq: 1,
        channel: "store".to_owned(),
        status: if grand_total == 0 { "returned" } else { "fulfilled" }.to_owned(),
        currency: currency.to_owned(),
        grand_total,
        refunded: 5,
        store_index: shop.map(|shop| vec![shop; 16]),
        shared: n % 2 == 0,
        document: vec![n],
        change_kind: 0,
        shown_seq: 0,
        joined_seq: None,
        hidden: n % 3 == 0,
    }
}

pub fn days_and_shops_are_counted_over_all_customers(realm: &Realm) {
    assert!(realm.read(|conn| days::days(conn, "returned")).is_empty());
    let large = 4_000_000_000_000_000_000;
    let rows = vec![
        row(1, 1, Some(7), "EUR", 100),
        row(2, 1, Some(7), "EUR", -30),
        row(3, 1, Some(7), "USD", 1),
        row(4, 1, Some(9), "EUR", 12),
        row(5, 1, None, "EUR", 8),
        row(6, 1, None, "EUR", 9),
        row(7, 0, Some(9), "EUR", large),
        row(8, 0, Some(9), "EUR", large),
        row(9, 1, Some(7), "EUR", 0),
    ];
    realm.write(|conn| purchases::insert(conn, rows.clone()));
    let mut found = realm.read(|conn| days::days(conn, "returned"));
    // Where the databases sort what is absent differs.
    found.sort_by_key(|day| (day.local_date, day.store_index.clone(), day.currency.clone()));
    let day = |day, shop: Option<u8>, currency: &str, purchases, grand_total| Day {
        local_date: date(day),
        store_index: shop.map(|shop| vec![shop; 16]),
        currency: currency.to_owned(),
        purchases,
        grand_total,
    };
    assert_eq!(
        found,
        [
            day(0, Some(9), "EUR", 2, 2 * large),
            day(1, None, "EUR", 2, 17),
            day(1, Some(7), "EUR", 2, 70),
            day(1, Some(7), "USD", 1, 1),
            day(1, Some(9), "EUR", 1, 12),
        ]
    );
    let all: i64 = realm.read(|conn| days::days(conn, "")).iter().map(|day| day.purchases).sum();
    assert_eq!(all, 9, "also what came back without an order");
}
