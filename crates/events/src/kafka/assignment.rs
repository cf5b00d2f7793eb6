//! Which partitions this process reads: what the group's coordinator says, and what the database says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use counterfoil_domain::clock::Clock;
use counterfoil_store::offsets::{self, Kind, Position};
use counterfoil_store::{Error, Store};
use parking_lot::Mutex;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Offset, Statistics, TopicPartitionList};

use super::ends::Ends;
use super::{IngestError, KafkaSource, Owned};

/// How long a broker may take to say where a partition begins.
const WATERMARKS_WITHIN: Duration = Duration::from_secs(10);
/// How often paused partitions are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Topic and number.
pub(super) type Partition = (String, i32);

/// What the group coordinator last said; the loop acts on it outside the callback.
#[derive(Debug, Default)]
pub(super) struct Assignment {
    pub(super) given: Mutex<Option<Vec<Partition>>>,
    pub(super) revoked: AtomicBool,
}

impl Assignment {
    /// Whether there is something to act upon.
    pub(super) fn has_changed(&self) -> bool {
        self.revoked.load(Ordering::Acquire) || self.given.lock().is_some()
    }
}

pub(super) struct Context {
    pub(super) assignment: Arc<Assignment>,
    pub(super) ends: Arc<Mutex<Ends>>,
    pub(super) clock: Clock,
}

impl ClientContext for Context {
    fn stats(&self, statistics: Statistics) {
        self.ends.lock().hear(&statistics, self.clock.now());
    }
}

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
            *self.assignment.given.lock() = Some(list);
        } else {
            // A batch may be on its way to the database: it commits before the next owner takes the partition, or
            // finds another epoch there and is rolled back.
            *self.assignment.given.lock() = None;
            self.assignment.revoked.store(true, Ordering::Release);
            if let Err(error) = consumer.unassign() {
                tracing::warn!(%error, "partitions could not be given up");
            }
        }
    }
}

impl KafkaSource {
    /// Acts on what the coordinator said: forgets what was revoked, takes what was given.
    pub(super) fn follow_assignment(&mut self, store: &Store) -> Result<(), IngestError> {
        if self.assignment.revoked.swap(false, Ordering::AcqRel) {
            self.owned.clear();
            self.metrics.lag.forget();
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
            if let Some(reason) = &position.paused {
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
            if position.kind == Kind::Live {
                self.metrics.lag.fresh(topic, *partition, position.fresh_until);
            }
            self.owned.insert((topic.clone(), *partition), Owned::new(&position));
        }
        // Nothing was revoked meanwhile: revocation comes by a poll, and none happened since the list was read.
        self.consumer.assign(&list)?;
        self.hold_back(false)?;
        *self.assignment.given.lock() = None;
        self.assigned = Instant::now();
        Ok(())
    }

    /// Takes one partition in the database. Where messages were deleted before they were read it stands still, until
    /// an operator accepts the loss.
    fn take(&self, store: &Store, topic: &str, partition: i32) -> Result<Position, IngestError> {
        let (low, high) = self.consumer.fetch_watermarks(topic, partition, WATERMARKS_WITHIN)?;
        let kind = if self.settings.is_history { Kind::History { end: high } } else { Kind::Live };
        let mut position = store.write_blocking(|conn| offsets::take(conn, topic, partition, low, kind))?;
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
    pub(super) fn look_for_resumed(&mut self, store: &Store) -> Result<(), IngestError> {
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

    /// Takes what this process is still assigned once more, from where the database says it stands. What the
    /// coordinator gave meanwhile goes first; what it revoked is not taken.
    pub(super) fn take_again(&mut self) {
        if self.assignment.revoked.load(Ordering::Acquire) {
            return;
        }
        let again: Vec<Partition> = self.owned.drain().map(|(partition, _)| partition).collect();
        if !again.is_empty() {
            self.assignment.given.lock().get_or_insert(again);
        }
    }

    /// Pauses everything, or resumes all but what an operator must resume.
    pub(super) fn hold_back(&self, hold: bool) -> Result<(), KafkaError> {
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
}
