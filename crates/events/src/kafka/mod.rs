//! Kafka as a source.
//!
//! Offsets live in the database, beside what the messages brought; the group's offset is committed afterwards, only so
//! that ordinary lag tools see it. A partition is *taken* in the database when it is assigned: whoever owned it before
//! can commit no more.

mod assignment;
mod ends;
mod freshness;
mod heartbeat;
mod writing;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::DateTime;
use counterfoil_domain::clock::Clock;
use counterfoil_store::Error;
use counterfoil_store::offsets::{Kind, Position};
use counterfoil_store::quarantine::Place;
use parking_lot::Mutex;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};

use self::assignment::{Assignment, Context, Partition};
use self::ends::Ends;
use self::freshness::Freshness;
use crate::breaker::Breaker;
use crate::counts::Counts;
use crate::message::Message;
use crate::metrics::Metrics;
use crate::pipeline::Pipeline;
use crate::quarantine_bound::QuarantineBound;
use crate::recorder::Recorder;
use crate::throttle::Throttle;

/// How a consumer is set up.
#[derive(Debug, Clone)]
pub struct KafkaSettings {
    /// Bootstrap servers.
    pub brokers: String,
    /// Topics to read.
    pub topics: Vec<String>,
    /// Consumer group.
    pub group: String,
    /// Properties of librdkafka.
    pub properties: BTreeMap<String, String>,
    /// Messages in one transaction.
    pub batch_messages: usize,
    /// How long a batch waits to fill.
    pub batch_wait: Duration,
    /// Whether the topics bring in the past.
    pub is_history: bool,
    /// Messages recorded in a second at most; 0 is as many as come.
    pub messages_per_second: u32,
    /// Messages in quarantine at most, before a partition that brings more is paused.
    pub max_quarantine: i64,
}

