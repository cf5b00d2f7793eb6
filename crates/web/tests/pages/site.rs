//! The pages on a realm of their own for each test, and a browser that keeps cookies.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use actix_web::App;
use actix_web::body::{BoxBody, to_bytes};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::web::Data;
use chrono::{DateTime, NaiveDate, Utc};
use counterfoil_domain::catalogue::{Catalogue, CatalogueFile};
use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_domain::grant::Lasting;
use counterfoil_domain::ids::ClientId;
use counterfoil_ledger::Ledger;
use counterfoil_ledger::config::ConfigObject;
use counterfoil_oauth::apps::{self, NewApp};
use counterfoil_oauth::erasure::Eraser;
use counterfoil_oauth::session::Sessions;
use counterfoil_oauth::upstream::Login;
use counterfoil_oauth::{Oauth, Settings, Tier};
use counterfoil_store::Store;
use counterfoil_store::keys::{Keys, Secret};
use counterfoil_volunteered::Volunteering;
use counterfoil_web::{Category, Files, PageSet, PagesSettings, Suggestion};
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::EcCurve;
use josekit::jws::{ES256, JwsHeader};
use josekit::jwt::{self, JwtPayload};
use serde_json::json;
use tempfile::TempDir;
use url::Url;
use url::form_urlencoded::Serializer;

/// Where the pages are.
pub const BASE: &str = "http://127.0.0.1:8080";
/// Where answers go.
pub const REDIRECT: &str = "https://app.example/callback";

/// What the app may ask for.
const SCOPE: &str = "purchases:read purchases.lines:read purchases.sensitive:read purchases.payment:read \
                     purchases.location:read purchases.documents:read";

/// Of the goods of these tests, one is very personal.
pub const PERSONAL: &str = "Pregnancy test";

fn catalogue() -> Catalogue {
    let categories = json!([{
        "id": "health", "name": { "en": "Health" }, "sensitive": true, "paths": [], "skus": [PERSONAL],
    }]);
    let file: CatalogueFile =
        serde_json::from_value(json!({ "version": 1, "categories": categories })).unwrap();
    Catalogue::new(file).unwrap()
}

type Answered = Pin<Box<dyn Future<Output = ServiceResponse<BoxBody>>>>;
type Call = Rc<dyn Fn(TestRequest) -> Answered>;

/// A site with one app.
pub struct Site {
    /// The authorization server.
    pub oauth: Oauth,
    /// What customers tell.
    pub volunteering: Volunteering,
    /// The pages.
    pub pages: PageSet,
    call: Call,
    now: Arc<AtomicI64>,
    key: Jwk,
    client_id: String,
    pushed: Cell<u32>,
    _folder: TempDir,
}

/// How the app of a site is registered.
pub struct Registered {
    /// Its name.
    pub name: &'static str,
    /// What it may ask for.
    pub max_duration: Lasting,
    /// From when on.
    pub window_from: Option<&'static str>,
    /// Of the realm.
    pub tier: Tier,
    /// Files of the shop's own, by name.
    pub own: Vec<(&'static str, String)>,
}

impl Default for Registered {
    fn default() -> Self {
        Self {
            name: "Money Garden",
            max_duration: Lasting::UntilWithdrawn,
            window_from: None,
            tier: Tier::Sandbox,
            own: Vec::new(),
        }
    }
}

impl Site {
    /// A site with a plain app.
    pub async fn open() -> Self {
        Self::with(Registered::default()).await
    }

