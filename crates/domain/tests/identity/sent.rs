//! Good data of every type, and ways to send it.

use std::collections::HashMap;

use counterfoil_domain::stream::{
    Act, Decoded, Event, Identity, Message, Rejection, Source, Sources, decode,
};
use serde_json::{Value, json};

/// Every type with data that is good.
pub fn samples() -> Vec<(&'static str, Value)> {
    vec![
        ("order.removed.v1", json!({"orderId": "o-1", "revision": 2, "reason": "fraud"})),
        ("customer.linked.v1", json!({"customerId": "c-1", "orderIds": ["o-1", "o-2"], "revision": 3})),
        (
            "customer.unlinked.v1",
            json!({"customerId": "c-1", "orderIds": ["o-1"], "revision": 4, "reason": "x"}),
        ),
        (
            "customer.identified.v1",
            json!({"customerId": "c-1", "revision": 5, "aliases": [
                {"scheme": "loyalty", "id": "7", "verified": true}, {"scheme": "shop", "id": "7", "verified": false}]}),
        ),
        ("customer.merged.v1", json!({"mergeId": "m-1", "from": "c-1", "into": "c-2", "revision": 6})),
        ("customer.split.v1", json!({"mergeId": "m-1", "revision": 7})),
        ("customer.erased.v1", json!({"customerId": "c-1", "orderIds": ["o-1"], "revision": 8})),
    ]
}

pub fn sample(kind: &str) -> Value {
    samples().into_iter().find(|(name, _)| *name == kind).unwrap().1
}

/// The sample with members set; `null` takes one out.
pub fn changed(kind: &str, changes: &Value) -> Value {
    let mut data = sample(kind);
    for (name, value) in changes.as_object().unwrap() {
        data[name] = value.clone();
    }
    data
}

pub fn envelope(kind: &str, data: &Value) -> Value {
    json!({"specversion": "1.0", "id": "e-1", "source": "/shop", "type": kind, "time": "2024-05-06T08:00:00Z",
        "data": data})
}

pub fn sources() -> Sources {
    let shop = Source {
        namespace: "shops".to_owned(),
        customer_scheme: "loyalty".to_owned(),
        timezone: Some("Europe/Berlin".parse().unwrap()),
        ..Source::default()
    };
    Sources::new(Source::default(), HashMap::from([("/shop".to_owned(), shop)]))
}

pub fn taken(value: &[u8]) -> Result<Decoded, Rejection> {
    decode(&Message { content_type: None, headers: &[], value: Some(value) }, &sources())
}

pub fn structured(event: &Value) -> Result<Decoded, Rejection> {
    taken(&serde_json::to_vec(event).unwrap())
}

pub fn binary(kind: &str, data: &Value) -> Result<Decoded, Rejection> {
    let headers: [(&str, &[u8]); 5] = [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"e-1"),
        ("ce_source", b"/shop"),
        ("ce_type", kind.as_bytes()),
        ("ce_time", b"2024-05-06T08:00:00Z"),
    ];
    let value = serde_json::to_vec(data).unwrap();
    decode(
        &Message { content_type: Some("application/json"), headers: &headers, value: Some(&value) },
        &sources(),
    )
}

pub fn act(outcome: Result<Decoded, Rejection>) -> Act {
    match outcome {
        Ok(Decoded::Act(act)) => *act,
        other => panic!("no act: {other:?}"),
    }
}

pub fn event(outcome: Result<Decoded, Rejection>) -> Event {
    match outcome {
        Ok(Decoded::Event(event)) => *event,
        other => panic!("no event: {other:?}"),
    }
}

pub fn read(kind: &str, data: &Value) -> Act {
    act(structured(&envelope(kind, data)))
}

pub fn alias_digests(act: &Act) -> Vec<[u8; 32]> {
    match &act.content {
        Identity::Identified { aliases, .. } => aliases.iter().map(|alias| alias.digest).collect(),
        other => panic!("{other:?}"),
    }
}
