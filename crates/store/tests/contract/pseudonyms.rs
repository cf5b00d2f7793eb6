use std::collections::HashMap;

use counterfoil_domain::ids::{Person, Pseudonym};
use counterfoil_store::outbox::Topic;
use counterfoil_store::pseudonyms::{self, Named};

use crate::realm::Realm;

pub fn a_pseudonym_stands_for_somebody_until_they_are_forgotten(realm: &Realm) {
    let (one, two) = (Person([1; 16]), Person([2; 16]));
    let named = |number, topic, person| Named { pseudonym: Pseudonym([number; 16]), topic, person };
    let all = [
        named(11, Topic::Consents, one),
        named(12, Topic::Volunteered, one),
        named(21, Topic::Consents, two),
    ];
    for some in [&all[..1], &all, &[]] {
        realm.write(|conn| pseudonyms::note(conn, some));
    }
    let wanted = [Pseudonym([11; 16]), Pseudonym([12; 16]), Pseudonym([21; 16]), Pseudonym([9; 16])];
    let all = HashMap::from(all.map(|named| (named.pseudonym, named.person)));
    assert_eq!(realm.read(|conn| pseudonyms::persons(conn, &wanted)), all);
    realm.write(|conn| pseudonyms::forget(conn, one));
    let left = HashMap::from([(Pseudonym([21; 16]), two)]);
    assert_eq!(realm.read(|conn| pseudonyms::persons(conn, &wanted)), left);
}
