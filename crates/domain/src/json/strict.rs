//! The rules that hold for every value of a message, wanted or not.

use std::{borrow::Cow, collections::HashSet};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{Fault, Reason, Text, path::Step};

/// Longest string, in characters.
const MAX_TEXT: usize = 1_024;
/// Deepest nesting of a message.
const MAX_DEPTH: usize = 16;
/// Up to so many keys an object's names are compared one by one.
const FEW: usize = 24;

/// Holds a text of a message against the rules. It lies below the members `outer`, as deep as they say.
pub(crate) fn check(text: &str, outer: &[&'static str]) -> Result<(), Fault> {
    let mut walk =
        Walk { depth: outer.len(), names: Vec::with_capacity(32), trail: Vec::new(), broken: None };
    let mut reader = serde_json::Deserializer::from_str(text);
    let outcome = Any(&mut walk).deserialize(&mut reader).and_then(|()| reader.end());
    outcome.map_err(|error| {
        let mut pointer = String::new();
        let outer = outer.iter().map(|name| Step::Member(Cow::Borrowed(*name)));
        for step in outer.chain(walk.trail.into_iter().rev()) {
            step.push(&mut pointer);
        }
        Fault { reason: walk.broken.unwrap_or_else(|| syntax(text, &error)), pointer }
    })
}

/// What is wrong with a text that `serde_json` does not read.
fn syntax(text: &str, error: &serde_json::Error) -> Reason {
    if text.contains('\0') {
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
    fn refuse<E: serde::de::Error>(&mut self, reason: Reason) -> E {
        self.broken = Some(reason);
        E::custom(reason.code())
    }

    fn enter<E: serde::de::Error>(&mut self) -> Result<(), E> {
        if self.depth >= MAX_DEPTH {
            return Err(self.refuse(Reason::TooDeep));
        }
        self.depth += 1;
        Ok(())
    }

    /// Takes the next name of an object whose first name is at `base`.
    fn name(
        &mut self,
        name: Cow<'de, str>,
        base: usize,
        crowd: &mut HashSet<Cow<'de, str>>,
    ) -> Result<(), Reason> {
        check_text(&name)?;
        let names = self.names.get(base..).unwrap_or_default();
        let is_new = if names.len() < FEW {
            !names.contains(&name)
        } else {
            if crowd.is_empty() {
                crowd.extend(names.iter().cloned());
            }
            crowd.insert(name)
        };
        if is_new { Ok(()) } else { Err(Reason::DuplicateKey) }
    }
}

/// Any value.
struct Any<'w, 'de>(&'w mut Walk<'de>);

impl<'de> DeserializeSeed<'de> for Any<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Any<'_, 'de> {
    type Value = ();

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<(), E> {
        // What stands without escapes has no control character in it.
        if is_long(text) { Err(self.0.refuse(Reason::TooLong)) } else { Ok(()) }
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        check_text(text).map_err(|reason| self.0.refuse(reason))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self(walk) = self;
        walk.enter()?;
        let mut index = 0;
        loop {
            match list.next_element_seed(Any(walk)) {
                Ok(Some(())) => index += 1,
                Ok(None) => break,
                Err(error) => {
                    walk.trail.push(Step::Element(index));
                    return Err(error);
                }
            }
        }
        walk.depth -= 1;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let Self(walk) = self;
        walk.enter()?;
        let base = walk.names.len();
        let mut crowd = HashSet::new();
        while let Some(Text(name)) = object.next_key()? {
            let outcome = match walk.name(name.clone(), base, &mut crowd) {
                Ok(()) => object.next_value_seed(Any(walk)),
                Err(reason) => Err(walk.refuse(reason)),
            };
            if let Err(error) = outcome {
                walk.trail.push(Step::Member(name));
                return Err(error);
            }
            walk.names.push(name);
        }
        walk.names.truncate(base);
        walk.depth -= 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> (Reason, String) {
        let fault = check(text, &[]).unwrap_err();
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
            (&format!("[\"{long}\"]"), Reason::TooLong, "/0"),
            (&deep, Reason::TooDeep, "/a/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0"),
        ] {
            assert_eq!(refused(text), (reason, pointer.to_owned()), "{text}");
        }
    }

    #[test]
    fn names_are_compared_however_many_there_are() {
        let many: Vec<String> = (0..100).map(|at| format!("\"{at}\":{{\"{at}\":0}}")).collect();
        assert_eq!(check(&format!("{{{}}}", many.join(",")), &[]), Ok(()));
        let twice = format!("{{{},\"7\":1}}", many.join(","));
        assert_eq!(refused(&twice), (Reason::DuplicateKey, "/7".to_owned()));
    }
}
