//! Signing in and out, sessions and cookies, and forms that come from elsewhere.

use counterfoil_domain::grant::State;

use crate::granted;
use crate::site::{ALLOW, Site};

/// A name, the token that is sent, headers.
type Way<'a> = (&'a str, Option<&'a str>, &'a [(&'a str, &'a str)]);

/// Every form, each way of sending it from elsewhere.
#[actix_web::test]
async fn forms_from_elsewhere_are_refused() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let grant = browser.connect().await;
    let request = site.request().await;
    let page = browser.open(&request).await;
    let (csrf, reference) = (page.hidden("csrf"), page.hidden("request"));
    let stop = format!("/apps/{grant}/stop");
    let mut allow = vec![("request", reference.as_str())];
    allow.extend_from_slice(ALLOW);
    let forms: [(&str, Vec<(&str, &str)>); 6] = [
        ("/consent", allow),
        (&stop, vec![("answer", "stop")]),
        ("/apps/stop-all", vec![("app", &grant), ("answer", "stop")]),
        ("/sign-out", vec![]),
        ("/sign-in", vec![("customerId", "customer-002"), ("answer", "sign-in")]),
        ("/sign-in", vec![("pick", "customer-002")]),
    ];
    let other = site.browser();
    other.sign_in("customer-002").await;
    let foreign = other.open("/apps").await.hidden("csrf");
    for (path, form) in &forms {
        let ways: [Way<'_>; 7] = [
            ("no token", None, &[]),
            ("empty token", Some(""), &[]),
            ("another session's token", Some(&foreign), &[]),
            ("cross-site", Some(&csrf), &[("sec-fetch-site", "cross-site")]),
            ("same-site", Some(&csrf), &[("sec-fetch-site", "same-site")]),
            ("origin", Some(&csrf), &[("origin", "https://evil.example")]),
            ("origin with another port", Some(&csrf), &[("origin", "http://127.0.0.1:8081")]),
        ];
        for (name, token, headers) in ways {
            let mut all: Vec<(&str, &str)> = form.clone();
            all.extend(token.map(|token| ("csrf", token)));
            let answer = browser.send("POST", path, headers, Some(&all)).await;
            assert_eq!(answer.status, 403, "{path}: {name}");
        }
        let json = [("content-type", "text/plain")];
        let answer = browser.send("POST", path, &json, Some(&[("csrf", &csrf)])).await;
        assert_eq!(answer.status, 400, "{path}: not a form");
        let answer = browser.send("POST", path, &[], Some(&[("csrf", &csrf), ("csrf", &csrf)])).await;
        assert_eq!(answer.status, 400, "{path}: a field twice");
    }
    let views = granted(&site, "customer-001").await;
    assert_eq!((views.len(), views[0].state), (1, State::Given), "nothing was done");
    assert_eq!(browser.open("/apps").await.path, "/apps", "still signed in");
}

/// The made-up customers of a demo are a press away, with a word on each.
#[actix_web::test]
async fn a_sample_customer_is_picked() {
    let site = Site::open().await;
    let browser = site.browser();
    let page = browser.open(&site.request().await).await;
    assert!(page.text.contains("<option value=\"customer-001\" label=\"a family that cooks\">"));
    assert!(page.text.contains("a family that cooks</span>"));
    let reference = page.hidden("request");
    let form = [("request", reference.as_str()), ("customerId", ""), ("pick", "customer-001")];
    let answer = browser.submit(&page, "/sign-in", &form).await;
    assert_eq!(answer.leads_to(), format!("/consent?request={reference}"));
    assert!(browser.open(answer.leads_to()).await.text.contains("Let Money Garden see your purchases?"));
}

/// Before sign-in the token belongs to a signed cookie: without it, or with one of one's own making, it is nothing.
#[actix_web::test]
async fn the_sign_in_form_belongs_to_its_browser() {
    let site = Site::open().await;
    let (mine, attackers) = (site.browser(), site.browser());
    let page = attackers.open("/sign-in").await;
    let form = [("customerId", "customer-666"), ("answer", "sign-in")];
    assert_eq!(mine.submit(&page, "/sign-in", &form).await.status, 403, "no cookie");
    mine.open("/sign-in").await;
    assert_eq!(mine.submit(&page, "/sign-in", &form).await.status, 403, "another cookie");
    let forged = "A".repeat(64);
    mine.cookies.borrow_mut().insert("counterfoil-visitor".to_owned(), forged);
    let page = mine.open("/sign-in").await;
    assert!(page.header("set-cookie").contains("counterfoil-visitor="), "a forged cookie is replaced");
}

