//! Purchases as a table in a file (RFC 4180): one row for each item.

use counterfoil_oauth::history::Bought;
use csv::{Terminator, Writer, WriterBuilder};

use crate::amount;
use crate::served::{Line, Purchase};

/// The names of the columns.
const COLUMNS: [&str; 31] = [
    "purchase_id",
    "date",
    "purchased_at",
    "shop",
    "city",
    "channel",
    "status",
    "receipt_number",
    "order_id",
    "currency",
    "item",
    "brand",
    "kind",
    "category",
    "sku",
    "gtin",
    "quantity",
    "unit",
    "unit_price",
    "gross",
    "discounts",
    "net",
    "returned_quantity",
    "refunded",
    "hidden_from_apps",
    "purchase_items",
    "purchase_charges",
    "purchase_taxes",
    "purchase_total",
    "purchase_refunded",
    "purchase_net",
];

/// A text as a cell that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

fn optional(text: Option<&str>) -> String {
    text.map(cell).unwrap_or_default()
}

/// The row with the names of the columns.
pub(crate) fn head() -> Result<Vec<u8>, csv::Error> {
    let mut writer = writer();
    writer.write_record(COLUMNS)?;
    finish(writer)
}

/// The rows of a purchase: one for each item, or a single one where no item is known. What the purchase comes to stands
/// in its first row alone, so that the sum of a column is right.
pub(crate) fn rows(bought: &Bought, purchase: &Purchase) -> Result<Vec<u8>, csv::Error> {
    let mut writer = writer();
    let mut whole = Some(of_purchase(purchase));
    if purchase.lines.is_empty() {
        writer.write_record(row(bought, purchase, None, whole.take()))?;
    }
    for line in &purchase.lines {
        writer.write_record(row(bought, purchase, Some(line), whole.take()))?;
    }
    finish(writer)
}

fn row(
    bought: &Bought,
    purchase: &Purchase,
    line: Option<&Line>,
    whole: Option<[String; 6]>,
) -> impl Iterator<Item = String> {
    let item = line.map(|line| of_line(purchase, line)).unwrap_or_default();
    let hidden = if bought.is_hidden { "yes" } else { "no" };
    let whole = whole.unwrap_or_default();
    head_of(bought, purchase).into_iter().chain(item).chain([hidden.to_owned()]).chain(whole)
}

fn head_of(bought: &Bought, purchase: &Purchase) -> [String; 10] {
    [
        purchase.id.clone(),
        format!("{}", bought.local_date),
        purchase.purchased_at.to_rfc3339(),
        optional(purchase.shop()),
        optional(purchase.location.as_ref().and_then(|place| place.city.as_deref())),
        cell(&purchase.channel),
        cell(&purchase.status),
        optional(purchase.receipt_number.as_deref()),
        optional(purchase.order_id.as_deref()),
        purchase.currency.clone(),
    ]
}

/// Numbers are ours and stay numbers, also below nil.
fn of_line(purchase: &Purchase, line: &Line) -> [String; 14] {
    let number = |number: &Option<String>| number.clone().unwrap_or_default();
    let of = |number: &str| amount::units(number, &purchase.currency).unwrap_or_default();
    let discounts = line.discounts.iter().fold(0_i64, |sum, part| sum.saturating_add(of(&part.amount)));
    [
        cell(&line.name),
        optional(line.brand.as_deref()),
        cell(&line.kind),
        cell(&line.category.join(" > ")),
        cell(&line.sku),
        optional(line.gtin.as_deref()),
        line.quantity.value.clone(),
        cell(line.quantity.unit_original.as_deref().unwrap_or(&line.quantity.unit)),
        number(&line.unit_price),
        number(&line.gross),
        amount::number(discounts, &purchase.currency),
        line.net.clone(),
        number(&line.returned_quantity),
        number(&line.refunded),
    ]
}

fn of_purchase(purchase: &Purchase) -> [String; 6] {
    let of = |number: &str| amount::units(number, &purchase.currency).unwrap_or_default();
    let items = purchase.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(of(&line.net)));
    let totals = &purchase.totals;
    [
        amount::number(items, &purchase.currency),
        totals.charges.clone(),
        totals.taxes.clone(),
        totals.grand_total.clone(),
        totals.refunded.clone(),
        totals.net.clone(),
    ]
}

fn writer() -> Writer<Vec<u8>> {
    WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new())
}

fn finish(writer: Writer<Vec<u8>>) -> Result<Vec<u8>, csv::Error> {
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_look_like_formulas_are_texts() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        for text in ["", "1", "Rolls", "'=1", " =1", "a=b", "é"] {
            assert_eq!(cell(text), text);
        }
    }
}
