use counterfoil_domain::{consent, exchange, item};
use counterfoil_store::answers::State as AnswerState;
use counterfoil_store::items as rows;
use counterfoil_volunteered::asks::{self, Answer};
use counterfoil_volunteered::items::{self, Owner, SubmittedState};
use counterfoil_volunteered::{VolunteeredError, consents, exchanges};
use serde_json::{Value, json};

use crate::realm::{Realm, ask, shown, text};

pub async fn what_is_shown_is_asked_for_once(realm: &Realm) {
    let open = asks::list(&realm.v, realm.person).await.unwrap();
    assert_eq!(
        open.iter().map(|ask| ask.ask_id.as_str()).collect::<Vec<_>>(),
        ["a1", "a2", "a3", "a4", "a5"]
    );
    assert!(open.iter().all(|ask| ask.consent.is_none() && ask.answer.is_none()), "a list asks for nothing");
    let view = asks::show(&realm.v, realm.person, "a1", &shown()).await.unwrap();
    let consent = view.consent.unwrap();
    assert_eq!((consent.state, view.answer), (consent::State::Requested, Some(AnswerState::Shown)));
    assert!(view.is_offer_open && !view.is_barred && view.hash == realm.hash("a1"));
    asks::show(&realm.v, realm.person, "a1", &shown()).await.unwrap();
    asks::show(&realm.v, realm.person, "a2", &shown()).await.unwrap();
    let headers = realm.headers(consent.record);
    assert_eq!(headers.len(), 1, "one purpose is asked for once");
    let header = &headers[0];
    assert_eq!(header["state"], "https://w3id.org/dpv#ConsentRequested");
    assert_eq!((&header["config"], &header["basis"]), (&json!(realm.hash("a1")), &json!("eu-gdpr:A6-1-a")));
    assert_eq!(
        (&header["display"]["language"], &header["actor"]["kind"]),
        (&json!("en"), &json!("customer"))
    );
    let unknown = asks::show(&realm.v, realm.person, "a9", &shown()).await;
    assert!(matches!(unknown, Err(VolunteeredError::UnknownAsk)));
    realm.check_rebuild().await;
}

pub async fn a_yes_is_a_consent_an_item_and_what_was_promised(realm: &Realm) {
    let said = realm.yes("a1", text("seeded-coffee")).await;
    let consent = consents::find(&realm.v, realm.person, said.consent_id).await.unwrap();
    assert_eq!((consent.state, consent.purpose.id.as_str()), (consent::State::Given, "p1"));
    assert_eq!(consent.expires_at, realm.now().checked_add_months(chrono::Months::new(6)));
    let entries = realm.headers(consent.record);
    assert_eq!(realm.types(consent.record), ["consent.requested", "consent.given"]);
    assert_eq!(entries[1]["state"], "https://w3id.org/dpv#ConsentGiven");
    assert!(entries[1]["expires"].is_string() && entries[1]["prev"].is_string());
    let told = items::of(&realm.v, realm.person).await.unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].state, told[0].value.clone()), (item::State::Live, Some(text("seeded-coffee"))));
    assert_eq!((told[0].until, told[0].ask.as_str()), (consent.expires_at, "a1"));
    let entry = realm.headers(told[0].record).remove(0);
    assert!(entry["opened"]["valueDigest"].as_str().unwrap().starts_with("hmac-sha256:"));
    assert!(!entry.to_string().contains("seeded") && !realm.is_on_disk(b"seeded"), "the value is sealed");
    let exchange = told[0].exchange.clone().unwrap();
    assert_eq!(
        (exchange.state, exchange.amount.as_str(), exchange.unit.as_str()),
        (exchange::State::Due, "5.00", "EUR")
    );
    assert_eq!(Some(exchange.exchange_id), said.exchange);
    // The same answer again takes the place of the first, and brings nothing more.
    let again = realm.yes("a1", text("tea")).await;
    assert_eq!((again.item_id, again.exchange), (said.item_id, None));
    assert_eq!(realm.types(told[0].record), ["volunteered.submitted", "volunteered.corrected"]);
    realm.check_rebuild().await;
}

pub async fn a_yes_to_what_was_not_seen_is_none(realm: &Realm) {
    let seen = realm.hash("a1");
    realm.publish(&[ask("a1", "p1", "What do you like now?", "5.00", "P9Y")]);
    let yes = Answer::Yes(text("tea"));
    let said = asks::answer(&realm.v, realm.person, "a1", &seen, yes, &shown()).await;
    assert!(matches!(said, Err(VolunteeredError::Changed)));
    realm.retire(&realm.hash("a2"));
    let said = realm.say(realm.person, "a2", Answer::Yes(text("tea"))).await;
    assert!(matches!(said, Err(VolunteeredError::AskClosed)));
    assert!(consents::of(&realm.v, realm.person).await.unwrap().is_empty());
    let nobody = counterfoil_domain::ids::Person([9; 16]);
    let said = realm.say(nobody, "a3", Answer::No).await;
    assert!(matches!(said, Err(VolunteeredError::NotFound)));
}

