//! Returns and refunds: what came back, and the money that went back for it.

use chrono::{DateTime, Utc};
use iso_currency::Currency;
use rust_decimal::Decimal;

use crate::{
    json::{push_member, push_quoted, separate},
    money::{at_least, decimals, push_scaled},
    time::Moment,
};

/// From which event a return or refund comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) source: String,
    pub(crate) event_id: String,
}

/// One line of a return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReturnLine {
    pub(crate) id: String,
    pub(crate) line_id: Option<String>,
    pub(crate) sku: String,
    pub(crate) name: Option<String>,
    pub(crate) quantity: Decimal,
    /// Absent where it is counted in pieces.
    pub(crate) unit: Option<String>,
    /// In the currency of the purchase, which a return does not name.
    pub(crate) amount: Decimal,
    pub(crate) reason: Option<String>,
}

/// A return of lines (`return.recorded.v1`), whole and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    pub(crate) id: String,
    pub(crate) order_id: Option<String>,
    pub(crate) status: &'static str,
    pub(crate) returned_at: Moment,
    pub(crate) lines: Vec<ReturnLine>,
    pub(crate) is_by_recipient: bool,
    /// What had to be decided to make an instant of `returnedAt`.
    pub(crate) note: Option<String>,
    pub(crate) origin: Origin,
    /// The currency configured for its source, where no order and no refund tells it.
    pub(crate) currency: Currency,
}

impl Return {
    /// The source's id of the return.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The order it belongs to; `None` for a return without receipt.
    pub fn order_id(&self) -> Option<&str> {
        self.order_id.as_deref()
    }

    /// When it was returned, in UTC.
    pub fn returned_at(&self) -> DateTime<Utc> {
        self.returned_at.utc()
    }

    pub(crate) fn set_origin(&mut self, source: &str, event_id: &str) {
        self.origin = Origin { source: source.to_owned(), event_id: event_id.to_owned() };
    }

    /// Whether its lines have come back: neither announced only nor rejected.
    pub(crate) fn has_come_back(&self) -> bool {
        matches!(self.status, "received" | "completed")
    }

    /// Appends it as the event's data, in canonical form.
    pub(crate) fn push_data(&self, out: &mut String) {
        out.push('{');
        push_member(out, "returnId", &self.id);
        push_optional(out, "orderId", self.order_id.as_deref());
        push_member(out, "status", self.status);
        push_moment(out, "returnedAt", self.returned_at);
        separate(out, "lines");
        out.push('[');
        for line in &self.lines {
            next(out);
            push_member(out, "returnLineId", &line.id);
            line.push_rest(out, 0);
        }
        out.push(']');
        if self.is_by_recipient {
            push_member(out, "party", "recipient");
        }
        out.push('}');
    }

    /// Appends it as it is served, its amounts with `places` decimals.
    pub(crate) fn push_served(&self, out: &mut String, places: u32) {
        out.push('{');
        push_member(out, "id", &self.id);
        push_member(out, "status", self.status);
        push_moment(out, "returnedAt", self.returned_at);
        separate(out, "lines");
        out.push('[');
        for line in &self.lines {
            next(out);
            push_member(out, "id", &line.id);
            line.push_rest(out, places);
        }
        out.push(']');
        if let Some(note) = &self.note {
            separate(out, "notes");
            out.push_str("[\"");
            out.push_str(note);
            out.push_str("\"]");
        }
        out.push('}');
    }
}

impl ReturnLine {
    fn push_rest(&self, out: &mut String, places: u32) {
        push_optional(out, "lineId", self.line_id.as_deref());
        push_member(out, "sku", &self.sku);
        push_optional(out, "name", self.name.as_deref());
        push_quoted(out, "quantity", self.quantity);
        push_optional(out, "unit", self.unit.as_deref());
        push_quoted(out, "amount", at_least(self.amount, places));
        push_optional(out, "reason", self.reason.as_deref());
        out.push('}');
    }
}

/// What a part of a refund is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AllocationTarget {
    Line(String),
    Charge(String),
    /// A word, and the original where it was not known.
    Other(&'static str, Option<String>),
}

/// A part of a refund, in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allocation {
    pub(crate) target: AllocationTarget,
    pub(crate) amount: i64,
}

/// Something kept back from a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fee {
    pub(crate) description: Option<String>,
    pub(crate) amount: i64,
}

/// Tax within a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RefundTax {
    pub(crate) tax_id: Option<String>,
    pub(crate) kind: Option<(&'static str, Option<String>)>,
    pub(crate) amount: i64,
}

