#![doc = include_str!("../README.md")]

mod access;
mod agreement;
mod callback;
pub mod clock;
pub mod command;
mod connect;
mod counting;
mod disconnect;
mod discovery;
mod export;
pub mod failure;
mod feed;
mod figures;
mod folder;
mod follow;
mod keys;
mod proof;
mod purchases;
mod records;
pub mod serve;
mod show;
mod summary;
mod sync;
mod terminal;
mod tokens;
mod verify;
mod wire;
