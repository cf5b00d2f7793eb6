//! A receipt, read and checked: payload, header, leaf, proof, signature, and that nothing stands between.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    io::{Cursor, Read as _},
};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, Mac as _};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{Checkpoint, Hash, check_record, record_hash};
use zip::ZipArchive;

use super::record::{self, Step};
use super::tlog_proof::Proof;
use crate::wire::printable;

/// The table of contents.
const CONTENTS: &str = "receipt.json";
/// Bytes that a receipt may have, unpacked.
const LIMIT: u64 = 64 << 20;
/// Files that it may have.
const FILES: usize = 100_000;

/// What does not hold, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untrue {
    place: String,
    what: String,
}

impl Untrue {
    /// Something that does not hold.
    pub fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: printable(&place.into()), what: printable(&what.into()) }
    }
}

impl fmt::Display for Untrue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// The tree that a checkpoint states.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Head {
    /// Entries.
    pub size: u64,
    /// Root.
    pub root: Hash,
}

/// A log as it was signed.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedLog {
    /// Its name.
    pub origin: String,
    /// The key that signed it.
    pub vkey: String,
    /// The signed note.
    pub note: String,
    /// What that states.
    pub head: Head,
}

impl SignedLog {
    /// Opens a checkpoint with a verifier key, whose name is the log's origin.
    ///
    /// # Errors
    /// [`Untrue`] when the key did not sign it for that log.
    pub fn open(place: &str, vkey: &str, note: &str) -> Result<Self, Untrue> {
        let wrong = |what: &str| Untrue::new(place, what);
        let verifier = StandardVerifier::new(vkey).map_err(|_| wrong("the key is no verifier key"))?;
        let origin = vkey.split('+').next().unwrap_or_default().to_owned();
        let opened = Note::from_bytes(note.as_bytes()).map_err(|_| wrong("is no signed note"))?;
        // Signatures by others may stand there; one that is not looked at must not be there to be changed either.
        let (_, rest) = note.rsplit_once("\n\n").ok_or_else(|| wrong("is no signed note"))?;
        let checkpoint = Checkpoint::from_bytes(opened.text()).map_err(|_| wrong("is no checkpoint"))?;
        opened
            .verify(&VerifierList::new(vec![Box::new(verifier)]))
            .map_err(|_| wrong("the signature is not the key's"))?;
        if rest.lines().count() != 1 {
            return Err(wrong("has signatures that nobody here can check"));
        }
        if checkpoint.origin() != origin {
            return Err(wrong("is of another log"));
        }
        let head = Head { size: checkpoint.size(), root: *checkpoint.hash() };
        Ok(Self { origin, vkey: vkey.to_owned(), note: note.to_owned(), head })
    }
}

/// An entry whose layers hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its folder.
    pub folder: String,
    /// Its type.
    pub kind: String,
    /// When it was written, as it says.
    pub recorded_at: String,
    index: u64,
    size: u64,
    payload: Part,
}

impl Entry {
    /// What was checked of it.
    pub fn layers(&self) -> String {
        let payload = match self.payload {
            Part::Included => "payload, ",
            Part::None => "",
            Part::Erased => "(payload erased) ",
            Part::Withheld => "(payload withheld) ",
        };
        format!("{payload}header, entry {} of {}, signature", self.index + 1, self.size)
    }
}

/// A receipt that holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// The agreement, a grant or a consent, by its id.
    pub agreement_id: String,
    /// For whom it is.
    pub holder: &'static str,
    /// Its entries, in order.
    pub entries: Vec<Entry>,
    /// The logs that they are in, oldest generation first.
    pub logs: Vec<SignedLog>,
    /// Whether it has a stop link.
    pub has_stop: bool,
    /// Whether it has the record as JSON-LD, which says what the entries say.
    pub has_record: bool,
    /// Whether a payload says that the entries are of that agreement.
    pub is_id_proven: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Contents {
    v: String,
    kind: Agreement,
    grant_id: Option<String>,
    consent_id: Option<String>,
    holder: Holder,
    logs: Vec<LogView>,
    entries: Vec<EntryView>,
    record: Option<String>,
    stop: Option<String>,
    files: BTreeMap<String, String>,
}

