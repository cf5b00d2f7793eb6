//! Properties of merging, of the stored form, of projection and of the reader.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

#[cfg(test)]
mod fold;

use counterfoil_domain::{
    purchase::{Corrupt, SectionsRef, Shows},
    stream::{Decoded, Message, Sources, decode},
};
use fold::Fold;
use proptest::prelude::*;
use serde_json::{Value, json};

fn event(kind: &str, id: &str, revision: u32, data: &Value) -> Vec<u8> {
    let mut data = data.clone();
    data["revision"] = revision.into();
    let event = json!({"specversion": "1.0", "id": format!("e-{id}-{revision}"), "source": "/shop",
        "type": format!("{kind}.recorded.v1"), "data": data});
    serde_json::to_vec(&event).unwrap()
}

/// An order whose every value tells by its first letters to which dataset it belongs.
fn order(revision: u32, nets: &[i32], is_paid: bool) -> Vec<u8> {
    let lines: Vec<Value> = nets
        .iter()
        .enumerate()
        .map(|(at, net)| {
            json!({"lineId": format!("LINE{at}"), "sku": "LINEsku", "name": "LINE \"name\" é\n", "quantity": at + 1,
                "net": format!("{net}.50"), "discounts": [{"kind": "LINEkind", "amount": "0.25"}],
                "category": ["LINEa"], "seller": {"name": "PLACEpartner"}})
        })
        .collect();
    let total: i32 = nets.iter().sum();
    let data = json!({"orderId": "o", "customerId": "c", "channel": "online", "placedAt": "2024-05-06T10:00:00+02:00",
        "currency": "EUR", "lines": lines, "location": {"storeId": "PLACEid", "name": "PLACE", "city": "PLACE"},
        "seller": {"name": "PLACEseller"}, "payment": if is_paid { "paid" } else { "open" },
        "tenders": [{"method": "PAYcoin", "amount": format!("{total}.00"), "scheme": "PAYscheme", "last4": "7777"}],
        "loyalty": [{"programmeId": "PAYclub", "unit": "PAYpoints", "earned": 5}],
        "fulfilments": [{"id": "f", "type": "pickup", "status": "done", "lineIds": ["LINE0"]}],
        "documents": [{"type": "receipt", "mediaType": "text/plain", "href": "DOChref"}],
        "totals": {"grandTotal": format!("{total}.00")}});
    event("order", "o", revision, &data)
}

fn returned(id: usize, revision: u32, status: &str, is_recipient: bool) -> Vec<u8> {
    let data = json!({"returnId": format!("r{id}"), "orderId": "o", "status": status,
        "returnedAt": format!("2024-05-{:02}T10:00:00Z", 10 + id % 3),
        "party": if is_recipient { "recipient" } else { "buyer" },
        "lines": [{"returnLineId": "LINEr", "lineId": format!("LINE{id}"), "sku": "LINEsku", "quantity": 1,
            "amount": "1.00", "reason": "LINEreason"}]});
    event("return", &format!("r{id}"), revision, &data)
}

fn refund(id: usize, revision: u32, status: &str, amount: u32, currency: &str) -> Vec<u8> {
    let data = json!({"refundId": format!("f{id}"), "orderId": "o", "returnId": format!("r{id}"),
        "amount": amount.to_string(), "currency": currency, "issuedAt": "2024-05-12T10:00:00Z", "method": "PAYcoin",
        "status": status, "allocations": [{"lineId": format!("LINE{id}"), "amount": amount.to_string()},
            {"other": "goodwill", "amount": "0"}]});
    event("refund", &format!("f{id}"), revision, &data)
}

fn order_events() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec((prop::collection::vec(-5..90_i32, 0..4), any::<bool>()), 1..4).prop_map(
        |revisions| {
            let numbered = revisions.iter().zip(1_u32..);
            numbered.map(|((nets, is_paid), revision)| order(revision, nets, *is_paid)).collect()
        },
    )
}

fn parts() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let status = prop::sample::select(vec!["requested", "received", "completed", "rejected"]);
    let outcome = prop::sample::select(vec!["pending", "settled", "failed"]);
    let currency = prop::sample::select(vec!["EUR", "EUR", "JPY"]);
    prop::collection::vec((0..4_usize, 1..3_u32, status, any::<bool>(), outcome, 0..60_u32, currency), 0..4)
        .prop_map(|all| {
            // One revision of one object has one content.
            let mut seen = std::collections::BTreeSet::new();
            all.into_iter()
                .filter(|part| seen.insert((part.0, part.1)))
                .flat_map(|(id, revision, status, is_recipient, outcome, amount, currency)| {
                    [
                        returned(id, revision, status, is_recipient),
                        refund(id, revision, outcome, amount, currency),
                    ]
                })
                .collect()
        })
}

