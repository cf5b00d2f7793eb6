//! Kafka as a source.
//!
//! Offsets live in the database, beside what the messages brought; the group's offset is committed afterwards, only so
//! that ordinary lag tools see it. A partition is *taken* in the database when it is assigned: whoever owned it before
//! can commit no more.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use counterfoil_store::offsets::{self, Move, Position};
use counterfoil_store::quarantine::Place;
use counterfoil_store::{Error, Store};
use parking_lot::Mutex;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientConfig, ClientContext, Offset, TopicPartitionList};

use crate::breaker::Breaker;
use crate::counts::Counts;
use crate::message::Message;
use crate::metrics::Metrics;
use crate::pipeline::{Done, Pipeline};
use crate::recorder::{RecordError, Recorded, Recorder};

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

/// How long a broker may take to say where a partition begins.
const WATERMARKS_WITHIN: Duration = Duration::from_secs(10);
/// How often paused partitions are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

type Partition = (String, i32);

/// What the group coordinator last said; the loop acts on it outside the callback.
#[derive(Debug, Default)]
struct Assignment {
    given: Mutex<Option<Vec<Partition>>>,
    revoked: AtomicBool,
}

impl Assignment {
    /// Whether there is something to act upon.
    fn has_changed(&self) -> bool {
        self.revoked.load(Ordering::Acquire) || self.given.lock().is_some()
    }
}

struct Context(Arc<Assignment>);

impl ClientContext for Context {}

impl ConsumerContext for Context {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        event: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let list = partitions.elements().iter().map(|e| (e.topic().to_owned(), e.partition())).collect();
        if event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            // The offsets come from the database, which may be away: the loop assigns once it has them.
            *self.0.given.lock() = Some(list);
        } else {
            // Nothing is in hand here: a batch is recorded or given up before the next poll, and polls call this.
            *self.0.given.lock() = None;
            self.0.revoked.store(true, Ordering::Release);
            if let Err(error) = consumer.unassign() {
                tracing::warn!(%error, "partitions could not be given up");
            }
        }
    }
}

struct Owned {
    /// The next offset, as committed.
    next: i64,
    /// The next offset once the batch on its way is committed.
    sent: i64,
    owner_epoch: i64,
    breaker: Breaker,
}

/// Reads until `stop` is set.
pub struct KafkaSource {
    consumer: BaseConsumer<Context>,
    assignment: Arc<Assignment>,
    settings: KafkaSettings,
    owned: HashMap<Partition, Owned>,
    stopped: HashSet<Partition>,
    looked: Instant,
    metrics: Metrics,
}

