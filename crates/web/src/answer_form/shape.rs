//! The form that a JSON Schema describes.

use serde_json::{Map, Value};

use super::entered::text_of;
use super::{Choice, Field, Form, Kind, Number, Rows, Text};

/// The most things that a list on a page holds.
const MOST_ROWS: usize = 100;
/// How deep a form goes.
const DEPTH: u8 = 3;
/// The members of a schema that forms heed or that say nothing about them. What has another one is no form's matter.
const HEEDED: [&str; 24] = [
    "$schema",
    "type",
    "title",
    "description",
    "x-title",
    "x-description",
    "x-order",
    "x-autocomplete",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minItems",
    "maxItems",
    "uniqueItems",
    "enum",
    "oneOf",
    "format",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "$comment",
];
/// What browsers know fields as (the names of HTML, "Autofill").
const AUTOCOMPLETE: [&str; 12] = [
    "name",
    "given-name",
    "family-name",
    "organization",
    "street-address",
    "postal-code",
    "address-level2",
    "country-name",
    "email",
    "tel",
    "bday",
    "language",
];

type Schema = Map<String, Value>;

/// The form for an answer, in a language; nothing where the schema describes what no form can ask.
pub(crate) fn shape(schema: &Schema, language: &str) -> Option<Form> {
    let whole = Shaper { language }.field(String::new(), schema, true, DEPTH)?;
    Some(Form { whole })
}

struct Shaper<'a> {
    language: &'a str,
}

impl Shaper<'_> {
    fn field(&self, name: String, schema: &Schema, is_needed: bool, depth: u8) -> Option<Field> {
        let depth = depth.checked_sub(1)?;
        if schema.keys().any(|key| !HEEDED.contains(&key.as_str())) {
            return None;
        }
        let title = self.text(schema, "title", "x-title");
        let title = if title.is_empty() { name.clone() } else { title };
        let hint = self.text(schema, "description", "x-description");
        Some(Field { name, title, hint, is_needed, kind: self.kind(schema, depth)? })
    }

    fn kind(&self, schema: &Schema, depth: u8) -> Option<Kind> {
        if lists_choices(schema) {
            return self.choices(schema).map(Kind::One);
        }
        let of_text = |name: &str| schema.get(name).and_then(Value::as_str);
        match of_text("type")? {
            "string" if of_text("format") == Some("date") => Some(Kind::Day(autocomplete(schema))),
            "string" if of_text("format").is_none_or(|format| format == "email") => {
                let most = schema.get("maxLength").and_then(Value::as_u64);
                let is_email = of_text("format") == Some("email");
                Some(Kind::Text(Text { most, is_email, autocomplete: autocomplete(schema) }))
            }
            "integer" | "number" => Some(number(schema)),
            "boolean" => Some(Kind::YesNo),
            "object" => self.members(schema, depth).map(Kind::Part),
            "array" => self.list(schema, depth),
            _ => None,
        }
    }

    /// The choices of a schema that lists them; nothing where they are no choices for people.
    fn choices(&self, schema: &Schema) -> Option<Vec<Choice>> {
        let choice = |value: &Value, title: String| {
            let is_plain = value.is_string() || value.is_i64();
            let sent = text_of(value);
            let title = if title.is_empty() { sent.clone() } else { title };
            (is_plain && !sent.trim().is_empty()).then(|| Choice { sent, value: value.clone(), title })
        };
        if let Some(listed) = schema.get("enum").and_then(Value::as_array) {
            return listed.iter().map(|value| choice(value, String::new())).collect();
        }
        let listed = schema.get("oneOf").and_then(Value::as_array)?;
        let described = |one: &Value| {
            let one = one.as_object()?;
            choice(one.get("const")?, self.text(one, "title", "x-title"))
        };
        listed.iter().map(described).collect()
    }

    fn members(&self, schema: &Schema, depth: u8) -> Option<Vec<Field>> {
        let properties = schema.get("properties")?.as_object()?;
        let names = |key: &str| -> Vec<&str> {
            let listed = schema.get(key).and_then(Value::as_array).into_iter().flatten();
            listed.filter_map(Value::as_str).collect()
        };
        let (ordered, required) = (names("x-order"), names("required"));
        let first = ordered.iter().copied().filter(|name| properties.contains_key(*name));
        let others = properties.keys().map(String::as_str).filter(|name| !ordered.contains(name));
        let fields = first.chain(others).map(|name| {
            let member = properties.get(name)?.as_object()?;
            self.field(name.to_owned(), member, required.contains(&name), depth)
        });
        fields.collect::<Option<Vec<Field>>>().filter(|fields| !fields.is_empty())
    }

    fn list(&self, schema: &Schema, depth: u8) -> Option<Kind> {
        let items = schema.get("items")?.as_object()?;
        let most = schema.get("maxItems").and_then(Value::as_u64);
        if lists_choices(items) {
            return self.choices(items).map(Kind::Several);
        }
        match items.get("type").and_then(Value::as_str)? {
            "string" if !items.contains_key("format") => Some(Kind::Lines(most)),
            "object" => {
                let fields = self.members(items, depth)?;
                // A list within a list is no form for people.
                let is_plain =
                    fields.iter().all(|field| !matches!(field.kind, Kind::Rows(_) | Kind::Part(_)));
                let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(MOST_ROWS);
                let title = self.text(items, "title", "x-title");
                is_plain.then(|| Kind::Rows(Rows { title, fields, most: most.min(MOST_ROWS) }))
            }
            _ => None,
        }
    }

    /// A text of the schema in the language: the schema's own words are English, `x-…` has those of others.
    fn text(&self, schema: &Schema, name: &str, translated: &str) -> String {
        let own = schema.get(translated).and_then(|texts| texts.get(self.language));
        let text = own.or_else(|| schema.get(name)).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    }
}

fn lists_choices(schema: &Schema) -> bool {
    ["enum", "oneOf"].iter().any(|name| schema.contains_key(*name))
}

fn number(schema: &Schema) -> Kind {
    let bound = |name: &str| schema.get(name).filter(|bound| bound.is_number()).map(text_of);
    Kind::Number(Number { least: bound("minimum"), most: bound("maximum") })
}

fn autocomplete(schema: &Schema) -> &'static str {
    let wanted = schema.get("x-autocomplete").and_then(Value::as_str).unwrap_or_default();
    AUTOCOMPLETE.into_iter().find(|known| *known == wanted).unwrap_or_default()
}