/// What ends ingest.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// Kafka.
    #[error("Kafka: {0}")]
    Kafka(#[from] KafkaError),
    /// The store, for a reason that waiting does not mend.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A partition that this process reads.
struct Owned {
    /// The next offset, as committed.
    next: i64,
    /// The next offset once the batch on its way is committed.
    sent: i64,
    /// The offset behind the last message that was polled.
    polled: i64,
    owner_epoch: i64,
    breaker: Breaker,
    freshness: Freshness,
    past: Option<Past>,
}

/// Where a partition of the past ends.
struct Past {
    /// As last seen.
    seen: i64,
    /// As the batch on its way tells it.
    sent: i64,
    /// As the database has it.
    noted: i64,
}

impl Owned {
    fn new(position: &Position) -> Self {
        Self {
            next: position.next_offset,
            sent: position.next_offset,
            polled: position.next_offset,
            owner_epoch: position.owner_epoch,
            breaker: Breaker::default(),
            freshness: Freshness::new(position.fresh_until),
            past: match position.kind {
                Kind::Live => None,
                Kind::History { end } => Some(Past { seen: end, sent: end, noted: end }),
            },
        }
    }
}

/// Reads until `stop` is set.
pub struct KafkaSource {
    consumer: BaseConsumer<Context>,
    assignment: Arc<Assignment>,
    settings: KafkaSettings,
    owned: HashMap<Partition, Owned>,
    stopped: HashSet<Partition>,
    looked: Instant,
    assigned: Instant,
    ends: Arc<Mutex<Ends>>,
    beat: Instant,
    throttle: Throttle,
    bound: QuarantineBound,
    clock: Clock,
    metrics: Metrics,
}

impl std::fmt::Debug for KafkaSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaSource").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl KafkaSource {
    /// Connects and subscribes.
    pub fn new(settings: KafkaSettings, clock: Clock, metrics: Metrics) -> Result<Self, IngestError> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &settings.brokers)
            .set("group.id", &settings.group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("enable.partition.eof", "false")
            .set("partition.assignment.strategy", "range")
            // Where partitions end. An end is known for sure as of two fetches ago.
            .set("statistics.interval.ms", "500")
            .set("fetch.wait.max.ms", "200")
            // librdkafka's own defaults hold such a program at half its rate.
            .set("fetch.queue.backoff.ms", "5")
            .set("queued.min.messages", "50000")
            .set("queued.max.messages.kbytes", "65536");
        for (name, value) in &settings.properties {
            config.set(name, value);
        }
        let assignment = Arc::new(Assignment::default());
        let ends = Arc::new(Mutex::new(Ends::default()));
        let context =
            Context { assignment: Arc::clone(&assignment), ends: Arc::clone(&ends), clock: clock.clone() };
        let consumer: BaseConsumer<Context> = config.create_with_context(context)?;
        let topics: Vec<&str> = settings.topics.iter().map(String::as_str).collect();
        consumer.subscribe(&topics)?;
        Ok(Self {
            consumer,
            assignment,
            throttle: Throttle::new(settings.messages_per_second, settings.batch_messages),
            bound: QuarantineBound::new(settings.max_quarantine),
            settings,
            owned: HashMap::new(),
            stopped: HashSet::new(),
            looked: Instant::now(),
            assigned: Instant::now(),
            ends,
            beat: Instant::now(),
            clock,
            metrics,
        })
    }

    /// Records what comes until `stop` is set; then gives the partitions up. What was recorded, in sum.
    pub fn run(mut self, recorder: &Recorder, stop: &AtomicBool) -> Result<Counts, IngestError> {
        std::thread::scope(|scope| {
            let mut pipeline = Pipeline::start(scope, recorder);
            let mut sum = Counts::default();
            while !stop.load(Ordering::Acquire) {
                self.look_for_resumed(recorder.store())?;
                if self.assignment.has_changed() {
                    self.finish(recorder, &mut pipeline, stop, &mut sum)?;
                    self.follow_assignment(recorder.store())?;
                }
                let messages = self.collect(stop)?;
                if messages.is_empty() {
                    self.finish(recorder, &mut pipeline, stop, &mut sum)?;
                    self.beat(recorder.store());
                    continue;
                }
                self.throttle.wait(messages.len(), stop);
                let prepared = recorder.prepare(&messages);
                self.finish(recorder, &mut pipeline, stop, &mut sum)?;
                if self.assignment.has_changed() {
                    // What was collected belongs to nobody yet: it is read again.
                    continue;
                }
                match prepared {
                    Ok(prepared) => {
                        self.beat(recorder.store());
                        let moves = self.moves(&messages);
                        pipeline.write(messages, prepared, moves);
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a batch could not be prepared");
                        self.record_patiently(recorder, &messages, stop, &mut sum)?;
                    }
                }
            }
            self.finish(recorder, &mut pipeline, stop, &mut sum)?;
            self.consumer.unsubscribe();
            Ok(sum)
        })
    }

    /// Collects a batch: until it is full or old enough.
    fn collect(&mut self, stop: &AtomicBool) -> Result<Vec<Message>, IngestError> {
        let most = self.throttle.batch();
        let mut messages = Vec::with_capacity(most);
        let mut sent = HashMap::new();
        let mut deadline = None;
        loop {
            let now = Instant::now();
            if messages.len() >= most || deadline.is_some_and(|end| now >= end) {
                self.note_times(&sent);
                return Ok(messages);
            }
            if stop.load(Ordering::Acquire) || self.assignment.has_changed() {
                // Not recorded, so read again by whoever comes next.
                return Ok(Vec::new());
            }
            let wait = deadline.map_or(Duration::from_millis(100), |end: Instant| end - now);
            match self.consumer.poll(wait) {
                None if deadline.is_none() => return Ok(messages),
                None => {}
                Some(Ok(message)) => {
                    deadline.get_or_insert_with(|| Instant::now() + self.settings.batch_wait);
                    let time = message.timestamp().to_millis().and_then(DateTime::from_timestamp_millis);
                    let message = copy(&message);
                    let key = (message.place.source.clone(), message.place.partition);
                    if let Some(owned) = self.owned.get_mut(&key) {
                        owned.polled = message.place.offset + 1;
                        sent.insert(key, time);
                        messages.push(message);
                    }
                }
                Some(Err(error)) => self.note_error(&error)?,
            }
        }
    }

    fn note_error(&mut self, error: &KafkaError) -> Result<(), IngestError> {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange) => {
                tracing::error!(%error, "messages were deleted before they were read; taking partitions again to see which");
                self.take_again();
                Ok(())
            }
            Some(RDKafkaErrorCode::UnknownTopicOrPartition) => {
                tracing::warn!(%error, "a topic does not exist (yet)");
                Ok(())
            }
            Some(RDKafkaErrorCode::Fatal) => Err(error.clone().into()),
            _ => {
                tracing::warn!(%error, "Kafka");
                Ok(())
            }
        }
    }

    /// Serves callbacks while nothing is to be read. `true` when a message came all the same (it arrived before the
    /// pause took hold): then what is assigned is taken again, so that it is read when its turn comes.
    fn poll_empty(&mut self, wait: Duration) -> Result<bool, IngestError> {
        match self.consumer.poll(wait).map(|polled| polled.map(drop)) {
            None => Ok(false),
            Some(Ok(())) => {
                self.take_again();
                Ok(true)
            }
            Some(Err(error)) => {
                self.note_error(&error)?;
                Ok(false)
            }
        }
    }
}

fn copy(message: &BorrowedMessage<'_>) -> Message {
    let headers = message.headers().map_or_else(Vec::new, |headers| {
        headers
            .iter()
            .map(|header| (header.key.to_ascii_lowercase(), header.value.unwrap_or_default().to_vec()))
            .collect()
    });
    Message {
        place: Place {
            source: message.topic().to_owned(),
            partition: message.partition(),
            offset: message.offset(),
        },
        key: message.key().map(<[u8]>::to_vec),
        headers,
        value: message.payload().map(<[u8]>::to_vec),
    }
}