impl std::fmt::Debug for KafkaSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaSource").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl KafkaSource {
    /// Connects and subscribes.
    pub fn new(settings: KafkaSettings, metrics: Metrics) -> Result<Self, IngestError> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &settings.brokers)
            .set("group.id", &settings.group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("enable.partition.eof", "false")
            .set("partition.assignment.strategy", "range")
            // librdkafka's own defaults hold such a program at half its rate.
            .set("fetch.queue.backoff.ms", "5")
            .set("queued.min.messages", "50000")
            .set("queued.max.messages.kbytes", "65536");
        for (name, value) in &settings.properties {
            config.set(name, value);
        }
        let assignment = Arc::new(Assignment::default());
        let consumer: BaseConsumer<Context> = config.create_with_context(Context(Arc::clone(&assignment)))?;
        let topics: Vec<&str> = settings.topics.iter().map(String::as_str).collect();
        consumer.subscribe(&topics)?;
        Ok(Self {
            consumer,
            assignment,
            settings,
            owned: HashMap::new(),
            stopped: HashSet::new(),
            looked: Instant::now(),
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
                    continue;
                }
                let prepared = recorder.prepare(&messages);
                self.finish(recorder, &mut pipeline, stop, &mut sum)?;
                if self.assignment.has_changed() {
                    // What was collected belongs to nobody yet: it is read again.
                    continue;
                }
                match prepared {
                    Ok(prepared) => {
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

    /// Waits for the batch on its way and settles it.
    fn finish(
        &mut self,
        recorder: &Recorder,
        pipeline: &mut Pipeline,
        stop: &AtomicBool,
        sum: &mut Counts,
    ) -> Result<(), IngestError> {
        let Some(Done { messages, outcome }) = pipeline.finish() else { return Ok(()) };
        match outcome {
            Ok(done) => self.settle(recorder.store(), &messages, &done, sum),
            Err(RecordError::Fenced(topic, partition)) => {
                self.give_up(&topic, partition);
                Ok(())
            }
            Err(error) => {
                tracing::warn!(%error, "a batch could not be written");
                self.record_patiently(recorder, &messages, stop, sum)
            }
        }
    }

    /// Acts on what the coordinator said: forgets what was revoked, takes what was given.
    fn follow_assignment(&mut self, store: &Store) -> Result<(), IngestError> {
        if self.assignment.revoked.swap(false, Ordering::AcqRel) {
            self.owned.clear();
        }
        let Some(given) = self.assignment.given.lock().clone() else { return Ok(()) };
        self.owned.clear();
        self.stopped.clear();
        let mut list = TopicPartitionList::new();
        for (topic, partition) in &given {
            let position = match self.take(store, topic, *partition) {
                Ok(position) => position,
                Err(IngestError::Kafka(error)) => return self.try_later("Kafka", &error),
                Err(IngestError::Store(error @ (Error::Unavailable(_) | Error::Contended))) => {
                    return self.try_later("the database", &error);
                }
                Err(error) => return Err(error),
            };
            list.add_partition_offset(topic, *partition, Offset::Offset(position.next_offset))?;
            let is_paused = position.paused.is_some();
            self.metrics.paused(topic, *partition, is_paused);
            if let Some(reason) = position.paused {
                tracing::error!(topic, partition, reason, next = position.next_offset, "partition is paused");
                self.stopped.insert((topic.clone(), *partition));
            }
            tracing::info!(
                topic,
                partition,
                next = position.next_offset,
                epoch = position.owner_epoch,
                "partition taken"
            );
            let owned = Owned {
                next: position.next_offset,
                sent: position.next_offset,
                owner_epoch: position.owner_epoch,
                breaker: Breaker::default(),
            };
            self.owned.insert((topic.clone(), *partition), owned);
        }
        // Nothing was revoked meanwhile: revocation comes by a poll, and none happened since the list was read.
        self.consumer.assign(&list)?;
        self.hold_back(false)?;
        *self.assignment.given.lock() = None;
        Ok(())
    }

    /// Takes one partition in the database. Where messages were deleted before they were read it stands still, until
    /// an operator accepts the loss.
    fn take(&self, store: &Store, topic: &str, partition: i32) -> Result<Position, IngestError> {
        let (low, _) = self.consumer.fetch_watermarks(topic, partition, WATERMARKS_WITHIN)?;
        let mut position = store.write_blocking(|conn| offsets::take(conn, topic, partition, low))?;
        let lost = (low - position.next_offset).max(0);
        if position.paused.as_deref() == Some(offsets::LOSS_ACCEPTED) {
            tracing::error!(topic, partition, lost, "messages were lost; reading goes on behind them");
            let next_offset = position.next_offset + lost;
            store.write_blocking(|conn| offsets::skip(conn, topic, partition, next_offset))?;
            return Ok(Position { next_offset, paused: None, ..position });
        }
        if lost == 0 {
            return Ok(position);
        }
        let reason = offsets::MESSAGES_LOST;
        store.write_blocking(|conn| offsets::set_paused(conn, topic, partition, Some(reason)))?;
        position.paused = Some(reason.to_owned());
        Ok(position)
    }

    /// Waits a little with what was given still to be taken; polling meanwhile keeps the place in the group.
    fn try_later(&mut self, what: &str, error: &dyn std::fmt::Display) -> Result<(), IngestError> {
        tracing::warn!(%error, "{what} is away; partitions wait to be taken");
        self.owned.clear();
        self.poll_empty(Duration::from_secs(1))?;
        Ok(())
    }

    /// Sees whether an operator resumed a partition that stands still.
    fn look_for_resumed(&mut self, store: &Store) -> Result<(), IngestError> {
        if self.stopped.is_empty() || self.looked.elapsed() < LOOK_EVERY {
            return Ok(());
        }
        self.looked = Instant::now();
        for (topic, partition) in &self.stopped {
            let position = match store.read_blocking(|conn| offsets::position(conn, topic, *partition)) {
                Ok(position) => position,
                Err(Error::Unavailable(_)) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let is_free = |reason: &str| reason == offsets::LOSS_ACCEPTED;
            if position.is_some_and(|position| position.paused.as_deref().is_none_or(is_free)) {
                tracing::info!(topic, partition, "resumed");
                self.take_again();
                return Ok(());
            }
        }
        Ok(())
    }

    /// Collects a batch: until it is full or old enough.
    fn collect(&mut self, stop: &AtomicBool) -> Result<Vec<Message>, IngestError> {
        let mut messages = Vec::with_capacity(self.settings.batch_messages);
        let mut deadline = None;
        loop {
            let now = Instant::now();
            if messages.len() >= self.settings.batch_messages || deadline.is_some_and(|end| now >= end) {
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
                    let message = copy(&message);
                    if self.owned.contains_key(&(message.place.source.clone(), message.place.partition)) {
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

    /// Records a batch that failed once. While the database is away it is tried again, with back-off and polling; it
    /// is given up, to be read again, when its partitions are.
    fn record_patiently(
        &mut self,
        recorder: &Recorder,
        messages: &[Message],
        stop: &AtomicBool,
        sum: &mut Counts,
    ) -> Result<(), IngestError> {
        let mut wait = Duration::from_millis(100);
        self.hold_back(true)?;
        for owned in self.owned.values_mut() {
            owned.sent = owned.next;
        }
        let done = loop {
            let mut moves = self.moves(messages);
            match recorder.record(messages, &mut moves) {
                Ok(done) => break done,
                Err(RecordError::Fenced(topic, partition)) => {
                    self.give_up(&topic, partition);
                    return Ok(());
                }
                Err(RecordError::Store(error @ (Error::Unavailable(_) | Error::Contended))) => {
                    tracing::warn!(%error, "the batch waits for the database");
                }
                Err(RecordError::Store(error)) => return Err(error.into()),
                Err(RecordError::Extend(_)) => return Err(Error::Contended.into()),
            }
            for owned in self.owned.values_mut() {
                owned.sent = owned.next;
            }
            let until = Instant::now() + wait;
            while Instant::now() < until {
                let is_disturbed = self.poll_empty(Duration::from_millis(50))?;
                if is_disturbed || self.assignment.has_changed() || stop.load(Ordering::Acquire) {
                    return Ok(());
                }
            }
            wait = (wait * 2).min(Duration::from_secs(5));
        };
        self.settle(recorder.store(), messages, &done, sum)?;
        // Part of the batch may have been halved out under offsets of its own: the database knows best.
        self.take_again();
        Ok(())
    }

    fn give_up(&mut self, topic: &str, partition: i32) {
        tracing::warn!(topic, partition, "another process owns the partition; its batch is given up");
        self.metrics.fenced.inc();
        self.take_again();
    }

    /// After the commit: positions, the group's offsets, the breaker.
    fn settle(
        &mut self,
        store: &Store,
        messages: &[Message],
        recorded: &Recorded,
        sum: &mut Counts,
    ) -> Result<(), IngestError> {
        self.metrics.count(&recorded.counts);
        *sum += recorded.counts;
        let refused: HashMap<usize, &'static str> = recorded.refused.iter().copied().collect();
        let mut tripped = Vec::new();
        let mut list = TopicPartitionList::new();
        for (index, message) in messages.iter().enumerate() {
            let key = (message.place.source.clone(), message.place.partition);
            let Some(owned) = self.owned.get_mut(&key) else { continue };
            owned.next = message.place.offset + 1;
            if let Some(reason) = owned.breaker.note(refused.get(&index).copied()) {
                tripped.push((key, reason));
            }
        }
        for ((topic, partition), owned) in &self.owned {
            list.add_partition_offset(topic, *partition, Offset::Offset(owned.next))?;
        }
        if let Err(error) = self.consumer.commit(&list, CommitMode::Async) {
            tracing::debug!(%error, "the group's offset is behind; nothing rests on it");
        }
        tripped.dedup();
        for ((topic, partition), reason) in tripped {
            tracing::error!(
                topic,
                partition,
                reason,
                "too many messages fail: the partition is paused until it is resumed"
            );
            store.write_blocking(|conn| offsets::set_paused(conn, &topic, partition, Some(reason)))?;
            self.metrics.paused(&topic, partition, true);
            self.stopped.insert((topic, partition));
            self.hold_back(false)?;
        }
        Ok(())
    }

    /// The moves of a batch, from where the one before leaves its partitions.
    fn moves(&mut self, messages: &[Message]) -> Vec<Move> {
        let mut moves: BTreeMap<Partition, Move> = BTreeMap::new();
        for message in messages {
            let key = (message.place.source.clone(), message.place.partition);
            let Some(owned) = self.owned.get_mut(&key) else { continue };
            let step = moves.entry(key.clone()).or_insert(Move {
                topic: key.0,
                partition: key.1,
                from: owned.sent,
                to: owned.sent,
                owner_epoch: owned.owner_epoch,
            });
            step.to = message.place.offset + 1;
            owned.sent = step.to;
        }
        moves.into_values().collect()
    }

    /// Takes what this process is still assigned once more, from where the database says it stands. What the
    /// coordinator gave meanwhile goes first.
    fn take_again(&mut self) {
        let again: Vec<Partition> = self.owned.drain().map(|(partition, _)| partition).collect();
        if !again.is_empty() {
            self.assignment.given.lock().get_or_insert(again);
        }
    }

    /// Pauses everything, or resumes all but what an operator must resume.
    fn hold_back(&self, hold: bool) -> Result<(), KafkaError> {
        let all = self.consumer.assignment()?;
        if hold {
            return self.consumer.pause(&all);
        }
        self.consumer.resume(&all)?;
        let mut stopped = TopicPartitionList::new();
        for (topic, partition) in &self.stopped {
            stopped.add_partition(topic, *partition);
        }
        if stopped.count() > 0 { self.consumer.pause(&stopped) } else { Ok(()) }
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
