#![doc = include_str!("../README.md")]

mod assets;
mod connected;
mod consent;
mod explain;
mod failure;
mod form;
mod pages;
mod routes;
mod sign_in;
mod words;

pub use crate::pages::{Pages, PagesError, PagesSettings, artefact as consent_template};
pub use crate::routes::routes;
pub use crate::words::{WordsError, artefact as word_file};
