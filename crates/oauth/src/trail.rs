//! What became of a grant, as the ledger's own entries tell it: what left under it, and how the agreement changed.
//!
//! Entries are read and opened a page at a time, however many there are.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use counterfoil_domain::grant::{CarveOuts, Details, State};
use counterfoil_domain::ids::{GrantId, Person, RecordId};
use counterfoil_ledger::Opened;
pub use counterfoil_ledger::seal::Look;
use counterfoil_store::Error;
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log, StoredEntry};
use counterfoil_store::keys::PersonKeys;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Oauth;
use crate::amend::find;
use crate::grants::{GrantError, GrantView, view};

/// Entries on a page.
const PAGE: usize = 50;

/// Length of what [`recent`] looks back over.
const RECENT_DAYS: i64 = 30;

/// An entry as its customer reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told<T> {
    /// When it was written.
    pub at: DateTime<Utc>,
    /// What it says.
    pub content: Content<T>,
}

/// What an entry says, if it can still be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content<T> {
    /// This.
    Known(T),
    /// It was erased; that there was an entry stays.
    Forgotten,
    /// It is not what was written.
    Unreadable,
}

/// A page of entries, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries<T> {
    /// The entries.
    pub told: Vec<Told<T>>,
    /// The page of earlier ones holds those with numbers below this; absent on the last page.
    pub earlier: Option<i64>,
}

/// One answer with which data left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Which answer it was; `None` where the entry does not tell.
    pub look: Option<Look>,
    /// Purchases in it.
    pub purchases: u64,
    /// How many items in it that the app had sent.
    pub items: u64,
    /// Local date of the earliest.
    pub from: Option<NaiveDate>,
    /// Local date of the latest.
    pub to: Option<NaiveDate>,
}

/// A step of the agreement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The app asked.
    Requested,
    /// The customer said yes.
    Given,
    /// The customer changed it; how, unless that was erased.
    Amended(Option<Box<Amended>>),
    /// It came to this end.
    Ended(State),
    /// A receipt was sent to the customer.
    ReceiptSent,
}

/// What an agreement was before and after a change.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Amended {
    /// Before.
    pub before: Choices,
    /// After.
    pub after: Choices,
    /// Whether the app was let see what had joined the customer's history.
    pub with_joined: bool,
}

/// What an agreement lets out and leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Choices {
    /// What it lets out.
    pub granted: Details,
    /// What it leaves out.
    pub carve_outs: CarveOuts,
}

/// Which part of a trail is wanted: entries with numbers below these; `None` begins at the newest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// Of the access log.
    pub accesses: Option<i64>,
    /// Of the consent log.
    pub steps: Option<i64>,
}

/// A grant with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// As it stands.
    pub view: GrantView,
    /// What left under it. An entry holds one answer or a few that left at the same time.
    pub accesses: Entries<Vec<Left>>,
    /// How it changed.
    pub steps: Entries<Step>,
}

/// What left under a grant lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recent {
    /// Purchases in all answers; one that was in two answers counts twice.
    pub purchases: u64,
    /// Whether that is all: neither were there more entries than were to be opened, nor was one of them erased.
    pub is_all: bool,
}

/// One page of what became of a grant.
///
/// # Errors
/// [`GrantError::NotFound`] for another customer's grant.
pub async fn of(oauth: &Oauth, person: Person, grant_id: GrantId, place: Place) -> Result<Trail, GrantError> {
    let (server, now) = (oauth.clone(), oauth.clock().now());
    oauth
        .store()
        .read(move |conn| {
            let grant = find(conn, person, grant_id)?;
            let keys = server.keys().person(grant.person)?;
            let reader = Reader { oauth: &server, keys: &keys, record: grant.record };
            let accesses = reader.page(conn, Log::Access, place.accesses, left)?;
            let steps = reader.page(conn, Log::Consent, place.steps, step)?;
            Ok(Trail { view: view(conn, grant, now)?, accesses, steps })
        })
        .await
}

