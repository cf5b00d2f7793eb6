use counterfoil_store::examinations::{self, Examination, LEDGER};

use crate::realm::{Realm, at};

pub fn the_last_look_counts(realm: &Realm) {
    assert_eq!(realm.read(|conn| examinations::last(conn, LEDGER)), None);
    for examination in [Examination { at: at(1), faults: 2 }, Examination { at: at(9), faults: 0 }] {
        realm.write(|conn| examinations::note(conn, LEDGER, examination));
        assert_eq!(realm.read(|conn| examinations::last(conn, LEDGER)), Some(examination));
    }
    assert_eq!(realm.read(|conn| examinations::last(conn, "other")), None);
}
