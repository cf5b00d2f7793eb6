//! What a pushed request holds, and how its reference is written.

use chrono::{DateTime, Utc};
use counterfoil_store::apps::{self, App};
use counterfoil_store::conn::Conn;
use counterfoil_store::requests::{self, PushedRequest};
use serde::{Deserialize, Serialize};

use crate::asks::{self, NamedAskView};
use crate::details::Asked;
use crate::opaque::{self, Kind};

/// What stands before the reference in a `request_uri` (RFC 9126 section 2.2).
pub(crate) const URN: &str = "urn:ietf:params:oauth:request_uri:";

/// The parameters of a pushed request, as they are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parameters {
    /// As it was sent.
    pub redirect_uri: String,
    /// Brought back as it was sent.
    pub state: Option<String>,
    /// PKCE challenge, method S256.
    pub code_challenge: String,
    /// `prompt=none`: no page may be shown.
    pub is_silent: bool,
    /// What it is about.
    pub asked: Asked,
}

/// A pushed request with its app, good to be answered.
#[derive(Debug)]
pub(crate) struct Open {
    pub request: PushedRequest,
    pub parameters: Parameters,
    pub app: App,
    /// What the asks say that it names.
    pub asks: Vec<NamedAskView>,
}

/// Finds a request by its reference; `None` if it is unknown, over or answered. `is_locked` keeps others from it
/// until the transaction ends.
pub(crate) fn find(
    conn: &mut Conn,
    reference: &str,
    now: DateTime<Utc>,
    is_locked: bool,
) -> counterfoil_store::Result<Option<Open>> {
    let Some(hash) = opaque::hash(Kind::Request, reference) else { return Ok(None) };
    let request = if is_locked { requests::lock(conn, &hash)? } else { requests::find(conn, &hash)? };
    let Some(request) = request.filter(|request| !request.finished && request.expires_at > now) else {
        return Ok(None);
    };
    let Some(app) = apps::find(conn, request.client_id)? else { return Ok(None) };
    let parameters: Parameters = serde_json::from_str(&request.parameters).map_err(|_| {
        let row = data_encoding::HEXLOWER.encode(&request.request_hash);
        counterfoil_store::Error::corrupt("pushed_requests", "parameters", row)
    })?;
    let asks = asks::named(conn, &parameters.asked.most)?;
    Ok(Some(Open { request, parameters, app, asks }))
}
