//! The lines of an order.

use std::borrow::Cow;

use chrono::NaiveDate;
use iso_currency::Currency;

use crate::{
    json::{Fault, Reader, Reason, push_read, separate},
    money::{Decimal, UNIT_PRICE_PLACES, decimals, push_scaled},
    time::push_date,
};

use super::{
    extras::seller,
    order::Tally,
    values::{Quantity, Word, amount, day, decimal, quantity, required, word},
};

const MAX_LINES: usize = 10_000;
const KINDS: &[&str] = &[
    "goods",
    "service",
    "digital",
    "subscription",
    "gift_card",
    "deposit",
    "deposit_return",
    "warranty",
    "other",
];
const DISCOUNTS: &[&str] = &["promotion", "coupon", "loyalty", "employee", "manual", "other"];

/// The texts of a line's own lists; one set of buffers serves all lines of an order.
#[derive(Default)]
struct Lists {
    category: String,
    discounts: String,
    taxes: String,
    seller: String,
}

impl Lists {
    fn clear(&mut self) {
        self.category.clear();
        self.discounts.clear();
        self.taxes.clear();
        self.seller.clear();
    }
}

#[derive(Default)]
struct Line<'a> {
    id: Option<Cow<'a, str>>,
    sku: Option<Cow<'a, str>>,
    name: Option<Cow<'a, str>>,
    kind: Option<Word<'a>>,
    gtin: Option<Cow<'a, str>>,
    brand: Option<Cow<'a, str>>,
    quantity: Option<Quantity<'a>>,
    unit_price: Option<Decimal>,
    gross: Option<i64>,
    net: Option<i64>,
    discounts: i128,
    parent: Option<Cow<'a, str>>,
    return_by: Option<NaiveDate>,
    warranty_until: Option<NaiveDate>,
    serial: Option<Cow<'a, str>>,
}

/// Reads `lines`.
pub(super) fn lines<'a>(
    reader: &mut Reader<'a>,
    money: Currency,
    out: &mut String,
    tally: &mut Tally<'a>,
) -> Result<(), Fault> {
    let mut lists = Lists::default();
    let mut count = 0;
    out.push('[');
    reader.array(|reader| {
        count += 1;
        if count > MAX_LINES {
            return Err(Fault::new(Reason::TooMany, reader.place()));
        }
        if count > 1 {
            out.push(',');
        }
        lists.clear();
        let mut line = Line::default();
        let start = reader.object(|reader, key| member(reader, key, money, &mut line, &mut lists, tally))?;
        push(out, line, &lists, money, start, tally)
    })?;
    out.push(']');
    Ok(())
}

fn member<'a>(
    reader: &mut Reader<'a>,
    key: &str,
    money: Currency,
    line: &mut Line<'a>,
    lists: &mut Lists,
    tally: &mut Tally<'a>,
) -> Result<(), Fault> {
    match key {
        "lineId" => line.id = reader.optional(|reader| tally.lines.read(reader))?,
        "sku" => line.sku = reader.optional(Reader::name)?,
        "name" => line.name = reader.optional(Reader::name)?,
        "kind" => line.kind = reader.optional(|reader| word(reader, KINDS))?,
        "gtin" => line.gtin = reader.optional(Reader::string)?,
        "brand" => line.brand = reader.optional(Reader::string)?,
        "category" => drop(reader.optional(|reader| categories(reader, &mut lists.category))?),
        "quantity" => line.quantity = reader.optional(quantity)?,
        "unitPrice" => line.unit_price = reader.optional(|reader| decimal(reader, UNIT_PRICE_PLACES))?,
        "gross" => line.gross = reader.optional(|reader| amount(reader, money))?,
        "net" => line.net = reader.optional(|reader| amount(reader, money))?,
        "discounts" => {
            let sum = reader.optional(|reader| discounts(reader, money, &mut lists.discounts))?;
            line.discounts = sum.unwrap_or_default();
        }
        "taxes" => drop(reader.optional(|reader| taxes_of_part(reader, money, &mut lists.taxes, tally))?),
        "seller" => drop(reader.optional(|reader| seller(reader, &mut lists.seller))?),
        "parentLineId" => line.parent = reader.optional(Reader::id)?,
        "returnBy" => line.return_by = reader.optional(day)?,
        "warrantyUntil" => line.warranty_until = reader.optional(day)?,
        "serial" => line.serial = reader.optional(Reader::string)?,
        _ => reader.skip()?,
    }
    Ok(())
}

