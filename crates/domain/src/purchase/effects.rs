//! What returns and refunds do to an order: what came back of each line, what was refunded, what does not fit.

use std::collections::{BTreeMap, BTreeSet};

use iso_currency::Currency;

use crate::{
    json::{Fault, Reader, elements, separate},
    money::{Decimal, UNIT_PRICE_PLACES, decimals, push_scaled},
};

use super::{AllocationTarget, Order, Part, Purchase};

/// Notes that follow from returns and refunds; they are worked out anew at each merge.
pub(super) const NOTES: [&str; 6] = [
    "refund_exceeds",
    "refund_other_currency",
    "refund_unknown_charge",
    "refund_unknown_line",
    "return_exceeds",
    "return_unknown_line",
];

/// What came back of one line.
#[derive(Clone, Copy, Default)]
struct OfLine {
    returned: Option<Decimal>,
    /// In minor units.
    refunded: Option<i128>,
}

/// All that returns and refunds add up to.
#[derive(Default)]
pub(super) struct Effects<'a> {
    lines: BTreeMap<&'a str, OfLine>,
    charges: BTreeMap<&'a str, i128>,
    /// In the currency of the purchase.
    pub(super) refunded: i128,
    /// In other currencies, by code.
    pub(super) refunded_other: BTreeMap<&'static str, (Currency, i128)>,
    pub(super) notes: BTreeSet<&'static str>,
}

impl<'a> Effects<'a> {
    /// Sums up what the customer may see.
    pub(super) fn of(purchase: &'a Purchase, currency: Currency) -> Self {
        let mut effects = Self::default();
        for part in purchase.seen_returns().filter(|part| part.has_come_back()) {
            for line in &part.lines {
                if let Some(id) = &line.line_id {
                    let returned = &mut effects.lines.entry(id).or_default().returned;
                    *returned = Some(returned.unwrap_or_default().plus(line.quantity));
                }
            }
        }
        for part in purchase.seen_refunds().filter(|part| part.counts()) {
            let amount = i128::from(part.amount);
            if part.currency != currency {
                effects.notes.insert("refund_other_currency");
                let other = effects.refunded_other.entry(part.currency.code()).or_insert((part.currency, 0));
                other.1 += amount;
                continue;
            }
            effects.refunded += amount;
            for allocation in &part.allocations {
                let amount = i128::from(allocation.amount);
                match &allocation.target {
                    AllocationTarget::Line(id) => {
                        *effects.lines.entry(id).or_default().refunded.get_or_insert(0) += amount;
                    }
                    AllocationTarget::Charge(id) => *effects.charges.entry(id).or_default() += amount,
                    AllocationTarget::Other(..) => {}
                }
            }
        }
        effects
    }

    /// Whether any line is to be annotated.
    pub(super) fn touches_lines(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Compares the refunds with the order and its charges.
    pub(super) fn judge(&mut self, order: &Order) -> Result<(), Fault> {
        let total = i128::from(order.facts.sums.grand_total);
        if self.refunded > total.max(0) {
            self.notes.insert("refund_exceeds");
        }
        let mut known = BTreeSet::new();
        let charges = order.text.get(Part::Charges);
        if !charges.is_empty() {
            elements(charges, |charge| {
                Reader::lenient(charge, 0).object(|reader, key| {
                    if key == "id" {
                        known.insert(reader.id()?.into_owned());
                        return Ok(());
                    }
                    reader.skip()
                })?;
                Ok(())
            })?;
        }
        if self.charges.keys().any(|id| !known.contains(*id)) {
            self.notes.insert("refund_unknown_charge");
        }
        Ok(())
    }

    /// Appends the order's lines with what came back of each.
    pub(super) fn push_lines(&mut self, order: &Order, out: &mut String) -> Result<(), Fault> {
        let places = decimals(order.facts.currency);
        let mut lines = std::mem::take(&mut self.lines);
        let text = order.text.get(Part::Lines);
        out.push('[');
        if !text.is_empty() {
            elements(text, |line| {
                if !out.ends_with('[') {
                    out.push(',');
                }
                let sold = Sold::read(line, places)?;
                let Some(effect) = lines.remove(sold.id.as_str()) else {
                    out.push_str(line);
                    return Ok(());
                };
                self.judge_line(&sold, effect, order.facts.taxes_included);
                out.push_str(line.strip_suffix('}').unwrap_or(line));
                push_effect(out, effect, places);
                out.push('}');
                Ok(())
            })?;
        }
        out.push(']');
        for effect in lines.values() {
            if effect.returned.is_some() {
                self.notes.insert("return_unknown_line");
            }
            if effect.refunded.is_some() {
                self.notes.insert("refund_unknown_line");
            }
        }
        Ok(())
    }

    fn judge_line(&mut self, sold: &Sold, effect: OfLine, taxes_included: bool) {
        let cost = sold.net + if taxes_included { 0 } else { sold.taxes };
        if effect.refunded.is_some_and(|refunded| refunded > cost.max(0)) {
            self.notes.insert("refund_exceeds");
        }
        if effect.returned.is_some_and(|returned| returned.exceeds(sold.quantity)) {
            self.notes.insert("return_exceeds");
        }
    }
}

fn push_effect(out: &mut String, effect: OfLine, places: u8) {
    if let Some(returned) = effect.returned {
        separate(out, "returnedQuantity");
        out.push('"');
        returned.push(out, 0);
        out.push('"');
    }
    if let Some(refunded) = effect.refunded {
        separate(out, "refunded");
        out.push('"');
        push_scaled(out, refunded, places);
        out.push('"');
    }
}

/// What must be known of a served line.
#[derive(Default)]
struct Sold {
    id: String,
    quantity: Decimal,
    net: i128,
    taxes: i128,
}

impl Sold {
    fn read(line: &str, places: u8) -> Result<Self, Fault> {
        let mut sold = Self::default();
        Reader::lenient(line, 0).object(|reader, key| {
            match key {
                "id" => sold.id = reader.id()?.into_owned(),
                "net" => sold.net = minor(reader, places)?,
                "quantity" => {
                    reader.object(|reader, key| {
                        if key == "value" {
                            number(reader).map(|value| sold.quantity = value)
                        } else {
                            reader.skip()
                        }
                    })?;
                }
                "taxes" => {
                    reader.array(|reader| {
                        reader
                            .object(|reader, key| {
                                if key == "amount" {
                                    minor(reader, places).map(|amount| sold.taxes += amount)
                                } else {
                                    reader.skip()
                                }
                            })
                            .map(drop)
                    })?;
                }
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        Ok(sold)
    }
}

fn number(reader: &mut Reader<'_>) -> Result<Decimal, Fault> {
    let place = reader.place();
    Decimal::read(&reader.string()?, UNIT_PRICE_PLACES, false).map_err(|reason| Fault::new(reason, place))
}

fn minor(reader: &mut Reader<'_>, places: u8) -> Result<i128, Fault> {
    let place = reader.place();
    let amount = number(reader)?.minor(places).map_err(|reason| Fault::new(reason, place))?;
    Ok(i128::from(amount))
}
