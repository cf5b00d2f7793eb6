//! F. Refresh and grant life.

use actix_web::http::Method;
use counterfoil_domain::grant::{Dataset, State};
use counterfoil_domain::ids::GrantId;
use counterfoil_oauth::consent::Choice;
use counterfoil_oauth::grants::{self, GrantError};
use counterfoil_store::conn::Conn;
use futures_util::future::join_all;

use crate::app::{App, all};
use crate::realm::Realm;

fn id(text: &str) -> GrantId {
    text.parse().unwrap()
}

#[actix_web::test]
async fn c74_a_refresh_token_needs_its_client_and_its_key() {
    let realm = Realm::sandbox().await;
    let (app, other) = (App::register(&realm).await, App::register(&realm).await);
    let tokens = app.connect(&realm).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
    let proof = app.proof(&realm, "POST", "/oauth/token", None);
    assert_eq!(realm.post("/oauth/token", &[("dpop", &proof)], &form).await.error(), "invalid_client");
    let stolen = App { dpop: app.dpop.clone(), ..other };
    assert_eq!(stolen.refresh(&realm, &tokens.refresh, &[]).await.error(), "invalid_grant", "client 2");
    assert_eq!(app.form(&realm, "/oauth/token", &[], &form).await.error(), "invalid_dpop_proof");
    assert_eq!(
        app.refresh(&realm, &tokens.access, &[]).await.error(),
        "invalid_grant",
        "not a refresh token"
    );
    assert_eq!(app.refresh(&realm, &tokens.refresh, &[]).await.status, 200);
}

/// AS-9.
#[actix_web::test]
async fn c75_the_same_refresh_token_works_until_the_grant_ends() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let tokens = app.connect(&realm).await;
    for _ in 0..10 {
        realm.pass(8 * 86_400_000);
        let answer = app.refresh(&realm, &tokens.refresh, &[]).await;
        assert_eq!(answer.status, 200);
        assert!(answer.json().get("refresh_token").is_none(), "never replaced");
        let access = answer.member("access_token");
        assert_eq!(app.read(&realm, "/v1/purchases", &access).await.status, 200);
    }
    realm.pass(11 * 86_400_000);
    assert_eq!(app.refresh(&realm, &tokens.refresh, &[]).await.error(), "invalid_grant");
}

#[actix_web::test]
async fn c77_20_parallel_refreshes_are_all_good() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let tokens = app.connect(&realm).await;
    let answers = join_all((0..20).map(|_| app.refresh(&realm, &tokens.refresh, &[]))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
}

#[actix_web::test]
async fn c78_c86_a_refresh_may_narrow_never_widen() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let cut = Choice { datasets: vec![Dataset::Purchases, Dataset::Lines], ..all() };
    let tokens = app.connect_with(&realm, cut).await;
    let wider = [("scope", "purchases:read purchases.payment:read")];
    assert_eq!(app.refresh(&realm, &tokens.refresh, &wider).await.error(), "invalid_scope");
    let answer = app.refresh(&realm, &tokens.refresh, &[("scope", "purchases:read")]).await;
    assert_eq!(answer.member("scope"), "purchases:read");
    let access = answer.member("access_token");
    let read = app.read(&realm, "/v1/purchases", &access).await;
    assert_eq!(read.json()["details"]["datasets"], serde_json::json!(["purchases"]));
    let answer = app.refresh(&realm, &tokens.refresh, &[("scope", "purchases.lines:read")]).await;
    let access = answer.member("access_token");
    let read = app.read(&realm, "/v1/purchases", &access).await;
    assert_eq!((read.status, read.error().as_str()), (403, "insufficient_scope"));
    assert_eq!(app.read(&realm, "/v1/grant", &access).await.status, 200, "any live grant");
    let answer = app.refresh(&realm, &tokens.refresh, &[]).await;
    assert_eq!(answer.member("scope"), "purchases:read purchases.lines:read", "the next one is whole again");
}

#[actix_web::test]
async fn c79_a_refresh_never_moves_the_end() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let tokens = app.connect(&realm).await;
    let mut left = tokens.answer.json()["authorization_expires_in"].as_i64().unwrap();
    for _ in 0..3 {
        realm.pass(86_400_000);
        let answer = app.refresh(&realm, &tokens.refresh, &[]).await.json();
        let now_left = answer["authorization_expires_in"].as_i64().unwrap();
        assert_eq!(now_left, left - 86_400);
        assert!(answer["expires_in"].as_i64().unwrap() <= now_left);
        left = now_left;
    }
}

