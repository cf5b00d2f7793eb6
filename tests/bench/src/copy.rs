//! Text COPY of documents into a table with a primary key.

use std::time::Instant;

use bytes::{BufMut, BytesMut};
use futures_util::SinkExt;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::figures::{Failure, connect, records};

/// Rows in one COPY.
const BATCH: usize = 5_000;

pub async fn run(database: &str, file: &str) -> Result<(), Failure> {
    let client = connect(database).await?;
    client
        .batch_execute("DROP TABLE IF EXISTS bench_copy; CREATE TABLE bench_copy (id bytea PRIMARY KEY, document text COMPRESSION lz4 NOT NULL)")
        .await?;
    // The lines are made beforehand: only the COPY is measured.
    let mut batches = Vec::new();
    let mut batch = BytesMut::new();
    let mut rows = 0_usize;
    for (number, (_, event)) in records(file)?.enumerate() {
        let id = Sha256::digest(number.to_be_bytes());
        batch.put_slice(b"\\\\x");
        for byte in id.iter().take(16) {
            batch.put_slice(format!("{byte:02x}").as_bytes());
        }
        batch.put_u8(b'\t');
        batch.put_slice(event.replace('\\', "\\\\").as_bytes());
        batch.put_u8(b'\n');
        rows += 1;
        if rows.is_multiple_of(BATCH) {
            batches.push(batch.split().freeze());
        }
    }
    batches.push(batch.freeze());
    let began = Instant::now();
    for batch in batches {
        let sink = client.copy_in("COPY bench_copy (id, document) FROM STDIN").await?;
        let mut sink = std::pin::pin!(sink);
        sink.send(batch).await?;
        sink.finish().await?;
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("{}", json!({ "what": "copy", "rows": rows, "seconds": seconds, "rate": rows as f64 / seconds }));
    Ok(())
}
