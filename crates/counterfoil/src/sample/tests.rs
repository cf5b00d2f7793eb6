//! The sample as its readers see it: parsed again, added up, in order.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate};
use serde_json::Value;

use super::{Record, Sample, write};

fn sample(seed: u64) -> Sample {
    let start = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    Sample { customers: 200, orders: 6000, seed, start, days: 300, random_ids: false, personas: false }
}

fn events(sample: &Sample) -> Vec<Value> {
    sample.records().map(|record| serde_json::from_str(&record.json).unwrap()).collect()
}

fn cents(amount: &Value) -> i64 {
    let text = amount.as_str().unwrap();
    let (whole, rest) = text.rsplit_once('.').unwrap();
    assert_eq!(rest.len(), 2, "{text}");
    format!("{whole}{rest}").parse().unwrap()
}

fn sum(list: &Value, amount: impl Fn(&Value) -> i64) -> i64 {
    list.as_array().unwrap().iter().map(amount).sum()
}

fn of_type<'a>(events: &'a [Value], event_type: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["type"] == event_type).map(|event| &event["data"]).collect()
}

#[test]
fn one_seed_gives_one_text() {
    let text = |seed| {
        let mut out = Vec::new();
        write(&sample(seed), &mut out).unwrap();
        out
    };
    assert_eq!(text(1), text(1));
    assert_ne!(text(1), text(2));
}

#[test]
fn personas_share_a_card_and_go_quiet() {
    let sample = Sample { customers: 10, orders: 2000, personas: true, ..sample(5) };
    let (mut shared, mut own, mut last) = (0, 0, 0);
    let events = events(&sample);
    let orders = of_type(&events, "order.recorded.v1");
    for (index, order) in orders.iter().enumerate() {
        match (order["customerId"].as_str().unwrap(), order.get("account").is_some()) {
            ("customer-005", true) => shared += 1,
            ("customer-005", false) => own += 1,
            ("customer-006", _) => last = index,
            (_, is_shared) => assert!(!is_shared, "{order}"),
        }
    }
    assert!(shared > 20 && own > 20, "{shared} on the shared card, {own} not");
    assert!((1..orders.len() * 2 / 3).contains(&last), "the last at {last} of {}", orders.len());
    assert!(
        of_type(&self::events(&self::sample(5)), "order.recorded.v1")
            .iter()
            .all(|order| order["account"].is_null())
    );
}

#[test]
fn every_order_adds_up() {
    let events = events(&sample(3));
    for order in of_type(&events, "order.recorded.v1") {
        let total = cents(&order["totals"]["grandTotal"]);
        let net = sum(&order["lines"], |line| cents(&line["net"]));
        assert_eq!(net + sum(&order["charges"], |charge| cents(&charge["amount"])), total, "{order}");
        let paid =
            sum(&order["tenders"], |tender| cents(&tender["amount"]) - tender.get("change").map_or(0, cents));
        assert_eq!(paid, total, "{order}");
        assert!(total > 0, "{order}");
        let mut taxed_sum = 0;
        for line in order["lines"].as_array().unwrap() {
            let off =
                line.get("discounts").map_or(0, |list| sum(list, |discount| cents(&discount["amount"])));
            assert_eq!(cents(&line["gross"]) - off, cents(&line["net"]));
            taxed_sum += cents(&line["net"]);
        }
        let delivery =
            |charge: &Value| if charge["kind"] == "delivery" { cents(&charge["amount"]) } else { 0 };
        let taxed_sum = taxed_sum + sum(&order["charges"], delivery);
        let taxes = sum(&order["taxes"], |tax| cents(&tax["taxable"]) + cents(&tax["amount"]));
        assert_eq!(taxes, taxed_sum, "{order}");
    }
}

#[test]
fn what_comes_back_belongs_to_an_order_and_is_paid_for() {
    let events = events(&sample(4));
    let orders: BTreeMap<&str, &Value> = of_type(&events, "order.recorded.v1")
        .into_iter()
        .map(|order| (order["orderId"].as_str().unwrap(), order))
        .collect();
    let mut returned = BTreeMap::new();
    for event in of_type(&events, "return.recorded.v1") {
        let order = orders[event["orderId"].as_str().unwrap()];
        assert_eq!(order["customerId"], event["customerId"]);
        for line in event["lines"].as_array().unwrap() {
            let sold =
                order["lines"].as_array().unwrap().iter().find(|sold| sold["lineId"] == line["lineId"]);
            assert_eq!(sold.unwrap()["sku"], line["sku"]);
            assert!(cents(&line["amount"]) <= cents(&sold.unwrap()["net"]));
        }
        returned
            .insert(event["returnId"].as_str().unwrap(), sum(&event["lines"], |line| cents(&line["amount"])));
    }
    for refund in of_type(&events, "refund.recorded.v1") {
        assert_eq!(cents(&refund["amount"]), returned[refund["returnId"].as_str().unwrap()]);
        assert_eq!(sum(&refund["allocations"], |part| cents(&part["amount"])), cents(&refund["amount"]));
        assert_eq!(orders[refund["orderId"].as_str().unwrap()]["currency"], refund["currency"]);
    }
    let share = returned.len() * 1000 / orders.len();
    assert!((20..45).contains(&share), "{share} of a thousand orders come back");
}

