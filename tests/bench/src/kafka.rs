//! Filling a topic, and watching an ingest empty it.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde_json::json;

use crate::figures::{Failure, connect, records};

pub fn produce(brokers: &str, topic: &str, file: &str) -> Result<(), Failure> {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("queue.buffering.max.messages", "200000")
        .set("linger.ms", "20")
        .create()?;
    let mut sent = 0_u64;
    for (key, event) in records(file)? {
        let mut record = BaseRecord::to(topic).key(&key).payload(&event);
        while let Err((error, back)) = producer.send(record) {
            if error != KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) {
                return Err(error.into());
            }
            producer.poll(Duration::from_millis(50));
            record = back;
        }
        sent += 1;
        if sent.is_multiple_of(1_000) {
            producer.poll(Duration::ZERO);
        }
    }
    producer.flush(Duration::from_secs(60))?;
    println!("{}", json!({ "what": "produced", "messages": sent }));
    Ok(())
}

pub async fn watch(database: &str, messages: i64) -> Result<(), Failure> {
    let client = connect(database).await?;
    let read = async || -> Result<i64, Failure> {
        let row = client.query_one("SELECT COALESCE(sum(next_offset), 0)::bigint FROM ingest_offsets", &[]).await?;
        Ok(row.get(0))
    };
    let mut first = read().await?;
    while first == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        first = read().await?;
    }
    let began = Instant::now();
    while read().await? < messages {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let seconds = began.elapsed().as_secs_f64();
    let rate = (messages - first) as f64 / seconds;
    println!("{}", json!({ "what": "ingest", "messages": messages - first, "seconds": seconds, "rate": rate }));
    Ok(())
}
