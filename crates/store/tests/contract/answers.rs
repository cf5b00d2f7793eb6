use counterfoil_domain::ids::Person;
use counterfoil_store::answers::{self, Answer, State};

use crate::realm::{Realm, at};

pub fn an_answer_is_read_as_it_was_written(realm: &Realm) {
    let answer = |ask: &str, version, state| Answer {
        person: Person([1; 16]),
        ask: ask.to_owned(),
        version,
        hash: "sha256:a".to_owned(),
        purpose: "p1".to_owned(),
        state,
        shown_at: at(1),
        answered_at: None,
        closed_at: None,
    };
    for state in State::ALL {
        let all = [answer("a1", 1, state), answer("a1", 2, State::Shown), answer("a2", 1, State::Lapsed)];
        for one in &all {
            realm.write(|conn| answers::put(conn, one));
        }
        assert_eq!(realm.read(|conn| answers::of_person(conn, Person([1; 16]))), all);
    }
    let closed =
        Answer { answered_at: Some(at(2)), closed_at: Some(at(3)), ..answer("a1", 1, State::Withdrawn) };
    realm.write(|conn| answers::put(conn, &closed));
    assert_eq!(realm.read(|conn| answers::of_person(conn, Person([1; 16])))[0], closed);
    realm.write(|conn| answers::forget(conn, Person([1; 16])));
    assert!(realm.read(|conn| answers::of_person(conn, Person([1; 16]))).is_empty());
}