    /// A site with a given app.
    pub async fn with(registered: Registered) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start: DateTime<Utc> = "2026-11-24T12:00:00Z".parse().unwrap();
        let now = Arc::new(AtomicI64::new(start.timestamp_micros()));
        let reading = Arc::clone(&now);
        let clock =
            Clock::new(move || DateTime::from_timestamp_micros(reading.load(Ordering::SeqCst)).unwrap());
        let entropy = Entropy::new(|bytes| openssl::rand::rand_bytes(bytes).unwrap());
        let url = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
        let store = Store::open(&url("main.db"), 1).unwrap();
        store.migrate().unwrap();
        let keys = Keys::open(&url("keys.db"), Secret::new([7; 32]), clock.clone(), entropy.clone()).unwrap();
        let base: Url = BASE.parse().unwrap();
        let mut files = Files::embedded();
        for (name, text) in registered.own {
            files.replace(name, text).unwrap();
        }
        let config = ConfigObject::embedded(&files.notice(), &files.words());
        let ledger = Ledger::new(keys.clone(), entropy.clone(), config).unwrap();
        let sessions =
            Sessions::new(store.clone(), keys.clone(), clock.clone(), entropy.clone(), &base).unwrap();
        let login = Login::demo(Tier::Sandbox, &base).unwrap();
        let settings = PagesSettings {
            shop: "Example Stores".to_owned(),
            timezone: chrono_tz::Europe::Berlin,
            suggestions: vec![Suggestion {
                id: "customer-001".to_owned(),
                says: "a family that cooks".to_owned(),
            }],
            categories: [
                ("bread", "Bread", false),
                ("health", "Health", true),
                ("wine", "Wine & beer", false),
            ]
            .map(|(id, name, sensitive)| Category {
                id: id.to_owned(),
                names: [("en".to_owned(), name.to_owned())].into(),
                sensitive,
            })
            .to_vec(),
            catalogue: Arc::new(catalogue()),
            is_secure: false,
            has_styleguide: registered.tier == Tier::Sandbox,
        };
        let pages = PageSet::new(files, settings, clock.clone(), entropy.clone()).unwrap();
        let registry = prometheus::Registry::new();
        let volunteering =
            Volunteering::new(store.clone(), keys.clone(), ledger.clone(), clock.clone(), entropy.clone());
        let oauth =
            Oauth::new(store, keys, ledger, clock, entropy, Settings::new(base, Tier::Sandbox), &registry)
                .unwrap();
        let key = Jwk::generate_ec_key(EcCurve::P256).unwrap();
        let public = serde_json::Value::Object(key.to_public_key().unwrap().into());
        let new = NewApp {
            name: registered.name.to_owned(),
            operator: "Garden Software".to_owned(),
            address: Some("1 High Street, Leeds".to_owned()),
            contact: Some("privacy@app.example".to_owned()),
            redirect_uris: vec![REDIRECT.to_owned()],
            scope: SCOPE.to_owned(),
            auth_method: "private_key_jwt".to_owned(),
            jwks: json!({ "keys": [public] }).to_string(),
            max_duration: registered.max_duration,
            window_from: registered.window_from.map(|day| day.parse::<NaiveDate>().unwrap()),
            purposes: None,
        };
        let client_id = apps::register(&oauth, new).await.unwrap().to_string();
        let app = App::new()
            .app_data(Data::new(oauth.clone()))
            .app_data(Data::new(sessions))
            .app_data(Data::new(login))
            .app_data(Data::new(pages.clone()))
            .app_data(Data::new(volunteering.clone()))
            .app_data(Data::new(Eraser::new(0, |_, _| Ok(true))))
            .configure(counterfoil_oauth::routes)
            .configure(counterfoil_web::routes);
        let service = Rc::new(init_service(app).await);
        let call: Call = Rc::new(move |request| {
            let service = Rc::clone(&service);
            Box::pin(async move { call_service(&*service, request.to_request()).await })
        });
        Self { oauth, volunteering, pages, call, now, key, client_id, pushed: Cell::new(0), _folder: folder }
    }

    /// The id of the app.
    pub fn client_id(&self) -> ClientId {
        self.client_id.parse().unwrap()
    }

    /// Moves the clock.
    pub fn pass_minutes(&self, minutes: i64) {
        self.now.fetch_add(minutes * 60_000_000, Ordering::SeqCst);
    }

    /// A new browser.
    pub fn browser(&self) -> Browser<'_> {
        Browser { site: self, cookies: RefCell::default() }
    }

    /// The app pushes a request; the address that the customer's browser is to open.
    pub async fn request(&self) -> String {
        self.request_with(&[]).await
    }

    /// A request with more parameters.
    pub async fn request_with(&self, more: &[(&str, &str)]) -> String {
        self.pushed.set(self.pushed.get() + 1);
        let seconds = self.oauth.clock().now().timestamp();
        let claims = json!({
            "iss": self.client_id, "sub": self.client_id, "aud": BASE,
            "jti": format!("jti-{}", self.pushed.get()), "iat": seconds, "exp": seconds + 60,
        });
        let payload = JwtPayload::from_map(claims.as_object().unwrap().clone()).unwrap();
        let signer = ES256.signer_from_jwk(&self.key).unwrap();
        let assertion = jwt::encode_with_signer(&payload, &JwsHeader::new(), &signer).unwrap();
        let mut form = vec![
            ("response_type", "code"),
            ("redirect_uri", REDIRECT),
            ("state", "s1"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &assertion),
        ];
        if !more.iter().any(|(name, _)| *name == "authorization_details") {
            form.push(("scope", "purchases:read purchases.lines:read purchases.location:read"));
        }
        form.extend_from_slice(more);
        let page = self.browser().send("POST", "/oauth/par", &[], Some(&form)).await;
        assert_eq!(page.status, 201, "{page:?}");
        let pushed: serde_json::Value = serde_json::from_str(&page.text).unwrap();
        let query = Serializer::new(String::new())
            .append_pair("client_id", &self.client_id)
            .append_pair("request_uri", pushed["request_uri"].as_str().unwrap())
            .finish();
        format!("/oauth/authorize?{query}")
    }
}

