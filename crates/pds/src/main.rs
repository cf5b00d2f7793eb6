//! The program: reads its arguments and the clock, and leaves the rest to the library.

use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::Parser;
use counterfoil_pds::{
    clock::Clock,
    command::{self, Arguments},
};

fn main() -> ExitCode {
    match command::run(Arguments::parse(), Clock::new(now)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("counterfoil-pds: {failure}");
            failure.exit_code()
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where this program reads the clock")]
fn now() -> DateTime<Utc> {
    Utc::now()
}
