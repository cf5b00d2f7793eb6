use std::collections::BTreeSet;

use counterfoil_domain::entry::{Actor, Commitment, Display};
use counterfoil_domain::grant::{CarveOuts, State};
use counterfoil_domain::ids::{EntryId, ObjectId, Person, PurchaseId, RecordId};
use counterfoil_store::entries::{self, Log, NewEntry, SealedBy};
use counterfoil_store::erasure_requests::{self, ErasureRequest};
use counterfoil_store::erasures::{self, Destruction, Door};
use counterfoil_store::grants::{self, Grant};
use counterfoil_store::holds::{self, Hold};
use counterfoil_store::quarantine::{self, Quarantined};
use counterfoil_store::verifications::{self, Pending, WITHOUT_PERSONS};

use crate::grants::grant;
use crate::quarantine::held;
use crate::realm::{Realm, at, entropy};

const PERSON: Person = Person([1; 16]);

pub fn an_erasure_is_read_as_it_was_noted(realm: &Realm) {
    let display = Display {
        build: "1".to_owned(),
        language: "de".to_owned(),
        template: "sha256:a".to_owned(),
        words: "sha256:\"b".to_owned(),
    };
    let staff =
        Door { actor: Actor::Staff("anna".to_owned()), record: Some(RecordId([5; 16])), display: None };
    let doors = [Door::of_stream(), Door::of_customer(display), staff];
    let all: Vec<Destruction> = (1_u8..)
        .zip(doors)
        .map(|(n, door)| Destruction {
            person: Person([n; 16]),
            since: at(0),
            entered: false,
            door,
            index: (n > 1).then_some([n; 16]),
            name: (n > 2).then(|| vec![0, n]),
        })
        .collect();
    realm.write(|conn| erasures::begin(conn, &all));
    assert_eq!(realm.read(erasures::open), all);
}

pub fn a_request_waits_until_its_customer_goes(realm: &Realm) {
    let request = |n: u8, person| ErasureRequest {
        record: RecordId([n; 16]),
        person,
        requested_by: "anna".to_owned(),
        reason: vec![n],
        requested_at: at(i64::from(n)),
    };
    let (theirs, others) = (request(1, PERSON), request(2, Person([2; 16])));
    realm.write(|conn| {
        erasure_requests::insert(conn, &theirs)?;
        erasure_requests::insert(conn, &others)
    });
    let find = |record| realm.read(|conn| erasure_requests::find(conn, record));
    assert_eq!(find(theirs.record), Some(theirs.clone()));
    realm.write(|conn| erasure_requests::delete_of(conn, &[PERSON]));
    assert_eq!((find(theirs.record), find(others.record)), (None, Some(others)));
}

pub fn a_hold_is_placed_once_and_ends(realm: &Realm) {
    let hold =
        |n: u8, until| Hold::new(Person([n; 16]), Some(vec![n]), vec![n, n], vec![n; 3], (at(0), at(until)));
    let all = [hold(1, 100), hold(2, 50), hold(3, 300)];
    for hold in &all {
        assert!(realm.write(|conn| holds::put(conn, hold)));
    }
    assert!(!realm.write(|conn| holds::put(conn, &hold(1, 999))), "the first one stands");
    assert_eq!(realm.read(|conn| holds::page(conn, None, 2)), all[..2]);
    assert_eq!(realm.read(|conn| holds::page(conn, Some(Person([2; 16])), 2)), all[2..]);
    assert!(realm.read(|conn| holds::due(conn, at(49), 9)).is_empty());
    let due = realm.read(|conn| holds::due(conn, at(100), 9));
    assert_eq!(due, [all[1].clone(), all[0].clone()]);
    assert_eq!(
        (due[0].person().unwrap(), due[0].erased_at(), due[0].ends_at()),
        (Person([2; 16]), at(0), at(50))
    );
    assert!(realm.write(|conn| holds::end(conn, Person([2; 16]))));
    assert!(!realm.write(|conn| holds::end(conn, Person([2; 16]))));
    let records = [RecordId([4; 16]), RecordId([9; 16])];
    assert_eq!(holds::from_bytes(&holds::to_bytes(&records)).unwrap(), records);
    assert!(holds::from_bytes(&[0; 17]).is_err());
}

