//! Where customers get their mail.

use counterfoil_store::addresses;

use crate::realm::Realm;

pub fn an_address_is_sealed_replaced_and_removed(realm: &Realm) {
    let (ann, ben) = (realm.person("c-1"), realm.person("c-2"));
    let keys = |person| realm.keys.person(person).unwrap();
    let find = |person| realm.read(|conn| addresses::find(conn, &realm.keys, &keys(person), person));
    assert_eq!(find(ann), None);
    for (person, address) in [(ann, "ann@mail.example"), (ben, "ben@mail.example"), (ann, "ann@home.example")]
    {
        realm.write(|conn| addresses::put(conn, &realm.keys, &keys(person), person, address));
    }
    assert_eq!(find(ann).as_deref(), Some("ann@home.example"));
    assert_eq!(find(ben).as_deref(), Some("ben@mail.example"));
    realm.write(|conn| addresses::delete_of(conn, &[ann]));
    assert_eq!((find(ann), find(ben).as_deref()), (None, Some("ben@mail.example")));
}
