//! The login at an identity provider, against a small provider on loopback.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, test, web};
use chrono::{DateTime, Duration, Utc};
use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_oauth::Tier;
use counterfoil_oauth::session::{ReturnTo, Sessions, Visitor};
use counterfoil_oauth::upstream::{Callback, Login, LoginError, OidcSettings};
use counterfoil_store::Store;
use counterfoil_store::keys::{Keys, Secret};
use josekit::jwk::Jwk;
use josekit::jws::{HS256, JwsHeader, RS256};
use josekit::jwt::{self, JwtPayload};
use serde_json::{Value, json};
use url::Url;

/// What the provider puts into its next ID token, and what it was sent.
struct Provider {
    issuer: String,
    key: Jwk,
    claims: Value,
    is_hmac: bool,
    asked: Vec<String>,
}

type Shared = web::Data<Mutex<Provider>>;

async fn discovery(provider: Shared) -> HttpResponse {
    let issuer = provider.lock().unwrap().issuer.clone();
    HttpResponse::Ok().json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "HS256"],
    }))
}

async fn jwks(provider: Shared) -> HttpResponse {
    let mut key = provider.lock().unwrap().key.to_public_key().unwrap();
    key.set_key_id("k1");
    HttpResponse::Ok().json(json!({ "keys": [Value::Object(key.into())] }))
}

async fn token(provider: Shared, body: String) -> HttpResponse {
    let mut provider = provider.lock().unwrap();
    provider.asked.push(body);
    let payload = JwtPayload::from_map(provider.claims.as_object().unwrap().clone()).unwrap();
    let mut header = JwsHeader::new();
    let id_token = if provider.is_hmac {
        let signer = HS256.signer_from_bytes(b"the secret that both of them know, long enough").unwrap();
        jwt::encode_with_signer(&payload, &header, &signer).unwrap()
    } else {
        header.set_key_id("k1");
        jwt::encode_with_signer(&payload, &header, &RS256.signer_from_jwk(&provider.key).unwrap()).unwrap()
    };
    HttpResponse::Ok().json(json!({ "access_token": "a", "token_type": "Bearer", "id_token": id_token }))
}

/// Starts a provider; its issuer and what it shares with the test.
fn start_provider() -> Shared {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let mut key = Jwk::generate_rsa_key(2048).unwrap();
    key.set_key_id("k1");
    key.set_algorithm("RS256");
    key.set_key_use("sig");
    let provider = web::Data::new(Mutex::new(Provider {
        issuer,
        key,
        claims: json!({}),
        is_hmac: false,
        asked: Vec::new(),
    }));
    let shared = provider.clone();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .route("/.well-known/openid-configuration", web::get().to(discovery))
            .route("/jwks", web::get().to(jwks))
            .route("/token", web::post().to(token))
    })
    .workers(1)
    .listen(listener)
    .unwrap()
    .run();
    actix_web::rt::spawn(server);
    provider
}

fn now() -> DateTime<Utc> {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

async fn begin(visitor: Visitor, login: web::Data<Login>) -> HttpResponse {
    let Login::Oidc(provider) = &**login else { return HttpResponse::NotFound().finish() };
    let address = provider.begin(&visitor, &ReturnTo::parse("/apps").unwrap()).await.unwrap();
    let mut response = HttpResponse::SeeOther();
    if let Some(cookie) = visitor.cookie() {
        response.cookie(cookie);
    }
    response.insert_header((LOCATION, address.as_str())).finish()
}

async fn finish(request: HttpRequest, visitor: Visitor, login: web::Data<Login>) -> HttpResponse {
    let Login::Oidc(provider) = &**login else { return HttpResponse::NotFound().finish() };
    let mut callback = Callback::default();
    for (name, value) in url::form_urlencoded::parse(request.query_string().as_bytes()) {
        let value = value.into_owned();
        match &*name {
            "state" => callback.state = value,
            "code" => callback.code = Some(value),
            "error" => callback.error = Some(value),
            "iss" => callback.issuer = Some(value),
            _ => {}
        }
    }
    match provider.finish(&visitor, callback).await {
        Ok(arrival) => {
            HttpResponse::Ok().body(format!("{} {}", arrival.customer_id, arrival.return_to.path()))
        }
        Err(error) => HttpResponse::BadRequest().body(format!("{error}")),
    }
}

/// How the sign-in of one row of the table differs from a good one.
#[derive(Default)]
struct Turn<'a> {
    claims: Value,
    is_hmac: bool,
    query: &'a [(&'a str, &'a str)],
    claim: Option<&'a str>,
    from_elsewhere: bool,
    twice: bool,
}

