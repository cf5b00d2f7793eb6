//! A whole sample of a year's baskets, folded and compared with what must be served. `ORDERS_SAMPLE` names the
//! unpacked messages (key, TAB, JSON) and `ORDERS_EXPECTED` the expected figures; without them there is nothing to
//! compare, which the tests say on standard error.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test"
)]

#[cfg(test)]
mod fold;

use std::{collections::BTreeMap, io::Write as _};

use counterfoil_domain::stream::{Message, Sources};
use serde_json::Value;

#[expect(clippy::disallowed_methods, reason = "the sample lies outside the repository")]
fn file(name: &str) -> Option<Vec<u8>> {
    let Some(path) = std::env::var_os(name) else {
        // Straight to standard error: what a passing test prints is not shown.
        let note = format!("DID NOT RUN: {name} is not set, nothing was compared\n");
        std::io::stderr().write_all(note.as_bytes()).unwrap();
        return None;
    };
    Some(std::fs::read(path).expect(name))
}

fn cents(value: &Value) -> i64 {
    let text = value.as_str().unwrap();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let sign = if text.starts_with('-') { -1 } else { 1 };
    whole.parse::<i64>().unwrap() * 100 + sign * format!("{fraction:0<2}").parse::<i64>().unwrap()
}

fn messages(text: &[u8]) -> impl Iterator<Item = Message<'_>> {
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(|line| {
        let tab = line.iter().position(|byte| *byte == b'\t');
        let value = &line[tab.map_or(0, |tab| tab + 1)..];
        Message { content_type: None, headers: &[], value: Some(value) }
    })
}

#[test]
fn every_customer_of_the_sample_is_served_what_is_expected() {
    let (Some(text), Some(expected)) = (file("ORDERS_SAMPLE"), file("ORDERS_EXPECTED")) else { return };
    let expected: Value = serde_json::from_slice(&expected).unwrap();
    let sources = Sources::default();
    let mut fold = fold::Fold::default();
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for message in messages(&text) {
        let outcome = fold.take(&message, &sources);
        *outcomes.entry(format!("{outcome:?}")).or_default() += 1;
    }
    println!("{outcomes:?} {:?}, {} unlinked", fold.quarantined, fold.unlinked());
    assert_eq!(fold.quarantined.len(), 8);
    let served = fold.served();
    let customers = expected["customers"].as_object().unwrap();
    assert_eq!(customers.len(), served.len());
    for (id, figures) in customers {
        let purchases = &served[id];
        let total = |name: &str| purchases.iter().map(|one| cents(&one["totals"][name])).sum::<i64>();
        let list =
            |name: &str| purchases.iter().map(|one| one[name].as_array().unwrap().len()).sum::<usize>();
        let lines = purchases.iter().flat_map(|one| one["lines"].as_array().unwrap());
        let returned: i64 =
            lines.filter_map(|line| line.get("returnedQuantity")?.as_str()?.parse::<i64>().ok()).sum();
        assert_eq!(purchases.len() as u64, figures["purchases"].as_u64().unwrap(), "{id}");
        assert_eq!(list("lines") as u64, figures["lines"].as_u64().unwrap(), "{id}");
        assert_eq!(list("returns") as u64, figures["returns"].as_u64().unwrap(), "{id}");
        assert_eq!(total("grandTotal"), cents(&figures["grandTotal"]), "{id}");
        assert_eq!(total("refunded"), cents(&figures["refunded"]), "{id}");
        assert_eq!(returned, figures["returnedQuantity"].as_str().unwrap().parse::<i64>().unwrap(), "{id}");
    }
    let odd = served.values().flatten().filter(|one| one["completeness"]["reconciled"] != true).count();
    let noted =
        served.values().flatten().filter(|one| one["completeness"]["notes"] != serde_json::json!([])).count();
    println!("not reconciled {odd}, with notes {noted}");
}
