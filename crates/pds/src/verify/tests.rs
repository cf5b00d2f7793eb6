//! A receipt that holds, and everything that can be done to it.

use std::{
    io::{Cursor, Read as _},
    path::Path,
};

use serde_json::Value;
use zip::ZipArchive;

use super::{
    hold,
    kept::Kept,
    receipt::{Receipt, SignedLog, Untrue, check},
    samples::{Files, GRANT, Log, ORIGIN, receipt, relisted, zipped},
};
use crate::{failure::Failure, folder::Folder};

fn checked(files: &Files) -> Result<Receipt, Untrue> {
    check(&zipped(files))
}

#[test]
fn a_receipt_holds() {
    let mut log = Log::new(7);
    let files = receipt(&mut log);
    let receipt = checked(&files).unwrap();
    assert_eq!((receipt.agreement_id.as_str(), receipt.holder, receipt.has_stop), (GRANT, "customer", true));
    assert!(receipt.is_id_proven);
    let said: Vec<_> = receipt.entries.iter().map(|entry| (entry.kind.as_str(), entry.layers())).collect();
    assert_eq!(said[2], ("grant.withdrawn", "payload, header, entry 6 of 6, signature".to_owned()));
    assert_eq!(receipt.logs.len(), 1);
    assert_eq!((receipt.logs[0].origin.as_str(), receipt.logs[0].head.size), (ORIGIN, 6));
}

#[test]
fn every_byte_of_every_file_counts() {
    let files = receipt(&mut Log::new(7));
    for (name, bytes) in &files {
        for at in 0..bytes.len() {
            let mut altered = files.clone();
            altered.get_mut(name).unwrap()[at] ^= 1;
            assert!(checked(&altered).is_err(), "{name}, byte {at}");
        }
        let mut missing = files.clone();
        missing.remove(name);
        assert!(checked(&missing).is_err(), "{name} is missing");
    }
}

#[test]
fn every_byte_counts_though_the_digests_are_listed_anew() {
    let files = receipt(&mut Log::new(7));
    // What nothing is committed to: words for people. Their digests are all that holds them.
    let free = ["VERIFY.txt", "stop.txt", "receipt.json"];
    for (name, bytes) in
        files.iter().filter(|(name, _)| !free.contains(&name.as_str()) && !name.starts_with("artefacts"))
    {
        for at in 0..bytes.len() {
            let mut altered = files.clone();
            altered.get_mut(name).unwrap()[at] ^= 1;
            assert!(checked(&relisted(altered)).is_err(), "{name}, byte {at}");
        }
    }
}

/// The names and contents of a zip, if it can be read.
fn unzipped(bytes: &[u8]) -> Option<Files> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut files = Files::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).ok()?;
        let name = file.name().ok()?.into_owned();
        let mut content = Vec::new();
        file.read_to_end(&mut content).ok()?;
        files.insert(name, content);
    }
    Some(files)
}

#[test]
fn every_byte_of_the_zip_counts_unless_it_changes_no_name_and_no_content() {
    let files = receipt(&mut Log::new(7));
    let zip = zipped(&files);
    let mut harmless = 0;
    for at in 0..zip.len() {
        let mut altered = zip.clone();
        altered[at] ^= 1;
        if check(&altered).is_ok() {
            assert_eq!(unzipped(&altered).as_ref(), Some(&files), "byte {at}");
            harmless += 1;
        }
    }
    assert!(
        harmless < zip.len() / 2,
        "times and versions of the container alone: {harmless} of {}",
        zip.len()
    );
}

