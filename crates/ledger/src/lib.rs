#![doc = include_str!("../README.md")]

pub mod audit;
pub mod config;
mod download;
mod draft;
pub mod fault;
pub mod grants;
pub mod guard;
pub mod objects;
pub mod receipt;
pub mod record;
pub mod seal;
pub mod tree;
pub mod verify;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use counterfoil_domain::clock::Entropy;
use counterfoil_domain::entry::{Display, Header, canonical, commit};
use counterfoil_domain::ids::{EntryId, Person};
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log, NewEntry, SealedBy};
use counterfoil_store::keys::{Keys, PersonKeys, Secret};
use counterfoil_store::{Error, Result};

use crate::config::{ConfigObject, Shown};
use crate::guard::Guard;
pub use crate::download::{DownloadRefusal, Part};
pub use crate::draft::{Appended, Draft, Opened};

/// The ledger of a realm: what writes entries. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Ledger(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    keys: Keys,
    entropy: Entropy,
    config: ConfigObject,
    config_hash: String,
    guard: Option<Guard>,
}

impl Ledger {
    /// A ledger whose decisions rest on `config`.
    pub fn new(keys: Keys, entropy: Entropy, config: ConfigObject) -> Result<Self> {
        let config_hash = config.hash().map_err(|error| Error::Unexpected(format!("{error}")))?;
        Ok(Self(Arc::new(Inner { keys, entropy, config, config_hash, guard: None })))
    }

    /// The ledger, held against what was signed whenever a head is taken.
    #[must_use]
    pub fn guarded(self, guard: Guard) -> Self {
        let inner = &self.0;
        Self(Arc::new(Inner {
            keys: inner.keys.clone(),
            entropy: inner.entropy.clone(),
            config: inner.config.clone(),
            config_hash: inner.config_hash.clone(),
            guard: Some(guard),
        }))
    }

    /// Whether data may be served.
    ///
    /// # Errors
    /// [`Error::Behind`] while the database is behind what was signed.
    pub fn check(&self) -> Result<()> {
        self.0.guard.as_ref().map_or(Ok(()), Guard::check)
    }

    /// Takes a log's head until the transaction ends and holds it against what was signed; the log's size.
    pub(crate) fn take_head(&self, conn: &mut Conn, log: Log) -> Result<i64> {
        let size = entries::take_head(conn, log)?;
        if let Some(guard) = &self.0.guard {
            guard.check_head(log, size)?;
        }
        Ok(size)
    }

    /// `sha256:` of the configuration object that decisions rest on.
    pub fn config_hash(&self) -> &str {
        &self.0.config_hash
    }

    /// What an entry says was shown.
    pub fn display(&self, shown: &Shown) -> Display {
        self.0.config.display(shown)
    }

    /// Takes the access head until the transaction ends, so that no seal is under way or can begin; gives the size
    /// of the access log, which the payload of every act that narrows records as `accessSize`. Comes before
    /// [`Ledger::append`].
    pub fn gate(&self, conn: &mut Conn) -> Result<i64> {
        self.take_head(conn, Log::Access)
    }

    /// Appends decisions about one person to the consent log, each chained to its record's previous entry.
    ///
    /// # Errors
    /// [`Error::Unexpected`] for a decision without a basis or a payload that JSON cannot say.
    pub fn append(
        &self,
        conn: &mut Conn,
        keys: &PersonKeys,
        person: Person,
        now: DateTime<Utc>,
        drafts: &[Draft],
    ) -> Result<Vec<Appended>> {
        self.take_head(conn, Log::Consent)?;
        let records: Vec<_> = drafts.iter().map(|draft| draft.record).collect();
        let mut last = entries::last_commitments(conn, &records)?;
        let mut new = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let entry = self.seal_entry(keys, now, draft, last.get(&draft.record).copied())?;
            last.insert(draft.record, entry.commitment);
            entries::note_record(conn, draft.record, Some(person), entry.commitment)?;
            new.push(entry);
        }
        let ids: Vec<EntryId> = new.iter().map(|entry| entry.entry_id).collect();
        let first = entries::append(conn, Log::Consent, new)?;
        Ok(ids.into_iter().zip(first..).map(|(entry_id, seq)| Appended { seq, entry_id }).collect())
    }

    /// Makes an entry's canonical bytes, commits to them and seals them under the person's evidence key.
    pub(crate) fn seal_entry(
        &self,
        keys: &PersonKeys,
        now: DateTime<Utc>,
        draft: &Draft,
        prev: Option<counterfoil_domain::entry::Commitment>,
    ) -> Result<NewEntry> {
        self.seal_under(&keys.evidence, SealedBy::Evidence, now, draft, prev)
    }

    /// [`Ledger::seal_entry`] under the key of whoever the entry is about.
    pub(crate) fn seal_under(
        &self,
        key: &Secret,
        sealed_by: SealedBy,
        now: DateTime<Utc>,
        draft: &Draft,
        prev: Option<counterfoil_domain::entry::Commitment>,
    ) -> Result<NewEntry> {
        let invalid = |error| Error::Unexpected(format!("ledger entry: {error}"));
        let entry_id = EntryId(self.0.entropy.bytes());
        let mut digest = None;
        let mut payload = None;
        if let Some(value) = &draft.payload {
            let bytes = canonical(value).map_err(invalid)?;
            let salt = self.0.entropy.bytes();
            digest = Some(commit(&salt, &bytes));
            payload =
                Some(self.0.keys.seal(key, &aad(entry_id, "payload"), &[&salt[..], &bytes].concat())?);
        }
        let header = Header {
            id: entry_id,
            entry_type: draft.entry_type,
            record: draft.record,
            actor: draft.actor.clone(),
            effective_at: draft.effective_at,
            recorded_at: now,
            state: draft.state.map(str::to_owned),
            basis: draft.basis.map(str::to_owned),
            expires: draft.expires,
            config: (!draft.entry_type.is_disclosure()).then(|| self.0.config_hash.clone()),
            display: draft.display.clone(),
            cause: draft.cause,
            payload: digest,
            prev,
        };
        let bytes = header.canonical().map_err(invalid)?;
        let salt = self.0.entropy.bytes();
        let commitment = commit(&salt, &bytes);
        let sealed = self.0.keys.seal(key, &aad(entry_id, "header"), &[&salt[..], &bytes].concat())?;
        Ok(NewEntry {
            entry_id,
            record: draft.record,
            recorded_at: now,
            sealed_by,
            commitment,
            header: sealed,
            payload,
        })
    }

    /// Opens a stored entry: header and payload as JSON, checked against the commitment.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when the bytes are not those that were committed to.
    pub fn open(&self, keys: &PersonKeys, entry: &entries::StoredEntry) -> Result<Opened> {
        self.open_under(&keys.evidence, entry)
    }

    /// [`Ledger::open`] where the evidence key is all that is left of a person's keys.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when the bytes are not those that were committed to.
    pub fn open_under(&self, evidence: &Secret, entry: &entries::StoredEntry) -> Result<Opened> {
        draft::open(&self.0.keys, evidence, entry)
    }
}

/// What a sealed part of an entry is bound to, so that parts cannot be exchanged.
pub(crate) fn aad(entry_id: EntryId, part: &str) -> Vec<u8> {
    [entry_id.as_bytes().as_slice(), part.as_bytes()].concat()
}
