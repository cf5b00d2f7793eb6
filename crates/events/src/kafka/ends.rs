//! Where partitions end, as librdkafka tells once a second from what it heard anyway: no question to a broker.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use rdkafka::Statistics;

use super::assignment::Partition;

/// A broker that has said nothing for so long may be gone; it answers at least every half second
/// (`fetch.wait.max.ms`).
const SILENCE: TimeDelta = TimeDelta::seconds(5);

/// Where partitions ended at a time.
#[derive(Debug)]
pub(super) struct Ends {
    pub(super) at: DateTime<Utc>,
    pub(super) of: HashMap<Partition, End>,
}

/// Where a partition ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// Its high watermark.
    pub(super) offset: i64,
    /// Whether everything before it has been handed over. The last records may be none that come as messages: the marks
    /// of a producer's transactions.
    pub(super) is_handed_over: bool,
}

impl Ends {
    /// What statistics say that are handed over at `now`: of partitions that are being fetched from a broker that
    /// answers.
    pub(super) fn read(statistics: &Statistics, now: DateTime<Utc>) -> Self {
        // Their own time has whole seconds. They may have waited while this process did something else.
        let second = DateTime::from_timestamp(statistics.time + 1, 0).unwrap_or(now);
        let silence = SILENCE.num_microseconds().unwrap_or(i64::MAX);
        let answers = |id: i32| {
            let mut brokers = statistics.brokers.values();
            brokers.any(|one| one.nodeid == id && one.state == "UP" && (0..silence).contains(&one.rxidle))
        };
        let mut of = HashMap::new();
        for topic in statistics.topics.values() {
            for one in topic.partitions.values() {
                if one.fetch_state == "active" && one.hi_offset >= 0 && answers(one.broker) {
                    let is_handed_over = one.app_offset >= one.hi_offset;
                    of.insert(
                        (topic.topic.clone(), one.partition),
                        End { offset: one.hi_offset, is_handed_over },
                    );
                }
            }
        }
        Self { at: now.min(second), of }
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::statistics::{Broker, Partition, Topic};

    use super::*;

    fn at(seconds: i64, micros: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_micros((1_800_000_000 + seconds) * 1_000_000 + micros).unwrap()
    }

    fn statistics(partition: Partition, broker: Broker) -> Statistics {
        let topic = Topic {
            topic: "orders".to_owned(),
            partitions: HashMap::from([(3, Partition { partition: 3, broker: 1, ..partition })]),
            ..Topic::default()
        };
        Statistics {
            time: 1_800_000_000,
            brokers: HashMap::from([("b".to_owned(), Broker { nodeid: 1, ..broker })]),
            topics: HashMap::from([("orders".to_owned(), topic)]),
            ..Statistics::default()
        }
    }

    fn up() -> Broker {
        Broker { state: "UP".to_owned(), rxidle: 400_000, ..Broker::default() }
    }

    fn active(app_offset: i64, hi_offset: i64) -> Partition {
        Partition { fetch_state: "active".to_owned(), app_offset, hi_offset, ..Partition::default() }
    }

    fn end(partition: Partition, broker: Broker) -> Option<End> {
        let ends = Ends::read(&statistics(partition, broker), at(0, 300_000));
        ends.of.get(&("orders".to_owned(), 3)).copied()
    }

    #[test]
    fn a_partition_ends_where_its_broker_says() {
        let ends = |offset, is_handed_over| Some(End { offset, is_handed_over });
        assert_eq!(end(active(7, 20), up()), ends(20, false));
        assert_eq!(end(active(-1001, 20), up()), ends(20, false));
        assert_eq!(end(active(20, 20), up()), ends(20, true));
        assert_eq!(end(active(-1001, 0), up()), ends(0, false), "empty");
    }

    #[test]
    fn what_may_be_out_of_date_says_nothing() {
        let silent = Broker { rxidle: 6_000_000, ..up() };
        let down = Broker { state: "DOWN".to_owned(), ..up() };
        let never = Broker { rxidle: -1, ..up() };
        for broker in [silent, down, never] {
            assert_eq!(end(active(20, 20), broker), None);
        }
        assert_eq!(end(active(-1001, -1001), up()), None, "not fetched yet");
        let stopped = Partition { fetch_state: "stopped".to_owned(), ..active(20, 20) };
        assert_eq!(end(stopped, up()), None);
    }

    #[test]
    fn statistics_are_not_taken_for_newer_than_they_are() {
        let read = |now| Ends::read(&statistics(active(1, 1), up()), now).at;
        assert_eq!(read(at(0, 300_000)), at(0, 300_000));
        assert_eq!(read(at(40, 0)), at(1, 0), "they waited");
    }
}
