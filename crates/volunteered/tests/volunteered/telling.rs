use std::collections::HashSet;

use chrono::TimeDelta;
use counterfoil_domain::ids::{ClientId, PropagationId, Pseudonym};
use counterfoil_store::entries::{self, Log};
use counterfoil_store::outbox::{self, Claimed, Topic};
use counterfoil_store::propagations;
use counterfoil_volunteered::asks::{self, Answer};
use counterfoil_volunteered::items::{self, Owner};
use counterfoil_volunteered::telling::{self, Outcome, Telling};
use counterfoil_volunteered::{VolunteeredError, Volunteering, consents, forget, handing};
use serde_json::{Value, json};

use crate::realm::{Realm, shown, system, text};

const SCHEMA: &str = include_str!("../../../../openapi/schemas/consent-stream.json");

/// The realm, where systems are told.
fn told(realm: &Realm) -> Volunteering {
    realm.v.tells(Some(Telling::new(realm.v.keys(), "https://data.shop.example", 24).unwrap()))
}

/// What waits, by topic, as its readers get it; each is what the contract says. It is settled.
fn sent(realm: &Realm) -> Vec<(Topic, Value)> {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let now = realm.now();
    let claimed =
        realm.write(|conn| outbox::claim(conn, "tests", now, now + TimeDelta::seconds(9), 1_000)).unwrap();
    let numbers: Vec<i64> = claimed.iter().map(|one| one.number).collect();
    realm.write(|conn| outbox::settle(conn, "tests", &numbers, now + TimeDelta::days(30)));
    let read = |one: &Claimed| {
        let event: Value = serde_json::from_slice(one.body.as_ref().unwrap()).unwrap();
        let faults: Vec<String> = validator.iter_errors(&event).map(|error| format!("{error}")).collect();
        assert!(faults.is_empty(), "{event}: {faults:?}");
        assert_eq!(event["data"]["version"], one.version);
        assert_eq!(event["data"]["record"], json!(one.record));
        assert_eq!(event["data"]["pseudonym"], json!(one.pseudonym));
        assert_eq!(event["id"], format!("{}/{}", one.record, one.version));
        (one.topic, event)
    };
    claimed.iter().map(read).collect()
}

fn kinds(sent: &[(Topic, Value)]) -> Vec<(Topic, &str, i64)> {
    sent.iter()
        .map(|(topic, event)| {
            (*topic, event["type"].as_str().unwrap(), event["data"]["version"].as_i64().unwrap())
        })
        .collect()
}

const CONSENT: &str = "counterfoil.consent.changed.v1";
const ITEM: &str = "counterfoil.item.changed.v1";
const ITEM_GONE: &str = "counterfoil.item.gone.v1";

async fn yes(realm: &Realm, v: &Volunteering, ask: &str, value: Value) -> asks::Answered {
    asks::answer(v, realm.person, ask, &realm.hash(ask), Answer::Yes(value), &shown()).await.unwrap()
}

/// Somebody fetched what is there for a purpose, and the customer took it back.
async fn fetched_and_taken_back(realm: &Realm, v: &Volunteering) -> PropagationId {
    let said = yes(realm, v, "a1", text("tea")).await;
    for number in [7, 8] {
        handing::fetch(v, &system(number), "p1", -1, 10).await.unwrap();
    }
    items::withdraw(v, &Owner::Customer(realm.person), said.item_id.unwrap(), Some(&shown())).await.unwrap();
    let sent = sent(realm);
    let (_, gone) = sent.iter().find(|(_, event)| event["type"] == ITEM_GONE).unwrap();
    gone["data"]["propagationId"].as_str().unwrap().parse().unwrap()
}

pub async fn systems_are_told_of_what_happened(realm: &Realm) {
    let v = told(realm);
    let said = yes(realm, &v, "a1", text("tea and a secret")).await;
    let first = sent(realm);
    assert!(!first.is_empty());
    let owner = Owner::Customer(realm.person);
    items::correct(&v, &owner, said.item_id.unwrap(), text("milk"), Some(&shown())).await.unwrap();
    let corrected = sent(realm);
    assert_eq!(kinds(&corrected), [(Topic::Volunteered, ITEM, 2)]);
    consents::withdraw(&v, realm.person, said.consent_id, &shown()).await.unwrap();
    let ended = sent(realm);
    let names: Vec<&str> = kinds(&ended).iter().map(|(_, kind, _)| *kind).collect();
    assert_eq!(names, [CONSENT, ITEM_GONE]);
    assert_eq!(ended[0].1["data"]["inForce"], false);
    assert_eq!(ended[1].1["data"].get("propagationId"), None, "nobody had fetched it");

    let all: Vec<&(Topic, Value)> = first.iter().chain(&corrected).chain(&ended).collect();
    for (_, event) in &all {
        let event = event.to_string();
        for never in ["secret", "milk", "c-1"] {
            assert!(!event.contains(never), "{event}");
        }
    }
    // Another name in each topic, and the same in all its messages.
    let names: HashSet<(Topic, String)> =
        all.iter().map(|(topic, event)| (*topic, event["data"]["pseudonym"].to_string())).collect();
    let different: HashSet<&String> = names.iter().map(|(_, name)| name).collect();
    assert_eq!((names.len(), different.len()), (2, 2));
}

