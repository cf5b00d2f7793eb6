//! From the merge state to what is stored and served.

use chrono::{DateTime, NaiveDate, Utc};
use iso_currency::Currency;

use crate::{
    json::{push_member, push_quoted, push_shown, separate},
    money::decimals,
    time::{Moment, utc_text},
};

use super::{
    Corrupt, Marks, Order, Part, Purchase, Section, Sections,
    effects::Effects,
    sections::{LINES_ANNOTATED, SELLERS_ON_LINES, Writer},
    totals::{Totals, push_money},
};

/// A purchase as it is stored: the sections, and the columns by which it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The stored form.
    pub sections: Sections,
    /// What is searched and ordered by.
    pub columns: Columns,
}

/// What a purchase is found by. Amounts are whole minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// When it was placed, to the microsecond.
    pub purchased_at: DateTime<Utc>,
    /// The local date of the sale: `businessDate`, else the date in the time's own offset.
    pub local_date: NaiveDate,
    /// `other` for a purchase without an order.
    pub channel: &'static str,
    /// `returned` for a purchase without an order.
    pub status: &'static str,
    /// ISO 4217 code.
    pub currency: &'static str,
    /// 0 for a purchase without an order.
    pub grand_total: i64,
    /// Refunds in the same currency that are settled or pending.
    pub refunded: i64,
    /// The shop, of which only a keyed hash is stored.
    pub store_id: Option<String>,
    /// Bought on a shared account.
    pub shared: bool,
}

/// The status of a purchase that has no order: a return without receipt, or one whose order has not come.
pub(super) const RETURNED: &str = "returned";

impl Purchase {
    /// Renders the purchase under its served `id`.
    ///
    /// # Errors
    /// [`Corrupt`] where the lines of an order that was read from storage cannot be read.
    pub fn render(&self, id: &str) -> Result<Rendered, Corrupt> {
        let facts = self.order.as_ref().map(|order| &order.facts);
        let currency = facts.map_or_else(|| self.currency_without_order(), |facts| facts.currency);
        let mut effects = Effects::of(self, currency);
        let size = self.order.as_ref().map_or(0, |order| order.text.len());
        let parts = self.returns.len() + self.refunds.len();
        let mut lines = String::new();
        let mut flags = 0;
        if let Some(order) = self.order.as_ref().filter(|_| parts > 0) {
            effects.judge(order)?;
            if effects.touches_lines() {
                flags |= LINES_ANNOTATED;
                effects.push_lines(order, &mut lines)?;
            }
        }
        let mut writer = Writer::with_capacity(size + 768 + 1024 * parts);
        self.push_head(&mut writer.text, id, currency, &effects);
        writer.close(Section::Head);
        let part = |part| self.order.as_ref().map_or("", |order| order.text.get(part));
        let lines = if lines.is_empty() { part(Part::Lines) } else { &lines };
        push_list(&mut writer.text, "lines", lines);
        writer.close(Section::Lines);
        let text = &mut writer.text;
        push_list(text, "tenders", part(Part::Tenders));
        text.push(',');
        push_list(text, "loyalty", part(Part::Loyalty));
        if let Some(facts) = facts.filter(|facts| facts.payment != "paid") {
            push_member(text, "payment", facts.payment);
        }
        writer.close(Section::Payment);
        let start = writer.text.len();
        for (name, text) in [("seller", part(Part::Seller)), ("location", part(Part::Location))] {
            if !text.is_empty() {
                push_part(&mut writer.text, start, name, text);
            }
        }
        writer.close(Section::Location);
        for (section, part, name) in [
            (Section::Fulfilments, part(Part::Fulfilments), "fulfilments"),
            (Section::Documents, part(Part::Documents), "documents"),
        ] {
            if !matches!(part, "" | "[]") {
                push_list(&mut writer.text, name, part);
            }
            writer.close(section);
        }
        self.push_parts(&mut writer, currency);
        if facts.is_some_and(|facts| facts.sellers_on_lines) {
            flags |= SELLERS_ON_LINES;
        }
        let refunded = i64::try_from(effects.refunded);
        let columns = self.columns(currency, refunded.unwrap_or(i64::MAX));
        let marks = facts.and_then(|facts| facts.marks).map(Marks::to_bytes).unwrap_or_default();
        Ok(Rendered { sections: writer.finish(flags, &marks), columns })
    }

