//! What time does: consents expire, requests and waiting items lapse, exchanges become overdue, customers are reminded.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use counterfoil_domain::consent;
use counterfoil_domain::exchange;
use counterfoil_domain::ids::{ConsentId, Person};
use counterfoil_store::conn::Conn;
use counterfoil_store::{answers, consents, exchanges, items};

use crate::act::Act;
use crate::customer::By;
use crate::{VolunteeredError, Volunteering, dark, published};

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Consents whose time was over.
    pub expired: u32,
    /// Customers who were told that a consent still stands.
    pub reminded: u32,
    /// Requests that nobody answered.
    pub lapsed: u32,
    /// Items that waited for a yes that did not come.
    pub unconfirmed: u32,
    /// Exchanges that are overdue.
    pub overdue: u32,
    /// Keys that were destroyed because a process died right after somebody went dark.
    pub keys: u32,
}

/// Rows of each kind that one run takes on.
const AT_ONCE: i64 = 1_000;
/// How long before its end a customer is told that a consent still stands, in days.
pub const REMIND_DAYS: i64 = 14;
/// How long a customer is not told again, in days.
const TOLD_DAYS: i64 = 60;

/// Does what time asks for, at most so much at once: whoever calls it calls it again.
///
/// # Errors
/// The store's; what was done until then stays done.
pub async fn run(v: &Volunteering) -> Result<Swept, VolunteeredError> {
    let now = v.clock().now();
    let mut swept = Swept { keys: dark::finish(v).await?, ..Swept::default() };
    let due = read(v, move |conn| consents::overdue(conn, now, AT_ONCE)).await?;
    for person in persons(due.iter().map(|consent| consent.person)) {
        swept.expired += on(v, person, now, Act::expire_due).await?;
    }
    let (until, told) = (now + TimeDelta::days(REMIND_DAYS), now - TimeDelta::days(TOLD_DAYS));
    for consent in read(v, move |conn| consents::to_remind(conn, until, told, AT_ONCE)).await? {
        let id = consent.consent_id;
        swept.reminded += on(v, consent.person, now, move |act, conn| remind(act, conn, id)).await?;
    }
    let waiting = read(v, move |conn| items::overdue(conn, now, AT_ONCE)).await?;
    for person in persons(waiting.iter().map(|item| item.person)) {
        swept.unconfirmed += on(v, person, now, Act::lapse_due).await?;
    }
    let owed = read(v, move |conn| exchanges::overdue(conn, now, AT_ONCE)).await?;
    for person in persons(owed.iter().map(|exchange| exchange.person)) {
        swept.overdue += on(v, person, now, |act, _| miss(act)).await?;
    }
    swept.lapsed = lapse_requests(v, now).await?;
    Ok(swept)
}

async fn read<T: Send + 'static>(
    v: &Volunteering,
    body: impl FnOnce(&mut Conn) -> counterfoil_store::Result<T> + Send + 'static,
) -> Result<T, VolunteeredError> {
    v.store().read(move |conn| Ok(body(conn)?)).await
}

fn persons(all: impl Iterator<Item = Person>) -> BTreeSet<Person> {
    all.collect()
}

/// One act of time on a customer; nothing where they are gone.
async fn on(
    v: &Volunteering,
    person: Person,
    now: DateTime<Utc>,
    body: impl Fn(&mut Act, &mut Conn) -> Result<u32, VolunteeredError> + Send + 'static,
) -> Result<u32, VolunteeredError> {
    let volunteering = v.clone();
    v.store()
        .write(move |conn| {
            let mut act = match Act::begin(&volunteering, conn, person, By::time(), now) {
                Err(VolunteeredError::NotFound) => return Ok(0),
                act => act?,
            };
            let done = body(&mut act, conn)?;
            act.finish(conn)?;
            Ok(done)
        })
        .await
}

fn remind(act: &mut Act, conn: &mut Conn, consent_id: ConsentId) -> Result<u32, VolunteeredError> {
    let found = act.customer.consents.get(&consent_id).cloned();
    let Some(mut consent) = found.filter(|consent| consent.state_at(act.now).is_in_force()) else {
        return Ok(0);
    };
    consent.reminded_at = Some(act.now);
    act.step(conn, consent, consent::Act::Remind, None)?;
    Ok(1)
}

fn miss(act: &mut Act) -> Result<u32, VolunteeredError> {
    let now = act.now;
    let over = act
        .customer
        .exchanges
        .values()
        .filter(|exchange| exchange.state == exchange::State::Due && exchange.due_at <= now);
    let mut missed = 0;
    for exchange in over.cloned().collect::<Vec<_>>() {
        act.exchange(exchange, exchange::Act::Miss, None)?;
        missed += 1;
    }
    Ok(missed)
}

/// Requests lapse whose ask is answered no more.
async fn lapse_requests(v: &Volunteering, now: DateTime<Utc>) -> Result<u32, VolunteeredError> {
    let closed: HashSet<String> = v
        .store()
        .read(move |conn| {
            let asks = published::asks(conn)?.into_iter().filter(|ask| !ask.is_open(now));
            Ok::<_, VolunteeredError>(asks.map(|ask| ask.id).collect())
        })
        .await?;
    let (mut after, mut lapsed) = (None, 0);
    while !closed.is_empty() {
        let page = read(v, move |conn| consents::awaited(conn, after, AT_ONCE)).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.consent_id);
        for consent in page {
            let ask = consent.ask.clone().filter(|ask| closed.contains(ask));
            let Some(ask) = ask else { continue };
            let id = consent.consent_id;
            lapsed += on(v, consent.person, now, move |act, conn| lapse(act, conn, id, &ask)).await?;
        }
    }
    Ok(lapsed)
}

fn lapse(act: &mut Act, conn: &mut Conn, consent_id: ConsentId, ask: &str) -> Result<u32, VolunteeredError> {
    let found = act.customer.consents.get(&consent_id).cloned();
    let Some(consent) = found.filter(|consent| consent.state.is_open()) else { return Ok(0) };
    act.step(conn, consent, consent::Act::Lapse, None)?;
    for from in [answers::State::Shown, answers::State::Deferred] {
        act.close_answers(from, answers::State::Lapsed, |of, _| of == ask);
    }
    Ok(1)
}
