//! Orders in the database, written through the store as ingest does.

use counterfoil_domain::ids::PurchaseId;
use counterfoil_domain::purchase::Purchase;
use counterfoil_domain::stream::{Body, Decoded, Message, Sources, decode};
use counterfoil_store::document::{Codec, binding};
use counterfoil_store::objects::{self, Kind, Latest, Object};
use counterfoil_store::people::{self, Changes};
use counterfoil_store::purchases::{self, PurchaseRow};
use counterfoil_store::tombstones::{self, Parting, Tombstone};
use counterfoil_store::{Error, announcements, changes, unlinked};
use serde_json::{Value, json};

use crate::realm::{Realm, now};

/// An order; words that only one dataset shows begin with `lines-`, `payment-` and `location-`.
pub fn order(id: &str, placed_at: &str) -> Value {
    json!({
        "orderId": id, "revision": 1, "channel": "store", "placedAt": placed_at, "currency": "EUR",
        "seller": { "name": "location-seller" }, "location": { "storeId": "location-shop", "city": "location-city" },
        "lines": [
            { "lineId": "1", "sku": "lines-sku", "name": "lines-name", "quantity": 2, "net": "7.00",
              "seller": { "name": "location-line" } },
            { "lineId": "2", "sku": "lines-other", "name": "lines-other", "quantity": 1, "net": "3.00" },
        ],
        "tenders": [{ "method": "card", "amount": "10.00", "scheme": "payment-scheme", "last4": "4417" }],
        "loyalty": [{ "programmeId": "payment-loyalty", "unit": "points", "earned": "5" }],
        "fulfilments": [{ "id": "ful-1", "type": "in_store", "status": "done", "lineIds": ["1"] }],
        "totals": { "grandTotal": "10.00" },
    })
}

/// A refund of an order, in part for a line.
pub fn refund(id: &str, order: &str) -> Value {
    json!({
        "refundId": id, "revision": 1, "orderId": order, "amount": "3.00", "currency": "EUR",
        "issuedAt": "2026-11-01T10:00:00Z", "method": "card", "status": "settled",
        "allocations": [{ "lineId": "2", "amount": "3.00" }],
    })
}

/// `order` with some members replaced.
pub fn with(mut order: Value, members: &Value) -> Value {
    order.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    order
}

fn body(kind: &str, data: &Value) -> Body {
    let event = json!({
        "specversion": "1.0", "id": "e", "source": "/shop", "type": kind, "time": "2026-11-01T00:00:00Z", "data": data,
    });
    let bytes = serde_json::to_vec(&event).unwrap();
    let message = Message { content_type: None, headers: &[], value: Some(&bytes) };
    match decode(&message, &Sources::default()) {
        Ok(Decoded::Event(event)) => event.body,
        other => panic!("{other:?}"),
    }
}

/// Why a purchase stands where it stands in the feed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stand {
    /// `change_kind`.
    pub kind: i32,
    /// `shown_seq`; its own number unless said.
    pub shown: Option<i64>,
    pub joined: Option<i64>,
    pub hidden: bool,
}

impl Realm {
    /// Records an order of a customer with its refunds, in place of what stood; gives its public id.
    pub fn record(&self, customer_id: &str, order: &Value, refunds: &[Value]) -> String {
        self.stand(customer_id, order, refunds, Stand::default()).0
    }

