//! What is not kept for ever goes, and does not come back by itself.

use counterfoil_domain::stream::Sources;
use counterfoil_events::housekeeping::{Deleted, Housekeeping, Keeping};
use counterfoil_store::unlinked;
use prometheus::Registry;
use serde_json::json;

use crate::realm::{Realm, event, message, order, realms};

const DAY: u64 = 86_400;

fn housekeeping(realm: &Realm, owner: &str, registry: &Registry) -> Housekeeping {
    let keeping = Keeping { guest_days: 730, waiting_days: 400 };
    Housekeeping::new(
        realm.store.clone(),
        realm.keys.clone(),
        realm.clock(),
        keeping,
        owner.to_owned(),
        registry,
    )
    .unwrap()
}

#[test]
fn guests_and_waiting_parts_go_when_their_time_is_over() {
    for realm in realms() {
        let registry = Registry::new();
        let keeper = housekeeping(&realm, "p-1", &registry);
        let recorder = realm.recorder(Sources::default());
        let part = event(
            "return.recorded.v1",
            &json!({
                "returnId": "r-1", "revision": 1, "orderId": "o-2", "status": "completed",
                "returnedAt": "2026-03-02T09:00:00Z", "lines": [],
            }),
        );
        let sent = [
            message("orders", 0, 0, &order("o-1", 5, None, "10.00")),
            message("orders", 0, 1, &part),
            message("orders", 0, 2, &order("o-3", 1, Some("c-1"), "3.00")),
        ];
        assert_eq!(recorder.record(&sent, &mut []).unwrap().counts.stored, 3);
        assert_eq!(realm.read(unlinked::counts), (1, 1));

        realm.pass(400 * DAY);
        assert!(keeper.pass().unwrap().is_nothing());
        realm.pass(1);
        assert_eq!(keeper.pass().unwrap(), Deleted { waiting: 1, ..Deleted::default() });
        realm.pass(330 * DAY);
        assert_eq!(keeper.pass().unwrap(), Deleted { guests: 1, ..Deleted::default() });
        assert_eq!(realm.read(unlinked::counts), (0, 0));
        let told: f64 =
            registry.gather()[0].get_metric().iter().map(|one| one.get_counter().get_value()).sum();
        assert!((told - 2.0).abs() < f64::EPSILON);

        // Old events do not bring it back, a newer one does; the customer's own stays throughout.
        let counts = recorder.record(&[sent[0].clone(), sent[1].clone()], &mut []).unwrap().counts;
        assert_eq!((counts.stored, counts.duplicates), (0, 2));
        let stale = message("orders", 0, 3, &order("o-1", 4, Some("c-1"), "10.00"));
        assert_eq!(recorder.record(&[stale], &mut []).unwrap().counts.stale, 1);
        assert_eq!(realm.served(["c-1"])["c-1"].len(), 1);
        let newer = message("orders", 0, 4, &order("o-1", 6, Some("c-1"), "10.00"));
        assert_eq!(recorder.record(&[newer], &mut []).unwrap().counts.stored, 1);
        assert_eq!(realm.served(["c-1"])["c-1"].len(), 2);
    }
}

#[test]
fn one_process_at_a_time_keeps_house() {
    for realm in realms() {
        let keeper = housekeeping(&realm, "p-1", &Registry::new());
        let recorder = realm.recorder(Sources::default());
        let guests: Vec<_> =
            (0..1_200).map(|n| message("orders", 0, n, &order(&format!("o-{n}"), 1, None, "1.00"))).collect();
        recorder.record(&guests, &mut []).unwrap();
        realm.pass(731 * DAY);
        realm.run(
            "INSERT INTO leases (name, owner, lease_epoch, expires_at) \
             VALUES ('housekeeping', 'p-2', 1, '2999-01-01 00:00:00')",
        );
        assert!(keeper.pass().unwrap().is_nothing(), "another is at it");
        realm.run("UPDATE leases SET expires_at = '2000-01-01 00:00:00'");
        assert_eq!(keeper.pass().unwrap().guests, 1_200, "in small batches");
        let other = housekeeping(&realm, "p-3", &Registry::new());
        assert!(other.pass().unwrap().is_nothing(), "the lease was given back");
    }
}
