//! A realm of its own for each test.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use actix_web::body::{BoxBody, to_bytes};
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::{self, Data};
use actix_web::{App as ActixApp, FromRequest, HttpResponse};
use chrono::{DateTime, Utc};
use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_domain::ids::Person;
use counterfoil_ledger::Ledger;
use counterfoil_ledger::config::ConfigObject;
use counterfoil_oauth::access::{Access, Own, Permission, Purchases};
use counterfoil_oauth::problem::{Problem, complete};
use counterfoil_oauth::session::{Session, Sessions};
use counterfoil_oauth::{Oauth, Settings, Shown, Tier, routes};
use counterfoil_store::keys::{Keys, Secret};
use counterfoil_store::{Store, people};
use futures_util::future::LocalBoxFuture;
use prometheus::Registry;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

/// What the page of these tests shows.
pub fn page() -> Shown {
    Shown::new("en", b"the page", b"its words")
}

/// The issuer of every test.
pub const ISSUER: &str = "https://counterfoil.example";

type Call = Rc<dyn Fn(TestRequest) -> LocalBoxFuture<'static, ServiceResponse<BoxBody>>>;

/// One process of a realm.
pub struct Realm {
    /// The authorization server.
    pub oauth: Oauth,
    /// Its database file.
    pub file: std::path::PathBuf,
    /// Somebody who is signed in.
    pub session: Session,
    /// The cookie of that.
    pub cookie: String,
    sessions: Sessions,
    keys: Keys,
    now: Arc<AtomicI64>,
    call: Call,
    folder: Rc<TempDir>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// A header.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// `error` or `code` of a refusal.
    pub fn error(&self) -> String {
        let body = self.json();
        let word = body.get("error").or_else(|| body.get("code")).and_then(Value::as_str);
        word.unwrap_or_else(|| panic!("no error in {self:?}")).to_owned()
    }

    /// A member that is a string.
    pub fn member(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}")).to_owned()
    }

    /// The address that the browser is sent to.
    pub fn location(&self) -> Url {
        assert_eq!(self.status, 303, "{self:?}");
        Url::parse(self.header("location")).unwrap()
    }
}

/// A parameter of an address.
pub fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn entropy() -> Entropy {
    Entropy::new(|buffer| openssl::rand::rand_bytes(buffer).unwrap())
}

impl Realm {
    /// A sandbox with one customer signed in.
    pub async fn sandbox() -> Self {
        Self::of_tier(Tier::Sandbox).await
    }

    /// A realm of either tier.
    pub async fn of_tier(tier: Tier) -> Self {
        let folder = Rc::new(tempfile::tempdir().unwrap());
        let start: DateTime<Utc> = "2026-11-24T12:00:00Z".parse().unwrap();
        let now = Arc::new(AtomicI64::new(start.timestamp_micros()));
        let file = folder.path().join("main.db");
        let store = Store::open(&format!("sqlite://{}", file.display()), 1).unwrap();
        store.migrate().unwrap();
        let keys_url = format!("sqlite://{}", folder.path().join("keys.db").display());
        let keys = Keys::open(&keys_url, Secret::new([7; 32]), clock(&now), entropy()).unwrap();
        Self::start(folder, file, store, keys, now, tier).await
    }

    /// Another process on the same database.
    pub async fn twin(&self) -> Self {
        let (folder, file) = (Rc::clone(&self.folder), self.file.clone());
        let store = Store::open(&format!("sqlite://{}", file.display()), 1).unwrap();
        Self::start(folder, file, store, self.keys.clone(), Arc::clone(&self.now), Tier::Sandbox).await
    }

