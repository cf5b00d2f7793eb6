//! D. Code and token.

use chrono::{DateTime, Utc};
use counterfoil_domain::grant::{Lasting, State};
use counterfoil_oauth::consent::Choice;
use counterfoil_oauth::grants;
use futures_util::future::join_all;

use crate::app::{App, REDIRECT, SCOPE, Tokens, VERIFIER, all, ec_key};
use crate::realm::Realm;

/// AS-11.
#[actix_web::test]
async fn c50_a_code_lives_60_seconds() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let (first, second) = (app.code(&realm).await, app.code(&realm).await);
    realm.pass(59_000);
    assert_eq!(app.redeem(&realm, &first).await.status, 200);
    realm.pass(2_000);
    let late = app.redeem(&realm, &second).await;
    assert_eq!((late.status, late.error().as_str()), (400, "invalid_grant"));
}

#[actix_web::test]
async fn c51_a_code_used_twice_kills_what_it_gave() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let untouched = app.connect(&realm).await;
    let code = app.code(&realm).await;
    let tokens = Tokens::of(app.redeem(&realm, &code).await);
    assert_eq!(app.read(&realm, "/v1/purchases", &tokens.access).await.status, 200);
    assert_eq!(app.redeem(&realm, &code).await.error(), "invalid_grant");
    let dead = app.read(&realm, "/v1/purchases", &tokens.access).await;
    assert_eq!((dead.status, dead.error().as_str()), (401, "invalid_token"));
    assert_eq!(app.refresh(&realm, &tokens.refresh, &[]).await.error(), "invalid_grant");
    assert_eq!(app.read(&realm, "/v1/purchases", &untouched.access).await.status, 200, "another grant's");
    realm.pass(3_600_000);
    assert_eq!(app.redeem(&realm, &code).await.error(), "invalid_grant", "an hour later");
}

#[actix_web::test]
async fn c52_c53_a_code_needs_its_client_its_verifier_and_its_redirect() {
    let realm = Realm::sandbox().await;
    let (app, other) = (App::register(&realm).await, App::register(&realm).await);
    let code = app.code(&realm).await;
    assert_eq!(other.redeem(&realm, &code).await.error(), "invalid_grant", "another client");
    let other_verifier = "a".repeat(43);
    for (redirect, verifier, what) in [
        (REDIRECT, other_verifier.as_str(), "wrong verifier"),
        (REDIRECT, "", "empty verifier"),
        ("https://app.example/callback/", VERIFIER, "one more slash"),
        ("https://app.example/q?x=1", VERIFIER, "another registered redirect"),
    ] {
        let form = [("code", code.as_str()), ("redirect_uri", redirect), ("code_verifier", verifier)];
        assert_eq!(app.redeem_with(&realm, &form).await.error(), "invalid_grant", "{what}");
    }
    let without = [("code", code.as_str()), ("redirect_uri", REDIRECT)];
    assert_eq!(app.redeem_with(&realm, &without).await.error(), "invalid_grant", "missing verifier");
    let without = [("code", code.as_str()), ("code_verifier", VERIFIER)];
    assert_eq!(app.redeem_with(&realm, &without).await.error(), "invalid_request", "missing redirect");
    for garbage in ["x", "cfc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAxxxx"] {
        assert_eq!(app.redeem(&realm, garbage).await.error(), "invalid_grant");
    }
    assert_eq!(app.redeem(&realm, &code).await.status, 200, "none of that used it up");
}

#[actix_web::test]
async fn c54_of_20_parallel_redemptions_one_wins() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let code = app.code(&realm).await;
    let answers = join_all((0..20).map(|_| app.redeem(&realm, &code))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert!(
        answers.iter().filter(|answer| answer.status != 200).all(|answer| answer.error() == "invalid_grant")
    );
}

/// AS-2.
#[actix_web::test]
async fn c55_other_grant_types_do_not_exist() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    for kind in ["password", "implicit", "urn:ietf:params:oauth:grant-type:device_code"] {
        let answer = app.form(&realm, "/oauth/token", &[], &[("grant_type", kind)]).await;
        assert_eq!(answer.error(), "unsupported_grant_type", "{kind}");
    }
    assert_eq!(app.form(&realm, "/oauth/token", &[], &[]).await.error(), "invalid_request");
    // That of the retailer's own systems is none of an app's.
    let answer = app.form(&realm, "/oauth/token", &[], &[("grant_type", "client_credentials")]).await;
    assert_eq!(answer.error(), "unauthorized_client");
}