pub async fn nobody_is_told_where_nobody_is_to_be(realm: &Realm) {
    let said = realm.yes("a1", text("tea")).await;
    handing::fetch(&realm.v, &system(7), "p1", -1, 10).await.unwrap();
    consents::withdraw(&realm.v, realm.person, said.consent_id, &shown()).await.unwrap();
    assert!(sent(realm).is_empty());
    assert!(realm.read(|conn| propagations::of_person(conn, realm.person)).is_empty());
}

pub async fn everything_that_stands_can_be_told_again(realm: &Realm) {
    // Before anybody was told anything.
    let said = realm.yes("a1", text("tea")).await;
    let ended = realm.yes("a3", text("yes")).await;
    consents::withdraw(&realm.v, realm.person, ended.consent_id, &shown()).await.unwrap();
    let v = told(realm);
    for _ in 0..2 {
        let before = items::find(&v, &Owner::Customer(realm.person), said.item_id.unwrap()).await.unwrap();
        assert_eq!(telling::tell_all(&v).unwrap(), 3);
        let sent = sent(realm);
        let mut standing: Vec<(&str, bool)> = sent
            .iter()
            .map(|(_, event)| (event["type"].as_str().unwrap(), event["data"]["inForce"] == json!(true)))
            .collect();
        standing.sort_unstable();
        assert_eq!(standing, [(CONSENT, false), (CONSENT, true), (ITEM, false)]);
        let (_, item) = sent.iter().find(|(_, event)| event["type"] == ITEM).unwrap();
        assert!(item["data"]["version"].as_i64().unwrap() > before.version + 1_000);
    }
    // What happens then is newer still.
    let before =
        items::find(&v, &Owner::Customer(realm.person), said.item_id.unwrap()).await.unwrap().version;
    consents::withdraw(&v, realm.person, said.consent_id, &shown()).await.unwrap();
    let sent = sent(realm);
    let (_, gone) = sent.iter().find(|(_, event)| event["type"] == ITEM_GONE).unwrap();
    assert_eq!(gone["data"]["version"], before + 1);
    realm.check_rebuild().await;
}

pub async fn who_is_behind_a_pseudonym_can_be_asked(realm: &Realm) {
    let v = told(realm);
    yes(realm, &v, "a1", text("tea")).await;
    let name = |sent: &[(Topic, Value)], topic| -> Pseudonym {
        let (_, event) = sent.iter().find(|(of, _)| *of == topic).unwrap();
        event["data"]["pseudonym"].as_str().unwrap().parse().unwrap()
    };
    let sent = sent(realm);
    let names = [name(&sent, Topic::Consents), name(&sent, Topic::Volunteered), Pseudonym([9; 16])];
    let found = telling::resolve(&v, &names).await.unwrap();
    assert_eq!(found, [(names[0], "c-1".to_owned()), (names[1], "c-1".to_owned())].into());
}

pub async fn a_system_that_had_fetched_confirms(realm: &Realm) {
    let v = told(realm);
    let id = fetched_and_taken_back(realm, &v).await;
    assert_eq!(telling::tell_sent(&v).unwrap(), 1);
    assert_eq!(telling::tell_sent(&v).unwrap(), 0);
    let view = || async { items::of(&v, realm.person).await.unwrap().remove(0).told };
    assert_eq!((view().await.systems, view().await.confirmed), (2, 0));

    realm.wait(TimeDelta::hours(1));
    let acknowledge = |number, outcome| telling::acknowledge(&v, ClientId([number; 16]), id, outcome);
    let first = acknowledge(7, Outcome::Deleted).await.unwrap();
    assert_eq!((first.at, first.outcome), (realm.now(), Outcome::Deleted));
    realm.wait(TimeDelta::hours(1));
    assert_eq!(acknowledge(7, Outcome::Deleted).await.unwrap(), first, "the same again changes nothing");
    let otherwise = acknowledge(7, Outcome::NoneHeld).await;
    assert!(matches!(otherwise, Err(VolunteeredError::NotNow("deleted"))), "{otherwise:?}");
    let stranger = acknowledge(9, Outcome::Deleted).await;
    assert!(matches!(stranger, Err(VolunteeredError::NotFound)), "{stranger:?}");
    assert_eq!(view().await.confirmed, 1);

    realm.wait(TimeDelta::hours(21));
    assert_eq!(telling::note_overdue(&v).unwrap(), 0);
    realm.wait(TimeDelta::hours(1));
    assert_eq!((telling::note_overdue(&v).unwrap(), telling::note_overdue(&v).unwrap()), (1, 0));
    assert_eq!(realm.read(propagations::overdue), 1);
    acknowledge(8, Outcome::NoneHeld).await.unwrap();
    assert_eq!(realm.read(propagations::overdue), 0);
    assert_eq!(view().await.confirmed, 2);
    let headers = realm.headers(counterfoil_domain::ids::RecordId(*id.as_bytes()));
    let says: Vec<(&str, Value)> = headers
        .iter()
        .map(|header| (header["type"].as_str().unwrap(), header["opened"]["system"].clone()))
        .collect();
    assert_eq!(
        says,
        [
            ("propagation.sent", Value::Null),
            ("propagation.acknowledged", json!(ClientId([7; 16]))),
            ("propagation.overdue", json!(ClientId([8; 16]))),
            ("propagation.acknowledged", json!(ClientId([8; 16]))),
        ]
    );
    assert_eq!(headers[0]["opened"]["systems"], json!([ClientId([7; 16]), ClientId([8; 16])]));
    assert_eq!(headers[0]["opened"]["propagationId"], json!(id));
    realm.check_rebuild().await;
}

