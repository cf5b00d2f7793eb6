//! `return.recorded.v1` and `refund.recorded.v1`.

use std::borrow::Cow;

use iso_currency::Currency;
use sha2::{Digest, Sha256};

use crate::{
    json::{Fault, Reader, Reason, find},
    money::ANY_CURRENCY_PLACES,
    purchase::{Allocation, AllocationTarget, Fee, Origin, Refund, RefundTax, Return, ReturnLine},
    time::{Moment, Spoken},
};

use super::{
    Body, DataOrder, Source,
    charges::TAXES,
    event::Content,
    payment::METHODS,
    values::{Ids, Word, amount, at, closed, currency, decimal, quantity, required, revision, spoken, word},
};

const RETURN_STATUSES: &[&str] = &["requested", "received", "completed", "rejected"];
const REFUND_STATUSES: &[&str] = &["pending", "settled", "failed"];
const PARTIES: &[&str] = &["buyer", "recipient"];
const OTHERS: &[&str] = &["goodwill", "fee", "other"];
/// Lines of a return, allocations of a refund: as many as an order may have lines.
const MAX_LINES: usize = 10_000;

/// Reads the data of a `return.recorded.v1`.
pub(super) fn returning(reader: &mut Reader<'_>, source: &Source) -> Result<Content, Fault> {
    let (part, customer_id, sequence) = read_return(reader, source)?;
    let mut data = String::new();
    part.push_data(&mut data);
    let digest = digest("return.recorded.v1", customer_id.as_deref(), &data);
    Ok(Content { body: Body::Return(part), customer_id, sequence, digest })
}

/// Reads the data of a `refund.recorded.v1`.
pub(super) fn refund(reader: &mut Reader<'_>, source: &Source) -> Result<Content, Fault> {
    let (part, customer_id, sequence) = read_refund(reader, source)?;
    let mut data = String::new();
    part.push_data(&mut data);
    let digest = digest("refund.recorded.v1", customer_id.as_deref(), &data);
    Ok(Content { body: Body::Refund(part), customer_id, sequence, digest })
}

fn digest(kind: &str, customer_id: Option<&str>, data: &str) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for text in [kind, customer_id.unwrap_or_default(), data] {
        hasher.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(text);
    }
    hasher.finalize().into()
}

fn owned(text: Cow<'_, str>) -> String {
    text.into_owned()
}

fn word_of(word: Word<'_>) -> (&'static str, Option<String>) {
    (word.known, word.original.map(Cow::into_owned))
}

/// A part, the customer it names, and what it says about its order of events.
type ReadPart<T> = (T, Option<String>, DataOrder);

