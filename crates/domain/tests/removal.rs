//! An order that is removed, and one that comes back, in every order of arrival.

#![expect(clippy::unwrap_used, reason = "a test")]

#[cfg(test)]
mod fold;

use counterfoil_domain::stream::{Message, Sources};
use fold::{Fold, Outcome};
use proptest::prelude::*;
use serde_json::{Value, json};

fn event(kind: &str, data: &Value) -> Vec<u8> {
    let event = json!({"specversion": "1.0", "id": "e", "source": "/shop", "type": kind, "data": data});
    serde_json::to_vec(&event).unwrap()
}

fn order(revision: u32) -> Vec<u8> {
    let data = json!({"orderId": "o", "revision": revision, "customerId": "c", "channel": "store", "currency": "EUR",
        "placedAt": "2024-05-06T10:00:00Z", "totals": {"grandTotal": "0"}, "receiptNumber": revision.to_string()});
    event("order.recorded.v1", &data)
}

fn removal(revision: u32, reason: &str) -> Vec<u8> {
    event("order.removed.v1", &json!({"orderId": "o", "revision": revision, "reason": reason}))
}

fn returned() -> Vec<u8> {
    let data = json!({"returnId": "r", "revision": 1, "orderId": "o", "status": "completed",
        "returnedAt": "2024-05-07T10:00:00Z", "lines": []});
    event("return.recorded.v1", &data)
}

fn folded(events: &[Vec<u8>]) -> (Fold, Vec<Option<Outcome>>) {
    let mut fold = Fold::default();
    let take = |event: &Vec<u8>| {
        fold.take(&Message { content_type: None, headers: &[], value: Some(event) }, &Sources::default())
    };
    let outcomes = events.iter().map(take).collect();
    (fold, outcomes)
}

fn shuffled(events: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<Vec<u8>>> {
    Just(events).prop_shuffle()
}

#[test]
fn what_was_erased_takes_its_returns_with_it() {
    let (fold, _) = folded(&[order(1), returned(), removal(2, "erased")]);
    assert_eq!((fold.served().len(), fold.unlinked()), (0, 0));
}

#[test]
fn a_removal_stands_in_the_sequence_of_its_order() {
    let (fold, outcomes) =
        folded(&[order(1), removal(2, "test"), removal(2, "fraud"), order(1), order(2), removal(1, "test")]);
    let expected = [
        Some(Outcome::Stored),
        Some(Outcome::Stored),
        Some(Outcome::Duplicate),
        Some(Outcome::Stale),
        None,
        Some(Outcome::Stale),
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(fold.quarantined, [("revision_conflict".to_owned(), "/data".to_owned())]);
    assert_eq!(fold.served().len(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn a_removed_order_is_gone_and_its_return_waits(events in shuffled(vec![order(1), removal(2, "fraud"), returned()])) {
        let (fold, _) = folded(&events);
        prop_assert_eq!((fold.served().len(), fold.unlinked()), (0, 1));
    }

    #[test]
    fn a_newer_order_brings_it_back(events in shuffled(vec![order(1), removal(2, "test"), returned(), order(3)])) {
        let (fold, _) = folded(&events);
        let served = fold.served();
        prop_assert_eq!(served["c"].len(), 1);
        prop_assert_eq!(&served["c"][0]["receiptNumber"], "3");
        prop_assert_eq!(served["c"][0]["returns"].as_array().map(Vec::len), Some(1));
        prop_assert_eq!(fold.unlinked(), 0);
    }
}