/// Checks a line that was read, appends it and adds it to the sums.
fn push<'a>(
    out: &mut String,
    line: Line<'a>,
    lists: &Lists,
    money: Currency,
    start: usize,
    tally: &mut Tally<'a>,
) -> Result<(), Fault> {
    let places = decimals(money);
    let net = required(line.net, "net", start)?;
    out.push_str("{\"id\":");
    push_read(out, &required(line.id, "lineId", start)?);
    line.kind.unwrap_or(Word::plain("goods")).push(out, "kind");
    text(out, "sku", Some(&required(line.sku, "sku", start)?));
    text(out, "name", Some(&required(line.name, "name", start)?));
    text(out, "gtin", line.gtin.as_ref());
    text(out, "brand", line.brand.as_ref());
    list(out, "category", &lists.category);
    separate(out, "quantity");
    required(line.quantity, "quantity", start)?.push(out);
    if let Some(price) = line.unit_price {
        out.push_str(",\"unitPrice\":\"");
        price.push(out, 0);
        out.push('"');
    }
    if let Some(gross) = line.gross {
        money_member(out, "gross", gross, places);
    }
    list(out, "discounts", if lists.discounts.is_empty() { "[]" } else { &lists.discounts });
    money_member(out, "net", net, places);
    list(out, "taxes", &lists.taxes);
    list(out, "seller", &lists.seller);
    text(out, "parentLineId", line.parent.as_ref());
    date(out, "returnBy", line.return_by);
    date(out, "warrantyUntil", line.warranty_until);
    text(out, "serial", line.serial.as_ref());
    out.push('}');

    tally.net += i128::from(net);
    tally.discounts += line.discounts;
    tally.gross += line.gross.map_or(i128::from(net) + line.discounts, i128::from);
    tally.sellers_on_lines |= !lists.seller.is_empty();
    tally.lines_named.extend(line.parent);
    Ok(())
}

fn text(out: &mut String, name: &str, value: Option<&Cow<'_, str>>) {
    if let Some(value) = value {
        separate(out, name);
        push_read(out, value);
    }
}

fn list(out: &mut String, name: &str, value: &str) {
    if !value.is_empty() {
        separate(out, name);
        out.push_str(value);
    }
}

fn date(out: &mut String, name: &str, value: Option<NaiveDate>) {
    if let Some(value) = value {
        separate(out, name);
        out.push('"');
        push_date(out, value);
        out.push('"');
    }
}

/// Appends an amount with its name.
pub(super) fn money_member(out: &mut String, name: &str, amount: i64, places: u8) {
    separate(out, name);
    out.push('"');
    push_scaled(out, i128::from(amount), places);
    out.push('"');
}

fn categories(reader: &mut Reader<'_>, out: &mut String) -> Result<(), Fault> {
    out.push('[');
    reader.array(|reader| {
        if !out.ends_with('[') {
            out.push(',');
        }
        push_read(out, &reader.string()?);
        Ok(())
    })?;
    out.push(']');
    Ok(())
}

fn discounts(reader: &mut Reader<'_>, money: Currency, out: &mut String) -> Result<i128, Fault> {
    let mut sum = 0;
    out.push('[');
    reader.array(|reader| {
        let (mut kind, mut description, mut code, mut off) = (None, None, None, None);
        let start = reader.object(|reader, key| {
            match key {
                "kind" => kind = reader.optional(|reader| word(reader, DISCOUNTS))?,
                "description" => description = reader.optional(Reader::string)?,
                "code" => code = reader.optional(Reader::string)?,
                "amount" => off = reader.optional(|reader| amount(reader, money))?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        let off = required(off, "amount", start)?;
        sum += i128::from(off);
        if !out.ends_with('[') {
            out.push(',');
        }
        out.push('{');
        required(kind, "kind", start)?.push(out, "kind");
        text(out, "description", description.as_ref());
        text(out, "code", code.as_ref());
        money_member(out, "amount", off, decimals(money));
        out.push('}');
        Ok(())
    })?;
    out.push(']');
    Ok(sum)
}

/// Reads the `taxes` of a line or a charge: shares of the order's taxes.
pub(super) fn taxes_of_part<'a>(
    reader: &mut Reader<'a>,
    money: Currency,
    out: &mut String,
    tally: &mut Tally<'a>,
) -> Result<(), Fault> {
    out.push('[');
    reader.array(|reader| {
        let (mut id, mut share) = (None, None);
        let start = reader.object(|reader, key| {
            match key {
                "taxId" => id = reader.optional(Reader::id)?,
                "amount" => share = reader.optional(|reader| amount(reader, money))?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        let id = required(id, "taxId", start)?;
        let share = required(share, "amount", start)?;
        out.push_str(if out.ends_with('[') { "{\"taxId\":" } else { ",{\"taxId\":" });
        push_read(out, &id);
        money_member(out, "amount", share, decimals(money));
        out.push('}');
        tally.has_taxes = true;
        tally.parts_taxes += i128::from(share);
        tally.taxes_named.push(id);
        Ok(())
    })?;
    out.push(']');
    Ok(())
}
