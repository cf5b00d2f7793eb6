//! Whether a value is what an ask describes.

use counterfoil_domain::entry::canonical;
use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value};

use crate::{Fault, VolunteeredError};

/// Most bytes of a value in its canonical form.
const LARGEST: usize = 16 * 1_024;
/// Deepest nesting of a value.
const DEEPEST: usize = 12;
/// The largest whole number that every reader of JSON can tell from its neighbours.
const LARGEST_NUMBER: u64 = 1 << 53;
/// Faults told at once.
const MOST_FAULTS: usize = 20;
/// Steps that a pattern may take back before it is given up.
const BACKTRACKS: usize = 100_000;

/// Makes ready a JSON Schema (2020-12) of answers. Nothing outside it is ever fetched.
///
/// # Errors
/// What is wrong with it, in words that hold something of the schema.
pub fn validator(schema: &Map<String, Value>) -> Result<Validator, String> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(BACKTRACKS))
        .build(&Value::Object(schema.clone()))
        .map_err(|error| format!("{error}"))
}

/// The canonical bytes of a value that an ask describes.
///
/// # Errors
/// [`VolunteeredError::TooLarge`], and [`VolunteeredError::Invalid`] with what is wrong and where.
pub(crate) fn check(schema: &Map<String, Value>, value: &Value) -> Result<Vec<u8>, VolunteeredError> {
    let mut faults = Vec::new();
    look(value, &mut String::new(), 1, &mut faults);
    if !faults.is_empty() {
        return Err(VolunteeredError::Invalid(faults));
    }
    let bytes = canonical(value).map_err(|_| {
        let says = "cannot be written down exactly".to_owned();
        VolunteeredError::Invalid(vec![Fault { pointer: String::new(), says }])
    })?;
    if bytes.len() > LARGEST {
        return Err(VolunteeredError::TooLarge);
    }
    let validator = validator(schema)
        .map_err(|error| counterfoil_store::Error::Unexpected(format!("schema: {error}")))?;
    let faults: Vec<Fault> = validator
        .iter_errors(value)
        .take(MOST_FAULTS)
        .map(|error| Fault { pointer: error.instance_path().as_str().to_owned(), says: words(error.kind()) })
        .collect();
    if faults.is_empty() { Ok(bytes) } else { Err(VolunteeredError::Invalid(faults)) }
}

