//! Registered apps.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use counterfoil_domain::grant::Lasting;
use counterfoil_domain::ids::ClientId;
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::schema::apps;

/// Whether an app may do anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AppState {
    /// Waits for two people to approve it.
    Pending,
    /// In use.
    Approved,
    /// Stopped by the retailer; nothing it holds works.
    Suspended,
}

impl AppState {
    /// The word stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Suspended => "suspended",
        }
    }

    /// Reads [`AppState::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Pending, Self::Approved, Self::Suspended].into_iter().find(|state| state.name() == name)
    }
}

/// A registered app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its public id.
    pub client_id: ClientId,
    /// What customers read.
    pub name: String,
    /// Who runs it.
    pub operator: String,
    /// Their postal address; absent for an app that was registered without.
    pub address: Option<String>,
    /// How to reach them: an e-mail or web address, a telephone number; absent likewise.
    pub contact: Option<String>,
    /// Where answers may go; compared as strings.
    pub redirect_uris: Vec<String>,
    /// Scopes it may ask for, separated by spaces.
    pub scope: String,
    /// How it proves who it is.
    pub auth_method: String,
    /// Its public keys: a JWK Set (RFC 7517).
    pub jwks: String,
    /// The longest grant it may hold.
    pub max_duration: Lasting,
    /// The earliest local date it may read.
    pub window_from: Option<NaiveDate>,
    /// Whether it may do anything.
    pub state: AppState,
    /// Why it was suspended.
    pub state_reason: Option<String>,
    /// Who approved it, in that order.
    pub approvals: Vec<String>,
    /// Moves when the app is suspended or reinstated.
    pub app_epoch: i64,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// The purposes for which a system of the retailer may ask and fetch; absent for an app that customers let in.
    pub purposes: Option<Vec<String>>,
}

#[derive(Queryable)]
struct Row {
    client_id: Vec<u8>,
    name: String,
    operator: String,
    redirect_uris: String,
    scope: String,
    auth_method: String,
    jwks: String,
    max_duration: String,
    window_from: Option<NaiveDate>,
    state: String,
    state_reason: Option<String>,
    approvals: String,
    app_epoch: i64,
    created_at: NaiveDateTime,
    address: Option<String>,
    contact: Option<String>,
    purposes: Option<String>,
}

impl Row {
    fn read(self) -> Result<App> {
        let corrupt =
            |column| Error::corrupt("apps", column, data_encoding::HEXLOWER.encode(&self.client_id));
        Ok(App {
            client_id: ClientId::from_slice(&self.client_id).map_err(|_| corrupt("client_id"))?,
            redirect_uris: words(&self.redirect_uris).ok_or_else(|| corrupt("redirect_uris"))?,
            max_duration: Lasting::from_name(&self.max_duration).ok_or_else(|| corrupt("max_duration"))?,
            state: AppState::from_name(&self.state).ok_or_else(|| corrupt("state"))?,
            approvals: words(&self.approvals).ok_or_else(|| corrupt("approvals"))?,
            purposes: match &self.purposes {
                None => None,
                Some(purposes) => Some(words(purposes).ok_or_else(|| corrupt("purposes"))?),
            },
            name: self.name,
            operator: self.operator,
            address: self.address,
            contact: self.contact,
            scope: self.scope,
            auth_method: self.auth_method,
            jwks: self.jwks,
            window_from: self.window_from,
            state_reason: self.state_reason,
            app_epoch: self.app_epoch,
            created_at: self.created_at.and_utc(),
        })
    }
}

fn words(json: &str) -> Option<Vec<String>> {
    serde_json::from_str(json).ok()
}

fn json(words: &[String]) -> Result<String> {
    serde_json::to_string(words).map_err(|error| Error::Unexpected(format!("{error}")))
}

/// Stores a new app.
pub fn insert(conn: &mut Conn, app: &App) -> Result<()> {
    diesel::insert_into(apps::table)
        .values((
            apps::client_id.eq(app.client_id.as_bytes().to_vec()),
            apps::name.eq(app.name.clone()),
            apps::operator.eq(app.operator.clone()),
            apps::redirect_uris.eq(json(&app.redirect_uris)?),
            apps::scope.eq(app.scope.clone()),
            apps::auth_method.eq(app.auth_method.clone()),
            apps::jwks.eq(app.jwks.clone()),
            apps::max_duration.eq(app.max_duration.name()),
            apps::window_from.eq(app.window_from),
            apps::state.eq(app.state.name()),
            apps::state_reason.eq(app.state_reason.clone()),
            apps::approvals.eq(json(&app.approvals)?),
            apps::app_epoch.eq(app.app_epoch),
            apps::created_at.eq(app.created_at.naive_utc()),
            apps::address.eq(app.address.clone()),
            apps::contact.eq(app.contact.clone()),
            apps::purposes.eq(app.purposes.as_deref().map(json).transpose()?),
        ))
        .execute(conn)?;
    Ok(())
}

/// The app of a client id.
pub fn find(conn: &mut Conn, client_id: ClientId) -> Result<Option<App>> {
    let row = apps::table.find(client_id.as_bytes().to_vec()).first::<Row>(conn).optional()?;
    row.map(Row::read).transpose()
}

/// The app of a client id, locked until the transaction ends.
pub fn lock(conn: &mut Conn, client_id: ClientId) -> Result<Option<App>> {
    let row = diesel::update(apps::table.find(client_id.as_bytes().to_vec()))
        .set(apps::app_epoch.eq(apps::app_epoch))
        .returning(apps::all_columns)
        .get_result::<Row>(conn)
        .optional()?;
    row.map(Row::read).transpose()
}

/// Every app, oldest first.
pub fn list(conn: &mut Conn) -> Result<Vec<App>> {
    let rows = apps::table.order((apps::created_at, apps::client_id)).load::<Row>(conn)?;
    rows.into_iter().map(Row::read).collect()
}

/// Writes what changes about an app during its life: state, approvals, epoch.
pub fn update(conn: &mut Conn, app: &App) -> Result<()> {
    diesel::update(apps::table.find(app.client_id.as_bytes().to_vec()))
        .set((
            apps::state.eq(app.state.name()),
            apps::state_reason.eq(app.state_reason.clone()),
            apps::approvals.eq(json(&app.approvals)?),
            apps::app_epoch.eq(app.app_epoch),
        ))
        .execute(conn)?;
    Ok(())
}
