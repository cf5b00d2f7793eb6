//! What a customer or auditor keeps: proofs that others' software checks.

mod proof;

pub use proof::{Proof, ProofError};
