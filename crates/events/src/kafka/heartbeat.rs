//! What is told about partitions beside their batches: how fresh the live ones are, where those of the past end.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use counterfoil_store::Store;
use counterfoil_store::offsets::{self, Held};

use super::KafkaSource;
use super::assignment::Partition;

/// For so long after partitions were assigned, librdkafka may still speak of where they were read before.
const SETTLING: Duration = Duration::from_secs(2);
/// How often the database is told.
const BEAT_EVERY: Duration = Duration::from_secs(1);

impl KafkaSource {
    /// Notes when the last message of each partition of a batch was sent.
    pub(super) fn note_times(&mut self, sent: &HashMap<Partition, Option<DateTime<Utc>>>) {
        let now = self.clock.now();
        for (key, time) in sent {
            if let (Some(owned), Some(time)) = (self.owned.get_mut(key), time) {
                owned.freshness.read_batch(owned.polled, *time, now);
            }
        }
    }

    /// Notes where partitions end, and keeps those fresh that were read to their end: once a second, in one statement. A
    /// failure is not the end of reading: how far the stream is behind grows until it is mended.
    pub(super) fn beat(&mut self, store: &Store) {
        let Some(ends) = self.ends.lock().take() else { return };
        if self.assigned.elapsed() < SETTLING {
            return;
        }
        let is_time = self.beat.elapsed() >= BEAT_EVERY;
        let (mut fresh, mut moved, mut until) = (Vec::new(), Vec::new(), None);
        for (key, owned) in &mut self.owned {
            let Some(end) = ends.get(key).filter(|_| !self.stopped.contains(key)) else { continue };
            let offset = if end.is_handed_over { owned.polled.min(end.offset) } else { end.offset };
            // What has a batch on its way is noted with that.
            let is_still = is_time && owned.sent == owned.next;
            let held = || Held {
                topic: key.0.clone(),
                partition: key.1,
                next_offset: owned.next,
                owner_epoch: owned.owner_epoch,
            };
            if let Some(past) = &mut owned.past {
                past.seen = offset;
                if is_still && past.noted != offset {
                    moved.push((held(), offset));
                }
            } else {
                owned.freshness.saw_end(offset, end.at);
                let once =
                    owned.freshness.once(owned.next).filter(|once| owned.freshness.until() < Some(*once));
                if let Some(once) = once.filter(|_| is_still) {
                    until = Some(until.map_or(once, |until: DateTime<Utc>| until.min(once)));
                    fresh.push(held());
                }
            }
        }
        if let Some(until) = until {
            // One time for all of them: the earliest.
            match store.write_blocking(|conn| offsets::keep_fresh(conn, &fresh, until)) {
                Ok(_) => self.kept_fresh(&fresh, until),
                Err(error) => {
                    tracing::warn!(%error, "it could not be noted that the stream is read to its end");
                }
            }
        }
        for (held, end) in moved {
            match store.write_blocking(|conn| offsets::note_end(conn, &held, end)) {
                Ok(()) => self.noted_end(&held, end),
                Err(error) => tracing::warn!(%error, "it could not be noted where the past ends"),
            }
        }
        if is_time {
            self.beat = Instant::now();
        }
    }

    fn kept_fresh(&mut self, held: &[Held], until: DateTime<Utc>) {
        for one in held {
            if let Some(owned) = self.owned.get_mut(&(one.topic.clone(), one.partition)) {
                owned.freshness.kept(until);
                self.metrics.lag.fresh(&one.topic, one.partition, owned.freshness.until());
            }
        }
    }

    fn noted_end(&mut self, held: &Held, end: i64) {
        let owned = self.owned.get_mut(&(held.topic.clone(), held.partition));
        if let Some(past) = owned.and_then(|owned| owned.past.as_mut()) {
            past.noted = end;
        }
    }
}
