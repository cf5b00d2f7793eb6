//! Who is who: each story gives one outcome, in whatever order its events come.

use std::collections::{BTreeMap, HashMap};

use counterfoil_domain::stream::{Source, Sources};
use counterfoil_events::counts::Counts;
use counterfoil_events::message::Message;
use serde_json::{Value, json};

use crate::database::Database;
use crate::realm::{Realm, customers, message};

/// An event of `/crm`, ordered by its time.
fn said(kind: &str, second: u32, data: &Value) -> Value {
    json!({
        "specversion": "1.0", "id": format!("{kind}-{second}"), "source": "/crm", "type": kind,
        "time": format!("2024-06-01T00:00:{second:02}Z"), "data": data,
    })
}

fn linked(second: u32, customer: &str, order: &str) -> Value {
    said("customer.linked.v1", second, &json!({"customerId": customer, "orderIds": [order]}))
}

fn unlinked(second: u32, customer: &str, order: &str) -> Value {
    said("customer.unlinked.v1", second, &json!({"customerId": customer, "orderIds": [order]}))
}

fn merged(second: u32, id: &str, from: &str, into: &str) -> Value {
    said("customer.merged.v1", second, &json!({"mergeId": id, "from": from, "into": into}))
}

fn split(second: u32, id: &str) -> Value {
    said("customer.split.v1", second, &json!({"mergeId": id}))
}

fn identified(second: u32, customer: &str, alias: &str, verified: bool) -> Value {
    let aliases = json!([{"scheme": "loyalty", "id": alias, "verified": verified}]);
    said("customer.identified.v1", second, &json!({"customerId": customer, "aliases": aliases}))
}

fn erased(second: u32, customer: &str) -> Value {
    said("customer.erased.v1", second, &json!({"customerId": customer}))
}

fn erased_with(second: u32, customer: &str, order: &str) -> Value {
    said("customer.erased.v1", second, &json!({"customerId": customer, "orderIds": [order]}))
}

fn shop_event(source: &str, kind: &str, data: &Value) -> Value {
    json!({
        "specversion": "1.0", "id": format!("{kind} {data}"), "source": source, "type": kind,
        "time": "2024-05-06T08:00:01Z", "data": data,
    })
}

fn order(id: &str, revision: i64, customer: Option<&str>, placed: &str) -> Value {
    shop_event("/shop", "order.recorded.v1", &order_data(id, revision, customer, placed))
}

fn order_data(id: &str, revision: i64, customer: Option<&str>, placed: &str) -> Value {
    json!({
        "orderId": id, "revision": revision, "customerId": customer, "channel": "store", "placedAt": placed,
        "currency": "EUR", "lines": [{"lineId": "1", "sku": "s", "name": format!("{id}.{revision}"), "quantity": 1,
            "net": "1.00"}],
        "totals": {"grandTotal": "1.00"},
    })
}

fn returned(id: &str, order: Option<&str>, customer: Option<&str>, at: &str) -> Value {
    returned_as(id, 1, order, customer, at)
}

fn returned_as(id: &str, revision: i64, order: Option<&str>, customer: Option<&str>, at: &str) -> Value {
    let data = json!({
        "returnId": id, "revision": revision, "orderId": order, "customerId": customer, "status": "completed",
        "returnedAt": at,
        "lines": [{"returnLineId": "1", "lineId": "1", "sku": "s", "quantity": 1, "amount": "1.00"}],
    });
    shop_event("/shop", "return.recorded.v1", &data)
}

fn removed(id: &str, revision: i64, reason: &str) -> Value {
    shop_event("/shop", "order.removed.v1", &json!({"orderId": id, "revision": revision, "reason": reason}))
}

const BEFORE: &str = "2024-05-01T10:00:00Z";
const AFTER: &str = "2024-07-01T10:00:00Z";

fn sources() -> Sources {
    let card = Source { customer_scheme: "loyalty".to_owned(), ..Source::default() };
    Sources::new(Source::default(), HashMap::from([("/card".to_owned(), card)]))
}

/// Per customer: order ids, with the name of the first line and the number of returns.
type Outcome = BTreeMap<String, Vec<String>>;

