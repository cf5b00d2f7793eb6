//! The customer's answer to an app: what the page shows, and what Allow and Don't allow do.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::grant::{CarveOuts, Dataset, Details, Lasting, State, Volunteered};
use counterfoil_domain::ids::{ClientId, GrantId, Person};
use counterfoil_ledger::Draft;
use counterfoil_ledger::config::Shown;
use counterfoil_ledger::grants::BASIS;
use counterfoil_store::apps::AppState;
use counterfoil_store::codes::{self, Code};
use counterfoil_store::conn::Conn;
use counterfoil_store::grants::{self, Grant};
use counterfoil_store::{Contention, hiding, people, requests};
use serde_json::json;
use url::Url;

use crate::Oauth;
use crate::apps::registered_as;
use crate::asks::NamedAskView;
use crate::error::ErrorCode;
use crate::opaque::{self, Kind};
use crate::pushed::{self, Open};
use crate::redirect::{self, Answer};
use crate::session::Session;

/// Life of a code in seconds: FAPI 2.0 5.3.2.1-11 wants 60 at most.
pub(crate) const CODE_SECONDS: i64 = 60;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppView {
    /// Name of the app, as registered.
    pub name: String,
    /// Who runs it.
    pub operator: String,
    /// Its public id.
    pub client_id: ClientId,
}

/// A request that waits for the customer's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Who asks.
    pub app: AppView,
    /// What the app proposes.
    pub asked: Details,
    /// What may be granted at most.
    pub most: Details,
    /// What the asks say that it names.
    pub asks: Vec<NamedAskView>,
    /// Origin of the address that the answer goes to, for `form-action`.
    pub redirect_origin: String,
}

/// What the customer chose on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Datasets; `purchases` is among them, unless the app asks for nothing of purchases.
    pub datasets: Vec<Dataset>,
    /// Ids of the asks that the app may tell something for.
    pub asks: Vec<String>,
    /// First local date; `None` is as far back as may be granted.
    pub from: Option<NaiveDate>,
    /// How long.
    pub duration: Lasting,
    /// Purchases on shared accounts too.
    pub shared_accounts: bool,
    /// Ids of categories to leave out.
    pub categories: Vec<String>,
    /// Whether purchases keep their totals where something is left out of them.
    pub keep_totals: bool,
}

