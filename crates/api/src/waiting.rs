//! Readers that wait for news: one poll of the database for all of them, and one wake-up for each customer with news.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::{GrantId, Person};
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_store::announcements::{self, News, Prefix};
use counterfoil_store::{Error, Store, coverage};
use parking_lot::Mutex;
use tokio::sync::futures::OwnedNotified;
use tokio::sync::{Notify, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use crate::setup::Readiness;

/// How often news are looked for while somebody waits.
const PACE: Duration = Duration::from_millis(250);
/// How often the lag is read, and news while nobody waits.
const SLOW_PACE: Duration = Duration::from_secs(1);
/// Polls of one grant that may wait at a time.
const MOST_OF_A_GRANT: u8 = 4;
/// Those who are woken look again within this many milliseconds, spread by grant.
const JITTER_MILLISECONDS: u64 = 100;
/// Readers that make a page at a time. What making one takes is taken so often at most, however many are woken or come
/// at once; the database has fewer connections.
const MOST_MAKING: usize = 32;
/// No live partition was ever read.
const NEVER: i64 = i64::MIN;

/// Everybody who waits in this process.
#[derive(Debug)]
pub(crate) struct Hub {
    waiting: Mutex<Waiting>,
    turns: Semaphore,
    /// Up to when everything live has been recorded, in microseconds.
    fresh_until: AtomicI64,
}

#[derive(Debug, Default)]
struct Waiting {
    bells: HashMap<Prefix, Bell>,
    grants: HashMap<GrantId, u8>,
    is_closed: bool,
}

/// Rings for all who wait for one customer.
#[derive(Debug)]
struct Bell {
    ring: Arc<Notify>,
    heard_by: usize,
}

/// Why a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Woken {
    /// There may be news.
    News,
    /// The time is over, or the process stops.
    Over,
}

/// A place among those who wait. News since it was taken are not missed.
pub(crate) struct Ticket {
    hub: Arc<Hub>,
    prefix: Prefix,
    grant_id: GrantId,
    rung: std::pin::Pin<Box<OwnedNotified>>,
}

impl Default for Hub {
    fn default() -> Self {
        let turns = Semaphore::new(MOST_MAKING);
        Self { waiting: Mutex::default(), turns, fresh_until: AtomicI64::new(NEVER) }
    }
}

impl Hub {
    /// Takes a place before the feed is read; `None` when the process stops.
    ///
    /// # Errors
    /// [`Code::TooManyRequests`] when too many polls of the grant wait already.
    pub(crate) fn enlist(
        self: &Arc<Self>,
        person: Person,
        grant_id: GrantId,
    ) -> Result<Option<Ticket>, Problem> {
        let prefix = announcements::prefix(person);
        let mut waiting = self.waiting.lock();
        if waiting.is_closed {
            return Ok(None);
        }
        let of_grant = waiting.grants.entry(grant_id).or_default();
        if *of_grant >= MOST_OF_A_GRANT {
            return Err(Problem::new(Code::TooManyRequests)
                .detail(format!("At most {MOST_OF_A_GRANT} polls of a grant may wait at a time")));
        }
        *of_grant += 1;
        let bell = waiting.bells.entry(prefix).or_insert_with(|| Bell { ring: Arc::default(), heard_by: 0 });
        bell.heard_by += 1;
        let mut rung = Box::pin(Arc::clone(&bell.ring).notified_owned());
        rung.as_mut().enable();
        drop(waiting);
        Ok(Some(Ticket { hub: Arc::clone(self), prefix, grant_id, rung }))
    }

    /// A turn to make a page.
    ///
    /// # Errors
    /// [`Code::TooBusy`] if the queue is closed, which nobody does.
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>, Problem> {
        self.turns.acquire().await.map_err(|_| Problem::new(Code::TooBusy))
    }

    /// How far the order stream is behind, in milliseconds; 0 when nothing live was ever read.
    pub(crate) fn lag_ms(&self, now: DateTime<Utc>) -> i64 {
        match DateTime::from_timestamp_micros(self.fresh_until.load(Ordering::Relaxed)) {
            Some(fresh_until) => (now - fresh_until).num_milliseconds().max(0),
            None => 0,
        }
    }

    fn set_fresh_until(&self, at: Option<DateTime<Utc>>) {
        let micros = at.map_or(NEVER, |at| at.timestamp_micros());
        self.fresh_until.store(micros, Ordering::Relaxed);
    }

    fn heed(&self, news: &News) {
        let waiting = self.waiting.lock();
        if news.is_incomplete {
            waiting.bells.values().for_each(|bell| bell.ring.notify_waiters());
        } else {
            let heard = news.prefixes.iter().filter_map(|prefix| waiting.bells.get(prefix));
            heard.for_each(|bell| bell.ring.notify_waiters());
        }
    }

    /// Lets everybody go; from now on nobody waits.
    fn close(&self) {
        let mut waiting = self.waiting.lock();
        waiting.is_closed = true;
        waiting.bells.values().for_each(|bell| bell.ring.notify_waiters());
    }

    fn has_waiting(&self) -> bool {
        !self.waiting.lock().bells.is_empty()
    }