fn entry(record: RecordId) -> NewEntry {
    NewEntry {
        entry_id: EntryId(entropy().bytes()),
        record,
        recorded_at: at(0),
        sealed_by: SealedBy::Evidence,
        commitment: Commitment([7; 32]),
        header: b"sealed header".to_vec(),
        payload: Some(b"sealed payload".to_vec()),
    }
}

pub fn records_lose_their_map_and_their_entries_their_words(realm: &Realm) {
    let mut theirs: Vec<RecordId> = (0..1_200_u16)
        .map(|n| {
            let mut bytes = [3; 16];
            bytes[..2].copy_from_slice(&n.to_be_bytes());
            RecordId(bytes)
        })
        .collect();
    let other = RecordId([9; 16]);
    realm.write(|conn| {
        for record in &theirs {
            entries::note_record(conn, *record, Some(PERSON), Commitment([7; 32]))?;
        }
        entries::note_record(conn, other, Some(Person([2; 16])), Commitment([7; 32]))?;
        let all = theirs.iter().copied().chain([other]);
        entries::append(conn, Log::Access, all.map(entry).collect())?;
        entries::append(conn, Log::Consent, vec![entry(theirs[0])])
    });
    theirs.sort_unstable();
    assert_eq!(realm.read(|conn| entries::records_of(conn, PERSON)), theirs);
    realm.write(|conn| entries::forget_map(conn, PERSON));
    assert!(realm.read(|conn| entries::records_of(conn, PERSON)).is_empty());
    assert_eq!(realm.read(|conn| entries::person_of(conn, other)), Some(Person([2; 16])));
    assert_eq!(realm.write(|conn| entries::forget(conn, &theirs)), 1_201);
    for log in [Log::Access, Log::Consent] {
        for entry in realm.read(|conn| entries::read(conn, log, 0, 2_000)) {
            let is_other = entry.record == other.as_bytes();
            assert_eq!((entry.header.is_some(), entry.payload.is_some()), (is_other, is_other));
            assert_eq!(entry.commitment, [7; 32]);
        }
    }
}

pub fn an_ended_grant_forgets_its_customer(realm: &Realm) {
    let ended = Grant {
        carve_outs: CarveOuts { purchases: vec![PurchaseId([4; 16])], ..CarveOuts::default() },
        agreed_seq: 12,
        changed_seq: 9,
        ended_reason: Some("customer_erased".to_owned()),
        ..grant(1, State::Revoked, 0, None)
    };
    realm.write(|conn| {
        grants::insert(conn, &ended)?;
        grants::forget(conn, &ended)
    });
    assert!(realm.read(|conn| grants::of_persons(conn, &[ended.person])).is_empty());
    let left = realm.read(|conn| grants::find(conn, ended.grant_id)).unwrap();
    assert_eq!((left.state, &left.ended_reason), (State::Revoked, &ended.ended_reason), "its app is told");
    assert_eq!((left.details.from, &left.details.stated_use, left.agreed_seq), (None, &None, 0));
    assert!(left.details.datasets.is_empty() && left.carve_outs == CarveOuts::default());
}

pub fn what_cannot_be_read_goes_with_its_customer(realm: &Realm) {
    let of_order =
        |n| Quarantined { order_index: Some(vec![5; 16]), customer_index: None, ..held(n, "not_json", "") };
    let rows = [held(0, "not_json", ""), held(1, "not_json", ""), of_order(3), held(4, "not_json", "")];
    realm.write(|conn| quarantine::insert(conn, &rows));
    assert_eq!(realm.write(|conn| quarantine::delete_of(conn, &[[8; 16]], &[ObjectId([8; 16])])), 0);
    let deleted = realm.write(|conn| quarantine::delete_of(conn, &[[8; 16], [1; 16]], &[ObjectId([5; 16])]));
    assert_eq!(deleted, 3);
    let left = realm.read(|conn| quarantine::list(conn, None, 9));
    assert_eq!(left.iter().map(|row| row.message_offset).collect::<Vec<_>>(), [1]);
}

