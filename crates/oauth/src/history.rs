//! A customer's own purchases, whole: by month, one by one, and by what was bought. Nothing is left out for being hidden
//! from apps.

use chrono::{DateTime, Months, NaiveDate, Utc};
use counterfoil_domain::ids::{ObjectId, Person, PurchaseId};
use counterfoil_domain::purchase::{SectionsRef, Shows, Veil, View, project};
use counterfoil_store::coverage::{self, Loading};
use counterfoil_store::document::binding;
use counterfoil_store::own::{self, Row};
use counterfoil_store::{Error, Result, objects, people};
use serde::Deserialize;

pub use counterfoil_store::own::{Day, Wanted};
pub use counterfoil_store::purchases::After;

use crate::Oauth;

/// Shops that can be chosen from.
const SHOPS: i64 = 50;
/// Purchases that a search opens at most.
pub const SEARCHED: usize = 5_000;
/// Months that a search looks back.
pub const SEARCHED_MONTHS: u32 = 24;
/// Purchases that a search gives at most.
pub const FOUND: usize = 100;
/// Purchases that are opened at a time.
const CHUNK: i64 = 500;

/// A purchase, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bought {
    /// Which.
    pub purchase_id: PurchaseId,
    /// When, in UTC.
    pub purchased_at: DateTime<Utc>,
    /// Its local date.
    pub local_date: NaiveDate,
    /// Bought on a shared account.
    pub is_shared: bool,
    /// Since when it belongs to this customer for another reason than its own order.
    pub joined_seq: Option<i64>,
    /// Whether it is hidden from every app.
    pub is_hidden: bool,
    /// The JSON object that an app is served to which everything is let out.
    pub served: Vec<u8>,
}

impl Bought {
    /// Its place among the customer's purchases.
    pub fn place(&self) -> After {
        After { purchased_at: self.purchased_at, purchase_id: self.purchase_id }
    }
}

/// Some purchases, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The purchases.
    pub purchases: Vec<Bought>,
    /// Where the next page begins; absent on the last one.
    pub next: Option<After>,
}

/// What a customer can choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// The channels they bought through.
    pub channels: Vec<String>,
    /// Keyed hash and name of the shops they bought in most often.
    pub shops: Vec<(Vec<u8>, String)>,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The purchases with such an item, newest first; at most [`FOUND`].
    pub purchases: Vec<Bought>,
    /// The first local date that was looked at.
    pub from: NaiveDate,
    /// The last one.
    pub to: NaiveDate,
    /// Whether there was more than it looks at, or more than it gives.
    pub is_cut: bool,
}

/// How far the record goes at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// The past is still being brought in.
    pub loading: Option<Loading>,
    /// Up to when everything live has been recorded, where that is known.
    pub fresh_until: Option<DateTime<Utc>>,
}

/// At most `limit` of a customer's purchases, newest first.
pub async fn page(
    oauth: &Oauth,
    person: Person,
    wanted: Wanted,
    after: Option<After>,
    limit: usize,
) -> Result<Page> {
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let (home, mut rows) = oauth
        .store()
        .read(move |conn| {
            let home = people::home(conn, person)?;
            Ok::<_, Error>((home, own::page(conn, home, &wanted, after, one_more)?))
        })
        .await?;
    let is_last = rows.len() <= limit;
    rows.truncate(limit);
    let purchases = open(oauth, home, rows, |_| true).await?;
    let next = if is_last { None } else { purchases.last().map(Bought::place) };
    Ok(Page { purchases, next })
}

/// One purchase of a customer; `None` for one that is not theirs.
pub async fn one(oauth: &Oauth, person: Person, id: PurchaseId) -> Result<Option<Bought>> {
    let (home, row) = oauth
        .store()
        .read(move |conn| {
            let home = people::home(conn, person)?;
            let object = objects::find(conn, ObjectId::from(id))?.filter(|found| found.person == Some(home));
            let at = object.and_then(|object| object.purchased_at);
            let row = at.map(|at| own::find(conn, home, at, id)).transpose()?.flatten();
            Ok::<_, Error>((home, row))
        })
        .await?;
    Ok(open(oauth, home, row.into_iter().collect(), |_| true).await?.pop())
}

