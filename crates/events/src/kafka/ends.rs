//! Where partitions end, worked out from what librdkafka hears anyway: no question to a broker.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use rdkafka::Statistics;

use super::assignment::Partition;

/// Statistics that are remembered: for ten seconds, at two a second. What a broker said before that is too old.
const REMEMBERED: usize = 20;

/// Where a partition ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// Its high watermark.
    pub(super) offset: i64,
    /// When that was so, at the earliest.
    pub(super) at: DateTime<Utc>,
    /// Whether everything before it has been handed over. The last records may be none that come as messages: the marks
    /// of a producer's transactions.
    pub(super) is_handed_over: bool,
}

/// What statistics say of ends.
///
/// A high watermark is as old as the fetch that brought it, and a response may have waited, in the network or because
/// this process stood still. But there is one fetch at a time to each broker: if two were sent since some moment, the
/// first of them was answered, and what it brought was so at that moment or later.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// When, and how many fetches had been sent to each broker by then; newest first.
    fetches: VecDeque<(DateTime<Utc>, HashMap<i32, i64>)>,
    latest: Option<HashMap<Partition, End>>,
}

impl Ends {
    /// Takes in statistics that are handed over at `now`.
    pub(super) fn hear(&mut self, statistics: &Statistics, now: DateTime<Utc>) {
        let mut sent = HashMap::new();
        // The group's coordinator is there a second time, and is not fetched from.
        for broker in statistics.brokers.values().filter(|broker| broker.source != "logical") {
            *sent.entry(broker.nodeid).or_default() += broker.req.get("Fetch").copied().unwrap_or_default();
        }
        let mut ends = HashMap::new();
        for topic in statistics.topics.values() {
            for one in topic.partitions.values().filter(|one| one.fetch_state == "active") {
                let sent = sent.get(&one.broker).copied().unwrap_or_default();
                if let Some(at) = self.answered_since(one.broker, sent).filter(|_| one.hi_offset >= 0) {
                    let is_handed_over = one.app_offset >= one.hi_offset;
                    let end = End { offset: one.hi_offset, at, is_handed_over };
                    ends.insert((topic.topic.clone(), one.partition), end);
                }
            }
        }
        self.latest = Some(ends);
        self.fetches.push_front((made_at(statistics, now), sent));
        self.fetches.truncate(REMEMBERED);
    }

    /// Since when a fetch was sent to this broker and answered, the broker having been sent so many by now.
    fn answered_since(&self, broker: i32, sent: i64) -> Option<DateTime<Utc>> {
        let is_two_ago =
            |before: &HashMap<i32, i64>| before.get(&broker).is_some_and(|count| count + 2 <= sent);
        self.fetches.iter().find(|(_, before)| is_two_ago(before)).map(|(at, _)| *at)
    }

    /// What was said last, once.
    pub(super) fn take(&mut self) -> Option<HashMap<Partition, End>> {
        self.latest.take()
    }
}

/// When statistics were made. They say so in whole seconds, and may have waited while this process did something else.
fn made_at(statistics: &Statistics, now: DateTime<Utc>) -> DateTime<Utc> {
    match DateTime::from_timestamp(statistics.time, 0) {
        Some(second) if now - second > TimeDelta::seconds(1) => second,
        _ => now,
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::statistics::{Broker, Partition, Topic};

    use super::*;

    fn at(millis: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_800_000_000_000 + millis).unwrap()
    }

    fn statistics(millis: i64, fetches: i64, app_offset: i64, hi_offset: i64) -> Statistics {
        let broker = |source: &str, name: &str, count| Broker {
            nodeid: 1,
            source: source.to_owned(),
            req: HashMap::from([(name.to_owned(), count)]),
            ..Broker::default()
        };
        let partition = Partition {
            partition: 3,
            broker: 1,
            fetch_state: "active".to_owned(),
            app_offset,
            hi_offset,
            ..Partition::default()
        };
        let topic = Topic {
            topic: "orders".to_owned(),
            partitions: HashMap::from([(3, partition)]),
            ..Topic::default()
        };
        Statistics {
            time: 1_800_000_000 + millis.div_euclid(1_000),
            brokers: HashMap::from([
                ("b:9092/1".to_owned(), broker("learned", "Fetch", fetches)),
                ("GroupCoordinator".to_owned(), broker("logical", "Heartbeat", 99)),
            ]),
            topics: HashMap::from([("orders".to_owned(), topic)]),
            ..Statistics::default()
        }
    }

    /// What each of these statistics says: when they were made, fetches sent by then, handed over, high watermark.
    fn heard(all: &[(i64, i64, i64, i64)]) -> Vec<Option<End>> {
        let mut ends = Ends::default();
        let partition = ("orders".to_owned(), 3);
        all.iter()
            .map(|(millis, fetches, app, hi)| {
                ends.hear(&statistics(*millis, *fetches, *app, *hi), at(*millis));
                ends.take().unwrap().remove(&partition)
            })
            .collect()
    }

    #[test]
    fn an_end_is_as_old_as_the_fetch_that_was_answered_for_sure() {
        let end = |offset, millis, is_handed_over| Some(End { offset, at: at(millis), is_handed_over });
        assert_eq!(
            heard(&[(0, 5, 7, 20), (500, 6, 20, 20), (1_000, 8, 20, 20), (1_500, 10, 20, 21)]),
            [None, None, end(20, 500, true), end(21, 1_000, false)]
        );
    }

    #[test]
    fn a_process_that_stood_still_knows_nothing_newer() {
        let end = |millis| Some(End { offset: 20, at: at(millis), is_handed_over: true });
        // It wakes up after a minute, and finds the answer to the fetch that it had sent before.
        let told = heard(&[(0, 5, 20, 20), (500, 7, 20, 20), (60_000, 9, 20, 20), (60_500, 11, 20, 20)]);
        assert_eq!(told, [None, end(0), end(500), end(60_000)]);
        // A broker that does not answer is sent no further fetch.
        let silent = heard(&[(0, 5, 20, 20), (500, 6, 20, 20), (5_000, 6, 20, 20), (9_000, 6, 20, 20)]);
        assert_eq!(silent, [None; 4]);
    }

    #[test]
    fn what_is_not_fetched_has_no_end() {
        assert_eq!(heard(&[(0, 5, -1001, -1001), (500, 9, -1001, -1001)]), [None, None], "never");
        let mut ends = Ends::default();
        for fetches in [1, 5, 9] {
            let mut stopped = statistics(fetches * 500, fetches, 20, 20);
            for topic in stopped.topics.values_mut() {
                topic.partitions.values_mut().for_each(|one| "stopped".clone_into(&mut one.fetch_state));
            }
            ends.hear(&stopped, at(fetches * 500));
            assert_eq!(ends.take(), Some(HashMap::new()));
            assert_eq!(ends.take(), None, "said once");
        }
    }

    #[test]
    fn statistics_that_waited_are_not_taken_for_new() {
        let mut ends = Ends::default();
        ends.hear(&statistics(300, 1, 20, 20), at(40_000));
        ends.hear(&statistics(800, 3, 20, 20), at(40_000));
        let end = ends.take().unwrap()[&("orders".to_owned(), 3)];
        assert_eq!(end.at, at(0), "the second in which they were made");
    }
}
