//! Asks: what a customer can answer, what they were shown, and what they answered.

use chrono::{DateTime, Utc};
use counterfoil_domain::config_object::{Ask, Processing};
use counterfoil_domain::consent;
use counterfoil_domain::ids::{ConsentId, ExchangeId, ItemId, RecordId};
use counterfoil_store::answers;
use serde_json::Value;

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskView {
    /// Its id.
    pub ask_id: String,
    /// Its version, which is the latest.
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
