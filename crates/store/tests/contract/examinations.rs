use counterfoil_store::examinations::{self, Examination, LEDGER};

use crate::realm::{Realm, at};

pub fn it_is_told_how_safe_a_commit_is(realm: &Realm) {
    let found = realm.read(examinations::durability);
    assert_eq!(found.is_some(), realm.store.is_postgres());
    if let Some(durability) = found {
        assert_eq!((durability.replicas, durability.waits_for.as_str()), (0, ""));
        let known = ["on", "off", "local", "remote_write", "remote_apply"];
        assert!(known.contains(&durability.synchronous_commit.as_str()), "{durability:?}");
    }
}

pub fn the_last_look_counts(realm: &Realm) {
    assert_eq!(realm.read(|conn| examinations::last(conn, LEDGER)), None);
    for examination in [Examination { at: at(1), faults: 2 }, Examination { at: at(9), faults: 0 }] {
        realm.write(|conn| examinations::note(conn, LEDGER, examination));
        assert_eq!(realm.read(|conn| examinations::last(conn, LEDGER)), Some(examination));
    }
    assert_eq!(realm.read(|conn| examinations::last(conn, "other")), None);
}
