//! `order.recorded.v1`: the whole order as it now stands.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::{
    catalogue::CategorySet,
    json::{Fault, List, Object, Path, Reason, Text, push_quoted, push_text, separate},
    purchase::{Facts, Marks, Order, Part, Parts, Sums},
};

use super::{
    Body, DataOrder, Source,
    charges::{ChargeData, TaxData, charges, taxes},
    event::Content,
    extras::{
        DocumentData, FulfilmentData, GiftData, LocationData, RelatedData, SellerData, Zone, documents,
        fulfilments, gift, location, related, seller,
    },
    line::{LineData, lines, text},
    payment::{LoyaltyData, TenderData, loyalty, tenders},
    values::Ids,
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
    /// Those that any line is in.
    pub(super) categories: CategorySet,
    /// What was tendered, less change; `None` where the order names no tenders.
    pub(super) tendered: Option<i128>,
    pub(super) foreign_tender: bool,
    pub(super) lines: Ids<'a>,
    pub(super) taxes_ids: Ids<'a>,
    pub(super) lines_named: Vec<Cow<'a, str>>,
    pub(super) taxes_named: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderData<'a> {
    #[serde(borrow)]
    order_id: Option<Text<'a>>,
    revision: Option<&'a RawValue>,
    revised_at: Option<Text<'a>>,
    customer_id: Option<Text<'a>>,
    status: Option<Text<'a>>,
    channel: Option<Text<'a>>,
    placed_at: Option<Text<'a>>,
    business_date: Option<Text<'a>>,
    receipt_number: Option<Text<'a>>,
    currency: Option<Text<'a>>,
    prices_include_tax: Option<bool>,
    payment: Option<Text<'a>>,
    account: Option<Text<'a>>,
    gift: Option<Object<GiftData>>,
    totals: Option<Object<TotalsData<'a>>>,
    seller: Option<Object<SellerData<'a>>>,
    location: Option<Object<LocationData<'a>>>,
    lines: Option<List<LineData<'a>>>,
    charges: Option<List<ChargeData<'a>>>,
    taxes: Option<List<TaxData<'a>>>,
    tenders: Option<List<TenderData<'a>>>,
    loyalty: Option<List<LoyaltyData<'a>>>,
    fulfilments: Option<List<FulfilmentData<'a>>>,
    documents: Option<List<DocumentData<'a>>>,
    related: Option<List<RelatedData<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TotalsData<'a> {
    #[serde(borrow)]
    grand_total: Option<&'a RawValue>,
}

