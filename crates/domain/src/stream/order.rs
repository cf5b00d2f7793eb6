//! `order.recorded.v1`: the whole order as it now stands.

use std::{borrow::Cow, cell::OnceCell};

use chrono::NaiveDate;
use chrono_tz::Tz;
use iso_currency::Currency;
use sha2::{Digest, Sha256};

use crate::{
    json::{Fault, Reader, Reason, find, push_member, push_text, separate},
    purchase::{Facts, Order, Part, Parts, Sums},
    time::{Spoken, push_date},
};

use super::{
    Body, DataOrder, Source,
    charges::{charges, taxes},
    event::Content,
    extras::{Location, documents, fulfilments, gift, location, related, seller},
    line::lines,
    payment::{loyalty, tenders},
    values::{Ids, Word, amount, at, closed, currency, day, required, revision, spoken, word},
};

/// States of an order.
pub(crate) const STATUSES: &[&str] = &["fulfilled", "placed", "partly_fulfilled", "cancelled"];
/// Where an order was placed.
pub(crate) const CHANNELS: &[&str] = &["store", "online", "app", "phone", "marketplace", "other"];
/// Whether an order is paid.
pub(crate) const PAYMENTS: &[&str] = &["paid", "part", "open"];
const ACCOUNTS: &[&str] = &["personal", "shared"];

/// What is gathered over all lists of one order.
#[derive(Debug, Default)]
pub(super) struct Tally<'a> {
    pub(super) gross: i128,
    pub(super) discounts: i128,
    pub(super) net: i128,
    pub(super) charges: i128,
    /// Of the order's own list of taxes, if it has one.
    pub(super) taxes: Option<i128>,
    /// Of lines and charges.
    pub(super) parts_taxes: i128,
    pub(super) has_taxes: bool,
    pub(super) sellers_on_lines: bool,
    /// What was tendered, less change; `None` where the order names no tenders or one in another currency.
    pub(super) tendered: Option<i128>,
    pub(super) foreign_tender: bool,
    pub(super) lines: Ids<'a>,
    pub(super) taxes_ids: Ids<'a>,
    pub(super) lines_named: Vec<Cow<'a, str>>,
    pub(super) taxes_named: Vec<Cow<'a, str>>,
    /// Where the order's data starts, to look ahead in it.
    pub(super) data: usize,
    /// The zone configured for the source.
    pub(super) source_zone: Option<Tz>,
    /// The zone of times without offset, once it was looked for.
    pub(super) zone: OnceCell<Option<Tz>>,
}

/// The plain members, as they are found.
#[derive(Default)]
struct Members<'a> {
    id: Option<Cow<'a, str>>,
    sequence: DataOrder,
    revised_at: Option<(Spoken, usize)>,
    customer_id: Option<Cow<'a, str>>,
    status: Option<&'static str>,
    channel: Option<Word<'a>>,
    placed_at: Option<(Spoken, usize)>,
    business_date: Option<NaiveDate>,
    receipt_number: Option<Cow<'a, str>>,
    prices_include_tax: Option<bool>,
    payment: Option<&'static str>,
    gift: Option<bool>,
    account: Option<&'static str>,
    location: Option<Location<'a>>,
    grand_total: Option<i64>,
}

