#![doc = include_str!("../README.md")]

mod breaker;
pub mod check;
pub mod counts;
pub mod file;
mod groups;
pub mod holding;
pub mod kafka;
pub mod message;
pub mod metrics;
mod packing;
mod pipeline;
mod quarantine_bound;
pub mod recorder;
mod throttle;
mod workspace;
mod write;