/// What the ledger cannot hold, whatever a schema allows.
fn look(value: &Value, pointer: &mut String, depth: usize, faults: &mut Vec<Fault>) {
    let mut fault = |says: &str| {
        if faults.len() < MOST_FAULTS {
            faults.push(Fault { pointer: pointer.clone(), says: says.to_owned() });
        }
    };
    match value {
        _ if depth > DEEPEST => fault("is nested too deep"),
        Value::Number(number) => {
            if number.as_i64().is_none_or(|number| number.unsigned_abs() > LARGEST_NUMBER) {
                fault("must be a whole number of at most 2^53; others are text");
            }
        }
        Value::String(text) if text.contains('\0') => fault("must not hold U+0000"),
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                within(pointer, &place.to_string(), |pointer| look(item, pointer, depth + 1, faults));
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                within(pointer, &name, |pointer| look(member, pointer, depth + 1, faults));
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

fn within(pointer: &mut String, step: &str, look: impl FnOnce(&mut String)) {
    let outer = pointer.len();
    pointer.push('/');
    pointer.push_str(step);
    look(pointer);
    pointer.truncate(outer);
}

/// The rule that is broken, in words that hold something of the schema at most, and nothing of the value.
fn words(kind: &Kind) -> String {
    match kind {
        Kind::Required { property } => {
            format!("must have the member {}", property.as_str().unwrap_or_default())
        }
        Kind::AdditionalProperties { .. } | Kind::UnevaluatedProperties { .. } => {
            "has members that nobody asks for".to_owned()
        }
        Kind::AdditionalItems { limit } => format!("must have at most {limit} elements"),
        Kind::UnevaluatedItems { .. } => "has elements that nobody asks for".to_owned(),
        Kind::Type { .. } => "is of another type than is asked for".to_owned(),
        Kind::Enum { .. } | Kind::Constant { .. } => "is not one of the choices".to_owned(),
        Kind::Format { format } => format!("must have the format {format}"),
        Kind::Pattern { .. } => "has another form than is asked for".to_owned(),
        Kind::MaxLength { limit } => format!("must have at most {limit} characters"),
        Kind::MinLength { limit } => format!("must have at least {limit} characters"),
        Kind::MaxItems { limit } => format!("must have at most {limit} elements"),
        Kind::MinItems { limit } => format!("must have at least {limit} elements"),
        Kind::MaxProperties { limit } => format!("must have at most {limit} members"),
        Kind::MinProperties { limit } => format!("must have at least {limit} members"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be more than {limit}"),
        Kind::UniqueItems => "has the same element twice".to_owned(),
        _ => "is not what is asked for".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(schema: &Value, value: &Value) -> Vec<(String, String)> {
        match check(schema.as_object().unwrap(), value) {
            Err(VolunteeredError::Invalid(faults)) => {
                faults.into_iter().map(|fault| (fault.pointer, fault.says)).collect()
            }
            Ok(_) => Vec::new(),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_fault_names_its_place_and_nothing_of_the_value() {
        let schema = json!({
            "type": "object",
            "required": ["size"],
            "additionalProperties": false,
            "properties": {
                "size": { "enum": ["S", "M"] },
                "shops": { "type": "array", "items": { "type": "string", "maxLength": 5 } },
                "mail": { "type": "string", "format": "email" },
            },
        });
        assert!(
            faults(&schema, &json!({ "size": "S", "shops": ["Town"], "mail": "a@b.example" })).is_empty()
        );
        for (value, pointer, says) in [
            (json!({ "size": "seeded-secret" }), "/size", "is not one of the choices"),
            (
                json!({ "size": "S", "shops": ["seeded-secret"] }),
                "/shops/0",
                "must have at most 5 characters",
            ),
            (json!({ "size": "S", "seeded-secret": 1 }), "", "has members that nobody asks for"),
            (json!({}), "", "must have the member size"),
            (json!({ "size": "S", "mail": "seeded-secret" }), "/mail", "must have the format email"),
            (json!("seeded-secret"), "", "is of another type than is asked for"),
        ] {
            let found = faults(&schema, &value);
            assert!(found.contains(&(pointer.to_owned(), says.to_owned())), "{value}: {found:?}");
            assert!(found.iter().all(|(_, says)| !says.contains("seeded")), "{found:?}");
        }
    }

    #[test]
    fn what_the_ledger_cannot_hold_is_refused_whatever_the_schema_says() {
        let any = json!({ "title": "anything" });
        for (value, pointer) in [
            (json!({ "a": [1, 0.5] }), "/a/1"),
            (json!({ "a/b": 9_007_199_254_740_993_u64 }), "/a~1b"),
            (json!("a\0b"), ""),
        ] {
            assert_eq!(faults(&any, &value)[0].0, pointer, "{value}");
        }
        let deep = (0..DEEPEST).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(faults(&any, &deep)[0].1, "is nested too deep");
        let large = json!("x".repeat(LARGEST));
        assert!(matches!(check(any.as_object().unwrap(), &large), Err(VolunteeredError::TooLarge)));
    }

    #[test]
    fn nothing_outside_a_schema_is_fetched() {
        for reference in ["https://example.com/schema.json", "file:///etc/hostname"] {
            let schema = json!({ "$ref": reference });
            assert!(validator(schema.as_object().unwrap()).is_err(), "{reference}");
        }
        let own = json!({ "$ref": "#/$defs/a", "$defs": { "a": { "type": "string" } } });
        assert!(validator(own.as_object().unwrap()).is_ok());
    }
}
