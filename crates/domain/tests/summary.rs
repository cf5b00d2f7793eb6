//! What purchases come to, rule by rule.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

#[cfg(test)]
mod shop;

use std::sync::Arc;

use counterfoil_domain::{
    catalogue::Catalogue,
    purchase::{Sections, SectionsRef, Shows, View},
    summary::Summary,
};
use serde_json::{Value, json};
use shop::{catalogue, purchase, stored, view};

fn line(id: &str, kind: &str, path: &[&str], net: &str) -> Value {
    json!({"lineId": id, "sku": "s", "name": "n", "kind": kind, "category": path, "quantity": 1, "net": net})
}

fn order(id: &str, currency: &str, lines: &[Value], total: &str) -> Value {
    json!({"orderId": id, "channel": "store", "placedAt": "2024-05-06T10:00:00Z", "currency": currency,
        "lines": lines, "totals": {"grandTotal": total}})
}

fn refund(order: &str, currency: &str, line: &str, amount: &str) -> Value {
    json!({"refundId": format!("f-{line}-{currency}"), "orderId": order, "amount": amount, "currency": currency,
        "issuedAt": "2024-05-09T10:00:00Z", "method": "card", "status": "settled",
        "allocations": [{"lineId": line, "amount": amount}]})
}

fn one(catalogue: &Arc<Catalogue>, events: &[(&str, Value)]) -> Sections {
    stored(&purchase(catalogue, events))
}

/// The lines as `year currency purchases grandTotal refunded net`.
fn finished(summary: &Summary) -> Vec<String> {
    let lines = summary.finish().into_iter();
    lines
        .map(|line| {
            format!(
                "{} {} {} {} {} {}",
                line.year, line.currency, line.purchases, line.grand_total, line.refunded, line.net
            )
        })
        .collect()
}

fn summed(purchases: &[(i32, &Sections)], view: &View) -> Summary {
    let mut summary = Summary::default();
    for (year, sections) in purchases {
        summary.add(sections.view().unwrap(), view, *year).unwrap();
    }
    summary
}

#[test]
fn by_year_and_currency() {
    let catalogue = catalogue("ordinary");
    let euro = one(
        &catalogue,
        &[
            ("order", order("a", "EUR", &[line("1", "goods", &["FOOD"], "3.50")], "3.50")),
            ("refund", refund("a", "EUR", "1", "1.25")),
        ],
    );
    let yen = one(
        &catalogue,
        &[
            ("order", order("b", "JPY", &[line("1", "goods", &["FOOD"], "700")], "700")),
            ("refund", refund("b", "EUR", "1", "0.75")),
        ],
    );
    let summary = summed(&[(2024, &yen), (2023, &euro), (2024, &euro), (2024, &euro)], &View::default());
    assert_eq!(
        finished(&summary),
        ["2023 EUR 1 3.50 1.25 2.25", "2024 EUR 2 7.00 3.25 3.75", "2024 JPY 1 700 0 700"]
    );
    assert_eq!(finished(&Summary::default()), Vec::<String>::new());
}

#[test]
fn a_receipt_of_an_order_counts_once() {
    let catalogue = catalogue("ordinary");
    let lines = [line("1", "goods", &["FOOD"], "3.00")];
    let online = one(&catalogue, &[("order", order("online", "EUR", &lines, "3.00"))]);
    let related = |id: &str, rel: &str, other: &str| {
        let mut order = order(id, "EUR", &lines, "3.00");
        order["related"] = json!([{"rel": rel, "orderId": other}]);
        one(&catalogue, &[("order", order)])
    };
    let receipt = related("till", "fulfils", "online");
    let all = View::default();
    for purchases in [[(2024, &online), (2025, &receipt)], [(2025, &receipt), (2024, &online)]] {
        assert_eq!(finished(&summed(&purchases, &all)), ["2024 EUR 1 3.00 0.00 3.00"]);
    }
    assert_eq!(finished(&summed(&[(2025, &receipt)], &all)), ["2025 EUR 1 3.00 0.00 3.00"]);
    let (part, own) = (related("till", "part_of", "online"), related("till", "fulfils", "till"));
    for other in [&part, &own] {
        assert_eq!(finished(&summed(&[(2024, &online), (2024, other)], &all)), ["2024 EUR 2 6.00 0.00 6.00"]);
    }
    // Of the order itself nothing has come but a refund: the receipt is all there is.
    let waiting = one(&catalogue, &[("refund", refund("online", "EUR", "1", "1.00"))]);
    assert_eq!(finished(&summed(&[(2024, &receipt), (2024, &waiting)], &all)), ["2024 EUR 2 3.00 1.00 2.00"]);
}

