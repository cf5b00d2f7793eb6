//! What each subcommand does.

mod apps;
mod asks;
mod audit;
mod compare;
mod config_objects;
mod demo;
mod doctor;
mod erase;
mod hold;
mod ingest;
mod init;
mod keys;
mod ledger;
mod notice;
mod orders;
mod quarantine;
pub mod relay;
mod restore;
mod rights;
mod templates;

use std::io::Write as _;

use serde::Serialize;

use crate::arguments::{Arguments, Command};
use crate::config::{DEFAULTS, Overrides, Settings};
use crate::failure::Failure;
use crate::realm::Realm;
use crate::{serve, telemetry};

/// Runs a command to its end.
pub fn run(arguments: Arguments) -> Result<(), Failure> {
    let quiet = arguments.quiet;
    let overrides = Overrides { files: arguments.config, settings: Vec::new() };
    match arguments.command {
        Command::Sample(sample) => return orders::print(&sample),
        Command::ConfigDefaults => return write_out(DEFAULTS.as_bytes()),
        Command::Templates(command) => return templates::run(command),
        Command::Demo(demo) => return demo::run(&demo, overrides, quiet),
        Command::Doctor { json } => return doctor::run(&Settings::load(&overrides), json),
        _ => {}
    }
    let settings = Settings::load(&overrides)?;
    telemetry::start(&settings.log, quiet)?;
    match arguments.command {
        Command::Init => print(&init::run(&settings)?),
        Command::Migrate { check } => init::migrate(&settings, check),
        Command::Serve => serve::run(&settings, Realm::open(&settings)?, || {}),
        Command::Ingest(ingest) => ingest::run(&settings, ingest, quiet),
        Command::Relay { again } => relay::run(&settings, again),
        Command::Compare(command) => compare::run(&settings, &command),
        Command::Quarantine(command) => quarantine::run(&settings, command),
        Command::Apps(command) => apps::run(&settings, command),
        Command::Ledger(command) => ledger::run(&settings, &command, quiet),
        Command::Restore(command) => restore::run(&settings, &command),
        Command::ConfigObjects(command) => config_objects::run(&settings, command),
        Command::Notice(command) => notice::run(&settings, &command),
        Command::Erase(command) => erase::run(&settings, &command),
        Command::Rights(command) => rights::run(&settings, &command),
        Command::Asks(command) => asks::run(&settings, &command),
        Command::Hold(command) => hold::run(&settings, &command),
        Command::Keys(command) => keys::run(&settings, &command),
        Command::Audit(command) => audit::run(&settings, command),
        Command::Sample(_)
        | Command::ConfigDefaults
        | Command::Demo(_)
        | Command::Doctor { .. }
        | Command::Templates(_) => Ok(()),
    }
}

/// Prints a value as one line of JSON on standard output.
fn print(value: &impl Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_vec(value).map_err(|error| Failure::Service(format!("{error}")))?;
    text.push(b'\n');
    write_out(&text)
}

fn write_out(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(Failure::io("standard output"))
}
