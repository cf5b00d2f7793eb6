//! What customers tell, take back and do not want: the pages about it, with the questions of the demo.

use counterfoil_domain::entry::Actor;
use counterfoil_domain::ids::ItemId;
use counterfoil_domain::objection::Subject;
use counterfoil_ledger::publishing::Source;
use counterfoil_volunteered::handing::{self, System};
use counterfoil_volunteered::items::{self, AppStanding};
use counterfoil_volunteered::{consents, dark, objections};
use serde_json::{Value, json};

use crate::site::{Browser, Page, Site};

macro_rules! shipped {
    ($($name:literal),*) => {
        [$(($name, include_str!(concat!("../../../counterfoil/src/sample/config/", $name, ".toml")))),*]
    };
}

/// Publishes the questions of the demo.
fn publish(site: &Site) {
    let files = shipped![
        "realm",
        "volunteered-notice",
        "volunteered-terms",
        "volunteered-recipient",
        "volunteered-retention",
        "intention-retention",
        "measures-retention",
        "washing-machine-purpose",
        "washing-machine-ask",
        "coffee-purpose",
        "coffee-ask",
        "size-purpose",
        "size-ask",
        "profile-purpose",
        "profile-ask",
        "visit-purpose",
        "visit-ask",
        "own-purpose",
        "own-ask"
    ];
    publish_all(site, files.map(|(name, text)| (name, toml::from_str(text).unwrap())).to_vec());
}

fn publish_all(site: &Site, files: Vec<(&str, Value)>) {
    let (ledger, now) = (site.oauth.ledger().clone(), site.oauth.clock().now());
    let source = |(name, content): (&str, Value)| Source { name: name.to_owned(), content: Ok(content) };
    let sources: Vec<Source> = files.into_iter().map(source).collect();
    let act = |conn: &mut _| ledger.publish_config(conn, now, &Actor::System, &sources);
    site.volunteering.store().write_blocking(act).unwrap();
}

pub async fn open(site: &Site) -> Browser<'_> {
    publish(site);
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    browser
}

/// Answers an ask on its page.
async fn answer(browser: &Browser<'_>, ask: &str, fields: &[(&str, &str)]) -> Page {
    let page = browser.open(&format!("/asks/{ask}")).await;
    let seen = page.hidden("seen");
    let mut form = vec![("seen", seen.as_str())];
    form.extend_from_slice(fields);
    browser.submit(&page, &format!("/asks/{ask}"), &form).await
}

/// The ids of a kind on a page, each once.
fn ids(page: &Page, prefix: &str) -> Vec<String> {
    let mut ids: Vec<String> = page
        .text
        .match_indices(&format!("id=\"{prefix}"))
        .map(|(at, _)| page.text[at + 4..at + 4 + prefix.len() + 26].to_owned())
        .collect();
    ids.dedup();
    ids
}

#[actix_web::test]
async fn what_is_offered_and_what_a_no_costs_stands_before_the_question() {
    let site = Site::open().await;
    let browser = open(&site).await;
    let page = browser.open("/asks").await;
    for id in ["q1", "q2", "q3", "q4", "q5", "q6"] {
        assert!(page.text.contains(&format!("id=\"open-{id}\"")), "{id}: {}", page.text);
    }
    let page = browser.open("/asks/q1").await;
    assert_eq!(page.status, 200);
    let place = |text: &str| page.text.find(text).unwrap_or_else(|| panic!("no {text} in {}", page.text));
    let form = place("id=\"ask-form\"");
    for said in ["id=\"offer\"", "A voucher of 5 euros", "id=\"without\"", "id=\"recipients\"", "For 90 days"]
    {
        assert!(place(said) < form, "{said} stands before the form");
    }
    assert!(page.text.contains("Our deal") && page.text.contains("What happens with what you tell us"));
    for sign in [" checked", " selected", " required"] {
        assert!(!page.text.contains(sign), "{sign}");
    }
    let buttons = page.tags("name=\"answer\" value=");
    let of = |value: &str| {
        let tag = buttons.iter().find(|tag| tag.contains(&format!("value=\"{value}\""))).unwrap();
        tag.split('>').next().unwrap().replace(value, "?")
    };
    assert_eq!([of("yes"), of("no")], [of("later"), of("later")], "three equal answers");
}

