//! The values that members of an event have: ids, money, quantities, times, words of lists.

use std::{borrow::Cow, collections::HashSet};

use chrono::NaiveDate;
use iso_currency::Currency;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    json::{Fault, Field, Reason, Text, check_text, push_member, push_quoted, typed},
    money::{self, QUANTITY_PLACES, decimals},
    time::{Spoken, read_date},
};

/// Longest id, in characters.
const MAX_ID: usize = 128;
/// Longest scheme of a name, in characters.
const MAX_SCHEME: usize = 64;
/// Most lines of an order or a return, and most elements of any other list.
pub(super) const MAX_LINES: usize = 10_000;

/// A name: a string that is not empty.
pub(super) fn name(text: Cow<'_, str>) -> Result<Cow<'_, str>, Reason> {
    if text.is_empty() { Err(Reason::Empty) } else { Ok(text) }
}

/// An id: a string of 1 to 128 characters.
pub(super) fn id(text: Cow<'_, str>) -> Result<Cow<'_, str>, Reason> {
    within(text, MAX_ID)
}

/// The scheme of a customer's name: a string of 1 to 64 characters.
pub(super) fn scheme(text: Cow<'_, str>) -> Result<Cow<'_, str>, Reason> {
    within(text, MAX_SCHEME)
}

/// A name of at most so many characters.
fn within(text: Cow<'_, str>, most: usize) -> Result<Cow<'_, str>, Reason> {
    if text.len() > most && text.chars().count() > most { Err(Reason::TooLong) } else { name(text) }
}

impl<'p, 'a> Field<'p, Text<'a>> {
    /// Any string.
    pub(super) fn text(self) -> Option<Cow<'a, str>> {
        self.value.map(|Text(text)| text)
    }

    /// An id.
    pub(super) fn id(self) -> Result<Field<'p, Cow<'a, str>>, Fault> {
        self.read(|Text(text)| id(text))
    }

    /// A string that is not empty.
    pub(super) fn name(self) -> Result<Field<'p, Cow<'a, str>>, Fault> {
        self.read(|Text(text)| name(text))
    }

    /// A word of an open list.
    pub(super) fn word(self, list: &[&'static str]) -> Result<Field<'p, Word<'a>>, Fault> {
        self.read(|Text(text)| {
            let text = name(text)?;
            Ok(match list.iter().find(|known| **known == text) {
                Some(known) => Word::plain(known),
                None => Word { known: "other", original: Some(text) },
            })
        })
    }

    /// A word of a closed list.
    pub(super) fn closed(self, list: &[&'static str]) -> Result<Field<'p, &'static str>, Fault> {
        self.read(|Text(text)| list.iter().find(|known| **known == text).copied().ok_or(Reason::UnknownWord))
    }

    /// A currency code.
    pub(super) fn currency(self) -> Result<Field<'p, Currency>, Fault> {
        self.read(|Text(code)| Currency::from_code(&code).ok_or(Reason::UnknownCurrency))
    }

    /// A time, still without a zone.
    pub(super) fn time(self) -> Result<Field<'p, Spoken>, Fault> {
        self.read(|Text(text)| Spoken::read(&text))
    }

    /// A date.
    pub(super) fn day(self) -> Result<Option<NaiveDate>, Fault> {
        Ok(self.read(|Text(text)| read_date(&text))?.value)
    }
}

impl<'a> Field<'_, Cow<'a, str>> {
    /// An id that must be there and must not have come before in its list.
    pub(super) fn unique(self, ids: &mut Ids<'a>) -> Result<Cow<'a, str>, Fault> {
        self.read(|id| ids.take(id))?.required()
    }
}

impl<'p> Field<'p, &RawValue> {
    /// A decimal number, from a string or a JSON number.
    pub(super) fn decimal(self, places: u32) -> Result<Field<'p, Decimal>, Fault> {
        self.read(|value| decimal(value, places))
    }

    /// An amount in whole minor units of its currency.
    pub(super) fn amount(self, currency: Currency) -> Result<Field<'p, i64>, Fault> {
        let places = decimals(currency);
        self.read(|value| money::minor(decimal(value, places)?, places))
    }

    /// A revision: an integer from 0 to 2^53.
    pub(super) fn revision(self) -> Result<Option<i64>, Fault> {
        let revision = self.read(|value| {
            let number = match written(value)? {
                Written::Text(text) => text.parse().ok(),
                Written::Number(text) => text.parse().ok(),
            };
            number.filter(|number: &i64| (0..=1 << 53).contains(number)).ok_or(Reason::OrderOutOfRange)
        })?;
        Ok(revision.value)
    }
}

impl<'p, 'a> Field<'p, &'a RawValue> {
    /// A quantity.
    pub(super) fn quantity(self) -> Result<Field<'p, Quantity<'a>>, Fault> {
        self.read_at(|value, at| {
            if !value.get().starts_with('{') {
                let value = decimal(value, QUANTITY_PLACES).map_err(|reason| at.fault(reason))?;
                return Ok(Quantity { value, unit: Word::plain(EACH) });
            }
            let data: QuantityData<'a> = typed(value.get(), Some(at))?;
            let unit = at.field("unit", data.unit).word(UNITS)?.value;
            Ok(Quantity {
                value: at.field("value", data.value).decimal(QUANTITY_PLACES)?.required()?,
                unit: unit.unwrap_or(Word::plain(EACH)),
            })
        })
    }
}

/// A number, as it was written.
enum Written<'a> {
    Text(Cow<'a, str>),
    Number(&'a str),
}

fn written(value: &RawValue) -> Result<Written<'_>, Reason> {
    match value.get() {
        text if text.starts_with('"') => {
            let Text(text) = serde_json::from_str(text).map_err(|_| Reason::InvalidJson)?;
            check_text(&text)?;
            Ok(Written::Text(text))
        }
        number if number.starts_with(|first: char| first == '-' || first.is_ascii_digit()) => {
            Ok(Written::Number(number))
        }
        _ => Err(Reason::WrongType),
    }
}

fn decimal(value: &RawValue, places: u32) -> Result<Decimal, Reason> {
    match written(value)? {
        Written::Text(text) => money::read(&text, places),
        Written::Number(text) => money::read_number(text, places),
    }
}

/// A word of an open list: one that is known, or `other` with the original beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) known: &'static str,
    pub(super) original: Option<Cow<'a, str>>,
}

