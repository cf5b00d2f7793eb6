//! What was put into a form, as a value.

use std::collections::BTreeSet;

use chrono::{Datelike as _, NaiveDate};
use counterfoil_volunteered::Fault;
use serde_json::{Map, Value};

use super::{Choice, Entered, Field, Form, Kind, Rows, within};

/// Where something is wrong: JSON pointers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Flaws(BTreeSet<String>);

/// What a form holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Read {
    /// Nothing at all.
    Nothing,
    /// An answer.
    Answer(Value),
    /// Something that cannot be one.
    Flawed(Flaws),
}

impl Flaws {
    /// Of an answer that the schema does not describe. A flaw of a part is told at the fields of it that are needed and
    /// empty, or else at the part.
    pub(crate) fn of_faults(form: &Form, entered: &Entered, faults: &[Fault]) -> Self {
        let mut flaws = Self::default();
        for fault in faults {
            let (field, pointer) = nearest(&form.whole, &fault.pointer);
            let missing = needed_and_empty(field, &pointer, entered);
            if missing.is_empty() { flaws.add(&pointer) } else { flaws.0.extend(missing) }
        }
        flaws
    }

    fn add(&mut self, pointer: &str) {
        self.0.insert(pointer.to_owned());
    }

    /// Whether something is wrong at a field.
    pub(crate) fn contains(&self, pointer: &str) -> bool {
        self.0.contains(pointer)
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Form {
    /// Reads what was put in. Rows that are empty are left out, and those behind them move up.
    pub(crate) fn read(&self, entered: &mut Entered) -> Read {
        close_gaps(&self.whole, "", entered);
        let mut flaws = Flaws::default();
        let value = read(&self.whole, "", entered, &mut flaws);
        match value {
            _ if entered.is_empty_at("") => Read::Nothing,
            Some(value) if flaws.is_empty() => Read::Answer(value),
            _ => Read::Flawed(flaws),
        }
    }
}

fn close_gaps(field: &Field, pointer: &str, entered: &mut Entered) {
    match &field.kind {
        Kind::Rows(rows) => entered.close_gaps(pointer, rows.most),
        Kind::Part(fields) => {
            for each in fields {
                close_gaps(each, &within(pointer, &each.name), entered);
            }
        }
        _ => {}
    }
}

/// The value of a field; nothing where nothing was put in, or where a flaw was noted.
fn read(field: &Field, pointer: &str, entered: &Entered, flaws: &mut Flaws) -> Option<Value> {
    let value = match &field.kind {
        Kind::Part(fields) => return read_part(field, fields, pointer, entered, flaws),
        Kind::Rows(rows) => Some(read_rows(rows, pointer, entered, flaws)),
        Kind::Several(choices) => {
            let all = entered.all(pointer).map(|sent| find(choices, sent));
            some_or_flaw(all.collect::<Option<Vec<Value>>>(), pointer, flaws).map(Value::Array)
        }
        Kind::Lines(_) => {
            let lines = entered.all(pointer).flat_map(str::lines).map(str::trim);
            let lines: Vec<Value> = lines.filter(|line| !line.is_empty()).map(Value::from).collect();
            Some(Value::Array(lines))
        }
        kind => read_text(kind, entered.one(pointer), pointer, flaws),
    };
    let value = value.filter(|value| !value.as_array().is_some_and(Vec::is_empty));
    if value.is_none() && field.is_needed {
        flaws.add(pointer);
    }
    value
}

fn read_part(
    field: &Field,
    fields: &[Field],
    pointer: &str,
    entered: &Entered,
    flaws: &mut Flaws,
) -> Option<Value> {
    // A part that may be missing and is left empty demands nothing of its fields.
    if !field.is_needed && entered.is_empty_at(pointer) {
        return None;
    }
    Some(Value::Object(members(fields, pointer, entered, flaws)))
}

fn members(fields: &[Field], pointer: &str, entered: &Entered, flaws: &mut Flaws) -> Map<String, Value> {
    let mut members = Map::new();
    for each in fields {
        if let Some(value) = read(each, &within(pointer, &each.name), entered, flaws) {
            members.insert(each.name.clone(), value);
        }
    }
    members
}

fn read_rows(rows: &Rows, pointer: &str, entered: &Entered, flaws: &mut Flaws) -> Value {
    let numbers = 0..entered.rows_at(pointer).min(rows.most);
    let things = numbers.map(|number| members(&rows.fields, &format!("{pointer}/{number}"), entered, flaws));
    Value::Array(things.map(Value::Object).collect())
}

/// The value of a text.
fn read_text(kind: &Kind, text: &str, pointer: &str, flaws: &mut Flaws) -> Option<Value> {
    if text.is_empty() {
        return None;
    }
    let value = match kind {
        Kind::Day(_) => read_day(text),
        Kind::Number(_) => read_number(text),
        Kind::YesNo => match text {
            "yes" => Some(Value::Bool(true)),
            "no" => Some(Value::Bool(false)),
            _ => None,
        },
        Kind::One(choices) => find(choices, text),
        _ => Some(Value::from(text)),
    };
    some_or_flaw(value, pointer, flaws)
}

fn some_or_flaw<T>(value: Option<T>, pointer: &str, flaws: &mut Flaws) -> Option<T> {
    if value.is_none() {
        flaws.add(pointer);
    }
    value
}

fn find(choices: &[Choice], sent: &str) -> Option<Value> {
    choices.iter().find(|choice| choice.sent == sent).map(|choice| choice.value.clone())
}

fn read_day(text: &str) -> Option<Value> {
    let day = text.parse::<NaiveDate>().ok().filter(|day| text.len() == 10 && day.year() > 0)?;
    Some(Value::from(format!("{day}")))
}

/// Reads a whole number as people write it: with spaces where they like.
fn read_number(text: &str) -> Option<Value> {
    let plain: String = text.chars().filter(|each| !each.is_whitespace()).collect();
    plain.replace('\u{2212}', "-").parse::<i64>().ok().map(Value::from)
}

/// The field at a pointer, or the nearest above it that a form shows; and its pointer.
fn nearest<'a>(whole: &'a Field, pointer: &str) -> (&'a Field, String) {
    let (mut field, mut at) = (whole, String::new());
    let mut names = pointer.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~"));
    while let Some(name) = names.next() {
        let next = match &field.kind {
            Kind::Part(fields) => {
                fields.iter().find(|each| each.name == name).map(|each| (each, within(&at, &name)))
            }
            Kind::Rows(rows) => {
                let member = names.next();
                let each = rows.fields.iter().find(|each| member.as_ref() == Some(&each.name));
                each.map(|each| (each, within(&format!("{at}/{name}"), &each.name)))
            }
            _ => None,
        };
        let Some((next, pointer)) = next else { break };
        (field, at) = (next, pointer);
    }
    (field, at)
}

fn needed_and_empty(field: &Field, pointer: &str, entered: &Entered) -> Vec<String> {
    let missing = |fields: &[Field], pointer: &str| -> Vec<String> {
        let needed = fields.iter().filter(|each| each.is_needed).map(|each| within(pointer, &each.name));
        needed.filter(|pointer| entered.is_empty_at(pointer)).collect()
    };
    match &field.kind {
        Kind::Part(fields) => missing(fields, pointer),
        Kind::Rows(rows) => (0..entered.rows_at(pointer))
            .flat_map(|number| missing(&rows.fields, &format!("{pointer}/{number}")))
            .collect(),
        _ => Vec::new(),
    }
}
