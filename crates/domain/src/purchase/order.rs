//! An order as it stands: a few typed facts, and its parts as text that is ready to be served.

use chrono::{DateTime, NaiveDate, Utc};
use iso_currency::Currency;

use crate::{
    catalogue::{CategorySet, Fingerprint},
    json::{push_member, push_quoted, push_shown, separate},
    stream::{EventOrder, OrderKind},
    time::{Moment, utc_text},
};

use super::Corrupt;

/// The parts of an order that are kept as served text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The plain members of the head, from `orderId` to `account`, without braces.
    Head,
    Lines,
    Charges,
    Taxes,
    Related,
    Tenders,
    Loyalty,
    Seller,
    Location,
    Fulfilments,
    Documents,
    Provenance,
}

impl Part {
    pub(crate) const ALL: [Self; 12] = [
        Self::Head,
        Self::Lines,
        Self::Charges,
        Self::Taxes,
        Self::Related,
        Self::Tenders,
        Self::Loyalty,
        Self::Seller,
        Self::Location,
        Self::Fulfilments,
        Self::Documents,
        Self::Provenance,
    ];

    fn index(self) -> usize {
        Self::ALL.iter().position(|part| *part == self).unwrap_or_default()
    }
}

/// The sums of an order, in minor units of its currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) gross: i64,
    pub(crate) discounts: i64,
    pub(crate) charges: i64,
    pub(crate) taxes: i64,
    pub(crate) grand_total: i64,
    /// `grandTotal` less what the lines, charges and taxes add up to.
    pub(crate) difference: i64,
    /// `grandTotal` less what was tendered; absent where that is not to be checked.
    pub(crate) tender_difference: Option<i64>,
}

/// The categories that the lines of an order are in, as one catalogue has them. To another they say nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) categories: CategorySet,
}

impl Marks {
    /// The bytes to store: the fingerprint, then the set.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = self.fingerprint.to_vec();
        bytes.extend(self.categories.to_bytes());
        bytes
    }

    /// Reads [`Marks::to_bytes`]; `None` where there are none.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<Self>, Corrupt> {
        if bytes.is_empty() {
            return Ok(None);
        }
        let broken = Corrupt::new("its categories cannot be read");
        let (fingerprint, set) = bytes.split_first_chunk().ok_or(broken)?;
        let categories = CategorySet::from_bytes(set).ok_or(broken)?;
        Ok(Some(Self { fingerprint: *fingerprint, categories }))
    }
}

/// What must be known of an order without reading its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) id: String,
    pub(crate) status: &'static str,
    pub(crate) channel: &'static str,
    pub(crate) purchased_at: Moment,
    pub(crate) business_date: Option<NaiveDate>,
    pub(crate) currency: Currency,
    pub(crate) taxes_included: bool,
    pub(crate) payment: &'static str,
    pub(crate) shared: bool,
    pub(crate) store_id: Option<String>,
    /// Codes of what had to be decided while reading.
    pub(crate) notes: Vec<String>,
    /// Whether any line names its own seller.
    pub(crate) sellers_on_lines: bool,
    /// The categories of its lines; `None` where it was stored before there were any.
    pub(crate) marks: Option<Marks>,
    pub(crate) sums: Sums,
}

/// One order, whole and checked. Its parts lie in one buffer in the form in which they are served.
#[derive(Clone, Debug)]
pub struct Order {
    pub(crate) facts: Facts,
    pub(crate) text: Parts,
}

impl Order {
    /// The source's id of the order.
    pub fn id(&self) -> &str {
        &self.facts.id
    }

    /// Notes from which event it comes.
    pub(crate) fn set_origin(&mut self, source: &str, event_id: &str, order: EventOrder) {
        self.text.write(Part::Provenance, |out| {
            out.push('{');
            push_member(out, "source", source);
            push_member(out, "eventId", event_id);
            let at = || utc_text(DateTime::from_timestamp_micros(order.value).unwrap_or_default());
            match order.kind {
                OrderKind::Revision => {
                    separate(out, "orderRevision");
                    push_shown(out, order.value);
                }
                OrderKind::RevisedAt => push_quoted(out, "orderRevisedAt", at()),
                OrderKind::Time => push_quoted(out, "orderTime", at()),
            }
            out.push('}');
        });
    }

    /// When it was placed, in UTC.
    pub fn purchased_at(&self) -> DateTime<Utc> {
        self.facts.purchased_at.utc()
    }
}

/// Texts in one buffer, found by their part; a part that is not there is empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    buffer: String,
    spans: [(usize, usize); Part::ALL.len()],
}

impl Parts {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { buffer: String::with_capacity(bytes), ..Self::default() }
    }

    /// Bytes of all parts together.
    pub(crate) fn len(&self) -> usize {
        self.buffer.len()
    }

    pub(crate) fn get(&self, part: Part) -> &str {
        let (start, end) = self.spans.get(part.index()).copied().unwrap_or_default();
        self.buffer.get(start..end).unwrap_or_default()
    }

    /// Adds a part as `write` appends it.
    pub(crate) fn write<T>(&mut self, part: Part, write: impl FnOnce(&mut String) -> T) -> T {
        let start = self.buffer.len();
        let outcome = write(&mut self.buffer);
        if let Some(span) = self.spans.get_mut(part.index()) {
            *span = (start, self.buffer.len());
        }
        outcome
    }
}
