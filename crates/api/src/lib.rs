#![doc = include_str!("../README.md")]

mod audit;
mod changes;
mod cursor;
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
mod routes;
mod setup;
mod summary;
mod waiting;

pub use crate::audit::Audits;
pub use crate::routes::routes;
pub use crate::setup::{Api, ApiSettings, Readiness};
