//! What customers choose: what an app gets at most, what is taken away later, what is hidden from every app.

use counterfoil_domain::grant::{CarveOuts, Dataset};
use counterfoil_oauth::hiding;

use crate::granted;
use crate::site::{ALLOW, Browser, Page, Site};

const DETAILS: &str = r#"[{"type":"purchase_history","datasets":["purchases","lines","sensitive"],
    "duration":"P90D","sharedAccounts":true}]"#;

/// A request that asks for very personal items and for shared accounts.
async fn personal(site: &Site) -> String {
    site.request_with(&[("authorization_details", DETAILS)]).await
}

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form: Vec<(&str, &str)> = ALLOW.to_vec();
    form.retain(|(name, _)| !more.iter().any(|(changed, _)| changed == name));
    form.extend_from_slice(more);
    form
}

/// The names of the boxes that are ticked.
fn ticked(page: &Page) -> Vec<String> {
    let boxes = page.tags("type=\"checkbox\"").into_iter().filter(|tag| tag.contains(" checked"));
    boxes.map(|tag| tag.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()).collect()
}

async fn post(browser: &Browser<'_>, page: &Page, path: &str, form: &[(&str, &str)]) -> u16 {
    browser.submit(page, path, form).await.status
}

#[actix_web::test]
async fn very_personal_items_and_shared_accounts_are_questions_of_their_own() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let page = browser.open(&personal(&site).await).await;
    assert!(ticked(&page).is_empty());
    let fieldsets: Vec<&str> = page.text.split("<fieldset").skip(1).collect();
    let of =
        |id: &str| fieldsets.iter().position(|fieldset| fieldset.contains(&format!("id=\"{id}\""))).unwrap();
    let places = ["dataset-lines", "dataset-sensitive", "shared-accounts", "kind-wine"].map(of);
    assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "each in a fieldset of its own: {places:?}");
    assert!(page.text.contains("<details class=\"fold\" id=\"kinds\">"), "folded");
    assert!(page.text.contains("Wine &amp; beer") && page.text.contains("id=\"kind-health\""));
    let form = with(&[
        ("dataset", "sensitive"),
        ("sharedAccounts", "yes"),
        ("leaveOut", "wine"),
        ("leaveOut", "health"),
        ("keepTotals", "yes"),
    ]);
    assert!(browser.answer(&personal(&site).await, &form).await.parameter("code").is_some());
    let [view] = &granted(&site, "customer-001").await[..] else { panic!("one grant") };
    assert_eq!(view.details.datasets, [Dataset::Purchases, Dataset::Sensitive]);
    assert!(view.details.shared_accounts);
    let left_out = ["health", "wine"].map(str::to_owned).to_vec();
    assert_eq!(view.carve_outs, CarveOuts { categories: left_out, purchases: Vec::new(), keep_totals: true });
    let page = browser.open("/apps").await;
    assert!(page.text.contains("Purchases on a shared account") && page.text.contains("Wine &amp; beer"));
}

#[actix_web::test]
async fn what_is_not_asked_for_is_not_offered() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let plain = r#"[{"type":"purchase_history","datasets":["purchases"],"duration":"P90D"}]"#;
    let request = site.request_with(&[("authorization_details", plain)]).await;
    let page = browser.open(&request).await;
    for id in ["dataset-sensitive", "shared-accounts", "kind-health"] {
        assert!(!page.text.contains(id), "{id}");
    }
    assert!(page.text.contains("Purchases on an account that you share"), "said among what is not shared");
    assert!(page.text.contains("Items that may say something very personal"));
    for (name, value) in [
        ("sharedAccounts", "yes"),
        ("sharedAccounts", "perhaps"),
        ("dataset", "sensitive"),
        ("leaveOut", "health"),
        ("leaveOut", "everything"),
        ("keepTotals", "no"),
    ] {
        let answer = browser.answer(&request, &with(&[(name, value)])).await;
        assert_eq!(answer.status, 400, "{name}={value}");
    }
    // A date that cannot be taken loses none of the other choices, and unfolds them.
    let form = with(&[("leaveOut", "wine"), ("keepTotals", "yes"), ("from", "date"), ("fromDate", "")]);
    let page = browser.answer(&request, &form).await;
    assert_eq!((page.status, ticked(&page)), (422, vec!["wine".to_owned(), "yes".to_owned()]));
    assert!(page.text.contains("<details class=\"fold\" id=\"kinds\" open>"));
}

