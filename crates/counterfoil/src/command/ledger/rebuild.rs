//! `ledger rebuild --check`: whether the tables of what customers volunteer say what the headers of entries alone say.

use counterfoil_volunteered::rebuild;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::realm::Realm;

/// Compares, prints what differs, and fails where anything does.
pub fn run(realm: &Realm) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::io("starting the runtime"))?;
    let found = runtime.block_on(rebuild::check(&realm.volunteering()))?;
    let listed: Value = found
        .iter()
        .map(|one| {
            json!({
                "table": one.table,
                "record": format!("{}", one.record),
                "stored": one.stored,
                "rebuilt": one.rebuilt,
            })
        })
        .collect();
    super::super::print(&json!({ "differences": listed }))?;
    if found.is_empty() {
        return Ok(());
    }
    Err(Failure::Different(format!("{} records stand otherwise than their entries say", found.len())))
}