/// Reads the data of an `order.recorded.v1`.
pub(super) fn order(reader: &mut Reader<'_>, source: &Source) -> Result<Content, Fault> {
    let start = reader.place();
    // Amounts are kept in minor units from the first on, so the currency comes before them, wherever it stands.
    let currency = match find(reader.text(), start, "currency") {
        Some(place) => currency(&mut Reader::lenient(reader.text(), place)).ok(),
        None => None,
    };
    let mut members = Members::default();
    let mut tally = Tally { data: start, source_zone: source.timezone, ..Tally::default() };
    let mut parts = Parts::with_capacity(reader.text().len() + 512);
    reader.object(|reader, key| member(reader, key, currency, &mut members, &mut tally, &mut parts))?;
    let currency = required(currency, "currency", start)?;
    if tally.has_taxes && members.prices_include_tax.is_none() {
        return Err(Fault::missing("pricesIncludeTax", start));
    }
    let id = required(members.id.take(), "orderId", start)?;
    let channel = required(members.channel.take(), "channel", start)?;
    let (placed_at, place) = required(members.placed_at, "placedAt", start)?;
    let zone = zone(&members, source, placed_at.is_local())?;
    let (purchased_at, note) = at(place, placed_at.resolve(zone))?;
    let mut notes: Vec<String> = note.into_iter().map(str::to_owned).collect();
    if let Some((spoken, place)) = members.revised_at {
        members.sequence.revised_at = Some(at(place, spoken.resolve(zone))?.0.utc());
    }
    let grand_total = required(members.grand_total, "totals", start)?;
    let payment = members.payment.unwrap_or("paid");
    let taxes_included = members.prices_include_tax.unwrap_or(true);
    let sums = sums(&tally, grand_total, taxes_included, payment == "paid")
        .ok_or(Fault::new(Reason::AmountOutOfRange, start))?;
    judge_references(&tally, &mut notes);

    let head = parts.buffer().len();
    {
        let out = parts.buffer();
        push_first(out, "orderId", &id);
        push_member(out, "status", members.status.unwrap_or("fulfilled"));
        channel.push(out, "channel");
        separate(out, "purchasedAt");
        out.push('"');
        purchased_at.push(out);
        out.push('"');
        if let Some(number) = &members.receipt_number {
            separate(out, "receiptNumber");
            push_text(out, number);
        }
        if let Some(date) = members.business_date {
            out.push_str(",\"businessDate\":\"");
            push_date(out, date);
            out.push('"');
        }
        push_member(out, "currency", currency.code());
        if let Some(included) = members.prices_include_tax {
            out.push_str(if included { ",\"pricesIncludeTax\":true" } else { ",\"pricesIncludeTax\":false" });
        }
        if let Some(is_gift) = members.gift {
            out.push_str(if is_gift {
                ",\"gift\":{\"isGift\":true}"
            } else {
                ",\"gift\":{\"isGift\":false}"
            });
        }
        if members.account == Some("shared") {
            push_member(out, "account", "shared");
        }
    }
    parts.close(Part::Head, head);
    let digest = digest(&parts, members.customer_id.as_deref(), payment, sums);

    // What comes from the configuration or the envelope is not content, so it is no part of the digest.
    if parts.get(Part::Seller).is_empty()
        && let Some(seller) = &source.seller
    {
        let start = parts.buffer().len();
        seller.push(parts.buffer());
        parts.close(Part::Seller, start);
    }
    let facts = Facts {
        id: id.into_owned(),
        status: members.status.unwrap_or("fulfilled"),
        channel: channel.known,
        purchased_at,
        business_date: members.business_date,
        currency,
        taxes_included,
        payment,
        shared: members.account == Some("shared"),
        store_id: members.location.map(|location| location.store_id.into_owned()),
        notes,
        sellers_on_lines: tally.sellers_on_lines,
        sums,
    };
    Ok(Content {
        body: Body::Order(Order { facts, text: parts }),
        customer_id: members.customer_id.map(Cow::into_owned),
        sequence: members.sequence,
        digest,
    })
}

fn member<'a>(
    reader: &mut Reader<'a>,
    key: &str,
    known_currency: Option<Currency>,
    members: &mut Members<'a>,
    tally: &mut Tally<'a>,
    parts: &mut Parts,
) -> Result<(), Fault> {
    // Without a currency the order is refused for that in the end; until then amounts are read as of any.
    let money = known_currency.unwrap_or(Currency::XXX);
    let mut list = |part: Part, reader: &mut Reader<'a>, read: ReadList<'a>| -> Result<bool, Fault> {
        let start = parts.buffer().len();
        let there = reader.optional(|reader| read(reader, money, parts.buffer(), tally))?.is_some();
        parts.close(part, start);
        Ok(there)
    };
    match key {
        "orderId" => members.id = reader.optional(Reader::id)?,
        "revision" => members.sequence.revision = reader.optional(revision)?,
        "revisedAt" => members.revised_at = reader.optional(spoken)?,
        "customerId" => members.customer_id = reader.optional(Reader::id)?,
        "status" => members.status = reader.optional(|reader| closed(reader, STATUSES))?,
        "channel" => members.channel = reader.optional(|reader| word(reader, CHANNELS))?,
        "placedAt" => members.placed_at = reader.optional(spoken)?,
        "businessDate" => members.business_date = reader.optional(day)?,
        "receiptNumber" => members.receipt_number = reader.optional(Reader::string)?,
        "currency" => drop(reader.optional(currency)?),
        "pricesIncludeTax" => members.prices_include_tax = reader.optional(Reader::boolean)?,
        "payment" => members.payment = reader.optional(|reader| closed(reader, PAYMENTS))?,
        "account" => members.account = reader.optional(|reader| closed(reader, ACCOUNTS))?,
        "gift" => members.gift = reader.optional(gift)?,
        "totals" => members.grand_total = reader.optional(|reader| totals(reader, known_currency))?,
        "lines" => drop(list(Part::Lines, reader, lines)?),
        "charges" => drop(list(Part::Charges, reader, charges)?),
        "taxes" => drop(list(Part::Taxes, reader, taxes)?),
        "tenders" => drop(list(Part::Tenders, reader, tenders)?),
        "loyalty" => drop(list(Part::Loyalty, reader, loyalty)?),
        "fulfilments" => drop(list(Part::Fulfilments, reader, fulfilments)?),
        "documents" => drop(list(Part::Documents, reader, documents)?),
        "related" => drop(list(Part::Related, reader, related)?),
        "seller" => {
            let start = parts.buffer().len();
            reader.optional(|reader| seller(reader, parts.buffer()))?;
            parts.close(Part::Seller, start);
        }
        "location" => {
            let start = parts.buffer().len();
            members.location = reader.optional(|reader| location(reader, parts.buffer()))?;
            parts.close(Part::Location, start);
        }
        _ => reader.skip()?,
    }
    Ok(())
}