#[actix_web::test]
async fn a_customer_takes_something_away_and_puts_back_what_they_left_out() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let form = with(&[
        ("dataset", "lines"),
        ("dataset", "sensitive"),
        ("sharedAccounts", "yes"),
        ("leaveOut", "wine"),
    ]);
    assert!(browser.answer(&personal(&site).await, &form).await.parameter("code").is_some());
    let grant = browser.grant().await;
    let address = format!("/apps/{grant}/change");
    let page = browser.open("/apps").await;
    assert!(
        page.text.contains(&format!("href=\"{address}\"").replace('/', "&#x2f;"))
            || page.text.contains(&address)
    );
    let page = browser.open(&address).await;
    assert_eq!(ticked(&page), ["lines", "sensitive", "yes", "wine"], "as it is now");
    assert!(!page.text.contains("Saved.") && !page.text.contains("withJoined"));
    let form = [("dataset", "lines"), ("leaveOut", "health"), ("keepTotals", "yes"), ("answer", "save")];
    let answer = browser.submit(&page, &address, &form).await;
    let page = browser.open(answer.leads_to()).await;
    assert!(page.text.contains("Saved. It holds from now on."));
    // Very personal items are not shared any more; that they were left out beside stays, for all it matters.
    assert_eq!(ticked(&page), ["lines", "yes"]);
    assert!(!page.text.contains("kind-health") && !page.text.contains("shared-accounts"));
    let view = &granted(&site, "customer-001").await[0];
    assert_eq!(view.details.datasets, [Dataset::Purchases, Dataset::Lines]);
    assert_eq!((view.details.shared_accounts, view.carve_outs.keep_totals), (false, true));
    assert_eq!(view.carve_outs.categories, ["health"]);
    let answer = browser.submit(&page, &address, &[("dataset", "lines"), ("leaveOut", "bread")]).await;
    assert_eq!(answer.status, 303);
    assert_eq!(granted(&site, "customer-001").await[0].carve_outs.categories, ["bread", "health"]);
    // Nothing is given that the app was not let have.
    for (name, value) in [
        ("dataset", "sensitive"),
        ("dataset", "location"),
        ("dataset", "everything"),
        ("sharedAccounts", "yes"),
        ("leaveOut", "health"),
    ] {
        assert_eq!(post(&browser, &page, &address, &[(name, value)]).await, 400, "{name}={value}");
    }
    let other = site.browser();
    other.sign_in("customer-002").await;
    let own = other.open("/apps").await;
    for path in [address.clone(), format!("/apps/{grant}/purchases"), "/apps/gra_/change".to_owned()] {
        assert_eq!(other.open(&path).await.status, 404, "{path}");
        assert_eq!(
            post(&other, &own, &path, &[("answer", "save")]).await,
            if path.ends_with("purchases") { 400 } else { 404 }
        );
    }
    browser.submit(&page, &format!("/apps/{grant}/stop"), &[("answer", "stop")]).await;
    let page = browser.open(&address).await;
    assert!(page.status == 409 && page.text.contains("has ended"), "{}", page.status);
}

#[actix_web::test]
async fn what_joined_is_offered_when_there_is_something() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let grant = browser.connect().await;
    let address = format!("/apps/{grant}/change");
    site.record("customer-001", "1", "2026-11-01", &["Milk"], Some(1));
    let page = browser.open(&address).await;
    assert!(page.text.contains("1 purchase has joined yours") && ticked(&page).is_empty());
    let answer = browser.submit(&page, &address, &[("withJoined", "yes"), ("answer", "save")]).await;
    let page = browser.open(answer.leads_to()).await;
    assert!(page.text.contains("Saved.") && !page.text.contains("withJoined"));
}

