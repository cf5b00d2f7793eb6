#![doc = include_str!("../README.md")]

pub mod audit;
pub mod config;
mod download;
mod draft;
pub mod fault;
pub mod grants;
pub mod guard;
pub mod journal;
pub mod objects;
pub mod publishing;
mod realm_entries;
pub mod receipt;
pub mod record;
pub mod restore;
pub mod seal;
pub mod tree;
pub mod verify;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use counterfoil_domain::clock::Entropy;
use counterfoil_domain::config_object::Kind;
use counterfoil_domain::entry::{Commitment, Display, Family, Header, Home, canonical, commit};
use counterfoil_domain::ids::{EntryId, Person};
use counterfoil_store::config_objects;
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log, NewEntry, SealedBy};
use counterfoil_store::keys::{Keys, PersonKeys, Secret};
use counterfoil_store::{Error, Result, owed_receipts};

use crate::config::{ConfigObject, Shown};
pub use crate::download::{DownloadRefusal, Part};
pub use crate::draft::{Appended, Draft, Opened, OpenedBytes, Salted};
use crate::guard::Guard;
use crate::journal::{Journal, Line};

/// The ledger of a realm: what writes entries. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Ledger(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    keys: Keys,
    entropy: Entropy,
    config: ConfigObject,
    config_hash: String,
    outside: Option<Outside>,
    sends_receipts: bool,
}

/// What lies outside the database.
#[derive(Clone, Debug)]
struct Outside {
    guard: Guard,
    journal: Journal,
}

impl Ledger {
    /// A ledger whose decisions rest on what is published, and on `config` until something is.
    pub fn new(keys: Keys, entropy: Entropy, config: ConfigObject) -> Result<Self> {
        let config_hash = config.hash().map_err(|error| Error::Unexpected(format!("{error}")))?;
        Ok(Self(Arc::new(Inner { keys, entropy, config, config_hash, outside: None, sends_receipts: false })))
    }

    /// The ledger, held against what was signed whenever a head is taken, with a journal of what is closed.
    #[must_use]
    pub fn guarded(self, guard: Guard, journal: Journal) -> Self {
        let inner = &self.0;
        Self(Arc::new(Inner {
            keys: inner.keys.clone(),
            entropy: inner.entropy.clone(),
            config: inner.config.clone(),
            config_hash: inner.config_hash.clone(),
            outside: Some(Outside { guard, journal }),
            sends_receipts: inner.sends_receipts,
        }))
    }

    /// The ledger, which notes with every step of a grant that a receipt of it is owed: somebody sends them.
    #[must_use]
    pub fn owing_receipts(self) -> Self {
        let inner = &self.0;
        Self(Arc::new(Inner {
            keys: inner.keys.clone(),
            entropy: inner.entropy.clone(),
            config: inner.config.clone(),
            config_hash: inner.config_hash.clone(),
            outside: inner.outside.clone(),
            sends_receipts: true,
        }))
    }

    /// Whether data may be served.
    ///
    /// # Errors
    /// [`Error::Behind`] while the database is behind what was signed.
    pub fn check(&self) -> Result<()> {
        self.0.outside.as_ref().map_or(Ok(()), |outside| outside.guard.check())
    }

    /// Takes a log's head until the transaction ends and holds it against what was signed; the log's size.
    pub(crate) fn take_head(&self, conn: &mut Conn, log: Log) -> Result<i64> {
        let size = entries::take_head(conn, log)?;
        if let Some(outside) = &self.0.outside {
            outside.guard.check_head(log, size)?;
        }
        Ok(size)
    }

    /// `sha256:` of the built-in configuration object, on which decisions rest until objects are published.
    pub fn config_hash(&self) -> &str {
        &self.0.config_hash
    }

    /// What an entry says was shown.
    pub fn display(&self, shown: &Shown) -> Display {
        self.0.config.display(shown)
    }

    /// Takes the access head until the transaction ends, so that no seal is under way or can begin; gives the size
    /// of the access log, which the payload of every act that narrows records as `accessSize`. Comes before
    /// [`Ledger::append`]. Does not mind a database that is behind: ending a grant goes on there.
    pub fn gate(&self, conn: &mut Conn) -> Result<i64> {
        entries::take_head(conn, Log::Access)
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
        let under = Under { key: &keys.evidence, by: SealedBy::Evidence };
        self.append_sealed(conn, Some(person), &under, now, drafts)
    }

