//! What is answered, and what of it is sealed.

use std::collections::HashSet;

use actix_web::http::Method;
use counterfoil_domain::grant::Dataset;
use counterfoil_store::people::{self, Changes};
use serde_json::json;

use crate::app::{Allowed, Grant};
use crate::realm::{ISSUER, Realm};
use crate::shop::{order, refund, with};

fn path(address: &str) -> String {
    address.strip_prefix(ISSUER).unwrap_or_else(|| panic!("{address} is not absolute")).to_owned()
}

#[actix_web::test]
async fn pages_hold_every_purchase_once_newest_first() {
    let realm = Realm::new().await;
    // Three at each time, so that pages end among purchases of one time.
    for n in 0..25 {
        realm.record(
            "c-1",
            &order(&format!("o-{n:02}"), &format!("2026-10-{:02}T10:00:00Z", 1 + n / 3)),
            &[],
        );
        realm.record("c-2", &order(&format!("x-{n:02}"), "2026-10-05T10:00:00Z"), &[]);
    }
    let grant = Grant::of(&realm, "c-1").await;
    let whole = grant.get(&realm, "/v1/purchases?limit=500").await;
    assert_eq!(whole.header("content-type"), "application/json");
    assert_eq!(whole.header("cache-control"), "no-store");
    let times: Vec<String> = whole.json()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["purchasedAt"].as_str().unwrap().to_owned())
        .collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    assert_eq!(whole.json()["links"], json!({ "self": format!("{ISSUER}/v1/purchases?limit=500") }));
    assert_eq!(whole.json()["meta"]["grant"], json!(grant.id.to_string()));

    let (mut seen, mut next, mut pages) = (Vec::new(), "/v1/purchases?limit=4".to_owned(), 0);
    loop {
        let page = grant.get(&realm, &next).await;
        let orders = page.orders();
        assert!(orders.len() <= 4);
        seen.extend(orders);
        pages += 1;
        let links = page.json()["links"].clone();
        assert_eq!(path(links["self"].as_str().unwrap()), next);
        match links["next"].as_str() {
            Some(address) => next = path(address),
            None => break,
        }
    }
    assert_eq!((pages, seen.len()), (7, 25));
    assert_eq!(seen, whole.orders());
    assert!(seen.iter().all(|id| id.starts_with("o-")), "one customer's alone");
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 25);
    assert_eq!(realm.disclosures(), 8, "one entry for each page that left");
}

#[actix_web::test]
async fn a_disclosure_says_what_left_under_the_answer_s_name() {
    let realm = Realm::new().await;
    for (id, time) in [("o-1", "2026-10-01T23:30:00-05:00"), ("o-2", "2026-10-20T10:00:00Z")] {
        realm.record("c-1", &order(id, time), &[]);
    }
    let allowed = Allowed { datasets: vec![Dataset::Purchases, Dataset::Lines], ..Allowed::default() };
    let grant = Grant::allowed(&realm, "c-1", allowed).await;
    let page = grant.call(&realm, Method::GET, "/v1/purchases", &[("x-request-id", "mine-1")]).await;
    assert_eq!(page.header("x-request-id"), "mine-1");
    let responses = json!([{
        "requestId": "mine-1", "look": "purchases", "purchases": 2, "from": "2026-10-01", "to": "2026-10-20",
        "datasets": ["purchases", "lines"],
    }]);
    assert_eq!(realm.disclosure(0), json!({ "grant": grant.id.to_string(), "responses": responses }));
}

#[actix_web::test]
async fn what_holds_no_purchase_is_not_sealed() {
    let realm = Realm::new().await;
    let id = realm.record("c-1", &order("o-1", "2026-10-01T10:00:00Z"), &[]);
    let (grant, stranger) = (Grant::of(&realm, "c-1").await, Grant::of(&realm, "c-2").await);
    assert_eq!(grant.get(&realm, "/v1/purchases?channel=phone").await.json()["data"], json!([]));
    assert_eq!(stranger.get(&realm, "/v1/purchases").await.json()["data"], json!([]));
    assert_eq!(grant.get(&realm, "/v1/grant").await.status, 200);
    assert_eq!(grant.get(&realm, "/v1/purchases?limit=0").await.status, 400);
    assert_eq!(stranger.get(&realm, &format!("/v1/purchases/{id}")).await.status, 404);
    assert_eq!(realm.disclosures(), 0);
    let address = format!("/v1/purchases/{id}");
    let first = grant.get(&realm, &address).await;
    assert_eq!((first.status, realm.disclosures()), (200, 1));
    let etag = first.header("etag").to_owned();
    for known in [etag.clone(), format!("\"other\", {etag}"), format!("W/{etag}"), "*".to_owned()] {
        let again = grant.call(&realm, Method::GET, &address, &[("if-none-match", &known)]).await;
        assert_eq!(
            (again.status, again.body.len(), again.header("etag")),
            (304, 0, etag.as_str()),
            "{known}"
        );
    }
    assert_eq!(realm.disclosures(), 1, "the app had it already");
    let other = grant.call(&realm, Method::GET, &address, &[("if-none-match", "\"other\"")]).await;
    assert_eq!((other.status, realm.disclosures()), (200, 2));
}

