#![doc = include_str!("../README.md")]

mod arguments;
mod care;
mod command;
mod config;
mod failure;
mod pages;
mod post;
mod realm;
mod sample;
mod serve;
mod telemetry;

use std::process::ExitCode;

use clap::Parser as _;
use tikv_jemallocator::Jemalloc;

use crate::arguments::Arguments;

/// Reading an order makes some hundreds of small strings: with the C library's allocator they are a sixth of the work.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match command::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("counterfoil: {failure}");
            failure.exit_code()
        }
    }
}
