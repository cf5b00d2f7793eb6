//! A look at a stream that writes nothing: what would be accepted, what would go to quarantine, what does not add up.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use counterfoil_domain::purchase::{Purchase, Shows, Veil, View, project};
use counterfoil_domain::stream::{Body, Decoded, Event, Identity, Sources};
use serde_json::{Value, json};

use crate::message::Message;

/// Purchases that the report shows as a customer will see them.
const EXAMPLES: usize = 3;

/// What was seen so far.
#[derive(Debug)]
pub struct Check {
    sources: Sources,
    now: DateTime<Utc>,
    read: u64,
    accepted: BTreeMap<&'static str, u64>,
    skipped: u64,
    tombstones: u64,
    quarantined: BTreeMap<(&'static str, String), u64>,
    not_reconciled: u64,
    differences: BTreeMap<String, u64>,
    lines: u64,
    lines_without_category: u64,
    orders_without_tax: u64,
    examples: Vec<Value>,
}

impl Check {
    /// A check against what is configured of sources.
    pub fn new(sources: Sources, now: DateTime<Utc>) -> Self {
        Self {
            sources,
            now,
            read: 0,
            accepted: BTreeMap::new(),
            skipped: 0,
            tombstones: 0,
            quarantined: BTreeMap::new(),
            not_reconciled: 0,
            differences: BTreeMap::new(),
            lines: 0,
            lines_without_category: 0,
            orders_without_tax: 0,
            examples: Vec::new(),
        }
    }

    /// Looks at a message.
    pub fn look(&mut self, message: &Message) {
        self.read += 1;
        match message.decode(&self.sources) {
            Ok(Decoded::Event(event)) => {
                *self.accepted.entry(event_type(&event.body)).or_default() += 1;
                self.look_at_order(*event);
            }
            Ok(Decoded::Act(act)) => *self.accepted.entry(act_type(&act.content)).or_default() += 1,
            Ok(Decoded::Skipped) => self.skipped += 1,
            Ok(Decoded::Tombstone) => self.tombstones += 1,
            Err(rejection) => {
                *self
                    .quarantined
                    .entry((rejection.reason, without_indexes(&rejection.pointer)))
                    .or_default() += 1;
            }
        }
    }

    fn look_at_order(&mut self, event: Event) {
        let Body::Order(order) = event.body else { return };
        let mut purchase = Purchase::empty(self.now);
        purchase.put_order(order, self.now);
        let shows = Shows { lines: true, payment: true, location: true, documents: false };
        let everything = View { shows, veil: Veil::default() };
        let mut served = Vec::new();
        let shown = purchase
            .render("pur_example")
            .and_then(|rendered| project(rendered.sections.view()?, &everything, &mut served));
        let Some(value) = shown.ok().and_then(|()| serde_json::from_slice::<Value>(&served).ok()) else {
            *self.differences.entry("cannot be shown".to_owned()).or_default() += 1;
            return;
        };
        let of = |pointer: &str| value.pointer(pointer);
        if of("/completeness/reconciled") == Some(&json!(false)) {
            self.not_reconciled += 1;
            let by = of("/completeness/difference").or(of("/completeness/tenderDifference"));
            let by = by.and_then(Value::as_str).unwrap_or("?");
            *self.differences.entry(by.to_owned()).or_default() += 1;
        }
        let lines = of("/lines").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        self.lines += u64::try_from(lines.len()).unwrap_or(u64::MAX);
        let bare = lines.iter().filter(|line| line.get("category").is_none()).count();
        self.lines_without_category += u64::try_from(bare).unwrap_or(u64::MAX);
        if of("/taxes").and_then(Value::as_array).is_none_or(Vec::is_empty) {
            self.orders_without_tax += 1;
        }
        if self.examples.len() < EXAMPLES {
            self.examples.push(value);
        }
    }

    /// The report.
    pub fn report(&self) -> Value {
        let quarantined: Vec<Value> = self
            .quarantined
            .iter()
            .map(|((reason, pointer), count)| json!({ "reason": reason, "pointer": pointer, "count": count }))
            .collect();
        json!({
            "read": self.read,
            "accepted": self.accepted,
            "skipped": self.skipped,
            "tombstones": self.tombstones,
            "quarantined": quarantined,
            "notReconciled": { "orders": self.not_reconciled, "byDifference": self.differences },
            "lines": self.lines,
            "linesWithoutCategory": self.lines_without_category,
            "ordersWithoutTax": self.orders_without_tax,
            "examples": self.examples,
        })
    }
}

fn event_type(body: &Body) -> &'static str {
    match body {
        Body::Order(_) => "order.recorded.v1",
        Body::Return(_) => "return.recorded.v1",
        Body::Refund(_) => "refund.recorded.v1",
        Body::Removal(_) => "order.removed.v1",
    }
}

fn act_type(identity: &Identity) -> &'static str {
    match identity {
        Identity::Linked { .. } => "customer.linked.v1",
        Identity::Unlinked { .. } => "customer.unlinked.v1",
        Identity::Identified { .. } => "customer.identified.v1",
        Identity::Merged { .. } => "customer.merged.v1",
        Identity::Split { .. } => "customer.split.v1",
        Identity::Erased { .. } => "customer.erased.v1",
    }
}

/// `/data/lines/3/net` and `/data/lines/7/net` are one field.
fn without_indexes(pointer: &str) -> String {
    let parts: Vec<&str> = pointer
        .split('/')
        .map(|part| if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) { "*" } else { part })
        .collect();
    parts.join("/")
}
