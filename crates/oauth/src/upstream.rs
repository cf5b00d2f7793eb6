//! The customer's own login: the retailer's identity provider, or a list of sample customers in a demo.
//!
//! OpenID Connect Core, authorization code flow, with PKCE (RFC 7636), `nonce`, `state` and the `iss` of RFC 9207.

use std::sync::Arc;
use std::time::Duration as StdDuration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use counterfoil_store::logins::{self, LoginRow};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    TokenResponse as _,
};
use openssl::sha::sha256;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::Tier;
use crate::session::{ReturnTo, Sessions, Visitor, is_loopback};

/// How long a customer may take at the identity provider, in minutes.
const LOGIN_MINUTES: i64 = 10;
/// How long the provider's metadata and keys are used before they are read again, in minutes.
const METADATA_MINUTES: i64 = 10;
/// The most that is read of an answer of the provider.
const ANSWER_BYTES: usize = 1 << 20;
/// Longest customer id that is accepted, in characters.
const CUSTOMER_ID_CHARS: usize = 128;
/// Longest mail address that is kept, in characters (RFC 5321 section 4.5.3.1.3, without the brackets).
const ADDRESS_CHARS: usize = 254;

/// Signatures of ID tokens that are accepted. Those with shared secrets, and none at all, are not among them.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 8] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
];

/// How customers sign in.
#[derive(Debug)]
pub enum Login {
    /// By naming a sample customer. Made by [`Login::demo`], which says where that is possible.
    Demo(Demo),
    /// At the retailer's identity provider.
    Oidc(Box<Oidc>),
}

/// The proof that a demo login is possible here.
#[derive(Debug)]
pub struct Demo(());

/// The retailer's identity provider, as configured.
#[derive(Debug, Clone)]
pub struct OidcSettings {
    /// Issuer, exactly as the provider spells it.
    pub issuer: String,
    /// Our `client_id` there.
    pub client_id: String,
    /// Our secret there; absent for a public client, which PKCE protects.
    pub client_secret: Option<String>,
    /// Scopes to ask for beside `openid`.
    pub scopes: Vec<String>,
    /// The claim of the ID token that holds the customer id; `sub` unless configured.
    pub claim: String,
    /// The claim of the ID token with the customer's mail address; absent where none is kept.
    pub address_claim: Option<String>,
    /// What makes somebody a member of staff; absent where nobody is.
    pub staff: Option<StaffClaim>,
}

/// The claim of the ID token that makes somebody a member of staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffClaim {
    /// Its name.
    pub claim: String,
    /// Its value, or one of its values where it is a list.
    pub role: String,
}

/// A login that may not be configured like this.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The demo login lets anybody be anybody.
    #[error("the demo login is possible only with tier = sandbox and a loopback public URL")]
    DemoInPublic,
    /// The issuer is no URL, or not https.
    #[error("the issuer of the login must be an https URL (http is possible at a loopback address only)")]
    Issuer,
    /// A URL made from the public URL is not valid.
    #[error("the public URL does not take paths: {0}")]
    PublicUrl(#[from] url::ParseError),
    /// The HTTP client cannot be made.
    #[error("no HTTP client for the login: {0}")]
    Client(#[from] reqwest::Error),
}

/// Why a sign-in did not work.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// No sign-in of this browser is under way, or it took too long.
    #[error("no sign-in of this browser is under way")]
    Unknown,
    /// The provider says that the customer did not sign in.
    #[error("the identity provider answered with an error: {0}")]
    Declined(&'static str),
    /// The provider does not answer, or not as OpenID Connect says.
    #[error("the identity provider cannot be used: {0}")]
    Unavailable(String),
    /// What the provider said about the customer cannot be trusted.
    #[error("the identity provider's answer was refused: {0}")]
    Untrusted(String),
    /// The ID token lacks the configured claim.
    #[error("the ID token has no usable claim for the customer id")]
    NoCustomer,
    /// The database.
    #[error(transparent)]
    Store(#[from] counterfoil_store::Error),
}

/// What the provider sends the browser back with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Callback {
    /// The `state` that went out.
    pub state: String,
    /// The code, when the customer signed in.
    pub code: Option<String>,
    /// The error, when not.
    pub error: Option<String>,
    /// The issuer that answers (RFC 9207).
    pub issuer: Option<String>,
}

/// A customer who is back from the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The value of the configured claim.
    pub customer_id: String,
    /// Their mail address, where a claim is configured and has one that the provider does not call unverified.
    pub address: Option<String>,
    /// The provider's own id of a member of staff (`sub`); absent for anybody else.
    pub staff: Option<String>,
    /// Where they wanted to go.
    pub return_to: ReturnTo,
}

