//! G. The API, withdrawal, privacy.

use counterfoil_domain::grant::State;
use counterfoil_ledger::seal::{Refusal, Sealer};
use counterfoil_oauth::access::refusal;
use counterfoil_oauth::problem::Code;
use counterfoil_oauth::{Tier, apps, consent, grants};
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log, SealedBy};
use prometheus::Registry;
use serde_json::json;

use crate::app::App;
use crate::realm::{ISSUER, Realm, page};

/// RS-2.
#[actix_web::test]
async fn c85_a_token_stands_in_its_header_only() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let tokens = app.connect(&realm).await;
    let path = format!("/v1/purchases?access_token={}", tokens.access);
    assert_eq!(realm.get(&path, &[]).await.status, 401);
    assert_eq!(app.read(&realm, &path, &tokens.access).await.status, 401, "even beside a good header");
    assert_eq!(app.read(&realm, "/v1/purchases", &tokens.refresh).await.error(), "invalid_token");
    for garbage in ["x", "cfa_", ""] {
        assert_eq!(app.read(&realm, "/v1/purchases", garbage).await.error(), "invalid_token");
    }
}

#[actix_web::test]
async fn c88_withdrawing_is_known_at_once_here_and_within_half_a_second_elsewhere() {
    let realm = Realm::sandbox().await;
    let twin = realm.twin().await;
    let app = App::register(&realm).await;
    let tokens = app.connect(&realm).await;
    for node in [&realm, &twin] {
        assert_eq!(app.read(node, "/v1/purchases", &tokens.access).await.status, 200);
    }
    let ended = grants::withdraw(&realm.oauth, realm.person(), tokens.grant.parse().unwrap()).await.unwrap();
    assert_eq!(ended.at, realm.oauth.clock().now());
    let here = app.read(&realm, "/v1/purchases", &tokens.access).await;
    assert_eq!((here.status, here.error().as_str()), (403, "grant_withdrawn"));
    realm.pass(501);
    let there = app.read(&twin, "/v1/purchases", &tokens.access).await;
    assert_eq!((there.status, there.error().as_str()), (403, "grant_withdrawn"));
    assert_eq!(app.refresh(&twin, &tokens.refresh, &[]).await.error(), "invalid_grant");
    let hash = openssl::sha::sha256(tokens.refresh.as_bytes());
    let find = |conn: &mut Conn| counterfoil_store::tokens::find(conn, &hash);
    assert_eq!(realm.oauth.store().read_blocking(find).unwrap(), None, "the refresh token is gone");
    realm.pass(600_000);
    assert_eq!(
        app.read(&realm, "/v1/purchases", &tokens.access).await.error(),
        "invalid_token",
        "the token is over"
    );
    let [view] = &grants::list(&realm.oauth, realm.person()).await.unwrap()[..] else { panic!("one grant") };
    assert_eq!(
        (view.state, view.ended_at, view.ended_by.as_deref()),
        (State::Withdrawn, Some(ended.at), Some("customer"))
    );
}

/// RFC 7662.
#[actix_web::test]
async fn c91_introspection_tells_the_owner_and_nobody_else() {
    let realm = Realm::sandbox().await;
    let (app, other) = (App::register(&realm).await, App::register(&realm).await);
    let tokens = app.connect(&realm).await;
    let tell = async |client: &App, token: &str| {
        client.form(&realm, "/oauth/introspect", &[], &[("token", token)]).await
    };
    assert_eq!(realm.post("/oauth/introspect", &[], &[("token", &tokens.access)]).await.status, 401);
    let answer = tell(&app, &tokens.access).await;
    let body = answer.json();
    assert_eq!(body["active"], true);
    assert_eq!(body["cnf"]["jkt"], crate::app::thumbprint(&app.dpop));
    assert_eq!(body["grant_id"], tokens.grant.as_str());
    assert_eq!(body["client_id"], app.id.as_str());
    assert_eq!(body["token_type"], "DPoP");
    assert_eq!((&body["iss"], &body["aud"]), (&json!(ISSUER), &json!([format!("{ISSUER}/v1")])));
    assert_eq!(body["exp"], realm.seconds() + 600);
    assert!(body.get("username").is_none() && body.get("sub").is_none());
    assert!(!answer.text.contains("customer-1"));
    assert_eq!(tell(&app, &tokens.refresh).await.json()["active"], true);
    let inactive = json!({ "active": false });
    assert_eq!(tell(&other, &tokens.access).await.json(), inactive, "another's");
    assert_eq!(tell(&app, "unknown").await.json(), inactive, "unknown");
    realm.pass(600_000);
    assert_eq!(tell(&app, &tokens.access).await.json(), inactive, "expired");
    grants::withdraw(&realm.oauth, realm.person(), tokens.grant.parse().unwrap()).await.unwrap();
    assert_eq!(tell(&app, &tokens.refresh).await.json(), inactive, "of an ended grant");
}

