//! A pure fold of messages into purchases: what ingest does, without a database.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use counterfoil_domain::{
    purchase::{Purchase, Refund, Sections, Shows, Veil, View, project},
    stream::{
        Body, Decoded, Event, EventOrder, Message, Rejection, RemovalReason, Sources, Verdict, decode,
        verdict,
    },
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
    /// About who is who, which is not folded here.
    Act,
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

#[derive(Default)]
pub struct Fold {
    pub purchases: BTreeMap<Key, Held>,
    objects: BTreeMap<Object, Standing>,
    /// The customers of orders that were removed, should they come back without one.
    claims: BTreeMap<Key, String>,
    pub quarantined: Vec<(String, String)>,
}

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

impl Fold {
    pub fn take(&mut self, message: &Message<'_>, sources: &Sources) -> Option<Outcome> {
        match decode(message, sources) {
            Ok(Decoded::Event(event)) => self.store(*event),
            Ok(Decoded::Act(_)) => Some(Outcome::Act),
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
        let own = (event.namespace.clone(), format!("{} {}", event.body.kind(), event.body.id()));
        // Where it was, or where others waited for it.
        let from = before.as_ref().map_or_else(|| own.clone(), |(_, _, old)| old.clone());
        if from != key && before.is_some() {
            self.take_out(&from, &event.body);
        }
        let moved = match &event.body {
            Body::Return(part) if from != key => Some(part.id().to_owned()),
            _ => None,
        };
        self.objects.insert(object, (event.order, event.digest, key.clone()));
        let held = self
            .purchases
            .entry(key.clone())
            .or_insert_with(|| Held { purchase: Purchase::empty(now()), customer: None });
        match event.body {
            Body::Order(order) => held.purchase.put_order(order, now()),
            Body::Return(part) => held.purchase.put_return(part, now()),
            Body::Refund(part) => held.purchase.put_refund(part, now()),
            Body::Removal(removal) => {
                self.remove(&key, removal.reason);
                return Some(Outcome::Stored);
            }
        }
        if key == own && held.customer.is_none() {
            held.customer = self.claims.remove(&key);
        }
        // Only the event that is the purchase itself says whose it is; saying nothing never unlinks.
        if key == own && event.customer_id.is_some() {
            held.customer = event.customer_id;
        }
        if let Some(return_id) = moved {
            self.follow(&return_id, &from, &key);
        }
        Some(Outcome::Stored)
    }

    fn take_out(&mut self, key: &Key, body: &Body) {
        let Some(held) = self.purchases.get_mut(key) else { return };
        match body {
            Body::Order(_) | Body::Removal(_) => {}
            Body::Return(part) => drop(held.purchase.take_return(part.id(), now())),
            Body::Refund(part) => drop(held.purchase.take_refund(part.id(), now())),
        }
        if held.purchase.is_empty() {
            self.purchases.remove(key);
        }
    }

    /// The order goes. Its returns and refunds wait for it, or go too where it was erased.
    fn remove(&mut self, key: &Key, reason: RemovalReason) {
        let Some(mut held) = self.purchases.remove(key) else { return };
        self.claims.extend(held.customer.map(|customer| (key.clone(), customer)));
        if reason == RemovalReason::Erased {
            return;
        }
        let parts: Vec<_> = held.purchase.parts().map(|(kind, id)| (kind, id.to_owned())).collect();
        let mut left = Purchase::empty(now());
        for (kind, id) in parts {
            match kind {
                "return" => left.put_return(held.purchase.take_return(&id, now()).unwrap(), now()),
                _ => left.put_refund(held.purchase.take_refund(&id, now()).unwrap(), now()),
            }
        }
        if !left.is_empty() {
            self.purchases.insert(key.clone(), Held { purchase: left, customer: None });
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

    /// Refunds that name a return and no order are where their return is, and go where it goes.
    fn follow(&mut self, return_id: &str, from: &Key, to: &Key) {
        let Some(held) = self.purchases.get_mut(from) else { return };
        let mut all = held.purchase.clone();
        let ids: Vec<String> =
            all.parts().filter(|(kind, _)| *kind == "refund").map(|(_, id)| id.to_owned()).collect();
        let follows = |refund: &Refund| refund.order_id().is_none() && refund.return_id() == Some(return_id);
        let following: Vec<Refund> =
            ids.iter().filter_map(|id| all.take_refund(id, now())).filter(|refund| follows(refund)).collect();
        for refund in &following {
            held.purchase.take_refund(refund.id(), now());
        }
        if held.purchase.is_empty() {
            self.purchases.remove(from);
        }
        for refund in following {
            let object = (to.0.clone(), "refund", refund.id().to_owned());
            self.objects.get_mut(&object).unwrap().2.clone_from(to);
            self.purchases.get_mut(to).unwrap().purchase.put_refund(refund, now());
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
    let view = View { shows, veil: Veil::default() };
    project(sections.view().unwrap(), &view, &mut out).unwrap();
    out
}
