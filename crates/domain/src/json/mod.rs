//! JSON of the order stream and of stored purchases, read and escaped by `serde_json`.
//!
//! A message is read twice: [`check`] holds its whole text against the stream's rules (no duplicate keys, bounded
//! depth and lengths), and [`typed`] then reads what is wanted of it, borrowed. What is served is written member by
//! member into one buffer.

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
pub(crate) use strict::{check, check_text};
pub(crate) use typed::{List, Object, Text, typed};
pub(crate) use writer::{push_member, push_quoted, push_shown, push_text, separate};
