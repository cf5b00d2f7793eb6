//! The form of an ask: made from the JSON Schema of its answer, shown, and read back into a value.
//!
//! A schema can describe more than a form can ask. What forms ask: an object of texts, dates, numbers, yes or no, one or
//! several of a list, lists of short texts, parts with fields of their own, and lists of things with the same fields.
//! Whether an answer is right is decided elsewhere, by the schema itself; here texts become numbers, dates and lists.

mod entered;
mod import;
mod reading;
mod shape;
mod showing;
mod told;

use serde_json::Value;

pub(crate) use self::entered::Entered;
pub(crate) use self::import::{NotRead, import};
pub(crate) use self::reading::{Flaws, Read};
pub(crate) use self::shape::shape;
pub(crate) use self::told::told_plainly;

/// A form, in one language.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Form {
    /// The answer as a whole: a [`Kind::Part`], or the only field.
    pub(crate) whole: Field,
}

/// Something that is asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// The name of the member in the answer; empty for the whole.
    pub(crate) name: String,
    /// What it is called.
    pub(crate) title: String,
    /// What else is said of it; may be empty.
    pub(crate) hint: String,
    /// Whether an answer without it is none.
    pub(crate) is_needed: bool,
    /// What can be put in.
    pub(crate) kind: Kind,
}

/// What can be put into a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    /// A text.
    Text(Text),
    /// A date.
    Day(&'static str),
    /// A number.
    Number(Number),
    /// Yes or no.
    YesNo,
    /// One of a list.
    One(Vec<Choice>),
    /// Several of a list.
    Several(Vec<Choice>),
    /// Short texts, a line each; at most so many.
    Lines(Option<u64>),
    /// Fields that belong together.
    Part(Vec<Field>),
    /// Things with the same fields.
    Rows(Rows),
}

/// A text of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text {
    /// Most characters.
    pub(crate) most: Option<u64>,
    /// Whether it is an e-mail address.
    pub(crate) is_email: bool,
    /// What browsers know it as (WCAG 1.3.5); may be empty.
    pub(crate) autocomplete: &'static str,
}

/// A number of a form; a whole one, since no number of the ledger has a fraction.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Number {
    /// The least, as the schema writes it.
    pub(crate) least: Option<String>,
    /// The most.
    pub(crate) most: Option<String>,
}

/// One of a list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Choice {
    /// What a browser sends for it.
    pub(crate) sent: String,
    /// What it is in the answer.
    pub(crate) value: Value,
    /// What it is called.
    pub(crate) title: String,
}

/// A list of things.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rows {
    /// What one of them is called.
    pub(crate) title: String,
    /// What is asked of each.
    pub(crate) fields: Vec<Field>,
    /// At most so many.
    pub(crate) most: usize,
}

impl Form {
    /// Whether a file can be put in: the list of things that the form asks for, with where it stands.
    pub(crate) fn rows(&self) -> Option<(String, &Rows)> {
        find_rows(&self.whole, "")
    }
}

fn find_rows<'a>(field: &'a Field, pointer: &str) -> Option<(String, &'a Rows)> {
    match &field.kind {
        Kind::Rows(rows) => Some((pointer.to_owned(), rows)),
        Kind::Part(fields) => fields.iter().find_map(|each| find_rows(each, &within(pointer, &each.name))),
        _ => None,
    }
}

/// The JSON pointer (RFC 6901) of a member.
pub(crate) fn within(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests;
