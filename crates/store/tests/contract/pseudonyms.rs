use std::collections::HashMap;

use counterfoil_domain::ids::{Person, Pseudonym};
use counterfoil_store::outbox::Topic;
use counterfoil_store::pseudonyms;

use crate::realm::Realm;

pub fn a_pseudonym_stands_for_somebody_until_they_are_forgotten(realm: &Realm) {
    let (one, two) = (Person([1; 16]), Person([2; 16]));
    let named = [
        (Pseudonym([11; 16]), Topic::Consents, one),
        (Pseudonym([12; 16]), Topic::Volunteered, one),
        (Pseudonym([21; 16]), Topic::Consents, two),
    ];
    for (pseudonym, topic, person) in named.into_iter().chain(named) {
        realm.write(|conn| pseudonyms::note(conn, pseudonym, topic, person));
    }
    let wanted = [Pseudonym([11; 16]), Pseudonym([12; 16]), Pseudonym([21; 16]), Pseudonym([9; 16])];
    let all = HashMap::from(named.map(|(pseudonym, _, person)| (pseudonym, person)));
    assert_eq!(realm.read(|conn| pseudonyms::persons(conn, &wanted)), all);
    realm.write(|conn| pseudonyms::forget(conn, one));
    let left = HashMap::from([(Pseudonym([21; 16]), two)]);
    assert_eq!(realm.read(|conn| pseudonyms::persons(conn, &wanted)), left);
}
