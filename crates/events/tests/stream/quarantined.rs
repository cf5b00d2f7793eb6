//! What could not be read is held, sealed, and can be read again.

use counterfoil_domain::stream::{Source, Sources};
use counterfoil_events::holding;
use counterfoil_events::message::Message;
use counterfoil_store::Error;
use counterfoil_store::quarantine::{self, Place};
use serde_json::json;

use crate::realm::{Realm, message, order, realms};

fn held(realm: &Realm) -> Vec<quarantine::Quarantined> {
    realm.read(|conn| quarantine::list(conn, None, 1_000))
}

/// A message with a key, headers, and bytes that are no text.
fn unreadable() -> Message {
    Message {
        place: Place { source: "orders".to_owned(), partition: 3, offset: 7 },
        key: Some(vec![0xff, 0]),
        headers: vec![("trace".to_owned(), vec![0xfe]), ("trace".to_owned(), b"twice".to_vec())],
        value: Some(b"{\"note\":\"decaf\xff\"}".to_vec()),
    }
}

#[test]
fn a_held_message_is_read_by_its_key_alone() {
    for realm in realms() {
        let recorder = realm.recorder(Sources::default());
        let sent = unreadable();
        let done = recorder.record(std::slice::from_ref(&sent), &mut []).unwrap();
        assert_eq!((done.counts.read, done.counts.quarantined), (1, 1));
        let row = held(&realm).pop().unwrap();
        assert_eq!((row.source.as_str(), row.partition_no, row.message_offset), ("orders", 3, 7));
        assert_eq!((row.customer_index, row.order_index), (None, None));
        let row = held(&realm).pop().unwrap();
        let text = format!("{row:?} {}", String::from_utf8_lossy(&row.message));
        for word in ["decaf", "twice", "trace"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
        assert_eq!(holding::open(&realm.keys, &row).unwrap(), sent, "key, headers and bytes as they came");

        let elsewhere = quarantine::Quarantined { message_offset: 8, ..row.clone() };
        assert!(matches!(holding::open(&realm.keys, &elsewhere), Err(Error::Key(_))), "bound to its place");
        realm.keys.destroy_named(&format!("quarantine/{}", row.month)).unwrap();
        assert!(matches!(holding::open(&realm.keys, &row), Err(Error::Key(_))), "gone with the month's key");
    }
}

#[test]
fn a_held_message_is_found_by_the_ids_that_could_be_read() {
    for realm in realms() {
        let recorder = realm.recorder(Sources::default());
        let mut bad = order("o-1", 1, Some("c-1"), "10.00");
        bad["data"]["currency"] = json!("ABC");
        recorder.record(&[message("orders", 0, 0, &bad)], &mut []).unwrap();
        let row = held(&realm).pop().unwrap();
        assert_eq!((row.reason.as_str(), row.pointer.as_str()), ("unknown_currency", "/data/currency"));
        assert_eq!(row.customer_index.as_deref(), Some(&realm.keys.customer_index("c-1")[..]));
        assert_eq!(
            row.order_index.as_deref(),
            Some(&realm.keys.object_id("", "order", "o-1").as_bytes()[..])
        );
        assert_eq!(realm.person("c-1"), None, "nobody is made of what could not be read");
        assert!(!format!("{row:?}").contains("ABC"), "no value is told");
    }
}

#[test]
fn what_is_replayed_is_recorded_or_stays_with_the_reason_it_has_now() {
    for realm in realms() {
        let recorder = realm.recorder(Sources::default());
        let with_time = |id: &str, time: &str| {
            let mut value = order(id, 1, Some("c-1"), "10.00");
            value["data"]["placedAt"] = json!(time);
            value
        };
        let batch = [
            message("orders", 0, 0, &with_time("o-1", "2024-05-06T10:00:00")),
            message("orders", 0, 1, &with_time("o-2", "the sixth of May")),
        ];
        let done = recorder.record(&batch, &mut []).unwrap();
        assert_eq!(done.refused, [(0, "no_offset"), (1, "not_a_time")]);
        let before = held(&realm);

        // The source's zone is configured, and the messages are read again.
        realm.pass(60);
        let zone = Source { timezone: "Europe/Berlin".parse().ok(), ..Source::default() };
        let recorder = realm.recorder(Sources::new(zone, [].into()));
        for row in &before {
            let message = holding::open(&realm.keys, row).unwrap();
            let done = recorder.record(std::slice::from_ref(&message), &mut []).unwrap();
            if done.counts.quarantined == 0 {
                realm.store.write_blocking(|conn| quarantine::remove(conn, &message.place)).unwrap();
            }
        }
        let after = held(&realm);
        assert_eq!(after.iter().map(|row| row.reason.as_str()).collect::<Vec<_>>(), ["not_a_time"]);
        assert_eq!(after[0].recorded_at, before[1].recorded_at, "its thirty days do not begin again");
        let served = realm.served(["c-1"]);
        assert_eq!(served["c-1"][0]["purchasedAt"], json!("2024-05-06T10:00:00+02:00"));
    }
}

#[test]
fn after_thirty_days_message_and_key_are_gone() {
    const DAY: u64 = 86_400;
    for realm in realms() {
        let recorder = realm.recorder(Sources::default());
        // 15 January 2027.
        recorder.record(&[unreadable()], &mut []).unwrap();
        realm.pass(20 * DAY);
        let later = Message { place: Place { offset: 8, ..unreadable().place }, ..unreadable() };
        recorder.record(std::slice::from_ref(&later), &mut []).unwrap();
        realm.pass(10 * DAY);
        assert_eq!(holding::purge(&realm.store, &realm.keys, realm.now()).unwrap(), 0);
        realm.pass(1);
        assert_eq!(holding::purge(&realm.store, &realm.keys, realm.now()).unwrap(), 1);
        assert_eq!(realm.keys.names("quarantine/").unwrap().len(), 2, "of January something may be left");
        realm.pass(17 * DAY);
        assert_eq!(holding::purge(&realm.store, &realm.keys, realm.now()).unwrap(), 0);
        assert_eq!(realm.keys.names("quarantine/").unwrap(), ["quarantine/2027-02"]);
        assert_eq!(holding::open(&realm.keys, &held(&realm)[0]).unwrap(), later);
    }
}
