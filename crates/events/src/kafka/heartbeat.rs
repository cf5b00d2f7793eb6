//! What is told about partitions beside their batches: how fresh the live ones are, where those of the past end.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use counterfoil_store::Store;
use counterfoil_store::offsets::{self, Held};

use super::KafkaSource;
use super::assignment::Partition;

/// For so long after partitions were assigned, librdkafka may still speak of where they were read before.
const SETTLING: Duration = Duration::from_secs(2);

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

    /// Notes where partitions end, once a second when that was told, and keeps those fresh that were read to their end:
    /// one statement. A failure is not the end of reading: how far the stream is behind grows until it is mended.
    pub(super) fn beat(&mut self, store: &Store) {
        let Some(ends) = self.ends.lock().take() else { return };
        if self.assigned.elapsed() < SETTLING {
            return;
        }
        let (mut fresh, mut moved) = (Vec::new(), Vec::new());
        for (key, owned) in &mut self.owned {
            let Some(end) = ends.of.get(key).filter(|_| !self.stopped.contains(key)) else { continue };
            let offset = if end.is_handed_over { owned.polled.min(end.offset) } else { end.offset };
            let held = Held {
                topic: key.0.clone(),
                partition: key.1,
                next_offset: owned.next,
                owner_epoch: owned.owner_epoch,
            };
            // What has a batch on its way is noted with that.
            let is_still = owned.sent == owned.next;
            if let Some(past) = &mut owned.past {
                past.seen = offset;
                if is_still && past.noted != offset {
                    moved.push((held, offset));
                }
            } else {
                owned.freshness.saw_end(offset, ends.at);
                if is_still && owned.freshness.once(owned.next) > owned.freshness.until() {
                    fresh.push(held);
                }
            }
        }
        if !fresh.is_empty() {
            match store.write_blocking(|conn| offsets::keep_fresh(conn, &fresh, ends.at)) {
                Ok(_) => self.kept_fresh(&fresh),
                Err(error) => {
                    tracing::warn!(%error, "it could not be noted that the stream is read to its end")
                }
            }
        }
        for (held, end) in moved {
            match store.write_blocking(|conn| offsets::note_end(conn, &held, end)) {
                Ok(()) => self.noted_end(&held, end),
                Err(error) => tracing::warn!(%error, "it could not be noted where the past ends"),
            }
        }
    }

    fn kept_fresh(&mut self, held: &[Held]) {
        for one in held {
            if let Some(owned) = self.owned.get_mut(&(one.topic.clone(), one.partition)) {
                owned.freshness.recorded(one.next_offset);
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