/// Why a request cannot be shown or answered.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// It is unknown, its time is over, or it was answered.
    #[error("the request is unknown, over or answered")]
    Unknown,
    /// It was shown to another customer; a request has one.
    #[error("the request belongs to another customer")]
    OtherCustomer,
    /// The app may not ask now.
    #[error("the app is not approved")]
    AppNotActive,
    /// The choice is not one that the page offers.
    #[error("{0}")]
    InvalidChoice(&'static str),
    /// The store.
    #[error(transparent)]
    Store(#[from] counterfoil_store::Error),
}

impl Contention for ConsentError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

/// Looks at a request without showing it to anybody: for the sign-in page.
///
/// # Errors
/// [`ConsentError::Unknown`] or [`ConsentError::AppNotActive`].
pub async fn peek(oauth: &Oauth, reference: &str) -> Result<Pending, ConsentError> {
    let (reference, now) = (reference.to_owned(), oauth.clock().now());
    oauth.store().read(move |conn| find(conn, &reference, now, false).map(|open| pending(&open))).await
}

/// Shows a request to a customer. The first time it is bound to them and `grant.requested` is written; it stays
/// open until it is answered.
///
/// # Errors
/// [`ConsentError`] when it cannot be shown to this customer.
pub async fn open(
    oauth: &Oauth,
    reference: &str,
    session: &Session,
    page: &Shown,
) -> Result<Pending, ConsentError> {
    let (server, reference, now, person) =
        (oauth.clone(), reference.to_owned(), oauth.clock().now(), session.person);
    let page = page.clone();
    let text = reference.clone();
    let known = oauth.store().read(move |conn| {
        let open = find(conn, &text, now, false)?;
        Ok::<_, ConsentError>(owner(conn, &open, person)?.map(|_| pending(&open)))
    });
    if let Some(known) = known.await? {
        return Ok(known);
    }
    oauth
        .store()
        .write(move |conn| {
            let open = find(conn, &reference, now, true)?;
            if owner(conn, &open, person)?.is_none() {
                let until = now + Duration::seconds(server.settings().decision_seconds);
                requests::bind(conn, &open.request.request_hash, person, until)?;
                record(&server, conn, person, now, asked_draft(&server, &open, &page, now))?;
            }
            Ok(pending(&open))
        })
        .await
}

/// The customer said yes: makes the grant, and gives the address that carries the code to the app.
///
/// # Errors
/// [`ConsentError`] when there is nothing (more) to allow, or more was chosen than may be granted.
pub async fn allow(
    oauth: &Oauth,
    session: &Session,
    reference: &str,
    choice: Choice,
    page: &Shown,
) -> Result<Url, ConsentError> {
    let (server, reference, now, person) =
        (oauth.clone(), reference.to_owned(), oauth.clock().now(), session.person);
    let page = page.clone();
    let back = oauth
        .store()
        .write(move |conn| {
            let open = find(conn, &reference, now, true)?;
            // Customer, app and request are looked at again at the moment the code is made (check 47).
            let owner = owner(conn, &open, person)?.ok_or(ConsentError::OtherCustomer)?;
            let agreed_seq = hiding::change_seq(conn, owner)?.ok_or(ConsentError::OtherCustomer)?;
            let grant = Grant { agreed_seq, ..new_grant(&server, &open, owner, &choice, now)? };
            grants::insert(conn, &grant)?;
            let code = opaque::mint(Kind::Code, server.entropy());
            codes::insert(conn, &new_code(&open, &grant, code.hash, now))?;
            requests::finish(conn, &open.request.request_hash)?;
            let registration = registered_as(conn, grant.client_id)?;
            let draft = given_draft(&server, &open, &page, &grant, registration.as_deref());
            record(&server, conn, owner, now, draft)?;
            answer(&server, &open, &Answer::Code(&code.text))
        })
        .await?;
    oauth.metrics().grants.with_label_values(&["given"]).inc();
    Ok(back)
}

/// The customer said no, or cancelled before signing in: gives the address that tells the app.
///
/// # Errors
/// [`ConsentError`] when there is nothing (more) to refuse.
pub async fn refuse(
    oauth: &Oauth,
    session: Option<&Session>,
    reference: &str,
    page: &Shown,
) -> Result<Url, ConsentError> {
    let (server, reference, now) = (oauth.clone(), reference.to_owned(), oauth.clock().now());
    let page = page.clone();
    let person = session.map(|session| session.person);
    oauth
        .store()
        .write(move |conn| {
            let open = find(conn, &reference, now, true)?;
            // Only a customer to whom it was shown decides anything; cancelling at sign-in is nobody's decision.
            if let Some(person) = person
                && let Some(owner) = owner(conn, &open, person)?
            {
                record(&server, conn, owner, now, refused_draft(&server, &open, &page, now))?;
            }
            requests::finish(conn, &open.request.request_hash)?;
            answer(&server, &open, &Answer::Error(ErrorCode::AccessDenied, "The customer did not allow it"))
        })
        .await
}

fn find(conn: &mut Conn, reference: &str, now: DateTime<Utc>, is_locked: bool) -> Result<Open, ConsentError> {
    let open = pushed::find(conn, reference, now, is_locked)?.ok_or(ConsentError::Unknown)?;
    if open.app.state == AppState::Approved { Ok(open) } else { Err(ConsentError::AppNotActive) }
}

/// The person to whom the request was shown, if that is this customer; `None` if it was shown to nobody. Two names of
/// one customer may have become one meanwhile.
fn owner(conn: &mut Conn, open: &Open, person: Person) -> Result<Option<Person>, ConsentError> {
    match open.request.person {
        None => Ok(None),
        Some(bound) if bound == person || people::home(conn, bound)? == person => Ok(Some(bound)),
        Some(_) => Err(ConsentError::OtherCustomer),
    }
}

fn redirect_origin(open: &Open) -> String {
    let origin = Url::parse(&open.parameters.redirect_uri).map(|url| url.origin().ascii_serialization());
    origin.unwrap_or_default()
}

fn pending(open: &Open) -> Pending {
    let app = &open.app;
    Pending {
        app: AppView { name: app.name.clone(), operator: app.operator.clone(), client_id: app.client_id },
        asked: open.parameters.asked.asked.clone(),
        most: open.parameters.asked.most.clone(),
        asks: open.asks.clone(),
        redirect_origin: redirect_origin(open),
    }
}

fn chosen(most: &Details, choice: &Choice) -> Result<Details, ConsentError> {
    let details = Details {
        datasets: choice.datasets.clone(),
        from: choice.from.or(most.from).filter(|_| !choice.datasets.is_empty()),
        to: most.to,
        duration: choice.duration,
        stated_use: most.stated_use.clone(),
        shared_accounts: choice.shared_accounts,
        volunteered: chosen_asks(most, choice),
    };
    let details = details.checked().map_err(|error| ConsentError::InvalidChoice(error.0))?;
    if details.wider_than(most) {
        return Err(ConsentError::InvalidChoice("more was chosen than the app may have"));
    }
    Ok(details)
}

/// The asks that were chosen, with the access that the app asks for.
fn chosen_asks(most: &Details, choice: &Choice) -> Option<Volunteered> {
    let most = most.volunteered.as_ref()?;
    let chosen = most.asks.iter().filter(|named| choice.asks.contains(&named.ask));
    let asks: Vec<_> = chosen.cloned().collect();
    (!asks.is_empty()).then(|| Volunteered { asks, access: most.access.clone() })
}

fn new_grant(
    oauth: &Oauth,
    open: &Open,
    person: Person,
    choice: &Choice,
    now: DateTime<Utc>,
) -> Result<Grant, ConsentError> {
    let details = chosen(&open.parameters.asked.most, choice)?;
    let carve_outs = CarveOuts {
        categories: choice.categories.clone(),
        purchases: Vec::new(),
        keep_totals: choice.keep_totals,
    };
    Ok(Grant {
        grant_id: GrantId(oauth.entropy().bytes()),
        person,
        client_id: open.app.client_id,
        record: open.request.record,
        expires_at: details.duration.expires(now),
        details,
        state: State::Given,
        version: 1,
        grant_epoch: 0,
        given_at: now,
        ended_at: None,
        ended_by: None,
        ended_reason: None,
        agreed_seq: 0,
        carve_outs: carve_outs.checked().map_err(|error| ConsentError::InvalidChoice(error.0))?,
        changed_seq: 0,
        resync: false,
    })
}

fn new_code(open: &Open, grant: &Grant, code_hash: [u8; 32], now: DateTime<Utc>) -> Code {
    Code {
        code_hash,
        grant_id: grant.grant_id,
        client_id: grant.client_id,
        redirect_uri: open.parameters.redirect_uri.clone(),
        code_challenge: open.parameters.code_challenge.clone(),
        jkt: open.request.jkt.clone(),
        redeemed: false,
        expires_at: now + Duration::seconds(CODE_SECONDS),
    }
}

fn answer(oauth: &Oauth, open: &Open, answer: &Answer<'_>) -> Result<Url, ConsentError> {
    let parameters = &open.parameters;
    let address = redirect::answer(oauth, &parameters.redirect_uri, parameters.state.as_deref(), answer);
    Url::parse(&address).map_err(|_| {
        counterfoil_store::Error::corrupt("pushed_requests", "parameters", "redirect_uri").into()
    })
}

fn record(
    oauth: &Oauth,
    conn: &mut Conn,
    person: Person,
    now: DateTime<Utc>,
    draft: Draft,
) -> Result<(), ConsentError> {
    let keys = oauth.keys().person(person)?;
    oauth.ledger().append(conn, &keys, person, now, &[draft])?;
    Ok(())
}

/// What stands on the page between the fixed words: part of what was shown, and erasable.
fn shown(open: &Open) -> serde_json::Value {
    json!({
        "app": { "clientId": format!("{}", open.app.client_id), "name": open.app.name, "operator": open.app.operator },
        "asked": open.parameters.asked.asked,
        "most": open.parameters.asked.most,
        "asks": open.asks,
        "redirectOrigin": redirect_origin(open),
    })
}

fn asked_draft(oauth: &Oauth, open: &Open, page: &Shown, now: DateTime<Utc>) -> Draft {
    Draft {
        entry_type: EntryType::GrantRequested,
        record: open.request.record,
        actor: Actor::App(format!("{}", open.app.client_id)),
        state: Some("requested"),
        basis: Some(BASIS),
        effective_at: now,
        expires: None,
        display: Some(oauth.ledger().display(page)),
        cause: None,
        entry_id: None,
        config: None,
        payload: Some(json!({ "shown": shown(open) })),
    }
}

fn refused_draft(oauth: &Oauth, open: &Open, page: &Shown, now: DateTime<Utc>) -> Draft {
    Draft {
        entry_type: EntryType::GrantRefused,
        actor: Actor::Customer,
        state: Some("refused"),
        ..asked_draft(oauth, open, page, now)
    }
}

/// `registration` is the app's, as the customer was told of it.
fn given_draft(oauth: &Oauth, open: &Open, page: &Shown, grant: &Grant, registration: Option<&str>) -> Draft {
    Draft {
        entry_type: EntryType::GrantGiven,
        actor: Actor::Customer,
        state: Some(State::Given.name()),
        expires: grant.expires_at,
        payload: Some(json!({
            "shown": shown(open),
            "grantId": format!("{}", grant.grant_id),
            "granted": grant.details,
            "carveOuts": grant.carve_outs,
            "version": grant.version,
            "registration": registration,
        })),
        ..asked_draft(oauth, open, page, grant.given_at)
    }
}
