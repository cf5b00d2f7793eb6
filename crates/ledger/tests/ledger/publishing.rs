use counterfoil_domain::config_object::{Id, Kind, Mistake, Object};
use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::ids::RecordId;
use counterfoil_ledger::Draft;
use counterfoil_ledger::publishing::{Outcome, PublishError, RetireError, Source};
use counterfoil_store::config_objects::{self, Published};
use counterfoil_store::entries::{Log, SealedBy};
use counterfoil_store::{Error, entries};
use serde_json::{Value, json};

use crate::realm::{Realm, at, decision};

fn source(name: &str, file: Value) -> Source {
    Source { name: name.to_owned(), content: Ok(file) }
}

fn realm_object(id: &str) -> Value {
    let controller = json!({ "name": "Example Ltd", "address": "1 Way", "contact": "privacy@example.com" });
    json!({ "kind": "realm", "id": id, "controller": controller })
}

fn notice(id: &str, text: &str) -> Value {
    json!({ "kind": "notice", "id": id, "title": { "en": "Notice" }, "text": { "en": text } })
}

fn grant(id: &str) -> Value {
    json!({
        "kind": "grant", "id": id, "title": { "en": "Purchases" }, "says": { "en": "Your purchases." },
        "purpose": "https://w3id.org/dpv#RightsFulfilment", "lawful_basis": "eu-gdpr:A20",
        "personal_data": [{ "type": "https://w3id.org/dpv/pd#Purchase" }],
        "retention": "k1", "recipients": ["rc1"], "controller": "r1", "notice": "n1",
        "jurisdiction": ["DE"], "storage_locations": ["DE"], "rights": ["eu-gdpr:A7-3"],
        "withdrawal_method": { "url": "/apps", "says": { "en": "Press Stop." } },
    })
}

/// All that a grant rests on, the grant first: who names another may stand before it.
fn all() -> Vec<Source> {
    let says = json!({ "en": "Words." });
    vec![
        source("grant", grant("g1")),
        source("realm", realm_object("r1")),
        source("notice", notice("n1", "As it is.")),
        source(
            "retention",
            json!({ "kind": "retention", "id": "k1", "period": "P1Y", "then": "delete", "says": says }),
        ),
        source("recipient", json!({ "kind": "recipient", "id": "rc1", "party_type": "app", "says": says })),
    ]
}

fn publish_at(realm: &Realm, seconds: i64, sources: &[Source]) -> Result<Vec<Outcome>, PublishError> {
    let actor = Actor::Staff("ann".to_owned());
    realm.store.write_blocking(|conn| realm.ledger.publish_config(conn, at(seconds), &actor, sources))
}

fn publish(realm: &Realm, sources: &[Source]) -> Vec<Outcome> {
    publish_at(realm, 0, sources).unwrap()
}

/// What became of the file of that name.
fn of<'a>(outcomes: &'a [Outcome], file: &str) -> &'a Outcome {
    outcomes.iter().find(|outcome| outcome.file == file).unwrap()
}

fn faults(outcome: Result<Vec<Outcome>, PublishError>) -> Vec<String> {
    match outcome {
        Err(PublishError::Faults(faults)) => {
            faults.iter().map(|fault| format!("{}: {}", fault.file, fault.mistake)).collect()
        }
        other => panic!("{other:?}"),
    }
}

