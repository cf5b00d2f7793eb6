//! Which proofs were seen: two generations that are swapped, so memory is bounded and nothing needs a timer.

use std::collections::HashSet;

use chrono::{DateTime, Duration, Utc};
use parking_lot::Mutex;

/// A proof is good from 60 s before to 10 s after our time, so it could come again for 70 s.
const GENERATION_SECONDS: i64 = 75;

/// Whether a proof may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sighting {
    /// It was never seen.
    First,
    /// It was seen before.
    Again,
    /// More proofs came in one generation than can be remembered, so this one cannot be told from a replay.
    Full,
}

/// The proofs seen lately.
#[derive(Debug)]
pub(crate) struct Seen {
    most: usize,
    generations: Mutex<Generations>,
}

#[derive(Debug)]
struct Generations {
    began: DateTime<Utc>,
    present: HashSet<u128>,
    past: HashSet<u128>,
}

impl Seen {
    /// Remembers at most `most` proofs per generation.
    pub(crate) fn new(most: usize) -> Self {
        let generations =
            Generations { began: DateTime::UNIX_EPOCH, present: HashSet::new(), past: HashSet::new() };
        Self { most, generations: Mutex::new(generations) }
    }

    /// Records a proof by 128 bits of its hash.
    pub(crate) fn record(&self, proof: u128, now: DateTime<Utc>) -> Sighting {
        let mut generations = self.generations.lock();
        let age = now - generations.began;
        if age >= Duration::seconds(GENERATION_SECONDS) {
            let present = std::mem::take(&mut generations.present);
            // After a long pause even the present generation is too old to matter.
            let is_stale = age >= Duration::seconds(2 * GENERATION_SECONDS);
            generations.past = if is_stale { HashSet::new() } else { present };
            generations.began = now;
        }
        if generations.past.contains(&proof) || generations.present.contains(&proof) {
            Sighting::Again
        } else if generations.present.len() >= self.most {
            Sighting::Full
        } else {
            generations.present.insert(proof);
            Sighting::First
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn a_proof_is_remembered_as_long_as_it_could_come_again() {
        let seen = Seen::new(10);
        assert_eq!(seen.record(1, at(0)), Sighting::First);
        assert_eq!(seen.record(2, at(70)), Sighting::First);
        assert_eq!(seen.record(1, at(70)), Sighting::Again);
        assert_eq!(seen.record(2, at(140)), Sighting::Again);
        assert_eq!(seen.record(1, at(300)), Sighting::First);
    }

    #[test]
    fn memory_is_bounded() {
        let seen = Seen::new(2);
        assert_eq!(seen.record(1, at(0)), Sighting::First);
        assert_eq!(seen.record(2, at(0)), Sighting::First);
        assert_eq!(seen.record(3, at(0)), Sighting::Full);
        assert_eq!(seen.record(1, at(0)), Sighting::Again);
        assert_eq!(seen.record(3, at(76)), Sighting::First);
    }
}
