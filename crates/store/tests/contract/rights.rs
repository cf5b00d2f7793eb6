use counterfoil_domain::ids::{Person, RecordId, RightId};
use counterfoil_domain::right::{Kind, State};
use counterfoil_store::rights::{self, Right};

use crate::realm::{Realm, at};

pub fn a_right_is_read_as_it_was_written(realm: &Realm) {
    let right = |id: u8, person: u8, due: i64| Right {
        right_id: RightId([id; 16]),
        person: Person([person; 16]),
        record: RecordId([id; 16]),
        kind: Kind::Rectification,
        state: State::Requested,
        opened_at: at(id.into()),
        due_at: at(due),
        closed_at: None,
        detail: vec![1, 2],
        answer: None,
    };
    let (mut one, two, three) = (right(1, 1, 90), right(2, 1, 50), right(3, 2, 60));
    for right in [&one, &two, &three] {
        realm.write(|conn| rights::put(conn, right));
    }
    assert_eq!(realm.read(|conn| rights::open(conn, None, 9)), [two.clone(), three.clone(), one.clone()]);
    assert_eq!(realm.read(|conn| rights::open(conn, None, 1)), std::slice::from_ref(&two));
    assert_eq!(realm.read(|conn| rights::open(conn, Some(at(60)), 9)), [two.clone(), three.clone()]);
    assert_eq!(realm.read(|conn| rights::count_overdue(conn, at(60))), 2);
    one = Right {
        kind: Kind::Objection,
        state: State::Refused,
        closed_at: Some(at(40)),
        answer: Some(vec![3]),
        ..one
    };
    realm.write(|conn| rights::put(conn, &one));
    assert_eq!(realm.read(|conn| rights::find(conn, one.right_id)), Some(one.clone()));
    assert_eq!(realm.read(|conn| rights::open(conn, None, 9)), [two.clone(), three.clone()]);
    assert_eq!(realm.read(|conn| rights::count_overdue(conn, at(99))), 2);
    assert_eq!(realm.read(|conn| rights::of_person(conn, one.person)), [one.clone(), two.clone()]);
    assert_eq!(realm.read(|conn| rights::page(conn, Some(one.right_id), 9)), [two, three.clone()]);
    realm.write(|conn| rights::forget(conn, one.person));
    assert_eq!(realm.read(|conn| rights::page(conn, None, 9)), [three]);
}