/// What a receipt is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Agreement {
    /// What an app may see and do.
    Grant,
    /// What the shop may use, for a purpose.
    Consent,
}

impl Agreement {
    /// The member of payloads that names it.
    fn member(self) -> &'static str {
        match self {
            Self::Grant => "grantId",
            Self::Consent => "consentId",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Holder {
    Customer,
    App,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogView {
    origin: String,
    size: u64,
    checkpoint: String,
    vkey: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EntryView {
    folder: String,
    log: usize,
    index: u64,
    #[serde(rename = "type")]
    entry_type: String,
    recorded_at: String,
    payload: Part,
}

/// What became of an entry's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Part {
    Included,
    None,
    Erased,
    Withheld,
}

/// The members of a header that are looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    #[serde(rename = "type")]
    entry_type: String,
    record: String,
    recorded_at: String,
    display: Option<Display>,
    config: Option<String>,
    payload: Option<String>,
    prev: Option<String>,
}

#[derive(Deserialize)]
struct Display {
    template: String,
    words: String,
}

type Files = BTreeMap<String, Vec<u8>>;

/// Reads a receipt and checks every layer of every entry.
///
/// # Errors
/// [`Untrue`] names the first thing that does not hold.
pub fn check(bytes: &[u8]) -> Result<Receipt, Untrue> {
    let mut files = unpack(bytes)?;
    let wrong = |what: &str| Untrue::new(CONTENTS, what);
    let contents = files.remove(CONTENTS).ok_or_else(|| wrong("is missing: this is no receipt"))?;
    let contents: Contents = serde_json::from_slice(&contents)
        .map_err(|error| wrong(&format!("cannot be understood: {error}")))?;
    if contents.v != "1" {
        return Err(wrong("is of a version that this program does not know"));
    }
    let agreement_id = match (contents.kind, &contents.grant_id, &contents.consent_id) {
        (Agreement::Grant, Some(id), None) | (Agreement::Consent, None, Some(id)) => id.clone(),
        _ => return Err(wrong("does not name the one agreement that it is of")),
    };
    check_files(&contents, &files)?;
    let logs = contents.logs.iter().map(|log| check_log(log, &files)).collect::<Result<Vec<_>, _>>()?;
    let mut chain = Chain {
        kind: contents.kind,
        agreement_id: &agreement_id,
        record: None,
        before: None,
        is_id_proven: false,
    };
    let mut expected = expected_files(&contents);
    let mut entries = Vec::with_capacity(contents.entries.len());
    let mut steps = Vec::with_capacity(contents.entries.len());
    for view in &contents.entries {
        let (entry, named, step) = check_entry(view, &logs, &files, &mut chain)?;
        steps.push(step);
        // Artefacts are named by what they are; which of them are at hand is the shop's.
        expected
            .extend(files.keys().filter(|name| named.iter().any(|hash| is_artefact(name, hash))).cloned());
        entries.push(entry);
    }
    if entries.is_empty() {
        return Err(wrong("has no entries"));
    }
    if let Some(extra) = files.keys().find(|name| !expected.contains(*name)) {
        return Err(Untrue::new(extra, "does not belong into the receipt"));
    }
    if contents.record.is_some() {
        let named = chain.record.as_deref().unwrap_or_default();
        record::check(self::bytes(&files, record::RECORD)?, named, &steps)?;
    }
    Ok(Receipt {
        is_id_proven: chain.is_id_proven,
        holder: if contents.holder == Holder::App { "app" } else { "customer" },
        has_stop: contents.stop.is_some(),
        has_record: contents.record.is_some(),
        agreement_id: agreement_id.clone(),
        entries,
        logs,
    })
}

fn unpack(bytes: &[u8]) -> Result<Files, Untrue> {
    let wrong =
        |what: &dyn fmt::Display| Untrue::new("the file", format!("is no zip that can be read: {what}"));
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| wrong(&error))?;
    if archive.len() > FILES {
        return Err(Untrue::new("the file", "has too many files to be a receipt"));
    }
    let mut files = Files::new();
    let mut left = LIMIT;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).map_err(|error| wrong(&error))?;
        let name = file.name().map_err(|error| wrong(&error))?.into_owned();
        if file.is_dir() {
            continue;
        }
        let mut content = Vec::new();
        let read = file.by_ref().take(left + 1).read_to_end(&mut content);
        read.map_err(|error| Untrue::new(&name, format!("cannot be unpacked: {error}")))?;
        left = left
            .checked_sub(u64::try_from(content.len()).unwrap_or(u64::MAX))
            .ok_or_else(|| Untrue::new("the file", "is too large to be a receipt"))?;
        if files.insert(name.clone(), content).is_some() {
            return Err(Untrue::new(name, "is there twice"));
        }
    }
    Ok(files)
}

