//! Whoever looks is written down: one entry of the access log for each person touched.

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::ids::{EntryId, Person, RecordId};
use counterfoil_store::Result;
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log, NewEntry, SealedBy};
use counterfoil_store::keys::Secret;
use serde_json::{Value, json};

use super::Audit;
use crate::{Draft, Under};

/// Persons whose entries are written in one transaction: the access log's head is everybody's.
const BATCH: usize = 500;
/// Longest name or case, in characters: what `sub` of an ID token may have.
const MOST: usize = 255;

/// Who looks, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looker {
    by: String,
    case: String,
    pub(super) own: Option<Person>,
}

/// A name or case that cannot stand in an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} must have 1 to 255 characters, none of them a control character")]
pub struct InvalidLooker(pub &'static str);

impl Looker {
    /// A member of staff by their reference, and the case that makes them look.
    ///
    /// # Errors
    /// [`InvalidLooker`] names what cannot stand in an entry.
    pub fn new(by: &str, case: &str) -> std::result::Result<Self, InvalidLooker> {
        let checked = |what: &'static str, text: &str| {
            let text = text.trim();
            let is_good =
                !text.is_empty() && text.chars().count() <= MOST && !text.chars().any(char::is_control);
            if is_good { Ok(text.to_owned()) } else { Err(InvalidLooker(what)) }
        };
        Ok(Self { by: checked("by", by)?, case: checked("case", case)?, own: None })
    }

    /// Who is a customer too may not look at themselves.
    #[must_use]
    pub fn who_is(mut self, own: Person) -> Self {
        self.own = Some(own);
        self
    }

    fn draft(
        &self,
        entry_type: EntryType,
        record: RecordId,
        cause: Option<EntryId>,
        payload: Value,
        now: DateTime<Utc>,
    ) -> Draft {
        Draft {
            entry_type,
            record,
            actor: Actor::Staff(self.by.clone()),
            state: None,
            basis: None,
            effective_at: now,
            expires: None,
            display: None,
            cause,
            entry_id: None,
            config: None,
            payload: Some(payload),
        }
    }
}

impl Audit {
    /// Notes a search, and each person that it touched below it.
    pub(super) fn note_search(
        &self,
        looker: &Looker,
        question: &str,
        touched: &[Person],
        now: DateTime<Utc>,
    ) -> Result<()> {
        let key = self.keys.named("realm")?;
        let payload = json!({ "case": looker.case, "question": question, "persons": touched.len() });
        let draft = looker.draft(EntryType::StaffSearched, record(&key), None, payload, now);
        let under = Under { key: &key, by: SealedBy::Realm };
        let parent = self.ledger.seal_under(&under, now, &draft, None, None)?;
        let cause = parent.entry_id;
        self.write(&[(None, parent)])?;
        self.note_look(looker, question, touched, Some(cause), now)
    }

    /// Notes that each of these persons was looked at. Of whom no key is left nothing could be read.
    pub(super) fn note_look(
        &self,
        looker: &Looker,
        question: &str,
        touched: &[Person],
        cause: Option<EntryId>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        for chunk in touched.chunks(BATCH) {
            let keys = self.keys.evidence_of(chunk)?;
            let mut new = Vec::with_capacity(chunk.len());
            for (person, key) in chunk.iter().filter_map(|person| keys.get(person).map(|key| (*person, key)))
            {
                let payload = json!({ "case": looker.case, "question": question });
                let draft = looker.draft(EntryType::DisclosureStaff, record(key), cause, payload, now);
                let under = Under { key, by: SealedBy::Evidence };
                new.push((Some(person), self.ledger.seal_under(&under, now, &draft, None, None)?));
            }
            if !new.is_empty() {
                self.write(&new)?;
            }
        }
        Ok(())
    }

    fn write(&self, new: &[(Option<Person>, NewEntry)]) -> Result<()> {
        self.store.write_blocking(|conn: &mut Conn| {
            self.ledger.take_head(conn, Log::Access)?;
            for (person, entry) in new {
                entries::note_record(conn, entry.record, *person, entry.commitment)?;
            }
            entries::append(conn, Log::Access, new.iter().map(|(_, entry)| entry.clone()).collect())?;
            Ok(())
        })
    }
}

/// One record per person for who looked at them, and one for searches; nothing to anybody without the key.
fn record(key: &Secret) -> RecordId {
    let mac = key.mac(&[b"record", b"staff"]);
    RecordId(mac.first_chunk::<16>().copied().unwrap_or_default())
}