    /// [`Ledger::append`] where the evidence key is all that is left of a person's keys.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn append_under(
        &self,
        conn: &mut Conn,
        evidence: &Secret,
        person: Person,
        now: DateTime<Utc>,
        drafts: &[Draft],
    ) -> Result<Vec<Appended>> {
        let under = Under { key: evidence, by: SealedBy::Evidence };
        self.append_sealed(conn, Some(person), &under, now, drafts)
    }

    /// [`Ledger::append`] for several persons in one transaction; the entries are numbered in the order given.
    ///
    /// # Errors
    /// As [`Ledger::append`].
    pub fn append_about(
        &self,
        conn: &mut Conn,
        now: DateTime<Utc>,
        abouts: &[About<'_>],
    ) -> Result<Vec<Appended>> {
        self.append_groups(
            conn,
            now,
            &abouts.iter().map(|about| {
                let under = Under { key: about.evidence, by: SealedBy::Evidence };
                (Some(about.person), under, about.drafts)
            }),
        )
    }

    /// Appends entries, about a person or about none.
    pub(crate) fn append_sealed(
        &self,
        conn: &mut Conn,
        person: Option<Person>,
        under: &Under<'_>,
        now: DateTime<Utc>,
        drafts: &[Draft],
    ) -> Result<Vec<Appended>> {
        self.append_groups(conn, now, &std::iter::once((person, *under, drafts)))
    }

    fn append_groups<'a>(
        &self,
        conn: &mut Conn,
        now: DateTime<Utc>,
        groups: &(impl Iterator<Item = (Option<Person>, Under<'a>, &'a [Draft])> + Clone),
    ) -> Result<Vec<Appended>> {
        let all = || groups.clone().flat_map(|(_, _, drafts)| drafts);
        if let Some(draft) = all().find(|draft| draft.entry_type.home() == Home::Access) {
            let name = draft.entry_type.name();
            return Err(Error::Unexpected(format!("{name} stands in the access log")));
        }
        self.take_head(conn, Log::Consent)?;
        let records: Vec<_> = all().map(|draft| draft.record).collect();
        let mut last = entries::last_commitments(conn, &records)?;
        let mut configs: HashMap<Family, Option<String>> = HashMap::new();
        let mut new = Vec::with_capacity(records.len());
        for (person, under, drafts) in groups.clone() {
            for draft in drafts {
                let config = self.config_for(conn, draft, &mut configs)?;
                let entry = self.seal_under(&under, now, draft, config, last.get(&draft.record).copied())?;
                last.insert(draft.record, entry.commitment);
                entries::note_record(conn, draft.record, person, entry.commitment)?;
                new.push(entry);
            }
        }
        let ids: Vec<EntryId> = new.iter().map(|entry| entry.entry_id).collect();
        let first = entries::append(conn, Log::Consent, new)?;
        let numbered = || all().zip(first..);
        let mut closed = first;
        for (person, _, drafts) in groups.clone() {
            if let Some(person) = person {
                self.note_closures(person, drafts, Some(closed), now)?;
            }
            closed = drafts.iter().fold(closed, |seq, _| seq + 1);
        }
        if self.0.sends_receipts {
            for (draft, seq) in numbered() {
                if receipt::is_owed_after(draft.entry_type) {
                    owed_receipts::owe(conn, draft.record, seq, now)?;
                }
            }
        }
        Ok(ids.into_iter().zip(first..).map(|(entry_id, seq)| Appended { seq, entry_id }).collect())
    }

    /// What an entry rests on: what it says itself, or what its family rests on.
    fn config_for(
        &self,
        conn: &mut Conn,
        draft: &Draft,
        known: &mut HashMap<Family, Option<String>>,
    ) -> Result<Option<String>> {
        if draft.config.is_some() {
            return Ok(draft.config.clone());
        }
        let family = draft.entry_type.family();
        if let Some(config) = known.get(&family) {
            return Ok(config.clone());
        }
        let config = self.config_of(conn, family)?;
        known.insert(family, config.clone());
        Ok(config)
    }

    /// Writes what drafts narrow into the closure journal, before it is committed: `first` is the number of the first
    /// one's entry; `None` while the log cannot be written.
    ///
    /// # Errors
    /// The journal's; nothing must be committed then.
    pub fn note_closures(
        &self,
        person: Person,
        drafts: &[Draft],
        first: Option<i64>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let Some(Outside { journal, .. }) = &self.0.outside else { return Ok(()) };
        let numbered = drafts.iter().zip(0_i64..);
        let lines: Vec<Line> = numbered
            .filter_map(|(draft, place)| {
                let seq = first.map(|first| first + place);
                journal.line(draft.entry_type, draft.record, person, seq, now)
            })
            .collect();
        journal.write(&lines, now)
    }

    /// What entries of a family rest on, as of now: decisions on grants on the published grant object, other decisions on
    /// the realm's. Where nothing is published yet, on the object that is built in.
    fn config_of(&self, conn: &mut Conn, family: Family) -> Result<Option<String>> {
        let kind = match family {
            Family::Configuration | Family::Access | Family::Operation => return Ok(None),
            Family::Grant => Kind::Grant,
            _ => Kind::Realm,
        };
        let in_use = config_objects::in_use(conn, kind.name())?;
        Ok(Some(in_use.unwrap_or_else(|| self.0.config_hash.clone())))
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// [`Ledger::seal_under`] the person's evidence key, for what rests on no configuration.
    pub(crate) fn seal_entry(
        &self,
        keys: &PersonKeys,
        now: DateTime<Utc>,
        draft: &Draft,
        prev: Option<Commitment>,
    ) -> Result<NewEntry> {
        let under = Under { key: &keys.evidence, by: SealedBy::Evidence };
        self.seal_under(&under, now, draft, None, prev)
    }

    /// Makes an entry's canonical bytes, commits to them and seals them.
    pub(crate) fn seal_under(
        &self,
        under: &Under<'_>,
        now: DateTime<Utc>,
        draft: &Draft,
        config: Option<String>,
        prev: Option<Commitment>,
    ) -> Result<NewEntry> {
        let invalid = |error| Error::Unexpected(format!("ledger entry: {error}"));
        let entry_id = draft.entry_id.unwrap_or_else(|| EntryId(self.0.entropy.bytes()));
        let mut digest = None;
        let mut payload = None;
        if let Some(value) = &draft.payload {
            let bytes = canonical(value).map_err(invalid)?;
            let salt = self.0.entropy.bytes();
            digest = Some(commit(&salt, &bytes));
            payload = Some(self.0.keys.seal(
                under.key,
                &aad(entry_id, "payload"),
                &[&salt[..], &bytes].concat(),
            )?);
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
            config,
            display: draft.display.clone(),
            cause: draft.cause,
            payload: digest,
            prev,
        };
        let bytes = header.canonical().map_err(invalid)?;
        let salt = self.0.entropy.bytes();
        let commitment = commit(&salt, &bytes);
        let sealed = self.0.keys.seal(under.key, &aad(entry_id, "header"), &[&salt[..], &bytes].concat())?;
        Ok(NewEntry {
            entry_id,
            record: draft.record,
            recorded_at: now,
            sealed_by: under.by,
            commitment,
            header: sealed,
            payload,
        })
    }

    /// Opens a stored entry: header and payload as JSON, checked against the commitment. One that is about no person
    /// opens with the realm's key, whatever keys are given.
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
        if entry.sealed_by() == Some(SealedBy::Realm) {
            return self.open_for_realm(entry);
        }
        draft::open(&self.0.keys, evidence, entry)
    }

    /// [`Ledger::open_under`], as the bytes that were committed to, with their salts.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when the bytes are not those that were committed to.
    pub fn open_bytes(&self, evidence: &Secret, entry: &entries::StoredEntry) -> Result<OpenedBytes> {
        if entry.sealed_by() == Some(SealedBy::Realm) {
            return draft::open_bytes(&self.0.keys, &self.realm_key()?, entry);
        }
        draft::open_bytes(&self.0.keys, evidence, entry)
    }
}

/// Entries to be written about one person.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// Whom they are about.
    pub person: Person,
    /// The key that seals them.
    pub evidence: &'a Secret,
    /// The entries.
    pub drafts: &'a [Draft],
}

/// Which key seals an entry.
#[derive(Clone, Copy)]
pub(crate) struct Under<'a> {
    pub(crate) key: &'a Secret,
    pub(crate) by: SealedBy,
}

/// What a sealed part of an entry is bound to, so that parts cannot be exchanged.
pub(crate) fn aad(entry_id: EntryId, part: &str) -> Vec<u8> {
    [entry_id.as_bytes().as_slice(), part.as_bytes()].concat()
}
