//! A realm of its own for each test.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::{BoxBody, to_bytes};
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::{Compress, from_fn};
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Data;
use actix_web::{App as ActixApp, FromRequest as _};
use chrono::{DateTime, Utc};
use counterfoil_api::{Api, ApiSettings, Audits, Readiness};
use counterfoil_domain::catalogue::{Catalogue, CatalogueFile, CategoryFile, Unmapped};
use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_domain::ids::Person;
use counterfoil_ledger::Ledger;
use counterfoil_ledger::audit::Audit;
use counterfoil_ledger::audit::processing::Configured;
use counterfoil_ledger::config::ConfigObject;
use counterfoil_ledger::objects::Objects;
use counterfoil_ledger::seal::Sealer;
use counterfoil_ledger::tree::{Generations, PublicLogs};
use counterfoil_oauth::problem::complete;
use counterfoil_oauth::session::{Session, Sessions};
use counterfoil_oauth::{Coverage, Oauth, Settings, Shown, Tier};
use counterfoil_store::entries::{self, Log};
use counterfoil_store::keys::{Keys, Secret};
use counterfoil_store::{Error, Store, people};
use prometheus::Registry;
use serde_json::Value;
use tempfile::TempDir;
use url::Url;

/// What the page of these tests shows.
pub fn page() -> Shown {
    Shown::new("en", b"the page", b"its words")
}

/// The public address of every test.
pub const ISSUER: &str = "https://counterfoil.example";

type Future = std::pin::Pin<Box<dyn std::future::Future<Output = ServiceResponse<BoxBody>>>>;
type Call = Rc<dyn Fn(TestRequest) -> Future>;

pub struct Realm {
    pub store: Store,
    pub keys: Keys,
    pub oauth: Oauth,
    pub ledger: Ledger,
    pub readiness: Readiness,
    sessions: Sessions,
    call: Call,
    _folder: TempDir,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The status with the `code` of problem details.
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let body = self.json();
        assert_eq!(body["requestId"], self.header("x-request-id"));
        (self.status, body["code"].as_str().unwrap().to_owned())
    }

    /// The types of the changes on a page, each with the `orderId` of its purchase, else its purchase or version.
    pub fn changes(&self) -> Vec<(String, String)> {
        assert_eq!(self.status, 200, "{}", self.text());
        let body = self.json();
        let change = |one: &Value| {
            let kind = one["type"].as_str().unwrap();
            let what = [&one["purchase"]["orderId"], &one["purchaseId"], &one["resync"]];
            let what = what.into_iter().find_map(Value::as_str).unwrap();
            (kind.trim_start_matches("purchase.").to_owned(), what.to_owned())
        };
        body["data"].as_array().unwrap().iter().map(change).collect()
    }

    /// The cursor to go on with.
    pub fn cursor(&self) -> String {
        self.json()["nextCursor"].as_str().unwrap_or_else(|| panic!("{}", self.text())).to_owned()
    }

    /// The ids of the purchases on a page, in order.
    pub fn orders(&self) -> Vec<String> {
        assert_eq!(self.status, 200, "{}", self.text());
        let body = self.json();
        let orders =
            body["data"].as_array().unwrap().iter().map(|one| one["orderId"].as_str().unwrap().to_owned());
        orders.collect()
    }
}

pub fn entropy() -> Entropy {
    Entropy::new(|buffer| openssl::rand::rand_bytes(buffer).unwrap())
}

/// Two categories, of which one is sensitive; `unmapped` is ordinary.
pub fn catalogue() -> Arc<Catalogue> {
    let category = |id: &str, sensitive, path: &str| CategoryFile {
        id: id.to_owned(),
        name: [("en".to_owned(), id.to_owned())].into(),
        sensitive,
        paths: vec![vec![path.to_owned()]],
        skus: Vec::new(),
    };
    let categories = vec![category("bakery", false, "BREAD"), category("health", true, "DRUGS")];
    let file = CatalogueFile { version: 1, unmapped: Unmapped::Ordinary, categories };
    Arc::new(Catalogue::new(file).unwrap())
}

fn coverage() -> Coverage {
    Coverage {
        from: "2015-01-01".parse().ok(),
        channels: vec!["store".to_owned(), "online".to_owned()],
        retention: Some("Ten years".to_owned()),
    }
}

