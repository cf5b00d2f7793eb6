//! My purchases: months, lists, one purchase, search.

use std::time::Instant;

use counterfoil_store::entries::{self, Log};
use serde_json::json;

use crate::record::order;
use crate::site::{Browser, Page, Site};

/// The words of a page, without tags.
fn said(page: &Page) -> String {
    let mut text = String::new();
    for part in page.text.split('<') {
        text.push_str(part.split_once('>').map_or("", |(_, rest)| rest));
        text.push(' ');
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn signed_in<'a>(site: &'a Site, customer_id: &str) -> Browser<'a> {
    let browser = site.browser();
    browser.sign_in(customer_id).await;
    browser
}

/// A purchase with everything: discounts, a charge, taxes beside prices, a return and refunds at lines.
fn full(id: &str) -> (serde_json::Value, Vec<serde_json::Value>, Vec<serde_json::Value>) {
    let order = json!({
        "orderId": id, "revision": 1, "channel": "online", "placedAt": "2026-05-04T21:30:00+02:00",
        "receiptNumber": "R-77", "currency": "USD", "pricesIncludeTax": false,
        "seller": { "name": "Example Stores" },
        "lines": [
            { "lineId": "1", "sku": "a", "name": "Rolls, dinner", "brand": "Hearth",
              "quantity": { "value": "3", "unit": "EA" }, "unitPrice": "2.00", "gross": "6.00",
              "discounts": [{ "kind": "coupon", "description": "Spring", "amount": "1.00" }], "net": "5.00",
              "returnBy": "2026-06-04" },
            { "lineId": "2", "sku": "b", "name": "Apples", "quantity": { "value": "0.750", "unit": "KGM" },
              "gross": "3.00", "net": "3.00", "warrantyUntil": "2028-05-04" },
        ],
        "charges": [{ "chargeId": "c", "kind": "delivery", "amount": "4.00" }],
        "taxes": [{ "taxId": "t", "type": "sales", "rate": "5", "amount": "0.60" }],
        "tenders": [{ "method": "card", "scheme": "Visa", "amount": "12.60", "last4": "4417" }],
        "loyalty": [{ "programmeId": "Club", "earned": "12", "unit": "points" }],
        "totals": { "grandTotal": "12.60" },
    });
    let back = json!({
        "returnId": "r", "revision": 1, "orderId": id, "status": "completed", "returnedAt": "2026-05-09T09:00:00Z",
        "lines": [{ "returnLineId": "1", "lineId": "1", "sku": "a", "quantity": 1, "amount": "1.67", "reason": "Too dry" }],
    });
    let refund = json!({
        "refundId": "f", "revision": 1, "orderId": id, "returnId": "r", "amount": "2.67", "currency": "USD",
        "issuedAt": "2026-05-10T09:00:00Z", "method": "card", "status": "pending",
        "allocations": [{ "lineId": "1", "amount": "1.67" }, { "chargeId": "c", "amount": "1.00" }],
    });
    (order, vec![back], vec![refund])
}

#[actix_web::test]
async fn who_bought_nothing_is_told_so() {
    let site = Site::open().await;
    let browser = site.browser();
    assert!(browser.open("/purchases").await.path.starts_with("/sign-in?return_to=%2Fpurchases"));
    let browser = signed_in(&site, "customer-001").await;
    let page = browser.open("/purchases").await;
    assert_eq!(page.status, 200);
    assert!(
        page.text.contains("There is nothing here yet") && page.text.contains("Why is something missing?")
    );
    assert!(page.text.contains("id=\"nav-purchases\""));
}

