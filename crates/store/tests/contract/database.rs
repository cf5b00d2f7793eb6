//! Empty databases for tests: a SQLite file, and a schema of its own on the PostgreSQL that `TEST_DATABASE_URL` names.

use std::io::Write as _;

use counterfoil_store::{Error, Store, either};
use diesel::connection::SimpleConnection as _;
use tempfile::TempDir;

/// An empty database and an empty keystore; both are gone when it is dropped.
#[derive(Debug)]
pub struct Database {
    /// Where the database is.
    pub url: String,
    /// Where the keystore is.
    pub keys_url: String,
    schemas: Option<Schemas>,
    _folder: TempDir,
}

#[derive(Debug)]
struct Schemas {
    server: String,
    names: [String; 2],
}

impl Database {
    /// A file.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
        Self { url: url("main.db"), keys_url: url("keys.db"), schemas: None, _folder: folder }
    }

    /// A schema on a server; `None`, said aloud, where there is none.
    ///
    /// # Panics
    /// Where there is none although `COUNTERFOIL_REQUIRE_POSTGRES` is 1.
    #[expect(
        clippy::disallowed_methods,
        reason = "only the environment knows where the tests' PostgreSQL is"
    )]
    pub fn postgres() -> Option<Self> {
        let Ok(server) = std::env::var("TEST_DATABASE_URL") else {
            let is_required = std::env::var("COUNTERFOIL_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
            assert!(!is_required, "TEST_DATABASE_URL names no PostgreSQL");
            let thread = std::thread::current();
            let test = thread.name().unwrap_or("a test");
            // Straight to the stream: what a passing test prints is not shown.
            writeln!(std::io::stderr(), "DID NOT RUN on PostgreSQL (TEST_DATABASE_URL is not set): {test}")
                .unwrap();
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let name: String =
            folder.path().to_str().unwrap().chars().filter(char::is_ascii_alphanumeric).collect();
        let names = [name.to_lowercase(), format!("{}_keys", name.to_lowercase())];
        let joint = if server.contains('?') { '&' } else { '?' };
        let [url, keys_url] = names.each_ref().map(|name| {
            run(&server, &format!("CREATE SCHEMA {name}")).unwrap();
            format!("{server}{joint}options=-csearch_path%3D{name}")
        });
        Some(Self { url, keys_url, schemas: Some(Schemas { server, names }), _folder: folder })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(Schemas { server, names }) = &self.schemas {
            for name in names {
                run(server, &format!("DROP SCHEMA {name} CASCADE")).unwrap();
            }
        }
    }
}

/// Runs a statement that no function of the store makes.
pub fn run(url: &str, statement: &str) -> Result<(), Error> {
    let store = Store::open(url, 1)?;
    store.read_blocking(|conn| either!(conn, c => c.batch_execute(statement)).map_err(Error::from))
}
