#![doc = include_str!("../README.md")]

mod acting;
mod breaker;
pub mod check;
pub mod counts;
mod erasing;
pub mod file;
mod groups;
pub mod holding;
mod homes;
mod joining;
pub mod kafka;
mod leaving;
mod loading;
pub mod message;
pub mod metrics;
mod naming;
mod numbering;
mod packing;
mod pipeline;
mod placing;
mod quarantine_bound;
pub mod recorder;
mod storing;
mod subject;
mod throttle;
mod workspace;
mod write;
