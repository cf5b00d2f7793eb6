//! A look at a stream that writes nothing.

use chrono::DateTime;
use counterfoil_domain::stream::Sources;
use counterfoil_events::check::Check;
use serde_json::json;

use crate::realm::{event, message, order};

#[test]
fn events_are_counted_by_type() {
    let all = [
        order("o-1", 1, Some("c-1"), "10.00"),
        order("o-2", 1, None, "10.00"),
        event("order.removed.v1", &json!({ "orderId": "o-1", "revision": 2, "reason": "test" })),
        event("customer.linked.v1", &json!({ "customerId": "c-1", "orderIds": ["o-2"], "revision": 1 })),
        event("customer.split.v1", &json!({ "mergeId": "m-1", "revision": 1 })),
        event("customer.erased.v1", &json!({ "customerId": "c-1", "revisedAt": "2026-03-01T09:00:00Z" })),
        event("customer.erased.v1", &json!({ "revision": 1 })),
        event("parcel.lost.v1", &json!({})),
    ];
    let mut check = Check::new(Sources::default(), DateTime::UNIX_EPOCH);
    for (offset, event) in (0..).zip(&all) {
        check.look(&message("orders", 0, offset, event));
    }
    let report = check.report();
    assert_eq!(
        report["accepted"],
        json!({
            "order.recorded.v1": 2, "order.removed.v1": 1,
            "customer.linked.v1": 1, "customer.split.v1": 1, "customer.erased.v1": 1,
        })
    );
    assert_eq!((&report["read"], &report["skipped"]), (&json!(8), &json!(1)));
    assert_eq!(report["quarantined"][0]["pointer"], json!("/data/customerId"), "{report}");
}
