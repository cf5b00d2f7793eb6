//! Sealing: a disclosure's entry is committed, with the grant checked again, before a byte leaves.
//!
//! One transaction serves many waiting responses:
//! 1. the access head is taken (acts that narrow take it too, so they and this exclude each other);
//! 2. a *new* statement reads where each grant stands, as of now;
//! 3. those that still hold get one entry per grant, listing its responses.
//!
//! What did not hold is told why and sends nothing.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use counterfoil_domain::clock::Clock;
use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::grant::State;
use counterfoil_domain::ids::{ClientId, GrantId, Person, RecordId};
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::keys::{Keys, PersonKeys};
use counterfoil_store::standings::{self, StandingNow};
use counterfoil_store::{Error, Store};
use prometheus::{Histogram, HistogramOpts, IntCounter, Registry};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use crate::{Draft, Ledger};

/// Responses that may wait for a seal; more are refused as too busy.
const WAITING: usize = 4_096;
/// Responses sealed in one transaction.
const BATCH: usize = 512;

/// A grant as a request found it when it was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The grant.
    pub grant_id: GrantId,
    /// Its epoch.
    pub grant_epoch: i64,
    /// The app.
    pub client_id: ClientId,
    /// The app's epoch.
    pub app_epoch: i64,
    /// The customer.
    pub person: Person,
    /// The customer's epoch.
    pub customer_epoch: i64,
    /// The grant's chain of entries.
    pub record: RecordId,
}

/// How an app looked: which of the answers left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A list of purchases.
    Purchases,
    /// One purchase.
    Purchase,
    /// What is new since it last asked.
    Changes,
    /// Sums of all purchases.
    Summary,
    /// What it had sent for the customer.
    Volunteered,
}

impl Look {
    /// The word in the entry.
    pub fn name(self) -> &'static str {
        match self {
            Self::Purchases => "purchases",
            Self::Purchase => "purchase",
            Self::Changes => "changes",
            Self::Summary => "summary",
            Self::Volunteered => "volunteered",
        }
    }

    /// Reads [`Look::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Purchases, Self::Purchase, Self::Changes, Self::Summary, Self::Volunteered];
        all.into_iter().find(|look| look.name() == name)
    }
}

/// One response that is about to leave.
#[derive(Debug, Clone)]
pub struct Disclosure {
    /// `x-request-id` of the response.
    pub request_id: String,
    /// Which answer it is.
    pub look: Look,
    /// Purchases in it.
    pub purchases: usize,
    /// Items in it that were volunteered.
    pub items: usize,
    /// Local date of the earliest.
    pub from: Option<NaiveDate>,
    /// Local date of the latest.
    pub to: Option<NaiveDate>,
    /// Names of the datasets let out.
    pub datasets: Vec<&'static str>,
}

/// Why a response may not leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// An epoch moved, but the grant is in force: load what it allows again, and what was read with it.
    Changed,
    /// The grant is not in force.
    Grant(State),
    /// The app may not act.
    AppSuspended,
    /// Grant, app or customer are no longer there.
    Gone,
    /// Too many responses wait.
    TooBusy,
    /// The ledger cannot be written now.
    Unavailable,
    /// The database is behind what was signed.
    RolledBack,
}

/// The seal of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// Number of its entry in the access log.
    pub seq: i64,
}

struct Waiting {
    standing: Standing,
    disclosure: Disclosure,
    keys: Arc<PersonKeys>,
    answer: oneshot::Sender<Result<Seal, Refusal>>,
}

struct Metrics {
    sealed: IntCounter,
    refused: IntCounter,
    batch: Histogram,
}

/// Seals responses in groups. Cloning shares the queue.
#[derive(Clone)]
pub struct Sealer {
    queue: mpsc::Sender<Waiting>,
    store: Store,
    keys: Keys,
    clock: Clock,
}