#[actix_web::test]
async fn c80_revoking_kills_ones_own_token_with_its_children_only() {
    let realm = Realm::sandbox().await;
    let (app, other) = (App::register(&realm).await, App::register(&realm).await);
    let tokens = app.connect(&realm).await;
    let second = app.refresh(&realm, &tokens.refresh, &[]).await.member("access_token");
    for (client, token) in
        [(&other, tokens.access.as_str()), (&app, "unknown"), (&other, tokens.refresh.as_str())]
    {
        assert_eq!(client.form(&realm, "/oauth/revoke", &[], &[("token", token)]).await.status, 200);
    }
    assert_eq!(app.read(&realm, "/v1/purchases", &tokens.access).await.status, 200, "nothing happened");
    assert_eq!(app.form(&realm, "/oauth/revoke", &[], &[("token", &tokens.access)]).await.status, 200);
    assert_eq!(app.read(&realm, "/v1/purchases", &tokens.access).await.error(), "invalid_token");
    assert_eq!(app.read(&realm, "/v1/purchases", &second).await.status, 200, "a sibling lives");
    let hint = [("token", tokens.refresh.as_str()), ("token_type_hint", "access_token")];
    assert_eq!(app.form(&realm, "/oauth/revoke", &[], &hint).await.status, 200);
    assert_eq!(app.read(&realm, "/v1/purchases", &second).await.error(), "invalid_token", "a child dies");
    assert_eq!(app.refresh(&realm, &tokens.refresh, &[]).await.error(), "invalid_grant");
    let [view] = &grants::list(&realm.oauth, realm.person()).await.unwrap()[..] else { panic!("one grant") };
    assert_eq!(view.state, State::Active, "the grant is another thing");
}

/// (o) An access token that was given out just while its refresh token was revoked is found out.
#[actix_web::test]
async fn o_a_token_dies_with_its_parent() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let tokens = app.connect(&realm).await;
    let orphan =
        |conn: &mut Conn| counterfoil_store::tokens::delete_refresh_of_grant(conn, id(&tokens.grant));
    realm.oauth.store().write_blocking(orphan).unwrap();
    assert_eq!(app.read(&realm, "/v1/purchases", &tokens.access).await.error(), "invalid_token");
    let answer = app.form(&realm, "/oauth/introspect", &[], &[("token", &tokens.access)]).await;
    assert_eq!(answer.json()["active"], false);
}

#[actix_web::test]
async fn c83_an_app_sees_and_ends_its_own_grant_only() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let (tokens, other) = (app.connect(&realm).await, app.connect(&realm).await);
    let own = format!("/oauth/grants/{}", tokens.grant);
    let answer = app.read(&realm, &own, &tokens.access).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.member("grant_id"), tokens.grant);
    for secret in [&tokens.access, &tokens.refresh, &realm.person().to_string(), &"customer-1".to_owned()] {
        assert!(!answer.text.contains(secret.as_str()));
    }
    let foreign = format!("/oauth/grants/{}", other.grant);
    assert_eq!(app.read(&realm, &foreign, &tokens.access).await.error(), "not_found");
    assert_eq!(app.call(&realm, Method::DELETE, &foreign, &tokens.access).await.status, 404);
    assert_eq!(app.call(&realm, Method::DELETE, &own, &tokens.access).await.status, 204);
    let ended = app.read(&realm, "/v1/purchases", &tokens.access).await;
    assert_eq!((ended.status, ended.error().as_str()), (403, "grant_ended"));
    assert_eq!(app.refresh(&realm, &tokens.refresh, &[]).await.error(), "invalid_grant");
    assert_eq!(app.read(&realm, "/v1/purchases", &other.access).await.status, 200);
}

#[actix_web::test]
async fn c84_a_code_never_redeemed_lapses() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let code = app.code(&realm).await;
    assert_eq!(grants::expire_due(&realm.oauth).await.unwrap(), 0);
    realm.pass(61_000);
    assert_eq!(grants::expire_due(&realm.oauth).await.unwrap(), 1);
    let [view] = &grants::list(&realm.oauth, realm.person()).await.unwrap()[..] else { panic!("one grant") };
    assert_eq!(view.state, State::Lapsed);
    assert_eq!(app.redeem(&realm, &code).await.error(), "invalid_grant");
}

/// (o) One process at a time does the pass; another takes over when its lease is over.
#[actix_web::test]
async fn o_expiry_is_leased() {
    let realm = Realm::sandbox().await;
    let twin = realm.twin().await;
    let app = App::register(&realm).await;
    app.code(&realm).await;
    assert_eq!(
        grants::expire_due(&twin.oauth).await.unwrap(),
        0,
        "nothing is due, but the lease is the twin's"
    );
    realm.pass(59_000);
    assert_eq!(grants::expire_due(&twin.oauth).await.unwrap(), 0);
    realm.pass(3_000);
    assert_eq!(grants::expire_due(&realm.oauth).await.unwrap(), 0, "due, but not ours to do");
    realm.pass(60_000);
    assert_eq!(grants::expire_due(&realm.oauth).await.unwrap(), 1);
    assert_eq!(grants::expire_due(&twin.oauth).await.unwrap(), 0);
}

/// (o) Ended is final, for whoever comes second.
#[actix_web::test]
async fn o_a_grant_ends_once() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let tokens = app.connect(&realm).await;
    let (stranger, _) = realm.sign_in("customer-2").await;
    let foreign = grants::withdraw(&realm.oauth, stranger.person, id(&tokens.grant)).await;
    assert!(matches!(foreign, Err(GrantError::NotFound)));
    let ended = grants::revoke(&realm.oauth, id(&tokens.grant), "fraud".to_owned(), "staff-7".to_owned())
        .await
        .unwrap();
    assert_eq!((ended.at, ended.access_size), (realm.oauth.clock().now(), 0));
    let again = grants::withdraw(&realm.oauth, realm.person(), id(&tokens.grant)).await;
    assert!(matches!(again, Err(GrantError::Final(State::Revoked))));
    let answer = app.read(&realm, "/v1/purchases", &tokens.access).await;
    assert_eq!((answer.status, answer.error().as_str()), (403, "grant_revoked"));
}