fn outcome(realm: &Realm) -> Outcome {
    let mut names = customers(["a", "b", "c"]);
    names.insert(("loyalty".to_owned(), "1".to_owned()));
    realm
        .served_by_name(&names)
        .into_iter()
        .map(|(customer, purchases)| {
            let mut told: Vec<String> = purchases
                .iter()
                .map(|one| {
                    let line = one["lines"][0]["name"].as_str().unwrap_or("-").to_owned();
                    let returns = one["returns"].as_array().unwrap().len();
                    format!(
                        "{} {returns}",
                        if line == "-" { one["returns"][0]["id"].as_str().unwrap() } else { &line }
                    )
                })
                .collect();
            told.sort();
            (customer, told)
        })
        .filter(|(_, told)| !told.is_empty())
        .collect()
}

fn expected(of: &[(&str, &[&str])]) -> Outcome {
    of.iter()
        .map(|(who, told)| ((*who).to_owned(), told.iter().map(|one| (*one).to_owned()).collect()))
        .collect()
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for n in 0..count {
        all = all
            .into_iter()
            .flat_map(|order: Vec<usize>| {
                (0..=order.len()).map(move |place| {
                    let mut order = order.clone();
                    order.insert(place, n);
                    order
                })
            })
            .collect();
    }
    all
}

/// Records a story in every order, one event a batch, then once more; in one batch too.
fn holds(realm: &Realm, story: &[Value], wanted: &[(&str, &[&str])]) {
    let wanted = expected(wanted);
    let messages: Vec<Message> = story
        .iter()
        .enumerate()
        .map(|(n, one)| message("orders", 0, i64::try_from(n).unwrap(), one))
        .collect();
    let orders = permutations(story.len());
    let step = orders.len().div_ceil(130);
    for (number, order) in orders.iter().enumerate().filter(|(n, _)| n % step == 0) {
        realm.clear();
        let recorder = realm.recorder_here(sources());
        if number % 3 == 0 {
            let batch: Vec<Message> = order.iter().map(|n| messages[*n].clone()).collect();
            assert_eq!(recorder.record(&batch, &mut []).unwrap().refused, []);
        } else {
            for n in order {
                let one = recorder.record(std::slice::from_ref(&messages[*n]), &mut []).unwrap();
                assert_eq!(one.refused, []);
            }
        }
        assert_eq!(outcome(realm), wanted, "order {order:?}");
        let other = realm.recorder_here(sources());
        let mut again = Counts::default();
        for message in &messages {
            again += other.record(std::slice::from_ref(message), &mut []).unwrap().counts;
        }
        assert_eq!((again.stored, again.quarantined), (0, 0), "order {order:?} again");
        assert_eq!(outcome(realm), wanted, "order {order:?} again");
    }
}

fn on_each(check: impl Fn(&Realm)) {
    check(&Realm::new(Database::sqlite()));
    if let Some(database) = Database::postgres() {
        check(&Realm::new(database));
    }
}

#[test]
fn links_bring_orders_in_and_take_them_out() {
    on_each(|realm| {
        holds(
            realm,
            &[order("o", 1, None, BEFORE), linked(1, "a", "o"), returned("r", Some("o"), None, AFTER)],
            &[("a", &["o.1 1"])],
        );
        holds(realm, &[order("o", 1, Some("a"), BEFORE), unlinked(1, "a", "o")], &[]);
        holds(realm, &[order("o", 1, Some("a"), BEFORE), unlinked(1, "b", "o")], &[("a", &["o.1 0"])]);
        holds(
            realm,
            &[
                order("o", 1, Some("a"), BEFORE),
                linked(1, "b", "o"),
                unlinked(2, "b", "o"),
                order("o", 2, None, BEFORE),
            ],
            &[("a", &["o.2 0"])],
        );
        holds(
            realm,
            &[order("o", 1, Some("a"), BEFORE), linked(1, "b", "o"), order("o", 2, Some("c"), BEFORE)],
            &[("b", &["o.2 0"])],
        );
        holds(
            realm,
            &[
                order("o", 1, Some("a"), BEFORE),
                order("o", 2, Some("b"), BEFORE),
                order("o", 3, None, BEFORE),
            ],
            &[("b", &["o.3 0"])],
        );
        holds(
            realm,
            &[
                returned_as("r", 1, None, Some("a"), BEFORE),
                returned_as("r", 2, None, Some("b"), BEFORE),
                returned_as("r", 3, None, None, BEFORE),
            ],
            &[("b", &["r 1"])],
        );
    });
}

