//! What an answer does: the consent is asked for, agreed to or refused, and what is offered is promised.

use chrono::{DateTime, TimeDelta, Utc};
use counterfoil_domain::consent;
use counterfoil_domain::exchange;
use counterfoil_domain::ids::{ConsentId, ExchangeId, ItemId, RecordId};
use counterfoil_domain::item;
use counterfoil_domain::objection::Subject;
use counterfoil_store::answers;
use counterfoil_store::conn::Conn;
use counterfoil_store::consents::Consent;
use counterfoil_store::exchanges::Exchange;
use serde_json::Value;

use crate::act::Act;
use crate::asks::Answered;
use crate::customer::Customer;
use crate::names::Names;
use crate::published::{self, AskObject};
use crate::values::{add, replace};
use crate::{VolunteeredError, checking};

/// How long after an answer what was promised for it is to be given, in days.
const GIVEN_WITHIN_DAYS: i64 = 30;

/// The latest version of an ask, which must be open.
pub(crate) fn open_ask(conn: &mut Conn, id: &str, now: DateTime<Utc>) -> Result<AskObject, VolunteeredError> {
    let ask = published::latest_ask(conn, id)?.ok_or(VolunteeredError::UnknownAsk)?;
    if ask.is_open(now) { Ok(ask) } else { Err(VolunteeredError::AskClosed) }
}

/// The customer says yes, and with a value what.
pub(crate) fn accept(
    act: &mut Act,
    conn: &mut Conn,
    ask: &AskObject,
    value: &Value,
) -> Result<Answered, VolunteeredError> {
    let bytes = match value {
        Value::Null => None,
        value => Some(checking::check(&ask.ask.schema, value)?),
    };
    let consent_id = agree(act, conn, ask)?;
    let Some(bytes) = bytes else { return Ok(Answered { consent_id, item_id: None, exchange: None }) };
    let own = act
        .customer
        .items
        .values()
        .find(|item| item.ask == ask.id && item.client_id.is_none() && item.state == item::State::Live);
    let item_id = match own.cloned() {
        // One ask has one answer of the customer's own: a later one takes its place.
        Some(item) => {
            let item_id = item.item_id;
            replace(act, conn, item, Some(ask), &bytes)?;
            item_id
        }
        None => add(act, conn, ask, &bytes, None)?.item_id,
    };
    let exchange = promise(act, ask, item_id)?;
    Ok(Answered { consent_id, item_id: Some(item_id), exchange })
}

/// Whoever says yes to one purpose, having seen it, does not object to it any more, by whichever of their names.
pub(crate) fn lift_all(names: &mut Names, ask: &AskObject) -> Result<(), VolunteeredError> {
    for act in names.all() {
        act.lift(&Subject::Purpose(ask.ask.purpose.id.clone()), None)?;
    }
    Ok(())
}

/// The customer agrees to what an ask says, on a page of ours, and does not object to its purpose any more.
///
/// # Errors
/// `NotNow("objected")` for marketing to which the customer objects.
pub(crate) fn agree(act: &mut Act, conn: &mut Conn, ask: &AskObject) -> Result<ConsentId, VolunteeredError> {
    let purpose = act.purpose(conn, &ask.ask.purpose.hash)?;
    if purpose.processing.is_marketing() && act.customer.is_objected(&Subject::Marketing) {
        return Err(VolunteeredError::NotNow("objected"));
    }
    let state = act.customer.consent_to(&purpose.id).map(|consent| consent.state);
    if state.is_none_or(|state| !state.is_in_force() && !state.is_open()) {
        request(act, conn, ask)?;
    }
    let mut consent = consent_of(act, ask)?;
    let is_same = consent.config == ask.hash && consent.state.is_in_force();
    let (consent_id, mut cause) = (consent.consent_id, None);
    if !is_same {
        let step = if consent.state.is_in_force() { consent::Act::Amend } else { consent::Act::Give };
        name(&mut consent, ask);
        consent.expires_at = published::end_of(conn, &purpose, act.now)?;
        consent.reminded_at = None;
        if step == consent::Act::Give {
            consent.given_at = Some(act.now);
        }
        cause = Some(act.step(conn, consent, step, None)?);
    }
    act.lift(&Subject::Purpose(ask.ask.purpose.id.clone()), cause)?;
    act.note_answer(outcome(act, ask, answers::State::Answered));
    Ok(consent_id)
}

fn consent_of(act: &Act, ask: &AskObject) -> Result<Consent, VolunteeredError> {
    let consent = act.customer.consent_to(ask.ask.purpose.id.as_str()).cloned();
    consent.ok_or(VolunteeredError::NotNow(consent::State::Unknown.name()))
}

