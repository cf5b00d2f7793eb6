use counterfoil_domain::ids::{ClientId, ConsentId, GrantId, ItemId, Person, RecordId};
use counterfoil_domain::item::State;
use counterfoil_store::items::{self, Item};

use crate::realm::{Realm, at};

/// An item of person 1, which app 1 sent.
pub fn item(id: u8, state: State, ends: Option<i64>) -> Item {
    Item {
        item_id: ItemId([id; 16]),
        person: Person([1; 16]),
        consent_id: ConsentId([1; 16]),
        purpose: "p1".to_owned(),
        ask: "a1".to_owned(),
        ask_version: 3,
        ask_hash: "sha256:a1".to_owned(),
        record: RecordId([id; 16]),
        state,
        version: 1,
        value: Some(vec![id; 40]),
        client_id: Some(ClientId([1; 16])),
        grant_id: Some(GrantId([1; 16])),
        submitted_at: at(id.into()),
        ends_at: ends.map(at),
        ended_at: None,
    }
}

pub fn an_item_is_read_as_it_was_written(realm: &Realm) {
    let (waiting, mut live) = (item(1, State::Waiting, Some(50)), item(2, State::Live, None));
    for one in [&waiting, &live] {
        realm.write(|conn| items::put(conn, one));
    }
    let person = live.person;
    assert_eq!(realm.read(|conn| items::find(conn, live.item_id)), Some(live.clone()));
    assert_eq!(realm.read(|conn| items::open_of_person(conn, person)), [waiting.clone(), live.clone()]);
    assert_eq!(realm.read(|conn| items::overdue(conn, at(50), 9)), std::slice::from_ref(&waiting));
    assert!(realm.read(|conn| items::overdue(conn, at(49), 9)).is_empty());
    live = Item {
        state: State::Withdrawn,
        value: None,
        ended_at: Some(at(9)),
        client_id: None,
        grant_id: None,
        ..live
    };
    realm.write(|conn| items::put(conn, &live));
    assert_eq!(realm.read(|conn| items::of_person(conn, person)), [live.clone(), waiting.clone()]);
    assert_eq!(realm.read(|conn| items::open_of_person(conn, person)), std::slice::from_ref(&waiting));
    let ids = [live.item_id, waiting.item_id, ItemId([9; 16])];
    assert_eq!(realm.read(|conn| items::find_many(conn, &ids)), [waiting.clone(), live.clone()]);
    assert_eq!(realm.read(|conn| items::page(conn, Some(waiting.item_id), 9)), [live]);
    realm.write(|conn| items::forget(conn, person));
    assert!(realm.read(|conn| items::page(conn, None, 9)).is_empty());
}

pub fn items_have_places_that_outlive_them(realm: &Realm) {
    let (one, two) = (item(1, State::Live, None), item(2, State::Live, None));
    realm.write(|conn| items::place(conn, &[(one.clone(), 5), (two.clone(), 6)]));
    let places = |after, limit| realm.read(|conn| items::places(conn, "p1", after, limit));
    assert_eq!(places(-1, 9), [(one.item_id, 5), (two.item_id, 6)]);
    realm.write(|conn| items::place(conn, &[(one.clone(), 9)]));
    assert_eq!(
        (places(5, 9), places(-1, 1)),
        (vec![(two.item_id, 6), (one.item_id, 9)], vec![(two.item_id, 6)])
    );
    assert!(realm.read(|conn| items::places(conn, "p2", -1, 9)).is_empty());
    realm.write(|conn| items::forget_places(conn, one.person));
    assert_eq!(places(-1, 9).len(), 2, "a place stays, of nobody");
}

pub fn who_fetched_and_used_an_item_is_known(realm: &Realm) {
    let one = item(1, State::Live, None);
    let (client, person) = (ClientId([7; 16]), one.person);
    realm.write(|conn| items::note_fetches(conn, client, std::slice::from_ref(&one), at(1)));
    let corrected = Item { version: 2, ..one.clone() };
    realm.write(|conn| items::note_fetches(conn, client, std::slice::from_ref(&corrected), at(3)));
    realm.write(|conn| items::note_fetches(conn, ClientId([6; 16]), std::slice::from_ref(&one), at(2)));
    let fetched = realm.read(|conn| items::fetches_of(conn, person));
    assert_eq!(fetched.iter().map(|one| one.number).collect::<Vec<_>>(), [2, 1]);
    assert_eq!((fetched[0].first_at, fetched[0].last_at), (at(1), at(3)));
    assert_eq!(fetched[0].name, format!("{client}"), "a system that is not registered has its id");
    let fetchers = realm.read(|conn| items::fetchers(conn, one.item_id));
    assert_eq!(fetchers, [ClientId([6; 16]), client]);
    for at_second in [4, 5] {
        realm.write(|conn| items::note_use(conn, client, (one.item_id, person), at(at_second)));
    }
    let used = realm.read(|conn| items::uses_of(conn, person));
    assert_eq!((used.len(), used[0].number, used[0].first_at, used[0].last_at), (1, 2, at(4), at(5)));
    realm.write(|conn| items::forget(conn, person));
    assert!(realm.read(|conn| items::fetches_of(conn, person)).is_empty());
    assert!(realm.read(|conn| items::uses_of(conn, person)).is_empty());
}