pub fn now() -> DateTime<Utc> {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

impl Realm {
    pub async fn new() -> Self {
        Self::with_limit(10_000).await
    }

    /// A realm in which a grant may make so many requests in a minute.
    pub async fn with_limit(per_minute: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
        let (clock, url): (Clock, Url) = (Clock::fixed(now()), ISSUER.parse().unwrap());
        let store = Store::open(&file("main.db"), 1).unwrap();
        store.migrate().unwrap();
        let keys = Keys::open(&file("keys.db"), Secret::new([7; 32]), clock.clone(), entropy()).unwrap();
        let config = ConfigObject::embedded(b"notice", b"words");
        let ledger = Ledger::new(keys.clone(), entropy(), config).unwrap();
        let registry = Registry::new();
        let sealer =
            Sealer::start(ledger.clone(), store.clone(), keys.clone(), clock.clone(), &registry).unwrap();
        let oauth = Oauth::new(
            store.clone(),
            keys.clone(),
            ledger.clone(),
            clock.clone(),
            entropy(),
            Settings { coverage: coverage(), ..Settings::new(url.clone(), Tier::Sandbox) },
            &registry,
        );
        let oauth = oauth.unwrap();
        let readiness = Readiness::default();
        let settings = ApiSettings {
            base: oauth.issuer().to_owned(),
            per_minute,
            system_per_minute: per_minute,
            coverage: oauth.settings().coverage.clone(),
            logs: PublicLogs::new(store.clone(), Objects::folder(&folder.path().join("ledger")).unwrap()),
        };
        let api = Api::new(
            store.clone(),
            keys.clone(),
            sealer,
            clock.clone(),
            catalogue(),
            readiness.clone(),
            settings,
        )
        .unwrap();
        let sessions = Sessions::new(store.clone(), keys.clone(), clock.clone(), entropy(), &url).unwrap();
        let audits = Audits {
            audit: Audit::new(
                store.clone(),
                keys.clone(),
                ledger.clone(),
                Objects::folder(&folder.path().join("ledger")).unwrap(),
                Generations::new(&folder.path().join("ledger-keys"), "counterfoil.example/ledger"),
            ),
            configured: Configured { name: "The shop".to_owned(), ..Configured::default() },
            store: store.clone(),
            clock,
        };
        let app = ActixApp::new()
            .app_data(Data::new(oauth.clone()))
            .app_data(Data::new(api))
            .app_data(Data::new(sessions.clone()))
            .app_data(Data::new(audits))
            .configure(counterfoil_oauth::routes)
            .configure(counterfoil_api::routes)
            .wrap(from_fn(complete))
            .wrap(Compress::default());
        let service = Rc::new(init_service(app).await);
        let call: Call = Rc::new(move |request| {
            let service = Rc::clone(&service);
            Box::pin(async move { call_service(&*service, request.to_request()).await.map_into_boxed_body() })
        });
        Self { store, keys, oauth, ledger, readiness, sessions, call, _folder: folder }
    }

    pub fn person(&self, customer_id: &str) -> Person {
        people::resolve_one(&self.store, &self.keys, &entropy(), now(), customer_id).unwrap()
    }

    /// Signs a customer in.
    pub async fn sign_in(&self, customer_id: &str) -> Session {
        let cookie = self.sessions.begin(self.person(customer_id), None).await.unwrap();
        let request = TestRequest::default()
            .app_data(Data::new(self.sessions.clone()))
            .cookie(cookie)
            .to_http_request();
        Session::extract(&request).await.unwrap()
    }

    /// The cookie of somebody who signs in; of a member of staff with their reference.
    pub async fn cookie(&self, customer_id: &str, staff: Option<&str>) -> String {
        let cookie = self.sessions.begin_as(self.person(customer_id), staff, None).await.unwrap();
        format!("{}={}", cookie.name(), cookie.value())
    }

    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = TestRequest::with_uri(path).method(method);
        for header in headers {
            request = request.append_header(*header);
        }
        let response = (self.call)(request.set_payload(body.to_owned())).await;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: to_bytes(response.into_body()).await.unwrap().to_vec() }
    }

    /// Disclosures so far.
    pub fn disclosures(&self) -> i64 {
        self.store.read_blocking(|conn| entries::size(conn, Log::Access)).unwrap()
    }

    /// The payload of a disclosure.
    pub fn disclosure(&self, seq: i64) -> Value {
        let read = |conn: &mut counterfoil_store::conn::Conn| {
            let entry = entries::read(conn, Log::Access, seq, 1)?.remove(0);
            let record = counterfoil_domain::ids::RecordId::from_slice(&entry.record).unwrap();
            let person = entries::person_of(conn, record)?.unwrap();
            Ok::<_, Error>((entry, person))
        };
        let (entry, person) = self.store.read_blocking(read).unwrap();
        let keys = self.keys.person(person).unwrap();
        self.ledger.open(&keys, &entry).unwrap().payload.unwrap()
    }
}
