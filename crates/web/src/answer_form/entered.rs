//! What somebody has put into a form, as it came.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Field, Form, Kind, Rows, within};
use crate::form::Fields;

/// How the fields of an answer are called in a form, before the pointer. No button has this name.
pub(crate) const PREFIX: &str = "value";
/// The most characters of one field that are kept, to be shown again.
const LENGTH: usize = 4_000;

/// Texts by the JSON pointer of their field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Entered(BTreeMap<String, Vec<String>>);

impl Entered {
    /// Of the fields that a browser sent.
    pub(crate) fn of_fields(fields: &Fields) -> Self {
        let mut entered = Self::default();
        for (name, text) in fields.iter() {
            let pointer = name.strip_prefix(PREFIX).filter(|rest| rest.is_empty() || rest.starts_with('/'));
            if let Some(pointer) = pointer {
                entered.add(pointer, text);
            }
        }
        entered
    }

    /// Of an answer that was given before, to be changed.
    pub(crate) fn of_value(form: &Form, value: &Value) -> Self {
        let mut entered = Self::default();
        entered.fill(&form.whole, "", value);
        entered
    }

    fn fill(&mut self, field: &Field, pointer: &str, value: &Value) {
        match (&field.kind, value) {
            (Kind::Part(fields), Value::Object(members)) => {
                for each in fields {
                    if let Some(member) = members.get(&each.name) {
                        self.fill(each, &within(pointer, &each.name), member);
                    }
                }
            }
            (Kind::Rows(rows), Value::Array(things)) => self.fill_rows(rows, pointer, things),
            (Kind::Several(_), Value::Array(items)) => {
                for item in items {
                    self.add(pointer, &text_of(item));
                }
            }
            (Kind::Lines(_), Value::Array(items)) => {
                let lines: Vec<String> = items.iter().map(text_of).collect();
                self.add(pointer, &lines.join("\n"));
            }
            (Kind::YesNo, Value::Bool(is_so)) => self.add(pointer, if *is_so { "yes" } else { "no" }),
            (Kind::Part(_) | Kind::Rows(_) | Kind::Several(_) | Kind::Lines(_) | Kind::YesNo, _) => {}
            (Kind::Text(_) | Kind::Day(_) | Kind::Number(_) | Kind::One(_), value) => {
                self.add(pointer, &text_of(value));
            }
        }
    }

    /// Puts things into a list, in place of what was in it.
    pub(crate) fn fill_rows(&mut self, rows: &Rows, pointer: &str, things: &[Value]) {
        let start = format!("{pointer}/");
        self.0.retain(|each, _| !each.starts_with(&start));
        for (index, thing) in things.iter().take(rows.most).enumerate() {
            for field in &rows.fields {
                if let Some(member) = thing.get(&field.name) {
                    self.fill(field, &within(&format!("{pointer}/{index}"), &field.name), member);
                }
            }
        }
    }

    fn add(&mut self, pointer: &str, text: &str) {
        let text = text.chars().take(LENGTH).collect();
        self.0.entry(pointer.to_owned()).or_default().push(text);
    }

    /// The first text of a field, without what is around it.
    pub(crate) fn one(&self, pointer: &str) -> &str {
        self.all(pointer).next().unwrap_or("")
    }

    /// All texts of a field that are not empty.
    pub(crate) fn all(&self, pointer: &str) -> impl Iterator<Item = &str> {
        let texts = self.0.get(pointer).into_iter().flatten();
        texts.map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// Whether nothing is put in at a pointer or below it.
    pub(crate) fn is_empty_at(&self, pointer: &str) -> bool {
        let start = format!("{pointer}/");
        let below = self.0.iter().filter(|(each, _)| *each == pointer || each.starts_with(&start));
        below.flat_map(|(_, texts)| texts).all(|text| text.trim().is_empty())
    }

    /// How many rows of a list a browser sent, with those that are empty.
    pub(crate) fn rows_at(&self, pointer: &str) -> usize {
        let start = format!("{pointer}/");
        let numbers = self.0.keys().filter_map(|each| {
            let rest = each.strip_prefix(&start)?;
            rest.split('/').next()?.parse::<usize>().ok()
        });
        numbers.max().map_or(0, |last| last.saturating_add(1))
    }

    /// Moves the rows of a list together, so that none between them is empty.
    pub(crate) fn close_gaps(&mut self, pointer: &str, most: usize) {
        let filled: Vec<usize> = (0..self.rows_at(pointer).min(most))
            .filter(|index| !self.is_empty_at(&format!("{pointer}/{index}")))
            .collect();
        let start = format!("{pointer}/");
        let (rows, mut others): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut self.0).into_iter().partition(|(each, _)| each.starts_with(&start));
        for (to, from) in filled.iter().enumerate() {
            let (old, new) = (format!("{pointer}/{from}/"), format!("{pointer}/{to}/"));
            for (each, texts) in &rows {
                if let Some(rest) = each.strip_prefix(&old) {
                    others.insert(format!("{new}{rest}"), texts.clone());
                }
            }
        }
        self.0 = others;
    }
}

/// A scalar as a browser sends it.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => format!("{other}"),
    }
}