#[actix_web::test]
async fn single_purchases_are_left_out_of_what_one_app_sees() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let grant = browser.connect().await;
    let (bought, _) = (
        site.record("customer-001", "1", "2026-11-01", &["Milk", "Tea", "Rolls", "Soap", "Jam"], None),
        site.record("customer-001", "2", "2026-10-31", &["Bread"], None),
    );
    let address = format!("/apps/{grant}/purchases");
    let page = browser.open(&address).await;
    assert!(page.text.contains("November 2026") && page.text.contains("October 2026"));
    assert_eq!(
        (page.hidden("after"), page.hidden("show"), page.hidden("purchase")),
        (String::new(), String::new(), bought.clone())
    );
    assert!(page.text.contains("Milk, Tea, Rolls and 2 more") && page.text.contains("5.00 EUR"));
    assert!(page.text.contains("Corner &lt;shop&gt;") && !page.text.contains("Corner <shop>"));
    let act = |answer| vec![("purchase", bought.as_str()), ("after", ""), ("show", ""), ("answer", answer)];
    let answer = browser.submit(&page, &address, &act("leave-out")).await;
    assert_eq!(answer.leads_to(), format!("{address}#{bought}"));
    let page = browser.open(&address).await;
    assert!(page.text.contains("Left out") && page.text.contains("value=\"put-back\""));
    let some = browser.open(&format!("{address}?show=some")).await;
    assert!(some.text.contains("Milk") && !some.text.contains("Bread"));
    assert!(browser.open("/apps").await.text.contains("1 single purchase"));
    assert!(browser.open(&format!("/apps/{grant}/change")).await.text.contains("(1 now)"));
    for answer in ["hide", "", "stop"] {
        assert_eq!(post(&browser, &page, &address, &act(answer)).await, 400);
    }
    assert_eq!(browser.submit(&page, &address, &act("put-back")).await.status, 303);
    assert!(granted(&site, "customer-001").await[0].carve_outs.purchases.is_empty());
    let none = browser.open(&format!("{address}?show=some")).await;
    assert!(none.text.contains("You have not left out any single purchase."));
}

#[actix_web::test]
async fn a_purchase_is_hidden_from_every_app_and_shown_again() {
    let site = Site::open().await;
    let (browser, other) = (site.browser(), site.browser());
    browser.sign_in("customer-001").await;
    other.sign_in("customer-002").await;
    let nothing = browser.open("/hidden").await;
    assert!(nothing.text.contains("There are no purchases here."));
    let bought = site.record("customer-001", "1", "2026-11-01", &["Milk"], None);
    let page = browser.open("/hidden").await;
    assert!(page.text.contains("1 November 2026") && page.text.contains("value=\"hide\""));
    let act =
        |answer| vec![("purchase", bought.as_str()), ("after", ""), ("show", "some"), ("answer", answer)];
    let answer = browser.submit(&page, "/hidden", &act("hide")).await;
    assert_eq!(answer.leads_to(), format!("/hidden?show=some#{bought}"));
    let page = browser.open("/hidden?show=some").await;
    assert!(page.text.contains("Hidden purchases") && page.text.contains("value=\"show\""));
    let theirs = other.open("/hidden").await;
    assert!(!theirs.text.contains("Milk"));
    assert_eq!(post(&other, &theirs, "/hidden", &act("show")).await, 404);
    assert_eq!(post(&browser, &page, "/hidden", &act("leave-out")).await, 400);
    assert_eq!(post(&browser, &page, "/hidden", &[("purchase", "x"), ("answer", "hide")]).await, 400);
    assert_eq!(browser.submit(&page, "/hidden", &act("show")).await.status, 303);
    let page = browser.open("/hidden?show=some").await;
    assert!(page.text.contains("You have not hidden any single purchase."));
    for odd in ["/hidden?after=x", "/hidden?show=all", "/hidden?after=1-pur_x&after=2"] {
        assert_eq!(browser.open(odd).await.status, 404, "{odd}");
    }
}

