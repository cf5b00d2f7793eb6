//! E. Sender binding, at the token endpoint and at the API.

use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::EcCurve;
use serde_json::{Value, json};

use crate::app::{App, ec_key, ed_key, public, sign, thumbprint, with};
use crate::realm::{Answer, ISSUER, Realm};

const TOKEN: &str = "/oauth/token";
const API: &str = "/v1/purchases";

/// Where a proof is tried: at the token endpoint with a refresh token, or at the API.
struct Trial {
    realm: Realm,
    app: App,
    access: String,
    refresh: String,
}

impl Trial {
    async fn new() -> Self {
        let realm = Realm::sandbox().await;
        let app = App::register(&realm).await;
        let tokens = app.connect(&realm).await;
        Self { realm, app, access: tokens.access, refresh: tokens.refresh }
    }

    async fn at_token(&self, proofs: &[&str]) -> Answer {
        let headers: Vec<_> = proofs.iter().map(|proof| ("dpop", *proof)).collect();
        let form = [("grant_type", "refresh_token"), ("refresh_token", self.refresh.as_str())];
        self.app.form(&self.realm, TOKEN, &headers, &form).await
    }

    async fn at_api(&self, proofs: &[&str]) -> Answer {
        let authorization = format!("DPoP {}", self.access);
        let mut headers = vec![("authorization", authorization.as_str())];
        headers.extend(proofs.iter().map(|proof| ("dpop", *proof)));
        self.realm.get(API, &headers).await
    }

    fn token_proof(&self, header: Value, claims: Value) -> String {
        let base = App::proof_claims(&self.realm, "POST", TOKEN, None);
        sign(&self.app.dpop, &with(self.app.proof_header(), header), &with(base, claims))
    }

    fn api_proof(&self, header: Value, claims: Value) -> String {
        let base = App::proof_claims(&self.realm, "GET", API, Some(&self.access));
        sign(&self.app.dpop, &with(self.app.proof_header(), header), &with(base, claims))
    }

    /// The change is refused at both places, each in its own words.
    async fn refused(&self, header: Value, claims: Value) {
        let what = format!("{header} {claims}");
        let answer = self.at_token(&[&self.token_proof(header.clone(), claims.clone())]).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_dpop_proof"), "token: {what}");
        let answer = self.at_api(&[&self.api_proof(header, claims)]).await;
        assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_dpop_proof"), "api: {what}");
        let challenge = answer.header("www-authenticate").to_owned();
        assert!(
            challenge.starts_with("DPoP error=\"invalid_dpop_proof\", algs=\"ES256 PS256 EdDSA\""),
            "{challenge}"
        );
        assert!(challenge.contains(
            "resource_metadata=\"https://counterfoil.example/.well-known/oauth-protected-resource\""
        ));
    }

    async fn accepted(&self, header: Value, claims: Value) {
        let what = format!("{header} {claims}");
        let answer = self.at_token(&[&self.token_proof(header.clone(), claims.clone())]).await;
        assert_eq!(answer.status, 200, "token: {what} {answer:?}");
        let answer = self.at_api(&[&self.api_proof(header, claims)]).await;
        assert_eq!(answer.status, 200, "api: {what} {answer:?}");
    }
}

#[actix_web::test]
async fn c59_no_proof_no_answer() {
    let trial = Trial::new().await;
    let answer = trial.at_token(&[]).await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_dpop_proof"));
    assert_eq!(trial.at_api(&[]).await.status, 401);
}

#[actix_web::test]
async fn c60_two_proofs_are_refused() {
    let trial = Trial::new().await;
    let proof = || trial.token_proof(json!({}), json!({}));
    assert_eq!(trial.at_token(&[&proof(), &proof()]).await.error(), "invalid_dpop_proof");
    let proof = || trial.api_proof(json!({}), json!({}));
    assert_eq!(trial.at_api(&[&proof(), &proof()]).await.status, 401);
}

