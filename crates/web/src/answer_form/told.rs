//! An answer in the words of the question.

use chrono::NaiveDate;
use minijinja::context;
use serde_json::Value;

use super::entered::text_of;
use super::{Choice, Field, Form, Kind};
use crate::words::Words;

impl Form {
    /// The values of `told-words.html`: a line for each field that was filled in.
    pub(crate) fn told(&self, words: &Words, value: &Value) -> Vec<minijinja::Value> {
        let mut lines = Vec::new();
        tell(&self.whole, words, value, &mut lines);
        lines
    }
}

/// An answer that no form was made for: its members as they are.
pub(crate) fn told_plainly(value: &Value) -> Vec<minijinja::Value> {
    let line = |title: &str, value: &Value| context! { title, kind => "text", says => [text_of(value)] };
    match value {
        Value::Object(members) => members.iter().map(|(name, member)| line(name, member)).collect(),
        other => vec![line("", other)],
    }
}

fn tell(field: &Field, words: &Words, value: &Value, lines: &mut Vec<minijinja::Value>) {
    if let (Kind::Part(fields), Value::Object(members)) = (&field.kind, value) {
        for each in fields {
            if let Some(member) = members.get(&each.name) {
                tell(each, words, member, lines);
            }
        }
        return;
    }
    let kind = match (&field.kind, value) {
        (Kind::YesNo, Value::Bool(true)) => "yes",
        (Kind::YesNo, Value::Bool(false)) => "no",
        _ => "text",
    };
    lines.push(context! { title => field.title, kind, says => texts(field, words, value) });
}

/// What is said of a field, a text each.
fn texts(field: &Field, words: &Words, value: &Value) -> Vec<String> {
    match (&field.kind, value) {
        (Kind::Rows(rows), Value::Array(things)) => {
            let thing = |thing: &Value| {
                let told = rows.fields.iter().filter_map(|each| {
                    let member = thing.get(&each.name)?;
                    Some(texts(each, words, member).join(", "))
                });
                told.collect::<Vec<_>>().join(" · ")
            };
            things.iter().map(thing).collect()
        }
        (_, Value::Array(items)) => items.iter().map(|item| text(field, words, item)).collect(),
        _ => vec![text(field, words, value)],
    }
}

fn text(field: &Field, words: &Words, value: &Value) -> String {
    let plain = text_of(value);
    match &field.kind {
        Kind::Day(_) => plain.parse::<NaiveDate>().map_or(plain, |day| words.day(day)),
        Kind::Number(_) => words.number(&plain),
        Kind::One(choices) | Kind::Several(choices) => title(choices, value).unwrap_or(plain),
        _ => plain,
    }
}

fn title(choices: &[Choice], value: &Value) -> Option<String> {
    choices.iter().find(|choice| choice.value == *value).map(|choice| choice.title.clone())
}
