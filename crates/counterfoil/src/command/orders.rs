//! `sample orders`.

use std::io::{BufWriter, ErrorKind};

use crate::arguments::SampleCommand;
use crate::failure::Failure;
use crate::sample::{self, Sample};

/// Prints made-up orders.
pub fn print(command: &SampleCommand) -> Result<(), Failure> {
    let &SampleCommand::Orders { customers, orders, seed, start, days, random_ids } = command;
    let sample = Sample { customers, orders, seed, start, days, random_ids, personas: false };
    let mut out = BufWriter::with_capacity(1 << 18, std::io::stdout().lock());
    match sample::write(&sample, &mut out) {
        // Whoever reads has read enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.map_err(Failure::io("standard output")),
    }
}
