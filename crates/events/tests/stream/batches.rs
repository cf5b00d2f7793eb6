//! A batch is done once, whole, and by the owner of its partitions.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use counterfoil_domain::stream::Sources;
use counterfoil_events::message::Message;
use counterfoil_events::recorder::RecordError;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::offsets::{self, Kind, Move};
use counterfoil_store::{Error, people, quarantine};
use serde_json::json;

use crate::realm::{Realm, event, message, order, realms};

fn owned(realm: &Realm, topic: &str, to: i64) -> Move {
    let position = realm.store.write_blocking(|conn| offsets::take(conn, topic, 0, 0, Kind::Live)).unwrap();
    Move {
        topic: topic.to_owned(),
        partition: 0,
        from: position.next_offset,
        to,
        owner_epoch: position.owner_epoch,
        fresh_until: None,
        end_offset: None,
    }
}

fn position(realm: &Realm, topic: &str) -> i64 {
    realm.read(|conn| offsets::position(conn, topic, 0)).unwrap().next_offset
}

fn orders(count: i64) -> Vec<Message> {
    (0..count).map(|n| message("orders", 0, n, &order(&format!("o-{n}"), 1, Some("c-1"), "10.00"))).collect()
}

#[test]
fn a_batch_that_was_committed_is_not_done_again() {
    for realm in realms() {
        let recorder = realm.recorder(Sources::default());
        let step = owned(&realm, "orders", 5);
        let batch = orders(5);
        let done = recorder.record(&batch, &mut [step.clone()]).unwrap();
        assert_eq!(done.counts.stored, 5);
        assert_eq!(position(&realm, "orders"), 5);
        let before = realm.served(["c-1"]);
        // The process dies before it tells Kafka, and another begins with what it knew.
        let again = recorder.record(&batch, &mut [step.clone()]);
        assert!(matches!(again, Err(RecordError::Fenced(topic, 0)) if topic == "orders"));
        let newcomer = realm.recorder(Sources::default());
        let step = Move { from: 5, ..owned(&realm, "orders", 6) };
        let overlapping: Vec<Message> = batch.into_iter().chain(orders(6).pop()).collect();
        let done = newcomer.record(&overlapping, &mut [step]).unwrap();
        assert_eq!((done.counts.stored, done.counts.duplicates), (1, 5));
        let after = realm.served(["c-1"]);
        assert!(
            before["c-1"].iter().all(|purchase| after["c-1"].contains(purchase)),
            "not even a revision moved"
        );
    }
}

#[test]
fn a_zombie_records_nothing() {
    for realm in realms() {
        let zombie = realm.recorder(Sources::default());
        let (mine, other) = (owned(&realm, "orders", 3), owned(&realm, "returns", 1));
        let _new_owner = owned(&realm, "orders", 3);
        let batch: Vec<Message> = orders(3)
            .into_iter()
            .chain([message("returns", 0, 0, &order("o-9", 1, Some("c-1"), "1.00"))])
            .collect();
        let outcome = zombie.record(&batch, &mut [other, mine]);
        assert!(matches!(outcome, Err(RecordError::Fenced(topic, 0)) if topic == "orders"));
        assert!(realm.served(["c-1"]).is_empty(), "nothing of the batch, whatever partition it came from");
        assert_eq!((position(&realm, "orders"), position(&realm, "returns")), (0, 0));
    }
}

/// Only one purchase of a customer may have this total: a refusal such as no event brings about by itself.
const REFUSING: &str =
    "CREATE UNIQUE INDEX only_one ON purchases (person, grand_total) WHERE grand_total = 66600";

