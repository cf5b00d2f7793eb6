//! A realm that is recorded into, and what its customers are served.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Duration, Utc};
use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_domain::ids::{Person, PurchaseId};
use counterfoil_domain::purchase::{SectionsRef, Shows, Veil, View, project};
use counterfoil_domain::stream::Sources;
use counterfoil_events::message::Message;
use counterfoil_events::recorder::Recorder;
use counterfoil_ledger::Ledger;
use counterfoil_ledger::config::ConfigObject;
use counterfoil_store::conn::Conn;
use counterfoil_store::document::{Codec, binding};
use counterfoil_store::keys::{Keys, Secret};
use counterfoil_store::purchases::{self, Filter};
use counterfoil_store::quarantine::Place;
use counterfoil_store::{Error, Store, either, people, unlinked};
use counterfoil_volunteered::Volunteering;
use diesel::connection::SimpleConnection as _;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::database::{self, Database};

/// A migrated database with its keystore and a clock that is moved by hand.
pub struct Realm {
    pub store: Store,
    pub keys: Keys,
    seconds: Arc<AtomicU64>,
    processes: AtomicU64,
    database: Database,
}

/// Each process draws other bytes, or two would make one person of two customers.
fn entropy(process: u64) -> Entropy {
    let rng = Mutex::new(ChaCha20Rng::seed_from_u64(process));
    Entropy::new(move |buffer| rng.lock().unwrap().fill_bytes(buffer))
}

/// One of each kind of database.
pub fn realms() -> Vec<Realm> {
    std::iter::once(Database::sqlite()).chain(Database::postgres()).map(Realm::new).collect()
}

impl Realm {
    pub fn new(database: Database) -> Self {
        let store = Store::open(&database.url, 4).unwrap();
        store.migrate().unwrap();
        let seconds = Arc::new(AtomicU64::new(0));
        let keys = Keys::open(&database.keys_url, Secret::new([7; 32]), clock(&seconds), entropy(0)).unwrap();
        Self { store, keys, seconds, processes: AtomicU64::new(0), database }
    }

    /// Another process that records.
    pub fn recorder(&self, sources: Sources) -> Recorder {
        self.recorder_on(Store::open(&self.database.url, 4).unwrap(), sources)
    }

    /// Another recorder in the same process.
    pub fn recorder_here(&self, sources: Sources) -> Recorder {
        self.recorder_on(self.store.clone(), sources)
    }

    fn recorder_on(&self, store: Store, sources: Sources) -> Recorder {
        let process = 1 + self.processes.fetch_add(1, Ordering::SeqCst);
        let entropy = entropy(process);
        let config = ConfigObject::embedded(b"template", b"words");
        let ledger = Ledger::new(self.keys.clone(), entropy.clone(), config).unwrap();
        Recorder::new(store, self.keys.clone(), clock(&self.seconds), entropy, ledger, sources).unwrap()
    }

    /// What customers tell, in a process of its own.
    pub fn volunteering(&self) -> Volunteering {
        let entropy = entropy(1 + self.processes.fetch_add(1, Ordering::SeqCst));
        let config = ConfigObject::embedded(b"template", b"words");
        let ledger = Ledger::new(self.keys.clone(), entropy.clone(), config).unwrap();
        Volunteering::new(self.store.clone(), self.keys.clone(), ledger, self.clock(), entropy)
    }

    pub fn clock(&self) -> Clock {
        clock(&self.seconds)
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock().now()
    }

    pub fn pass(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn read<T>(&self, body: impl FnOnce(&mut Conn) -> Result<T, Error>) -> T {
        self.store.read_blocking(body).unwrap()
    }

    /// Runs a statement that no function of the store makes.
    pub fn run(&self, statement: &str) {
        database::run(&self.database.url, statement).unwrap();
    }

    /// Takes out everything that was recorded.
    pub fn clear(&self) {
        let tables = [
            "purchases",
            "unlinked",
            "objects",
            "quarantine",
            "ingest_offsets",
            "ingest_sources",
            "customers",
            "aliases",
            "links",
            "suppression",
            "destructions",
            "tombstones",
        ];
        let statements = format!("DELETE FROM {};", tables.join("; DELETE FROM "));
        self.read(|conn| either!(conn, c => c.batch_execute(&statements)).map_err(Error::from));
    }

    pub fn person(&self, customer_id: &str) -> Option<Person> {
        let index = self.keys.customer_index(customer_id);
        self.read(|conn| people::find(conn, &index))
    }

    /// What each of these customers is served with everything shown. Nobody else may be served anything.
    pub fn served<'a>(&self, customers: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, Vec<Value>> {
        self.served_by_name(&self::customers(customers))
    }

