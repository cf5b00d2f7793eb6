//! The change feed: what a reader is told, and what it cannot even notice.

use counterfoil_domain::grant::Dataset;
use counterfoil_store::tombstones::Parting;
use serde_json::{Value, json};

use crate::app::{Allowed, Grant};
use crate::realm::{Answer, ISSUER, Realm};
use crate::shop::{Stand, order, refund, with};

const TIME: &str = "2026-10-01T10:00:00Z";

fn named(changes: &[(&str, &str)]) -> Vec<(String, String)> {
    changes.iter().map(|(kind, what)| ((*kind).to_owned(), (*what).to_owned())).collect()
}

async fn after(grant: &Grant, realm: &Realm, cursor: &str) -> Answer {
    grant.get(realm, &format!("/v1/changes?cursor={cursor}")).await
}

/// Reads to the end, so many changes at a time; everything that came, and the last cursor.
async fn all(grant: &Grant, realm: &Realm, limit: usize) -> (Vec<Value>, String) {
    let (mut seen, mut path) = (Vec::new(), format!("/v1/changes?limit={limit}"));
    loop {
        let page = grant.get(realm, &path).await;
        assert_eq!(page.status, 200, "{page:?}");
        let body = page.json();
        let data = body["data"].as_array().unwrap();
        assert!(data.len() <= limit);
        seen.extend(data.iter().cloned());
        if body["hasMore"] == json!(false) {
            return (seen, page.cursor());
        }
        assert!(!data.is_empty(), "there is more, and it is no empty page");
        path = format!("/v1/changes?limit={limit}&cursor={}", page.cursor());
    }
}

