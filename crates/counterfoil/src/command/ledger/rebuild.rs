//! `ledger rebuild --check`.

use counterfoil_volunteered::rebuild;
use serde_json::json;

use crate::failure::Failure;
use crate::realm::Realm;

/// Holds the tables against the headers; prints every record of which they say different things.
pub fn run(realm: &Realm) -> Result<(), Failure> {
    let differences = rebuild::check_blocking(&realm.volunteering())?;
    let told: Vec<_> = differences
        .iter()
        .map(|one| {
            json!({ "table": one.table, "record": one.record, "stored": one.stored, "rebuilt": one.rebuilt })
        })
        .collect();
    super::super::print(&json!({ "same": told.is_empty(), "differences": told }))?;
    if told.is_empty() {
        Ok(())
    } else {
        Err(Failure::Different("the tables and the ledger say different things".to_owned()))
    }
}
