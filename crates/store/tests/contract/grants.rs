use counterfoil_domain::grant::{CarveOuts, Dataset, Details, Lasting, State};
use counterfoil_domain::ids::{ClientId, GrantId, Person, PurchaseId, RecordId};
use counterfoil_store::grants::{self, Amending, Ending, Grant};

use crate::realm::{Realm, at};

/// A grant of person 1 to app 1.
pub fn grant(id: u8, state: State, given: i64, expires: Option<i64>) -> Grant {
    Grant {
        grant_id: GrantId([id; 16]),
        person: Person([1; 16]),
        client_id: ClientId([1; 16]),
        record: RecordId([id; 16]),
        details: Details {
            datasets: vec![Dataset::Purchases, Dataset::Lines],
            from: "2024-01-01".parse().ok(),
            to: None,
            duration: Lasting::Days30,
            stated_use: Some("budgeting".to_owned()),
            shared_accounts: true,
            volunteered: None,
        },
        state,
        version: 1,
        grant_epoch: 0,
        given_at: at(given),
        expires_at: expires.map(at),
        ended_at: None,
        ended_by: None,
        ended_reason: None,
        agreed_seq: 0,
        carve_outs: CarveOuts::default(),
        changed_seq: 0,
        resync: false,
    }
}

pub fn a_grant_is_read_as_it_was_written(realm: &Realm) {
    let ended = Grant {
        ended_at: Some(at(9)),
        ended_by: Some("staff".to_owned()),
        ended_reason: Some("\"fraud\", they say".to_owned()),
        grant_epoch: i64::MAX,
        ..grant(1, State::Revoked, 0, Some(30))
    };
    realm.write(|conn| grants::insert(conn, &ended));
    assert_eq!(realm.read(|conn| grants::find(conn, ended.grant_id)), Some(ended.clone()));
    assert_eq!(realm.write(|conn| grants::lock(conn, ended.grant_id)), Some(ended));
    assert_eq!(realm.read(|conn| grants::find(conn, GrantId([9; 16]))), None);
    assert_eq!(realm.write(|conn| grants::lock(conn, GrantId([9; 16]))), None);
    realm.write(|conn| {
        grants::insert(conn, &grant(2, State::Given, 0, None))?;
        grants::set_state(conn, GrantId([2; 16]), State::Active)
    });
    let active = realm.read(|conn| grants::find(conn, GrantId([2; 16])));
    assert_eq!(active, Some(grant(2, State::Active, 0, None)), "no epoch moves");
    assert!(realm.read(|conn| grants::of_persons(conn, &[Person([2; 16])])).is_empty());
}

pub fn grants_end_by_their_time_and_move_their_epoch(realm: &Realm) {
    let all = [
        grant(1, State::Active, 0, Some(100)),
        grant(2, State::Active, 1, Some(50)),
        grant(3, State::Active, 2, None),
        grant(4, State::Given, 3, Some(50)),
        grant(5, State::Withdrawn, 4, Some(50)),
        grant(6, State::Paused, 5, Some(60)),
        grant(7, State::Given, 90, Some(1_000)),
    ];
    realm.write(|conn| all.iter().try_for_each(|grant| grants::insert(conn, grant)));
    let overdue = |now, limit| {
        let found = realm.read(|conn| grants::overdue(conn, at(now), limit));
        found.into_iter().map(|id| id.0[0]).collect::<Vec<_>>()
    };
    assert!(overdue(49, 10).is_empty());
    assert_eq!(overdue(50, 10), [2]);
    assert_eq!(overdue(100, 10), [2, 6, 1]);
    assert_eq!(overdue(100, 2), [2, 6]);
    assert_eq!(realm.read(|conn| grants::unredeemed(conn, at(60), 10)), [GrantId([4; 16])]);
    let of_person = realm.read(|conn| grants::of_persons(conn, &[Person([9; 16]), Person([1; 16])]));
    assert_eq!(of_person.iter().map(|grant| grant.grant_id.0[0]).collect::<Vec<_>>(), [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(of_person[6], all[0], "read as it was written, to the microsecond");
    let ending = Ending { state: State::Revoked, at: at(70), by: "staff", reason: Some("fraud") };
    realm.write(|conn| grants::end(conn, GrantId([1; 16]), &ending));
    realm.write(|conn| grants::bump_epoch(conn, GrantId([1; 16])));
    let ended = realm.write(|conn| grants::lock(conn, GrantId([1; 16]))).unwrap();
    assert_eq!((ended.state, ended.grant_epoch, ended.ended_at), (State::Revoked, 2, Some(at(70))));
    assert_eq!((ended.ended_by.as_deref(), ended.ended_reason.as_deref()), (Some("staff"), Some("fraud")));
    assert_eq!(all[1].state_at(at(49)), State::Active);
    assert_eq!(all[1].state_at(at(50)), State::Expired);
    assert_eq!(all[4].state_at(at(99)), State::Withdrawn);
}

pub fn a_grant_is_changed(realm: &Realm) {
    let (before, other) = (grant(1, State::Active, 0, None), grant(2, State::Active, 0, None));
    realm.write(|conn| [&before, &other].into_iter().try_for_each(|grant| grants::insert(conn, grant)));
    let details =
        Details { datasets: vec![Dataset::Purchases], shared_accounts: false, ..before.details.clone() };
    let carve_outs = CarveOuts {
        categories: vec!["health".to_owned(), "wine".to_owned()],
        purchases: vec![PurchaseId([7; 16])],
        keep_totals: true,
    };
    let amending = Amending {
        details: &details,
        carve_outs: &carve_outs,
        agreed_seq: i64::MAX,
        changed_seq: 12,
        resync: true,
    };
    realm.write(|conn| grants::amend(conn, before.grant_id, &amending));
    let after = realm.read(|conn| grants::find(conn, before.grant_id));
    let expected = Grant {
        details: details.clone(),
        carve_outs: carve_outs.clone(),
        version: 2,
        grant_epoch: 1,
        agreed_seq: i64::MAX,
        changed_seq: 12,
        resync: true,
        ..before
    };
    assert_eq!(after, Some(expected));
    assert_eq!(realm.read(|conn| grants::find(conn, other.grant_id)), Some(other));
}

pub fn an_app_could_use_its_grants_in_their_time(realm: &Realm) {
    let other = Grant { client_id: ClientId([2; 16]), ..grant(4, State::Active, 10, None) };
    let ended = Grant { ended_at: Some(at(20)), ..grant(3, State::Withdrawn, 10, Some(90)) };
    for one in [grant(1, State::Active, 10, None), grant(2, State::Active, 10, Some(30)), ended, other] {
        realm.write(|conn| grants::insert(conn, &one));
    }
    let usable = |from, until| {
        let span = (at(from), at(until));
        let found = realm.read(|conn| grants::of_app_between(conn, ClientId([1; 16]), span, None, 9));
        found.iter().map(|grant| grant.grant_id.0[0]).collect::<Vec<_>>()
    };
    assert_eq!(usable(0, 9), Vec::<u8>::new());
    assert_eq!(usable(0, 10), [1, 2, 3]);
    assert_eq!(usable(21, 29), [1, 2]);
    assert_eq!(usable(30, 40), [1]);
    let first = Some(GrantId([1; 16]));
    let next = realm.read(|conn| grants::of_app_between(conn, ClientId([1; 16]), (at(0), at(99)), first, 1));
    assert_eq!(next[0].grant_id, GrantId([2; 16]));
}
