//! Why a message goes to quarantine.

use std::borrow::Cow;

use crate::json::{Fault, Glimpse, Reason};

use super::values::id;

/// A message of ours that cannot be read or breaks a rule. It carries no value of the message but the ids by which
/// quarantine must be found again when a customer is erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// A stable code, by which quarantine groups.
    pub reason: &'static str,
    /// The JSON pointer of the field, from the event's top (`/data/lines/0/net`) also where the envelope is binary.
    pub pointer: String,
    /// The rule in words.
    pub detail: String,
    /// The customer, if that could be read.
    pub customer_id: Option<String>,
    /// The order, if that could be read.
    pub order_id: Option<String>,
}

impl Rejection {
    /// A message that breaks a rule, with the ids that could still be read of it.
    pub(super) fn of(fault: Fault, glimpse: Glimpse) -> Self {
        let readable = |text: Option<String>| Some(id(Cow::Owned(text?)).ok()?.into_owned());
        Self {
            reason: fault.reason.code(),
            pointer: fault.pointer,
            detail: fault.reason.detail().to_owned(),
            customer_id: readable(glimpse.customer_id),
            order_id: readable(glimpse.order_id),
        }
    }

    /// A message that is no event at all, or lacks an attribute of its envelope.
    pub(super) fn bare(reason: Reason, pointer: &str) -> Self {
        Self::of(Fault { reason, pointer: pointer.to_owned() }, Glimpse::default())
    }
}
