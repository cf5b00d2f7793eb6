//! From the stored form back to the merge state.

use std::collections::HashMap;

use chrono::NaiveDate;
use chrono::{DateTime, Utc};
use iso_currency::Currency;

use crate::{
    json::{Fault, Reader, Reason, without},
    money::{Decimal, UNIT_PRICE_PLACES, decimals},
    stream::{CHANNELS, PAYMENTS, STATUSES, Source, read_refund, read_return},
    time::{Moment, read_date},
};

use super::{
    Corrupt, Facts, Order, Origin, Part, Parts, Purchase, Refund, Return, Section, SectionsRef, Sums,
    effects,
    render::RETURNED,
    sections::{LINES_ANNOTATED, SELLERS_ON_LINES},
};

/// The members of the head that are kept as one text, in the order in which they are written.
const HEAD: [&str; 11] = [
    "orderId",
    "status",
    "channel",
    "channelOriginal",
    "purchasedAt",
    "receiptNumber",
    "businessDate",
    "currency",
    "pricesIncludeTax",
    "gift",
    "account",
];

/// Members by name, each with its text.
type Members<'a> = HashMap<String, &'a str>;

impl Purchase {
    /// Reads a purchase back from what [`Purchase::render`] wrote.
    ///
    /// # Errors
    /// [`Corrupt`] where a section cannot be read.
    pub fn read(sections: &SectionsRef<'_>) -> Result<Self, Corrupt> {
        let head = members(sections, Section::Head)?;
        let revision = text_of(&head, "revision")?.parse().map_err(|_| Corrupt::new("its revision"))?;
        let mut purchase = Self {
            order: None,
            returns: Vec::new(),
            refunds: Vec::new(),
            revision,
            recorded_at: instant(&head, "recordedAt")?,
            updated_at: instant(&head, "updatedAt")?,
        };
        if string(&head, "status")? != RETURNED {
            purchase.order = Some(order(sections, &head)?);
        }
        if !sections.get(Section::Kept).is_empty() {
            let kept = sections.text(Section::Kept)?;
            kept_parts(kept, &mut purchase)
                .map_err(|_| Corrupt::new("its returns and refunds cannot be read"))?;
        }
        Ok(purchase)
    }
}

/// The members of a section.
fn members<'a>(sections: &SectionsRef<'a>, section: Section) -> Result<Members<'a>, Corrupt> {
    let text = sections.text(section)?;
    let mut found = HashMap::new();
    let broken = |_: Fault| Corrupt::new("a section cannot be read");
    let mut reader = Reader::lenient(text, 0);
    if text.is_empty() {
        return Ok(found);
    }
    reader
        .members(|reader, key| {
            found.insert(key.to_owned(), reader.raw()?);
            Ok(())
        })
        .map_err(broken)?;
    Ok(found)
}

fn text_of<'a>(members: &Members<'a>, name: &str) -> Result<&'a str, Corrupt> {
    members.get(name).copied().ok_or(Corrupt::new("a member is missing"))
}

fn string(members: &Members<'_>, name: &str) -> Result<String, Corrupt> {
    let text = Reader::lenient(text_of(members, name)?, 0)
        .string()
        .map_err(|_| Corrupt::new("a member is no text"))?;
    Ok(text.into_owned())
}

fn instant(members: &Members<'_>, name: &str) -> Result<DateTime<Utc>, Corrupt> {
    moment(members, name).map(Moment::utc)
}

fn moment(members: &Members<'_>, name: &str) -> Result<Moment, Corrupt> {
    Moment::read(&string(members, name)?).map_err(|_| Corrupt::new("a member is no time"))
}

fn money(members: &Members<'_>, name: &str, currency: Currency) -> Result<i64, Corrupt> {
    let broken = |_: Reason| Corrupt::new("a member is no amount");
    let number = Decimal::read(&string(members, name)?, UNIT_PRICE_PLACES, false).map_err(broken)?;
    number.minor(decimals(currency)).map_err(broken)
}

/// The members of an object that is a member.
fn inner<'a>(outer: &Members<'a>, name: &str) -> Result<Members<'a>, Corrupt> {
    let mut found = HashMap::new();
    Reader::lenient(text_of(outer, name)?, 0)
        .object(|reader, key| {
            found.insert(key.to_owned(), reader.raw()?);
            Ok(())
        })
        .map_err(|_| Corrupt::new("a member is no object"))?;
    Ok(found)
}

fn one_of(members: &Members<'_>, name: &str, list: &[&'static str]) -> Result<&'static str, Corrupt> {
    let word = string(members, name)?;
    list.iter().find(|known| **known == word).copied().ok_or(Corrupt::new("a word is not known"))
}

fn order(sections: &SectionsRef<'_>, head: &Members<'_>) -> Result<Order, Corrupt> {
    let payment = members(sections, Section::Payment)?;
    let place = members(sections, Section::Location)?;
    let code = string(head, "currency")?;
    let currency = Currency::from_code(&code).ok_or(Corrupt::new("its currency is not known"))?;
    let store_id = match place.get("location") {
        Some(_) => Some(string(&inner(&place, "location")?, "storeId")?),
        None => None,
    };
    let facts = Facts {
        id: string(head, "orderId")?,
        status: one_of(head, "status", STATUSES)?,
        channel: one_of(head, "channel", CHANNELS)?,
        purchased_at: moment(head, "purchasedAt")?,
        business_date: date(head, "businessDate")?,
        currency,
        taxes_included: head.get("pricesIncludeTax") != Some(&"false"),
        payment: if payment.contains_key("payment") {
            one_of(&payment, "payment", PAYMENTS)?
        } else {
            "paid"
        },
        shared: head.contains_key("account"),
        store_id,
        notes: notes(head)?,
        sellers_on_lines: sections.has(SELLERS_ON_LINES),
        sums: sums(head, currency)?,
    };
    Ok(Order { facts, text: parts(sections, head, &payment, &place)? })
}

