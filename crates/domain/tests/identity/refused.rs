//! What is refused, where, and what can still be read of it.

use serde_json::{Value, json};

use super::sent::{binary, changed, envelope, read, sample, samples, structured, taken};

#[test]
fn what_breaks_a_rule_is_refused_with_its_place() {
    let alias = |changes: Value| {
        let mut alias = json!({"scheme": "shop", "id": "7", "verified": true});
        for (name, value) in changes.as_object().unwrap() {
            alias[name] = value.clone();
        }
        json!({"aliases": [{"scheme": "a", "id": "7", "verified": true}, alias]})
    };
    let many = |count: usize| (0..count).map(|at| format!("o-{at}")).collect::<Vec<_>>();
    let aliases = |count: usize| {
        let one = |at| json!({"scheme": "a", "id": format!("{at}"), "verified": true});
        json!({"aliases": (0..count).map(one).collect::<Vec<_>>()})
    };
    let (long_id, long_scheme) = ("é".repeat(129), "é".repeat(65));
    let removed = "order.removed.v1";
    let linked = "customer.linked.v1";
    let unlinked = "customer.unlinked.v1";
    let identified = "customer.identified.v1";
    let merged = "customer.merged.v1";
    let split = "customer.split.v1";
    let erased = "customer.erased.v1";
    for (kind, changes, reason, pointer) in [
        (removed, json!({"orderId": null}), "missing_field", "/data/orderId"),
        (removed, json!({"orderId": ""}), "empty", "/data/orderId"),
        (removed, json!({"orderId": 1}), "wrong_type", "/data/orderId"),
        (removed, json!({"reason": null}), "missing_field", "/data/reason"),
        (removed, json!({"reason": ""}), "empty", "/data/reason"),
        (removed, json!({"reason": true}), "wrong_type", "/data/reason"),
        (removed, json!({"revision": -1}), "revision_out_of_range", "/data/revision"),
        (removed, json!({"revisedAt": "yesterday"}), "not_a_time", "/data/revisedAt"),
        (linked, json!({"customerId": null}), "missing_field", "/data/customerId"),
        (linked, json!({"customerId": long_id}), "too_long", "/data/customerId"),
        (linked, json!({"orderIds": null}), "missing_field", "/data/orderIds"),
        (linked, json!({"orderIds": []}), "empty_list", "/data/orderIds"),
        (linked, json!({"orderIds": "o-1"}), "wrong_type", "/data/orderIds"),
        (linked, json!({"orderIds": ["o-1", null]}), "wrong_type", "/data/orderIds/1"),
        (linked, json!({"orderIds": ["o-1", ""]}), "empty", "/data/orderIds/1"),
        (linked, json!({"orderIds": ["o-1", "o-2", "o-1"]}), "duplicate_id", "/data/orderIds/2"),
        (linked, json!({"orderIds": ["\u{0}"]}), "nul_character", "/data/orderIds/0"),
        (linked, json!({"orderIds": many(10_001)}), "too_many_named", "/data/orderIds"),
        (linked, json!({"revision": 1.5}), "revision_out_of_range", "/data/revision"),
        (unlinked, json!({"customerId": null}), "missing_field", "/data/customerId"),
        (unlinked, json!({"orderIds": []}), "empty_list", "/data/orderIds"),
        (unlinked, json!({"orderIds": [long_id]}), "too_long", "/data/orderIds/0"),
        (unlinked, json!({"revisedAt": 5}), "wrong_type", "/data/revisedAt"),
        (identified, json!({"customerId": ""}), "empty", "/data/customerId"),
        (identified, json!({"aliases": null}), "missing_field", "/data/aliases"),
        (identified, json!({"aliases": []}), "empty_list", "/data/aliases"),
        (identified, json!({"aliases": ["a"]}), "wrong_type", "/data/aliases/0"),
        (identified, aliases(1_001), "too_many_named", "/data/aliases"),
        (identified, alias(json!({"scheme": null})), "missing_field", "/data/aliases/1/scheme"),
        (identified, alias(json!({"scheme": ""})), "empty", "/data/aliases/1/scheme"),
        (identified, alias(json!({"scheme": long_scheme})), "too_long", "/data/aliases/1/scheme"),
        (identified, alias(json!({"id": null})), "missing_field", "/data/aliases/1/id"),
        (identified, alias(json!({"id": long_id})), "too_long", "/data/aliases/1/id"),
        (identified, alias(json!({"scheme": "a"})), "duplicate_id", "/data/aliases/1/id"),
        (identified, alias(json!({"verified": null})), "missing_field", "/data/aliases/1/verified"),
        (identified, alias(json!({"verified": "yes"})), "wrong_type", "/data/aliases/1/verified"),
        (identified, json!({"revision": "x"}), "revision_out_of_range", "/data/revision"),
        (merged, json!({"mergeId": null}), "missing_field", "/data/mergeId"),
        (merged, json!({"from": null}), "missing_field", "/data/from"),
        (merged, json!({"into": null}), "missing_field", "/data/into"),
        (merged, json!({"into": ""}), "empty", "/data/into"),
        (merged, json!({"into": "c-1"}), "same_customer", "/data/into"),
        (merged, json!({"revisedAt": "2024-13-01T00:00:00Z"}), "not_a_time", "/data/revisedAt"),
        (split, json!({"mergeId": null}), "missing_field", "/data/mergeId"),
        (split, json!({"mergeId": long_id}), "too_long", "/data/mergeId"),
        (split, json!({"revision": []}), "wrong_type", "/data/revision"),
        (erased, json!({"customerId": null}), "missing_field", "/data/customerId"),
        (erased, json!({"orderIds": ["o-1", "o-1"]}), "duplicate_id", "/data/orderIds/1"),
        (erased, json!({"orderIds": many(10_001)}), "too_many_named", "/data/orderIds"),
        (erased, json!({"revision": 9_007_199_254_740_993_i64}), "revision_out_of_range", "/data/revision"),
    ] {
        let data = changed(kind, &changes);
        for rejection in [structured(&envelope(kind, &data)).unwrap_err(), binary(kind, &data).unwrap_err()] {
            assert_eq!((rejection.reason, rejection.pointer.as_str()), (reason, pointer), "{kind}");
        }
    }
    // What is just within.
    read(linked, &changed(linked, &json!({"orderIds": many(10_000)})));
    read(identified, &changed(identified, &aliases(1_000)));
    read(identified, &changed(identified, &alias(json!({"scheme": "é".repeat(64)}))));
}

