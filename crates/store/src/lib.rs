#![doc = include_str!("../README.md")]

pub mod addresses;
pub mod aead;
pub mod aliases;
pub mod announcements;
pub mod answers;
pub mod apps;
pub mod changes;
pub mod codes;
pub mod config_objects;
pub mod conn;
pub mod consents;
pub mod coverage;
pub mod dark;
pub mod days;
mod dialect;
pub mod document;
pub mod entries;
pub mod erasure_requests;
pub mod erasures;
pub mod error;
pub mod examinations;
pub mod exchanges;
pub mod grants;
pub mod hiding;
pub mod holds;
pub mod idempotency;
pub mod items;
pub mod kept_objections;
pub mod keys;
pub mod leases;
pub mod links;
pub mod logins;
pub mod objections;
pub mod objects;
pub mod officer;
pub mod offsets;
pub mod outbox;
pub mod owed;
pub mod owed_receipts;
pub mod own;
pub mod people;
pub mod propagations;
pub mod pseudonyms;
pub mod purchases;
pub mod quarantine;
pub mod requests;
pub mod rights;
pub mod schema;
pub mod sessions;
pub mod standings;
pub mod suppression;
pub mod system_tokens;
pub mod tokens;
pub mod tombstones;
pub mod trees;
pub mod unlinked;
pub mod used_ids;
pub mod verifications;

use std::time::Duration;

use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::conn::{Address, Conn, ConnPool, moment, on_connection, open_pool, transaction};
pub use crate::error::{Error, Result};

const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// How often a transaction that met another is repeated.
const REPEATS: u32 = 5;

/// The database of a realm. Cloning shares the pool.
#[derive(Clone, Debug)]
pub struct Store {
    pool: ConnPool,
    is_postgres: bool,
}

impl Store {
    /// Opens the database that `url` names, with at most `postgres_connections` connections to PostgreSQL
    /// (SQLite always has one). Connects when first used.
    ///
    /// # Errors
    /// [`Error::Unavailable`] for a URL of another kind.
    pub fn open(url: &str, postgres_connections: u32) -> Result<Self> {
        let address = Address::parse(url)?;
        let is_postgres = matches!(address, Address::Postgres(_));
        Ok(Self { pool: open_pool(address, postgres_connections)?, is_postgres })
    }

    /// Whether it is PostgreSQL. For telling, not for deciding: what differs by database is in `dialect`.
    pub fn is_postgres(&self) -> bool {
        self.is_postgres
    }

    /// Applies the migrations that are missing; gives their names.
    pub fn migrate(&self) -> Result<Vec<String>> {
        let migrations = if self.is_postgres { POSTGRES } else { SQLITE };
        on_connection(&self.pool, |conn| run_migrations(conn, migrations))
    }

    /// Whether the schema is this version's own.
    pub fn is_migrated(&self) -> Result<bool> {
        on_connection(&self.pool, |conn| pending(conn, &if self.is_postgres { POSTGRES } else { SQLITE }))
    }

    /// Reads, on the calling thread: for commands and for the threads of ingest.
    pub fn read_blocking<T, E: From<Error>>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        on_connection(&self.pool, body)
    }

    /// Writes in one transaction, on the calling thread. `body` may run more than once: it is repeated when it
    /// met another transaction, at most five times. No HTTP, Kafka or clock inside.
    pub fn write_blocking<T, E: From<Error> + Contention>(
        &self,
        mut body: impl FnMut(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut repeats = 0;
        loop {
            match on_connection(&self.pool, |conn| transaction(conn, &mut body)) {
                Err(error) if error.is_contention() && repeats < REPEATS => {
                    repeats += 1;
                    std::thread::sleep(Duration::from_millis(5 << repeats));
                }
                outcome => return outcome,
            }
        }
    }

    /// [`Store::read_blocking`] on a thread of its own.
    pub async fn read<T: Send + 'static, E: From<Error> + Send + 'static>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let store = self.clone();
        on_thread(move || store.read_blocking(body)).await
    }

    /// Reads as of one moment, on the calling thread: what others commit meanwhile is not seen by any statement.
    pub fn read_moment_blocking<T, E: From<Error>>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        on_connection(&self.pool, |conn| moment(conn, body))
    }

    /// [`Store::read_moment_blocking`] on a thread of its own.
    pub async fn read_moment<T: Send + 'static, E: From<Error> + Send + 'static>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let store = self.clone();
        on_thread(move || store.read_moment_blocking(body)).await
    }

    /// [`Store::write_blocking`] on a thread of its own.
    pub async fn write<T: Send + 'static, E: From<Error> + Contention + Send + 'static>(
        &self,
        body: impl FnMut(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let store = self.clone();
        on_thread(move || store.write_blocking(body)).await
    }
}

/// Errors that can say "I only met another transaction".
pub trait Contention {
    /// Whether repeating the same transaction may succeed.
    fn is_contention(&self) -> bool;
}

impl Contention for Error {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Contended)
    }
}

async fn on_thread<T: Send + 'static, E: From<Error> + Send + 'static>(
    body: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    match tokio::task::spawn_blocking(body).await {
        Ok(outcome) => outcome,
        Err(panic) => Err(Error::Unexpected(format!("{panic}")).into()),
    }
}

/// Applies what is missing. Where nothing is, it needs no right to change the schema.
pub(crate) fn run_migrations(conn: &mut Conn, migrations: EmbeddedMigrations) -> Result<Vec<String>> {
    if pending(conn, &migrations)? {
        return Ok(Vec::new());
    }
    let applied = either!(conn, c => c.run_pending_migrations(migrations).map(|versions| {
        versions.iter().map(|version| format!("{version}")).collect::<Vec<_>>()
    }));
    applied.map_err(|error| Error::Unexpected(format!("migration: {error}")))
}

/// Whether no migration is missing. Diesel's own question would make the list of migrations where it is not there, which
/// a service that may not change the schema cannot.
pub(crate) fn pending(conn: &mut Conn, migrations: &EmbeddedMigrations) -> Result<bool> {
    let applied = dialect::applied_migrations(conn)?;
    let missing =
        |error: Box<dyn std::error::Error + Send + Sync>| Error::Unexpected(format!("migration: {error}"));
    let names = either!(conn, c => names_of(c, migrations)).map_err(missing)?;
    Ok(names.iter().all(|name| applied.contains(name)))
}

fn names_of<C: diesel::Connection>(
    _: &C,
    migrations: &EmbeddedMigrations,
) -> Result<Vec<String>, Box<dyn std::error::Error + Send + Sync>>
where
    EmbeddedMigrations: MigrationSource<C::Backend>,
{
    let migrations = MigrationSource::<C::Backend>::migrations(migrations)?;
    Ok(migrations.iter().map(|migration| format!("{}", migration.name().version())).collect())
}
