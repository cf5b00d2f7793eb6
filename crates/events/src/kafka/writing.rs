//! Batches on their way to the database and back.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use counterfoil_store::offsets::{self, Move};
use counterfoil_store::{Error, Store};
use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::{Offset, TopicPartitionList};

use super::assignment::Partition;
use super::{IngestError, KafkaSource};
use crate::counts::Counts;
use crate::message::Message;
use crate::pipeline::{Done, Pipeline};
use crate::recorder::{RecordError, Recorded, Recorder};

/// How long the coordinator is listened to before a partition is taken back: longer than between two heartbeats.
const LISTEN_FOR: Duration = Duration::from_secs(5);

impl KafkaSource {
    /// Waits for the batch on its way and settles it.
    pub(super) fn finish(
        &mut self,
        recorder: &Recorder,
        pipeline: &mut Pipeline,
        stop: &AtomicBool,
        sum: &mut Counts,
    ) -> Result<(), IngestError> {
        let Some(Done { messages, outcome }) = pipeline.finish() else { return Ok(()) };
        match outcome {
            Ok(done) => self.settle(recorder.store(), &messages, &done, sum),
            Err(RecordError::Fenced(topic, partition)) => self.give_up(&topic, partition),
            Err(error) => {
                tracing::warn!(%error, "a batch could not be written");
                self.record_patiently(recorder, &messages, stop, sum)
            }
        }
    }

    /// Records a batch that failed once. While the database is away it is tried again, with back-off and polling; it
    /// is given up, to be read again, when its partitions are.
    pub(super) fn record_patiently(
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
                    return self.give_up(&topic, partition);
                }
                Err(RecordError::Store(error @ (Error::Unavailable(_) | Error::Contended))) => {
                    tracing::warn!(%error, "the batch waits for the database");
                }
                Err(RecordError::Store(error)) => return Err(error.into()),
                Err(RecordError::Extend(_) | RecordError::Stale | RecordError::Succeed(_)) => {
                    return Err(Error::Contended.into());
                }
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

    /// Another process owns a partition that this one thought its own. Perhaps the group has gone on without us and we
    /// have not heard of it: taking it again at once would steal it back, so the coordinator is listened to first.
    fn give_up(&mut self, topic: &str, partition: i32) -> Result<(), IngestError> {
        tracing::warn!(topic, partition, "another process owns the partition; its batch is given up");
        self.metrics.fenced.inc();
        self.hold_back(true)?;
        let until = Instant::now() + LISTEN_FOR;
        while Instant::now() < until && !self.assignment.has_changed() {
            if let Some(Err(error)) =
                self.consumer.poll(Duration::from_millis(50)).map(|polled| polled.map(drop))
            {
                self.note_error(&error)?;
            }
        }
        self.take_again();
        Ok(())
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
        let (mut tripped, mut refusing, mut moved) = (Vec::new(), Vec::new(), HashSet::new());
        let mut list = TopicPartitionList::new();
        for (index, message) in messages.iter().enumerate() {
            let key = (message.place.source.clone(), message.place.partition);
            let Some(owned) = self.owned.get_mut(&key) else { continue };
            owned.next = message.place.offset + 1;
            moved.insert(key.clone());
            let reason = refused.get(&index).copied();
            if let Some(reason) = owned.breaker.note(reason) {
                tripped.push((key, reason));
            } else if reason.is_some() {
                refusing.push(key);
            }
        }
        if !refused.is_empty() && self.bound.is_exceeded(store, refused.len()) {
            tripped.extend(refusing.into_iter().map(|key| (key, offsets::QUARANTINE_FULL)));
        }
        for (key, owned) in &mut self.owned {
            list.add_partition_offset(&key.0, key.1, Offset::Offset(owned.next))?;
            if !moved.contains(key) {
                continue;
            }
            if let Some(past) = &mut owned.past {
                past.noted = past.sent;
            } else {
                owned.freshness.recorded(owned.next);
                self.metrics.lag.fresh(&key.0, key.1, owned.freshness.until());
            }
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
            let noted =
                store.write_blocking(|conn| offsets::set_paused(conn, &topic, partition, Some(reason)));
            if let Err(error) = noted {
                // It stands still here all the same; whoever reads it next trips again.
                tracing::error!(%error, topic, partition, "the pause could not be noted");
            }
            self.metrics.paused(&topic, partition, true);
            self.stopped.insert((topic, partition));
            self.hold_back(false)?;
        }
        Ok(())
    }

    /// The moves of a batch, from where the one before leaves its partitions.
    pub(super) fn moves(&mut self, messages: &[Message]) -> Vec<Move> {
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
                fresh_until: None,
                end_offset: None,
            });
            step.to = message.place.offset + 1;
            owned.sent = step.to;
        }
        for (key, step) in &mut moves {
            let Some(owned) = self.owned.get_mut(key) else { continue };
            if let Some(past) = &mut owned.past {
                past.sent = past.seen;
                step.end_offset = Some(past.sent);
            } else {
                step.fresh_until = owned.freshness.once(step.to);
            }
        }
        moves.into_values().collect()
    }
}