/// A browser: keeps cookies, fills in forms, follows what leads to our own pages.
pub struct Browser<'a> {
    site: &'a Site,
    /// By name.
    pub cookies: RefCell<BTreeMap<String, String>>,
}

/// What a browser shows, or was told.
#[derive(Debug)]
pub struct Page {
    /// Where it is.
    pub path: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl Page {
    /// A header.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where a 303 leads.
    pub fn leads_to(&self) -> &str {
        assert_eq!(self.status, 303, "{self:?}");
        self.header("location")
    }

    /// A parameter of the address that a 303 leads to.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let url = Url::parse(self.leads_to()).unwrap();
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// The value of a hidden field.
    pub fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let rest = self.text.split_once(&start).unwrap_or_else(|| panic!("no {name} in {self:?}")).1;
        let value = rest.split_once('"').unwrap().0;
        value.replace("&#x2f;", "/").replace("&amp;", "&")
    }

    /// The tags that hold a text.
    pub fn tags(&self, part: &str) -> Vec<&str> {
        self.text.split('<').filter(|tag| tag.contains(part)).collect()
    }
}

impl Browser<'_> {
    /// Sends one request.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        form: Option<&[(&str, &str)]>,
    ) -> Page {
        let mut request = TestRequest::with_uri(path).method(method.parse().unwrap());
        let cookies: Vec<String> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.insert_header(("cookie", cookies.join("; ")));
        }
        if let Some(form) = form {
            request = request
                .insert_header(("content-type", "application/x-www-form-urlencoded"))
                .set_payload(Serializer::new(String::new()).extend_pairs(form).finish());
        }
        for header in headers {
            request = request.insert_header(*header);
        }
        self.receive(path, request).await
    }

    /// Posts bytes.
    pub async fn send_bytes(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Page {
        let cookies: Vec<String> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = TestRequest::post().uri(path).insert_header(("cookie", cookies.join("; ")));
        for header in headers {
            request = request.insert_header(*header);
        }
        self.receive(path, request.set_payload(body)).await
    }

    async fn receive(&self, path: &str, request: TestRequest) -> Page {
        let response = (self.site.call)(request).await;
        for cookie in response.response().cookies() {
            let mut jar = self.cookies.borrow_mut();
            if cookie.value().is_empty() {
                jar.remove(cookie.name());
            } else {
                jar.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = to_bytes(response.into_body()).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Page { path: path.to_owned(), status, headers, text }
    }

    /// Opens an address and follows what leads to our own pages.
    pub async fn open(&self, path: &str) -> Page {
        let mut page = self.send("GET", path, &[], None).await;
        while page.status == 303 {
            let to = page.leads_to().to_owned();
            let Some(path) = to.strip_prefix(BASE).or_else(|| to.starts_with('/').then_some(&*to)) else {
                break;
            };
            page = self.send("GET", path, &[], None).await;
        }
        page
    }

    /// Posts a form of a page as a browser does, with its token.
    pub async fn submit(&self, page: &Page, path: &str, form: &[(&str, &str)]) -> Page {
        let csrf = page.hidden("csrf");
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(form);
        self.send("POST", path, &[("origin", "null"), ("sec-fetch-site", "same-origin")], Some(&all)).await
    }

    /// Signs a customer in.
    pub async fn sign_in(&self, customer_id: &str) {
        let page = self.open("/sign-in").await;
        let answer =
            self.submit(&page, "/sign-in", &[("customerId", customer_id), ("answer", "sign-in")]).await;
        assert_eq!(answer.leads_to(), "/apps");
    }

    /// Opens a request and answers its consent page.
    pub async fn answer(&self, request: &str, form: &[(&str, &str)]) -> Page {
        let page = self.open(request).await;
        let reference = page.hidden("request");
        let mut all = vec![("request", reference.as_str())];
        all.extend_from_slice(form);
        self.submit(&page, "/consent", &all).await
    }

    /// Lets the app in; gives the grant's id.
    pub async fn connect(&self) -> String {
        let request = self.site.request().await;
        let answer = self.answer(&request, ALLOW).await;
        assert!(answer.parameter("code").is_some());
        self.grant().await
    }

    /// The id of the newest grant on the page of connected apps.
    pub async fn grant(&self) -> String {
        let page = self.open("/apps").await;
        let start = page.text.find("id=\"gra_").unwrap_or_else(|| panic!("no grant in {page:?}"));
        page.text[start + 4..start + 34].to_owned()
    }
}

/// What is sent when "Allow" is pressed and nothing was changed.
pub const ALLOW: &[(&str, &str)] =
    &[("from", "all"), ("fromDate", ""), ("duration", "P90D"), ("answer", "allow")];
