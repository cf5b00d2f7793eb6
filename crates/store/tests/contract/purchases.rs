use chrono::{Days, NaiveDate};
use counterfoil_domain::ids::{Person, PurchaseId};
use counterfoil_store::Error;
use counterfoil_store::purchases::{self, After, Filter, PurchaseRow};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::realm::{Realm, at};

const CHANNELS: [&str; 3] = ["online", "store", "Store"];
const STATUSES: [&str; 2] = ["fulfilled", "returned"];
const PERSONS: u8 = 3;

fn day(n: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 2, 25).unwrap() + Days::new(n)
}

/// Person, time, date, channel, status, refunded; shared, and the front of the id.
type Drawn = (u8, i64, u64, usize, usize, i64, (bool, [u8; 2]));

/// Few different times, so that most pages begin or end within purchases of one time.
fn rows() -> impl Strategy<Value = Vec<PurchaseRow>> {
    let row = (1..=PERSONS, 0..20_i64, 0..8_u64, 0..3_usize, 0..2_usize, 0..3_i64, any::<(bool, [u8; 2])>());
    prop::collection::vec(row, 700..701).prop_map(|all| {
        let number = |(n, drawn): (usize, Drawn)| {
            let (person, seconds, date, channel, status, refunded, (shared, id)) = drawn;
            let mut purchase_id = [0xff; 16];
            purchase_id[..2].copy_from_slice(&id);
            purchase_id[8..].copy_from_slice(&u64::try_from(n).unwrap().to_be_bytes());
            PurchaseRow {
                person: vec![person; 16],
                purchased_at: at(seconds).naive_utc(),
                purchase_id: purchase_id.to_vec(),
                local_date: day(date),
                change_seq: i64::try_from(n).unwrap(),
                channel: CHANNELS[channel].to_owned(),
                status: STATUSES[status].to_owned(),
                currency: "USD".to_owned(),
                grand_total: 100,
                refunded,
                store_index: (n % 2 == 0).then(|| vec![1; 16]),
                shared: shared && n % 4 == 0,
                document: n.to_be_bytes().to_vec(),
                change_kind: 0,
                shown_seq: 0,
                joined_seq: (n % 5 == 0).then(|| i64::try_from(n % 7).unwrap()),
                hidden: n % 11 == 0,
            }
        };
        all.into_iter().enumerate().map(number).collect()
    })
}

fn filters() -> impl Strategy<Value = Filter> {
    let words = |words: &'static [&'static str]| {
        prop::option::of(prop::sample::select(words).prop_map(str::to_owned))
    };
    let date = || prop::option::weighted(0.4, (0..8_u64).prop_map(day));
    let words = (words(&CHANNELS), words(&STATUSES), prop::option::of(any::<bool>()));
    let places = (date(), date(), any::<bool>(), 0..8_i64, any::<bool>());
    (words, places).prop_map(
        |((channel, status, has_refund), (from, to, shared, agreed_seq, with_hidden))| Filter {
            from,
            to,
            channel,
            status,
            has_refund,
            shared,
            agreed_seq,
            without: Vec::new(),
            with_hidden,
        },
    )
}

fn id(row: &PurchaseRow) -> PurchaseId {
    PurchaseId::from_slice(&row.purchase_id).unwrap()
}

fn passes(row: &PurchaseRow, person: u8, filter: &Filter) -> bool {
    let is_covered = filter.from.is_none_or(|from| row.local_date >= from)
        && filter.to.is_none_or(|to| row.local_date <= to)
        && (filter.shared || !row.shared)
        && row.joined_seq.is_none_or(|joined| joined <= filter.agreed_seq)
        && !filter.without.contains(&id(row));
    let covers = filter.covers(id(row), row.local_date, row.shared, row.joined_seq);
    assert_eq!(covers, is_covered, "{filter:?} of {row:?}");
    is_covered
        && row.person == [person; 16]
        && filter.channel.as_ref().is_none_or(|channel| row.channel == *channel)
        && filter.status.as_ref().is_none_or(|status| row.status == *status)
        && filter.has_refund.is_none_or(|has| (row.refunded != 0) == has)
        && (filter.with_hidden || !row.hidden)
}

fn filled(realm: &Realm) -> (Vec<PurchaseRow>, TestRunner) {
    let mut runner = TestRunner::deterministic();
    let rows = rows().new_tree(&mut runner).unwrap().current();
    realm.write(|conn| purchases::insert(conn, rows.clone()));
    assert_eq!(realm.read(purchases::count), 700);
    (rows, runner)
}

