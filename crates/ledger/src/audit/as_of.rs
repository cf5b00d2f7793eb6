//! `as of`: what held at one time, what the ledger knew of it at another, and what left in between.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::instant;
use counterfoil_domain::ids::{EntryId, Person, RecordId};
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::keys::Secret;
use counterfoil_store::trees::{self, Checkpoint, Tree};
use counterfoil_store::{Error, Result, people, suppression};
use serde::Serialize;

use super::disclosures::Disclosed;
use super::reading::Record;
use super::timeline::{Decision, Standing};
use super::{Audit, AuditError};
use crate::receipt::{Proof, ProofError};

/// About whom or what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Every record of a customer.
    Customer {
        /// The id.
        id: String,
        /// The scheme that it is of; empty for the order stream's own customer ids.
        scheme: String,
    },
    /// One record.
    Record(RecordId),
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsOf {
    /// About whom or what.
    pub subject: Subject,
    /// The time whose state is wanted.
    pub valid_at: DateTime<Utc>,
    /// The time whose knowledge is wanted.
    pub known_at: DateTime<Utc>,
    /// Whether each deciding entry comes with its proof.
    pub proofs: bool,
}

/// The answer. It holds no time of its own: asked again, the same question gives the same bytes, unless something that
/// holds from `validAt` or before was recorded meanwhile, or erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AsOfAnswer {
    /// As asked.
    pub valid_at: String,
    /// As asked.
    pub known_at: String,
    /// The checkpoint that `knownAt` rests on. `"unknown"` where none was signed by then: the ledger cannot prove what it
    /// knew, which is not the same as that it knew nothing.
    pub ledger: Told<KnownLedger>,
    /// Records with something decided by `validAt`, by id.
    pub records: Vec<RecordAnswer>,
    /// What cannot be told any more; `None` where nothing was erased.
    pub erased: Option<Erased>,
}

/// The consent log as it was signed last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownLedger {
    /// Generation of the log.
    pub generation: i32,
    /// Entries of that generation that the checkpoint covers.
    pub size: i64,
    /// Entries with numbers below this were known.
    pub numbers_below: i64,
    /// When it was signed, as the database says: a checkpoint carries no time of its own.
    pub signed_at: String,
    /// Entries among them that were lost when the database was put back. Where there are any, what the ledger knew may
    /// have been more.
    pub lost: i64,
    /// The signed note.
    pub checkpoint: String,
}

/// Something that may not be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told<T> {
    /// This.
    Known(T),
    /// Nothing had been decided: `null`.
    Nothing,
    /// It cannot be told: `"unknown"`.
    Unknown,
    /// What it rests on was erased: `"erased"`.
    Erased,
}

impl<T: Serialize> Serialize for Told<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::Nothing => serializer.serialize_none(),
            Self::Unknown => serializer.serialize_str("unknown"),
            Self::Erased => serializer.serialize_str("erased"),
        }
    }
}

/// What was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Since when, if anything still says so.
    pub since: Option<String>,
    /// Entries that are there and open no more.
    pub entries: usize,
}

/// The three answers for one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordAnswer {
    /// Which.
    pub record: RecordId,
    /// What it is: `grant`, `consent`, `restriction`, …; `None` where every entry was erased.
    pub kind: Option<String>,
    /// In force at `validAt`, by everything recorded up to now.
    pub in_force: Told<Stood>,
    /// In force at `validAt`, by what the ledger knew at `knownAt`.
    pub knew: Told<Stood>,
    /// The decision recorded after `knownAt` that makes the two differ; the last one, if there were several.
    pub corrected_by: Option<Deciding>,
    /// What left in between.
    pub between: Option<Between>,
    /// Entries of this record that open no more.
    pub erased: usize,
}

/// What left under a record while it was thought to stand otherwise than it did: from the moment since which it stands as
/// it does at `validAt`, until the correction was recorded; without a correction until the later of the two times asked.
/// Both ends are included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Between {
    /// From when.
    pub from: String,
    /// Until when.
    pub until: String,
    /// What left.
    #[serde(flatten)]
    pub disclosed: Disclosed,
}

