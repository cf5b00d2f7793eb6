//! What a customer's purchases come to, by year and currency.
//!
//! - They are summed up as one reader sees them: of a purchase of which something is hidden, what is left counts, and
//!   its totals are those that it is served with.
//! - A receipt that says that it `fulfils` an order counts nowhere if that order is among the purchases: they are one
//!   sale. Orders are known by the source's id alone.
//! - A gift card counts when it is spent. Lines of the kind `gift_card`, and what was refunded for them, are taken off
//!   the sums; the purchase is still one. A card that is hidden stays within totals that its customer keeps.
//! - A return without an order is one purchase, with what was refunded for it.
//! - Refunds in another currency than the purchase's are summed up with that currency, and add no purchase to it.

use std::collections::{BTreeMap, HashSet};

use iso_currency::Currency;

use crate::{
    json::Text,
    money::{decimals, push_scaled},
    purchase::{
        Corrupt, Head, LineText, Partial, Section, SectionsRef, Veil, View, amount, currency_of, lines,
    },
};

/// The kind of a line as it stands in stored JSON. Within a text its quotes would be escaped.
const GIFT_CARD: &str = "\"kind\":\"gift_card\"";

/// Purchases being summed up, in any order.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    sums: BTreeMap<Key, Sum>,
    /// What counts only where none of the orders is among those added.
    receipts: Vec<Receipt>,
    orders: HashSet<String>,
    hidden_lines: u64,
    unmapped_lines: u64,
}

/// A year, and the code of a currency.
type Key = (i32, &'static str);

/// What the purchases of one year and currency come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The year of the purchases, as the caller gave it.
    pub year: i32,
    /// ISO 4217.
    pub currency: &'static str,
    /// How many there are.
    pub purchases: u64,
    /// The sum of `grandTotal`, a decimal number.
    pub grand_total: String,
    /// The sum of what was refunded.
    pub refunded: String,
    /// `grand_total` less `refunded`.
    pub net: String,
}

/// In minor units of a currency with `places` decimals.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    places: u32,
    purchases: u64,
    grand_total: i128,
    refunded: i128,
}

#[derive(Clone, Debug)]
struct Receipt {
    fulfils: Vec<String>,
    sums: Vec<(Key, Sum)>,
}

impl Summary {
    /// Adds a purchase of the local year `year`, as `view` shows it. Which datasets it shows makes no difference.
    ///
    /// # Errors
    /// [`Corrupt`] where it cannot be read; nothing of it is counted then.
    pub fn add(&mut self, sections: SectionsRef<'_>, view: &View, year: i32) -> Result<(), Corrupt> {
        let partial = view.veil.look(sections)?;
        let object = Head::object(&sections)?;
        let head = Head::read(&object)?;
        let sums = sums(&sections, view, &head, partial.as_ref(), year)?;
        let unmapped = unmapped(&sections, &view.veil)?;
        let fulfils = match &partial {
            // It is served without its related orders.
            Some(partial) if partial.lines().is_empty() => Vec::new(),
            _ => fulfilled(&head),
        };
        self.hidden_lines += partial.map_or(0, |partial| count(partial.hidden()));
        self.unmapped_lines += unmapped;
        if head.has_order() {
            self.orders.extend(head.order_id.map(|Text(id)| id.into_owned()));
        }
        if fulfils.is_empty() {
            add_all(&mut self.sums, &sums);
        } else {
            self.receipts.push(Receipt { fulfils, sums });
        }
        Ok(())
    }

    /// What they come to, by year and then by currency.
    pub fn finish(&self) -> Vec<Line> {
        let mut all = self.sums.clone();
        for receipt in &self.receipts {
            if !receipt.fulfils.iter().any(|order| self.orders.contains(order)) {
                add_all(&mut all, &receipt.sums);
            }
        }
        all.into_iter().map(|((year, currency), sum)| sum.line(year, currency)).collect()
    }

    /// Lines that are hidden from this reader.
    pub fn hidden_lines(&self) -> u64 {
        self.hidden_lines
    }

    /// Lines of orders that are in no category, hidden or not.
    pub fn unmapped_lines(&self) -> u64 {
        self.unmapped_lines
    }
}

impl Sum {
    fn line(self, year: i32, currency: &'static str) -> Line {
        let text = |units| {
            let mut text = String::new();
            push_scaled(&mut text, units, self.places);
            text
        };
        Line {
            year,
            currency,
            purchases: self.purchases,
            grand_total: text(self.grand_total),
            refunded: text(self.refunded),
            net: text(self.grand_total - self.refunded),
        }
    }
}

fn add_all(all: &mut BTreeMap<Key, Sum>, sums: &[(Key, Sum)]) {
    for (key, sum) in sums {
        let entry = all.entry(*key).or_default();
        entry.places = sum.places;
        entry.purchases += sum.purchases;
        entry.grand_total += sum.grand_total;
        entry.refunded += sum.refunded;
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// The other orders that a purchase fulfils.
fn fulfilled(head: &Head<'_>) -> Vec<String> {
    let own = head.order_id.as_ref().map(|Text(id)| &**id);
    let fulfilled = head.related.iter().filter(|related| related.rel.0 == "fulfils");
    fulfilled
        .map(|related| &related.order_id.0)
        .filter(|id| Some(&***id) != own)
        .map(|id| (**id).to_owned())
        .collect()
}

/// What a purchase adds, of its own currency first.
fn sums(
    sections: &SectionsRef<'_>,
    view: &View,
    head: &Head<'_>,
    partial: Option<&Partial<'_>>,
    year: i32,
) -> Result<Vec<(Key, Sum)>, Corrupt> {
    let currency = head.currency()?;
    let places = decimals(currency);
    let mut own = Sum { places, purchases: 1, ..Sum::default() };
    let mut other: Vec<(Currency, i128)> = Vec::new();
    match partial.filter(|_| !view.veil.keeps_totals()) {
        Some(partial) => {
            let sums = partial.sums()?;
            (own.grand_total, own.refunded) = (sums.grand_total, sums.refunded);
            other.extend(sums.refunded_other.into_values());
        }
        None => {
            own.grand_total = amount(&head.totals.grand_total.0, places)?;
            own.refunded = amount(&head.totals.refunded.0, places)?;
            for refunded in &head.totals.refunded_other {
                let currency = currency_of(&refunded.currency.0)?;
                other.push((currency, amount(&refunded.amount.0, decimals(currency))?));
            }
        }
    }
    let mut take_off = |lines: &[LineText<'_>]| {
        for line in lines.iter().filter(|line| line.is_gift_card()) {
            let figures = line.figures(currency)?;
            own.grand_total -= figures.cost(head.taxes_included());
            own.refunded -= figures.refunded;
        }
        Ok::<_, Corrupt>(())
    };
    match partial {
        Some(partial) => take_off(partial.lines())?,
        None if sections.text(Section::Lines)?.contains(GIFT_CARD) => take_off(&lines(sections)?)?,
        None => {}
    }
    let other = other.into_iter().map(|(currency, refunded)| {
        ((year, currency.code()), Sum { places: decimals(currency), refunded, ..Sum::default() })
    });
    Ok([((year, currency.code()), own)].into_iter().chain(other).collect())
}

/// How many lines of an order are in no category. The marks tell of most that there are none.
fn unmapped(sections: &SectionsRef<'_>, veil: &Veil) -> Result<u64, Corrupt> {
    if veil.marks(sections)?.is_some_and(|marks| !marks.contains(None)) {
        return Ok(0);
    }
    let catalogue = veil.catalogue();
    Ok(count(lines(sections)?.iter().filter(|line| line.category(catalogue).is_none()).count()))
}
