//! What a customer hides from every app: single purchases, and categories of things. It holds for grants that were
//! given and for those that will be, until the customer shows it again.

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::ids::{GrantId, ObjectId, Person, PurchaseId, RecordId};
use counterfoil_ledger::Draft;
use counterfoil_ledger::config::Shown;
use counterfoil_ledger::grants::BASIS;
use counterfoil_store::conn::Conn;
use counterfoil_store::hiding::{self, History};
use counterfoil_store::keys::PersonKeys;
use counterfoil_store::objects::{Kind, Object};
use counterfoil_store::{Contention, announcements, grants, objects, people};
use serde_json::{Value, json};

use crate::Oauth;

/// Why something cannot be hidden or shown again.
#[derive(Debug, thiserror::Error)]
pub enum HidingError {
    /// There is no such purchase, or it is another customer's.
    #[error("no such purchase")]
    NotFound,
    /// A category that cannot be one.
    #[error("{0}")]
    InvalidChoice(&'static str),
    /// The store.
    #[error(transparent)]
    Store(#[from] counterfoil_store::Error),
}

impl Contention for HidingError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

/// What has a chain of entries of its own.
#[derive(Debug, Clone, Copy)]
enum Restriction {
    Purchases,
    Categories,
}

impl Restriction {
    fn name(self) -> &'static str {
        match self {
            Self::Purchases => "purchases",
            Self::Categories => "categories",
        }
    }

    /// One record per customer and kind. It needs no row of its own to be found again, and is nothing to anybody
    /// without the customer's key.
    fn record(self, keys: &PersonKeys) -> RecordId {
        let mac = keys.evidence.mac(&[b"record", b"restriction", self.name().as_bytes()]);
        RecordId(mac.first_chunk::<16>().copied().unwrap_or_default())
    }
}

/// The ids of the categories that the customer hides from every app.
pub async fn categories(oauth: &Oauth, person: Person) -> Result<Vec<String>, HidingError> {
    oauth
        .store()
        .read(move |conn| {
            let home = people::home(conn, person)?;
            Ok(hiding::categories(conn, home)?)
        })
        .await
}

/// Hides a purchase from every app, or shows it again; gives whether anything is different now. `page` is what the
/// page showed on which the customer chose. When this returns, a hidden purchase does not leave any more.
///
/// # Errors
/// [`HidingError::NotFound`] for a purchase that is not this customer's.
pub async fn set_purchase(
    oauth: &Oauth,
    person: Person,
    purchase_id: PurchaseId,
    hidden: bool,
    page: Shown,
) -> Result<bool, HidingError> {
    let (server, now) = (oauth.clone(), oauth.clock().now());
    let touched = oauth
        .store()
        .write(move |conn| {
            let history = hiding::history(conn, person)?;
            let Some(purchased_at) = claim(conn, &history, purchase_id)? else {
                return Err(HidingError::NotFound);
            };
            match hiding::is_hidden(conn, history.home, purchased_at, purchase_id)? {
                None => return Err(HidingError::NotFound),
                Some(was_hidden) if was_hidden == hidden => return Ok(None),
                Some(_) => {}
            }
            let seq = hiding::count_act(conn, &history, true)?;
            hiding::set_hidden(conn, history.home, purchased_at, purchase_id, hidden, seq)?;
            let payload = json!({ "purchaseId": format!("{purchase_id}") });
            let act = Act { restriction: Restriction::Purchases, page: page.clone(), now };
            finish(&server, conn, &history, &act, &[(hidden, payload)]).map(Some)
        })
        .await?;
    Ok(forget(oauth, touched))
}

/// Sets which categories the customer hides from every app; gives whether anything is different now. What is hidden
/// and was not `offered` on the page stays as it is.
///
/// # Errors
/// [`HidingError::InvalidChoice`] for an id that is none.
pub async fn set_categories(
    oauth: &Oauth,
    person: Person,
    chosen: Vec<String>,
    offered: Vec<String>,
    page: Shown,
) -> Result<bool, HidingError> {
    if chosen.iter().any(|id| id.is_empty() || id.contains(',') || !offered.contains(id)) {
        return Err(HidingError::InvalidChoice("a category is not one that the page offers"));
    }
    let (server, now) = (oauth.clone(), oauth.clock().now());
    let touched = oauth
        .store()
        .write(move |conn| {
            let history = hiding::history(conn, person)?;
            if changes(conn, &history, &chosen, &offered)?.is_same() {
                return Ok(None);
            }
            let seq = hiding::count_act(conn, &history, true)?;
            // Again, now that nobody else can change it.
            let changes = changes(conn, &history, &chosen, &offered)?;
            hiding::set_categories(conn, history.home, &changes.after, seq)?;
            let mut done = Vec::new();
            for (hidden, ids) in [(true, &changes.added), (false, &changes.removed)] {
                if !ids.is_empty() {
                    done.push((hidden, json!({ "categories": ids })));
                }
            }
            let act = Act { restriction: Restriction::Categories, page: page.clone(), now };
            finish(&server, conn, &history, &act, &done).map(Some)
        })
        .await?;
    Ok(forget(oauth, touched))
}

/// What a choice of categories changes.
struct Changes {
    after: Vec<String>,
    added: Vec<String>,
    removed: Vec<String>,
}

impl Changes {
    fn is_same(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

fn changes(
    conn: &mut Conn,
    history: &History,
    chosen: &[String],
    offered: &[String],
) -> counterfoil_store::Result<Changes> {
    let before = hiding::categories(conn, history.home)?;
    let mut after: Vec<String> = before.iter().filter(|id| !offered.contains(id)).cloned().collect();
    after.extend(chosen.iter().cloned());
    after.sort_unstable();
    after.dedup();
    let added = after.iter().filter(|id| !before.contains(id)).cloned().collect();
    let removed = before.iter().filter(|id| !after.contains(id)).cloned().collect();
    Ok(Changes { after, added, removed })
}

/// Takes a purchase's object, so that nothing of the order stream moves the purchase meanwhile; gives when it was
/// bought, if it is in this history.
fn claim(
    conn: &mut Conn,
    history: &History,
    purchase_id: PurchaseId,
) -> Result<Option<DateTime<Utc>>, HidingError> {
    let id = ObjectId::from(purchase_id);
    // Claiming makes a row of what is not there: only a purchase that there is may be claimed.
    if objects::find(conn, id)?.is_none_or(|object| object.person != Some(history.home)) {
        return Ok(None);
    }
    let found = objects::claim(conn, &[Object::awaited(id, Kind::Order)])?.remove(&id);
    let object = found.filter(|object| object.person == Some(history.home));
    Ok(object.and_then(|object| object.purchased_at))
}

/// How an act is written down.
struct Act {
    restriction: Restriction,
    page: Shown,
    now: DateTime<Utc>,
}

/// The second half of an act: readers are told, seals are kept out, the entries are written. Each of `done` is
/// whether something was hidden, and what. Gives the grants that see something else now.
fn finish(
    oauth: &Oauth,
    conn: &mut Conn,
    history: &History,
    act: &Act,
    done: &[(bool, Value)],
) -> Result<Vec<GrantId>, HidingError> {
    let keys = oauth.keys().person(history.home)?;
    announcements::announce(conn, &history.members)?;
    let touched = grants::of_persons(conn, &history.members)?;
    // Showing again takes the gate as well: `accessSize` then says which disclosures came before.
    let access_size = oauth.ledger().gate(conn)?;
    let draft = |hidden: bool, what: &Value| {
        let mut payload = what.clone();
        if let Some(members) = payload.as_object_mut() {
            members.insert("accessSize".to_owned(), json!(access_size));
        }
        Draft {
            entry_type: if hidden { EntryType::RestrictionSet } else { EntryType::RestrictionLifted },
            record: act.restriction.record(&keys),
            actor: Actor::Customer,
            state: Some(if hidden { "set" } else { "lifted" }),
            // The customer bounds their own instruction to hand out data; it is no restriction of Art. 18, which
            // would bind the retailer's own use.
            basis: Some(BASIS),
            effective_at: act.now,
            expires: None,
            display: Some(oauth.ledger().display(&act.page)),
            cause: None,
            entry_id: None,
            config: None,
            payload: Some(payload),
        }
    };
    let drafts: Vec<Draft> = done.iter().map(|(hidden, what)| draft(*hidden, what)).collect();
    oauth.ledger().append(conn, &keys, history.home, act.now, &drafts)?;
    Ok(touched.into_iter().filter(|grant| !grant.state.is_final()).map(|grant| grant.grant_id).collect())
}

/// Forgets what rests on these grants; gives whether anything was done at all.
fn forget(oauth: &Oauth, touched: Option<Vec<GrantId>>) -> bool {
    let is_changed = touched.is_some();
    for grant_id in touched.into_iter().flatten() {
        oauth.facts().forget_grant(grant_id);
    }
    is_changed
}
