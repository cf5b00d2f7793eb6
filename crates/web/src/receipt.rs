//! The figures of a purchase: its lines with what came back at each, the sum spelled out, how it was paid.

use minijinja::{Value, context};

use crate::amount::{self, taken_off};
use crate::served::{Allocation, Line, Purchase, Refund, Return, ReturnLine};
use crate::words::Words;

/// The values of `receipt.html`.
pub(crate) fn render(words: &Words, purchase: &Purchase) -> Value {
    let lines: Vec<Value> = purchase.lines.iter().map(|line| describe_line(words, purchase, line)).collect();
    context! {
        currency => purchase.currency,
        has_order => purchase.has_order(),
        lines,
        sum => sum(words, purchase),
        total => purchase.totals.grand_total,
        taxes_within => taxes_within(purchase),
        came_back => came_back(words, purchase),
        paid => paid(purchase),
        payment => purchase.payment,
        loyalty => loyalty(purchase),
        is_reconciled => purchase.completeness.reconciled,
        difference => purchase.completeness.difference,
        tender_difference => purchase.completeness.tender_difference,
    }
}

fn describe_line(words: &Words, purchase: &Purchase, line: &Line) -> Value {
    let discounts = line.discounts.iter().map(|discount| {
        context! {
            kind => discount.kind,
            original => discount.kind_original,
            description => discount.description,
            amount => taken_off(&discount.amount),
        }
    });
    let returns = purchase.returns.iter().flat_map(|part| {
        let own = part.lines.iter().filter(|back| back.line_id.as_ref() == Some(&line.id));
        own.map(|back| describe_return(words, part, back))
    });
    let is_own = |part: &Allocation| part.line_id.as_ref() == Some(&line.id);
    let has_discounts = !line.discounts.is_empty();
    context! {
        name => line.name,
        brand => line.brand,
        kind => line.kind,
        kind_original => line.kind_original,
        quantity => line.quantity.value,
        unit => line.quantity.unit,
        unit_original => line.quantity.unit_original,
        unit_price => line.unit_price.as_deref().map(|price| amount::price(price, &purchase.currency)),
        gross => line.gross.as_deref().filter(|_| has_discounts),
        discounts => discounts.collect::<Vec<_>>(),
        net => line.net,
        seller => line.seller.as_ref().map(|seller| &seller.name),
        serial => line.serial,
        return_by => line.return_by.map(|day| words.dated(day)),
        warranty_until => line.warranty_until.map(|day| words.dated(day)),
        returns => returns.collect::<Vec<_>>(),
        refunds => allocated(words, purchase, is_own),
    }
}

fn describe_return(words: &Words, part: &Return, back: &ReturnLine) -> Value {
    context! {
        status => part.status,
        day => words.dated(part.returned_at.date_naive()),
        quantity => back.quantity,
        unit => back.unit,
        name => back.name.as_ref().unwrap_or(&back.sku),
        amount => back.amount,
        reason => back.reason,
    }
}

/// What of the refunds is for something.
fn allocated(words: &Words, purchase: &Purchase, is_for: impl Fn(&Allocation) -> bool) -> Vec<Value> {
    let mut found = Vec::new();
    for refund in &purchase.refunds {
        for part in refund.allocations.iter().filter(|part| is_for(part)) {
            found.push(context! { amount => part.amount, ..describe_refund(words, refund) });
        }
    }
    found
}

fn describe_refund(words: &Words, refund: &Refund) -> Value {
    context! {
        amount => refund.amount,
        currency => refund.currency,
        day => words.dated(refund.issued_at.date_naive()),
        status => refund.status,
        method => refund.method,
        method_original => refund.method_original,
    }
}

/// The sum, row by row, so that the rows add up to the total.
fn sum(words: &Words, purchase: &Purchase) -> Vec<Value> {
    let (totals, currency) = (&purchase.totals, purchase.currency.as_str());
    let of = |number: &str| amount::units(number, currency).unwrap_or_default();
    let row = |what: &str, amount: String| sum_row(what, &amount);
    let items = purchase.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(of(&line.net)));
    let (gross, discounts) = (of(&totals.gross), of(&totals.discounts));
    let mut rows = Vec::new();
    if discounts != 0 && gross.saturating_sub(discounts) == items {
        rows.push(row("gross", totals.gross.clone()));
        rows.push(row("discounts", taken_off(&totals.discounts)));
    } else {
        rows.push(row("items", amount::number(items, currency)));
    }
    for charge in &purchase.charges {
        rows.push(context! {
            kind => charge.kind,
            original => charge.kind_original,
            description => charge.description,
            refunds => allocated(words, purchase, |part| part.charge_id.as_ref() == Some(&charge.id)),
            ..row("charge", charge.amount.clone())
        });
    }
    if purchase.prices_include_tax == Some(false) {
        rows.extend(taxes(purchase));
    }
    if let Some(difference) = &purchase.completeness.difference {
        rows.push(row("difference", difference.clone()));
    }
    rows
}

