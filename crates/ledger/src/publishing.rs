//! Publishing configuration objects: read, numbered, stored and entered in one transaction.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use counterfoil_domain::config_object::{self, Id, Kind, Known, Mistake, Object};
use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_store::config_objects::{self, Published};
use counterfoil_store::conn::Conn;
use counterfoil_store::{Contention, Error};
use serde_json::{Value, json};

use crate::{Draft, Ledger};

/// A file with an object.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name, for whoever wrote it.
    pub name: String,
    /// What it holds, or why it cannot be read at all.
    pub content: Result<Value, Mistake>,
}

/// A mistake and the file that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: String,
    /// The mistake.
    pub mistake: Mistake,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The file.
    pub file: String,
    /// The kind of its object.
    pub kind: Kind,
    /// The id.
    pub id: Id,
    /// The version that says what the file says.
    pub version: u32,
    /// `sha256:` of it.
    pub hash: String,
    /// Whether it is published by this; else it was before.
    pub is_new: bool,
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The files have mistakes: all of them.
    #[error("{}", told(.0))]
    Faults(Vec<Fault>),
    /// The store.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Why an object is not taken out of use.
#[derive(Debug, thiserror::Error)]
pub enum RetireError {
    /// There is none in use.
    #[error("no such object is in use")]
    NotInUse,
    /// Decisions rest on it.
    #[error("a realm always has a {0}: publish the next version of it instead")]
    Always(&'static str),
    /// It is no file's.
    #[error("an app is suspended, not retired")]
    Registered,
    /// Others name it.
    #[error("{0} {1} names it")]
    Named(&'static str, Id),
    /// The store.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Contention for PublishError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

impl Contention for RetireError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

/// A line for each fault.
fn told(faults: &[Fault]) -> String {
    let lines = faults.iter().map(|Fault { file, mistake }| {
        let Mistake { field, rule } = mistake;
        if field.is_empty() { format!("{file}: {rule}") } else { format!("{file}: {field}: {rule}") }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Of these a realm has one.
const SINGLE: [Kind; 2] = [Kind::Realm, Kind::Grant];

impl Ledger {
    /// Publishes what is new in files, each as the next version of its object: the objects and an entry
    /// `config.published` for each. A file that says what the latest version says publishes nothing. Either all files
    /// are without mistakes, or nothing is published.
    ///
    /// # Errors
    /// [`PublishError::Faults`] with every mistake of every file.
    pub fn publish_config(
        &self,
        conn: &mut Conn,
        now: DateTime<Utc>,
        actor: &Actor,
        sources: &[Source],
    ) -> Result<Vec<Outcome>, PublishError> {
        let mut batch = Batch::new(latest(conn)?);
        let mut ordered: Vec<&Source> = sources.iter().collect();
        ordered.sort_by_key(|source| {
            let kind = source.content.as_ref().ok().and_then(|file| config_object::named(file).0);
            (kind.is_none(), kind)
        });
        for source in ordered {
            batch.take(source)?;
        }
        if !batch.faults.is_empty() {
            return Err(PublishError::Faults(batch.faults));
        }
        let mut drafts = Vec::new();
        for (object, hash) in &batch.new {
            let version = i32::try_from(object.version)
                .map_err(|_| Error::Unexpected("too many versions".to_owned()))?;
            let published = Published {
                kind: object.body.kind().name().to_owned(),
                id: format!("{}", object.id),
                version,
                hash: hash.clone(),
                document: object.canonical().map_err(unexpected)?,
                published_at: now,
                retired_at: None,
            };
            config_objects::publish(conn, &published)?;
            drafts.push(self.config_draft(EntryType::ConfigPublished, &published, actor, now, None)?);
        }
        if !drafts.is_empty() {
            self.append_for_realm(conn, now, &drafts)?;
        }
        Ok(batch.outcomes)
    }

    /// Takes the latest version of an object out of use, with an entry `config.retired`. What rests on it stands.
    ///
    /// # Errors
    /// [`RetireError`] for an object that is not in use, or that something in use names.
    pub fn retire_config(
        &self,
        conn: &mut Conn,
        now: DateTime<Utc>,
        actor: &Actor,
        (kind, id): (Kind, &Id),
        reason: &str,
    ) -> Result<Published, RetireError> {
        if kind == Kind::App {
            return Err(RetireError::Registered);
        }
        if SINGLE.contains(&kind) {
            return Err(RetireError::Always(kind.name()));
        }
        let in_use = latest(conn)?.into_values().filter(|latest| !latest.is_retired);
        for Latest { object, .. } in in_use {
            if object.body.references().iter().any(|(named, reference)| *named == kind && reference.id == *id)
            {
                return Err(RetireError::Named(object.body.kind().name(), object.id));
            }
        }
        let published = config_objects::latest(conn, kind.name(), id.as_str())?;
        let published = published.ok_or(RetireError::NotInUse)?;
        if !config_objects::retire(conn, &published.hash, now)? {
            return Err(RetireError::NotInUse);
        }
        let draft = self.config_draft(EntryType::ConfigRetired, &published, actor, now, Some(reason))?;
        self.append_for_realm(conn, now, &[draft])?;
        Ok(Published { retired_at: Some(now), ..published })
    }

    fn config_draft(
        &self,
        entry_type: EntryType,
        published: &Published,
        actor: &Actor,
        now: DateTime<Utc>,
        reason: Option<&str>,
    ) -> Result<Draft, Error> {
        let Published { kind, id, version, hash, .. } = published;
        let mut payload = json!({ "kind": kind, "id": id, "version": version, "hash": hash });
        if let (Some(reason), Some(members)) = (reason, payload.as_object_mut()) {
            members.insert("reason".to_owned(), json!(reason));
        }
        Ok(Draft {
            entry_type,
            record: self.realm_record(&[b"config", kind.as_bytes(), id.as_bytes()])?,
            actor: actor.clone(),
            state: Some(if entry_type == EntryType::ConfigRetired { "retired" } else { "published" }),
            basis: None,
            effective_at: now,
            expires: None,
            display: None,
            cause: None,
            entry_id: None,
            config: None,
            payload: Some(payload),
        })
    }
}

fn unexpected(error: impl std::fmt::Display) -> Error {
    Error::Unexpected(format!("configuration object: {error}"))
}

/// The latest version of an object.
#[derive(Debug, Clone)]
struct Latest {
    object: Object,
    hash: String,
    is_retired: bool,
}

/// The latest version of every object.
fn latest(conn: &mut Conn) -> Result<BTreeMap<(Kind, Id), Latest>, Error> {
    let mut all = BTreeMap::new();
    // By version, so that the latest stays.
    for published in config_objects::list(conn)? {
        let broken = || Error::corrupt("config_objects", "document", &published.hash);
        let object = Object::parse(&published.document).map_err(|_| broken())?;
        if published.kind != object.body.kind().name() || published.id != object.id.as_str() {
            return Err(broken());
        }
        let key = (object.body.kind(), object.id.clone());
        let is_retired = published.retired_at.is_some();
        all.insert(key, Latest { object, hash: published.hash, is_retired });
    }
    Ok(all)
}

/// Files that are published together.
struct Batch {
    latest: BTreeMap<(Kind, Id), Latest>,
    /// Objects of this batch whose files have mistakes.
    faulty: Vec<(Kind, Id)>,
    /// Which file an object is in.
    files: HashMap<(Kind, Id), String>,
    faults: Vec<Fault>,
    new: Vec<(Object, String)>,
    outcomes: Vec<Outcome>,
}

impl Batch {
    fn new(latest: BTreeMap<(Kind, Id), Latest>) -> Self {
        Self {
            latest,
            faulty: Vec::new(),
            files: HashMap::new(),
            faults: Vec::new(),
            new: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    /// Reads a file, of which everything that it can name was read before.
    fn take(&mut self, source: &Source) -> Result<(), Error> {
        let file = match &source.content {
            Ok(file) => file,
            Err(mistake) => {
                self.faults.push(Fault { file: source.name.clone(), mistake: mistake.clone() });
                return Ok(());
            }
        };
        let key = match config_object::named(file) {
            (Some(kind), Some(id)) => Some((kind, id)),
            _ => None,
        };
        let mut mistakes: Vec<Mistake> = key.as_ref().and_then(|key| self.clash(key)).into_iter().collect();
        let read = config_object::read(file, &|kind, id| self.known(kind, id));
        match read {
            Ok(draft) if mistakes.is_empty() => self.number(&source.name, draft)?,
            Ok(_) => {}
            Err(found) => mistakes.extend(found),
        }
        // A second file of one object has a mistake of its own; the first one's object is as good as that file.
        if let Some(key) = key.filter(|key| !self.files.contains_key(key)) {
            if !mistakes.is_empty() {
                self.faulty.push(key.clone());
            }
            self.files.insert(key, source.name.clone());
        }
        let faults = mistakes.into_iter().map(|mistake| Fault { file: source.name.clone(), mistake });
        self.faults.extend(faults);
        Ok(())
    }

    /// What else stands in the way of an object.
    fn clash(&self, key: &(Kind, Id)) -> Option<Mistake> {
        let (kind, id) = key;
        let mistake = |rule| Some(Mistake { field: "id".to_owned(), rule });
        if let Some(file) = self.files.get(key) {
            return mistake(format!("is {id}, as in {file}"));
        }
        let mut others = self.latest.keys().chain(self.files.keys()).filter(|_| SINGLE.contains(kind));
        let (_, other) = others.find(|(other_kind, other)| other_kind == kind && other != id)?;
        mistake(format!("is {id}, but a realm has one {}, and that is {other}", kind.name()))
    }

    fn known(&self, kind: Kind, id: &Id) -> Known {
        let key = (kind, id.clone());
        if self.faulty.contains(&key) {
            return Known::Faulty;
        }
        match self.latest.get(&key) {
            None => Known::Absent,
            Some(latest) if latest.is_retired => Known::Retired,
            Some(latest) => {
                Known::Published { hash: latest.hash.clone(), body: Box::new(latest.object.body.clone()) }
            }
        }
    }

    /// Gives an object its version: the one that it has already, or the next.
    fn number(&mut self, file: &str, draft: config_object::Draft) -> Result<(), Error> {
        let key = (draft.body.kind(), draft.id.clone());
        let before = self.latest.get(&key);
        let mut is_new = true;
        let mut version = 1;
        if let Some(before) = before {
            let is_same = before.object == draft.clone().numbered(before.object.version);
            is_new = before.is_retired || !is_same;
            version = if is_new { before.object.version.saturating_add(1) } else { before.object.version };
        }
        let object = draft.numbered(version);
        let hash = object.hash().map_err(unexpected)?;
        let (kind, id) = key.clone();
        self.outcomes.push(Outcome { file: file.to_owned(), kind, id, version, hash: hash.clone(), is_new });
        if is_new {
            self.new.push((object.clone(), hash.clone()));
            self.latest.insert(key, Latest { object, hash, is_retired: false });
        }
        Ok(())
    }
}
