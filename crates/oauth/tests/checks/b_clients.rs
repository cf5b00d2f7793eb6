//! B. Client authentication.

use counterfoil_domain::config_object::{Body, Object};
use counterfoil_domain::grant::Lasting;
use counterfoil_oauth::Tier;
use counterfoil_oauth::apps::{self, AppError, AppState, NewApp};
use counterfoil_store::config_objects;
use josekit::jwk::Jwk;
use serde_json::{Value, json};

use crate::app::{ASSERTION_TYPE, App, ec_key, ed_key, new_app, public, sign, with};
use crate::realm::{Answer, ISSUER, Realm};

const ENDPOINTS: [&str; 4] = ["/oauth/par", "/oauth/token", "/oauth/introspect", "/oauth/revoke"];

async fn push_with(realm: &Realm, app: &App, header: Value, change: Value) -> Answer {
    let assertion = sign(&app.key, &header, &with(app.claims(realm), change));
    app.form_with(realm, "/oauth/par", &[], &App::request(), &assertion).await
}

async fn refused(realm: &Realm, app: &App, change: Value) {
    let answer = push_with(realm, app, json!({ "alg": "ES256" }), change.clone()).await;
    assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_client"), "{change}");
}

async fn accepted(realm: &Realm, app: &App, change: Value) {
    let answer = push_with(realm, app, json!({ "alg": "ES256" }), change.clone()).await;
    assert_eq!(answer.status, 201, "{change}: {answer:?}");
}

#[actix_web::test]
async fn c09_no_authentication_no_answer() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    for endpoint in ENDPOINTS {
        for form in [
            vec![("client_id", app.id.as_str()), ("token", "x"), ("grant_type", "refresh_token")],
            vec![("client_id", app.id.as_str()), ("client_secret", "guess")],
            vec![("client_assertion_type", ASSERTION_TYPE), ("client_assertion", "a.b.c")],
            vec![("client_assertion_type", ASSERTION_TYPE)],
            vec![],
        ] {
            let answer = realm.post(endpoint, &[], &form).await;
            assert_eq!(
                (answer.status, answer.error().as_str()),
                (401, "invalid_client"),
                "{endpoint} {form:?}"
            );
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
    let answer = realm.get(&format!("/oauth/grants/{}", "gra_aaaaaaaaaaaaaaaaaaaaaaaaaa"), &[]).await;
    assert_eq!(answer.status, 401);
}

/// AS-8.
#[actix_web::test]
async fn c10_aud_is_the_issuer_as_one_string() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    accepted(&realm, &app, json!({ "aud": ISSUER })).await;
    for aud in [
        json!(format!("{ISSUER}/oauth/token")),
        json!(format!("{ISSUER}/oauth/par")),
        json!(format!("{ISSUER}/")),
        json!([ISSUER]),
        json!([ISSUER, format!("{ISSUER}/oauth/par")]),
        json!("https://other.example"),
        Value::Null,
    ] {
        refused(&realm, &app, json!({ "aud": aud })).await;
    }
}

#[actix_web::test]
async fn c11_iss_and_sub_are_the_client() {
    let realm = Realm::sandbox().await;
    let (app, other) = (App::register(&realm).await, App::register(&realm).await);
    for change in [
        json!({ "sub": null }),
        json!({ "iss": null }),
        json!({ "sub": other.id }),
        json!({ "iss": other.id }),
        json!({ "iss": "app_unknown", "sub": "app_unknown" }),
    ] {
        refused(&realm, &app, change).await;
    }
}

#[actix_web::test]
async fn c12_exp_is_near_and_ahead() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let now = realm.seconds();
    accepted(&realm, &app, json!({ "exp": now + 300 })).await;
    accepted(&realm, &app, json!({ "exp": now - 8 })).await;
    for exp in
        [json!(now - 300), json!(now - 60), json!(now + 600), Value::Null, json!(format!("{}", now + 60))]
    {
        refused(&realm, &app, json!({ "exp": exp })).await;
    }
}

/// AS-13.
#[actix_web::test]
async fn c13_a_clock_may_be_ten_seconds_ahead_but_not_sixty() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let now = realm.seconds();
    for claim in ["iat", "nbf"] {
        accepted(&realm, &app, json!({ claim: now + 8 })).await;
        accepted(&realm, &app, json!({ claim: now + 10 })).await;
        refused(&realm, &app, json!({ claim: now + 61 })).await;
    }
    accepted(&realm, &app, json!({ "iat": null })).await;
}

#[actix_web::test]
async fn c14_a_jti_is_used_once_on_whatever_node() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let assertion = app.assertion(&realm);
    assert_eq!(app.form_with(&realm, "/oauth/par", &[], &App::request(), &assertion).await.status, 201);
    let again = app.form_with(&realm, "/oauth/par", &[], &App::request(), &assertion).await;
    assert_eq!(again.error(), "invalid_client");
    let twin = realm.twin().await;
    let elsewhere = app.form_with(&twin, "/oauth/token", &[], &App::request(), &assertion).await;
    assert_eq!(elsewhere.error(), "invalid_client");
    refused(&realm, &app, json!({ "jti": null })).await;
    refused(&realm, &app, json!({ "jti": "" })).await;
    let other = App::register(&realm).await;
    accepted(&realm, &app, json!({ "jti": "same" })).await;
    accepted(&realm, &other, json!({ "jti": "same" })).await;
}