#[actix_web::test]
async fn a_tag_stands_for_purchase_grant_and_what_is_shown() {
    let realm = Realm::new().await;
    let purchase = order("o-1", "2026-10-01T10:00:00Z");
    let address = format!("/v1/purchases/{}", realm.record("c-1", &purchase, &[]));
    let grant = Grant::of(&realm, "c-1").await;
    let other = Grant::of(&realm, "c-1").await;
    let tag = async |grant: &Grant| grant.get(&realm, &address).await.header("etag").to_owned();
    let before = tag(&grant).await;
    assert_eq!(tag(&grant).await, before);
    assert_ne!(tag(&other).await, before, "another app cannot compare");
    realm.record("c-1", &purchase, &[refund("f-1", "o-1")]);
    let after = tag(&grant).await;
    assert_ne!(after, before);
    let person = realm.person("c-1");
    let narrow = [Changes { person, count: 1, narrowed: true }];
    realm.store.write_blocking(|conn| people::count_changes(conn, &narrow)).map(drop).unwrap();
    assert_ne!(tag(&grant).await, after, "and the answer was made again under the new epoch");
}

#[actix_web::test]
async fn filters_narrow_a_list() {
    let realm = Realm::new().await;
    let day = |day: u32| format!("2026-10-{day:02}T10:00:00Z");
    realm.record("c-1", &order("store", &day(1)), &[]);
    realm.record("c-1", &with(order("online", &day(2)), &json!({ "channel": "online" })), &[]);
    realm.record("c-1", &with(order("cancelled", &day(3)), &json!({ "status": "cancelled" })), &[]);
    realm.record("c-1", &order("refunded", &day(4)), &[refund("f-1", "refunded")]);
    realm.record("c-1", &with(order("business", &day(9)), &json!({ "businessDate": "2026-10-05" })), &[]);
    realm.record("c-1", &with(order("shared", &day(6)), &json!({ "account": "shared" })), &[]);
    let grant = Grant::of(&realm, "c-1").await;
    for (query, expected) in [
        ("", &["business", "refunded", "cancelled", "online", "store"][..]),
        ("?channel=online", &["online"]),
        ("?status=cancelled", &["cancelled"]),
        ("?hasRefund=true", &["refunded"]),
        ("?hasRefund=false&purchasedTo=2026-10-03", &["cancelled", "online", "store"]),
        ("?purchasedFrom=2026-10-04&purchasedTo=2026-10-05", &["business", "refunded"]),
        ("?purchasedFrom=2026-10-06", &[]),
        ("?status=returned", &[]),
    ] {
        assert_eq!(grant.get(&realm, &format!("/v1/purchases{query}")).await.orders(), expected, "{query}");
    }
}

#[actix_web::test]
async fn the_window_of_a_grant_holds_whatever_is_asked() {
    let realm = Realm::new().await;
    let old = realm.record("c-1", &order("old", "2026-09-30T23:59:59-12:00"), &[]);
    let new = realm.record("c-1", &order("new", "2026-10-01T00:00:00+14:00"), &[]);
    let allowed = Allowed { from: "2026-10-01".parse().ok(), ..Allowed::default() };
    let grant = Grant::allowed(&realm, "c-1", allowed).await;
    for query in ["", "?purchasedFrom=2020-01-01", "?purchasedTo=2030-01-01", "?limit=1"] {
        let page = grant.get(&realm, &format!("/v1/purchases{query}")).await;
        assert_eq!(page.orders(), ["new"], "by the local date, {query}");
        assert_eq!(page.json()["meta"]["window"], json!({ "from": "2026-10-01" }));
        assert_eq!(page.json()["links"].get("next"), None, "nothing hints at more");
    }
    assert_eq!(grant.get(&realm, &format!("/v1/purchases/{new}")).await.status, 200);
    assert_eq!(
        grant.get(&realm, &format!("/v1/purchases/{old}")).await.problem(),
        (404, "not_found".to_owned())
    );
}

