//! A list of things out of a file of the customer's: a table (CSV) or JSON.

use csv::ReaderBuilder;
use serde_json::{Map, Value};

use super::Rows;

/// A file that holds no such list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotRead {
    /// Neither a table nor JSON, or not in UTF-8.
    Unreadable,
    /// None of its columns is asked for.
    NoColumns,
    /// It has columns and nothing below.
    Empty,
}

/// Reads the things of a file; columns and members that are not asked for are left out.
///
/// # Errors
/// [`NotRead`].
pub(crate) fn import(rows: &Rows, bytes: &[u8]) -> Result<Vec<Value>, NotRead> {
    let text = std::str::from_utf8(bytes).map_err(|_| NotRead::Unreadable)?;
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let things = if text.starts_with(['[', '{']) { of_json(rows, text)? } else { of_table(rows, text)? };
    let things: Vec<Value> = things.into_iter().filter(|thing| !is_blank(thing)).collect();
    if things.is_empty() { Err(NotRead::Empty) } else { Ok(things) }
}

fn is_blank(thing: &Value) -> bool {
    thing.as_object().is_none_or(|members| members.values().all(|member| member.as_str() == Some("")))
}

fn of_json(rows: &Rows, text: &str) -> Result<Vec<Value>, NotRead> {
    let value: Value = serde_json::from_str(text).map_err(|_| NotRead::Unreadable)?;
    let things = match value {
        Value::Array(things) => things,
        // A list within something, under whatever name: `{"things": […]}`.
        Value::Object(members) => {
            let list = members.into_iter().find_map(|(_, member)| match member {
                Value::Array(things) => Some(things),
                _ => None,
            });
            list.ok_or(NotRead::NoColumns)?
        }
        _ => return Err(NotRead::Unreadable),
    };
    let mut is_known = false;
    let things = things.into_iter().take(rows.most).map(|thing| {
        let mut members = Map::new();
        for (name, member) in thing.as_object().into_iter().flatten() {
            if let Some(field) = rows.fields.iter().find(|field| is_called(field, name)) {
                is_known = true;
                members.insert(field.name.clone(), member.clone());
            }
        }
        Value::Object(members)
    });
    let things = things.collect();
    if is_known { Ok(things) } else { Err(NotRead::NoColumns) }
}

fn of_table(rows: &Rows, text: &str) -> Result<Vec<Value>, NotRead> {
    let heading = text.lines().next().unwrap_or_default();
    // Spreadsheets write what their country uses.
    let by_count = |delimiter: &&u8| heading.bytes().filter(|byte| byte == *delimiter).count();
    let delimiter = [b',', b'\t', b';'].iter().max_by_key(by_count).copied().unwrap_or(b',');
    let mut table = ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let headings = table.headers().map_err(|_| NotRead::Unreadable)?.clone();
    let column = |name: &str| rows.fields.iter().find(|field| is_called(field, name));
    let columns: Vec<Option<&str>> =
        headings.iter().map(|name| column(name).map(|field| field.name.as_str())).collect();
    if columns.iter().all(Option::is_none) {
        return Err(NotRead::NoColumns);
    }
    let mut things = Vec::new();
    for record in table.records().take(rows.most) {
        let record = record.map_err(|_| NotRead::Unreadable)?;
        let cells = columns.iter().zip(record.iter());
        let members = cells.filter_map(|(name, cell)| Some(((*name)?.to_owned(), Value::from(cell.trim()))));
        things.push(Value::Object(members.collect()));
    }
    Ok(things)
}

/// Whether a heading means a field: its name, or what the page calls it.
fn is_called(field: &super::Field, heading: &str) -> bool {
    let heading = heading.trim().trim_end_matches('?').to_lowercase();
    heading == field.name.to_lowercase() || heading == field.title.trim_end_matches('?').to_lowercase()
}
