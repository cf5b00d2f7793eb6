#![doc = include_str!("../README.md")]

mod arguments;
mod command;
mod config;
mod failure;
mod realm;
mod sample;
mod serve;
mod telemetry;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::Arguments;

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
