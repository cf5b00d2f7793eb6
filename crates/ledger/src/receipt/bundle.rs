//! A receipt as a file: a zip with the entries of a grant or a consent in the bytes that were committed to, their salts, a proof of each,
//! and how to check all that with other people's tools.
//!
//! The same content gives the same bytes: files are in order and without times.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};

use counterfoil_domain::entry::{InvalidEntry, canonical};
use data_encoding::HEXLOWER;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::guide::{Guide, guide};
use super::proof::Proof;
use crate::config::fingerprint;
use crate::draft::{OpenedBytes, Salted};
use crate::record::{self, Configuration, Record};
use crate::tree::{NoteError, Opener};

/// The table of contents.
const CONTENTS: &str = "receipt.json";
/// The record as JSON-LD.
const RECORD: &str = "record.jsonld";
/// The link that stops the agreement.
const STOP: &str = "stop.txt";
/// Where headers name artefacts by their `sha256:` (JSON pointers).
pub const ARTEFACTS: [&str; 3] = ["/display/template", "/display/words", "/config"];
/// How to check it.
const GUIDE: &str = "VERIFY.txt";

/// Why there is no receipt.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// There is nothing to say.
    #[error("there are no entries")]
    Empty,
    /// An entry's header is no JSON.
    #[error("a header cannot be read: {0}")]
    Header(#[from] serde_json::Error),
    /// A checkpoint or key.
    #[error("the checkpoint: {0}")]
    Note(#[from] NoteError),
    /// The table of contents.
    #[error("{0}")]
    Contents(#[from] InvalidEntry),
    /// The zip.
    #[error("the zip cannot be written: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// A file in it.
    #[error("the zip cannot be written: {0}")]
    Write(#[from] std::io::Error),
}

/// For whom a receipt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder<'a> {
    /// The customer, with the link that stops the agreement while it is in force.
    Customer {
        /// The link: whoever has it can stop the agreement.
        stop: Option<&'a str>,
    },
    /// The app. It is not told what the customer leaves out, so it gets no payload that says so; nor the link, which is
    /// the customer's.
    App,
}

impl Holder<'_> {
    fn name(self) -> &'static str {
        match self {
            Self::Customer { .. } => "customer",
            Self::App => "app",
        }
    }
}

