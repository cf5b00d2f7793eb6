//! The consent page's examples from the customer's own latest purchases.

use counterfoil_oauth::hiding;
use counterfoil_store::entries::{self, Log};
use serde_json::json;

use crate::site::{ALLOW, PERSONAL, Page, Site};

const EVERYTHING: &str = r#"[{"type":"purchase_history","duration":"P90D",
    "datasets":["purchases","lines","sensitive","payment","location","documents"]}]"#;

/// The consent page of a customer who is asked for everything.
async fn asked(site: &Site, details: &str) -> Page {
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    browser.open(&site.request_with(&[("authorization_details", details)]).await).await
}

/// The text of one example, without tags.
fn example(page: &Page, dataset: &str) -> Option<String> {
    let rest = page.text.split(&format!("id=\"example-{dataset}\">")).nth(1)?;
    let end = if dataset == "sensitive" { "</details>" } else { "</span>" };
    let html = rest.split(end).next()?;
    let text: String = html.split('<').map(|part| part.rsplit('>').next().unwrap_or("")).collect();
    Some(text.trim().to_owned())
}

#[actix_web::test]
async fn each_thing_has_an_example_from_the_latest_purchase() {
    let site = Site::open().await;
    site.record("customer-001", "1", "2026-01-01", &["Old things"], None);
    let more = &json!({
        "location": { "storeId": "7", "name": "Example Stores", "city": "Augsburg" },
        "tenders": [{ "method": "card", "amount": "2.00", "last4": "4417" }],
        "documents": [{ "type": "receipt", "mediaType": "application/pdf", "href": "https://shop.example/1" }],
    });
    site.record_with("customer-001", "2", "2026-06-03", &["Rolls, dinner", "Milk"], more);
    let page = asked(&site, EVERYTHING).await;
    for (dataset, text) in [
        ("purchases", "Like: 2.00 EUR on 3 June 2026"),
        ("lines", "Like: Rolls, dinner · 1.00 EUR, on 3 June 2026"),
        ("payment", "Like: card ending 4417"),
        ("location", "Like: Example Stores, Augsburg"),
        ("documents", "Like: the receipt of 3 June 2026"),
    ] {
        assert_eq!(example(&page, dataset).as_deref(), Some(text), "{dataset}");
        let is_described = dataset == "purchases"
            || page
                .text
                .split(&format!("id=\"dataset-{dataset}-says\""))
                .nth(1)
                .unwrap()
                .split("</p>")
                .next()
                .unwrap()
                .contains("Like:");
        assert!(is_described, "the box is described by its example too");
    }
    assert_eq!(example(&page, "sensitive"), None, "nothing of that sort was bought");
    assert!(page.text.contains("<span id=\"host\">app.example</span>"));
}

#[actix_web::test]
async fn who_never_bought_anything_is_told_so() {
    let site = Site::open().await;
    site.record("customer-002", "1", "2026-06-03", &["Milk"], None);
    let page = asked(&site, EVERYTHING).await;
    assert_eq!(example(&page, "purchases").as_deref(), Some("You have no purchases yet."));
    assert_eq!(page.text.matches("You have no purchases yet.").count(), 1);
    assert!(!page.text.contains("Like:") && !page.text.contains("Milk"), "nobody else's purchases");
}

