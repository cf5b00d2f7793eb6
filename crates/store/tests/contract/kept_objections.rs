use counterfoil_domain::objection::{Channel, Subject};
use counterfoil_store::kept_objections::{self as kept, mark};

use crate::realm::{Realm, at};

pub fn a_kept_objection_is_found_by_its_mark_alone(realm: &Realm) {
    let key = kept::key(&realm.keys).unwrap();
    let (marketing, phone) = (Subject::Marketing, Subject::Channel(Channel::Phone));
    let marks = [
        mark(&key, &[1; 16], Some(&marketing)).unwrap(),
        mark(&key, &[1; 16], Some(&phone)).unwrap(),
        mark(&key, &[2; 16], Some(&marketing)).unwrap(),
    ];
    assert_ne!(marks[0], marks[1]);
    assert_ne!(marks[0], marks[2]);
    assert_ne!(mark(&key, &[1; 16], None).unwrap(), marks[0]);
    assert_eq!(mark(&kept::key(&realm.keys).unwrap(), &[1; 16], Some(&marketing)).unwrap(), marks[0]);
    realm.write(|conn| kept::keep(conn, &marks[..2], at(1)));
    realm.write(|conn| kept::keep(conn, &marks[..1], at(5)));
    let mut both = vec![(marks[0], at(1)), (marks[1], at(1))];
    both.sort_unstable();
    assert_eq!(realm.read(|conn| kept::among(conn, &marks)), both);
    realm.write(|conn| kept::let_go(conn, &marks[..1]));
    assert_eq!(realm.read(|conn| kept::among(conn, &marks)), [(marks[1], at(1))]);
}