    async fn start(
        folder: Rc<TempDir>,
        file: std::path::PathBuf,
        store: Store,
        keys: Keys,
        now: Arc<AtomicI64>,
        tier: Tier,
    ) -> Self {
        let url: Url = ISSUER.parse().unwrap();
        let ledger =
            Ledger::new(keys.clone(), entropy(), ConfigObject::embedded(b"notice", b"words")).unwrap();
        let settings = Settings::new(url.clone(), tier);
        let sessions = Sessions::new(store.clone(), keys.clone(), clock(&now), entropy(), &url).unwrap();
        let registry = Registry::new();
        let oauth =
            Oauth::new(store, keys.clone(), ledger, clock(&now), entropy(), settings, &registry).unwrap();
        let app = ActixApp::new()
            .app_data(Data::new(oauth.clone()))
            .app_data(Data::new(sessions.clone()))
            .wrap(from_fn(complete))
            .configure(routes)
            .route("/v1/purchases", web::get().to(read::<Purchases>))
            .route("/v1/grant", web::get().to(read::<Own>));
        let service = Rc::new(init_service(app).await);
        let call: Call = Rc::new(move |request| {
            let service = Rc::clone(&service);
            Box::pin(async move { call_service(&*service, request.to_request()).await })
        });
        let (session, cookie) = sign_in(&oauth, &sessions, "customer-1").await;
        Self { oauth, file, session, cookie, sessions, keys, now, call, folder }
    }

    /// Signs another customer in.
    pub async fn sign_in(&self, customer_id: &str) -> (Session, String) {
        sign_in(&self.oauth, &self.sessions, customer_id).await
    }

    /// The session of a cookie, as a page finds it.
    pub async fn session_of(&self, cookie: &str) -> Session {
        let request = TestRequest::default()
            .app_data(Data::new(self.sessions.clone()))
            .insert_header(("cookie", cookie))
            .to_http_request();
        Session::extract(&request).await.unwrap()
    }

    /// The person of the customer who is signed in.
    pub fn person(&self) -> Person {
        self.session.person
    }

    /// The present, in seconds.
    pub fn seconds(&self) -> i64 {
        self.oauth.clock().now().timestamp()
    }

    /// Moves the clock.
    pub fn pass(&self, milliseconds: i64) {
        self.now.fetch_add(milliseconds * 1_000, Ordering::SeqCst);
    }

    /// Lets a caller in, as a handler's signature does.
    pub async fn access(&self, app: &crate::app::App, token: &str) -> Result<Access<Own>, Problem> {
        let request = TestRequest::with_uri("/v1/grant")
            .app_data(Data::new(self.oauth.clone()))
            .insert_header(("authorization", format!("DPoP {token}")))
            .insert_header(("dpop", app.proof(self, "GET", "/v1/grant", Some(token))))
            .to_http_request();
        Access::extract(&request).await
    }

    /// Sends a request.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = TestRequest::with_uri(path).method(method);
        for header in headers {
            request = request.append_header(*header);
        }
        let response = (self.call)(request.set_payload(body.to_owned())).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = to_bytes(response.into_body()).await.unwrap();
        Answer { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    /// Sends a GET.
    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers, "").await
    }

    /// Sends a form.
    pub async fn post(&self, path: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.send(Method::POST, path, &all, &body).await
    }
}

fn clock(now: &Arc<AtomicI64>) -> Clock {
    let now = Arc::clone(now);
    Clock::new(move || DateTime::from_timestamp_micros(now.load(Ordering::SeqCst)).unwrap())
}

async fn sign_in(oauth: &Oauth, sessions: &Sessions, customer_id: &str) -> (Session, String) {
    let now = oauth.clock().now();
    let person = people::resolve_one(oauth.store(), oauth.keys(), oauth.entropy(), now, customer_id).unwrap();
    let cookie = sessions.begin(person, None).await.unwrap();
    let request =
        TestRequest::default().app_data(Data::new(sessions.clone())).cookie(cookie.clone()).to_http_request();
    let session = Session::extract(&request).await.unwrap();
    (session, format!("{}={}", cookie.name(), cookie.value()))
}

async fn read<P: Permission>(access: Access<P>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "grant": format!("{}", access.grant_id), "details": *access.details }))
}
