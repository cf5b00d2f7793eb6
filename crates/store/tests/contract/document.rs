use counterfoil_domain::ids::{Person, PurchaseId};
use counterfoil_store::document::{Codec, binding};

use crate::realm::Realm;

pub fn a_document_opens_in_its_own_row_alone(realm: &Realm) {
    let (person, stranger) = (realm.person("900"), realm.person("901"));
    let (mine, theirs) = (realm.keys.person(person).unwrap(), realm.keys.person(stranger).unwrap());
    let id = PurchaseId([5; 16]);
    let plain = br#""lines":[{"sku":"1095275","name":"Rolls, dinner"}]"#.repeat(50);
    let codec = Codec::default();
    let mut packer = codec.packer(realm.keys.aead()).unwrap();
    let document = packer.pack(&mine.purchases, &binding(id, Some(person)), &plain).unwrap();
    assert!(!document.windows(13).any(|bytes| bytes == b"Rolls, dinner"));
    let again = packer.pack(&mine.purchases, &binding(id, Some(person)), &plain).unwrap();
    assert_ne!(document, again, "sealed anew each time");

    let mut unpacker = codec.unpacker(realm.keys.aead()).unwrap();
    let mut back = b"what was there before".to_vec();
    unpacker.unpack(&mine.purchases, &binding(id, Some(person)), &document, &mut back).unwrap();
    assert_eq!(back, plain);
    for (key, place) in [
        (&theirs.purchases, binding(id, Some(person))),
        (&mine.purchases, binding(id, Some(stranger))),
        (&mine.purchases, binding(PurchaseId([6; 16]), Some(person))),
        (&mine.purchases, binding(id, None)),
        (&mine.evidence, binding(id, Some(person))),
    ] {
        assert!(unpacker.unpack(key, &place, &document, &mut back).is_err());
    }
    assert_eq!(
        binding(id, None),
        binding(id, Some(Person([0; 16]))),
        "nobody is sixteen zeros, which no person is"
    );
}