#[actix_web::test]
async fn a_dataset_shows_its_own_and_nothing_else() {
    let realm = Realm::new().await;
    let id = realm.record("c-1", &order("o-1", "2026-10-01T10:00:00Z"), &[refund("f-1", "o-1")]);
    let words = |dataset: Dataset| match dataset {
        Dataset::Purchases => &["o-1", "\"grandTotal\"", "f-1", "ful-1"][..],
        Dataset::Lines => &["lines-sku", "lines-name", "lines-other", "lineId"],
        Dataset::Payment => &["payment-scheme", "payment-loyalty", "4417", "\"method\""],
        Dataset::Location => &["location-seller", "location-shop", "location-city"],
        Dataset::Sensitive | Dataset::Documents => &[],
    };
    let sets = [
        &[][..],
        &[Dataset::Lines],
        &[Dataset::Payment],
        &[Dataset::Location],
        &[Dataset::Lines, Dataset::Location],
        &[Dataset::Lines, Dataset::Payment, Dataset::Location],
    ];
    for more in sets {
        let mut datasets = vec![Dataset::Purchases];
        datasets.extend_from_slice(more);
        let grant = Grant::allowed(&realm, "c-1", Allowed { datasets: datasets.clone(), from: None }).await;
        for address in ["/v1/purchases".to_owned(), format!("/v1/purchases/{id}")] {
            let answer = grant.get(&realm, &address).await;
            for dataset in Dataset::ALL {
                for word in words(dataset) {
                    assert_eq!(
                        answer.text().contains(word),
                        datasets.contains(&dataset),
                        "{word} with {datasets:?} at {address}: {}",
                        answer.text()
                    );
                }
            }
            let is_shown = datasets.contains(&Dataset::Lines) && datasets.contains(&Dataset::Location);
            assert_eq!(answer.text().contains("location-line"), is_shown, "the seller of a line needs both");
        }
    }
}

#[actix_web::test]
async fn a_large_answer_is_compressed_as_asked() {
    let realm = Realm::new().await;
    for n in 0..30 {
        realm.record("c-1", &order(&format!("o-{n}"), "2026-10-01T10:00:00Z"), &[]);
    }
    let grant = Grant::of(&realm, "c-1").await;
    let plain = grant.get(&realm, "/v1/purchases").await;
    assert_eq!(plain.header("content-encoding"), "");
    for (asked, begins) in [("gzip", &[0x1f, 0x8b][..]), ("zstd", &[0x28, 0xb5, 0x2f, 0xfd]), ("br", &[])] {
        let packed = grant.call(&realm, Method::GET, "/v1/purchases", &[("accept-encoding", asked)]).await;
        assert_eq!(packed.header("content-encoding"), asked);
        assert!(packed.header("vary").to_lowercase().contains("accept-encoding"));
        assert!(packed.body.starts_with(begins) && packed.body.len() * 4 < plain.body.len());
    }
}

#[actix_web::test]
async fn a_grant_tells_of_itself_and_is_ended_by_its_app() {
    let realm = Realm::new().await;
    realm.record("c-1", &order("o-1", "2026-10-01T10:00:00Z"), &[]);
    let allowed = Allowed { datasets: vec![Dataset::Purchases], from: "2026-01-01".parse().ok() };
    let grant = Grant::allowed(&realm, "c-1", allowed).await;
    let shown = grant.get(&realm, "/v1/grant").await.json();
    assert_eq!(shown["data"]["id"], json!(grant.id.to_string()));
    assert_eq!(shown["data"]["datasets"], json!(["purchases"]));
    assert_eq!(shown["data"]["window"], json!({ "from": "2026-01-01" }));
    assert_eq!(shown["data"]["sharedAccounts"], json!(false));
    assert_eq!(shown["data"]["expiresAt"], json!("2027-02-22T12:00:00.000000Z"));
    assert_eq!(shown["data"].get("lastDisclosureAt"), None);
    assert_eq!(grant.get(&realm, "/v1/purchases").await.status, 200);
    let shown = grant.get(&realm, "/v1/grant").await.json();
    assert_eq!(shown["data"]["lastDisclosureAt"], json!("2026-11-24T12:00:00.000000Z"));
    assert_eq!(grant.call(&realm, Method::DELETE, "/v1/grant", &[]).await.status, 204);
    for path in ["/v1/purchases", "/v1/grant", "/v1/purchases/pur_aaaaaaaaaaaaaaaaaaaaaaaaaa"] {
        assert_eq!(grant.get(&realm, path).await.problem(), (403, "grant_ended".to_owned()), "{path}");
    }
    assert_eq!(realm.disclosures(), 1);
}

#[actix_web::test]
async fn health_is_the_database_and_not_the_stream() {
    let realm = Realm::new().await;
    let get = async |path: &str| {
        let answer = realm.send(Method::GET, path, &[], "").await;
        (answer.status, answer.json()["status"].as_str().map(str::to_owned))
    };
    assert_eq!(get("/health/live").await, (200, Some("ok".to_owned())));
    assert_eq!(get("/health/ready").await, (200, Some("ok".to_owned())));
    assert_eq!(get("/version").await, (200, None));
    realm.readiness.drain();
    assert!(realm.readiness.is_draining());
    assert_eq!(get("/health/ready").await, (503, Some("stopping".to_owned())));
    assert_eq!(get("/health/live").await, (200, Some("ok".to_owned())));
}