impl Login {
    /// The demo login: whoever names a customer is that customer.
    ///
    /// # Errors
    /// [`LoginError::DemoInPublic`] outside a sandbox, or where another machine could reach it.
    pub fn demo(tier: Tier, public_url: &Url) -> Result<Self, LoginError> {
        if tier == Tier::Sandbox && is_loopback(public_url) {
            Ok(Self::Demo(Demo(())))
        } else {
            Err(LoginError::DemoInPublic)
        }
    }

    /// The login at an identity provider. Nothing is fetched before the first customer signs in.
    ///
    /// # Errors
    /// [`LoginError::Issuer`] when the issuer is not an https URL.
    pub fn oidc(settings: OidcSettings, public_url: &Url) -> Result<Self, LoginError> {
        let issuer = Url::parse(&settings.issuer).map_err(|_| LoginError::Issuer)?;
        if issuer.scheme() != "https" && !(issuer.scheme() == "http" && is_loopback(&issuer)) {
            return Err(LoginError::Issuer);
        }
        let callback = public_url.join("/sign-in/callback")?;
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(StdDuration::from_secs(10))
            .build()?;
        Ok(Self::Oidc(Box::new(Oidc {
            issuer: IssuerUrl::new(settings.issuer.clone())?,
            redirect: RedirectUrl::from_url(callback),
            settings,
            http,
            metadata: Mutex::new(None),
        })))
    }
}

/// The client of the retailer's identity provider.
pub struct Oidc {
    settings: OidcSettings,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    http: reqwest::Client,
    metadata: Mutex<Option<(DateTime<Utc>, Arc<CoreProviderMetadata>)>>,
}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What must come back unchanged, sealed in the database while the customer is away.
#[derive(Serialize, Deserialize)]
struct Secrets {
    nonce: String,
    verifier: String,
}

impl std::fmt::Debug for Oidc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Oidc").field("issuer", &self.settings.issuer).finish_non_exhaustive()
    }
}

