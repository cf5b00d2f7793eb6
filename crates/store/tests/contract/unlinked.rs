use counterfoil_domain::ids::PurchaseId;
use counterfoil_store::objects::{self, Kind, Latest, Mark, Object};
use counterfoil_store::unlinked;

use crate::realm::{Realm, at};

fn id(n: u16) -> PurchaseId {
    let mut bytes = [0; 16];
    bytes[..2].copy_from_slice(&n.to_be_bytes());
    PurchaseId(bytes)
}

pub fn documents_are_replaced_and_taken_out(realm: &Realm) {
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

pub fn what_is_too_old_goes_and_its_order_stays(realm: &Realm) {
    let latest = Some(Latest { order_kind: 0, order_value: 3, digest: [4; 32] });
    let object = |n: u16, has_come| Object {
        latest: latest.filter(|_| has_come),
        ..Object::awaited(id(n).into(), Kind::Order)
    };
    // Twenty guest orders and twenty that wait, one of each a second.
    let all: Vec<Object> = (0..40).map(|n| object(n, n < 20)).collect();
    realm.write(|conn| {
        objects::claim(conn, &all)?;
        for n in 0..40 {
            unlinked::put(conn, id(n), n >= 20, at(i64::from(n % 20)), b"document")?;
        }
        Ok(())
    });
    // One was replaced since: its time is that of its first event.
    realm.write(|conn| unlinked::put(conn, id(3), false, at(50), b"again"));
    let purge = |waiting, before, most| realm.write(|conn| unlinked::purge(conn, waiting, at(before), most));
    assert_eq!(purge(false, 10, 4), 4, "a small batch");
    assert_eq!((purge(false, 10, 100), purge(false, 10, 100)), (6, 0));
    assert_eq!(realm.read(unlinked::counts), (20, 10), "what waits has a time of its own");
    assert_eq!(purge(true, 5, 100), 5);
    assert_eq!(realm.read(unlinked::counts), (15, 10));
    let left: Vec<PurchaseId> = (0..40).map(id).collect();
    let mut left: Vec<PurchaseId> = realm.read(|conn| unlinked::documents(conn, &left)).into_keys().collect();
    left.sort();
    assert_eq!(left, (10..20).chain(25..40).map(id).collect::<Vec<_>>());
    for n in 0..40 {
        let stands = realm.read(|conn| objects::find(conn, id(n).into())).unwrap();
        let mark = (n < 10).then_some(Mark::Removed);
        assert_eq!(stands, Object { mark, ..object(n, n < 20) }, "{n}");
    }
    // It found its customer: what was left behind of it goes, and it is no longer this row that says where it is.
    let person = realm.person("c-1");
    let linked =
        Object { person: Some(person), claim: Some(person), purchased_at: Some(at(0)), ..object(15, true) };
    realm.write(|conn| objects::update(conn, std::slice::from_ref(&linked)));
    assert_eq!(purge(false, 99, 100), 10);
    let stands = realm.read(|conn| objects::find(conn, id(15).into())).unwrap();
    assert_eq!(stands.mark, None);
}
