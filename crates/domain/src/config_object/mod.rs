//! Configuration objects: what decisions rest on, published in numbered versions that never change.
//!
//! Between them they hold whatever ISO/IEC TS 27560 demands of a consent record and an entry does not repeat: purpose,
//! lawful basis, personal data, retention, recipients, jurisdiction, storage locations, controller, notice, withdrawal
//! method, rights. An object that lacks one of these cannot be read, and so cannot be published. Objects name one another
//! by id where they are written, and by the hash of the published version once they are.

mod ask;
mod context;
mod document;
mod id;
mod party;
mod processing;
mod reader;
mod registration;
mod retention;
mod rules;
mod terms;
mod texts;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::ask::{Ask, Offer};
pub use self::context::{Known, Mistake};
pub use self::document::Document;
pub use self::id::{Id, NoId, Reference};
pub use self::party::{Party, PartyType, Realm, Recipient};
pub use self::processing::{PersonalData, Processing, Withdrawal};
pub use self::registration::Registration;
pub use self::retention::{Retention, Then};
pub use self::texts::{MAIN_LANGUAGE, Texts};

use self::context::Context;
use self::reader::Reader;
use crate::entry::{InvalidEntry, canonical, fingerprint};

/// The kinds of objects, each after those that it can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The retailer as controller (GDPR Art. 4(7)).
    Realm,
    /// For how long data is kept.
    Retention,
    /// Who gets data.
    Recipient,
    /// The terms under which something is volunteered.
    Terms,
    /// A privacy notice.
    Notice,
    /// What every grant rests on: the customer's instruction under GDPR Art. 20.
    Grant,
    /// A reason for which volunteered data may be used.
    Purpose,
    /// A question to customers.
    Ask,
    /// An app as it was registered.
    App,
}

impl Kind {
    /// All of them, each after those that it can name.
    pub const ALL: [Self; 9] = [
        Self::Realm,
        Self::Retention,
        Self::Recipient,
        Self::Terms,
        Self::Notice,
        Self::Grant,
        Self::Purpose,
        Self::Ask,
        Self::App,
    ];

    /// The word in files and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Realm => "realm",
            Self::Retention => "retention",
            Self::Recipient => "recipient",
            Self::Terms => "terms",
            Self::Notice => "notice",
            Self::Grant => "grant",
            Self::Purpose => "purpose",
            Self::Ask => "ask",
            Self::App => "app",
        }
    }

    /// Reads [`Kind::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What an object says; in its JSON a member with the name of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// See [`Kind::Realm`].
    Realm(Realm),
    /// See [`Kind::Retention`].
    Retention(Retention),
    /// See [`Kind::Recipient`].
    Recipient(Recipient),
    /// See [`Kind::Terms`].
    Terms(Document),
    /// See [`Kind::Notice`].
    Notice(Document),
    /// See [`Kind::Grant`].
    Grant(Box<Processing>),
    /// See [`Kind::Purpose`].
    Purpose(Box<Processing>),
    /// See [`Kind::Ask`].
    Ask(Box<Ask>),
    /// See [`Kind::App`].
    App(Box<Registration>),
}

impl Body {
    /// The kind of object that says this.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Realm(_) => Kind::Realm,
            Self::Retention(_) => Kind::Retention,
            Self::Recipient(_) => Kind::Recipient,
            Self::Terms(_) => Kind::Terms,
            Self::Notice(_) => Kind::Notice,
            Self::Grant(_) => Kind::Grant,
            Self::Purpose(_) => Kind::Purpose,
            Self::Ask(_) => Kind::Ask,
            Self::App(_) => Kind::App,
        }
    }

    /// The objects that it names.
    pub fn references(&self) -> Vec<(Kind, &Reference)> {
        match self {
            Self::Grant(processing) | Self::Purpose(processing) => processing.references(),
            Self::Ask(ask) => vec![(Kind::Purpose, &ask.purpose)],
            Self::Realm(_)
            | Self::Retention(_)
            | Self::Recipient(_)
            | Self::Terms(_)
            | Self::Notice(_)
            | Self::App(_) => Vec::new(),
        }
    }

    /// Whether it is about a special category of personal data (GDPR Art. 9).
    pub fn is_special(&self) -> bool {
        match self {
            Self::Grant(processing) | Self::Purpose(processing) => processing.is_special(),
            _ => false,
        }
    }
}

