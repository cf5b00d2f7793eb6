//! What customers leave out and hide, in every answer that shows purchases.

use counterfoil_domain::grant::Dataset;
use counterfoil_oauth::grants::{self, Amendment, Change};
use counterfoil_oauth::hiding;
use counterfoil_store::offsets::{self, Kind, Move};
use counterfoil_store::tombstones::Parting;
use serde_json::{Value, json};

use crate::app::{Allowed, Grant};
use crate::realm::{Realm, now, page};
use crate::shop::{Stand, order, with};

const TIME: &str = "2026-10-01T10:00:00Z";

/// An order with a line of each category, and one of none.
fn mixed(id: &str) -> Value {
    let line = |id: &str, category: &str, net: &str| json!({ "lineId": id, "sku": id, "name": format!("name-{category}"), "category": [category], "quantity": 1, "net": net });
    let lines = [line("1", "BREAD", "2.00"), line("2", "DRUGS", "5.00"), line("3", "TOYS", "3.00")];
    with(order(id, TIME), &json!({ "lines": lines, "fulfilments": [] }))
}

/// The names of lines that an answer shows, in order.
fn names(purchase: &Value) -> Vec<&str> {
    purchase["lines"].as_array().unwrap().iter().map(|line| line["name"].as_str().unwrap()).collect()
}

async fn hide(realm: &Realm, categories: &[&str]) {
    let owned = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
    let offered = owned(&["bakery", "health"]);
    let person = realm.person("c-1");
    hiding::set_categories(&realm.oauth, person, owned(categories), offered, page()).await.unwrap();
}

#[actix_web::test]
async fn what_is_hidden_is_hidden_in_every_answer() {
    let realm = Realm::new().await;
    let id = realm.record("c-1", &mixed("o-1"), &[]);
    let datasets = vec![Dataset::Purchases, Dataset::Lines, Dataset::Payment];
    let all = Grant::of(&realm, "c-1").await;
    let plain = Grant::allowed(&realm, "c-1", Allowed { datasets: datasets.clone(), from: None }).await;
    let kept = plain.again(&realm, |grant| grant.carve_outs.keep_totals = true);
    let carved = plain.again(&realm, |grant| grant.carve_outs.categories = vec!["bakery".to_owned()]);
    let shown: [(&Grant, &[&str], &str); 4] = [
        (&all, &["name-BREAD", "name-DRUGS", "name-TOYS"], "10.00"),
        (&plain, &["name-BREAD", "name-TOYS"], "5.00"),
        (&kept, &["name-BREAD", "name-TOYS"], "10.00"),
        (&carved, &[], "0.00"),
    ];
    for (index, (grant, lines, total)) in shown.into_iter().enumerate() {
        let list = grant.get(&realm, "/v1/purchases").await.json()["data"][0].clone();
        let one = grant.get(&realm, &format!("/v1/purchases/{id}")).await.json()["data"].clone();
        let change = grant.get(&realm, "/v1/changes").await.json()["data"][0]["purchase"].clone();
        assert_eq!((names(&list), &list), (lines.to_vec(), &one), "{index}");
        assert_eq!(list, change);
        let hidden = 3 - lines.len();
        assert_eq!(list["totals"]["grandTotal"], json!(total), "{index}");
        assert_eq!(list["completeness"]["hiddenLines"], json!(hidden));
        let is_paid = list["tenders"] != json!([]);
        assert_eq!(is_paid, hidden == 0 || index == 2, "{index}: {list}");
        let summary = grant.get(&realm, "/v1/summary").await.json();
        assert_eq!(summary["data"]["years"][0]["grandTotal"], json!(total), "{index}");
    }
}