/// A row of a table that is somebody's, put there by hand.
const LEFT: [(&str, &str); 8] = [
    ("grants", "UPDATE grants SET person = $1"),
    (
        "sessions",
        "INSERT INTO sessions (session_hash, person, signed_in_at, expires_at) VALUES ($2, $1, '2027-01-01 00:00:00', '2027-01-01 00:00:00')",
    ),
    ("records", "INSERT INTO records VALUES ($2, $1, $2)"),
    ("aliases", "INSERT INTO aliases VALUES ($2, $2, $1, TRUE, 0, 0, $2)"),
    ("links", "INSERT INTO links VALUES ($2, $1, TRUE, 0, 0, $2)"),
    ("objects", "INSERT INTO objects (object_id, kind, purchase_id, claim) VALUES ($2, 0, $2, $1)"),
    (
        "tombstones",
        "INSERT INTO tombstones VALUES ($1, 1, $2, 0, 0, '2027-01-01', FALSE, 0, NULL, '2027-01-01 00:00:00')",
    ),
    ("holds", "INSERT INTO holds VALUES ($1, NULL, $2, $2, '2027-01-01 00:00:00', '2027-01-01 00:00:00')"),
];

pub fn a_look_finds_what_is_left_and_nothing_else(realm: &Realm) {
    let record = RecordId([6; 16]);
    let pending =
        Pending { person: PERSON, erased_at: at(50), indexes: vec![[1; 16], [2; 16]], records: vec![record] };
    realm.write(|conn| verifications::note(conn, &pending, at(100)));
    realm.write(|conn| verifications::note(conn, &Pending { records: Vec::new(), ..pending.clone() }, at(1)));
    assert!(realm.read(|conn| verifications::due(conn, at(99), 9)).is_empty());
    assert_eq!(realm.read(|conn| verifications::due(conn, at(100), 9)), std::slice::from_ref(&pending));
    let found = || -> Vec<(&str, i64)> {
        let places = realm.read(|conn| verifications::look(conn, &pending));
        places.into_iter().filter(|place| place.rows > 0).map(|place| (place.table, place.rows)).collect()
    };
    realm.write(|conn| {
        grants::insert(conn, &Grant { person: Person([2; 16]), ..grant(1, State::Revoked, 0, None) })?;
        entries::note_record(conn, record, Some(Person([2; 16])), Commitment([7; 32]))?;
        quarantine::insert(conn, &[held(60, "not_json", "")])
    });
    assert_eq!(found(), [], "another's, and what came after");
    let bytes = |n: u8| {
        let hex = data_encoding::HEXLOWER.encode(&[n; 16]);
        if realm.store.is_postgres() { format!("'\\x{hex}'") } else { format!("x'{hex}'") }
    };
    for (number, (table, statement)) in (100..).zip(LEFT) {
        let statement = statement.replace("$1", &bytes(1)).replace("$2", &bytes(number));
        let before = found();
        assert!(realm.run(&statement), "{statement}");
        let new: Vec<_> = found().into_iter().filter(|place| !before.contains(place)).collect();
        assert_eq!(new, [(table, 1)], "{statement}");
    }
    realm.write(|conn| entries::append(conn, Log::Access, vec![entry(record), entry(RecordId([7; 16]))]));
    realm.write(|conn| quarantine::insert(conn, &[held(40, "not_json", "")]));
    assert!(found().contains(&("entries", 1)) && found().contains(&("quarantine", 1)), "{:?}", found());
    realm.write(|conn| verifications::put_off(conn, PERSON, at(200)));
    assert!(realm.read(|conn| verifications::due(conn, at(199), 9)).is_empty());
    assert!(realm.write(|conn| verifications::finish(conn, PERSON)));
    assert!(!realm.write(|conn| verifications::finish(conn, PERSON)));
}

pub fn every_table_is_looked_at(realm: &Realm) {
    let nobody = Pending { person: PERSON, erased_at: at(0), indexes: Vec::new(), records: Vec::new() };
    let places = realm.read(|conn| verifications::look(conn, &nobody));
    let looked = places.iter().map(|place| place.table);
    let known: BTreeSet<&str> = looked.chain(WITHOUT_PERSONS.iter().map(|(table, _)| *table)).collect();
    let schema = include_str!("../../src/schema.rs");
    let tables = schema.split("diesel::table! {").skip(1).filter_map(|block| block.split_whitespace().next());
    let missing: Vec<&str> = tables.filter(|table| !known.contains(table)).collect();
    assert!(missing.is_empty(), "nobody looks there after an erasure, and nobody says why: {missing:?}");
}