#[test]
fn strictness_holds_for_all() {
    for (kind, data) in samples() {
        let text = serde_json::to_string(&envelope(kind, &data)).unwrap();
        let twice = text.replace(r#""data":{"#, r#""data":{"x":[{"a":1,"a":2}],"#);
        let rejection = taken(twice.as_bytes()).unwrap_err();
        assert_eq!(
            (rejection.reason, rejection.pointer.as_str()),
            ("duplicate_key", "/data/x/0/a"),
            "{kind}"
        );
        let deep =
            text.replace(r#""data":{"#, &format!(r#""data":{{"x":{}1{},"#, "[".repeat(15), "]".repeat(15)));
        assert_eq!(taken(deep.as_bytes()).unwrap_err().reason, "too_deep", "{kind}");
        let mut listed = envelope(kind, &data);
        listed["data"] = json!([]);
        let rejection = structured(&listed).unwrap_err();
        assert_eq!((rejection.reason, rejection.pointer.as_str()), ("wrong_type", "/data"), "{kind}");
    }
}

#[test]
fn what_is_refused_is_found_by_its_ids() {
    for (kind, data, customer, order) in [
        ("order.removed.v1", json!({"orderId": "o-1"}), None, Some("o-1")),
        (
            "customer.linked.v1",
            json!({"orderIds": ["o-1", "o-1"], "customerId": "c-1"}),
            Some("c-1"),
            Some("o-1"),
        ),
        ("customer.linked.v1", json!({"orderIds": [], "customerId": "c-1"}), Some("c-1"), None),
        ("customer.linked.v1", json!({"orderIds": {"a": 1}, "customerId": "c-1"}), Some("c-1"), None),
        ("customer.linked.v1", json!({"orderIds": [7, "o-1"], "customerId": ["c-1"]}), None, None),
        ("customer.identified.v1", json!({"customerId": "c-1", "aliases": []}), Some("c-1"), None),
        ("customer.merged.v1", json!({"mergeId": "m", "from": "c-1", "into": "c-1"}), Some("c-1"), None),
        // Only where nothing plainer is there.
        (
            "order.recorded.v1",
            json!({"from": "x", "orderIds": ["x"], "customerId": "c", "orderId": "o"}),
            Some("c"),
            Some("o"),
        ),
        (
            "customer.erased.v1",
            json!({"customerId": "c-1", "orderIds": [" "], "revision": -1}),
            Some("c-1"),
            Some(" "),
        ),
    ] {
        for rejection in [structured(&envelope(kind, &data)).unwrap_err(), binary(kind, &data).unwrap_err()] {
            let found = (rejection.customer_id.as_deref(), rejection.order_id.as_deref());
            assert_eq!(found, (customer, order), "{kind} {data}");
        }
    }
}

#[test]
fn a_type_is_a_text() {
    let mut event = envelope("customer.split.v1", &sample("customer.split.v1"));
    event["type"] = json!(["stock.counted.v1"]);
    assert_eq!(structured(&event).unwrap_err().pointer, "/type");
}
