//! What a check gets: a database and a keystore that are ready. Which kind they are it does not know.

use chrono::{DateTime, Utc};
use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_domain::ids::Person;
use counterfoil_store::conn::Conn;
use counterfoil_store::keys::{Keys, Masters, Secret};
use counterfoil_store::{Error, Store, people};

use crate::database::{self, Database};

/// A migrated database with its keystore.
pub struct Realm {
    pub store: Store,
    pub keys: Keys,
    database: Database,
}

/// The master key of every realm in these tests.
pub const MASTER: [u8; 32] = [7; 32];

pub fn entropy() -> Entropy {
    Entropy::new(|buffer| openssl::rand::rand_bytes(buffer).unwrap())
}

/// A moment with microseconds.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 123_456_000).unwrap()
}

impl Realm {
    pub fn new(database: Database) -> Self {
        let store = Store::open(&database.url, 8).unwrap();
        store.migrate().unwrap();
        let keys = open_keys(&database, MASTER).unwrap();
        Self { store, keys, database }
    }

    /// The same database, opened by another process.
    pub fn other_process(&self) -> Store {
        Store::open(&self.database.url, 8).unwrap()
    }

    /// The same keystore, opened by another process with a master key.
    pub fn other_keys(&self, master: [u8; 32]) -> Result<Keys, Error> {
        open_keys(&self.database, master)
    }

    /// The same, with master keys that are read anew.
    pub fn with_masters(&self, masters: Masters) -> Result<Keys, Error> {
        Keys::open(&self.database.keys_url, masters, Clock::fixed(at(0)), entropy())
    }

    pub fn write<T>(&self, body: impl FnMut(&mut Conn) -> Result<T, Error>) -> T {
        self.store.write_blocking(body).unwrap()
    }

    pub fn read<T>(&self, body: impl FnOnce(&mut Conn) -> Result<T, Error>) -> T {
        self.store.read_blocking(body).unwrap()
    }

    /// Runs a statement that no function of the store makes; whether the database accepted it.
    pub fn run(&self, statement: &str) -> bool {
        database::run(&self.database.url, statement).is_ok()
    }

    /// Runs `act` on as many threads, half of them as another process; what each gave, in order.
    pub fn on_threads<T: Send>(&self, count: usize, act: impl Fn(usize, &Store) -> T + Sync) -> Vec<T> {
        let processes = [self.store.clone(), self.other_process()];
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..count)
                .map(|number| {
                    let (store, act) = (&processes[number % 2], &act);
                    scope.spawn(move || act(number, store))
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        })
    }

    /// The person of a customer, made if new.
    pub fn person(&self, customer_id: &str) -> Person {
        people::resolve_one(&self.store, &self.keys, &entropy(), at(0), customer_id).unwrap()
    }
}

fn open_keys(database: &Database, master: [u8; 32]) -> Result<Keys, Error> {
    Keys::open(&database.keys_url, Secret::new(master), Clock::fixed(at(0)), entropy())
}