/// What left under a grant in the last 30 days, from at most `most` entries.
///
/// # Errors
/// [`GrantError::NotFound`] for another customer's grant.
pub async fn recent(
    oauth: &Oauth,
    person: Person,
    grant_id: GrantId,
    most: usize,
) -> Result<Recent, GrantError> {
    let since = oauth.clock().now() - Duration::days(RECENT_DAYS);
    let mut recent = Recent { purchases: 0, is_all: true };
    let (mut before, mut seen) = (None, 0);
    loop {
        let server = oauth.clone();
        let page = oauth.store().read(move |conn| -> Result<_, GrantError> {
            let grant = find(conn, person, grant_id)?;
            let keys = server.keys().person(grant.person)?;
            let reader = Reader { oauth: &server, keys: &keys, record: grant.record };
            reader.page(conn, Log::Access, before, left)
        });
        let page = page.await?;
        for told in &page.told {
            if told.at < since {
                return Ok(recent);
            }
            match &told.content {
                Content::Known(all) => recent.purchases += all.iter().map(|left| left.purchases).sum::<u64>(),
                Content::Forgotten | Content::Unreadable => recent.is_all = false,
            }
        }
        seen += page.told.len();
        match page.earlier {
            None => return Ok(recent),
            Some(_) if seen >= most => return Ok(Recent { is_all: false, ..recent }),
            Some(earlier) => before = Some(earlier),
        }
    }
}

/// Reads the entries of one grant.
struct Reader<'a> {
    oauth: &'a Oauth,
    keys: &'a PersonKeys,
    record: RecordId,
}

impl Reader<'_> {
    fn page<T>(
        &self,
        conn: &mut Conn,
        log: Log,
        before: Option<i64>,
        read: impl Fn(Opened) -> Content<T>,
    ) -> Result<Entries<T>, GrantError> {
        let one_more = i64::try_from(PAGE).unwrap_or(i64::MAX).saturating_add(1);
        let mut stored = entries::of_record(conn, log, self.record, before, one_more)?;
        let is_last = stored.len() <= PAGE;
        stored.truncate(PAGE);
        let earlier = stored.last().filter(|_| !is_last).map(|entry| entry.seq);
        let told = stored.iter().map(|entry| self.tell(entry, &read)).collect::<Result<_, GrantError>>()?;
        Ok(Entries { told, earlier })
    }

    fn tell<T>(
        &self,
        entry: &StoredEntry,
        read: &impl Fn(Opened) -> Content<T>,
    ) -> Result<Told<T>, GrantError> {
        let at = entry.recorded_at.and_utc();
        if entry.header.is_none() {
            return Ok(Told { at, content: Content::Forgotten });
        }
        let content = match self.oauth.ledger().open(self.keys, entry) {
            Ok(opened) => read(opened),
            Err(error @ (Error::Corrupt { .. } | Error::Key(_))) => {
                tracing::error!(%error, log = entry.log, seq = entry.seq, "an entry is not what was written");
                Content::Unreadable
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Told { at, content })
    }
}

#[derive(Deserialize)]
struct Disclosed {
    responses: Vec<Response>,
}

#[derive(Deserialize)]
struct Response {
    look: Option<String>,
    #[serde(default)]
    purchases: u64,
    #[serde(default)]
    items: u64,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

fn left(opened: Opened) -> Content<Vec<Left>> {
    let Some(payload) = opened.payload else { return Content::Forgotten };
    match read::<Disclosed>(payload) {
        None => Content::Unreadable,
        Some(disclosed) => Content::Known(
            disclosed
                .responses
                .into_iter()
                .map(|Response { look, purchases, items, from, to }| Left {
                    look: look.as_deref().and_then(Look::from_name),
                    purchases,
                    items,
                    from,
                    to,
                })
                .collect(),
        ),
    }
}

fn step(opened: Opened) -> Content<Step> {
    let ended = |state| Content::Known(Step::Ended(state));
    match opened.header.get("type").and_then(Value::as_str) {
        Some("grant.requested") => Content::Known(Step::Requested),
        Some("grant.given") => Content::Known(Step::Given),
        Some("grant.amended") => match opened.payload {
            None => Content::Known(Step::Amended(None)),
            Some(payload) => match read(payload) {
                None => Content::Unreadable,
                Some(amended) => Content::Known(Step::Amended(Some(Box::new(amended)))),
            },
        },
        Some("receipt.sent") => Content::Known(Step::ReceiptSent),
        Some("grant.lapsed") => ended(State::Lapsed),
        Some("grant.withdrawn") => ended(State::Withdrawn),
        Some("grant.ended") => ended(State::Ended),
        Some("grant.revoked") => ended(State::Revoked),
        Some("grant.expired") => ended(State::Expired),
        _ => Content::Unreadable,
    }
}

/// Reads a payload that this service wrote.
fn read<T: DeserializeOwned>(payload: Value) -> Option<T> {
    serde_json::from_value(payload).ok()
}
