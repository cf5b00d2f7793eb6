#![doc = include_str!("../README.md")]

pub mod catalogue;
pub mod clock;
pub mod config_object;
pub mod consent;
pub mod entry;
pub mod exchange;
pub mod grant;
pub mod ids;
pub mod item;
mod json;
pub mod money;
pub mod objection;
pub mod purchase;
pub mod right;
pub mod stream;
pub mod summary;
pub mod time;