pub fn pages_are_those_of_a_plain_model(realm: &Realm) {
    let (mut rows, mut runner) = filled(realm);
    // Newest first; of one time, the larger id first.
    rows.sort_by(|a, b| (b.purchased_at, &b.purchase_id).cmp(&(a.purchased_at, &a.purchase_id)));
    let query = (filters(), 1..=PERSONS, 1..60_i64);
    for round in 0..150 {
        let (mut filter, person, limit) = query.new_tree(&mut runner).unwrap().current();
        filter.without = rows.iter().skip(round).step_by(7).take(round).map(id).collect();
        let expected: Vec<&PurchaseRow> = rows.iter().filter(|row| passes(row, person, &filter)).collect();
        let mut listed = Vec::new();
        loop {
            let after = listed.last().map(|row: &purchases::Listed| After {
                purchased_at: row.purchased_at.and_utc(),
                purchase_id: PurchaseId::from_slice(&row.purchase_id).unwrap(),
            });
            let page = realm.read(|conn| purchases::page(conn, Person([person; 16]), &filter, after, limit));
            let is_last = page.len() < usize::try_from(limit).unwrap();
            listed.extend(page);
            if is_last {
                break;
            }
        }
        let got: Vec<_> = listed
            .iter()
            .map(|row| (row.purchased_at, &row.purchase_id, row.local_date, &row.document))
            .collect();
        let wanted: Vec<_> = expected
            .iter()
            .map(|row| (row.purchased_at, &row.purchase_id, row.local_date, &row.document))
            .collect();
        assert_eq!(got, wanted, "{filter:?} of {person}, {limit} a page");
    }
}

pub fn what_joined_is_counted_through_a_filter(realm: &Realm) {
    let (rows, mut runner) = filled(realm);
    let query = (filters(), 1..=PERSONS, 0..8_i64);
    for _ in 0..50 {
        let (filter, person, after) = query.new_tree(&mut runner).unwrap().current();
        let joined = rows.iter().filter(|row| row.joined_seq.is_some_and(|joined| joined > after));
        let expected = joined.filter(|row| passes(row, person, &filter)).count();
        let counted = realm.read(|conn| purchases::count_joined(conn, Person([person; 16]), &filter, after));
        assert_eq!(usize::try_from(counted).unwrap(), expected, "{filter:?} of {person} after {after}");
    }
}

pub fn a_purchase_is_found_through_its_filter(realm: &Realm) {
    let (rows, mut runner) = filled(realm);
    for row in rows.iter().step_by(9) {
        let (person, other) = (row.person[0], 1 + row.person[0] % PERSONS);
        let id = PurchaseId::from_slice(&row.purchase_id).unwrap();
        let purchased = row.purchased_at.and_utc();
        let filter = filters().new_tree(&mut runner).unwrap().current();
        let find = |person: u8, seconds| {
            let purchased = purchased + chrono::Duration::seconds(seconds);
            let found =
                realm.read(|conn| purchases::find(conn, Person([person; 16]), purchased, id, &filter));
            found.map(|found| found.document)
        };
        assert_eq!(find(person, 0), passes(row, person, &filter).then(|| row.document.clone()));
        assert_eq!(find(other, 0), None, "another customer's");
        assert_eq!(find(person, 1), None, "another time");
        let stored = |person: u8| {
            let stored = realm.read(|conn| purchases::stored(conn, Person([person; 16]), purchased, id));
            stored.map(|stored| (stored.document, stored.store_index, stored.change_seq))
        };
        let as_written = (row.document.clone(), row.store_index.clone(), row.change_seq);
        assert_eq!(stored(person), Some(as_written), "whatever the filter");
        assert_eq!(stored(other), None);
    }
}

pub fn a_purchase_is_taken_out_once(realm: &Realm) {
    let (rows, _) = filled(realm);
    let person = Person::from_slice(&rows[0].person).unwrap();
    let id = PurchaseId::from_slice(&rows[0].purchase_id).unwrap();
    let remove = || {
        realm.store.write_blocking(|conn| purchases::remove(conn, person, rows[0].purchased_at.and_utc(), id))
    };
    remove().unwrap();
    assert!(matches!(remove(), Err(Error::Corrupt { .. })), "it must be where its object says");
    assert_eq!(realm.read(purchases::count), 699);
    let twice =
        realm.store.write_blocking(|conn| purchases::insert(conn, vec![rows[0].clone(), rows[1].clone()]));
    assert!(matches!(twice, Err(Error::Refused(_))), "{twice:?}");
    assert_eq!(realm.read(purchases::count), 699, "all or nothing");
    realm.write(|conn| purchases::insert(conn, Vec::new()));
}