/// What a consent is about, as an ask says it.
fn name(consent: &mut Consent, ask: &AskObject) {
    consent.config.clone_from(&ask.hash);
    consent.purpose_hash.clone_from(&ask.ask.purpose.hash);
    consent.ask = Some(ask.id.clone());
}

/// The customer says no, or not now. What they agreed to before stays.
pub(crate) fn decline(
    act: &mut Act,
    conn: &mut Conn,
    ask: &AskObject,
    step: consent::Act,
) -> Result<Answered, VolunteeredError> {
    let state = act.customer.consent_to(ask.ask.purpose.id.as_str()).map(|consent| consent.state);
    if state.is_none_or(|state| !state.is_in_force() && !state.is_open()) {
        request(act, conn, ask)?;
    }
    let consent = consent_of(act, ask)?;
    let consent_id = consent.consent_id;
    if !consent.state.is_in_force() {
        act.step(conn, consent, step, None)?;
    }
    let to = if step == consent::Act::Refuse { answers::State::Refused } else { answers::State::Deferred };
    let before = act.customer.answer_to(&ask.id, ask.version).map(|answer| answer.state);
    if before != Some(answers::State::Answered) {
        act.note_answer(outcome(act, ask, to));
    }
    Ok(Answered { consent_id, item_id: None, exchange: None })
}

/// Asks for the consent that an ask needs.
pub(crate) fn request(
    act: &mut Act,
    conn: &mut Conn,
    ask: &AskObject,
) -> Result<ConsentId, VolunteeredError> {
    let known = act.customer.consent_to(ask.ask.purpose.id.as_str()).cloned();
    let mut consent = known.unwrap_or_else(|| Consent {
        consent_id: ConsentId(act.v.entropy().bytes()),
        person: act.person,
        purpose: ask.ask.purpose.id.as_str().to_owned(),
        record: RecordId(act.v.entropy().bytes()),
        state: consent::State::Unknown,
        version: 0,
        config: String::new(),
        purpose_hash: String::new(),
        ask: None,
        requested_at: act.now,
        given_at: None,
        expires_at: None,
        ended_at: None,
        reminded_at: None,
    });
    name(&mut consent, ask);
    consent.requested_at = act.now;
    consent.given_at = None;
    consent.expires_at = None;
    consent.ended_at = None;
    let consent_id = consent.consent_id;
    act.step(conn, consent, consent::Act::Request, None)?;
    Ok(consent_id)
}

/// What becomes of an ask, on top of what became of it before.
pub(crate) fn outcome(act: &Act, ask: &AskObject, state: answers::State) -> answers::Answer {
    let before = act.customer.answer_to(&ask.id, ask.version);
    answers::Answer {
        person: act.person,
        ask: ask.id.clone(),
        version: ask.version,
        hash: ask.hash.clone(),
        purpose: ask.ask.purpose.id.as_str().to_owned(),
        state,
        shown_at: before.map_or(act.now, |before| before.shown_at),
        answered_at: (state != answers::State::Shown).then_some(act.now),
        closed_at: None,
    }
}

/// Promises what an ask offers, which is due at once, unless this version has brought it before.
pub(crate) fn promise(
    act: &mut Act,
    ask: &AskObject,
    item_id: ItemId,
) -> Result<Option<ExchangeId>, VolunteeredError> {
    if !is_offer_open(&act.customer, ask) {
        return Ok(None);
    }
    let offer = &ask.ask.offer;
    let unit = offer.currency.clone().or_else(|| offer.unit.clone()).unwrap_or_default();
    let exchange = Exchange {
        exchange_id: ExchangeId(act.v.entropy().bytes()),
        person: act.person,
        item_id,
        ask: ask.id.clone(),
        ask_version: ask.version,
        record: RecordId(act.v.entropy().bytes()),
        state: exchange::State::Promised,
        amount: offer.amount.clone(),
        unit,
        is_money: offer.currency.is_some(),
        promised_at: act.now,
        due_at: act.now + TimeDelta::days(GIVEN_WITHIN_DAYS),
        delivered_at: None,
        reference: None,
        ended_at: None,
    };
    let exchange_id = exchange.exchange_id;
    act.write_exchange(exchange.clone(), None);
    act.exchange(exchange, exchange::Act::Owe, None)?;
    Ok(Some(exchange_id))
}

/// Whether what an ask offers is still to be had.
pub(crate) fn is_offer_open(customer: &Customer, ask: &AskObject) -> bool {
    ask.ask.offer.is_reward()
        && !customer.exchanges.values().any(|exchange| {
            exchange.ask == ask.id
                && exchange.ask_version == ask.version
                && exchange.state != exchange::State::Forgone
        })
}
