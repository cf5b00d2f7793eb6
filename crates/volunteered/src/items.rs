//! Items: what customers told, by themselves or through an app.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use counterfoil_domain::consent;
use counterfoil_domain::entry::EntryType;
use counterfoil_domain::exchange;
use counterfoil_domain::ids::{ConsentId, ExchangeId, ItemId, Person, RecordId};
use counterfoil_domain::item::{self, State};
use counterfoil_ledger::config::Shown;
use counterfoil_ledger::seal::{self, Standing};
use counterfoil_store::answers::State as AnswerState;
use counterfoil_store::conn::Conn;
use counterfoil_store::grants;
use counterfoil_store::items::{self, Item};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::act::Act;
use crate::agreement::{agree, lift_all, promise};
use crate::asks::Answered;
use crate::customer::By;
use crate::item_views::{seen_of, views};
use crate::names::Names;
use crate::once::Once;
use crate::published::{self, AskObject};
use crate::values::{add, digest_of, replace};
use crate::{VolunteeredError, Volunteering, checking, names};

/// An app that acts for a customer, with what its grant allows for asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppStanding {
    /// Customer, app and grant, with their epochs when the app was let in.
    pub standing: Standing,
    /// The asks that the grant names, each with its version.
    pub asks: Vec<(String, u32)>,
}

/// Whose act on an item it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The customer's own.
    Customer(Person),
    /// An app's, which can touch only what it sent itself, under an ask that its grant names.
    App(AppStanding),
}

/// That a system of the retailer fetched an item, or reported uses of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TouchView {
    /// What the system is called.
    pub name: String,
    /// The first time.
    pub first_at: DateTime<Utc>,
    /// The last time.
    pub last_at: DateTime<Utc>,
    /// How many uses; of fetches the version that was handed out last.
    pub number: i64,
}

/// What is given in return for an item, as its customer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeView {
    /// Its public id.
    pub exchange_id: ExchangeId,
    /// Where it stands.
    pub state: exchange::State,
    /// A decimal number as text.
    pub amount: String,
    /// A currency (ISO 4217), or what else it is counted in.
    pub unit: String,
    /// Whether the unit is a currency.
    pub is_money: bool,
    /// Until when it is to be given.
    pub due_at: DateTime<Utc>,
    /// When it was given.
    pub delivered_at: Option<DateTime<Utc>>,
}

/// How far the systems that held a copy have confirmed that it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    /// Systems that had fetched it and were told.
    pub systems: u32,
    /// Of these, those that have confirmed.
    pub confirmed: u32,
}

/// An item as its customer sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemView {
    /// Its public id.
    pub item_id: ItemId,
    /// Its chain in the ledger.
    pub record: RecordId,
    /// The consent that covers it, or is to cover it.
    pub consent_id: ConsentId,
    /// Id of the purpose.
    pub purpose: String,
    /// Id of the ask that it answers.
    pub ask: String,
    /// The version of the ask.
    pub ask_version: u32,
    /// `sha256:` of that version.
    pub ask_hash: String,
    /// What is seen here, the ask and the value, in a word: whoever confirms gives it back.
    pub seen: String,
    /// Where it stands.
    pub state: State,
    /// Counts what happened to it.
    pub version: i64,
    /// The value; nothing once it has ended.
    pub value: Option<Value>,
    /// The app that sent it, by its name.
    pub sent_by: Option<String>,
    /// When it came.
    pub since: DateTime<Utc>,
    /// Until when it waits, or is kept.
    pub until: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Which systems of the retailer fetched it.
    pub fetched_by: Vec<TouchView>,
    /// Which reported that they used it.
    pub used_by: Vec<TouchView>,
    /// What is given for it.
    pub exchange: Option<ExchangeView>,
    /// Once it has ended, how many systems know.
    pub told: Told,
}

/// What became of what an app sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SubmittedState {
    /// A consent covers it: it can be used.
    Live,
    /// It waits for the customer's yes.
    Waiting {
        /// Until when.
        until: DateTime<Utc>,
    },
}

/// What an app sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitted {
    /// The item.
    pub item_id: ItemId,
    /// What became of it.
    pub state: SubmittedState,
}

/// Something that was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawn {
    /// When it took effect.
    pub at: DateTime<Utc>,
    /// How many systems of the retailer had fetched it and are told.
    pub systems: u32,
}

