//! The command line.

mod ledger;
mod rights;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use self::ledger::*;
pub use self::rights::*;

/// Gives a retailer's customers their own purchase records.
///
/// Exit codes: 0 done, 1 a file or socket failed or what was compared differs, 2 arguments or configuration,
/// 3 database, keystore or Kafka, 4 what was asked for is not there or not possible.
#[derive(Debug, Parser)]
#[command(name = "counterfoil", version, arg_required_else_help = true)]
pub struct Arguments {
    /// A configuration file; may be given more than once, later ones win.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Vec<PathBuf>,
    /// Only warnings in the log, no progress.
    #[arg(long, global = true)]
    pub quiet: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A complete sandbox in a folder: made-up customers, orders streaming in, demo sign-in.
    Demo(Demo),
    /// Makes the data folder, the master key and the schema; safe to repeat.
    Init,
    /// Answers apps and customers.
    Serve,
    /// Reads the order stream: Kafka, or a file.
    Ingest(Ingest),
    /// Tells the retailer's own systems, by Kafka, where consents stand and which volunteered items there are.
    Relay {
        /// Put everything that stands into the outbox once more, in versions above whatever was told before, and end.
        #[arg(long)]
        again: bool,
    },
    /// Looks at configuration, databases, keys and Kafka, and says what is wrong and what to do; exit code 1 where
    /// something must be done.
    Doctor {
        /// As one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Holds what is stored against what the shops' own books say; exit code 1 where they differ.
    Compare(Compare),
    /// Brings the schema up to date.
    Migrate {
        /// Only tell whether it is.
        #[arg(long)]
        check: bool,
    },
    /// Messages that could not be read or broke a rule.
    #[command(subcommand)]
    Quarantine(Quarantine),
    /// Registered apps.
    #[command(subcommand)]
    Apps(Apps),
    /// The ledger.
    #[command(subcommand)]
    Ledger(Ledger),
    /// What decisions rest on: purposes, asks, notices, terms, recipients, retention, the controller.
    #[command(subcommand)]
    ConfigObjects(ConfigObjects),
    /// What somebody was shown.
    #[command(subcommand)]
    Notice(Notice),
    /// What to do after an older state of the database was put back.
    #[command(subcommand)]
    Restore(Restore),
    /// Erasing customers who did not ask for it on their own page.
    #[command(subcommand)]
    Erase(Erase),
    /// Rights that customers use and the retailer must answer.
    #[command(subcommand)]
    Rights(Rights),
    /// What customers are asked.
    #[command(subcommand)]
    Asks(Asks),
    /// What is kept, locked, of customers who were erased.
    #[command(subcommand)]
    Hold(Hold),
    /// The keystore's keys.
    #[command(subcommand)]
    Keys(Keys),
    /// What an auditor asks the ledger; each question prints one JSON object.
    #[command(subcommand)]
    Audit(Audit),
    /// What the customer pages are made of: templates, words, stylesheets.
    #[command(subcommand)]
    Templates(Templates),
    /// Made-up data.
    #[command(subcommand)]
    Sample(SampleCommand),
    /// Every setting with its default.
    ConfigDefaults,
}

/// `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where everything is kept.
    #[arg(long, default_value = "counterfoil-demo")]
    pub dir: PathBuf,
    /// Where the shop listens, on this machine alone.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Where the app listens [default: the next port].
    #[arg(long, value_name = "PORT")]
    pub store_port: Option<u16>,
    /// Nobody buys anything while it runs.
    #[arg(long)]
    pub no_trickle: bool,
    /// Begin anew: deletes the folder first.
    #[arg(long)]
    pub reset: bool,
    /// Customers.
    #[arg(long, default_value_t = 300)]
    pub customers: u64,
    /// Orders in the past year.
    #[arg(long, default_value_t = 6_000)]
    pub orders: u64,
}

/// `ingest`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Ingest {
    /// Read the topics with the past, at their pace, instead of the live ones.
    #[arg(long)]
    pub history: bool,
    /// From where; Kafka when nothing is said.
    #[command(subcommand)]
    pub source: Option<IngestCommand>,
}

/// `ingest …`.
#[derive(Debug, Subcommand)]
pub enum IngestCommand {
    /// Reads a file of events, one a line, plain or gzip; prints a summary as JSON.
    File {
        /// The file.
        path: PathBuf,
        /// What stands between a key and its event: TAB, or one character.
        #[arg(long, value_parser = separator)]
        key_separator: Option<u8>,
        /// The file brings in the past: its pace is kept, and customers are told that it is loading.
        #[arg(long)]
        history: bool,
        /// Messages recorded in a second at most; 0 is as many as come, which is also the default without --history.
        #[arg(long, value_name = "N")]
        messages_per_second: Option<u32>,
    },
    /// Writes nothing and tells what would happen.
    Check {
        /// The file.
        path: PathBuf,
        /// What stands between a key and its event: TAB, or one character.
        #[arg(long, value_parser = separator)]
        key_separator: Option<u8>,
    },
    /// Where each partition stands, as JSON.
    Status,
    /// Lets a paused partition go on.
    Resume {
        /// TOPIC/PARTITION.
        partition: String,
    },
}

