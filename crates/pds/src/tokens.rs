//! Tokens: how a code or a refresh token becomes an access token, with the wire types of the `oauth2` crate.

use chrono::{DateTime, TimeDelta, Utc};
use oauth2::{
    AccessToken, AuthUrl, AuthorizationCode, Client, ClientId, EndpointNotSet, EndpointSet, ExtraTokenFields,
    HttpRequest, HttpResponse, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError,
    StandardRevocableToken, StandardTokenResponse, TokenResponse as _, TokenUrl,
    basic::{
        BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse,
        BasicTokenIntrospectionResponse, BasicTokenType,
    },
};
use reqwest::{StatusCode, header::HeaderValue};
use serde::{Deserialize, Serialize};

use crate::{
    discovery::Service,
    failure::{Failure, Kind},
    keys::SigningKey,
    proof::{Request, client_assertion, dpop},
    wire::{SMALL, Wire, printable, refusal},
};

/// The `client_assertion_type` of `private_key_jwt` (RFC 7523).
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a token answer of Counterfoil carries beside the members of RFC 6749.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct GrantMembers {
    /// The customer's instruction that all tokens hang from.
    pub grant_id: Option<String>,
    /// Seconds until the grant ends by itself; absent when it lasts until it is stopped.
    pub authorization_expires_in: Option<u64>,
}

impl ExtraTokenFields for GrantMembers {}

/// The token answer.
pub type TokenAnswer = StandardTokenResponse<GrantMembers, BasicTokenType>;

/// The `oauth2` client with the endpoints that this app uses.
pub type OauthClient = Client<
    BasicErrorResponse,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// What is kept of a token answer. Debug output hides the tokens.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tokens {
    /// Opens the API for some minutes.
    pub access_token: AccessToken,
    /// When the access token stops working.
    pub expires_at: DateTime<Utc>,
    /// Gets the next access token; it stays the same as long as the grant lives.
    pub refresh_token: Option<RefreshToken>,
    /// The grant's public name: what support and receipts call it.
    pub grant_id: Option<String>,
    /// The scopes that the customer granted, which may be fewer than were asked for.
    pub scope: Vec<String>,
    /// When the grant ends by itself.
    pub grant_ends_at: Option<DateTime<Utc>>,
}

impl Tokens {
    /// Reads a token answer; `before` is what a refresh had, since a refresh repeats only what is new.
    pub fn read(answer: &TokenAnswer, before: Option<&Self>, now: DateTime<Utc>) -> Result<Self, Failure> {
        // `oauth2` reads the word back in lower case. A bearer token would work for whoever steals it.
        if !matches!(answer.token_type(), BasicTokenType::Extension(kind) if kind.eq_ignore_ascii_case("DPoP"))
        {
            return Err(Failure::misunderstood(
                "the token is not bound to this app's key (token_type is not DPoP)",
            ));
        }
        let after = |seconds: u64| {
            i64::try_from(seconds).ok().and_then(TimeDelta::try_seconds).map(|time| now + time)
        };
        let lifetime = answer.expires_in().unwrap_or_default().as_secs();
        let scope =
            answer.scopes().map(|scopes| scopes.iter().map(|scope| scope.as_str().to_owned()).collect());
        let extra = answer.extra_fields();
        Ok(Self {
            access_token: answer.access_token().clone(),
            expires_at: after(lifetime).unwrap_or(now),
            refresh_token: answer.refresh_token().or_else(|| before?.refresh_token.as_ref()).cloned(),
            grant_id: extra.grant_id.as_ref().or_else(|| before?.grant_id.as_ref()).cloned(),
            scope: scope.or_else(|| before.map(|tokens| tokens.scope.clone())).unwrap_or_default(),
            grant_ends_at: extra
                .authorization_expires_in
                .and_then(after)
                .or_else(|| before.and_then(|tokens| tokens.grant_ends_at)),
        })
    }

    /// Whether the access token has run out, or will before a request could arrive.
    pub fn stale(&self, now: DateTime<Utc>) -> bool {
        self.expires_at - TimeDelta::seconds(10) <= now
    }
}

