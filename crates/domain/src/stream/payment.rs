//! How an order was paid: tenders and loyalty.

use std::borrow::Cow;

use iso_currency::Currency;

use crate::{
    json::{Fault, Reader, Reason, find, push_member, push_text, separate},
    money::{QUANTITY_PLACES, decimals},
};

use super::{
    line::money_member,
    order::Tally,
    values::{amount, currency, decimal, required, word},
};

/// Kinds of payment, of tenders and refunds.
pub(super) const METHODS: &[&str] = &["card", "cash", "gift_card", "voucher", "loyalty", "account", "other"];
const STATUSES: &[&str] = &["authorised", "captured", "other"];

/// Reads `tenders`.
pub(super) fn tenders<'a>(
    reader: &mut Reader<'a>,
    money: Currency,
    out: &mut String,
    tally: &mut Tally<'a>,
) -> Result<(), Fault> {
    let mut tendered = 0;
    out.push('[');
    reader.array(|reader| {
        let place = reader.place();
        // A tender may be in a currency of its own, which need not stand before its amounts.
        let own = find(reader.text(), place, "currency");
        let own = own.and_then(|at| currency(&mut Reader::lenient(reader.text(), at)).ok());
        let money_here = own.unwrap_or(money);
        let (mut method, mut sum, mut change, mut status) = (None, None, None, None);
        let (mut last4, mut scheme) = (None, None);
        let start = reader.object(|reader, key| {
            match key {
                "method" => method = reader.optional(|reader| word(reader, METHODS))?,
                "amount" => sum = reader.optional(|reader| amount(reader, money_here))?,
                "change" => change = reader.optional(|reader| amount(reader, money_here))?,
                "status" => status = reader.optional(|reader| word(reader, STATUSES))?,
                "currency" => drop(reader.optional(currency)?),
                "last4" => last4 = reader.optional(four_digits)?,
                "scheme" => scheme = reader.optional(Reader::string)?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        let sum = required(sum, "amount", start)?;
        out.push_str(if out.ends_with('[') { "{" } else { ",{" });
        required(method, "method", start)?.push(out, "method");
        money_member(out, "amount", sum, decimals(money_here));
        if let Some(change) = change {
            money_member(out, "change", change, decimals(money_here));
        }
        if let Some(status) = &status {
            status.push(out, "status");
        }
        if money_here != money {
            push_member(out, "currency", money_here.code());
            tally.foreign_tender = true;
        }
        for (name, text) in [("last4", &last4), ("scheme", &scheme)] {
            if let Some(text) = text {
                separate(out, name);
                push_text(out, text);
            }
        }
        out.push('}');
        tendered += i128::from(sum) - i128::from(change.unwrap_or_default());
        Ok(())
    })?;
    out.push(']');
    tally.tendered = Some(tendered);
    Ok(())
}

/// A card's last four digits; anything longer could be its number.
fn four_digits<'a>(reader: &mut Reader<'a>) -> Result<Cow<'a, str>, Fault> {
    let place = reader.place();
    let text = reader.string()?;
    let good = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if good { Ok(text) } else { Err(Fault::new(Reason::NotFourDigits, place)) }
}

/// Reads `loyalty`.
pub(super) fn loyalty<'a>(
    reader: &mut Reader<'a>,
    _money: Currency,
    out: &mut String,
    _tally: &mut Tally<'a>,
) -> Result<(), Fault> {
    out.push('[');
    reader.array(|reader| {
        let (mut programme, mut earned, mut redeemed, mut unit) = (None, None, None, None);
        let start = reader.object(|reader, key| {
            match key {
                "programmeId" => programme = reader.optional(Reader::id)?,
                "earned" => earned = reader.optional(|reader| decimal(reader, QUANTITY_PLACES))?,
                "redeemed" => redeemed = reader.optional(|reader| decimal(reader, QUANTITY_PLACES))?,
                "unit" => unit = reader.optional(Reader::name)?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        out.push_str(if out.ends_with('[') { "{\"programmeId\":" } else { ",{\"programmeId\":" });
        push_text(out, &required(programme, "programmeId", start)?);
        for (name, points) in [("earned", earned), ("redeemed", redeemed)] {
            if let Some(points) = points {
                separate(out, name);
                out.push('"');
                points.push(out, 0);
                out.push('"');
            }
        }
        separate(out, "unit");
        push_text(out, &required(unit, "unit", start)?);
        out.push('}');
        Ok(())
    })?;
    out.push(']');
    Ok(())
}
