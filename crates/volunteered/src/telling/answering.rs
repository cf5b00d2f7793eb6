//! What systems say when they were told that something is gone, and what happens when they do not.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::ids::{ClientId, PropagationId, Pseudonym, RecordId};
use counterfoil_ledger::Draft;
use counterfoil_store::conn::Conn;
use counterfoil_store::propagations::{self, Outcome, Propagation};
use counterfoil_store::{Result, people, pseudonyms};
use serde_json::{Value, json};

use super::CONFIRM;
use crate::{VolunteeredError, Volunteering};

/// Rows looked at together.
const PAGE: i64 = 500;

/// That a system has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledged {
    /// When it did first.
    pub at: DateTime<Utc>,
    /// What it said.
    pub outcome: Outcome,
}

/// A system says what it did with something that is gone. The same again changes nothing.
///
/// # Errors
/// [`VolunteeredError::NotFound`] where the system was never told so, [`VolunteeredError::NotNow`] where it said otherwise
/// before, and [`VolunteeredError::Store`].
pub async fn acknowledge(
    v: &Volunteering,
    client_id: ClientId,
    propagation_id: PropagationId,
    outcome: Outcome,
) -> std::result::Result<Acknowledged, VolunteeredError> {
    let (volunteering, now) = (v.clone(), v.clock().now());
    v.store()
        .write(move |conn| {
            let found = propagations::find(conn, propagation_id, client_id)?;
            let found = found.ok_or(VolunteeredError::NotFound)?;
            // It can be faster than whoever notes that it was told.
            let told = told_now(&volunteering, conn, found.record, now)?;
            if let Some(answered) = propagations::answer(conn, propagation_id, client_id, outcome, now)? {
                let mut drafts: Vec<Draft> = sent(&told, now).into_iter().collect();
                drafts.push(acknowledged(&answered, outcome, now));
                say(&volunteering, conn, &answered, &drafts, now)?;
                return Ok(Acknowledged { at: now, outcome });
            }
            let before = propagations::find(conn, propagation_id, client_id)?;
            match before.and_then(|before| before.answered_at.zip(before.outcome)) {
                Some((at, said)) if said == outcome => Ok(Acknowledged { at, outcome }),
                Some((_, said)) => Err(VolunteeredError::NotNow(said.name())),
                None => Err(VolunteeredError::NotFound),
            }
        })
        .await
}

/// The customer ids of pseudonyms; those of nobody, and of customers who were erased, are not among them.
///
/// # Errors
/// The store's.
pub async fn resolve(
    v: &Volunteering,
    wanted: &[Pseudonym],
) -> std::result::Result<HashMap<Pseudonym, String>, VolunteeredError> {
    let (keys, wanted) = (v.keys().clone(), wanted.to_vec());
    v.store()
        .read(move |conn| {
            let persons = pseudonyms::persons(conn, &wanted)?;
            let all: Vec<_> = persons.values().copied().collect();
            let ids = people::customer_ids(conn, &keys, &all)?;
            let named =
                persons.into_iter().filter_map(|(name, person)| Some((name, ids.get(&person)?.clone())));
            Ok(named.collect())
        })
        .await
}

/// Writes entries about whom the tombstones that were sent have told, on the calling thread; how many. Nothing while the
/// database is behind what was signed.
///
/// # Errors
/// The store's.
pub fn tell_sent(v: &Volunteering) -> Result<usize> {
    if v.ledger().check().is_err() {
        return Ok(0);
    }
    let records = v.store().read_blocking(|conn| propagations::sent(conn, PAGE))?;
    for record in &records {
        let now = v.clock().now();
        v.store().write_blocking(|conn| {
            let told = told_now(v, conn, *record, now)?;
            match (told.first(), sent(&told, now)) {
                (Some(first), Some(draft)) => say(v, conn, first, &[draft], now),
                _ => Ok(()),
            }
        })?;
    }
    Ok(records.len())
}

/// Writes entries about answers that did not come in time, on the calling thread; how many. Nothing while the database is
/// behind what was signed.
///
/// # Errors
/// The store's.
pub fn note_overdue(v: &Volunteering) -> Result<usize> {
    if v.ledger().check().is_err() {
        return Ok(0);
    }
    let mut noted = 0;
    loop {
        let now = v.clock().now();
        let is_late = v.store().write_blocking(|conn| {
            let Some(late) = propagations::note_overdue(conn, now)? else { return Ok(false) };
            say(v, conn, &late, &[overdue(&late, now)], now)?;
            Ok::<_, counterfoil_store::Error>(true)
        })?;
        if !is_late {
            return Ok(noted);
        }
        noted += 1;
    }
}

fn told_now(
    v: &Volunteering,
    conn: &mut Conn,
    record: RecordId,
    now: DateTime<Utc>,
) -> Result<Vec<Propagation>> {
    let confirm: TimeDelta = v.telling().map_or(CONFIRM, |telling| telling.confirm);
    propagations::tell(conn, &[record], now, now + confirm)
}

/// Appends entries about a propagation, under its customer's key; under the realm's once they are erased.
fn say(
    v: &Volunteering,
    conn: &mut Conn,
    propagation: &Propagation,
    drafts: &[Draft],
    now: DateTime<Utc>,
) -> Result<()> {
    if let Some(person) = propagation.person
        && let Some(evidence) = v.keys().evidence(person)?
    {
        v.ledger().append_under(conn, &evidence, person, now, drafts)?;
        return Ok(());
    }
    v.ledger().append_for_realm(conn, now, drafts)?;
    Ok(())
}

/// That systems were told.
fn sent(told: &[Propagation], now: DateTime<Utc>) -> Option<Draft> {
    let first = told.first()?;
    let systems: Vec<ClientId> = told.iter().map(|one| one.client_id).collect();
    let payload = json!({ "propagationId": first.propagation_id, "item": first.record, "systems": systems });
    let draft = draft(EntryType::PropagationSent, "sent", first, Actor::System, payload, now);
    Some(Draft { expires: first.due_at, ..draft })
}

fn acknowledged(answered: &Propagation, outcome: Outcome, now: DateTime<Utc>) -> Draft {
    let payload = json!({
        "propagationId": answered.propagation_id,
        "item": answered.record,
        "system": answered.client_id,
        "outcome": outcome.name(),
    });
    let actor = Actor::App(format!("{}", answered.client_id));
    draft(EntryType::PropagationAcknowledged, "acknowledged", answered, actor, payload, now)
}

fn overdue(late: &Propagation, now: DateTime<Utc>) -> Draft {
    let payload =
        json!({ "propagationId": late.propagation_id, "item": late.record, "system": late.client_id });
    draft(EntryType::PropagationOverdue, "overdue", late, Actor::System, payload, now)
}

/// An entry about a propagation, which is a record of its own: that of the item ended with the item.
fn draft(
    entry_type: EntryType,
    state: &'static str,
    about: &Propagation,
    actor: Actor,
    payload: Value,
    now: DateTime<Utc>,
) -> Draft {
    Draft {
        entry_type,
        record: RecordId(*about.propagation_id.as_bytes()),
        actor,
        state: Some(state),
        basis: None,
        effective_at: now,
        expires: None,
        display: None,
        cause: Some(about.cause),
        entry_id: None,
        config: None,
        payload: Some(payload),
    }
}