/// A customer's items by all their names, newest first, those that have ended too.
///
/// # Errors
/// The store's.
pub async fn of(v: &Volunteering, person: Person) -> Result<Vec<ItemView>, VolunteeredError> {
    let (volunteering, now) = (v.clone(), v.clock().now());
    v.store()
        .read(move |conn| {
            let mut all = Vec::new();
            for name in names::of(conn, person)? {
                all.extend(views(&volunteering, conn, name, now, |_| true)?);
            }
            all.sort_by_key(|view| (Reverse(view.since), view.item_id));
            Ok(all)
        })
        .await
}

/// The items that an app sent for a customer and that its grant still names, newest first.
///
/// # Errors
/// The store's.
pub async fn of_app(v: &Volunteering, app: &AppStanding) -> Result<Vec<ItemView>, VolunteeredError> {
    let (volunteering, now, app) = (v.clone(), v.clock().now(), app.clone());
    v.store()
        .read(move |conn| views(&volunteering, conn, app.standing.person, now, |item| app.sent(item)))
        .await
}

/// One item.
///
/// # Errors
/// [`VolunteeredError::NotFound`] for another's.
pub async fn find(v: &Volunteering, owner: &Owner, item_id: ItemId) -> Result<ItemView, VolunteeredError> {
    let (volunteering, now, owner) = (v.clone(), v.clock().now(), owner.clone());
    v.store().read(move |conn| find_in(&volunteering, conn, &owner, item_id, now)).await
}

fn find_in(
    v: &Volunteering,
    conn: &mut Conn,
    owner: &Owner,
    item_id: ItemId,
    now: DateTime<Utc>,
) -> Result<ItemView, VolunteeredError> {
    let person = owner.person_of(conn, item_id)?;
    let is_meant = |item: &Item| item.item_id == item_id;
    views(v, conn, person, now, is_meant)?.pop().ok_or(VolunteeredError::NotFound)
}

/// An app sends something for a customer. It can be used at once where a consent covers it; else it waits for the
/// customer's yes on our own page, unread.
///
/// # Errors
/// [`VolunteeredError::NotNamed`] for an ask or a version that the grant does not name, [`VolunteeredError::AskClosed`],
/// [`VolunteeredError::Quiet`], what [`VolunteeredError::Invalid`] says of the value, and
/// [`VolunteeredError::KeyReused`].
pub async fn submit(
    v: &Volunteering,
    app: &AppStanding,
    ask: &str,
    version: u32,
    value: Value,
    once: Option<&Once>,
) -> Result<Submitted, VolunteeredError> {
    let (volunteering, now) = (v.clone(), v.clock().now());
    let (app, ask_id, once) = (app.clone(), ask.to_owned(), once.cloned());
    v.store()
        .write(move |conn| {
            let by = By::app(&app);
            let mut act = Act::begin(&volunteering, conn, app.standing.person, by, now)?;
            app.check(conn, now)?;
            if let Some(submitted) = Once::answered(once.as_ref(), conn, now)? {
                return Ok(submitted);
            }
            let ask = named_ask(conn, &app, &ask_id, version)?;
            act.check_not_dark()?;
            act.settle(conn)?;
            let is_agreed = act
                .customer
                .consents
                .values()
                .any(|consent| consent.state.is_in_force() && consent.config == ask.hash);
            let is_latest = published::latest_ask(conn, &ask_id)?
                .is_some_and(|latest| latest.version == ask.version && latest.is_open(now));
            if !is_latest && !is_agreed {
                return Err(VolunteeredError::AskClosed);
            }
            let bytes = checking::check(&ask.ask.schema, &value)?;
            let item = add(&mut act, conn, &ask, &bytes, Some(&app))?;
            if item.state == State::Live {
                promise(&mut act, &ask, item.item_id)?;
            }
            let state = match item.ends_at {
                Some(until) => SubmittedState::Waiting { until },
                None => SubmittedState::Live,
            };
            let submitted = Submitted { item_id: item.item_id, state };
            Once::keep(once.as_ref(), conn, Some(item.person), &submitted, now)?;
            act.finish(conn)?;
            Ok(submitted)
        })
        .await
}

fn named_ask(
    conn: &mut Conn,
    app: &AppStanding,
    id: &str,
    version: u32,
) -> Result<AskObject, VolunteeredError> {
    let number = i32::try_from(version).map_err(|_| VolunteeredError::UnknownAsk)?;
    let ask = published::ask_version(conn, id, number)?.ok_or(VolunteeredError::UnknownAsk)?;
    let is_named = app.asks.iter().any(|(named, of)| named == id && *of == version);
    if is_named { Ok(ask) } else { Err(VolunteeredError::NotNamed) }
}

