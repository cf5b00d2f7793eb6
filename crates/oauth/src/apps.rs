//! Registering apps: what an app must bring, who approves it, and the switch that stops it.

use chrono::{DateTime, NaiveDate, Utc};
use counterfoil_domain::config_object::{self, Body, Id, Kind, Object, Registration};
use counterfoil_domain::entry::{Actor, EntryType, fingerprint};
use counterfoil_domain::grant::{Dataset, Lasting, VolunteeredAccess};
use counterfoil_domain::ids::ClientId;
use counterfoil_ledger::{Draft, Ledger};
pub use counterfoil_store::apps::{App, AppState};
use counterfoil_store::config_objects::{self, Published};
use counterfoil_store::conn::Conn;
use counterfoil_store::{Contention, Error, apps};
use serde_json::json;

use crate::jose::KeySet;
use crate::redirect::check_registrable;
use crate::{Oauth, Tier};

/// People who must approve an app in production.
const APPROVALS: usize = 2;

/// What an app brings to be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApp {
    /// What customers read.
    pub name: String,
    /// Who runs it: the name in full, as a company register or a court would know it.
    pub operator: String,
    /// Their postal address. Needed in production: a customer's record of whom they gave data to must say it.
    pub address: Option<String>,
    /// How to reach them: an e-mail or web address, a telephone number. Needed in production.
    pub contact: Option<String>,
    /// Where answers may go.
    pub redirect_uris: Vec<String>,
    /// Scopes it may ask for, separated by spaces.
    pub scope: String,
    /// How it proves who it is: `private_key_jwt`.
    pub auth_method: String,
    /// Its public keys: a JWK Set.
    pub jwks: String,
    /// The longest grant it may hold.
    pub max_duration: Lasting,
    /// The earliest local date it may read.
    pub window_from: Option<NaiveDate>,
    /// Makes it a system of the retailer, which acts for no customer and may ask and fetch for these purposes. It has
    /// neither addresses nor scopes.
    pub purposes: Option<Vec<String>>,
}

/// Why an app cannot be registered or changed.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A field and what is wrong with it.
    #[error("{field} {problem}")]
    Field {
        /// The field of [`NewApp`].
        field: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// There is no such app.
    #[error("no such app")]
    NotFound,
    /// It is not in a state in which this can be done.
    #[error("the app is {}: {problem}", .state.name())]
    State {
        /// The state it is in.
        state: AppState,
        /// Why that does not do.
        problem: &'static str,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Contention for AppError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

fn field(field: &'static str, problem: impl Into<String>) -> AppError {
    AppError::Field { field, problem: problem.into() }
}

impl NewApp {
    fn check(&self, tier: Tier) -> Result<(), AppError> {
        for (name, text) in [("name", &self.name), ("operator", &self.operator)] {
            if text.trim().is_empty() || text.chars().count() > 100 || text.chars().any(char::is_control) {
                return Err(field(name, "must be 1 to 100 characters of plain text"));
            }
        }
        for (name, text) in [("address", &self.address), ("contact", &self.contact)] {
            match text {
                None if tier == Tier::Production => return Err(field(name, "must be given")),
                Some(text)
                    if text.trim().is_empty()
                        || text.chars().count() > 300
                        || text.chars().any(char::is_control) =>
                {
                    return Err(field(name, "must be 1 to 300 characters of plain text"));
                }
                None | Some(_) => {}
            }
        }
        match &self.purposes {
            None => self.check_reach()?,
            Some(purposes) => self.check_purposes(purposes)?,
        }
        // Secrets and `none` prove too little (FAPI 2.0 section 5.3.2.1-6).
        if self.auth_method != "private_key_jwt" {
            return Err(field("auth_method", "must be private_key_jwt"));
        }
        let keys = KeySet::parse(&self.jwks).map_err(|error| field("jwks", error.0))?;
        let mut thumbprints: Vec<&str> = keys.thumbprints().collect();
        thumbprints.sort_unstable();
        if thumbprints.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            return Err(field("jwks", "must not hold a key twice"));
        }
        Ok(())
    }

    /// Of an app that customers let in: where answers go, and what it may ask for.
    fn check_reach(&self) -> Result<(), AppError> {
        if self.redirect_uris.is_empty() || self.redirect_uris.len() > 20 {
            return Err(field("redirect_uris", "must hold 1 to 20 addresses"));
        }
        for uri in &self.redirect_uris {
            check_registrable(uri).map_err(|problem| field("redirect_uris", problem))?;
        }
        self.check_scope()
    }

    /// Of a system of the retailer.
    fn check_purposes(&self, purposes: &[String]) -> Result<(), AppError> {
        if !self.redirect_uris.is_empty() {
            return Err(field("redirect_uris", "must be empty: a system acts for no customer"));
        }
        if !self.scope.is_empty() {
            return Err(field("scope", "must be empty: a system acts for no customer"));
        }
        if purposes.is_empty() {
            return Err(field("purposes", "must name at least one purpose"));
        }
        match purposes.iter().find(|purpose| Id::new(purpose).is_err()) {
            Some(purpose) => Err(field("purposes", format!("holds {purpose:?}, which is no purpose's id"))),
            None => Ok(()),
        }
    }

    fn check_scope(&self) -> Result<(), AppError> {
        let mut words: Vec<&str> = self.scope.split(' ').collect();
        let is_about_asks = |word: &str| VolunteeredAccess::from_scope(word).is_some();
        let unknown = words.iter().find(|word| Dataset::from_scope(word).is_none() && !is_about_asks(word));
        if let Some(word) = unknown {
            return Err(field("scope", format!("holds {word:?}, which is not offered")));
        }
        // An app may be there for asks alone; but who reads anything of purchases reads purchases.
        if !words.iter().all(|word| is_about_asks(word)) && !words.contains(&Dataset::Purchases.scope()) {
            return Err(field("scope", "must hold purchases:read"));
        }
        words.sort_unstable();
        if words.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            return Err(field("scope", "must not name a scope twice"));
        }
        Ok(())
    }
}