#[actix_web::test]
async fn hiding_a_category_shows_in_tags_cursors_and_the_feed() {
    let realm = Realm::new().await;
    for n in 0..3 {
        realm.record("c-1", &mixed(&format!("o-{n}")), &[]);
    }
    let id = realm.purchase_id("o-0").to_string();
    let grant = Grant::of(&realm, "c-1").await;
    let tag = async || grant.get(&realm, &format!("/v1/purchases/{id}")).await.header("etag").to_owned();
    let (before, begun) = (tag().await, grant.get(&realm, "/v1/changes").await.cursor());
    let next = grant.get(&realm, "/v1/purchases?limit=1").await.json()["links"]["next"].clone();
    let next = next.as_str().unwrap().trim_start_matches(crate::realm::ISSUER).to_owned();
    hide(&realm, &["health"]).await;
    assert_ne!(tag().await, before);
    assert_eq!(grant.get(&realm, &next).await.problem(), (400, "cursor_mismatch".to_owned()));
    let told = grant.get(&realm, &format!("/v1/changes?cursor={begun}")).await;
    assert_eq!(told.changes(), [("grant.changed".to_owned(), "full".to_owned())]);
    assert_eq!(told.json()["data"][0]["version"], json!(1), "the grant is as it was");
    let again = grant.get(&realm, &format!("/v1/changes?cursor={}", told.cursor())).await;
    assert_eq!(again.changes(), [], "told once");
    let anew = grant.get(&realm, "/v1/changes").await;
    assert_eq!(anew.changes().len(), 3, "who begins now has nothing to begin again for");
    assert_eq!(names(&anew.json()["data"][0]["purchase"]), ["name-BREAD"], "nor what is in no category");
    let later = grant.again(&realm, |_| {});
    assert_eq!(
        later.get(&realm, &format!("/v1/changes?cursor={begun}")).await.changes(),
        [("grant.changed".to_owned(), "full".to_owned())],
        "also to a later grant, which has the older, fuller copies"
    );
    hide(&realm, &[]).await;
    let later = grant.again(&realm, |_| {});
    let wider = later.get(&realm, &format!("/v1/changes?cursor={}", anew.cursor())).await;
    assert_eq!(wider.problem(), (409, "resync_required".to_owned()));
}

#[actix_web::test]
async fn a_purchase_that_is_hidden_goes_and_comes_back() {
    let realm = Realm::new().await;
    let id = realm.record("c-1", &order("o-1", TIME), &[]);
    let (grant, person) = (Grant::of(&realm, "c-1").await, realm.person("c-1"));
    let begun = grant.get(&realm, "/v1/changes").await.cursor();
    let purchase_id = realm.purchase_id("o-1");
    assert!(hiding::set_purchase(&realm.oauth, person, purchase_id, true, page()).await.unwrap());
    let path = format!("/v1/purchases/{id}");
    assert_eq!(grant.get(&realm, &path).await.problem(), (404, "not_found".to_owned()));
    assert_eq!(grant.get(&realm, "/v1/purchases").await.orders().len(), 0);
    let hidden = grant.get(&realm, &format!("/v1/changes?cursor={begun}")).await;
    assert_eq!(hidden.changes(), [("hidden".to_owned(), id.clone())]);
    assert_eq!(grant.get(&realm, "/v1/changes").await.changes(), [], "nobody else hears of it");
    assert!(hiding::set_purchase(&realm.oauth, person, purchase_id, false, page()).await.unwrap());
    let revealed = grant.get(&realm, &format!("/v1/changes?cursor={}", hidden.cursor())).await;
    assert_eq!(revealed.changes(), [("revealed".to_owned(), "o-1".to_owned())]);
    assert_eq!(grant.get(&realm, &path).await.status, 200);
}