/// This app, towards one authorization server.
#[derive(Debug)]
pub struct App<'a> {
    /// The HTTP client.
    pub wire: &'a Wire,
    /// The server.
    pub service: &'a Service,
    /// The name under which the app is registered.
    pub client_id: &'a str,
    /// The key that says who the app is.
    pub client_key: &'a SigningKey,
    /// The key that tokens are bound to.
    pub dpop_key: &'a SigningKey,
}

impl App<'_> {
    /// The `oauth2` client. It has no secret: each request carries a fresh assertion instead.
    pub fn oauth(&self) -> OauthClient {
        Client::new(ClientId::new(self.client_id.to_owned()))
            .set_auth_uri(AuthUrl::from_url(self.service.authorization_endpoint.clone()))
            .set_token_uri(TokenUrl::from_url(self.service.token_endpoint.clone()))
    }

    /// A fresh assertion of who this app is.
    pub fn assertion(&self) -> Result<String, Failure> {
        client_assertion(self.client_key, self.client_id, &self.service.issuer, self.wire.now())
    }

    /// Redeems an authorization code.
    pub async fn exchange(
        &self,
        code: &AuthorizationCode,
        verifier: &PkceCodeVerifier,
        redirect: &RedirectUrl,
    ) -> Result<Tokens, Failure> {
        let oauth = self.oauth().set_redirect_uri(redirect.clone());
        let mut answer = Err(Refusal::WantsNonce);
        for _ in 0..2 {
            answer = oauth
                .exchange_code(code.clone())
                .set_pkce_verifier(PkceCodeVerifier::new(verifier.secret().clone()))
                .add_extra_param("client_assertion_type", JWT_BEARER)
                .add_extra_param("client_assertion", self.assertion()?)
                .request_async(&|request| self.post(request))
                .await
                .map_err(Refusal::from);
            if !matches!(answer, Err(Refusal::WantsNonce)) {
                break;
            }
        }
        Tokens::read(&answer?, None, self.wire.now())
    }

    /// Gets the next access token.
    pub async fn refresh(&self, before: &Tokens) -> Result<Tokens, Failure> {
        let refresh_token = before.refresh_token.as_ref().ok_or_else(|| {
            let what = "the access token has run out and this grant gives no further one";
            Failure::new(Kind::Ended, what, "run `disconnect`, then `connect` to ask again")
        })?;
        let oauth = self.oauth();
        let mut answer = Err(Refusal::WantsNonce);
        for _ in 0..2 {
            answer = oauth
                .exchange_refresh_token(refresh_token)
                .add_extra_param("client_assertion_type", JWT_BEARER)
                .add_extra_param("client_assertion", self.assertion()?)
                .request_async(&|request| self.post(request))
                .await
                .map_err(Refusal::from);
            if !matches!(answer, Err(Refusal::WantsNonce)) {
                break;
            }
        }
        Tokens::read(&answer?, Some(before), self.wire.now())
    }

    /// Sends a request that `oauth2` made, with a DPoP proof beside it.
    async fn post(&self, request: HttpRequest) -> Result<HttpResponse, Failure> {
        let mut request = reqwest::Request::try_from(request).map_err(|error| {
            Failure::misunderstood(format!("the token endpoint cannot be asked: {error}"))
        })?;
        self.prove(&mut request)?;
        let reply = self.wire.send(request, SMALL).await?;
        // `oauth2` would take a failure of the server for an answer that makes no sense.
        if reply.status.is_server_error() || reply.status == StatusCode::TOO_MANY_REQUESTS {
            return Err(reply.complaint());
        }
        let mut response = HttpResponse::new(reply.body);
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        Ok(response)
    }

    /// Puts a DPoP proof (without a token) on a request to the authorization server.
    pub fn prove(&self, request: &mut reqwest::Request) -> Result<(), Failure> {
        let nonce = self.wire.nonce(request.url());
        let subject = Request {
            method: request.method().as_str(),
            url: request.url(),
            nonce: nonce.as_deref(),
            token: None,
        };
        let proof = dpop(self.dpop_key, subject, self.wire.now())?;
        request.headers_mut().insert("dpop", header(&proof)?);
        Ok(())
    }
}

