//! The breaker: a broken producer must not fill the database while the offset moves on.

use std::collections::{HashMap, VecDeque};

/// Messages that are looked back upon.
const WINDOW: usize = 1_000;
/// Messages that must have been seen before a verdict.
const ENOUGH: usize = 200;
/// Failures of one reason in a hundred messages, above which it trips.
const PERCENT: usize = 5;

/// The last messages of one partition.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    last: VecDeque<Option<&'static str>>,
    failures: HashMap<&'static str, usize>,
}

impl Breaker {
    /// Notes what became of a message; gives the reason if the partition must be paused for it.
    pub(crate) fn note(&mut self, failure: Option<&'static str>) -> Option<&'static str> {
        self.last.push_back(failure);
        if let Some(reason) = failure {
            *self.failures.entry(reason).or_default() += 1;
        }
        if self.last.len() > WINDOW
            && let Some(Some(old)) = self.last.pop_front()
            && let Some(count) = self.failures.get_mut(old)
        {
            *count -= 1;
        }
        let seen = self.last.len();
        let reason = failure?;
        let count = self.failures.get(reason).copied().unwrap_or_default();
        (seen >= ENOUGH && count * 100 > seen * PERCENT).then_some(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trips_above_five_percent_of_one_reason_once_enough_was_seen() {
        let mut breaker = Breaker::default();
        assert!((0..150).all(|_| breaker.note(Some("missing_field")).is_none()), "not enough seen");
        let mut breaker = Breaker::default();
        let trips = (0..2_000).filter_map(|n| breaker.note((n % 20 == 19).then_some("not_json"))).count();
        assert_eq!(trips, 0, "five percent is allowed");
        let trips = (0..1_000).filter_map(|n| breaker.note((n % 10 == 0).then_some("not_json"))).count();
        assert!(trips > 0);
    }

    #[test]
    fn different_reasons_do_not_add_up() {
        let mut breaker = Breaker::default();
        let reasons = ["a", "b", "c"];
        assert!((0..3_000).all(|n| breaker.note((n % 10 == 0).then(|| reasons[(n / 10) % 3])).is_none()));
    }
}
