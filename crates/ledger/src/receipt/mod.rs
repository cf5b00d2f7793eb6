//! What a customer or auditor keeps: proofs that others' software checks.

mod bundle;
mod guide;
mod proof;

pub use bundle::{Artefacts, BundleError, Holder, Inputs, Part, pack};
pub use proof::{Proof, ProofError, Prover};