#[actix_web::test]
async fn an_answer_is_told_changed_and_taken_back() {
    let site = Site::open().await;
    let browser = open(&site).await;
    let form =
        [("value/when", "now"), ("value/budget", "1 200"), ("value/wishes", "quiet"), ("answer", "yes")];
    let told = answer(&browser, "q1", &form).await;
    let page = browser.open(told.leads_to().split('#').next().unwrap()).await;
    for text in ["Thank you", "As soon as possible", "That it is quiet", "1200", "On its way", "Nobody yet"] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    assert!(page.text.contains("A voucher of 5 euros") && page.text.contains("5.00 EUR"), "{}", page.text);
    let item = ids(&page, "vol_").remove(0);

    // A system of the shop reads it, and the page says so.
    let system = System { client_id: site.client_id(), name: "Money Garden".to_owned() };
    let handed = handing::fetch(&site.volunteering, &system, "p1", 0, 10).await.unwrap();
    assert_eq!(handed.items.len(), 1);
    let page = browser.open("/told").await;
    assert!(
        page.text.contains("<bdi>Money Garden</bdi>, on") && !page.text.contains("Nobody yet"),
        "{}",
        page.text
    );

    let at = format!("/told/{item}/change");
    let page = browser.open(&at).await;
    assert!(page.text.contains("value=\"1200\"") && page.tags("checked").len() == 2, "{}", page.text);
    let changed = browser.submit(&page, &at, &[("value/budget", "900"), ("answer", "save")]).await;
    assert!(changed.leads_to().contains("done=changed"));
    let page = browser.open("/told").await;
    assert!(
        page.text.contains("900") && !page.text.contains("1200") && !page.text.contains("That it is quiet")
    );

    let copy = browser.open("/told/copy").await;
    let copied: Value = serde_json::from_str(&copy.text).unwrap();
    assert_eq!(copied["told"][0]["answer"], json!({ "budget": 900 }));
    assert!(copy.header("content-disposition").contains("attachment"));

    let consent = consents::of(&site.volunteering, site.person("customer-001")).await.unwrap()[0].consent_id;
    let at = format!("/consents/{consent}/take-back");
    let page = browser.open(&at).await;
    assert!(page.text.contains("1 system has read it") && page.text.contains("still comes"), "{}", page.text);
    let back = browser.submit(&page, &at, &[("answer", "back")]).await;
    assert_eq!(back.leads_to(), "/told?done=gone");
    let page = browser.open("/told?done=gone").await;
    assert!(page.text.contains("Gone from here since") && page.text.contains("of 1 system has confirmed"));
    assert!(!page.text.contains("900"), "the value is gone");
    let pressed_twice = browser.send("GET", &at, &[], None).await;
    assert_eq!(pressed_twice.leads_to(), "/told");
}

#[actix_web::test]
async fn a_no_and_a_later_need_nothing_filled_in() {
    let site = Site::open().await;
    let browser = open(&site).await;
    for (ask, said, state) in [("q1", "no", "You said no"), ("q2", "later", "Later")] {
        let led = answer(&browser, ask, &[("answer", said)]).await;
        assert_eq!(led.leads_to(), format!("/asks?done={said}"));
        assert!(browser.open(led.leads_to()).await.text.contains(state));
    }
    let empty = answer(&browser, "q2", &[("value/note", " "), ("answer", "yes")]).await;
    assert_eq!(empty.status, 422);
    assert!(empty.text.contains("Nothing is filled in yet"));
    assert!(items::of(&site.volunteering, site.person("customer-001")).await.unwrap().is_empty());
    for odd in ["", "maybe"] {
        let odd = answer(&browser, "q2", &[("answer", odd)]).await;
        assert_eq!(odd.status, 400);
    }
}

#[actix_web::test]
async fn what_does_not_fit_is_told_at_its_field_and_kept() {
    let site = Site::open().await;
    let browser = open(&site).await;
    for (field, text, says) in [
        ("value/budget", "a lot", "from <bdi>0</bdi> to <bdi>10000</bdi>"),
        ("value/budget", "99999", "from <bdi>0</bdi> to <bdi>10000</bdi>"),
        ("value/when", "yesterday", "does not fit"),
    ] {
        let page = answer(&browser, "q1", &[("value/width", "60"), (field, text), ("answer", "yes")]).await;
        assert_eq!(page.status, 422, "{text}");
        assert!(page.text.contains(says) && page.text.contains("aria-invalid"), "{text}: {}", page.text);
        assert!(page.text.contains("value=\"60\"") && page.text.contains("<title>Error: "), "{text}");
    }
    let mail = answer(&browser, "q4", &[("value/email", "nobody"), ("answer", "yes")]).await;
    assert!(mail.status == 422 && mail.text.contains("e-mail address such as"), "{}", mail.text);
    let long = "x".repeat(301);
    let note = answer(&browser, "q2", &[("value/note", &long), ("answer", "yes")]).await;
    assert!(note.status == 422 && note.text.contains("At most 300 characters"));
    let nameless = [("value/things/0/maker", "X"), ("answer", "yes")];
    let thing = answer(&browser, "q6", &nameless).await;
    assert!(thing.status == 422 && thing.text.contains("Fill this in"), "{}", thing.text);
}

