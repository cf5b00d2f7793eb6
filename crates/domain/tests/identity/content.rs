//! What is one content, and what is another: digests.

use counterfoil_domain::stream::{Body, Decoded, RemovalReason};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::sent::{alias_digests, changed, envelope, event, read, samples, structured, taken};

#[test]
fn reasons_of_one_effect_are_one_content() {
    let of = |reason: &str| {
        let data = changed("order.removed.v1", &json!({"reason": reason}));
        let event = event(structured(&envelope("order.removed.v1", &data)));
        let Body::Removal(removal) = event.body else { panic!("{:?}", event.body) };
        (removal.reason, event.digest)
    };
    let (_, plain) = of("test");
    for (word, reason) in [
        ("test", RemovalReason::Test),
        ("fraud", RemovalReason::Fraud),
        ("misattributed", RemovalReason::Misattributed),
        ("other", RemovalReason::Other),
        ("a word of next year", RemovalReason::Other),
    ] {
        assert_eq!(of(word), (reason, plain), "{word}");
    }
    let (reason, erased) = of("erased");
    assert_eq!(reason, RemovalReason::Erased);
    assert_ne!(erased, plain);
    let data = changed("order.removed.v1", &json!({"orderId": "o-2"}));
    assert_ne!(event(structured(&envelope("order.removed.v1", &data))).digest, plain);
}

#[test]
fn each_order_and_alias_has_a_statement_of_its_own() {
    let link = |kind: &str, changes: Value| read(kind, &changed(kind, &changes)).digest;
    let linked = link("customer.linked.v1", json!({}));
    // Whatever other orders are named beside it, and why.
    assert_eq!(linked, link("customer.linked.v1", json!({"orderIds": ["o-9", "o-1"], "reason": "because"})));
    assert_ne!(linked, link("customer.linked.v1", json!({"customerId": "c-2"})));
    assert_ne!(linked, link("customer.unlinked.v1", json!({})));

    let name = |scheme: &str, verified: bool| json!({"scheme": scheme, "id": "7", "verified": verified});
    let named = |changes: Value| read("customer.identified.v1", &changed("customer.identified.v1", &changes));
    let both = named(json!({"aliases": [name("loyalty", true), name("shop", false)]}));
    let alone = named(json!({"aliases": [name("shop", false)]}));
    assert_eq!(alias_digests(&both)[1], alias_digests(&alone)[0]);
    assert_eq!(both.digest, alone.digest);
    assert_ne!(alias_digests(&named(json!({"aliases": [name("shop", true)]}))), alias_digests(&alone));
    let other = named(json!({"customerId": "c-2", "aliases": [name("shop", false)]}));
    assert_ne!(alias_digests(&other), alias_digests(&alone));

    let merge = |changes: Value| link("customer.merged.v1", changes);
    assert_ne!(merge(json!({})), merge(json!({"into": "c-3"})));
    assert_ne!(merge(json!({})), merge(json!({"from": "c-2", "into": "c-1"})));
    assert_ne!(merge(json!({})), link("customer.split.v1", json!({})));

    let erased = |orders: Value| link("customer.erased.v1", json!({"orderIds": orders}));
    assert_eq!(erased(json!(["a", "b"])), erased(json!(["b", "a"])));
    assert_ne!(erased(json!(["a", "b"])), erased(json!(["ab"])));
    assert_ne!(erased(json!(["a"])), erased(Value::Null));
}

/// An object's text, its members in the given order.
fn written(members: &[(String, Value)]) -> String {
    let members: Vec<String> =
        members.iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    format!("{{{}}}", members.join(","))
}

fn members(object: &Value) -> Vec<(String, Value)> {
    object.as_object().unwrap().clone().into_iter().collect()
}

/// Data of any type, its members in some order and in another.
fn shuffled() -> impl Strategy<Value = (&'static str, String, String)> {
    let id = "[a-zé\"\\\\ ]{1,12}";
    (prop::sample::select(samples()), id, id, prop::collection::btree_set(id, 1..30)).prop_flat_map(
        |((kind, mut data), one, other, orders)| {
            for (name, value) in [("orderId", &one), ("customerId", &one), ("from", &one), ("into", &other)] {
                if data.get(name).is_some() {
                    data[name] = json!(value);
                }
            }
            if data.get("into").is_some() {
                data["into"] = json!(format!("{one}{other}"));
            }
            if data.get("orderIds").is_some() {
                data["orderIds"] = json!(orders);
            }
            let members = members(&data);
            (
                Just(kind),
                Just(written(&members)),
                Just(members).prop_shuffle().prop_map(|members| written(&members)),
            )
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn the_order_of_keys_is_nothing((kind, one, other) in shuffled()) {
        let whole = |data: &str, at_end: bool| {
            let (head, data) = (r#""specversion":"1.0","id":"e","source":"/shop""#, format!(r#""data":{data}"#));
            let text = if at_end {
                format!(r#"{{{head},"type":"{kind}",{data}}}"#)
            } else {
                format!(r#"{{{data},"type":"{kind}","time":"2024-05-06T08:00:00Z",{head}}}"#)
            };
            taken(text.as_bytes())
        };
        let (one, other) = (whole(&one, false), whole(&other, kind != "customer.erased.v1"));
        match (one, other) {
            (Ok(Decoded::Event(one)), Ok(Decoded::Event(other))) => {
                prop_assert_eq!(one.digest, other.digest);
                prop_assert_eq!(one.body.id(), other.body.id());
            }
            (Ok(Decoded::Act(one)), Ok(Decoded::Act(other))) => {
                prop_assert_eq!(one.digest, other.digest);
                prop_assert_eq!(one.content, other.content);
                prop_assert_eq!(one.order, other.order);
            }
            (one, other) => prop_assert!(false, "{one:?} {other:?}"),
        }
    }
}
