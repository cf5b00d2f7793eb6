//! The values that members of an event have: money, quantities, times, words of lists.

use std::{borrow::Cow, collections::HashSet};

use chrono::NaiveDate;
use iso_currency::Currency;

use crate::{
    json::{Fault, Reader, Reason, push_text, separate},
    money::{Decimal, QUANTITY_PLACES, decimals},
    time::{Spoken, read_date},
};

/// Adds the place to a reason.
pub(super) fn at<T>(place: usize, outcome: Result<T, Reason>) -> Result<T, Fault> {
    outcome.map_err(|reason| Fault::new(reason, place))
}

/// A value that must be there; `place` is where its object starts.
pub(super) fn required<T>(value: Option<T>, member: &'static str, place: usize) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::missing(member, place))
}

/// Reads a decimal number from a string or a JSON number.
pub(super) fn decimal(reader: &mut Reader<'_>, places: u8) -> Result<Decimal, Fault> {
    let place = reader.place();
    let outcome = if reader.peek() == Some(b'"') {
        Decimal::read(&reader.string()?, places, false)
    } else {
        Decimal::read(reader.number()?, places, true)
    };
    at(place, outcome)
}

/// Reads an amount in whole minor units of its currency.
pub(super) fn amount(reader: &mut Reader<'_>, currency: Currency) -> Result<i64, Fault> {
    let place = reader.place();
    let places = decimals(currency);
    let number = decimal(reader, places)?;
    at(place, number.minor(places))
}

/// Reads a currency code.
pub(super) fn currency(reader: &mut Reader<'_>) -> Result<Currency, Fault> {
    let place = reader.place();
    let code = reader.string()?;
    Currency::from_code(&code).ok_or(Fault::new(Reason::UnknownCurrency, place))
}

/// Reads a time, still without a zone, and where it stands.
pub(super) fn spoken(reader: &mut Reader<'_>) -> Result<(Spoken, usize), Fault> {
    let place = reader.place();
    let text = reader.string()?;
    Ok((at(place, Spoken::read(&text))?, place))
}

/// Reads a date.
pub(super) fn day(reader: &mut Reader<'_>) -> Result<NaiveDate, Fault> {
    let place = reader.place();
    let text = reader.string()?;
    at(place, read_date(&text))
}

/// Reads a revision: an integer from 0 to 2^53.
pub(super) fn revision(reader: &mut Reader<'_>) -> Result<i64, Fault> {
    let place = reader.place();
    let text = if reader.peek() == Some(b'"') { reader.string()? } else { Cow::Borrowed(reader.number()?) };
    let number = text.parse::<i64>().ok().filter(|number| (0..=1 << 53).contains(number));
    number.ok_or(Fault::new(Reason::OrderOutOfRange, place))
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

    /// Appends `"name":"word"`, and `"nameOriginal":"…"` where the word was not known.
    pub(super) fn push(&self, out: &mut String, name: &str) {
        separate(out, name);
        push_text(out, self.known);
        if let Some(original) = &self.original {
            out.push_str(",\"");
            out.push_str(name);
            out.push_str("Original\":");
            push_text(out, original);
        }
    }
}

/// Reads a word of an open list.
pub(super) fn word<'a>(reader: &mut Reader<'a>, list: &[&'static str]) -> Result<Word<'a>, Fault> {
    let text = reader.name()?;
    Ok(match list.iter().find(|known| **known == text) {
        Some(known) => Word::plain(known),
        None => Word { known: "other", original: Some(text) },
    })
}

/// Reads a word of a closed list.
pub(super) fn closed(reader: &mut Reader<'_>, list: &[&'static str]) -> Result<&'static str, Fault> {
    let place = reader.place();
    let text = reader.string()?;
    list.iter().find(|known| **known == text).copied().ok_or(Fault::new(Reason::UnknownWord, place))
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
    /// Reads an id that must not have come before.
    pub(super) fn read(&mut self, reader: &mut Reader<'a>) -> Result<Cow<'a, str>, Fault> {
        let place = reader.place();
        let id = reader.id()?;
        if self.contains(&id) {
            return Err(Fault::new(Reason::DuplicateId, place));
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

/// How much of something: a bare number, or `{value, unit}` with a unit of UNECE Recommendation 20.
pub(super) struct Quantity<'a> {
    pub(super) value: Decimal,
    pub(super) unit: Word<'a>,
}

/// The units that are common enough not to be allocated; any other code of two or three characters is kept as well.
const EACH: &str = "EA";

impl Quantity<'_> {
    /// Appends `{"value":"1","unit":"EA"}`.
    pub(super) fn push(&self, out: &mut String) {
        out.push_str("{\"value\":\"");
        self.value.push(out, 0);
        out.push('"');
        self.unit.push(out, "unit");
        out.push('}');
    }

    /// Whether it is counted in pieces.
    pub(super) fn is_each(&self) -> bool {
        self.unit.known == EACH
    }
}

/// Reads a quantity.
pub(super) fn quantity<'a>(reader: &mut Reader<'a>) -> Result<Quantity<'a>, Fault> {
    if reader.peek() != Some(b'{') {
        let value = decimal(reader, QUANTITY_PLACES)?;
        return Ok(Quantity { value, unit: Word::plain(EACH) });
    }
    let (mut value, mut unit) = (None, None);
    let start = reader.object(|reader, key| {
        match key {
            "value" => value = reader.optional(|reader| decimal(reader, QUANTITY_PLACES))?,
            "unit" => unit = reader.optional(|reader| word(reader, UNITS))?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    Ok(Quantity { value: required(value, "value", start)?, unit: unit.unwrap_or(Word::plain(EACH)) })
}

/// Units of UNECE Recommendation 20 that shops sell by; others become `other` with the original beside.
const UNITS: &[&str] = &[
    EACH, "H87", "C62", "PR", "DZN", "SET", "PK", "XPK", "XBX", "XBO", "XCT", "XCS", "KGM", "GRM", "MGM",
    "HGM", "DTN", "TNE", "LBR", "ONZ", "STN", "LTR", "MLT", "CLT", "DLT", "HLT", "MTQ", "CMQ", "DMQ", "GLL",
    "GLI", "QT", "PT", "PTI", "OZA", "OZI", "MTR", "CMT", "MMT", "KMT", "INH", "FOT", "YRD", "MTK", "CMK",
    "FTK", "SEC", "MIN", "HUR", "DAY", "WEE", "MON", "ANN", "KWH", "MWH", "MJ", "LH", "E34", "4L", "E54",
    "P1", "NPR", "NMP", "RO", "BX", "CT", "CS",
];
