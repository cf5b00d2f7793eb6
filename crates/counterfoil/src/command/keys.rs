//! `keys …`.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::ids::RecordId;
use counterfoil_ledger::Draft;
use counterfoil_store::Error;
use serde_json::json;

use crate::arguments;
use crate::config::{self, Settings};
use crate::failure::Failure;
use crate::realm::{Realm, read_master};

/// Persons whose keys are wrapped anew in one transaction.
const BATCH: i64 = 200;

/// Rotates, or makes a backup.
pub fn run(settings: &Settings, command: &arguments::Keys) -> Result<(), Failure> {
    match command {
        arguments::Keys::Rotate { new_master } => rotate(settings, new_master),
        arguments::Keys::Backup { to } => back_up(settings, to),
    }
}

fn rotate(settings: &Settings, new: &Path) -> Result<(), Failure> {
    install(&settings.keys, new)?;
    let realm = Realm::open(settings)?;
    let is_new = realm.keys.begin_rotation()?;
    let of = realm.keys.persons()?;
    let mut rewrapped = realm.keys.rewrap_named()?;
    let (mut after, mut persons) = (None, 0_usize);
    loop {
        let step = realm.keys.rewrap_persons(after, BATCH)?;
        persons += step.rows;
        rewrapped += step.keys;
        if step.after.is_none() {
            break;
        }
        after = step.after;
        tracing::info!(persons, of, rewrapped, "keys are wrapped anew");
    }
    realm.keys.let_go()?;
    if is_new || rewrapped > 0 {
        enter(&realm, persons, rewrapped)?;
    }
    super::print(&json!({
        "persons": persons,
        "rewrapped": rewrapped,
        "previousMaster": format!("{}", settings.keys.previous_master_file.display()),
        "says": "every key is wrapped by the new master key; the file of the previous one may be deleted on every host",
    }))
}

/// Puts the new master key where processes read it, the present one beside it as the previous one. What is there
/// already, brought by the operator or by a rotation that was broken off, stays.
fn install(keys: &config::Keys, new: &Path) -> Result<(), Failure> {
    read_master(new)?;
    let text = |path: &Path| {
        let text = fs::read_to_string(path).map_err(Failure::io(format!("{}", path.display())))?;
        Ok::<_, Failure>(text.trim().to_lowercase())
    };
    let (present, new) = (text(&keys.master_file)?, text(new)?);
    if present == new {
        return Ok(());
    }
    if keys.previous_master_file.exists() && text(&keys.previous_master_file)? != present {
        return Err(Failure::Refused(format!(
            "keys.previous_master_file: {} holds another key than the present one: a rotation is not done, or its file \
             was not deleted",
            keys.previous_master_file.display()
        )));
    }
    write_key(&keys.previous_master_file, &present)?;
    write_key(&keys.master_file, &new)
}

/// Whoever reads the file meanwhile finds the old key or the new one, whole.
fn write_key(path: &Path, key: &str) -> Result<(), Failure> {
    let failed = || format!("{}", path.display());
    let mut passing = path.as_os_str().to_owned();
    passing.push(".new");
    let passing = PathBuf::from(passing);
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&passing)
        .map_err(Failure::io(failed()))?;
    writeln!(file, "{key}").and_then(|()| file.sync_all()).map_err(Failure::io(failed()))?;
    fs::rename(&passing, path).map_err(Failure::io(failed()))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(Failure::io(failed()))
}

fn enter(realm: &Realm, persons: usize, rewrapped: usize) -> Result<(), Failure> {
    let now = realm.clock.now();
    let draft = Draft {
        entry_type: EntryType::KeyRotated,
        record: RecordId(realm.entropy.bytes()),
        actor: Actor::System,
        state: None,
        basis: None,
        effective_at: now,
        expires: None,
        display: None,
        cause: None,
        entry_id: None,
        config: None,
        payload: Some(json!({ "key": "master", "persons": persons, "rewrapped": rewrapped })),
    };
    realm.store.write_blocking(|conn| {
        realm.ledger.append_for_realm(conn, now, std::slice::from_ref(&draft))?;
        Ok::<_, Error>(())
    })?;
    Ok(())
}

fn back_up(settings: &Settings, to: &Path) -> Result<(), Failure> {
    let realm = Realm::open(settings)?;
    let name = to
        .to_str()
        .ok_or_else(|| Failure::Usage("--to: must be a path that can be written as text".to_owned()))?;
    if settings.keys.url.starts_with("postgres") {
        return Err(Failure::Refused(
            "the keystore is on PostgreSQL: back it up with pg_dump, and keep that for at most 30 days"
                .to_owned(),
        ));
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)
        .map_err(Failure::io(format!("{}", to.display())))?;
    realm.keys.backup(name)?;
    fs::File::open(to).and_then(|file| file.sync_all()).map_err(Failure::io(format!("{}", to.display())))?;
    super::print(&json!({ "file": name, "keepAtMostDays": 30 }))
}
