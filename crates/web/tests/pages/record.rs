//! Whole purchases in the database: orders with all that they can have, and what came back of them.

use counterfoil_domain::ids::PurchaseId;
use counterfoil_domain::purchase::Purchase;
use counterfoil_domain::stream::{Body, Decoded, Message, Sources, decode};
use counterfoil_store::Error;
use counterfoil_store::document::{Codec, binding};
use counterfoil_store::objects::{self, Kind, Object};
use counterfoil_store::people::{self, Changes};
use counterfoil_store::purchases::{self, PurchaseRow};
use serde_json::{Value, json};

use crate::site::Site;

/// An event of the stream.
fn read(kind: &str, data: &Value) -> Body {
    let event = json!({
        "specversion": "1.0", "id": "e", "source": "/shop", "type": kind,
        "time": "2026-11-01T00:00:00Z", "data": data,
    });
    let bytes = serde_json::to_vec(&event).unwrap();
    let message = Message { content_type: None, headers: &[], value: Some(&bytes) };
    match decode(&message, &Sources::default()) {
        Ok(Decoded::Event(event)) => event.body,
        _ => panic!("no event: {event}"),
    }
}

/// An order of `number` lines that cost 1.00 each.
pub fn order(id: &str, day: &str, number: usize) -> Value {
    let line = |n: usize| json!({ "lineId": format!("{n}"), "sku": format!("s{n}"), "name": format!("Item {n}"), "quantity": 1, "net": "1.00" });
    json!({
        "orderId": id, "revision": 1, "channel": "store", "placedAt": format!("{day}T10:00:00Z"),
        "currency": "EUR", "location": { "storeId": "7", "name": "Corner shop", "city": "Basel" },
        "lines": (1..=number).map(line).collect::<Vec<_>>(),
        "totals": { "grandTotal": format!("{number}.00") },
    })
}

impl Site {
    /// Records purchases of a customer, each from the data of its order, its returns and its refunds; their ids.
    pub fn put(&self, customer_id: &str, all: &[(Value, Vec<Value>, Vec<Value>)]) -> Vec<String> {
        let person = self.person(customer_id);
        let (keys, now) = (self.oauth.keys(), self.oauth.clock().now());
        let (codec, own) = (Codec::default(), keys.person(person).unwrap());
        let mut packer = codec.packer(keys.aead()).unwrap();
        let (mut ids, mut objects, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for (order, returns, refunds) in all {
            let named = order["orderId"].as_str().unwrap();
            let id = PurchaseId::from(keys.object_id("", "order", named));
            let mut purchase = Purchase::empty(now);
            if order.get("lines").is_some() {
                let Body::Order(order) = read("order.recorded.v1", order) else { panic!("an order") };
                purchase.put_order(order, now);
            }
            for part in returns {
                let Body::Return(part) = read("return.recorded.v1", part) else { panic!("a return") };
                purchase.put_return(part, now);
            }
            for part in refunds {
                let Body::Refund(part) = read("refund.recorded.v1", part) else { panic!("a refund") };
                purchase.put_refund(part, now);
            }
            let rendered = purchase.render(&id.to_string()).unwrap();
            let columns = rendered.columns;
            let sections = rendered.sections.as_bytes();
            objects.push(Object {
                person: Some(person),
                purchased_at: Some(columns.purchased_at),
                ..Object::awaited(id.into(), Kind::Order)
            });
            rows.push(PurchaseRow {
                person: person.as_bytes().to_vec(),
                purchased_at: columns.purchased_at.naive_utc(),
                purchase_id: id.as_bytes().to_vec(),
                local_date: columns.local_date,
                change_seq: 1,
                channel: columns.channel.to_owned(),
                status: columns.status.to_owned(),
                currency: columns.currency.to_owned(),
                grand_total: columns.grand_total,
                refunded: columns.refunded,
                store_index: columns.store_id.map(|id| keys.store_index("", &id).to_vec()),
                shared: columns.shared,
                document: packer.pack(&own.purchases, &binding(id, Some(person)), sections).unwrap(),
                change_kind: 0,
                shown_seq: 1,
                joined_seq: None,
                hidden: false,
            });
            ids.push(id.to_string());
        }
        let written: Result<(), Error> = self.oauth.store().write_blocking(|conn| {
            objects::claim(conn, &objects)?;
            people::count_changes(conn, &[Changes { person, count: 1, narrowed: false }])?;
            purchases::insert(conn, rows.clone())
        });
        written.unwrap();
        ids
    }

    /// Records one order of which nothing came back; its id.
    pub fn put_order(&self, customer_id: &str, order: Value) -> String {
        self.put(customer_id, &[(order, Vec::new(), Vec::new())]).remove(0)
    }
}
