//! `order.removed.v1`: an order that is none of its customer's any more.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::{Fault, Path, Text};

use super::{
    Body, Source,
    event::{Content, digest},
    extras::Zone,
    sequence::read_sequence,
};

/// The removal of an order (`order.removed.v1`), checked. A newer `order.recorded.v1` brings the order back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    id: String,
    /// Why it goes, which decides what becomes of its returns and refunds.
    pub reason: RemovalReason,
}

impl Removal {
    /// The source's id of the order.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// Why an order is removed: an open list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovalReason {
    /// It was never more than a test.
    Test,
    /// Somebody else bought in the customer's name.
    Fraud,
    /// It was another customer's.
    Misattributed,
    /// Its data was erased at the source: its returns and refunds do not wait for it, they go too.
    Erased,
    /// Any other word.
    Other,
}

impl RemovalReason {
    fn of(word: &str) -> Self {
        match word {
            "test" => Self::Test,
            "fraud" => Self::Fraud,
            "misattributed" => Self::Misattributed,
            "erased" => Self::Erased,
            _ => Self::Other,
        }
    }

    /// What the content comes to: reasons of one effect are one content.
    fn effect(self) -> &'static str {
        match self {
            Self::Erased => "erased",
            Self::Test | Self::Fraud | Self::Misattributed | Self::Other => "removed",
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RemovalData<'a> {
    #[serde(borrow)]
    order_id: Option<Text<'a>>,
    revision: Option<&'a RawValue>,
    revised_at: Option<Text<'a>>,
    reason: Option<Text<'a>>,
}

/// Reads the data of an `order.removed.v1`.
pub(super) fn removal(data: RemovalData<'_>, at: &Path<'_>, source: &Source) -> Result<Content, Fault> {
    let zone = Zone { location: None, source: source.timezone };
    let id = at.field("orderId", data.order_id).id()?.required()?;
    let reason = RemovalReason::of(&at.field("reason", data.reason).name()?.required()?);
    let sequence = read_sequence(at, data.revision, data.revised_at, &zone)?;
    let digest = digest(["order.removed.v1", &id, reason.effect()]);
    let body = Body::Removal(Removal { id: id.into_owned(), reason });
    Ok(Content { body, customer_id: None, sequence, digest })
}