#[actix_web::test]
async fn a_question_that_has_changed_is_read_again_before_a_yes() {
    let site = Site::open().await;
    let browser = open(&site).await;
    let page = browser.open("/asks/q2").await;
    let seen = page.hidden("seen");
    let text = include_str!("../../../counterfoil/src/sample/config/coffee-ask.toml");
    let mut newer: Value = toml::from_str(text).unwrap();
    newer["why"]["en"] = "For another reason.".into();
    publish_all(&site, vec![("coffee-ask", newer)]);
    for said in ["yes", "no"] {
        let form = [("seen", seen.as_str()), ("value/roast", "mild"), ("answer", said)];
        let page = browser.submit(&page, "/asks/q2", &form).await;
        assert_eq!(page.status, 422, "{said}");
        assert!(page.text.contains("has changed") && page.text.contains("For another reason"), "{said}");
        assert_ne!(page.hidden("seen"), seen);
    }
}

/// A form as browsers send it with a file.
async fn upload(browser: &Browser<'_>, ask: &str, button: &str, file: &[u8]) -> Page {
    let page = browser.open(&format!("/asks/{ask}")).await;
    let mut body = Vec::new();
    for (name, value) in
        [("csrf", page.hidden("csrf")), ("seen", page.hidden("seen")), ("answer", button.to_owned())]
    {
        let part = format!("--xx\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.as_bytes());
    }
    body.extend(b"--xx\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n");
    body.extend(file);
    body.extend(b"\r\n--xx--\r\n");
    let headers = [
        ("content-type", "multipart/form-data; boundary=xx"),
        ("origin", "null"),
        ("sec-fetch-site", "same-origin"),
    ];
    browser.send_bytes(&format!("/asks/{ask}"), &headers, body).await
}

#[actix_web::test]
async fn a_file_is_read_into_the_form_and_sends_nothing() {
    let site = Site::open().await;
    let browser = open(&site).await;
    for button in ["read", "yes"] {
        let page = upload(&browser, "q6", button, b"What is it?;maker\nKettle <x>;Boil\n").await;
        assert_eq!(page.status, 200, "{button}: {}", page.text);
        assert!(
            page.text.contains("value=\"Kettle &lt;x&gt;\"") && page.text.contains("1 row was read"),
            "{button}"
        );
    }
    assert!(items::of(&site.volunteering, site.person("customer-001")).await.unwrap().is_empty());
    for (file, says) in [
        (&b"\xff\xff"[..], "could not read this file"),
        (b"colour\nred\n", "None of the columns"),
        (b"name\n", "There is nothing in this file"),
        (b"", "Choose a file first"),
    ] {
        let page = upload(&browser, "q6", "read", file).await;
        assert!(page.status == 422 && page.text.contains(says), "{says}: {}", page.text);
    }
    let huge = upload(&browser, "q6", "read", &vec![b'x'; 300 << 10]).await;
    assert_eq!(huge.status, 413);
    let form = [("value/things/0/name", "Kettle"), ("answer", "more")];
    let more = answer(&browser, "q6", &form).await;
    assert_eq!(more.text.matches("class=\"row\"").count(), 4, "{}", more.text);
}

#[actix_web::test]
async fn whoever_is_not_signed_in_comes_back_to_the_same_page() {
    let site = Site::open().await;
    for path in [
        "/told",
        "/told/vol_a/confirm",
        "/asks/q1",
        "/dark",
        "/contact",
        "/rights",
        "/consents/con_a/take-back",
    ] {
        let page = site.browser().send("GET", path, &[], None).await;
        let back = path.replace('/', "%2F");
        assert_eq!(page.leads_to(), format!("/sign-in?return_to={back}"), "{path}");
    }
}

#[actix_web::test]
async fn what_an_app_sent_waits_unread_for_a_yes() {
    let site = Site::open().await;
    let browser = open(&site).await;
    let grant = browser.connect().await;
    let app = AppStanding {
        standing: site.standing(&grant),
        asks: vec![("q2".to_owned(), 1), ("q3".to_owned(), 1)],
    };
    let send = async |ask: &str, value: Value| {
        items::submit(&site.volunteering, &app, ask, 1, value, None).await.unwrap().item_id
    };
    let coffee = send("q2", json!({ "roast": "mild" })).await;
    let size = send("q3", json!({ "tops": "XL" })).await;
    let page = browser.open("/told").await;
    assert!(
        page.text.contains("Waiting for your yes") && page.text.contains("Money Garden"),
        "{}",
        page.text
    );
    let at = |item: ItemId| format!("/told/{item}/confirm");
    let page = browser.open(&at(coffee)).await;
    assert!(page.text.contains("Mild") && page.text.contains("50 points on your card"), "{}", page.text);
    assert!(page.text.contains("1 December 2026"), "until when it waits");
    let seen = page.hidden("seen");
    let said = browser.submit(&page, &at(coffee), &[("seen", &seen), ("answer", "yes")]).await;
    assert_eq!(said.leads_to(), format!("/told?done=told#{coffee}"));
    let page = browser.open(&at(size)).await;
    let wrong = browser.submit(&page, &at(size), &[("seen", "sha256:00"), ("answer", "yes")]).await;
    assert!(wrong.status == 409 && wrong.text.contains("has changed"));
    let said = browser.submit(&page, &at(size), &[("answer", "no")]).await;
    assert!(said.leads_to().contains("done=declined"));
    let gone = browser.send("GET", &at(size), &[], None).await;
    assert_eq!(gone.status, 409);
    // Another customer's is as if it did not exist.
    let other = site.browser();
    other.sign_in("customer-002").await;
    for path in [at(coffee), format!("/told/{coffee}/change"), "/told/vol_x/change".to_owned()] {
        assert_eq!(other.open(&path).await.status, 404, "{path}");
    }
    let consent = consents::of(&site.volunteering, site.person("customer-001")).await.unwrap()[0].consent_id;
    assert_eq!(other.open(&format!("/consents/{consent}/take-back")).await.status, 404);
}

#[actix_web::test]
async fn what_was_given_once_is_not_promised_again() {
    let site = Site::open().await;
    let browser = open(&site).await;
    let standing = site.standing(&browser.connect().await);
    let app = AppStanding { standing, asks: vec![("q2".to_owned(), 1)] };
    let send = async || {
        let value = json!({ "roast": "mild" });
        items::submit(&site.volunteering, &app, "q2", 1, value, None).await.unwrap().item_id
    };
    let again = "You have had it before";
    let at = format!("/told/{}/confirm", send().await);
    let page = browser.open(&at).await;
    assert!(!page.text.contains(again));
    let seen = page.hidden("seen");
    browser.submit(&page, &at, &[("seen", &seen), ("answer", "yes")]).await;
    // Once it was read, the points come even though the answer is taken back.
    let system = System { client_id: site.client_id(), name: "Money Garden".to_owned() };
    handing::fetch(&site.volunteering, &system, "p2", 0, 10).await.unwrap();
    let consent = consents::of(&site.volunteering, site.person("customer-001")).await.unwrap()[0].consent_id;
    let page = browser.open(&format!("/consents/{consent}/take-back")).await;
    browser.submit(&page, &format!("/consents/{consent}/take-back"), &[("answer", "back")]).await;
    let page = browser.open(&format!("/told/{}/confirm", send().await)).await;
    assert!(page.text.contains(again), "{}", page.text);
    assert!(browser.open("/asks/q2").await.text.contains(again));
}

#[actix_web::test]
async fn a_no_to_a_channel_stays_until_it_is_lifted() {
    let site = Site::open().await;
    let browser = open(&site).await;
    let standing = async || {
        let all = objections::of(&site.volunteering, site.person("customer-001")).await.unwrap();
        all.into_iter().map(|objection| objection.subject.to_string()).collect::<Vec<_>>()
    };
    let page = browser.open("/contact").await;
    assert!(page.tags("type=\"checkbox\"").iter().all(|tag| !tag.contains("checked")), "nothing is ticked");
    let offered = [("offered", "marketing"), ("offered", "channel/email"), ("offered", "channel/phone")];
    let form = [&offered[..], &[("no", "channel/email"), ("no", "marketing")]].concat();
    assert_eq!(browser.submit(&page, "/contact", &form).await.leads_to(), "/contact?saved=yes");
    let mut all = standing().await;
    all.sort_unstable();
    assert_eq!(all, ["channel/email", "marketing"]);
    let page = browser.open("/contact").await;
    assert_eq!(page.tags("checked").len(), 2);
    assert!(page.text.contains("Your no holds since"));
    // What a page did not show is not lifted by it.
    let form = [("offered", "marketing"), ("no", "purpose/p2")];
    browser.submit(&page, "/contact", &form).await;
    let mut all = standing().await;
    all.sort_unstable();
    assert_eq!(all, ["channel/email", "purpose/p2"]);
    let odd = browser.submit(&page, "/contact", &[("no", "channel/fax")]).await;
    assert_eq!(odd.status, 400);
}

#[actix_web::test]
async fn going_dark_is_one_press_and_stops_apps_only_where_that_is_ticked() {
    let site = Site::open().await;
    let browser = open(&site).await;
    browser.connect().await;
    answer(&browser, "q2", &[("value/roast", "mild"), ("answer", "yes")]).await;
    let person = site.person("customer-001");
    let page = browser.open("/dark").await;
    for text in
        ["The 1 thing you told us is deleted", "take a copy first", "1 app is connected", "as tax law says"]
    {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    assert!(page.tags("type=\"checkbox\"").iter().all(|tag| !tag.contains("checked")));
    let gone = browser.submit(&page, "/dark", &[("answer", "go-dark")]).await;
    assert_eq!(gone.leads_to(), "/dark?systems=0");
    assert!(dark::of(&site.volunteering, person).await.unwrap().is_some());
    for path in
        ["/dark", "/apps", "/purchases", "/told", "/asks", "/contact", "/rights", "/hidden", "/download"]
    {
        let page = browser.open(path).await;
        assert!(page.status == 200 && page.text.contains("id=\"dark-banner\""), "{path}");
        assert!(page.text.contains("id=\"nav-dark\""), "{path}");
    }
    let page = browser.open("/apps").await;
    assert!(page.text.contains("state-active"), "the app still sees");
    assert_eq!(browser.open("/asks/q1").await.status, 409);
    let subjects = objections::of(&site.volunteering, person).await.unwrap();
    assert!(subjects.iter().any(|objection| objection.subject == Subject::Marketing));

    let page = browser.open("/dark").await;
    let back = browser.submit(&page, "/dark/start-again", &[("answer", "start-again")]).await;
    assert_eq!(back.leads_to(), "/told");
    let page = browser.open("/told").await;
    assert!(
        !page.text.contains("dark-banner") && page.text.contains("Nothing that you told us is left here"),
        "{}",
        page.text
    );
    let page = browser.open("/dark").await;
    browser.submit(&page, "/dark", &[("apps", "yes"), ("answer", "go-dark")]).await;
    assert!(!browser.open("/apps").await.text.contains("state-active"));
}

#[actix_web::test]
async fn a_question_is_asked_in_the_language_of_the_browser() {
    let site = Site::open().await;
    let browser = open(&site).await;
    browser.open("/rights?lang=de").await;
    let page = browser.open("/asks/q1").await;
    assert!(
        page.text.contains("Suchen Sie eine Waschmaschine?") && page.text.contains("So bald wie möglich")
    );
}

#[actix_web::test]
async fn what_ends_soon_can_be_kept_longer() {
    let site = Site::open().await;
    let browser = open(&site).await;
    answer(&browser, "q1", &[("value/when", "later"), ("answer", "yes")]).await;
    let page = browser.open("/told").await;
    assert!(!page.text.contains("This ends soon"), "ninety days are to come: {}", page.text);
    site.pass_minutes(80 * 24 * 60);
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let page = browser.open("/told").await;
    assert!(page.text.contains("This ends soon"), "{}", page.text);
    let [consent] = &ids(&page, "renew-con_")[..] else { panic!("{}", page.text) };
    let path = format!("/consents/{}/renew", consent.trim_start_matches("renew-"));
    let page = browser.open(&path).await;
    assert!(page.text.contains("You said yes to this until"), "{}", page.text);
    let before = consents::of(&site.volunteering, site.person("customer-001")).await.unwrap();
    let done = browser.submit(&page, &path, &[]).await;
    assert_eq!(done.leads_to(), "/told?done=renewed");
    let after = consents::of(&site.volunteering, site.person("customer-001")).await.unwrap();
    assert!(after[0].expires_at > before[0].expires_at && after[0].version == before[0].version + 1);
    let page = browser.open("/told?done=renewed").await;
    assert!(page.text.contains("It is kept longer now.") && !page.text.contains("This ends soon"));
    let page = browser.open("/consents/con_aaaaaaaaaaaaaaaaaaaaaaaaaa/renew").await;
    assert_eq!(page.status, 404);
}