/// A row of the sum that says no more than what it is.
fn sum_row(what: &str, amount: &str) -> Value {
    let nothing: Option<&str> = None;
    let refunds: [Value; 0] = [];
    context! {
        what,
        amount,
        kind => nothing,
        original => nothing,
        description => nothing,
        rate => nothing,
        refunds,
    }
}

/// The taxes, each, where they add up; else their sum.
fn taxes(purchase: &Purchase) -> Vec<Value> {
    let of = |number: &str| amount::units(number, &purchase.currency).unwrap_or_default();
    let each = purchase.taxes.iter().fold(0_i64, |sum, tax| sum.saturating_add(of(&tax.amount)));
    if each != of(&purchase.totals.taxes) {
        return vec![sum_row("tax", &purchase.totals.taxes)];
    }
    let describe = |tax: &crate::served::Tax| {
        context! {
            kind => tax.kind,
            original => tax.type_original,
            rate => tax.rate,
            ..sum_row("tax", &tax.amount)
        }
    };
    purchase.taxes.iter().filter(|tax| of(&tax.amount) != 0).map(describe).collect()
}

/// The taxes that prices include, where there are any.
fn taxes_within(purchase: &Purchase) -> Vec<Value> {
    let is_nil = amount::units(&purchase.totals.taxes, &purchase.currency) == Some(0);
    if is_nil || purchase.prices_include_tax == Some(false) { Vec::new() } else { taxes(purchase) }
}

/// All that came back, and what of it stands at no line.
fn came_back(words: &Words, purchase: &Purchase) -> Value {
    let (totals, lines) = (&purchase.totals, &purchase.lines);
    let is_known =
        |id: &Option<String>| id.as_ref().is_some_and(|id| lines.iter().any(|line| line.id == *id));
    let loose = purchase.returns.iter().flat_map(|part| {
        let unknown = part.lines.iter().filter(|back| !is_known(&back.line_id));
        unknown.map(|back| describe_return(words, part, back))
    });
    let refunds = purchase.refunds.iter().map(|refund| {
        let fees = refund.fees_withheld.iter();
        let fees = fees.map(|fee| context! { description => fee.description, amount => fee.amount });
        let others = refund.allocations.iter().filter(|part| part.other.is_some());
        let others = others.map(|part| {
            context! { kind => part.other, original => part.other_original, amount => part.amount }
        });
        context! {
            fees => fees.collect::<Vec<_>>(),
            others => others.collect::<Vec<_>>(),
            ..describe_refund(words, refund)
        }
    });
    let other_currencies: Vec<Value> = totals
        .refunded_other
        .iter()
        .map(|other| context! { amount => other.amount, currency => other.currency })
        .collect();
    context! {
        is_any => !purchase.returns.is_empty() || !purchase.refunds.is_empty(),
        returns => loose.collect::<Vec<_>>(),
        refunds => refunds.collect::<Vec<_>>(),
        refunded => taken_off(&totals.refunded),
        other_currencies,
        left => totals.net,
    }
}

fn paid(purchase: &Purchase) -> Vec<Value> {
    let describe = |tender: &crate::served::Tender| {
        context! {
            method => tender.method,
            original => tender.method_original,
            scheme => tender.scheme,
            last4 => tender.last4,
            amount => tender.amount,
            change => tender.change,
            currency => tender.currency.as_ref().unwrap_or(&purchase.currency),
        }
    };
    purchase.tenders.iter().map(describe).collect()
}

fn loyalty(purchase: &Purchase) -> Vec<Value> {
    let describe = |loyalty: &crate::served::Loyalty| {
        context! {
            programme => loyalty.programme_id,
            earned => loyalty.earned,
            redeemed => loyalty.redeemed,
            unit => loyalty.unit,
        }
    };
    purchase.loyalty.iter().map(describe).collect()
}
