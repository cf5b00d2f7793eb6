//! Items: what customers told, by themselves or through an app.

use chrono::{DateTime, Utc};
use counterfoil_domain::exchange;
use counterfoil_domain::ids::{ClientId, ConsentId, ExchangeId, GrantId, ItemId, Person, RecordId};
use counterfoil_domain::item::State;
use serde_json::Value;

/// An app that acts for a customer, with what its grant allows for asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppStanding {
    /// The customer.
    pub person: Person,
    /// The app.
    pub client_id: ClientId,
    /// The grant.
    pub grant_id: GrantId,
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
    /// `sha256:` of that version: whoever confirms gives it back.
    pub ask_hash: String,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