    /// [`Realm::record`] with a place in the feed; gives the number there too.
    pub fn stand(&self, customer_id: &str, order: &Value, refunds: &[Value], stand: Stand) -> (String, i64) {
        let person = self.person(customer_id);
        let mut purchase = Purchase::empty(now());
        let Body::Order(read) = body("order.recorded.v1", order) else { panic!("an order") };
        let id = self.purchase_id(read.id());
        purchase.put_order(read, now());
        for refund in refunds {
            let Body::Refund(read) = body("refund.recorded.v1", refund) else { panic!("a refund") };
            purchase.put_refund(read, now());
        }
        let rendered = purchase.render(&id.to_string()).unwrap();
        let (codec, keys) = (Codec::default(), self.keys.person(person).unwrap());
        let mut packer = codec.packer(self.keys.aead()).unwrap();
        let binding = binding(id, Some(person));
        let document = packer.pack(&keys.purchases, &binding, rendered.sections.as_bytes()).unwrap();
        let columns = rendered.columns;
        let object = Object {
            person: Some(person),
            purchased_at: Some(columns.purchased_at),
            latest: Some(Latest { order_kind: 0, order_value: 1, digest: [0; 32] }),
            ..Object::awaited(id.into(), Kind::Order)
        };
        let row = PurchaseRow {
            person: person.as_bytes().to_vec(),
            purchased_at: columns.purchased_at.naive_utc(),
            purchase_id: id.as_bytes().to_vec(),
            local_date: columns.local_date,
            change_seq: 0,
            channel: columns.channel.to_owned(),
            status: columns.status.to_owned(),
            currency: columns.currency.to_owned(),
            grand_total: columns.grand_total,
            refunded: columns.refunded,
            store_index: None,
            shared: columns.shared,
            document,
            change_kind: stand.kind,
            shown_seq: 0,
            joined_seq: stand.joined,
            hidden: stand.hidden,
        };
        let written: Result<i64, Error> = self.store.write_blocking(|conn| {
            let before = objects::claim(conn, std::slice::from_ref(&object))?;
            unlinked::remove(conn, id)?;
            let counted = people::count_changes(conn, &[Changes { person, count: 1, narrowed: false }])?;
            if let Some(old) = before.get(&object.id) {
                objects::update(conn, std::slice::from_ref(&object))?;
                if let Some(at) = old.purchased_at {
                    purchases::remove(conn, person, at, id)?;
                }
            }
            let change_seq = counted[&person];
            let shown_seq = stand.shown.unwrap_or(change_seq);
            purchases::insert(conn, vec![PurchaseRow { change_seq, shown_seq, ..row.clone() }])?;
            Ok(change_seq)
        });
        (id.to_string(), written.unwrap())
    }

    /// The id of the purchase of an order.
    pub fn purchase_id(&self, order_id: &str) -> PurchaseId {
        PurchaseId::from(self.keys.object_id("", "order", order_id))
    }

    /// Takes a purchase out of a customer's history, with a tombstone of how it was, as ingest does.
    pub fn leave(&self, customer_id: &str, order_id: &str, parting: Parting) -> i64 {
        let (person, purchase_id) = (self.person(customer_id), self.purchase_id(order_id));
        let written: Result<i64, Error> = self.store.write_blocking(|conn| {
            let object = objects::find(conn, purchase_id.into())?.unwrap();
            let page = changes::read(conn, person, 0, 0, 10_000)?.unwrap();
            let row =
                page.rows.iter().find(|row| row.purchase_id == purchase_id && row.left.is_none()).unwrap();
            let counted = people::count_changes(conn, &[Changes { person, count: 1, narrowed: true }])?;
            purchases::remove(conn, person, object.purchased_at.unwrap(), purchase_id)?;
            objects::update(conn, &[Object { person: None, purchased_at: None, ..object }])?;
            let tombstone = Tombstone {
                person,
                change_seq: counted[&person],
                purchase_id,
                parting,
                revision: 99,
                local_date: row.local_date,
                shared: row.shared,
                shown_seq: row.shown_seq,
                joined_seq: row.joined_seq,
                recorded_at: now(),
            };
            tombstones::insert(conn, &[tombstone])?;
            Ok(counted[&person])
        });
        written.unwrap()
    }

    /// Tells processes that a customer has news.
    pub fn announce(&self, customer_id: &str) {
        let person = self.person(customer_id);
        self.store.write_blocking(|conn| announcements::announce(conn, &[person])).unwrap();
    }
}
