//! What the reading of one file collects: its mistakes, its languages, and the objects that it may name.

use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::Value;

use super::{Body, Id, Kind};

/// What is wrong in a file: the field, and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct Mistake {
    /// The field, from the outermost table on: `withdrawal_method.says.de`; empty for the file as a whole.
    pub field: String,
    /// The rule, to be read after the field.
    pub rule: String,
}

/// What is known of an object that a file names.
#[derive(Debug, Clone)]
pub enum Known {
    /// It is published, or about to be, in the same act: what it says, and the hash of its latest version.
    Published {
        /// `sha256:` of the version.
        hash: String,
        /// What it says.
        body: Box<Body>,
    },
    /// It is about to be published, but has mistakes of its own, which are told anyway.
    Faulty,
    /// It was taken out of use.
    Retired,
    /// Nobody has published it.
    Absent,
}

/// The languages of the first text of a file, and where it stands.
struct Languages {
    field: String,
    tags: BTreeSet<String>,
}

pub(super) struct Context<'a> {
    lookup: &'a dyn Fn(Kind, &Id) -> Known,
    mistakes: RefCell<Vec<Mistake>>,
    languages: RefCell<Option<Languages>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(Kind, &Id) -> Known) -> Self {
        Self { lookup, mistakes: RefCell::default(), languages: RefCell::default() }
    }

    pub(super) fn lookup(&self, kind: Kind, id: &Id) -> Known {
        (self.lookup)(kind, id)
    }

    /// Notes a mistake, unless its field has one already: the first is what is to be mended.
    pub(super) fn mistake(&self, field: impl Into<String>, rule: impl Into<String>) {
        let mistake = Mistake { field: field.into(), rule: rule.into() };
        let mut mistakes = self.mistakes.borrow_mut();
        if mistakes.iter().all(|earlier| earlier.field != mistake.field) {
            mistakes.push(mistake);
        }
    }

    pub(super) fn is_clean(&self) -> bool {
        self.mistakes.borrow().is_empty()
    }

    pub(super) fn mistakes(self) -> Vec<Mistake> {
        self.mistakes.into_inner()
    }

    /// All texts of a file must have the languages of its first one: nobody is to read half an object.
    pub(super) fn check_languages(&self, field: &str, tags: BTreeSet<String>) {
        let mut languages = self.languages.borrow_mut();
        let Some(first) = languages.as_ref() else {
            *languages = Some(Languages { field: field.to_owned(), tags });
            return;
        };
        for tag in first.tags.difference(&tags) {
            self.mistake(format!("{field}.{tag}"), format!("must be given, since {} has it", first.field));
        }
        for tag in tags.difference(&first.tags) {
            self.mistake(format!("{}.{tag}", first.field), format!("must be given, since {field} has it"));
        }
    }

    /// No number of the ledger passes through a float, nor is it larger than every reader of JSON can tell.
    pub(super) fn check_numbers(&self, value: &Value, field: &str) {
        const LARGEST: u64 = 1 << 53;
        match value {
            Value::Null => self.mistake(field, "must be something that JSON can say"),
            Value::Number(number) => {
                let is_exact = number.as_i64().is_some_and(|number| number.unsigned_abs() <= LARGEST);
                if !is_exact {
                    self.mistake(field, format!("is {number}: a number must be whole, others are text"));
                }
            }
            Value::Array(items) => {
                for (place, item) in items.iter().enumerate() {
                    self.check_numbers(item, &format!("{field}[{place}]"));
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    self.check_numbers(member, &within(field, name));
                }
            }
            Value::Bool(_) | Value::String(_) => {}
        }
    }
}

/// The path of a field within a table.
pub(super) fn within(table: &str, name: &str) -> String {
    if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") }
}
