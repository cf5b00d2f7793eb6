//! The producer: one transaction of Kafka for each batch.

use std::sync::Arc;
use std::time::{Duration, Instant};

use counterfoil_store::outbox::Claimed;
use parking_lot::Mutex;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer as _, ProducerContext, ThreadedProducer};
use rdkafka::{ClientConfig, ClientContext};

use super::{RelaySettings, TopicNames};

/// How long Kafka may take to shut out whoever had the id before, and to commit.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it waits with a question that it asks again.
const AGAIN_AFTER: Duration = Duration::from_millis(50);

/// Why a batch was not sent.
pub(super) enum SendError {
    /// Kafka did not take these messages, by their numbers; the batch is undone.
    Messages(Vec<i64>, KafkaError),
    /// The producer is of no use any more, or nobody knows what became of the batch.
    Producer(KafkaError),
    /// Another one has taken over the id.
    Lost(KafkaError),
}

/// Messages that were not delivered, and why.
type Undelivered = Arc<Mutex<Vec<(i64, KafkaError)>>>;

struct Context(Undelivered);

impl ClientContext for Context {}

impl ProducerContext for Context {
    type DeliveryOpaque = Box<i64>;

    fn delivery(&self, result: &DeliveryResult<'_>, number: Box<i64>) {
        if let Err((error, _)) = result {
            self.0.lock().push((*number, error.clone()));
        }
    }
}

/// Sends batches.
pub(super) struct Producer {
    producer: ThreadedProducer<Context>,
    undelivered: Undelivered,
}

impl Producer {
    /// Connects, and shuts out whoever had the same id before: what they have not committed never will be.
    pub(super) fn open(settings: &RelaySettings) -> Result<Self, KafkaError> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &settings.brokers)
            .set("linger.ms", "5")
            .set("compression.type", "lz4")
            .set("transaction.timeout.ms", format!("{}", PATIENCE.as_millis()))
            // Shorter than a commit waits: then it is known which messages Kafka did not take.
            .set("message.timeout.ms", "8000")
            .set("topic.metadata.propagation.max.ms", "4000")
            // A topic that was not there may be by now.
            .set("topic.metadata.refresh.interval.ms", "10000");
        for (name, value) in &settings.properties {
            config.set(name, value);
        }
        // What the order of messages rests on is nobody's to set.
        config
            .set("transactional.id", &settings.transactional_id)
            .set("enable.idempotence", "true")
            .set("acks", "all")
            // As Kafka's own clients place keys.
            .set("partitioner", "murmur2_random");
        let undelivered = Undelivered::default();
        let producer: ThreadedProducer<Context> =
            config.create_with_context(Context(Arc::clone(&undelivered)))?;
        let until = Instant::now() + PATIENCE;
        loop {
            match producer.init_transactions(PATIENCE) {
                Ok(()) => return Ok(Self { producer, undelivered }),
                Err(error) if is_retriable(&error) && Instant::now() < until => {
                    std::thread::sleep(AGAIN_AFTER);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends a batch, whole or not at all.
    pub(super) fn send(&self, batch: &[Claimed], topics: &TopicNames) -> Result<(), SendError> {
        self.undelivered.lock().clear();
        self.producer.begin_transaction().map_err(unusable)?;
        for message in batch {
            if let Err(error) = self.hand_over(message, topics.of(message.topic)) {
                return Err(self.undo(vec![message.number], error));
            }
        }
        self.commit()
    }

    fn hand_over(&self, message: &Claimed, topic: &str) -> Result<(), KafkaError> {
        let key = format!("{}/{}", message.pseudonym, message.record);
        let version = format!("{}", message.version);
        let headers = OwnedHeaders::new()
            .insert(Header {
                key: "content-type",
                value: Some("application/cloudevents+json; charset=UTF-8"),
            })
            .insert(Header { key: "version", value: Some(version.as_str()) });
        let mut record =
            BaseRecord::with_opaque_to(topic, Box::new(message.number)).key(&key).headers(headers);
        if let Some(body) = &message.body {
            record = record.payload(body);
        }
        self.producer.send(record).map_err(|(error, _)| error)
    }

    fn commit(&self) -> Result<(), SendError> {
        let until = Instant::now() + PATIENCE;
        loop {
            let error = match self.producer.commit_transaction(PATIENCE) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            if is_retriable(&error) && Instant::now() < until {
                std::thread::sleep(AGAIN_AFTER);
                continue;
            }
            let is_undone = matches!(&error, KafkaError::Transaction(error) if error.txn_requires_abort());
            if !is_undone {
                return Err(unusable(error));
            }
            let undelivered = std::mem::take(&mut *self.undelivered.lock());
            let own: Vec<(i64, KafkaError)> =
                undelivered.into_iter().filter(|(_, error)| is_the_message_s(error)).collect();
            let numbers = own.iter().map(|(number, _)| *number).collect();
            let why = own.into_iter().next().map_or(error, |(_, error)| error);
            return Err(self.undo(numbers, why));
        }
    }

    /// Undoes the transaction; gives why.
    fn undo(&self, numbers: Vec<i64>, error: KafkaError) -> SendError {
        match self.producer.abort_transaction(PATIENCE) {
            Ok(()) => SendError::Messages(numbers, error),
            Err(abort) => unusable(abort),
        }
    }
}

fn is_retriable(error: &KafkaError) -> bool {
    matches!(error, KafkaError::Transaction(error) if error.is_retriable())
}

/// Whether it is about this very message or its topic, and not about Kafka as a whole or the messages beside it.
fn is_the_message_s(error: &KafkaError) -> bool {
    !matches!(
        error.rdkafka_error_code(),
        Some(
            RDKafkaErrorCode::PurgeQueue
                | RDKafkaErrorCode::PurgeInflight
                | RDKafkaErrorCode::MessageTimedOut
                | RDKafkaErrorCode::Fatal
        )
    )
}

fn unusable(error: KafkaError) -> SendError {
    match error.rdkafka_error_code() {
        Some(
            RDKafkaErrorCode::Fenced
            | RDKafkaErrorCode::ProducerFenced
            | RDKafkaErrorCode::InvalidProducerEpoch,
        ) => SendError::Lost(error),
        _ => SendError::Producer(error),
    }
}