    fn is_closed(&self) -> bool {
        self.waiting.lock().is_closed
    }
}

impl Ticket {
    /// Waits for news of the customer, until `deadline` at most.
    pub(crate) async fn wait(mut self, deadline: Instant) -> Woken {
        if timeout_at(deadline, self.rung.as_mut()).await.is_err() || self.hub.is_closed() {
            return Woken::Over;
        }
        // Not all at once, where a batch had news for many.
        let [.., last] = *self.grant_id.as_bytes();
        let delay = Duration::from_millis(u64::from(last) * JITTER_MILLISECONDS / 256);
        sleep_until(deadline.min(Instant::now() + delay)).await;
        Woken::News
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut waiting = self.hub.waiting.lock();
        if let Entry::Occupied(mut bell) = waiting.bells.entry(self.prefix) {
            bell.get_mut().heard_by -= 1;
            if bell.get().heard_by == 0 {
                bell.remove();
            }
        }
        if let Entry::Occupied(mut count) = waiting.grants.entry(self.grant_id) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

/// Reads announcements and the lag for as long as the hub lives and the process does not stop.
pub(crate) async fn listen(hub: Weak<Hub>, store: Store, readiness: Readiness) {
    let (mut number, mut lag_read) = (0, None::<Instant>);
    loop {
        let Some(hub) = hub.upgrade() else { return };
        let is_lag_due = lag_read.is_none_or(|at| at.elapsed() >= SLOW_PACE);
        if is_lag_due || hub.has_waiting() {
            match look(&store, number, is_lag_due).await {
                Ok((news, fresh_until)) => {
                    if is_lag_due {
                        hub.set_fresh_until(fresh_until);
                        lag_read = Some(Instant::now());
                    }
                    if news.newest != number {
                        hub.heed(&news);
                        number = news.newest;
                    }
                }
                Err(error) => tracing::warn!(%error, "announcements cannot be read; readers wait longer"),
            }
        }
        tokio::select! {
            () = sleep(PACE) => {}
            () = readiness.drained() => {
                hub.close();
                return;
            }
        }
    }
}

async fn look(store: &Store, number: i64, with_lag: bool) -> Result<(News, Option<DateTime<Utc>>), Error> {
    store
        .read(move |conn| {
            let fresh_until = if with_lag { coverage::fresh_until(conn)? } else { None };
            Ok((announcements::after(conn, number)?, fresh_until))
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(front: u8) -> Person {
        Person([front; 16])
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(300)
    }

    fn grant(number: u8) -> GrantId {
        let mut bytes = [0; 16];
        bytes[0] = number;
        GrantId(bytes)
    }

    fn news(fronts: &[u8]) -> News {
        let prefixes = fronts.iter().map(|front| [*front; 4]).collect();
        News { newest: 1, prefixes, is_incomplete: false }
    }

    #[actix_web::test]
    async fn news_wake_who_wait_for_that_customer_and_are_not_missed() {
        let hub = Arc::new(Hub::default());
        let enlist = |front, number| hub.enlist(person(front), grant(number)).unwrap().unwrap();
        let (mine, also_mine, other) = (enlist(1, 1), enlist(1, 2), enlist(2, 3));
        hub.heed(&news(&[1, 9]));
        let late = enlist(1, 4);
        let far = Instant::now() + Duration::from_secs(60);
        assert_eq!(mine.wait(far).await, Woken::News, "though it did not wait yet");
        assert_eq!(also_mine.wait(far).await, Woken::News);
        assert_eq!(other.wait(soon()).await, Woken::Over);
        assert_eq!(late.wait(soon()).await, Woken::Over, "it came after the news");
        assert!(!hub.has_waiting(), "places are given back");
    }

    #[actix_web::test]
    async fn who_fell_behind_wakes_all() {
        let hub = Arc::new(Hub::default());
        let ticket = hub.enlist(person(1), grant(1)).unwrap().unwrap();
        hub.heed(&News { is_incomplete: true, ..news(&[]) });
        assert_eq!(ticket.wait(Instant::now() + Duration::from_secs(60)).await, Woken::News);
    }

    #[actix_web::test]
    async fn nobody_waits_once_it_is_closed() {
        let hub = Arc::new(Hub::default());
        let ticket = hub.enlist(person(1), grant(1)).unwrap().unwrap();
        hub.close();
        assert_eq!(ticket.wait(Instant::now() + Duration::from_secs(60)).await, Woken::Over);
        assert!(hub.enlist(person(1), grant(1)).unwrap().is_none());
    }

    #[test]
    fn the_lag_is_since_the_oldest_partition_was_fresh() {
        let (hub, now) = (Hub::default(), DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        assert_eq!(hub.lag_ms(now), 0, "nothing live was ever read");
        hub.set_fresh_until(Some(now - chrono::Duration::milliseconds(412)));
        assert_eq!(hub.lag_ms(now), 412);
        hub.set_fresh_until(Some(now + chrono::Duration::seconds(1)));
        assert_eq!(hub.lag_ms(now), 0, "clocks differ");
        hub.set_fresh_until(None);
        assert_eq!(hub.lag_ms(now), 0);
    }
}