pub async fn a_no_and_a_later_are_different_things(realm: &Realm) {
    let state = async || consents::of(&realm.v, realm.person).await.unwrap()[0].state;
    let said = realm.say(realm.person, "a1", Answer::Later).await.unwrap();
    assert_eq!(state().await, consent::State::RequestDeferred);
    realm.say(realm.person, "a1", Answer::No).await.unwrap();
    assert_eq!(state().await, consent::State::Refused);
    // Who looks again is not asked again, and can still say yes.
    asks::show(&realm.v, realm.person, "a1", &shown()).await.unwrap();
    assert_eq!(state().await, consent::State::Refused);
    realm.yes("a1", Value::Null).await;
    assert_eq!(state().await, consent::State::Given);
    assert!(items::of(&realm.v, realm.person).await.unwrap().is_empty(), "a consent alone");
    let record = consents::find(&realm.v, realm.person, said.consent_id).await.unwrap().record;
    assert_eq!(
        realm.types(record),
        ["consent.requested", "consent.deferred", "consent.refused", "consent.requested", "consent.given"]
    );
    // No to another ask of the same purpose keeps what stands.
    realm.say(realm.person, "a2", Answer::No).await.unwrap();
    assert_eq!(state().await, consent::State::Given);
    realm.check_rebuild().await;
}

pub async fn a_value_that_is_not_asked_for_is_refused(realm: &Realm) {
    for (value, pointer) in [
        (json!({ "text": 7 }), "/text"),
        (json!({ "seeded": 1 }), ""),
        (json!({ "text": "x".repeat(41) }), "/text"),
    ] {
        match realm.say(realm.person, "a1", Answer::Yes(value)).await {
            Err(VolunteeredError::Invalid(faults)) => {
                assert_eq!(faults[0].pointer, pointer);
                assert!(!faults[0].says.contains("seeded"));
            }
            other => panic!("{other:?}"),
        }
    }
    let huge = Answer::Yes(json!({ "text": "x".repeat(20_000) }));
    assert!(matches!(realm.say(realm.person, "a1", huge).await, Err(VolunteeredError::TooLarge)));
    assert!(consents::of(&realm.v, realm.person).await.unwrap().is_empty(), "nothing was written");
}

pub async fn a_changed_ask_changes_nothing_that_was_agreed(realm: &Realm) {
    let said = realm.yes("a1", text("tea")).await;
    let before = realm.hash("a1");
    realm.publish(&[ask("a1", "p1", "What do you like now?", "7.00", "P9Y")]);
    let consent = async || consents::find(&realm.v, realm.person, said.consent_id).await.unwrap();
    let headers = realm.headers(consent().await.record);
    assert_eq!(headers.last().unwrap()["config"], json!(before));
    // The app's grant names version 1, which the customer agreed to: it goes on.
    let app = realm.app(1, &["a1"]);
    let sent = items::submit(&realm.v, &app, "a1", 1, text("app"), None).await.unwrap();
    assert_eq!(sent.state, SubmittedState::Live);
    let newer = items::AppStanding { asks: vec![("a1".to_owned(), 2)], ..app };
    let sent = items::submit(&realm.v, &newer, "a1", 2, text("app"), None).await.unwrap();
    assert!(matches!(sent.state, SubmittedState::Waiting { .. }), "nobody agreed to version 2");
    assert_eq!(consent().await.state, consent::State::Given);
    let confirmed = realm.confirm(sent.item_id).await.unwrap();
    assert!(confirmed.exchange.is_some(), "what version 2 offers is promised of its own");
    let types = realm.types(consent().await.record);
    assert_eq!(types, ["consent.requested", "consent.given", "consent.amended"]);
    assert_eq!(realm.headers(consent().await.record).last().unwrap()["config"], json!(realm.hash("a1")));
    realm.check_rebuild().await;
}

pub async fn everything_promised_for_an_item_is_forgone_with_it(realm: &Realm) {
    let said = realm.yes("a1", text("tea")).await;
    realm.publish(&[ask("a1", "p1", "What do you like now?", "7.00", "P9Y")]);
    let again = realm.yes("a1", text("milk")).await;
    assert!(again.item_id == said.item_id && again.exchange.is_some() && again.exchange != said.exchange);
    let owner = Owner::Customer(realm.person);
    items::withdraw(&realm.v, &owner, said.item_id.unwrap(), Some(&shown())).await.unwrap();
    let lines = exchanges::of(&realm.v, realm.person).await.unwrap().lines;
    let states: Vec<_> = lines.iter().map(|line| line.exchange.state).collect();
    assert_eq!(states, [exchange::State::Forgone; 2], "nobody had fetched it");
    realm.check_rebuild().await;
}

