//! Erasure by each of its doors, what is held afterwards, and the look at what is left.

use std::sync::Arc;

use chrono::Duration;
use counterfoil_domain::clock::Entropy;
use counterfoil_domain::entry::Display;
use counterfoil_domain::ids::Person;
use counterfoil_domain::objection::{Channel, Subject};
use counterfoil_domain::right::Kind;
use counterfoil_domain::stream::Sources;
use counterfoil_events::asking::AskError;
use counterfoil_events::forgetting::Retention;
use counterfoil_events::housekeeping::{Deleted, Housekeeping, Keeping};
use counterfoil_events::recorder::Recorder;
use counterfoil_events::verifying::{Look, Verifier};
use counterfoil_ledger::Ledger;
use counterfoil_ledger::config::{ConfigObject, Shown};
use counterfoil_store::entries::{self, Log};
use counterfoil_store::erasures::Door;
use counterfoil_store::officer::{self, OfficerKey};
use counterfoil_store::{holds, purchases, quarantine, rights as rows};
use counterfoil_volunteered::objections;
use counterfoil_volunteered::rights::{self, Request};
use prometheus::Registry;
use serde_json::{Value, json};

use crate::realm::{Realm, event, message, order, realms};

/// An officer for these tests alone.
const OFFICER: &[u8] = b"-----BEGIN PUBLIC KEY-----\n\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE41XSAFLG0Hj6Du0jrp8JLmQN10GA\n\
    nFqoOHhknF5/BZwuvRjQpAkDeyWtzvN8XpFQVp9DRo9z5rySojt3FF2IQw==\n\
    -----END PUBLIC KEY-----\n";
const OFFICER_S_OWN: &[u8] = b"-----BEGIN PRIVATE KEY-----\n\
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcUmJ9eeZdw3+xSO9\n\
    tJ+BGPCdWh9/ENllSI2mMuSyBy2hRANCAATjVdIAUsbQePoO7SOunwkuZA3XQYCc\n\
    Wqg4eGScXn8FnC69GNCkCQN7Ja3O83xekVBWn0NGj3PmvJKiO3cUXYhD\n\
    -----END PRIVATE KEY-----\n";

const DAY: u64 = 86_400;

fn ledger(realm: &Realm) -> Ledger {
    let entropy = Entropy::new(|bytes| bytes.fill(0x5a));
    Ledger::new(realm.keys.clone(), entropy, ConfigObject::embedded(b"template", b"words")).unwrap()
}

fn verifier(realm: &Realm) -> Verifier {
    // A record of its own each time: what the real one draws never comes twice.
    let count = std::sync::atomic::AtomicU8::new(1);
    let entropy =
        Entropy::new(move |bytes| bytes.fill(count.fetch_add(1, std::sync::atomic::Ordering::SeqCst)));
    Verifier::new(realm.store.clone(), realm.keys.clone(), ledger(realm), entropy)
}

fn look(realm: &Realm) -> Vec<Look> {
    verifier(realm).verify(realm.now(), realm.now() + Duration::days(1)).unwrap()
}

fn shown() -> Display {
    let text = || "sha256:a".to_owned();
    Display { build: "1".to_owned(), language: "en".to_owned(), template: text(), words: text() }
}

/// Three purchases of a customer, and a message that cannot be read and names them.
fn shop(recorder: &Recorder, customer: &str) {
    let mut sent: Vec<_> = (0..3)
        .map(|n| message("orders", 0, n, &order(&format!("o-{customer}-{n}"), 1, Some(customer), "10.00")))
        .collect();
    sent.push(message("orders", 0, 3, &order(&format!("o-{customer}-x"), 1, Some(customer), "ten")));
    let counts = recorder.record(&sent, &mut []).unwrap().counts;
    assert_eq!((counts.stored, counts.quarantined), (3, 1));
}

