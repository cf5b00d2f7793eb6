//! Out to the retailer's systems: what waits in the outbox goes to Kafka.
//!
//! One process sends at a time, by a lease. A lease alone does not keep one that stood still from sending, later, what it
//! had claimed: so whoever takes it first takes over the one transactional id that all of them share, and Kafka refuses
//! whoever had it before. A batch is one transaction of Kafka; only once that is committed are its messages settled in
//! the database. One that dies between the two leaves them to be sent again, in the same order, as the same versions.

mod metrics;
mod producer;
pub mod topics;

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use counterfoil_store::outbox::{self, Claimed, LEASE, Topic, Waiting};
use counterfoil_store::{Error, leases, propagations};
use counterfoil_volunteered::{Volunteering, telling};
use prometheus::Registry;
use rdkafka::error::KafkaError;

use self::metrics::Metrics;
use self::producer::{Producer, SendError};

/// How long a lease runs without being prolonged. That two may believe they have it is Kafka's to settle.
const LEASE_FOR: TimeDelta = TimeDelta::seconds(15);
/// Messages in one transaction at most.
const BATCH: i64 = 500;
/// How often is looked for something to send, by whoever sends.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often the others look whether nobody sends.
const STAND_BY: Duration = Duration::from_secs(1);
/// How often propagations and metrics are looked after.
const CARE_EVERY: Duration = Duration::from_secs(1);
/// How long a relay waits after a failure; twice as long after each further one.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// How long it waits at most.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// After how long a tombstone is followed by nothing, so that the key goes from the topic.
const NULL_AFTER: TimeDelta = TimeDelta::days(30);
/// For how long answers are kept about items of customers who were erased.
const KEEP_ANSWERS: TimeDelta = TimeDelta::days(30);

/// What Kafka calls the topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicNames {
    /// To what customers agreed.
    pub consents: String,
    /// What they volunteered.
    pub volunteered: String,
}

impl TopicNames {
    fn of(&self, topic: Topic) -> &str {
        match topic {
            Topic::Consents => &self.consents,
            Topic::Volunteered => &self.volunteered,
        }
    }
}

/// How a relay is set up.
#[derive(Debug, Clone)]
pub struct RelaySettings {
    /// Bootstrap servers.
    pub brokers: String,
    /// Properties of librdkafka.
    pub properties: BTreeMap<String, String>,
    /// Kafka's name for whoever sends: the same for all relays of a realm, and for nobody else.
    pub transactional_id: String,
    /// Where to.
    pub topics: TopicNames,
}

/// What a turn fails with.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// Kafka.
    #[error("Kafka: {0}")]
    Kafka(#[from] KafkaError),
    /// Another relay has taken over.
    #[error("another relay has taken over ({0})")]
    Lost(KafkaError),
    /// The store.
    #[error(transparent)]
    Store(#[from] Error),
}

/// What a turn came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// This many messages were sent.
    Sent(usize),
    /// Nothing waits.
    Idle,
    /// Another process sends.
    StandBy,
}

/// Sends, or stands by.
pub struct Relay {
    v: Volunteering,
    settings: RelaySettings,
    owner: String,
    producer: Option<Producer>,
    metrics: Metrics,
    cared: Option<Instant>,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Relay {
    /// A relay of a realm, known to the others as `owner`.
    ///
    /// # Errors
    /// When a metric's name is taken.
    pub fn new(
        v: Volunteering,
        settings: RelaySettings,
        owner: String,
        registry: &Registry,
    ) -> Result<Self, prometheus::Error> {
        let metrics = Metrics::new(registry)?;
        Ok(Self { v, settings, owner, producer: None, metrics, cared: None })
    }

    /// Sends, or stands by, until whoever holds the other side of `told` lets go of it.
    pub fn run(mut self, told: &Receiver<()>) {
        let (mut wait, mut said) = (Duration::ZERO, String::new());
        let mut failure = FIRST_WAIT;
        while told.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
            match self.turn() {
                Ok(turn) => {
                    (failure, said) = (FIRST_WAIT, String::new());
                    wait = self.pause(turn);
                }
                Err(error) => {
                    let says = format!("{error}");
                    // What is wrong is said once, not at each turn.
                    if says != said {
                        tracing::warn!(%error, "the retailer's systems are not told");
                    }
                    said = says;
                    wait = failure;
                    failure = (failure * 2).min(LONGEST_WAIT);
                }
            }
        }
        self.resign();
    }

    fn pause(&self, turn: Turn) -> Duration {
        match turn {
            Turn::Sent(_) => Duration::ZERO,
            Turn::Idle => LOOK_EVERY,
            // Not all at once.
            Turn::StandBy => {
                let [chance] = self.v.entropy().bytes::<1>();
                STAND_BY + Duration::from_millis(u64::from(chance) * 2)
            }
        }
    }