#[test]
fn one_event_that_the_database_refuses_is_halved_out() {
    for realm in realms() {
        realm.run(REFUSING);
        let recorder = realm.recorder(Sources::default());
        let mut batch = orders(21);
        recorder
            .record(&[message("orders", 9, 0, &order("o-first", 1, Some("c-1"), "666.00"))], &mut [])
            .unwrap();
        recorder.record(&[message("orders", 9, 1, &order("o-17", 1, Some("c-1"), "5.00"))], &mut []).unwrap();
        batch[13] = message("orders", 0, 13, &order("o-13", 1, Some("c-1"), "666.00"));
        batch[17] = message("orders", 0, 17, &order("o-17", 2, Some("c-1"), "666.00"));
        let step = owned(&realm, "orders", 21);
        let done = recorder.record(&batch, &mut [step]).unwrap();
        assert_eq!((done.counts.read, done.counts.stored, done.counts.quarantined), (21, 19, 2));
        assert_eq!(done.refused, [(13, "refused_by_database"), (17, "refused_by_database")]);
        assert_eq!(position(&realm, "orders"), 21, "the stream goes on");
        let held = realm.read(|conn| quarantine::list(conn, None, 10));
        let held: Vec<(&str, i64)> =
            held.iter().map(|row| (row.reason.as_str(), row.message_offset)).collect();
        assert_eq!(held, [("refused_by_database", 13), ("refused_by_database", 17)]);
        let served = realm.served(["c-1"]);
        assert_eq!(served["c-1"].len(), 21);
        let of = |id: &str| served["c-1"].iter().find(|purchase| purchase["orderId"] == json!(id));
        assert!(of("o-13").is_none());
        assert_eq!(of("o-17").unwrap()["totals"]["grandTotal"], json!("5.00"), "as it was");
    }
}

/// Somebody who holds the access head, as a seal does; `meanwhile` runs on this thread. Whether `meanwhile` came back
/// before the head was given back.
fn while_the_head_is_held(realm: &Realm, meanwhile: impl FnOnce()) -> bool {
    let (is_over, is_done) = (AtomicBool::new(false), AtomicBool::new(false));
    let (taken, is_taken) = channel();
    std::thread::scope(|scope| {
        let holder = scope.spawn(|| {
            realm.store.write_blocking(|conn| {
                entries::take_head(conn, Log::Access)?;
                taken.send(()).unwrap();
                for _ in 0..30 {
                    std::thread::sleep(Duration::from_millis(10));
                    if is_done.load(Ordering::SeqCst) {
                        break;
                    }
                }
                is_over.store(true, Ordering::SeqCst);
                Ok::<_, Error>(())
            })
        });
        is_taken.recv().unwrap();
        meanwhile();
        let came_back_before = !is_over.load(Ordering::SeqCst);
        is_done.store(true, Ordering::SeqCst);
        holder.join().unwrap().unwrap();
        came_back_before
    })
}

#[test]
fn what_narrows_moves_the_epoch_and_waits_for_seals() {
    for realm in realms() {
        let recorder = realm.recorder(Sources::default());
        let record = |value| {
            recorder.record(&[message("orders", 0, 0, &value)], &mut []).unwrap();
        };
        let epoch = |customer: &str| {
            let person = realm.person(customer).unwrap();
            realm.read(|conn| people::epoch(conn, person)).unwrap()
        };
        record(order("o-1", 1, Some("c-wrong"), "10.00"));
        record(order("o-2", 1, Some("c-right"), "10.00"));
        record(order("o-1", 2, Some("c-wrong"), "11.00"));
        assert_eq!((epoch("c-wrong"), epoch("c-right")), (0, 0), "more to see, not less");
        // SQLite lets one write at a time anyway.
        if realm.store.is_postgres() {
            assert!(while_the_head_is_held(&realm, || record(order("o-2", 2, Some("c-right"), "12.00"))));
        }
        let came_back = while_the_head_is_held(&realm, || record(order("o-1", 3, Some("c-right"), "11.00")));
        assert!(!came_back, "a purchase left its customer's sight while an answer was being sealed");
        assert_eq!((epoch("c-wrong"), epoch("c-right")), (1, 0));
        let served = realm.served(["c-wrong", "c-right"]);
        assert_eq!((served.get("c-wrong"), served["c-right"].len()), (None, 2));
        // Saying nothing of a customer takes nothing away.
        record(order("o-1", 4, None, "13.00"));
        assert_eq!((epoch("c-wrong"), epoch("c-right")), (1, 0));
        assert_eq!(realm.served(["c-wrong", "c-right"])["c-right"].len(), 2);
    }
}

