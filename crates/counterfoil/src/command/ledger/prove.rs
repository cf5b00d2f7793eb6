//! `ledger prove`: that an entry is in its log, as a file that other people's software checks.

use counterfoil_domain::ids::EntryId;
use counterfoil_ledger::receipt::{Proof, ProofError};
use counterfoil_store::{Error, entries};

use crate::failure::Failure;
use crate::realm::Realm;

/// Prints the proof of an entry.
pub fn run(realm: &Realm, entry: &str) -> Result<(), Failure> {
    let id: EntryId = entry.parse().map_err(|_| {
        Failure::Usage(format!("{entry} is not the id of an entry, such as ent_ and 26 characters"))
    })?;
    let stored = realm.store.read_blocking(|conn| entries::find(conn, id))?;
    let stored = stored.ok_or_else(|| Failure::Refused(format!("there is no entry {entry}")))?;
    let proof = Proof::of(&realm.store, &realm.objects, &realm.generations, &stored);
    let proof = proof.map_err(|error| match error {
        ProofError::Store(error @ Error::Unavailable(_)) => Failure::from(error),
        error => Failure::Refused(format!("{error}")),
    })?;
    super::super::write_out(proof.text(None).as_bytes())
}
