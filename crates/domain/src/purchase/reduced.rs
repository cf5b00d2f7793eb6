//! How a purchase is written of which something is hidden.
//!
//! It adds up by itself: its totals are the sums of what is left, and whatever speaks of the whole (tenders, loyalty,
//! charges, the order's taxes, documents) is gone. A customer may choose to keep the totals: then they, and all else
//! that is an amount of the whole, stay as they are.

use iso_currency::Currency;

use crate::{
    json::{Members, Text, push_json, push_list, push_member, push_shown, push_text, separate, without},
    money::decimals,
};

use super::{
    Corrupt, Head, Partial, Section, Shows, View,
    partial::{Allocation, For, Refund},
    project::join,
    sections::SELLERS_ON_LINES,
    stored::{self, amount},
    totals::{OtherCurrencies, Totals, push_money},
};

/// Members of the head that say what the hidden lines were where no line is left.
const TELLING: [&str; 2] = ["receiptNumber", "related"];

impl Partial<'_> {
    /// Appends what is left as one JSON object.
    pub(super) fn push(&self, view: &View, out: &mut Vec<u8>) -> Result<(), Corrupt> {
        let View { shows, veil } = view;
        let keeps = veil.keeps_totals();
        self.push_head(keeps, out)?;
        if shows.lines {
            let mut text = String::new();
            separate(&mut text, "lines");
            self.push_lines(*shows, &mut text)?;
            join(out, text.as_bytes());
        }
        if shows.payment {
            let payment = self.sections.get(Section::Payment);
            join(out, if keeps { payment } else { b"\"tenders\":[],\"loyalty\":[]" });
        }
        if shows.location && !self.lines.is_empty() {
            join(out, self.sections.get(Section::Location));
        }
        let mut text = String::new();
        if !self.sections.get(Section::Fulfilments).is_empty() {
            separate(&mut text, "fulfilments");
            self.push_fulfilments(*shows, &mut text)?;
        }
        separate(&mut text, "returns");
        self.push_returns(*shows, &mut text)?;
        separate(&mut text, "refunds");
        self.push_refunds(*shows, keeps, &mut text)?;
        join(out, text.as_bytes());
        out.push(b'}');
        Ok(())
    }

    /// Without the brace at its end.
    fn push_head(&self, keeps: bool, out: &mut Vec<u8>) -> Result<(), Corrupt> {
        let head: Members<'_> = serde_json::from_str(&self.head)?;
        let mut text = String::with_capacity(self.head.len() + 64);
        text.push('{');
        for (name, value) in head.iter() {
            match name {
                _ if TELLING.contains(&name) && self.lines.is_empty() => {}
                "charges" | "taxes" if !keeps => push_json(&mut text, name, "[]"),
                "totals" if !keeps => {
                    separate(&mut text, name);
                    self.sums()?.totals().push(&mut text, self.currency()?);
                }
                "completeness" if !keeps => {
                    separate(&mut text, name);
                    text.push_str("{\"reconciled\":true");
                    self.push_measure(&mut text, "shown");
                    text.push_str(",\"notes\":[]}");
                }
                "completeness" => {
                    separate(&mut text, name);
                    self.push_completeness(serde_json::from_str(value)?, &mut text);
                }
                _ => push_json(&mut text, name, value),
            }
        }
        out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn currency(&self) -> Result<Currency, Corrupt> {
        Head::read(&self.head)?.currency()
    }

    /// Appends how much is hidden, and of what the totals are the sums.
    fn push_measure(&self, out: &mut String, of: &str) {
        push_json(out, "partial", "true");
        separate(out, "hiddenLines");
        push_shown(out, self.hidden);
        push_member(out, "totalsOf", of);
    }

    /// What is said of the whole stays true of the totals.
    fn push_completeness(&self, completeness: Members<'_>, out: &mut String) {
        out.push('{');
        for (name, value) in completeness.iter() {
            match name {
                "partial" => self.push_measure(out, "all"),
                "hiddenLines" => {}
                _ => push_json(out, name, value),
            }
        }
        out.push('}');
    }

    fn push_lines(&self, shows: Shows, out: &mut String) -> Result<(), Corrupt> {
        let sellers = !shows.location && self.sections.has(SELLERS_ON_LINES);
        push_list(&self.lines, out, |line, out| {
            let is_orphan = line.names.parent_line_id.as_ref().is_some_and(|Text(id)| !self.shows(id));
            if is_orphan || sellers {
                let members: Members<'_> = serde_json::from_str(line.text)?;
                members.push(out, |name| match name {
                    "parentLineId" => is_orphan,
                    "seller" => sellers,
                    _ => false,
                });
            } else {
                out.push_str(line.text);
            }
            Ok(())
        })
    }

    fn push_fulfilments(&self, shows: Shows, out: &mut String) -> Result<(), Corrupt> {
        let list = stored::list(&self.sections, Section::Fulfilments)?;
        if !shows.lines {
            return Ok(without(list, out, |name| name == "lineIds")?);
        }
        let fulfilments: Vec<Members<'_>> = serde_json::from_str(list)?;
        push_list(fulfilments, out, |fulfilment, out| {
            out.push('{');
            for (name, value) in fulfilment.iter() {
                if name != "lineIds" {
                    push_json(out, name, value);
                    continue;
                }
                let ids: Vec<Text<'_>> = serde_json::from_str(value)?;
                separate(out, name);
                push_list(ids.iter().filter(|Text(id)| self.shows(id)), out, |Text(id), out| {
                    push_text(out, id);
                    Ok::<_, Corrupt>(())
                })?;
            }
            out.push('}');
            Ok(())
        })
    }

    fn push_returns(&self, shows: Shows, out: &mut String) -> Result<(), Corrupt> {
        push_list(&self.returns, out, |part, out| {
            out.push('{');
            for (name, value) in part.members.iter() {
                match name {
                    "lines" if shows.lines => {
                        separate(out, name);
                        push_list(&part.lines, out, push_whole)?;
                    }
                    "lines" => {}
                    _ => push_json(out, name, value),
                }
            }
            out.push('}');
            Ok(())
        })
    }

    fn push_refunds(&self, shows: Shows, keeps: bool, out: &mut String) -> Result<(), Corrupt> {
        let left = self.refunds.iter().filter(|refund| keeps || refund.is_left());
        push_list(left, out, |refund, out| {
            out.push('{');
            for (name, value) in refund.members.iter() {
                match name {
                    "returnId" if !self.shows_return(value) => {}
                    "method" | "methodOriginal" if !shows.payment => {}
                    "feesWithheld" | "taxes" if !keeps => {}
                    "amount" if !keeps => {
                        let places = decimals(refund.currency()?);
                        push_money(out, name, refund.shown(places)?, places);
                    }
                    "allocations" => {
                        let parts = refund.allocations.iter().filter(|part| part.is_left(shows, keeps));
                        separate(out, name);
                        push_list(parts.map(|part| &part.text), out, push_whole)?;
                    }
                    _ => push_json(out, name, value),
                }
            }
            out.push('}');
            Ok(())
        })
    }

    /// Whether a return is left; `id` as it stands in JSON, in which this crate writes a text in one way only.
    fn shows_return(&self, id: &str) -> bool {
        self.returns.iter().any(|part| part.members.text("id") == Some(id))
    }

    /// The sums of what is left.
    pub(crate) fn sums(&self) -> Result<PartialSums, Corrupt> {
        let head = Head::read(&self.head)?;
        let (currency, taxes_included) = (head.currency()?, head.taxes_included());
        let mut sums = PartialSums::default();
        for line in &self.lines {
            let figures = line.figures(currency)?;
            sums.gross += figures.gross;
            sums.discounts += figures.discounts;
            sums.taxes += figures.taxes;
            sums.grand_total += figures.cost(taxes_included);
        }
        for refund in self.refunds.iter().filter(|refund| refund.is_left() && refund.counts()) {
            let own = refund.currency()?;
            let amount = refund.shown(decimals(own))?;
            if own == currency {
                sums.refunded += amount;
            } else {
                sums.refunded_other.entry(own.code()).or_insert((own, 0)).1 += amount;
            }
        }
        Ok(sums)
    }
}

