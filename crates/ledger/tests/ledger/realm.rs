//! A ledger on a database of its own, with one customer and one approved app.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_domain::entry::{Actor, Commitment, EntryType};
use counterfoil_domain::grant::{CarveOuts, Dataset, Details, Lasting, State};
use counterfoil_domain::ids::{ClientId, EntryId, GrantId, Person, RecordId};
use counterfoil_ledger::config::ConfigObject;
use counterfoil_ledger::seal::{Disclosure, Look, Sealer, Standing};
use counterfoil_ledger::{Appended, Draft, Ledger, Opened};
use counterfoil_store::apps::{self, App, AppState};
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log, StoredEntry};
use counterfoil_store::grants::{self, Grant};
use counterfoil_store::keys::{Keys, PersonKeys, Secret};
use counterfoil_store::{Error, Store, people, standings};
use prometheus::Registry;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::database::{self, Database};

/// A migrated database with its keystore and its ledger.
pub struct Realm {
    pub store: Store,
    pub keys: Keys,
    pub ledger: Ledger,
    /// The customer.
    pub person: Person,
    processes: AtomicU64,
    database: Database,
}

/// The app.
pub const CLIENT: ClientId = ClientId([1; 16]);

/// A moment with microseconds.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 123_456_000).unwrap()
}

/// Each process draws other bytes, or two entries would have one id.
pub fn entropy(process: u64) -> Entropy {
    let rng = Mutex::new(ChaCha20Rng::seed_from_u64(process));
    Entropy::new(move |buffer| rng.lock().unwrap().fill_bytes(buffer))
}

fn ledger(keys: &Keys, process: u64) -> Ledger {
    Ledger::new(keys.clone(), entropy(process), ConfigObject::embedded(b"notice", b"words")).unwrap()
}

impl Realm {
    pub fn new(database: Database) -> Self {
        let store = Store::open(&database.url, 8).unwrap();
        store.migrate().unwrap();
        let master = Secret::new([7; 32]);
        let keys = Keys::open(&database.keys_url, master, Clock::fixed(at(0)), entropy(0)).unwrap();
        let person = people::resolve_one(&store, &keys, &entropy(1), at(0), "c-1").unwrap();
        store.write_blocking(|conn| apps::insert(conn, &app())).unwrap();
        let ledger = ledger(&keys, 2);
        Self { store, keys, ledger, person, processes: AtomicU64::new(3), database }
    }

    /// The same ledger, opened by another process.
    pub fn other_process(&self) -> (Store, Ledger) {
        let process = self.processes.fetch_add(1, Ordering::SeqCst);
        (Store::open(&self.database.url, 8).unwrap(), ledger(&self.keys, process))
    }

    /// A sealer of another process, whose clock stands at `now`. Call it within a runtime.
    pub fn sealer(&self, now: DateTime<Utc>, registry: &Registry) -> Sealer {
        let (store, ledger) = self.other_process();
        Sealer::start(ledger, store, self.keys.clone(), Clock::fixed(now), registry).unwrap()
    }

    pub fn write<T>(&self, body: impl FnMut(&mut Conn) -> Result<T, Error>) -> T {
        self.store.write_blocking(body).unwrap()
    }

    pub fn read<T>(&self, body: impl FnOnce(&mut Conn) -> Result<T, Error>) -> T {
        self.store.read_blocking(body).unwrap()
    }

    pub fn person_keys(&self) -> Arc<PersonKeys> {
        self.keys.person(self.person).unwrap()
    }

    /// Appends decisions in one transaction.
    pub fn append(&self, drafts: &[Draft]) -> Vec<Appended> {
        let keys = self.person_keys();
        self.write(|conn| self.ledger.append(conn, &keys, self.person, at(0), drafts))
    }

    /// Everything in a log.
    pub fn stored(&self, log: Log) -> Vec<StoredEntry> {
        self.read(|conn| entries::read(conn, log, 0, 1_000_000))
    }

    pub fn open(&self, entry: &StoredEntry) -> Result<Opened, Error> {
        self.ledger.open(&self.person_keys(), entry)
    }

    /// The sizes of the access and the consent log; their entries have the numbers below.
    pub fn sizes(&self) -> (i64, i64) {
        let size = |log| {
            let size = self.read(|conn| entries::size(conn, log));
            assert!(self.stored(log).iter().map(|entry| entry.seq).eq(0..size), "no hole");
            size
        };
        (size(Log::Access), size(Log::Consent))
    }

    /// Runs a statement as somebody with the database's own rights, who first takes away what stands in their way.
    pub fn tamper(&self, statement: &str) {
        let unguarded = if self.store.is_postgres() {
            "SET session_replication_role = replica".to_owned()
        } else {
            let triggers = ["entries_never_deleted", "entries_never_changed"]
                .into_iter()
                .chain(["checkpoints_never_deleted", "checkpoints_never_changed"]);
            triggers.map(|name| format!("DROP TRIGGER IF EXISTS {name}")).collect::<Vec<_>>().join("; ")
        };
        database::run(&self.database.url, &format!("{unguarded}; {statement}")).unwrap();
    }