#[test]
fn what_is_missing_inserted_or_moved_is_found() {
    let files = receipt(&mut Log::new(7));
    let with = |change: &dyn Fn(&mut Value, &mut Files)| {
        let mut files = files.clone();
        let mut contents: Value = serde_json::from_slice(&files["receipt.json"]).unwrap();
        change(&mut contents, &mut files);
        files.insert("receipt.json".to_owned(), contents.to_string().into_bytes());
        checked(&relisted(files)).unwrap_err().to_string()
    };
    let without = |files: &mut Files, folder: &str| files.retain(|name, _| !name.starts_with(folder));
    let gone = with(&|contents, files| {
        contents["entries"].as_array_mut().unwrap().remove(1);
        without(files, "entries/02");
    });
    assert!(gone.contains("entries/03") && gone.contains("missing"), "{gone}");
    let first = with(&|contents, files| {
        contents["entries"].as_array_mut().unwrap().remove(0);
        without(files, "entries/01");
    });
    assert!(first.contains("entries/02") && first.contains("prev"), "{first}");
    let moved = with(&|contents, _| contents["entries"].as_array_mut().unwrap().swap(1, 2));
    assert!(moved.contains("prev"), "{moved}");
    let extra = with(&|_, files| drop(files.insert("entries/04/header.json".to_owned(), b"{}".to_vec())));
    assert!(extra.contains("does not belong"), "{extra}");
    let hidden = with(&|contents, files| {
        contents["entries"][1]["payload"] = "none".into();
        files.remove("entries/02/payload.json");
        files.remove("entries/02/payload.salt");
    });
    assert!(hidden.contains("says otherwise"), "{hidden}");
    let other = with(&|contents, _| contents["grantId"] = "gra_b".into());
    assert!(other.contains("another agreement"), "{other}");
    let none = with(&|contents, files| {
        contents["entries"] = Value::Array(Vec::new());
        without(files, "entries/");
    });
    assert!(none.contains("no entries"), "{none}");
}

#[test]
fn what_is_no_receipt_is_said_to_be_none() {
    assert!(check(b"").unwrap_err().to_string().contains("no zip"));
    assert!(check(&zipped(&Files::new())).unwrap_err().to_string().contains("no receipt"));
}

fn signed(log: &Log, size: u64) -> SignedLog {
    SignedLog::open("a checkpoint", &log.vkey(), &log.checkpoint(size)).unwrap()
}

fn held(folder: &Path, log: &SignedLog) -> Result<(), Failure> {
    let folder = Folder::open(folder)?;
    let mut kept = Kept::open(&folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(hold(&folder, &mut kept, log, None))?;
    kept.store(&folder)
}

#[test]
fn a_fork_is_written_down_with_both_signatures() {
    let folder = tempfile::tempdir().unwrap();
    let (mut one, mut other) = (Log::new(7), Log::new(7));
    for (leaf, forked) in [("a", "a"), ("b", "x")] {
        one.add(leaf);
        other.add(forked);
    }
    held(folder.path(), &signed(&one, 2)).unwrap();
    held(folder.path(), &signed(&one, 2)).unwrap();
    let failure = held(folder.path(), &signed(&other, 2)).unwrap_err();
    assert!(failure.to_string().contains("forked"), "{failure}");
    let proof =
        std::fs::read_to_string(folder.path().join("fork-shop.example-ledger-consent-1-2-2.txt")).unwrap();
    for part in [one.checkpoint(2), other.checkpoint(2), one.vkey()] {
        assert!(proof.contains(&part), "{proof}");
    }
    held(folder.path(), &signed(&one, 2)).unwrap();
}

#[test]
fn another_key_is_not_believed_and_what_cannot_be_compared_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, mut impostor) = (Log::new(7), Log::new(8));
    for leaf in ["a", "b"] {
        log.add(leaf);
        impostor.add(leaf);
    }
    held(folder.path(), &signed(&log, 1)).unwrap();
    let failure = held(folder.path(), &signed(&impostor, 1)).unwrap_err();
    assert!(failure.to_string().contains("another key"), "{failure}");
    held(folder.path(), &signed(&log, 2)).unwrap();
    let kept = Kept::open(&Folder::open(folder.path()).unwrap()).unwrap();
    assert_eq!(kept.of(ORIGIN, &log.vkey()).unwrap().unwrap().head.size, 1, "not proven, so not taken over");
}
