//! A log and a receipt from it, made without the service.

use std::{
    collections::BTreeMap,
    io::{Cursor, Write as _},
};

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use hmac::{Hmac, Mac as _};
use openssl::{
    pkey::{Id, PKey, Private},
    sign::Signer,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use signed_note::{Note, Signature, key_id};
use tlog_tiles::{
    Checkpoint, Error as TlogError, Hash, HashReader, prove_record, stored_hash_index, stored_hashes,
    tree_hash,
};
use zip::{ZipWriter, write::SimpleFileOptions};

/// The log's name.
pub const ORIGIN: &str = "shop.example/ledger/consent/1";
/// The agreement.
pub const GRANT: &str = "gra_aaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A file by its name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// A log whose leaves are at hand.
pub struct Log {
    key: PKey<Private>,
    hashes: Vec<Hash>,
    size: u64,
}

struct Stored<'a>(&'a [Hash]);

impl HashReader for Stored<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, TlogError> {
        Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).unwrap()]).collect())
    }
}

impl Log {
    /// An empty one, with the key of a seed.
    pub fn new(seed: u8) -> Self {
        let key = PKey::private_key_from_raw_bytes(&[seed; 32], Id::ED25519).unwrap();
        Self { key, hashes: Vec::new(), size: 0 }
    }

    /// Adds a leaf; its index.
    pub fn add(&mut self, leaf: &str) -> u64 {
        let new = stored_hashes(self.size, leaf.as_bytes(), &Stored(&self.hashes)).unwrap();
        assert_eq!(u64::try_from(self.hashes.len()).unwrap(), stored_hash_index(0, self.size));
        self.hashes.extend(new);
        self.size += 1;
        self.size - 1
    }

    fn public(&self) -> Vec<u8> {
        [&[1], self.key.raw_public_key().unwrap().as_slice()].concat()
    }

    /// Its verifier key.
    pub fn vkey(&self) -> String {
        let id = HEXLOWER.encode(&key_id(ORIGIN, &self.public()).to_be_bytes());
        format!("{ORIGIN}+{id}+{}", BASE64.encode(&self.public()))
    }

    /// Its signed checkpoint at a size.
    pub fn checkpoint(&self, size: u64) -> String {
        let root = tree_hash(size, &Stored(&self.hashes)).unwrap();
        let text = Checkpoint::new(ORIGIN, size, root, "").unwrap().to_bytes();
        let signature = Signer::new_without_digest(&self.key).unwrap().sign_oneshot_to_vec(&text).unwrap();
        let signature = Signature::new(ORIGIN.to_owned(), key_id(ORIGIN, &self.public()), signature).unwrap();
        String::from_utf8(Note::new(&text, &[signature]).unwrap().to_bytes()).unwrap()
    }

    fn proof(&self, salt: &[u8], index: u64) -> String {
        let path = prove_record(self.size, index, &Stored(&self.hashes)).unwrap();
        let path: String = path.iter().map(|hash| BASE64.encode(&hash.0) + "\n").collect();
        let extra = BASE64.encode(salt);
        format!(
            "c2sp.org/tlog-proof@v1\nextra {extra}\nindex {index}\n{path}\n{}",
            self.checkpoint(self.size)
        )
    }
}

/// The commitment to canonical bytes.
pub fn mac(salt: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(salt).unwrap();
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

fn spelt(mac: &[u8; 32]) -> String {
    format!("hmac-sha256:{}", HEXLOWER.encode(mac))
}

/// The files of a receipt of three entries, among other leaves of a log.
pub fn receipt(log: &mut Log) -> Files {
    let mut files = Files::new();
    let artefact = b"<p>what was shown</p>".to_vec();
    let shown = HEXLOWER.encode(&Sha256::digest(&artefact));
    files.insert(format!("artefacts/{shown}.html"), artefact);
    let mut views = Vec::new();
    let mut prev = Value::Null;
    let types = ["grant.requested", "grant.given", "grant.withdrawn"];
    let mut salts = Vec::new();
    for (number, name) in (1_u8..).zip(types) {
        log.add(&format!("somebody else's {number}"));
        let folder = format!("entries/{number:02}");
        let (salt, payload_salt) = ([number; 32], [number + 100; 32]);
        let payload = json!({"grantId": GRANT, "version": 1}).to_string().into_bytes();
        let at = format!("2026-11-30T10:00:0{number}.000Z");
        let header = json!({
            "v": "1", "id": format!("ent_{number}"), "type": name, "record": "rec_a", "recordedAt": at,
            "effectiveAt": at, "state": name.trim_start_matches("grant."),
            "display": {"build": "1", "language": "en", "template": format!("sha256:{shown}"), "words": "sha256:00"},
            "payload": spelt(&mac(&payload_salt, &payload)), "prev": prev,
        });
        let header = header.to_string().into_bytes();
        let commitment = mac(&salt, &header);
        prev = json!(spelt(&commitment));
        let leaf = format!("{{\"c\":\"{}\",\"v\":\"1\"}}", BASE64URL_NOPAD.encode(&commitment));
        let index = log.add(&leaf);
        salts.push((folder.clone(), salt, index));
        for (name, bytes) in [
            ("header.json", header),
            ("header.salt", salt.to_vec()),
            ("payload.json", payload),
            ("payload.salt", payload_salt.to_vec()),
        ] {
            files.insert(format!("{folder}/{name}"), bytes);
        }
        views.push(json!({
            "folder": folder, "log": 0, "index": index, "type": name, "recordedAt": at, "payload": "included",
        }));
    }
    for (folder, salt, index) in salts {
        files.insert(format!("{folder}/entry.tlog-proof"), log.proof(&salt, index).into_bytes());
    }
    files.insert("checkpoint".to_owned(), log.checkpoint(log.size).into_bytes());
    files.insert("vkey".to_owned(), format!("{}\n", log.vkey()).into_bytes());
    files.insert("VERIFY.txt".to_owned(), b"how to".to_vec());
    files.insert("stop.txt".to_owned(), b"https://shop.example/stop/cfs_a\n".to_vec());
    let digests: BTreeMap<&String, String> =
        files.iter().map(|(name, bytes)| (name, HEXLOWER.encode(&Sha256::digest(bytes)))).collect();
    let contents = json!({
        "v": "1", "kind": "grant", "grantId": GRANT, "holder": "customer", "record": null, "stop": "stop.txt",
        "logs": [{"origin": ORIGIN, "size": log.size, "checkpoint": "checkpoint", "vkey": "vkey"}],
        "entries": views, "files": digests,
    });
    files.insert("receipt.json".to_owned(), contents.to_string().into_bytes());
    files
}

/// Lists the digests of files anew: what somebody does who alters a receipt with care.
pub fn relisted(mut files: Files) -> Files {
    let mut contents: Value = serde_json::from_slice(&files.remove("receipt.json").unwrap()).unwrap();
    contents["files"] = files
        .iter()
        .map(|(name, bytes)| (name.clone(), json!(HEXLOWER.encode(&Sha256::digest(bytes)))))
        .collect();
    files.insert("receipt.json".to_owned(), contents.to_string().into_bytes());
    files
}

/// The zip of files.
pub fn zipped(files: &Files) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}
