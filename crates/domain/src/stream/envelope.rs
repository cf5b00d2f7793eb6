//! The envelope: CloudEvents 1.0, structured or binary.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, de::IgnoredAny};

use crate::{
    json::{Fault, Glimpse, Object, Path, Reason, Text, check_text, typed},
    time::Spoken,
};

use super::{
    Decoded, Event, Rejection, Source, Sources,
    event::Content,
    order::order,
    returning::{refund, returning},
    values::name,
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

/// A structured event, its data read as `T`.
#[derive(Deserialize)]
struct Envelope<'a, T> {
    #[serde(borrow)]
    specversion: Option<Text<'a>>,
    id: Option<Text<'a>>,
    source: Option<Text<'a>>,
    time: Option<Text<'a>>,
    datacontenttype: Option<Text<'a>>,
    data: Option<T>,
    data_base64: Option<IgnoredAny>,
}

/// The attributes of an event, as its envelope gives them.
struct Attributes<'a> {
    id: Option<Cow<'a, str>>,
    source: Option<Cow<'a, str>>,
    version: Option<Cow<'a, str>>,
    content: Option<Cow<'a, str>>,
    time: Option<Cow<'a, str>>,
}

/// An attribute that breaks a rule.
fn wrong(name: &str, reason: Reason) -> Fault {
    Fault { reason, pointer: format!("/{name}") }
}

/// The attributes that every event has, checked.
struct Identity<'a> {
    id: Cow<'a, str>,
    source: Cow<'a, str>,
    time: Option<DateTime<Utc>>,
}

impl<'a> Attributes<'a> {
    fn check(self) -> Result<Identity<'a>, Fault> {
        match self.version.as_deref() {
            None => return Err(wrong("specversion", Reason::NoEnvelope)),
            Some("1.0") => {}
            Some(_) => return Err(wrong("specversion", Reason::UnknownVersion)),
        }
        // `application/json`, and any `…+json`.
        if self.content.as_deref().is_some_and(|kind| !kind.contains("json")) {
            return Err(wrong("datacontenttype", Reason::UnsupportedContent));
        }
        let named = |attribute: &str, text: Option<Cow<'a, str>>| {
            text.ok_or(Reason::MissingField).and_then(name).map_err(|reason| wrong(attribute, reason))
        };
        let time = self.time.as_deref().map(instant).transpose().map_err(|reason| wrong("time", reason))?;
        Ok(Identity { id: named("id", self.id)?, source: named("source", self.source)?, time })
    }
}

impl Identity<'_> {
    /// The event of `data`, as `read` understands it.
    fn event<T>(self, data: T, read: Read<T>, sources: &Sources) -> Result<Decoded, Fault> {
        let settings = sources.of(&self.source);
        let content = read(data, &Path::DATA, settings)?;
        let order = content.sequence.settle(self.time);
        let order = order.ok_or_else(|| wrong("data/revision", Reason::MissingField))?;
        let mut body = content.body;
        body.set_origin(&self.source, &self.id, order);
        Ok(Decoded::Event(Box::new(Event {
            event_id: self.id.into_owned(),
            source: self.source.into_owned(),
            namespace: settings.namespace.clone(),
            customer_id: content.customer_id,
            order,
            digest: content.digest,
            body,
        })))
    }
}

/// Reads the data of one type of event.
type Read<T> = fn(T, &Path<'_>, &Source) -> Result<Content, Fault>;

fn instant(text: &str) -> Result<DateTime<Utc>, Reason> {
    Ok(Spoken::read(text)?.resolve(None)?.0.utc())
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

/// The text of a message that stands at `at`, or why it is none.
fn text<'a>(
    value: &'a [u8],
    at: Option<&Path<'_>>,
    glimpse: fn(&str) -> Glimpse,
) -> Result<&'a str, Rejection> {
    if value.len() > MAX_MESSAGE {
        return Err(Rejection::bare(Reason::MessageTooLarge, ""));
    }
    std::str::from_utf8(value).map_err(|broken| {
        // Whatever can be read is read, so that the message is found again by its ids.
        let readable = String::from_utf8_lossy(value);
        let before = readable.get(..broken.valid_up_to()).unwrap_or_default();
        let fault = match typed::<IgnoredAny>(before, at) {
            Ok(_) => Fault { reason: Reason::InvalidUtf8, pointer: String::new() },
            // It breaks off where the bytes are no text.
            Err(fault) if fault.reason == Reason::InvalidJson => {
                Fault { reason: Reason::InvalidUtf8, ..fault }
            }
            Err(fault) => fault,
        };
        Rejection::of(fault, glimpse(&readable))
    })
}

