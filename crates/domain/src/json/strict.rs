//! The rules that hold for every value of a message, wanted or not, kept while it is read.
//!
//! [`Strict`] stands between `serde_json` and what is read: it sees every key and string that goes by, also in what is
//! passed over, and gathers the way to a fault while the reading is given up.

use std::{borrow::Cow, collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor},
    forward_to_deserialize_any,
};

use super::{Fault, Object, Path, Reason, Text, path::Step};

/// Longest string, in characters.
const MAX_TEXT: usize = 1_024;
/// Deepest nesting of a message.
const MAX_DEPTH: usize = 16;
/// Up to so many keys an object's names are compared one by one.
const FEW: usize = 24;

/// Reads an object from a text that stands at `path`; without one, from a whole message.
pub(crate) fn typed<'a, T: Deserialize<'a>>(text: &'a str, path: Option<&Path<'_>>) -> Result<T, Fault> {
    let mut walk = Walk {
        depth: path.map(Path::depth).unwrap_or_default(),
        names: Vec::new(),
        trail: Vec::new(),
        broken: None,
    };
    let mut reader = serde_json::Deserializer::from_str(text);
    let outcome = Object::deserialize(Strict { inner: &mut reader, walk: &mut walk });
    let outcome = outcome.and_then(|Object(data)| reader.end().map(|()| data));
    outcome.map_err(|error| {
        let mut pointer = path.map(Path::pointer).unwrap_or_default();
        for step in walk.trail.iter().rev() {
            step.push(&mut pointer);
        }
        Fault { reason: walk.broken.unwrap_or_else(|| reason(text, &error)), pointer }
    })
}

/// What is wrong with a text, other than the rules here.
fn reason(text: &str, error: &serde_json::Error) -> Reason {
    if error.is_data() {
        Reason::WrongType
    } else if text.contains('\0') {
        Reason::NulCharacter
    } else if error.to_string().starts_with("number out of range") {
        // Beyond what a double holds, which is far beyond any amount.
        Reason::AmountOutOfRange
    } else {
        Reason::InvalidJson
    }
}

/// The rules of any string.
pub(crate) fn check_text(text: &str) -> Result<(), Reason> {
    if text.contains('\0') {
        Err(Reason::NulCharacter)
    } else if is_long(text) {
        Err(Reason::TooLong)
    } else {
        Ok(())
    }
}

fn is_long(text: &str) -> bool {
    text.len() > MAX_TEXT && text.chars().count() > MAX_TEXT
}

/// A walk through one text.
struct Walk<'de> {
    depth: usize,
    /// The names of all objects that are open, those of the innermost last.
    names: Vec<Cow<'de, str>>,
    /// The way to the first fault, innermost step first; gathered while the walk is given up.
    trail: Vec<Step<'de>>,
    broken: Option<Reason>,
}

impl<'de> Walk<'de> {
    fn refuse<E: Error>(&mut self, reason: Reason) -> E {
        self.broken = Some(reason);
        E::custom(reason.code())
    }

    fn enter<E: Error>(&mut self) -> Result<(), E> {
        if self.depth >= MAX_DEPTH {
            return Err(self.refuse(Reason::TooDeep));
        }
        self.depth += 1;
        Ok(())
    }

    /// Takes the next name of an object whose first name is at `base`.
    fn name<E: Error>(
        &mut self,
        name: Cow<'de, str>,
        base: usize,
        crowd: &mut HashSet<Cow<'de, str>>,
    ) -> Result<(), E> {
        let names = self.names.get(base..).unwrap_or_default();
        let is_new = if names.len() < FEW {
            !names.contains(&name)
        } else {
            if crowd.is_empty() {
                crowd.extend(names.iter().cloned());
            }
            crowd.insert(name.clone())
        };
        let outcome = if is_new { check_text(&name) } else { Err(Reason::DuplicateKey) };
        if let Err(reason) = outcome {
            self.trail.push(Step::Member(name));
            return Err(self.refuse(reason));
        }
        self.names.push(name);
        Ok(())
    }
}