/// Published artefacts by their `sha256:`: what pages were made of, and what decisions rest on.
#[derive(Debug, Clone, Default)]
pub struct Artefacts(BTreeMap<String, (&'static str, Vec<u8>)>);

impl Artefacts {
    /// Adds one; `extension` says what it is: `html`, `ftl`, `json`.
    pub fn add(&mut self, extension: &'static str, bytes: Vec<u8>) {
        self.0.insert(fingerprint(&bytes), (extension, bytes));
    }
}

/// An entry of a receipt.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its bytes.
    pub opened: OpenedBytes,
    /// That it is in its log.
    pub proof: Proof,
}

/// What a receipt is of, by its public id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement<'a> {
    /// A grant: `gra_…`.
    Grant(&'a str),
    /// A consent: `con_…`.
    Consent(&'a str),
}

impl<'a> Agreement<'a> {
    fn id(self) -> &'a str {
        match self {
            Self::Grant(id) | Self::Consent(id) => id,
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Grant(_) => "grant",
            Self::Consent(_) => "consent",
        }
    }
}

/// What a receipt is made of.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// What it is of.
    pub of: Agreement<'a>,
    /// The public address of the service.
    pub service: &'a str,
    /// For whom it is.
    pub holder: Holder<'a>,
    /// Every entry of its record in the consent log, in order.
    pub parts: &'a [Part],
    /// What was shown, as far as it is still at hand.
    pub artefacts: &'a Artefacts,
    /// What was published, for the record as JSON-LD. Without what it demands, the receipt says so and has no record.
    pub configurations: &'a [Configuration],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Contents<'a> {
    v: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_id: Option<&'a str>,
    holder: &'static str,
    logs: Vec<LogView>,
    entries: Vec<EntryView>,
    record: Option<&'static str>,
    stop: Option<&'static str>,
    files: BTreeMap<&'a str, String>,
}

#[derive(Serialize)]
struct LogView {
    origin: String,
    size: u64,
    checkpoint: String,
    vkey: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EntryView {
    folder: String,
    log: usize,
    index: u64,
    #[serde(rename = "type")]
    entry_type: Value,
    recorded_at: Value,
    payload: &'static str,
}

/// Packs a receipt.
///
/// # Errors
/// [`BundleError`].
pub fn pack(inputs: &Inputs<'_>) -> Result<Vec<u8>, BundleError> {
    let headers: Vec<Value> = inputs
        .parts
        .iter()
        .map(|part| serde_json::from_slice(&part.opened.header.bytes))
        .collect::<Result<_, _>>()?;
    if headers.is_empty() {
        return Err(BundleError::Empty);
    }
    let mut files = BTreeMap::new();
    let logs = logs(inputs.parts, &mut files)?;
    let entries = entries(inputs, &headers, &logs, &mut files);
    let lacking = artefacts(inputs.artefacts, &headers, &mut files);
    let record = record(inputs, &headers);
    if let Ok(bytes) = &record {
        files.insert(RECORD.to_owned(), bytes.clone());
    }
    let stop = if let Holder::Customer { stop: Some(link) } = inputs.holder {
        files.insert(STOP.to_owned(), format!("{link}\n").into_bytes());
        Some(STOP)
    } else {
        None
    };
    let text = guide(&Guide {
        id: inputs.of.id(),
        service: inputs.service,
        holder: inputs.holder,
        no_record: record.as_ref().err().map(String::as_str),
        lacking,
        is_erased: entries.iter().any(|entry| entry.payload == "erased"),
    });
    files.insert(GUIDE.to_owned(), text.into_bytes());
    let contents = Contents {
        v: "1",
        kind: inputs.of.kind(),
        grant_id: matches!(inputs.of, Agreement::Grant(_)).then(|| inputs.of.id()),
        consent_id: matches!(inputs.of, Agreement::Consent(_)).then(|| inputs.of.id()),
        holder: inputs.holder.name(),
        logs,
        entries,
        record: record.is_ok().then_some(RECORD),
        stop,
        files: files
            .iter()
            .map(|(name, bytes)| (name.as_str(), HEXLOWER.encode(&Sha256::digest(bytes))))
            .collect(),
    };
    let contents = canonical(&contents)?;
    zipped(&contents, &files)
}

fn zipped(contents: &[u8], files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, BundleError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let all = std::iter::once((CONTENTS, contents));
    for (name, bytes) in all.chain(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))) {
        writer.start_file(name, options)?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// A generation each, the newest last; its checkpoint and its key become files. Those of the newest have plain names.
fn logs(parts: &[Part], files: &mut BTreeMap<String, Vec<u8>>) -> Result<Vec<LogView>, BundleError> {
    let mut proofs: Vec<&Proof> = Vec::new();
    for Part { proof, .. } in parts {
        if proofs.last().is_none_or(|last| last.vkey != proof.vkey) {
            proofs.push(proof);
        }
    }
    let mut logs = Vec::with_capacity(proofs.len());
    for (number, proof) in proofs.iter().enumerate() {
        let opener = Opener::new(&proof.vkey)?;
        let size = opener.open(&proof.checkpoint)?.size;
        let suffix = if number + 1 == proofs.len() { String::new() } else { format!("-{}", number + 1) };
        let (checkpoint, vkey) = (format!("checkpoint{suffix}"), format!("vkey{suffix}"));
        files.insert(checkpoint.clone(), proof.checkpoint.clone().into_bytes());
        files.insert(vkey.clone(), format!("{}\n", proof.vkey).into_bytes());
        logs.push(LogView { origin: opener.origin().to_owned(), size, checkpoint, vkey });
    }
    Ok(logs)
}

fn entries(
    inputs: &Inputs<'_>,
    headers: &[Value],
    logs: &[LogView],
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Vec<EntryView> {
    let digits = format!("{}", inputs.parts.len()).len().max(2);
    let mut views = Vec::with_capacity(inputs.parts.len());
    for (number, (part, header)) in inputs.parts.iter().zip(headers).enumerate() {
        let folder = format!("entries/{:0digits$}", number + 1);
        let Part { opened, proof } = part;
        let mut add = |name: &str, salted: &Salted| {
            files.insert(format!("{folder}/{name}.json"), salted.bytes.clone());
            files.insert(format!("{folder}/{name}.salt"), salted.salt.to_vec());
        };
        add("header", &opened.header);
        let is_named = header.get("payload").is_some_and(|payload| !payload.is_null());
        let payload = match &opened.payload {
            _ if !is_named => "none",
            None => "erased",
            Some(_) if inputs.holder == Holder::App && tells_what_is_left_out(header) => "withheld",
            Some(payload) => {
                add("payload", payload);
                "included"
            }
        };
        let text = proof.text(Some(&opened.header.salt));
        files.insert(format!("{folder}/entry.tlog-proof"), text.into_bytes());
        let log = logs.iter().position(|log| proof.vkey.starts_with(&format!("{}+", log.origin)));
        let member = |name: &str| header.get(name).cloned().unwrap_or_default();
        views.push(EntryView {
            log: log.unwrap_or_default(),
            index: proof.index,
            entry_type: member("type"),
            recorded_at: member("recordedAt"),
            payload,
            folder,
        });
    }
    views
}

/// Whether an entry's payload says what the customer leaves out, or that nothing is left out.
fn tells_what_is_left_out(header: &Value) -> bool {
    // Of a type that is new here it is not known: then the app does without.
    const TELLS_NOTHING: [&str; 8] = [
        "grant.requested",
        "grant.refused",
        "grant.lapsed",
        "grant.withdrawn",
        "grant.ended",
        "grant.revoked",
        "grant.expired",
        "receipt.sent",
    ];
    header.get("type").and_then(Value::as_str).is_none_or(|name| !TELLS_NOTHING.contains(&name))
}

/// Adds what the headers name and is at hand; whether anything is lacking.
fn artefacts(artefacts: &Artefacts, headers: &[Value], files: &mut BTreeMap<String, Vec<u8>>) -> bool {
    let mut is_lacking = false;
    for header in headers {
        for name in ARTEFACTS.iter().filter_map(|at| header.pointer(at)?.as_str()) {
            match artefacts.0.get(name) {
                Some((extension, bytes)) => {
                    let digest = name.strip_prefix("sha256:").unwrap_or(name);
                    files.insert(format!("artefacts/{digest}.{extension}"), bytes.clone());
                }
                None => is_lacking = true,
            }
        }
    }
    is_lacking
}

/// The record as JSON-LD, or why there is none.
fn record(inputs: &Inputs<'_>, headers: &[Value]) -> Result<Vec<u8>, String> {
    if inputs.configurations.is_empty() {
        return Err(
            "the shop has not published yet what such a record must say, its address among it".to_owned()
        );
    }
    // That a receipt was sent is no step of what it is of.
    let is_step = |header: &&Value| header.get("type").and_then(Value::as_str) != Some("receipt.sent");
    let steps: Vec<Value> = headers.iter().filter(is_step).cloned().collect();
    let inputs = record::Inputs {
        // Its public id is all that a record needs to call the customer by.
        subject: inputs.of.id(),
        representative: None,
        headers: &steps,
        configurations: inputs.configurations,
    };
    let record = Record::new(&inputs).map_err(|error| format!("{error}"))?;
    record.canonical().map_err(|error| format!("{error}"))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use counterfoil_domain::entry::{commit, leaf_data};
    use serde_json::json;
    use tlog_tiles::record_hash;
    use zip::ZipArchive;

    use super::*;
    use crate::tree::LogKey;

    /// An entry alone in its log.
    fn part(entry_type: &str) -> Part {
        let salted = |value: &Value, salt| Salted { bytes: canonical(value).unwrap(), salt };
        let payload = salted(&json!({ "grantId": "gra_a", "carveOuts": { "categories": ["x"] } }), [1; 32]);
        let header = json!({
            "type": entry_type,
            "recordedAt": "2026-11-30T10:00:00.000Z",
            "config": fingerprint(b"published"),
            "display": { "template": fingerprint(b"page"), "words": fingerprint(b"words") },
            "payload": commit(&payload.salt, &payload.bytes).to_text(),
        });
        let header = salted(&header, [2; 32]);
        let leaf = leaf_data(&commit(&header.salt, &header.bytes));
        let key = LogKey::from_seed(&[7; 32], "shop.example/ledger/consent/1").unwrap();
        let checkpoint = key.sign(1, record_hash(leaf.as_bytes())).unwrap();
        let proof = Proof { index: 0, path: Vec::new(), checkpoint, leaf, vkey: key.vkey() };
        Part { opened: OpenedBytes { header, payload: Some(payload) }, proof }
    }

    fn packed(holder: Holder<'_>, parts: &[Part]) -> Vec<u8> {
        let mut artefacts = Artefacts::default();
        artefacts.add("html", b"page".to_vec());
        let inputs = Inputs {
            of: Agreement::Grant("gra_a"),
            service: "https://shop.example",
            holder,
            parts,
            artefacts: &artefacts,
            configurations: &[],
        };
        pack(&inputs).unwrap()
    }

    fn files(zip: &[u8]) -> BTreeMap<String, String> {
        let mut archive = ZipArchive::new(Cursor::new(zip)).unwrap();
        let mut files = BTreeMap::new();
        for index in 0..archive.len() {
            let mut file = archive.by_index(index).unwrap();
            let name = file.name().unwrap().into_owned();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            files.insert(name, String::from_utf8_lossy(&bytes).into_owned());
        }
        files
    }

    #[test]
    fn the_same_content_gives_the_same_bytes() {
        let parts = [part("grant.given")];
        let holder = Holder::Customer { stop: Some("https://shop.example/stop/cfs_a") };
        assert_eq!(packed(holder, &parts), packed(holder, &parts));
    }

    #[test]
    fn a_customer_gets_everything_and_the_bytes_that_were_committed_to() {
        let parts = [part("grant.given")];
        let files =
            files(&packed(Holder::Customer { stop: Some("https://shop.example/stop/cfs_a") }, &parts));
        assert_eq!(files["stop.txt"], "https://shop.example/stop/cfs_a\n");
        assert_eq!(
            files["entries/01/payload.json"].as_bytes(),
            parts[0].opened.payload.as_ref().unwrap().bytes
        );
        assert_eq!(files["entries/01/header.json"].as_bytes(), parts[0].opened.header.bytes);
        let is_page =
            |name: &str| std::path::Path::new(name).extension().is_some_and(|ending| ending == "html");
        assert!(files.keys().any(|name| name.starts_with("artefacts/") && is_page(name)));
        let guide = &files["VERIFY.txt"];
        for part in ["no record.jsonld", "keep it to", "not in artefacts/", "--url https://shop.example"] {
            assert!(guide.contains(part), "{part}: {guide}");
        }
        assert!(!guide.contains('{') || !guide.contains("{service}") && !guide.contains("{notes}"));
    }

    #[test]
    fn an_app_is_not_told_what_is_left_out_nor_how_to_stop_for_the_customer() {
        for (entry_type, expected) in [
            ("grant.given", "withheld"),
            ("grant.amended", "withheld"),
            ("something.new", "withheld"),
            ("grant.withdrawn", "included"),
        ] {
            let files = files(&packed(Holder::App, &[part(entry_type)]));
            let contents: Value = serde_json::from_str(&files["receipt.json"]).unwrap();
            assert_eq!(contents["entries"][0]["payload"], expected, "{entry_type}");
            assert_eq!(files.contains_key("entries/01/payload.json"), expected == "included");
            assert!(!files.contains_key("stop.txt") && contents["stop"].is_null());
        }
    }
}
