//! The envelope: CloudEvents 1.0, structured or binary.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use crate::{
    json::{Fault, MAX_TEXT, Reader, Reason, find},
    time::Spoken,
};

use super::{
    Decoded, Event, Rejection, Source, Sources,
    event::Content,
    order::order,
    rejection::Frame,
    returning::{refund, returning},
    values::at,
};

/// Largest message, in bytes.
const MAX_MESSAGE: usize = 4 * 1024 * 1024;
const STRUCTURED: &str = "application/cloudevents+json";

/// One message of the stream, borrowed from wherever it came from.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The `content-type` header.
    pub content_type: Option<&'a str>,
    /// All headers; those of a binary envelope start with `ce_`.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The value; `None` where the message has a null value.
    pub value: Option<&'a [u8]>,
}

/// The types that are read; all others are skipped.
#[derive(Clone, Copy)]
enum Kind {
    Order,
    Return,
    Refund,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        match name {
            "order.recorded.v1" => Some(Self::Order),
            "return.recorded.v1" => Some(Self::Return),
            "refund.recorded.v1" => Some(Self::Refund),
            _ => None,
        }
    }
}

/// The attributes of an event, as its envelope gives them.
#[derive(Default)]
struct Attributes<'a> {
    id: Option<Cow<'a, str>>,
    source: Option<Cow<'a, str>>,
    version: Option<Cow<'a, str>>,
    content: Option<Cow<'a, str>>,
    time: Option<DateTime<Utc>>,
}

impl Attributes<'_> {
    /// The attributes that must be there, or the one that is wrong.
    fn check(&self) -> Result<(&str, &str), (Reason, &'static str)> {
        match self.version.as_deref() {
            None => return Err((Reason::NoEnvelope, "specversion")),
            Some("1.0") => {}
            Some(_) => return Err((Reason::UnknownVersion, "specversion")),
        }
        // `application/json`, and any `…+json`.
        if self.content.as_deref().is_some_and(|kind| !kind.contains("json")) {
            return Err((Reason::UnsupportedContent, "datacontenttype"));
        }
        let id = self.id.as_deref().ok_or((Reason::MissingField, "id"))?;
        let source = self.source.as_deref().ok_or((Reason::MissingField, "source"))?;
        Ok((id, source))
    }
}

/// Reads one message.
///
/// # Errors
/// A message of a known type that cannot be read or breaks a rule is a [`Rejection`].
pub fn decode(message: &Message<'_>, sources: &Sources) -> Result<Decoded, Rejection> {
    let Some(value) = message.value.filter(|value| !value.is_empty()) else {
        return Ok(Decoded::Tombstone);
    };
    let is_structured = message.content_type.is_some_and(|kind| {
        kind.get(..STRUCTURED.len()).is_some_and(|start| start.eq_ignore_ascii_case(STRUCTURED))
    });
    let header = |name: &str| message.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    let is_binary = !is_structured && header("ce_type").or_else(|| header("ce_specversion")).is_some();
    if is_binary { binary(message, value, sources) } else { structured(value, sources) }
}

/// The text of a message, or why it is none.
fn text(value: &[u8], frame: Frame) -> Result<&str, Rejection> {
    if value.len() > MAX_MESSAGE {
        return Err(Rejection::bare(Reason::MessageTooLarge, ""));
    }
    std::str::from_utf8(value).map_err(|broken| {
        // Whatever can be read is read, so that the message is found again by its ids.
        let readable = String::from_utf8_lossy(value);
        Rejection::of(Fault::new(Reason::InvalidUtf8, broken.valid_up_to()), &readable, frame)
    })
}

