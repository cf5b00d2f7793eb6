//! The order of events of one object, and what a further event means beside the one that stands.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use crate::json::{Fault, Path, Text};

use super::extras::Zone;

/// By what a source orders the events of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderKind {
    /// By `revision`, an integer.
    Revision,
    /// By `revisedAt`, in microseconds since 1970.
    RevisedAt,
    /// By the `time` of the event's envelope, in microseconds since 1970.
    Time,
}

/// The place of an event among those of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventOrder {
    /// What the value counts; one kind per source.
    pub kind: OrderKind,
    /// Larger is newer.
    pub value: i64,
}

/// What an incoming event is beside the one that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It replaces what stands.
    Newer,
    /// The same order and the same content: counted, nothing else.
    Duplicate,
    /// Older than what stands: counted, nothing else.
    Stale,
    /// The same order and different content: quarantine `revision_conflict`.
    Conflict,
    /// Ordered by another kind than what stands: quarantine `order_kind_mixed`.
    KindMixed,
}

impl Verdict {
    /// The reason under which such an event goes to quarantine, if it does.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Conflict => Some("revision_conflict"),
            Self::KindMixed => Some("order_kind_mixed"),
            Self::Newer | Self::Duplicate | Self::Stale => None,
        }
    }
}

/// Compares an incoming event with the one that stands, each as its order and the digest of its content.
pub fn verdict(current: (EventOrder, [u8; 32]), incoming: (EventOrder, [u8; 32])) -> Verdict {
    if current.0.kind != incoming.0.kind {
        return Verdict::KindMixed;
    }
    match incoming.0.value.cmp(&current.0.value) {
        std::cmp::Ordering::Greater => Verdict::Newer,
        std::cmp::Ordering::Less => Verdict::Stale,
        std::cmp::Ordering::Equal if current.1 == incoming.1 => Verdict::Duplicate,
        std::cmp::Ordering::Equal => Verdict::Conflict,
    }
}

/// What the data of an event says about its order.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DataOrder {
    pub(crate) revision: Option<i64>,
    pub(crate) revised_at: Option<DateTime<Utc>>,
}

impl DataOrder {
    /// `revision` before `revisedAt` before the event's own time; `None` where there is none of them.
    pub(crate) fn settle(self, time: Option<DateTime<Utc>>) -> Option<EventOrder> {
        let by = |kind, at: DateTime<Utc>| EventOrder { kind, value: at.timestamp_micros() };
        self.revision
            .map(|value| EventOrder { kind: OrderKind::Revision, value })
            .or_else(|| self.revised_at.map(|at| by(OrderKind::RevisedAt, at)))
            .or_else(|| time.map(|at| by(OrderKind::Time, at)))
    }
}

/// What the data of an event that has no place of its own says about its order.
pub(super) fn read_sequence(
    at: &Path<'_>,
    revision: Option<&RawValue>,
    revised_at: Option<Text<'_>>,
    zone: &Zone<'_>,
) -> Result<DataOrder, Fault> {
    let revised_at = zone.resolve(at.field("revisedAt", revised_at).time()?)?.value;
    Ok(DataOrder {
        revision: at.field("revision", revision).revision()?,
        revised_at: revised_at.map(|(moment, _)| moment.utc()),
    })
}
