//! What returns and refunds do to an order: what came back of each line, what was refunded, what does not fit.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use iso_currency::Currency;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    json::{Text, push_list, push_quoted, separate},
    money::{UNIT_PRICE_PLACES, decimals, minor, push_scaled, read},
};

use super::{AllocationTarget, Corrupt, Order, Part, Purchase, totals::OtherCurrencies};

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
    pub(super) refunded_other: OtherCurrencies,
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
                    *returned = Some((returned.unwrap_or_default() + line.quantity).normalize());
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
    pub(super) fn judge(&mut self, order: &Order) -> Result<(), Corrupt> {
        let total = i128::from(order.facts.sums.grand_total);
        if self.refunded > total.max(0) {
            self.notes.insert("refund_exceeds");
        }
        let text = order.text.get(Part::Charges);
        let charges: Vec<Charge<'_>> = if text.is_empty() { Vec::new() } else { serde_json::from_str(text)? };
        if self.charges.keys().any(|id| !charges.iter().any(|charge| charge.id.0 == *id)) {
            self.notes.insert("refund_unknown_charge");
        }
        Ok(())
    }

    /// Appends the order's lines with what came back of each.
    pub(super) fn push_lines(&mut self, order: &Order, out: &mut String) -> Result<(), Corrupt> {
        let places = decimals(order.facts.currency);
        let mut effects = std::mem::take(&mut self.lines);
        let text = order.text.get(Part::Lines);
        let lines: Vec<&RawValue> = if text.is_empty() { Vec::new() } else { serde_json::from_str(text)? };
        push_list(lines, out, |line, out| {
            let sold = Sold::read(line.get(), places)?;
            out.push_str(line.get());
            if let Some(effect) = effects.remove(&*sold.id) {
                self.judge_line(&sold, effect, order.facts.taxes_included);
                out.pop();
                push_effect(out, effect, places);
                out.push('}');
            }
            Ok::<_, Corrupt>(())
        })?;
        for effect in effects.values() {
            if effect.returned.is_some() {
                self.notes.insert("return_unknown_line");
            }
            if effect.refunded.is_some() {
                self.notes.insert("refund_unknown_line");
            }
        }
        Ok(())
    }

    fn judge_line(&mut self, sold: &Sold<'_>, effect: OfLine, taxes_included: bool) {
        let cost = sold.net + if taxes_included { 0 } else { sold.taxes };
        if effect.refunded.is_some_and(|refunded| refunded > cost.max(0)) {
            self.notes.insert("refund_exceeds");
        }
        if effect.returned.is_some_and(|returned| returned > sold.quantity) {
            self.notes.insert("return_exceeds");
        }
    }
}

fn push_effect(out: &mut String, effect: OfLine, places: u32) {
    if let Some(returned) = effect.returned {
        push_quoted(out, "returnedQuantity", returned);
    }
    if let Some(refunded) = effect.refunded {
        separate(out, "refunded");
        out.push('"');
        push_scaled(out, refunded, places);
        out.push('"');
    }
}

/// A served charge, as far as it must be known.
#[derive(Deserialize)]
struct Charge<'a> {
    #[serde(borrow)]
    id: Text<'a>,
}

/// A served line, as far as it must be known.
#[derive(Deserialize)]
struct SoldText<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    quantity: QuantityText<'a>,
    net: Text<'a>,
    #[serde(default)]
    taxes: Vec<TaxText<'a>>,
}

#[derive(Deserialize)]
struct QuantityText<'a> {
    #[serde(borrow)]
    value: Text<'a>,
}

#[derive(Deserialize)]
struct TaxText<'a> {
    #[serde(borrow)]
    amount: Text<'a>,
}

/// What was sold on a line; amounts in minor units.
struct Sold<'a> {
    id: Cow<'a, str>,
    quantity: Decimal,
    net: i128,
    taxes: i128,
}

impl<'a> Sold<'a> {
    fn read(line: &'a str, places: u32) -> Result<Self, Corrupt> {
        let number = |Text(text): Text<'_>| {
            read(&text, UNIT_PRICE_PLACES).map_err(|_| Corrupt::new("a number of a line cannot be read"))
        };
        let amount = |text: Text<'_>| {
            let amount = minor(number(text)?, places);
            amount.map(i128::from).map_err(|_| Corrupt::new("an amount of a line is none"))
        };
        let SoldText { id: Text(id), quantity, net, taxes } = serde_json::from_str(line)?;
        let taxes = taxes.into_iter().map(|tax| amount(tax.amount)).sum::<Result<i128, Corrupt>>()?;
        Ok(Self { id, quantity: number(quantity.value)?, net: amount(net)?, taxes })
    }
}
