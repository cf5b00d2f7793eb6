use std::collections::HashMap;

use counterfoil_domain::ids::{ObjectId, Person, PurchaseId};
use counterfoil_store::Error;
use counterfoil_store::aliases::{self, Alias};
use counterfoil_store::erasures::{self, Destruction, Door};
use counterfoil_store::links::{self, Link};
use counterfoil_store::objects::{self, Kind, Latest, Mark, Object};
use counterfoil_store::people::{self, Changes, CustomerName};
use counterfoil_store::suppression::{self, Suppressed};
use counterfoil_store::tombstones::{self, Parting, Tombstone};

use crate::realm::{Realm, at, entropy};

fn latest(order_value: i64) -> Latest {
    Latest { order_kind: 2, order_value, digest: [u8::try_from(order_value % 200).unwrap(); 32] }
}

pub fn statements_are_found_by_whom_they_are_about(realm: &Realm) {
    let (a, b, c) = (realm.person("a"), realm.person("b"), realm.person("c"));
    let says = |id: u8, from, into, active| Alias { id: [id; 16], from, into, active, latest: latest(7) };
    let all = [
        says(1, Some(a), Some(b), true),
        says(2, Some(a), Some(c), false),
        says(3, None, None, false),
        says(4, Some(b), Some(c), true),
    ];
    realm.write(|conn| {
        aliases::take_head(conn)?;
        all.iter().try_for_each(|alias| aliases::put(conn, alias))
    });
    let find = |id: u8| realm.read(|conn| aliases::find(conn, &[id; 16]));
    assert_eq!(find(3).as_ref(), Some(&all[2]));
    assert_eq!(find(9), None);
    assert_eq!(realm.read(|conn| aliases::active_from(conn, &[a, c])), all[..1]);
    assert_eq!(realm.read(|conn| aliases::about(conn, &[c])).len(), 2);
    let newer = Alias { active: false, latest: latest(8), ..all[0].clone() };
    realm.write(|conn| aliases::put(conn, &newer));
    assert_eq!(find(1), Some(newer));
    assert!(realm.read(|conn| aliases::active_from(conn, &[a, c])).is_empty());
    realm.write(|conn| aliases::remove_of(conn, &[a]));
    assert_eq!((find(1), find(2)), (None, None), "from or into");
    assert_eq!((find(3).is_some(), find(4).is_some()), (true, true));
}

pub fn one_act_at_a_time_changes_who_is_who(realm: &Realm) {
    let counted: Vec<i64> = realm.on_threads(8, |_, store| {
        for _ in 0..10 {
            store.write_blocking(aliases::take_head).unwrap();
        }
        10
    });
    assert_eq!(counted.iter().sum::<i64>(), 80);
    assert!(realm.run("UPDATE identities SET acts = 1 / (CASE acts WHEN 80 THEN 1 ELSE 0 END)"));
    assert!(realm.run("DELETE FROM identities"));
    assert!(matches!(realm.store.write_blocking(aliases::take_head), Err(Error::Corrupt { .. })));
}

pub fn links_are_found_by_order_and_by_person(realm: &Realm) {
    let (a, b) = (realm.person("a"), realm.person("b"));
    let order = |n: u8| ObjectId([n; 16]);
    let link = |person, linked, value| Link { person: Some(person), linked, latest: latest(value) };
    realm.write(|conn| {
        links::put(conn, order(1), &link(a, true, 1))?;
        links::put(conn, order(2), &link(a, false, 1))?;
        links::put(conn, order(3), &link(b, true, 1))?;
        links::put(conn, order(1), &link(b, true, 2))
    });
    let found = realm.read(|conn| links::find_many(conn, &[order(1), order(2), order(4)]));
    assert_eq!(found, HashMap::from([(order(1), link(b, true, 2)), (order(2), link(a, false, 1))]));
    let mut of_b = realm.read(|conn| links::orders_of(conn, &[b]));
    of_b.sort_unstable();
    assert_eq!(of_b, [order(1), order(3)]);
    let of_nobody = Link::of_nobody(true, latest(1));
    realm.write(|conn| links::put(conn, order(3), &of_nobody));
    assert_eq!(realm.read(|conn| links::orders_of(conn, &[b])), [order(1)]);
    assert_eq!(
        realm.read(|conn| links::find_many(conn, &[order(3)])),
        HashMap::from([(order(3), of_nobody)])
    );
}

