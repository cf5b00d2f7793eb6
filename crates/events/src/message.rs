//! A message as it came, from Kafka or from a file.

use counterfoil_domain::stream;
use counterfoil_store::quarantine::Place;
use serde::{Deserialize, Serialize};

/// One message with all that is needed to read it again later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it came from.
    pub place: Place,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Its value; absent for a tombstone.
    pub value: Option<Vec<u8>>,
}

impl Message {
    /// Reads the event in it.
    pub fn decode(&self, sources: &stream::Sources) -> Result<stream::Decoded, stream::Rejection> {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        let content_type = headers
            .iter()
            .find(|(name, _)| *name == "content-type")
            .and_then(|(_, value)| std::str::from_utf8(value).ok());
        let message = stream::Message { content_type, headers: &headers, value: self.value.as_deref() };
        stream::decode(&message, sources)
    }

    /// Key, headers and value as one piece of bytes, to be sealed in quarantine.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let encode = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
        serde_json::to_vec(&Kept {
            key: self.key.as_deref().map(encode),
            headers: self.headers.iter().map(|(name, value)| (name.clone(), encode(value))).collect(),
            value: self.value.as_deref().map(encode),
        })
    }

    /// Reads [`Message::to_bytes`] back; `None` when these are not such bytes.
    pub(crate) fn from_bytes(place: Place, bytes: &[u8]) -> Option<Self> {
        let kept: Kept = serde_json::from_slice(bytes).ok()?;
        let decode = |text: &str| data_encoding::BASE64.decode(text.as_bytes()).ok();
        let optional = |text: Option<String>| match text {
            None => Some(None),
            Some(text) => decode(&text).map(Some),
        };
        let headers = kept
            .headers
            .into_iter()
            .map(|(name, value)| decode(&value).map(|value| (name, value)))
            .collect::<Option<Vec<_>>>()?;
        Some(Self { place, key: optional(kept.key)?, headers, value: optional(kept.value)? })
    }
}

/// How a message lies in quarantine; bytes as base64, since they need not be text.
#[derive(Serialize, Deserialize)]
struct Kept {
    key: Option<String>,
    headers: Vec<(String, String)>,
    value: Option<String>,
}
