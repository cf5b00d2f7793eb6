#![doc = include_str!("../README.md")]

mod assets;
mod change;
mod connected;
mod consent;
mod explain;
mod failure;
mod form;
mod hidden;
mod leave_out;
mod pages;
mod purchase_list;
mod routes;
mod sign_in;
mod words;

pub use crate::pages::{Category, Pages, PagesError, PagesSettings, artefact as consent_template};
pub use crate::routes::routes;
pub use crate::words::{WordsError, artefact as word_file};
