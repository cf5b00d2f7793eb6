//! How many requests a grant may make.

use crate::app::Grant;
use crate::realm::Realm;
use crate::shop::order;

#[actix_web::test]
async fn each_grant_has_its_own_minute() {
    let realm = Realm::with_limit(5).await;
    realm.record("c-1", &order("o-1", "2026-10-01T10:00:00Z"), &[]);
    let (grant, other) = (Grant::of(&realm, "c-1").await, Grant::of(&realm, "c-1").await);
    for left in (0..5).rev() {
        let answer = grant.get(&realm, "/v1/purchases").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), "\"grant\";q=5;w=60");
        assert_eq!(answer.header("ratelimit"), format!("\"grant\";r={left};t=60"));
    }
    for path in ["/v1/purchases", "/v1/grant", "/v1/purchases/1"] {
        let refused = grant.get(&realm, path).await;
        assert_eq!(refused.problem(), (429, "too_many_requests".to_owned()));
        assert_eq!(refused.json()["retryable"], serde_json::json!(true));
        assert!(!refused.header("retry-after").is_empty(), "{refused:?}");
    }
    assert_eq!(other.get(&realm, "/v1/purchases").await.status, 200);
    assert_eq!(realm.disclosures(), 6, "what is refused discloses nothing");
}
