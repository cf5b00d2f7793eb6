use counterfoil_domain::ids::{ClientId, GrantId};
use counterfoil_store::codes::{self, Code};
use counterfoil_store::conn::Conn;
use counterfoil_store::{Result, used_ids};

use crate::realm::{Realm, at};

/// How many of eight threads succeed.
fn wins(realm: &Realm, act: fn(&mut Conn) -> Result<bool>) -> usize {
    let won = realm.on_threads(8, |_, store| store.write_blocking(act).unwrap());
    won.into_iter().filter(|won| *won).count()
}

pub fn one_of_many_redeems_a_code(realm: &Realm) {
    let code = Code {
        code_hash: [1; 32],
        grant_id: GrantId([1; 16]),
        client_id: ClientId([1; 16]),
        redirect_uri: "https://app.example/".to_owned(),
        code_challenge: "challenge".to_owned(),
        jkt: None,
        redeemed: false,
        expires_at: at(60),
    };
    realm.write(|conn| codes::insert(conn, &code));
    assert_eq!(wins(realm, |conn| codes::redeem(conn, &[1; 32])), 1);
    assert_eq!(wins(realm, |conn| codes::redeem(conn, &[9; 32])), 0, "no such code");
    let found = realm.read(|conn| codes::find(conn, &[1; 32]));
    assert_eq!(found, Some(Code { redeemed: true, ..code }));
    assert_eq!(realm.write(|conn| codes::delete_expired(conn, at(60))), 0);
    assert_eq!(realm.write(|conn| codes::delete_expired(conn, at(61))), 1);
    assert_eq!(realm.read(|conn| codes::find(conn, &[1; 32])), None);
}

pub fn one_of_many_spends_an_id(realm: &Realm) {
    assert_eq!(wins(realm, |conn| used_ids::spend(conn, &[2; 32], at(5))), 1);
    assert_eq!(realm.write(|conn| used_ids::delete_expired(conn, at(5))), 0);
    assert_eq!(realm.write(|conn| used_ids::delete_expired(conn, at(6))), 1);
    assert!(realm.write(|conn| used_ids::spend(conn, &[2; 32], at(9))), "forgotten after its time");
}