    /// Makes the log as short as it once was.
    pub fn put_back(&self, log: Log, size: i64) {
        let log = log.name();
        self.tamper(&format!("DELETE FROM entries WHERE log = '{log}' AND seq >= {size}"));
        self.tamper(&format!("UPDATE ledger_heads SET size = {size} WHERE log = '{log}'"));
        self.tamper(&format!(
            "UPDATE ledger_trees SET integrated = 0 WHERE log = '{log}' AND integrated > {size}"
        ));
        self.tamper(&format!("DELETE FROM checkpoints WHERE log = '{log}' AND size > {size}"));
    }

    /// Stores a grant that is in use.
    pub fn grant(&self, id: u8, change: impl FnOnce(&mut Grant)) -> GrantId {
        let mut grant = Grant {
            grant_id: GrantId([id; 16]),
            person: self.person,
            client_id: CLIENT,
            record: RecordId([id; 16]),
            details: Details {
                datasets: vec![Dataset::Purchases],
                from: None,
                to: None,
                duration: Lasting::UntilWithdrawn,
                stated_use: None,
                shared_accounts: false,
                volunteered: None,
            },
            state: State::Active,
            version: 1,
            grant_epoch: 5,
            given_at: at(0),
            expires_at: None,
            ended_at: None,
            ended_by: None,
            ended_reason: None,
            agreed_seq: 0,
            carve_outs: CarveOuts::default(),
            changed_seq: 0,
            resync: false,
        };
        change(&mut grant);
        self.write(|conn| grants::insert(conn, &grant));
        grant.grant_id
    }

    /// A grant as a request would find it now.
    pub fn standing(&self, grant_id: GrantId) -> Standing {
        let grant = self.read(|conn| grants::find(conn, grant_id)).unwrap();
        let now = self.read(|conn| standings::read(conn, &[grant_id])).remove(&grant_id);
        Standing {
            grant_id,
            grant_epoch: grant.grant_epoch,
            client_id: grant.client_id,
            app_epoch: now.as_ref().map_or(0, |now| now.app_epoch),
            person: grant.person,
            customer_epoch: now.as_ref().map_or(0, |now| now.customer_epoch),
            record: grant.record,
        }
    }

    /// Every entry of the consent log opens, and names the entry before it in its record; what each record ended with.
    pub fn chains(&self) -> HashMap<RecordId, Commitment> {
        let mut last: HashMap<RecordId, Commitment> = HashMap::new();
        for entry in self.stored(Log::Consent) {
            let record = RecordId::from_slice(&entry.record).unwrap();
            let header = self.open(&entry).unwrap().header;
            let id = EntryId::from_slice(&entry.entry_id).unwrap();
            assert_eq!(header["id"], json!(format!("{id}")));
            assert_eq!(header["record"], json!(format!("{record}")));
            let commitment = Commitment(entry.commitment.try_into().unwrap());
            let before = last.insert(record, commitment);
            assert_eq!(header["prev"], json!(before.map(|before| before.to_text())), "entry {}", entry.seq);
        }
        last
    }
}

/// The app as it is registered and approved.
pub fn app() -> App {
    App {
        client_id: CLIENT,
        name: "Budget".to_owned(),
        operator: "Budget Ltd".to_owned(),
        address: Some("1 High Street, Leeds".to_owned()),
        contact: Some("privacy@app.example".to_owned()),
        redirect_uris: vec!["https://app.example/callback".to_owned()],
        scope: "purchases:read".to_owned(),
        auth_method: "private_key_jwt".to_owned(),
        jwks: "{\"keys\":[]}".to_owned(),
        max_duration: Lasting::UntilWithdrawn,
        window_from: None,
        state: AppState::Approved,
        state_reason: None,
        approvals: vec!["ann".to_owned()],
        app_epoch: 2,
        purposes: None,
        created_at: at(0),
    }
}

/// A decision of the customer.
pub fn decision(record: u8, entry_type: EntryType, payload: Option<Value>) -> Draft {
    Draft {
        entry_type,
        record: RecordId([record; 16]),
        actor: Actor::Customer,
        state: None,
        basis: Some("eu-gdpr:A20"),
        effective_at: at(0),
        expires: None,
        display: None,
        cause: None,
        entry_id: None,
        config: None,
        payload,
    }
}

/// An answer with one purchase.
pub fn disclosure(request_id: &str) -> Disclosure {
    Disclosure {
        request_id: request_id.to_owned(),
        look: Look::Purchases,
        items: 0,
        purchases: 1,
        from: "2024-05-06".parse().ok(),
        to: "2024-05-06".parse().ok(),
        datasets: vec!["purchases"],
    }
}