fn structured(value: &[u8], sources: &Sources) -> Result<Decoded, Rejection> {
    let text = text(value, None, Glimpse::of_event)?;
    // The type comes first, wherever it stands: what is not ours is not looked at, even where it is broken.
    let kind = match Glimpse::kind_of(text).map(|name| Kind::of(&name)) {
        Some(None) => return Ok(Decoded::Skipped),
        Some(kind) => kind,
        None => None,
    };
    let outcome = match kind {
        Some(Kind::Order) => opened(text, order, sources),
        Some(Kind::Return) => opened(text, returning, sources),
        Some(Kind::Refund) => opened(text, refund, sources),
        None => opened(text, |_: IgnoredAny, _, _| Err(wrong("type", Reason::MissingField)), sources),
    };
    outcome.map_err(|fault| Rejection::of(fault, Glimpse::of_event(text)))
}

/// The event of a text.
fn opened<'a, T: Deserialize<'a>>(text: &'a str, read: Read<T>, sources: &Sources) -> Result<Decoded, Fault> {
    let envelope: Envelope<'_, Object<T>> = typed(text, None)?;
    let plain = |text: Option<Text<'a>>| text.map(|Text(text)| text);
    let attributes = Attributes {
        id: plain(envelope.id),
        source: plain(envelope.source),
        version: plain(envelope.specversion),
        content: plain(envelope.datacontenttype),
        time: plain(envelope.time),
    };
    let identity = attributes.check()?;
    if envelope.data_base64.is_some() {
        return Err(wrong("data_base64", Reason::UnsupportedContent));
    }
    let Object(data) = envelope.data.ok_or_else(|| wrong("data", Reason::MissingField))?;
    identity.event(data, read, sources)
}

fn binary(message: &Message<'_>, value: &[u8], sources: &Sources) -> Result<Decoded, Rejection> {
    let attribute = |name: &str, pointer: &str| {
        let found = message.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        let Some((_, bytes)) = found else { return Ok(None) };
        let text = std::str::from_utf8(bytes).map_err(|_| Reason::InvalidUtf8);
        let text = text.and_then(|text| check_text(text).map(|()| text));
        let text = text.map_err(|reason| Rejection::bare(reason, pointer))?;
        Ok(Some(text).filter(|text| !text.is_empty()).map(Cow::Borrowed))
    };
    let kind = match attribute("ce_type", "/type")?.map(|name| Kind::of(&name)) {
        Some(None) => return Ok(Decoded::Skipped),
        Some(kind) => kind,
        None => None,
    };
    let at = Some(&Path::DATA);
    let text = text(value, at, Glimpse::of_data)?;
    let attributes = Attributes {
        id: attribute("ce_id", "/id")?,
        source: attribute("ce_source", "/source")?,
        version: attribute("ce_specversion", "/specversion")?,
        content: attribute("ce_datacontenttype", "/datacontenttype")?
            .or_else(|| message.content_type.map(Cow::Borrowed)),
        time: attribute("ce_time", "/time")?,
    };
    let outcome = attributes.check().and_then(|identity| match kind {
        Some(Kind::Order) => identity.event(typed(text, at)?, order, sources),
        Some(Kind::Return) => identity.event(typed(text, at)?, returning, sources),
        Some(Kind::Refund) => identity.event(typed(text, at)?, refund, sources),
        None => Err(wrong("type", Reason::MissingField)),
    });
    outcome.map_err(|fault| Rejection::of(fault, Glimpse::of_data(text)))
}
