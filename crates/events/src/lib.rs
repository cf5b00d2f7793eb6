#![doc = include_str!("../README.md")]

pub mod counts;
mod groups;
pub mod holding;
pub mod message;
mod packing;
pub mod recorder;
mod workspace;
mod write;
