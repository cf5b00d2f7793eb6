use counterfoil_domain::grant::Lasting;
use counterfoil_domain::ids::ClientId;
use counterfoil_store::Error;
use counterfoil_store::apps::{self, App, AppState};

use crate::realm::{Realm, at};

/// An app with text that must survive quoting.
pub fn app(id: u8) -> App {
    App {
        client_id: ClientId([id; 16]),
        name: "Budget \u{1F4B0}".to_owned(),
        operator: "Budget Ltd".to_owned(),
        address: Some("1 High Street, Leeds".to_owned()),
        contact: Some("privacy@app.example".to_owned()),
        redirect_uris: vec!["https://app.example/a,b".to_owned(), "https://app.example/\"c\"".to_owned()],
        scope: "purchases:read".to_owned(),
        auth_method: "private_key_jwt".to_owned(),
        jwks: "{\"keys\":[]}".to_owned(),
        max_duration: Lasting::UntilWithdrawn,
        window_from: "2020-02-29".parse().ok(),
        state: AppState::Pending,
        state_reason: None,
        approvals: vec![],
        app_epoch: 0,
        purposes: None,
        created_at: at(i64::from(id)),
    }
}

pub fn an_app_is_read_as_it_was_written(realm: &Realm) {
    let (first, second) = (app(1), app(2));
    realm.write(|conn| apps::insert(conn, &second).and_then(|()| apps::insert(conn, &first)));
    assert_eq!(realm.read(apps::list), [first.clone(), second], "oldest first");
    let changed = App {
        state: AppState::Suspended,
        state_reason: Some("complaints".to_owned()),
        approvals: vec!["ann".to_owned(), "ben, jr".to_owned()],
        app_epoch: 3,
        ..first
    };
    realm.write(|conn| apps::update(conn, &changed));
    assert_eq!(realm.write(|conn| apps::lock(conn, changed.client_id)), Some(changed.clone()));
    assert_eq!(realm.read(|conn| apps::find(conn, changed.client_id)), Some(changed));
    assert_eq!(realm.read(|conn| apps::find(conn, ClientId([9; 16]))), None);
    assert_eq!(realm.write(|conn| apps::lock(conn, ClientId([9; 16]))), None);
    let twice = realm.store.write_blocking(|conn| apps::insert(conn, &app(1)));
    assert!(matches!(twice, Err(Error::Refused(_))));
    for state in [AppState::Pending, AppState::Approved, AppState::Suspended] {
        assert_eq!(AppState::from_name(state.name()), Some(state));
    }
    assert_eq!(AppState::from_name("retired"), None);
}
