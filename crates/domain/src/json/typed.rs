//! What is read of a text, beside what `serde` knows itself.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
/// A string, borrowed where it stands without escapes. An `Option<Cow<str>>` would always be copied.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
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

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use crate::json::{Path, Reason, typed};

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