    /// The same by name: scheme and id.
    pub fn served_by_name(&self, names: &BTreeSet<(String, String)>) -> BTreeMap<String, Vec<Value>> {
        let served = self.served_up_to(names, i64::MAX);
        let count: usize = served.values().map(Vec::len).sum();
        assert_eq!(self.read(purchases::count), i64::try_from(count).unwrap(), "somebody else is served too");
        served
    }

    /// What a grant shows that was given before anything joined.
    pub fn served_before(&self, names: &BTreeSet<(String, String)>) -> BTreeMap<String, Vec<Value>> {
        self.served_up_to(names, 0)
    }

    fn served_up_to(
        &self,
        names: &BTreeSet<(String, String)>,
        agreed_seq: i64,
    ) -> BTreeMap<String, Vec<Value>> {
        let (codec, filter) = (Codec::default(), Filter { shared: true, agreed_seq, ..Filter::default() });
        let shows = Shows { lines: true, payment: true, location: true, documents: true };
        let all = View { shows, veil: Veil::default() };
        let mut unpacker = codec.unpacker(self.keys.aead()).unwrap();
        let mut served: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (scheme, id) in names {
            let index = self.keys.alias_index(scheme, id);
            let Some(person) = self.read(|conn| people::find(conn, &index)) else { continue };
            let name = if scheme.is_empty() { id.clone() } else { format!("{scheme}:{id}") };
            let keys = self.keys.person(person).unwrap();
            let listed = self.read(|conn| purchases::page(conn, person, &filter, None, 100_000));
            for row in listed {
                let id = PurchaseId::from_slice(&row.purchase_id).unwrap();
                let mut plain = Vec::new();
                unpacker
                    .unpack(&keys.purchases, &binding(id, Some(person)), &row.document, &mut plain)
                    .unwrap();
                let mut json = Vec::new();
                project(SectionsRef::parse(&plain).unwrap(), &all, &mut json).unwrap();
                served.entry(name.clone()).or_default().push(serde_json::from_slice(&json).unwrap());
            }
        }
        served
    }

    /// Purchases without a customer: guest orders, and parts that wait.
    pub fn unlinked(&self) -> i64 {
        let (waiting, guests) = self.read(unlinked::counts);
        waiting + guests
    }
}

fn clock(seconds: &Arc<AtomicU64>) -> Clock {
    let (seconds, start) = (Arc::clone(seconds), DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    Clock::new(move || start + Duration::seconds(i64::try_from(seconds.load(Ordering::SeqCst)).unwrap()))
}

/// Customers by their ids.
pub fn customers<'a>(ids: impl IntoIterator<Item = &'a str>) -> BTreeSet<(String, String)> {
    ids.into_iter().map(|id| (String::new(), id.to_owned())).collect()
}

/// A message of a partition.
pub fn message(source: &str, partition: i32, offset: i64, value: &Value) -> Message {
    Message {
        place: Place { source: source.to_owned(), partition, offset },
        key: None,
        headers: Vec::new(),
        value: Some(serde_json::to_vec(value).unwrap()),
    }
}

/// An event of `/shop`.
pub fn event(kind: &str, data: &Value) -> Value {
    json!({
        "specversion": "1.0", "id": format!("{kind} {data}"), "source": "/shop", "type": kind,
        "time": "2024-05-06T08:00:01Z", "data": data,
    })
}

/// An order with one line.
pub fn order(id: &str, revision: i64, customer: Option<&str>, total: &str) -> Value {
    event(
        "order.recorded.v1",
        &json!({
            "orderId": id, "revision": revision, "customerId": customer, "channel": "store",
            "placedAt": "2024-05-06T10:00:00+02:00", "currency": "EUR",
            "lines": [{ "lineId": "1", "sku": "s-1", "name": "Thing", "quantity": 1, "net": total }],
            "totals": { "grandTotal": total },
        }),
    )
}
