//! What else an order says: seller, place, fulfilments, documents, related orders, gift.

use std::borrow::Cow;

use chrono_tz::Tz;
use iso_currency::Currency;

use crate::json::{Fault, Reader, find, push_text, separate};

use super::{
    order::Tally,
    values::{at, required, spoken, word},
};

const FULFILMENTS: &[&str] = &["delivery", "pickup", "in_store", "digital", "other"];
const DOCUMENTS: &[&str] = &["receipt", "invoice", "credit_note", "warranty", "other"];
const RELATIONS: &[&str] =
    &["fulfils", "part_of", "replaces", "exchange_of", "renews", "correction_of", "other"];

/// Where an order was placed, as far as it must be known without its text.
pub(super) struct Location<'a> {
    pub(super) store_id: Cow<'a, str>,
    /// The name of the time zone and where it stands.
    pub(super) timezone: Option<(Cow<'a, str>, usize)>,
}

/// Appends the texts that are there, each with its name.
fn push_texts(out: &mut String, texts: &[(&str, Option<&Cow<'_, str>>)]) {
    for (name, text) in texts {
        if let Some(text) = text {
            separate(out, name);
            push_text(out, text);
        }
    }
}

fn next(out: &mut String) {
    out.push_str(if out.ends_with('[') { "{" } else { ",{" });
}

/// Reads a `seller` and appends it.
pub(super) fn seller(reader: &mut Reader<'_>, out: &mut String) -> Result<(), Fault> {
    let (mut name, mut legal_name, mut vat_id) = (None, None, None);
    let start = reader.object(|reader, key| {
        match key {
            "name" => name = reader.optional(Reader::name)?,
            "legalName" => legal_name = reader.optional(Reader::string)?,
            "vatId" => vat_id = reader.optional(Reader::string)?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    let name = required(name, "name", start)?;
    out.push('{');
    push_texts(out, &[("name", Some(&name)), ("legalName", legal_name.as_ref()), ("vatId", vat_id.as_ref())]);
    out.push('}');
    Ok(())
}

/// Reads the `location` and appends it.
pub(super) fn location<'a>(reader: &mut Reader<'a>, out: &mut String) -> Result<Location<'a>, Fault> {
    let (mut store_id, mut name, mut city, mut country, mut timezone) = (None, None, None, None, None);
    let start = reader.object(|reader, key| {
        match key {
            "storeId" => store_id = reader.optional(Reader::id)?,
            "name" => name = reader.optional(Reader::string)?,
            "city" => city = reader.optional(Reader::string)?,
            "country" => country = reader.optional(Reader::string)?,
            "timezone" => {
                let place = reader.place();
                timezone = reader.optional(Reader::string)?.map(|zone| (zone, place));
            }
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    let store_id = required(store_id, "storeId", start)?;
    out.push('{');
    push_texts(
        out,
        &[
            ("storeId", Some(&store_id)),
            ("name", name.as_ref()),
            ("city", city.as_ref()),
            ("country", country.as_ref()),
            ("timezone", timezone.as_ref().map(|(zone, _)| zone)),
        ],
    );
    out.push('}');
    Ok(Location { store_id, timezone })
}

/// Reads `gift`: whether it is one. Whatever else stands there would be about the recipient and is not kept.
pub(super) fn gift(reader: &mut Reader<'_>) -> Result<bool, Fault> {
    let mut is_gift = None;
    let start = reader.object(|reader, key| {
        match key {
            "isGift" => is_gift = reader.optional(Reader::boolean)?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    required(is_gift, "isGift", start)
}

/// The zone of the order's place, which may stand behind this list, else of its source. Looked for once.
fn zone_ahead(text: &str, tally: &Tally<'_>) -> Option<Tz> {
    *tally.zone.get_or_init(|| {
        let named = find(text, tally.data, "location")
            .and_then(|location| find(text, location, "timezone"))
            .and_then(|place| Reader::lenient(text, place).string().ok())
            .and_then(|name| name.parse::<Tz>().ok());
        named.or(tally.source_zone)
    })
}

/// Reads `fulfilments`.
pub(super) fn fulfilments<'a>(
    reader: &mut Reader<'a>,
    _money: Currency,
    out: &mut String,
    tally: &mut Tally<'a>,
) -> Result<(), Fault> {
    out.push('[');
    reader.array(|reader| {
        let (mut id, mut kind, mut status, mut time) = (None, None, None, None);
        let mut lines = String::from("[");
        let start = reader.object(|reader, key| {
            match key {
                "id" => id = reader.optional(Reader::id)?,
                "type" => kind = reader.optional(|reader| word(reader, FULFILMENTS))?,
                "status" => status = reader.optional(Reader::name)?,
                "at" => {
                    if let Some((spoken, place)) = reader.optional(spoken)? {
                        let zone = if spoken.is_local() { zone_ahead(reader.text(), tally) } else { None };
                        time = Some(at(place, spoken.resolve(zone))?.0);
                    }
                }
                "lineIds" => drop(reader.optional(|reader| {
                    reader.array(|reader| {
                        let line = reader.id()?;
                        if lines.len() > 1 {
                            lines.push(',');
                        }
                        push_text(&mut lines, &line);
                        tally.lines_named.push(line);
                        Ok(())
                    })
                })?),
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        lines.push(']');
        next(out);
        push_texts(out, &[("id", Some(&required(id, "id", start)?))]);
        required(kind, "type", start)?.push(out, "type");
        push_texts(out, &[("status", Some(&required(status, "status", start)?))]);
        if let Some(time) = time {
            out.push_str(",\"at\":\"");
            time.push(out);
            out.push('"');
        }
        separate(out, "lineIds");
        out.push_str(&lines);
        out.push('}');
        Ok(())
    })?;
    out.push(']');
    Ok(())
}

/// Reads `documents`.
pub(super) fn documents<'a>(
    reader: &mut Reader<'a>,
    _money: Currency,
    out: &mut String,
    _tally: &mut Tally<'a>,
) -> Result<(), Fault> {
    out.push('[');
    reader.array(|reader| {
        let (mut kind, mut media_type, mut href, mut sha256) = (None, None, None, None);
        let start = reader.object(|reader, key| {
            match key {
                "type" => kind = reader.optional(|reader| word(reader, DOCUMENTS))?,
                "mediaType" => media_type = reader.optional(Reader::name)?,
                "href" => href = reader.optional(Reader::name)?,
                "sha256" => sha256 = reader.optional(Reader::string)?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        next(out);
        required(kind, "type", start)?.push(out, "type");
        let media_type = required(media_type, "mediaType", start)?;
        let href = required(href, "href", start)?;
        push_texts(
            out,
            &[("mediaType", Some(&media_type)), ("href", Some(&href)), ("sha256", sha256.as_ref())],
        );
        out.push('}');
        Ok(())
    })?;
    out.push(']');
    Ok(())
}

/// Reads `related`.
pub(super) fn related<'a>(
    reader: &mut Reader<'a>,
    _money: Currency,
    out: &mut String,
    _tally: &mut Tally<'a>,
) -> Result<(), Fault> {
    out.push('[');
    reader.array(|reader| {
        let (mut relation, mut order_id) = (None, None);
        let start = reader.object(|reader, key| {
            match key {
                "rel" => relation = reader.optional(|reader| word(reader, RELATIONS))?,
                "orderId" => order_id = reader.optional(Reader::id)?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        next(out);
        required(relation, "rel", start)?.push(out, "rel");
        push_texts(out, &[("orderId", Some(&required(order_id, "orderId", start)?))]);
        out.push('}');
        Ok(())
    })?;
    out.push(']');
    Ok(())
}