/// Where a record stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stood {
    /// The state.
    pub state: String,
    /// Since when.
    pub since: String,
    /// When it ends by itself.
    pub expires: Option<String>,
    /// The entries that it rests on.
    pub decided_by: Vec<Deciding>,
}

/// An entry that decided something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Deciding {
    /// Its id.
    pub entry: EntryId,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Number in the consent log.
    pub seq: i64,
    /// Generation of the log whose tree it is in.
    pub generation: Option<i32>,
    /// Index in that tree.
    pub index: Option<i64>,
    /// When it holds from.
    pub effective_at: String,
    /// When it was written.
    pub recorded_at: String,
    /// The configuration that it rests on.
    pub config: Option<String>,
    /// That it is in the log (c2sp.org/tlog-proof), under the first checkpoint that covers it. Absent where it was not
    /// asked for, or no checkpoint covers the entry yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
}

/// Persons that a question is about, their records, and since when they are erased.
pub(super) struct Found {
    /// Persons behind the records.
    pub(super) persons: Vec<Person>,
    records: Vec<RecordId>,
    erased_since: Option<DateTime<Utc>>,
}

/// What does not differ by record.
struct Context<'a> {
    question: &'a AsOf,
    trees: Vec<Tree>,
    known: Option<(Tree, Checkpoint)>,
    keys: HashMap<RecordId, (Person, Secret)>,
}

impl Audit {
    /// Whom a question is about.
    pub(super) fn find(&self, subject: &Subject) -> Result<Found> {
        self.store.read_blocking(|conn| match subject {
            Subject::Record(record) => Ok(Found {
                persons: entries::person_of(conn, *record)?.into_iter().collect(),
                records: vec![*record],
                erased_since: None,
            }),
            Subject::Customer { id, scheme } => self.find_customer(conn, &self.keys.alias_index(scheme, id)),
        })
    }

    fn find_customer(&self, conn: &mut Conn, index: &[u8; 16]) -> Result<Found> {
        let erased_since = suppression::find(conn, index)?.map(|suppressed| suppressed.erased_at);
        let persons = match people::find(conn, index)? {
            Some(person) => {
                let home = people::home(conn, person)?;
                people::members(conn, home)?
            }
            None => Vec::new(),
        };
        let mut records = Vec::new();
        for person in &persons {
            records.extend(entries::records_of(conn, *person)?);
        }
        records.sort_unstable();
        Ok(Found { persons, records, erased_since })
    }

    pub(super) fn answer(
        &self,
        question: &AsOf,
        found: &Found,
    ) -> std::result::Result<AsOfAnswer, AuditError> {
        let (trees, known) = self.store.read_blocking(|conn| {
            let trees = trees::all(conn)?;
            let known = known(conn, &trees, question.known_at)?;
            Ok::<_, Error>((trees, known))
        })?;
        let keys = self.evidence(&found.records)?;
        let context = Context { question, trees, known, keys };
        let is_one = matches!(question.subject, Subject::Record(_));
        let (mut records, mut erased, mut erased_since) = (Vec::new(), 0, found.erased_since);
        for id in &found.records {
            let record = self.record(*id, context.keys.get(id).map(|(_, key)| key))?;
            erased += record.erased.len();
            erased_since = erased_since.max(record.erased_since);
            let answer = self.answer_record(&context, *id, &record)?;
            if is_one || answer.in_force != Told::Nothing {
                records.push(answer);
            }
        }
        let is_erased = erased > 0 || found.erased_since.is_some();
        Ok(AsOfAnswer {
            valid_at: instant(question.valid_at),
            known_at: instant(question.known_at),
            ledger: context
                .known
                .map_or(Told::Unknown, |(tree, checkpoint)| Told::Known(ledger(&tree, checkpoint))),
            records,
            erased: is_erased.then(|| Erased { since: erased_since.map(instant), entries: erased }),
        })
    }