    fn columns(&self, currency: Currency, refunded: i64) -> Columns {
        let at = self.purchased_at();
        let facts = self.order.as_ref().map(|order| &order.facts);
        Columns {
            purchased_at: at.map_or(self.recorded_at, Moment::utc),
            local_date: facts
                .and_then(|facts| facts.business_date)
                .or(at.map(Moment::local_date))
                .unwrap_or_else(|| self.recorded_at.date_naive()),
            channel: facts.map_or("other", |facts| facts.channel),
            status: facts.map_or(RETURNED, |facts| facts.status),
            currency: currency.code(),
            grand_total: facts.map_or(0, |facts| facts.sums.grand_total),
            refunded,
            store_id: facts.and_then(|facts| facts.store_id.clone()),
            shared: facts.is_some_and(|facts| facts.shared),
        }
    }

    /// When it was bought, in UTC; without an order, when the first of it came back. `None` while nothing is known.
    pub fn placed_at(&self) -> Option<DateTime<Utc>> {
        self.purchased_at().map(Moment::utc)
    }

    /// When it was bought; without an order, when the first of it came back.
    fn purchased_at(&self) -> Option<Moment> {
        if let Some(order) = &self.order {
            return Some(order.facts.purchased_at);
        }
        let returned = self.returns.iter().map(|part| part.returned_at);
        returned.chain(self.refunds.iter().map(|part| part.issued_at)).min_by_key(|moment| moment.utc())
    }

    /// Of its first refund, else the one configured for the source of its first return.
    fn currency_without_order(&self) -> Currency {
        let refund = self.refunds.first().map(|part| part.currency);
        refund.or(self.returns.first().map(|part| part.currency)).unwrap_or(Currency::XXX)
    }

    fn push_head(&self, out: &mut String, id: &str, currency: Currency, effects: &Effects<'_>) {
        // Written by hand, because it is the first of its object.
        out.push_str("\"id\":\"");
        out.push_str(id);
        out.push_str("\",\"revision\":");
        push_shown(out, self.revision);
        push_quoted(out, "recordedAt", utc_text(self.recorded_at));
        push_quoted(out, "updatedAt", utc_text(self.updated_at));
        out.push(',');
        match &self.order {
            Some(order) => push_order(out, order),
            None => self.push_head_without_order(out, currency),
        }
        let sums = self.order.as_ref().map(|order| order.facts.sums).unwrap_or_default();
        let totals = Totals {
            gross: sums.gross.into(),
            discounts: sums.discounts.into(),
            charges: sums.charges.into(),
            taxes: sums.taxes.into(),
            grand_total: sums.grand_total.into(),
            refunded: effects.refunded,
            refunded_other: &effects.refunded_other,
        };
        out.push_str(",\"totals\":");
        totals.push(out, currency);
        self.push_completeness(out, currency, effects);
    }

    fn push_head_without_order(&self, out: &mut String, currency: Currency) {
        out.push_str("\"status\":\"returned\",\"channel\":\"other\"");
        let named = self.returns.iter().find_map(|part| part.order_id.as_deref());
        let named = named.or_else(|| self.refunds.iter().find_map(|part| part.order_id.as_deref()));
        if let Some(order_id) = named {
            push_member(out, "orderId", order_id);
        }
        if let Some(moment) = self.purchased_at() {
            separate(out, "purchasedAt");
            moment.push_quoted(out);
        }
        push_member(out, "currency", currency.code());
        out.push_str(",\"charges\":[],\"taxes\":[]");
        let origin = self.returns.first().map(|part| &part.origin);
        if let Some(origin) = origin.or(self.refunds.first().map(|part| &part.origin)) {
            out.push_str(",\"provenance\":{");
            push_member(out, "source", &origin.source);
            push_member(out, "eventId", &origin.event_id);
            out.push('}');
        }
    }

