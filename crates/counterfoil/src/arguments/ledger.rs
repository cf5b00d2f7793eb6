//! The command line of whoever looks after the ledger: verifying, publishing, erasing, restoring, asking.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use counterfoil_domain::ids::{ClientId, RecordId};

use super::Format;

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
    /// Holds what the tables say of consents, items, exchanges and objections against what the headers of entries alone
    /// say; exit code 1 and the records where they differ.
    Rebuild {
        /// Compare and change nothing: there is nothing else that it does.
        #[arg(long, required = true)]
        check: bool,
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