impl Oidc {
    /// Begins a sign-in of this browser: the address of the provider's page.
    pub async fn begin(&self, visitor: &Visitor, return_to: &ReturnTo) -> Result<Url, SignInError> {
        let sessions = visitor.sessions();
        let client = self.client(&*self.metadata(sessions).await?);
        let (state, nonce, verifier) =
            (sessions.random_text(), sessions.random_text(), sessions.random_text());
        let secrets = Secrets { nonce: nonce.clone(), verifier: verifier.clone() };
        let plain =
            serde_json::to_vec(&secrets).map_err(|error| SignInError::Unavailable(format!("{error}")))?;
        let state_hash = login_hash(visitor, &state);
        let row = LoginRow {
            state_hash,
            secrets: sessions.seal(&state_hash, &plain)?,
            return_to: return_to.path().to_owned(),
            expires_at: sessions.now() + Duration::minutes(LOGIN_MINUTES),
        };
        sessions.store().write(move |conn| logins::insert(conn, &row)).await?;
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier));
        let (address, _, _) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scopes(self.settings.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge)
            .url();
        Ok(address)
    }

    /// Ends a sign-in: who the customer is, and where they wanted to go.
    pub async fn finish(&self, visitor: &Visitor, callback: Callback) -> Result<Arrival, SignInError> {
        let sessions = visitor.sessions();
        let state_hash = login_hash(visitor, &callback.state);
        let now = sessions.now();
        let row = sessions
            .store()
            .write(move |conn| logins::take(conn, &state_hash, now))
            .await?
            .ok_or(SignInError::Unknown)?;
        let plain = sessions.open(&state_hash, &row.secrets)?;
        let secrets: Secrets = serde_json::from_slice(&plain).map_err(|_| SignInError::Unknown)?;
        let return_to = ReturnTo::parse(&row.return_to).ok_or(SignInError::Unknown)?;
        if callback.issuer.as_ref().is_some_and(|issuer| *issuer != self.settings.issuer) {
            return Err(SignInError::Untrusted("another issuer answered".to_owned()));
        }
        if let Some(error) = &callback.error {
            return Err(SignInError::Declined(known_error(error)));
        }
        let code = callback.code.ok_or_else(|| SignInError::Untrusted("no code came back".to_owned()))?;
        let id_token = self.redeem(sessions, code, secrets.verifier).await?;
        self.verify(sessions, &id_token, &Nonce::new(secrets.nonce)).await?;
        let claims = claims(&id_token)?;
        let staff = self.settings.staff.as_ref().and_then(|staff| staff.of(&claims));
        let address = self.settings.address_claim.as_ref().and_then(|claim| address(&claims, claim));
        let customer_id = customer_id(&claims, &self.settings.claim)?;
        Ok(Arrival { customer_id, address, staff, return_to })
    }

    async fn redeem(
        &self,
        sessions: &Sessions,
        code: String,
        verifier: String,
    ) -> Result<CoreIdToken, SignInError> {
        let client = self.client(&*self.metadata(sessions).await?);
        let http = |request| fetch(self.http.clone(), request);
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| SignInError::Unavailable(format!("{error}")))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(&http)
            .await
            .map_err(|error| match error {
                openidconnect::RequestTokenError::ServerResponse(_) => {
                    SignInError::Untrusted("the code was not accepted".to_owned())
                }
                other => SignInError::Unavailable(format!("token endpoint: {other}")),
            })?;
        answer.id_token().cloned().ok_or_else(|| SignInError::Untrusted("no ID token came".to_owned()))
    }

    /// Checks signature, issuer, audience, expiry and nonce. A provider that changed its keys is asked once more.
    async fn verify(
        &self,
        sessions: &Sessions,
        token: &CoreIdToken,
        nonce: &Nonce,
    ) -> Result<(), SignInError> {
        let metadata = self.metadata(sessions).await?;
        let Err(first) = self.check(sessions, &metadata, token, nonce) else { return Ok(()) };
        let fetched = self.metadata.lock().as_ref().map(|(at, _)| *at);
        if fetched.is_some_and(|at| sessions.now() - at < Duration::minutes(1)) {
            return Err(first);
        }
        *self.metadata.lock() = None;
        let metadata = self.metadata(sessions).await?;
        self.check(sessions, &metadata, token, nonce)
    }

    fn check(
        &self,
        sessions: &Sessions,
        metadata: &CoreProviderMetadata,
        token: &CoreIdToken,
        nonce: &Nonce,
    ) -> Result<(), SignInError> {
        let client = self.client(metadata);
        let clock = sessions.clock().clone();
        let verifier =
            client.id_token_verifier().set_allowed_algs(ALGORITHMS).set_time_fn(move || clock.now());
        token.claims(&verifier, nonce).map_err(|error| {
            let cause =
                std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            SignInError::Untrusted(format!("{error}{cause}"))
        })?;
        Ok(())
    }

    fn client(&self, metadata: &CoreProviderMetadata) -> Client {
        CoreClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(self.settings.client_id.clone()),
            self.settings.client_secret.clone().map(ClientSecret::new),
        )
        .set_redirect_uri(self.redirect.clone())
    }

    async fn metadata(&self, sessions: &Sessions) -> Result<Arc<CoreProviderMetadata>, SignInError> {
        let now = sessions.now();
        if let Some((at, metadata)) = &*self.metadata.lock()
            && now - *at < Duration::minutes(METADATA_MINUTES)
        {
            return Ok(Arc::clone(metadata));
        }
        let http = |request| fetch(self.http.clone(), request);
        let found = CoreProviderMetadata::discover_async(self.issuer.clone(), &http)
            .await
            .map_err(|error| SignInError::Unavailable(format!("discovery: {error}")))?;
        let metadata = Arc::new(found);
        *self.metadata.lock() = Some((now, Arc::clone(&metadata)));
        Ok(metadata)
    }
}

/// What a sign-in under way is found by: the state and the browser in which it began, so that another browser can
/// neither end it nor use it up.
fn login_hash(visitor: &Visitor, state: &str) -> [u8; 32] {
    sha256(format!("{}\0{state}", visitor.binding()).as_bytes())
}

/// The word of an error answer, if it is one that the standards list; what a stranger wrote is not kept.
fn known_error(error: &str) -> &'static str {
    const KNOWN: [&str; 6] = [
        "access_denied",
        "login_required",
        "interaction_required",
        "temporarily_unavailable",
        "server_error",
        "invalid_request",
    ];
    KNOWN.into_iter().find(|known| *known == error).unwrap_or("another error")
}

