//! Events about who is who, and the removal of an order: what they come to, and what is refused of them.

#![expect(clippy::panic, reason = "a test")]

#[cfg(test)]
mod content;
#[cfg(test)]
mod refused;
#[cfg(test)]
mod sent;

use counterfoil_domain::stream::{Alias, Body, Decoded, EventOrder, Identity, OrderKind, RemovalReason};
use serde_json::{Value, json};

use sent::{act, alias_digests, binary, changed, envelope, event, read, sample, samples, structured};

#[test]
fn every_type_says_what_it_says_in_either_envelope() {
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let c1 = || "c-1".to_owned();
    let alias = |scheme: &str, verified, digest| Alias {
        scheme: scheme.to_owned(),
        id: "7".to_owned(),
        verified,
        digest,
    };
    for (revision, (kind, data)) in (3..).zip(samples().into_iter().skip(1)) {
        let act = read(kind, &data);
        assert_eq!(act, self::act(binary(kind, &data)), "{kind}");
        assert_eq!((act.event_id.as_str(), act.source.as_str()), ("e-1", "/shop"));
        assert_eq!(act.namespace, "shops");
        assert_eq!(act.order, EventOrder { kind: OrderKind::Revision, value: revision });
        assert_eq!(act.at, Some("2024-05-06T08:00:00Z".parse().unwrap()));
        let expected = match kind {
            "customer.linked.v1" => Identity::Linked { customer_id: c1(), order_ids: ids(&["o-1", "o-2"]) },
            "customer.unlinked.v1" => Identity::Unlinked { customer_id: c1(), order_ids: ids(&["o-1"]) },
            "customer.identified.v1" => {
                let digests = alias_digests(&act);
                let aliases = vec![alias("loyalty", true, digests[0]), alias("shop", false, digests[1])];
                Identity::Identified { customer_id: c1(), aliases }
            }
            "customer.merged.v1" => {
                Identity::Merged { merge_id: "m-1".to_owned(), from: c1(), into: "c-2".to_owned() }
            }
            "customer.split.v1" => Identity::Split { merge_id: "m-1".to_owned() },
            "customer.erased.v1" => Identity::Erased { customer_id: c1(), order_ids: ids(&["o-1"]) },
            other => panic!("{other}"),
        };
        assert_eq!(act.content, expected);
    }
}

#[test]
fn a_removal_is_an_event_of_its_order() {
    let kind = "order.removed.v1";
    let data = sample(kind);
    for event in [event(structured(&envelope(kind, &data))), event(binary(kind, &data))] {
        assert_eq!(
            (event.body.kind(), event.body.id(), event.body.order_id()),
            ("order", "o-1", Some("o-1"))
        );
        assert_eq!((event.body.return_id(), event.body.refund_id()), (None, None));
        assert_eq!((event.customer_id.as_deref(), event.namespace.as_str()), (None, "shops"));
        assert_eq!(event.order, EventOrder { kind: OrderKind::Revision, value: 2 });
        let Body::Removal(removal) = event.body else { panic!("{:?}", event.body) };
        assert_eq!((removal.id(), removal.reason), ("o-1", RemovalReason::Fraud));
    }
}

#[test]
fn customers_of_a_source_have_its_scheme() {
    let data = json!({"orderId": "o-1", "revision": 1, "customerId": "7", "channel": "store", "currency": "EUR",
        "placedAt": "2024-05-06T10:00:00Z", "totals": {"grandTotal": "0"}});
    let mut order = envelope("order.recorded.v1", &data);
    assert_eq!(event(structured(&order)).customer_scheme, "loyalty");
    order["source"] = json!("/elsewhere");
    assert_eq!(event(structured(&order)).customer_scheme, "");
}

#[test]
fn all_have_an_order_of_events() {
    for (kind, mut data) in samples() {
        let mut event = envelope(kind, &data);
        let order = |event: &Value| match structured(event) {
            Ok(Decoded::Act(act)) => (act.order, act.at),
            Ok(Decoded::Event(event)) => (event.order, None),
            other => panic!("{other:?}"),
        };
        data["revisedAt"] = json!("2024-05-07T10:00:00");
        event["data"] = data.clone();
        assert_eq!(order(&event).0.kind, OrderKind::Revision, "{kind}");
        data["revision"] = Value::Null;
        event["data"] = data.clone();
        // Without offset: at the source's zone.
        let revised = "2024-05-07T08:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        let expected = EventOrder { kind: OrderKind::RevisedAt, value: revised.timestamp_micros() };
        let (place, at) = order(&event);
        assert_eq!(place, expected, "{kind}");
        assert!(kind == "order.removed.v1" || at == Some(revised), "{kind}: {at:?}");
        data["revisedAt"] = Value::Null;
        event["data"] = data;
        assert_eq!(order(&event).0.kind, OrderKind::Time, "{kind}");
        event["time"] = Value::Null;
        let rejection = structured(&event).unwrap_err();
        let pointer = if kind == "customer.erased.v1" { "/time" } else { "/data/revision" };
        assert_eq!((rejection.reason, rejection.pointer.as_str()), ("missing_field", pointer), "{kind}");
    }
}

#[test]
fn an_erasure_has_a_time_even_where_it_has_a_revision() {
    let kind = "customer.erased.v1";
    let mut event = envelope(kind, &sample(kind));
    event["time"] = Value::Null;
    let rejection = structured(&event).unwrap_err();
    assert_eq!((rejection.reason, rejection.pointer.as_str()), ("missing_field", "/time"));
    event["data"]["revisedAt"] = json!("2024-05-07T08:00:00Z");
    let act = act(structured(&event));
    assert_eq!(act.at, Some("2024-05-07T08:00:00Z".parse().unwrap()));
    // A link does without.
    let mut link = envelope("customer.linked.v1", &sample("customer.linked.v1"));
    link["time"] = Value::Null;
    assert_eq!(self::act(structured(&link)).at, None);
}

#[test]
fn an_erasure_need_not_name_orders() {
    for orders in [Value::Null, json!([])] {
        let act = read("customer.erased.v1", &changed("customer.erased.v1", &json!({"orderIds": orders})));
        assert_eq!(act.content, Identity::Erased { customer_id: "c-1".to_owned(), order_ids: Vec::new() });
    }
}

#[test]
fn the_contract_has_every_type_in_either_envelope() {
    let contract = include_str!("../../../../openapi/order-stream.yaml");
    for (kind, _) in samples() {
        let is_named =
            |attribute: &str| contract.contains(&format!("{attribute}: {{ type: string, const: {kind} }}"));
        assert!(is_named(" type") && is_named("ce_type"), "{kind}");
        // An example.
        assert!(contract.contains(&format!("type: {kind}\n")), "{kind}");
    }
}
