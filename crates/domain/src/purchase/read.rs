//! From the stored form back to the merge state.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::{
    json::{Members, Path, Text, push_json, without},
    money::decimals,
    stream::{CHANNELS, PAYMENTS, RefundData, ReturnData, STATUSES, Source, read_refund, read_return},
    time::{Moment, read_date},
};

use super::{
    Corrupt, Facts, Marks, Order, Origin, Part, Parts, Purchase, Refund, Return, Section, SectionsRef, Sums,
    effects,
    render::RETURNED,
    sections::{LINES_ANNOTATED, SELLERS_ON_LINES},
    stored::{amount, currency_of},
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

/// The sections of one purchase, each with braces around it.
struct Texts {
    head: String,
    lines: String,
    payment: String,
    place: String,
    fulfilments: String,
    documents: String,
}

impl Texts {
    fn of(sections: &SectionsRef<'_>) -> Result<Self, Corrupt> {
        let object = |section| Ok::<_, Corrupt>(format!("{{{}}}", sections.text(section)?));
        Ok(Self {
            head: object(Section::Head)?,
            lines: object(Section::Lines)?,
            payment: object(Section::Payment)?,
            place: object(Section::Location)?,
            fulfilments: object(Section::Fulfilments)?,
            documents: object(Section::Documents)?,
        })
    }
}

impl Purchase {
    /// Reads a purchase back from what [`Purchase::render`] wrote.
    ///
    /// # Errors
    /// [`Corrupt`] where a section cannot be read.
    pub fn read(sections: &SectionsRef<'_>) -> Result<Self, Corrupt> {
        let texts = Texts::of(sections)?;
        let head: Members<'_> = serde_json::from_str(&texts.head)?;
        let mut purchase = Self {
            order: None,
            returns: Vec::new(),
            refunds: Vec::new(),
            revision: needed(&head, "revision")?,
            recorded_at: needed::<DateTime<Utc>>(&head, "recordedAt")?,
            updated_at: needed::<DateTime<Utc>>(&head, "updatedAt")?,
        };
        if needed::<Text<'_>>(&head, "status")?.0 != RETURNED {
            purchase.order = Some(order(sections, &texts, &head)?);
        }
        let kept = sections.text(Section::Kept)?;
        if !kept.is_empty() {
            let Kept { returns, refunds } = serde_json::from_str(kept)?;
            purchase.returns = returns.into_iter().map(KeptPart::into_return).collect::<Result<_, _>>()?;
            purchase.refunds = refunds.into_iter().map(KeptPart::into_refund).collect::<Result<_, _>>()?;
        }
        Ok(purchase)
    }
}

/// A member that is always written.
fn needed<'a, T: Deserialize<'a>>(members: &Members<'a>, name: &str) -> Result<T, Corrupt> {
    members.get(name)?.ok_or(Corrupt::new("a member is missing"))
}

fn one_of(members: &Members<'_>, name: &str, list: &[&'static str]) -> Result<&'static str, Corrupt> {
    let Text(word) = needed(members, name)?;
    list.iter().find(|known| **known == word).copied().ok_or(Corrupt::new("a word is not known"))
}