/// The customer says yes to what an app sent, on a page that showed the item as [`ItemView::seen`] names it.
///
/// # Errors
/// [`VolunteeredError::NotFound`], [`VolunteeredError::Changed`] when the app has sent another value since,
/// [`VolunteeredError::Quiet`], and [`VolunteeredError::NotNow`] for an item that does not wait (any more).
pub async fn confirm(
    v: &Volunteering,
    person: Person,
    item_id: ItemId,
    seen: &str,
    shown: &Shown,
) -> Result<Answered, VolunteeredError> {
    let (volunteering, now) = (v.clone(), v.clock().now());
    let (seen, shown) = (seen.to_owned(), shown.clone());
    v.store()
        .write(move |conn| {
            let by = By::customer(&volunteering, &shown);
            let owner = Owner::Customer(person).person_of(conn, item_id)?;
            let mut names = Names::begin(&volunteering, conn, person, &by, now)?;
            let act = names.name(owner)?;
            act.check_not_dark()?;
            let mut item = waiting(act, conn, item_id)?;
            if seen_of(&item) != seen {
                return Err(VolunteeredError::Changed);
            }
            let ask = published::ask_by_hash(conn, &item.ask_hash)?;
            let consent_id = agree(act, conn, &ask)?;
            let digest = digest_of(&volunteering, &item)?;
            item.state = State::Live;
            item.consent_id = consent_id;
            item.version += 1;
            item.ends_at = None;
            act.write_item(conn, item, EntryType::VolunteeredSubmitted, Some(&digest), None)?;
            let exchange = promise(act, &ask, item_id)?;
            lift_all(&mut names, &ask)?;
            names.finish(conn)?;
            Ok(Answered { consent_id, item_id: Some(item_id), exchange })
        })
        .await
}

/// The customer says no to what an app sent.
///
/// # Errors
/// [`VolunteeredError::NotFound`], and [`VolunteeredError::NotNow`] for an item that does not wait (any more).
pub async fn decline(
    v: &Volunteering,
    person: Person,
    item_id: ItemId,
    shown: &Shown,
) -> Result<(), VolunteeredError> {
    let (volunteering, now, shown) = (v.clone(), v.clock().now(), shown.clone());
    v.store()
        .write(move |conn| {
            let by = By::customer(&volunteering, &shown);
            let owner = Owner::Customer(person).person_of(conn, item_id)?;
            let mut names = Names::begin(&volunteering, conn, person, &by, now)?;
            let act = names.name(owner)?;
            let item = waiting(act, conn, item_id)?;
            act.end_item(conn, item_id, item::Act::Decline, None)?;
            let is_awaited = act
                .customer
                .items
                .values()
                .any(|other| other.consent_id == item.consent_id && other.state == State::Waiting);
            let consent = act.customer.consents.get(&item.consent_id).cloned();
            if let Some(consent) = consent.filter(|consent| consent.state.is_open() && !is_awaited) {
                act.step(conn, consent, consent::Act::Refuse, None)?;
                let ask = item.ask.clone();
                act.close_answers(AnswerState::Shown, AnswerState::Refused, |of, _| of == ask);
            }
            names.finish(conn)?;
            Ok(())
        })
        .await
}

fn waiting(act: &mut Act, conn: &mut Conn, item_id: ItemId) -> Result<Item, VolunteeredError> {
    let item = open_item(act, conn, item_id)?;
    if item.state != State::Waiting {
        return Err(VolunteeredError::NotNow(item.state.name()));
    }
    Ok(item)
}

/// Gives an item another value; the old one is erased.
///
/// # Errors
/// [`VolunteeredError::NotFound`] for another's, [`VolunteeredError::NotNow`] for one that has ended, and what
/// [`VolunteeredError::Invalid`] says of the value.
pub async fn correct(
    v: &Volunteering,
    owner: &Owner,
    item_id: ItemId,
    value: Value,
    shown: Option<&Shown>,
) -> Result<ItemView, VolunteeredError> {
    let (volunteering, now) = (v.clone(), v.clock().now());
    let (owner, shown) = (owner.clone(), shown.cloned());
    v.store()
        .write(move |conn| {
            let by = owner.by(&volunteering, shown.as_ref());
            let mut names = owner.begin(&volunteering, conn, &by, now)?;
            let act = names.name(owner.person_of(conn, item_id)?)?;
            let item = open_item(act, conn, item_id)?;
            let ask = published::ask_by_hash(conn, &item.ask_hash)?;
            let bytes = checking::check(&ask.ask.schema, &value)?;
            replace(act, conn, item, None, &bytes)?;
            names.finish(conn)?;
            find_in(&volunteering, conn, &owner, item_id, now)
        })
        .await
}