fn structured(value: &[u8], sources: &Sources) -> Result<Decoded, Rejection> {
    let text = text(value, Frame::Structured)?;
    let reject = |fault| Rejection::of(fault, text, Frame::Structured);
    // Type and source come first, wherever they stand: what is not ours is not looked at.
    let ahead = |name| find(text, 0, name).and_then(|place| Reader::lenient(text, place).string().ok());
    let kind = match ahead("type").map(|name| Kind::of(&name)) {
        Some(None) => return Ok(Decoded::Skipped),
        Some(kind) => kind,
        None => None,
    };
    let settings = sources.of(&ahead("source").unwrap_or_default());
    let mut attributes = Attributes::default();
    let mut data = None;
    let mut reader = Reader::new(text, 0);
    let outcome = reader.object(|reader, key| {
        match key {
            "specversion" => attributes.version = reader.optional(Reader::string)?,
            "id" => attributes.id = reader.optional(Reader::name)?,
            "source" => attributes.source = reader.optional(Reader::name)?,
            "time" => {
                let place = reader.place();
                if let Some(time) = reader.optional(Reader::string)? {
                    attributes.time = Some(at(place, instant(&time))?);
                }
            }
            "datacontenttype" => attributes.content = reader.optional(Reader::string)?,
            "data_base64" => return Err(Fault::new(Reason::UnsupportedContent, reader.place())),
            "data" => match kind {
                Some(kind) => {
                    let place = reader.place();
                    let content = reader.optional(|reader| content(reader, kind, settings))?;
                    data = content.map(|content| (content, place));
                }
                None => reader.skip()?,
            },
            _ => reader.skip()?,
        }
        Ok(())
    });
    outcome.and_then(|_| reader.end()).map_err(reject)?;
    let named = |(reason, member)| reject(Fault { reason, at: reader_start(text), member: Some(member) });
    let (id, source) = attributes.check().map_err(named)?;
    if kind.is_none() {
        return Err(named((Reason::MissingField, "type")));
    }
    let (content, place) = data.ok_or_else(|| named((Reason::MissingField, "data")))?;
    event(content, id, source, settings, attributes.time)
        .ok_or_else(|| reject(Fault::missing("revision", place)))
}

/// Where the one value of a text starts.
fn reader_start(text: &str) -> usize {
    Reader::lenient(text, 0).place()
}

fn binary(message: &Message<'_>, value: &[u8], sources: &Sources) -> Result<Decoded, Rejection> {
    let attribute = |name: &str, pointer: &str| {
        let found = message.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        match found.map(|(_, bytes)| std::str::from_utf8(bytes)) {
            None => Ok(None),
            Some(Ok(text)) if text.contains('\0') => Err(Rejection::bare(Reason::NulCharacter, pointer)),
            Some(Ok(text)) if text.chars().count() > MAX_TEXT => {
                Err(Rejection::bare(Reason::TooLong, pointer))
            }
            Some(Ok(text)) => Ok(Some(text).filter(|text| !text.is_empty()).map(Cow::Borrowed)),
            Some(Err(_)) => Err(Rejection::bare(Reason::InvalidUtf8, pointer)),
        }
    };
    let kind = match attribute("ce_type", "/type")?.map(|name| Kind::of(&name)) {
        Some(None) => return Ok(Decoded::Skipped),
        Some(kind) => kind,
        None => None,
    };
    let text = text(value, Frame::Binary)?;
    let reject = |fault| Rejection::of(fault, text, Frame::Binary);
    // An attribute is wrong in a header, but the ids are still those of the data.
    let named = |(reason, member): (Reason, &str)| Rejection {
        pointer: format!("/{member}"),
        ..reject(Fault::new(reason, 0))
    };
    let time = match attribute("ce_time", "/time")? {
        Some(time) => Some(instant(&time).map_err(|reason| named((reason, "time")))?),
        None => None,
    };
    let attributes = Attributes {
        id: attribute("ce_id", "/id")?,
        source: attribute("ce_source", "/source")?,
        version: attribute("ce_specversion", "/specversion")?,
        content: attribute("ce_datacontenttype", "/datacontenttype")?
            .or_else(|| message.content_type.map(Cow::Borrowed)),
        time,
    };
    let (id, source) = attributes.check().map_err(named)?;
    let kind = kind.ok_or_else(|| named((Reason::MissingField, "type")))?;
    let settings = sources.of(source);
    // As deep as the same data lies in a structured event.
    let mut reader = Reader::new(text, 1);
    let content = content(&mut reader, kind, settings).and_then(|content| reader.end().map(|()| content));
    let content = content.map_err(reject)?;
    event(content, id, source, settings, attributes.time)
        .ok_or_else(|| reject(Fault::missing("revision", reader_start(text))))
}

fn content(reader: &mut Reader<'_>, kind: Kind, source: &Source) -> Result<Content, Fault> {
    match kind {
        Kind::Order => order(reader, source),
        Kind::Return => returning(reader, source),
        Kind::Refund => refund(reader, source),
    }
}

/// The event of a content in its envelope; `None` where nothing orders it.
fn event(
    content: Content,
    id: &str,
    source: &str,
    settings: &Source,
    time: Option<DateTime<Utc>>,
) -> Option<Decoded> {
    let order = content.sequence.settle(time)?;
    let mut body = content.body;
    body.set_origin(source, id, order);
    Some(Decoded::Event(Box::new(Event {
        event_id: id.to_owned(),
        source: source.to_owned(),
        namespace: settings.namespace.clone(),
        customer_id: content.customer_id,
        order,
        digest: content.digest,
        body,
    })))
}

fn instant(text: &str) -> Result<DateTime<Utc>, Reason> {
    Ok(Spoken::read(text)?.resolve(None)?.0.utc())
}
