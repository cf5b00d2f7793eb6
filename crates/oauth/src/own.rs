//! A customer's own purchases, for the pages on which they choose what apps see of them.

use chrono::NaiveDate;
use counterfoil_domain::ids::{Person, PurchaseId};
use counterfoil_domain::purchase::{SectionsRef, Shows, Veil, View, project};
use counterfoil_store::document::binding;
use counterfoil_store::hiding::{self, OwnRow};
use counterfoil_store::{Error, Result, people};
use serde::Deserialize;

pub use counterfoil_store::hiding::Which;
pub use counterfoil_store::purchases::After;

use crate::Oauth;

/// Names of items that a list gives of a purchase.
const ITEMS: usize = 3;

/// A purchase as its customer sees it in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPurchase {
    /// Which.
    pub purchase_id: PurchaseId,
    /// Its local date.
    pub local_date: NaiveDate,
    /// The name of the shop, or of who sold it.
    pub shop: Option<String>,
    /// What it came to, as a decimal number of the currency.
    pub total: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Names of its first items.
    pub items: Vec<String>,
    /// How many more items there are.
    pub more: usize,
    /// Whether it is hidden from every app.
    pub is_hidden: bool,
}

/// A page of them, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPage {
    /// The purchases.
    pub purchases: Vec<OwnPurchase>,
    /// Where the next page begins; absent on the last one.
    pub next: Option<After>,
}

/// What is read of a purchase.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    currency: String,
    totals: Totals,
    seller: Option<Named>,
    location: Option<Named>,
    #[serde(default)]
    lines: Vec<Named>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Totals {
    grand_total: String,
}

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
}

/// At most `limit` of a customer's own purchases, newest first.
pub async fn purchases(
    oauth: &Oauth,
    person: Person,
    which: Which,
    after: Option<After>,
    limit: usize,
) -> Result<OwnPage> {
    let reader = oauth.clone();
    oauth
        .store()
        .read(move |conn| {
            let home = people::home(conn, person)?;
            let one_more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
            let mut rows = hiding::page(conn, home, &which, after, one_more)?;
            let is_last = rows.len() <= limit;
            rows.truncate(limit);
            let next = if is_last { None } else { rows.last().map(place).transpose()? };
            Ok(OwnPage { purchases: open(&reader, home, &rows)?, next })
        })
        .await
}

fn id(row: &OwnRow) -> Result<PurchaseId> {
    PurchaseId::from_slice(&row.purchase_id).map_err(|_| Error::corrupt("purchases", "purchase_id", "?"))
}

fn place(row: &OwnRow) -> Result<After> {
    Ok(After { purchased_at: row.purchased_at.and_utc(), purchase_id: id(row)? })
}

fn open(oauth: &Oauth, home: Person, rows: &[OwnRow]) -> Result<Vec<OwnPurchase>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let keys = oauth.keys().person(home)?;
    let mut unpacker = oauth.codec().unpacker(oauth.keys().aead())?;
    let (mut plain, mut json) = (Vec::new(), Vec::new());
    let shows = Shows { lines: true, location: true, ..Shows::default() };
    let wanted = View { shows, veil: Veil::default() };
    let mut purchases = Vec::with_capacity(rows.len());
    for row in rows {
        let purchase_id = id(row)?;
        unpacker.unpack(&keys.purchases, &binding(purchase_id, Some(home)), &row.document, &mut plain)?;
        let corrupt = |what| Error::corrupt("purchases", what, purchase_id);
        json.clear();
        let sections = SectionsRef::parse(&plain).map_err(|broken| corrupt(broken.what))?;
        project(sections, &wanted, &mut json).map_err(|broken| corrupt(broken.what))?;
        let read: Shown = serde_json::from_slice(&json).map_err(|_| corrupt("document"))?;
        let names: Vec<String> = read.lines.into_iter().filter_map(|line| line.name).collect();
        purchases.push(OwnPurchase {
            purchase_id,
            local_date: row.local_date,
            shop: read.location.and_then(|place| place.name).or(read.seller.and_then(|seller| seller.name)),
            total: read.totals.grand_total,
            currency: read.currency,
            more: names.len().saturating_sub(ITEMS),
            items: names.into_iter().take(ITEMS).collect(),
            is_hidden: row.hidden,
        });
    }
    Ok(purchases)
}
