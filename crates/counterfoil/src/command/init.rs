//! `init` and `migrate`.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use counterfoil_oauth::Tier;
use counterfoil_store::Store;
use serde::Serialize;

use crate::command::config_objects;
use crate::config::Settings;
use crate::failure::Failure;
use crate::realm::{Realm, system_entropy, tier};

/// What `init` did.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Made {
    data_dir: String,
    master_key: &'static str,
    migrations: Vec<String>,
    ledgers: Vec<String>,
    config_objects: usize,
}

/// Makes what is missing: data folder, master key, schema, the realm's keys, the ledger's logs; in a sandbox also what its
/// decisions rest on. Safe to repeat.
pub fn run(settings: &Settings) -> Result<Made, Failure> {
    let dir = &settings.data.dir;
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(Failure::io(format!("{}", dir.display())))?;
    let master_key = if settings.keys.master_file.exists() { "kept" } else { "made" };
    if master_key == "made" {
        make_master(&settings.keys.master_file)?;
    }
    let store = Store::open(&settings.database.url, settings.database.connections)?;
    let migrations = store.migrate()?;
    let realm = Realm::open(settings)?;
    for name in ["realm", "tokens", "unlinked", "cursors", "etags", "pseudonyms"] {
        realm.keys.named(name)?;
    }
    let (clock, entropy) = (&realm.clock, &realm.entropy);
    let ledgers = realm.generations.init(&realm.store, &realm.guard, entropy, clock.now())?;
    realm.guard.look(&realm.store)?;
    // Of a real shop only its operator can say who it is.
    let config_objects = match tier(settings) {
        Tier::Sandbox => config_objects::publish_shipped(&realm)?,
        Tier::Production => 0,
    };
    Ok(Made { data_dir: format!("{}", dir.display()), master_key, migrations, ledgers, config_objects })
}

fn make_master(path: &Path) -> Result<(), Failure> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(Failure::io(format!("{}", parent.display())))?;
    }
    let key = data_encoding::HEXLOWER.encode(&system_entropy().bytes::<32>());
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(Failure::io(format!("{}", path.display())))?;
    writeln!(file, "{key}").and_then(|()| file.sync_all()).map_err(Failure::io(format!("{}", path.display())))
}

/// Brings the schema up to date, or only tells.
pub fn migrate(settings: &Settings, check: bool) -> Result<(), Failure> {
    let store = Store::open(&settings.database.url, settings.database.connections)?;
    if check {
        let is_migrated = store.is_migrated()?;
        super::print(&serde_json::json!({ "upToDate": is_migrated }))?;
        return if is_migrated { Ok(()) } else { Err(Failure::Refused("migrations are missing".to_owned())) };
    }
    super::print(&serde_json::json!({ "migrations": store.migrate()? }))
}