impl Word<'_> {
    pub(super) fn plain(known: &'static str) -> Self {
        Self { known, original: None }
    }

    /// The word and its original, to keep.
    pub(super) fn into_owned(self) -> (&'static str, Option<String>) {
        (self.known, self.original.map(Cow::into_owned))
    }

    /// Appends `"name":"word"`, and `"nameOriginal":"…"` where the word was not known.
    pub(super) fn push(&self, out: &mut String, name: &str) {
        push_quoted(out, name, self.known);
        if let Some(original) = &self.original {
            push_member(out, &format!("{name}Original"), original);
        }
    }
}

/// Up to so many ids are compared one by one.
const FEW: usize = 16;

/// The ids of one list, each once.
#[derive(Debug, Default)]
pub(super) struct Ids<'a> {
    few: Vec<Cow<'a, str>>,
    many: HashSet<Cow<'a, str>>,
}

impl<'a> Ids<'a> {
    /// Takes an id that must not have come before.
    pub(super) fn take(&mut self, id: Cow<'a, str>) -> Result<Cow<'a, str>, Reason> {
        if self.contains(&id) {
            return Err(Reason::DuplicateId);
        }
        if self.few.len() < FEW {
            self.few.push(id.clone());
        } else {
            self.many.insert(id.clone());
        }
        Ok(id)
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.few.iter().any(|known| known == id) || (!self.many.is_empty() && self.many.contains(id))
    }
}

/// The long form of a quantity, as the event carries it.
#[derive(Deserialize)]
struct QuantityData<'a> {
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    unit: Option<Text<'a>>,
}

/// How much of something: a bare number, or `{value, unit}` with a unit of UNECE Recommendation 20.
pub(super) struct Quantity<'a> {
    pub(super) value: Decimal,
    pub(super) unit: Word<'a>,
}

/// The unit of what is counted in pieces.
const EACH: &str = "EA";

impl Quantity<'_> {
    /// Appends `{"value":"1","unit":"EA"}`.
    pub(super) fn push(&self, out: &mut String) {
        out.push('{');
        push_quoted(out, "value", self.value);
        self.unit.push(out, "unit");
        out.push('}');
    }

    /// Whether it is counted in pieces.
    pub(super) fn is_each(&self) -> bool {
        self.unit.known == EACH
    }
}

/// Units of UNECE Recommendation 20 that shops sell by; others become `other` with the original beside.
const UNITS: &[&str] = &[
    EACH, "H87", "C62", "PR", "DZN", "SET", "PK", "XPK", "XBX", "XBO", "XCT", "XCS", "KGM", "GRM", "MGM",
    "HGM", "DTN", "TNE", "LBR", "ONZ", "STN", "LTR", "MLT", "CLT", "DLT", "HLT", "MTQ", "CMQ", "DMQ", "GLL",
    "GLI", "QT", "PT", "PTI", "OZA", "OZI", "MTR", "CMT", "MMT", "KMT", "INH", "FOT", "YRD", "MTK", "CMK",
    "FTK", "SEC", "MIN", "HUR", "DAY", "WEE", "MON", "ANN", "KWH", "MWH", "MJ", "LH", "E34", "4L", "E54",
    "P1", "NPR", "NMP", "RO", "BX", "CT", "CS",
];
