//! The envelope: CloudEvents 1.0, structured or binary.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, de::IgnoredAny};

use crate::{
    json::{Fault, Glimpse, Object, Path, Reason, Text, check_text, typed},
    time::Spoken,
};

use super::{
    Act, Decoded, Event, EventOrder, Identity, Rejection, Source, Sources,
    event::Content,
    identity::{Statement, erased, identified, linked, merged, split, unlinked},
    order::order,
    removal::removal,
    returning::{refund, returning},
    sequence::DataOrder,
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
    Removal,
    Linked,
    Unlinked,
    Identified,
    Merged,
    Split,
    Erased,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        match name {
            "order.recorded.v1" => Some(Self::Order),
            "return.recorded.v1" => Some(Self::Return),
            "refund.recorded.v1" => Some(Self::Refund),
            "order.removed.v1" => Some(Self::Removal),
            "customer.linked.v1" => Some(Self::Linked),
            "customer.unlinked.v1" => Some(Self::Unlinked),
            "customer.identified.v1" => Some(Self::Identified),
            "customer.merged.v1" => Some(Self::Merged),
            "customer.split.v1" => Some(Self::Split),
            "customer.erased.v1" => Some(Self::Erased),
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
struct Heading<'a> {
    id: Cow<'a, str>,
    source: Cow<'a, str>,
    time: Option<DateTime<Utc>>,
}

impl<'a> Attributes<'a> {
    fn check(self) -> Result<Heading<'a>, Fault> {
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
        Ok(Heading { id: named("id", self.id)?, source: named("source", self.source)?, time })
    }
}

impl Heading<'_> {
    /// The place of the event, as its data and its time give it.
    fn place(&self, sequence: DataOrder) -> Result<EventOrder, Fault> {
        sequence.settle(self.time).ok_or_else(|| wrong("data/revision", Reason::MissingField))
    }
}

/// The data of an event, which makes an event of its heading.
trait Data {
    fn under(self, heading: Heading<'_>, settings: &Source) -> Result<Decoded, Fault>;
}

impl Data for Content {
    fn under(self, heading: Heading<'_>, settings: &Source) -> Result<Decoded, Fault> {
        let order = heading.place(self.sequence)?;
        let mut body = self.body;
        body.set_origin(&heading.source, &heading.id, order);
        Ok(Decoded::Event(Box::new(Event {
            event_id: heading.id.into_owned(),
            source: heading.source.into_owned(),
            namespace: settings.namespace.clone(),
            customer_id: self.customer_id,
            customer_scheme: settings.customer_scheme.clone(),
            order,
            digest: self.digest,
            body,
        })))
    }
}

impl Data for Statement {
    fn under(self, heading: Heading<'_>, settings: &Source) -> Result<Decoded, Fault> {
        let at = self.sequence.revised_at.or(heading.time);
        // What is erased is what came before: without a time nobody could say what that is.
        if at.is_none() && matches!(self.identity, Identity::Erased { .. }) {
            return Err(wrong("time", Reason::MissingField));
        }
        Ok(Decoded::Act(Box::new(Act {
            order: heading.place(self.sequence)?,
            event_id: heading.id.into_owned(),
            source: heading.source.into_owned(),
            namespace: settings.namespace.clone(),
            at,
            digest: self.digest,
            content: self.identity,
        })))
    }
}

/// Reads the data of one type of event.
type Read<T, D> = fn(T, &Path<'_>, &Source) -> Result<D, Fault>;

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
    let outcome = opened(kind, Sealed::Structured(text), sources);
    outcome.map_err(|fault| Rejection::of(fault, Glimpse::of_event(text)))
}

/// An event that is still to be read, with its text.
enum Sealed<'a> {
    /// All of it is in the text.
    Structured(&'a str),
    /// The text is its data.
    Binary(Attributes<'a>, &'a str),
}

/// The event of a kind; without one it is refused, as far as it can be read.
fn opened(kind: Option<Kind>, sealed: Sealed<'_>, sources: &Sources) -> Result<Decoded, Fault> {
    match kind {
        Some(Kind::Order) => sealed.open(order, sources),
        Some(Kind::Return) => sealed.open(returning, sources),
        Some(Kind::Refund) => sealed.open(refund, sources),
        Some(Kind::Removal) => sealed.open(removal, sources),
        Some(Kind::Linked) => sealed.open(linked, sources),
        Some(Kind::Unlinked) => sealed.open(unlinked, sources),
        Some(Kind::Identified) => sealed.open(identified, sources),
        Some(Kind::Merged) => sealed.open(merged, sources),
        Some(Kind::Split) => sealed.open(split, sources),
        Some(Kind::Erased) => sealed.open(erased, sources),
        None => sealed.open(untyped, sources),
    }
}

/// An event must say its type.
fn untyped(_: IgnoredAny, _: &Path<'_>, _: &Source) -> Result<Content, Fault> {
    Err(wrong("type", Reason::MissingField))
}

impl<'a> Sealed<'a> {
    /// Reads the event, its data by `read`.
    fn open<T: Deserialize<'a>, D: Data>(
        self,
        read: Read<T, D>,
        sources: &Sources,
    ) -> Result<Decoded, Fault> {
        let (heading, data) = match self {
            Self::Structured(text) => unwrapped(text)?,
            Self::Binary(attributes, text) => (attributes.check()?, typed(text, Some(&Path::DATA))?),
        };
        let settings = sources.of(&heading.source);
        read(data, &Path::DATA, settings)?.under(heading, settings)
    }
}

/// The heading and the data of a structured event.
fn unwrapped<'a, T: Deserialize<'a>>(text: &'a str) -> Result<(Heading<'a>, T), Fault> {
    let envelope: Envelope<'_, Object<T>> = typed(text, None)?;
    let plain = |text: Option<Text<'a>>| text.map(|Text(text)| text);
    let attributes = Attributes {
        id: plain(envelope.id),
        source: plain(envelope.source),
        version: plain(envelope.specversion),
        content: plain(envelope.datacontenttype),
        time: plain(envelope.time),
    };
    let heading = attributes.check()?;
    if envelope.data_base64.is_some() {
        return Err(wrong("data_base64", Reason::UnsupportedContent));
    }
    let Object(data) = envelope.data.ok_or_else(|| wrong("data", Reason::MissingField))?;
    Ok((heading, data))
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
    let text = text(value, Some(&Path::DATA), Glimpse::of_data)?;
    let attributes = Attributes {
        id: attribute("ce_id", "/id")?,
        source: attribute("ce_source", "/source")?,
        version: attribute("ce_specversion", "/specversion")?,
        content: attribute("ce_datacontenttype", "/datacontenttype")?
            .or_else(|| message.content_type.map(Cow::Borrowed)),
        time: attribute("ce_time", "/time")?,
    };
    let outcome = opened(kind, Sealed::Binary(attributes, text), sources);
    outcome.map_err(|fault| Rejection::of(fault, Glimpse::of_data(text)))
}