/// The entries that still say something of somebody, by type.
fn told(realm: &Realm, person: Person) -> Vec<String> {
    let Some(evidence) = realm.keys.evidence(person).unwrap() else { return Vec::new() };
    let ledger = ledger(realm);
    let all = realm.read(|conn| entries::read(conn, Log::Consent, 0, 1_000));
    let theirs = all.iter().filter(|entry| entry.sealed_by == 1);
    let opened = theirs.filter_map(|entry| ledger.open_under(&evidence, entry).ok());
    opened.map(|entry| entry.header["type"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_same_is_gone_by_every_door() {
    for realm in realms() {
        let recorder = realm.recorder(Sources::default());
        for (door, customer) in [("stream", "c-1"), ("customer", "c-2"), ("staff", "c-3")] {
            shop(&recorder, customer);
            let person = realm.person(customer).unwrap();
            match door {
                "stream" => {
                    let mut erased = event("customer.erased.v1", &json!({ "customerId": customer }));
                    erased["time"] = json!("2026-12-01T00:00:00Z");
                    // A source of its own: those of the shop are ordered by revision.
                    erased["source"] = json!("/crm");
                    let counts = recorder.record(&[message("crm", 0, 0, &erased)], &mut []).unwrap().counts;
                    assert_eq!(counts.stored, 1);
                }
                "customer" => {
                    let door = Door::of_customer(shown());
                    assert!(recorder.erase_person(person, &door, realm.now()).unwrap());
                    assert!(!recorder.erase_person(person, &door, realm.now()).unwrap(), "once");
                }
                _ => {
                    let now = realm.now();
                    let request = recorder.request_erasure(("", customer), "anna", "a letter", now).unwrap();
                    assert_eq!(told(&realm, person), ["erasure.requested"]);
                    for same in ["anna", " Anna "] {
                        let refused = recorder.approve_erasure(request, same, now);
                        assert!(matches!(refused, Err(AskError::SamePerson)), "{refused:?}");
                    }
                    assert_eq!(realm.served([customer])[customer].len(), 3, "nothing has happened");
                    recorder.approve_erasure(request, "ben", now).unwrap();
                    let again = recorder.approve_erasure(request, "ben", now);
                    assert!(matches!(again, Err(AskError::NoRequest)), "{again:?}");
                }
            }
            assert_eq!(realm.read(purchases::count), 0, "{door}");
            assert_eq!(realm.read(quarantine::count), 0, "{door}");
            assert!(realm.keys.left_of(person).unwrap().is_empty(), "{door}");
            let all = realm.read(|conn| entries::read(conn, Log::Consent, 0, 1_000));
            let legible = all.iter().filter(|entry| entry.sealed_by == 1 && entry.header.is_some()).count();
            assert_eq!(legible, 0, "{door}");
            let looks = look(&realm);
            assert_eq!(looks.len(), 1, "{door}");
            assert!(looks[0].is_clean() && !looks[0].held, "{door}: {:?}", looks[0]);
            assert!(look(&realm).is_empty(), "once");

            // Nobody comes back; whoever comes again is somebody else.
            let late =
                message("orders", 0, 9, &order(&format!("o-{customer}-1"), 1, Some(customer), "10.00"));
            assert_eq!(recorder.record(&[late], &mut []).unwrap().counts.suppressed, 1, "{door}");
            let mut fresh = order(&format!("o-{customer}-9"), 1, Some(customer), "4.00");
            fresh["data"]["placedAt"] = json!("2030-01-01T00:00:00Z");
            assert_eq!(
                recorder.record(&[message("orders", 0, 10, &fresh)], &mut []).unwrap().counts.stored,
                1
            );
            assert_ne!(realm.person(customer).unwrap(), person, "{door}");
            realm.clear();
        }
        let unknown = recorder.request_erasure(("", "nobody"), "anna", "a letter", realm.now());
        assert!(matches!(unknown, Err(AskError::NoCustomer)), "{unknown:?}");
    }
}

#[test]
fn what_one_objected_to_outlives_an_erasure() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let phone = Subject::Channel(Channel::Phone);
    for realm in realms() {
        let recorder = realm.recorder(Sources::default());
        shop(&recorder, "c-1");
        let person = realm.person("c-1").unwrap();
        let v = realm.volunteering();
        let shown = Shown::new("en", b"template", b"words");
        assert!(runtime.block_on(objections::raise(&v, person, &phone, &shown)).unwrap());
        let request = Request { kind: Kind::Rectification, detail: "my name".to_owned() };
        runtime.block_on(rights::open(&v, person, &request, &shown)).unwrap();
        assert!(recorder.erase_person(person, &Door::of_customer(self::shown()), realm.now()).unwrap());
        let looks = look(&realm);
        assert!(looks[0].is_clean(), "{:?}", looks[0]);
        assert_eq!(realm.read(|conn| rows::page(conn, None, 9)), []);
        let mut fresh = order("o-9", 1, Some("c-1"), "4.00");
        fresh["data"]["placedAt"] = json!("2030-01-01T00:00:00Z");
        recorder.record(&[message("orders", 0, 4, &fresh)], &mut []).unwrap();
        let back = realm.person("c-1").unwrap();
        assert_ne!(back, person);
        let standing = runtime.block_on(objections::of(&v, back)).unwrap();
        assert_eq!(
            standing.into_iter().map(|one| one.subject).collect::<Vec<_>>(),
            std::slice::from_ref(&phone)
        );
    }
}

#[test]
fn an_event_after_one_s_own_erasure_erases_again() {
    for realm in realms() {
        let recorder = realm.recorder(Sources::default());
        shop(&recorder, "c-1");
        let person = realm.person("c-1").unwrap();
        assert!(recorder.erase_person(person, &Door::of_customer(shown()), realm.now()).unwrap());
        let mut fresh = order("o-9", 1, Some("c-1"), "4.00");
        fresh["data"]["placedAt"] = json!("2030-01-01T00:00:00Z");
        recorder.record(&[message("orders", 0, 4, &fresh)], &mut []).unwrap();
        let second = realm.person("c-1").unwrap();
        let mut erased = event("customer.erased.v1", &json!({ "customerId": "c-1", "revision": 1 }));
        erased["time"] = json!("2031-12-01T00:00:00Z");
        let sent = [message("crm", 0, 0, &erased)];
        assert_eq!(
            recorder.record(&sent, &mut []).unwrap().counts.stored,
            1,
            "no place among events was taken"
        );
        assert!(realm.keys.left_of(second).unwrap().is_empty());
        assert_eq!(recorder.record(&sent, &mut []).unwrap().counts.duplicates, 1);
        assert_eq!(look(&realm).iter().filter(|look| look.is_clean()).count(), 2);
    }
}

#[test]
fn what_is_claimed_is_held_until_its_day() {
    for realm in realms() {
        let officer = OfficerKey::from_pem(OFFICER).unwrap();
        let retention = Retention { evidence_days: 30, officer: Some(officer) };
        let recorder = Arc::new(realm.recorder(Sources::default()).keeping(retention));
        shop(&recorder, "c-1");
        let person = realm.person("c-1").unwrap();
        recorder.erase_person(person, &Door::of_customer(shown()), realm.now()).unwrap();
        assert_eq!(realm.keys.left_of(person).unwrap(), ["evidence"]);
        assert_eq!(told(&realm, person), ["erasure.requested", "erasure.completed"]);
        assert!(realm.read(|conn| entries::records_of(conn, person)).is_empty(), "the map is gone");

        let held = realm.read(|conn| holds::page(conn, None, 9));
        assert_eq!(held.len(), 1);
        let name = officer::open(OFFICER_S_OWN, held[0].name.as_deref().unwrap()).unwrap();
        assert_eq!(name.as_slice(), b"c-1");
        let map: Value =
            serde_json::from_slice(&officer::open(OFFICER_S_OWN, &held[0].map).unwrap()).unwrap();
        assert_eq!(map["records"].as_array().unwrap().len(), 1);
        let looks = look(&realm);
        assert!(looks.len() == 1 && looks[0].held && looks[0].is_clean(), "{looks:?}");

        let keeping = Keeping { guest_days: 730, waiting_days: 400 };
        let (store, keys) = (realm.store.clone(), realm.keys.clone());
        let registry = Registry::new();
        let keeper = Housekeeping::new(store, keys, realm.clock(), keeping, "p-1".to_owned(), &registry);
        let keeper = keeper.unwrap().forgetting(Arc::clone(&recorder), verifier(&realm));
        realm.pass(30 * DAY - 1);
        assert!(keeper.pass().unwrap().is_nothing());
        realm.pass(1);
        assert_eq!(keeper.pass().unwrap(), Deleted { holds: 1, ..Deleted::default() });
        assert!(realm.keys.left_of(person).unwrap().is_empty());
        let all = realm.read(|conn| entries::read(conn, Log::Consent, 0, 1_000));
        assert!(all.iter().all(|entry| entry.sealed_by == 3 || entry.header.is_none()));
        realm.pass(3_600);
        assert_eq!(keeper.pass().unwrap(), Deleted { verified: 1, ..Deleted::default() });
        assert!(keeper.pass().unwrap().is_nothing());
    }
}

#[test]
fn what_is_left_is_told_and_looked_at_again() {
    for realm in realms() {
        let recorder = realm.recorder(Sources::default());
        shop(&recorder, "c-1");
        let person = realm.person("c-1").unwrap();
        recorder.erase_person(person, &Door::of_customer(shown()), realm.now()).unwrap();
        let bytes = data_encoding::HEXLOWER.encode(person.as_bytes());
        let bytes = if realm.store.is_postgres() { format!("'\\x{bytes}'") } else { format!("x'{bytes}'") };
        realm.run(&format!("INSERT INTO records VALUES ({bytes}, {bytes}, {bytes})"));
        let looks = look(&realm);
        assert_eq!(looks[0].left, ["records"]);
        assert_eq!(look(&realm)[0].left, ["records"], "and again");
        realm.run(&format!("DELETE FROM records WHERE record = {bytes}"));
        assert!(look(&realm)[0].is_clean());
        let told = realm.read(|conn| entries::read(conn, Log::Consent, 0, 1_000));
        let realm_key = realm.keys.named("realm").unwrap();
        let verified: Vec<Value> = told
            .iter()
            .filter(|entry| entry.sealed_by == 3)
            .map(|entry| ledger(&realm).open_under(&realm_key, entry).unwrap().header)
            .collect();
        assert_eq!(verified.len(), 1);
        assert_eq!(verified[0]["type"], "erasure.verified");
    }
}