#[actix_web::test]
async fn c56_the_answer_says_what_was_granted() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let tokens = app.connect(&realm).await;
    let body = tokens.answer.json();
    assert_eq!(tokens.answer.header("cache-control"), "no-store");
    assert_eq!(body["token_type"], "DPoP");
    assert_eq!(body["expires_in"], 600);
    assert_eq!(body["scope"], SCOPE);
    assert_eq!(body["authorization_expires_in"], 90 * 86_400);
    let details = &body["authorization_details"][0];
    assert_eq!(details["type"], "purchase_history");
    assert_eq!(details["duration"], "P90D");
    assert_eq!(
        details["datasets"],
        serde_json::json!(["purchases", "lines", "sensitive", "payment", "location", "documents"])
    );
    assert!(tokens.grant.starts_with("gra_"));
}

/// CR.
#[actix_web::test]
async fn c57_the_database_holds_no_usable_secret() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let reference = app.reference(&realm).await;
    let code = app.code(&realm).await;
    let tokens = Tokens::of(app.redeem(&realm, &code).await);
    assert!(tokens.access.len() >= 4 + 43 && tokens.access.starts_with("cfa_"));
    let mut dump = std::fs::read(&realm.file).unwrap();
    dump.extend(std::fs::read(realm.file.with_extension("db-wal")).unwrap_or_default());
    let cookie = realm.cookie.split('=').nth(1).unwrap().to_owned();
    for secret in [&reference, &code, &tokens.access, &tokens.refresh, &cookie, &"customer-1".to_owned()] {
        let found = dump.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret} is in the database");
    }
    assert!(
        dump.windows(REDIRECT.len()).any(|window| window == REDIRECT.as_bytes()),
        "the dump is the database"
    );
}

#[actix_web::test]
async fn c58_descriptions_are_plain() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    for (path, form) in [
        ("/oauth/token", vec![("grant_type", "a\"b\r\n")]),
        ("/oauth/par", vec![("response_type", "\t")]),
        ("/oauth/par", App::request_with(&[("authorization_details", "[{\"type\":\"\\n\"}]")])),
        ("/oauth/introspect", vec![]),
    ] {
        let answer = app.form(&realm, path, &[], &form).await;
        let description = answer.member("error_description");
        let is_plain = description.chars().all(|c| matches!(c, ' '..='~') && c != '"' && c != '\\');
        assert!(is_plain, "{description}");
    }
}

/// (o) A token never outlives its grant; a grant that is over says so.
#[actix_web::test]
async fn o_a_grant_ends_by_time() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let tokens = app.connect_with(&realm, Choice { duration: Lasting::Days30, ..all() }).await;
    realm.pass(30 * 86_400_000 - 60_000);
    let answer = app.refresh(&realm, &tokens.refresh, &[]).await;
    assert_eq!(answer.json()["expires_in"], 60, "not 600");
    assert_eq!(answer.json()["authorization_expires_in"], 60);
    let access = answer.member("access_token");
    realm.pass(59_000);
    assert_eq!(app.read(&realm, "/v1/purchases", &access).await.status, 200);
    realm.pass(1_000);
    let over = app.read(&realm, "/v1/purchases", &access).await;
    assert_eq!((over.status, over.error().as_str()), (403, "grant_expired"));
    assert_eq!(app.refresh(&realm, &tokens.refresh, &[]).await.error(), "invalid_grant");
    let [view] = &grants::list(&realm.oauth, realm.person()).await.unwrap()[..] else { panic!("one grant") };
    assert_eq!(view.state, State::Expired);
    assert_eq!(grants::expire_due(&realm.oauth).await.unwrap(), 1);
    assert_eq!(grants::expire_due(&realm.oauth).await.unwrap(), 0);
    let [view] = &grants::list(&realm.oauth, realm.person()).await.unwrap()[..] else { panic!("one grant") };
    let start: DateTime<Utc> = "2026-11-24T12:00:00Z".parse().unwrap();
    assert_eq!((view.state, view.ended_by.as_deref()), (State::Expired, Some("system")));
    assert_eq!(view.given_at, start);
}

/// Check 72, second half, and a code that no key was named for.
#[actix_web::test]
async fn c72_a_code_bound_to_a_key_is_redeemed_with_it() {
    let realm = Realm::sandbox().await;
    let mut app = App::register(&realm).await;
    let proof = app.proof(&realm, "POST", "/oauth/par", None);
    let answer = app.form(&realm, "/oauth/par", &[("dpop", &proof)], &App::request()).await;
    let reference = crate::app::reference(&answer);
    let back = app.allowed(&realm, &realm.session, &reference, all()).await;
    let code = crate::realm::parameter(&back, "code").unwrap();
    let own = std::mem::replace(&mut app.dpop, ec_key());
    assert_eq!(app.redeem(&realm, &code).await.error(), "invalid_grant", "another key");
    app.dpop = own;
    assert_eq!(app.redeem(&realm, &code).await.status, 200);
}
