//! `by config`: which consents and grants rest on a configuration object.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::instant;
use counterfoil_domain::ids::{EntryId, Person, RecordId};
use counterfoil_store::entries::{self, Log};
use counterfoil_store::people;
use serde::Serialize;

use super::reading::{PAGE, corrupt, record_of, text};
use super::{Audit, AuditError, Looker};

/// What rests on a configuration object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ByConfigAnswer {
    /// The object.
    pub config: String,
    /// The moment of `state`.
    pub at: String,
    /// Records with an entry that rests on it, by id.
    pub records: Vec<Resting>,
    /// Persons who are whoever asks, and are left out: somebody else must ask as well.
    pub withheld: usize,
    /// Entries of the consent log that were erased: what they rested on is not known.
    pub unreadable: u64,
}

/// A record that rests on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resting {
    /// Which.
    pub record: RecordId,
    /// `grant`, `consent`, `restriction`, …
    pub kind: String,
    /// Whose: a customer id, or the other name under which they are known; `None` when they were erased since.
    pub customer: Option<String>,
    /// Its state at `at`.
    pub state: Option<String>,
    /// Since when.
    pub since: Option<String>,
    /// Whether the newest of the entries that this state rests on names the object. Where not, the customer decided anew
    /// since, under another.
    pub is_current: bool,
    /// Entries of the record that name the object, in order.
    pub entries: Vec<EntryId>,
}

struct Named {
    person: Person,
    kind: String,
    entries: Vec<EntryId>,
}

impl Audit {
    /// Which records rest on the configuration object `config` (`sha256:` and 64 hexadecimal digits), and where they
    /// stand now. Walks the whole consent log.
    ///
    /// # Errors
    /// [`AuditError`].
    pub fn by_config(
        &self,
        looker: &Looker,
        config: &str,
        now: DateTime<Utc>,
    ) -> Result<ByConfigAnswer, AuditError> {
        let mut resting: BTreeMap<RecordId, Named> = BTreeMap::new();
        let unreadable = self.each(
            |conn, after| entries::read(conn, Log::Consent, after + 1, PAGE),
            |entry, opened, person| {
                if text(&opened.header, "config") != Some(config) {
                    return Ok(());
                }
                let type_name = text(&opened.header, "type").ok_or_else(|| corrupt(entry))?;
                let kind = type_name.split('.').next().unwrap_or(type_name).to_owned();
                let id = EntryId::from_slice(&entry.entry_id).map_err(|_| corrupt(entry))?;
                let record = record_of(entry)?;
                let named = resting.entry(record).or_insert(Named { person, kind, entries: Vec::new() });
                named.entries.push(id);
                Ok(())
            },
        )?;
        let mut persons: Vec<Person> = resting.values().map(|named| named.person).collect();
        persons.sort_unstable();
        persons.dedup();
        let own = self.own_among(looker, &persons)?;
        persons.retain(|person| !own.contains(person));
        resting.retain(|_, named| !own.contains(&named.person));
        let customers = self.store.read_blocking(|conn| people::customer_ids(conn, &self.keys, &persons))?;
        let keys = self.keys.evidence_of(&persons)?;
        let mut records = Vec::with_capacity(resting.len());
        for (record, named) in resting {
            let timeline = self.record(record, keys.get(&named.person))?.timeline;
            let standing = timeline.at(now, None);
            let newest = standing.as_ref().and_then(|standing| standing.decided_by.last());
            records.push(Resting {
                record,
                kind: named.kind,
                customer: customers.get(&named.person).cloned(),
                is_current: newest.is_some_and(|newest| newest.config.as_deref() == Some(config)),
                since: standing.as_ref().map(|standing| instant(standing.since)),
                state: standing.map(|standing| standing.state),
                entries: named.entries,
            });
        }
        self.note_search(looker, "by-config", &persons, now)?;
        Ok(ByConfigAnswer {
            config: config.to_owned(),
            at: instant(now),
            records,
            withheld: own.len(),
            unreadable,
        })
    }
}
