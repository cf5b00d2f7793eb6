//! The charges and taxes of an order.

use iso_currency::Currency;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    json::{Fault, Field, List, Text, push_member, push_quoted},
    money::{UNIT_PRICE_PLACES, decimals},
};

use super::{
    line::{TaxShareData, money_member, taxes_of_part},
    order::Tally,
    values::{Ids, MAX_LINES},
};

const CHARGES: &[&str] = &["delivery", "service", "deposit", "tip", "donation", "rounding", "other"];
/// Kinds of tax, of orders and refunds.
pub(super) const TAXES: &[&str] = &["VAT", "sales", "excise", "other"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChargeData<'a> {
    #[serde(borrow)]
    charge_id: Option<Text<'a>>,
    kind: Option<Text<'a>>,
    description: Option<Text<'a>>,
    amount: Option<&'a RawValue>,
    taxes: Option<List<TaxShareData<'a>>>,
}

/// Appends `charges` as they are served and adds them to the sums.
pub(super) fn charges<'a>(
    list: Field<'_, List<ChargeData<'a>>>,
    money: Currency,
    out: &mut String,
    tally: &mut Tally<'a>,
) -> Result<(), Fault> {
    let mut ids = Ids::default();
    list.push(MAX_LINES, out, |data, at, out| {
        let amount = at.field("amount", data.amount).amount(money)?.required()?;
        out.push('{');
        push_member(out, "id", &at.field("chargeId", data.charge_id).id()?.unique(&mut ids)?);
        at.field("kind", data.kind).word(CHARGES)?.required()?.push(out, "kind");
        if let Some(description) = at.field("description", data.description).text() {
            push_member(out, "description", &description);
        }
        money_member(out, "amount", amount, decimals(money));
        taxes_of_part(at.field("taxes", data.taxes), money, out, tally)?;
        out.push('}');
        tally.charges += i128::from(amount);
        Ok(())
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaxData<'a> {
    #[serde(borrow)]
    tax_id: Option<Text<'a>>,
    r#type: Option<Text<'a>>,
    rate: Option<&'a RawValue>,
    taxable: Option<&'a RawValue>,
    amount: Option<&'a RawValue>,
}

/// Appends `taxes` as they are served and adds them to the sums.
pub(super) fn taxes<'a>(
    list: Field<'_, List<TaxData<'a>>>,
    money: Currency,
    out: &mut String,
    tally: &mut Tally<'a>,
) -> Result<(), Fault> {
    list.push(MAX_LINES, out, |data, at, out| {
        let amount = at.field("amount", data.amount).amount(money)?.required()?;
        out.push('{');
        push_member(out, "id", &at.field("taxId", data.tax_id).id()?.unique(&mut tally.taxes_ids)?);
        at.field("type", data.r#type).word(TAXES)?.required()?.push(out, "type");
        if let Some(rate) = at.field("rate", data.rate).decimal(UNIT_PRICE_PLACES)?.value {
            push_quoted(out, "rate", rate);
        }
        if let Some(taxable) = at.field("taxable", data.taxable).amount(money)?.value {
            money_member(out, "taxable", taxable, decimals(money));
        }
        money_member(out, "amount", amount, decimals(money));
        out.push('}');
        tally.has_taxes = true;
        *tally.taxes.get_or_insert(0) += i128::from(amount);
        Ok(())
    })
}
