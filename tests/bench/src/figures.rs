//! What the measurements share.

use std::fs::File;
use std::io::{BufRead, BufReader};

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Lines of key, TAB, event.
pub fn records(path: &str) -> Result<impl Iterator<Item = (String, String)>, Failure> {
    let lines = BufReader::with_capacity(1 << 20, File::open(path)?).lines();
    Ok(lines.map_while(Result::ok).filter_map(|line| {
        let (key, event) = line.split_once('\t')?;
        Some((key.to_owned(), event.to_owned()))
    }))
}

/// A connection to PostgreSQL, driven in the background.
pub async fn connect(url: &str) -> Result<tokio_postgres::Client, Failure> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            eprintln!("connection: {error}");
        }
    });
    Ok(client)
}
