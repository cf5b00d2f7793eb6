//! Which language a page speaks, what of it is written down, and what a shop puts in the place of what ships.

use counterfoil_domain::ids::Person;
use counterfoil_ledger::config::fingerprint;
use counterfoil_oauth::Tier;
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log, SealedBy};
use counterfoil_web::Files;
use serde_json::Value;

use crate::site::{ALLOW, Browser, Page, Registered, Site};

fn language(page: &Page) -> &str {
    let tag = page.text.split("<html lang=\"").nth(1).unwrap();
    let tag = tag.split('"').next().unwrap();
    assert_eq!(page.header("content-language"), tag);
    tag
}

async fn read(browser: &Browser<'_>, path: &str, accepted: &str) -> Page {
    browser.send("GET", path, &[("accept-language", accepted)], None).await
}

/// Where the page says that it can be read in another language.
fn elsewhere(page: &Page, tag: &str) -> String {
    let link = page.tags(&format!("id=\"language-{tag}\""))[0].to_owned();
    let address = link.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    address.replace("&#x2f;", "/").replace("&amp;", "&")
}

/// The headers of the entries about somebody, oldest first.
fn displays(site: &Site, person: Person) -> Vec<Value> {
    let read = |conn: &mut Conn| entries::read(conn, Log::Consent, 0, 100);
    let all: Vec<_> = site.oauth.store().read_blocking(read).unwrap();
    let keys = site.oauth.keys().person(person).unwrap();
    let of_customers = all.iter().filter(|entry| entry.sealed_by() == Some(SealedBy::Evidence));
    let opened = of_customers.filter_map(|entry| site.oauth.ledger().open(&keys, entry).ok());
    opened.map(|entry| entry.header["display"].clone()).collect()
}

#[actix_web::test]
async fn what_was_chosen_comes_before_what_the_browser_asks_for() {
    let site = Site::open().await;
    let browser = site.browser();
    for (accepted, spoken) in [
        ("", "en"),
        ("de", "de"),
        ("de-AT, en;q=0.5", "de"),
        ("fr, en;q=0.2, de;q=0.9", "de"),
        ("fr", "en"),
        ("DE", "de"),
        ("*", "en"),
        (";;;,,,", "en"),
    ] {
        assert_eq!(language(&read(&browser, "/sign-in", accepted).await), spoken, "{accepted}");
    }
    assert!(!browser.cookies.borrow().contains_key("counterfoil-language"));
    let page = read(&browser, "/sign-in?lang=de", "en").await;
    assert_eq!((language(&page), elsewhere(&page, "en").as_str()), ("de", "/sign-in?lang=en"));
    let set: Vec<_> = page.headers.get_all("set-cookie").map(|cookie| cookie.to_str().unwrap()).collect();
    let cookie = set.into_iter().find(|cookie| cookie.starts_with("counterfoil-language=de")).unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    assert_eq!(language(&read(&browser, "/sign-in", "en").await), "de", "remembered");
    for odd in ["/sign-in?lang=xx", "/sign-in?lang=", "/sign-in?lang=%3Cb%3E"] {
        assert_eq!(language(&read(&browser, odd, "en").await), "de", "{odd}");
    }
    assert_eq!(language(&read(&browser, "/sign-in?lang=en&lang=de", "de").await), "en");
    assert_eq!(browser.cookies.borrow()["counterfoil-language"], "en");
}

#[actix_web::test]
async fn every_page_leads_to_itself_in_another_language() {
    let site = Site::open().await;
    let browser = site.browser();
    let request = site.request().await;
    let sign_in = browser.open(&request).await;
    let reference = sign_in.hidden("request");
    assert_eq!(elsewhere(&sign_in, "de"), format!("/sign-in?request={reference}&lang=de"));
    browser.sign_in("customer-001").await;
    let page = browser.open(&request).await;
    assert_eq!(elsewhere(&page, "de"), format!("?request={reference}&lang=de"));
    let mut form = vec![("request", reference.as_str()), ("fromDate", "")];
    form.extend(ALLOW.iter().filter(|(name, _)| !name.starts_with("from")));
    form.push(("from", "date"));
    let flawed = browser.submit(&page, "/consent", &form).await;
    assert_eq!(flawed.status, 422);
    let german = elsewhere(&flawed, "de");
    assert_eq!(german, format!("/consent?request={reference}&lang=de"));
    let page = browser.open(&german).await;
    assert!(page.text.contains("Darf <bdi>Money Garden</bdi> Ihre Einkäufe sehen?"), "{}", page.text);
    let page = browser.open("/error?code=app_unknown&more=hello").await;
    assert!(page.text.contains("Wir kennen diese App nicht"));
    assert_eq!(elsewhere(&page, "en"), "/error?code=app_unknown&lang=en");
}

