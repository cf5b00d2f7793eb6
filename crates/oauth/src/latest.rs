//! What an app would get of a customer's latest purchases: examples for the page on which they decide.
//!
//! The purchases go through the same filter and the same projection as for an app that was allowed everything it asked
//! for, very personal items aside: those are an example of nothing but themselves.

use std::sync::Arc;

use chrono::NaiveDate;
use counterfoil_domain::catalogue::Catalogue;
use counterfoil_domain::grant::{Dataset, Details};
use counterfoil_domain::ids::{Person, PurchaseId};
use counterfoil_domain::purchase::{SectionsRef, Shows, Veil, View, project};
use counterfoil_store::document::binding;
use counterfoil_store::hiding::{self, Which};
use counterfoil_store::purchases::{self, Filter, Listed};
use counterfoil_store::{Error, Result, people};
use serde::Deserialize;

use crate::Oauth;

/// Purchases that are looked at: not each has an example of everything.
const LOOKED_AT: i64 = 5;

/// An example for each thing that an app can ask for; absent where the latest purchases have none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Latest {
    /// Whether the customer has any purchase, if only one that the app would not see.
    pub has_any: bool,
    /// A purchase.
    pub purchase: Option<Sum>,
    /// An ordinary item.
    pub line: Option<Item>,
    /// A very personal item.
    pub sensitive: Option<Item>,
    /// How something was paid.
    pub payment: Option<Payment>,
    /// Where something was bought.
    pub location: Option<Place>,
    /// When something was bought that has a file.
    pub document: Option<NaiveDate>,
}

/// What a purchase came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// A decimal number of the currency.
    pub total: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Its local date.
    pub day: NaiveDate,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its name, as the shop has it.
    pub name: String,
    /// What it cost, as a decimal number of the currency.
    pub net: String,
    /// ISO 4217 code.
    pub currency: String,
    /// The local date on which it was bought.
    pub day: NaiveDate,
}

/// How something was paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The kind of payment: `card`, `cash`, `gift_card`, `voucher`, `loyalty`, `account` or `other`.
    pub method: String,
    /// The last four digits of the card.
    pub last4: Option<String>,
}

/// Where something was bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name of the shop, or of who sold it.
    pub name: String,
    /// The town.
    pub town: Option<String>,
}

impl Latest {
    /// Takes from an older purchase what is missing.
    fn or(self, older: Self) -> Self {
        Self {
            has_any: self.has_any || older.has_any,
            purchase: self.purchase.or(older.purchase),
            line: self.line.or(older.line),
            sensitive: self.sensitive.or(older.sensitive),
            payment: self.payment.or(older.payment),
            location: self.location.or(older.location),
            document: self.document.or(older.document),
        }
    }
}

/// Examples from a customer's latest purchases, of what may be granted at `most`.
pub async fn latest(
    oauth: &Oauth,
    person: Person,
    most: &Details,
    catalogue: &Arc<Catalogue>,
) -> Result<Latest> {
    let (server, catalogue) = (oauth.clone(), Arc::clone(catalogue));
    let holds_sensitive = most.holds(Dataset::Sensitive);
    let filter = Filter {
        from: most.from,
        to: most.to,
        // What has joined the customer's history until they say yes is among what they say yes to.
        agreed_seq: i64::MAX,
        ..Filter::default()
    };
    oauth
        .store()
        .read(move |conn| {
            let home = people::home(conn, person)?;
            let listed = purchases::page(conn, home, &filter, None, LOOKED_AT)?;
            if listed.is_empty() {
                let has_any = !hiding::page(conn, home, &Which::All, None, 1)?.is_empty();
                return Ok(Latest { has_any, ..Latest::default() });
            }
            let hidden = hiding::categories(conn, home)?;
            let view = |holds_sensitive| View {
                shows: Shows { lines: true, payment: true, location: true, documents: true },
                veil: Veil::new(Arc::clone(&catalogue), &hidden, holds_sensitive, false),
            };
            let views = Views { ordinary: view(false), with_sensitive: holds_sensitive.then(|| view(true)) };
            read(&server, home, &listed, &views)
        })
        .await
}

/// What an app sees with and without very personal items.
struct Views {
    ordinary: View,
    with_sensitive: Option<View>,
}

fn read(oauth: &Oauth, home: Person, listed: &[Listed], views: &Views) -> Result<Latest> {
    let keys = oauth.keys().person(home)?;
    let mut unpacker = oauth.codec().unpacker(oauth.keys().aead())?;
    let mut plain = Vec::new();
    let mut latest = Latest { has_any: true, ..Latest::default() };
    for row in listed {
        let id = PurchaseId::from_slice(&row.purchase_id)
            .map_err(|_| Error::corrupt("purchases", "purchase_id", "?"))?;
        unpacker.unpack(&keys.purchases, &binding(id, Some(home)), &row.document, &mut plain)?;
        let ordinary = shown(&plain, id, &views.ordinary)?;
        let whole = views.with_sensitive.as_ref().map(|view| shown(&plain, id, view)).transpose()?;
        latest = latest.or(examples(row.local_date, ordinary, whole));
    }
    Ok(latest)
}

/// What is read of a purchase as an app gets it.
#[derive(Deserialize)]
struct Shown {
    currency: String,
    totals: Totals,
    #[serde(default)]
    lines: Vec<Line>,
    #[serde(default)]
    tenders: Vec<Tender>,
    seller: Option<Named>,
    location: Option<Located>,
    #[serde(default)]
    documents: Vec<serde::de::IgnoredAny>,
    completeness: Completeness,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Totals {
    grand_total: String,
}

#[derive(Deserialize)]
struct Line {
    id: String,
    kind: String,
    name: String,
    net: String,
}

#[derive(Deserialize)]
struct Tender {
    method: String,
    last4: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Located {
    name: Option<String>,
    city: Option<String>,
}

#[derive(Deserialize)]
struct Completeness {
    partial: bool,
}

fn shown(plain: &[u8], id: PurchaseId, view: &View) -> Result<Shown> {
    let corrupt = |what| Error::corrupt("purchases", what, id);
    let sections = SectionsRef::parse(plain).map_err(|broken| corrupt(broken.what))?;
    let mut json = Vec::new();
    project(sections, view, &mut json).map_err(|broken| corrupt(broken.what))?;
    serde_json::from_slice(&json).map_err(|_| corrupt("document"))
}

fn examples(day: NaiveDate, ordinary: Shown, whole: Option<Shown>) -> Latest {
    let Shown { currency, totals, lines, tenders, seller, location, documents, completeness } = ordinary;
    let item = |line: &Line| Item {
        name: line.name.clone(),
        net: line.net.clone(),
        currency: currency.clone(),
        day,
    };
    let is_goods = |line: &&Line| line.kind == "goods";
    let sensitive = whole.and_then(|whole| {
        let is_new = |line: &&Line| !lines.iter().any(|other| other.id == line.id);
        whole.lines.iter().filter(is_new).find(is_goods).map(item)
    });
    // A purchase of which nothing is left would be an example of nothing.
    let is_empty = completeness.partial && lines.is_empty();
    let line = lines.iter().find(is_goods).map(item);
    let (shop, town) = location.map_or((None, None), |place| (place.name, place.city));
    Latest {
        has_any: true,
        purchase: (!is_empty).then(|| Sum { total: totals.grand_total, currency: currency.clone(), day }),
        line,
        sensitive,
        payment: tenders.into_iter().next().map(|Tender { method, last4 }| Payment { method, last4 }),
        location: shop.or(seller.map(|seller| seller.name)).map(|name| Place { name, town }),
        document: (!documents.is_empty()).then_some(day),
    }
}
