//! Entries read and opened: what evaluation works on.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::{EntryId, Person, RecordId};
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log, SealedBy, StoredEntry};
use counterfoil_store::keys::Secret;
use counterfoil_store::{Error, Result};
use serde_json::Value;

use super::Audit;
use super::timeline::{Decision, Timeline};
use crate::{Opened, draft};

/// Entries read at a time.
pub(super) const PAGE: i64 = 1_000;

/// The decisions of a record, and those entries of it that open no more.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// The family that its entries are of: the first part of their types. `None` where none opens.
    pub(super) kind: Option<String>,
    pub(super) timeline: Timeline,
    /// Numbers of entries that were erased, or whose key was.
    pub(super) erased: Vec<i64>,
    /// When an erasure that an entry tells of was completed.
    pub(super) erased_since: Option<DateTime<Utc>>,
}

impl Audit {
    /// Everything that was decided in a record. `evidence` is its person's key, if there is one still.
    pub(super) fn record(&self, record: RecordId, evidence: Option<&Secret>) -> Result<Record> {
        let mut found = Record::default();
        let mut decisions = Vec::new();
        let mut before = None;
        loop {
            let page = self
                .store
                .read_blocking(|conn| entries::of_record(conn, Log::Consent, record, before, PAGE))?;
            let Some(last) = page.last() else { break };
            before = Some(last.seq);
            for entry in &page {
                let Some(opened) = self.open(evidence, entry)? else {
                    found.erased.push(entry.seq);
                    continue;
                };
                let type_name = text(&opened.header, "type").ok_or_else(|| corrupt(entry))?;
                found.kind = type_name.split('.').next().map(str::to_owned);
                if type_name == "erasure.completed" {
                    found.erased_since =
                        Some(instant(&opened.header, "effectiveAt").ok_or_else(|| corrupt(entry))?);
                }
                decisions.extend(decision(entry, &opened.header, type_name)?);
            }
        }
        found.timeline = Timeline::new(decisions);
        Ok(found)
    }

    /// An entry, opened; `None` for one that was erased, or whose key was.
    pub(super) fn open(&self, evidence: Option<&Secret>, entry: &StoredEntry) -> Result<Option<Opened>> {
        let realm = (entry.sealed_by == SealedBy::REALM).then(|| self.keys.named("realm")).transpose()?;
        match (realm.as_ref().or(evidence), &entry.header) {
            (Some(key), Some(_)) => draft::open(&self.keys, key, entry).map(Some),
            _ => Ok(None),
        }
    }

    /// The evidence keys of these records' persons, where there are any still.
    pub(super) fn evidence(&self, records: &[RecordId]) -> Result<HashMap<RecordId, (Person, Secret)>> {
        let mut wanted = records.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let persons = self.store.read_blocking(|conn| entries::persons_of(conn, &wanted))?;
        let mut distinct: Vec<Person> = persons.values().copied().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let keys = self.keys.evidence_of(&distinct)?;
        let with_key = |(record, person): (RecordId, Person)| {
            keys.get(&person).map(|key| (record, (person, key.clone())))
        };
        Ok(persons.into_iter().filter_map(with_key).collect())
    }

    /// Opens every entry that `read` gives, which is asked for those with numbers above its last argument, and passes on
    /// what opens with its person; gives how many do not.
    pub(super) fn each(
        &self,
        mut read: impl FnMut(&mut Conn, i64) -> Result<Vec<StoredEntry>>,
        mut take: impl FnMut(&StoredEntry, &Opened, Person) -> Result<()>,
    ) -> Result<u64> {
        let (mut after, mut unreadable) = (-1, 0);
        loop {
            let page = self.store.read_blocking(|conn| read(conn, after))?;
            let Some(last) = page.last() else { return Ok(unreadable) };
            after = last.seq;
            let records: Vec<RecordId> = page.iter().map(record_of).collect::<Result<_>>()?;
            let keys = self.evidence(&records)?;
            for (entry, record) in page.iter().zip(&records) {
                let key = keys.get(record);
                let opened = self.open(key.map(|(_, key)| key), entry)?;
                match (opened, key) {
                    (Some(opened), Some((person, _))) => take(entry, &opened, *person)?,
                    // The realm's own entries are about nobody.
                    (Some(_), None) => {}
                    (None, _) => unreadable += 1,
                }
            }
        }
    }
}

/// The record of an entry.
pub(super) fn record_of(entry: &StoredEntry) -> Result<RecordId> {
    RecordId::from_slice(&entry.record)
        .map_err(|_| Error::corrupt("entries", "record", format!("{}/{}", entry.log, entry.seq)))
}

/// The decision of an entry; `None` for one that reached no state, such as a reminder.
pub(super) fn decision(entry: &StoredEntry, header: &Value, type_name: &str) -> Result<Option<Decision>> {
    let Some(state) = text(header, "state") else { return Ok(None) };
    let expires = match text(header, "expires") {
        Some(_) => Some(instant(header, "expires").ok_or_else(|| corrupt(entry))?),
        None => None,
    };
    Ok(Some(Decision {
        seq: entry.seq,
        entry: EntryId::from_slice(&entry.entry_id).map_err(|_| corrupt(entry))?,
        type_name: type_name.to_owned(),
        effective_at: instant(header, "effectiveAt").ok_or_else(|| corrupt(entry))?,
        recorded_at: entry.recorded_at.and_utc(),
        state: state.to_owned(),
        expires,
        config: text(header, "config").map(str::to_owned),
    }))
}

pub(super) fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member).and_then(Value::as_str)
}

fn instant(value: &Value, member: &str) -> Option<DateTime<Utc>> {
    text(value, member)?.parse().ok()
}

pub(super) fn corrupt(entry: &StoredEntry) -> Error {
    Error::corrupt("entries", "header", format!("{}/{}", entry.log, entry.seq))
}