/// A header value; what this app signs always is one.
pub fn header(text: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| Failure::misunderstood("the server gave a token that does not fit into a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Why no token came: a nonce is wanted first, or a failure.
enum Refusal {
    WantsNonce,
    Failed(Failure),
}

impl From<RequestTokenError<Failure, BasicErrorResponse>> for Refusal {
    fn from(error: RequestTokenError<Failure, BasicErrorResponse>) -> Self {
        Self::Failed(match error {
            RequestTokenError::ServerResponse(said) => {
                if matches!(said.error(), BasicErrorResponseType::Extension(code) if code == "use_dpop_nonce")
                {
                    return Self::WantsNonce;
                }
                let what = format!("the token endpoint refused: {}", printable(&said.to_string()));
                refusal(said.error().as_ref(), StatusCode::BAD_REQUEST, what)
            }
            RequestTokenError::Request(failure) => failure,
            // Both may quote the answer, and that may hold a token.
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                Failure::misunderstood("the answer of the token endpoint is not the JSON that was expected")
            }
        })
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Failed(failure) => failure,
            Refusal::WantsNonce => Self::misunderstood(
                "the token endpoint asks for a DPoP nonce but does not take the one it gave",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, before: Option<&Tokens>, at: i64) -> Result<Tokens, Failure> {
        let answer: TokenAnswer = serde_json::from_str(json).unwrap();
        Tokens::read(&answer, before, DateTime::from_timestamp(at, 0).unwrap())
    }

    #[test]
    fn a_refresh_keeps_what_it_does_not_repeat() {
        let first = read(
            r#"{"access_token":"cfa_1","token_type":"DPoP","expires_in":600,"refresh_token":"cfr_1","grant_id":"gra_1",
                "scope":"purchases:read purchases.lines:read","authorization_expires_in":7776000,
                "authorization_details":[{"type":"purchase_history"}]}"#,
            None,
            0,
        )
        .unwrap();
        assert_eq!(first.scope, ["purchases:read", "purchases.lines:read"]);
        let second =
            read(r#"{"access_token":"cfa_2","token_type":"DPoP","expires_in":600}"#, Some(&first), 590)
                .unwrap();
        assert_eq!(second.access_token.secret(), "cfa_2");
        assert_eq!(second.refresh_token.as_ref().map(|token| token.secret().as_str()), Some("cfr_1"));
        assert_eq!(second.grant_id.as_deref(), Some("gra_1"));
        assert_eq!(second.grant_ends_at, DateTime::from_timestamp(7_776_000, 0));
        assert_eq!(second.expires_at.timestamp(), 1190);
        assert!(!second.stale(DateTime::from_timestamp(1179, 0).unwrap()));
        assert!(second.stale(DateTime::from_timestamp(1180, 0).unwrap()));
    }

    #[test]
    fn bearer_tokens_are_refused_and_tokens_never_shown() {
        let failure =
            read(r#"{"access_token":"cfa_1","token_type":"Bearer","expires_in":600}"#, None, 0).unwrap_err();
        assert!(failure.to_string().contains("bound"));
        let tokens = read(
            r#"{"access_token":"cfa_secret","token_type":"DPoP","refresh_token":"cfr_secret"}"#,
            None,
            0,
        );
        assert!(!format!("{:?}", tokens.unwrap()).contains("secret\""));
    }

    #[test]
    fn refusals_of_the_token_endpoint_are_told() {
        let said =
            |text| Refusal::from(RequestTokenError::ServerResponse(serde_json::from_str(text).unwrap()));
        assert!(matches!(said(r#"{"error":"use_dpop_nonce"}"#), Refusal::WantsNonce));
        let failure = Failure::from(said(r#"{"error":"invalid_grant","error_description":"code was used"}"#));
        assert_eq!(failure.kind, Kind::Ended);
        assert!(failure.to_string().contains("invalid_grant: code was used"), "{failure}");
    }
}