pub async fn an_answer_can_come_before_it_is_noted_that_it_was_asked_for(realm: &Realm) {
    let v = told(realm);
    let id = fetched_and_taken_back(realm, &v).await;
    telling::acknowledge(&v, ClientId([7; 16]), id, Outcome::Deleted).await.unwrap();
    assert_eq!(telling::tell_sent(&v).unwrap(), 0);
    let types = realm.types(counterfoil_domain::ids::RecordId(*id.as_bytes()));
    assert_eq!(types, ["propagation.sent", "propagation.acknowledged"]);
}

pub async fn of_who_is_erased_everything_goes_and_is_confirmed(realm: &Realm) {
    let v = told(realm);
    let open = yes(realm, &v, "a1", text("tea")).await;
    let ended = yes(realm, &v, "a3", text("yes")).await;
    consents::withdraw(&v, realm.person, ended.consent_id, &shown()).await.unwrap();
    handing::fetch(&v, &system(7), "p1", -1, 10).await.unwrap();
    let before = sent(realm);
    let name: Pseudonym = before[0].1["data"]["pseudonym"].as_str().unwrap().parse().unwrap();
    // Something of theirs was still to be sent.
    items::correct(&v, &Owner::Customer(realm.person), open.item_id.unwrap(), text("milk"), Some(&shown()))
        .await
        .unwrap();
    let now = realm.now();
    realm.v.store().write_blocking(|conn| forget::end_in(&v, conn, realm.person, now)).unwrap();
    realm.write(|conn| forget::person_in(conn, realm.person));
    let sent = sent(realm);
    let mut kinds = kinds(&sent);
    kinds.sort_by_key(|(_, kind, _)| *kind);
    let names: Vec<&str> = kinds.iter().map(|(_, kind, _)| *kind).collect();
    assert_eq!(names, ["counterfoil.consent.gone.v1", "counterfoil.consent.gone.v1", ITEM_GONE]);
    // Each is newer than whatever was told of its record before.
    for (_, event) in &sent {
        for (_, earlier) in before.iter().filter(|(_, earlier)| earlier["subject"] == event["subject"]) {
            assert!(event["data"]["version"].as_i64() > earlier["data"]["version"].as_i64());
        }
    }
    let look = counterfoil_store::verifications::Pending {
        person: realm.person,
        erased_at: now,
        indexes: Vec::new(),
        records: Vec::new(),
    };
    let left = realm.read(|conn| counterfoil_store::verifications::look(conn, &look));
    for table in ["outbox", "pseudonyms", "propagations"] {
        assert_eq!(left.iter().find(|place| place.table == table).unwrap().rows, 0, "{table}");
    }
    assert!(telling::resolve(&v, &[name]).await.unwrap().is_empty());

    // Whoever had fetched it still answers, and the ledger says so under the realm's key.
    let (_, gone) = sent.iter().find(|(_, event)| event["type"] == ITEM_GONE).unwrap();
    let id: PropagationId = gone["data"]["propagationId"].as_str().unwrap().parse().unwrap();
    assert_eq!(telling::tell_sent(&v).unwrap(), 1);
    telling::acknowledge(&v, ClientId([7; 16]), id, Outcome::Deleted).await.unwrap();
    let record = counterfoil_domain::ids::RecordId(*id.as_bytes());
    let mut found = realm.read(|conn| entries::of_record(conn, Log::Consent, record, None, 9));
    found.reverse();
    let opened: Vec<Value> =
        found.iter().map(|entry| v.ledger().open_for_realm(entry).unwrap().header["type"].clone()).collect();
    assert_eq!(opened, [json!("propagation.sent"), json!("propagation.acknowledged")]);
}
