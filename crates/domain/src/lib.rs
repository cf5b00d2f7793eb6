#![doc = include_str!("../README.md")]

pub mod catalogue;
pub mod clock;
pub mod config_object;
pub mod entry;
pub mod grant;
pub mod ids;
mod json;
pub mod money;
pub mod purchase;
pub mod stream;
pub mod summary;
pub mod time;