/// Registers an app: approved at once in a sandbox, else pending until two people approve it.
///
/// # Errors
/// [`AppError::Field`] names what must be corrected.
pub async fn register(oauth: &Oauth, new: NewApp) -> Result<ClientId, AppError> {
    new.check(oauth.settings().tier)?;
    let client_id = ClientId(oauth.entropy().bytes());
    let app = App {
        client_id,
        name: new.name,
        operator: new.operator,
        address: new.address,
        contact: new.contact,
        redirect_uris: new.redirect_uris,
        scope: new.scope,
        auth_method: new.auth_method,
        jwks: new.jwks,
        max_duration: new.max_duration,
        window_from: new.window_from,
        state: match oauth.settings().tier {
            Tier::Sandbox => AppState::Approved,
            Tier::Production => AppState::Pending,
        },
        state_reason: None,
        approvals: Vec::new(),
        app_epoch: 0,
        created_at: oauth.clock().now(),
        purposes: new.purposes,
    };
    let ledger = oauth.ledger().clone();
    oauth
        .store()
        .write(move |conn| {
            for purpose in app.purposes.iter().flatten() {
                if config_objects::latest(conn, Kind::Purpose.name(), purpose)?.is_none() {
                    return Err(field("purposes", format!("names {purpose}, which is not published")));
                }
            }
            apps::insert(conn, &app)?;
            publish(conn, &app, app.created_at)?;
            let draft = draft(conn, &ledger, &app, EntryType::AppRegistered, operator(), app.created_at)?;
            ledger.append_for_realm(conn, app.created_at, &[draft])?;
            Ok::<_, AppError>(())
        })
        .await?;
    Ok(client_id)
}

/// Records that `by` approves an app; with the second person it is in use.
///
/// # Errors
/// [`AppError::State`] if it does not wait for approval, [`AppError::Field`] if `by` approved it before.
pub async fn approve(oauth: &Oauth, client_id: ClientId, by: String) -> Result<App, AppError> {
    if by.trim().is_empty() {
        return Err(field("by", "must name who approves"));
    }
    let actor = Actor::Staff(by.trim().to_owned());
    change(oauth, client_id, EntryType::AppChanged, actor, move |app| {
        if app.state != AppState::Pending {
            return Err(AppError::State { state: app.state, problem: "it does not wait for approval" });
        }
        if app.approvals.iter().any(|earlier| earlier.eq_ignore_ascii_case(by.trim())) {
            return Err(field("by", "approved it before; the second approval must be another person's"));
        }
        app.approvals.push(by.trim().to_owned());
        if app.approvals.len() >= APPROVALS {
            app.state = AppState::Approved;
        }
        Ok(())
    })
    .await
}

/// Every app, oldest first.
pub async fn list(oauth: &Oauth) -> Result<Vec<App>, AppError> {
    oauth.store().read(|conn| Ok::<_, AppError>(apps::list(conn)?)).await
}

/// Stops an app at once: nothing that it holds works until it is reinstated.
///
/// # Errors
/// [`AppError::State`] if it is suspended already.
pub async fn suspend(oauth: &Oauth, client_id: ClientId, reason: String) -> Result<App, AppError> {
    change(oauth, client_id, EntryType::AppSuspended, operator(), move |app| {
        if app.state == AppState::Suspended {
            return Err(AppError::State { state: app.state, problem: "it cannot be suspended twice" });
        }
        app.state = AppState::Suspended;
        app.state_reason = Some(reason.clone());
        Ok(())
    })
    .await
}

