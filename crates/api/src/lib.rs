#![doc = include_str!("../README.md")]

mod cursor;
mod grant;
mod health;
mod limits;
mod page;
mod purchase;
mod purchases;
mod query;
mod routes;
mod setup;

pub use crate::routes::routes;
pub use crate::setup::{Api, Readiness};
