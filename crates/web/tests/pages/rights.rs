//! Rights on their page: what is done at once, what the shop must answer and by when.

use counterfoil_volunteered::rights::{self, Answer};

use crate::site::{Browser, Page, Site};
use crate::told::open;

#[actix_web::test]
async fn rights_say_whom_to_ask_and_whom_to_complain_to() {
    let site = Site::open().await;
    let browser = open(&site).await;
    let page = browser.open("/rights").await;
    for text in [
        "Example Stores GmbH",
        "dpo@stores.example",
        "Hessische Beauftragte",
        "id=\"to-erase\"",
        "id=\"to-copy\"",
        "id=\"to-download\"",
    ] {
        assert!(page.text.contains(text), "{text}");
    }
    let page = browser.open("/rights?lang=de").await;
    assert!(page.text.contains("Ihre Rechte"));
}

async fn ask(browser: &Browser<'_>, kind: &str, detail: &str) -> Page {
    let page = browser.open("/rights").await;
    browser.submit(&page, "/rights", &[("kind", kind), ("detail", detail), ("answer", "send")]).await
}

#[actix_web::test]
async fn what_is_asked_by_right_is_listed_with_its_day_and_its_answer() {
    let site = Site::open().await;
    let browser = open(&site).await;
    let person = site.person("customer-001");
    assert!(!browser.open("/rights").await.text.contains("id=\"asked\""));
    let sent = ask(&browser, "rectification", "My name is <b>Noor</b>.").await;
    assert_eq!(sent.leads_to(), "/rights?done=asked#asked");
    let page = browser.open("/rights?done=asked").await;
    for text in ["My name is &lt;b&gt;Noor&lt;", "24 December 2026", "Waiting for us", "Sent. Below"] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    let right = rights::of(&site.volunteering, person).await.unwrap().remove(0);
    site.pass_minutes(60 * 24 * 31);
    // The session of a month ago is over.
    browser.sign_in("customer-001").await;
    assert!(browser.open("/rights").await.text.contains("is late"));
    let done = Answer::Done("It is <i>right</i> now.".to_owned());
    rights::answer(&site.volunteering, "anna", right.right_id, done).await.unwrap();
    let page = browser.open("/rights").await;
    assert!(page.text.contains("It is &lt;i&gt;right&lt;") && page.text.contains("Our answer"));
    assert!(!page.text.contains("is late") && !page.text.contains("/take-back\""), "{}", page.text);
}

#[actix_web::test]
async fn what_was_asked_is_taken_back_by_whoever_asked_it_alone() {
    let site = Site::open().await;
    let browser = open(&site).await;
    ask(&browser, "objection", "I am followed by somebody who works here.").await;
    let right = rights::of(&site.volunteering, site.person("customer-001")).await.unwrap().remove(0);
    let at = format!("/rights/{}/take-back", right.right_id);
    let other = site.browser();
    other.sign_in("customer-002").await;
    let page = other.open("/rights").await;
    assert!(!page.text.contains("followed"));
    assert_eq!(other.submit(&page, &at, &[("answer", "back")]).await.status, 404);
    let page = browser.open("/rights").await;
    let back = browser.submit(&page, &at, &[("answer", "back")]).await;
    assert_eq!(back.leads_to(), "/rights?done=back#asked");
    assert!(browser.open("/rights").await.text.contains("Taken back"));
    let twice = browser.submit(&page, &at, &[("answer", "back")]).await;
    assert_eq!(twice.leads_to(), "/rights#asked");
    assert_eq!(browser.submit(&page, "/rights/rgt_x/take-back", &[]).await.status, 404);
}

#[actix_web::test]
async fn what_cannot_be_sent_is_kept_and_told_at_its_field() {
    let site = Site::open().await;
    let browser = open(&site).await;
    let long = "ä".repeat(10_001);
    for (detail, says) in [(" ", "Write what you ask for"), (long.as_str(), "That is too long")] {
        let page = ask(&browser, "access", detail).await;
        assert!(page.status == 422 && page.text.contains(says), "{says}: {}", page.status);
        assert!(page.text.contains("id=\"ask-access\" open") && page.text.contains("<title>Error: "));
        assert!(page.text.contains(detail) && page.tags("aria-invalid").len() == 1, "{says}");
    }
    let unknown = ask(&browser, "everything", "x").await;
    assert_eq!(unknown.status, 400);
    for _ in 0..20 {
        assert_eq!(ask(&browser, "access", "everything").await.status, 303);
    }
    let many = ask(&browser, "access", "everything").await;
    assert!(many.status == 422 && many.text.contains("waits for an answer already"));
}