#[test]
fn time_never_goes_back_and_revisions_rise() {
    let events = events(&sample(5));
    let times: Vec<_> = events
        .iter()
        .map(|event| DateTime::parse_from_rfc3339(event["time"].as_str().unwrap()).unwrap())
        .collect();
    assert!(times.is_sorted());
    let mut seen: BTreeMap<String, (i64, &Value)> = BTreeMap::new();
    let mut repeated = 0;
    for event in &events {
        let data = &event["data"];
        let id = ["returnId", "refundId", "orderId"].iter().find_map(|member| data.get(*member)).unwrap();
        let revision = data["revision"].as_i64().unwrap();
        match seen.insert(format!("{}{id}", event["type"]), (revision, event)) {
            Some((before, same)) if before == revision => {
                assert_eq!(same, event, "one revision has one content");
                repeated += 1;
            }
            Some((before, _)) => assert_eq!(before + 1, revision),
            None => assert_eq!(revision, 1),
        }
    }
    assert!(repeated > 0);
    let revised = seen.values().filter(|(revision, _)| *revision > 1).count();
    assert!(revised * 100 > seen.len() * 5, "{revised} of {} were revised", seen.len());
}

#[test]
fn it_is_as_large_and_as_mixed_as_real_ones() {
    let sample = sample(6);
    let records: Vec<Record> = sample.records().collect();
    let events = events(&sample);
    let orders: Vec<usize> = records
        .iter()
        .filter(|record| record.json.contains("\"order.recorded.v1\""))
        .map(|record| record.json.len())
        .collect();
    let mean = orders.iter().sum::<usize>() / orders.len();
    assert!((2400..3000).contains(&mean), "{mean} bytes an order");
    let distinct: BTreeSet<_> =
        of_type(&events, "order.recorded.v1").iter().map(|order| order["orderId"].to_string()).collect();
    // Orders of the last three days may be waiting for their delivery.
    assert!(distinct.len() <= 6000 && distinct.len() > 5900, "{}", distinct.len());
    for word in [
        "\"store\"",
        "\"online\"",
        "\"app\"",
        "\"cash\"",
        "\"change\"",
        "\"gift_card\"",
        "\"redeemed\"",
        "\"KGM\"",
        "\"deposit_return\"",
        "\"rounding\"",
        "\"EUR\"",
        "\"GBP\"",
        "\"CHF\"",
        "\"PLN\"",
        "\"coupon\"",
        "\"isGift\"",
    ] {
        assert!(records.iter().any(|record| record.json.contains(word)), "{word}");
    }
}

#[test]
fn the_last_digit_of_an_id_tells_the_habit() {
    let mut orders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut currencies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for event in events(&sample(7)).iter().filter(|event| event["type"] == "order.recorded.v1") {
        let customer = event["data"]["customerId"].as_str().unwrap().to_owned();
        orders.entry(customer.clone()).or_default().insert(event["data"]["orderId"].to_string());
        currencies.entry(customer).or_default().insert(event["data"]["currency"].to_string());
    }
    assert_eq!(orders["customer-002"].len(), 1);
    assert!(orders["customer-001"].len() > 40);
    assert!(currencies["customer-004"].len() > 2);
    assert!(orders.len() > 190, "{} customers", orders.len());
}

#[test]
fn random_ids_leave_no_readable_ones() {
    let sample = Sample { orders: 300, random_ids: true, ..sample(8) };
    for record in sample.records() {
        assert_eq!(record.key.len(), 20);
        assert!(record.json.contains(&record.key) && !record.json.contains("customer-"));
    }
}

#[test]
fn the_trickle_repeats_no_order() {
    let sample = sample(9);
    let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
    let ids = |count| {
        let mut trickle = sample.trickle();
        (0..count).map(|_| trickle.order_at(now)).collect::<Vec<Record>>()
    };
    let distinct: BTreeSet<_> = ids(50).into_iter().map(|record| record.json).collect();
    assert_eq!(distinct.len(), 50);
    assert_eq!(ids(3), ids(3));
}

#[test]
fn the_smallest_samples_work() {
    for (customers, orders, days) in [(1, 1, 1), (0, 3, 0), (1, 0, 10), (12, 5, 400)] {
        let sample = Sample { customers, orders, days, ..sample(10) };
        let placed = events(&sample).iter().filter(|event| event["type"] == "order.recorded.v1").count();
        assert!(placed <= 3 * usize::try_from(orders).unwrap());
    }
}
