//! `POST /oauth/par`: an app says what it asks for, before the customer's browser is involved (RFC 9126).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Duration;
use counterfoil_domain::grant::NamedAsk;
use counterfoil_domain::ids::RecordId;
use counterfoil_store::apps::App;
use counterfoil_store::requests::{self, PushedRequest};
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;

use super::{counted, private};
use crate::client::authenticate;
use crate::dpop::proof_of;
use crate::error::{ErrorCode, OauthError, refuse};
use crate::form::Form;
use crate::opaque::{self, Kind};
use crate::pushed::{Parameters, URN};
use crate::{Oauth, asks, details, redirect};

/// Parameters that ask for something that is not offered. Ignoring one would give less than was asked for.
const NOT_OFFERED: [(&str, &str); 8] = [
    ("request_uri", "request_uri is not for this endpoint"),
    ("request", "Signed request objects are not offered"),
    ("max_age", "max_age is not offered"),
    ("acr_values", "acr_values is not offered"),
    ("claims", "claims is not offered"),
    ("grant_management_action", "grant_management_action is not offered"),
    ("grant_id", "grant_id is not offered"),
    ("resource", "resource is not offered"),
];

#[derive(Serialize)]
struct Pushed {
    request_uri: String,
    expires_in: i64,
}

pub(crate) async fn push(
    oauth: web::Data<Oauth>,
    request: HttpRequest,
    form: Form,
) -> Result<HttpResponse, OauthError> {
    counted(&oauth, "par", accept(&oauth, &request, &form).await)
}

async fn accept(oauth: &Oauth, request: &HttpRequest, form: &Form) -> Result<HttpResponse, OauthError> {
    let app = authenticate(oauth, request, form).await?;
    let now = oauth.clock().now();
    let open = oauth.store().read(move |conn| Ok::<_, OauthError>(asks::open(conn, now)?)).await?;
    let parameters = read(form, &app, &open)?;
    let jkt = binding(oauth, request, form)?;
    let reference = opaque::mint(Kind::Request, oauth.entropy());
    let expires_in = oauth.settings().request_seconds;
    let parameters = serde_json::to_string(&parameters)
        .map_err(|error| counterfoil_store::Error::Unexpected(format!("{error}")))?;
    let pushed = PushedRequest {
        request_hash: reference.hash,
        client_id: app.client_id,
        record: RecordId(oauth.entropy().bytes()),
        parameters,
        jkt,
        person: None,
        finished: false,
        expires_at: now + Duration::seconds(expires_in),
    };
    oauth.store().write(move |conn| Ok::<_, OauthError>(requests::insert(conn, &pushed)?)).await?;
    let request_uri = format!("{URN}{}", reference.text);
    Ok(private(StatusCode::CREATED, Pushed { request_uri, expires_in }))
}

fn read(form: &Form, app: &App, open: &[NamedAsk]) -> Result<Parameters, OauthError> {
    if let Some((_, refusal)) = NOT_OFFERED.iter().find(|(name, _)| form.get(name).is_some()) {
        return refuse(ErrorCode::InvalidRequest, refusal);
    }
    if form.require("response_type", "response_type is missing")? != "code" {
        return refuse(ErrorCode::UnsupportedResponseType, "response_type must be code");
    }
    if form.get("response_mode").is_some_and(|mode| mode != "query") {
        return refuse(ErrorCode::InvalidRequest, "response_mode must be query");
    }
    let redirect_uri = form.require("redirect_uri", "redirect_uri is missing")?;
    if !app.redirect_uris.iter().any(|registered| redirect::matches(registered, redirect_uri)) {
        return refuse(ErrorCode::InvalidRequest, "redirect_uri is not one that the app registered");
    }
    if form.get("code_challenge_method") != Some("S256") {
        return refuse(ErrorCode::InvalidRequest, "code_challenge_method must be S256");
    }
    let code_challenge = form.require("code_challenge", "code_challenge is missing")?;
    if !is_digest(code_challenge) {
        return refuse(ErrorCode::InvalidRequest, "code_challenge must be 43 characters of base64url");
    }
    let is_silent = match form.get("prompt") {
        None | Some("consent") => false,
        Some("none") => true,
        Some(_) => return refuse(ErrorCode::InvalidRequest, "prompt may be none or consent"),
    };
    if form.get("state").is_some_and(|state| state.len() > 4_096) {
        return refuse(ErrorCode::InvalidRequest, "state may have 4096 bytes at most");
    }
    Ok(Parameters {
        redirect_uri: redirect_uri.to_owned(),
        state: form.get("state").map(ToOwned::to_owned),
        code_challenge: code_challenge.to_owned(),
        is_silent,
        asked: details::read(form, app, open)?,
    })
}

/// The key that the code will be bound to (RFC 9449 section 10): by a proof, by its thumbprint, or both alike.
fn binding(oauth: &Oauth, request: &HttpRequest, form: &Form) -> Result<Option<String>, OauthError> {
    let proven = proof_of(oauth, request, None)
        .map_err(|error| OauthError::Refused(ErrorCode::InvalidDpopProof, error.0))?;
    match (form.get("dpop_jkt"), proven) {
        (Some(named), _) if !is_digest(named) => {
            refuse(ErrorCode::InvalidRequest, "dpop_jkt must be 43 characters of base64url")
        }
        (Some(named), Some(proven)) if named != proven => {
            refuse(ErrorCode::InvalidDpopProof, "dpop_jkt is not the key of the DPoP proof")
        }
        (named, proven) => Ok(proven.or(named.map(ToOwned::to_owned))),
    }
}

/// A SHA-256 digest as base64url.
fn is_digest(text: &str) -> bool {
    BASE64URL_NOPAD.decode(text.as_bytes()).is_ok_and(|bytes| bytes.len() == 32)
}