/// Reads the data of an `order.recorded.v1`.
pub(super) fn order(data: OrderData<'_>, at: &Path<'_>, source: &Source) -> Result<Content, Fault> {
    let lines_there = data.lines.as_ref().map_or(0, Vec::len);
    let mut parts = Parts::with_capacity(1_024 + 256 * lines_there);
    let id = at.field("orderId", data.order_id).id()?.required()?;
    let customer_id = at.field("customerId", data.customer_id).id()?.value;
    let status = at.field("status", data.status).closed(STATUSES)?.value.unwrap_or("fulfilled");
    let channel = at.field("channel", data.channel).word(CHANNELS)?.required()?;
    let business_date = at.field("businessDate", data.business_date).day()?;
    let payment = at.field("payment", data.payment).closed(PAYMENTS)?.value.unwrap_or("paid");
    let shared = at.field("account", data.account).closed(ACCOUNTS)?.value == Some("shared");
    let is_gift = gift(at.field("gift", data.gift))?;
    let location = parts.write(Part::Location, |out| location(at.field("location", data.location), out))?;
    let zone = Zone { location: location.as_ref(), source: source.timezone };
    let placed_at = zone.resolve(at.field("placedAt", data.placed_at).time()?)?;
    let (purchased_at, note) = placed_at.required()?;
    let revised_at = zone.resolve(at.field("revisedAt", data.revised_at).time()?)?.value;
    let revision = at.field("revision", data.revision).revision()?;
    let currency = at.field("currency", data.currency).currency()?.required()?;
    let totals = at
        .field("totals", data.totals)
        .object(|data, at| at.field("grandTotal", data.grand_total).amount(currency)?.required())?;
    let grand_total = totals.required()?;

    let mut tally = Tally::default();
    parts.write(Part::Lines, |out| {
        lines(at.field("lines", data.lines), currency, &source.catalogue, out, &mut tally)
    })?;
    parts
        .write(Part::Charges, |out| charges(at.field("charges", data.charges), currency, out, &mut tally))?;
    parts.write(Part::Taxes, |out| taxes(at.field("taxes", data.taxes), currency, out, &mut tally))?;
    parts
        .write(Part::Tenders, |out| tenders(at.field("tenders", data.tenders), currency, out, &mut tally))?;
    parts.write(Part::Loyalty, |out| loyalty(at.field("loyalty", data.loyalty), out))?;
    parts.write(Part::Fulfilments, |out| {
        fulfilments(at.field("fulfilments", data.fulfilments), &zone, out, &mut tally)
    })?;
    parts.write(Part::Documents, |out| documents(at.field("documents", data.documents), out))?;
    parts.write(Part::Related, |out| related(at.field("related", data.related), out))?;
    parts.write(Part::Seller, |out| seller(at.field("seller", data.seller), out))?;
    let included = at.field("pricesIncludeTax", data.prices_include_tax);
    if tally.has_taxes && included.value.is_none() {
        return Err(included.fault(Reason::MissingField));
    }
    let included = included.value;
    let taxes_included = included.unwrap_or(true);
    let sums = sums(&tally, grand_total, taxes_included, payment == "paid")
        .ok_or_else(|| at.fault(Reason::AmountOutOfRange))?;
    let mut notes: Vec<String> = note.into_iter().map(str::to_owned).collect();
    judge_references(&tally, &mut notes);

    parts.write(Part::Head, |out| {
        // The first member of its text, so no comma comes before it.
        out.push_str("\"orderId\":");
        push_text(out, &id);
        push_quoted(out, "status", status);
        channel.push(out, "channel");
        separate(out, "purchasedAt");
        purchased_at.push_quoted(out);
        text(out, "receiptNumber", at.field("receiptNumber", data.receipt_number).text().as_deref());
        if let Some(date) = business_date {
            push_quoted(out, "businessDate", date);
        }
        push_quoted(out, "currency", currency.code());
        if let Some(included) = included {
            separate(out, "pricesIncludeTax");
            out.push_str(if included { "true" } else { "false" });
        }
        if let Some(is_gift) = is_gift {
            separate(out, "gift");
            out.push_str(if is_gift { "{\"isGift\":true}" } else { "{\"isGift\":false}" });
        }
        if shared {
            push_quoted(out, "account", "shared");
        }
    });
    let digest = digest(&parts, customer_id.as_deref(), payment, sums);

    // What comes from the configuration or the envelope is not content, so it is no part of the digest.
    if parts.get(Part::Seller).is_empty()
        && let Some(seller) = &source.seller
    {
        parts.write(Part::Seller, |out| seller.push(out));
    }
    let facts = Facts {
        id: id.into_owned(),
        status,
        channel: channel.known,
        purchased_at,
        business_date,
        currency,
        taxes_included,
        payment,
        shared,
        store_id: location.map(|location| location.store_id.into_owned()),
        notes,
        sellers_on_lines: tally.sellers_on_lines,
        // Like the seller, these are no content: another catalogue makes no other order.
        marks: Some(Marks {
            fingerprint: source.catalogue.fingerprint_bytes(),
            categories: tally.categories,
        }),
        sums,
    };
    Ok(Content {
        body: Body::Order(Order { facts, text: parts }),
        customer_id: customer_id.map(Cow::into_owned),
        sequence: DataOrder { revision, revised_at: revised_at.map(|(moment, _)| moment.utc()) },
        digest,
    })
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
