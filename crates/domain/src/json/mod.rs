//! Reading and writing JSON by hand: one strict pass over borrowed text, and writers that append to one buffer.
//!
//! The order stream's rules (no duplicate keys, bounded depth and lengths, amounts read from their text) are rules
//! of the reader itself, so nothing is parsed twice, and a fault knows its place without any cost until it happens.

mod fault;
mod members;
mod place;
mod reader;
mod scan;
mod writer;

pub(crate) use fault::{Fault, Reason};
pub(crate) use members::{elements, without};
pub(crate) use place::pointer;
pub(crate) use reader::{MAX_TEXT, Reader, find};
pub(crate) use writer::{push_digits, push_member, push_read, push_short, push_text, separate};
