//! Who may read what: the extractor that each handler of the API names in its signature.

use std::marker::PhantomData;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use chrono::{DateTime, Utc};
use counterfoil_domain::grant::{CarveOuts, Dataset, Details, State, VolunteeredAccess};
use counterfoil_domain::ids::{ClientId, GrantId, Person};
use counterfoil_ledger::seal::{Refusal, Standing};
use counterfoil_store::apps::AppState;
use counterfoil_store::tokens;
use futures_util::future::LocalBoxFuture;

use crate::Oauth;
use crate::dpop::proof_of;
use crate::facts::Facts;
use crate::form::single_header;
use crate::opaque::{self, Kind};
use crate::problem::{Code, Problem};

/// What a handler needs the grant to hold.
pub trait Permission: 'static {
    /// Whether a grant with these details will do.
    fn is_in(details: &Details) -> bool;
    /// Whether a grant that has ended will do, as long as its token lives.
    const IS_FOR_ENDED: bool = false;
}

/// `purchases:read`.
#[derive(Debug)]
pub struct Purchases;

impl Permission for Purchases {
    fn is_in(details: &Details) -> bool {
        details.holds(Dataset::Purchases)
    }
}

/// `volunteered:read`, for the asks that the grant names.
#[derive(Debug)]
pub struct VolunteeredRead;

impl Permission for VolunteeredRead {
    fn is_in(details: &Details) -> bool {
        details.lets(VolunteeredAccess::Read)
    }
}

/// `volunteered:write`, for the asks that the grant names.
#[derive(Debug)]
pub struct VolunteeredWrite;

impl Permission for VolunteeredWrite {
    fn is_in(details: &Details) -> bool {
        details.lets(VolunteeredAccess::Write)
    }
}

/// `volunteered:read` or `volunteered:write`, for what is asked.
#[derive(Debug)]
pub struct Volunteered;

impl Permission for Volunteered {
    fn is_in(details: &Details) -> bool {
        details.volunteered.is_some()
    }
}

/// Any grant in force, for what an app may ask about its own grant.
#[derive(Debug)]
pub struct Own;

impl Permission for Own {
    fn is_in(_: &Details) -> bool {
        true
    }
}

/// Any grant that is or was in force, for what stays true of it: its receipt.
#[derive(Debug)]
pub struct OwnOrEnded;

impl Permission for OwnOrEnded {
    const IS_FOR_ENDED: bool = true;

    fn is_in(_: &Details) -> bool {
        true
    }
}

/// A caller with a valid token, a proof of its key, and a grant in force that holds `P`.
#[derive(Debug)]
pub struct Access<P> {
    /// The grant.
    pub grant_id: GrantId,
    /// Its version.
    pub version: i32,
    /// What it lets out, cut to the token's scope.
    pub details: Arc<Details>,
    /// Whose data. Never shown.
    pub person: Person,
    /// The app.
    pub client_id: ClientId,
    /// When the grant ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When the customer gave it.
    pub given_at: DateTime<Utc>,
    facts: Arc<Facts>,
    oauth: Oauth,
    permission: PhantomData<P>,
}

impl<P: Permission> Access<P> {
    /// What a seal compares with: the epochs as they were when this access was let in.
    pub fn standing(&self) -> Standing {
        let found = &self.facts.found;
        Standing {
            grant_id: self.grant_id,
            grant_epoch: found.grant.grant_epoch,
            client_id: self.client_id,
            app_epoch: found.app_epoch,
            person: self.person,
            customer_epoch: found.customer_epoch.unwrap_or_default(),
            record: found.grant.record,
        }
    }

    /// Up to which number of the customer's change feed they agreed to what had joined their history.
    pub fn agreed_seq(&self) -> i64 {
        self.facts.found.grant.agreed_seq
    }

    /// What the grant leaves out. The app is not told.
    pub fn carve_outs(&self) -> &CarveOuts {
        &self.facts.found.grant.carve_outs
    }

    /// Ids of the categories that the customer hides from every app, sorted. The app is not told.
    pub fn hidden_categories(&self) -> &[String] {
        &self.facts.found.hidden_categories
    }

    /// The number in the customer's change feed at which the categories that they hide last changed; 0 if never.
    pub fn veil_seq(&self) -> i64 {
        self.facts.found.veil_seq
    }

    /// The number in the customer's change feed at which the grant last changed; 0 if never.
    pub fn changed_seq(&self) -> i64 {
        self.facts.found.grant.changed_seq
    }

    /// Whether that change makes its readers begin again.
    pub fn resync(&self) -> bool {
        self.facts.found.grant.resync
    }

    /// Looks everything up in the database again, after [`Refusal::Changed`].
    ///
    /// # Errors
    /// The [`Problem`] that a new request with the same token would get.
    pub async fn reload(&self) -> Result<Self, Problem> {
        let facts = load(&self.oauth, self.facts.found.token.token_hash).await?;
        Self::allow(&self.oauth, facts)
    }

    fn allow(oauth: &Oauth, facts: Arc<Facts>) -> Result<Self, Problem> {
        check(&facts, oauth.clock().now(), P::IS_FOR_ENDED)?;
        if !P::is_in(&facts.details) {
            return Err(Problem::new(Code::InsufficientScope));
        }
        let grant = &facts.found.grant;
        Ok(Self {
            grant_id: grant.grant_id,
            version: grant.version,
            details: Arc::clone(&facts.details),
            person: grant.person,
            client_id: grant.client_id,
            expires_at: grant.expires_at,
            given_at: grant.given_at,
            facts,
            oauth: oauth.clone(),
            permission: PhantomData,
        })
    }
}

