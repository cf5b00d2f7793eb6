//! Identifiers: 16 bytes inside, an opaque prefixed string outside.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE32_NOPAD, DecodeError};

/// A string that is not an identifier of the kind it was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier of this kind")]
pub struct MalformedId;

impl From<DecodeError> for MalformedId {
    fn from(_: DecodeError) -> Self {
        Self
    }
}

/// The text of 16 bytes: 26 characters of lower-case base32 (RFC 4648) without padding.
fn write_text(bytes: &[u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = BASE32_NOPAD.encode(bytes);
    text.make_ascii_lowercase();
    f.write_str(&text)
}

fn read_text(text: &str) -> Result<[u8; 16], MalformedId> {
    if text.len() != 26 || text.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(MalformedId);
    }
    let bytes = BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes())?;
    bytes.try_into().map_err(|_| MalformedId)
}

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// The 16 bytes, as they are stored.
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// Reads the stored bytes.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, MalformedId> {
                bytes.try_into().map(Self).map_err(|_| MalformedId)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                write_text(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;

            fn from_str(text: &str) -> Result<Self, MalformedId> {
                read_text(text.strip_prefix($prefix).ok_or(MalformedId)?).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl From<[u8; 16]> for $name {
            fn from(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }
        }
    )*};
}

identifiers! {
    /// The random key under which everything about a customer is stored. Never shown.
    Person = "per_";
    /// Locator of an order, return or refund: 128 bits of HMAC over namespace, kind and id.
    ObjectId = "obj_";
    /// A purchase; its bytes are those of its order's [`ObjectId`].
    PurchaseId = "pur_";
    /// A grant (also the `grant_id` of Grant Management for OAuth 2.0).
    GrantId = "gra_";
    /// A registered app (its `client_id`).
    ClientId = "app_";
    /// A ledger entry.
    EntryId = "ent_";
    /// A chain of ledger entries about one consent, grant or right.
    RecordId = "rec_";
    /// A consent record: one customer, one purpose.
    ConsentId = "con_";
    /// A volunteered item.
    ItemId = "vol_";
    /// What was promised in return for an item.
    ExchangeId = "val_";
    /// A right that a customer uses and the retailer must answer.
    RightId = "rgt_";
    /// That systems which fetched an item are told that it is gone.
    PropagationId = "prp_";
    /// A customer as one Kafka topic knows them: a keyed hash, another one in each topic.
    Pseudonym = "psn_";
}

impl From<ObjectId> for PurchaseId {
    fn from(id: ObjectId) -> Self {
        Self(id.0)
    }
}

impl From<PurchaseId> for ObjectId {
    fn from(id: PurchaseId) -> Self {
        Self(id.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let id = PurchaseId([7; 16]);
        let text = format!("{id}");
        assert_eq!(text.len(), 4 + 26);
        assert_eq!(text.parse(), Ok(id));
    }

    #[test]
    fn only_one_spelling_is_read() {
        let text = format!("{}", GrantId([0xff; 16]));
        assert_eq!(text.parse::<PurchaseId>(), Err(MalformedId));
        assert_eq!(text.to_uppercase().parse::<GrantId>(), Err(MalformedId));
        // The last character carries three bits of nothing: another spelling of them is another string.
        let other = format!("{}z", &text[..text.len() - 1]);
        assert_eq!(other.parse::<GrantId>(), Err(MalformedId));
    }
}
