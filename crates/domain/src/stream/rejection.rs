//! Why a message goes to quarantine.

use crate::json::{Fault, Reader, Reason, find, pointer};

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

/// Where the data of a text stands in the event.
#[derive(Clone, Copy)]
pub(super) enum Frame {
    /// The text is the whole event.
    Structured,
    /// The text is the event's data.
    Binary,
}

impl Rejection {
    pub(super) fn of(fault: Fault, text: &str, frame: Frame) -> Self {
        let mut path = pointer(text, fault.at);
        if matches!(frame, Frame::Binary) {
            path.insert_str(0, "/data");
        }
        if let Some(member) = fault.member {
            path.push('/');
            path.push_str(member);
        }
        let data = match frame {
            Frame::Structured => find(text, 0, "data"),
            Frame::Binary => Some(0),
        };
        let id = |name| data.and_then(|data| readable_id(text, data, name));
        Self {
            reason: fault.reason.code(),
            pointer: path,
            detail: fault.reason.detail().to_owned(),
            customer_id: id("customerId"),
            order_id: id("orderId"),
        }
    }

    /// A message that is no event at all, or lacks an attribute of its envelope.
    pub(super) fn bare(reason: Reason, pointer: &str) -> Self {
        Self {
            reason: reason.code(),
            pointer: pointer.to_owned(),
            detail: reason.detail().to_owned(),
            customer_id: None,
            order_id: None,
        }
    }
}

fn readable_id(text: &str, data: usize, name: &str) -> Option<String> {
    let at = find(text, data, name)?;
    let id = Reader::lenient(text, at).id().ok()?;
    Some(id.into_owned())
}
