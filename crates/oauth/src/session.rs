//! Who is at the browser: sessions of customers, and the proof that a form was ours.
//!
//! A session is 32 random bytes in a cookie and a row under their SHA-256: a copy of the database signs nobody in.
//! Forms carry a token that is a MAC of the session (before sign-in: of a signed visitor cookie), and a POST that a
//! browser says came from another site is refused before that.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderMap, LOCATION, ORIGIN};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_domain::ids::Person;
use counterfoil_store::Store;
use counterfoil_store::addresses;
use counterfoil_store::keys::{Keys, Secret};
use counterfoil_store::people::{self, CustomerName};
use counterfoil_store::sessions::{self, SessionRow};
use openssl::sha::sha256;
use url::Url;

pub use crate::return_to::ReturnTo;

/// How long a session lives, in minutes.
const LIFE_MINUTES: i64 = 30;

/// The sessions of a realm. Cloning shares it; handlers find it in the app's data.
#[derive(Clone)]
pub struct Sessions(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    store: Store,
    keys: Keys,
    key: Secret,
    clock: Clock,
    entropy: Entropy,
    origin: String,
    is_secure: bool,
    /// The scheme of the ids that the sign-in tells.
    scheme: String,
}

/// A public URL that pages cannot be served at.
#[derive(Debug, thiserror::Error)]
pub enum SessionsError {
    /// Cookies over plain http would be there for everybody to read.
    #[error("the public URL must be https (http is possible at a loopback address only, in a sandbox)")]
    PlainHttp,
    /// The keystore.
    #[error(transparent)]
    Store(#[from] counterfoil_store::Error),
}

impl Sessions {
    /// Sessions for pages at `public_url`. Reads the key "tokens" and so blocks for a moment.
    ///
    /// # Errors
    /// [`SessionsError`] for plain http elsewhere than on loopback, or when the keystore does not answer.
    pub fn new(
        store: Store,
        keys: Keys,
        clock: Clock,
        entropy: Entropy,
        public_url: &Url,
    ) -> Result<Self, SessionsError> {
        let is_secure = public_url.scheme() == "https";
        if !is_secure && !is_loopback(public_url) {
            return Err(SessionsError::PlainHttp);
        }
        let key = keys.named("tokens")?;
        let origin = public_url.origin().ascii_serialization();
        let scheme = String::new();
        Ok(Self(Arc::new(Inner { store, keys, key, clock, entropy, origin, is_secure, scheme })))
    }

    /// The sign-in tells ids of this scheme, as the order stream identifies them, not customer ids.
    #[must_use]
    pub fn of_scheme(mut self, scheme: String) -> Self {
        Arc::make_mut(&mut self.0).scheme = scheme;
        self
    }

    /// Signs a person in: a new session each time, so that a cookie somebody planted is worth nothing. The session
    /// that was there before ends.
    pub async fn begin(
        &self,
        person: Person,
        previous: Option<&Session>,
    ) -> counterfoil_store::Result<Cookie<'static>> {
        self.begin_as(person, None, previous).await
    }