/// Every file is listed with its digest, and every listed file is there.
fn check_files(contents: &Contents, files: &Files) -> Result<(), Untrue> {
    for (name, digest) in &contents.files {
        let bytes = files.get(name).ok_or_else(|| Untrue::new(name, "is missing"))?;
        if HEXLOWER.encode(&Sha256::digest(bytes)) != *digest {
            return Err(Untrue::new(name, "is not what receipt.json lists"));
        }
    }
    match files.keys().find(|name| !contents.files.contains_key(*name)) {
        Some(name) => Err(Untrue::new(name, "is not listed in receipt.json")),
        None => Ok(()),
    }
}

/// The files that a receipt with such contents has, beside artefacts.
fn expected_files(contents: &Contents) -> BTreeSet<String> {
    let mut expected = BTreeSet::from(["VERIFY.txt".to_owned()]);
    let named = [(&contents.record, record::RECORD), (&contents.stop, "stop.txt")];
    expected.extend(
        named
            .iter()
            .filter(|(said, name)| said.as_deref() == Some(*name))
            .map(|(_, name)| (*name).to_owned()),
    );
    for log in &contents.logs {
        expected.extend([log.checkpoint.clone(), log.vkey.clone()]);
    }
    for entry in &contents.entries {
        let folder = &entry.folder;
        expected.extend(
            ["header.json", "header.salt", "entry.tlog-proof"].map(|name| format!("{folder}/{name}")),
        );
        if entry.payload == Part::Included {
            expected.extend(["payload.json", "payload.salt"].map(|name| format!("{folder}/{name}")));
        }
    }
    expected
}

/// Whether a file is the artefact that a header names by `sha256:`.
fn is_artefact(name: &str, hash: &str) -> bool {
    let digest = name.strip_prefix("artefacts/").and_then(|rest| rest.split('.').next());
    digest.is_some() && digest == hash.strip_prefix("sha256:")
}

fn check_log(view: &LogView, files: &Files) -> Result<SignedLog, Untrue> {
    let vkey = text(files, &view.vkey)?;
    let vkey = vkey.strip_suffix('\n').ok_or_else(|| Untrue::new(&view.vkey, "is no key"))?;
    let log = SignedLog::open(&view.checkpoint, vkey, text(files, &view.checkpoint)?)?;
    if log.origin != view.origin || log.head.size != view.size {
        return Err(Untrue::new(&view.checkpoint, "is not of the log and the size that receipt.json says"));
    }
    Ok(log)
}

/// What entries have in common as one follows on the other.
struct Chain<'a> {
    kind: Agreement,
    agreement_id: &'a str,
    record: Option<String>,
    before: Option<String>,
    is_id_proven: bool,
}

