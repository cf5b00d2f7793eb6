//! A. Metadata and keys.

use counterfoil_oauth::apps::{self, AppError};
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::EcCurve;
use serde_json::{Value, json};

use crate::app::{App, ec_key, ed_key, new_app, public, sign, with};
use crate::realm::{ISSUER, Realm};

/// AS-1.
#[actix_web::test]
async fn c01_every_document_names_one_issuer() {
    let realm = Realm::sandbox().await;
    let server = realm.get("/.well-known/oauth-authorization-server", &[]).await;
    let resource = realm.get("/.well-known/oauth-protected-resource", &[]).await;
    let card = realm.get("/.well-known/counterfoil", &[]).await;
    assert_eq!(server.member("issuer"), ISSUER);
    assert_eq!(card.member("issuer"), ISSUER);
    assert_eq!(resource.json()["authorization_servers"], json!([ISSUER]));
    assert_eq!(resource.member("resource"), format!("{ISSUER}/v1"));
    assert_eq!(card.member("apiBase"), format!("{ISSUER}/v1"));
}

#[actix_web::test]
async fn c02_metadata_lists_only_what_is_on() {
    let realm = Realm::sandbox().await;
    let document = realm.get("/.well-known/oauth-authorization-server", &[]).await.json();
    assert_eq!(document["response_types_supported"], json!(["code"]));
    assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(document["require_pushed_authorization_requests"], json!(true));
    assert_eq!(document["authorization_response_iss_parameter_supported"], json!(true));
    assert_eq!(document["token_endpoint_auth_methods_supported"], json!(["private_key_jwt"]));
    assert_eq!(document["dpop_signing_alg_values_supported"], json!(["PS256", "ES256", "EdDSA"]));
    for (name, value) in document.as_object().unwrap() {
        assert!(!value.to_string().contains("none\"") || name == "prompt_values_supported", "{name}");
        let Some(address) = value.as_str().and_then(|value| value.strip_prefix(ISSUER)) else { continue };
        if name != "issuer" {
            assert_ne!(realm.get(address, &[]).await.status, 404, "{name} answers");
        }
    }
}

/// 5.2.3-3.
#[actix_web::test]
async fn c04_no_cors_at_authorize() {
    let realm = Realm::sandbox().await;
    let answer = realm.get("/oauth/authorize", &[("origin", "https://evil.example")]).await;
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{answer:?}");
}

#[actix_web::test]
async fn c05_jwks_holds_no_private_member() {
    let realm = Realm::sandbox().await;
    assert_eq!(realm.get("/oauth/jwks", &[]).await.json(), json!({ "keys": [] }));
}

/// 5.4.3.
#[actix_web::test]
async fn c06_a_doubled_kid_is_told_apart_by_type() {
    let realm = Realm::sandbox().await;
    let (ec, ed) = (ec_key(), ed_key());
    let named = |key: &Jwk| with(public(key), json!({ "kid": "1" }));
    let new = new_app(&json!({ "keys": [named(&ec), named(&ed)] }));
    let id = apps::register(&realm.oauth, new).await.unwrap();
    for (key, alg) in [(ec, "ES256"), (ed, "EdDSA")] {
        let app = App::known(id, key);
        let assertion = sign(&app.key, &json!({ "alg": alg, "kid": "1" }), &app.claims(&realm));
        let answer = app.form_with(&realm, "/oauth/par", &[], &App::request(), &assertion).await;
        assert_eq!(answer.status, 201, "{alg} {answer:?}");
        let unknown = sign(&app.key, &json!({ "alg": alg, "kid": "2" }), &app.claims(&realm));
        let answer = app.form_with(&realm, "/oauth/par", &[], &App::request(), &unknown).await;
        assert_eq!(answer.error(), "invalid_client", "a kid that is not there");
    }
}

#[actix_web::test]
async fn c07_weak_keys_are_refused_at_registration() {
    let realm = Realm::sandbox().await;
    let small = Jwk::generate_rsa_key(1024).unwrap();
    let curve = Jwk::generate_ec_key(EcCurve::P384).unwrap();
    let private = Value::Object(ec_key().as_ref().clone());
    let off_curve = with(public(&ec_key()), json!({ "x": data_encoding::BASE64URL_NOPAD.encode(&[1; 32]) }));
    let twice = public(&ec_key());
    for (keys, what) in [
        (json!([public(&small)]), "1024 bits"),
        (json!([public(&curve)]), "P-384"),
        (json!([private]), "a private member"),
        (json!([off_curve]), "a point that is not on the curve"),
        (json!([twice, twice]), "a key twice"),
        (json!([{ "kty": "oct", "k": "c2VjcmV0" }]), "a shared secret"),
        (json!([with(public(&ec_key()), json!({ "alg": "ES384" }))]), "another algorithm"),
        (json!([with(public(&ec_key()), json!({ "use": "enc" }))]), "for encryption"),
        (json!([]), "no key"),
    ] {
        let refused = apps::register(&realm.oauth, new_app(&json!({ "keys": keys }))).await;
        assert!(matches!(refused, Err(AppError::Field { field: "jwks", .. })), "{what}: {refused:?}");
    }
    for key in [ec_key(), ed_key(), Jwk::generate_rsa_key(2048).unwrap()] {
        App::with_key(&realm, key).await;
    }
}

/// A key that the token itself points to is never looked at.
#[actix_web::test]
async fn c08_keys_named_in_a_header_are_not_trusted() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let foreign = ec_key();
    for more in [
        json!({ "jwk": public(&foreign) }),
        json!({ "jku": "https://evil.example/jwks" }),
        json!({ "x5u": "https://evil.example/x5u" }),
        json!({ "x5c": ["AAAA"] }),
    ] {
        let header = with(json!({ "alg": "ES256" }), more);
        let forged = sign(&foreign, &header, &app.claims(&realm));
        let answer = app.form_with(&realm, "/oauth/par", &[], &App::request(), &forged).await;
        assert_eq!(answer.error(), "invalid_client", "{header}");
    }
}
