#![doc = include_str!("../README.md")]

mod asks;
mod audit;
mod body;
mod changes;
mod consents;
mod cursor;
mod decisions;
mod delivered;
mod feed;
mod grant;
mod health;
mod ledger;
mod limits;
mod once;
mod page;
mod place;
mod present;
mod projection;
mod propagation;
mod pseudonyms;
mod purchase;
mod purchases;
mod query;
mod receipt;
mod refused;
mod routes;
mod setup;
mod standing;
mod summary;
mod uses;
mod volunteered;
mod volunteered_items;
mod waiting;

pub use crate::audit::Audits;
pub use crate::routes::routes;
pub use crate::setup::{Api, ApiSettings, Readiness};
