#![doc = include_str!("../README.md")]

pub mod access;
pub mod apps;
mod client;
pub mod consent;
mod details;
mod dpop;
mod endpoints;
mod error;
mod expiry;
mod facts;
mod form;
pub mod grants;
mod jose;
mod metrics;
mod opaque;
pub mod problem;
mod pushed;
mod redirect;
mod replay;
mod routes;
pub mod session;
mod setup;
pub mod upstream;

pub use crate::error::OauthError;
pub use crate::routes::routes;
pub use crate::setup::{Oauth, Settings, SetupError, Tier};