/// The form of an object's JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Form {
    #[serde(rename = "1")]
    One,
}

/// An object in one version. It never changes: whoever wants another one publishes the next version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    v: Form,
    /// Its id, which tells nothing.
    pub id: Id,
    /// Counts the versions of its kind and id, from 1.
    pub version: u32,
    /// What it says.
    #[serde(flatten)]
    pub body: Body,
}

impl Object {
    /// The canonical bytes (RFC 8785), which are what is published.
    ///
    /// # Errors
    /// [`InvalidEntry::NotCanonical`], which an object that was read from a file never gives.
    pub fn canonical(&self) -> Result<Vec<u8>, InvalidEntry> {
        canonical(self)
    }

    /// `sha256:` of the canonical bytes: the name under which entries know it.
    ///
    /// # Errors
    /// As [`Object::canonical`].
    pub fn hash(&self) -> Result<String, InvalidEntry> {
        Ok(fingerprint(&self.canonical()?))
    }

    /// Reads the bytes that were published.
    ///
    /// # Errors
    /// For bytes that are no object.
    pub fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

/// An object as it is written, before it has a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its id.
    pub id: Id,
    /// What it says.
    pub body: Body,
}

impl Draft {
    /// The object with this as its version.
    pub fn numbered(self, version: u32) -> Object {
        Object { v: Form::One, id: self.id, version, body: self.body }
    }
}

/// The kind and the id that a file gives, as far as both can be read: to tell which is to be read first.
pub fn named(file: &Value) -> (Option<Kind>, Option<Id>) {
    let text = |name: &str| file.get(name).and_then(Value::as_str);
    (text("kind").and_then(Kind::from_name), text("id").and_then(|id| Id::new(id).ok()))
}

/// Reads an object as it is written: a table with `kind`, `id` and what its kind has. `lookup` knows the objects that it
/// may name.
///
/// # Errors
/// All mistakes at once, each with its field.
pub fn read(file: &Value, lookup: &dyn Fn(Kind, &Id) -> Known) -> Result<Draft, Vec<Mistake>> {
    let context = Context::new(lookup);
    context.check_numbers(file, "");
    let Some(table) = file.as_object() else {
        context.mistake("", "must be a table");
        return Err(context.mistakes());
    };
    let mut reader = Reader::new(&context, table, "");
    let kind = reader.text("kind").and_then(|name| {
        let kind = Kind::from_name(&name);
        if kind.is_none() {
            let known = Kind::ALL.map(Kind::name).join(", ");
            context.mistake("kind", format!("is {name:?}; the kinds are {known}"));
        }
        kind
    });
    if kind == Some(Kind::App) {
        context.mistake("kind", "is app: an app is published by registering it");
        return Err(context.mistakes());
    }
    let id = reader.id("id");
    let body = kind.and_then(|kind| read_body(kind, &mut reader));
    // Of a kind that is not known nobody can say which fields it has.
    if kind.is_some() {
        reader.finish();
    }
    match (id, body) {
        (Some(id), Some(body)) if context.is_clean() => Ok(Draft { id, body }),
        _ => Err(context.mistakes()),
    }
}

fn read_body(kind: Kind, reader: &mut Reader<'_, '_>) -> Option<Body> {
    Some(match kind {
        Kind::Realm => Body::Realm(Realm::read(reader)?),
        Kind::Retention => Body::Retention(Retention::read(reader)?),
        Kind::Recipient => Body::Recipient(Recipient::read(reader)?),
        Kind::Terms => Body::Terms(Document::read(reader)?),
        Kind::Notice => Body::Notice(Document::read(reader)?),
        Kind::Grant => Body::Grant(Box::new(Processing::read_grant(reader)?)),
        Kind::Purpose => Body::Purpose(Box::new(Processing::read_purpose(reader)?)),
        Kind::Ask => Body::Ask(Box::new(Ask::read(reader)?)),
        // Refused before.
        Kind::App => return None,
    })
}

#[cfg(test)]
mod tests;