/// One sign-in from beginning to end; status and text of the answer.
async fn sign_in(turn: Turn<'_>) -> (StatusCode, String) {
    let provider = start_provider();
    let issuer = provider.lock().unwrap().issuer.clone();
    let folder = tempfile::tempdir().unwrap();
    let url = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
    let clock = Clock::fixed(now());
    let count = Arc::new(Mutex::new(0_u64));
    let entropy = Entropy::new(move |bytes| {
        let mut count = count.lock().unwrap();
        for chunk in bytes.chunks_mut(8) {
            *count += 1;
            chunk.copy_from_slice(&count.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()[..chunk.len()]);
        }
    });
    let store = Store::open(&url("main.db"), 1).unwrap();
    store.migrate().unwrap();
    let keys = Keys::open(&url("keys.db"), Secret::new([7; 32]), clock.clone(), entropy.clone()).unwrap();
    let public_url: Url = "https://shop.example".parse().unwrap();
    let sessions = Sessions::new(store, keys, clock, entropy, &public_url).unwrap();
    let settings = OidcSettings {
        issuer: issuer.clone(),
        client_id: "counterfoil".to_owned(),
        client_secret: Some("the secret that both of them know, long enough".to_owned()),
        scopes: vec!["profile".to_owned()],
        claim: turn.claim.unwrap_or("sub").to_owned(),
        address_claim: None,
        staff: None,
    };
    let login = Login::oidc(settings, &public_url).unwrap();
    let app = test::init_service(
        App::new()
            .app_data(web::Data::new(sessions))
            .app_data(web::Data::new(login))
            .route("/begin", web::get().to(begin))
            .route("/finish", web::get().to(finish)),
    )
    .await;

    let response = test::call_service(&app, test::TestRequest::get().uri("/begin").to_request()).await;
    let cookie: Cookie<'static> = response.response().cookies().next().unwrap().into_owned();
    assert!(
        cookie.name().starts_with("__Host-")
            && cookie.http_only() == Some(true)
            && cookie.secure() == Some(true)
    );
    let address = Url::parse(response.headers().get(LOCATION).unwrap().to_str().unwrap()).unwrap();
    let asked: std::collections::HashMap<String, String> = address.query_pairs().into_owned().collect();
    assert_eq!(asked["code_challenge_method"], "S256");
    assert_eq!(asked["scope"], "openid profile");
    assert_eq!(asked["redirect_uri"], "https://shop.example/sign-in/callback");

    let mut claims = json!({
        "iss": issuer, "aud": "counterfoil", "sub": "customer-7", "nonce": asked["nonce"],
        "iat": now().timestamp(), "exp": (now() + Duration::minutes(5)).timestamp(),
    });
    for (name, value) in turn.claims.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    {
        let mut provider = provider.lock().unwrap();
        provider.claims = claims;
        provider.is_hmac = turn.is_hmac;
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("state", &asked["state"]);
    if !turn.query.iter().any(|(name, _)| *name == "error") {
        query.append_pair("code", "c1");
    }
    query.extend_pairs(turn.query);
    let back = format!("/finish?{}", query.finish());
    let come_back = || {
        let mut request = test::TestRequest::get().uri(&back);
        if !turn.from_elsewhere {
            request = request.cookie(cookie.clone());
        }
        test::call_service(&app, request.to_request())
    };
    if turn.twice {
        come_back().await;
    }
    let response = come_back().await;
    let status = response.status();
    let text = String::from_utf8(test::read_body(response).await.to_vec()).unwrap();
    if status == StatusCode::OK {
        let sent = provider.lock().unwrap().asked.join("&");
        assert!(sent.contains("code_verifier="), "the code is redeemed with its verifier");
    }
    (status, text)
}

#[actix_web::test]
async fn a_customer_comes_back_as_who_the_provider_says() {
    let (status, text) = sign_in(Turn::default()).await;
    assert_eq!((status, text.as_str()), (StatusCode::OK, "customer-7 /apps"));
    let turn = Turn {
        claim: Some("customer_number"),
        claims: json!({ "customer_number": 4711 }),
        ..Turn::default()
    };
    assert_eq!(sign_in(turn).await.1, "4711 /apps");
}

/// Check 48: state, nonce, PKCE, iss; and what an ID token may not be.
#[actix_web::test]
async fn an_answer_that_cannot_be_trusted_signs_nobody_in() {
    let expired = json!({ "exp": now().timestamp() - 1 });
    let table: Vec<(&str, Turn<'_>, &str)> = vec![
        ("nonce", Turn { claims: json!({ "nonce": "another" }), ..Turn::default() }, "nonce"),
        ("audience", Turn { claims: json!({ "aud": "somebody" }), ..Turn::default() }, "audience"),
        ("issuer", Turn { claims: json!({ "iss": "https://other.example" }), ..Turn::default() }, "issuer"),
        ("expired", Turn { claims: expired, ..Turn::default() }, "expired"),
        ("signed with the shared secret", Turn { is_hmac: true, ..Turn::default() }, "algorithm"),
        (
            "mixed up",
            Turn { query: &[("iss", "https://other.example")], ..Turn::default() },
            "another issuer",
        ),
        ("declined", Turn { query: &[("error", "access_denied")], ..Turn::default() }, "access_denied"),
        ("made-up error", Turn { query: &[("error", "<b>x</b>")], ..Turn::default() }, "another error"),
        ("other browser", Turn { from_elsewhere: true, ..Turn::default() }, "under way"),
        ("twice", Turn { twice: true, ..Turn::default() }, "under way"),
        ("no claim", Turn { claim: Some("customer_number"), ..Turn::default() }, "no usable claim"),
        (
            "control characters",
            Turn { claims: json!({ "sub": "a\u{0}b" }), ..Turn::default() },
            "no usable claim",
        ),
    ];
    for (name, turn, expected) in table {
        let (status, text) = sign_in(turn).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{name}");
        assert!(text.contains(expected), "{name}: {text}");
    }
}

#[actix_web::test]
async fn the_demo_login_stays_at_home() {
    let local: Url = "http://127.0.0.1:8080".parse().unwrap();
    let public: Url = "https://shop.example".parse().unwrap();
    assert!(Login::demo(Tier::Sandbox, &local).is_ok());
    assert!(matches!(Login::demo(Tier::Production, &local), Err(LoginError::DemoInPublic)));
    assert!(matches!(Login::demo(Tier::Sandbox, &public), Err(LoginError::DemoInPublic)));
    let settings = OidcSettings {
        issuer: "http://id.example".to_owned(),
        client_id: String::new(),
        client_secret: None,
        scopes: Vec::new(),
        claim: "sub".to_owned(),
        address_claim: None,
        staff: None,
    };
    assert!(matches!(Login::oidc(settings, &public), Err(LoginError::Issuer)));
}
