//! JSON objects without what is absent: an absent value is absent, not null.

use serde_json::{Map, Value};

/// An object of the members that have a value.
pub(crate) fn present<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let there = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(there.collect::<Map<_, _>>())
}
