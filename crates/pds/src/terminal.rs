//! What is written to standard output, and how progress is shown.

use std::io::{self, IsTerminal, Write};

use crate::failure::{Failure, Kind};

/// Writes lines to standard output. A reader that has gone away (`| head`) has seen enough.
pub fn say(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match writeln!(output, "{text}").and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Kind::Local, format!("cannot write the output: {error}"), "check where it goes"))
        }
        _ => Ok(()),
    }
}

/// Shows how far something is, on a terminal only, on a line that the next call writes over.
pub fn progress(text: &str) {
    let mut output = io::stderr().lock();
    if output.is_terminal() {
        // Progress that cannot be shown is no reason to stop.
        write!(output, "\r\x1b[K{text}").and_then(|()| output.flush()).ok();
    }
}

/// Says something beside the output: what goes on, or what went wrong and is tried again.
pub fn complain(text: &str) {
    eprintln!("counterfoil-pds: {text}");
}