/// A return of order o-…, and a refund that names no order but return r-1.
fn part(kind: &str, revision: i64, order: Option<&str>, amount: &str) -> serde_json::Value {
    let lines =
        json!([{ "returnLineId": "1", "lineId": "1", "sku": "s-1", "quantity": 1, "amount": amount }]);
    let mut data = json!({ "revision": revision, "orderId": order, "returnId": "r-1", "customerId": "c-1" });
    let more = if kind == "return.recorded.v1" {
        json!({ "status": "completed", "returnedAt": "2024-05-08T09:00:00Z", "lines": lines })
    } else {
        json!({
            "refundId": "f-1", "amount": amount, "currency": "EUR", "issuedAt": "2024-05-08T09:01:00Z",
            "method": "card", "status": "settled",
        })
    };
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event(kind, &data)
}

#[test]
fn a_refund_is_where_its_return_is_whatever_comes_first() {
    let refund = |revision, amount| part("refund.recorded.v1", revision, None, amount);
    let returned = |revision, order| part("return.recorded.v1", revision, order, "10.00");
    let all = [
        refund(1, "4.00"),
        refund(2, "5.00"),
        order("o-1", 1, Some("c-1"), "10.00"),
        order("o-2", 1, Some("c-1"), "10.00"),
        returned(1, Some("o-1")),
        returned(2, Some("o-2")),
    ];
    for realm in realms() {
        for order in [
            [0, 1, 2, 3, 4, 5],
            [5, 4, 3, 2, 1, 0],
            [4, 5, 0, 1, 2, 3],
            [1, 4, 2, 0, 5, 3],
            [2, 4, 1, 3, 5, 0],
        ] {
            realm.clear();
            let recorder = realm.recorder(Sources::default());
            for (offset, index) in (0..).zip(order) {
                recorder.record(&[message("orders", 0, offset, &all[index])], &mut []).unwrap();
            }
            let served = realm.served(["c-1"]);
            let of = |order: &str| {
                served["c-1"].iter().find(|purchase| purchase["orderId"] == json!(order)).unwrap()
            };
            for (id, count, amount) in [("o-1", 0, "0.00"), ("o-2", 1, "5.00")] {
                let purchase = of(id);
                assert_eq!(purchase["returns"].as_array().unwrap().len(), count, "{order:?} {id}");
                assert_eq!(purchase["refunds"].as_array().unwrap().len(), count, "{order:?} {id}");
                assert_eq!(purchase["totals"]["refunded"], json!(amount), "{order:?} {id}");
            }
            assert_eq!(realm.unlinked(), 0, "{order:?}");
            let again: Vec<Message> =
                (0..).zip(&all).map(|(offset, value)| message("again", 0, offset, value)).collect();
            let counts = recorder.record(&again, &mut []).unwrap().counts;
            assert_eq!((counts.duplicates, counts.stale), (4, 2), "{order:?}: {counts:?}");

            // Said later to be another order's, it is nowhere else.
            let named = part("refund.recorded.v1", 3, Some("o-1"), "6.00");
            recorder.record(&[message("again", 0, 9, &named)], &mut []).unwrap();
            let served = realm.served(["c-1"]);
            let refunds = |id: &str| {
                let purchase =
                    served["c-1"].iter().find(|purchase| purchase["orderId"] == json!(id)).unwrap();
                purchase["refunds"].as_array().unwrap().len()
            };
            assert_eq!((refunds("o-1"), refunds("o-2")), (1, 0), "{order:?}");
        }
    }
}