#[actix_web::test]
async fn purchases_come_twenty_a_page() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    for n in 1..=25 {
        site.record(
            "customer-001",
            &n.to_string(),
            &format!("2026-10-{n:02}"),
            &[&format!("Item {n}!")],
            None,
        );
    }
    let first = browser.open("/hidden").await;
    assert!(
        first.text.contains("Item 25!") && first.text.contains("Item 6!") && !first.text.contains("Item 5!")
    );
    assert!(!first.text.contains("id=\"newest\""));
    let older = first.tags("id=\"older\"")[0].split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    let second = browser.open(&older.replace("&#x2f;", "/").replace("&amp;", "&")).await;
    assert!(
        second.text.contains("Item 5!")
            && second.text.contains("Item 1!")
            && !second.text.contains("Item 6!")
    );
    assert!(second.text.contains("id=\"newest\"") && !second.text.contains("id=\"older\""));
    // After hiding one, the customer is where they were.
    let after = second.hidden("after");
    let id = second.hidden("purchase");
    let form = [("purchase", id.as_str()), ("after", after.as_str()), ("show", ""), ("answer", "hide")];
    let answer = browser.submit(&second, "/hidden", &form).await;
    assert_eq!(answer.leads_to(), format!("/hidden?after={after}#{id}"));
}

#[actix_web::test]
async fn kinds_of_things_are_hidden_from_every_app() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let page = browser.open("/hidden").await;
    assert!(ticked(&page).is_empty() && page.text.contains("Nothing of this sort is hidden now."));
    assert!(!page.text.contains("keepTotals"), "that is each app's");
    let form = [("leaveOut", "health"), ("leaveOut", "wine"), ("answer", "save")];
    let answer = browser.submit(&page, "/hidden/kinds", &form).await;
    let page = browser.open(answer.leads_to()).await;
    assert!(page.text.contains("Saved.") && page.text.contains("Hidden now: Health, Wine &amp; beer."));
    assert_eq!(ticked(&page), ["health", "wine"]);
    let person = site.person("customer-001");
    assert_eq!(hiding::categories(&site.oauth, person).await.unwrap(), ["health", "wine"]);
    assert_eq!(post(&browser, &page, "/hidden/kinds", &[("leaveOut", "everything")]).await, 400);
    assert_eq!(post(&browser, &page, "/hidden/kinds", &[]).await, 303, "every form can be left empty");
    assert!(hiding::categories(&site.oauth, person).await.unwrap().is_empty());
}

#[actix_web::test]
async fn forms_that_are_not_ours_change_nothing() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let grant = browser.connect().await;
    let bought = site.record("customer-001", "1", "2026-11-01", &["Milk"], None);
    for (path, answer) in [
        (format!("/apps/{grant}/change"), "save"),
        (format!("/apps/{grant}/purchases"), "leave-out"),
        ("/hidden".to_owned(), "hide"),
        ("/hidden/kinds".to_owned(), "save"),
    ] {
        let form = [("csrf", "x"), ("purchase", bought.as_str()), ("answer", answer), ("leaveOut", "wine")];
        let headers = [("origin", "null"), ("sec-fetch-site", "same-origin")];
        assert_eq!(browser.send("POST", &path, &headers, Some(&form)).await.status, 403, "{path}");
        // Nobody signed in: to the sign-in page.
        let page = site.browser().send("POST", &path, &headers, Some(&form)).await;
        assert!(page.leads_to().starts_with("/sign-in"), "{path}");
    }
    assert_eq!(granted(&site, "customer-001").await[0].carve_outs, CarveOuts::default());
    let person = site.person("customer-001");
    assert!(hiding::categories(&site.oauth, person).await.unwrap().is_empty());
}