/// Something that reads or is read, with the walk that it is part of.
struct Strict<'w, 'de, T> {
    inner: T,
    walk: &'w mut Walk<'de>,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<'_, 'de, D> {
    type Error = D::Error;

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(Strict { inner: visitor, walk: self.walk })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_option(Strict { inner: visitor, walk: self.walk })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        // The raw text of a number, which is looked into where it is used.
        self.inner.deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        // Passed over is not unseen: the walk goes through it.
        self.deserialize_any(visitor)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Strict<'_, 'de, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Strict { inner: deserializer, walk: self.walk })
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Strict<'_, 'de, V> {
    type Value = V::Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(out)
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<V::Value, E> {
        self.inner.visit_bool(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        self.inner.visit_i64(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        self.inner.visit_u64(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        self.inner.visit_f64(value)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        check_text(text).map_err(|reason| self.walk.refuse(reason))?;
        self.inner.visit_str(text)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<V::Value, E> {
        // It stands without escapes, so that no control character is in it.
        if is_long(text) {
            return Err(self.walk.refuse(Reason::TooLong));
        }
        self.inner.visit_borrowed_str(text)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(Strict { inner: deserializer, walk: self.walk })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<V::Value, A::Error> {
        self.walk.enter()?;
        let value = self.inner.visit_seq(Elements { list, index: 0, walk: &mut *self.walk })?;
        self.walk.depth -= 1;
        Ok(value)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<V::Value, A::Error> {
        self.walk.enter()?;
        let base = self.walk.names.len();
        let members = Members { object, base, crowd: HashSet::new(), walk: &mut *self.walk };
        let value = self.inner.visit_map(members);
        self.walk.names.truncate(base);
        self.walk.depth -= 1;
        value
    }
}

/// The elements of a list.
struct Elements<'w, 'de, A> {
    list: A,
    index: usize,
    walk: &'w mut Walk<'de>,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Elements<'_, 'de, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let outcome = self.list.next_element_seed(Strict { inner: seed, walk: &mut *self.walk });
        if outcome.is_err() {
            self.walk.trail.push(Step::Element(self.index));
        }
        self.index += 1;
        outcome
    }
}

/// The members of an object.
struct Members<'w, 'de, A> {
    object: A,
    base: usize,
    crowd: HashSet<Cow<'de, str>>,
    walk: &'w mut Walk<'de>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<'_, 'de, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let Some(Text(name)) = self.object.next_key()? else { return Ok(None) };
        self.walk.name(name.clone(), self.base, &mut self.crowd)?;
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let outcome = self.object.next_value_seed(Strict { inner: seed, walk: &mut *self.walk });
        if outcome.is_err() {
            self.walk.trail.extend(self.walk.names.pop().map(Step::Member));
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;

    use super::*;

    fn refused(text: &str) -> (Reason, String) {
        let fault = typed::<IgnoredAny>(text, None).unwrap_err();
        (fault.reason, fault.pointer)
    }

    #[test]
    fn a_fault_is_told_with_its_place() {
        let long = "é".repeat(1_025);
        let deep = format!("{{\"a\":{}", "[".repeat(16));
        for (text, reason, pointer) in [
            (r#"{"a":[0,{"b":1,"b":2}]}"#, Reason::DuplicateKey, "/a/1/b"),
            (r#"{"a":1,"\u0061":2}"#, Reason::DuplicateKey, "/a"),
            (r#"{"a~/":[tru]}"#, Reason::InvalidJson, "/a~0~1/0"),
            (r#"{"a":"\u0000"}"#, Reason::NulCharacter, "/a"),
            ("{\"a\":\"\0\"}", Reason::NulCharacter, "/a"),
            (r#"{"a":[1e400]}"#, Reason::AmountOutOfRange, "/a/0"),
            (r#"{"a":01}"#, Reason::InvalidJson, "/a"),
            (r#"{"a":1} x"#, Reason::InvalidJson, ""),
            ("", Reason::InvalidJson, ""),
            (&format!("{{\"a\":[\"{long}\"]}}"), Reason::TooLong, "/a/0"),
            (&deep, Reason::TooDeep, "/a/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0"),
        ] {
            assert_eq!(refused(text), (reason, pointer.to_owned()), "{text}");
        }
    }

    #[test]
    fn names_are_compared_however_many_there_are() {
        let many: Vec<String> = (0..100).map(|at| format!("\"{at}\":{{\"{at}\":0}}")).collect();
        assert_eq!(typed(&format!("{{{}}}", many.join(",")), None), Ok(IgnoredAny));
        let twice = format!("{{{},\"7\":1}}", many.join(","));
        assert_eq!(refused(&twice), (Reason::DuplicateKey, "/7".to_owned()));
    }
}