#[test]
fn customers_become_one_and_two_again() {
    on_each(|realm| {
        let orders = [order("o", 1, Some("a"), BEFORE), order("p", 1, Some("b"), BEFORE)];
        let with = |more: &[Value]| [&orders[..], more].concat();
        holds(realm, &with(&[merged(1, "m", "a", "b")]), &[("b", &["o.1 0", "p.1 0"])]);
        holds(
            realm,
            &with(&[merged(1, "m", "a", "b"), split(2, "m")]),
            &[("a", &["o.1 0"]), ("b", &["p.1 0"])],
        );
        holds(
            realm,
            &with(&[merged(1, "m", "a", "b"), merged(2, "n", "b", "c"), split(3, "m")]),
            &[("a", &["o.1 0"]), ("c", &["p.1 0"])],
        );
        holds(
            realm,
            &with(&[merged(1, "m", "a", "b"), merged(2, "n", "b", "a")]),
            &[("a", &["o.1 0", "p.1 0"])],
        );
        holds(
            realm,
            &with(&[merged(1, "m", "a", "b"), merged(2, "n", "a", "c"), split(3, "n")]),
            &[("b", &["o.1 0", "p.1 0"])],
        );
        holds(realm, &with(&[merged(1, "m", "a", "b"), unlinked(2, "b", "o")]), &[("b", &["p.1 0"])]);
        holds(
            realm,
            &with(&[merged(1, "m", "a", "b"), unlinked(2, "b", "o"), split(3, "m")]),
            &[("a", &["o.1 0"]), ("b", &["p.1 0"])],
        );
    });
}

#[test]
fn an_alias_is_its_customer_while_it_is_verified() {
    on_each(|realm| {
        let by_card = shop_event("/card", "order.recorded.v1", &order_data("o", 1, Some("1"), BEFORE));
        holds(realm, &[by_card.clone(), identified(1, "a", "1", false)], &[("loyalty:1", &["o.1 0"])]);
        holds(
            realm,
            &[by_card.clone(), identified(1, "a", "1", true), order("p", 1, Some("a"), BEFORE)],
            &[("a", &["o.1 0", "p.1 0"])],
        );
        holds(
            realm,
            &[
                by_card.clone(),
                identified(1, "a", "1", true),
                identified(2, "b", "1", true),
                merged(3, "m", "b", "c"),
            ],
            &[("c", &["o.1 0"])],
        );
        holds(
            realm,
            &[by_card, identified(1, "a", "1", true), identified(2, "a", "1", false)],
            &[("loyalty:1", &["o.1 0"])],
        );
    });
}

#[test]
fn what_is_removed_goes_and_may_come_back() {
    on_each(|realm| {
        let part = returned("r", Some("o"), None, AFTER);
        holds(realm, &[order("o", 1, Some("a"), BEFORE), removed("o", 2, "test"), part.clone()], &[]);
        holds(
            realm,
            &[
                order("o", 1, Some("a"), BEFORE),
                removed("o", 2, "fraud"),
                order("o", 3, None, BEFORE),
                part.clone(),
            ],
            &[("a", &["o.3 1"])],
        );
        holds(realm, &[order("o", 1, Some("a"), BEFORE), removed("o", 2, "erased"), part], &[]);
        holds(
            realm,
            &[
                order("o", 1, None, BEFORE),
                removed("o", 2, "erased"),
                order("o", 3, None, BEFORE),
                linked(1, "a", "o"),
            ],
            &[("a", &["o.3 0"])],
        );
        holds(
            realm,
            &[order("o", 1, Some("a"), BEFORE), removed("o", 2, "erased"), order("o", 3, None, BEFORE)],
            &[("a", &["o.3 0"])],
        );
    });
}

