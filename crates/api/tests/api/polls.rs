//! Polls that wait.

use std::time::Duration;

use counterfoil_oauth::grants;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::app::Grant;
use crate::realm::{Answer, Realm};
use crate::shop::{order, with};

const TIME: &str = "2026-10-01T10:00:00Z";
/// Time for a poll to begin to wait. Where it does not suffice, the poll finds at once what it would have waited for.
const SHORT: Duration = Duration::from_millis(400);

/// Polls, and acts meanwhile; the answer, and how long it took.
async fn meanwhile(grant: &Grant, realm: &Realm, path: &str, act: impl AsyncFnOnce()) -> (Answer, Duration) {
    let began = Instant::now();
    let poll = async {
        let answer = grant.get(realm, path).await;
        (answer, began.elapsed())
    };
    let act = async {
        sleep(SHORT).await;
        act().await;
    };
    tokio::join!(poll, act).0
}

async fn begun(realm: &Realm) -> (Grant, String) {
    realm.record("c-1", &order("o-1", TIME), &[]);
    let grant = Grant::of(realm, "c-1").await;
    let cursor = grant.get(realm, "/v1/changes").await.cursor();
    (grant, cursor)
}

#[actix_web::test]
async fn a_poll_is_answered_as_soon_as_there_is_news() {
    let realm = Realm::new().await;
    let (grant, cursor) = begun(&realm).await;
    let (answer, took) =
        meanwhile(&grant, &realm, &format!("/v1/changes?wait=30&cursor={cursor}"), async || {
            realm.record("c-2", &order("x-1", TIME), &[]);
            realm.announce("c-2");
            realm.record("c-1", &order("o-2", TIME), &[]);
            realm.announce("c-1");
        })
        .await;
    assert_eq!(answer.changes(), [("recorded".to_owned(), "o-2".to_owned())]);
    assert!(took < Duration::from_secs(10), "{took:?}");
    let again = grant.get(&realm, &format!("/v1/changes?wait=30&cursor={cursor}")).await;
    assert_eq!(again.changes().len(), 1, "what is there already is not waited for");
}

#[actix_web::test]
async fn what_a_reader_may_not_see_does_not_wake_it() {
    let realm = Realm::new().await;
    let (grant, cursor) = begun(&realm).await;
    let path = format!("/v1/changes?wait=2&cursor={cursor}");
    let (answer, took) = meanwhile(&grant, &realm, &path, async || {
        realm.record("c-1", &with(order("s-1", TIME), &json!({ "account": "shared" })), &[]);
        realm.announce("c-1");
    })
    .await;
    assert_eq!(answer.json()["data"], json!([]));
    assert!(took >= Duration::from_secs(2), "{took:?}");
    let next = grant.get(&realm, &format!("/v1/changes?cursor={}", answer.cursor())).await;
    assert_eq!(next.changes(), []);
}

#[actix_web::test]
async fn polls_are_answered_when_the_process_stops() {
    let realm = Realm::new().await;
    let (grant, cursor) = begun(&realm).await;
    let path = format!("/v1/changes?wait=30&cursor={cursor}");
    let (answer, took) = meanwhile(&grant, &realm, &path, async || realm.readiness.drain()).await;
    assert_eq!(answer.changes(), []);
    assert!(took < Duration::from_secs(10), "{took:?}");
    let (late, took) = meanwhile(&grant, &realm, &path, async || {}).await;
    assert_eq!(late.status, 200);
    assert!(took < Duration::from_secs(10), "nobody waits in a process that stops: {took:?}");
}

#[actix_web::test]
async fn a_grant_that_ends_meanwhile_ends_the_poll() {
    let realm = Realm::new().await;
    let (grant, cursor) = begun(&realm).await;
    let (person, refused) = (realm.person("c-1"), (403, "grant_withdrawn".to_owned()));
    let path = format!("/v1/changes?wait=30&cursor={cursor}");
    let (answer, took) = meanwhile(&grant, &realm, &path, async || {
        grants::withdraw(&realm.oauth, person, grant.id).await.unwrap();
    })
    .await;
    assert_eq!(answer.problem(), refused);
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[actix_web::test]
async fn polls_of_one_grant_are_counted() {
    let realm = Realm::new().await;
    let (grant, cursor) = begun(&realm).await;
    let path = format!("/v1/changes?wait=2&cursor={cursor}");
    let poll = || grant.get(&realm, &path);
    let (a, b, c, d, e) = tokio::join!(poll(), poll(), poll(), poll(), poll());
    let mut all = [a, b, c, d, e].map(|answer| answer.status);
    all.sort_unstable();
    assert_eq!(all, [200, 200, 200, 200, 429]);
    assert_eq!(poll().await.status, 200, "places are given back");
}