#[actix_web::test]
async fn c15_the_algorithm_follows_from_the_key() {
    let realm = Realm::sandbox().await;
    let rsa = App::with_key(&realm, Jwk::generate_rsa_key(2048).unwrap()).await;
    let ec = App::register(&realm).await;
    let ed = App::with_key(&realm, ed_key()).await;
    for (app, alg) in [(&rsa, "PS256"), (&ec, "ES256"), (&ed, "EdDSA")] {
        assert_eq!(push_with(&realm, app, json!({ "alg": alg }), json!({})).await.status, 201, "{alg}");
        let bare = push_with(&realm, app, json!({ "alg": "none" }), json!({})).await;
        assert_eq!(bare.error(), "invalid_client");
    }
    let answer = push_with(&realm, &rsa, json!({ "alg": "RS256" }), json!({})).await;
    assert_eq!(answer.error(), "invalid_client", "RS256");
    // The public key's text as a shared secret.
    let secret = public(&rsa.key).to_string();
    let mut confused = Jwk::new("oct");
    confused.set_key_value(secret.as_bytes());
    let forged = sign(&confused, &json!({ "alg": "HS256" }), &rsa.claims(&realm));
    let answer = rsa.form_with(&realm, "/oauth/par", &[], &App::request(), &forged).await;
    assert_eq!(answer.error(), "invalid_client", "HS256");
    // An ES256 header over the client's RSA key, signed with some EC key.
    let forged = sign(&ec_key(), &json!({ "alg": "ES256" }), &rsa.claims(&realm));
    let answer = rsa.form_with(&realm, "/oauth/par", &[], &App::request(), &forged).await;
    assert_eq!(answer.error(), "invalid_client", "ES256 for an RSA key");
}

#[actix_web::test]
async fn c16_another_clients_key_proves_nothing() {
    let realm = Realm::sandbox().await;
    let (app, other) = (App::register(&realm).await, App::register(&realm).await);
    let forged = sign(&other.key, &json!({ "alg": "ES256" }), &app.claims(&realm));
    let answer = app.form_with(&realm, "/oauth/par", &[], &App::request(), &forged).await;
    assert_eq!(answer.error(), "invalid_client");
}

#[actix_web::test]
async fn c17_two_methods_at_once_are_refused() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let with_secret = App::request_with(&[("client_secret", "guess")]);
    assert_eq!(app.push(&realm, &with_secret).await.error(), "invalid_request");
    let basic = [("authorization", "Basic YTpi")];
    assert_eq!(app.form(&realm, "/oauth/par", &basic, &App::request()).await.error(), "invalid_request");
}

#[actix_web::test]
async fn c18_client_id_in_the_body_is_the_authenticated_one() {
    let realm = Realm::sandbox().await;
    let (app, other) = (App::register(&realm).await, App::register(&realm).await);
    let own = app.id.clone();
    assert_eq!(app.push(&realm, &App::request_with(&[("client_id", &own)])).await.status, 201);
    assert_eq!(
        app.push(&realm, &App::request_with(&[("client_id", &other.id)])).await.error(),
        "invalid_client"
    );
}

#[actix_web::test]
async fn c19_weak_methods_cannot_be_registered() {
    let realm = Realm::of_tier(Tier::Production).await;
    for method in ["none", "client_secret_basic", "client_secret_post", "client_secret_jwt", ""] {
        let new =
            NewApp { auth_method: method.to_owned(), ..new_app(&json!({ "keys": [public(&ec_key())] })) };
        let refused = apps::register(&realm.oauth, new).await;
        assert!(matches!(refused, Err(AppError::Field { field: "auth_method", .. })), "{method}");
    }
}

#[actix_web::test]
async fn c22_a_suspended_app_is_refused_everywhere_and_its_tokens_are_dead() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let tokens = app.connect(&realm).await;
    assert_eq!(app.read(&realm, "/v1/purchases", &tokens.access).await.status, 200);
    let pushed = app.push(&realm, &App::request()).await.member("request_uri");
    let id = app.id.parse().unwrap();
    let suspended = apps::suspend(&realm.oauth, id, "complaints".to_owned()).await.unwrap();
    assert_eq!(
        (suspended.state, suspended.app_epoch),
        (AppState::Suspended, 1),
        "seals under way are refused"
    );
    for endpoint in ENDPOINTS {
        let answer = app.form(&realm, endpoint, &[], &[("token", &tokens.access)]).await;
        assert_eq!(answer.error(), "invalid_client", "{endpoint}");
    }
    let answer = app.read(&realm, "/v1/purchases", &tokens.access).await;
    assert_eq!((answer.status, answer.error().as_str()), (403, "app_suspended"));
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", &app.id)
        .append_pair("request_uri", &pushed)
        .finish();
    let answer = realm.get(&format!("/oauth/authorize?{query}"), &[]).await;
    assert_eq!(answer.location().query(), Some("code=app_not_active"));
    apps::reinstate(&realm.oauth, id).await.unwrap();
    assert_eq!(app.read(&realm, "/v1/purchases", &tokens.access).await.status, 200);
}

