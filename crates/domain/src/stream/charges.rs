//! The charges and taxes of an order.

use iso_currency::Currency;

use crate::{
    json::{Fault, Reader, push_text, separate},
    money::{UNIT_PRICE_PLACES, decimals},
};

use super::{
    line::{money_member, taxes_of_part},
    order::Tally,
    values::{Ids, amount, decimal, required, word},
};

const CHARGES: &[&str] = &["delivery", "service", "deposit", "tip", "donation", "rounding", "other"];
/// Kinds of tax, of orders and refunds.
pub(super) const TAXES: &[&str] = &["VAT", "sales", "excise", "other"];

/// Reads `charges`.
pub(super) fn charges<'a>(
    reader: &mut Reader<'a>,
    money: Currency,
    out: &mut String,
    tally: &mut Tally<'a>,
) -> Result<(), Fault> {
    let mut ids = Ids::default();
    out.push('[');
    reader.array(|reader| {
        let (mut id, mut kind, mut description, mut sum) = (None, None, None, None);
        let mut taxes = String::new();
        let start = reader.object(|reader, key| {
            match key {
                "chargeId" => id = reader.optional(|reader| ids.read(reader))?,
                "kind" => kind = reader.optional(|reader| word(reader, CHARGES))?,
                "description" => description = reader.optional(Reader::string)?,
                "amount" => sum = reader.optional(|reader| amount(reader, money))?,
                "taxes" => drop(reader.optional(|reader| taxes_of_part(reader, money, &mut taxes, tally))?),
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        let sum = required(sum, "amount", start)?;
        out.push_str(if out.ends_with('[') { "{\"id\":" } else { ",{\"id\":" });
        push_text(out, &required(id, "chargeId", start)?);
        required(kind, "kind", start)?.push(out, "kind");
        if let Some(description) = &description {
            separate(out, "description");
            push_text(out, description);
        }
        money_member(out, "amount", sum, decimals(money));
        if !taxes.is_empty() {
            separate(out, "taxes");
            out.push_str(&taxes);
        }
        out.push('}');
        tally.charges += i128::from(sum);
        Ok(())
    })?;
    out.push(']');
    Ok(())
}

/// Reads `taxes`.
pub(super) fn taxes<'a>(
    reader: &mut Reader<'a>,
    money: Currency,
    out: &mut String,
    tally: &mut Tally<'a>,
) -> Result<(), Fault> {
    out.push('[');
    reader.array(|reader| {
        let (mut id, mut kind, mut rate, mut taxable, mut sum) = (None, None, None, None, None);
        let start = reader.object(|reader, key| {
            match key {
                "taxId" => id = reader.optional(|reader| tally.taxes_ids.read(reader))?,
                "type" => kind = reader.optional(|reader| word(reader, TAXES))?,
                "rate" => rate = reader.optional(|reader| decimal(reader, UNIT_PRICE_PLACES))?,
                "taxable" => taxable = reader.optional(|reader| amount(reader, money))?,
                "amount" => sum = reader.optional(|reader| amount(reader, money))?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        let sum = required(sum, "amount", start)?;
        out.push_str(if out.ends_with('[') { "{\"id\":" } else { ",{\"id\":" });
        push_text(out, &required(id, "taxId", start)?);
        required(kind, "type", start)?.push(out, "type");
        if let Some(rate) = rate {
            out.push_str(",\"rate\":\"");
            rate.push(out, 0);
            out.push('"');
        }
        if let Some(taxable) = taxable {
            money_member(out, "taxable", taxable, decimals(money));
        }
        money_member(out, "amount", sum, decimals(money));
        out.push('}');
        tally.has_taxes = true;
        *tally.taxes.get_or_insert(0) += i128::from(sum);
        Ok(())
    })?;
    out.push(']');
    Ok(())
}