/// What a customer's purchases come to by day and currency, newest first. No purchase is opened.
pub async fn days(oauth: &Oauth, person: Person, wanted: Wanted) -> Result<Vec<Day>> {
    let read = oauth.store().read(move |conn| {
        let home = people::home(conn, person)?;
        own::days(conn, home, &wanted)
    });
    read.await
}

/// The shops and channels of a customer's purchases. A shop has the name that it had at the latest purchase there.
pub async fn choices(oauth: &Oauth, person: Person) -> Result<Choices> {
    let (home, channels, rows) = oauth
        .store()
        .read(move |conn| {
            let home = people::home(conn, person)?;
            let mut rows = Vec::new();
            for shop in own::shops(conn, home, SHOPS)? {
                rows.extend(own::latest_in(conn, home, &shop)?);
            }
            Ok::<_, Error>((home, own::channels(conn, home)?, rows))
        })
        .await?;
    let indexes: Vec<Option<Vec<u8>>> = rows.iter().map(|row| row.store_index.clone()).collect();
    let opened = open(oauth, home, rows, |_| true).await?;
    let mut shops = Vec::new();
    for (index, bought) in indexes.into_iter().zip(&opened) {
        let place: Placed = serde_json::from_slice(&bought.served)
            .map_err(|_| Error::corrupt("purchases", "document", bought.purchase_id))?;
        if let (Some(index), Some(location)) = (index, place.location) {
            shops.push((index, location.name.unwrap_or(location.store_id)));
        }
    }
    shops.sort_by(|one, other| one.1.cmp(&other.1));
    Ok(Choices { channels, shops })
}

/// The purchases with an item in whose name all of `words` stand, in any order and case. Looks at the
/// [`SEARCHED_MONTHS`] months before the last day that is wanted (`today` when none is), and at [`SEARCHED`] purchases
/// at most.
pub async fn search(
    oauth: &Oauth,
    person: Person,
    wanted: Wanted,
    words: &str,
    today: NaiveDate,
) -> Result<Found> {
    let to = wanted.to.unwrap_or(today);
    let earliest = to.checked_sub_months(Months::new(SEARCHED_MONTHS)).unwrap_or(NaiveDate::MIN);
    let from = wanted.from.map_or(earliest, |from| from.max(earliest));
    // What was bought on the other side of the date line may be of tomorrow.
    let bounded = Wanted { from: Some(from), to: wanted.to, ..wanted };
    let words = searched(words);
    let mut found = Found { purchases: Vec::new(), from, to, is_cut: false };
    let (mut after, mut looked) = (None, 0);
    loop {
        let chunk = bounded.clone();
        let (home, rows) = oauth
            .store()
            .read(move |conn| {
                let home = people::home(conn, person)?;
                Ok::<_, Error>((home, own::page(conn, home, &chunk, after, CHUNK)?))
            })
            .await?;
        let Some(last) = rows.last() else { break };
        after = Some(After { purchased_at: last.purchased_at.and_utc(), purchase_id: id(last)? });
        looked += rows.len();
        let wanted = words.clone();
        found.purchases.extend(open(oauth, home, rows, move |served| holds(served, &wanted)).await?);
        if found.purchases.len() > FOUND || looked >= SEARCHED {
            found.is_cut = true;
            break;
        }
    }
    found.purchases.truncate(FOUND);
    Ok(found)
}

/// How far the record goes now.
pub async fn reach(oauth: &Oauth) -> Result<Reach> {
    let read = oauth.store().read(|conn| {
        Ok::<_, Error>(Reach { loading: coverage::loading(conn)?, fresh_until: coverage::fresh_until(conn)? })
    });
    read.await
}

