//! Reading what is wanted of a text that was checked.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_path_to_error::Segment;

use super::{Fault, Path, Reason, path::Step};

/// A string, borrowed where it stands without escapes. An `Option<Cow<str>>` would always be copied.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// An object read as `T`. A derived `T` alone would also take an array of its members' values.
#[derive(Clone, Debug)]
pub(crate) struct Object<T>(pub(crate) T);

/// A list of objects.
pub(crate) type List<T> = Vec<Object<T>>;

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

struct Members<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = T;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(object))
    }
}

/// Reads an object from a text that stands at `path`; without one, from a whole message.
pub(crate) fn typed<'a, T: Deserialize<'a>>(text: &'a str, path: Option<&Path<'_>>) -> Result<T, Fault> {
    let outcome = serde_json::from_str(text).map(|Object(data)| data);
    outcome.map_err(|_| misfit::<Object<T>>(text, path.map(Path::pointer).unwrap_or_default()))
}

/// A checked text that is no `T`, and where it is not: reads it once more with the way kept in mind.
fn misfit<'a, T: Deserialize<'a>>(text: &'a str, mut pointer: String) -> Fault {
    let mut reader = serde_json::Deserializer::from_str(text);
    if let Err(error) = serde_path_to_error::deserialize::<_, T>(&mut reader) {
        for segment in error.path() {
            match segment {
                Segment::Map { key } => Step::Member(Cow::Borrowed(key)).push(&mut pointer),
                Segment::Seq { index } => Step::Element(*index).push(&mut pointer),
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
    }
    Fault { reason: Reason::WrongType, pointer }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Inner<'a> {
        #[serde(borrow)]
        text: Option<Text<'a>>,
        number: Option<&'a RawValue>,
    }

    #[derive(Debug, Deserialize)]
    struct Outer<'a> {
        #[serde(borrow)]
        list: List<Inner<'a>>,
    }

    #[test]
    fn what_stands_plain_is_borrowed() {
        let text = r#"{"list":[{"text":"plain","number": 1.50 ,"more":{}},{"text":"\u00e9"},{"text":null}]}"#;
        let Outer { list } = typed(text, None).unwrap();
        let texts: Vec<_> = list.iter().map(|Object(one)| one.text.as_ref().map(|Text(text)| text)).collect();
        assert!(matches!(texts[..], [Some(Cow::Borrowed("plain")), Some(Cow::Owned(_)), None]), "{texts:?}");
        assert_eq!(list[0].0.number.unwrap().get(), "1.50");
    }

    #[test]
    fn a_misfit_is_told_with_its_place() {
        for (text, pointer) in [
            (r#"{"list":{}}"#, "/data/list"),
            (r#"{"list":[{},["text","1"]]}"#, "/data/list/1"),
            (r#"{"list":[{"number":1,"text":1}]}"#, "/data/list/0/text"),
            ("[]", "/data"),
        ] {
            let fault = typed::<Outer<'_>>(text, Some(&Path::DATA)).unwrap_err();
            assert_eq!((fault.reason, fault.pointer.as_str()), (Reason::WrongType, pointer), "{text}");
        }
    }
}
