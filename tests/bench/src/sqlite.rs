//! SQLite inserting compressed documents in transactions of 1,000, each durable.

use std::time::Instant;

use rusqlite::Connection;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::figures::{Failure, records};

pub fn run(path: &str, file: &str, dictionary: &str) -> Result<(), Failure> {
    let dictionary = std::fs::read(dictionary)?;
    let mut compressor = zstd::bulk::Compressor::with_dictionary(1, &dictionary)?;
    let mut documents = Vec::new();
    for (number, (_, event)) in records(file)?.enumerate() {
        let id = Sha256::digest(number.to_be_bytes())[..16].to_vec();
        documents.push((id, compressor.compress(event.as_bytes())?));
    }
    let mut connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
         CREATE TABLE documents (id BLOB PRIMARY KEY, document BLOB NOT NULL)",
    )?;
    let began = Instant::now();
    for batch in documents.chunks(1_000) {
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO documents VALUES (?, ?)")?;
            for (id, document) in batch {
                insert.execute((id, document))?;
            }
        }
        transaction.commit()?;
    }
    let seconds = began.elapsed().as_secs_f64();
    let rows = documents.len();
    println!("{}", json!({ "what": "sqlite", "rows": rows, "seconds": seconds, "rate": rows as f64 / seconds }));
    Ok(())
}
