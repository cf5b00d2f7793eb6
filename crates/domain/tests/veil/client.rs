//! What a client can check of a purchase by itself, with nothing but the answer.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Served<'a> {
    currency: Cow<'a, str>,
    prices_include_tax: Option<bool>,
    lines: Option<Vec<Line<'a>>>,
    charges: Vec<Amount<'a>>,
    taxes: Vec<Amount<'a>>,
    tenders: Option<Vec<Amount<'a>>>,
    loyalty: Option<Vec<serde::de::IgnoredAny>>,
    payment: Option<Cow<'a, str>>,
    returns: Vec<Return<'a>>,
    refunds: Vec<Refund<'a>>,
    pub totals: Totals<'a>,
    pub completeness: Completeness<'a>,
}

#[derive(Deserialize)]
struct Amount<'a> {
    amount: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    id: Cow<'a, str>,
    gross: Option<Cow<'a, str>>,
    discounts: Vec<Amount<'a>>,
    net: Cow<'a, str>,
    #[serde(default)]
    taxes: Vec<Amount<'a>>,
    returned_quantity: Option<Cow<'a, str>>,
    refunded: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Return<'a> {
    status: Cow<'a, str>,
    lines: Option<Vec<ReturnLine<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReturnLine<'a> {
    line_id: Option<Cow<'a, str>>,
    quantity: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refund<'a> {
    amount: Cow<'a, str>,
    currency: Cow<'a, str>,
    status: Cow<'a, str>,
    allocations: Vec<Allocation<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Allocation<'a> {
    line_id: Option<Cow<'a, str>>,
    amount: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals<'a> {
    gross: Cow<'a, str>,
    discounts: Cow<'a, str>,
    charges: Cow<'a, str>,
    taxes: Cow<'a, str>,
    pub grand_total: Cow<'a, str>,
    pub refunded: Cow<'a, str>,
    #[serde(default)]
    pub refunded_other: Vec<Other<'a>>,
    net: Cow<'a, str>,
}

#[derive(Deserialize)]
pub struct Other<'a> {
    pub currency: Cow<'a, str>,
    pub amount: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Completeness<'a> {
    reconciled: bool,
    partial: bool,
    pub hidden_lines: usize,
    totals_of: Option<Cow<'a, str>>,
    notes: Vec<Cow<'a, str>>,
}

/// A decimal number in thousandths.
fn units(text: &str) -> i64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = format!("{fraction:0<3}");
    let units: i64 = format!("{whole}{fraction}").parse().unwrap();
    units
}

fn sum(amounts: &[Amount<'_>]) -> i64 {
    amounts.iter().map(|one| units(&one.amount)).sum()
}

fn check(what: &str, told: i64, worked_out: i64) -> Result<(), String> {
    if told == worked_out { Ok(()) } else { Err(format!("{what} is {told}, not {worked_out} thousandths")) }
}

impl Served<'_> {
    pub fn check(&self) -> Result<(), String> {
        let totals = &self.totals;
        self.check_form()?;
        check("net", units(&totals.net), units(&totals.grand_total) - units(&totals.refunded))?;
        self.check_refunded()?;
        if let Some(lines) = &self.lines {
            self.check_lines(lines)?;
        }
        Ok(())
    }

    fn check_form(&self) -> Result<(), String> {
        let of = self.completeness.totals_of.as_deref();
        if self.completeness.partial != (self.completeness.hidden_lines > 0)
            || self.completeness.partial != of.is_some()
        {
            return Err("what is left out is not told".to_owned());
        }
        if of != Some("shown") {
            return Ok(());
        }
        let lists = [
            self.charges.len(),
            self.taxes.len(),
            self.tenders.as_ref().map_or(0, Vec::len),
            self.loyalty.as_ref().map_or(0, Vec::len),
            self.completeness.notes.len(),
        ];
        if lists != [0; 5] || self.payment.is_some() || !self.completeness.reconciled {
            return Err("what speaks of the whole is told of a part".to_owned());
        }
        let shares =
            |refund: &Refund<'_>| refund.allocations.iter().map(|part| units(&part.amount)).sum::<i64>();
        let refunds = self.refunds.iter().filter(|_| self.lines.is_some());
        refunds.map(|refund| check("a refund", units(&refund.amount), shares(refund))).collect()
    }

    fn check_refunded(&self) -> Result<(), String> {
        let mut refunded: BTreeMap<&str, i64> = BTreeMap::new();
        for refund in self.refunds.iter().filter(|refund| refund.status != "failed") {
            *refunded.entry(&refund.currency).or_default() += units(&refund.amount);
        }
        let own = refunded.remove(&*self.currency).unwrap_or_default();
        check("refunded", units(&self.totals.refunded), own)?;
        let told: BTreeMap<&str, i64> =
            self.totals.refunded_other.iter().map(|other| (&*other.currency, units(&other.amount))).collect();
        if told == refunded { Ok(()) } else { Err(format!("refundedOther is {told:?}, not {refunded:?}")) }
    }

    fn check_lines(&self, lines: &[Line<'_>]) -> Result<(), String> {
        let totals = &self.totals;
        let of = self.completeness.totals_of.as_deref();
        if of != Some("all") {
            let net: i64 = lines.iter().map(|line| units(&line.net)).sum();
            let off: i64 = lines.iter().map(|line| sum(&line.discounts)).sum();
            let gross = lines.iter().map(|line| match &line.gross {
                Some(gross) => units(gross),
                None => units(&line.net) + sum(&line.discounts),
            });
            check("gross", units(&totals.gross), gross.sum())?;
            check("discounts", units(&totals.discounts), off)?;
            check("charges", units(&totals.charges), sum(&self.charges))?;
            let taxes: i64 = lines.iter().map(|line| sum(&line.taxes)).sum();
            let taxes = if self.taxes.is_empty() { taxes } else { sum(&self.taxes) };
            check("taxes", units(&totals.taxes), taxes)?;
            let on_top = if self.prices_include_tax == Some(false) { taxes } else { 0 };
            if self.completeness.reconciled {
                check("grandTotal", units(&totals.grand_total), net + units(&totals.charges) + on_top)?;
            }
        }
        let back = || self.returns.iter().filter(|part| matches!(&*part.status, "received" | "completed"));
        let paid =
            || self.refunds.iter().filter(|part| part.status != "failed" && part.currency == self.currency);
        for line in lines {
            let quantities = back()
                .flat_map(|part| part.lines.iter().flatten())
                .filter(|back| back.line_id.as_ref() == Some(&line.id));
            let quantity: Option<i64> =
                quantities.map(|back| units(&back.quantity)).reduce(|one, other| one + other);
            let shares = paid()
                .flat_map(|part| &part.allocations)
                .filter(|part| part.line_id.as_ref() == Some(&line.id));
            let share: Option<i64> = shares.map(|part| units(&part.amount)).reduce(|one, other| one + other);
            let told = (line.returned_quantity.as_deref().map(units), line.refunded.as_deref().map(units));
            if told != (quantity, share) {
                return Err(format!("a line says {told:?} came back, not {:?}", (quantity, share)));
            }
        }
        Ok(())
    }
}