/// Lets a suspended app work again, if it had been approved; else it waits for approval again.
///
/// # Errors
/// [`AppError::State`] if it is not suspended.
pub async fn reinstate(oauth: &Oauth, client_id: ClientId) -> Result<App, AppError> {
    let tier = oauth.settings().tier;
    change(oauth, client_id, EntryType::AppReinstated, operator(), move |app| {
        if app.state != AppState::Suspended {
            return Err(AppError::State { state: app.state, problem: "it is not suspended" });
        }
        let is_approved = tier == Tier::Sandbox || app.approvals.len() >= APPROVALS;
        app.state = if is_approved { AppState::Approved } else { AppState::Pending };
        app.state_reason = None;
        Ok(())
    })
    .await
}

/// Changes an app in one transaction, with its entry, and moves its epoch.
async fn change(
    oauth: &Oauth,
    client_id: ClientId,
    entry_type: EntryType,
    actor: Actor,
    act: impl Fn(&mut App) -> Result<(), AppError> + Send + 'static,
) -> Result<App, AppError> {
    let (ledger, now) = (oauth.ledger().clone(), oauth.clock().now());
    let app = oauth
        .store()
        .write(move |conn| {
            let mut app = apps::lock(conn, client_id)?.ok_or(AppError::NotFound)?;
            act(&mut app)?;
            app.app_epoch += 1;
            apps::update(conn, &app)?;
            publish(conn, &app, now)?;
            ledger.gate(conn)?;
            let draft = draft(conn, &ledger, &app, entry_type, actor.clone(), now)?;
            ledger.append_for_realm(conn, now, &[draft])?;
            Ok::<_, AppError>(app)
        })
        .await?;
    oauth.facts().forget_app(client_id);
    Ok(app)
}

/// The registration of an app as it is now, as an object in its first version or the next. One that was registered before
/// registrations were published gets its first when it is changed.
fn registration(app: &App, version: u32) -> Object {
    let registration = Registration {
        name: app.name.clone(),
        operator: app.operator.clone(),
        address: app.address.clone(),
        contact: app.contact.clone(),
        redirect_uris: app.redirect_uris.clone(),
        scope: app.scope.clone(),
        keys: fingerprint(app.jwks.as_bytes()),
        max_duration: app.max_duration,
        window_from: app.window_from,
        purposes: app.purposes.clone(),
    };
    let draft =
        config_object::Draft { id: Id::of_app(app.client_id), body: Body::App(Box::new(registration)) };
    draft.numbered(version)
}

/// Publishes the registration of an app, unless the latest version says the same.
fn publish(conn: &mut Conn, app: &App, now: DateTime<Utc>) -> Result<(), AppError> {
    let latest = config_objects::latest(conn, Kind::App.name(), &format!("{}", app.client_id))?;
    let before = latest.as_ref().map_or(0, |latest| latest.version);
    let numbered = |version: i32| registration(app, u32::try_from(version).unwrap_or_default());
    let unexpected = |error| Error::Unexpected(format!("registration: {error}"));
    if latest.is_some_and(|latest| numbered(before).hash().is_ok_and(|hash| hash == latest.hash)) {
        return Ok(());
    }
    let object = numbered(before + 1);
    let published = Published {
        kind: Kind::App.name().to_owned(),
        id: format!("{}", app.client_id),
        version: before + 1,
        hash: object.hash().map_err(unexpected)?,
        document: object.canonical().map_err(unexpected)?,
        published_at: now,
        retired_at: None,
    };
    Ok(config_objects::publish(conn, &published)?)
}

/// `sha256:` of the registration of an app that is in use; nothing for one that was registered before registrations were
/// published.
pub(crate) fn registered_as(
    conn: &mut Conn,
    client_id: ClientId,
) -> counterfoil_store::Result<Option<String>> {
    let latest = config_objects::latest(conn, Kind::App.name(), &format!("{client_id}"))?;
    Ok(latest.map(|latest| latest.hash))
}

/// Whoever has the command line, where it does not ask for a name.
fn operator() -> Actor {
    Actor::Staff("operator".to_owned())
}

/// The entry about an app as it is now.
fn draft(
    conn: &mut Conn,
    ledger: &Ledger,
    app: &App,
    entry_type: EntryType,
    actor: Actor,
    now: DateTime<Utc>,
) -> Result<Draft, AppError> {
    Ok(Draft {
        entry_type,
        record: ledger.realm_record(&[b"app", app.client_id.as_bytes()])?,
        actor,
        state: Some(app.state.name()),
        basis: None,
        effective_at: now,
        expires: None,
        display: None,
        cause: None,
        entry_id: None,
        config: None,
        payload: Some(json!({
            "clientId": format!("{}", app.client_id),
            "registration": registered_as(conn, app.client_id)?,
            "name": app.name,
            "operator": app.operator,
            "address": app.address,
            "contact": app.contact,
            "redirectUris": app.redirect_uris,
            "scope": app.scope,
            "keys": fingerprint(app.jwks.as_bytes()),
            "maxDuration": app.max_duration.name(),
            "windowFrom": app.window_from,
            "purposes": app.purposes,
            "state": app.state.name(),
            "reason": app.state_reason,
            "approvals": app.approvals,
        })),
    })
}