/// (o) Each problem has the one form of RFC 9457 and an id.
#[actix_web::test]
async fn o_problems_have_one_form() {
    let realm = Realm::sandbox().await;
    let answer = realm.get("/v1/purchases", &[("x-request-id", "my-request-1")]).await;
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("x-request-id"), "my-request-1");
    let body = answer.json();
    assert_eq!(body["type"], format!("{ISSUER}/problems/invalid_token"));
    assert_eq!(
        (&body["status"], &body["code"], &body["retryable"]),
        (&json!(401), &json!("invalid_token"), &json!(false))
    );
    assert_eq!(body["requestId"], "my-request-1");
    let made = realm.get("/v1/purchases", &[("x-request-id", "<script>")]).await;
    assert_eq!(made.header("x-request-id").len(), 32);
    let names: std::collections::HashSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(names.len(), Code::ALL.len(), "each code once");
    assert!(Code::ALL.iter().all(|code| Code::from_name(code.name()) == Some(*code)));
}

/// (o) Whatever happens to an app's registration is an entry about no person, in one record, in the same transaction.
#[actix_web::test]
async fn o_registrations_are_entries() {
    let realm = Realm::of_tier(Tier::Production).await;
    let app = App::register(&realm).await;
    let id = app.id.parse().unwrap();
    apps::approve(&realm.oauth, id, " ann ".to_owned()).await.unwrap();
    assert!(apps::approve(&realm.oauth, id, "ANN".to_owned()).await.is_err());
    apps::approve(&realm.oauth, id, "ben".to_owned()).await.unwrap();
    apps::suspend(&realm.oauth, id, "complaints".to_owned()).await.unwrap();
    assert!(apps::suspend(&realm.oauth, id, "again".to_owned()).await.is_err());
    apps::reinstate(&realm.oauth, id).await.unwrap();
    let read = |conn: &mut Conn| entries::read(conn, Log::Consent, 0, 100);
    let stored = realm.oauth.store().read_blocking(read).unwrap();
    let opened: Vec<_> =
        stored.iter().map(|entry| realm.oauth.ledger().open_for_realm(entry).unwrap()).collect();
    let told: Vec<_> = opened
        .iter()
        .map(|entry| {
            let payload = entry.payload.as_ref().unwrap();
            assert_eq!(payload["clientId"], app.id);
            assert!(!entry.header.to_string().contains(&app.id));
            let text = |value: &serde_json::Value| value.as_str().unwrap_or("-").to_owned();
            [&entry.header["type"], &entry.header["state"], &entry.header["actor"]["ref"], &payload["reason"]]
                .map(text)
        })
        .collect();
    assert_eq!(
        told,
        [
            ["app.registered", "pending", "operator", "-"],
            ["app.changed", "pending", "ann", "-"],
            ["app.changed", "approved", "ben", "-"],
            ["app.suspended", "suspended", "operator", "complaints"],
            ["app.reinstated", "approved", "operator", "-"],
        ]
    );
    assert!(stored.iter().all(|entry| entry.record == stored[0].record));
}

