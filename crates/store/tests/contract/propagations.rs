use counterfoil_domain::ids::{ClientId, EntryId, Person, PropagationId, Pseudonym, RecordId};
use counterfoil_store::outbox::{self, Message, Topic};
use counterfoil_store::propagations::{self, Outcome, Propagation};

use crate::realm::{Realm, at};

fn propagation(id: u8, client: u8) -> Propagation {
    Propagation {
        propagation_id: PropagationId([id; 16]),
        client_id: ClientId([client; 16]),
        person: Some(Person([7; 16])),
        record: RecordId([id; 16]),
        cause: EntryId([id; 16]),
        told_at: None,
        due_at: None,
        answered_at: None,
        outcome: None,
        overdue_at: None,
    }
}

fn told(id: u8, client: u8) -> Propagation {
    Propagation { told_at: Some(at(10)), due_at: Some(at(20)), ..propagation(id, client) }
}

fn put(realm: &Realm, all: &[Propagation]) {
    realm.write(|conn| propagations::put(conn, all));
}

fn sorted(mut all: Vec<Propagation>) -> Vec<Propagation> {
    all.sort_by_key(|one| (one.propagation_id, one.client_id));
    all
}

fn sent(realm: &Realm) -> Vec<RecordId> {
    let mut records = realm.read(|conn| propagations::sent(conn, 9));
    records.sort_unstable();
    records
}

pub fn nobody_is_told_before_the_tombstone_is_sent(realm: &Realm) {
    put(realm, &[propagation(1, 1), propagation(1, 2), propagation(2, 1)]);
    let tombstone = Message {
        topic: Topic::Volunteered,
        pseudonym: Pseudonym([3; 16]),
        person: None,
        record: RecordId([1; 16]),
        version: 2,
        at: at(0),
        body: b"gone".to_vec(),
        is_tombstone: true,
    };
    realm.write(|conn| outbox::put(conn, std::slice::from_ref(&tombstone)));
    assert_eq!(sent(realm), [RecordId([2; 16])]);
    let claimed = realm.write(|conn| outbox::claim(conn, "a", at(1), at(9), 9)).unwrap();
    realm.write(|conn| outbox::settle(conn, "a", &[claimed[0].number], at(99)));
    assert_eq!(sent(realm), [RecordId([1; 16]), RecordId([2; 16])]);
}

pub fn a_system_is_told_once_and_answers_once(realm: &Realm) {
    let all = [propagation(1, 1), propagation(1, 2), propagation(2, 1)];
    put(realm, &all);
    let records = [RecordId([1; 16]), RecordId([5; 16])];
    let tell = || realm.write(|conn| propagations::tell(conn, &records, at(10), at(20)));
    assert_eq!(sent(realm), [RecordId([1; 16]), RecordId([2; 16])]);
    let [one, two] = [told(1, 1), told(1, 2)];
    assert_eq!(sorted(tell()), [one.clone(), two.clone()]);
    put(realm, &all);
    assert!(tell().is_empty(), "what was told is not told again");
    assert_eq!(sent(realm), [RecordId([2; 16])]);

    let answer = |client: u8, outcome, time| {
        let client_id = ClientId([client; 16]);
        realm.write(|conn| propagations::answer(conn, PropagationId([1; 16]), client_id, outcome, at(time)))
    };
    let answered = Propagation { answered_at: Some(at(15)), outcome: Some(Outcome::NoneHeld), ..one };
    assert_eq!(answer(1, Outcome::NoneHeld, 15), Some(answered.clone()));
    assert_eq!(answer(1, Outcome::Deleted, 16), None, "the first answer stands");
    assert_eq!(answer(3, Outcome::Deleted, 16), None, "nobody asked it");
    let found = |client: u8| {
        let client_id = ClientId([client; 16]);
        realm.read(|conn| propagations::find(conn, PropagationId([1; 16]), client_id))
    };
    assert_eq!(found(1), Some(answered.clone()));
    assert_eq!(found(3), None);
    assert_eq!(
        realm.read(|conn| propagations::of_person(conn, Person([7; 16]))),
        [answered, two, propagation(2, 1)]
    );
}

pub fn what_is_not_answered_in_time_is_noted_once(realm: &Realm) {
    put(realm, &[propagation(1, 1), propagation(1, 2), propagation(1, 3), propagation(2, 1)]);
    realm.write(|conn| propagations::tell(conn, &[RecordId([1; 16])], at(10), at(20)));
    let first = PropagationId([1; 16]);
    realm.write(|conn| propagations::answer(conn, first, ClientId([2; 16]), Outcome::Deleted, at(11)));
    let note = |time| realm.write(|conn| propagations::note_overdue(conn, at(time)));
    assert_eq!(note(19), None);
    let late = |client| Propagation { overdue_at: Some(at(20)), ..told(1, client) };
    assert_eq!(note(20), Some(late(1)));
    assert_eq!(note(20), Some(late(3)));
    assert_eq!(note(99), None);
    assert_eq!(realm.read(propagations::overdue), 2);
    realm.write(|conn| propagations::answer(conn, first, ClientId([1; 16]), Outcome::Deleted, at(30)));
    assert_eq!(realm.read(propagations::overdue), 1);
}

pub fn an_answer_is_owed_when_its_person_is_forgotten(realm: &Realm) {
    put(realm, &[propagation(1, 1), propagation(1, 2)]);
    let (person, id) = (Person([7; 16]), PropagationId([1; 16]));
    realm.write(|conn| propagations::forget(conn, person));
    assert!(realm.read(|conn| propagations::of_person(conn, person)).is_empty());
    let answer = |client: u8, time| {
        let client_id = ClientId([client; 16]);
        realm.write(|conn| propagations::answer(conn, id, client_id, Outcome::Deleted, at(time)))
    };
    assert_eq!(answer(1, 30).map(|one| one.person), Some(None));
    assert_eq!(realm.write(|conn| propagations::clear(conn, at(30))), 0);
    assert_eq!(realm.write(|conn| propagations::clear(conn, at(31))), 1);
    assert!(answer(2, 40).is_some(), "what is not answered stays");
}