#[test]
fn a_gift_card_counts_when_it_is_spent() {
    let catalogue = catalogue("ordinary");
    let mut sold = order(
        "a",
        "EUR",
        &[line("1", "gift_card", &["CARDS"], "50.00"), line("2", "goods", &["FOOD"], "3.00")],
        "53.60",
    );
    sold["pricesIncludeTax"] = false.into();
    sold["lines"][1]["taxes"] = json!([{"taxId": "t", "amount": "0.60"}]);
    let sold = one(
        &catalogue,
        &[
            ("order", sold),
            ("refund", refund("a", "EUR", "1", "20.00")),
            ("refund", refund("a", "EUR", "2", "1.00")),
        ],
    );
    for shows in [Shows::default(), shop::ALL] {
        let view = View { shows, ..View::default() };
        assert_eq!(finished(&summed(&[(2024, &sold)], &view)), ["2024 EUR 1 3.60 1.00 2.60"]);
    }
    let spent = one(
        &catalogue,
        &[("order", order("b", "EUR", &[line("1", "goods", &["gift_card"], "50.00")], "50.00"))],
    );
    assert_eq!(finished(&summed(&[(2024, &spent)], &View::default())), ["2024 EUR 1 50.00 0.00 50.00"]);
}

#[test]
fn what_is_hidden_leaves_no_amount_and_is_counted() {
    let catalogue = catalogue("ordinary");
    let lines = [
        line("1", "goods", &["FOOD"], "3.00"),
        line("2", "goods", &["DRUG"], "5.00"),
        line("3", "gift_card", &["DRUG"], "10.00"),
        line("4", "goods", &["WHAT"], "0.50"),
    ];
    let mut events = order("till", "EUR", &lines, "18.50");
    events["related"] = json!([{"rel": "fulfils", "orderId": "online"}]);
    let receipt =
        one(&catalogue, &[("order", events.clone()), ("refund", refund("till", "EUR", "2", "5.00"))]);
    let summary = summed(&[(2024, &receipt)], &view(&catalogue, &[], false, false));
    assert_eq!(finished(&summary), ["2024 EUR 1 3.50 0.00 3.50"]);
    assert_eq!((summary.hidden_lines(), summary.unmapped_lines()), (2, 1));
    let kept = summed(&[(2024, &receipt)], &view(&catalogue, &[], false, true));
    assert_eq!(finished(&kept), ["2024 EUR 1 18.50 5.00 13.50"]);
    let whole = summed(&[(2024, &receipt)], &view(&catalogue, &[], true, false));
    assert_eq!((finished(&whole), whole.hidden_lines()), (vec!["2024 EUR 1 8.50 5.00 3.50".to_owned()], 0));
    // With no line left it does not even say what it fulfils.
    let online = one(
        &catalogue,
        &[("order", order("online", "EUR", &[line("1", "goods", &["FOOD"], "1.00")], "1.00"))],
    );
    let (some, none) = (view(&catalogue, &[], false, false), view(&catalogue, &["food"], false, false));
    assert_eq!(finished(&summed(&[(2024, &receipt), (2024, &online)], &some)), ["2024 EUR 1 1.00 0.00 1.00"]);
    assert_eq!(finished(&summed(&[(2024, &receipt), (2024, &online)], &none)), ["2024 EUR 2 0.00 0.00 0.00"]);
}

#[test]
fn what_cannot_be_read_is_not_counted() {
    let catalogue = catalogue("ordinary");
    let sections =
        one(&catalogue, &[("order", order("a", "EUR", &[line("1", "gift_card", &[], "3.00")], "3.00"))]);
    let mut bytes = sections.into_bytes();
    let place = bytes.windows(5).rposition(|part| part == b"\"3.00").unwrap();
    *bytes.get_mut(place + 1).unwrap() = b'x';
    let mut summary = Summary::default();
    let outcome = summary.add(SectionsRef::parse(&bytes).unwrap(), &View::default(), 2024);
    assert!(outcome.is_err());
    assert_eq!((finished(&summary), summary.unmapped_lines()), (Vec::new(), 0));
}
