//! A customer's own purchases as a file.

use counterfoil_oauth::download::{Download, DownloadRefusal};
use counterfoil_oauth::history::Wanted;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::people;
use serde_json::{Value, json};

use crate::record::order;
use crate::site::{Browser, Page, Site};

async fn ask(browser: &Browser<'_>, form: &[(&str, &str)]) -> Page {
    let page = browser.open("/download").await;
    browser.submit(&page, "/download", form).await
}

/// Header and payload of the entries of the access log.
fn log(site: &Site) -> Vec<(Value, Value)> {
    let person = site.person("customer-001");
    let keys = site.oauth.keys().person(person).unwrap();
    let stored = site.oauth.store().read_blocking(|conn| entries::read(conn, Log::Access, 0, 100)).unwrap();
    let open = |entry| site.oauth.ledger().open(&keys, entry).unwrap();
    stored.iter().map(open).map(|opened| (opened.header, opened.payload.unwrap())).collect()
}

#[actix_web::test]
async fn a_table_has_a_row_for_each_item_and_no_formula() {
    let site = Site::open().await;
    let mut one = order("=1+1", "2026-05-04", 3);
    for (line, name) in
        one["lines"].as_array_mut().unwrap().iter_mut().zip(["=HYPERLINK(\"x\")", "a \"b\",\r\nc", "@x"])
    {
        line["name"] = json!(name);
    }
    one["lines"][1]["net"] = json!("-1.00");
    one["lines"][1]["sku"] = json!("-5");
    one["totals"]["grandTotal"] = json!("1.00");
    let id = site.put_order("customer-001", one);
    site.put_order("customer-001", order("o2", "2026-05-03", 1));
    let browser = site.browser();
    assert!(browser.open("/download").await.path.starts_with("/sign-in?return_to=%2Fdownload"));
    browser.sign_in("customer-001").await;
    let page = browser.open("/download").await;
    assert!(page.text.contains("This is your purchase record, not everything we hold."));
    assert!(log(&site).is_empty());
    let file = ask(&browser, &[("from", ""), ("to", ""), ("form", "csv")]).await;
    assert_eq!(file.status, 200);
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"counterfoil-purchases-2026-11-24.csv\""
    );
    assert_eq!(file.header("cache-control"), "no-store");
    let mut reader = csv::ReaderBuilder::new().from_reader(file.text.as_bytes());
    let heads = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 4);
    let cell =
        |row: usize, name: &str| rows[row][heads.iter().position(|head| head == name).unwrap()].to_owned();
    assert_eq!((cell(0, "purchase_id"), cell(3, "order_id")), (id, "o2".to_owned()));
    assert_eq!((cell(0, "order_id"), cell(0, "item")), ("'=1+1".to_owned(), "'=HYPERLINK(\"x\")".to_owned()));
    assert_eq!(
        (cell(1, "item"), cell(1, "net"), cell(1, "sku")),
        ("a \"b\",\r\nc".to_owned(), "-1.00".to_owned(), "'-5".to_owned())
    );
    assert_eq!(cell(2, "item"), "'@x");
    let totals: Vec<String> = (0..4).map(|row| cell(row, "purchase_total")).collect();
    assert_eq!(totals, ["1.00", "", "", "1.00"], "once for each purchase");
    assert!(file.text.ends_with("\r\n") && file.text.starts_with("purchase_id,date,"));

    let [(header, payload)] = &log(&site)[..] else { panic!("one entry") };
    assert_eq!(header["type"], "disclosure.download");
    assert_eq!(
        (&header["basis"], &header["config"], &header["prev"], &header["cause"]),
        (&json!("eu-gdpr:A20"), &Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(header["actor"], json!({ "kind": "customer", "ref": null }));
    assert!(header["display"]["template"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(
        *payload,
        json!({ "form": "csv", "part": 1, "purchases": 2, "from": "2026-05-03", "to": "2026-05-04" })
    );
}

#[actix_web::test]
async fn a_file_for_programs_holds_what_an_app_with_everything_gets() {
    let site = Site::open().await;
    let (first, second) = (order("o1", "2026-05-04", 2), order("o2", "2026-06-04", 1));
    let ids = site.put("customer-001", &[(first, vec![], vec![]), (second, vec![], vec![])]);
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let page = browser.open(&format!("/purchases/{}", ids[1])).await;
    browser.submit(&page, &format!("/purchases/{}", ids[1]), &[("answer", "hide")]).await;
    let file = ask(&browser, &[("form", "json")]).await;
    assert_eq!(file.header("content-type"), "application/json");
    assert!(file.header("content-disposition").ends_with("-2026-11-24.json\""));
    let read: Value = serde_json::from_str(&file.text).unwrap();
    assert_eq!(read["shop"], "Example Stores");
    let purchases = read["purchases"].as_array().unwrap();
    assert_eq!(purchases.len(), 2, "also what is hidden from apps");
    assert_eq!((&purchases[0]["id"], &purchases[1]["lines"][1]["name"]), (&json!(ids[1]), &json!("Item 2")));
    assert_eq!(purchases[0]["location"]["city"], "Basel");
    // A period, and one without anything: then nothing leaves and nothing is written.
    let file = ask(&browser, &[("form", "json"), ("from", "2026-05-01"), ("to", "2026-05-31")]).await;
    let read: Value = serde_json::from_str(&file.text).unwrap();
    assert_eq!((read["purchases"].as_array().unwrap().len(), &read["to"]), (1, &json!("2026-05-31")));
    assert_eq!(log(&site).len(), 2);
    let page = ask(&browser, &[("form", "json"), ("from", "2020-01-01"), ("to", "2020-12-31")]).await;
    assert!(
        page.text.contains("There are no purchases between these days")
            && page.text.contains("value=\"2020-12-31\"")
    );
    assert_eq!(log(&site).len(), 2);
}

#[actix_web::test]
async fn what_is_asked_for_wrongly_gives_no_file() {
    let site = Site::open().await;
    site.put_order("customer-001", order("o1", "2026-05-04", 1));
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    for (form, status) in [
        (&[("form", "xml")][..], 400),
        (&[("from", "2026-01-01")], 400),
        (&[("form", "csv"), ("form", "csv")], 400),
        (&[("form", "csv"), ("from", "yesterday")], 422),
        (&[("form", "csv"), ("from", "2026-02-01"), ("to", "2026-01-01")], 422),
    ] {
        let page = ask(&browser, form).await;
        assert_eq!(page.status, status, "{form:?}");
        assert!(page.header("content-disposition").is_empty());
    }
    assert_eq!(browser.send("POST", "/download", &[], Some(&[("form", "csv")])).await.status, 403);
    assert_eq!(site.browser().send("POST", "/download", &[], Some(&[("form", "csv")])).await.status, 303);
    assert!(log(&site).is_empty());
}

#[actix_web::test]
async fn a_part_is_sealed_before_it_is_given_out_and_not_for_who_is_gone() {
    let site = Site::open().await;
    let all: Vec<_> = (0..501).map(|n| (order(&format!("o{n}"), "2026-05-04", 1), vec![], vec![])).collect();
    site.put("customer-001", &all);
    let person = site.person("customer-001");
    let mut download = Download::new(
        &site.oauth,
        person,
        Wanted::default(),
        "csv",
        counterfoil_oauth::Shown::new("en", b"page", b"words"),
    );
    assert_eq!(download.next().await.unwrap().len(), 500);
    assert_eq!(log(&site).len(), 1);
    assert_eq!(download.next().await.unwrap().len(), 1);
    let entries = log(&site);
    assert_eq!(entries[1].0["cause"], entries[0].0["id"], "the parts of a file belong together");
    assert_eq!((&entries[1].1["part"], &entries[1].1["purchases"]), (&json!(2), &json!(1)));
    assert_eq!((download.next().await.unwrap().len(), log(&site).len()), (0, 2));
    // Halfway through, the customer is gone.
    let mut download = Download::new(
        &site.oauth,
        person,
        Wanted::default(),
        "csv",
        counterfoil_oauth::Shown::new("en", b"page", b"words"),
    );
    download.next().await.unwrap();
    let keys = site.oauth.keys();
    site.oauth.store().write_blocking(|conn| people::remove(conn, keys, person).map(drop)).unwrap();
    assert!(matches!(download.next().await, Err(DownloadRefusal::Gone)));
    let size = site.oauth.store().read_blocking(|conn| entries::size(conn, Log::Access)).unwrap();
    assert_eq!(size, 3);
}
