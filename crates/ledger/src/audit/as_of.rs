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

use super::answer::{
    AsOf, AsOfAnswer, Between, Deciding, Erased, KnownLedger, RecordAnswer, Stood, Subject, Told,
};
use super::reading::Record;
use super::timeline::{Decision, Standing};
use super::{Audit, AuditError};
use crate::receipt::{Proof, ProofError};

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
            Subject::Customer { id, scheme } => find_customer(conn, &self.keys.alias_index(scheme, id)),
        })
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
        let stored = self.store.read_blocking(|conn| entries::find(conn, entry))?;
        let Some(stored) = stored else { return Ok(None) };
        match Proof::first_of(&self.store, &self.objects, &self.generations, &stored) {
            Ok(proof) => Ok(Some(proof.text(None))),
            Err(ProofError::NotPublished) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whom a name stands for, and when it was erased.
fn find_customer(conn: &mut Conn, index: &[u8; 16]) -> Result<Found> {
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