/// Reads a return, from an event or as it was kept.
pub(crate) fn read_return(reader: &mut Reader<'_>, source: &Source) -> Result<ReadPart<Return>, Fault> {
    let (mut id, mut order_id, mut customer_id) = (None, None, None);
    let (mut status, mut party, mut returned_at, mut revised_at) = (None, None, None, None);
    let mut sequence = DataOrder::default();
    let mut lines = None;
    let start = reader.object(|reader, key| {
        match key {
            "returnId" => id = reader.optional(Reader::id)?,
            "revision" => sequence.revision = reader.optional(revision)?,
            "revisedAt" => revised_at = reader.optional(spoken)?,
            "orderId" => order_id = reader.optional(Reader::id)?,
            "customerId" => customer_id = reader.optional(Reader::id)?,
            "status" => status = reader.optional(|reader| closed(reader, RETURN_STATUSES))?,
            "returnedAt" => returned_at = reader.optional(spoken)?,
            "lines" => lines = reader.optional(return_lines)?,
            "party" => party = reader.optional(|reader| closed(reader, PARTIES))?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    let (returned_at, place) = required(returned_at, "returnedAt", start)?;
    let (returned_at, note) = at(place, returned_at.resolve(source.timezone))?;
    if let Some((spoken, place)) = revised_at {
        sequence.revised_at = Some(at(place, spoken.resolve(source.timezone))?.0.utc());
    }
    let part = Return {
        id: owned(required(id, "returnId", start)?),
        order_id: order_id.map(owned),
        status: required(status, "status", start)?,
        returned_at,
        lines: required(lines, "lines", start)?,
        is_by_recipient: party == Some("recipient"),
        note: note.map(str::to_owned),
        origin: Origin::default(),
        currency: source.currency,
    };
    Ok((part, customer_id.map(owned), sequence))
}

fn return_lines(reader: &mut Reader<'_>) -> Result<Vec<ReturnLine>, Fault> {
    let mut ids = Ids::default();
    let mut lines = Vec::new();
    reader.array(|reader| {
        if lines.len() == MAX_LINES {
            return Err(Fault::new(Reason::TooMany, reader.place()));
        }
        let (mut id, mut line_id, mut sku, mut name) = (None, None, None, None);
        let (mut how_much, mut unit, mut value, mut reason) = (None, None, None, None);
        let start = reader.object(|reader, key| {
            match key {
                "returnLineId" => id = reader.optional(|reader| ids.read(reader))?,
                "lineId" => line_id = reader.optional(Reader::id)?,
                "sku" => sku = reader.optional(Reader::name)?,
                "name" => name = reader.optional(Reader::string)?,
                "quantity" => how_much = reader.optional(quantity)?,
                "unit" => unit = reader.optional(Reader::name)?,
                "amount" => value = reader.optional(|reader| decimal(reader, ANY_CURRENCY_PLACES))?,
                "reason" => reason = reader.optional(Reader::string)?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        let how_much = required(how_much, "quantity", start)?;
        let own_unit = (!how_much.is_each())
            .then(|| how_much.unit.original.map_or_else(|| how_much.unit.known.to_owned(), Cow::into_owned));
        lines.push(ReturnLine {
            id: owned(required(id, "returnLineId", start)?),
            line_id: line_id.map(owned),
            sku: owned(required(sku, "sku", start)?),
            name: name.map(owned),
            quantity: how_much.value,
            unit: own_unit.or(unit.map(owned)).filter(|unit| unit != "EA"),
            amount: required(value, "amount", start)?,
            reason: reason.map(owned),
        });
        Ok(())
    })?;
    Ok(lines)
}

/// Reads a refund, from an event or as it was kept.
pub(crate) fn read_refund(reader: &mut Reader<'_>, source: &Source) -> Result<ReadPart<Refund>, Fault> {
    let place = reader.place();
    let money = find(reader.text(), place, "currency");
    let money = money.and_then(|at| currency(&mut Reader::lenient(reader.text(), at)).ok());
    // Without a currency the refund is refused for that; until then amounts are read as of any.
    let money_here = money.unwrap_or(Currency::XXX);
    let (mut id, mut order_id, mut return_id, mut customer_id) = (None, None, None, None);
    let (mut sum, mut issued_at, mut settled_at, mut revised_at) = (None, None, None, None);
    let (mut method, mut status) = (None, None);
    let (mut allocations, mut fees, mut taxes) = (None, None, None);
    let mut sequence = DataOrder::default();
    let start = reader.object(|reader, key| {
        match key {
            "refundId" => id = reader.optional(Reader::id)?,
            "revision" => sequence.revision = reader.optional(revision)?,
            "revisedAt" => revised_at = reader.optional(spoken)?,
            "orderId" => order_id = reader.optional(Reader::id)?,
            "returnId" => return_id = reader.optional(Reader::id)?,
            "customerId" => customer_id = reader.optional(Reader::id)?,
            "amount" => sum = reader.optional(|reader| amount(reader, money_here))?,
            "currency" => drop(reader.optional(currency)?),
            "issuedAt" => issued_at = reader.optional(spoken)?,
            "settledAt" => settled_at = reader.optional(spoken)?,
            "method" => method = reader.optional(|reader| word(reader, METHODS))?,
            "status" => status = reader.optional(|reader| closed(reader, REFUND_STATUSES))?,
            "allocations" => allocations = reader.optional(|reader| read_allocations(reader, money_here))?,
            "feesWithheld" => fees = reader.optional(|reader| read_fees(reader, money_here))?,
            "taxes" => taxes = reader.optional(|reader| read_taxes(reader, money_here))?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    let (issued_at, place) = required(issued_at, "issuedAt", start)?;
    let (issued_at, note) = at(place, issued_at.resolve(source.timezone))?;
    let resolve = |time: Option<(Spoken, usize)>| match time {
        Some((spoken, place)) => at(place, spoken.resolve(source.timezone)).map(|(moment, _)| Some(moment)),
        None => Ok(None),
    };
    let settled_at = resolve(settled_at)?;
    sequence.revised_at = resolve(revised_at)?.map(Moment::utc);
    let part = Refund {
        id: owned(required(id, "refundId", start)?),
        order_id: order_id.map(owned),
        return_id: return_id.map(owned),
        amount: required(sum, "amount", start)?,
        currency: required(money, "currency", start)?,
        issued_at,
        settled_at,
        method: word_of(required(method, "method", start)?),
        status: required(status, "status", start)?,
        allocations: allocations.unwrap_or_default(),
        fees: fees.unwrap_or_default(),
        taxes: taxes.unwrap_or_default(),
        note: note.map(str::to_owned),
        origin: Origin::default(),
    };
    Ok((part, customer_id.map(owned), sequence))
}

fn read_allocations(reader: &mut Reader<'_>, money: Currency) -> Result<Vec<Allocation>, Fault> {
    let mut allocations = Vec::new();
    reader.array(|reader| {
        if allocations.len() == MAX_LINES {
            return Err(Fault::new(Reason::TooMany, reader.place()));
        }
        let (mut line, mut charge, mut other, mut sum) = (None, None, None, None);
        let start = reader.object(|reader, key| {
            match key {
                "lineId" => line = reader.optional(Reader::id)?,
                "chargeId" => charge = reader.optional(Reader::id)?,
                "other" => other = reader.optional(|reader| word(reader, OTHERS))?,
                "amount" => sum = reader.optional(|reader| amount(reader, money))?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        let target = match (line, charge, other) {
            (Some(line), None, None) => AllocationTarget::Line(owned(line)),
            (None, Some(charge), None) => AllocationTarget::Charge(owned(charge)),
            (None, None, Some(other)) => {
                let (known, original) = word_of(other);
                AllocationTarget::Other(known, original)
            }
            _ => return Err(Fault::new(Reason::AmbiguousAllocation, start)),
        };
        allocations.push(Allocation { target, amount: required(sum, "amount", start)? });
        Ok(())
    })?;
    Ok(allocations)
}

fn read_fees(reader: &mut Reader<'_>, money: Currency) -> Result<Vec<Fee>, Fault> {
    let mut fees = Vec::new();
    reader.array(|reader| {
        let (mut description, mut sum) = (None, None);
        let start = reader.object(|reader, key| {
            match key {
                "description" => description = reader.optional(Reader::string)?,
                "amount" => sum = reader.optional(|reader| amount(reader, money))?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        fees.push(Fee { description: description.map(owned), amount: required(sum, "amount", start)? });
        Ok(())
    })?;
    Ok(fees)
}

fn read_taxes(reader: &mut Reader<'_>, money: Currency) -> Result<Vec<RefundTax>, Fault> {
    let mut taxes = Vec::new();
    reader.array(|reader| {
        let (mut tax_id, mut kind, mut sum) = (None, None, None);
        let start = reader.object(|reader, key| {
            match key {
                "taxId" => tax_id = reader.optional(Reader::id)?,
                "type" => kind = reader.optional(|reader| word(reader, TAXES))?,
                "amount" => sum = reader.optional(|reader| amount(reader, money))?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        let kind = kind.map(word_of);
        taxes.push(RefundTax { tax_id: tax_id.map(owned), kind, amount: required(sum, "amount", start)? });
        Ok(())
    })?;
    Ok(taxes)
}