#[derive(Deserialize)]
struct Placed {
    location: Option<Location>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    store_id: String,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Items {
    #[serde(default)]
    lines: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    name: String,
    brand: Option<String>,
}

/// Whether one item has all the words. What cannot be read has none; showing it would say so.
fn holds(served: &[u8], words: &[String]) -> bool {
    let items: Items = match serde_json::from_slice(served) {
        Ok(items) => items,
        Err(_) => return false,
    };
    items.lines.iter().any(|item| is_named(&item.name, item.brand.as_deref(), words))
}

/// What somebody searches for, as [`is_named`] compares it.
pub fn searched(words: &str) -> Vec<String> {
    words.to_lowercase().split_whitespace().map(str::to_owned).collect()
}

/// Whether an item of that name and brand has all the words.
pub fn is_named(name: &str, brand: Option<&str>, words: &[String]) -> bool {
    let named = format!("{name} {}", brand.unwrap_or_default()).to_lowercase();
    words.iter().all(|word| named.contains(word.as_str()))
}

pub(crate) fn id(row: &Row) -> Result<PurchaseId> {
    PurchaseId::from_slice(&row.purchase_id).map_err(|_| Error::corrupt("purchases", "purchase_id", "?"))
}

/// Opens purchases, on a thread of its own and with no connection held, and keeps those whose JSON passes.
async fn open(
    oauth: &Oauth,
    home: Person,
    rows: Vec<Row>,
    keeps: impl Fn(&[u8]) -> bool + Send + 'static,
) -> Result<Vec<Bought>> {
    let oauth = oauth.clone();
    let opened = tokio::task::spawn_blocking(move || open_blocking(&oauth, home, rows, usize::MAX, keeps));
    opened.await.unwrap_or_else(|panic| Err(Error::Unexpected(format!("{panic}"))))
}

/// Opens purchases until more than `most` bytes of JSON were kept.
pub(crate) fn open_blocking(
    oauth: &Oauth,
    home: Person,
    rows: Vec<Row>,
    most: usize,
    keeps: impl Fn(&[u8]) -> bool,
) -> Result<Vec<Bought>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let keys = oauth.keys().person(home)?;
    let mut unpacker = oauth.codec().unpacker(oauth.keys().aead())?;
    let everything = View {
        shows: Shows { lines: true, payment: true, location: true, documents: true },
        veil: Veil::default(),
    };
    let (mut plain, mut served, mut bytes) = (Vec::new(), Vec::new(), 0);
    let mut opened = Vec::new();
    for row in rows {
        if bytes > most {
            break;
        }
        let purchase_id = id(&row)?;
        unpacker.unpack(&keys.purchases, &binding(purchase_id, Some(home)), &row.document, &mut plain)?;
        let corrupt = |what| Error::corrupt("purchases", what, purchase_id);
        served.clear();
        let sections = SectionsRef::parse(&plain).map_err(|broken| corrupt(broken.what))?;
        project(sections, &everything, &mut served).map_err(|broken| corrupt(broken.what))?;
        if keeps(&served) {
            bytes += served.len();
            opened.push(Bought {
                purchase_id,
                purchased_at: row.purchased_at.and_utc(),
                local_date: row.local_date,
                is_shared: row.shared,
                joined_seq: row.joined_seq,
                is_hidden: row.hidden,
                served: served.clone(),
            });
        }
    }
    Ok(opened)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_stand_in_one_item_in_any_case() {
        let served = br#"{"lines":[{"name":"Rolls, DINNER \u00c4pfel","brand":"Hearth"},{"name":"Milk"}]}"#;
        let found = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
            holds(served, &words)
        };
        for words in [&["dinner"][..], &["rolls", "dinner"], &["äpfel"], &["hearth", "rolls"], &["milk"]] {
            assert!(found(words), "{words:?}");
        }
        for words in [&["milk", "rolls"][..], &["milk", "hearth"], &["<"], &["dinners"]] {
            assert!(!found(words), "{words:?}");
        }
        assert!(!holds(b"{}", &["x".to_owned()]) && !holds(b"no", &["x".to_owned()]));
    }
}
