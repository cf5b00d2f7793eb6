//! A pure fold of messages into purchases: what ingest does, without a database.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use counterfoil_domain::{
    purchase::{Purchase, Sections, Shows, project},
    stream::{Body, Decoded, Event, EventOrder, Message, Rejection, Sources, Verdict, decode, verdict},
};
use serde_json::Value;

pub const ALL: Shows = Shows { lines: true, payment: true, location: true, documents: true };

/// Where a purchase stands: its namespace, and its order, or the return or refund that has none.
type Key = (String, String);

/// Namespace, kind and id of an order, return or refund.
type Object = (String, &'static str, String);
/// The event that stands for it, and the purchase it is in.
type Standing = (EventOrder, [u8; 32], Key);

/// What a message came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Stored,
    Duplicate,
    Stale,
    Skipped,
    Tombstone,
}

/// A purchase, whose it is, and where its order stands.
pub struct Held {
    pub purchase: Purchase,
    pub customer: Option<String>,
}

impl Held {
    fn adopt(&mut self, is_own: bool, customer: Option<String>) {
        if is_own && self.customer.is_none() {
            self.customer = customer;
        }
    }
}

#[derive(Default)]
pub struct Fold {
    pub purchases: BTreeMap<Key, Held>,
    objects: BTreeMap<Object, Standing>,
    pub quarantined: Vec<(String, String)>,
}

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

impl Fold {
    pub fn take(&mut self, message: &Message<'_>, sources: &Sources) -> Option<Outcome> {
        match decode(message, sources) {
            Ok(Decoded::Event(event)) => self.store(*event),
            Ok(Decoded::Skipped) => Some(Outcome::Skipped),
            Ok(Decoded::Tombstone) => Some(Outcome::Tombstone),
            Err(Rejection { reason, pointer, .. }) => {
                self.quarantined.push((reason.to_owned(), pointer));
                None
            }
        }
    }

    fn store(&mut self, event: Event) -> Option<Outcome> {
        let key = self.key(&event);
        let object = (event.namespace.clone(), event.body.kind(), event.body.id().to_owned());
        let before = self.objects.get(&object).cloned();
        if let Some((order, digest, _)) = &before {
            let verdict = verdict((*order, *digest), (event.order, event.digest));
            match verdict {
                Verdict::Newer => {}
                Verdict::Duplicate => return Some(Outcome::Duplicate),
                Verdict::Stale => return Some(Outcome::Stale),
                Verdict::Conflict | Verdict::KindMixed => {
                    self.quarantined.push((verdict.reason().unwrap().to_owned(), "/data".to_owned()));
                    return None;
                }
            }
        }
        if let Some((_, _, old)) = before.filter(|(_, _, old)| *old != key) {
            self.take_out(&old, &event.body);
        }
        // Only a purchase without an order takes its customer from a return or refund.
        let is_own = event.body.order_id().is_none();
        let meets = event.body.return_id().filter(|_| event.body.kind() == "return").map(str::to_owned);
        self.objects.insert(object, (event.order, event.digest, key.clone()));
        let held = self
            .purchases
            .entry(key)
            .or_insert_with(|| Held { purchase: Purchase::empty(now()), customer: None });
        match event.body {
            Body::Order(order) => {
                held.purchase.put_order(order, now());
                held.customer = event.customer_id.or(held.customer.take());
            }
            Body::Return(part) => {
                held.purchase.put_return(part, now());
                held.adopt(is_own, event.customer_id);
            }
            Body::Refund(part) => {
                held.purchase.put_refund(part, now());
                held.adopt(is_own, event.customer_id);
            }
        }
        if let Some(returned) = meets {
            self.meet(&event.namespace, &returned);
        }
        Some(Outcome::Stored)
    }

    fn take_out(&mut self, key: &Key, body: &Body) {
        let Some(held) = self.purchases.get_mut(key) else { return };
        match body {
            Body::Order(_) => {}
            Body::Return(part) => drop(held.purchase.take_return(part.id(), now())),
            Body::Refund(part) => drop(held.purchase.take_refund(part.id(), now())),
        }
        if held.purchase.is_empty() {
            self.purchases.remove(key);
        }
    }

    /// The order's place; without an order, that of the return, so that a refund meets the return it pays for.
    fn key(&self, event: &Event) -> Key {
        let id = match (event.body.order_id(), event.body.return_id()) {
            (Some(order), _) => format!("order {order}"),
            (None, Some(returned)) => {
                let object = (event.namespace.clone(), "return", returned.to_owned());
                match self.objects.get(&object).filter(|_| event.body.kind() == "refund") {
                    Some((_, _, key)) => return key.clone(),
                    None => format!("return {returned}"),
                }
            }
            (None, None) => format!("refund {}", event.body.id()),
        };
        (event.namespace.clone(), id)
    }

    /// Brings refunds that waited for a return to where it is.
    fn meet(&mut self, namespace: &str, returned: &str) {
        let waiting = (namespace.to_owned(), format!("return {returned}"));
        let Some((_, _, key)) =
            self.objects.get(&(namespace.to_owned(), "return", returned.to_owned())).cloned()
        else {
            return;
        };
        if key == waiting {
            return;
        }
        let Some(mut held) = self.purchases.remove(&waiting) else { return };
        let refunds: Vec<String> = held.purchase.parts().map(|(_, id)| id.to_owned()).collect();
        for id in refunds {
            let Some(part) = held.purchase.take_refund(&id, now()) else { continue };
            if let Some((_, _, place)) = self.objects.get_mut(&(namespace.to_owned(), "refund", id)) {
                place.clone_from(&key);
            }
            if let Some(target) = self.purchases.get_mut(&key) {
                target.purchase.put_refund(part, now());
            }
        }
    }

    /// Guest orders, and returns and refunds that wait for their order.
    pub fn unlinked(&self) -> usize {
        self.purchases.values().filter(|held| held.customer.is_none()).count()
    }

    /// The purchases of every customer as they are served, each read back from its stored form first.
    pub fn served(&self) -> BTreeMap<String, Vec<Value>> {
        let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for held in self.purchases.values() {
            if let Some(customer) = &held.customer {
                all.entry(customer.clone()).or_default().push(served(&held.purchase, ALL));
            }
        }
        all
    }
}

pub fn served(purchase: &Purchase, shows: Shows) -> Value {
    let first = purchase.render("pur_test").unwrap().sections;
    let again = Purchase::read(&first.view().unwrap()).unwrap().render("pur_test").unwrap().sections;
    assert_eq!(
        String::from_utf8_lossy(first.as_bytes()),
        String::from_utf8_lossy(again.as_bytes()),
        "reading a purchase back changes it"
    );
    serde_json::from_slice(&shown(&first, shows)).unwrap()
}

pub fn shown(sections: &Sections, shows: Shows) -> Vec<u8> {
    let mut out = Vec::new();
    project(sections.view().unwrap(), shows, &mut out).unwrap();
    out
}
