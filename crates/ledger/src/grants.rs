//! How a grant ends: the rows, the gate, the entry, in one transaction of whoever ends it.

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::grant::{Act, State};
use counterfoil_domain::ids::EntryId;
use counterfoil_store::conn::Conn;
use counterfoil_store::grants::{self, Ending, Grant};
use counterfoil_store::keys::Keys;
use counterfoil_store::{Contention, owed, tokens};
use serde_json::json;

use crate::{Draft, Ledger};

/// A grant is the customer's instruction under their right to data portability: GDPR Art. 20.
pub const BASIS: &str = "eu-gdpr:A20";

/// How a grant comes to its end.
#[derive(Debug, Clone)]
pub struct How {
    /// What happens to it.
    pub act: Act,
    /// Who does it.
    pub actor: Actor,
    /// The retailer's reason.
    pub reason: Option<String>,
    /// The entry that made it end, if another act did.
    pub cause: Option<EntryId>,
}

/// A grant that just ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// When it took effect.
    pub at: DateTime<Utc>,
    /// Size of the access log then: every disclosure under the grant has a smaller number.
    pub access_size: i64,
}

/// Why a grant cannot be ended.
#[derive(Debug, thiserror::Error)]
pub enum EndError {
    /// It ended before.
    #[error("the grant is {}", .0.name())]
    Final(State),
    /// The store.
    #[error(transparent)]
    Store(#[from] counterfoil_store::Error),
}

impl Contention for EndError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

/// Ends a grant that the transaction has locked: its rows, then the gate, then the entry (the lock order of every act
/// that narrows). While the database is behind what was signed the grant ends all the same, and the log owes the entry. Who ends several in one transaction calls [`close`] for each, then [`Ledger::gate`] and
/// [`Ledger::append`] with the [`closing_draft`]s.
///
/// # Errors
/// [`EndError::Final`] for one that ended before.
pub fn end_locked(
    ledger: &Ledger,
    keys: &Keys,
    conn: &mut Conn,
    grant: &Grant,
    how: &How,
    now: DateTime<Utc>,
) -> Result<(State, Ended), EndError> {
    let state = close(conn, grant, how, now)?;
    let evidence = keys.evidence(grant.person)?;
    let access_size = ledger.gate(conn)?;
    let draft = closing_draft(grant, how, state, access_size, now);
    match evidence {
        // The customer was forgotten, with every entry about them: what the database still has of the grant ends.
        None => ledger.note_closures(grant.person, &[draft], None, now)?,
        Some(_) if ledger.check().is_err() => {
            ledger.note_closures(grant.person, &[draft], None, now)?;
            owed::note_grant(conn, grant.grant_id, now)?;
        }
        Some(evidence) => {
            ledger.append_under(conn, &evidence, grant.person, now, &[draft])?;
        }
    }
    Ok((state, Ended { at: now, access_size }))
}

/// Writes down that a locked grant ended, and removes its refresh tokens; gives its final state.
///
/// # Errors
/// [`EndError::Final`] when its state has no such step.
pub fn close(conn: &mut Conn, grant: &Grant, how: &How, now: DateTime<Utc>) -> Result<State, EndError> {
    let state = grant.state.after(how.act).map_err(|error| EndError::Final(error.from))?;
    if !state.is_final() {
        return Err(EndError::Final(grant.state));
    }
    let by = match how.actor {
        Actor::Customer => "customer",
        Actor::App(_) => "app",
        Actor::Staff(_) => "staff",
        Actor::System => "system",
    };
    grants::end(conn, grant.grant_id, &Ending { state, at: now, by, reason: how.reason.as_deref() })?;
    tokens::delete_refresh_of_grant(conn, grant.grant_id)?;
    Ok(state)
}

/// The entry about a grant that [`close`] brought to `state`, when the access log had `access_size` entries.
pub fn closing_draft(grant: &Grant, how: &How, state: State, access_size: i64, now: DateTime<Utc>) -> Draft {
    let entry_type = match state {
        State::Lapsed => EntryType::GrantLapsed,
        State::Withdrawn => EntryType::GrantWithdrawn,
        State::Revoked => EntryType::GrantRevoked,
        State::Expired => EntryType::GrantExpired,
        // Of the others, `close` gives only this one.
        State::Ended | State::Given | State::Active | State::Paused => EntryType::GrantEnded,
    };
    let mut payload = json!({
        "grantId": format!("{}", grant.grant_id),
        "clientId": format!("{}", grant.client_id),
        "granted": grant.details,
        "version": grant.version,
        "accessSize": access_size,
    });
    if let (Some(reason), Some(members)) = (&how.reason, payload.as_object_mut()) {
        members.insert("reason".to_owned(), json!(reason));
    }
    Draft {
        entry_type,
        record: grant.record,
        actor: how.actor.clone(),
        state: Some(state.name()),
        basis: Some(BASIS),
        effective_at: now,
        expires: None,
        display: None,
        cause: how.cause,
        entry_id: None,
        config: None,
        payload: Some(payload),
    }
}
