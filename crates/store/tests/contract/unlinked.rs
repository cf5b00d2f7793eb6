use counterfoil_domain::ids::PurchaseId;
use counterfoil_store::unlinked;

use crate::realm::{Realm, at};

pub fn documents_are_replaced_and_taken_out(realm: &Realm) {
    let id = |n: u16| {
        let mut bytes = [0; 16];
        bytes[..2].copy_from_slice(&n.to_be_bytes());
        PurchaseId(bytes)
    };
    realm.write(|conn| {
        for n in 0..1_200 {
            unlinked::put(conn, id(n), n % 3 == 0, at(0), &n.to_be_bytes())?;
        }
        Ok(())
    });
    assert_eq!(realm.read(unlinked::counts), (400, 800));
    let wanted: Vec<PurchaseId> = (0..2_000).map(id).collect();
    let found = realm.read(|conn| unlinked::documents(conn, &wanted));
    assert_eq!(found.len(), 1_200, "more than one statement's worth; unknown ones are absent");
    assert_eq!(found[&id(1_100)], 1_100_u16.to_be_bytes());
    realm.write(|conn| unlinked::put(conn, id(0), false, at(5), b"again"));
    assert_eq!(realm.read(unlinked::counts), (399, 801));
    assert_eq!(realm.read(|conn| unlinked::documents(conn, &[id(0)]))[&id(0)], b"again");
    realm.write(|conn| unlinked::remove(conn, id(0)).and_then(|()| unlinked::remove(conn, id(0))));
    assert!(realm.read(|conn| unlinked::documents(conn, &[id(0)])).is_empty());
    assert_eq!(realm.read(unlinked::counts), (399, 800));
}