/// The problem that a refused seal is answered with.
pub fn refusal(refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::Changed => Problem::new(Code::InvalidToken),
        // Whoever is erased is gone a moment before their grants are ended.
        Refusal::Gone => Problem::new(Code::GrantRevoked),
        Refusal::Grant(state) => Problem::new(not_in_force(*state)),
        Refusal::AppSuspended => Problem::new(Code::AppSuspended),
        Refusal::TooBusy => Problem::new(Code::TooBusy),
        Refusal::Unavailable => Problem::new(Code::SealingUnavailable),
        Refusal::RolledBack => Problem::new(Code::LedgerRolledBack),
    }
}

pub(crate) fn not_in_force(state: State) -> Code {
    match state {
        // No token exists before the code is redeemed.
        State::Given | State::Active => Code::InvalidToken,
        State::Paused => Code::GrantPaused,
        State::Lapsed => Code::GrantLapsed,
        State::Withdrawn => Code::GrantWithdrawn,
        State::Ended => Code::GrantEnded,
        State::Revoked => Code::GrantRevoked,
        State::Expired => Code::GrantExpired,
    }
}

/// Whether token, grant, app and customer are in force; with `is_for_ended` the grant may have ended.
fn check(facts: &Facts, now: DateTime<Utc>, is_for_ended: bool) -> Result<(), Problem> {
    let found = &facts.found;
    let (token, grant) = (&found.token, &found.grant);
    let is_over = token.expires_at.is_none_or(|end| end <= now);
    // A token that ends with its grant is told about the grant: a new one would be no better.
    if is_over && token.expires_at != grant.expires_at {
        return Err(Problem::new(Code::InvalidToken));
    }
    let state = grant.state_at(now);
    let has_ended = is_for_ended && state.is_final();
    match state {
        State::Active => {}
        _ if has_ended => {}
        state => return Err(Problem::new(not_in_force(state))),
    }
    if found.app_state != AppState::Approved {
        return Err(Problem::new(Code::AppSuspended));
    }
    // The end of a grant takes its refresh tokens, so each of its access tokens is an orphan then.
    if is_over || (found.is_orphan && !has_ended) {
        return Err(Problem::new(Code::InvalidToken));
    }
    if found.customer_epoch.is_none() {
        return Err(refusal(&Refusal::Gone));
    }
    Ok(())
}

async fn load(oauth: &Oauth, token_hash: [u8; 32]) -> Result<Arc<Facts>, Problem> {
    oauth.metrics().lookups.with_label_values(&["database"]).inc();
    let moment = oauth.facts().moment();
    let now = oauth.clock().now();
    let found = oauth.store().read(move |conn| Ok::<_, Problem>(tokens::facts(conn, &token_hash)?)).await?;
    let facts = Arc::new(Facts::new(found.ok_or_else(|| Problem::new(Code::InvalidToken))?, now));
    oauth.facts().put(&facts, moment);
    Ok(facts)
}

/// The token of the one Authorization header, whose scheme is DPoP in any case (RFC 9110 section 11.1).
pub(crate) fn token_of(request: &HttpRequest) -> Result<&str, Problem> {
    let refused = |detail: &str| Problem::new(Code::InvalidToken).detail(detail);
    let value = single_header(request, header::AUTHORIZATION.as_str())
        .map_err(|_| refused("There must be exactly one Authorization header"))?
        .ok_or_else(|| refused("Send the access token as Authorization: DPoP …"))?;
    let (scheme, token) =
        value.split_once(' ').ok_or_else(|| refused("Send the access token as Authorization: DPoP …"))?;
    if !scheme.eq_ignore_ascii_case("DPoP") {
        return Err(refused("The token is bound to a key; its scheme is DPoP"));
    }
    // FAPI 2.0 section 5.3.4-2: a token in an address would be logged on its way.
    let has_query_token = url::form_urlencoded::parse(request.query_string().as_bytes())
        .any(|(name, _)| name == "access_token");
    if has_query_token {
        return Err(refused("The access token may stand in the Authorization header only"));
    }
    Ok(token.trim())
}

async fn authorise<P: Permission>(oauth: Oauth, request: HttpRequest) -> Result<Access<P>, Problem> {
    let token = token_of(&request)?;
    let token_hash = opaque::hash(Kind::Access, token).ok_or_else(|| Problem::new(Code::InvalidToken))?;
    let facts = match oauth.facts().get(&token_hash, oauth.clock().now()) {
        Some(facts) => {
            oauth.metrics().lookups.with_label_values(&["memory"]).inc();
            facts
        }
        None => load(&oauth, token_hash).await?,
    };
    let refused = |detail: &str| Problem::new(Code::InvalidProof).detail(detail);
    let jkt = proof_of(&oauth, &request, Some(token))
        .map_err(|error| refused(error.0))?
        .ok_or_else(|| refused("A DPoP proof is missing"))?;
    if jkt != facts.found.token.jkt {
        return Err(Problem::new(Code::InvalidToken).detail("The token is bound to another key"));
    }
    Access::allow(&oauth, facts)
}

impl<P: Permission> FromRequest for Access<P> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let oauth = request.app_data::<web::Data<Oauth>>().map(|oauth| Oauth::clone(oauth));
            let oauth = oauth.ok_or_else(|| {
                tracing::error!("the authorization server is not among the app's data");
                Problem::new(Code::Internal)
            })?;
            let outcome = authorise(oauth.clone(), request).await;
            if let Err(problem) = &outcome {
                oauth.metrics().refused.with_label_values(&["api", problem.code().name()]).inc();
            }
            outcome
        })
    }
}
