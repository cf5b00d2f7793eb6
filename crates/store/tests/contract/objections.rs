use counterfoil_domain::ids::{Person, RecordId};
use counterfoil_store::objections::{self, Objection};

use crate::realm::{Realm, at};

pub fn an_objection_stands_until_it_is_lifted(realm: &Realm) {
    let objection = |person: u8, subject: &str| Objection {
        person: Person([person; 16]),
        subject: subject.parse().unwrap(),
        record: RecordId([person; 16]),
        raised_at: at(1),
    };
    let all = [objection(1, "channel/email"), objection(1, "marketing"), objection(2, "purpose/p1")];
    for one in &all {
        assert!(realm.write(|conn| objections::raise(conn, one)));
        let later = Objection { raised_at: at(5), ..one.clone() };
        assert!(!realm.write(|conn| objections::raise(conn, &later)), "it stands");
    }
    let persons = [Person([1; 16]), Person([2; 16])];
    assert_eq!(realm.read(|conn| objections::of_persons(conn, &persons)), all);
    assert_eq!(realm.read(|conn| objections::page(conn, None, 1)), all[..1]);
    assert_eq!(realm.read(|conn| objections::page(conn, Some(&all[0]), 9)), all[1..]);
    let lift = |subject: &str| {
        let subject = subject.parse().unwrap();
        realm.write(|conn| objections::lift(conn, Person([1; 16]), &subject))
    };
    assert_eq!(lift("marketing"), Some(RecordId([1; 16])));
    assert_eq!(lift("marketing"), None);
    realm.write(|conn| objections::forget(conn, Person([1; 16])));
    assert_eq!(realm.read(|conn| objections::of_persons(conn, &persons)), all[2..]);
}