fn push_whole(text: &&str, out: &mut String) -> Result<(), Corrupt> {
    out.push_str(text);
    Ok(())
}

/// The sums of what is left of a purchase, in minor units of its currency.
#[derive(Default)]
pub(crate) struct PartialSums {
    gross: i128,
    discounts: i128,
    taxes: i128,
    pub(crate) grand_total: i128,
    pub(crate) refunded: i128,
    pub(crate) refunded_other: OtherCurrencies,
}

impl PartialSums {
    fn totals(&self) -> Totals<'_> {
        Totals {
            gross: self.gross,
            discounts: self.discounts,
            charges: 0,
            taxes: self.taxes,
            grand_total: self.grand_total,
            refunded: self.refunded,
            refunded_other: &self.refunded_other,
        }
    }
}

impl Refund<'_> {
    fn currency(&self) -> Result<Currency, Corrupt> {
        let Text(code) = self.members.get("currency")?.ok_or(Corrupt::new("a member is missing"))?;
        stored::currency_of(&code)
    }

    /// Whether any of it is for a line that is shown.
    fn is_left(&self) -> bool {
        self.allocations.iter().any(|part| part.is_for == For::ShownLine)
    }

    /// Whether its money goes back.
    fn counts(&self) -> bool {
        self.members.text("status") != Some("\"failed\"")
    }

    /// How much of it is for lines that are shown.
    fn shown(&self, places: u32) -> Result<i128, Corrupt> {
        let shown = self.allocations.iter().filter(|part| part.is_for == For::ShownLine);
        shown.map(|part| amount(&part.amount, places)).sum()
    }
}

impl Allocation<'_> {
    fn is_left(&self, shows: Shows, keeps: bool) -> bool {
        match self.is_for {
            For::ShownLine => shows.lines,
            For::HiddenLine => false,
            For::NoLine => keeps,
        }
    }
}
