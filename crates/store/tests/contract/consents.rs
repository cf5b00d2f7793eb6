use counterfoil_domain::consent::State;
use counterfoil_domain::ids::{ConsentId, Person, RecordId};
use counterfoil_store::consents::{self, Consent};

use crate::realm::{Realm, at};

/// A consent of person 1.
pub fn consent(id: u8, purpose: &str, state: State, expires: Option<i64>) -> Consent {
    Consent {
        consent_id: ConsentId([id; 16]),
        person: Person([1; 16]),
        purpose: purpose.to_owned(),
        record: RecordId([id; 16]),
        state,
        version: 1,
        config: "sha256:a1".to_owned(),
        purpose_hash: "sha256:p1".to_owned(),
        ask: Some("a1".to_owned()),
        requested_at: at(1),
        given_at: state.is_in_force().then(|| at(2)),
        expires_at: expires.map(at),
        ended_at: None,
        reminded_at: None,
    }
}

pub fn a_consent_is_read_as_it_was_written(realm: &Realm) {
    let mut one = consent(2, "p1", State::Given, Some(100));
    let other = consent(1, "p2", State::Requested, None);
    realm.write(|conn| consents::put(conn, &one));
    realm.write(|conn| consents::put(conn, &other));
    assert_eq!(realm.read(|conn| consents::find(conn, one.consent_id)), Some(one.clone()));
    one = Consent {
        state: State::Withdrawn,
        ended_at: Some(at(9)),
        expires_at: None,
        version: 2,
        ask: None,
        ..one
    };
    realm.write(|conn| consents::put(conn, &one));
    let all = vec![other.clone(), one.clone()];
    assert_eq!(realm.read(|conn| consents::of_person(conn, one.person)), all);
    assert_eq!(realm.read(|conn| consents::of_purpose(conn, one.person, "p1")), Some(one.clone()));
    assert_eq!(realm.read(|conn| consents::of_purpose(conn, one.person, "p9")), None);
    let ids = [one.consent_id, other.consent_id, ConsentId([9; 16])];
    assert_eq!(realm.read(|conn| consents::find_many(conn, &ids)), all);
    assert_eq!(realm.read(|conn| consents::page(conn, None, 1)), std::slice::from_ref(&other));
    assert_eq!(realm.read(|conn| consents::page(conn, Some(other.consent_id), 9)), [one]);
    let second = Consent { consent_id: ConsentId([7; 16]), ..other.clone() };
    assert!(realm.store.write_blocking(|conn| consents::put(conn, &second)).is_err(), "one for each purpose");
    realm.write(|conn| consents::forget(conn, other.person));
    assert!(realm.read(|conn| consents::page(conn, None, 9)).is_empty());
}

pub fn consents_are_found_by_what_time_does_to_them(realm: &Realm) {
    for one in [
        consent(1, "p1", State::Given, Some(100)),
        consent(2, "p2", State::Renewed, Some(50)),
        consent(3, "p3", State::Given, None),
        consent(4, "p4", State::Withdrawn, Some(10)),
        consent(5, "p5", State::Requested, None),
        consent(6, "p6", State::RequestDeferred, None),
    ] {
        realm.write(|conn| consents::put(conn, &one));
    }
    let ids = |all: Vec<Consent>| all.iter().map(|one| one.consent_id.0[0]).collect::<Vec<_>>();
    assert_eq!(ids(realm.read(|conn| consents::overdue(conn, at(100), 9))), [2, 1]);
    assert_eq!(ids(realm.read(|conn| consents::overdue(conn, at(99), 9))), [2]);
    assert_eq!(ids(realm.read(|conn| consents::to_remind(conn, at(60), at(0), 9))), [2]);
    let told = Consent { reminded_at: Some(at(5)), ..consent(2, "p2", State::Renewed, Some(50)) };
    realm.write(|conn| consents::put(conn, &told));
    assert!(realm.read(|conn| consents::to_remind(conn, at(60), at(5), 9)).is_empty());
    assert_eq!(ids(realm.read(|conn| consents::to_remind(conn, at(60), at(6), 9))), [2]);
    assert_eq!(ids(realm.read(|conn| consents::awaited(conn, None, 9))), [5, 6]);
    assert_eq!(ids(realm.read(|conn| consents::awaited(conn, Some(ConsentId([5; 16])), 9))), [6]);
    let one = consent(1, "p1", State::Given, Some(100));
    assert_eq!((one.state_at(at(99)), one.state_at(at(100))), (State::Given, State::Expired));
}
