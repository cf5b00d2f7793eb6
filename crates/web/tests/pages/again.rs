//! A consent page, shown again from what is kept of it.

use std::collections::HashMap;

use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log, SealedBy};
use counterfoil_web::{Again, AgainError};
use serde_json::{Value, json};

use crate::site::{Browser, Page, Registered, Site};

/// Header and payload of the entries about somebody, oldest first.
fn opened(site: &Site) -> Vec<(Value, Value)> {
    let read = |conn: &mut Conn| entries::read(conn, Log::Consent, 0, 100);
    let all: Vec<_> = site.oauth.store().read_blocking(read).unwrap();
    let keys = site.oauth.keys().person(site.person("customer-001")).unwrap();
    let of_customers = all.iter().filter(|entry| entry.sealed_by() == Some(SealedBy::Evidence));
    let opened = of_customers.map(|entry| site.oauth.ledger().open(&keys, entry).unwrap());
    opened.map(|entry| (entry.header, entry.payload.unwrap())).collect()
}

/// What `serve` keeps, by hash.
fn kept(site: &Site) -> HashMap<String, Vec<u8>> {
    let artefacts = site.pages.artefacts().unwrap();
    artefacts.into_iter().map(|artefact| (artefact.hash, artefact.bytes)).collect()
}

fn render(
    site: &Site,
    (header, payload): &(Value, Value),
    kept: &HashMap<String, Vec<u8>>,
) -> Result<String, AgainError> {
    let again = Again::read(header, Some(payload))?;
    again.render(site.oauth.entropy().clone(), |hash| Ok(kept.get(hash).cloned()))
}

/// The part of a page that the customer decides on, without what is of one request alone and without examples.
fn substance(html: &str) -> String {
    let mut main = html.split("<main").nth(1).unwrap().split("</main>").next().unwrap().to_owned();
    while let Some((before, rest)) = main.split_once("<br><span class=\"example\"") {
        main = format!("{before}{}", rest.split_once("</span>").unwrap().1);
    }
    let is_of_request = |line: &str| line.contains("name=\"csrf\"") || line.contains("name=\"request\"");
    let lines: Vec<&str> =
        main.lines().map(str::trim).filter(|line| !line.is_empty() && !is_of_request(line)).collect();
    lines.join("\n").replace("\n</p>", "</p>")
}

async fn page(site: &Site, browser: &Browser<'_>) -> Page {
    let details = json!([{
        "type": "purchase_history", "datasets": ["purchases", "documents", "sensitive"], "from": "2025-01-31",
        "duration": "P180D", "statedUse": "We add <b>up</b> & compare", "sharedAccounts": true,
    }]);
    let request = site.request_with(&[("authorization_details", &details.to_string())]).await;
    browser.open(&request).await
}

#[actix_web::test]
async fn what_was_asked_is_shown_again_word_for_word() {
    for language in ["en", "de"] {
        let site = Site::open().await;
        let browser = site.browser();
        browser.sign_in("customer-001").await;
        browser.open(&format!("/apps?lang={language}")).await;
        let page = page(&site, &browser).await;
        assert!(page.text.contains("We add &lt;b&gt;up&lt;&#x2f;b&gt; &amp; compare"), "{}", page.text);
        // Another day, another build: what is shown again is what was shown then.
        site.pass_minutes(60 * 24 * 400);
        let [asked] = &opened(&site)[..] else { panic!("one entry") };
        let html = render(&site, asked, &kept(&site)).unwrap();
        assert!(page.text.contains("class=\"example\"") && !html.contains("class=\"example\""));
        assert_eq!(substance(&html), substance(&page.text));
        assert!(html.contains(&format!("<html lang=\"{language}\">")) && html.contains("<style>"));
        assert!(!html.contains("rel=\"stylesheet\""), "it stands alone");
    }
}

#[actix_web::test]
async fn what_was_answered_is_shown_as_it_was_ticked() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let page = page(&site, &browser).await;
    let reference = page.hidden("request");
    let form = [
        ("request", reference.as_str()),
        ("dataset", "documents"),
        ("from", "date"),
        ("fromDate", "2026-02-28"),
        ("duration", "P30D"),
        ("leaveOut", "wine"),
        ("keepTotals", "yes"),
        ("answer", "allow"),
    ];
    assert!(browser.submit(&page, "/consent", &form).await.parameter("code").is_some());
    let all = opened(&site);
    let given = all.iter().find(|(header, _)| header["type"] == "grant.given").unwrap();
    let html = render(&site, given, &kept(&site)).unwrap();
    let ticked: Vec<&str> =
        html.split('<').filter(|tag| tag.starts_with("input ") && tag.contains(" checked")).collect();
    for id in ["dataset-documents", "from-date", "duration-P30D", "kind-wine", "keep-totals"] {
        assert!(ticked.iter().any(|tag| tag.contains(&format!("id=\"{id}\""))), "{id}: {ticked:#?}");
    }
    assert_eq!(ticked.len(), 5);
    assert!(html.contains("value=\"2026-02-28\"") && html.contains("app.example"));
}

#[actix_web::test]
async fn what_is_missing_is_named() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    browser.connect().await;
    let all = opened(&site);
    let asked = &all[0];
    let (display, everything) = (&asked.0["display"], kept(&site));
    for (what, hash) in [("en.ftl", &display["words"]), ("the list of templates", &display["template"])] {
        let mut without = everything.clone();
        without.remove(hash.as_str().unwrap()).unwrap();
        let told = render(&site, asked, &without).unwrap_err();
        assert_eq!(told.to_string(), format!("artefacts are missing: {what} ({})", hash.as_str().unwrap()));
    }
    // A shop with templates of its own: what it keeps is not what was shown here.
    let other = Registered {
        own: vec![("consent.html", "{% extends \"base.html\" %}".to_owned())],
        ..Registered::default()
    };
    let other = Site::with(other).await;
    assert!(matches!(render(&site, asked, &kept(&other)), Err(AgainError::Missing(_))));
    let (mut header, payload) = asked.clone();
    header["type"] = json!("grant.withdrawn");
    assert!(matches!(render(&site, &(header, payload), &everything), Err(AgainError::NoPage(_))));
    assert!(matches!(Again::read(&asked.0, None), Err(AgainError::Untold("payload"))));
    let (mut header, payload) = asked.clone();
    header["display"] = Value::Null;
    assert!(matches!(render(&site, &(header, payload), &everything), Err(AgainError::Untold("display"))));
}