/// Takes an item back. When this returns its value is gone.
///
/// # Errors
/// [`VolunteeredError::NotFound`] for another's, [`VolunteeredError::NotNow`] for one that has ended.
pub async fn withdraw(
    v: &Volunteering,
    owner: &Owner,
    item_id: ItemId,
    shown: Option<&Shown>,
) -> Result<Withdrawn, VolunteeredError> {
    let (volunteering, now) = (v.clone(), v.clock().now());
    let (owner, shown) = (owner.clone(), shown.cloned());
    v.store()
        .write(move |conn| {
            let by = owner.by(&volunteering, shown.as_ref());
            let mut names = owner.begin(&volunteering, conn, &by, now)?;
            let act = names.name(owner.person_of(conn, item_id)?)?;
            open_item(act, conn, item_id)?;
            act.end_item(conn, item_id, item::Act::Withdraw, None)?;
            let done = names.finish(conn)?;
            Ok(Withdrawn { at: now, systems: done.systems })
        })
        .await
}

/// An item that has not ended, as it stands once time has done what it does.
fn open_item(act: &mut Act, conn: &mut Conn, item_id: ItemId) -> Result<Item, VolunteeredError> {
    act.settle(conn)?;
    if let Some(item) = act.customer.items.get(&item_id) {
        let is_over = item.state.is_final();
        return if is_over { Err(VolunteeredError::NotNow(item.state.name())) } else { Ok(item.clone()) };
    }
    // Those that ended before are not among the open ones.
    let item = items::find(conn, item_id)?.ok_or(VolunteeredError::NotFound)?;
    Err(VolunteeredError::NotNow(item.state.name()))
}

impl Owner {
    /// By which name the owner's item was told.
    ///
    /// # Errors
    /// [`VolunteeredError::NotFound`] for another's.
    fn person_of(&self, conn: &mut Conn, item_id: ItemId) -> Result<Person, VolunteeredError> {
        let item = items::find(conn, item_id)?.ok_or(VolunteeredError::NotFound)?;
        let is_owned = match self {
            Self::Customer(person) => names::of(conn, *person)?.contains(&item.person),
            Self::App(app) => app.sent(&item),
        };
        if is_owned { Ok(item.person) } else { Err(VolunteeredError::NotFound) }
    }

    fn begin(
        &self,
        v: &Volunteering,
        conn: &mut Conn,
        by: &By,
        now: DateTime<Utc>,
    ) -> Result<Names, VolunteeredError> {
        match self {
            Self::Customer(person) => Names::begin(v, conn, *person, by, now),
            Self::App(app) => {
                let act = Act::begin(v, conn, app.standing.person, by.clone(), now)?;
                app.check(conn, now)?;
                Ok(Names::only(act))
            }
        }
    }

    fn by(&self, v: &Volunteering, shown: Option<&Shown>) -> By {
        match (self, shown) {
            (Self::App(app), _) => By::app(app),
            (Self::Customer(_), Some(shown)) => By::customer(v, shown),
            (Self::Customer(_), None) => By::customer_unseen(),
        }
    }
}

impl AppStanding {
    /// Takes the grant's row and looks at it again: what is withdrawn lets nothing more be done.
    ///
    /// # Errors
    /// [`VolunteeredError::Refused`].
    fn check(&self, conn: &mut Conn, now: DateTime<Utc>) -> Result<(), VolunteeredError> {
        grants::lock(conn, self.standing.grant_id)?;
        seal::check_in(conn, &self.standing, now)?.map_err(VolunteeredError::Refused)
    }

    /// Whether an item is one that the app sent, for an ask that its grant names.
    fn sent(&self, item: &Item) -> bool {
        item.person == self.standing.person
            && item.client_id == Some(self.standing.client_id)
            && self.asks.iter().any(|(named, _)| *named == item.ask)
    }
}