/// One movement of money back (`refund.recorded.v1`), whole and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub(crate) id: String,
    pub(crate) order_id: Option<String>,
    pub(crate) return_id: Option<String>,
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) issued_at: Moment,
    pub(crate) settled_at: Option<Moment>,
    pub(crate) method: (&'static str, Option<String>),
    pub(crate) status: &'static str,
    pub(crate) allocations: Vec<Allocation>,
    pub(crate) fees: Vec<Fee>,
    pub(crate) taxes: Vec<RefundTax>,
    /// What had to be decided to make an instant of `issuedAt`.
    pub(crate) note: Option<String>,
    pub(crate) origin: Origin,
}

impl Refund {
    /// The source's id of the refund.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The order it belongs to, if it names one.
    pub fn order_id(&self) -> Option<&str> {
        self.order_id.as_deref()
    }

    /// The return it pays for, if it names one.
    pub fn return_id(&self) -> Option<&str> {
        self.return_id.as_deref()
    }

    /// When it was issued, in UTC.
    pub fn issued_at(&self) -> DateTime<Utc> {
        self.issued_at.utc()
    }

    pub(crate) fn set_origin(&mut self, source: &str, event_id: &str) {
        self.origin = Origin { source: source.to_owned(), event_id: event_id.to_owned() };
    }

    /// Whether its money goes back: settled, or on its way; not failed.
    pub(crate) fn counts(&self) -> bool {
        matches!(self.status, "settled" | "pending")
    }

    /// Appends it as the event's data, in canonical form.
    pub(crate) fn push_data(&self, out: &mut String) {
        out.push('{');
        push_member(out, "refundId", &self.id);
        push_optional(out, "orderId", self.order_id.as_deref());
        self.push_rest(out, push_original);
    }

    /// Appends it as it is served.
    pub(crate) fn push_served(&self, out: &mut String) {
        out.push('{');
        push_member(out, "id", &self.id);
        self.push_rest(out, push_word);
        if let Some(note) = &self.note {
            out.pop();
            separate(out, "notes");
            out.push_str("[\"");
            out.push_str(note);
            out.push_str("\"]}");
        }
    }

    fn push_rest(&self, out: &mut String, push_word: PushWord) {
        let places = decimals(self.currency);
        push_optional(out, "returnId", self.return_id.as_deref());
        push_amount(out, self.amount, places);
        push_member(out, "currency", self.currency.code());
        push_moment(out, "issuedAt", self.issued_at);
        if let Some(settled_at) = self.settled_at {
            push_moment(out, "settledAt", settled_at);
        }
        push_word(out, ("method", "methodOriginal"), &self.method);
        push_member(out, "status", self.status);
        separate(out, "allocations");
        out.push('[');
        for allocation in &self.allocations {
            next(out);
            match &allocation.target {
                AllocationTarget::Line(id) => push_member(out, "lineId", id),
                AllocationTarget::Charge(id) => push_member(out, "chargeId", id),
                AllocationTarget::Other(known, original) => {
                    push_word(out, ("other", "otherOriginal"), &(known, original.clone()));
                }
            }
            push_amount(out, allocation.amount, places);
            out.push('}');
        }
        out.push(']');
        self.push_deductions(out, places, push_word);
        out.push('}');
    }

    fn push_deductions(&self, out: &mut String, places: u32, push_word: PushWord) {
        if !self.fees.is_empty() {
            separate(out, "feesWithheld");
            out.push('[');
            for fee in &self.fees {
                next(out);
                push_optional(out, "description", fee.description.as_deref());
                push_amount(out, fee.amount, places);
                out.push('}');
            }
            out.push(']');
        }
        if !self.taxes.is_empty() {
            separate(out, "taxes");
            out.push('[');
            for tax in &self.taxes {
                next(out);
                push_optional(out, "taxId", tax.tax_id.as_deref());
                if let Some(kind) = &tax.kind {
                    push_word(out, ("type", "typeOriginal"), kind);
                }
                push_amount(out, tax.amount, places);
                out.push('}');
            }
            out.push(']');
        }
    }
}

fn next(out: &mut String) {
    out.push_str(if out.ends_with('[') { "{" } else { ",{" });
}

/// How a word of an open list is written.
type PushWord = fn(&mut String, (&str, &str), &(&'static str, Option<String>));

/// As it was sent, so that reading it again gives the same.
fn push_original(out: &mut String, names: (&str, &str), word: &(&'static str, Option<String>)) {
    push_member(out, names.0, word.1.as_deref().unwrap_or(word.0));
}

/// As it is served: `other`, with the original beside it.
fn push_word(out: &mut String, names: (&str, &str), word: &(&'static str, Option<String>)) {
    push_member(out, names.0, word.0);
    push_optional(out, names.1, word.1.as_deref());
}

fn push_optional(out: &mut String, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        push_member(out, name, text);
    }
}

fn push_moment(out: &mut String, name: &str, moment: Moment) {
    separate(out, name);
    moment.push_quoted(out);
}

fn push_amount(out: &mut String, amount: i64, places: u32) {
    separate(out, "amount");
    out.push('"');
    push_scaled(out, i128::from(amount), places);
    out.push('"');
}
