//! Values of items: added, replaced, sealed under their customer's key, opened again.

use chrono::TimeDelta;
use counterfoil_domain::entry::{EntryType, Salt, commit};
use counterfoil_domain::ids::{ItemId, RecordId};
use counterfoil_domain::item::{self, State};
use counterfoil_domain::objection::Subject;
use counterfoil_store::Error;
use counterfoil_store::answers::State as AnswerState;
use counterfoil_store::conn::Conn;
use counterfoil_store::items::Item;
use counterfoil_store::keys::{Keys, Secret};
use serde_json::Value;

use crate::act::Act;
use crate::agreement::request;
use crate::items::AppStanding;
use crate::published::AskObject;
use crate::{VolunteeredError, Volunteering};

/// How long an item waits for the customer's yes, in days.
const WAITS_DAYS: i64 = 7;
/// Items of one ask that a customer can have at a time.
const MOST_OPEN: usize = 200;

/// Adds an item: one that can be used where a consent covers it, else one that waits.
pub(crate) fn add(
    act: &mut Act,
    conn: &mut Conn,
    ask: &AskObject,
    bytes: &[u8],
    app: Option<&AppStanding>,
) -> Result<Item, VolunteeredError> {
    let open = act.customer.items.values().filter(|item| item.ask == ask.id && !item.state.is_final());
    if open.count() >= MOST_OPEN {
        return Err(VolunteeredError::TooLarge);
    }
    let is_covered = app.is_none() || is_covered(act, conn, ask)?;
    let known = act.customer.consent_to(ask.ask.purpose.id.as_str());
    let consent_id = match known.map(|consent| (consent.consent_id, consent.state)) {
        Some((id, state)) if is_covered || state.is_in_force() || state.is_open() => id,
        _ => request(act, conn, ask)?,
    };
    let item_id = ItemId(act.v.entropy().bytes());
    let (value, digest) = seal(act, item_id, bytes)?;
    let item = Item {
        item_id,
        person: act.person,
        consent_id,
        purpose: ask.ask.purpose.id.as_str().to_owned(),
        ask: ask.id.clone(),
        ask_version: ask.version,
        ask_hash: ask.hash.clone(),
        record: RecordId(act.v.entropy().bytes()),
        state: if is_covered { State::Live } else { State::Waiting },
        version: 1,
        value: Some(value),
        client_id: app.map(|app| app.standing.client_id),
        grant_id: app.map(|app| app.standing.grant_id),
        submitted_at: act.now,
        ends_at: (!is_covered).then(|| act.now + TimeDelta::days(WAITS_DAYS)),
        ended_at: None,
    };
    act.write_item(conn, item.clone(), EntryType::VolunteeredSubmitted, Some(&digest), None)?;
    Ok(item)
}

/// Whether what the customer agreed to covers an ask: its purpose in the version that they agreed to, no other version
/// of the ask itself, and nothing to which they object.
fn is_covered(act: &mut Act, conn: &mut Conn, ask: &AskObject) -> Result<bool, VolunteeredError> {
    let purpose = act.purpose(conn, &ask.ask.purpose.hash)?;
    let customer = &act.customer;
    let is_agreed = customer.consent_to(&purpose.id).is_some_and(|consent| {
        consent.state_at(act.now).is_in_force() && consent.purpose_hash == purpose.hash
    });
    let answered = |is_this: bool| {
        customer.answers.iter().any(|answer| {
            answer.ask == ask.id
                && (answer.version == ask.version) == is_this
                && answer.state == AnswerState::Answered
        })
    };
    let declined = customer.answer_to(&ask.id, ask.version).is_some_and(|answer| {
        matches!(answer.state, AnswerState::Refused | AnswerState::Deferred | AnswerState::Withdrawn)
    });
    let is_objected = customer.is_objected(&Subject::Purpose(ask.ask.purpose.id.clone()))
        || purpose.processing.is_marketing() && customer.is_objected(&Subject::Marketing);
    Ok(is_agreed && !declined && !is_objected && (answered(true) || !answered(false)))
}

/// Gives an item another value, and another version of its ask where the customer answered that.
pub(crate) fn replace(
    act: &mut Act,
    conn: &mut Conn,
    mut item: Item,
    ask: Option<&AskObject>,
    bytes: &[u8],
) -> Result<(), VolunteeredError> {
    let after = item.state.after(item::Act::Correct);
    item.state = after.map_err(|error| VolunteeredError::NotNow(error.from.name()))?;
    let (value, digest) = seal(act, item.item_id, bytes)?;
    item.value = Some(value);
    item.version += 1;
    if let Some(ask) = ask {
        item.ask_version = ask.version;
        item.ask_hash.clone_from(&ask.hash);
    }
    act.write_item(conn, item, EntryType::VolunteeredCorrected, Some(&digest), None)?;
    Ok(())
}

/// What a sealed value is bound to.
fn aad(item_id: ItemId) -> Vec<u8> {
    [b"volunteered\0".as_slice(), item_id.as_bytes()].concat()
}

/// A value with its own salt, sealed under the customer's key; and the digest by which its entry can prove it.
fn seal(act: &Act, item_id: ItemId, bytes: &[u8]) -> Result<(Vec<u8>, String), Error> {
    let keys = act.v.keys();
    let key = keys.volunteered(act.person)?.ok_or(Error::Key("the key was destroyed"))?;
    let salt: Salt = act.v.entropy().bytes();
    let sealed = keys.seal(&key, &aad(item_id), &[&salt[..], bytes].concat())?;
    Ok((sealed, commit(&salt, bytes).to_text()))
}

/// A value as it is sealed: its salt, and its canonical bytes.
type Salted = (Salt, Vec<u8>);

fn salted(keys: &Keys, key: &Secret, item: &Item) -> Result<Option<Salted>, Error> {
    let Some(sealed) = &item.value else { return Ok(None) };
    let plain = keys.open_sealed(key, &aad(item.item_id), sealed)?;
    let (salt, bytes) =
        plain.split_first_chunk::<32>().ok_or_else(|| Error::corrupt("items", "value", item.item_id))?;
    Ok(Some((*salt, bytes.to_vec())))
}

/// The digest by which an item's entry can prove its value.
pub(crate) fn digest_of(v: &Volunteering, item: &Item) -> Result<String, Error> {
    let key = v.keys().volunteered(item.person)?.ok_or(Error::Key("the key was destroyed"))?;
    let (salt, bytes) = salted(v.keys(), &key, item)?.ok_or_else(|| corrupt_value(item))?;
    Ok(commit(&salt, &bytes).to_text())
}

fn corrupt_value(item: &Item) -> Error {
    Error::corrupt("items", "value", item.item_id)
}

/// The value of an item that has one.
pub(crate) fn open(keys: &Keys, key: &Secret, item: &Item) -> Result<Option<Value>, Error> {
    let Some((_, bytes)) = salted(keys, key, item)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|_| corrupt_value(item))
}
