//! The command line.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand};
use counterfoil_domain::ids::{ClientId, RecordId};

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
        /// Where answers may go; may be given more than once.
        #[arg(long, required = true)]
        redirect_uri: Vec<String>,
        /// Scopes it may ask for, separated by spaces.
        #[arg(long)]
        scope: String,
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

/// `ledger …`.
#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Prints the entries of both logs, opened, one a line. It is personal data.
    Entries,
    /// For each log: its size, how far it is in the tree and signed, and the newest checkpoint.
    Head,
    /// Whether both logs are what was signed. Exit codes: 0 intact, 1 tampered (names the first bad entry and layer),
    /// 2 unverifiable (a key or file is missing), 3 rolled back or cut off. Erased entries are counted, and no fault.
    Verify(Verify),
    /// Prints the proof that an entry is in its log (c2sp.org/tlog-proof).
    Prove {
        /// Its id: `ent_…`.
        entry: String,
    },
    /// Writes what is public of every log into a folder: checkpoints, keys, tiles (c2sp.org/tlog-tiles).
    Export {
        /// The folder; new or empty.
        dir: PathBuf,
    },
}

/// `ledger verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// Also open every header and payload and hold them against what the log commits to.
    #[arg(long)]
    pub deep: bool,
    /// A checkpoint that somebody kept: the log must go on from it. May be given more than once.
    #[arg(long, value_name = "FILE")]
    pub against: Vec<PathBuf>,
    /// How the answer is printed.
    #[arg(long, default_value = "table")]
    pub format: Format,
}

/// `config-objects …`.
#[derive(Debug, Subcommand)]
pub enum ConfigObjects {
    /// Publishes what is new in files, each as the next version of its object; exit code 2 with every mistake of every
    /// file, and then nothing is published.
    Publish {
        /// TOML files, one object each.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Who publishes.
        #[arg(long)]
        by: Option<String>,
    },
    /// Lists every version.
    List {
        /// Only this kind.
        #[arg(long)]
        kind: Option<String>,
    },
    /// Shows a version whole.
    Show {
        /// The kind: realm, retention, recipient, terms, notice, grant, purpose, ask.
        kind: String,
        /// The id.
        id: String,
        /// Not the latest but this one.
        #[arg(long)]
        version: Option<i32>,
    },
    /// Takes an object out of use; what rests on it stands.
    Retire {
        /// The kind.
        kind: String,
        /// The id.
        id: String,
        /// Why.
        #[arg(long)]
        reason: String,
        /// Who retires it.
        #[arg(long)]
        by: Option<String>,
    },
    /// Writes the objects of the demo's shop into a folder, to begin with, and replaces none that is there.
    Export {
        /// The folder; made if it is not there.
        dir: PathBuf,
    },
}

/// `notice …`.
#[derive(Debug, Subcommand)]
pub enum Notice {
    /// Prints the page on which a customer decided, as HTML. It is personal data.
    Render {
        /// The entry: `ent_…`.
        entry: String,
    },
}

/// `restore …`.
#[derive(Debug, Subcommand)]
pub enum Restore {
    /// Does again what was closed, hidden and erased after that state, as the closure journal says. Safe to repeat.
    Reconcile {
        /// Only tell what would be done.
        #[arg(long)]
        check: bool,
    },
    /// Closes the generation that cannot go on and opens the next: from then on data is served again.
    Accept {
        /// Who accepts that entries were lost.
        #[arg(long)]
        by: String,
    },
}

/// `erase …`.
#[derive(Debug, Subcommand)]
pub enum Erase {
    /// Asks for an erasure, which somebody else must approve; prints the request's name.
    Request {
        /// The customer's id.
        #[arg(long)]
        customer: String,
        /// The scheme of that id, where it is not a customer id of the order stream.
        #[arg(long, default_value = "")]
        scheme: String,
        /// Who asks.
        #[arg(long)]
        by: String,
        /// Why.
        #[arg(long)]
        reason: String,
    },
    /// Approves a request of somebody else, and erases.
    Approve {
        /// The request's name.
        request: String,
        /// Who approves.
        #[arg(long)]
        by: String,
    },
    /// Looks after every erasure that nobody has looked after yet; exit code 1 where something is left.
    Verify,
}

/// `hold …`.
#[derive(Debug, Subcommand)]
pub enum Hold {
    /// Opens what is kept of a customer, and prints it. It is personal data; two people must.
    Open {
        /// The customer's id, as it was.
        #[arg(long)]
        customer: String,
        /// The case that needs it.
        #[arg(long)]
        case: String,
        /// Who opens it.
        #[arg(long)]
        by: String,
        /// Who is there as well.
        #[arg(long)]
        and: String,
        /// The officer's private key (PEM).
        #[arg(long)]
        key: PathBuf,
    },
}

/// `keys …`.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Wraps every key anew under another master key, while the service runs. What was broken off is done by doing it
    /// again.
    Rotate {
        /// A file with the new master key: 64 hexadecimal digits.
        #[arg(long, value_name = "FILE")]
        new_master: PathBuf,
    },
    /// Writes a consistent copy of a keystore on SQLite. Keep it for at most 30 days.
    Backup {
        /// The file; it must not be there.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
}

/// `audit …`. Whoever looks at somebody is written into the access log, with the case.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// What was in force at one time, what the ledger knew of it at another, and what left in between.
    AsOf(AsOf),
    /// Who was touched by an app: whose grant it could use, and whose data left to it.
    Affected {
        /// Its client id.
        #[arg(long)]
        app: ClientId,
        /// From when, as 2026-03-10T00:00:00Z.
        #[arg(long, value_name = "TIME")]
        from: DateTime<Utc>,
        /// Until when.
        #[arg(long, value_name = "TIME")]
        to: DateTime<Utc>,
        /// Who looks, and why.
        #[command(flatten)]
        look: Look,
    },
    /// Which consents and grants rest on a configuration object, and where they stand now.
    ByConfig {
        /// `sha256:` and 64 hexadecimal digits.
        #[arg(value_parser = hash)]
        object: String,
        /// Who looks, and why.
        #[command(flatten)]
        look: Look,
    },
    /// The record of processing activities (GDPR Art. 30), with what is missing in it.
    ProcessingRecord,
}

/// `audit as-of`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("subject").required(true))]
pub struct AsOf {
    /// A customer's id.
    #[arg(long, group = "subject", value_name = "ID")]
    pub customer: Option<String>,
    /// The scheme of that id, where it is another name of the customer.
    #[arg(long, requires = "customer", default_value = "")]
    pub scheme: String,
    /// A record: `rec_…`.
    #[arg(long, group = "subject", value_name = "RECORD")]
    pub record: Option<RecordId>,
    /// The time whose state is wanted, as 2026-03-10T00:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub valid_at: DateTime<Utc>,
    /// The time whose knowledge is wanted.
    #[arg(long, value_name = "TIME")]
    pub known_at: DateTime<Utc>,
    /// With a proof of each deciding entry (c2sp.org/tlog-proof).
    #[arg(long)]
    pub proofs: bool,
    /// Who looks, and why.
    #[command(flatten)]
    pub look: Look,
}

/// Who looks, and why.
#[derive(Debug, Args)]
pub struct Look {
    /// Who looks: a member of staff, as the access log names them.
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// The case that makes them look.
    #[arg(long)]
    pub case: String,
}

fn hash(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("sha256:").unwrap_or_default();
    let is_hash = digits.len() == 64 && digits.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
    if is_hash { Ok(text.to_owned()) } else { Err("sha256: and 64 hexadecimal digits".to_owned()) }
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
