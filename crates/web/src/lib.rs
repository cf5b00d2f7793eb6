#![doc = include_str!("../README.md")]

mod amount;
mod assets;
mod change;
mod connected;
mod consent;
mod download;
mod explain;
mod failure;
mod form;
mod gaps;
mod hidden;
mod leave_out;
mod look;
mod months;
mod pages;
mod purchase;
mod purchase_list;
mod purchases;
mod receipt;
mod routes;
mod served;
mod sheet;
mod sign_in;
mod words;

pub use crate::pages::{Category, Pages, PagesError, PagesSettings, artefact as consent_template};
pub use crate::routes::routes;
pub use crate::words::{WordsError, artefact as word_file};
