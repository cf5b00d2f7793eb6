//! Orders in the database, written through the store as ingest does.

use counterfoil_domain::ids::PurchaseId;
use counterfoil_domain::purchase::Purchase;
use counterfoil_domain::stream::{Body, Decoded, Message, Sources, decode};
use counterfoil_store::document::{Codec, binding};
use counterfoil_store::objects::{self, Kind, Latest, Object};
use counterfoil_store::people::{self, Changes};
use counterfoil_store::purchases::{self, PurchaseRow};
use counterfoil_store::{Error, unlinked};
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

impl Realm {
    /// Records an order of a customer with its refunds, in place of what stood; gives its public id.
    pub fn record(&self, customer_id: &str, order: &Value, refunds: &[Value]) -> String {
        let person = self.person(customer_id);
        let mut purchase = Purchase::empty(now());
        let Body::Order(read) = body("order.recorded.v1", order) else { panic!("an order") };
        let id = PurchaseId::from(self.keys.object_id("", "order", read.id()));
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
            change_kind: 0,
            shown_seq: 0,
            joined_seq: None,
            hidden: false,
        };
        let written: Result<(), Error> = self.store.write_blocking(|conn| {
            let before = objects::claim(conn, std::slice::from_ref(&object))?;
            unlinked::remove(conn, id)?;
            let counted = people::count_changes(conn, &[Changes { person, count: 1, narrowed: false }])?;
            if let Some(old) = before.get(&object.id) {
                objects::update(conn, std::slice::from_ref(&object))?;
                purchases::remove(conn, person, old.purchased_at.unwrap(), id)?;
            }
            purchases::insert(conn, vec![PurchaseRow { change_seq: counted[&person], ..row.clone() }])
        });
        written.unwrap();
        id.to_string()
    }
}