pub fn objects_get_versions_and_entries(realm: &Realm) {
    let first = publish(realm, &all());
    assert!(first.iter().all(|outcome| outcome.is_new && outcome.version == 1), "{first:?}");
    let again = publish(realm, &all());
    assert!(again.iter().all(|outcome| !outcome.is_new && outcome.version == 1), "{again:?}");
    assert_eq!(of(&first, "grant").hash, of(&again, "grant").hash);
    assert_eq!(realm.sizes(), (0, 5), "what is unchanged publishes nothing");
    let changed = publish_at(realm, 7, &[source("notice", notice("n1", "Another."))]).unwrap();
    assert_eq!((changed[0].version, changed[0].is_new), (2, true));
    // What named the first version names it still, until it is published anew.
    let with_it = publish_at(realm, 8, &all()[..1]).unwrap();
    assert_eq!((with_it[0].version, with_it[0].is_new), (2, true));
    let stored = realm.read(|conn| config_objects::by_hash(conn, &with_it[0].hash)).unwrap();
    let json: Value = serde_json::from_slice(&stored.document).unwrap();
    assert_eq!(json["grant"]["notice"], json!({ "id": "n1", "hash": changed[0].hash }));
    assert_eq!(Object::parse(&stored.document).unwrap().hash().unwrap(), stored.hash);
    assert_eq!((stored.version, stored.published_at), (2, at(8)));

    let entries = realm.stored(Log::Consent);
    assert_eq!(entries.len(), 7);
    let opened: Vec<_> = entries.iter().map(|entry| realm.open(entry).unwrap()).collect();
    for (entry, opened) in entries.iter().zip(&opened) {
        assert_eq!(entry.sealed_by(), Some(SealedBy::Realm));
        assert_eq!(opened.header["type"], "config.published");
        assert_eq!(opened.header["actor"], json!({ "kind": "staff", "ref": "ann" }));
        assert_eq!((&opened.header["config"], &opened.header["basis"]), (&Value::Null, &Value::Null));
        let record = RecordId::from_slice(&entry.record).unwrap();
        assert_eq!(realm.read(|conn| entries::person_of(conn, record)), None);
    }
    let last = opened.last().unwrap();
    assert_eq!(
        last.payload,
        Some(json!({ "kind": "grant", "id": "g1", "version": 2, "hash": with_it[0].hash }))
    );
    // The versions of one object are one chain.
    let of_grant = entries.iter().filter(|entry| entry.record == entries.last().unwrap().record);
    assert_eq!(of_grant.count(), 2);
    realm.chains();
}

pub fn either_all_is_published_or_nothing(realm: &Realm) {
    let mut bad = all();
    bad.push(source("other", notice("n9", " ")));
    bad.push(source("twice", notice("n1", "x")));
    bad.push(source("second", grant("g2")));
    bad.push(Source {
        name: "toml".to_owned(),
        content: Err(Mistake { field: "line 1".to_owned(), rule: "is no TOML".to_owned() }),
    });
    let told = faults(publish_at(realm, 0, &bad));
    assert_eq!(
        told,
        [
            "other: text.en: must not be empty",
            "twice: id: is n1, as in notice",
            "second: id: is g2, but a realm has one grant, and that is g1",
            "toml: line 1: is no TOML",
        ]
    );
    assert_eq!((realm.sizes(), realm.read(config_objects::list)), ((0, 0), vec![]));
    // Who names an object with mistakes is told so.
    let mut bad = all();
    bad[2] = source("notice", notice("n1", ""));
    let told = faults(publish_at(realm, 0, &bad));
    assert_eq!(
        told,
        ["notice: text.en: must not be empty", "grant: notice: names notice n1, whose file has mistakes"]
    );
    publish(realm, &all());
    let told = faults(publish_at(realm, 0, &[source("r2", realm_object("r2"))]));
    assert_eq!(told, ["r2: id: is r2, but a realm has one realm, and that is r1"]);
}

/// Several processes that publish different words at once: every one becomes a version, none is lost.
pub fn who_publishes_at_once_gets_the_next_versions(realm: &Realm) {
    let processes: Vec<_> = (0..6).map(|_| realm.other_process()).collect();
    std::thread::scope(|scope| {
        for (number, (store, ledger)) in processes.iter().enumerate() {
            scope.spawn(move || {
                let sources = [source("notice", notice("n1", &format!("Words {number}")))];
                let done =
                    store.write_blocking(|conn| ledger.publish_config(conn, at(0), &Actor::System, &sources));
                done.unwrap();
            });
        }
    });
    let versions: Vec<i32> = realm.read(config_objects::list).iter().map(|object| object.version).collect();
    assert_eq!(versions, [1, 2, 3, 4, 5, 6]);
    assert_eq!(realm.sizes().1, 6);
    realm.chains();
}