fn events() -> impl Strategy<Value = (Vec<Vec<u8>>, Vec<Vec<u8>>)> {
    (order_events(), parts()).prop_flat_map(|(mut all, parts)| {
        all.extend(parts);
        (Just(all.clone()), Just(all).prop_shuffle())
    })
}

fn message(value: &[u8]) -> Message<'_> {
    Message { content_type: None, headers: &[], value: Some(value) }
}

fn fold_all(events: &[Vec<u8>]) -> Fold {
    let mut fold = Fold::default();
    for event in events {
        fold.take(&message(event), &Sources::default());
    }
    assert_eq!(fold.quarantined, Vec::new());
    fold
}

/// What does not depend on the order of arrival.
fn settled(fold: &Fold) -> Value {
    assert_eq!(fold.unlinked(), 0);
    let mut all = serde_json::to_value(fold.served()).unwrap();
    for purchase in all["c"].as_array_mut().unwrap() {
        purchase.as_object_mut().unwrap().remove("revision");
    }
    all
}

fn hides(shows: Shows, text: &str) -> Option<&'static str> {
    [
        (shows.lines, "LINE"),
        (shows.payment, "PAY"),
        (shows.payment, "7777"),
        (shows.location, "PLACE"),
        (shows.documents, "DOC"),
    ]
    .into_iter()
    .find(|(is_shown, mark)| !is_shown && text.contains(mark))
    .map(|(_, mark)| mark)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn any_order_of_arrival_gives_one_purchase((sent, shuffled) in events()) {
        // Serving also reads each purchase back and renders it again.
        prop_assert_eq!(settled(&fold_all(&sent)), settled(&fold_all(&shuffled)));
    }

    #[test]
    fn nothing_twice_changes_anything((sent, shuffled) in events()) {
        let twice: Vec<_> = sent.iter().chain(&shuffled).cloned().collect();
        prop_assert_eq!(settled(&fold_all(&sent)), settled(&fold_all(&twice)));
    }

    #[test]
    fn what_is_not_shown_is_nowhere(
        (sent, _) in events(),
        (lines, payment, location, documents) in any::<(bool, bool, bool, bool)>(),
    ) {
        let shows = Shows { lines, payment, location, documents };
        for held in fold_all(&sent).purchases.values() {
            let text = fold::served(&held.purchase, shows).to_string();
            prop_assert_eq!(hides(shows, &text), None, "{}", text);
            prop_assert_eq!(location, text.contains("PLACEseller"));
            prop_assert_eq!(payment, text.contains("PAYscheme"));
            prop_assert_eq!(documents, text.contains("DOChref"));
        }
    }

    #[test]
    fn what_is_read_is_json(
        nets in prop::collection::vec(0..90_i32, 1..4),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut text = order(1, &nets, true);
        for (at, byte) in changes {
            let at = at.index(text.len());
            text[at] = byte;
        }
        if let Ok(Decoded::Event(_)) = decode(&message(&text), &Sources::default()) {
            prop_assert!(serde_json::from_slice::<Value>(&text).is_ok());
        }
    }

    #[test]
    fn what_is_cut_is_refused_with_a_place(nets in prop::collection::vec(0..90_i32, 1..4), at in any::<prop::sample::Index>()) {
        let whole = order(1, &nets, true);
        let cut = &whole[..at.index(whole.len())];
        match decode(&message(cut), &Sources::default()) {
            Ok(Decoded::Tombstone) => prop_assert!(cut.is_empty()),
            Ok(other) => prop_assert!(false, "{other:?}"),
            Err(refused) => prop_assert!(["invalid_json", "invalid_utf8", "no_envelope", "missing_field"].contains(&refused.reason), "{refused:?}"),
        }
    }

    #[test]
    fn stored_bytes_that_are_broken_are_corrupt(nets in prop::collection::vec(0..90_i32, 0..3), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let fold = fold_all(&[order(1, &nets, true), returned(0, 1, "completed", false), refund(0, 1, "settled", 1, "EUR")]);
        for held in fold.purchases.values() {
            let mut bytes = held.purchase.render("pur_test").unwrap().sections.into_bytes();
            let cut = bytes[..at.index(bytes.len())].to_vec();
            prop_assert!(SectionsRef::parse(&cut).is_err());
            let place = at.index(bytes.len());
            bytes[place] = byte;
            let read: Result<_, Corrupt> = SectionsRef::parse(&bytes)
                .and_then(|view| counterfoil_domain::purchase::Purchase::read(&view));
            // Whatever it comes to, it comes to an end.
            drop(read);
        }
    }
}