impl Sealer {
    /// Starts the task that seals, on the current runtime.
    ///
    /// # Errors
    /// When the metrics' names are taken in `registry`.
    pub fn start(
        ledger: Ledger,
        store: Store,
        keys: Keys,
        clock: Clock,
        registry: &Registry,
    ) -> Result<Self, prometheus::Error> {
        let metrics = Metrics {
            sealed: IntCounter::new(
                "counterfoil_responses_sealed_total",
                "Responses sealed in the access log",
            )?,
            refused: IntCounter::new("counterfoil_seals_refused_total", "Responses that were not let out")?,
            batch: Histogram::with_opts(
                HistogramOpts::new("counterfoil_seal_batch_size", "Responses sealed in one transaction")
                    .buckets(vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0]),
            )?,
        };
        registry.register(Box::new(metrics.sealed.clone()))?;
        registry.register(Box::new(metrics.refused.clone()))?;
        registry.register(Box::new(metrics.batch.clone()))?;
        let (queue, waiting) = mpsc::channel(WAITING);
        tokio::spawn(seal_waiting(ledger, store.clone(), clock.clone(), metrics, waiting));
        Ok(Self { queue, store, keys, clock })
    }

    /// Seals one response: returns only when its entry is committed.
    pub async fn seal(&self, standing: Standing, disclosure: Disclosure) -> Result<Seal, Refusal> {
        let keys = self.keys.person(standing.person).map_err(|error| {
            tracing::warn!(%error, "no evidence key for a disclosure");
            Refusal::Unavailable
        })?;
        let (answer, sealed) = oneshot::channel();
        let waiting = Waiting { standing, disclosure, keys, answer };
        self.queue.try_send(waiting).map_err(|_| Refusal::TooBusy)?;
        sealed.await.unwrap_or(Err(Refusal::Unavailable))
    }

    /// Checks a grant again for an answer that holds no data; writes nothing.
    pub async fn check(&self, standing: &Standing) -> Result<(), Refusal> {
        let id = standing.grant_id;
        let found = self.store.read(move |conn| standings::read(conn, &[id])).await;
        let found = found.map_err(|error: Error| {
            tracing::warn!(%error, "a grant could not be checked");
            Refusal::Unavailable
        })?;
        holds(standing, found.get(&id), self.clock.now())
    }
}

/// Checks a grant again in the transaction of what its app does, which has taken the grant's row.
///
/// # Errors
/// What is refused, inside the store's.
pub fn check_in(
    conn: &mut Conn,
    standing: &Standing,
    now: DateTime<Utc>,
) -> Result<Result<(), Refusal>, Error> {
    let found = standings::read(conn, &[standing.grant_id])?;
    Ok(holds(standing, found.get(&standing.grant_id), now))
}

/// Whether a grant still stands as the request found it.
fn holds(standing: &Standing, now: Option<&StandingNow>, at: DateTime<Utc>) -> Result<(), Refusal> {
    let now = now.ok_or(Refusal::Gone)?;
    if now.state != State::Active {
        return Err(Refusal::Grant(now.state));
    }
    if now.expires_at.is_some_and(|end| end <= at) {
        return Err(Refusal::Grant(State::Expired));
    }
    if !now.app_approved {
        return Err(Refusal::AppSuspended);
    }
    if now.grant_epoch != standing.grant_epoch
        || now.app_epoch != standing.app_epoch
        || now.customer_epoch != standing.customer_epoch
    {
        return Err(Refusal::Changed);
    }
    Ok(())
}

