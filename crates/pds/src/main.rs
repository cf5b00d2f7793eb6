#![doc = include_str!("../README.md")]

mod access;
mod callback;
mod connect;
mod counting;
mod disconnect;
mod discovery;
mod export;
mod failure;
mod feed;
mod figures;
mod folder;
mod follow;
mod keys;
mod proof;
mod purchases;
mod records;
mod show;
mod summary;
mod sync;
mod terminal;
mod tokens;
mod wire;

use std::{path::PathBuf, process::ExitCode};

use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand};

use crate::{failure::Failure, folder::Folder};

const EXIT_CODES: &str = "Exit codes: 0 done; 1 something on this computer; 2 wrong usage; 3 not registered or not \
    connected yet; 4 refused, or the sharing has ended; 5 the server cannot be reached or understood; 6 stored, but \
    figures do not add up.";

/// A reference personal data store: keeps your own copy of your purchases, fetched over OAuth.
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXIT_CODES)]
struct Arguments {
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
    /// End the agreement with the shop and delete the tokens
    Disconnect,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("counterfoil-pds: {failure}");
            failure.exit_code()
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let folder = Folder::open(&arguments.folder)?;
    match arguments.command {
        Command::Keys => connect::print_keys(&folder),
        Command::Connect(options) => Box::pin(connect::run(&folder, options, now)).await,
        Command::Sync(options) => Box::pin(sync::run(&folder, &options, now)).await,
        Command::Show(options) => show::run(&folder, &options),
        Command::Export => export::run(&folder),
        Command::Disconnect => Box::pin(disconnect::run(&folder, now)).await,
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where this program reads the clock")]
fn now() -> DateTime<Utc> {
    Utc::now()
}
