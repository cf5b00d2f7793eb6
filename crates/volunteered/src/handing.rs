//! Handing items to systems of the retailer, and what these report.

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::{ClientId, ConsentId, ItemId, Person};
use serde_json::Value;

/// A system of the retailer: an internal app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// Its id.
    pub client_id: ClientId,
    /// What it is called.
    pub name: String,
}

/// An item that leaves. Its entry is written by then.
#[derive(Debug, Clone, PartialEq)]
pub struct HandedItem {
    /// Its public id.
    pub item_id: ItemId,
    /// Whose.
    pub person: Person,
    /// The customer's id, as the retailer's systems know it.
    pub customer_id: String,
    /// The consent that it rests on.
    pub consent_id: ConsentId,
    /// Id of the ask.
    pub ask: String,
    /// The version of the ask.
    pub ask_version: u32,
    /// Counts what happened to it: a lower one is older.
    pub version: i64,
    /// The value.
    pub value: Value,
    /// Until when it may be used, unless it is taken back before.
    pub until: Option<DateTime<Utc>>,
    /// Where it stands in the order of the consent log.
    pub seq: i64,
}

/// What stands in one place of the order.
#[derive(Debug, Clone, PartialEq)]
pub enum Handed {
    /// An item that can be used.
    Item(Box<HandedItem>),
    /// An item that cannot be used (any more): whoever has it deletes it.
    Tombstone {
        /// Which.
        item_id: ItemId,
        /// Where it stands in the order of the consent log.
        seq: i64,
    },
}

/// A page of items.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// In the order of the consent log.
    pub items: Vec<Handed>,
    /// From where to go on: the number of the last one, or what was given.
    pub next: i64,
    /// Whether there is more now.
    pub has_more: bool,
}

/// A use that a system reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Which item.
    pub item_id: ItemId,
    /// When.
    pub at: DateTime<Utc>,
    /// For what, in the system's own words, without personal data: at most 200 characters.
    pub says: String,
}
