//! What a customer or auditor keeps: proofs that others' software checks.

use counterfoil_domain::entry::EntryType;

mod bundle;
mod guide;
mod material;
mod proof;

pub use bundle::{Agreement, Artefacts, BundleError, Holder, Inputs, Part, pack};
pub use material::{Material, MaterialError, Shelf};
pub use proof::{Proof, ProofError, Prover};

/// Whether a receipt is sent after an entry of this type: when an agreement begins, changes or ends.
pub(crate) fn is_owed_after(entry_type: EntryType) -> bool {
    matches!(
        entry_type,
        EntryType::GrantGiven
            | EntryType::GrantAmended
            | EntryType::GrantLapsed
            | EntryType::GrantWithdrawn
            | EntryType::GrantEnded
            | EntryType::GrantRevoked
            | EntryType::GrantExpired
    )
}
