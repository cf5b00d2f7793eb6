//! The command line: what can be asked of this program, and who does it.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{
    clock::Clock,
    connect, disconnect, export,
    failure::{Failure, Kind},
    folder::Folder,
    serve, show, sync, telling, verify,
};

const EXIT_CODES: &str = "Exit codes: 0 done; 1 something on this computer, or a receipt \
    or log that is not true; 2 wrong usage; 3 not registered or not \
    connected yet; 4 refused, or the sharing has ended; 5 the server cannot be reached or understood; 6 stored, but \
    figures do not add up.";

/// A reference personal data store: keeps your own copy of your purchases, fetched over OAuth.
#[derive(Debug, Parser)]
#[command(name = "counterfoil-pds", version, about, after_help = EXIT_CODES)]
pub struct Arguments {
    /// Where keys, tokens and purchases are kept
    #[arg(long, global = true, value_name = "DIR", default_value = "counterfoil-pds")]
    folder: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the public keys (JWKS) with which a shop registers this app
    Keys,
    /// Ask on the shop's page for access to your purchases
    Connect(connect::Options),
    /// Fetch what has changed and check that the figures add up
    Sync(sync::Options),
    /// Show what you spent, by month and category, and what came back
    Show(show::Options),
    /// Print the purchases as they were served, one JSON object a line, newest first
    Export,
    /// Look at your purchases in a browser: a web app on this computer alone, until Ctrl-C
    Serve(serve::Options),
    /// Check a receipt, and that the log it is from has only grown since the last one
    Verify(verify::Options),
    /// List what the shop asks, as far as the agreement names it
    Asks,
    /// Tell the shop something; without your yes on its own page it waits there, unread
    Tell(telling::Telling),
    /// List what you told the shop through this app
    Told,
    /// Take back something that you told
    Forget(telling::Forgetting),
    /// End the agreement with the shop and delete the tokens
    Disconnect,
}

/// Does what the arguments say, to its end.
///
/// # Errors
/// [`Failure`] says what happened and what to do; its kind is the exit code.
pub fn run(arguments: Arguments, clock: Clock) -> Result<(), Failure> {
    let Arguments { folder: path, command } = arguments;
    let folder = Folder::open(&path)?;
    match command {
        Command::Keys => connect::print_keys(&folder),
        Command::Connect(options) => wait(connect::run(&folder, options, clock)),
        Command::Sync(options) => wait(sync::run(&folder, &options, clock)),
        Command::Show(options) => show::run(&folder, &options),
        Command::Export => export::run(&folder),
        Command::Serve(options) => serve::command(path, options, clock),
        Command::Verify(options) => wait(verify::run(&folder, &options, clock)),
        Command::Asks => wait(telling::asks(&folder, clock)),
        Command::Tell(options) => wait(telling::tell(&folder, &options, clock)),
        Command::Told => wait(telling::told(&folder, clock)),
        Command::Forget(options) => wait(telling::forget(&folder, &options, clock)),
        Command::Disconnect => wait(disconnect::run(&folder, clock)),
    }
}

fn wait(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        Failure::new(Kind::Local, format!("cannot start: {error}"), "check the limits of this system")
    })?;
    runtime.block_on(work)
}
