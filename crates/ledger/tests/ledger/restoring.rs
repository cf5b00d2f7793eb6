//! A restored database brings nothing back.

use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::grant::{Act, State};
use counterfoil_ledger::grants::{EndError, How, end_locked};
use counterfoil_ledger::guard::Condition;
use counterfoil_ledger::restore::{Restore, RestoreError};
use counterfoil_store::entries::Log;
use counterfoil_store::{Error, grants, trees};
use serde_json::json;

use crate::realm::{Realm, at, decision, entropy};
use crate::tree::{Beside, grow};

/// A withdrawal that the restored database has lost is done again, and the log goes on in a new generation.
pub fn a_withdrawal_stays(realm: &Realm) {
    let beside = Beside::new(realm);
    let journal = beside.journal(realm);
    let ledger = realm.ledger.clone().guarded(beside.guard.clone(), journal.clone());
    beside.guard.look(&realm.store).unwrap();
    let (stopped, kept, late) = (realm.grant(1, |_| {}), realm.grant(2, |_| {}), realm.grant(3, |_| {}));
    grow(realm, 5);
    let how = How { act: Act::Withdraw, actor: Actor::Customer, reason: None, cause: None };
    let end = |id| {
        realm.write(|conn| {
            let grant = grants::lock(conn, id)?.unwrap();
            end_locked(&ledger, &realm.keys, conn, &grant, &how, at(7)).map_err(|error| match error {
                EndError::Store(error) => error,
                EndError::Final(state) => Error::Unexpected(format!("it is {state:?}")),
            })
        })
    };
    end(stopped);
    grow(realm, 5);
    beside.keeper(realm, "a", 10).round().unwrap();
    let before = realm.read(|conn| trees::newest(conn, "consent", 1)).unwrap();
    assert_eq!(before.size, 11);

    // The state after the first five entries is put back.
    realm.put_back(Log::Consent, 5);
    realm.tamper("UPDATE grants SET state = 'active', ended_at = NULL, ended_by = NULL");
    assert_eq!(beside.guard.look(&realm.store).unwrap(), Condition::RolledBack);
    let restore = Restore::new(
        realm.store.clone(),
        realm.keys.clone(),
        ledger.clone(),
        beside.guard.clone(),
        journal,
        beside.generations.clone(),
        entropy(99),
    );
    assert!(matches!(restore.accept("ann", at(20)), Err(RestoreError::NotReconciled(1))), "not before");
    // Stopping goes on meanwhile, and nothing else.
    end(late);
    let keys = realm.person_keys();
    let refused = realm.store.write_blocking(|conn| {
        ledger.append(conn, &keys, realm.person, at(0), &[decision(1, EntryType::GrantGiven, None)])
    });
    assert!(matches!(refused, Err(Error::Behind(_))));

    let plan = restore.plan().unwrap();
    assert_eq!((plan.lost.len(), plan.grants(), plan.erased.len()), (2, 1, 0));
    restore.end_grants(&plan).unwrap();
    assert_eq!(restore.plan().unwrap().grants(), 0, "safe to repeat");
    let accepted = restore.accept("ann", at(30)).unwrap();
    assert_eq!(accepted.len(), 1, "the access log was not behind");
    assert_eq!((accepted[0].origin.as_str(), accepted[0].lost), ("shop.example/ledger/consent/2", 6));
    assert_eq!(beside.guard.condition(), Condition::Intact);

    let state = |id| realm.read(|conn| grants::find(conn, id)).unwrap().state;
    assert_eq!(
        [state(stopped), state(kept), state(late)],
        [State::Withdrawn, State::Active, State::Withdrawn]
    );
    let stored = realm.read(|conn| counterfoil_store::entries::read(conn, Log::Consent, 0, 100));
    let numbers: Vec<i64> = stored.iter().map(|entry| entry.seq).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 11, 12, 13], "no number twice");
    let first = ledger.open_for_realm(&stored[5]).unwrap();
    assert_eq!(first.header["type"], json!("restore.accepted"));
    assert_eq!(
        first.payload.unwrap()["checkpoint"],
        json!(before.note),
        "the last checkpoint of the old one"
    );
    for entry in &stored[6..] {
        let header = realm.open(entry).unwrap().header;
        assert_eq!(header["type"], json!("grant.withdrawn"));
        assert_eq!(header["cause"], first.header["id"]);
    }
    beside.keeper(realm, "a", 40).round().unwrap();
    // Both generations are whole: of the old one the leaves that were lost are in its tiles.
    let found = beside.verify(realm, true, vec![before.note.clone()]);
    assert!(found.iter().all(|one| one.fault.is_none()), "{found:#?}");
    let sizes: Vec<_> = found.iter().map(|one| (one.generation, one.entries, one.lost, one.signed)).collect();
    assert_eq!(sizes, [(1, 0, 0, 0), (1, 5, 6, 11), (2, 3, 0, 3)]);
    assert!(matches!(restore.plan(), Err(RestoreError::NotBehind(Condition::Intact))));
}
