#![doc = include_str!("../README.md")]

mod assets;
mod change;
mod check;
mod connected;
mod consent;
mod explain;
mod failure;
mod files;
mod form;
mod hidden;
mod language;
mod leave_out;
mod page_set;
mod pages;
mod purchase_list;
mod routes;
mod samples;
mod shown;
mod sign_in;
mod styleguide;
mod templates;
mod words;

pub use crate::check::{Checked, check};
pub use crate::files::{Files, UnknownFile};
pub use crate::page_set::{PageSet, PagesError};
pub use crate::pages::{Category, PagesSettings};
pub use crate::routes::routes;
