#![doc = include_str!("../README.md")]

mod audit;
mod body;
mod changes;
mod cursor;
mod decisions;
mod delivered;
mod feed;
mod grant;
mod health;
mod ledger;
mod limits;
mod page;
mod place;
mod projection;
mod purchase;
mod purchases;
mod query;
mod receipt;
mod refused;
mod routes;
mod setup;
mod summary;
mod uses;
mod volunteered_items;
mod waiting;

pub use crate::audit::Audits;
pub use crate::routes::routes;
pub use crate::setup::{Api, ApiSettings, Readiness};
