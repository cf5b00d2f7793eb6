//! Two processes meet at the same purchases, since their topics are keyed otherwise: what comes of it is what one
//! process makes of the same events one after the other.

use std::collections::BTreeMap;

use counterfoil_domain::stream::Sources;
use counterfoil_events::counts::Counts;
use counterfoil_events::message::Message;
use counterfoil_events::recorder::Recorder;
use counterfoil_store::purchases;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::database::Database;
use crate::realm::{Realm, event, message, order};

const ORDERS: u32 = 500;

struct Draw(ChaCha20Rng);

impl Draw {
    fn below(&mut self, bound: u32) -> u32 {
        self.0.next_u32() % bound
    }
}

fn customer(number: u32) -> String {
    format!("c-{number}")
}

fn returned(draw: &mut Draw, number: u32, revision: u32, order: Option<u32>) -> Value {
    event(
        "return.recorded.v1",
        &json!({
            "returnId": format!("r-{number}"), "revision": revision, "orderId": order.map(|n| format!("o-{n}")),
            "customerId": customer(number % 40), "status": "completed", "returnedAt": "2024-05-08T09:00:00Z",
            "lines": [{
                "returnLineId": "1", "lineId": "1", "sku": "s-1", "quantity": 1,
                "amount": format!("{}.00", 1 + draw.below(3)),
            }],
        }),
    )
}

fn refunded(draw: &mut Draw, number: u32, revision: u32, order: Option<u32>) -> Value {
    event(
        "refund.recorded.v1",
        &json!({
            "refundId": format!("f-{number}"), "revision": revision, "orderId": order.map(|n| format!("o-{n}")),
            "returnId": format!("r-{}", draw.below(ORDERS)), "customerId": customer(number % 40),
            "amount": format!("{}.00", 1 + draw.below(3)), "currency": "EUR",
            "issuedAt": "2024-05-08T09:01:00Z", "method": "card", "status": "settled",
        }),
    )
}

/// Two topics with 2,000 events: 1,000 of 500 orders, some of which change their customer, in one; returns and
/// refunds, some without an order, some of which move, in the other. Each in a random order of its own, with repeats.
fn topics(seed: u64) -> [Vec<Message>; 2] {
    let draw = &mut Draw(ChaCha20Rng::seed_from_u64(seed));
    let mut orders = Vec::new();
    let mut parts = Vec::new();
    for number in 0..ORDERS {
        for revision in 1..=2 {
            let owner = if draw.below(4) == 0 { draw.below(40) } else { number % 40 };
            let owner = (draw.below(20) > 0).then(|| customer(owner));
            let total = format!("{}.00", 10 + draw.below(10));
            orders.push(order(&format!("o-{number}"), revision, owner.as_deref(), &total));
        }
        let target = |draw: &mut Draw| (draw.below(10) > 0).then(|| draw.below(ORDERS));
        let first = target(draw);
        parts.push(returned(draw, number, 1, first));
        let second = if draw.below(5) == 0 { target(draw) } else { first };
        let again = if draw.below(2) == 0 {
            returned(draw, number, 2, second)
        } else {
            // Half of them are where their return is.
            let order = (draw.below(2) > 0).then(|| draw.below(ORDERS));
            refunded(draw, number, 1, order)
        };
        parts.push(again);
    }
    [("orders", orders), ("parts", parts)].map(|(topic, mut events)| {
        for at in (1..events.len()).rev() {
            events.swap(at, usize::try_from(draw.below(u32::try_from(at + 1).unwrap())).unwrap());
        }
        let repeated: Vec<Value> = events.iter().take(20).cloned().collect();
        events.extend(repeated);
        (0..).zip(&events).map(|(offset, value)| message(topic, 0, offset, value)).collect()
    })
}

/// Records a topic in batches of random sizes.
fn record(recorder: &Recorder, messages: &[Message], seed: u64) -> Counts {
    let mut draw = Draw(ChaCha20Rng::seed_from_u64(seed));
    let mut counts = Counts::default();
    let mut left = messages;
    while !left.is_empty() {
        let size = usize::try_from(1 + draw.below(60)).unwrap().min(left.len());
        let (batch, rest) = left.split_at(size);
        counts += recorder.record(batch, &mut []).unwrap().counts;
        left = rest;
    }
    counts
}

/// What is served, less what tells in how many steps it came about.
fn outcome(realm: &Realm) -> (BTreeMap<String, Vec<Value>>, i64) {
    let customers: Vec<String> = (0..40).map(customer).collect();
    let mut served = realm.served(customers.iter().map(String::as_str));
    for purchase in served.values_mut().flatten() {
        purchase.as_object_mut().unwrap().remove("revision").unwrap();
    }
    for purchases in served.values_mut() {
        purchases.sort_by_key(|purchase| purchase["id"].to_string());
    }
    (served, realm.unlinked())
}

/// Every number of a customer's change feed stands once.
fn check_feeds(realm: &Realm) {
    realm.run("CREATE UNIQUE INDEX feeds ON purchases (person, change_seq)");
    realm.run("DROP INDEX feeds");
}

fn run(realm: &Realm) {
    for seed in 0..2 {
        let [orders, parts] = topics(seed);
        realm.clear();
        let alone = realm.recorder(Sources::default());
        let mut expected_counts = record(&alone, &orders, 1);
        expected_counts += record(&alone, &parts, 2);
        let expected = outcome(realm);
        assert!(realm.read(purchases::count) > 400);

        for (round, [first, second]) in [[&orders, &parts], [&parts, &orders]].into_iter().enumerate() {
            realm.clear();
            let round = 10 * seed + u64::try_from(round).unwrap();
            let one = realm.recorder(Sources::default());
            let other = realm.recorder(Sources::default());
            // One has a start of a third; then both at once.
            let (early, late) = first.split_at(first.len() / 3);
            let mut counts = record(&one, early, round);
            let (a, b) = std::thread::scope(|scope| {
                let a = scope.spawn(|| record(&one, late, 20 + round));
                let b = scope.spawn(|| record(&other, second, 40 + round));
                (a.join().unwrap(), b.join().unwrap())
            });
            counts += a;
            counts += b;
            assert_eq!(counts, expected_counts);
            let (served, unlinked) = outcome(realm);
            assert_eq!(unlinked, expected.1);
            for (customer, purchases) in &expected.0 {
                assert_eq!(served.get(customer), Some(purchases), "{customer}, seed {seed}, round {round}");
            }
            assert_eq!(served.len(), expected.0.len());
            check_feeds(realm);
        }
    }
}

#[test]
fn two_processes_meet_on_sqlite() {
    run(&Realm::new(Database::sqlite()));
}

#[test]
fn two_processes_meet_on_postgres() {
    if let Some(database) = Database::postgres() {
        run(&Realm::new(database));
    }
}