pub fn a_history_has_its_members(realm: &Realm) {
    let (a, b, c) = (realm.person("a"), realm.person("b"), realm.person("c"));
    assert_eq!(realm.read(|conn| people::members(conn, a)), [a]);
    realm.write(|conn| people::set_home(conn, b, a, Some(5)));
    let mut both = vec![a, b];
    both.sort_unstable();
    assert_eq!(realm.read(|conn| people::members(conn, a)), both);
    assert_eq!(realm.read(|conn| people::home(conn, b)), a);
    assert_eq!(realm.read(|conn| people::home(conn, c)), c);
    assert_eq!(realm.person("b"), a, "a name leads home");
    let none = |person| Changes { person, count: 0, narrowed: false };
    let counted = realm.write(|conn| people::count(conn, &[none(a), none(b)])).unwrap();
    assert_eq!((counted[&b].home, counted[&b].home_since), (a, Some(5)));
    assert_eq!((counted[&a].home, counted[&a].home_since), (a, None));
    assert_eq!(realm.write(|conn| people::set_home(conn, b, b, Some(9))), ());
    let back = realm.read(|conn| people::identities(conn, &[b]))[&b];
    assert_eq!((back.home, back.home_since), (b, None), "at home there is no since");
}

pub fn who_was_erased_begins_anew_behind_that_time(realm: &Realm) {
    let old = realm.person("a");
    let index = realm.keys.customer_index("a");
    let erased = Suppressed { erased_at: at(100), latest: latest(1) };
    let removed = realm.write(|conn| people::remove(conn, &realm.keys, old)).unwrap();
    assert_eq!((removed.index, removed.id.as_slice()), (index, b"a".as_slice()));
    assert_eq!(realm.write(|conn| people::remove(conn, &realm.keys, old)), None, "once");
    realm.write(|conn| suppression::put(conn, &index, &erased));
    assert_eq!(realm.read(|conn| suppression::find(conn, &index)), Some(erased));

    let name = CustomerName { id: "a".to_owned(), index };
    let found = people::resolve(&realm.store, &realm.keys, &entropy(), at(0), &[name]).unwrap();
    assert_ne!(found[&index].person, old);
    assert_eq!(found[&index].not_before, Some(at(100)));

    let new = Person([3; 16]);
    realm.keys.create(&[new]).unwrap();
    realm.write(|conn| {
        people::remove(conn, &realm.keys, found[&index].person)?;
        people::succeed(conn, &realm.keys, &removed, new, at(200), at(0))
    });
    let identity = realm.read(|conn| people::find_many(conn, &[index]))[&index];
    assert_eq!((identity.person, identity.not_before), (new, Some(at(200))));
    assert_eq!(realm.read(|conn| people::customer_id(conn, &realm.keys, new)).as_deref(), Some("a"));
    let step = [Changes { person: new, count: 1, narrowed: false }];
    assert_eq!(realm.write(|conn| people::count_changes(conn, &step))[&new], 1);
}

pub fn a_later_erasure_stands(realm: &Realm) {
    let put = |erased_at, value| {
        realm
            .write(|conn| suppression::put(conn, &[1; 16], &Suppressed { erased_at, latest: latest(value) }));
    };
    put(at(100), 1);
    put(at(50), 2);
    let found = realm.read(|conn| suppression::find(conn, &[1; 16])).unwrap();
    assert_eq!((found.erased_at, found.latest), (at(100), latest(2)));
    assert_eq!(realm.read(|conn| suppression::times(conn, &[[1; 16], [2; 16]])), [([1; 16], at(100))]);
    assert_eq!(realm.read(|conn| suppression::find(conn, &[2; 16])), None);
}

