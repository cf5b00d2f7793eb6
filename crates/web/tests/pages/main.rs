//! The pages, through the real app on a database of its own.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod again;
mod apps;
mod choices;
mod download;
mod examples;
mod language;
mod purchases;
mod record;
mod rights;
mod shop;
mod sign_in;
mod site;
mod told;

use counterfoil_domain::grant::{Dataset, Lasting, State};
use counterfoil_oauth::grants;
use counterfoil_oauth::problem::Code;

use crate::site::{ALLOW, Browser, REDIRECT, Registered, Site};

async fn granted(site: &Site, customer_id: &str) -> Vec<grants::GrantView> {
    let clock = site.oauth.clock().now();
    let oauth = &site.oauth;
    let person = counterfoil_store::people::resolve_one(
        oauth.store(),
        oauth.keys(),
        oauth.entropy(),
        clock,
        customer_id,
    );
    grants::list(oauth, person.unwrap()).await.unwrap()
}

#[actix_web::test]
async fn a_customer_signs_in_and_lets_an_app_in() {
    let site = Site::open().await;
    let browser = site.browser();
    let request = site.request().await;
    let page = browser.open(&request).await;
    assert!(page.path.starts_with("/sign-in?request="), "{}", page.path);
    assert!(page.text.contains("Money Garden") && page.text.contains("never sees your password"));
    let reference = page.hidden("request");
    let form = [("request", reference.as_str()), ("customerId", " customer-001 "), ("answer", "sign-in")];
    let answer = browser.submit(&page, "/sign-in", &form).await;
    assert_eq!(answer.leads_to(), format!("/consent?request={reference}"));

    let page = browser.open(answer.leads_to()).await;
    assert!(page.text.contains("Garden Software") && page.text.contains("Don’t allow"));
    let form = [
        ("request", reference.as_str()),
        ("dataset", "lines"),
        ("from", "date"),
        ("fromDate", "2025-03-31"),
        ("duration", "P30D"),
        ("answer", "allow"),
    ];
    let answer = browser.submit(&page, "/consent", &form).await;
    assert!(answer.leads_to().starts_with(REDIRECT));
    assert_eq!(answer.parameter("state").as_deref(), Some("s1"));
    assert_eq!(answer.parameter("iss").as_deref(), Some(site::BASE));
    assert!(answer.parameter("code").is_some());

    let views = granted(&site, "customer-001").await;
    assert_eq!(views[0].details.datasets, [Dataset::Purchases, Dataset::Lines]);
    assert_eq!(views[0].details.from, "2025-03-31".parse().ok());
    assert_eq!(views[0].details.duration, Lasting::Days30);
    let page = browser.open("/apps").await;
    assert!(
        page.text.contains("Each item you bought") && page.text.contains("Purchases since 31 March 2025")
    );
    assert!(page.text.contains("24 December 2026") && !page.text.contains("Which shop"));
}

#[actix_web::test]
async fn nothing_optional_is_ticked_and_both_answers_are_alike() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let page = browser.open(&site.request().await).await;
    let boxes = page.tags("type=\"checkbox\"");
    assert_eq!(boxes.len(), 6, "lines, location, shared accounts, two kinds to leave out, totals");
    assert!(boxes.iter().all(|tag| !tag.contains("checked")));
    let buttons: Vec<String> = page
        .tags("name=\"answer\"")
        .into_iter()
        .map(|tag| {
            let kind = tag.split('>').next().unwrap();
            kind.replace("allow", "?").replace("refuse", "?")
        })
        .collect();
    assert_eq!(buttons.len(), 2);
    assert_eq!(buttons[0], buttons[1]);
    assert!(page.text.contains("How you paid"), "what is not asked for is listed as not shared");
    // With nothing ticked and nothing changed, the least that was asked for is granted.
    let answer = browser.answer(&site.request().await, ALLOW).await;
    assert!(answer.parameter("code").is_some());
    assert_eq!(granted(&site, "customer-001").await[0].details.datasets, [Dataset::Purchases]);
}

