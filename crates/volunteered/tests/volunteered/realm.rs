//! A realm with published purposes and asks, a customer and a clock that the test moves.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_domain::entry::Actor;
use counterfoil_domain::ids::{ClientId, ItemId, Person, RecordId};
use counterfoil_ledger::Ledger;
use counterfoil_ledger::config::{ConfigObject, Shown};
use counterfoil_ledger::publishing::Source;
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::keys::{Keys, Secret};
use counterfoil_store::{Error, Store, people};
use counterfoil_volunteered::asks::{self, Answer, Answered};
use counterfoil_volunteered::handing::System;
use counterfoil_volunteered::items::{self, Owner};
use counterfoil_volunteered::{VolunteeredError, Volunteering};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::database::{self, Database};

pub struct Realm {
    pub v: Volunteering,
    pub person: Person,
    seconds: Arc<AtomicI64>,
    customers: AtomicU64,
    pub database: Database,
}

/// A moment with microseconds.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 123_456_000).unwrap()
}

pub fn shown() -> Shown {
    Shown::new("en", b"template", b"words")
}

pub fn entropy(seed: u64) -> Entropy {
    let rng = Mutex::new(ChaCha20Rng::seed_from_u64(seed));
    Entropy::new(move |buffer| rng.lock().unwrap().fill_bytes(buffer))
}

/// Runs a check on a realm of its own.
pub fn on(
    database: Database,
    check: impl for<'a> FnOnce(&'a Realm) -> Pin<Box<dyn Future<Output = ()> + 'a>>,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let realm = Realm::new(database);
    runtime.block_on(check(&realm));
}

impl Realm {
    fn new(database: Database) -> Self {
        let seconds = Arc::new(AtomicI64::new(0));
        let told = Arc::clone(&seconds);
        let clock = Clock::new(move || at(told.load(Ordering::SeqCst)));
        let store = Store::open(&database.url, 8).unwrap();
        store.migrate().unwrap();
        let keys = Keys::open(&database.keys_url, Secret::new([7; 32]), clock.clone(), entropy(0)).unwrap();
        let person = people::resolve_one(&store, &keys, &entropy(1), at(0), "c-1").unwrap();
        let config = ConfigObject::embedded(b"notice", b"words");
        let ledger = Ledger::new(keys.clone(), entropy(2), config).unwrap();
        let v = Volunteering::new(store, keys, ledger, clock, entropy(3));
        let realm = Self { v, person, seconds, customers: AtomicU64::new(100), database };
        realm.publish(&objects());
        realm
    }

    pub fn publish(&self, objects: &[Value]) {
        let sources: Vec<Source> = objects
            .iter()
            .map(|object| Source { name: object["id"].to_string(), content: Ok(object.clone()) })
            .collect();
        let now = self.v.clock().now();
        let ledger = self.v.ledger().clone();
        self.v
            .store()
            .write_blocking(|conn| {
                ledger.publish_config(conn, now, &Actor::Staff("tests".to_owned()), &sources)
            })
            .unwrap();
    }

    /// Takes a version out of use.
    pub fn retire(&self, hash: &str) {
        let now = self.v.clock().now();
        self.write(|conn| counterfoil_store::config_objects::retire(conn, hash, now));
    }

    pub fn write<T>(&self, body: impl FnMut(&mut Conn) -> Result<T, Error>) -> T {
        self.v.store().write_blocking(body).unwrap()
    }

    pub fn read<T>(&self, body: impl FnOnce(&mut Conn) -> Result<T, Error>) -> T {
        self.v.store().read_blocking(body).unwrap()
    }

    /// Runs a statement that no function of the store makes.
    pub fn run(&self, statement: &str) {
        database::run(&self.database.url, statement).unwrap();
    }

    pub fn wait(&self, by: TimeDelta) {
        self.seconds.fetch_add(by.num_seconds(), Ordering::SeqCst);
    }

    /// The same realm with a clock that goes on at each look, as real ones do.
    pub fn ticking(&self) -> Volunteering {
        let (seconds, ticks) = (Arc::clone(&self.seconds), AtomicI64::new(0));
        let clock = Clock::new(move || {
            let ticked = TimeDelta::microseconds(ticks.fetch_add(1, Ordering::SeqCst));
            at(seconds.load(Ordering::SeqCst)) + ticked
        });
        let v = &self.v;
        Volunteering::new(v.store().clone(), v.keys().clone(), v.ledger().clone(), clock, v.entropy().clone())
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.v.clock().now()
    }

    /// Another customer, with their id.
    pub fn customer(&self) -> (Person, String) {
        let number = self.customers.fetch_add(1, Ordering::SeqCst);
        let id = format!("c-{number}");
        let person =
            people::resolve_one(self.v.store(), self.v.keys(), &entropy(number), self.now(), &id).unwrap();
        (person, id)
    }

    /// The hash of the latest version of an ask.
    pub fn hash(&self, ask: &str) -> String {
        self.read(|conn| counterfoil_store::config_objects::latest(conn, "ask", ask)).unwrap().hash
    }

    /// What the customer says to an ask that they have seen.
    pub async fn say(&self, person: Person, ask: &str, answer: Answer) -> Result<Answered, VolunteeredError> {
        asks::answer(&self.v, person, ask, &self.hash(ask), answer, &shown()).await
    }

    /// The customer looks at what an app sent, and says yes to it.
    pub async fn confirm(&self, item_id: ItemId) -> Result<Answered, VolunteeredError> {
        let view = items::find(&self.v, &Owner::Customer(self.person), item_id).await?;
        items::confirm(&self.v, self.person, item_id, &view.seen, &shown()).await
    }

