//! Asks: what a customer can answer, what they were shown, and what they answered.

use chrono::{DateTime, Utc};
use counterfoil_domain::config_object::{Ask, Processing};
use counterfoil_domain::consent;
use counterfoil_domain::ids::{ConsentId, ExchangeId, ItemId, Person, RecordId};
use counterfoil_domain::objection::Subject;
use counterfoil_ledger::config::Shown;
use counterfoil_store::answers;
use counterfoil_store::conn::Conn;
use serde_json::Value;

use crate::agreement::{accept, decline, is_offer_open, lift_all, open_ask, outcome, request};
use crate::customer::{By, Customer};
use crate::items::AppStanding;
use crate::names::Names;
use crate::published::{self, AskObject};
use crate::{VolunteeredError, Volunteering, consents};

/// A purpose in the version that an ask names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurposeView {
    /// Its id.
    pub id: String,
    /// The version.
    pub version: u32,
    /// `sha256:` of the version.
    pub hash: String,
    /// What it says.
    pub processing: Processing,
}

/// A consent as its customer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentView {
    /// Its public id.
    pub consent_id: ConsentId,
    /// Its chain in the ledger.
    pub record: RecordId,
    /// What it is for, in the version that was agreed to or asked for.
    pub purpose: PurposeView,
    /// Id of the ask that it was asked with.
    pub ask: Option<String>,
    /// Where it stands now; one whose time is over has expired, whether or not that was written down yet.
    pub state: consent::State,
    /// Counts what happened to it.
    pub version: i64,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// When the customer said yes.
    pub given_at: Option<DateTime<Utc>>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it ended, or was refused.
    pub ended_at: Option<DateTime<Utc>>,
}

/// An ask as a customer sees it.
#[expect(clippy::struct_excessive_bools, reason = "each answers a question of its own")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskView {
    /// Its id.
    pub ask_id: String,
    /// Its version.
    pub version: u32,
    /// `sha256:` of the version: whoever answers gives it back.
    pub hash: String,
    /// What it says.
    pub ask: Ask,
    /// What the answer may be used for.
    pub purpose: PurposeView,
    /// The customer's consent to that, if they were ever asked.
    pub consent: Option<ConsentView>,
    /// What became of this version, if it was shown.
    pub answer: Option<answers::State>,
    /// When it is answered no more.
    pub closes_at: Option<DateTime<Utc>>,
    /// Whether it can be answered now: it is the latest version and has not closed.
    pub is_open: bool,
    /// Whether a yes brings what is offered: it is given once for each version.
    pub is_offer_open: bool,
    /// Whether the customer objects to the purpose itself: a yes lifts that.
    pub is_objected: bool,
    /// Whether the purpose is marketing, to which the customer objects: they must lift that before they can say yes.
    pub is_barred: bool,
}

/// What a customer says to an ask.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Yes, and this. With [`Value::Null`] the consent alone, without an item.
    Yes(Value),
    /// No.
    No,
    /// Not now.
    Later,
}

/// What an answer led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// The consent.
    pub consent_id: ConsentId,
    /// The item, of a yes with a value.
    pub item_id: Option<ItemId>,
    /// What is due in return.
    pub exchange: Option<ExchangeId>,
}

/// The latest version of every ask that is open, by id; none while a customer who has gone dark is asked nothing.
///
/// # Errors
/// The store's.
pub async fn list(v: &Volunteering, person: Person) -> Result<Vec<AskView>, VolunteeredError> {
    let now = v.clock().now();
    v.store()
        .read(move |conn| {
            let customer = Customer::load(conn, person)?;
            if customer.quiet_until().is_some_and(|until| now < until) {
                return Ok(Vec::new());
            }
            let mut open = Vec::new();
            for ask in published::asks(conn)?.into_iter().filter(|ask| ask.is_open(now)) {
                open.push(view(conn, &customer, ask, now)?);
            }
            Ok(open)
        })
        .await
}