#[actix_web::test]
async fn saying_no_gives_access_denied() {
    let site = Site::open().await;
    let browser = site.browser();
    // At the sign-in page, without signing in.
    let page = browser.open(&site.request().await).await;
    let reference = page.hidden("request");
    let form = [("request", reference.as_str()), ("customerId", ""), ("answer", "cancel")];
    let answer = browser.submit(&page, "/sign-in", &form).await;
    assert_eq!(answer.parameter("error").as_deref(), Some("access_denied"));
    assert_eq!(answer.parameter("state").as_deref(), Some("s1"));
    assert_eq!(answer.parameter("iss").as_deref(), Some(site::BASE));
    // On the consent page.
    browser.sign_in("customer-001").await;
    let answer = browser.answer(&site.request().await, &[("answer", "refuse")]).await;
    assert_eq!(answer.parameter("error").as_deref(), Some("access_denied"));
    assert!(granted(&site, "customer-001").await.is_empty());
}

/// Check 47.
#[actix_web::test]
async fn a_request_is_answered_once() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let request = site.request().await;
    let page = browser.open(&request).await;
    let reference = page.hidden("request");
    let mut form = vec![("request", reference.as_str())];
    form.extend_from_slice(ALLOW);
    let first = browser.submit(&page, "/consent", &form).await;
    assert!(first.parameter("code").is_some());
    for answer in ["allow", "refuse"] {
        form.retain(|(name, _)| *name != "answer");
        form.push(("answer", answer));
        let again = browser.submit(&page, "/consent", &form).await;
        assert_eq!(again.status, 400, "{answer}");
        assert!(again.header("location").is_empty());
    }
    assert_eq!(browser.open(&request).await.status, 400);
    assert_eq!(granted(&site, "customer-001").await.len(), 1);
}

#[actix_web::test]
async fn a_request_that_another_customer_saw_is_not_answered() {
    let site = Site::open().await;
    let (one, other) = (site.browser(), site.browser());
    one.sign_in("customer-001").await;
    other.sign_in("customer-002").await;
    let request = site.request().await;
    let page = one.open(&request).await;
    assert_eq!(other.open(&request).await.status, 400);
    // The same browser, after somebody else signed in: the form of before is not theirs.
    let reference = page.hidden("request");
    let mut form = vec![("request", reference.as_str())];
    form.extend_from_slice(ALLOW);
    let answer = other.submit(&page, "/consent", &form).await;
    assert_eq!(answer.status, 403);
}

#[actix_web::test]
async fn choices_that_the_page_does_not_offer_are_refused() {
    let registered = Registered {
        max_duration: Lasting::Days90,
        window_from: Some("2026-03-01"),
        ..Registered::default()
    };
    let site = Site::with(registered).await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let request = site.request().await;
    let page = browser.open(&request).await;
    assert!(page.text.contains("Since 1 March 2026, as the app asks"));
    assert!(!page.text.contains("from-year"), "a year would be more than the app may see");
    assert!(!page.text.contains("P180D") && !page.text.contains("until_withdrawn"));
    let base = |changes: &[(&'static str, &'static str)]| {
        let mut form = ALLOW.to_vec();
        form.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        form.extend_from_slice(changes);
        form
    };
    for (changes, status) in [
        (vec![("duration", "P180D")], 400),
        (vec![("duration", "forever")], 400),
        (vec![("dataset", "payment")], 400),
        (vec![("dataset", "everything")], 400),
        (vec![("from", "ever")], 400),
        (vec![("answer", "perhaps")], 400),
        (vec![("from", "date"), ("fromDate", "")], 422),
        (vec![("from", "date"), ("fromDate", "31.3.2026")], 422),
        (vec![("from", "date"), ("fromDate", "2026-11-25")], 422),
        (vec![("from", "date"), ("fromDate", "2026-02-28")], 422),
    ] {
        let answer = browser.answer(&request, &base(&changes)).await;
        assert_eq!(answer.status, status, "{changes:?}");
        if status == 422 {
            let field = answer.tags("id=\"fromDate\"")[0].to_owned();
            assert!(field.contains("aria-invalid=\"true\"") && field.contains("fromDate-error"), "{field}");
        }
    }
    assert!(granted(&site, "customer-001").await.is_empty());
    let answer = browser.answer(&request, &base(&[("from", "date"), ("fromDate", "2026-11-24")])).await;
    assert!(answer.parameter("code").is_some());
}

