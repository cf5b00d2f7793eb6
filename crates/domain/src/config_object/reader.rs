//! Reads the fields of a table, each by its name, and notes what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::context::{Context, Known, within};
use super::{Body, Id, Kind, MAIN_LANGUAGE, Reference, Texts};

/// Most characters of a text.
const TEXT_LENGTH: usize = 100_000;

/// A rule for a text, and how it is told.
pub(super) struct Rule {
    pub(super) holds: fn(&str) -> bool,
    pub(super) says: &'static str,
}

pub(super) struct Reader<'a, 'c> {
    pub(super) context: &'a Context<'c>,
    table: &'a Map<String, Value>,
    path: String,
    read: BTreeSet<String>,
}

impl<'a, 'c> Reader<'a, 'c> {
    pub(super) fn new(context: &'a Context<'c>, table: &'a Map<String, Value>, path: &str) -> Self {
        Self { context, table, path: path.to_owned(), read: BTreeSet::new() }
    }

    /// The path of a field of this table.
    pub(super) fn field(&self, name: &str) -> String {
        within(&self.path, name)
    }

    pub(super) fn mistake(&self, name: &str, rule: impl Into<String>) {
        self.context.mistake(self.field(name), rule);
    }

    fn optional(&mut self, name: &str) -> Option<&'a Value> {
        self.read.insert(name.to_owned());
        self.table.get(name)
    }

    fn mandatory(&mut self, name: &str) -> Option<&'a Value> {
        let value = self.optional(name);
        if value.is_none() {
            self.mistake(name, "must be given");
        }
        value
    }

    /// Whether a field is there at all.
    pub(super) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// A text.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        let value = self.mandatory(name)?;
        plain(self.context, &self.field(name), value)
    }

    /// A text that need not be there.
    pub(super) fn optional_text(&mut self, name: &str) -> Option<String> {
        let value = self.optional(name)?;
        plain(self.context, &self.field(name), value)
    }

    /// A text that a rule holds for.
    pub(super) fn word(&mut self, name: &str, rule: &Rule) -> Option<String> {
        let value = self.mandatory(name)?;
        ruled(self.context, &self.field(name), value, rule)
    }

    /// A text that need not be there; if it is, a rule holds for it.
    pub(super) fn optional_word(&mut self, name: &str, rule: &Rule) -> Option<String> {
        let value = self.optional(name)?;
        ruled(self.context, &self.field(name), value, rule)
    }

    /// A list of different texts, at least one, that a rule holds for.
    pub(super) fn words(&mut self, name: &str, rule: &Rule) -> Option<Vec<String>> {
        let field = self.field(name);
        let items = self.items(name)?;
        let read = items.iter().enumerate();
        let words: Option<Vec<String>> =
            read.map(|(place, item)| ruled(self.context, &format!("{field}[{place}]"), item, rule)).collect();
        let words = words?;
        let different: BTreeSet<&String> = words.iter().collect();
        if different.len() < words.len() {
            self.mistake(name, "must not say anything twice");
            return None;
        }
        Some(words)
    }

    /// Yes or no; no where nothing is said.
    pub(super) fn flag(&mut self, name: &str) -> bool {
        match self.optional(name) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.mistake(name, "must be true or false");
                false
            }
        }
    }

    /// A text in several languages.
    pub(super) fn texts(&mut self, name: &str) -> Option<Texts> {
        let field = self.field(name);
        let table = self.members(name)?;
        let mut texts = BTreeMap::new();
        for (language, text) in table {
            let within = within(&field, language);
            if !is_language(language) {
                self.context.mistake(within, "is not the tag of a language, such as en or de-AT");
            } else if let Some(text) = plain(self.context, &within, text) {
                texts.insert(language.clone(), text);
            }
        }
        if !table.contains_key(MAIN_LANGUAGE) {
            self.context.mistake(format!("{field}.{MAIN_LANGUAGE}"), "must be given");
        }
        self.context.check_languages(&field, table.keys().cloned().collect());
        Some(Texts::new(texts))
    }

    /// A table.
    pub(super) fn table(&mut self, name: &str) -> Option<Reader<'a, 'c>> {
        let table = self.members(name)?;
        Some(Self::new(self.context, table, &self.field(name)))
    }

    /// A list of tables, at least one.
    pub(super) fn tables(&mut self, name: &str) -> Option<Vec<Reader<'a, 'c>>> {
        let field = self.field(name);
        let items = self.items(name)?;
        let mut tables = Vec::new();
        for (place, item) in items.iter().enumerate() {
            let path = format!("{field}[{place}]");
            match item.as_object() {
                Some(table) => tables.push(Self::new(self.context, table, &path)),
                None => self.context.mistake(path, "must be a table"),
            }
        }
        Some(tables)
    }

    /// A table as it is.
    pub(super) fn members(&mut self, name: &str) -> Option<&'a Map<String, Value>> {
        let table = self.mandatory(name)?.as_object();
        if table.is_none() {
            self.mistake(name, "must be a table");
        }
        table
    }

    fn items(&mut self, name: &str) -> Option<&'a [Value]> {
        match self.mandatory(name)? {
            Value::Array(items) if items.is_empty() => {
                self.mistake(name, "must not be empty");
                None
            }
            Value::Array(items) => Some(items),
            _ => {
                self.mistake(name, "must be a list");
                None
            }
        }
    }

    /// An id.
    pub(super) fn id(&mut self, name: &str) -> Option<Id> {
        let text = self.text(name)?;
        self.checked_id(&self.field(name), &text)
    }

    fn checked_id(&self, field: &str, text: &str) -> Option<Id> {
        Id::new(text).map_err(|error| self.context.mistake(field, format!("is {text:?}; it {error}"))).ok()
    }

    /// Another object that this one names.
    pub(super) fn reference(&mut self, name: &str, kind: Kind) -> Option<Reference> {
        self.named(name, kind).map(|(reference, _)| reference)
    }

    /// Another object that this one names, and what it says.
    pub(super) fn named(&mut self, name: &str, kind: Kind) -> Option<(Reference, Box<Body>)> {
        let text = self.text(name)?;
        self.found(&self.field(name), kind, &text)
    }

    /// Other objects that this one names, at least one.
    pub(super) fn references(&mut self, name: &str, kind: Kind) -> Option<Vec<Reference>> {
        let rule = Rule { holds: |text| !text.is_empty(), says: "must not be empty" };
        let ids = self.words(name, &rule)?;
        let field = self.field(name);
        let found = ids.iter().enumerate().map(|(place, id)| {
            self.found(&format!("{field}[{place}]"), kind, id).map(|(reference, _)| reference)
        });
        // Not stopping at the first that is not there: each is told.
        let found: Vec<Option<Reference>> = found.collect();
        found.into_iter().collect()
    }

    fn found(&self, field: &str, kind: Kind, text: &str) -> Option<(Reference, Box<Body>)> {
        let id = self.checked_id(field, text)?;
        let why = match self.context.lookup(kind, &id) {
            Known::Published { hash, body } => return Some((Reference { id, hash }, body)),
            Known::Faulty => "whose file has mistakes",
            Known::Retired => "which is retired",
            Known::Absent => "which nobody has published",
        };
        self.context.mistake(field, format!("names {} {id}, {why}", kind.name()));
        None
    }

    /// Notes every field that nobody has read.
    pub(super) fn finish(&self) {
        for name in self.table.keys().filter(|name| !self.read.contains(*name)) {
            self.mistake(name, "is not known here");
        }
    }
}

fn plain(context: &Context<'_>, field: &str, value: &Value) -> Option<String> {
    let Some(text) = value.as_str() else {
        context.mistake(field, "must be text");
        return None;
    };
    let is_readable = |letter: char| !letter.is_control() || letter == '\n';
    if text.trim().is_empty() {
        context.mistake(field, "must not be empty");
    } else if text.chars().count() > TEXT_LENGTH {
        context.mistake(field, format!("must not be longer than {TEXT_LENGTH} characters"));
    } else if !text.chars().all(is_readable) {
        context.mistake(field, "must be plain text, without control characters");
    } else {
        return Some(text.to_owned());
    }
    None
}

fn ruled(context: &Context<'_>, field: &str, value: &Value, rule: &Rule) -> Option<String> {
    let text = plain(context, field, value)?;
    if (rule.holds)(&text) {
        return Some(text);
    }
    context.mistake(field, format!("is {text:?}; it {}", rule.says));
    None
}

/// Whether a key can be the tag of a language: `en`, `de-AT`.
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let is_primary =
        |part: &str| (2..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_lowercase());
    let is_further =
        |part: &str| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    parts.next().is_some_and(is_primary) && parts.all(is_further)
}
