//! Items as their customers see them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use counterfoil_domain::consent;
use counterfoil_domain::ids::{ClientId, Person};
use counterfoil_domain::item::State;
use counterfoil_store::conn::Conn;
use counterfoil_store::exchanges::{self, Exchange};
use counterfoil_store::items::{self, Item, Touch};
use counterfoil_store::{Error, apps, propagations};

use crate::customer::Customer;
use crate::items::{ExchangeView, ItemView, Told, TouchView};
use crate::values::open;
use crate::{VolunteeredError, Volunteering};

/// Those of a customer's items that are meant, newest first.
pub(crate) fn views(
    v: &Volunteering,
    conn: &mut Conn,
    person: Person,
    now: DateTime<Utc>,
    is_meant: impl Fn(&Item) -> bool,
) -> Result<Vec<ItemView>, VolunteeredError> {
    let meant: Vec<Item> =
        items::of_person(conn, person)?.into_iter().filter(|item| is_meant(item)).collect();
    if meant.is_empty() {
        return Ok(Vec::new());
    }
    let key = v.keys().volunteered(person)?;
    let customer = Customer::load(conn, person)?;
    let (fetched, used) = (items::fetches_of(conn, person)?, items::uses_of(conn, person)?);
    let promised = exchanges::of_person(conn, person)?;
    let told = propagations::of_person(conn, person)?;
    let mut names: HashMap<ClientId, String> = HashMap::new();
    let mut all = Vec::with_capacity(meant.len());
    for item in meant {
        let sent_by = match item.client_id {
            Some(id) => Some(name_of(conn, &mut names, id)?),
            None => None,
        };
        let value = match &key {
            Some(key) => open(v.keys(), key, &item)?,
            None => None,
        };
        let of_item = |touches: &[Touch]| -> Vec<TouchView> {
            let theirs = touches.iter().filter(|touch| touch.item_id == item.item_id);
            theirs.map(|touch| TouchView::from(touch.clone())).collect()
        };
        let fetched_by = of_item(&fetched);
        let consent = customer.consents.get(&item.consent_id);
        let state = state_at(&item, consent.map(|consent| consent.state_at(now)), now);
        let is_over = item.state.is_final();
        let confirmed =
            told.iter().filter(|one| one.record == item.record && one.answered_at.is_some()).count();
        let told = Told {
            systems: u32::try_from(fetched_by.len()).unwrap_or(u32::MAX),
            confirmed: u32::try_from(confirmed).unwrap_or(u32::MAX),
        };
        all.push(ItemView {
            value: value.filter(|_| !state.is_final()),
            until: item.ends_at.or_else(|| consent.and_then(|consent| consent.expires_at)),
            used_by: of_item(&used),
            exchange: promised
                .iter()
                .rfind(|one| one.item_id == item.item_id)
                .cloned()
                .map(ExchangeView::from),
            told: if is_over { told } else { Told::default() },
            fetched_by,
            state,
            sent_by,
            seen: seen_of(&item),
            item_id: item.item_id,
            record: item.record,
            consent_id: item.consent_id,
            purpose: item.purpose,
            ask: item.ask,
            ask_version: u32::try_from(item.ask_version).unwrap_or_default(),
            ask_hash: item.ask_hash,
            version: item.version,
            since: item.submitted_at,
            ended_at: item.ended_at,
        });
    }
    Ok(all)
}

/// An item as it is seen: the version of its ask, and which value.
pub(crate) fn seen_of(item: &Item) -> String {
    format!("{}/{}", item.ask_hash, item.version)
}

/// Where an item stands at `now`, whether or not it was written down yet that its time is over.
fn state_at(item: &Item, consent: Option<consent::State>, now: DateTime<Utc>) -> State {
    match item.state {
        State::Waiting if item.ends_at.is_some_and(|end| end <= now) => State::Lapsed,
        State::Live if consent.is_none_or(|state| !state.is_in_force()) => State::Expired,
        state => state,
    }
}

fn name_of(conn: &mut Conn, names: &mut HashMap<ClientId, String>, id: ClientId) -> Result<String, Error> {
    if let Some(name) = names.get(&id) {
        return Ok(name.clone());
    }
    let name = apps::find(conn, id)?.map_or_else(|| format!("{id}"), |app| app.name);
    names.insert(id, name.clone());
    Ok(name)
}

impl From<Touch> for TouchView {
    fn from(touch: Touch) -> Self {
        Self { name: touch.name, first_at: touch.first_at, last_at: touch.last_at, number: touch.number }
    }
}

impl From<Exchange> for ExchangeView {
    fn from(exchange: Exchange) -> Self {
        Self {
            exchange_id: exchange.exchange_id,
            state: exchange.state,
            amount: exchange.amount,
            unit: exchange.unit,
            is_money: exchange.is_money,
            due_at: exchange.due_at,
            delivered_at: exchange.delivered_at,
        }
    }
}