#[actix_web::test]
async fn months_come_to_what_was_bought_in_them() {
    let site = Site::open().await;
    site.put("customer-001", &[full("o1")]);
    for (id, day, number) in [("o2", "2026-05-31", 3), ("o3", "2026-03-01", 2), ("o4", "2025-12-31", 1)] {
        site.put_order("customer-001", order(id, day, number));
    }
    let browser = signed_in(&site, "customer-001").await;
    let page = browser.open("/purchases").await;
    let words = said(&page);
    assert!(
        words.contains("May 2026 1 purchase for 3.00 EUR . 1 purchase for 12.60 USD . 2.67 USD came back"),
        "{words}"
    );
    assert!(
        words.contains("2 purchases for 5.00 EUR"),
        "the year in the currency of most purchases: {words}"
    );
    let rows: Vec<&str> = page.text.split("class=\"bought\"").skip(1).collect();
    assert_eq!(rows.len(), 2, "of this month");
    assert!(rows[0].contains("31 May 2026") && rows[1].contains("4 May 2026"), "the newest first");
    assert!(
        rows[1].contains("2.67 USD</span> came back")
            && rows[1].contains("2 items")
            && rows[1].contains("Online"),
        "{}",
        rows[1]
    );
    // The picture and its table say the same.
    assert_eq!(page.text.matches("class=\"bar-kept\"").count(), 2);
    assert!(page.text.contains("<title id=\"bars-title\">What your purchases came to in each month of"));
    assert!(words.contains("March 1 purchase 2.00 0.00 2.00"), "{words}");
    let page = browser.open("/purchases?currency=USD").await;
    assert!(said(&page).contains("May 1 purchase 12.60 2.67 9.93"));
    assert_eq!(page.text.matches("fill=\"url(#came-back)\"").count(), 1);
    // Other months and years.
    let page = browser.open("/purchases?month=2026-03").await;
    assert!(page.text.contains("month=2025-12") && page.text.contains("month=2026-05"));
    assert_eq!(page.text.matches("class=\"bought\"").count(), 1);
    let page = browser.open("/purchases?month=2026-04").await;
    assert!(said(&page).contains("You bought nothing here in April 2026."));
    for bad in ["month=2026-13", "month=May", "after=1", "shop=zz", "channel=%3Cb%3E"] {
        assert_eq!(browser.open(&format!("/purchases?{bad}")).await.status, 404, "{bad}");
    }
    // Somebody else's are not among them.
    let other = signed_in(&site, "customer-002").await;
    assert!(other.open("/purchases").await.text.contains("There is nothing here yet"));
}

#[actix_web::test]
async fn a_filter_narrows_and_says_so_when_nothing_is_left() {
    let site = Site::open().await;
    site.put("customer-001", &[full("o1")]);
    site.put_order("customer-001", order("o2", "2026-05-31", 3));
    let mut elsewhere = order("o3", "2025-02-01", 2);
    elsewhere["location"] = json!({ "storeId": "8", "name": "Station <shop>" });
    site.put_order("customer-001", elsewhere);
    let browser = signed_in(&site, "customer-001").await;
    let page = browser.open("/purchases").await;
    let option = page.text.split("<option").find(|option| option.contains("Station &lt;shop&gt;")).unwrap();
    let shop = option.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
    for (query, ids) in [
        (format!("shop={shop}"), 1),
        ("shop=&channel=online&from=&to=".to_owned(), 1),
        ("channel=store".to_owned(), 2),
        ("channel=store&from=2026-01-01&to=2026-05-31".to_owned(), 1),
    ] {
        let page = browser.open(&format!("/purchases?{query}")).await;
        assert_eq!((page.status, page.text.matches("class=\"bought\"").count()), (200, ids), "{query}");
        assert!(page.text.contains("Purchases that match") && page.text.contains("id=\"filter\" open"));
        assert!(!page.text.contains("<svg"), "a calm page");
    }
    let page = browser.open("/purchases?channel=phone").await;
    assert!(page.text.contains("Nothing matches.") && page.text.contains("id=\"show-all\""));
    let page = browser.open("/purchases?from=31.5.2026").await;
    assert_eq!(page.status, 422);
    assert!(page.text.contains("id=\"from-error\"") && page.text.contains("value=\"31.5.2026\""));
}