#[actix_web::test]
async fn very_personal_items_are_an_example_of_nothing_else() {
    let site = Site::open().await;
    let more = &json!({ "tenders": [{ "method": "cash", "amount": "2.00" }] });
    site.record_with("customer-001", "1", "2026-06-01", &["Milk", "Bread"], more);
    site.record("customer-001", "2", "2026-06-02", &[PERSONAL, "Honey"], None);
    site.record("customer-001", "3", "2026-06-03", &[PERSONAL], None);
    let page = asked(&site, EVERYTHING).await;
    // What the app would get of each: the newest has nothing left, of the next a total of what is left.
    assert_eq!(example(&page, "purchases").as_deref(), Some("Like: 1.00 EUR on 2 June 2026"));
    assert_eq!(example(&page, "lines").as_deref(), Some("Like: Honey · 1.00 EUR, on 2 June 2026"));
    assert_eq!(example(&page, "payment").as_deref(), Some("Like: cash"));
    let folded = example(&page, "sensitive").unwrap();
    assert!(folded.contains("Like: Pregnancy test · 1.00 EUR, on 3 June 2026"), "{folded}");
    assert_eq!(page.text.matches(PERSONAL).count(), 1);
    assert!(page.text.contains("<details class=\"fold\" id=\"example-sensitive\">"), "folded");
    // An app that does not ask for them: not a word.
    let page = asked(&site, &EVERYTHING.replace("\"sensitive\",", "")).await;
    assert!(!page.text.contains(PERSONAL));
}

#[actix_web::test]
async fn what_the_app_would_not_see_is_no_example() {
    let site = Site::open().await;
    site.record("customer-001", "1", "2026-06-01", &["Milk"], None);
    let hidden = site.record("customer-001", "2", "2026-06-02", &["Wine"], None);
    site.record_with("customer-001", "3", "2026-06-03", &["Toys"], &json!({ "account": "shared" }));
    let person = site.person("customer-001");
    hiding::set_purchase(&site.oauth, person, hidden.parse().unwrap(), true, b"page").await.unwrap();
    let page = asked(&site, EVERYTHING).await;
    assert_eq!(example(&page, "lines").as_deref(), Some("Like: Milk · 1.00 EUR, on 1 June 2026"));
    assert!(!page.text.contains("Wine<") && !page.text.contains("Toys"));
    let later = EVERYTHING.replace("\"duration\"", "\"from\":\"2026-07-01\",\"duration\"");
    let page = asked(&site, &later).await;
    let none = "You have purchases, but none that the app would see.";
    assert_eq!(example(&page, "purchases").as_deref(), Some(none));
}

#[actix_web::test]
async fn names_are_text_and_never_long_and_no_entry_has_them() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let hostile = "<script>alert(1)</script>\"'& \u{202e}gnol 🥖";
    let long = "a-word-without-end".repeat(56);
    for (day, name, shown) in [
        (
            "2026-06-03",
            hostile,
            "<bdi>&lt;script&gt;alert(1)&lt;&#x2f;script&gt;&quot;&#x27;&amp; \u{202e}gnol 🥖</bdi>"
                .to_owned(),
        ),
        ("2026-06-04", &long, format!("<bdi>{}…</bdi>", &long[..60])),
        (
            "2026-06-05",
            "Organic wholemeal spelt bread with sunflower seeds and pumpkin seeds",
            "<bdi>Organic wholemeal spelt bread with sunflower seeds and…</bdi>".to_owned(),
        ),
    ] {
        let more = &json!({ "location": { "storeId": "7", "name": name, "city": name } });
        site.record_with("customer-001", day, day, &[name], more);
        let page = browser.open(&site.request_with(&[("authorization_details", EVERYTHING)]).await).await;
        assert!(!page.text.contains("<script"));
        assert_eq!(page.text.matches(&shown).count(), 3, "item, shop and town: {}", page.text);
    }
    let request = site.request_with(&[("authorization_details", EVERYTHING)]).await;
    assert!(browser.answer(&request, ALLOW).await.parameter("code").is_some());
    let stored = site.oauth.store().read_blocking(|conn| entries::read(conn, Log::Consent, 0, 100)).unwrap();
    let keys = site.oauth.keys().person(site.person("customer-001")).unwrap();
    let words: Vec<String> = stored
        .iter()
        .map(|entry| {
            let opened = site.oauth.ledger().open(&keys, entry).unwrap();
            format!("{} {}", opened.header, opened.payload.unwrap_or_default())
        })
        .collect();
    assert!(words.len() >= 5);
    assert!(!words.concat().contains("word-without-end") && !words.concat().contains("spelt"));
}
