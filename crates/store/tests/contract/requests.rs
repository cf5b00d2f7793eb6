use counterfoil_domain::ids::{ClientId, Person, RecordId};
use counterfoil_store::requests::{self, PushedRequest};

use crate::realm::{Realm, at};

pub fn a_request_is_bound_and_finished(realm: &Realm) {
    let request = PushedRequest {
        request_hash: [1; 32],
        client_id: ClientId([1; 16]),
        record: RecordId([1; 16]),
        parameters: "{\"state\":\"\u{1F4B0}\"}".to_owned(),
        jkt: Some("thumb".to_owned()),
        person: None,
        finished: false,
        expires_at: at(10),
    };
    realm.write(|conn| requests::insert(conn, &request));
    assert_eq!(realm.read(|conn| requests::find(conn, &[1; 32])), Some(request.clone()));
    realm.write(|conn| requests::bind(conn, &[1; 32], Person([7; 16]), at(20)));
    realm.write(|conn| requests::finish(conn, &[1; 32]));
    let found = realm.write(|conn| requests::lock(conn, &[1; 32]));
    let changed =
        PushedRequest { person: Some(Person([7; 16])), finished: true, expires_at: at(20), ..request };
    assert_eq!(found, Some(changed));
    assert_eq!(realm.write(|conn| requests::lock(conn, &[2; 32])), None);
    assert_eq!(realm.write(|conn| requests::delete_expired(conn, at(20))), 0);
    assert_eq!(realm.write(|conn| requests::delete_expired(conn, at(21))), 1);
    assert_eq!(realm.read(|conn| requests::find(conn, &[1; 32])), None);
}
