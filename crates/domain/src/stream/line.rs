//! The lines of an order.

use chrono::NaiveDate;
use iso_currency::Currency;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    catalogue::Catalogue,
    json::{Fault, Field, List, Object, Path, Text, push_member, push_quoted, push_text, separate},
    money::{UNIT_PRICE_PLACES, decimals, push_scaled},
};

use super::{
    extras::{SellerData, seller},
    order::Tally,
    values::{MAX_LINES, Word},
};

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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LineData<'a> {
    #[serde(borrow)]
    line_id: Option<Text<'a>>,
    sku: Option<Text<'a>>,
    name: Option<Text<'a>>,
    kind: Option<Text<'a>>,
    gtin: Option<Text<'a>>,
    brand: Option<Text<'a>>,
    category: Option<Vec<Text<'a>>>,
    quantity: Option<&'a RawValue>,
    unit_price: Option<&'a RawValue>,
    gross: Option<&'a RawValue>,
    net: Option<&'a RawValue>,
    discounts: Option<List<DiscountData<'a>>>,
    taxes: Option<List<TaxShareData<'a>>>,
    seller: Option<Object<SellerData<'a>>>,
    parent_line_id: Option<Text<'a>>,
    return_by: Option<Text<'a>>,
    warranty_until: Option<Text<'a>>,
    serial: Option<Text<'a>>,
}

/// Appends `lines` as they are served and adds them to the sums and to the categories.
pub(super) fn lines<'a>(
    list: Field<'_, List<LineData<'a>>>,
    money: Currency,
    catalogue: &Catalogue,
    out: &mut String,
    tally: &mut Tally<'a>,
) -> Result<(), Fault> {
    list.push(MAX_LINES, out, |data, at, out| line(data, at, money, catalogue, out, tally))
}

fn line<'a>(
    data: LineData<'a>,
    at: &Path<'_>,
    money: Currency,
    catalogue: &Catalogue,
    out: &mut String,
    tally: &mut Tally<'a>,
) -> Result<(), Fault> {
    let places = decimals(money);
    let net = at.field("net", data.net).amount(money)?.required()?;
    let gross = at.field("gross", data.gross).amount(money)?.value;
    let parent = at.field("parentLineId", data.parent_line_id).id()?.value;
    out.push('{');
    push_member(out, "id", &at.field("lineId", data.line_id).id()?.unique(&mut tally.lines)?);
    at.field("kind", data.kind).word(KINDS)?.value.unwrap_or(Word::plain("goods")).push(out, "kind");
    let sku = at.field("sku", data.sku).name()?.required()?;
    push_member(out, "sku", &sku);
    push_member(out, "name", &at.field("name", data.name).name()?.required()?);
    text(out, "gtin", at.field("gtin", data.gtin).text().as_deref());
    text(out, "brand", at.field("brand", data.brand).text().as_deref());
    if let Some(path) = &data.category {
        separate(out, "category");
        out.push('[');
        for Text(word) in path {
            out.push_str(if out.ends_with('[') { "" } else { "," });
            push_text(out, word);
        }
        out.push(']');
    }
    let path = data.category.iter().flatten().map(|Text(word)| &**word);
    tally.categories.insert(catalogue.classify(path, &sku));
    separate(out, "quantity");
    at.field("quantity", data.quantity).quantity()?.required()?.push(out);
    if let Some(price) = at.field("unitPrice", data.unit_price).decimal(UNIT_PRICE_PLACES)?.value {
        push_quoted(out, "unitPrice", price);
    }
    if let Some(gross) = gross {
        money_member(out, "gross", gross, places);
    }
    let off = discounts(at.field("discounts", data.discounts), money, out)?;
    money_member(out, "net", net, places);
    taxes_of_part(at.field("taxes", data.taxes), money, out, tally)?;
    if data.seller.is_some() {
        tally.sellers_on_lines = true;
        separate(out, "seller");
        seller(at.field("seller", data.seller), out)?;
    }
    text(out, "parentLineId", parent.as_deref());
    date(out, "returnBy", at.field("returnBy", data.return_by).day()?);
    date(out, "warrantyUntil", at.field("warrantyUntil", data.warranty_until).day()?);
    text(out, "serial", at.field("serial", data.serial).text().as_deref());
    out.push('}');

    tally.net += i128::from(net);
    tally.discounts += off;
    tally.gross += gross.map_or(i128::from(net) + off, i128::from);
    tally.lines_named.extend(parent);
    Ok(())
}

/// Appends a text with its name, where there is one.
pub(super) fn text(out: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        push_member(out, name, value);
    }
}

fn date(out: &mut String, name: &str, value: Option<NaiveDate>) {
    if let Some(value) = value {
        push_quoted(out, name, value);
    }
}

/// Appends an amount with its name.
pub(super) fn money_member(out: &mut String, name: &str, amount: i64, places: u32) {
    separate(out, name);
    out.push('"');
    push_scaled(out, i128::from(amount), places);
    out.push('"');
}

#[derive(Deserialize)]
struct DiscountData<'a> {
    #[serde(borrow)]
    kind: Option<Text<'a>>,
    description: Option<Text<'a>>,
    code: Option<Text<'a>>,
    amount: Option<&'a RawValue>,
}

/// Appends the `discounts` of a line, also where there are none, and sums them up.
fn discounts(
    list: Field<'_, List<DiscountData<'_>>>,
    money: Currency,
    out: &mut String,
) -> Result<i128, Fault> {
    let mut sum = 0;
    separate(out, "discounts");
    if list.value.is_none() {
        out.push_str("[]");
    }
    list.push(MAX_LINES, out, |data, at, out| {
        let off = at.field("amount", data.amount).amount(money)?.required()?;
        sum += i128::from(off);
        out.push('{');
        at.field("kind", data.kind).word(DISCOUNTS)?.required()?.push(out, "kind");
        text(out, "description", at.field("description", data.description).text().as_deref());
        text(out, "code", at.field("code", data.code).text().as_deref());
        money_member(out, "amount", off, decimals(money));
        out.push('}');
        Ok(())
    })?;
    Ok(sum)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaxShareData<'a> {
    #[serde(borrow)]
    tax_id: Option<Text<'a>>,
    amount: Option<&'a RawValue>,
}

/// Appends the `taxes` of a line or a charge: shares of the order's taxes.
pub(super) fn taxes_of_part<'a>(
    list: Field<'_, List<TaxShareData<'a>>>,
    money: Currency,
    out: &mut String,
    tally: &mut Tally<'a>,
) -> Result<(), Fault> {
    if list.value.is_some() {
        separate(out, "taxes");
    }
    list.push(MAX_LINES, out, |data, at, out| {
        let id = at.field("taxId", data.tax_id).id()?.required()?;
        let share = at.field("amount", data.amount).amount(money)?.required()?;
        out.push('{');
        push_member(out, "taxId", &id);
        money_member(out, "amount", share, decimals(money));
        out.push('}');
        tally.has_taxes = true;
        tally.parts_taxes += i128::from(share);
        tally.taxes_named.push(id);
        Ok(())
    })
}
