//! How fresh a partition is: up to which time everything that was sent to it has been recorded.
//!
//! Two things say so. A message carries the time at which it was sent, so whatever was sent before the last one of a
//! batch is recorded with that batch. And it is known where a partition ended at some moment ([`super::ends`]): once
//! everything before that end is recorded, so is everything sent until then, whatever times the messages carry.

use chrono::{DateTime, Utc};

/// An offset, and a time up to which everything is recorded once everything before that offset is.
type Mark = (i64, DateTime<Utc>);

/// How fresh one partition is, and what will make it fresher.
#[derive(Debug, Default)]
pub(super) struct Freshness {
    until: Option<DateTime<Utc>>,
    /// The end that is to be reached next.
    end: Option<Mark>,
    /// Behind the last message of each batch on its way.
    batches: Vec<Mark>,
}

impl Freshness {
    /// As the database has it.
    pub(super) fn new(until: Option<DateTime<Utc>>) -> Self {
        Self { until, ..Self::default() }
    }

    /// As it was last recorded.
    pub(super) fn until(&self) -> Option<DateTime<Utc>> {
        self.until
    }

    /// Notes that the partition ended before `offset` at the time `at`. An end that was noted before is reached first,
    /// unless nothing has come since.
    pub(super) fn saw_end(&mut self, offset: i64, at: DateTime<Utc>) {
        if self.end.is_none_or(|(before, _)| before >= offset) {
            self.end = Some((offset, at));
        }
    }

    /// Notes a batch whose last message is before `offset` and was sent at `sent`; clocks of producers may be ahead.
    pub(super) fn read_batch(&mut self, offset: i64, sent: DateTime<Utc>, now: DateTime<Utc>) {
        self.batches.push((offset, sent.min(now)));
    }

    /// How fresh it is once everything before `next` is recorded. It never becomes less fresh: a message may have been
    /// sent before others that were recorded already.
    pub(super) fn once(&self, next: i64) -> Option<DateTime<Utc>> {
        let reached = self.batches.iter().chain(&self.end).filter(|(offset, _)| *offset <= next);
        reached.map(|(_, at)| *at).max().max(self.until)
    }

    /// It was noted that it is fresh until `at`.
    pub(super) fn kept(&mut self, at: DateTime<Utc>) {
        self.until = self.until.max(Some(at));
    }

    /// Everything before `next` has been recorded.
    pub(super) fn recorded(&mut self, next: i64) {
        self.until = self.once(next);
        self.batches.retain(|(offset, _)| *offset > next);
        self.end = self.end.filter(|(offset, _)| *offset > next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn a_batch_makes_it_as_fresh_as_its_last_message() {
        let mut freshness = Freshness::new(None);
        assert_eq!(freshness.once(100), None);
        freshness.read_batch(10, at(3), at(9));
        freshness.read_batch(20, at(5), at(9));
        assert_eq!(
            (freshness.once(9), freshness.once(10), freshness.once(20)),
            (None, Some(at(3)), Some(at(5)))
        );
        freshness.recorded(10);
        assert_eq!((freshness.until(), freshness.once(20)), (Some(at(3)), Some(at(5))));
        freshness.recorded(20);
        freshness.read_batch(30, at(1), at(9));
        assert_eq!(freshness.once(30), Some(at(5)), "a late message takes nothing back");
        freshness.read_batch(40, at(50), at(9));
        assert_eq!(freshness.once(40), Some(at(9)), "nothing is recorded before it is sent");
    }

    #[test]
    fn an_end_that_is_reached_makes_it_as_fresh_as_when_it_was_seen() {
        let mut freshness = Freshness::new(Some(at(0)));
        freshness.saw_end(10, at(5));
        freshness.saw_end(99, at(6));
        freshness.read_batch(10, at(-900), at(6));
        assert_eq!(freshness.once(9), Some(at(0)));
        assert_eq!(freshness.once(10), Some(at(5)), "whatever its messages say");
        freshness.recorded(10);
        assert_eq!(freshness.until(), Some(at(5)));
        freshness.saw_end(10, at(7));
        assert_eq!(freshness.once(10), Some(at(7)), "nothing more has come");
        freshness.saw_end(10, at(8));
        assert_eq!(freshness.once(10), Some(at(8)), "still not");
        freshness.kept(at(6));
        assert_eq!((freshness.until(), freshness.once(10)), (Some(at(6)), Some(at(8))));
    }
}