#[actix_web::test]
async fn c61_a_proof_is_a_signed_jwt_with_its_public_key() {
    let trial = Trial::new().await;
    for garbage in ["", "x", "a.b.c", "e30.e30.", "..", "e30.e30.AA.AA"] {
        assert_eq!(trial.at_token(&[garbage]).await.error(), "invalid_dpop_proof", "{garbage}");
        assert_eq!(trial.at_api(&[garbage]).await.status, 401, "{garbage}");
    }
    let private = Value::Object(trial.app.dpop.as_ref().clone());
    let p384 = Jwk::generate_ec_key(EcCurve::P384).unwrap();
    for header in [
        json!({ "typ": null }),
        json!({ "typ": "JWT" }),
        json!({ "alg": null }),
        json!({ "alg": "none" }),
        json!({ "alg": "RS999" }),
        json!({ "jwk": null }),
        json!({ "jwk": "text" }),
        json!({ "jwk": private }),
        json!({ "jwk": public(&ec_key()) }),
        json!({ "jwk": public(&p384) }),
        json!({ "jwk": { "kty": "oct", "k": "c2VjcmV0" } }),
        json!({ "crit": ["exp"] }),
    ] {
        trial.refused(header, json!({})).await;
    }
    let rsa = Jwk::generate_rsa_key(2048).unwrap();
    let claims = App::proof_claims(&trial.realm, "POST", TOKEN, None);
    let header = json!({ "typ": "dpop+jwt", "alg": "RS256", "jwk": public(&rsa) });
    assert_eq!(trial.at_token(&[&sign(&rsa, &header, &claims)]).await.error(), "invalid_dpop_proof", "RS256");
    let mut broken = trial.token_proof(json!({}), json!({}));
    broken.truncate(broken.len() - 4);
    broken.push_str("AAAA");
    assert_eq!(trial.at_token(&[&broken]).await.error(), "invalid_dpop_proof", "signature");
}

#[actix_web::test]
async fn c62_every_claim_is_needed() {
    let trial = Trial::new().await;
    for claim in ["jti", "htm", "htu", "iat"] {
        trial.refused(json!({}), json!({ claim: null })).await;
    }
    trial.refused(json!({}), json!({ "jti": "" })).await;
    let without = trial.api_proof(json!({}), json!({ "ath": null }));
    assert_eq!(trial.at_api(&[&without]).await.status, 401);
}

#[actix_web::test]
async fn c63_method_and_address_are_those_of_the_request() {
    let trial = Trial::new().await;
    trial.refused(json!({}), json!({ "htm": "PUT" })).await;
    for htu in [
        "https://counterfoil.example/",
        "http://counterfoil.example/oauth/token",
        "https://counterfoil.example:8443/v1/purchases",
        "https://evil.example/v1/purchases",
        "/v1/purchases",
        "x",
    ] {
        trial.refused(json!({}), json!({ "htu": htu })).await;
    }
    for htu in [
        "https://counterfoil.example/v1/purchases?x=1",
        "https://counterfoil.example/v1/purchases#x",
        "HTTPS://Counterfoil.Example/v1/purchases",
        "https://counterfoil.example:443/v1/purchases",
    ] {
        let answer = trial.at_api(&[&trial.api_proof(json!({}), json!({ "htu": htu }))]).await;
        assert_eq!(answer.status, 200, "{htu}");
    }
}

/// (o)
#[actix_web::test]
async fn c64_the_address_is_the_public_one_not_the_host_headers() {
    let trial = Trial::new().await;
    let proof = trial.api_proof(json!({}), json!({ "htu": "https://evil.example/v1/purchases" }));
    let authorization = format!("DPoP {}", trial.access);
    let headers = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("authorization", &authorization),
        ("dpop", &proof),
    ];
    assert_eq!(trial.realm.get(API, &headers).await.status, 401);
    let proof = trial.api_proof(json!({}), json!({}));
    let headers = [("host", "127.0.0.1:8080"), ("authorization", &authorization), ("dpop", &proof)];
    assert_eq!(trial.realm.get(API, &headers).await.status, 200);
}

#[actix_web::test]
async fn c65_a_proof_is_of_now() {
    let trial = Trial::new().await;
    let now = trial.realm.seconds();
    for offset in [-60, -10, 0, 10] {
        trial.accepted(json!({}), json!({ "iat": now + offset })).await;
    }
    for offset in [-3_600, -61, 11, 3_600] {
        trial.refused(json!({}), json!({ "iat": now + offset })).await;
    }
    trial.refused(json!({}), json!({ "iat": "now" })).await;
}

#[actix_web::test]
async fn c66_further_claims_are_tolerated() {
    let trial = Trial::new().await;
    let now = trial.realm.seconds();
    trial.accepted(json!({ "kid": "x" }), json!({ "nbf": now, "exp": now + 5, "more": { "a": 1 } })).await;
}

#[actix_web::test]
async fn c67_a_proof_is_used_once() {
    let trial = Trial::new().await;
    let proof = trial.token_proof(json!({}), json!({}));
    assert_eq!(trial.at_token(&[&proof]).await.status, 200);
    assert_eq!(trial.at_token(&[&proof]).await.error(), "invalid_dpop_proof");
    let proof = trial.api_proof(json!({}), json!({}));
    assert_eq!(trial.at_api(&[&proof]).await.status, 200);
    assert_eq!(trial.at_api(&[&proof]).await.status, 401);
    trial.realm.pass(59_000);
    assert_eq!(trial.at_api(&[&proof]).await.status, 401);
    assert_eq!(trial.at_api(&[&trial.api_proof(json!({}), json!({}))]).await.status, 200, "a fresh one");
}