    fn push_completeness(&self, out: &mut String, currency: Currency, effects: &Effects<'_>) {
        let places = decimals(currency);
        let facts = self.order.as_ref().map(|order| &order.facts);
        let sums = facts.map(|facts| facts.sums).unwrap_or_default();
        let reconciled = sums.difference == 0 && sums.tender_difference.is_none();
        out.push_str(if reconciled {
            ",\"completeness\":{\"reconciled\":true,\"partial\":false,\"hiddenLines\":0"
        } else {
            ",\"completeness\":{\"reconciled\":false,\"partial\":false,\"hiddenLines\":0"
        });
        if sums.difference != 0 {
            push_money(out, "difference", i128::from(sums.difference), places);
        }
        if let Some(difference) = sums.tender_difference {
            push_money(out, "tenderDifference", i128::from(difference), places);
        }
        out.push_str(",\"notes\":[");
        let own = facts.map(|facts| facts.notes.as_slice()).unwrap_or_default();
        for note in own.iter().map(String::as_str).chain(effects.notes.iter().copied()) {
            out.push_str(if out.ends_with('[') { "\"" } else { ",\"" });
            out.push_str(note);
            out.push('"');
        }
        out.push_str("]}");
    }

    fn push_parts(&self, writer: &mut Writer, currency: Currency) {
        let places = decimals(currency);
        let out = &mut writer.text;
        out.push_str("\"returns\":[");
        for part in self.seen_returns() {
            comma(out);
            part.push_served(out, places);
        }
        out.push(']');
        writer.close(Section::Returns);
        let out = &mut writer.text;
        out.push_str("\"refunds\":[");
        for part in self.seen_refunds() {
            comma(out);
            part.push_served(out);
        }
        out.push(']');
        writer.close(Section::Refunds);
        if !self.returns.is_empty() || !self.refunds.is_empty() {
            self.push_kept(&mut writer.text);
        }
        writer.close(Section::Kept);
    }

    /// Returns and refunds as they were sent, with what their events said beside them.
    fn push_kept(&self, out: &mut String) {
        out.push_str("{\"returns\":[");
        for part in &self.returns {
            comma(out);
            out.push('{');
            push_member(out, "source", &part.origin.source);
            push_member(out, "eventId", &part.origin.event_id);
            push_member(out, "currency", part.currency.code());
            if let Some(note) = &part.note {
                push_member(out, "note", note);
            }
            separate(out, "data");
            part.push_data(out);
            out.push('}');
        }
        out.push_str("],\"refunds\":[");
        for part in &self.refunds {
            comma(out);
            out.push('{');
            push_member(out, "source", &part.origin.source);
            push_member(out, "eventId", &part.origin.event_id);
            if let Some(note) = &part.note {
                push_member(out, "note", note);
            }
            separate(out, "data");
            part.push_data(out);
            out.push('}');
        }
        out.push_str("]}");
    }
}

fn comma(out: &mut String) {
    if !out.ends_with('[') {
        out.push(',');
    }
}

fn push_order(out: &mut String, order: &Order) {
    let part = |part| order.text.get(part);
    out.push_str(part(Part::Head));
    out.push(',');
    push_list(out, "charges", part(Part::Charges));
    out.push(',');
    push_list(out, "taxes", part(Part::Taxes));
    if !matches!(part(Part::Related), "" | "[]") {
        out.push(',');
        push_list(out, "related", part(Part::Related));
    }
    out.push_str(",\"provenance\":");
    out.push_str(part(Part::Provenance));
}

/// Appends a list with its name, without a comma before it.
fn push_list(out: &mut String, name: &str, list: &str) {
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
    out.push_str(if list.is_empty() { "[]" } else { list });
}

/// Appends a member to a section that starts at `start`.
fn push_part(out: &mut String, start: usize, name: &str, value: &str) {
    if out.len() > start {
        out.push(',');
    }
    push_list(out, name, value);
}
