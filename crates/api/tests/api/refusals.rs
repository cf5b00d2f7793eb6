//! What is refused, and with which code.

use actix_web::http::Method;
use counterfoil_domain::grant::Dataset;
use counterfoil_oauth::grants;
use serde_json::json;

use crate::app::{Allowed, Grant};
use crate::realm::{ISSUER, Realm};
use crate::shop::order;

#[actix_web::test]
async fn nothing_is_answered_without_a_token() {
    let realm = Realm::new().await;
    for (method, path) in [
        (Method::GET, "/v1/purchases"),
        (Method::GET, "/v1/purchases/pur_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        (Method::GET, "/v1/changes"),
        (Method::GET, "/v1/summary"),
        (Method::GET, "/v1/grant"),
        (Method::DELETE, "/v1/grant"),
    ] {
        let answer = realm.send(method, path, &[], "").await;
        assert_eq!(answer.problem(), (401, "invalid_token".to_owned()), "{path}");
        assert!(answer.header("www-authenticate").starts_with("DPoP "), "{answer:?}");
        let body = answer.json();
        assert_eq!(body["type"], json!(format!("{ISSUER}/problems/invalid_token")));
        assert_eq!(body["status"], json!(401));
    }
}

#[actix_web::test]
async fn another_s_purchase_is_answered_like_none_at_all() {
    let realm = Realm::new().await;
    let mine = realm.record("c-1", &order("o-1", "2026-10-01T10:00:00Z"), &[]);
    let theirs = realm.record("c-2", &order("o-2", "2026-10-01T10:00:00Z"), &[]);
    let shared = order("o-3", "2026-10-01T10:00:00Z");
    let shared = realm.record("c-1", &crate::shop::with(shared, &json!({ "account": "shared" })), &[]);
    let grant = Grant::of(&realm, "c-1").await;
    assert_eq!(grant.get(&realm, &format!("/v1/purchases/{mine}")).await.json()["data"]["id"], json!(mine));
    let unknown = "pur_aaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned();
    let rest = mine.trim_start_matches("pur_");
    let ids = [
        theirs,
        shared,
        unknown,
        format!("pur_{}", rest.to_uppercase()),
        format!("gra_{rest}"),
        "1".to_owned(),
    ];
    let mut bodies = Vec::new();
    for id in &ids {
        let answer = grant.get(&realm, &format!("/v1/purchases/{id}")).await;
        assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{id}");
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("requestId");
        bodies.push(body);
    }
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]), "{bodies:#?}");
    assert_eq!(realm.disclosures(), 1);
}

#[actix_web::test]
async fn parameters_are_known_or_refused() {
    let realm = Realm::new().await;
    let id = realm.record("c-1", &order("o-1", "2026-10-01T10:00:00Z"), &[]);
    let grant = Grant::of(&realm, "c-1").await;
    for (path, code, parameter) in [
        ("/v1/purchases?limt=5".to_owned(), "unknown_parameter", "limt"),
        ("/v1/purchases?limit=501".to_owned(), "limit_out_of_range", "limit"),
        ("/v1/purchases?limit=5&limit=5".to_owned(), "invalid_parameter", "limit"),
        ("/v1/purchases?purchasedFrom=yesterday".to_owned(), "invalid_parameter", "purchasedFrom"),
        ("/v1/purchases?channel=Store".to_owned(), "invalid_parameter", "channel"),
        ("/v1/purchases?hasRefund=yes".to_owned(), "invalid_parameter", "hasRefund"),
        ("/v1/purchases?cursor=rubbish".to_owned(), "invalid_cursor", "cursor"),
        (format!("/v1/purchases/{id}?limit=5"), "unknown_parameter", "limit"),
        ("/v1/grant?x=1".to_owned(), "unknown_parameter", "x"),
    ] {
        let answer = grant.get(&realm, &path).await;
        assert_eq!(answer.problem(), (400, code.to_owned()), "{path}");
        assert_eq!(answer.json()["errors"][0]["parameter"], json!(parameter), "{path}");
    }
    let ending = grant.call(&realm, Method::DELETE, "/v1/grant?x=1", &[]).await;
    assert_eq!(ending.problem(), (400, "unknown_parameter".to_owned()));
    assert_eq!(grant.get(&realm, "/v1/grant").await.status, 200, "nothing was ended");
}