    fn answer_record(
        &self,
        context: &Context<'_>,
        id: RecordId,
        record: &Record,
    ) -> std::result::Result<RecordAnswer, AuditError> {
        let valid_at = context.question.valid_at;
        let size = context.known.as_ref().map(|(tree, checkpoint)| tree.first_seq + checkpoint.size);
        let in_force = record.timeline.at(valid_at, None);
        let is_whole =
            |size: Option<i64>| !record.erased.iter().any(|seq| size.is_none_or(|size| *seq < size));
        let told = |standing: Option<&Standing<'_>>, is_whole: bool| match standing {
            _ if !is_whole => Ok(Told::Erased),
            Some(standing) => self.stood(context, standing).map(Told::Known),
            None => Ok(Told::Nothing),
        };
        let knew = match size {
            Some(size) => told(record.timeline.at(valid_at, Some(size)).as_ref(), is_whole(Some(size)))?,
            None => Told::Unknown,
        };
        let correction =
            size.filter(|_| is_whole(None)).and_then(|size| record.timeline.correction(valid_at, size));
        let between = match &in_force {
            Some(standing) if is_whole(None) => {
                let later = valid_at.max(context.question.known_at);
                let until = correction.map_or(later, |decision| decision.recorded_at);
                let key = context.keys.get(&id).map(|(_, key)| key);
                let disclosed = self.disclosed(id, key, (standing.since, until))?;
                Some(Between { from: instant(standing.since), until: instant(until), disclosed })
            }
            _ => None,
        };
        Ok(RecordAnswer {
            record: id,
            kind: record.kind.clone(),
            in_force: told(in_force.as_ref(), is_whole(None))?,
            knew,
            corrected_by: correction.map(|decision| self.deciding(context, decision)).transpose()?,
            between,
            erased: record.erased.len(),
        })
    }

    fn stood(
        &self,
        context: &Context<'_>,
        standing: &Standing<'_>,
    ) -> std::result::Result<Stood, AuditError> {
        let decided_by = standing.decided_by.iter().map(|decision| self.deciding(context, decision));
        Ok(Stood {
            state: standing.state.clone(),
            since: instant(standing.since),
            expires: standing.expires.map(instant),
            decided_by: decided_by.collect::<std::result::Result<_, AuditError>>()?,
        })
    }

    fn deciding(
        &self,
        context: &Context<'_>,
        decision: &Decision,
    ) -> std::result::Result<Deciding, AuditError> {
        let log = Log::Consent.name();
        let tree = context.trees.iter().rfind(|tree| tree.log == log && tree.first_seq <= decision.seq);
        let proof = if context.question.proofs { self.prove(decision.entry)? } else { None };
        Ok(Deciding {
            entry: decision.entry,
            type_name: decision.type_name.clone(),
            seq: decision.seq,
            generation: tree.map(|tree| tree.generation),
            index: tree.map(|tree| decision.seq - tree.first_seq),
            effective_at: instant(decision.effective_at),
            recorded_at: instant(decision.recorded_at),
            config: decision.config.clone(),
            proof,
        })
    }

    /// The proof of an entry under the first checkpoint that covers it: a later one would give another text.
    fn prove(&self, entry: EntryId) -> std::result::Result<Option<String>, AuditError> {
        let stored = self.store.read_blocking(|conn| entries::by_id(conn, entry))?;
        let Some(stored) = stored else { return Ok(None) };
        match Proof::first_of(&self.store, &self.objects, &self.generations, &stored) {
            Ok(proof) => Ok(Some(proof.text(None))),
            Err(ProofError::NotPublished) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// The last checkpoint of the consent log that was signed by then, of whichever generation.
fn known(conn: &mut Conn, trees: &[Tree], at: DateTime<Utc>) -> Result<Option<(Tree, Checkpoint)>> {
    let log = Log::Consent.name();
    for tree in trees.iter().rev().filter(|tree| tree.log == log) {
        if let Some(checkpoint) = trees::known_at(conn, log, tree.generation, at)? {
            return Ok(Some((tree.clone(), checkpoint)));
        }
    }
    Ok(None)
}

fn ledger(tree: &Tree, checkpoint: Checkpoint) -> KnownLedger {
    KnownLedger {
        generation: tree.generation,
        size: checkpoint.size,
        numbers_below: tree.first_seq + checkpoint.size,
        signed_at: instant(checkpoint.signed_at.and_utc()),
        lost: tree.kept.map_or(0, |kept| (checkpoint.size - kept).max(0)),
        checkpoint: checkpoint.note,
    }
}
