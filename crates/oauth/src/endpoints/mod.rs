//! One endpoint, one file.

pub(crate) mod authorize;
pub(crate) mod discovery;
pub(crate) mod grant;
pub(crate) mod introspect;
pub(crate) mod metadata;
pub(crate) mod par;
pub(crate) mod revoke;
pub(crate) mod token;

use actix_web::http::header;
use actix_web::{HttpResponse, http::StatusCode};
use serde::Serialize;

use crate::Oauth;
use crate::error::OauthError;

/// An answer that nobody may keep (RFC 6749 section 5.1).
fn private(status: StatusCode, body: impl Serialize) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"))
        .json(body)
}

/// Counts a refusal on its way out.
fn counted<T>(oauth: &Oauth, endpoint: &str, outcome: Result<T, OauthError>) -> Result<T, OauthError> {
    if let Err(error) = &outcome {
        oauth.metrics().refused.with_label_values(&[endpoint, error.code().name()]).inc();
    }
    outcome
}
