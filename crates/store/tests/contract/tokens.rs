use counterfoil_domain::grant::State;
use counterfoil_domain::ids::{ClientId, GrantId};
use counterfoil_store::apps::{self, App, AppState};
use counterfoil_store::grants::{self, Grant};
use counterfoil_store::tokens::{self, Token, TokenKind};

use crate::apps::app;
use crate::grants::grant;
use crate::realm::{Realm, at};

fn token(id: u8, kind: TokenKind, grant: u8, parent: Option<u8>, expires: Option<i64>) -> Token {
    Token {
        token_hash: [id; 32],
        kind,
        grant_id: GrantId([grant; 16]),
        client_id: ClientId([1; 16]),
        scope: "purchases:read".to_owned(),
        jkt: "thumb".to_owned(),
        parent: parent.map(|id| [id; 32]),
        issued_at: at(0),
        expires_at: expires.map(at),
    }
}

pub fn a_refresh_token_dies_with_its_children(realm: &Realm) {
    let all = [
        token(1, TokenKind::Refresh, 1, None, None),
        token(2, TokenKind::Access, 1, Some(1), Some(600)),
        token(3, TokenKind::Access, 1, Some(1), Some(700)),
        token(4, TokenKind::Refresh, 2, None, Some(9_000)),
        token(5, TokenKind::Access, 2, Some(4), Some(600)),
    ];
    let left = |ids: &[u8]| {
        let is_there = |id: &u8| realm.read(|conn| tokens::find(conn, &[*id; 32])).is_some();
        assert_eq!((1..=5).filter(is_there).collect::<Vec<_>>(), ids);
    };
    let fill = || {
        realm.write(|conn| {
            for id in 1..=5 {
                tokens::delete(conn, &[id; 32])?;
            }
            all.iter().try_for_each(|token| tokens::insert(conn, token))
        });
    };
    fill();
    assert_eq!(realm.read(|conn| tokens::find(conn, &[2; 32])), Some(all[1].clone()));
    realm.write(|conn| tokens::delete(conn, &[2; 32]));
    left(&[1, 3, 4, 5]);
    realm.write(|conn| tokens::delete(conn, &[1; 32]));
    left(&[4, 5]);
    fill();
    realm.write(|conn| tokens::delete_refresh_of_grant(conn, GrantId([1; 16])));
    left(&[2, 3, 4, 5]);
    realm.write(|conn| tokens::delete_of_grant(conn, GrantId([1; 16])));
    left(&[4, 5]);
    fill();
    assert_eq!(realm.write(|conn| tokens::delete_expired(conn, at(650))), 2);
    left(&[1, 3, 4]);
}

pub fn facts_are_those_of_token_grant_app_and_customer(realm: &Realm) {
    realm.write(|conn| {
        tokens::insert(conn, &token(1, TokenKind::Refresh, 1, None, None))?;
        tokens::insert(conn, &token(2, TokenKind::Access, 1, Some(1), Some(600)))
    });
    let facts = || realm.read(|conn| tokens::facts(conn, &[2; 32]));
    assert_eq!(facts(), None, "no grant");
    let person = realm.person("900");
    let granted = Grant { person, ..grant(1, State::Active, 0, None) };
    realm.write(|conn| grants::insert(conn, &granted));
    assert_eq!(facts(), None, "no app");
    realm.write(|conn| apps::insert(conn, &App { app_epoch: 4, ..app(1) }));
    let found = facts().unwrap();
    assert_eq!((found.app_state, found.app_epoch), (AppState::Pending, 4));
    assert_eq!((found.customer_epoch, found.is_orphan, found.grant), (Some(0), false, granted));
    realm.write(|conn| tokens::delete_refresh_of_grant(conn, GrantId([1; 16])));
    assert!(facts().unwrap().is_orphan);
    assert!(realm.run("DELETE FROM customers"));
    assert_eq!(facts().unwrap().customer_epoch, None, "no customer");
    assert_eq!(realm.read(|conn| tokens::facts(conn, &[9; 32])), None);
}
