//! One customer, several names: whoever signs in decides about what they told by any of them.

use counterfoil_domain::objection::Subject;
use counterfoil_domain::{consent, item};
use counterfoil_store::people;
use counterfoil_volunteered::asks::Answer;
use counterfoil_volunteered::decisions::{Reason, decide};
use counterfoil_volunteered::handing::{self, Handed};
use counterfoil_volunteered::items::{self, Owner};
use counterfoil_volunteered::{VolunteeredError, asks, consents, dark, exchanges, objections};

use crate::realm::{Realm, shown, system, text};

/// Another name, which leads to the realm's customer from now on.
async fn joined(realm: &Realm, ask: &str) -> (counterfoil_domain::ids::Person, String, asks::Answered) {
    let (other, name) = realm.customer();
    let said = realm.say(other, ask, Answer::Yes(text("milk"))).await.unwrap();
    realm.write(|conn| people::set_home(conn, other, realm.person, Some(0)));
    (other, name, said)
}

async fn is_handed(realm: &Realm, name: &str) -> bool {
    let page = handing::fetch(&realm.v, &system(7), "p1", -1, 500).await.unwrap();
    page.items.iter().any(|handed| matches!(handed, Handed::Item(item) if item.customer_id == name))
}

pub async fn a_consent_by_another_name_can_be_taken_back(realm: &Realm) {
    let (other, name, said) = joined(realm, "a1").await;
    let own = realm.yes("a1", text("tea")).await;
    let (stranger, _) = realm.customer();
    assert_eq!(consents::of(&realm.v, realm.person).await.unwrap().len(), 2);
    assert_eq!(consents::of(&realm.v, other).await.unwrap().len(), 2, "whichever name they came by");
    let item_id = said.item_id.unwrap();
    let view = items::find(&realm.v, &Owner::Customer(realm.person), item_id).await.unwrap();
    assert_eq!(view.value, Some(text("milk")));
    assert_eq!(items::of(&realm.v, realm.person).await.unwrap().len(), 2);
    assert_eq!(exchanges::of(&realm.v, realm.person).await.unwrap().told, 2);
    let foreign = items::find(&realm.v, &Owner::Customer(stranger), item_id).await;
    assert!(matches!(foreign, Err(VolunteeredError::NotFound)));
    let foreign = consents::withdraw(&realm.v, stranger, said.consent_id, &shown()).await;
    assert!(matches!(foreign, Err(VolunteeredError::NotFound)));
    let owner = Owner::Customer(realm.person);
    items::correct(&realm.v, &owner, item_id, text("oats"), Some(&shown())).await.unwrap();
    consents::renew(&realm.v, realm.person, said.consent_id, &shown()).await.unwrap();
    assert!(is_handed(realm, &name).await && is_handed(realm, "c-1").await);
    // Taking back a purpose takes it back whole.
    let gone = consents::withdraw(&realm.v, realm.person, said.consent_id, &shown()).await.unwrap();
    assert_eq!(gone.systems, 1, "one system had fetched both");
    for consent in [said.consent_id, own.consent_id] {
        let found = consents::find(&realm.v, realm.person, consent).await.unwrap();
        assert_eq!(found.state, consent::State::Withdrawn);
    }
    for name in [name.as_str(), "c-1"] {
        assert_eq!(decide(&realm.v, name, "p1", None).await.unwrap().reason, Reason::Withdrawn);
        assert!(!is_handed(realm, name).await);
    }
    let told = items::of(&realm.v, realm.person).await.unwrap();
    assert!(told.iter().all(|item| item.state == item::State::Withdrawn && item.value.is_none()));
    realm.check_rebuild().await;
}

pub async fn the_latest_decision_holds_for_every_name(realm: &Realm) {
    let (_, name, _) = joined(realm, "a1").await;
    realm.wait(chrono::TimeDelta::days(1));
    realm.say(realm.person, "a1", Answer::No).await.unwrap();
    assert_eq!(decide(&realm.v, &name, "p1", None).await.unwrap().reason, Reason::Refused);
    realm.wait(chrono::TimeDelta::days(1));
    realm.yes("a1", text("tea")).await;
    assert!(decide(&realm.v, &name, "p1", None).await.unwrap().permitted);
    realm.check_rebuild().await;
}