#[actix_web::test]
async fn one_purchase_is_spelled_out_until_it_adds_up() {
    let site = Site::open().await;
    let id = site.put("customer-001", &[full("o1")]).remove(0);
    let browser = signed_in(&site, "customer-001").await;
    let page = browser.open(&format!("/purchases/{id}")).await;
    let words = said(&page);
    let first = words.split("Apples").next().unwrap();
    for at_its_line in [
        "Rolls, dinner 3 × at 2.00 · Hearth Spring : \u{2212}1.00",
        "Can be returned until 4 June 2026",
        "Came back: 1 × on 9 May 2026 ( Too dry )",
        "Money on its way back: 1.67 USD , 10 May 2026",
    ] {
        assert!(first.contains(at_its_line), "{at_its_line}: {first}");
    }
    assert!(words.contains("0.75 kg") && words.contains("Guarantee until 4 May 2028"));
    assert!(
        words.contains(
            "Items before discounts 9.00 Discounts \u{2212}1.00 Delivery Money on its way back: 1.00 USD , 10 May 2026 \
             4.00 Sales tax 5 % 0.60 Total 12.60 USD Money that came back or is on its way \u{2212}2.67 Left 9.93 USD"
        ),
        "{words}"
    );
    assert!(words.contains("The parts add up to the total."));
    assert!(words.contains("Visa , ending in 4417") && words.contains("12 points earned"), "{words}");
    assert!(words.contains("R-77") && words.contains("4 May 2026, 21:30"), "the time where it was bought");
    assert!(words.contains("No app has looked at purchases from 4 May 2026 since this one was written down, and none may see it now."));
    // Another customer's, one that is not, and no id at all.
    let other = signed_in(&site, "customer-002").await;
    for path in [
        format!("/purchases/{id}"),
        "/purchases/pur_aaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned(),
        "/purchases/x".to_owned(),
    ] {
        assert_eq!(other.open(&path).await.status, 404, "{path}");
        let page = other.open("/apps").await;
        assert_eq!(other.submit(&page, &path, &[("answer", "hide")]).await.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn what_does_not_add_up_is_said() {
    let site = Site::open().await;
    let mut odd = order("o1", "2026-05-04", 2);
    odd["totals"]["grandTotal"] = json!("2.50");
    odd["tenders"] = json!([{ "method": "cash", "amount": "5.00", "change": "3.00" }]);
    let id = site.put_order("customer-001", odd);
    let browser = signed_in(&site, "customer-001").await;
    let words = said(&browser.open(&format!("/purchases/{id}")).await);
    assert!(words.contains("Items 2.00 Not explained by the record 0.50 Total 2.50 EUR"), "{words}");
    assert!(words.contains("do not add up to the total. 0.50 EUR is not explained."), "{words}");
    assert!(words.contains("What was paid is not the total. The difference is 0.50 EUR"), "{words}");
    assert!(!words.contains("The parts add up"));
}

#[actix_web::test]
async fn what_came_back_without_a_purchase_is_shown_too() {
    let site = Site::open().await;
    let back = json!({
        "returnId": "r", "revision": 1, "status": "received", "returnedAt": "2026-05-09T09:00:00Z",
        "lines": [{ "returnLineId": "1", "sku": "a", "name": "Lamp", "quantity": 1, "amount": "20.00" }],
    });
    let refund = json!({
        "refundId": "f", "revision": 1, "returnId": "r", "amount": "20.00", "currency": "EUR",
        "issuedAt": "2026-05-09T09:01:00Z", "method": "cash", "status": "settled",
    });
    let id = site.put("customer-001", &[(json!({ "orderId": "none" }), vec![back], vec![refund])]).remove(0);
    let browser = signed_in(&site, "customer-001").await;
    let words = said(&browser.open("/purchases").await);
    assert!(words.contains("Something came back") && words.contains("20.00 EUR came back"), "{words}");
    let words = said(&browser.open(&format!("/purchases/{id}")).await);
    assert!(
        words.contains("not the purchase that it belongs to") && words.contains("Lamp : Came back, 1 ×"),
        "{words}"
    );
}

#[actix_web::test]
async fn a_purchase_is_hidden_and_shown_on_its_page() {
    let site = Site::open().await;
    let id = site.put_order("customer-001", order("o1", "2026-05-04", 1));
    let browser = signed_in(&site, "customer-001").await;
    let grant = browser.connect().await;
    let path = format!("/purchases/{id}");
    let page = browser.open(&path).await;
    assert!(said(&page).contains("Money Garden Was let in on 24 November 2026. It has not looked at purchases from 4 May 2026 since this one was written down. May see this purchase now"));
    let answer = browser.submit(&page, &path, &[("answer", "hide")]).await;
    assert_eq!(answer.leads_to(), format!("{path}#apps"));
    let page = browser.open(&path).await;
    assert!(page.text.contains("id=\"show\"") && !page.text.contains("id=\"hide\""));
    assert!(said(&page).contains("No app has looked at purchases from 4 May 2026 since this one was written down, and none may see it now."));
    assert!(browser.open("/purchases").await.text.contains("Hidden from every app"));
    browser.submit(&page, &path, &[("answer", "show")]).await;
    assert!(browser.open(&path).await.text.contains("id=\"hide\""));
    for (form, status) in [(&[("answer", "perhaps")][..], 400), (&[], 400)] {
        assert_eq!(browser.submit(&page, &path, form).await.status, status);
    }
    let foreign = browser.send("POST", &path, &[], Some(&[("csrf", "x"), ("answer", "hide")])).await;
    assert_eq!(foreign.status, 403);
    assert!(!grant.is_empty());
}

#[actix_web::test]
async fn apps_are_told_of_as_the_access_log_tells() {
    use counterfoil_ledger::seal::{Disclosure, Sealer, Standing};
    let site = Site::open().await;
    let id = site.put_order("customer-001", order("o1", "2026-05-04", 1));
    let browser = signed_in(&site, "customer-001").await;
    browser.connect().await;
    let oauth = &site.oauth;
    let person = site.person("customer-001");
    let grant = oauth
        .store()
        .read_blocking(|conn| counterfoil_store::grants::of_persons(conn, &[person]))
        .unwrap()
        .remove(0);
    // Redeemed, as the token endpoint does.
    let active = |conn: &mut _| {
        counterfoil_store::grants::set_state(conn, grant.grant_id, counterfoil_domain::grant::State::Active)
    };
    oauth.store().write_blocking(active).unwrap();
    let sealer = Sealer::start(
        oauth.ledger().clone(),
        oauth.store().clone(),
        oauth.keys().clone(),
        oauth.clock().clone(),
        &prometheus::Registry::new(),
    )
    .unwrap();
    let seal = async |from: &str, to: &str| {
        let epoch =
            oauth.store().read_blocking(|conn| counterfoil_store::people::epoch(conn, person)).unwrap();
        let standing = Standing {
            grant_id: grant.grant_id,
            grant_epoch: grant.grant_epoch,
            client_id: grant.client_id,
            app_epoch: 0,
            person,
            customer_epoch: epoch.unwrap(),
            record: grant.record,
        };
        let disclosure = Disclosure {
            look: counterfoil_ledger::seal::Look::Purchases,
            items: 0,
            request_id: "r".to_owned(),
            purchases: 1,
            from: from.parse().ok(),
            to: to.parse().ok(),
            datasets: vec!["purchases"],
        };
        sealer.seal(standing, disclosure).await.unwrap();
    };
    seal("2026-05-05", "2026-11-01").await;
    let page = browser.open(&format!("/purchases/{id}")).await;
    assert!(
        said(&page)
            .contains("It has not looked at purchases from 4 May 2026 since this one was written down.")
    );
    site.pass_minutes(20);
    seal("2026-05-04", "2026-11-01").await;
    let page = browser.open(&format!("/purchases/{id}")).await;
    let words = said(&page);
    assert!(
        words.contains("Has looked at purchases from a stretch of days with 4 May 2026 in it, last on 24 November 2026, 13:20 CET. This one may have been among them."),
        "{words}"
    );
}

#[actix_web::test]
async fn a_search_says_what_it_looked_at_and_stands_in_no_address() {
    let site = Site::open().await;
    site.put("customer-001", &[full("o1")]);
    site.put_order("customer-001", order("o2", "2024-11-23", 1));
    site.put_order("customer-001", order("o3", "2026-05-05", 1));
    let browser = signed_in(&site, "customer-001").await;
    let page = browser.open("/purchases").await;
    let found = browser.submit(&page, "/purchases/search", &[("words", " DINNER rolls ")]).await;
    assert_eq!((found.status, found.text.matches("class=\"bought\"").count()), (200, 1));
    let apples = browser.submit(&page, "/purchases/search", &[("words", "apples")]).await;
    assert!(said(&apples).contains("Apples , Rolls, dinner"), "what was searched for comes first");
    let words = said(&found);
    assert!(words.contains("from 24 November 2024 to 24 November 2026"), "{words}");
    assert!(words.contains("24 months and 5000 purchases at most"));
    // What is too old is found by an earlier last day.
    let found = browser.submit(&page, "/purchases/search", &[("words", "item")]).await;
    assert_eq!(found.text.matches("class=\"bought\"").count(), 1);
    let found = browser.submit(&page, "/purchases/search", &[("words", "item"), ("to", "2025-01-01")]).await;
    assert_eq!(found.text.matches("class=\"bought\"").count(), 1);
    assert!(said(&found).contains("23 November 2024"));
    let none = browser.submit(&page, "/purchases/search", &[("words", "<b>nothing</b>")]).await;
    assert!(
        none.text.contains("No purchase with “<bdi>&lt;b&gt;nothing&lt;&#x2f;b&gt;</bdi>”"),
        "{}",
        none.text
    );
    let empty = browser.submit(&page, "/purchases/search", &[("words", " "), ("channel", "online")]).await;
    assert_eq!(empty.leads_to(), "/purchases?channel=online");
    assert_eq!(browser.send("GET", "/purchases/search", &[], None).await.leads_to(), "/purchases");
    let foreign = browser.send("POST", "/purchases/search", &[], Some(&[("words", "x")])).await;
    assert_eq!(foreign.status, 403);
    // Looking at one's own pages is no disclosure.
    let size = site.oauth.store().read_blocking(|conn| entries::size(conn, Log::Access)).unwrap();
    assert_eq!(size, 0);
}

/// Markup, text from right to left, faces, and as much as a text may hold.
#[actix_web::test]
async fn a_hostile_catalogue_is_text() {
    let site = Site::open().await;
    let markup = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{ 3701*7919 }}{% raw %}";
    let long = "W".repeat(1_024);
    let names = [markup, "שלום \u{202e}olleh\u{202c} عربي", "👩‍👩‍👧‍👦🛒\u{fe0f}", long.as_str()];
    let mut hostile = order("o1", "2026-05-04", 4);
    for (line, name) in hostile["lines"].as_array_mut().unwrap().iter_mut().zip(names) {
        line["name"] = json!(name);
        line["brand"] = json!(name);
        line["serial"] = json!(name);
        line["kind"] = json!("<i>kind</i>");
        line["quantity"] = json!({ "value": "1", "unit": "<u>" });
        line["discounts"] = json!([{ "kind": "<i>off</i>", "description": name, "amount": "0.00" }]);
        line["seller"] = json!({ "name": name });
    }
    hostile["location"] = json!({ "storeId": "7", "name": markup, "city": markup });
    hostile["seller"] = json!({ "name": markup });
    hostile["receiptNumber"] = json!(markup);
    hostile["channel"] = json!("store");
    hostile["charges"] = json!([{ "chargeId": "c", "kind": "<i>", "description": markup, "amount": "0.00" }]);
    hostile["tenders"] = json!([{ "method": "<i>pay</i>", "scheme": markup, "amount": "4.00" }]);
    hostile["loyalty"] = json!([{ "programmeId": "<b>club</b>", "earned": "1", "unit": "<b>points</b>" }]);
    let back = json!({
        "returnId": "r", "revision": 1, "orderId": "o1", "status": "completed", "returnedAt": "2026-05-09T09:00:00Z",
        "lines": [
            { "returnLineId": "1", "lineId": "1", "sku": markup.get(..40), "quantity": 1, "amount": "1.00", "reason": markup },
            { "returnLineId": "2", "sku": "x", "name": markup, "quantity": 1, "amount": "1.00", "reason": markup },
        ],
    });
    let refund = json!({
        "refundId": "f", "revision": 1, "orderId": "o1", "amount": "1.00", "currency": "EUR",
        "issuedAt": "2026-05-09T09:01:00Z", "method": "<i>way</i>", "status": "settled",
        "allocations": [{ "other": "<i>other</i>", "amount": "1.00" }],
        "feesWithheld": [{ "description": markup, "amount": "0.10" }],
    });
    let id = site.put("customer-001", &[(hostile, vec![back], vec![refund])]).remove(0);
    let browser = signed_in(&site, "customer-001").await;
    let list = browser.open("/purchases").await;
    let filtered = browser.open("/purchases?channel=store").await;
    let found = browser.submit(&list, "/purchases/search", &[("words", "<script>")]).await;
    let one = browser.open(&format!("/purchases/{id}")).await;
    for page in [&list, &filtered, &found, &one] {
        assert_eq!(page.status, 200, "{page:?}");
        for bad in ["<script", "<img src=x", "<i>", "<u>", "<b>", "29308219", "onerror=alert(2)>"] {
            assert!(!page.text.contains(bad), "{bad} on {}", page.path);
        }
        assert!(page.text.contains("&lt;script&gt;alert(1)"), "{}", page.path);
    }
    for name in &names[1..] {
        assert!(one.text.contains(&format!("<bdi>{name}</bdi>")), "each name is set apart: {name}");
    }
    assert!(one.text.contains(&format!("<bdi>{long}</bdi>")));
}

/// How long the pages take for a customer of 5,000 purchases, and what they weigh. The figures are printed.
#[actix_web::test]
async fn five_thousand_purchases_are_no_burden() {
    let site = Site::open().await;
    let all: Vec<_> = (0..5_000_u64)
        .map(|n| {
            let day =
                chrono::NaiveDate::from_ymd_opt(2016, 11, 25).unwrap() + chrono::Days::new(n * 3_650 / 5_000);
            let mut one = order(&format!("o{n}"), &format!("{day}"), 1 + usize::try_from(n % 12).unwrap());
            one["location"] = json!({ "storeId": format!("{}", n % 20), "name": format!("Shop {}", n % 20) });
            (one, Vec::new(), Vec::new())
        })
        .collect();
    let ids = site.put("customer-001", &all);
    let browser = signed_in(&site, "customer-001").await;
    let last = format!("/purchases/{}", ids[4_999]);
    for path in ["/purchases", "/purchases?month=2017-01", "/purchases?channel=store", &last, "/download"] {
        browser.open(path).await;
        let began = Instant::now();
        let page = browser.open(path).await;
        let took = began.elapsed();
        println!("{path}: {took:?}, {} B", page.text.len());
        assert_eq!(page.status, 200);
        assert!(page.text.len() < 60_000, "{path}: {} bytes", page.text.len());
    }
    let page = browser.open("/purchases").await;
    let began = Instant::now();
    let found = browser.submit(&page, "/purchases/search", &[("words", "item 12")]).await;
    println!("search: {:?}, {} B", began.elapsed(), found.text.len());
    assert_eq!(found.text.matches("class=\"bought\"").count(), 83);
    let began = Instant::now();
    let file = browser.submit(&browser.open("/download").await, "/download", &[("form", "csv")]).await;
    println!("file: {:?}, {} B", began.elapsed(), file.text.len());
    assert_eq!(
        file.text.lines().count(),
        1 + all.iter().map(|(one, ..)| one["lines"].as_array().unwrap().len()).sum::<usize>()
    );
    let size = site.oauth.store().read_blocking(|conn| entries::size(conn, Log::Access)).unwrap();
    assert_eq!(size, 10, "one entry for each part");
}