#[actix_web::test]
async fn a_grant_that_changed_says_so_in_its_place() {
    let realm = Realm::new().await;
    realm.record("c-1", &order("o-1", TIME), &[]);
    let grant = Grant::of(&realm, "c-1").await;
    let begun = grant.get(&realm, "/v1/changes").await.cursor();
    realm.record("c-1", &order("o-2", TIME), &[]);
    let amendment = Amendment {
        asks: Vec::new(),
        datasets: vec![Dataset::Purchases, Dataset::Lines],
        shared_accounts: false,
        categories: Vec::new(),
        keep_totals: false,
        with_joined: false,
    };
    let change = Change::Choices(amendment);
    assert!(grants::amend(&realm.oauth, realm.person("c-1"), grant.id, change, page()).await.unwrap());
    realm.record("c-1", &order("o-3", TIME), &[]);
    let mut cursor = begun.clone();
    let mut told = Vec::new();
    for _ in 0..3 {
        let page = grant.get(&realm, &format!("/v1/changes?limit=1&cursor={cursor}")).await;
        told.extend(page.changes());
        assert_eq!(page.json()["data"][0]["seq"], json!(told.len() + 1));
        cursor = page.cursor();
    }
    let expected = [("recorded", "o-2"), ("grant.changed", "full"), ("recorded", "o-3")];
    assert_eq!(told, expected.map(|(kind, what)| (kind.to_owned(), what.to_owned())));
    let whole = grant.get(&realm, &format!("/v1/changes?cursor={begun}")).await;
    assert_eq!(whole.changes(), told, "once, however it is read");
    assert_eq!(whole.json()["data"][1]["version"], json!(2));
}

#[actix_web::test]
async fn a_purchase_that_was_erased_is_gone_for_who_was_shown_it() {
    let realm = Realm::new().await;
    let erased = realm.record("c-1", &order("o-1", TIME), &[]);
    let unlinked = realm.record("c-1", &order("o-2", TIME), &[]);
    let shared = realm.record("c-1", &with(order("o-3", TIME), &json!({ "account": "shared" })), &[]);
    let joined = Stand { joined: Some(1_000), ..Stand::default() };
    let (joined, _) = realm.stand("c-1", &order("o-4", TIME), &[], joined);
    let (grant, stranger) = (Grant::of(&realm, "c-1").await, Grant::of(&realm, "c-2").await);
    for (order, parting) in [
        ("o-1", Parting::Erased),
        ("o-2", Parting::Unlinked),
        ("o-3", Parting::Erased),
        ("o-4", Parting::Erased),
    ] {
        realm.leave("c-1", order, parting);
    }
    let get =
        async |grant: &Grant, id: &str| grant.get(&realm, &format!("/v1/purchases/{id}")).await.problem();
    assert_eq!(get(&grant, &erased).await, (410, "purchase_erased".to_owned()));
    for id in [&unlinked, &shared, &joined] {
        assert_eq!(get(&grant, id).await, (404, "not_found".to_owned()));
    }
    assert_eq!(get(&stranger, &erased).await, (404, "not_found".to_owned()));
    realm.record("c-1", &order("o-1", TIME), &[]);
    assert_eq!(grant.get(&realm, &format!("/v1/purchases/{erased}")).await.status, 200, "it came back");
}

