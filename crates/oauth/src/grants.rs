//! Grants after they were given: what the customer sees of them, how they are changed, and how they end.

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::Actor;
use counterfoil_domain::grant::{Act, CarveOuts, Details, State};
use counterfoil_domain::ids::{GrantId, Person};
pub use counterfoil_ledger::grants::Ended;
use counterfoil_ledger::grants::{EndError, How, end_locked};
use counterfoil_ledger::seal::Standing;
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::grants::{self, Grant};
use counterfoil_store::{Contention, announcements, apps, hiding, tokens};

pub use crate::amend::{Amendment, Change, Changeable, amend, changeable};
use crate::asks::NamedAskView;
pub use crate::expiry::expire_due;
use crate::problem::{Code, Problem};
use crate::{Oauth, asks};

/// A grant as its customer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantView {
    /// Its public id.
    pub grant_id: GrantId,
    /// Name of the app.
    pub app_name: String,
    /// Who runs it.
    pub operator: String,
    /// What it lets out.
    pub details: Details,
    /// What the asks say that it names.
    pub asks: Vec<NamedAskView>,
    /// What it leaves out.
    pub carve_outs: CarveOuts,
    /// Where it stands now.
    pub state: State,
    /// Since when.
    pub given_at: DateTime<Utc>,
    /// Until when.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Who ended it: `customer`, `app`, `staff`, `system`.
    pub ended_by: Option<String>,
    /// When data last left under it.
    pub last_disclosure: Option<DateTime<Utc>>,
    /// How often data left under it.
    pub disclosures: i64,
}

/// Why a grant cannot be ended or changed.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// There is none, or it is another customer's.
    #[error("no such grant")]
    NotFound,
    /// It ended before.
    #[error("the grant is {}", .0.name())]
    Final(State),
    /// The choice is not one that the page offers.
    #[error("{0}")]
    InvalidChoice(&'static str),
    /// It leaves out as many single purchases as a grant can.
    #[error("no more single purchases can be left out")]
    TooMany,
    /// The store.
    #[error(transparent)]
    Store(#[from] counterfoil_store::Error),
}

impl Contention for GrantError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

impl From<EndError> for GrantError {
    fn from(error: EndError) -> Self {
        match error {
            EndError::Final(state) => Self::Final(state),
            EndError::Store(error) => Self::Store(error),
        }
    }
}

impl From<GrantError> for Problem {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::NotFound => Self::new(Code::NotFound),
            GrantError::Final(state) => Self::new(crate::access::not_in_force(state)),
            GrantError::InvalidChoice(_) | GrantError::TooMany => Self::new(Code::InvalidRequest),
            GrantError::Store(error) => error.into(),
        }
    }
}

/// The grants of a customer, newest first, whichever of their names gave them.
pub async fn list(oauth: &Oauth, person: Person) -> Result<Vec<GrantView>, GrantError> {
    let now = oauth.clock().now();
    oauth
        .store()
        .read(move |conn| {
            let history = hiding::history(conn, person)?;
            let grants = grants::of_persons(conn, &history.members)?;
            grants.into_iter().map(|grant| view(conn, grant, now)).collect()
        })
        .await
}

pub(crate) fn view(conn: &mut Conn, grant: Grant, now: DateTime<Utc>) -> Result<GrantView, GrantError> {
    let app = apps::find(conn, grant.client_id)?.ok_or(GrantError::NotFound)?;
    let (disclosures, last_disclosure) = entries::activity(conn, Log::Access, grant.record)?;
    Ok(GrantView {
        asks: asks::named(conn, &grant.details)?,
        grant_id: grant.grant_id,
        app_name: app.name,
        operator: app.operator,
        state: grant.state_at(now),
        // A grant whose time is over has ended then, whether or not that was written down yet.
        ended_at: grant.ended_at.or_else(|| grant.expires_at.filter(|end| *end <= now)),
        details: grant.details,
        carve_outs: grant.carve_outs,
        given_at: grant.given_at,
        expires_at: grant.expires_at,
        ended_by: grant.ended_by,
        last_disclosure,
        disclosures,
    })
}

/// The customer stops sharing. When this returns, nothing leaves any more.
///
/// # Errors
/// [`GrantError::NotFound`] for another customer's grant, [`GrantError::Final`] for one that ended before.
pub async fn withdraw(oauth: &Oauth, person: Person, grant_id: GrantId) -> Result<Ended, GrantError> {
    let how = How { act: Act::Withdraw, actor: Actor::Customer, reason: None, cause: None };
    end_one(oauth, grant_id, Some(person), how).await
}

/// The app ends the grant that it holds.
///
/// # Errors
/// As for [`withdraw`].
pub async fn end(oauth: &Oauth, standing: &Standing) -> Result<Ended, GrantError> {
    let actor = Actor::App(format!("{}", standing.client_id));
    end_one(
        oauth,
        standing.grant_id,
        Some(standing.person),
        How { act: Act::End, actor, reason: None, cause: None },
    )
    .await
}

/// The retailer ends a grant and says why; `staff` is a reference to who did.
///
/// # Errors
/// As for [`withdraw`].
pub async fn revoke(
    oauth: &Oauth,
    grant_id: GrantId,
    reason: String,
    staff: String,
) -> Result<Ended, GrantError> {
    let how = How { act: Act::Revoke, actor: Actor::Staff(staff), reason: Some(reason), cause: None };
    end_one(oauth, grant_id, None, how).await
}

/// Ends a grant in one transaction, after which this process trusts nothing it knew of it.
pub(crate) async fn end_one(
    oauth: &Oauth,
    grant_id: GrantId,
    owner: Option<Person>,
    how: How,
) -> Result<Ended, GrantError> {
    let (server, now) = (oauth.clone(), oauth.clock().now());
    let (state, ended) = oauth
        .store()
        .write(move |conn| {
            let named = grants::find(conn, grant_id)?.ok_or(GrantError::NotFound)?;
            // Whoever waits with it is told at once that it has ended.
            announcements::announce(conn, &[named.person])?;
            let grant = grants::lock(conn, grant_id)?.ok_or(GrantError::NotFound)?;
            if let Some(owner) = owner
                && !hiding::history(conn, grant.person)?.members.contains(&owner)
            {
                return Err(GrantError::NotFound);
            }
            Ok(end_locked(server.ledger(), server.keys(), conn, &grant, &how, now)?)
        })
        .await?;
    oauth.facts().forget_grant(grant_id);
    oauth.metrics().grants.with_label_values(&[state.name()]).inc();
    Ok(ended)
}

/// Kills the tokens of a grant that is in force, or one of them: what rests on it is looked at again. The grant
/// itself stays, since a token and a grant are separate things.
pub(crate) fn kill_tokens(
    oauth: &Oauth,
    conn: &mut Conn,
    grant_id: GrantId,
    token_hash: Option<&[u8; 32]>,
) -> counterfoil_store::Result<()> {
    grants::bump_epoch(conn, grant_id)?;
    match token_hash {
        Some(token_hash) => tokens::delete(conn, token_hash)?,
        None => tokens::delete_of_grant(conn, grant_id)?,
    }
    // Answers that are being sealed under the old epoch come before this or not at all.
    oauth.ledger().gate(conn)?;
    Ok(())
}
