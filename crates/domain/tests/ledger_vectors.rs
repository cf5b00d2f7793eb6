//! The worked vectors of the ledger's format: fixed salts, so every byte is known.

#![expect(clippy::unwrap_used, reason = "a test")]

use counterfoil_domain::entry::{Commitment, canonical, commit, leaf_data, leaf_hash};
use data_encoding::HEXLOWER;
use serde_json::Value;

fn hex<const N: usize>(value: &Value) -> [u8; N] {
    HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap().try_into().unwrap()
}

#[test]
fn every_layer_of_every_entry_is_as_worked_out() {
    let vectors: Value = serde_json::from_str(include_str!("vectors/ledger.json")).unwrap();
    let entries = vectors["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 5);
    for entry in entries {
        let payload = entry["payload_jcs"].as_str().unwrap();
        let digest = commit(&hex(&entry["payload_salt"]), payload.as_bytes());
        assert_eq!(digest, Commitment(hex(&entry["payload_digest"])));

        let header = entry["header_jcs"].as_str().unwrap();
        let members: Value = serde_json::from_str(header).unwrap();
        assert_eq!(canonical(&members).unwrap(), header.as_bytes(), "RFC 8785 bytes");
        assert_eq!(members["payload"], digest.to_text());

        let commitment = commit(&hex(&entry["header_salt"]), header.as_bytes());
        assert_eq!(commitment, Commitment(hex(&entry["commitment"])));
        let leaf = leaf_data(&commitment);
        assert_eq!(leaf, entry["leaf_data"].as_str().unwrap());
        assert_eq!(leaf_hash(&leaf), hex::<32>(&entry["leaf_hash"]));
    }
}

#[test]
fn our_header_has_exactly_the_members_of_the_vectors() {
    use counterfoil_domain::entry::{Actor, EntryType, Header};
    use counterfoil_domain::ids::{EntryId, RecordId};
    let at = chrono::DateTime::from_timestamp(1_793_527_200, 125_000_000).unwrap();
    let header = Header {
        id: EntryId([1; 16]),
        entry_type: EntryType::GrantGiven,
        record: RecordId([2; 16]),
        actor: Actor::Customer,
        effective_at: at,
        recorded_at: at,
        state: None,
        basis: Some("eu-gdpr:A20".to_owned()),
        expires: None,
        config: None,
        display: None,
        cause: None,
        payload: None,
        prev: None,
    };
    let ours: Value = serde_json::from_slice(&header.canonical().unwrap()).unwrap();
    let vectors: Value = serde_json::from_str(include_str!("vectors/ledger.json")).unwrap();
    let theirs: Value = serde_json::from_str(vectors["entries"][0]["header_jcs"].as_str().unwrap()).unwrap();
    let names = |v: &Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&ours), names(&theirs));
    assert_eq!(ours["effectiveAt"], "2026-11-01T10:00:00.125Z");

    let no_basis = Header { basis: None, ..header };
    assert!(no_basis.canonical().is_err(), "a decision without a basis");
}

#[test]
fn canonical_bytes_are_those_of_rfc_8785() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/rfc8785");
    for name in ["arrays", "french", "structures", "unicode", "values", "weird"] {
        let read = |side: &str| std::fs::read(folder.join(side).join(format!("{name}.json"))).unwrap();
        let value: Value = serde_json::from_slice(&read("input")).unwrap();
        assert_eq!(canonical(&value).unwrap(), read("output"), "{name}");
    }
}
