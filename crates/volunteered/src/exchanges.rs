//! What customers gave and got.

use counterfoil_domain::exchange::{self, State, Sums};
use counterfoil_domain::ids::{ExchangeId, ItemId, Person};
use counterfoil_domain::item;
use counterfoil_store::{exchanges, items};

use crate::act::Act;
use crate::customer::By;
use crate::handing::System;
use crate::items::ExchangeView;
use crate::once::Once;
use crate::{Fault, VolunteeredError, Volunteering, names};

/// Most characters of a reference.
const LONGEST_REFERENCE: usize = 100;

/// One line of a customer's balance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceLine {
    /// For which item.
    pub item_id: ItemId,
    /// Id of the ask.
    pub ask: String,
    /// What is given for it.
    pub exchange: ExchangeView,
}

/// What a customer gave and got.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balance {
    /// Everything that was ever promised, oldest first.
    pub lines: Vec<BalanceLine>,
    /// Items that the customer told, whether or not they still stand.
    pub told: u32,
    /// What is to be given.
    pub owed: Sums,
    /// What was given.
    pub got: Sums,
}

impl Balance {
    /// Adds a line and its amount.
    pub(crate) fn add(&mut self, line: BalanceLine) {
        let ExchangeView { state, amount, unit, .. } = &line.exchange;
        match state {
            State::Promised | State::Due | State::Overdue => self.owed.add(amount, unit),
            State::Delivered => self.got.add(amount, unit),
            State::Forgone => {}
        }
        self.lines.push(line);
    }
}

/// What a customer gave and got.
///
/// # Errors
/// The store's.
pub async fn of(v: &Volunteering, person: Person) -> Result<Balance, VolunteeredError> {
    v.store()
        .read(move |conn| {
            let (mut balance, mut all) = (Balance::default(), Vec::new());
            for name in names::of(conn, person)? {
                let told = items::of_person(conn, name)?.into_iter().filter(|item| is_told(item.state));
                balance.told = balance.told.saturating_add(u32::try_from(told.count()).unwrap_or(u32::MAX));
                all.extend(exchanges::of_person(conn, name)?);
            }
            all.sort_by_key(|exchange| exchange.promised_at);
            for exchange in all {
                balance.add(BalanceLine {
                    item_id: exchange.item_id,
                    ask: exchange.ask.clone(),
                    exchange: ExchangeView::from(exchange),
                });
            }
            Ok(balance)
        })
        .await
}

/// Whether the retailer was told: what nobody said yes to was not.
fn is_told(state: item::State) -> bool {
    !matches!(state, item::State::Waiting | item::State::Lapsed | item::State::Declined)
}

/// The purpose for which the item was told that something was promised for.
///
/// # Errors
/// [`VolunteeredError::NotFound`].
pub async fn purpose_of(v: &Volunteering, exchange_id: ExchangeId) -> Result<String, VolunteeredError> {
    v.store()
        .read(move |conn| {
            let exchange = exchanges::find(conn, exchange_id)?.ok_or(VolunteeredError::NotFound)?;
            let item = items::find(conn, exchange.item_id)?.ok_or(VolunteeredError::NotFound)?;
            Ok(item.purpose)
        })
        .await
}

/// A system that hands out points or money says that it gave what was promised; `reference` is its own name for that.
///
/// # Errors
/// [`VolunteeredError::NotFound`], [`VolunteeredError::NotNow`] for what is not owed, [`VolunteeredError::Invalid`] for a
/// reference that is empty or too long, and [`VolunteeredError::KeyReused`].
pub async fn deliver(
    v: &Volunteering,
    system: &System,
    exchange_id: ExchangeId,
    reference: &str,
    once: Option<&Once>,
) -> Result<ExchangeView, VolunteeredError> {
    let length = reference.trim().chars().count();
    if length == 0 || length > LONGEST_REFERENCE || reference.contains('\0') {
        let says = format!("must have 1 to {LONGEST_REFERENCE} characters");
        return Err(VolunteeredError::Invalid(vec![Fault { pointer: "/reference".to_owned(), says }]));
    }
    let (volunteering, now) = (v.clone(), v.clock().now());
    let (by, reference, once) = (By::system(system.client_id), reference.to_owned(), once.cloned());
    v.store()
        .write(move |conn| {
            let person = exchanges::find(conn, exchange_id)?.ok_or(VolunteeredError::NotFound)?.person;
            let mut act = Act::begin(&volunteering, conn, person, by.clone(), now)?;
            act.settle(conn)?;
            let found = act.customer.exchanges.get(&exchange_id).cloned();
            let mut exchange = found.ok_or(VolunteeredError::NotFound)?;
            if Once::answered::<()>(once.as_ref(), conn, now)?.is_some() {
                return Ok(ExchangeView::from(exchange));
            }
            Once::keep(once.as_ref(), conn, Some(person), &(), now)?;
            exchange.reference = Some(reference.clone());
            act.exchange(exchange, exchange::Act::Deliver, None)?;
            let done = act.finish(conn)?;
            let given = done.customer(person)?.exchanges.get(&exchange_id).cloned();
            given.map(ExchangeView::from).ok_or(VolunteeredError::NotFound)
        })
        .await
}
