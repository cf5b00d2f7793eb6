//! What can still be read of a message that is refused.

use serde::{
    Deserialize as _,
    de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::Text;

/// The type of an event and the ids in its data, as far as its text can be read: of each the first that stands there.
/// A customer or an order that has no member of its own is the `from` of a merge, or the first of `orderIds`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Glimpse {
    pub(crate) kind: Option<String>,
    pub(crate) customer_id: Option<String>,
    pub(crate) order_id: Option<String>,
}

impl Glimpse {
    /// The type of an event, read no further than where it stands.
    pub(crate) fn kind_of(text: &str) -> Option<String> {
        Self::of(text, Level::Type).kind
    }

    /// Of a whole event.
    pub(crate) fn of_event(text: &str) -> Self {
        Self::of(text, Level::Event)
    }

    /// Of the data of an event.
    pub(crate) fn of_data(text: &str) -> Self {
        Self::of(text, Level::Data)
    }

    fn of(text: &str, level: Level) -> Self {
        let mut glimpse = Self::default();
        let mut others = Others::default();
        let look = Look { glimpse: &mut glimpse, others: &mut others, level };
        match look.deserialize(&mut serde_json::Deserializer::from_str(text)) {
            // A text that breaks off is what this is for: what came before is known.
            Ok(()) | Err(_) => {}
        }
        glimpse.customer_id = glimpse.customer_id.or(others.from);
        glimpse.order_id = glimpse.order_id.or(others.first_order);
        glimpse
    }
}

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// The type of an event alone.
    Type,
    /// An event.
    Event,
    /// The data of an event.
    Data,
}

/// Ids that count only where there are no plainer ones: in an event of another type these members may be anything.
#[derive(Default)]
struct Others {
    from: Option<String>,
    first_order: Option<String>,
}

/// One look at an object.
struct Look<'g> {
    glimpse: &'g mut Glimpse,
    others: &'g mut Others,
    level: Level,
}

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(Text(name)) = object.next_key()? {
            let wanted = match (&*name, self.level) {
                ("data", Level::Event) => {
                    let (glimpse, others) = (&mut *self.glimpse, &mut *self.others);
                    object.next_value_seed(Look { glimpse, others, level: Level::Data })?;
                    continue;
                }
                ("type", Level::Type | Level::Event) => &mut self.glimpse.kind,
                ("customerId", Level::Data) => &mut self.glimpse.customer_id,
                ("orderId", Level::Data) => &mut self.glimpse.order_id,
                ("from", Level::Data) => &mut self.others.from,
                ("orderIds", Level::Data) => &mut self.others.first_order,
                _ => {
                    object.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let value: &RawValue = object.next_value()?;
            if wanted.is_none() {
                *wanted = match &*name {
                    "orderIds" => first(value.get()),
                    _ => serde_json::from_str(value.get()).ok(),
                };
            }
            if self.level == Level::Type {
                return Err(A::Error::custom("the type is known"));
            }
        }
        Ok(())
    }
}

/// The first of a list of texts, read no further than there.
fn first(list: &str) -> Option<String> {
    let elements = list.strip_prefix('[')?;
    String::deserialize(&mut serde_json::Deserializer::from_str(elements)).ok()
}
