#![doc = include_str!("../README.md")]

mod app;
mod assets;
mod change;
mod connected;
mod consent;
mod example;
mod explain;
mod failure;
mod form;
mod hidden;
mod leave_out;
mod pages;
mod purchase_list;
mod routes;
mod sign_in;
mod stop_all;
mod words;

pub use crate::pages::{
    Category, Pages, PagesError, PagesSettings, Suggestion, artefact as consent_template,
};
pub use crate::routes::routes;
pub use crate::words::{WordsError, artefact as word_file};
