//! `ledger …`.

mod entries;
mod export;
mod prove;
mod rebuild;
mod verify;

pub use self::entries::open;

use counterfoil_store::entries::Log;
use counterfoil_store::{Error, entries as rows, trees};
use serde_json::json;

use crate::arguments::Ledger;
use crate::config::Settings;
use crate::failure::Failure;
use crate::realm::Realm;

/// Looks at the ledger.
pub fn run(settings: &Settings, command: &Ledger, quiet: bool) -> Result<(), Failure> {
    let realm = Realm::open(settings)?;
    match command {
        Ledger::Head => head(&realm),
        Ledger::Entries => entries::print(&realm),
        Ledger::Verify(command) => verify::run(&realm, command, quiet),
        Ledger::Prove { entry } => prove::run(&realm, entry),
        Ledger::Rebuild { .. } => rebuild::run(&realm),
        Ledger::Export { dir } => export::run(&realm, dir),
    }
}

/// For each log: entries, how many are in the tree and how many are signed, and the newest checkpoint.
fn head(realm: &Realm) -> Result<(), Failure> {
    let mut heads = serde_json::Map::new();
    for log in [Log::Access, Log::Consent] {
        let (size, tree, newest) = realm.store.read_blocking(|conn| {
            let tree = trees::current(conn, log)?;
            let newest = match &tree {
                Some(tree) => trees::newest(conn, &tree.log, tree.generation)?,
                None => None,
            };
            Ok::<_, Error>((rows::size(conn, log)?, tree, newest))
        })?;
        let value = json!({
            "size": size,
            "generation": tree.as_ref().map(|tree| tree.generation),
            "firstSeq": tree.as_ref().map(|tree| tree.first_seq),
            "integrated": tree.as_ref().map(|tree| tree.integrated),
            "signed": newest.as_ref().map(|checkpoint| checkpoint.size),
            "checkpoint": newest.as_ref().map(|checkpoint| checkpoint.note.as_str()),
        });
        heads.insert(log.name().to_owned(), value);
    }
    super::print(&heads)
}
