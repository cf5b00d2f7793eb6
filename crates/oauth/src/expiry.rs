//! What ends by time alone: one pass, done by one process at a time.

use chrono::Duration;
use counterfoil_domain::entry::Actor;
use counterfoil_domain::grant::Act;
use counterfoil_domain::ids::GrantId;
use counterfoil_ledger::grants::How;
use counterfoil_store::{
    codes, grants, idempotency, leases, logins, requests, sessions, system_tokens, tokens, used_ids,
};

use crate::Oauth;
use crate::consent::CODE_SECONDS;
use crate::grants::{GrantError, end_one};

const LEASE: &str = "expiry";

/// How long a pass may take before another process may begin one, in seconds.
const LEASE_SECONDS: i64 = 60;

/// Grants ended per pass; the rest waits for the next one.
const BATCH: i64 = 200;

/// Ends the grants whose time is over or whose code was never redeemed, and removes what is worth nothing any more:
/// tokens, codes, requests, used ids, sessions, sign-ins. Gives the number of grants that ended; 0 as well when
/// another process is at it.
///
/// # Errors
/// [`GrantError::Store`] when the database fails; what was done until then stays.
pub async fn expire_due(oauth: &Oauth) -> Result<usize, GrantError> {
    let (owner, now) = (oauth.process().to_owned(), oauth.clock().now());
    let until = now + Duration::seconds(LEASE_SECONDS);
    let lease = oauth
        .store()
        .write(move |conn| Ok::<_, GrantError>(leases::acquire(conn, LEASE, &owner, now, until)?))
        .await?;
    if lease.is_none() {
        return Ok(0);
    }
    let (overdue, unredeemed) = oauth
        .store()
        .read(move |conn| {
            let overdue = grants::overdue(conn, now, BATCH)?;
            let unredeemed = grants::unredeemed(conn, now - Duration::seconds(CODE_SECONDS), BATCH)?;
            Ok::<_, GrantError>((overdue, unredeemed))
        })
        .await?;
    let mut ended = end_each(oauth, overdue, Act::Expire).await?;
    ended += end_each(oauth, unredeemed, Act::Lapse).await?;
    sweep(oauth).await?;
    Ok(ended)
}

async fn end_each(oauth: &Oauth, grants: Vec<GrantId>, act: Act) -> Result<usize, GrantError> {
    let mut ended = 0;
    for grant_id in grants {
        let how = How { act, actor: Actor::System, reason: None, cause: None };
        match end_one(oauth, grant_id, None, how).await {
            Ok(_) => ended += 1,
            // Somebody ended or redeemed it in between.
            Err(GrantError::Final(_) | GrantError::NotFound) => {}
            Err(error @ GrantError::Store(counterfoil_store::Error::Key(_))) => {
                // One customer's missing key must not keep the others' grants alive.
                tracing::error!(%error, "a grant that is over cannot be closed");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(ended)
}

async fn sweep(oauth: &Oauth) -> Result<(), GrantError> {
    let now = oauth.clock().now();
    // A day in which the second use of a code is still noticed, and in which a refused token is told why.
    let day_ago = now - Duration::days(1);
    oauth
        .store()
        .write(move |conn| {
            requests::delete_expired(conn, now - Duration::hours(1))?;
            idempotency::delete_expired(conn, now)?;
            codes::delete_expired(conn, day_ago)?;
            tokens::delete_expired(conn, day_ago)?;
            system_tokens::delete_expired(conn, now)?;
            used_ids::delete_expired(conn, now)?;
            sessions::delete_expired(conn, now)?;
            logins::delete_expired(conn, now)?;
            Ok::<_, GrantError>(())
        })
        .await
}
