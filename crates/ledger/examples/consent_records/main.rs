//! Writes the records of `samples.rs`, one file each, into the folder that is named: `tests/schemas/run` holds them against
//! the JSON Schema and the SHACL shapes.

mod samples;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("consent_records FOLDER");
        return ExitCode::from(2);
    };
    match write(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("consent_records: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    for (name, document) in samples::documents()? {
        std::fs::write(folder.join(format!("{name}.jsonld")), document)?;
    }
    Ok(())
}