pub async fn a_yes_is_to_the_value_that_was_seen(realm: &Realm) {
    let app = realm.app(1, &["a1"]);
    let sent = items::submit(&realm.v, &app, "a1", 1, text("tea"), None).await.unwrap();
    let customer = Owner::Customer(realm.person);
    let seen = items::find(&realm.v, &customer, sent.item_id).await.unwrap().seen;
    items::correct(&realm.v, &Owner::App(app), sent.item_id, text("gin"), None).await.unwrap();
    let changed = items::confirm(&realm.v, realm.person, sent.item_id, &seen, &shown()).await;
    assert!(matches!(changed, Err(VolunteeredError::Changed)));
    let view = items::find(&realm.v, &customer, sent.item_id).await.unwrap();
    assert_eq!((view.state, view.value), (item::State::Waiting, Some(text("gin"))));
    items::confirm(&realm.v, realm.person, sent.item_id, &view.seen, &shown()).await.unwrap();
    realm.check_rebuild().await;
}

pub async fn what_an_app_sends_waits_for_the_customer(realm: &Realm) {
    let app = realm.app(1, &["a1", "a2"]);
    let unnamed = items::submit(&realm.v, &app, "a3", 1, text("tea"), None).await;
    assert!(matches!(unnamed, Err(VolunteeredError::NotNamed)));
    let wrong = items::submit(&realm.v, &app, "a1", 1, json!({ "text": 1 }), None).await;
    assert!(matches!(wrong, Err(VolunteeredError::Invalid(_))));
    let sent = items::submit(&realm.v, &app, "a1", 1, text("tea"), None).await.unwrap();
    assert!(matches!(sent.state, SubmittedState::Waiting { until } if until > realm.now()));
    let view = items::find(&realm.v, &Owner::App(app.clone()), sent.item_id).await.unwrap();
    assert_eq!((view.state, view.exchange.clone()), (item::State::Waiting, None));
    let changed = items::confirm(&realm.v, realm.person, sent.item_id, "sha256:other", &shown()).await;
    assert!(matches!(changed, Err(VolunteeredError::Changed)));
    let said = items::confirm(&realm.v, realm.person, sent.item_id, &view.seen, &shown()).await.unwrap();
    assert!(said.exchange.is_some());
    let twice = items::confirm(&realm.v, realm.person, sent.item_id, &view.seen, &shown()).await;
    assert!(matches!(twice, Err(VolunteeredError::NotNow("live"))));
    // From now on a consent stands.
    let sent = items::submit(&realm.v, &app, "a2", 1, text("milk"), None).await.unwrap();
    assert_eq!(sent.state, SubmittedState::Live);
    consents::withdraw(&realm.v, realm.person, said.consent_id, &shown()).await.unwrap();
    let sent = items::submit(&realm.v, &app, "a2", 1, text("milk"), None).await.unwrap();
    items::decline(&realm.v, realm.person, sent.item_id, &shown()).await.unwrap();
    let consent = consents::find(&realm.v, realm.person, said.consent_id).await.unwrap();
    assert_eq!(consent.state, consent::State::Refused);
    let view = items::find(&realm.v, &Owner::App(app), sent.item_id).await.unwrap();
    assert_eq!((view.state, view.value), (item::State::Declined, None));
    realm.check_rebuild().await;
}

pub async fn an_app_touches_only_what_it_sent(realm: &Realm) {
    let said = realm.yes("a1", text("tea")).await;
    let (app, other) = (realm.app(1, &["a1"]), realm.app(2, &["a1"]));
    let sent = items::submit(&realm.v, &app, "a1", 1, text("app"), None).await.unwrap();
    let own = said.item_id.unwrap();
    for (owner, item_id) in [
        (Owner::App(app.clone()), own),
        (Owner::App(other), sent.item_id),
        (Owner::App(realm.app(1, &["a2"])), sent.item_id),
        (Owner::Customer(realm.customer().0), own),
    ] {
        let found = items::find(&realm.v, &owner, item_id).await;
        assert!(matches!(found, Err(VolunteeredError::NotFound)), "{owner:?}");
        let corrected = items::correct(&realm.v, &owner, item_id, text("x"), None).await;
        assert!(matches!(corrected, Err(VolunteeredError::NotFound)), "{owner:?}");
        let gone = items::withdraw(&realm.v, &owner, item_id, None).await;
        assert!(matches!(gone, Err(VolunteeredError::NotFound)), "{owner:?}");
    }
    assert_eq!(items::of_app(&realm.v, &app).await.unwrap().len(), 1);
    items::withdraw(&realm.v, &Owner::App(app), sent.item_id, None).await.unwrap();
    assert_eq!(items::of(&realm.v, realm.person).await.unwrap().len(), 2);
}