async fn seal_waiting(
    ledger: Ledger,
    store: Store,
    clock: Clock,
    metrics: Metrics,
    mut waiting: mpsc::Receiver<Waiting>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        metrics.batch.observe(f64::from(u32::try_from(batch.len()).unwrap_or(u32::MAX)));
        let taken = std::mem::take(&mut batch);
        let (subjects, answers): (Vec<_>, Vec<_>) =
            taken.into_iter().map(|w| ((w.standing, w.disclosure, w.keys), w.answer)).unzip();
        let (ledger, now) = (ledger.clone(), clock.now());
        let sealed = store.write(move |conn| seal_batch(&ledger, conn, now, &subjects)).await;
        let outcomes = sealed.unwrap_or_else(|error: Error| {
            tracing::error!(%error, "responses could not be sealed");
            let refusal =
                if matches!(error, Error::Behind(_)) { Refusal::RolledBack } else { Refusal::Unavailable };
            vec![Err(refusal); answers.len()]
        });
        for (answer, outcome) in answers.into_iter().zip(outcomes) {
            match outcome {
                Ok(_) => metrics.sealed.inc(),
                Err(_) => metrics.refused.inc(),
            }
            if answer.send(outcome).is_err() {
                // The client went away. The entry stands: it says what was let out, not what arrived.
                tracing::debug!("a sealed response had nobody waiting");
            }
        }
    }
}

type Subject = (Standing, Disclosure, Arc<PersonKeys>);

fn seal_batch(
    ledger: &Ledger,
    conn: &mut Conn,
    now: DateTime<Utc>,
    subjects: &[Subject],
) -> counterfoil_store::Result<Vec<Result<Seal, Refusal>>> {
    ledger.take_head(conn, Log::Access)?;
    let mut grants: Vec<GrantId> = subjects.iter().map(|(standing, ..)| standing.grant_id).collect();
    grants.sort_unstable();
    grants.dedup();
    let standing_now = standings::read(conn, &grants)?;

    let mut groups: HashMap<GrantId, Vec<usize>> = HashMap::new();
    let mut outcomes = Vec::with_capacity(subjects.len());
    for (index, (standing, ..)) in subjects.iter().enumerate() {
        let held = holds(standing, standing_now.get(&standing.grant_id), now);
        if held.is_ok() {
            groups.entry(standing.grant_id).or_default().push(index);
        }
        outcomes.push(held.map(|()| Seal { seq: 0 }));
    }
    let mut new = Vec::with_capacity(groups.len());
    let mut members = Vec::with_capacity(groups.len());
    for indexes in groups.into_values() {
        let responses: Vec<&Subject> = indexes.iter().filter_map(|index| subjects.get(*index)).collect();
        if let Some((standing, _, keys)) = responses.first() {
            new.push(ledger.seal_entry(keys, now, &disclosure_draft(standing, &responses, now), None)?);
            members.push(indexes);
        }
    }
    if new.is_empty() {
        return Ok(outcomes);
    }
    let first = entries::append(conn, Log::Access, new)?;
    for (indexes, seq) in members.into_iter().zip(first..) {
        for index in indexes {
            if let Some(outcome) = outcomes.get_mut(index) {
                *outcome = Ok(Seal { seq });
            }
        }
    }
    Ok(outcomes)
}

fn disclosure_draft(standing: &Standing, responses: &[&Subject], now: DateTime<Utc>) -> Draft {
    let client = format!("{}", standing.client_id);
    let listed: Vec<_> = responses
        .iter()
        .map(|(_, disclosure, _)| {
            if disclosure.look == Look::Volunteered {
                return json!({
                    "requestId": disclosure.request_id,
                    "look": disclosure.look.name(),
                    "items": disclosure.items,
                });
            }
            json!({
                "requestId": disclosure.request_id,
                "look": disclosure.look.name(),
                "purchases": disclosure.purchases,
                "from": disclosure.from,
                "to": disclosure.to,
                "datasets": disclosure.datasets,
            })
        })
        .collect();
    Draft {
        entry_type: EntryType::DisclosureApp,
        record: standing.record,
        actor: Actor::App(client),
        state: None,
        basis: Some("eu-gdpr:A20"),
        effective_at: now,
        expires: None,
        display: None,
        cause: None,
        entry_id: None,
        config: None,
        payload: Some(json!({ "grant": format!("{}", standing.grant_id), "responses": listed })),
    }
}