fn order(sections: &SectionsRef<'_>, texts: &Texts, head: &Members<'_>) -> Result<Order, Corrupt> {
    let payment: Members<'_> = serde_json::from_str(&texts.payment)?;
    let place: Members<'_> = serde_json::from_str(&texts.place)?;
    let currency = currency_of(&needed::<Text<'_>>(head, "currency")?.0)?;
    let location: Option<Place> = place.get("location")?;
    let date = head.get::<Text<'_>>("businessDate")?.map(|Text(date)| read_date(&date)).transpose();
    let at = Moment::read(&needed::<Text<'_>>(head, "purchasedAt")?.0);
    let totals: Totals = needed(head, "totals")?;
    let completeness: Completeness = needed(head, "completeness")?;
    let money = |text: &str| {
        i64::try_from(amount(text, decimals(currency))?).map_err(|_| Corrupt::new("a sum is too large"))
    };
    let sums = Sums {
        gross: money(&totals.gross)?,
        discounts: money(&totals.discounts)?,
        charges: money(&totals.charges)?,
        taxes: money(&totals.taxes)?,
        grand_total: money(&totals.grand_total)?,
        difference: completeness.difference.as_deref().map(money).transpose()?.unwrap_or_default(),
        tender_difference: completeness.tender_difference.as_deref().map(money).transpose()?,
    };
    // Notes about returns and refunds are worked out anew.
    let mut notes = completeness.notes;
    notes.retain(|note| !effects::NOTES.contains(&note.as_str()));
    let facts = Facts {
        id: needed(head, "orderId")?,
        status: one_of(head, "status", STATUSES)?,
        channel: one_of(head, "channel", CHANNELS)?,
        purchased_at: at.map_err(|_| Corrupt::new("a member is no time"))?,
        business_date: date.map_err(|_| Corrupt::new("a member is no date"))?,
        currency,
        taxes_included: head.get("pricesIncludeTax")?.unwrap_or(true),
        payment: match payment.text("payment") {
            Some(_) => one_of(&payment, "payment", PAYMENTS)?,
            None => "paid",
        },
        shared: head.text("account").is_some(),
        store_id: location.map(|location| location.store_id),
        notes,
        sellers_on_lines: sections.has(SELLERS_ON_LINES),
        marks: Marks::read(sections.get(Section::Marks))?,
        sums,
    };
    Ok(Order { facts, text: parts(sections, texts, [head, &payment, &place])? })
}

/// The location, as far as it must be known.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    store_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Totals {
    gross: String,
    discounts: String,
    charges: String,
    taxes: String,
    grand_total: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Completeness {
    difference: Option<String>,
    tender_difference: Option<String>,
    notes: Vec<String>,
}

fn parts(
    sections: &SectionsRef<'_>,
    texts: &Texts,
    [head, payment, place]: [&Members<'_>; 3],
) -> Result<Parts, Corrupt> {
    let lines: Members<'_> = serde_json::from_str(&texts.lines)?;
    let fulfilments: Members<'_> = serde_json::from_str(&texts.fulfilments)?;
    let documents: Members<'_> = serde_json::from_str(&texts.documents)?;
    let mut parts = Parts::with_capacity(sections.get(Section::Lines).len() + 1_024);
    // The first part, so its first member has no comma before it.
    parts.write(Part::Head, |out| {
        for name in HEAD {
            if let Some(value) = head.text(name) {
                push_json(out, name, value);
            }
        }
    });
    let text = lines.text("lines").ok_or(Corrupt::new("its lines are missing"))?;
    parts.write(Part::Lines, |out| {
        if sections.has(LINES_ANNOTATED) {
            return without(text, out, |name| matches!(name, "returnedQuantity" | "refunded"));
        }
        out.push_str(text);
        Ok(())
    })?;
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
        parts.write(part, |out| out.push_str(members.text(name).unwrap_or_default()));
    }
    Ok(parts)
}

/// Returns and refunds as they were sent.
#[derive(Deserialize)]
struct Kept<'a> {
    #[serde(borrow)]
    returns: Vec<KeptPart<'a, ReturnData<'a>>>,
    refunds: Vec<KeptPart<'a, RefundData<'a>>>,
}

/// A return or refund, and what its event said beside it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptPart<'a, T> {
    source: String,
    event_id: String,
    note: Option<String>,
    /// Of a return.
    #[serde(borrow)]
    currency: Option<Text<'a>>,
    data: T,
}

impl KeptPart<'_, ReturnData<'_>> {
    fn into_return(self) -> Result<Return, Corrupt> {
        let (part, ..) = read_return(self.data, &Path::DATA, &Source::default())
            .map_err(|_| Corrupt::new("a return cannot be read"))?;
        let currency = self.currency.map(|Text(code)| currency_of(&code)).transpose()?;
        Ok(Return {
            origin: Origin { source: self.source, event_id: self.event_id },
            note: self.note,
            currency: currency.unwrap_or(part.currency),
            ..part
        })
    }
}

impl KeptPart<'_, RefundData<'_>> {
    fn into_refund(self) -> Result<Refund, Corrupt> {
        let (part, ..) = read_refund(self.data, &Path::DATA, &Source::default())
            .map_err(|_| Corrupt::new("a refund cannot be read"))?;
        let origin = Origin { source: self.source, event_id: self.event_id };
        Ok(Refund { origin, note: self.note, ..part })
    }
}
