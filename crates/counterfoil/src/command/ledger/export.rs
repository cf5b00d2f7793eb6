//! `ledger export`: checkpoints, keys and tiles in a folder, as C2SP tlog-tiles lays them out. No header or payload is
//! among them.

use std::fs;
use std::path::Path;

use counterfoil_ledger::tree::{PublicLogs, path};
use serde_json::json;

use crate::failure::Failure;
use crate::realm::Realm;

/// Writes what is public of every generation below `dir`, which must be new or empty.
pub fn run(realm: &Realm, dir: &Path) -> Result<(), Failure> {
    let failed = |path: &Path| Failure::io(format!("{}", path.display()));
    fs::create_dir_all(dir).map_err(failed(dir))?;
    if fs::read_dir(dir).map_err(failed(dir))?.next().is_some() {
        return Err(Failure::Refused(format!("{} is not empty", dir.display())));
    }
    let logs = PublicLogs::new(realm.store.clone(), realm.objects.clone());
    let mut written = Vec::new();
    for listed in logs.list()? {
        let (log, generation) = (listed.log.as_str(), listed.generation);
        let Some((checkpoint, tiles)) = logs.whole(log, generation)? else { continue };
        let place = dir.join(log).join(format!("{generation}"));
        write(&place.join("checkpoint"), checkpoint.as_bytes())?;
        write(&place.join("vkey"), listed.vkey.as_bytes())?;
        for tile in &tiles {
            let bytes = logs.tile(log, generation, tile)?;
            let bytes = bytes
                .ok_or_else(|| Failure::Refused(format!("{log}/{generation}: {} is missing", path(tile))))?;
            write(&place.join(path(tile)), &bytes)?;
        }
        written.push(json!({ "origin": listed.origin, "vkey": listed.vkey, "tiles": tiles.len() }));
    }
    super::super::print(&json!({ "logs": written }))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |path: &Path| Failure::io(format!("{}", path.display()));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed(parent))?;
    }
    fs::write(path, bytes).map_err(failed(path))
}