/// (o) In production two different people approve an app before it can do anything.
#[actix_web::test]
async fn o_two_people_approve_an_app() {
    let realm = Realm::of_tier(Tier::Production).await;
    let app = App::register(&realm).await;
    let id = app.id.parse().unwrap();
    assert_eq!(app.push(&realm, &App::request()).await.error(), "invalid_client");
    let once = apps::approve(&realm.oauth, id, "ann".to_owned()).await.unwrap();
    assert_eq!(once.state, AppState::Pending);
    assert!(apps::approve(&realm.oauth, id, "Ann".to_owned()).await.is_err(), "the same person");
    assert!(apps::approve(&realm.oauth, id, " ".to_owned()).await.is_err(), "nobody");
    assert_eq!(app.push(&realm, &App::request()).await.error(), "invalid_client");
    let twice = apps::approve(&realm.oauth, id, "ben".to_owned()).await.unwrap();
    assert_eq!((twice.state, twice.approvals.len()), (AppState::Approved, 2));
    assert_eq!(app.push(&realm, &App::request()).await.status, 201);
    assert!(apps::approve(&realm.oauth, id, "cleo".to_owned()).await.is_err(), "nothing to approve");
    assert_eq!(apps::list(&realm.oauth).await.unwrap(), [twice]);
}

/// (o) What customers are told of an app is published, and the entry about it names that.
#[actix_web::test]
async fn o_a_registration_is_published() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let latest = || {
        let found = realm.oauth.store().read_blocking(|conn| config_objects::latest(conn, "app", &app.id));
        found.unwrap().unwrap()
    };
    let published = latest();
    assert_eq!(published.version, 1);
    let object = Object::parse(&published.document).unwrap();
    assert_eq!(object.hash().unwrap(), published.hash);
    let Body::App(registration) = object.body else { panic!("no registration") };
    assert_eq!((registration.name.as_str(), registration.operator.as_str()), ("Budget", "Budget Ltd"));
    assert!(registration.keys.starts_with("sha256:"));
    // Whether it may act is no part of it.
    apps::suspend(&realm.oauth, app.id.parse().unwrap(), "a complaint".to_owned()).await.unwrap();
    assert_eq!(latest(), published);
}

/// (o) What cannot be registered is told by field.
#[actix_web::test]
async fn o_registration_names_the_field() {
    let realm = Realm::sandbox().await;
    let good = new_app(&json!({ "keys": [public(&ec_key())] }));
    let redirect = |uri: &str| NewApp { redirect_uris: vec![uri.to_owned()], ..good.clone() };
    let scope = |scope: &str| NewApp { scope: scope.to_owned(), ..good.clone() };
    for (field, new) in [
        ("name", NewApp { name: "  ".to_owned(), ..good.clone() }),
        ("name", NewApp { name: "a\nb".to_owned(), ..good.clone() }),
        ("operator", NewApp { operator: "x".repeat(101), ..good.clone() }),
        ("address", NewApp { address: Some(" ".to_owned()), ..good.clone() }),
        ("contact", NewApp { contact: Some("a\nb".to_owned()), ..good.clone() }),
        ("redirect_uris", NewApp { redirect_uris: vec![], ..good.clone() }),
        ("redirect_uris", redirect("http://app.example/cb")),
        ("redirect_uris", redirect("https://app.example/cb#f")),
        ("redirect_uris", redirect("https://*.app.example/cb")),
        ("scope", scope("")),
        ("scope", scope("purchases.lines:read")),
        ("scope", scope("purchases:read purchases:read")),
        ("scope", scope("purchases:read volunteered:erase")),
        ("jwks", NewApp { jwks: "{}".to_owned(), ..good.clone() }),
    ] {
        match apps::register(&realm.oauth, new).await {
            Err(AppError::Field { field: named, .. }) => assert_eq!(named, field),
            other => panic!("{field}: {other:?}"),
        }
    }
    let production = Realm::of_tier(Tier::Production).await;
    for (field, new) in [
        ("address", NewApp { address: None, ..good.clone() }),
        ("contact", NewApp { contact: None, ..good.clone() }),
    ] {
        let refused = apps::register(&production.oauth, new).await;
        assert!(matches!(refused, Err(AppError::Field { field: named, .. }) if named == field), "{field}");
    }
    let capped = NewApp { max_duration: Lasting::Days30, ..good };
    assert!(apps::register(&realm.oauth, capped).await.is_ok());
}
