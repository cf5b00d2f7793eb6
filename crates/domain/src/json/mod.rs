//! JSON of the order stream and of stored purchases, read and escaped by `serde_json`.
//!
//! A message is read by [`typed`]: what is wanted of it is borrowed, all of it is held against the stream's rules (no
//! duplicate keys, bounded depth and lengths), and what breaks one is told with its place. What is served is written
//! member by member into one buffer.

mod fault;
mod glimpse;
mod members;
mod path;
mod strict;
mod typed;
mod writer;

pub(crate) use fault::{Fault, Reason};
pub(crate) use glimpse::Glimpse;
pub(crate) use members::{Members, push_json, push_list, without};
pub(crate) use path::{Field, Path};
pub(crate) use strict::{check_text, typed};
pub(crate) use typed::{List, Object, Text};
pub(crate) use writer::{push_member, push_quoted, push_shown, push_text, separate};
