//! Which apps have got a purchase, as far as the access log tells. An entry says how many purchases an answer held and
//! from which days they were, not which they were.

use chrono::{DateTime, NaiveDate, Utc};
use counterfoil_domain::grant::{Dataset, State};
use counterfoil_domain::ids::{GrantId, Person};
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log, StoredEntry};
use counterfoil_store::grants::{self, Grant};
use counterfoil_store::purchases::Filter;
use counterfoil_store::{Error, Result, apps, hiding};
use serde::Deserialize;

use crate::Oauth;
use crate::history::Bought;

/// Entries of one grant that are looked at.
const ENTRIES: usize = 200;

/// An app, and one purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The agreement with the app.
    pub grant_id: GrantId,
    /// Name of the app.
    pub app_name: String,
    /// Since when it was let in.
    pub given_at: DateTime<Utc>,
    /// What it has got.
    pub got: Got,
    /// Whether it may see the purchase now, some items perhaps left out.
    pub may_see: bool,
}

/// What an app has got since the purchase was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Got {
    /// Purchases from days among which the purchase's is; the latest time.
    Around(DateTime<Utc>),
    /// Nothing from its day.
    Nothing,
    /// There are more accesses than were looked at, and nothing from its day in those.
    Unknown,
}

/// The apps that may have got a purchase that was first recorded at `recorded_at`, or may see it now, the newest first.
pub async fn of_purchase(
    oauth: &Oauth,
    person: Person,
    bought: &Bought,
    recorded_at: DateTime<Utc>,
) -> Result<Vec<Sighting>> {
    let (server, bought, now) = (oauth.clone(), bought.clone(), oauth.clock().now());
    let (members, grants) = oauth
        .store()
        .read(move |conn| {
            let history = hiding::history(conn, person)?;
            let grants = grants::of_persons(conn, &history.members)?;
            let mut read = Vec::with_capacity(grants.len());
            for grant in grants {
                read.push(read_grant(conn, grant, recorded_at)?);
            }
            Ok::<_, Error>((history.members, read))
        })
        .await?;
    let judged = tokio::task::spawn_blocking(move || {
        let mut sightings = Vec::new();
        for read in grants.iter().filter(|read| members.contains(&read.grant.person)) {
            let got = judge(&server, read, bought.local_date)?;
            let may_see = may_see(&read.grant, &bought, now);
            if may_see || got != Got::Nothing {
                sightings.push(Sighting {
                    grant_id: read.grant.grant_id,
                    app_name: read.app_name.clone(),
                    given_at: read.grant.given_at,
                    got,
                    may_see,
                });
            }
        }
        Ok(sightings)
    });
    judged.await.unwrap_or_else(|panic| Err(Error::Unexpected(format!("{panic}"))))
}

/// A grant with its latest entries in the access log.
struct Read {
    grant: Grant,
    app_name: String,
    entries: Vec<StoredEntry>,
}

fn read_grant(conn: &mut Conn, grant: Grant, since: DateTime<Utc>) -> Result<Read> {
    let app = apps::find(conn, grant.client_id)?;
    let app = app.ok_or_else(|| Error::corrupt("grants", "client_id", grant.grant_id))?;
    let limit = i64::try_from(ENTRIES).unwrap_or(i64::MAX).saturating_add(1);
    let entries = entries::latest(conn, Log::Access, grant.record, since, limit)?;
    Ok(Read { grant, app_name: app.name, entries })
}

#[derive(Deserialize)]
struct Payload {
    #[serde(default)]
    responses: Vec<Response>,
}

#[derive(Deserialize)]
struct Response {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

fn judge(oauth: &Oauth, read: &Read, day: NaiveDate) -> Result<Got> {
    if read.entries.is_empty() {
        return Ok(Got::Nothing);
    }
    let keys = oauth.keys().person(read.grant.person)?;
    for entry in read.entries.iter().take(ENTRIES) {
        let opened = oauth.ledger().open(&keys, entry)?;
        let payload = opened.payload.unwrap_or_default();
        let payload: Payload = serde_json::from_value(payload)
            .map_err(|_| Error::corrupt("entries", "payload", format!("{}/{}", entry.log, entry.seq)))?;
        let is_around = |response: &Response| {
            response.from.is_some_and(|from| from <= day) && response.to.is_some_and(|to| day <= to)
        };
        if payload.responses.iter().any(is_around) {
            return Ok(Got::Around(entry.recorded_at.and_utc()));
        }
    }
    Ok(if read.entries.len() > ENTRIES { Got::Unknown } else { Got::Nothing })
}

fn may_see(grant: &Grant, bought: &Bought, now: DateTime<Utc>) -> bool {
    let filter = Filter {
        from: grant.details.from,
        to: grant.details.to,
        shared: grant.details.shared_accounts,
        agreed_seq: grant.agreed_seq,
        without: grant.carve_outs.purchases.clone(),
        ..Filter::default()
    };
    matches!(grant.state_at(now), State::Given | State::Active)
        && grant.details.holds(Dataset::Purchases)
        && !bought.is_hidden
        && filter.covers(bought.purchase_id, bought.local_date, bought.is_shared, bought.joined_seq)
}
