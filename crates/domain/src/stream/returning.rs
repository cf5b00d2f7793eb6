//! `return.recorded.v1` and `refund.recorded.v1`.

use std::borrow::Cow;

use iso_currency::Currency;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    json::{Fault, Field, List, Path, Reason, Text},
    money::ANY_CURRENCY_PLACES,
    purchase::{Allocation, AllocationTarget, Fee, Origin, Refund, RefundTax, Return, ReturnLine},
};

use super::{
    Body, DataOrder, Source,
    charges::TAXES,
    event::{Content, digest},
    extras::Zone,
    payment::METHODS,
    sequence::read_sequence,
    values::{Ids, MAX_LINES, Word},
};

const RETURN_STATUSES: &[&str] = &["requested", "received", "completed", "rejected"];
const REFUND_STATUSES: &[&str] = &["pending", "settled", "failed"];
const PARTIES: &[&str] = &["buyer", "recipient"];
const OTHERS: &[&str] = &["goodwill", "fee", "other"];

/// Reads the data of a `return.recorded.v1`.
pub(super) fn returning(data: ReturnData<'_>, at: &Path<'_>, source: &Source) -> Result<Content, Fault> {
    let (part, customer_id, sequence) = read_return(data, at, source)?;
    let mut data = String::new();
    part.push_data(&mut data);
    let digest = digest(["return.recorded.v1", customer_id.as_deref().unwrap_or_default(), &data]);
    Ok(Content { body: Body::Return(part), customer_id, sequence, digest })
}

/// Reads the data of a `refund.recorded.v1`.
pub(super) fn refund(data: RefundData<'_>, at: &Path<'_>, source: &Source) -> Result<Content, Fault> {
    let (part, customer_id, sequence) = read_refund(data, at, source)?;
    let mut data = String::new();
    part.push_data(&mut data);
    let digest = digest(["refund.recorded.v1", customer_id.as_deref().unwrap_or_default(), &data]);
    Ok(Content { body: Body::Refund(part), customer_id, sequence, digest })
}

/// A part, the customer it names, and what it says about its order of events.
type ReadPart<T> = (T, Option<String>, DataOrder);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReturnData<'a> {
    #[serde(borrow)]
    return_id: Option<Text<'a>>,
    revision: Option<&'a RawValue>,
    revised_at: Option<Text<'a>>,
    order_id: Option<Text<'a>>,
    customer_id: Option<Text<'a>>,
    status: Option<Text<'a>>,
    returned_at: Option<Text<'a>>,
    lines: Option<List<ReturnLineData<'a>>>,
    party: Option<Text<'a>>,
}

/// Reads a return, from an event or as it was kept.
pub(crate) fn read_return(
    data: ReturnData<'_>,
    at: &Path<'_>,
    source: &Source,
) -> Result<ReadPart<Return>, Fault> {
    let zone = Zone { location: None, source: source.timezone };
    let (returned_at, note) = zone.resolve(at.field("returnedAt", data.returned_at).time()?)?.required()?;
    let sequence = read_sequence(at, data.revision, data.revised_at, &zone)?;
    let customer_id = at.field("customerId", data.customer_id).id()?.value;
    let mut ids = Ids::default();
    let lines = at.field("lines", data.lines).each(MAX_LINES, |data, at| return_line(data, at, &mut ids))?;
    let part = Return {
        id: at.field("returnId", data.return_id).id()?.required()?.into_owned(),
        order_id: at.field("orderId", data.order_id).id()?.value.map(Cow::into_owned),
        status: at.field("status", data.status).closed(RETURN_STATUSES)?.required()?,
        returned_at,
        lines: lines.required()?,
        is_by_recipient: at.field("party", data.party).closed(PARTIES)?.value == Some("recipient"),
        note: note.map(str::to_owned),
        origin: Origin::default(),
        currency: source.currency,
    };
    Ok((part, customer_id.map(Cow::into_owned), sequence))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReturnLineData<'a> {
    #[serde(borrow)]
    return_line_id: Option<Text<'a>>,
    line_id: Option<Text<'a>>,
    sku: Option<Text<'a>>,
    name: Option<Text<'a>>,
    quantity: Option<&'a RawValue>,
    unit: Option<Text<'a>>,
    amount: Option<&'a RawValue>,
    reason: Option<Text<'a>>,
}