pub async fn what_is_taken_back_is_gone(realm: &Realm) {
    let said = realm.yes("a1", text("tea")).await;
    let item_id = said.item_id.unwrap();
    let sealed = realm.read(|conn| rows::find(conn, item_id)).unwrap().value.unwrap();
    assert!(realm.is_on_disk(&sealed) || !realm.database.url.starts_with("sqlite"));
    let taken =
        items::withdraw(&realm.v, &Owner::Customer(realm.person), item_id, Some(&shown())).await.unwrap();
    assert_eq!(taken.systems, 0);
    assert_eq!(realm.read(|conn| rows::find(conn, item_id)).unwrap().value, None);
    let view = items::find(&realm.v, &Owner::Customer(realm.person), item_id).await.unwrap();
    assert_eq!((view.state, view.value), (item::State::Withdrawn, None));
    assert_eq!(view.exchange.unwrap().state, exchange::State::Forgone, "nobody had fetched it");
    let again = items::withdraw(&realm.v, &Owner::Customer(realm.person), item_id, Some(&shown())).await;
    assert!(matches!(again, Err(VolunteeredError::NotNow("withdrawn"))));
    // The consent stands; it goes with what it covers.
    let said = realm.yes("a1", text("milk")).await;
    consents::withdraw(&realm.v, realm.person, said.consent_id, &shown()).await.unwrap();
    let again = consents::withdraw(&realm.v, realm.person, said.consent_id, &shown()).await;
    assert!(matches!(again, Err(VolunteeredError::NotNow("withdrawn"))));
    let other = consents::withdraw(&realm.v, realm.customer().0, said.consent_id, &shown()).await;
    assert!(matches!(other, Err(VolunteeredError::NotFound)));
    let view = items::find(&realm.v, &Owner::Customer(realm.person), said.item_id.unwrap()).await.unwrap();
    let (consent, item) =
        (consents::find(&realm.v, realm.person, said.consent_id).await.unwrap(), realm.headers(view.record));
    let closing = realm.headers(consent.record).pop().unwrap();
    assert_eq!((view.state, &closing["type"]), (item::State::Withdrawn, &json!("consent.withdrawn")));
    assert_eq!(item.last().unwrap()["cause"], closing["id"], "one entry per record, each with its cause");
    assert!(closing["opened"]["accessSize"].is_number());
    realm.check_rebuild().await;
}

pub async fn a_correction_erases_what_was_there(realm: &Realm) {
    let said = realm.yes("a1", text("tea")).await;
    let (item_id, owner) = (said.item_id.unwrap(), Owner::Customer(realm.person));
    let before = realm.read(|conn| rows::find(conn, item_id)).unwrap();
    let view = items::correct(&realm.v, &owner, item_id, text("milk"), Some(&shown())).await.unwrap();
    assert_eq!((view.value, view.version), (Some(text("milk")), 2));
    let after = realm.read(|conn| rows::find(conn, item_id)).unwrap();
    assert_ne!(before.value, after.value);
    let digests: Vec<Value> =
        realm.headers(view.record).iter().map(|header| header["opened"]["valueDigest"].clone()).collect();
    assert!(digests.len() == 2 && digests[0] != digests[1], "the history has both digests and no value");
    let wrong = items::correct(&realm.v, &owner, item_id, json!({ "text": 1 }), Some(&shown())).await;
    assert!(matches!(wrong, Err(VolunteeredError::Invalid(_))));
    realm.check_rebuild().await;
}

pub async fn the_staff_can_end_a_consent(realm: &Realm) {
    let said = realm.yes("a1", text("tea")).await;
    consents::revoke(&realm.v, said.consent_id, "the offer ended".to_owned(), "s-1".to_owned())
        .await
        .unwrap();
    let consent = consents::find(&realm.v, realm.person, said.consent_id).await.unwrap();
    assert_eq!(consent.state, consent::State::Revoked);
    let header = realm.headers(consent.record).pop().unwrap();
    assert_eq!(
        (&header["actor"]["ref"], &header["opened"]["reason"]),
        (&json!("s-1"), &json!("the offer ended"))
    );
    let said = realm.yes("a1", text("tea")).await;
    consents::invalidate(&realm.v, said.consent_id, "a child".to_owned(), "s-1".to_owned()).await.unwrap();
    let consent = consents::find(&realm.v, realm.person, said.consent_id).await.unwrap();
    assert_eq!(consent.state, consent::State::Invalidated);
    assert!(items::of(&realm.v, realm.person).await.unwrap().iter().all(|item| item.value.is_none()));
    realm.check_rebuild().await;
}