/// Reads a list, appends it as it is served, and adds it to the sums.
type ReadList<'a> = fn(&mut Reader<'a>, Currency, &mut String, &mut Tally<'a>) -> Result<(), Fault>;

fn totals(reader: &mut Reader<'_>, currency: Option<Currency>) -> Result<i64, Fault> {
    let mut grand_total = None;
    let start = reader.object(|reader, key| {
        match key {
            "grandTotal" => {
                let money = currency.unwrap_or(Currency::XXX);
                grand_total = reader.optional(|reader| amount(reader, money))?;
            }
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    required(grand_total, "grandTotal", start)
}

/// The zone of times without offset: of the shop, else of the source.
fn zone(members: &Members<'_>, source: &Source, is_needed: bool) -> Result<Option<Tz>, Fault> {
    match members.location.as_ref().and_then(|location| location.timezone.as_ref()) {
        Some((name, place)) if is_needed => {
            let zone = name.parse::<Tz>().map_err(|_| Fault::new(Reason::UnknownTimezone, *place))?;
            Ok(Some(zone))
        }
        _ => Ok(source.timezone),
    }
}

/// The sums and the two checks; `None` where a sum is too large to keep.
fn sums(tally: &Tally<'_>, grand_total: i64, taxes_included: bool, is_paid: bool) -> Option<Sums> {
    let keep = |sum: i128| i64::try_from(sum).ok();
    let total = i128::from(grand_total);
    let taxes = tally.taxes.unwrap_or(tally.parts_taxes);
    let sum = tally.net + tally.charges + if taxes_included { 0 } else { taxes };
    let tender_difference = match tally.tendered.filter(|_| is_paid && !tally.foreign_tender) {
        Some(tendered) => Some(keep(total - tendered)?).filter(|difference| *difference != 0),
        None => None,
    };
    Some(Sums {
        gross: keep(tally.gross)?,
        discounts: keep(tally.discounts)?,
        charges: keep(tally.charges)?,
        taxes: keep(taxes)?,
        grand_total,
        difference: keep(total - sum)?,
        tender_difference,
    })
}

/// References that point nowhere are no reason to refuse an order; they are noted.
fn judge_references(tally: &Tally<'_>, notes: &mut Vec<String>) {
    if tally.lines_named.iter().any(|id| !tally.lines.contains(id)) {
        notes.push("unknown_line".to_owned());
    }
    if tally.taxes_named.iter().any(|id| !tally.taxes_ids.contains(id)) {
        notes.push("unknown_tax".to_owned());
    }
    if tally.foreign_tender {
        notes.push("tender_other_currency".to_owned());
    }
}

fn push_first(out: &mut String, name: &str, text: &str) {
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
    push_text(out, text);
}

fn digest(parts: &Parts, customer_id: Option<&str>, payment: &str, sums: Sums) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let mut add = |text: &str| {
        hasher.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(text);
    };
    add("order.recorded.v1");
    // Absent and empty differ: an id is never empty.
    add(customer_id.unwrap_or_default());
    add(payment);
    for part in Part::ALL {
        add(match (part, parts.get(part)) {
            // An empty list says what an absent one says.
            (_, "[]") => "",
            (_, text) => text,
        });
    }
    hasher.update(sums.grand_total.to_be_bytes());
    hasher.update(sums.tender_difference.unwrap_or_default().to_be_bytes());
    hasher.finalize().into()
}