#[actix_web::test]
async fn c68_the_key_is_the_tokens_and_so_is_the_hash() {
    let trial = Trial::new().await;
    let other = trial.app.connect(&trial.realm).await;
    let claims = App::proof_claims(&trial.realm, "GET", API, Some(&other.access));
    let proof = sign(&trial.app.dpop, &trial.app.proof_header(), &claims);
    assert_eq!(trial.at_api(&[&proof]).await.error(), "invalid_dpop_proof", "another token's hash");
    let foreign = ec_key();
    let header = with(trial.app.proof_header(), json!({ "jwk": public(&foreign) }));
    let claims = App::proof_claims(&trial.realm, "GET", API, Some(&trial.access));
    let answer = trial.at_api(&[&sign(&foreign, &header, &claims)]).await;
    assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_token"), "another key");
    let claims = App::proof_claims(&trial.realm, "POST", TOKEN, None);
    let answer = trial.at_token(&[&sign(&foreign, &header, &claims)]).await;
    assert_eq!(answer.error(), "invalid_grant", "another key at the token endpoint");
}

#[actix_web::test]
async fn c69_a_bound_token_is_no_bearer_token() {
    let trial = Trial::new().await;
    let proof = trial.api_proof(json!({}), json!({}));
    let authorization = format!("Bearer {}", trial.access);
    let answer = trial.realm.get(API, &[("authorization", &authorization), ("dpop", &proof)]).await;
    assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_token"));
    assert_eq!(trial.realm.get(API, &[("authorization", &authorization)]).await.status, 401);
}

#[actix_web::test]
async fn c70_scheme_and_header_in_any_case_but_once() {
    let trial = Trial::new().await;
    for (name, scheme) in [("Authorization", "dpop"), ("AUTHORIZATION", "DPOP"), ("authorization", "DPoP")] {
        let proof = trial.api_proof(json!({}), json!({}));
        let authorization = format!("{scheme} {}", trial.access);
        let answer = trial.realm.get(API, &[(name, &authorization), ("DPOP", &proof)]).await;
        assert_eq!(answer.status, 200, "{name} {scheme}");
    }
    let proof = trial.api_proof(json!({}), json!({}));
    let authorization = format!("DPoP {}", trial.access);
    let doubled =
        [("authorization", authorization.as_str()), ("authorization", &authorization), ("dpop", &proof)];
    assert_eq!(trial.realm.get(API, &doubled).await.status, 401);
}

#[actix_web::test]
async fn c72_dpop_jkt_is_the_key_of_the_proof() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let (own, foreign) = (thumbprint(&app.dpop), thumbprint(&ec_key()));
    let proof = app.proof(&realm, "POST", "/oauth/par", None);
    let form = App::request_with(&[("dpop_jkt", &foreign)]);
    let answer = app.form(&realm, "/oauth/par", &[("dpop", &proof)], &form).await;
    assert_eq!(answer.error(), "invalid_dpop_proof");
    let proof = app.proof(&realm, "POST", "/oauth/par", None);
    let form = App::request_with(&[("dpop_jkt", &own)]);
    assert_eq!(app.form(&realm, "/oauth/par", &[("dpop", &proof)], &form).await.status, 201);
    let form = App::request_with(&[("dpop_jkt", "short")]);
    assert_eq!(app.push(&realm, &form).await.error(), "invalid_request");
    let foreign_form = App::request_with(&[("dpop_jkt", &foreign)]);
    let reference = app.reference_of(&realm, &foreign_form).await;
    let back = app.allowed(&realm, &realm.session, &reference, crate::app::all()).await;
    let code = crate::realm::parameter(&back, "code").unwrap();
    assert_eq!(app.redeem(&realm, &code).await.error(), "invalid_grant", "named by dpop_jkt alone");
}

/// Proofs by the other two kinds of keys.
#[actix_web::test]
async fn o_every_offered_algorithm_binds() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    for (key, alg) in [(Jwk::generate_rsa_key(2048).unwrap(), "PS256"), (ed_key(), "EdDSA")] {
        let code = app.code(&realm).await;
        let header = json!({ "typ": "dpop+jwt", "alg": alg, "jwk": public(&key) });
        let proof = sign(&key, &header, &App::proof_claims(&realm, "POST", TOKEN, None));
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", crate::app::REDIRECT),
            ("code_verifier", crate::app::VERIFIER),
        ];
        let answer = app.form(&realm, TOKEN, &[("dpop", &proof)], &form).await;
        assert_eq!(answer.status, 200, "{alg} {answer:?}");
        let access = answer.member("access_token");
        let proof = sign(&key, &header, &App::proof_claims(&realm, "GET", API, Some(&access)));
        let authorization = format!("DPoP {access}");
        let answer = realm.get(API, &[("authorization", &authorization), ("dpop", &proof)]).await;
        assert_eq!(answer.status, 200, "{alg} {ISSUER}");
    }
}