#[test]
fn who_is_erased_stays_away_and_may_begin_anew() {
    on_each(|realm| {
        holds(
            realm,
            &[
                order("o", 1, Some("a"), BEFORE),
                order("p", 1, Some("a"), AFTER),
                returned("r", Some("o"), None, AFTER),
                erased(30, "a"),
            ],
            &[("a", &["p.1 0"])],
        );
        holds(
            realm,
            &[
                returned("r", None, Some("a"), BEFORE),
                returned("s", None, Some("a"), AFTER),
                erased(30, "a"),
                order("o", 1, Some("b"), BEFORE),
            ],
            &[("a", &["s 1"]), ("b", &["o.1 0"])],
        );
        holds(
            realm,
            &[
                order("o", 1, Some("a"), AFTER),
                removed("o", 2, "test"),
                order("o", 3, None, AFTER),
                erased(30, "a"),
            ],
            &[("a", &["o.3 0"])],
        );
        holds(
            realm,
            &[
                order("o", 1, Some("a"), BEFORE),
                removed("o", 2, "test"),
                order("o", 3, None, BEFORE),
                erased(30, "a"),
            ],
            &[],
        );
    });
}

#[test]
fn what_was_said_before_the_word_on_an_erased_customer_does_not_stand_again() {
    on_each(|realm| {
        let story = |customer, last: fn(u32, &str, &str) -> Value| {
            [order("o", 1, customer, BEFORE), linked(1, "b", "o"), last(2, "a", "o"), erased(30, "a")]
        };
        holds(realm, &story(None, linked), &[]);
        holds(realm, &story(Some("c"), linked), &[]);
        holds(realm, &story(Some("c"), unlinked), &[("c", &["o.1 0"])]);
    });
}

#[test]
fn an_order_that_an_erasure_names_is_gone_for_good() {
    on_each(|realm| {
        holds(
            realm,
            &[
                order("o", 1, Some("b"), BEFORE),
                order("o", 2, Some("c"), BEFORE),
                returned("r", Some("o"), None, AFTER),
                erased_with(30, "a", "o"),
            ],
            &[],
        );
        holds(
            realm,
            &[
                order("o", 1, Some("b"), BEFORE),
                order("p", 1, Some("a"), BEFORE),
                erased_with(20, "a", "o"),
                erased(30, "a"),
            ],
            &[],
        );
    });
}

#[test]
fn a_process_that_remembers_who_was_erased_looks_again() {
    on_each(|realm| {
        realm.clear();
        let messages = |events: &[Value]| -> Vec<Message> {
            events.iter().zip(0..).map(|(event, offset)| message("orders", 0, offset, event)).collect()
        };
        let here = realm.recorder_here(sources());
        let others = [(); 3].map(|()| realm.recorder_here(sources()));
        let first = messages(&[order("o", 1, Some("a"), BEFORE), linked(1, "a", "r")]);
        for recorder in others.iter().chain([&here]) {
            recorder.record(&first, &mut []).unwrap();
        }
        assert_eq!(here.record(&messages(&[erased(30, "a")]), &mut []).unwrap().counts.stored, 1);

        let [one, other, third] = &others;
        let before = one.record(&messages(&[unlinked(2, "a", "p")]), &mut []).unwrap().counts;
        assert_eq!((before.stored, before.suppressed), (0, 1), "it was said before the erasure");
        let again = third.record(&messages(&[linked(1, "a", "r")]), &mut []).unwrap();
        assert_eq!(
            (again.refused, again.counts.suppressed),
            (Vec::new(), 1),
            "it was said before, and comes again"
        );
        let since = other.record(&messages(&[linked(40, "a", "q")]), &mut []).unwrap().counts;
        assert_eq!(since.stored, 1, "it was said since");
        here.record(&messages(&[order("q", 1, None, AFTER)]), &mut []).unwrap();
        assert_eq!(outcome(realm), expected(&[("a", &["q.1 0"])]), "and is about who they are now");
    });
}