fn separator(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"TAB" => Ok(b'\t'),
        [byte] => Ok(*byte),
        _ => Err("TAB, or one character".to_owned()),
    }
}

/// `compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// A CSV file with the columns date, shop, purchases, grandTotal, and namespace and currency where they differ; a
    /// line per day and shop, with an empty shop for orders that name none.
    #[arg(long, value_name = "CSV")]
    pub expected: PathBuf,
    /// How the answer is printed.
    #[arg(long, default_value = "table")]
    pub format: Format,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For machines: one object.
    Json,
}

/// `quarantine …`.
#[derive(Debug, Subcommand)]
pub enum Quarantine {
    /// Lists messages, without their content.
    List {
        /// Only this reason.
        #[arg(long)]
        reason: Option<String>,
        /// Count by reason and field instead.
        #[arg(long)]
        group: bool,
        /// At most so many.
        #[arg(long, default_value_t = 1_000)]
        limit: i64,
    },
    /// Shows a message whole. It is personal data.
    Show {
        /// SOURCE/PARTITION/OFFSET, as listed.
        message: String,
    },
    /// Reads messages again, after what was wrong has been mended.
    Replay {
        /// Only this reason.
        #[arg(long)]
        reason: Option<String>,
    },
}

/// `apps …`.
#[derive(Debug, Subcommand)]
pub enum Apps {
    /// Registers an app; prints its client id.
    Add {
        /// What customers read.
        #[arg(long)]
        name: String,
        /// Who runs it; the name again when not given.
        #[arg(long)]
        operator: Option<String>,
        /// Their postal address; needed in production.
        #[arg(long)]
        address: Option<String>,
        /// How to reach them: an e-mail or web address, a telephone number; needed in production.
        #[arg(long)]
        contact: Option<String>,
        /// Where answers may go; may be given more than once.
        #[arg(long, required_unless_present = "purpose")]
        redirect_uri: Vec<String>,
        /// Scopes it may ask for, separated by spaces.
        #[arg(long, required_unless_present = "purpose", conflicts_with = "purpose")]
        scope: Option<String>,
        /// A purpose for which a system of the retailer may ask and fetch; may be given more than once. Without one it
        /// is an app that customers let in.
        #[arg(long, conflicts_with_all = ["redirect_uri", "max_duration", "window_from"])]
        purpose: Vec<String>,
        /// How it proves who it is.
        #[arg(long, default_value = "private_key_jwt")]
        auth: String,
        /// A file with its public keys, a JWK Set.
        #[arg(long)]
        jwks: PathBuf,
        /// The longest grant it may hold: `P30D`, `P90D`, `P180D`, `until_withdrawn`.
        #[arg(long, default_value = "until_withdrawn")]
        max_duration: String,
        /// The earliest local date it may read.
        #[arg(long)]
        window_from: Option<chrono::NaiveDate>,
    },
    /// Approves an app; in production two people must.
    Approve {
        /// The client id.
        client_id: String,
        /// Who approves.
        #[arg(long)]
        by: String,
    },
    /// Lists apps.
    List,
    /// Stops an app at once, whatever its customers agreed to.
    Suspend {
        /// The client id.
        client_id: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Lets a suspended app go on.
    Reinstate {
        /// The client id.
        client_id: String,
    },
}

/// `templates …`.
#[derive(Debug, Subcommand)]
pub enum Templates {
    /// Renders every page in every language with made-up values and compares the languages; exit code 2 for a flaw.
    Check {
        /// With the files of this folder in the place of those that ship.
        #[arg(long)]
        dir: Option<PathBuf>,
    },
    /// Writes the files that ship into a folder, and replaces none that is there.
    Export {
        /// The folder; made if it is not there.
        dir: PathBuf,
    },
}

/// `sample …`.
#[derive(Debug, Subcommand)]
pub enum SampleCommand {
    /// Prints made-up orders: key, TAB, event.
    Orders {
        /// Customers.
        #[arg(long, default_value_t = 300)]
        customers: u64,
        /// Orders.
        #[arg(long, default_value_t = 6_000)]
        orders: u64,
        /// The same seed gives the same orders.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// First day.
        #[arg(long, default_value = "2026-01-01")]
        start: chrono::NaiveDate,
        /// Days.
        #[arg(long, default_value_t = 365)]
        days: u32,
        /// Ids and names of random characters, to search for in files.
        #[arg(long)]
        random_ids: bool,
    },
}
