//! `ledger verify`: whether both logs are what was signed.

use std::fs;
use std::io::Write as _;

use counterfoil_ledger::verify::{Examined, Kind, VerifyError, Wanted};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::arguments::{Format, Verify};
use crate::failure::Failure;
use crate::realm::Realm;

/// Verifies, prints what was found, and fails with the exit code that says what it means.
pub fn run(realm: &Realm, command: &Verify, quiet: bool) -> Result<(), Failure> {
    let mut wanted = Wanted { deep: command.deep, against: Vec::new() };
    for path in &command.against {
        wanted.against.push(fs::read_to_string(path).map_err(Failure::io(format!("{}", path.display())))?);
    }
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(0) };
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {per_sec}") {
        bar.set_style(style);
    }
    let found = realm.verifier().verify(&wanted, &mut |log, done, total| {
        bar.set_message(log.to_owned());
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let found = found.map_err(|error| match error {
        VerifyError::Store(error) => Failure::from(error),
        VerifyError::Object(error) => Failure::from(error),
    })?;
    match command.format {
        Format::Json => super::super::print(&found.iter().map(as_json).collect::<Vec<_>>())?,
        Format::Table => print_table(&found)?,
    }
    match worst(&found) {
        None => Ok(()),
        Some(kind) => Err(Failure::Ledger(kind)),
    }
}

/// The gravest finding: what was tampered with, then what was rolled back, then what cannot be verified.
fn worst(found: &[Examined]) -> Option<Kind> {
    let kinds = || found.iter().filter_map(|one| one.fault.as_ref().map(|fault| fault.kind));
    [Kind::Tampered, Kind::RolledBack, Kind::Unverifiable]
        .into_iter()
        .find(|kind| kinds().any(|one| one == *kind))
}

fn as_json(one: &Examined) -> serde_json::Value {
    json!({
        "log": one.log,
        "generation": one.generation,
        "result": one.fault.as_ref().map_or("intact", |fault| fault.kind.name()),
        "layer": one.fault.as_ref().map(|fault| fault.layer),
        "entry": one.fault.as_ref().and_then(|fault| fault.entry),
        "says": one.fault.as_ref().map(|fault| fault.says.as_str()),
        "entries": one.entries,
        "opened": one.opened,
        "erased": one.erased,
        "sealedAway": one.sealed_away,
        "lost": one.lost,
        "signed": one.signed,
        "checkpoints": one.checkpoints,
    })
}

fn print_table(found: &[Examined]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for one in found {
        let name = format!("{}/{}", one.log, one.generation);
        let verdict = match &one.fault {
            None => "intact".to_owned(),
            Some(fault) => {
                let entry = fault.entry.map(|entry| format!(" entry {entry},")).unwrap_or_default();
                format!("{}:{entry} {}: {}", fault.kind.name().to_uppercase(), fault.layer, fault.says)
            }
        };
        writeln!(
            out,
            "{name:<12} {verdict}\n{:<12} {} entries, {} signed, {} checkpoints; {} opened, {} erased, {} sealed away, {} lost",
            "", one.entries, one.signed, one.checkpoints, one.opened, one.erased, one.sealed_away, one.lost
        )
        .map_err(Failure::io("standard output"))?;
    }
    Ok(())
}