/// (o) Every decision is an entry of the grant's record, in the order in which things happened, and a withdrawal
/// names the size of the access log.
#[actix_web::test]
async fn o_decisions_are_entries() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let tokens = app.connect(&realm).await;
    let _untouched = app.connect(&realm).await;
    let grant_id = tokens.grant.parse().unwrap();
    grants::withdraw(&realm.oauth, realm.person(), grant_id).await.unwrap();
    let refused = app.reference(&realm).await;
    consent::open(&realm.oauth, &refused, &realm.session, &page()).await.unwrap();
    consent::refuse(&realm.oauth, Some(&realm.session), &refused, &page()).await.unwrap();
    let read = |conn: &mut Conn| {
        let grant = counterfoil_store::grants::find(conn, grant_id)?.unwrap();
        Ok::<_, counterfoil_store::Error>((grant, entries::read(conn, Log::Consent, 0, 100)?))
    };
    let (grant, stored) = realm.oauth.store().read_blocking(read).unwrap();
    let keys = realm.oauth.keys().person(realm.person()).unwrap();
    let of_customers = stored.iter().filter(|entry| entry.sealed_by() == Some(SealedBy::Evidence));
    let opened: Vec<_> = of_customers.map(|entry| realm.oauth.ledger().open(&keys, entry).unwrap()).collect();
    let types: Vec<_> = opened.iter().map(|entry| entry.header["type"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        [
            "grant.requested",
            "grant.given",
            "grant.requested",
            "grant.given",
            "grant.withdrawn",
            "grant.requested",
            "grant.refused"
        ],
        "redeeming a code is no entry"
    );
    let record = grant.record.to_string();
    let chain: Vec<_> = opened.iter().filter(|entry| entry.header["record"] == record).collect();
    assert_eq!(chain.len(), 3);
    assert!(chain.iter().all(|entry| entry.header["basis"] == "eu-gdpr:A20"));
    assert_eq!(chain[1].payload.as_ref().unwrap()["granted"]["duration"], "P90D");
    assert_eq!(chain[2].payload.as_ref().unwrap()["accessSize"], 0);
    assert_eq!(chain[2].header["actor"]["kind"], "customer");
    for entry in &opened {
        let header = entry.header.to_string();
        assert!(
            !header.contains(&tokens.grant) && !header.contains("per_"),
            "no public id, no person: {header}"
        );
    }
}

/// (o) An access that was let in is refused by the seal once the grant is narrowed, and is told why.
#[actix_web::test]
async fn o_what_was_let_in_is_refused_after_a_withdrawal() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let tokens = app.connect(&realm).await;
    let oauth = &realm.oauth;
    let (ledger, store) = (oauth.ledger().clone(), oauth.store().clone());
    let sealer =
        Sealer::start(ledger, store, oauth.keys().clone(), oauth.clock().clone(), &Registry::new()).unwrap();
    let access = realm.access(&app, &tokens.access).await.unwrap();
    sealer.check(&access.standing()).await.unwrap();
    // Another token of the same grant is given back: the grant is in force, but its epoch moved.
    let second = app.refresh(&realm, &tokens.refresh, &[]).await.member("access_token");
    app.form(&realm, "/oauth/revoke", &[], &[("token", &second)]).await;
    assert_eq!(sealer.check(&access.standing()).await, Err(Refusal::Changed));
    let access = access.reload().await.unwrap();
    sealer.check(&access.standing()).await.unwrap();
    grants::withdraw(oauth, realm.person(), access.grant_id).await.unwrap();
    let refused = sealer.check(&access.standing()).await.unwrap_err();
    assert_eq!(refusal(&refused).code(), Code::GrantWithdrawn);
    assert_eq!(access.reload().await.unwrap_err().code(), Code::GrantWithdrawn);
    assert_eq!(refusal(&Refusal::AppSuspended).code(), Code::AppSuspended);
    assert_eq!(refusal(&Refusal::Unavailable).code(), Code::SealingUnavailable);
}
