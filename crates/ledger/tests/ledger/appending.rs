use counterfoil_domain::entry::EntryType;
use counterfoil_domain::ids::RecordId;
use counterfoil_ledger::Draft;
use counterfoil_store::Error;
use counterfoil_store::entries::{self, Log};
use serde_json::json;

use crate::realm::{Realm, at, decision};

fn given(record: u8) -> Draft {
    decision(record, EntryType::GrantGiven, Some(json!({ "grantId": "g", "version": 1 })))
}

pub fn each_record_is_a_chain(realm: &Realm) {
    let mut appended = realm.append(&[given(1), given(2), given(1)]);
    appended.extend(realm.append(&[given(2)]));
    appended.extend(realm.append(&[]));
    appended.extend(realm.append(&[given(3), given(1)]));
    assert!(appended.iter().map(|one| one.seq).eq(0..6));
    let stored = realm.stored(Log::Consent);
    let ids: Vec<&[u8]> = appended.iter().map(|one| one.entry_id.as_bytes().as_slice()).collect();
    assert_eq!(stored.iter().map(|entry| entry.entry_id.as_slice()).collect::<Vec<_>>(), ids);
    let prev = |at: usize| realm.open(&stored[at]).unwrap().header["prev"].clone();
    assert_eq!([prev(0), prev(1), prev(4)], [json!(null), json!(null), json!(null)]);
    assert_ne!(prev(2), json!(null), "chained within one transaction");
    assert_eq!(realm.chains().len(), 3);
    assert_eq!(realm.sizes(), (0, 6));
    let record = RecordId([1; 16]);
    assert_eq!(realm.read(|conn| entries::person_of(conn, record)), Some(realm.person));
}

/// Two processes with four threads each; every tenth transaction fails after it has appended.
pub fn chains_and_numbers_hold_whoever_appends(realm: &Realm) {
    let processes = [realm.other_process(), realm.other_process()];
    let keys = realm.person_keys();
    let mut seqs: Vec<i64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|thread: u8| {
                let (store, ledger) = &processes[usize::from(thread) % 2];
                let keys = &keys;
                scope.spawn(move || {
                    let mut mine = Vec::new();
                    for n in 0..20 {
                        let drafts: Vec<Draft> = (0..=n % 3).map(|i| given((thread + n + i) % 3)).collect();
                        let appended = store.write_blocking(|conn| {
                            let appended = ledger.append(conn, keys, realm.person, at(0), &drafts)?;
                            if n % 10 == 9 {
                                return Err(Error::Unexpected("on purpose".to_owned()));
                            }
                            Ok(appended)
                        });
                        assert_eq!(appended.is_err(), n % 10 == 9);
                        mine.extend(appended.into_iter().flatten().map(|one| one.seq));
                    }
                    mine
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    seqs.sort_unstable();
    let (access, consent) = realm.sizes();
    assert!(seqs.into_iter().eq(0..consent), "numbers given are numbers written");
    assert_eq!(access, 0, "each log counts for itself");
    let records = [0, 1, 2].map(|record| RecordId([record; 16]));
    assert_eq!(realm.chains(), realm.read(|conn| entries::last_commitments(conn, &records)));
}

pub fn a_decision_without_a_basis_is_refused(realm: &Realm) {
    let keys = realm.person_keys();
    let records = [RecordId([1; 16]), RecordId([2; 16])];
    for entry_type in [
        EntryType::GrantGiven,
        EntryType::GrantRefused,
        EntryType::GrantLapsed,
        EntryType::GrantWithdrawn,
        EntryType::GrantEnded,
        EntryType::GrantRevoked,
        EntryType::GrantExpired,
    ] {
        let without = Draft { basis: None, ..decision(2, entry_type, None) };
        let refused = realm.store.write_blocking(|conn| {
            realm.ledger.append(conn, &keys, realm.person, at(0), &[given(1), without.clone()])
        });
        assert!(matches!(refused, Err(Error::Unexpected(_))), "{}", entry_type.name());
        assert_eq!(realm.sizes(), (0, 0), "{}", entry_type.name());
        assert!(realm.read(|conn| entries::last_commitments(conn, &records)).is_empty());
        assert_eq!(realm.read(|conn| entries::person_of(conn, records[0])), None);
    }
    // Being asked decides nothing.
    let asked = Draft { basis: None, ..decision(2, EntryType::GrantRequested, None) };
    assert_eq!(realm.append(&[asked])[0].seq, 0, "what was refused took no number");
}