    pub async fn yes(&self, ask: &str, value: Value) -> Answered {
        self.say(self.person, ask, Answer::Yes(value)).await.unwrap()
    }

    /// The headers of a record's entries, oldest first.
    pub fn headers(&self, record: RecordId) -> Vec<Value> {
        let mut entries = self.read(|conn| entries::of_record(conn, Log::Consent, record, None, 1_000));
        entries.reverse();
        let person = self.read(|conn| entries::person_of(conn, record)).unwrap();
        let evidence = self.v.keys().evidence(person).unwrap().unwrap();
        entries
            .iter()
            .map(|entry| self.v.ledger().open_under(&evidence, entry).unwrap())
            .map(|opened| {
                let mut header = opened.header;
                header["opened"] = opened.payload.unwrap_or_default();
                header
            })
            .collect()
    }

    /// The types of a record's entries, oldest first.
    pub fn types(&self, record: RecordId) -> Vec<String> {
        self.headers(record).iter().map(|header| header["type"].as_str().unwrap().to_owned()).collect()
    }

    /// Whether bytes are in the files of a SQLite database; on PostgreSQL, which has no files of ours, no.
    pub fn is_on_disk(&self, bytes: &[u8]) -> bool {
        let Some(path) = self.database.url.strip_prefix("sqlite://") else { return false };
        [path.to_owned(), format!("{path}-wal")].iter().any(|path| {
            std::fs::read(path).is_ok_and(|file| file.windows(bytes.len()).any(|window| window == bytes))
        })
    }

    pub async fn check_rebuild(&self) {
        let differences = counterfoil_volunteered::rebuild::check(&self.v).await.unwrap();
        assert!(differences.is_empty(), "{differences:#?}");
    }
}

pub fn system(number: u8) -> System {
    System { client_id: ClientId([number; 16]), name: format!("system {number}") }
}

fn texts(text: &str) -> Value {
    json!({ "en": text })
}

/// A purpose; `iri` is its term in DPV.
pub fn purpose(id: &str, iri: &str, retention: &str, special: bool) -> Value {
    let mut purpose = json!({
        "kind": "purpose", "id": id, "title": texts("A purpose"), "says": texts("We do something."),
        "purpose": format!("https://w3id.org/dpv#{iri}"),
        "lawful_basis": if special { "eu-gdpr:A9-2-a" } else { "eu-gdpr:A6-1-a" },
        "retention": retention, "recipients": ["rc1"], "controller": "r1", "notice": "n1", "terms": "t1",
        "jurisdiction": ["DE", "EU"], "storage_locations": ["DE"], "rights": ["eu-gdpr:A7-3", "eu-gdpr:A17"],
        "personal_data": [{ "type": "https://w3id.org/dpv/pd#Preference", "special_category": special }],
        "withdrawal_method": { "url": "/told", "says": texts("Press Take back.") },
    });
    if special {
        purpose["impact_assessment"] = json!("DPIA 12");
    }
    purpose
}

/// An ask whose answer is a text of at most 40 characters.
pub fn ask(id: &str, purpose: &str, title: &str, amount: &str, open_for: &str) -> Value {
    json!({
        "kind": "ask", "id": id, "purpose": purpose, "title": texts(title), "why": texts("So that it fits."),
        "without": texts("Nothing changes."), "open_for": open_for,
        "schema": { "type": "object", "required": ["text"], "additionalProperties": false,
                    "properties": { "text": { "type": "string", "maxLength": 40 } } },
        "offer": { "says": texts("Something."), "amount": amount, "currency": "EUR" },
    })
}

/// p1 recommends and ends after six months, p2 is marketing, p3 of a special category and ends with the withdrawal. a1 and
/// a2 are for p1, a3 for p2, a4 for p3, a5 for p1 and open for 30 days.
fn objects() -> Vec<Value> {
    let document = |kind: &str, id: &str| json!({ "kind": kind, "id": id, "title": texts("Words"), "text": texts("More words.") });
    let party = |name: &str| json!({ "name": name, "address": "1 Way, Town", "contact": "p@shop.example" });
    vec![
        json!({ "kind": "realm", "id": "r1", "controller": party("Example Stores") }),
        json!({ "kind": "retention", "id": "k1", "period": "P6M", "then": "delete", "says": texts("Six months.") }),
        json!({ "kind": "retention", "id": "k2", "period": "until_withdrawn", "then": "delete",
                "says": texts("Until you take it back.") }),
        json!({ "kind": "recipient", "id": "rc1", "party_type": "processor", "name": "Post & Co",
                "address": "1 Way, Town", "contact": "post@shop.example", "says": texts("Sends letters.") }),
        document("terms", "t1"),
        document("notice", "n1"),
        purpose("p1", "ProvidePersonalisedRecommendations", "k1", false),
        purpose("p2", "DirectMarketing", "k1", false),
        purpose("p3", "ProvideProductRecommendations", "k2", true),
        ask("a1", "p1", "What do you like?", "5.00", "P9Y"),
        ask("a2", "p1", "And what else?", "0.00", "P9Y"),
        ask("a3", "p2", "May we write?", "1.00", "P9Y"),
        ask("a4", "p3", "What do you not eat?", "0.00", "P9Y"),
        ask("a5", "p1", "Soon over?", "2.00", "P30D"),
    ]
}

pub fn text(text: &str) -> Value {
    json!({ "text": text })
}