    fn turn(&mut self) -> Result<Turn, RelayError> {
        let turn = self.send()?;
        self.care(turn != Turn::StandBy)?;
        Ok(turn)
    }

    /// Becomes the one that sends, if nobody is; claims, sends and settles a batch.
    fn send(&mut self) -> Result<Turn, RelayError> {
        let (store, owner) = (self.v.store().clone(), self.owner.clone());
        let clock = self.v.clock().clone();
        if self.producer.is_none() {
            let now = clock.now();
            if !store.read_blocking(|conn| leases::is_free(conn, LEASE, &owner, now))? {
                return Ok(Turn::StandBy);
            }
            // First whoever had it before is shut out, then the lease is taken.
            self.producer = Some(Producer::open(&self.settings)?);
        }
        let now = clock.now();
        let claimed =
            store.write_blocking(|conn| outbox::claim(conn, &owner, now, now + LEASE_FOR, BATCH))?;
        let (Some(claimed), Some(producer)) = (claimed, self.producer.as_ref()) else {
            self.lose();
            return Ok(Turn::StandBy);
        };
        self.metrics.active.set(1);
        if claimed.is_empty() {
            return Ok(Turn::Idle);
        }
        match producer.send(&claimed, &self.settings.topics) {
            Ok(()) => {
                let numbers: Vec<i64> = claimed.iter().map(|message| message.number).collect();
                let null_at = clock.now() + NULL_AFTER;
                store.write_blocking(|conn| outbox::settle(conn, &owner, &numbers, null_at))?;
                self.metrics.sent.inc_by(u64::try_from(claimed.len()).unwrap_or_default());
                Ok(Turn::Sent(claimed.len()))
            }
            Err(error) => Err(self.fail(&claimed, error)?),
        }
    }

    /// A batch was not sent: what cannot be sent waits, and the rest is given back.
    fn fail(&mut self, claimed: &[Claimed], error: SendError) -> Result<RelayError, Error> {
        let (bad, error) = match error {
            SendError::Messages(bad, error) => (bad, RelayError::Kafka(error)),
            SendError::Producer(error) => {
                // A new one begins by shutting this one out.
                self.lose();
                (Vec::new(), RelayError::Kafka(error))
            }
            SendError::Lost(error) => {
                self.lose();
                (Vec::new(), RelayError::Lost(error))
            }
        };
        let is_lost = matches!(error, RelayError::Lost(_));
        let failed: Vec<&Claimed> = claimed.iter().filter(|one| bad.contains(&one.number)).collect();
        self.metrics.failed.inc_by(u64::try_from(failed.len()).unwrap_or_default());
        let (owner, now) = (&self.owner, self.v.clock().now());
        self.v.store().write_blocking(|conn| {
            if is_lost {
                leases::release(conn, LEASE, owner, now)?;
            }
            outbox::defer(conn, owner, &failed, now)?;
            outbox::give_back(conn, owner)
        })?;
        Ok(error)
    }

    fn lose(&mut self) {
        self.producer = None;
        self.metrics.active.set(0);
    }

    /// Looks after propagations, if this one sends, and after metrics.
    fn care(&mut self, is_active: bool) -> Result<(), Error> {
        if self.cared.is_some_and(|at| at.elapsed() < CARE_EVERY) {
            return Ok(());
        }
        self.cared = Some(Instant::now());
        let (store, now) = (self.v.store(), self.v.clock().now());
        if is_active {
            telling::tell_sent(&self.v)?;
            telling::note_overdue(&self.v)?;
            store.write_blocking(|conn| propagations::clear(conn, now - KEEP_ANSWERS))?;
        }
        let (Waiting { messages, since }, overdue) = store.read_blocking(|conn| {
            Ok::<_, Error>((outbox::waiting(conn, now)?, propagations::overdue(conn)?))
        })?;
        self.metrics.waiting.set(messages);
        self.metrics.oldest.set(since.map_or(0.0, |since| (now - since).as_seconds_f64().max(0.0)));
        self.metrics.overdue.set(overdue);
        Ok(())
    }

    /// Leaves the work to others at once.
    fn resign(&mut self) {
        self.lose();
        let (owner, now) = (&self.owner, self.v.clock().now());
        let resigned = self.v.store().write_blocking(|conn| {
            leases::release(conn, LEASE, owner, now)?;
            outbox::give_back(conn, owner)
        });
        if let Err(error) = resigned {
            tracing::warn!(%error, "the relay's lease runs out by itself");
        }
    }
}