#[actix_web::test]
async fn the_summary_adds_up_and_says_what_it_lacks() {
    let realm = Realm::new().await;
    realm.record("c-1", &order("o-1", "2025-12-31T23:30:00-05:00"), &[]);
    let refunded = crate::shop::refund("f-1", "o-2");
    let last = realm.record("c-1", &order("o-2", TIME), &[refunded]);
    realm.record("c-1", &with(order("o-3", "2026-03-01T10:00:00Z"), &json!({ "currency": "USD" })), &[]);
    realm.record("c-1", &with(order("o-4", TIME), &json!({ "account": "shared" })), &[]);
    let joined = Stand { joined: Some(1_000), ..Stand::default() };
    realm.stand("c-1", &order("o-5", TIME), &[], joined);
    let datasets = vec![Dataset::Purchases];
    let grant = Grant::allowed(&realm, "c-1", Allowed { datasets, from: None }).await;
    let answer = grant.get(&realm, "/v1/summary").await;
    let first = realm.purchase_id("o-1").to_string();
    let year = |year: i32, currency: &str, refunded: &str, net: &str| {
        json!({
            "year": year, "currency": currency, "purchases": 1, "grandTotal": "10.00", "refunded": refunded, "net": net,
        })
    };
    let expected = json!({
        "years": [
            year(2025, "EUR", "0.00", "10.00"), year(2026, "EUR", "3.00", "7.00"), year(2026, "USD", "0.00", "10.00"),
        ],
        "first": { "id": first, "date": "2025-12-31" },
        "last": { "id": last, "date": "2026-10-01" },
        "coverage": {
            "from": "2015-01-01", "channels": ["store", "online"], "state": "complete",
            "notIncluded": [
                { "reason": "retention", "detail": "Ten years" }, { "reason": "guest_orders" },
                { "reason": "sensitive" }, { "reason": "shared_accounts" }, { "reason": "joined", "count": 1 },
            ],
        },
    });
    assert_eq!(answer.json()["data"], expected);
    assert_eq!(answer.json()["meta"]["lagMs"], json!(0));
    assert_eq!(answer.header("cache-control"), "no-store");
    let responses = realm.disclosure(0)["responses"].clone();
    let id = answer.header("x-request-id").to_owned();
    assert_eq!(
        responses,
        json!([{ "requestId": id, "look": "summary", "purchases": 3, "from": "2025-12-31", "to": "2026-10-01", "datasets": ["purchases"] }])
    );
    hide(&realm, &["health"]).await;
    let hiding = grant.get(&realm, "/v1/summary").await.json()["data"]["coverage"]["notIncluded"].clone();
    let reasons: Vec<&str> =
        hiding.as_array().unwrap().iter().map(|one| one["reason"].as_str().unwrap()).collect();
    let expected =
        ["retention", "guest_orders", "carve_outs", "sensitive", "shared_accounts", "joined", "unmapped"];
    assert_eq!(reasons, expected);
    assert_eq!(hiding[6]["count"], json!(6), "two lines each, none in a category");
    let nobody = Grant::of(&realm, "c-2").await;
    let nothing = nobody.get(&realm, "/v1/summary").await;
    assert_eq!(nothing.json()["data"]["years"], json!([]));
    assert_eq!(nothing.json()["data"].get("first"), None);
    assert_eq!(realm.disclosures(), 2, "what holds no total is not sealed");
    assert_eq!(nobody.get(&realm, "/v1/summary?x=1").await.problem().1, "unknown_parameter");
}

#[actix_web::test]
async fn a_summary_of_many_is_of_all() {
    let realm = Realm::new().await;
    for n in 0..503 {
        let placed = now() - chrono::Duration::minutes(n / 3);
        realm.record("c-1", &order(&format!("o-{n}"), &placed.to_rfc3339()), &[]);
    }
    let grant = Grant::of(&realm, "c-1").await;
    let years = grant.get(&realm, "/v1/summary").await.json()["data"]["years"].clone();
    assert_eq!((&years[0]["purchases"], &years[0]["grandTotal"]), (&json!(503), &json!("5030.00")));
    assert_eq!(realm.disclosures(), 1);
}

#[actix_web::test]
async fn the_record_says_how_far_it_goes() {
    let realm = Realm::new().await;
    realm.record("c-1", &order("o-1", TIME), &[]);
    let grant = Grant::of(&realm, "c-1").await;
    let fresh_until = now() - chrono::Duration::milliseconds(1_412);
    let read = |partition: i32, kind: Kind| {
        let step = |owner_epoch| Move {
            topic: "orders".to_owned(),
            partition,
            from: 0,
            to: 5,
            owner_epoch,
            fresh_until: Some(fresh_until - chrono::Duration::days(i64::from(partition))),
            end_offset: None,
        };
        let written: Result<bool, counterfoil_store::Error> = realm.store.write_blocking(|conn| {
            let taken = offsets::take(conn, "orders", partition, 0, kind)?;
            offsets::advance(conn, &step(taken.owner_epoch))
        });
        assert!(written.unwrap());
    };
    read(0, Kind::Live);
    read(1, Kind::History { end: 9 });
    let began = std::time::Instant::now();
    loop {
        let lag = grant.get(&realm, "/v1/purchases").await.json()["meta"]["lagMs"].clone();
        if lag == json!(1_412) {
            break;
        }
        assert_eq!(lag, json!(0), "the past does not count");
        assert!(began.elapsed().as_secs() < 20, "it is read within a second");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let coverage = grant.get(&realm, "/v1/summary").await.json()["data"]["coverage"].clone();
    assert_eq!(coverage["state"], json!("loading"));
    assert_eq!(coverage["until"], json!("2026-11-23T11:59:58.588000Z"));
}
