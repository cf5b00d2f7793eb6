//! What is shown of a purchase of which something is hidden, rule by rule.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

#[cfg(test)]
mod shop;

use counterfoil_domain::purchase::{Purchase, Sections, SectionsRef, Shows, View, project};
use serde_json::{Value, json};
use shop::{ALL, catalogue, purchase, stored, view};

fn text(sections: &Sections, view: &View) -> String {
    let mut out = Vec::new();
    project(sections.view().unwrap(), view, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn served(sections: &Sections, view: &View) -> Value {
    serde_json::from_str(&text(sections, view)).unwrap()
}

fn line(id: &str, sku: &str, path: &[&str], net: &str) -> Value {
    json!({"lineId": id, "sku": sku, "name": format!("name of {id}"), "category": path, "quantity": 2, "net": net})
}

fn order(lines: &[Value], total: &str) -> Value {
    json!({"orderId": "o", "customerId": "c", "channel": "store", "placedAt": "2024-05-06T10:00:00+02:00",
        "currency": "EUR", "receiptNumber": "R-1", "pricesIncludeTax": true, "lines": lines,
        "seller": {"name": "The Shop"}, "location": {"storeId": "7", "city": "Graz"},
        "totals": {"grandTotal": total}})
}

/// Food for 10.00 and a drug for 5.00, with all that an order may have around them.
fn full_order() -> Value {
    let mut food = line("food", "s-1", &["FOOD"], "10.00");
    food["gross"] = "12.00".into();
    food["discounts"] = json!([{"kind": "coupon", "amount": "2.00"}]);
    food["taxes"] = json!([{"taxId": "t", "amount": "0.91"}]);
    let mut drug = line("drug", "s-2", &["DRUG", "COLD"], "5.00");
    drug["taxes"] = json!([{"taxId": "t", "amount": "0.45"}]);
    let mut bag = line("bag", "s-3", &["FOOD"], "0.00");
    bag["parentLineId"] = "drug".into();
    let mut order = order(&[food, drug, bag], "18.00");
    for (name, value) in [
        ("charges", json!([{"chargeId": "c", "kind": "delivery", "amount": "3.00"}])),
        ("taxes", json!([{"taxId": "t", "type": "VAT", "rate": "10", "amount": "1.64"}])),
        ("tenders", json!([{"method": "card", "amount": "18.00", "last4": "1234"}])),
        ("loyalty", json!([{"programmeId": "club", "earned": 18, "unit": "points"}])),
        (
            "fulfilments",
            json!([{"id": "f", "type": "delivery", "status": "done", "lineIds": ["drug", "food"]}]),
        ),
        (
            "documents",
            json!([{"type": "receipt", "mediaType": "application/pdf", "href": "https://example.test/r"}]),
        ),
        ("related", json!([{"rel": "part_of", "orderId": "p"}])),
    ] {
        order[name] = value;
    }
    order
}

fn returned(id: &str, lines: &[Value]) -> Value {
    json!({"returnId": id, "orderId": "o", "status": "completed", "returnedAt": "2024-05-08T10:00:00Z", "lines": lines})
}

fn back(id: &str, line: Option<&str>, sku: &str) -> Value {
    json!({"returnLineId": id, "lineId": line, "sku": sku, "quantity": 1, "amount": "1.00", "reason": format!("reason {id}")})
}

fn refund(id: &str, amount: &str, allocations: &[(&str, &str, &str)]) -> Value {
    let allocations: Vec<Value> =
        allocations.iter().map(|(kind, of, amount)| json!({*kind: of, "amount": amount})).collect();
    json!({"refundId": id, "orderId": "o", "amount": amount, "currency": "EUR", "issuedAt": "2024-05-09T10:00:00Z",
        "method": "card", "status": "settled", "allocations": allocations})
}

fn full() -> Sections {
    let events = [
        ("order", full_order()),
        ("return", returned("r-1", &[back("a", Some("food"), "s-1"), back("b", Some("drug"), "s-2")])),
        ("return", returned("r-2", &[back("c", Some("drug"), "s-2")])),
        ("refund", {
            let mut both = refund(
                "f-1",
                "7.00",
                &[("lineId", "food", "4.00"), ("lineId", "drug", "2.50"), ("other", "goodwill", "0.50")],
            );
            both["returnId"] = "r-1".into();
            both["feesWithheld"] = json!([{"amount": "0.25"}]);
            both["taxes"] = json!([{"taxId": "t", "amount": "0.60"}]);
            both
        }),
        ("refund", refund("f-2", "1.00", &[("lineId", "drug", "1.00")])),
        ("refund", refund("f-3", "3.00", &[("chargeId", "c", "3.00")])),
        ("refund", refund("f-4", "1.00", &[])),
    ];
    stored(&purchase(&catalogue("ordinary"), &events))
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
}

#[test]
fn what_is_left_adds_up_by_itself() {
    let shown = served(&full(), &view(&catalogue("ordinary"), &[], false, false));
    assert_eq!(ids(&shown["lines"]), ["food", "bag"]);
    assert_eq!(shown["lines"][1].get("parentLineId"), None);
    assert_eq!(shown["lines"][0]["returnedQuantity"], "1");
    assert_eq!(shown["lines"][0]["refunded"], "4.00");
    assert_eq!(
        shown["totals"],
        json!({"gross": "12.00", "discounts": "2.00", "charges": "0.00", "taxes": "0.91", "grandTotal": "10.00",
            "refunded": "4.00", "net": "6.00"})
    );
    assert_eq!(
        shown["completeness"],
        json!({"reconciled": true, "partial": true, "hiddenLines": 1, "totalsOf": "shown", "notes": []})
    );
    for empty in ["charges", "taxes", "tenders", "loyalty"] {
        assert_eq!(shown[empty], json!([]), "{empty}");
    }
    for absent in ["payment", "documents"] {
        assert_eq!(shown.get(absent), None, "{absent}");
    }
    assert_eq!(shown["fulfilments"][0]["lineIds"], json!(["food"]));
    assert_eq!(ids(&shown["returns"]), ["r-1"]);
    assert_eq!(ids(&shown["returns"][0]["lines"]), ["a"]);
    assert_eq!(
        shown["refunds"],
        json!([{"id": "f-1", "returnId": "r-1", "amount": "4.00", "currency": "EUR", "issuedAt": "2024-05-09T10:00:00Z",
            "method": "card", "status": "settled", "allocations": [{"lineId": "food", "amount": "4.00"}]}])
    );
    assert_eq!(
        [&shown["receiptNumber"], &shown["seller"]["name"], &shown["location"]["storeId"]],
        ["R-1", "The Shop", "7"]
    );
    assert_eq!(shown["related"][0]["orderId"], "p");
}

#[test]
fn where_nothing_is_hidden_the_bytes_stay() {
    let sections = full();
    let all = View { shows: ALL, ..View::default() };
    let plain = text(&sections, &all);
    assert!(!plain.contains("totalsOf") && plain.contains("\"partial\":false"));
    for catalogue in [catalogue("ordinary"), catalogue("sensitive")] {
        for (hidden, holds_sensitive) in [(&[][..], true), (&["toys"], true)] {
            assert_eq!(
                text(&sections, &view(&catalogue, hidden, holds_sensitive, false)),
                plain,
                "{hidden:?}"
            );
        }
    }
}

#[test]
fn totals_are_of_what_is_left_also_without_lines() {
    let catalogue = catalogue("ordinary");
    let mut view = view(&catalogue, &[], false, false);
    view.shows = Shows { lines: false, ..Shows::default() };
    let shown = served(&full(), &view);
    assert_eq!(shown["totals"]["grandTotal"], "10.00");
    assert_eq!(shown["completeness"]["hiddenLines"], 1);
    for absent in ["lines", "tenders", "seller", "location"] {
        assert_eq!(shown.get(absent), None, "{absent}");
    }
    assert_eq!(shown["fulfilments"], json!([{"id": "f", "type": "delivery", "status": "done"}]));
    assert_eq!((ids(&shown["returns"]), shown["returns"][0].get("lines")), (vec!["r-1"], None));
    assert_eq!(
        (&shown["refunds"][0]["amount"], &shown["refunds"][0]["allocations"]),
        (&json!("4.00"), &json!([]))
    );
    assert_eq!(shown["refunds"][0].get("method"), None);
}

#[test]
fn taxes_on_top_are_part_of_the_total() {
    let mut order = full_order();
    order["pricesIncludeTax"] = false.into();
    order["totals"]["grandTotal"] = "19.64".into();
    let catalogue = catalogue("ordinary");
    let shown =
        served(&stored(&purchase(&catalogue, &[("order", order)])), &view(&catalogue, &[], false, false));
    assert_eq!(
        (&shown["totals"]["taxes"], &shown["totals"]["grandTotal"]),
        (&json!("0.91"), &json!("10.91"))
    );
}

#[test]
fn kept_totals_say_that_they_are_of_all() {
    let catalogue = catalogue("ordinary");
    let whole = served(&full(), &view(&catalogue, &[], true, false));
    let shown = served(&full(), &view(&catalogue, &[], false, true));
    for same in ["totals", "tenders", "loyalty", "charges", "taxes", "seller", "related"] {
        assert_eq!(shown[same], whole[same], "{same}");
    }
    assert_eq!(
        shown["completeness"],
        json!({"reconciled": true, "partial": true, "hiddenLines": 1, "totalsOf": "all", "notes": []})
    );
    assert_eq!((ids(&shown["lines"]), shown.get("documents")), (vec!["food", "bag"], None));
    assert_eq!(shown["fulfilments"][0]["lineIds"], json!(["food"]));
    assert_eq!((ids(&shown["returns"]), ids(&shown["returns"][0]["lines"])), (vec!["r-1"], vec!["a"]));
    assert_eq!(ids(&shown["refunds"]), ["f-1", "f-2", "f-3", "f-4"]);
    let amounts = |shown: &Value| -> Vec<String> {
        shown["refunds"].as_array().unwrap().iter().map(|refund| refund["amount"].to_string()).collect()
    };
    assert_eq!(amounts(&shown), amounts(&whole));
    assert_eq!(
        shown["refunds"][0]["allocations"],
        json!([{"lineId": "food", "amount": "4.00"}, {"other": "goodwill", "amount": "0.50"}])
    );
    assert_eq!(shown["refunds"][1]["allocations"], json!([]));
}

#[test]
fn with_no_line_left_the_place_goes_too() {
    let catalogue = catalogue("ordinary");
    for keep_totals in [false, true] {
        let shown = served(&full(), &view(&catalogue, &["food"], false, keep_totals));
        for absent in ["seller", "location", "receiptNumber", "related"] {
            assert_eq!(shown.get(absent), None, "{absent}");
        }
        assert_eq!((&shown["lines"], &shown["returns"]), (&json!([]), &json!([])));
        assert_eq!((&shown["completeness"]["hiddenLines"], &shown["orderId"]), (&json!(3), &json!("o")));
        assert_eq!(shown["totals"]["grandTotal"], if keep_totals { "18.00" } else { "0.00" });
    }
}

#[test]
fn what_is_in_no_category_follows_the_catalogue_and_the_customer() {
    for (unmapped, hidden, holds_sensitive, is_shown) in [
        ("ordinary", &[][..], true, true),
        ("ordinary", &[], false, true),
        ("ordinary", &["toys"], true, false),
        ("ordinary", &["toys"], false, false),
        ("ordinary", &["not-there-any-more"], true, false),
        ("sensitive", &[], true, true),
        ("sensitive", &[], false, false),
        ("sensitive", &["toys"], true, false),
    ] {
        let catalogue = catalogue(unmapped);
        let lines = [
            line("food", "s-1", &["FOOD"], "10.00"),
            line("what", "s-2", &["WHAT"], "5.00"),
            line("bare", "s-3", &[], "1.00"),
        ];
        let sections = stored(&purchase(&catalogue, &[("order", order(&lines, "16.00"))]));
        let shown = served(&sections, &view(&catalogue, hidden, holds_sensitive, false));
        let left = if is_shown { vec!["food", "what", "bare"] } else { vec!["food"] };
        assert_eq!(ids(&shown["lines"]), left, "{unmapped} {hidden:?} {holds_sensitive}");
    }
}

#[test]
fn what_comes_back_belongs_to_a_line_or_is_hidden() {
    let catalogue = catalogue("ordinary");
    let lines = [
        line("food", "s-1", &["FOOD"], "10.00"),
        line("drug", "s-2", &["DRUG"], "5.00"),
        line("twin", "s-2", &["FOOD"], "5.00"),
    ];
    for (back, is_shown, hidden) in [
        (back("x", Some("food"), "s-1"), true, 1),
        (back("x", Some("drug"), "s-2"), false, 1),
        // Whatever its sku says.
        (back("x", Some("drug"), "f-1"), false, 1),
        (back("x", Some("ghost"), "f-1"), false, 2),
        (back("x", None, "s-1"), true, 1),
        // One of the lines with this sku is hidden.
        (back("x", None, "s-2"), false, 1),
        (back("x", None, "f-1"), false, 2),
    ] {
        let events = [("order", order(&lines, "20.00")), ("return", returned("r", &[back.clone()]))];
        let shown = served(&stored(&purchase(&catalogue, &events)), &view(&catalogue, &[], false, false));
        assert_eq!(ids(&shown["returns"]) == ["r"], is_shown, "{back}");
        assert_eq!(shown["completeness"]["hiddenLines"], hidden, "{back}");
    }
    // Also where every line of the order is shown.
    let events = [
        ("order", order(&lines[..1], "10.00")),
        ("return", returned("r", &[back("x", Some("ghost"), "s-9"), back("y", Some("food"), "s-1")])),
        ("refund", refund("f", "3.00", &[("lineId", "ghost", "2.00"), ("lineId", "food", "1.00")])),
    ];
    let shown = served(&stored(&purchase(&catalogue, &events)), &view(&catalogue, &[], false, false));
    assert_eq!(
        (ids(&shown["returns"][0]["lines"]), &shown["refunds"][0]["amount"]),
        (vec!["y"], &json!("1.00"))
    );
    assert_eq!(shown["completeness"]["hiddenLines"], 1, "a line counts once, however often it is named");
}

#[test]
fn without_an_order_the_sku_alone_tells() {
    let catalogue = catalogue("ordinary");
    let mut back_alone =
        returned("r", &[back("a", Some("1"), "f-1"), back("b", Some("2"), "d-1"), back("c", None, "s-9")]);
    back_alone["customerId"] = "c".into();
    let refund = refund(
        "f",
        "6.00",
        &[("lineId", "1", "1.00"), ("lineId", "2", "2.00"), ("other", "goodwill", "3.00")],
    );
    let sections = stored(&purchase(&catalogue, &[("return", back_alone), ("refund", refund)]));
    let shown = served(&sections, &view(&catalogue, &[], false, false));
    assert_eq!(ids(&shown["returns"][0]["lines"]), ["a"]);
    assert_eq!((&shown["totals"]["refunded"], &shown["totals"]["net"]), (&json!("1.00"), &json!("-1.00")));
    assert_eq!(shown["refunds"][0]["allocations"], json!([{"lineId": "1", "amount": "1.00"}]));
    assert_eq!(shown["completeness"]["hiddenLines"], 2);
    let whole = served(&sections, &view(&catalogue, &[], true, false));
    assert_eq!(ids(&whole["returns"][0]["lines"]), ["a", "b", "c"]);
}

#[test]
fn refunds_in_another_currency_are_summed_up_apart() {
    let catalogue = catalogue("ordinary");
    let mut foreign = refund("f", "700", &[("lineId", "food", "400"), ("lineId", "drug", "300")]);
    foreign["currency"] = "JPY".into();
    let mut failed = refund("g", "3.00", &[("lineId", "food", "3.00")]);
    failed["status"] = "failed".into();
    let events = [("order", full_order()), ("refund", foreign), ("refund", failed)];
    let shown = served(&stored(&purchase(&catalogue, &events)), &view(&catalogue, &[], false, false));
    assert_eq!(shown["totals"]["refundedOther"], json!([{"currency": "JPY", "amount": "400"}]));
    assert_eq!((&shown["totals"]["refunded"], ids(&shown["refunds"])), (&json!("0.00"), vec!["f", "g"]));
}

/// The same purchase as it was stored before there were marks.
fn format_1(sections: &Sections) -> Vec<u8> {
    let bytes = sections.as_bytes();
    assert_eq!(bytes[0], 2);
    let end = usize::try_from(u32::from_le_bytes(bytes[34..38].try_into().unwrap())).unwrap();
    [&[1, bytes[1]], &bytes[2..38], &bytes[42..42 + end]].concat()
}

#[test]
fn what_was_stored_before_is_looked_into() {
    let catalogue = catalogue("ordinary");
    let view = view(&catalogue, &[], false, false);
    let old = format_1(&full());
    let old = SectionsRef::parse(&old).unwrap();
    let mut shown = Vec::new();
    project(old, &view, &mut shown).unwrap();
    assert_eq!(String::from_utf8(shown).unwrap(), text(&full(), &view));
    let again = stored(&Purchase::read(&old).unwrap());
    assert_eq!(text(&again, &view), text(&full(), &view));
    assert!(SectionsRef::parse(&[&[3], &full().as_bytes()[1..]].concat()).is_err());
}

#[test]
fn marks_stay_and_those_of_another_catalogue_say_nothing() {
    let (old, new) = (catalogue("ordinary"), catalogue("sensitive"));
    assert_ne!(old.fingerprint(), new.fingerprint());
    let sections = stored(&purchase(&old, &[("order", full_order())]));
    assert_eq!(stored(&Purchase::read(&sections.view().unwrap()).unwrap()), sections);
    for catalogue in [&old, &new] {
        assert_eq!(ids(&served(&sections, &view(catalogue, &[], false, false))["lines"]), ["food", "bag"]);
        assert_eq!(ids(&served(&sections, &view(catalogue, &["food"], true, false))["lines"]), ["drug"]);
    }
    // Marks are not content: the same order is the same whatever catalogue it met.
    let other = stored(&purchase(&new, &[("order", full_order())]));
    assert_ne!(other, sections);
    let all = View { shows: ALL, ..View::default() };
    assert_eq!(text(&other, &all), text(&sections, &all));
}

#[test]
fn sums_beyond_any_amount_are_read_back() {
    let catalogue = catalogue("ordinary");
    let lines: Vec<Value> = (0..5)
        .map(|at| {
            line(
                &format!("l{at}"),
                "s",
                &["FOOD"],
                if at % 2 == 0 { "999999999999999.99" } else { "-999999999999999.99" },
            )
        })
        .collect();
    let mut order = order(&lines, "999999999999999.99");
    for (at, line) in order["lines"].as_array_mut().unwrap().iter_mut().enumerate() {
        line["gross"] = if at % 2 == 0 { "999999999999999.99" } else { "0.00" }.into();
    }
    let sections = stored(&purchase(&catalogue, &[("order", order)]));
    let all = View { shows: ALL, ..View::default() };
    assert_eq!(served(&sections, &all)["totals"]["gross"], "2999999999999999.97");
    assert_eq!(stored(&Purchase::read(&sections.view().unwrap()).unwrap()), sections);
}