fn return_line<'a>(data: ReturnLineData<'a>, at: &Path<'_>, ids: &mut Ids<'a>) -> Result<ReturnLine, Fault> {
    let quantity = at.field("quantity", data.quantity).quantity()?.required()?;
    let own_unit = (!quantity.is_each())
        .then(|| quantity.unit.original.map_or_else(|| quantity.unit.known.to_owned(), Cow::into_owned));
    let unit = at.field("unit", data.unit).name()?.value.map(Cow::into_owned);
    Ok(ReturnLine {
        id: at.field("returnLineId", data.return_line_id).id()?.unique(ids)?.into_owned(),
        line_id: at.field("lineId", data.line_id).id()?.value.map(Cow::into_owned),
        sku: at.field("sku", data.sku).name()?.required()?.into_owned(),
        name: at.field("name", data.name).text().map(Cow::into_owned),
        quantity: quantity.value,
        unit: own_unit.or(unit).filter(|unit| unit != "EA"),
        amount: at.field("amount", data.amount).decimal(ANY_CURRENCY_PLACES)?.required()?,
        reason: at.field("reason", data.reason).text().map(Cow::into_owned),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefundData<'a> {
    #[serde(borrow)]
    refund_id: Option<Text<'a>>,
    revision: Option<&'a RawValue>,
    revised_at: Option<Text<'a>>,
    order_id: Option<Text<'a>>,
    return_id: Option<Text<'a>>,
    customer_id: Option<Text<'a>>,
    amount: Option<&'a RawValue>,
    currency: Option<Text<'a>>,
    issued_at: Option<Text<'a>>,
    settled_at: Option<Text<'a>>,
    method: Option<Text<'a>>,
    status: Option<Text<'a>>,
    allocations: Option<List<AllocationData<'a>>>,
    fees_withheld: Option<List<FeeData<'a>>>,
    taxes: Option<List<RefundTaxData<'a>>>,
}

/// Reads a refund, from an event or as it was kept.
pub(crate) fn read_refund(
    data: RefundData<'_>,
    at: &Path<'_>,
    source: &Source,
) -> Result<ReadPart<Refund>, Fault> {
    let zone = Zone { location: None, source: source.timezone };
    let money = at.field("currency", data.currency).currency()?.required()?;
    let (issued_at, note) = zone.resolve(at.field("issuedAt", data.issued_at).time()?)?.required()?;
    let settled_at = zone.resolve(at.field("settledAt", data.settled_at).time()?)?.value;
    let sequence = read_sequence(at, data.revision, data.revised_at, &zone)?;
    let customer_id = at.field("customerId", data.customer_id).id()?.value;
    let part = Refund {
        id: at.field("refundId", data.refund_id).id()?.required()?.into_owned(),
        order_id: at.field("orderId", data.order_id).id()?.value.map(Cow::into_owned),
        return_id: at.field("returnId", data.return_id).id()?.value.map(Cow::into_owned),
        amount: at.field("amount", data.amount).amount(money)?.required()?,
        currency: money,
        issued_at,
        settled_at: settled_at.map(|(moment, _)| moment),
        method: at.field("method", data.method).word(METHODS)?.required()?.into_owned(),
        status: at.field("status", data.status).closed(REFUND_STATUSES)?.required()?,
        allocations: allocations(at.field("allocations", data.allocations), money)?,
        fees: fees(at.field("feesWithheld", data.fees_withheld), money)?,
        taxes: taxes(at.field("taxes", data.taxes), money)?,
        note: note.map(str::to_owned),
        origin: Origin::default(),
    };
    Ok((part, customer_id.map(Cow::into_owned), sequence))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AllocationData<'a> {
    #[serde(borrow)]
    line_id: Option<Text<'a>>,
    charge_id: Option<Text<'a>>,
    other: Option<Text<'a>>,
    amount: Option<&'a RawValue>,
}

fn allocations(list: Field<'_, List<AllocationData<'_>>>, money: Currency) -> Result<Vec<Allocation>, Fault> {
    let allocations = list.each(MAX_LINES, |data, at| {
        let line = at.field("lineId", data.line_id).id()?.value;
        let charge = at.field("chargeId", data.charge_id).id()?.value;
        let other = at.field("other", data.other).word(OTHERS)?.value;
        let target = match (line, charge, other) {
            (Some(line), None, None) => AllocationTarget::Line(line.into_owned()),
            (None, Some(charge), None) => AllocationTarget::Charge(charge.into_owned()),
            (None, None, Some(other)) => {
                let (known, original) = other.into_owned();
                AllocationTarget::Other(known, original)
            }
            _ => return Err(at.fault(Reason::AmbiguousAllocation)),
        };
        Ok(Allocation { target, amount: at.field("amount", data.amount).amount(money)?.required()? })
    })?;
    Ok(allocations.value.unwrap_or_default())
}

#[derive(Deserialize)]
struct FeeData<'a> {
    #[serde(borrow)]
    description: Option<Text<'a>>,
    amount: Option<&'a RawValue>,
}

fn fees(list: Field<'_, List<FeeData<'_>>>, money: Currency) -> Result<Vec<Fee>, Fault> {
    let fees = list.each(MAX_LINES, |data, at| {
        Ok(Fee {
            description: at.field("description", data.description).text().map(Cow::into_owned),
            amount: at.field("amount", data.amount).amount(money)?.required()?,
        })
    })?;
    Ok(fees.value.unwrap_or_default())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RefundTaxData<'a> {
    #[serde(borrow)]
    tax_id: Option<Text<'a>>,
    r#type: Option<Text<'a>>,
    amount: Option<&'a RawValue>,
}

fn taxes(list: Field<'_, List<RefundTaxData<'_>>>, money: Currency) -> Result<Vec<RefundTax>, Fault> {
    let taxes = list.each(MAX_LINES, |data, at| {
        Ok(RefundTax {
            tax_id: at.field("taxId", data.tax_id).id()?.value.map(Cow::into_owned),
            kind: at.field("type", data.r#type).word(TAXES)?.value.map(Word::into_owned),
            amount: at.field("amount", data.amount).amount(money)?.required()?,
        })
    })?;
    Ok(taxes.value.unwrap_or_default())
}