#[actix_web::test]
async fn dates_and_money_are_written_as_the_language_does() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    site.record("customer-001", "1", "2026-03-01", &["Milk", "Tea", "Rolls", "Soap", "Jam"], None);
    let grant = browser.connect().await;
    let page = browser.open("/hidden?lang=de").await;
    for text in ["März 2026", "1. März 2026", "5,00 EUR", "Milk, Tea, Rolls und 2 weitere"] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    let page = browser.open("/hidden?lang=en").await;
    for text in ["March 2026", "1 March 2026", "5.00 EUR"] {
        assert!(page.text.contains(text), "{text}");
    }
    let answer = browser.submit(&page, &format!("/apps/{grant}/stop"), &[("answer", "stop")]).await;
    let page = browser.open(&format!("{}?lang=de", answer.leads_to())).await;
    assert!(page.text.contains("24. November 2026, 13:00 Uhr (CET)"), "{}", page.text);
}

/// What was shown is written down in the language in which it was shown, whatever another tab chose meanwhile.
#[actix_web::test]
async fn entries_say_which_words_were_shown() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let request = site.request().await;
    browser.open("/apps?lang=de").await;
    let page = browser.open(&request).await;
    assert_eq!((language(&page), page.hidden("language").as_str()), ("de", "de"));
    let reference = page.hidden("request");
    browser.open("/apps?lang=en").await;
    let mut form = vec![("request", reference.as_str()), ("language", "de")];
    form.extend_from_slice(ALLOW);
    assert!(browser.submit(&page, "/consent", &form).await.parameter("code").is_some());
    let grant = browser.grant().await;
    let page = browser.open(&format!("/apps/{grant}/change")).await;
    let form = [("language", "en"), ("keepTotals", "yes"), ("answer", "save")];
    assert_eq!(browser.submit(&page, &format!("/apps/{grant}/change"), &form).await.status, 303);

    let files = Files::embedded();
    let words = |name: &str| {
        let text = files.iter().find(|(file, _)| *file == name).unwrap().1;
        Value::from(fingerprint(text.as_bytes()))
    };
    let displays = displays(&site, site.person("customer-001"));
    let [asked, given, changed] = &displays[..] else { panic!("{displays:?}") };
    for display in [asked, given] {
        assert_eq!((&display["language"], &display["words"]), (&Value::from("de"), &words("de.ftl")));
        assert_eq!(display["template"], given["template"]);
    }
    // All that the entries name is kept, so that it can be shown again.
    let kept: Vec<Value> =
        site.pages.artefacts().unwrap().into_iter().map(|artefact| Value::from(artefact.hash)).collect();
    for display in &displays {
        assert!(kept.contains(&display["template"]) && kept.contains(&display["words"]));
    }
    assert_eq!((&changed["language"], &changed["words"]), (&Value::from("en"), &words("en.ftl")));
    assert_ne!(changed["template"], given["template"]);
}

#[actix_web::test]
async fn the_styleguide_is_for_a_sandbox() {
    let site = Site::open().await;
    let page = site.browser().open("/styleguide?lang=de").await;
    assert_eq!((page.status, language(&page)), (200, "de"));
    assert!(page.text.contains("swatch-brand") && page.text.contains("12,30 EUR"));
    let site = Site::with(Registered { tier: Tier::Production, ..Registered::default() }).await;
    assert_eq!(site.browser().open("/styleguide").await.status, 404);
}

#[actix_web::test]
async fn a_shop_restyles_and_rewords_but_weakens_nothing() {
    let base = Files::embedded();
    let base = base.iter().find(|(name, _)| *name == "base.html").unwrap().1;
    let own = [
        ("tokens.css", ":root { --brand: #123456; }".to_owned()),
        ("base.html", base.replace("</head>", "<style>p{}</style><script>alert(1)</script></head>")),
    ];
    let site = Site::with(Registered { own: own.to_vec(), ..Registered::default() }).await;
    let browser = site.browser();
    assert_eq!(browser.open("/assets/tokens.css").await.text, own[0].1);
    let page = browser.open("/sign-in").await;
    assert!(page.text.contains("<script>alert(1)"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'self'; img-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
}