#[actix_web::test]
async fn a_cursor_is_good_for_its_own_list_alone() {
    let realm = Realm::new().await;
    for customer in ["c-1", "c-2"] {
        for n in 0..6 {
            let order = order(&format!("{customer}-{n}"), "2026-10-01T10:00:00Z");
            realm.record(customer, &order, &[]);
        }
    }
    let grant = Grant::of(&realm, "c-1").await;
    let page = grant.get(&realm, "/v1/purchases?limit=2&channel=store").await;
    let next = page.json()["links"]["next"].as_str().unwrap().to_owned();
    let cursor = next.split("cursor=").nth(1).unwrap().to_owned();
    let at = |query: &str| format!("/v1/purchases?{query}cursor={cursor}");
    assert_eq!(grant.get(&realm, &at("limit=2&channel=store&")).await.orders().len(), 2);
    assert_eq!(grant.get(&realm, &at("channel=store&limit=2&")).await.orders().len(), 2, "in any spelling");
    let mismatch = (400, "cursor_mismatch".to_owned());
    for query in [
        "limit=3&channel=store&",
        "limit=2&",
        "limit=2&channel=online&",
        "limit=2&channel=store&hasRefund=false&",
    ] {
        assert_eq!(grant.get(&realm, &at(query)).await.problem(), mismatch, "{query}");
    }
    let same = at("limit=2&channel=store&");
    let less = Allowed { datasets: vec![Dataset::Purchases], from: None };
    for other in [
        Grant::of(&realm, "c-1").await,
        Grant::of(&realm, "c-2").await,
        Grant::allowed(&realm, "c-1", less).await,
    ] {
        assert_eq!(other.get(&realm, &same).await.problem(), mismatch);
    }
    // Another purchase to go on after: the cursor's place lies in front of its MAC.
    let other = if cursor.as_bytes()[20] == b'A' { "B" } else { "A" };
    let forged =
        format!("/v1/purchases?limit=2&channel=store&cursor={}{other}{}", &cursor[..20], &cursor[21..]);
    assert_eq!(grant.get(&realm, &forged).await.problem(), mismatch);
}

#[actix_web::test]
async fn what_was_withdrawn_answers_no_more() {
    let realm = Realm::new().await;
    let id = realm.record("c-1", &order("o-1", "2026-10-01T10:00:00Z"), &[]);
    let (grant, other) = (Grant::of(&realm, "c-1").await, Grant::of(&realm, "c-1").await);
    assert_eq!(grant.get(&realm, "/v1/purchases").await.status, 200);
    let ended = grants::withdraw(&realm.oauth, realm.person("c-1"), grant.id).await.unwrap();
    assert_eq!(ended.access_size, 1, "what had left until then");
    for path in ["/v1/purchases".to_owned(), format!("/v1/purchases/{id}"), "/v1/grant".to_owned()] {
        assert_eq!(grant.get(&realm, &path).await.problem(), (403, "grant_withdrawn".to_owned()));
    }
    assert_eq!(other.get(&realm, "/v1/purchases").await.status, 200, "another app's grant stands");
    assert_eq!(realm.disclosures(), 2);
}

#[actix_web::test]
async fn other_methods_and_addresses_are_not_there() {
    let realm = Realm::new().await;
    let grant = Grant::of(&realm, "c-1").await;
    for (method, path) in [
        (Method::POST, "/v1/purchases"),
        (Method::DELETE, "/v1/purchases/pur_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        (Method::GET, "/v1/purchases/"),
        (Method::GET, "/v2/purchases"),
    ] {
        let answer = grant.call(&realm, method, path, &[]).await;
        assert!([404, 405].contains(&answer.status), "{path}: {answer:?}");
    }
}