/// An ask that a customer is shown. At first sight of a version `consent.requested` is written, unless the purpose is
/// agreed to or asked for already.
///
/// # Errors
/// [`VolunteeredError::UnknownAsk`], [`VolunteeredError::AskClosed`], and [`VolunteeredError::Quiet`] within twelve
/// months of going dark.
pub async fn show(
    v: &Volunteering,
    person: Person,
    ask: &str,
    shown: &Shown,
) -> Result<AskView, VolunteeredError> {
    let (volunteering, now) = (v.clone(), v.clock().now());
    let (ask_id, shown) = (ask.to_owned(), shown.clone());
    v.store()
        .write(move |conn| {
            let ask = open_ask(conn, &ask_id, now)?;
            let by = By::customer(&volunteering, &shown);
            let mut names = Names::begin(&volunteering, conn, person, &by, now)?;
            let act = names.own()?;
            if act.customer.quiet_until().is_some_and(|until| now < until) {
                return Err(VolunteeredError::Quiet);
            }
            act.settle(conn)?;
            if act.customer.answer_to(&ask.id, ask.version).is_none() {
                act.note_answer(outcome(act, &ask, answers::State::Shown));
                let state = act.customer.consent_to(ask.ask.purpose.id.as_str()).map(|consent| consent.state);
                if state.is_none_or(|state| !state.is_in_force() && !state.is_open()) {
                    request(act, conn, &ask)?;
                }
            }
            let done = names.finish(conn)?;
            view(conn, done.customer(person)?, ask, now)
        })
        .await
}

/// What a customer says to an ask, on a page that showed the version with `seen_hash`.
///
/// # Errors
/// [`VolunteeredError::Changed`] when another version is asked by now, [`VolunteeredError::Invalid`] and
/// [`VolunteeredError::TooLarge`] for a value that is not what it describes, [`VolunteeredError::Quiet`] for a customer
/// who has gone dark, and `NotNow("objected")` for marketing to which the customer objects.
pub async fn answer(
    v: &Volunteering,
    person: Person,
    ask: &str,
    seen_hash: &str,
    said: Answer,
    shown: &Shown,
) -> Result<Answered, VolunteeredError> {
    let (volunteering, now) = (v.clone(), v.clock().now());
    let (ask_id, seen_hash, shown) = (ask.to_owned(), seen_hash.to_owned(), shown.clone());
    v.store()
        .write(move |conn| {
            let ask = open_ask(conn, &ask_id, now)?;
            if ask.hash != seen_hash {
                return Err(VolunteeredError::Changed);
            }
            let by = By::customer(&volunteering, &shown);
            let mut names = Names::begin(&volunteering, conn, person, &by, now)?;
            let act = names.own()?;
            act.check_not_dark()?;
            act.settle(conn)?;
            let answered = match &said {
                Answer::Yes(value) => accept(act, conn, &ask, value)?,
                Answer::No => decline(act, conn, &ask, consent::Act::Refuse)?,
                Answer::Later => decline(act, conn, &ask, consent::Act::Defer)?,
            };
            if matches!(said, Answer::Yes(_)) {
                lift_all(&mut names, &ask)?;
            }
            names.finish(conn)?;
            Ok(answered)
        })
        .await
}

/// The asks that an app's grant names, in the versions that it names, by id.
///
/// # Errors
/// The store's.
pub async fn of_app(v: &Volunteering, app: &AppStanding) -> Result<Vec<AskView>, VolunteeredError> {
    let (now, app) = (v.clock().now(), app.clone());
    v.store()
        .read(move |conn| {
            let customer = Customer::load(conn, app.standing.person)?;
            let mut named = Vec::with_capacity(app.asks.len());
            for (id, version) in &app.asks {
                let number = i32::try_from(*version).map_err(|_| VolunteeredError::UnknownAsk)?;
                let ask = published::ask_version(conn, id, number)?.ok_or(VolunteeredError::UnknownAsk)?;
                named.push(view(conn, &customer, ask, now)?);
            }
            Ok(named)
        })
        .await
}

fn view(
    conn: &mut Conn,
    customer: &Customer,
    ask: AskObject,
    now: DateTime<Utc>,
) -> Result<AskView, VolunteeredError> {
    let is_latest = published::latest_ask(conn, &ask.id)?.is_some_and(|latest| latest.version == ask.version);
    let purpose = published::purpose(conn, &ask.ask.purpose.hash)?;
    let consent = customer.consent_to(&purpose.id);
    Ok(AskView {
        version: u32::try_from(ask.version).unwrap_or_default(),
        consent: consent.map(|consent| consents::view(conn, consent.clone(), now)).transpose()?,
        answer: customer.answer_to(&ask.id, ask.version).map(|answer| answer.state),
        closes_at: ask.closes_at(),
        is_open: ask.is_open(now) && is_latest,
        is_offer_open: is_offer_open(customer, &ask),
        is_objected: customer.is_objected(&Subject::Purpose(ask.ask.purpose.id.clone())),
        is_barred: purpose.processing.is_marketing() && customer.is_objected(&Subject::Marketing),
        purpose,
        ask_id: ask.id,
        hash: ask.hash,
        ask: ask.ask,
    })
}