#[actix_web::test]
async fn stopping_works_at_once_and_is_no_harder_than_allowing() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    // Forms on the way in, after signing in: the consent page's.
    let grant = browser.connect().await;
    site.pass_minutes(3);
    let page = browser.open(&format!("/apps/{grant}/stop")).await;
    assert!(page.text.contains("keeps what it has already seen"));
    // Forms on the way out: this one.
    let answer = browser.submit(&page, &format!("/apps/{grant}/stop"), &[("answer", "stop")]).await;
    assert_eq!(answer.leads_to(), format!("/apps/{grant}/stopped"));
    let page = browser.open(answer.leads_to()).await;
    assert!(page.text.contains("24 November 2026, 13:03 CET"), "when it took effect, where the shop is");
    let views = granted(&site, "customer-001").await;
    assert_eq!(views[0].state, State::Withdrawn);
    // Again, and from an old page: the same answer, and the time stays.
    site.pass_minutes(5);
    let answer = browser.submit(&browser.open("/apps").await, &format!("/apps/{grant}/stop"), &[]).await;
    assert_eq!(answer.leads_to(), format!("/apps/{grant}/stopped"));
    assert_eq!(granted(&site, "customer-001").await[0].ended_at, views[0].ended_at);
    assert_eq!(browser.open(&format!("/apps/{grant}/stop")).await.path, format!("/apps/{grant}/stopped"));
    let page = browser.open("/apps").await;
    assert!(page.text.contains("Stopped by you") && !page.text.contains("Stop sharing"));
}

#[actix_web::test]
async fn another_customers_grant_does_not_exist() {
    let site = Site::open().await;
    let (owner, other) = (site.browser(), site.browser());
    owner.sign_in("customer-001").await;
    other.sign_in("customer-002").await;
    let grant = owner.connect().await;
    let page = other.open("/apps").await;
    assert!(!page.text.contains(&grant));
    for grant in [grant.as_str(), "gra_aaaaaaaaaaaaaaaaaaaaaaaaaa", "gra_", "x"] {
        assert_eq!(other.open(&format!("/apps/{grant}")).await.status, 404);
        assert_eq!(other.open(&format!("/apps/stopped-all?app={grant}")).await.status, 404);
        let all = [("app", grant), ("answer", "stop")];
        assert_eq!(other.submit(&page, "/apps/stop-all", &all).await.status, 404);
        assert_eq!(other.open(&format!("/apps/{grant}/stop")).await.status, 404);
        assert_eq!(other.open(&format!("/apps/{grant}/stopped")).await.status, 404);
        let answer = other.submit(&page, &format!("/apps/{grant}/stop"), &[("answer", "stop")]).await;
        assert_eq!(answer.status, 404);
    }
    assert_eq!(granted(&site, "customer-001").await[0].state, State::Given);
}

#[actix_web::test]
async fn what_others_wrote_is_text() {
    let name = "<script>alert(1)</script>\"'&";
    let site = Site::with(Registered { name, ..Registered::default() }).await;
    let browser = site.browser();
    let details = r#"[{"type":"purchase_history","datasets":["purchases"],"duration":"P90D",
        "statedUse":"<img src=x onerror=alert(2)>"}]"#;
    let request = site.request_with(&[("authorization_details", details)]).await;
    let sign_in = browser.open(&request).await;
    browser.sign_in("customer-001").await;
    let consent = browser.open(&request).await;
    assert!(consent.text.contains("&lt;img src=x onerror=alert(2)&gt;"), "{}", consent.text);
    let answer = browser.answer(&request, ALLOW).await;
    assert!(answer.parameter("code").is_some());
    let grant = browser.grant().await;
    let pages = [
        sign_in,
        consent,
        browser.open("/apps").await,
        browser.open(&format!("/apps/{grant}?new")).await,
        browser.open(&format!("/apps/{grant}/stop")).await,
        browser.open("/apps/stop-all").await,
    ];
    for page in pages {
        assert!(page.text.contains("&lt;script&gt;alert(1)"), "{}", page.path);
        assert!(!page.text.contains("<script") && !page.text.contains("<img src=x"), "{}", page.path);
    }
    let page = browser.open("/sign-in?request=%22%3E%3Cb%3E&return_to=%22%3E%3Cb%3E").await;
    assert!(!page.text.contains("<b>"));
}