#[actix_web::test]
async fn sessions_begin_anew_and_end() {
    let site = Site::open().await;
    let browser = site.browser();
    // A planted cookie is worth nothing, and signing in does not adopt it.
    let planted = "B".repeat(43);
    browser.cookies.borrow_mut().insert("counterfoil".to_owned(), planted.clone());
    assert_eq!(browser.open("/apps").await.path, "/sign-in?return_to=%2Fapps");
    browser.sign_in("customer-001").await;
    let first = browser.cookies.borrow()["counterfoil"].clone();
    assert_ne!(first, planted);
    // Signing out ends it for whoever holds the cookie.
    let page = browser.open("/apps").await;
    let answer = browser.submit(&page, "/sign-out", &[]).await;
    assert_eq!(answer.leads_to(), "/sign-in");
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    browser.cookies.borrow_mut().insert("counterfoil".to_owned(), first.clone());
    assert!(browser.open("/apps").await.path.starts_with("/sign-in"));
    // Signing in over a session ends that session.
    browser.sign_in("customer-001").await;
    let replaced = browser.cookies.borrow()["counterfoil"].clone();
    let page = browser.open("/apps").await;
    let form = [("customerId", "customer-002"), ("answer", "sign-in")];
    assert_eq!(browser.submit(&page, "/sign-in", &form).await.leads_to(), "/apps");
    let old = site.browser();
    old.cookies.borrow_mut().insert("counterfoil".to_owned(), replaced);
    assert!(old.open("/apps").await.path.starts_with("/sign-in"));
    browser.cookies.borrow_mut().clear();
    // Half an hour, then sign in again.
    browser.sign_in("customer-001").await;
    assert_ne!(browser.cookies.borrow()["counterfoil"], first);
    site.pass_minutes(29);
    assert_eq!(browser.open("/apps").await.path, "/apps");
    site.pass_minutes(1);
    assert!(browser.open("/apps").await.path.starts_with("/sign-in"));
}

#[actix_web::test]
async fn cookies_are_out_of_reach() {
    let site = Site::open().await;
    let browser = site.browser();
    let page = browser.open("/sign-in").await;
    let answer =
        browser.submit(&page, "/sign-in", &[("customerId", "customer-001"), ("answer", "sign-in")]).await;
    for cookie in [page.header("set-cookie"), answer.header("set-cookie")] {
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
            "{cookie}"
        );
        assert!(!cookie.contains("Domain"));
    }
}

#[actix_web::test]
async fn signing_in_leads_to_our_own_pages_only() {
    let site = Site::open().await;
    for to in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/apps/../oauth/authorize",
        "/sign-out",
    ] {
        let browser = site.browser();
        let page = browser.open("/sign-in").await;
        let form = [("customerId", "customer-001"), ("answer", "sign-in"), ("return_to", to)];
        let answer = browser.submit(&page, "/sign-in", &form).await;
        assert_eq!(answer.leads_to(), "/apps", "{to}");
        let query =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("return_to", to).finish();
        let answer = browser.send("GET", &format!("/sign-in?{query}"), &[], None).await;
        assert_eq!(answer.leads_to(), "/apps", "{to}, when signed in");
    }
    let browser = site.browser();
    let page = browser.open("/sign-in?return_to=/apps/gra_x/stop").await;
    let to = page.hidden("return_to");
    let form = [("customerId", "customer-001"), ("answer", "sign-in"), ("return_to", to.as_str())];
    assert_eq!(browser.submit(&page, "/sign-in", &form).await.leads_to(), "/apps/gra_x/stop");
}

#[actix_web::test]
async fn a_bad_customer_number_is_explained_at_the_field() {
    let site = Site::open().await;
    let browser = site.browser();
    let page = browser.open("/sign-in").await;
    for bad in ["", "   ", "a\u{0}b", &"x".repeat(129)] {
        let answer = browser.submit(&page, "/sign-in", &[("customerId", bad), ("answer", "sign-in")]).await;
        assert_eq!(answer.status, 422);
        let field = answer.tags("id=\"customerId\"")[0].to_owned();
        assert!(field.contains("aria-invalid=\"true\"") && field.contains("customerId-error"), "{field}");
        assert!(answer.text.contains("id=\"customerId-error\"") && answer.text.contains("<title>Error: "));
    }
}
