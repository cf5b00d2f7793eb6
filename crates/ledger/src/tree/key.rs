//! The key of a log's generation: Ed25519, in a file, never in the database. It signs checkpoints as C2SP signed
//! notes.

use counterfoil_domain::clock::Entropy;
use data_encoding::{BASE64, HEXLOWER};
use openssl::pkey::{Id, PKey, Private};
use openssl::sign::Signer;
use signed_note::{Note, Signature, StandardVerifier, VerifierList, key_id};
use tlog_tiles::{Checkpoint, Hash};

/// The algorithm byte of Ed25519 in a signed note's key.
const ED25519: u8 = 1;

/// A key or a note that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    /// The key's file holds no Ed25519 key.
    #[error("not an Ed25519 key")]
    Key,
    /// OpenSSL failed.
    #[error("signing failed: {0}")]
    Signing(String),
    /// A verifier key that is not one.
    #[error("not a verifier key: {0}")]
    VerifierKey(String),
    /// A note or checkpoint that is not one.
    #[error("not a checkpoint")]
    Malformed,
    /// It is a checkpoint, and this key did not sign it.
    #[error("the signature is not the key's")]
    Signature,
    /// It was signed for another log.
    #[error("the checkpoint is of another origin")]
    Origin,
}

/// The private key of a generation, with the name under which it signs.
pub struct LogKey {
    key: PKey<Private>,
    origin: String,
    public: Vec<u8>,
}

impl std::fmt::Debug for LogKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogKey").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl LogKey {
    /// A new key from 32 random bytes.
    ///
    /// # Errors
    /// [`NoteError::Signing`] when OpenSSL does not take them.
    pub fn generate(entropy: &Entropy, origin: &str) -> Result<Self, NoteError> {
        Self::from_seed(&entropy.bytes::<32>(), origin)
    }

    /// The key of a seed (RFC 8032).
    ///
    /// # Errors
    /// [`NoteError::Signing`] when OpenSSL does not take it.
    pub fn from_seed(seed: &[u8; 32], origin: &str) -> Result<Self, NoteError> {
        let key = PKey::private_key_from_raw_bytes(seed, Id::ED25519).map_err(signing)?;
        Self::new(key, origin)
    }

    /// The key in a PEM file (PKCS #8).
    ///
    /// # Errors
    /// [`NoteError::Key`] for another kind of key.
    pub fn from_pem(pem: &[u8], origin: &str) -> Result<Self, NoteError> {
        let key = PKey::private_key_from_pem(pem).map_err(|_| NoteError::Key)?;
        if key.id() != Id::ED25519 {
            return Err(NoteError::Key);
        }
        Self::new(key, origin)
    }

    fn new(key: PKey<Private>, origin: &str) -> Result<Self, NoteError> {
        let raw = key.raw_public_key().map_err(signing)?;
        Ok(Self { key, origin: origin.to_owned(), public: [&[ED25519], raw.as_slice()].concat() })
    }

    /// PEM (PKCS #8), for the key's file.
    ///
    /// # Errors
    /// [`NoteError::Signing`] when OpenSSL cannot write it.
    pub fn to_pem(&self) -> Result<Vec<u8>, NoteError> {
        self.key.private_key_to_pem_pkcs8().map_err(signing)
    }

    /// The verifier key: `name+hash+key`, as signed-note writes it.
    pub fn vkey(&self) -> String {
        let id = HEXLOWER.encode(&key_id(&self.origin, &self.public).to_be_bytes());
        format!("{}+{id}+{}", self.origin, BASE64.encode(&self.public))
    }

    /// The origin it signs for.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// A signed checkpoint of a tree.
    ///
    /// # Errors
    /// [`NoteError`] when it cannot be signed.
    pub fn sign(&self, size: u64, root: Hash) -> Result<String, NoteError> {
        let checkpoint =
            Checkpoint::new(&self.origin, size, root, "").map_err(|_| NoteError::Malformed)?.to_bytes();
        let mut signer = Signer::new_without_digest(&self.key).map_err(signing)?;
        let signature = signer.sign_oneshot_to_vec(&checkpoint).map_err(signing)?;
        let id = key_id(&self.origin, &self.public);
        let signature =
            Signature::new(self.origin.clone(), id, signature).map_err(|_| NoteError::Malformed)?;
        let note = Note::new(&checkpoint, &[signature]).map_err(|_| NoteError::Malformed)?;
        String::from_utf8(note.to_bytes()).map_err(|_| NoteError::Malformed)
    }
}

fn signing(error: impl std::fmt::Display) -> NoteError {
    NoteError::Signing(format!("{error}"))
}

/// The tree that a signed checkpoint states.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Head {
    /// Entries.
    pub size: u64,
    /// Root.
    pub root: Hash,
}

/// Opens signed checkpoints of one log with its verifier key.
pub struct Opener {
    origin: String,
    verifiers: VerifierList,
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opener").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Opener {
    /// With a verifier key `name+hash+key`, whose name is the log's origin.
    ///
    /// # Errors
    /// [`NoteError::VerifierKey`] when it is none.
    pub fn new(vkey: &str) -> Result<Self, NoteError> {
        let bad = |error: &dyn std::fmt::Display| NoteError::VerifierKey(format!("{error}"));
        let verifier = StandardVerifier::new(vkey.trim_end()).map_err(|error| bad(&error))?;
        let origin = vkey.split('+').next().unwrap_or_default().to_owned();
        Ok(Self { origin, verifiers: VerifierList::new(vec![Box::new(verifier)]) })
    }

    /// The origin of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What the checkpoint states, if the key signed it.
    ///
    /// # Errors
    /// [`NoteError`] otherwise.
    pub fn open(&self, note: &str) -> Result<Head, NoteError> {
        let note = Note::from_bytes(note.as_bytes()).map_err(|_| NoteError::Malformed)?;
        let checkpoint = Checkpoint::from_bytes(note.text()).map_err(|_| NoteError::Malformed)?;
        note.verify(&self.verifiers).map_err(|_| NoteError::Signature)?;
        if checkpoint.origin() != self.origin {
            return Err(NoteError::Origin);
        }
        Ok(Head { size: checkpoint.size(), root: *checkpoint.hash() })
    }
}
