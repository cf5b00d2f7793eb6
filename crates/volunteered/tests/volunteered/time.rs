use chrono::TimeDelta;
use counterfoil_domain::{consent, exchange, item};
use counterfoil_volunteered::decisions::{Reason, decide};
use counterfoil_volunteered::items::{self, Owner};
use counterfoil_volunteered::{VolunteeredError, asks, consents, exchanges, handing, sweep};

use crate::realm::{Realm, shown, system, text};

pub async fn a_consent_ends_when_it_was_to_end(realm: &Realm) {
    let said = realm.yes("a1", text("tea")).await;
    let view = async || consents::find(&realm.v, realm.person, said.consent_id).await.unwrap();
    realm.wait(TimeDelta::days(100));
    consents::renew(&realm.v, realm.person, said.consent_id, &shown()).await.unwrap();
    assert_eq!(view().await.state, consent::State::Renewed);
    realm.wait(TimeDelta::days(100));
    assert!(decide(&realm.v, "c-1", "p1", None).await.unwrap().permitted, "it was renewed");
    realm.wait(TimeDelta::days(100));
    // Nobody has written anything down yet.
    assert_eq!(decide(&realm.v, "c-1", "p1", None).await.unwrap().reason, Reason::Expired);
    assert_eq!(view().await.state, consent::State::Expired);
    let page = handing::fetch(&realm.v, &system(7), "p1", -1, 10).await.unwrap();
    assert!(matches!(page.items[..], [handing::Handed::Tombstone { .. }]));
    let late = consents::renew(&realm.v, realm.person, said.consent_id, &shown()).await;
    assert!(matches!(late, Err(VolunteeredError::NotNow("expired"))));
    assert_eq!(sweep::run(&realm.v).await.unwrap().expired, 1);
    assert_eq!(sweep::run(&realm.v).await.unwrap(), sweep::Swept::default(), "nothing is done twice");
    assert_eq!(realm.types(view().await.record).last().unwrap(), "consent.expired");
    let told = items::of(&realm.v, realm.person).await.unwrap();
    assert_eq!((told[0].state, told[0].value.clone()), (item::State::Expired, None));
    realm.check_rebuild().await;
}

pub async fn a_request_lapses_with_its_ask(realm: &Realm) {
    asks::show(&realm.v, realm.person, "a5", &shown()).await.unwrap();
    let app = realm.app(1, &["a1"]);
    let sent = items::submit(&realm.v, &app, "a1", 1, text("tea"), None).await.unwrap();
    realm.wait(TimeDelta::days(8));
    let late = realm.confirm(sent.item_id).await;
    assert!(matches!(late, Err(VolunteeredError::NotNow("lapsed"))));
    let swept = sweep::run(&realm.v).await.unwrap();
    assert_eq!((swept.unconfirmed, swept.lapsed), (1, 0));
    let view = items::find(&realm.v, &Owner::App(app), sent.item_id).await.unwrap();
    assert_eq!((view.state, view.value), (item::State::Lapsed, None));
    realm.wait(TimeDelta::days(30));
    assert!(asks::list(&realm.v, realm.person).await.unwrap().iter().all(|ask| ask.ask_id != "a5"));
    assert_eq!(sweep::run(&realm.v).await.unwrap().lapsed, 1);
    let consent = consents::of(&realm.v, realm.person).await.unwrap().remove(0);
    assert_eq!(consent.state, consent::State::Unknown);
    realm.check_rebuild().await;
}

pub async fn customers_are_reminded_once(realm: &Realm) {
    let said = realm.yes("a2", text("tea")).await;
    realm.wait(TimeDelta::days(160));
    assert_eq!(sweep::run(&realm.v).await.unwrap().reminded, 0);
    realm.wait(TimeDelta::days(15));
    assert_eq!(sweep::run(&realm.v).await.unwrap().reminded, 1);
    assert_eq!(sweep::run(&realm.v).await.unwrap().reminded, 0);
    let consent = consents::find(&realm.v, realm.person, said.consent_id).await.unwrap();
    assert_eq!(realm.types(consent.record).last().unwrap(), "consent.reminded");
    assert_eq!(consent.state, consent::State::Given);
    realm.check_rebuild().await;
}

pub async fn what_is_not_given_in_time_is_overdue(realm: &Realm) {
    let said = realm.yes("a1", text("tea")).await;
    realm.wait(TimeDelta::days(31));
    assert_eq!(sweep::run(&realm.v).await.unwrap().overdue, 1);
    let line = exchanges::of(&realm.v, realm.person).await.unwrap().lines.remove(0);
    assert_eq!(line.exchange.state, exchange::State::Overdue);
    exchanges::deliver(&realm.v, &system(8), said.exchange.unwrap(), "late", None).await.unwrap();
    realm.check_rebuild().await;
}