async fn assert_headers(browser: &Browser<'_>, path: &str, status: u16, form_action: &str) {
    let page = browser.send("GET", path, &[], None).await;
    assert_eq!(page.status, status, "{path}");
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{form_action}; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    assert_eq!(page.header("content-security-policy"), policy, "{path}");
    assert_eq!(page.header("referrer-policy"), "no-referrer", "{path}");
    assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
    assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{path}");
    assert!(page.header("access-control-allow-origin").is_empty(), "{path}");
    if !path.starts_with("/assets/") {
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
    }
    for inline in ["<script", " style=", " onclick", "javascript:"] {
        assert!(!page.text.contains(inline), "{path}: {inline}");
    }
}

/// Check 45.
#[actix_web::test]
async fn every_answer_has_the_headers() {
    let site = Site::open().await;
    let browser = site.browser();
    let request = site.request().await;
    let reference = browser.open(&request).await.hidden("request");
    let consent = format!("/consent?request={reference}");
    assert_headers(&browser, &format!("/sign-in?request={reference}"), 200, " https://app.example").await;
    assert_headers(&browser, "/sign-in", 200, "").await;
    assert_headers(&browser, &consent, 303, "").await;
    browser.sign_in("customer-001").await;
    assert_headers(&browser, &consent, 200, " https://app.example").await;
    let grant = browser.connect().await;
    for (path, status) in [
        ("/", 303),
        ("/apps", 200),
        (&format!("/apps/{grant}/stop"), 200),
        (&format!("/apps/{grant}/stopped"), 303),
        (&format!("/apps/{grant}/change"), 200),
        (&format!("/apps/{grant}/purchases"), 200),
        ("/hidden", 200),
        ("/hidden?after=x", 404),
        (&format!("/apps/{grant}"), 200),
        (&format!("/apps/{grant}?before=x"), 404),
        ("/apps/gra_", 404),
        ("/apps/stop-all", 200),
        ("/apps/stopped-all", 303),
        ("/purchases", 200),
        ("/purchases?month=x", 404),
        ("/purchases/search", 303),
        ("/purchases/pur_", 404),
        ("/download", 200),
        ("/apps/gra_/stop", 404),
        ("/consent", 400),
        ("/consent?request=nothing", 400),
        ("/sign-in", 303),
        ("/sign-in/provider", 404),
        ("/sign-in/callback", 404),
        ("/error", 400),
        ("/problems/invalid_token", 200),
        ("/problems/nothing", 404),
        ("/styleguide", 200),
        ("/assets/app.css", 200),
        ("/assets/tokens.css", 200),
        ("/assets/icon.svg", 200),
    ] {
        assert_headers(&browser, path, status, "").await;
    }
}

#[actix_web::test]
async fn failures_explain_themselves_and_reflect_nothing() {
    let site = Site::open().await;
    let browser = site.browser();
    let page = browser.open("/error?code=app_unknown").await;
    assert!(page.text.contains("We do not know this app") && page.text.contains("id=\"reference\""));
    for odd in
        ["/error?code=%3Cb%3Ehello%3C/b%3E", "/error?code=nothing&reason=hello", "/error?code=a&code=b"]
    {
        let page = browser.open(odd).await;
        assert_eq!(page.status, 400);
        assert!(page.text.contains("Something went wrong") && !page.text.contains("hello"));
    }
    // Check 23: what comes without a pushed request stays here.
    for path in ["/sign-in?request=nothing", "/sign-in?request=%22%3E%3Cb%3Ehello"] {
        let page = browser.open(path).await;
        assert!(
            page.status == 400
                && page.text.contains("This request is not open")
                && !page.text.contains("hello")
        );
    }
    let page = browser.open("/oauth/authorize?client_id=app_x&redirect_uri=https://evil.example").await;
    assert!(page.path.starts_with("/error?code=") && page.status == 400, "{}", page.path);
    for code in Code::ALL {
        let page = browser.open(&format!("/problems/{}", code.name())).await;
        assert_eq!(page.status, 200, "{}", code.name());
        assert!(page.text.contains(code.name()));
    }
}
