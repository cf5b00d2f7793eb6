//! Tokens of the retailer's own systems.

use chrono::Duration;
use counterfoil_domain::ids::ClientId;
use counterfoil_store::system_tokens::{self, SystemToken};

use crate::realm::{Realm, at};

pub fn a_token_lives_until_its_end_or_its_revocation(realm: &Realm) {
    let token = |n: u8| SystemToken {
        token_hash: [n; 32],
        client_id: ClientId([n; 16]),
        jkt: format!("thumbprint-{n}"),
        expires_at: at(600) + Duration::seconds(i64::from(n)),
    };
    for n in 1..=3 {
        realm.write(|conn| system_tokens::insert(conn, &token(n)));
    }
    let find = |n: u8, now| realm.read(|conn| system_tokens::find(conn, &[n; 32], at(now)));
    assert_eq!(find(1, 0), Some(token(1)));
    assert_eq!(find(1, 601), None, "it is over");
    assert_eq!(find(9, 0), None);
    assert!(!realm.write(|conn| system_tokens::delete(conn, &[2; 32], ClientId([1; 16]))), "another's");
    assert!(realm.write(|conn| system_tokens::delete(conn, &[2; 32], ClientId([2; 16]))));
    assert_eq!(find(2, 0), None);
    assert_eq!(realm.write(|conn| system_tokens::delete_expired(conn, at(601))), 1);
    assert_eq!(find(3, 0), Some(token(3)));
}