/// Reads the payload of a token that has been verified.
fn claims(token: &CoreIdToken) -> Result<Value, SignInError> {
    let text = token.to_string();
    let payload = text.split('.').nth(1).ok_or(SignInError::NoCustomer)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload).map_err(|_| SignInError::NoCustomer)?;
    serde_json::from_slice(&bytes).map_err(|_| SignInError::NoCustomer)
}

impl StaffClaim {
    /// Whom the claims call a member of staff.
    fn of(&self, claims: &Value) -> Option<String> {
        let is_role = |value: &Value| value.as_str() == Some(self.role.as_str());
        let has_role = match claims.get(&self.claim) {
            Some(Value::Array(values)) => values.iter().any(is_role),
            Some(value) => is_role(value),
            None => false,
        };
        let reference = claims.get("sub").and_then(Value::as_str);
        reference.filter(|_| has_role && !self.role.is_empty()).map(str::to_owned)
    }
}

/// Reads the claim with the mail address. An address that the provider itself does not vouch for (`email_verified`, OpenID
/// Connect Core 5.1) may be somebody else's.
fn address(claims: &Value, claim: &str) -> Option<String> {
    if claim == "email" && claims.get("email_verified") == Some(&Value::Bool(false)) {
        return None;
    }
    let text = claims.get(claim)?.as_str()?;
    let is_plain = text.chars().count() <= ADDRESS_CHARS
        && !text.chars().any(|letter| letter.is_control() || letter.is_whitespace())
        && text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    is_plain.then(|| text.to_owned())
}

/// Reads the claim with the customer id.
fn customer_id(claims: &Value, claim: &str) -> Result<String, SignInError> {
    let id = match claims.get(claim) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => format!("{number}"),
        _ => return Err(SignInError::NoCustomer),
    };
    if is_customer_id(&id) { Ok(id) } else { Err(SignInError::NoCustomer) }
}

/// Whether a text can be a customer id: 1 to 128 characters, none of them a control character.
pub fn is_customer_id(text: &str) -> bool {
    !text.trim().is_empty()
        && text.chars().count() <= CUSTOMER_ID_CHARS
        && !text.chars().any(char::is_control)
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Message(#[from] openidconnect::http::Error),
    #[error("the answer is larger than 1 MiB")]
    TooLarge,
}

async fn fetch(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, FetchError> {
    let (parts, body) = request.into_parts();
    let mut answer =
        http.request(parts.method, format!("{}", parts.uri)).headers(parts.headers).body(body).send().await?;
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if bytes.len() + chunk.len() > ANSWER_BYTES {
            return Err(FetchError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    let mut response = HttpResponse::new(bytes);
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_an_address_that_is_vouched_for_is_one() {
        let read = |claims: Value| address(&claims, "email");
        assert_eq!(read(json!({ "email": "ann@mail.example" })).as_deref(), Some("ann@mail.example"));
        assert!(read(json!({ "email": "ann@mail.example", "email_verified": true })).is_some());
        for claims in [
            json!({ "email": "ann@mail.example", "email_verified": false }),
            json!({ "email": "ann" }),
            json!({ "email": "@mail.example" }),
            json!({ "email": "ann@mail.example\r\nBcc: all@mail.example" }),
            json!({ "email": ["ann@mail.example"] }),
            json!({ "mail": "ann@mail.example" }),
            json!({ "email": format!("{}@mail.example", "a".repeat(250)) }),
        ] {
            assert_eq!(read(claims.clone()), None, "{claims}");
        }
    }

    #[test]
    fn only_the_role_makes_staff() {
        let claim = |role: &str| StaffClaim { claim: "groups".to_owned(), role: role.to_owned() };
        let of = |role: &str, groups: Value| claim(role).of(&json!({ "sub": "u-1", "groups": groups }));
        assert_eq!(of("auditor", json!("auditor")).as_deref(), Some("u-1"));
        assert_eq!(of("auditor", json!(["clerk", "auditor"])).as_deref(), Some("u-1"));
        for groups in [
            json!("auditors"),
            json!(["clerk"]),
            json!({ "auditor": true }),
            json!(null),
            json!([["auditor"]]),
        ] {
            assert_eq!(of("auditor", groups.clone()), None, "{groups}");
        }
        assert_eq!(of("", json!("")), None, "an empty role is nobody's");
        assert_eq!(claim("auditor").of(&json!({ "sub": "u-1" })), None);
        assert_eq!(claim("auditor").of(&json!({ "groups": "auditor" })), None);
    }
}
