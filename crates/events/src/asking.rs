//! Erasure that the customer did not ask for here: a member of staff asks, another one approves.

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::ids::RecordId;
use counterfoil_ledger::Draft;
use counterfoil_store::erasure_requests::{self, ErasureRequest};
use counterfoil_store::erasures::Door;
use counterfoil_store::{Error, people};
use serde_json::json;

use crate::forgetting::BASIS;
use crate::recorder::{RecordError, Recorder};

/// Why an erasure cannot be asked for or approved.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody is known by that name.
    #[error("no customer is known by that name")]
    NoCustomer,
    /// No such request waits.
    #[error("no such request waits: it was approved, or its customer is gone")]
    NoRequest,
    /// Two different people must.
    #[error("--by: whoever asked for an erasure cannot approve it")]
    SamePerson,
    /// What recording gives.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The store.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Recorder {
    /// Asks for the erasure of the customer who is known by an id of a scheme; the record by which it is approved.
    ///
    /// # Errors
    /// [`AskError::NoCustomer`] for a name that nobody has.
    pub fn request_erasure(
        &self,
        (scheme, id): (&str, &str),
        by: &str,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<RecordId, AskError> {
        let index = self.keys.alias_index(scheme, id);
        let person = self.store.read_blocking(|conn| people::find(conn, &index))?;
        let person = person.ok_or(AskError::NoCustomer)?;
        let keys = self.keys.person(person)?;
        let record = RecordId(self.entropy.bytes());
        let request = ErasureRequest {
            record,
            person,
            requested_by: by.to_owned(),
            reason: self.keys.seal(&keys.evidence, record.as_bytes(), reason.as_bytes())?,
            requested_at: now,
        };
        let draft = Draft {
            entry_type: EntryType::ErasureRequested,
            record,
            actor: Actor::Staff(by.to_owned()),
            state: Some("requested"),
            basis: Some(BASIS),
            effective_at: now,
            expires: None,
            display: None,
            cause: None,
            entry_id: None,
            config: None,
            payload: Some(json!({ "reason": reason })),
        };
        self.store.write_blocking(|conn| {
            erasure_requests::insert(conn, &request)?;
            self.ledger.append(conn, &keys, person, now, std::slice::from_ref(&draft))
        })?;
        Ok(record)
    }

    /// Approves a request, and erases.
    ///
    /// # Errors
    /// [`AskError::SamePerson`] when `by` is who asked.
    pub fn approve_erasure(&self, record: RecordId, by: &str, now: DateTime<Utc>) -> Result<(), AskError> {
        let request = self.store.read_blocking(|conn| erasure_requests::find(conn, record))?;
        let request = request.ok_or(AskError::NoRequest)?;
        if is_same(&request.requested_by, by) {
            return Err(AskError::SamePerson);
        }
        let door = Door { actor: Actor::Staff(by.to_owned()), record: Some(record), display: None };
        if self.erase_person(request.person, &door, now)? { Ok(()) } else { Err(AskError::NoRequest) }
    }
}

/// Whether two names are of one person: case and spaces around them make nobody else.
pub fn is_same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}