    /// [`Sessions::begin`], for whom the identity provider says is a member of staff: `staff` is their reference there.
    pub async fn begin_as(
        &self,
        person: Person,
        staff: Option<&str>,
        previous: Option<&Session>,
    ) -> counterfoil_store::Result<Cookie<'static>> {
        let value = self.0.entropy.bytes::<32>();
        let now = self.0.clock.now();
        let row = SessionRow {
            session_hash: sha256(&value),
            person,
            signed_in_at: now,
            expires_at: now + Duration::minutes(LIFE_MINUTES),
        };
        let staff =
            staff.map(|staff| self.seal(&staff_aad(&row.session_hash), staff.as_bytes())).transpose()?;
        let previous = previous.map(|session| session.hash);
        self.0
            .store
            .write(move |conn| {
                if let Some(hash) = &previous {
                    sessions::delete(conn, hash)?;
                }
                sessions::insert(conn, &row)?;
                match &staff {
                    Some(sealed) => sessions::set_staff(conn, &row.session_hash, sealed),
                    None => Ok(()),
                }
            })
            .await?;
        Ok(self.cookie(Name::Session, URL_SAFE_NO_PAD.encode(value)))
    }

    /// Signs out. The answer's cookie removes the browser's.
    pub async fn end(&self, session: &Session) -> counterfoil_store::Result<Cookie<'static>> {
        let hash = session.hash;
        self.0.store.write(move |conn| sessions::delete(conn, &hash)).await?;
        let mut cookie = self.cookie(Name::Session, String::new());
        cookie.make_removal();
        Ok(cookie)
    }

    /// Which member of staff a session is; `None` for one that is a customer's alone.
    pub(crate) async fn staff(&self, session: &Session) -> counterfoil_store::Result<Option<String>> {
        let hash = session.hash;
        let sealed = self.0.store.read(move |conn| sessions::staff(conn, &hash)).await?;
        let Some(sealed) = sealed else { return Ok(None) };
        let corrupt = |_| counterfoil_store::Error::corrupt("sessions", "staff", "?");
        String::from_utf8(self.open(&staff_aad(&hash), &sealed)?).map(Some).map_err(corrupt)
    }

    /// The person of who signed in, made if new: the one in whose history their purchases lie.
    pub async fn resolve(&self, id: String) -> counterfoil_store::Result<Person> {
        let Inner { store, keys, entropy, clock, scheme, .. } = &*self.0;
        let name = CustomerName { index: keys.alias_index(scheme, &id), id };
        let (store, keys, entropy, now) = (store.clone(), keys.clone(), entropy.clone(), clock.now());
        web::block(move || people::resolve_name(&store, &keys, &entropy, now, name))
            .await
            .map_err(|error| counterfoil_store::Error::Unexpected(format!("{error}")))?
    }

    /// Keeps where a customer gets their mail, as the sign-in says, sealed.
    pub async fn keep_address(&self, person: Person, address: String) -> counterfoil_store::Result<()> {
        let keys = self.0.keys.clone();
        let kept = self.0.store.write(move |conn| {
            let own = keys.person(person)?;
            addresses::put(conn, &keys, &own, person, &address)
        });
        kept.await
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// 256 random bits as text.
    pub(crate) fn random_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.entropy.bytes::<32>())
    }

    pub(crate) fn seal(&self, aad: &[u8], plain: &[u8]) -> counterfoil_store::Result<Vec<u8>> {
        self.0.keys.seal(&self.0.key, aad, plain)
    }

    pub(crate) fn open(&self, aad: &[u8], sealed: &[u8]) -> counterfoil_store::Result<Vec<u8>> {
        self.0.keys.open_sealed(&self.0.key, aad, sealed)
    }

    fn cookie(&self, name: Name, value: String) -> Cookie<'static> {
        Cookie::build(name.text(self.0.is_secure), value)
            .path("/")
            .secure(self.0.is_secure)
            .http_only(true)
            .same_site(SameSite::Lax)
            .finish()
    }

    async fn find(&self, request: &HttpRequest) -> counterfoil_store::Result<Option<Session>> {
        let Some(value) = self.read_cookie::<32>(request, Name::Session) else { return Ok(None) };
        let hash = sha256(&value);
        let now = self.0.clock.now();
        let found = self.0.store.read(move |conn| {
            let Some(row) = sessions::find(conn, &hash, now)? else { return Ok(None) };
            // Two names of one customer may have become one since they signed in.
            let person = people::home(conn, row.person)?;
            Ok::<_, counterfoil_store::Error>(Some(Session {
                person,
                signed_in_at: row.signed_in_at,
                expires_at: row.expires_at,
                hash: row.session_hash,
            }))
        });
        found.await
    }

    fn read_cookie<const N: usize>(&self, request: &HttpRequest, name: Name) -> Option<[u8; N]> {
        let cookie = request.cookie(name.text(self.0.is_secure))?;
        URL_SAFE_NO_PAD.decode(cookie.value()).ok()?.try_into().ok()
    }

    fn visitor_mac(&self, id: &[u8]) -> [u8; 32] {
        self.0.key.mac(&[b"visitor cookie", id])
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sessions")
    }
}

fn staff_aad(session_hash: &[u8; 32]) -> Vec<u8> {
    [b"staff".as_slice(), session_hash].concat()
}

/// Whether a URL's host is this machine's own: the only place for plain http and for the demo login.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[derive(Clone, Copy)]
enum Name {
    Session,
    Visitor,
}

impl Name {
    /// Browsers take the prefix `__Host-` only with Secure, so plain http has names without it.
    fn text(self, is_secure: bool) -> &'static str {
        match (self, is_secure) {
            (Self::Session, true) => "__Host-counterfoil",
            (Self::Session, false) => "counterfoil",
            (Self::Visitor, true) => "__Host-counterfoil-visitor",
            (Self::Visitor, false) => "counterfoil-visitor",
        }
    }
}

/// A customer who is signed in. As an extractor: whoever is not is sent to the sign-in page and comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Who: the person in whose history the purchases of whoever signed in lie.
    pub person: Person,
    /// When they signed in.
    pub signed_in_at: DateTime<Utc>,
    /// When they have to sign in again.
    pub expires_at: DateTime<Utc>,
    hash: [u8; 32],
}

/// Whoever is at the browser, signed in or not.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The session, if signed in.
    pub session: Option<Session>,
    sessions: Sessions,
    id: [u8; 16],
    is_new: bool,
}