fn date(head: &Members<'_>, name: &str) -> Result<Option<NaiveDate>, Corrupt> {
    if !head.contains_key(name) {
        return Ok(None);
    }
    read_date(&string(head, name)?).map(Some).map_err(|_| Corrupt::new("a member is no date"))
}

/// The notes of the order itself; those about returns and refunds are worked out anew.
fn notes(head: &Members<'_>) -> Result<Vec<String>, Corrupt> {
    let completeness = inner(head, "completeness")?;
    let mut notes = Vec::new();
    Reader::lenient(text_of(&completeness, "notes")?, 0)
        .array(|reader| {
            notes.push(reader.string()?.into_owned());
            Ok(())
        })
        .map_err(|_| Corrupt::new("its notes cannot be read"))?;
    notes.retain(|note| !effects::NOTES.contains(&note.as_str()));
    Ok(notes)
}

fn sums(head: &Members<'_>, currency: Currency) -> Result<Sums, Corrupt> {
    let totals = inner(head, "totals")?;
    let completeness = inner(head, "completeness")?;
    let difference = |name: &str| match completeness.get(name) {
        Some(_) => money(&completeness, name, currency).map(Some),
        None => Ok(None),
    };
    Ok(Sums {
        gross: money(&totals, "gross", currency)?,
        discounts: money(&totals, "discounts", currency)?,
        charges: money(&totals, "charges", currency)?,
        taxes: money(&totals, "taxes", currency)?,
        grand_total: money(&totals, "grandTotal", currency)?,
        difference: difference("difference")?.unwrap_or_default(),
        tender_difference: difference("tenderDifference")?,
    })
}

fn parts(
    sections: &SectionsRef<'_>,
    head: &Members<'_>,
    payment: &Members<'_>,
    place: &Members<'_>,
) -> Result<Parts, Corrupt> {
    let lines = members(sections, Section::Lines)?;
    let fulfilments = members(sections, Section::Fulfilments)?;
    let documents = members(sections, Section::Documents)?;
    let mut parts = Parts::with_capacity(sections.get(Section::Lines).len() + 1_024);
    let start = parts.buffer().len();
    for name in HEAD {
        if let Some(value) = head.get(name) {
            let out = parts.buffer();
            if out.len() > start {
                out.push(',');
            }
            out.push('"');
            out.push_str(name);
            out.push_str("\":");
            out.push_str(value);
        }
    }
    parts.close(Part::Head, start);
    let start = parts.buffer().len();
    let text = text_of(&lines, "lines")?;
    if sections.has(LINES_ANNOTATED) {
        without(text, parts.buffer(), |key| matches!(key, "returnedQuantity" | "refunded"))
            .map_err(|_| Corrupt::new("its lines cannot be read"))?;
    } else {
        parts.buffer().push_str(text);
    }
    parts.close(Part::Lines, start);
    for (part, members, name) in [
        (Part::Charges, head, "charges"),
        (Part::Taxes, head, "taxes"),
        (Part::Related, head, "related"),
        (Part::Provenance, head, "provenance"),
        (Part::Tenders, payment, "tenders"),
        (Part::Loyalty, payment, "loyalty"),
        (Part::Seller, place, "seller"),
        (Part::Location, place, "location"),
        (Part::Fulfilments, &fulfilments, "fulfilments"),
        (Part::Documents, &documents, "documents"),
    ] {
        parts.put(part, members.get(name).copied().unwrap_or_default());
    }
    Ok(parts)
}

/// What was kept beside a return or refund.
#[derive(Default)]
struct Beside {
    origin: Origin,
    note: Option<String>,
    currency: Option<Currency>,
}

fn kept_parts(text: &str, purchase: &mut Purchase) -> Result<(), Fault> {
    let source = Source::default();
    Reader::lenient(text, 0).object(|reader, kind| {
        reader
            .array(|reader| {
                let mut beside = Beside::default();
                let (mut returned, mut refunded): (Option<Return>, Option<Refund>) = (None, None);
                reader.object(|reader, key| {
                    match key {
                        "source" => beside.origin.source = reader.string()?.into_owned(),
                        "eventId" => beside.origin.event_id = reader.string()?.into_owned(),
                        "note" => beside.note = Some(reader.string()?.into_owned()),
                        "currency" => beside.currency = Currency::from_code(&reader.string()?),
                        "data" if kind == "returns" => returned = Some(read_return(reader, &source)?.0),
                        "data" => refunded = Some(read_refund(reader, &source)?.0),
                        _ => reader.skip()?,
                    }
                    Ok(())
                })?;
                purchase.returns.extend(returned.map(|part| Return {
                    origin: beside.origin.clone(),
                    note: beside.note.clone(),
                    currency: beside.currency.unwrap_or(part.currency),
                    ..part
                }));
                purchase.refunds.extend(refunded.map(|part| Refund {
                    origin: beside.origin,
                    note: beside.note,
                    ..part
                }));
                Ok(())
            })
            .map(drop)
    })?;
    Ok(())
}
