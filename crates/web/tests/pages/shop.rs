//! Orders in the database, written through the store as ingest does.

use counterfoil_domain::ids::{Person, PurchaseId};
use counterfoil_domain::purchase::Purchase;
use counterfoil_domain::stream::{Body, Decoded, Message, Sources, decode};
use counterfoil_store::Error;
use counterfoil_store::document::{Codec, binding};
use counterfoil_store::objects::{self, Kind, Object};
use counterfoil_store::people::{self, Changes};
use counterfoil_store::purchases::{self, PurchaseRow};
use serde_json::{Value, json};

use crate::site::Site;

fn order(id: &str, day: &str, items: &[&str]) -> Value {
    let line = |(index, name): (usize, &&str)| json!({ "lineId": index.to_string(), "sku": name, "name": name, "quantity": 1, "net": "1.00" });
    json!({
        "orderId": id, "revision": 1, "channel": "store", "placedAt": format!("{day}T10:00:00Z"),
        "currency": "EUR", "location": { "storeId": "7", "name": "Corner <shop>" },
        "lines": items.iter().enumerate().map(line).collect::<Vec<_>>(),
        "totals": { "grandTotal": format!("{}.00", items.len()) },
    })
}

impl Site {
    /// The person of a customer id.
    pub fn person(&self, customer_id: &str) -> Person {
        let oauth = &self.oauth;
        let now = oauth.clock().now();
        people::resolve_one(oauth.store(), oauth.keys(), oauth.entropy(), now, customer_id).unwrap()
    }

    /// Records an order of that day with items of these names; it may have joined the customer's history.
    pub fn record(
        &self,
        customer_id: &str,
        id: &str,
        day: &str,
        items: &[&str],
        joined_seq: Option<i64>,
    ) -> String {
        self.record_order(customer_id, &order(id, day, items), joined_seq)
    }

    /// Records an order with these members more, or instead.
    pub fn record_with(
        &self,
        customer_id: &str,
        id: &str,
        day: &str,
        items: &[&str],
        more: &Value,
    ) -> String {
        let mut order = order(id, day, items);
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.record_order(customer_id, &order, None)
    }

    fn record_order(&self, customer_id: &str, order: &Value, joined_seq: Option<i64>) -> String {
        let person = self.person(customer_id);
        let event = json!({
            "specversion": "1.0", "id": "e", "source": "/shop", "type": "order.recorded.v1",
            "time": "2026-11-01T00:00:00Z", "data": order,
        });
        let bytes = serde_json::to_vec(&event).unwrap();
        let message = Message { content_type: None, headers: &[], value: Some(&bytes) };
        let Ok(Decoded::Event(event)) = decode(&message, &Sources::default()) else { panic!("an event") };
        let Body::Order(read) = event.body else { panic!("an order") };
        let (keys, now) = (self.oauth.keys(), self.oauth.clock().now());
        let id = PurchaseId::from(keys.object_id("", "order", read.id()));
        let mut purchase = Purchase::empty(now);
        purchase.put_order(read, now);
        let rendered = purchase.render(&id.to_string()).unwrap();
        let (codec, own) = (Codec::default(), keys.person(person).unwrap());
        let mut packer = codec.packer(keys.aead()).unwrap();
        let sections = rendered.sections.as_bytes();
        let document = packer.pack(&own.purchases, &binding(id, Some(person)), sections).unwrap();
        let columns = rendered.columns;
        let object = Object {
            person: Some(person),
            purchased_at: Some(columns.purchased_at),
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
            joined_seq,
            hidden: false,
        };
        let written: Result<(), Error> = self.oauth.store().write_blocking(|conn| {
            objects::claim(conn, std::slice::from_ref(&object))?;
            let counted = people::count_changes(conn, &[Changes { person, count: 1, narrowed: false }])?;
            let (change_seq, shown_seq) = (counted[&person], counted[&person]);
            purchases::insert(conn, vec![PurchaseRow { change_seq, shown_seq, ..row.clone() }])
        });
        written.unwrap();
        id.to_string()
    }
}
