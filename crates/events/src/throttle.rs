//! The pace at which the past is brought in.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota};

/// A throttled batch is at most what may come in this part of a second, so that the pace is even.
const BATCHES_PER_SECOND: u32 = 5;
/// How soon a wait ends when the process is told to stop.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Lets messages through evenly, at most so many in a second.
pub(crate) struct Throttle {
    limiter: Option<DefaultDirectRateLimiter>,
    clock: DefaultClock,
    batch: NonZeroU32,
}

impl Throttle {
    /// `per_second` messages, in batches of at most `batch`; 0 is as many as come.
    pub(crate) fn new(per_second: u32, batch: usize) -> Self {
        let clock = DefaultClock::default();
        let whole = u32::try_from(batch).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MAX);
        let Some(rate) = NonZeroU32::new(per_second) else {
            return Self { limiter: None, clock, batch: whole };
        };
        let even = NonZeroU32::new(per_second / BATCHES_PER_SECOND).unwrap_or(NonZeroU32::MIN);
        let batch = whole.min(even);
        let limiter = DefaultDirectRateLimiter::direct(Quota::per_second(rate).allow_burst(batch));
        Self { limiter: Some(limiter), clock, batch }
    }

    /// Messages of one batch at most.
    pub(crate) fn batch(&self) -> usize {
        usize::try_from(self.batch.get()).unwrap_or(usize::MAX)
    }

    /// Waits until the next batch may be read that has as many messages as the last one; not longer than until `stop`
    /// is set.
    pub(crate) fn wait(&self, messages: usize, stop: &AtomicBool) {
        let Some(limiter) = &self.limiter else { return };
        let Some(messages) = u32::try_from(messages).ok().and_then(NonZeroU32::new) else { return };
        while let Ok(Err(not_until)) = limiter.check_n(messages.min(self.batch)) {
            if stop.load(Ordering::Acquire) {
                return;
            }
            std::thread::sleep(not_until.wait_time_from(self.clock.now()).min(LOOK_EVERY));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn batches_keep_the_pace() {
        let throttle = Throttle::new(500, 5_000);
        assert_eq!(throttle.batch(), 100);
        let (began, going) = (Instant::now(), AtomicBool::new(false));
        for _ in 0..4 {
            throttle.wait(throttle.batch(), &going);
        }
        assert!(began.elapsed() >= Duration::from_millis(590), "the first batch of four is free");
    }

    #[test]
    fn a_wait_ends_when_told() {
        let throttle = Throttle::new(1, 5_000);
        assert_eq!(throttle.batch(), 1);
        let told = AtomicBool::new(true);
        let began = Instant::now();
        for _ in 0..100 {
            throttle.wait(1, &told);
        }
        assert!(began.elapsed() < Duration::from_secs(1));
    }

    #[test]
    fn without_a_pace_nothing_waits() {
        let throttle = Throttle::new(0, 5_000);
        assert_eq!(throttle.batch(), 5_000);
        let (began, going) = (Instant::now(), AtomicBool::new(false));
        for _ in 0..1_000 {
            throttle.wait(5_000, &going);
        }
        assert!(began.elapsed() < Duration::from_secs(1));
    }
}
