//! Requests that are carried out once, however often they are sent (draft-ietf-httpapi-idempotency-key-header).

use chrono::{DateTime, TimeDelta, Utc};
use counterfoil_domain::ids::Person;
use counterfoil_store::conn::Conn;
use counterfoil_store::idempotency::{self, Carried};
use counterfoil_store::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::VolunteeredError;

/// How long a request is remembered, in hours.
const HOURS: i64 = 24;

/// A request that is to be carried out once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// Keyed hash of who sends it and of the key that they gave it.
    pub key_hash: [u8; 32],
    /// Keyed hash of the request.
    pub request_mac: [u8; 32],
}

impl Once {
    /// What the request was answered with before.
    ///
    /// # Errors
    /// [`VolunteeredError::KeyReused`] when its key belongs to another request.
    pub(crate) fn answered<T: DeserializeOwned>(
        once: Option<&Self>,
        conn: &mut Conn,
        now: DateTime<Utc>,
    ) -> std::result::Result<Option<T>, VolunteeredError> {
        let Some(once) = once else { return Ok(None) };
        let Some(carried) = idempotency::find(conn, &once.key_hash, now)? else { return Ok(None) };
        if carried.request_mac != once.request_mac {
            return Err(VolunteeredError::KeyReused);
        }
        let answer = serde_json::from_str(&carried.answer)
            .map_err(|_| Error::corrupt("idempotency", "answer", "not what was written"))?;
        Ok(Some(answer))
    }

    /// Remembers the answer, in the transaction that makes it true.
    pub(crate) fn keep<T: Serialize>(
        once: Option<&Self>,
        conn: &mut Conn,
        person: Option<Person>,
        answer: &T,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let Some(once) = once else { return Ok(()) };
        let answer = serde_json::to_string(answer).map_err(|error| Error::Unexpected(format!("{error}")))?;
        let carried = Carried {
            key_hash: once.key_hash,
            request_mac: once.request_mac,
            person,
            answer,
            expires_at: now + TimeDelta::hours(HOURS),
        };
        idempotency::insert(conn, &carried, now)
    }
}
