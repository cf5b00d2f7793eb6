//! How an order was paid: tenders and loyalty.

use iso_currency::Currency;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    json::{Fault, Field, List, Reason, Text, push_member, push_quoted},
    money::{QUANTITY_PLACES, decimals},
};

use super::{line::money_member, order::Tally, values::MAX_LINES};

/// Kinds of payment, of tenders and refunds.
pub(super) const METHODS: &[&str] = &["card", "cash", "gift_card", "voucher", "loyalty", "account", "other"];
const STATUSES: &[&str] = &["authorised", "captured", "other"];

#[derive(Deserialize)]
pub(super) struct TenderData<'a> {
    #[serde(borrow)]
    method: Option<Text<'a>>,
    amount: Option<&'a RawValue>,
    change: Option<&'a RawValue>,
    status: Option<Text<'a>>,
    currency: Option<Text<'a>>,
    last4: Option<Text<'a>>,
    scheme: Option<Text<'a>>,
}

/// Appends `tenders` as they are served and adds them to the sums.
pub(super) fn tenders(
    list: Field<'_, List<TenderData<'_>>>,
    money: Currency,
    out: &mut String,
    tally: &mut Tally<'_>,
) -> Result<(), Fault> {
    tally.tendered = list.value.is_some().then_some(0);
    list.push(MAX_LINES, out, |data, at, out| {
        // A tender may be in a currency of its own.
        let money_here = at.field("currency", data.currency).currency()?.value.unwrap_or(money);
        let amount = at.field("amount", data.amount).amount(money_here)?.required()?;
        let change = at.field("change", data.change).amount(money_here)?.value;
        out.push('{');
        at.field("method", data.method).word(METHODS)?.required()?.push(out, "method");
        money_member(out, "amount", amount, decimals(money_here));
        if let Some(change) = change {
            money_member(out, "change", change, decimals(money_here));
        }
        if let Some(status) = at.field("status", data.status).word(STATUSES)?.value {
            status.push(out, "status");
        }
        if money_here != money {
            push_member(out, "currency", money_here.code());
            tally.foreign_tender = true;
        }
        if let Some(digits) = at.field("last4", data.last4).read(four_digits)?.value {
            push_quoted(out, "last4", digits);
        }
        if let Some(scheme) = at.field("scheme", data.scheme).text() {
            push_member(out, "scheme", &scheme);
        }
        out.push('}');
        *tally.tendered.get_or_insert(0) += i128::from(amount) - i128::from(change.unwrap_or_default());
        Ok(())
    })
}

/// A card's last four digits; anything longer could be its number.
fn four_digits(Text(text): Text<'_>) -> Result<std::borrow::Cow<'_, str>, Reason> {
    let good = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if good { Ok(text) } else { Err(Reason::NotFourDigits) }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LoyaltyData<'a> {
    #[serde(borrow)]
    programme_id: Option<Text<'a>>,
    earned: Option<&'a RawValue>,
    redeemed: Option<&'a RawValue>,
    unit: Option<Text<'a>>,
}

/// Appends `loyalty` as it is served.
pub(super) fn loyalty(list: Field<'_, List<LoyaltyData<'_>>>, out: &mut String) -> Result<(), Fault> {
    list.push(MAX_LINES, out, |data, at, out| {
        out.push('{');
        push_member(out, "programmeId", &at.field("programmeId", data.programme_id).id()?.required()?);
        for (name, points) in [("earned", data.earned), ("redeemed", data.redeemed)] {
            if let Some(points) = at.field(name, points).decimal(QUANTITY_PLACES)?.value {
                push_quoted(out, name, points);
            }
        }
        push_member(out, "unit", &at.field("unit", data.unit).name()?.required()?);
        out.push('}');
        Ok(())
    })
}