pub fn decisions_rest_on_what_is_published(realm: &Realm) {
    let config_of = |entry_type| {
        realm.append(&[decision(1, entry_type, None)]);
        realm.open(realm.stored(Log::Consent).last().unwrap()).unwrap().header["config"].clone()
    };
    let built_in = json!(realm.ledger.config_hash());
    assert_eq!(config_of(EntryType::GrantGiven), built_in);
    assert_eq!(config_of(EntryType::RestrictionSet), built_in);
    let first = publish(realm, &all());
    assert_eq!(config_of(EntryType::GrantGiven), json!(of(&first, "grant").hash));
    assert_eq!(config_of(EntryType::GrantWithdrawn), json!(of(&first, "grant").hash));
    assert_eq!(config_of(EntryType::RestrictionSet), json!(of(&first, "realm").hash));
    let mut changed = grant("g1");
    changed["jurisdiction"] = json!(["FR"]);
    let second = publish(realm, &[source("grant", changed)]);
    assert_eq!(config_of(EntryType::GrantGiven), json!(second[0].hash), "another process need not be told");
    assert_eq!(config_of(EntryType::CheckpointPublished), Value::Null);
}

pub fn what_is_retired_is_named_no_more(realm: &Realm) {
    publish(realm, &all());
    publish(realm, &[source("n2", notice("n2", "Nobody names it."))]);
    let retire = |kind, id: &str| -> Result<Published, RetireError> {
        let (actor, id) = (Actor::Staff("ben".to_owned()), Id::new(id).unwrap());
        realm.store.write_blocking(|conn| realm.ledger.retire_config(conn, at(5), &actor, (kind, &id), "old"))
    };
    assert!(matches!(retire(Kind::Grant, "g1"), Err(RetireError::Always("grant"))));
    assert!(matches!(retire(Kind::Realm, "r1"), Err(RetireError::Always("realm"))));
    assert!(matches!(retire(Kind::Notice, "n1"), Err(RetireError::Named("grant", _))));
    assert!(matches!(retire(Kind::Notice, "n3"), Err(RetireError::NotInUse)));
    let before = realm.sizes().1;
    assert_eq!(retire(Kind::Notice, "n2").unwrap().retired_at, Some(at(5)));
    assert!(matches!(retire(Kind::Notice, "n2"), Err(RetireError::NotInUse)));
    assert_eq!(realm.sizes().1, before + 1);
    let opened = realm.open(realm.stored(Log::Consent).last().unwrap()).unwrap();
    assert_eq!(
        (&opened.header["type"], &opened.header["state"]),
        (&json!("config.retired"), &json!("retired"))
    );
    assert_eq!(opened.payload.unwrap()["reason"], "old");
    let mut naming = grant("g1");
    naming["notice"] = json!("n2");
    let told = faults(publish_at(realm, 6, &[source("grant", naming)]));
    assert_eq!(told, ["grant: notice: names notice n2, which is retired"]);
    let back = publish(realm, &[source("n2", notice("n2", "Nobody names it."))]);
    assert_eq!((back[0].version, back[0].is_new), (2, true), "published again, it is a new version");
    realm.chains();
}

/// An entry about no person needs no person's keys, and one about a person no realm's.
pub fn each_entry_opens_with_the_key_that_sealed_it(realm: &Realm) {
    publish(realm, &all()[1..2]);
    realm.append(&[decision(1, EntryType::GrantGiven, Some(json!({ "a": 1 })))]);
    let [published, given] = realm.stored(Log::Consent).try_into().unwrap();
    let of_realm = realm.ledger.open_for_realm(&published).unwrap();
    assert_eq!(of_realm.payload.unwrap()["id"], "r1");
    assert_eq!(realm.open(&published).unwrap().header, of_realm.header);
    assert!(matches!(realm.ledger.open_for_realm(&given), Err(Error::Key(_))));
    assert_eq!(realm.open(&given).unwrap().payload, Some(json!({ "a": 1 })));
    let one = realm.ledger.realm_record(&[b"config", b"realm", b"r1"]).unwrap();
    assert_eq!(one.as_bytes().as_slice(), published.record.as_slice());
    assert_ne!(one, realm.ledger.realm_record(&[b"config", b"realmr", b"1"]).unwrap());
}

pub fn what_belongs_in_the_access_log_is_refused(realm: &Realm) {
    let keys = realm.person_keys();
    let draft = Draft { ..decision(1, EntryType::DisclosureStaff, None) };
    let refused = realm.store.write_blocking(|conn| {
        realm.ledger.append(conn, &keys, realm.person, at(0), std::slice::from_ref(&draft))
    });
    assert!(matches!(refused, Err(Error::Unexpected(_))), "{refused:?}");
    assert_eq!(realm.sizes(), (0, 0));
}
