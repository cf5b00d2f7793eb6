use counterfoil_domain::grant::State;
use counterfoil_domain::ids::GrantId;
use counterfoil_store::apps::{self, App, AppState};
use counterfoil_store::grants::{self, Grant};
use counterfoil_store::people::{self, Changes};
use counterfoil_store::standings::{self, StandingNow};

use crate::apps::app;
use crate::grants::grant;
use crate::realm::{Realm, at};

pub fn what_a_seal_looks_at(realm: &Realm) {
    let person = realm.person("900");
    let of = |id, state| Grant { person, grant_epoch: 5, ..grant(id, state, 0, Some(100)) };
    let stranger = grant(3, State::Active, 0, None);
    let appless = Grant { client_id: [9; 16].into(), ..of(4, State::Active) };
    realm.write(|conn| {
        apps::insert(conn, &App { state: AppState::Approved, app_epoch: 2, ..app(1) })?;
        [of(1, State::Active), of(2, State::Withdrawn), stranger.clone(), appless.clone()]
            .iter()
            .try_for_each(|grant| grants::insert(conn, grant))
    });
    let ids: Vec<GrantId> = (1..=5).map(|id| GrantId([id; 16])).collect();
    let now = |state, app_approved, customer_epoch| StandingNow {
        state,
        grant_epoch: 5,
        expires_at: Some(at(100)),
        app_approved,
        app_epoch: 2,
        customer_epoch,
    };
    let found = realm.read(|conn| standings::read(conn, &ids));
    assert_eq!(found.len(), 2, "whose app or customer is gone is absent");
    assert_eq!(found[&ids[0]], now(State::Active, true, 0));
    assert_eq!(found[&ids[1]], now(State::Withdrawn, true, 0));
    let narrowed = [Changes { person, count: 1, narrowed: true }];
    realm.write(|conn| {
        people::count_changes(conn, &narrowed)?;
        apps::update(conn, &App { state: AppState::Suspended, app_epoch: 2, ..app(1) })
    });
    let found = realm.read(|conn| standings::read(conn, &ids));
    assert_eq!(found[&ids[0]], now(State::Active, false, 1));
    assert!(realm.read(|conn| standings::read(conn, &[])).is_empty());
}