/// Checks an entry; gives it with the artefacts that its header names, and what a record must say of it.
fn check_entry(
    view: &EntryView,
    logs: &[SignedLog],
    files: &Files,
    chain: &mut Chain<'_>,
) -> Result<(Entry, Vec<String>, Step), Untrue> {
    let folder = &view.folder;
    let wrong = |what: &str| Untrue::new(folder, what);
    let log = logs.get(view.log).ok_or_else(|| wrong("is in no log of the receipt"))?;
    let (header_bytes, salt) =
        (bytes(files, &format!("{folder}/header.json"))?, bytes(files, &format!("{folder}/header.salt"))?);
    let header: Header =
        serde_json::from_slice(header_bytes).map_err(|_| wrong("header: is no header of an entry"))?;
    let step: Step =
        serde_json::from_slice(header_bytes).map_err(|_| wrong("header: is no header of an entry"))?;
    check_payload(view, &header, files, chain)?;

    let commitment = mac(salt, header_bytes).ok_or_else(|| wrong("header.salt: has not 32 bytes"))?;
    let leaf = format!("{{\"c\":\"{}\",\"v\":\"1\"}}", BASE64URL_NOPAD.encode(&commitment));
    let proof_text = text(files, &format!("{folder}/entry.tlog-proof"))?;
    let proof = Proof::parse(proof_text).ok_or_else(|| wrong("proof: is no tlog-proof"))?;
    if proof.extra != *salt || proof.checkpoint != log.note {
        return Err(wrong("proof: does not belong to this header and checkpoint"));
    }
    check_record(&proof.path, log.head.size, log.head.root, proof.index, record_hash(leaf.as_bytes()))
        .map_err(|_| wrong("leaf: this header, in these words, is not at that place in the log"))?;

    if chain.record.as_ref().is_some_and(|record| *record != header.record) {
        return Err(wrong("header: is of another record"));
    }
    if chain.before != header.prev {
        return Err(wrong("prev: does not follow on the entry before: one is missing, inserted or moved"));
    }
    if view.index != proof.index
        || view.entry_type != header.entry_type
        || view.recorded_at != header.recorded_at
    {
        return Err(wrong("is not what receipt.json says of it"));
    }
    chain.record = Some(header.record);
    chain.before = Some(text_of(&commitment));
    let named = header.display.map(|display| [display.template, display.words]).into_iter().flatten();
    let named = named.chain(header.config).collect();
    let entry = Entry {
        folder: folder.clone(),
        kind: printable(&view.entry_type),
        recorded_at: printable(&view.recorded_at),
        index: view.index,
        size: log.head.size,
        payload: view.payload,
    };
    Ok((entry, named, step))
}

fn check_payload(
    view: &EntryView,
    header: &Header,
    files: &Files,
    chain: &mut Chain<'_>,
) -> Result<(), Untrue> {
    let folder = &view.folder;
    let wrong = |what: &str| Untrue::new(folder, what);
    match (view.payload, &header.payload) {
        (Part::None, None) | (Part::Erased | Part::Withheld, Some(_)) => return Ok(()),
        (Part::Included, Some(_)) => {}
        _ => return Err(wrong("payload: the header says otherwise whether there is one")),
    }
    let (payload, salt) =
        (bytes(files, &format!("{folder}/payload.json"))?, bytes(files, &format!("{folder}/payload.salt"))?);
    let digest = mac(salt, payload).ok_or_else(|| wrong("payload.salt: has not 32 bytes"))?;
    if header.payload.as_deref() != Some(text_of(&digest).as_str()) {
        return Err(wrong("payload: is not the one that the header names"));
    }
    let payload: Value = serde_json::from_slice(payload).map_err(|_| wrong("payload: is no JSON"))?;
    if let Some(named) = payload.get(chain.kind.member()).and_then(Value::as_str) {
        if named != chain.agreement_id {
            return Err(wrong("payload: is of another agreement than the receipt"));
        }
        chain.is_id_proven = true;
    }
    Ok(())
}

fn bytes<'a>(files: &'a Files, name: &str) -> Result<&'a Vec<u8>, Untrue> {
    files.get(name).ok_or_else(|| Untrue::new(name, "is missing"))
}

fn text<'a>(files: &'a Files, name: &str) -> Result<&'a str, Untrue> {
    std::str::from_utf8(bytes(files, name)?).map_err(|_| Untrue::new(name, "is no text"))
}

/// HMAC-SHA256 under a salt of 32 bytes; `None` for another length.
fn mac(salt: &[u8], bytes: &[u8]) -> Option<[u8; 32]> {
    let salt: &[u8; 32] = salt.try_into().ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(salt).ok()?;
    mac.update(bytes);
    Some(mac.finalize().into_bytes().into())
}

/// As headers spell it.
fn text_of(mac: &[u8; 32]) -> String {
    format!("hmac-sha256:{}", HEXLOWER.encode(mac))
}