pub async fn what_waits_under_another_name_is_confirmed_there(realm: &Realm) {
    let (other, name, _) = joined(realm, "a2").await;
    let app = realm.app_of(other, 1, &["a4"]);
    let sent = items::submit(&realm.v, &app, "a4", 1, text("nuts"), None).await.unwrap();
    realm.confirm(sent.item_id).await.unwrap();
    assert!(decide(&realm.v, &name, "p3", Some("a4")).await.unwrap().permitted);
    let sent = items::submit(&realm.v, &app, "a4", 1, text("eggs"), None).await.unwrap();
    let owner = Owner::Customer(realm.person);
    items::withdraw(&realm.v, &owner, sent.item_id, Some(&shown())).await.unwrap();
    let view = items::find(&realm.v, &Owner::App(app), sent.item_id).await.unwrap();
    assert_eq!((view.state, view.value), (item::State::Withdrawn, None));
    realm.check_rebuild().await;
}

pub async fn an_objection_is_by_every_name(realm: &Realm) {
    let (_, name, _) = joined(realm, "a1").await;
    realm.yes("a1", text("tea")).await;
    let read = handing::fetch(&realm.v, &system(7), "p1", -1, 500).await.unwrap().next;
    let subject: Subject = "purpose/p1".parse().unwrap();
    assert!(objections::raise(&realm.v, realm.person, &subject, &shown()).await.unwrap());
    assert!(!objections::raise(&realm.v, realm.person, &subject, &shown()).await.unwrap(), "it stands");
    assert_eq!(objections::of(&realm.v, realm.person).await.unwrap().len(), 1);
    let page = handing::fetch(&realm.v, &system(7), "p1", read, 500).await.unwrap();
    assert!(
        matches!(page.items[..], [Handed::Tombstone { .. }, Handed::Tombstone { .. }]),
        "whoever reads on learns of both: {page:?}"
    );
    for name in [name.as_str(), "c-1"] {
        assert_eq!(decide(&realm.v, name, "p1", None).await.unwrap().reason, Reason::Objected);
    }
    assert!(objections::lift(&realm.v, realm.person, &subject, &shown()).await.unwrap());
    assert!(is_handed(realm, &name).await && is_handed(realm, "c-1").await);
    realm.check_rebuild().await;
}

pub async fn going_dark_is_by_every_name(realm: &Realm) {
    let (other, name, said) = joined(realm, "a1").await;
    let app = realm.app_of(other, 1, &["a1"]);
    assert!(is_handed(realm, &name).await);
    let key = realm.v.keys().volunteered(other).unwrap().unwrap();
    let sealed = realm.v.keys().seal(&key, b"place", b"value").unwrap();
    let gone = dark::go(&realm.v, realm.person, &shown()).await.unwrap();
    assert_eq!((gone.closed, gone.deleted, gone.systems), (1, 1, 1));
    let key = realm.v.keys().volunteered(other).unwrap().unwrap();
    assert!(realm.v.keys().open_sealed(&key, b"place", &sealed).is_err(), "the key is another one");
    assert!(dark::of(&realm.v, other).await.unwrap().is_some());
    let view = items::find(&realm.v, &Owner::Customer(realm.person), said.item_id.unwrap()).await.unwrap();
    assert_eq!((view.state, view.value), (item::State::Withdrawn, None));
    let sent = items::submit(&realm.v, &app, "a1", 1, text("x"), None).await;
    assert!(matches!(sent, Err(VolunteeredError::Quiet)));
    // Each object stands once, and a yes lifts it by every name.
    assert_eq!(objections::of(&realm.v, realm.person).await.unwrap().len(), 4);
    dark::start_again(&realm.v, realm.person, &shown()).await.unwrap();
    assert!(dark::of(&realm.v, other).await.unwrap().is_none());
    assert_eq!(decide(&realm.v, &name, "p1", None).await.unwrap().reason, Reason::Objected);
    realm.yes("a1", text("tea")).await;
    assert!(decide(&realm.v, &name, "p1", None).await.unwrap().permitted);
    let marketing = realm.say(realm.person, "a3", Answer::Yes(text("x"))).await;
    assert!(matches!(marketing, Err(VolunteeredError::NotNow("objected"))));
    assert!(objections::lift(&realm.v, realm.person, &Subject::Marketing, &shown()).await.unwrap());
    realm.yes("a3", text("write")).await;
    assert!(decide(&realm.v, &name, "p2", None).await.unwrap().permitted);
    realm.check_rebuild().await;
}
