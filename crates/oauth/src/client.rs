//! Who the client is: `private_key_jwt` (RFC 7523, as FAPI 2.0 section 5.3.2.1 narrows it).

use actix_web::HttpRequest;
use actix_web::http::header;
use chrono::{DateTime, Duration, Utc};
use counterfoil_domain::ids::ClientId;
use counterfoil_store::apps::{self, App, AppState};
use counterfoil_store::used_ids;
use openssl::sha::Sha256;
use serde_json::Value;

use crate::Oauth;
use crate::error::{ErrorCode, OauthError, refuse};
use crate::form::Form;
use crate::jose::{Compact, KeySet};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How far a client's clock may be ahead, in seconds: FAPI 2.0 5.3.2.1-13 wants 10 accepted and 60 refused.
const SKEW_SECONDS: i64 = 30;

/// How long an assertion may be good for, in seconds.
const LIFE_SECONDS: i64 = 300;

/// Authenticates the client of a request and uses its assertion up.
pub(crate) async fn authenticate(
    oauth: &Oauth,
    request: &HttpRequest,
    form: &Form,
) -> Result<App, OauthError> {
    let assertion = assertion_of(request, form)?;
    let token = Compact::read(assertion)
        .map_err(|_| OauthError::Refused(ErrorCode::InvalidClient, "client_assertion is not a JWT"))?;
    let now = oauth.clock().now();
    let claims = Claims::check(&token, oauth.issuer(), now)?;
    if form.get("client_id").is_some_and(|sent| sent.parse() != Ok(claims.client_id)) {
        return refuse(ErrorCode::InvalidClient, "client_id is not the client that the assertion names");
    }
    let client_id = claims.client_id;
    let app = oauth.store().read(move |conn| Ok::<_, OauthError>(apps::find(conn, client_id)?)).await?;
    // One text for all of these: whether a client exists is nobody's business.
    let unproven = || OauthError::Refused(ErrorCode::InvalidClient, "The client did not prove who it is");
    let app = app.filter(|app| app.state == AppState::Approved).ok_or_else(unproven)?;
    let keys = KeySet::parse(&app.jwks).map_err(|_| unproven())?;
    if !keys.verifies(&token) {
        return Err(unproven());
    }
    let (used, until) = (claims.used_id(), claims.used_until);
    if !oauth.store().write(move |conn| Ok::<_, OauthError>(used_ids::spend(conn, &used, until)?)).await? {
        return refuse(
            ErrorCode::InvalidClient,
            "jti was used before; make a new assertion for each request",
        );
    }
    Ok(app)
}

/// The one assertion of a request that uses no other method.
fn assertion_of<'f>(request: &HttpRequest, form: &'f Form) -> Result<&'f str, OauthError> {
    let other = form.get("client_secret").is_some() || request.headers().contains_key(header::AUTHORIZATION);
    let assertion = form.get("client_assertion");
    if other && assertion.is_some() {
        return refuse(ErrorCode::InvalidRequest, "Use one method of client authentication");
    }
    let Some(assertion) = assertion else {
        return refuse(ErrorCode::InvalidClient, "Authenticate with private_key_jwt");
    };
    if form.get("client_assertion_type") != Some(ASSERTION_TYPE) {
        return refuse(
            ErrorCode::InvalidClient,
            "client_assertion_type must be the jwt-bearer one of RFC 7523",
        );
    }
    Ok(assertion)
}

/// Claims that passed everything but the signature.
struct Claims<'a> {
    client_id: ClientId,
    jti: &'a str,
    used_until: DateTime<Utc>,
}

impl<'a> Claims<'a> {
    fn check(token: &'a Compact<'_>, issuer: &str, now: DateTime<Utc>) -> Result<Self, OauthError> {
        let kind = token.kind();
        let is_known_kind = kind.is_none_or(|kind| {
            ["JWT", "client-authentication+jwt"].iter().any(|known| kind.eq_ignore_ascii_case(known))
        });
        if !is_known_kind || (kind.is_none() && token.header.contains_key("typ")) {
            return refuse(
                ErrorCode::InvalidClient,
                "typ of the assertion must be JWT or client-authentication+jwt",
            );
        }
        // FAPI 2.0 5.3.2.1-8: the issuer, as one string. Anything else could be meant for another server.
        if token.claims.get("aud") != Some(&Value::String(issuer.to_owned())) {
            return refuse(
                ErrorCode::InvalidClient,
                "aud of the assertion must be the issuer, as one string",
            );
        }
        let subject = token.text("sub").filter(|subject| token.text("iss") == Some(*subject));
        let client_id = subject.and_then(|subject| subject.parse().ok());
        let Some(client_id) = client_id else {
            return refuse(
                ErrorCode::InvalidClient,
                "iss and sub of the assertion must both be the client_id",
            );
        };
        let used_until = check_times(token, now)?;
        match token.text("jti").filter(|jti| jti.len() <= 512 && !jti.is_empty()) {
            Some(jti) => Ok(Self { client_id, jti, used_until }),
            None => refuse(ErrorCode::InvalidClient, "jti is missing in the assertion"),
        }
    }

    /// What is stored of a used `jti`: it is unique for its client, not for everybody.
    fn used_id(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(b"assertion");
        hash.update(self.client_id.as_bytes());
        hash.update(self.jti.as_bytes());
        hash.finish()
    }
}

/// Checks `exp`, `iat` and `nbf`; gives the instant after which the assertion is refused by its `exp` alone.
fn check_times(token: &Compact<'_>, now: DateTime<Utc>) -> Result<DateTime<Utc>, OauthError> {
    let malformed = |_| OauthError::Refused(ErrorCode::InvalidClient, "exp, iat and nbf must be numbers");
    let seconds = now.timestamp();
    let Some(exp) = token.instant("exp").map_err(malformed)? else {
        return refuse(ErrorCode::InvalidClient, "exp is missing in the assertion");
    };
    if exp <= seconds.saturating_sub(SKEW_SECONDS) {
        return refuse(ErrorCode::InvalidClient, "The assertion is over");
    }
    if exp > seconds.saturating_add(LIFE_SECONDS + SKEW_SECONDS) {
        return refuse(ErrorCode::InvalidClient, "exp of the assertion may be at most five minutes ahead");
    }
    for claim in ["iat", "nbf"] {
        if token.instant(claim).map_err(malformed)?.is_some_and(|at| at > seconds + SKEW_SECONDS) {
            return refuse(ErrorCode::InvalidClient, "iat or nbf of the assertion is in the future");
        }
    }
    Ok(now + Duration::seconds(LIFE_SECONDS + 3 * SKEW_SECONDS))
}