pub fn what_is_left_of_an_erasure_is_done_once(realm: &Realm) {
    let (a, b) = (realm.person("a"), realm.person("b"));
    let noted = |person, since| Destruction {
        person,
        since,
        entered: false,
        door: Door::of_stream(),
        index: None,
        name: None,
    };
    realm.write(|conn| erasures::begin(conn, &[noted(a, at(1))]));
    realm.write(|conn| erasures::begin(conn, &[noted(a, at(2)), noted(b, at(2))]));
    let open = realm.read(erasures::open);
    assert_eq!(open.iter().map(|one| (one.person, one.since)).collect::<Vec<_>>(), [(a, at(1)), (b, at(2))]);
    assert!(realm.write(|conn| erasures::enter(conn, a)));
    assert!(!realm.write(|conn| erasures::enter(conn, a)));
    assert!(realm.read(erasures::open)[0].entered);
    realm.write(|conn| erasures::finish(conn, a));
    assert_eq!(realm.read(erasures::open).len(), 1);

    let keys = realm.keys.person(a).unwrap();
    realm.keys.destroy_data(a).unwrap();
    assert!(matches!(realm.keys.person(a), Err(Error::Key(_))), "the key is gone, in this process too");
    drop(keys);
    realm.keys.person(b).unwrap();
}

pub fn objects_keep_whom_they_name_and_why_they_are_gone(realm: &Realm) {
    let (a, b) = (realm.person("a"), realm.person("b"));
    let object = |n: u8, person, claim, mark| Object {
        person,
        purchased_at: person.map(|_| at(0)),
        latest: Some(latest(3)),
        claim,
        claim_value: claim.map(|_| if n == 4 { 2 } else { 3 }),
        mark,
        revision: mark.map(|_| 9),
        ..Object::awaited(ObjectId([n; 16]), Kind::Order)
    };
    let all = [
        object(1, Some(a), Some(a), None),
        object(2, Some(a), None, None),
        object(3, Some(a), Some(b), None),
        object(4, None, Some(b), Some(Mark::Removed)),
        object(5, None, None, Some(Mark::Erased)),
        Object { claim_value: Some(3), ..object(6, None, None, None) },
    ];
    assert!(realm.write(|conn| objects::claim(conn, &all)).is_empty());
    let found = realm.write(|conn| objects::claim(conn, &all));
    for wanted in &all {
        assert_eq!(found.get(&wanted.id), Some(wanted));
        assert_eq!(realm.read(|conn| objects::find(conn, wanted.id)).as_ref(), Some(wanted));
    }
    let mut elsewhere = realm.read(|conn| objects::claimed_elsewhere(conn, &[b]));
    elsewhere.sort_unstable();
    assert_eq!(elsewhere, [all[2].id, all[3].id]);
    let changed = Object { mark: None, revision: None, claim: Some(a), person: Some(b), ..all[3].clone() };
    realm.write(|conn| objects::update(conn, std::slice::from_ref(&changed)));
    assert_eq!(realm.read(|conn| objects::find(conn, changed.id)), Some(changed));
}

pub fn tombstones_go_with_their_person(realm: &Realm) {
    let (a, b) = (realm.person("a"), realm.person("b"));
    let tombstone = |person, change_seq| Tombstone {
        person,
        change_seq,
        purchase_id: PurchaseId([1; 16]),
        parting: if change_seq == 1 { Parting::Unlinked } else { Parting::Erased },
        revision: 4,
        local_date: at(0).date_naive(),
        shared: true,
        shown_seq: 1,
        joined_seq: (change_seq == 2).then_some(1),
        recorded_at: at(0),
    };
    realm.write(|conn| tombstones::insert(conn, &[tombstone(a, 1), tombstone(a, 2), tombstone(b, 1)]));
    let again = realm.store.write_blocking(|conn| tombstones::insert(conn, &[tombstone(a, 1)]));
    assert!(matches!(again, Err(Error::Refused(_))), "a number is one change's");
    realm.write(|conn| tombstones::remove_of(conn, &[a]));
    realm.write(|conn| tombstones::insert(conn, &[tombstone(a, 1)]));
    for parting in [Parting::Unlinked, Parting::Erased] {
        assert_eq!(Parting::from_code(parting.code()), Some(parting));
    }
    assert_eq!(Parting::from_code(3), None);
}