#[actix_web::test]
async fn the_feed_holds_each_purchase_once_at_its_latest_state() {
    let realm = Realm::new().await;
    for n in 0..7 {
        realm.record("c-1", &order(&format!("o-{n}"), TIME), &[]);
        realm.record("c-2", &order(&format!("x-{n}"), TIME), &[]);
    }
    let shown = Stand { kind: 2, shown: Some(3), ..Stand::default() };
    realm.stand("c-1", &order("o-2", TIME), &[refund("f-1", "o-2")], shown);
    let grant = Grant::of(&realm, "c-1").await;
    let (whole, cursor) = all(&grant, &realm, 500).await;
    let ids = |changes: &[Value]| -> Vec<String> {
        changes.iter().map(|one| one["purchase"]["orderId"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&whole), ["o-0", "o-1", "o-3", "o-4", "o-5", "o-6", "o-2"], "in the order of changes");
    let (one_by_one, _) = all(&grant, &realm, 1).await;
    assert_eq!(one_by_one, whole);
    assert_eq!(realm.disclosures(), 1 + 7, "one entry for each page with purchases");
    let seqs: Vec<i64> = whole.iter().map(|one| one["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=7).collect::<Vec<_>>());
    let last = whole.last().unwrap();
    assert_eq!(last["type"], json!("purchase.refunded"));
    assert_eq!((&last["revision"], &last["purchase"]["revision"]), (&json!(2), &json!(2)));
    assert_eq!(last["purchaseId"], last["purchase"]["id"]);
    assert_eq!(last["recordedAt"], last["purchase"]["updatedAt"]);
    let nothing = after(&grant, &realm, &cursor).await;
    assert_eq!(nothing.header("cache-control"), "no-store");
    let body = nothing.json();
    assert_eq!((&body["data"], &body["hasMore"]), (&json!([]), &json!(false)));
    assert_eq!(body["meta"]["grant"], json!(grant.id.to_string()));
    assert_eq!(body["meta"]["lagMs"], json!(0));
    assert_eq!(realm.disclosures(), 8, "an empty page is not sealed");
    realm.record("c-1", &order("o-9", TIME), &[]);
    let next = after(&grant, &realm, &nothing.cursor()).await;
    assert_eq!(next.changes(), named(&[("recorded", "o-9")]));
    assert_eq!(next.json()["data"][0]["seq"], json!(8), "consecutive for this reader");
}

#[actix_web::test]
async fn each_kind_of_change_has_its_word() {
    let realm = Realm::new().await;
    let kinds = ["recorded", "returned", "refunded", "linked", "revealed"];
    for (kind, id) in (0..).zip(kinds) {
        realm.stand("c-1", &order(id, TIME), &[], Stand { kind, ..Stand::default() });
    }
    let grant = Grant::of(&realm, "c-1").await;
    let page = grant.get(&realm, "/v1/changes").await;
    assert_eq!(page.changes(), kinds.map(|kind| (kind.to_owned(), kind.to_owned())));
    let hidden = Stand { kind: 5, shown: Some(1), hidden: true, ..Stand::default() };
    let (id, _) = realm.stand("c-1", &order("recorded", TIME), &[], hidden);
    realm.leave("c-1", "returned", Parting::Unlinked);
    realm.leave("c-1", "refunded", Parting::Erased);
    let sealed = realm.disclosures();
    let gone = after(&grant, &realm, &page.cursor()).await;
    let [unlinked, erased] = ["returned", "refunded"].map(|id| realm.purchase_id(id).to_string());
    let expected = named(&[("hidden", &id), ("unlinked", &unlinked), ("erased", &erased)]);
    assert_eq!(gone.changes(), expected);
    for change in gone.json()["data"].as_array().unwrap() {
        assert_eq!(change.get("purchase"), None);
        assert!(change["revision"].is_i64() && change["recordedAt"].is_string(), "{change}");
    }
    assert_eq!(realm.disclosures(), sealed, "what holds no purchase is not sealed");
}

#[actix_web::test]
async fn ids_come_without_purchases_and_are_sealed() {
    let realm = Realm::new().await;
    let id = realm.record("c-1", &order("o-1", TIME), &[]);
    let grant = Grant::of(&realm, "c-1").await;
    let page = grant.get(&realm, "/v1/changes?include=ids").await;
    assert_eq!(page.changes(), named(&[("recorded", &id)]));
    assert_eq!(page.json()["data"][0].get("purchase"), None);
    let responses = &realm.disclosure(0)["responses"][0];
    assert_eq!((&responses["look"], &responses["purchases"]), (&json!("changes"), &json!(1)));
    assert_eq!(responses["datasets"], json!(["purchases"]));
}

#[actix_web::test]
async fn what_went_is_told_to_who_could_have_seen_it_alone() {
    let realm = Realm::new().await;
    let shared = with(order("shared", TIME), &json!({ "account": "shared" }));
    let old = order("old", "2025-01-01T10:00:00Z");
    let grants = async || {
        let recent = Allowed { from: "2026-01-01".parse().ok(), ..Allowed::default() };
        let plain = Grant::allowed(&realm, "c-1", recent).await;
        let all = plain.again(&realm, |grant| {
            (grant.details.from, grant.details.shared_accounts) = (None, true);
        });
        let carved_out = realm.purchase_id("plain");
        let without = plain.again(&realm, |grant| grant.carve_outs.purchases = vec![carved_out]);
        [plain, all, without]
    };
    let before = grants().await;
    let mut cursors = Vec::new();
    for (kind, id) in [(0, &order("plain", TIME)), (0, &shared), (0, &old)] {
        realm.stand("c-1", id, &[], Stand { kind, ..Stand::default() });
    }
    for (grant, expected) in before.iter().zip([&["plain"][..], &["plain", "shared", "old"], &[]]) {
        let page = grant.get(&realm, "/v1/changes").await;
        assert_eq!(
            page.changes(),
            expected.iter().map(|&id| ("recorded".to_owned(), id.to_owned())).collect::<Vec<_>>()
        );
        cursors.push(page.cursor());
    }
    for id in ["plain", "shared", "old"] {
        realm.leave("c-1", id, Parting::Erased);
    }
    let [plain, shared, old] = ["plain", "shared", "old"].map(|id| realm.purchase_id(id).to_string());
    for ((grant, cursor), expected) in
        before.iter().zip(&cursors).zip([vec![&plain], vec![&plain, &shared, &old], vec![]])
    {
        let told: Vec<_> = expected.into_iter().map(|id| ("erased".to_owned(), id.clone())).collect();
        assert_eq!(after(grant, &realm, cursor).await.changes(), told);
    }
    for grant in &grants().await {
        let page = grant.get(&realm, "/v1/changes").await;
        assert_eq!(page.changes(), [], "who begins now never saw any of it");
        assert_eq!(page.json()["hasMore"], json!(false));
    }
}

#[actix_web::test]
async fn a_reader_on_its_way_is_not_told_of_what_it_has_not_reached() {
    let realm = Realm::new().await;
    for id in ["first", "second", "third"] {
        realm.record("c-1", &order(id, TIME), &[]);
    }
    let grant = Grant::of(&realm, "c-1").await;
    let one = grant.get(&realm, "/v1/changes?limit=1").await;
    assert_eq!(
        (one.changes(), one.json()["hasMore"].clone()),
        (named(&[("recorded", "first")]), json!(true))
    );
    realm.leave("c-1", "first", Parting::Unlinked);
    realm.leave("c-1", "second", Parting::Unlinked);
    let rest = after(&grant, &realm, &one.cursor()).await;
    let first = realm.purchase_id("first").to_string();
    assert_eq!(rest.changes(), named(&[("recorded", "third"), ("unlinked", &first)]));
    assert_eq!(rest.json()["data"][1]["seq"], json!(3));
}

#[actix_web::test]
async fn what_a_reader_may_not_see_makes_no_page_no_hole_and_no_more() {
    let realm = Realm::new().await;
    let shared = |id: &str| with(order(id, TIME), &json!({ "account": "shared" }));
    for n in 0..5 {
        realm.record("c-1", &shared(&format!("s-{n}")), &[]);
        realm.record("c-1", &order(&format!("o-{n}"), TIME), &[]);
        realm.record("c-1", &shared(&format!("t-{n}")), &[]);
        let joined = Stand { joined: Some(1_000), ..Stand::default() };
        realm.stand("c-1", &order(&format!("j-{n}"), TIME), &[], joined);
        let hidden = Stand { kind: 5, hidden: true, ..Stand::default() };
        realm.stand("c-1", &order(&format!("h-{n}"), TIME), &[], hidden);
    }
    let grant = Grant::of(&realm, "c-1").await;
    let (seen, cursor) = all(&grant, &realm, 1).await;
    let ids: Vec<&str> = seen.iter().map(|one| one["purchase"]["orderId"].as_str().unwrap()).collect();
    assert_eq!(ids, ["o-0", "o-1", "o-2", "o-3", "o-4"]);
    let seqs: Vec<i64> = seen.iter().map(|one| one["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
    assert_eq!(grant.get(&realm, "/v1/purchases").await.orders().len(), 5, "as in the list");
    realm.record("c-1", &shared("s-9"), &[]);
    let page = after(&grant, &realm, &cursor).await;
    assert_eq!((page.changes(), page.json()["hasMore"].clone()), (vec![], json!(false)));
}

#[actix_web::test]
async fn a_cursor_tells_nothing_and_is_its_reader_s_own() {
    let realm = Realm::new().await;
    realm.record("c-1", &order("o-1", TIME), &[]);
    let grant = Grant::of(&realm, "c-1").await;
    let carved_out = (0..200_u8).map(|n| counterfoil_domain::ids::PurchaseId([n; 16])).collect();
    let without = grant.again(&realm, |grant| grant.carve_outs.purchases = carved_out);
    let cursor = grant.get(&realm, "/v1/changes").await.cursor();
    let same = grant.get(&realm, "/v1/changes").await.cursor();
    assert_ne!(cursor, same, "two of one state");
    let other = without.get(&realm, "/v1/changes").await.cursor();
    realm.record("c-1", &order("o-2", TIME), &[]);
    let later = after(&grant, &realm, &cursor).await.cursor();
    assert_eq!([same.len(), other.len(), later.len()], [cursor.len(); 3], "whatever is in it");
    assert!(cursor.len() <= 1_024);
    for stranger in [Grant::of(&realm, "c-1").await, Grant::of(&realm, "c-2").await] {
        let refused = after(&stranger, &realm, &cursor).await;
        assert_eq!(refused.problem(), (400, "cursor_mismatch".to_owned()));
    }
    let flipped = if cursor.as_bytes()[20] == b'A' { "B" } else { "A" };
    let forged = format!("{}{flipped}{}", &cursor[..20], &cursor[21..]);
    let list = grant.get(&realm, "/v1/purchases?limit=1").await.json()["links"]["next"].clone();
    let of_list = list.as_str().unwrap().split("cursor=").nth(1).unwrap().to_owned();
    for rubbish in ["rubbish", "", "AAAA", &cursor[..40], &forged, &of_list] {
        let refused = after(&grant, &realm, rubbish).await;
        assert_eq!(refused.problem(), (400, "invalid_cursor".to_owned()), "{rubbish}");
    }
}

#[actix_web::test]
async fn a_later_grant_goes_on_unless_it_shows_more() {
    let realm = Realm::new().await;
    realm.record("c-1", &order("o-1", TIME), &[]);
    let joined = Stand { kind: 3, joined: Some(2), ..Stand::default() };
    realm.stand("c-1", &order("o-2", TIME), &[], joined);
    let allowed =
        Allowed { datasets: vec![Dataset::Purchases, Dataset::Lines], from: "2026-01-01".parse().ok() };
    let first = Grant::allowed(&realm, "c-1", allowed).await.again(&realm, |grant| {
        grant.agreed_seq = 1;
        grant.carve_outs.categories = vec!["wine".to_owned()];
    });
    let begun = first.get(&realm, "/v1/changes").await;
    assert_eq!(begun.changes(), named(&[("recorded", "o-1")]));
    let same = first.again(&realm, |_| {});
    let narrower = first.again(&realm, |grant| {
        grant.details.from = "2026-02-01".parse().ok();
        grant.details.datasets = vec![Dataset::Purchases];
        grant.carve_outs.categories.push("faith".to_owned());
    });
    realm.record("c-1", &order("o-3", TIME), &[]);
    for later in [&same, &narrower] {
        let page = after(later, &realm, &begun.cursor()).await;
        assert_eq!(page.changes(), named(&[("recorded", "o-3")]), "no gap and nothing twice");
        assert_eq!(page.json()["data"][0]["seq"], json!(2));
    }
    let wider = [
        first.again(&realm, |grant| grant.details.from = "2025-12-31".parse().ok()),
        first.again(&realm, |grant| grant.details.datasets.push(Dataset::Payment)),
        first.again(&realm, |grant| grant.details.shared_accounts = true),
        first.again(&realm, |grant| grant.carve_outs.categories.clear()),
        first.again(&realm, |grant| grant.agreed_seq = 2),
    ];
    for (index, later) in wider.iter().enumerate() {
        let refused = after(later, &realm, &begun.cursor()).await;
        assert_eq!(refused.problem(), (409, "resync_required".to_owned()), "{index}");
        assert_eq!(refused.json()["type"], json!(format!("{ISSUER}/problems/resync_required")));
        let fresh = after(later, &realm, &refused.cursor()).await;
        assert_eq!(
            fresh.changes().first(),
            Some(&("recorded".to_owned(), "o-1".to_owned())),
            "from the start"
        );
    }
    let none_joined = first.again(&realm, |grant| {
        grant.agreed_seq = 2;
        grant.carve_outs.purchases = vec![realm.purchase_id("o-2")];
    });
    assert_eq!(after(&none_joined, &realm, &begun.cursor()).await.status, 200, "what joined stays out");
}

#[actix_web::test]
async fn a_token_of_less_scope_widened_again_is_told_to_begin_again() {
    let realm = Realm::new().await;
    realm.record("c-1", &order("o-1", TIME), &[]);
    let grant = Grant::of(&realm, "c-1").await;
    let less = grant.with_scope(&realm, "purchases:read");
    let page = less.get(&realm, "/v1/changes").await;
    assert_eq!(page.json()["data"][0]["purchase"].get("lines"), None);
    let widened = after(&grant, &realm, &page.cursor()).await;
    assert_eq!(widened.changes(), named(&[("grant.changed", "full")]));
    assert_eq!(widened.json()["data"][0]["version"], json!(1));
    assert_eq!(after(&grant, &realm, &widened.cursor()).await.changes(), [], "once");
    assert_eq!(after(&less, &realm, &widened.cursor()).await.changes(), [], "less is no news");
}

#[actix_web::test]
async fn parameters_of_the_feed_are_known_or_refused() {
    let realm = Realm::new().await;
    let grant = Grant::of(&realm, "c-1").await;
    for (query, code, parameter) in [
        ("limit=0", "limit_out_of_range", "limit"),
        ("limit=501", "limit_out_of_range", "limit"),
        ("wait=31", "invalid_parameter", "wait"),
        ("wait=-1", "invalid_parameter", "wait"),
        ("wait=1.5", "invalid_parameter", "wait"),
        ("include=all", "invalid_parameter", "include"),
        ("since=1", "unknown_parameter", "since"),
    ] {
        let answer = grant.get(&realm, &format!("/v1/changes?{query}")).await;
        assert_eq!(answer.problem(), (400, code.to_owned()), "{query}");
        assert_eq!(answer.json()["errors"][0]["parameter"], json!(parameter), "{query}");
    }
    let nobody = realm.send(actix_web::http::Method::GET, "/v1/changes", &[], "").await;
    assert_eq!(nobody.problem(), (401, "invalid_token".to_owned()));
}
