//! Measures Counterfoil beside what a retailer would use instead. Each command prints one line of JSON a figure.

mod bare;
mod copy;
mod figures;
mod hold;
mod kafka;
mod load;
mod sqlite;

use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fills a topic from a file of key, TAB, event.
    Produce {
        #[arg(long)]
        brokers: String,
        #[arg(long)]
        topic: String,
        #[arg(long)]
        file: String,
    },
    /// Waits until an ingest has read a topic to its end; prints messages and seconds from its first commit.
    Watch {
        #[arg(long)]
        database: String,
        #[arg(long)]
        messages: i64,
    },
    /// Baseline of P1: text COPY of the same documents into a table with a primary key.
    Copy {
        #[arg(long)]
        database: String,
        #[arg(long)]
        file: String,
    },
    /// Baseline of P2: SQLite inserting the same documents, compressed, in transactions of 1,000.
    Sqlite {
        #[arg(long)]
        path: String,
        #[arg(long)]
        file: String,
        #[arg(long)]
        dictionary: String,
    },
    /// Baseline of P3: a bare actix-web that joins the latest 50 documents of a person.
    Bare {
        #[arg(long)]
        database: String,
        #[arg(long)]
        listen: String,
        /// Make and fill the table first, so that each of 1,000 persons has 60 documents of the file.
        #[arg(long)]
        file: Option<String>,
    },
    /// Baseline of P5: a bare actix-web that keeps every request waiting.
    Hold {
        #[arg(long)]
        listen: String,
        #[arg(long, default_value_t = 30)]
        seconds: u64,
    },
    /// Loads an address over 32 connections with proofs that were signed beforehand.
    Load {
        #[arg(long)]
        url: String,
        /// Folders of the reference store, one a customer.
        #[arg(long)]
        folder: Vec<String>,
        /// What is posted; without it the address is read.
        #[arg(long)]
        body: Option<String>,
        #[arg(long, default_value_t = 32)]
        connections: usize,
        #[arg(long, default_value_t = 20)]
        seconds: u64,
    },
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), figures::Failure> {
    match Arguments::parse().command {
        Command::Produce { brokers, topic, file } => kafka::produce(&brokers, &topic, &file),
        Command::Watch { database, messages } => kafka::watch(&database, messages).await,
        Command::Copy { database, file } => copy::run(&database, &file).await,
        Command::Sqlite { path, file, dictionary } => sqlite::run(&path, &file, &dictionary),
        Command::Bare { database, listen, file } => bare::run(&database, &listen, file.as_deref()).await,
        Command::Hold { listen, seconds } => hold::run(&listen, seconds).await,
        Command::Load { url, folder, body, connections, seconds } => {
            load::run(&url, &folder, body.as_deref(), connections, seconds).await
        }
    }
}
