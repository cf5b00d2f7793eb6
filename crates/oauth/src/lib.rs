#![doc = include_str!("../README.md")]

pub mod access;
mod amend;
pub mod apps;
pub mod asks;
pub mod auditor;
mod client;
pub mod consent;
mod details;
pub mod download;
mod dpop;
mod endpoints;
pub mod erasure;
mod error;
mod expiry;
mod facts;
mod form;
pub mod grants;
pub mod hiding;
pub mod history;
mod jose;
pub mod latest;
mod metrics;
mod opaque;
pub mod own;
pub mod problem;
mod pushed;
pub mod receipts;
mod redirect;
mod replay;
mod return_to;
mod routes;
pub mod sending;
pub mod session;
mod setup;
pub mod sightings;
pub mod stop_link;
pub mod system;
pub mod trail;
pub mod upstream;

pub use counterfoil_ledger::config::Shown;

pub use crate::error::OauthError;
pub use crate::routes::routes;
pub use crate::setup::{Coverage, Oauth, Settings, SetupError, Tier};