/// A POST that did not come from a form of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the form did not come from this site, or it is too old")]
pub struct ForeignForm;

impl Visitor {
    /// The token for this browser's forms, in the hidden field `csrf`.
    pub fn form_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(b"form"))
    }

    /// The cookie to send along with a form for somebody who is not signed in, if the browser has none yet.
    pub fn cookie(&self) -> Option<Cookie<'static>> {
        (self.session.is_none() && self.is_new).then(|| {
            let value = [self.id.as_slice(), &self.sessions.visitor_mac(&self.id)].concat();
            self.sessions.cookie(Name::Visitor, URL_SAFE_NO_PAD.encode(value))
        })
    }

    /// Checks a POST: what the browser says about where it comes from, then the token of the form.
    ///
    /// # Errors
    /// [`ForeignForm`], whichever of them is wrong.
    pub fn check_form(&self, headers: &HeaderMap, token: &str) -> Result<(), ForeignForm> {
        if self.session.is_none() && self.is_new {
            return Err(ForeignForm);
        }
        let sites_allow = headers.get_all("sec-fetch-site").all(|site| {
            let site = site.as_bytes();
            site == b"same-origin" || site == b"none"
        });
        // Under `Referrer-Policy: no-referrer` browsers send the origin of our own forms as "null".
        let origins_allow = headers.get_all(ORIGIN).all(|origin| {
            origin.as_bytes() == self.sessions.0.origin.as_bytes() || origin.as_bytes() == b"null"
        });
        let expected = self.form_token();
        let is_ours =
            token.len() == expected.len() && openssl::memcmp::eq(token.as_bytes(), expected.as_bytes());
        if sites_allow && origins_allow && is_ours { Ok(()) } else { Err(ForeignForm) }
    }

    /// Binds what happens elsewhere meanwhile to this browser.
    pub(crate) fn binding(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(b"login"))
    }

    pub(crate) fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    fn mac(&self, what: &[u8]) -> [u8; 32] {
        let key = &self.sessions.0.key;
        match &self.session {
            Some(session) => key.mac(&[what, b"session", &session.hash]),
            None => key.mac(&[what, b"visitor", &self.id]),
        }
    }

    async fn find(request: HttpRequest) -> Result<Self, NoSession> {
        let sessions = request.app_data::<web::Data<Sessions>>().ok_or(NoSession::Unavailable)?;
        let sessions = Sessions::clone(sessions);
        let session = sessions.find(&request).await.map_err(|error| {
            tracing::error!(%error, "sessions cannot be read");
            NoSession::Unavailable
        })?;
        let signed = sessions.read_cookie::<48>(&request, Name::Visitor).and_then(|value| {
            let (id, mac) = value.split_first_chunk::<16>()?;
            openssl::memcmp::eq(mac, &sessions.visitor_mac(id)).then_some(*id)
        });
        let id = signed.unwrap_or_else(|| sessions.0.entropy.bytes());
        Ok(Self { session, sessions, id, is_new: signed.is_none() })
    }
}

/// Why there is no session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSession {
    /// Not signed in; the text is the address of the sign-in page.
    #[error("not signed in")]
    SignInFirst(String),
    /// The database does not answer.
    #[error("This page is not available at the moment. Please try again in a minute.")]
    Unavailable,
}

impl ResponseError for NoSession {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignInFirst(_) => StatusCode::SEE_OTHER,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((CACHE_CONTROL, "no-store"));
        match self {
            Self::SignInFirst(address) => response.insert_header((LOCATION, address.as_str())).finish(),
            Self::Unavailable => response.body(format!("{self}")),
        }
    }
}

impl FromRequest for Visitor {
    type Error = NoSession;
    type Future = Pin<Box<dyn Future<Output = Result<Self, NoSession>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        Box::pin(Self::find(request.clone()))
    }
}

impl FromRequest for Session {
    type Error = NoSession;
    type Future = Pin<Box<dyn Future<Output = Result<Self, NoSession>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let address = sign_in_address(request.uri().path());
            Visitor::find(request).await?.session.ok_or(NoSession::SignInFirst(address))
        })
    }
}

fn sign_in_address(path: &str) -> String {
    match ReturnTo::parse(path) {
        Some(to) => {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("return_to", to.path())
                .finish();
            format!("/sign-in?{query}")
        }
        None => "/sign-in".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback() {
        for (url, here) in [
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080", true),
            ("http://localhost", true),
            ("http://192.168.1.2", false),
            ("http://localhost.evil.example", false),
            ("http://127.0.0.1.evil.example", false),
        ] {
            assert_eq!(is_loopback(&url.parse().unwrap()), here, "{url}");
        }
    }
}
