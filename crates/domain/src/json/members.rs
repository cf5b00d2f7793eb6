//! The members of objects that this crate wrote itself, in their order, each with its text.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{Text, separate};

/// The members of one object.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The text of a member.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.get())
    }

    /// A member read as `T`; `None` where it is absent.
    pub(crate) fn get<T: Deserialize<'a>>(&self, name: &str) -> Result<Option<T>, serde_json::Error> {
        self.text(name).map(serde_json::from_str).transpose()
    }

    /// The names and texts of all members.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.0.iter().map(|(name, value)| (&**name, value.get()))
    }

    /// Appends the object without those members for which `drops` is true.
    pub(crate) fn push(&self, out: &mut String, drops: impl Fn(&str) -> bool) {
        out.push('{');
        for (name, value) in self.iter().filter(|(name, _)| !drops(name)) {
            push_json(out, name, value);
        }
        out.push('}');
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Collect).map(Self)
    }
}

struct Collect;

impl<'de> Visitor<'de> for Collect {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(16);
        while let Some((Text(name), value)) = object.next_entry()? {
            members.push((name, value));
        }
        Ok(members)
    }
}

/// Appends a member whose value is JSON already.
pub(crate) fn push_json(out: &mut String, name: &str, value: &str) {
    separate(out, name);
    out.push_str(value);
}

/// Appends a list, its elements as `write` appends each.
pub(crate) fn push_list<T, E>(
    list: impl IntoIterator<Item = T>,
    out: &mut String,
    mut write: impl FnMut(T, &mut String) -> Result<(), E>,
) -> Result<(), E> {
    out.push('[');
    for element in list {
        if !out.ends_with('[') {
            out.push(',');
        }
        write(element, out)?;
    }
    out.push(']');
    Ok(())
}

/// Appends `list`, an array of objects, without those members for which `drops` is true.
pub(crate) fn without(
    list: &str,
    out: &mut String,
    drops: impl Fn(&str) -> bool,
) -> Result<(), serde_json::Error> {
    let objects: Vec<Members<'_>> = serde_json::from_str(list)?;
    push_list(objects, out, |object, out| {
        object.push(out, &drops);
        Ok(())
    })
}
