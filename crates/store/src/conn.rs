//! One connection type over two databases, and the pool of them.
#![expect(missing_docs, reason = "the derive makes public items that cannot be documented")]
#![expect(clippy::disallowed_methods, reason = "the derive calls it in a function that nobody calls")]

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::r2d2::{ManageConnection, Pool};
use diesel::sqlite::SqliteConnection;

use crate::error::{Error, Result};

/// A connection to either database. Queries are written once against it; where Diesel needs to know which
/// database it talks to (`ON CONFLICT`, batches), the same text goes through [`either!`](crate::either!).
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// PostgreSQL.
    Pg(PgConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

/// Type-checks one body once per database.
#[macro_export]
macro_rules! either {
    ($conn:expr, $c:ident => $body:expr) => {
        match $conn {
            $crate::conn::Conn::Pg($c) => $body,
            $crate::conn::Conn::Sqlite($c) => $body,
        }
    };
}

/// Which database a URL names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// `postgres://…` or `postgresql://…`.
    Postgres(String),
    /// `sqlite://path`.
    Sqlite(String),
}

impl Address {
    /// Reads a database URL. The scheme decides; nothing is tried, so a mistyped URL never makes an empty file.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with the schemes that exist. The URL itself may hold a password and is not repeated.
    pub fn parse(url: &str) -> Result<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Ok(Self::Postgres(url.to_owned()))
        } else if let Some(path) = url.strip_prefix("sqlite://").filter(|path| !path.is_empty()) {
            Ok(Self::Sqlite(path.to_owned()))
        } else {
            Err(Error::Unavailable("a database URL begins with postgres:// or sqlite://".to_owned()))
        }
    }
}

/// Makes connections for the pool.
#[derive(Debug)]
pub(crate) struct Connector(pub(crate) Address);

/// Makes a new database file readable by its owner alone; SQLite gives the files beside it the same mode.
fn keep_private(path: &Path) -> std::io::Result<()> {
    if !path.exists() {
        OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    }
    Ok(())
}

/// What [`Connector`] fails with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error(transparent)]
    Connect(#[from] diesel::ConnectionError),
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error(transparent)]
    Prepare(#[from] diesel::result::Error),
}

/// A pooled connection. One that was found dead after an error is not given out again: Diesel notices that by itself
/// only within transactions.
pub(crate) struct Link {
    conn: Conn,
    is_dead: bool,
}

impl ManageConnection for Connector {
    type Connection = Link;
    type Error = ConnectError;

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that connects; the variant is chosen by scheme"
    )]
    fn connect(&self) -> std::result::Result<Link, ConnectError> {
        use diesel::Connection as _;
        let conn = match &self.0 {
            Address::Postgres(url) => {
                let mut conn = PgConnection::establish(url)?;
                conn.batch_execute("SET TIME ZONE 'UTC'; SET client_min_messages = warning")?;
                Conn::Pg(conn)
            }
            Address::Sqlite(path) => {
                keep_private(Path::new(path))?;
                let mut conn = SqliteConnection::establish(path)?;
                // A batch of ingest touches thousands of pages: checkpoints wait for 32 MB of them.
                // FULL: a transaction that was acknowledged is on disk. secure_delete: what is deleted is gone.
                conn.batch_execute(
                    "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                     PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536; \
                     PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 268435456; \
                     PRAGMA wal_autocheckpoint = 8192",
                )?;
                Conn::Sqlite(conn)
            }
        };
        Ok(Link { conn, is_dead: false })
    }

    fn is_valid(&self, link: &mut Link) -> std::result::Result<(), ConnectError> {
        Ok(either!(&mut link.conn, c => c.batch_execute("SELECT 1"))?)
    }

    fn has_broken(&self, link: &mut Link) -> bool {
        use diesel::r2d2::R2D2Connection as _;
        link.is_dead || std::thread::panicking() || either!(&mut link.conn, c => c.is_broken())
    }
}

/// The pool of a database.
pub(crate) type ConnPool = Pool<Connector>;

/// Opens a pool. SQLite gets one connection: readers and writers then queue instead of failing.
pub(crate) fn open_pool(address: Address, postgres_connections: u32) -> Result<ConnPool> {
    let size = match address {
        Address::Postgres(_) => postgres_connections,
        Address::Sqlite(_) => 1,
    };
    Pool::builder()
        .max_size(size)
        .min_idle(Some(0))
        .test_on_check_out(false)
        .connection_timeout(Duration::from_secs(10))
        .error_handler(Box::new(LogError))
        .build(Connector(address))
        .map_err(|error| Error::Unavailable(format!("{error}")))
}

/// Runs `body` on a connection of the pool. After an error the connection is tried, and given up if it is dead.
pub(crate) fn on_connection<T, E: From<Error>>(
    pool: &ConnPool,
    body: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    let mut link = pool.get().map_err(|error| Error::Unavailable(format!("{error}")))?;
    let outcome = body(&mut link.conn);
    if outcome.is_err() {
        link.is_dead = either!(&mut link.conn, c => c.batch_execute("SELECT 1")).is_err();
    }
    outcome
}

#[derive(Debug)]
struct LogError;

impl<E: std::error::Error> diesel::r2d2::HandleError<E> for LogError {
    fn handle_error(&self, error: E) {
        tracing::warn!(%error, "no database connection");
    }
}

/// Runs `body` in a transaction. SQLite's begins with the write lock (`BEGIN IMMEDIATE`): a deferred one that
/// reads first fails as soon as another process writes.
pub(crate) fn transaction<T, E: From<Error>>(
    conn: &mut Conn,
    body: &mut dyn FnMut(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    begin(conn)?;
    match body(conn) {
        Ok(value) => {
            either!(conn, c => AnsiTransactionManager::commit_transaction(c)).map_err(Error::from)?;
            Ok(value)
        }
        Err(error) => {
            if let Err(rollback) = either!(conn, c => AnsiTransactionManager::rollback_transaction(c)) {
                tracing::warn!(error = %rollback, "rollback failed; the connection is given up");
            }
            Err(error)
        }
    }
}

/// A transaction that reads as of its first statement, and ends without a trace.
pub(crate) fn moment<T, E: From<Error>>(
    conn: &mut Conn,
    body: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    match conn {
        Conn::Pg(c) => AnsiTransactionManager::begin_transaction_sql(
            c,
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        ),
        Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN DEFERRED"),
    }
    .map_err(Error::from)?;
    let outcome = body(conn);
    if let Err(rollback) = either!(conn, c => AnsiTransactionManager::rollback_transaction(c)) {
        tracing::warn!(error = %rollback, "rollback failed; the connection is given up");
    }
    outcome
}

fn begin(conn: &mut Conn) -> Result<()> {
    match conn {
        Conn::Pg(c) => AnsiTransactionManager::begin_transaction(c),
        Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
    }
    .map_err(Error::from)
}
