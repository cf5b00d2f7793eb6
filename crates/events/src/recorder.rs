//! From messages to purchases: decode, settle what a batch says about each object, write it in one transaction.
//!
//! Nearly all orders are new. So a batch is first *prepared* as if everything in it were: settled, rendered, compressed
//! and sealed outside the transaction. The transaction then claims all objects; what existed before (or touches such)
//! is loaded and settled again, under the lock, against what stands.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_domain::ids::{ObjectId, Person, PurchaseId};
use counterfoil_domain::stream::{Act, Body, Decoded, OrderKind, Rejection, Sources};
use counterfoil_ledger::Ledger;
use counterfoil_store::document::Codec;
use counterfoil_store::keys::{Keys, Secret};
use counterfoil_store::objects::Object;
use counterfoil_store::offsets::{self, Move};
use counterfoil_store::people;
use counterfoil_store::quarantine::Quarantined;
use counterfoil_store::{Contention, Error, Store};
use counterfoil_volunteered::telling::Telling;
use parking_lot::Mutex;

use crate::counts::Counts;
use crate::forgetting::Retention;
use crate::groups::Groups;
use crate::holding;
use crate::message::Message;
use crate::naming::{Names, Read, named_by};
use crate::packing::{Packed, Packing};
use crate::subject::{Applied, Subject, kind_code};
use crate::workspace::Workspace;
use crate::write;

/// What a batch could not be recorded for.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// A partition no longer stands where this process read it: another owns it now.
    #[error("partition {1} of {0} belongs to another process")]
    Fenced(String, i32),
    /// Objects outside the batch must be held too; the batch is tried again with them.
    #[error("{} more objects must be held", .0.len())]
    Extend(Vec<Object>),
    /// A customer is not whom they were taken for: merged, erased, or another's alias meanwhile. The batch is prepared
    /// again.
    #[error("a customer is not whom they were taken for")]
    Stale,
    /// Erased customers have bought something since and need a person for it.
    #[error("{} customers need a successor", .0.len())]
    Succeed(Vec<Person>),
    /// The store.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Contention for RecordError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

/// What was recorded of a batch.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    /// Counts.
    pub counts: Counts,
    /// Why messages went to quarantine: index in the batch and reason.
    pub refused: Vec<(usize, &'static str)>,
}

/// Records messages. One per thread is not needed: it can be shared.
pub struct Recorder {
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) codec: Codec,
    pub(crate) unlinked: Secret,
    clock: Clock,
    pub(crate) entropy: Entropy,
    pub(crate) ledger: Ledger,
    sources: Sources,
    pub(crate) retention: Retention,
    pub(crate) telling: Option<Telling>,
    is_history: bool,
    order_kinds: Mutex<HashMap<String, i32>>,
    pub(crate) identities: Mutex<HashMap<[u8; 16], people::Identity>>,
}

/// How often a batch is prepared again because a customer is not whom they were taken for.
const TRIES: usize = 20;

/// A batch that is ready for its transaction.
pub(crate) struct Prepared {
    pub(crate) now: DateTime<Utc>,
    pub(crate) subjects: Vec<Subject>,
    /// Index of each subject's group.
    pub(crate) group_of: Vec<usize>,
    pub(crate) groups: Groups,
    /// As if nothing had existed before.
    pub(crate) fresh: Workspace,
    pub(crate) outcomes: Vec<Applied>,
    pub(crate) packed: Vec<(PurchaseId, Packed)>,
    pub(crate) quarantined: Vec<Quarantined>,
    pub(crate) counts: Counts,
    pub(crate) refused: Vec<(usize, &'static str)>,
    /// Events about who is who, by message, until they are carried out.
    acts: Vec<(usize, Act)>,
    /// What became of them, with the customer and order that they name.
    pub(crate) acted: Vec<(usize, Applied, Names)>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recorder")
    }
}

impl Recorder {
    /// A recorder for a realm.
    pub fn new(
        store: Store,
        keys: Keys,
        clock: Clock,
        entropy: Entropy,
        ledger: Ledger,
        sources: Sources,
    ) -> Result<Self, Error> {
        let unlinked = keys.named("unlinked")?;
        let order_kinds = store.read_blocking(offsets::order_kinds)?.into_iter().collect();
        Ok(Self {
            store,
            keys,
            codec: Codec::default(),
            unlinked,
            clock,
            entropy,
            ledger,
            sources,
            retention: Retention::default(),
            telling: None,
            is_history: false,
            order_kinds: Mutex::new(order_kinds),
            identities: Mutex::new(HashMap::new()),
        })
    }

    /// With what is kept of those who are erased.
    #[must_use]
    pub fn keeping(self, retention: Retention) -> Self {
        Self { retention, ..self }
    }

    /// With how the retailer's systems are told what ends when somebody is erased.
    #[must_use]
    pub fn telling(self, telling: Option<Telling>) -> Self {
        Self { telling, ..self }
    }

    /// For bringing in the past: nobody is told that there is news.
    #[must_use]
    pub fn of_history(self) -> Self {
        Self { is_history: true, ..self }
    }

    /// Whether it brings in the past.
    pub(crate) fn is_history(&self) -> bool {
        self.is_history
    }

    /// The database it records into.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Records messages and moves their partitions on, in one transaction.
    ///
    /// When the database refuses the data itself, the batch is halved down to the one message, which goes to
    /// quarantine; each half is a transaction of its own.
    ///
    /// # Errors
    /// [`RecordError::Fenced`] when a partition belongs to another process now: nothing was written of the part that
    /// failed. [`RecordError::Store`] when the database is away.
    pub fn record(&self, messages: &[Message], moves: &mut [Move]) -> Result<Recorded, RecordError> {
        match self.record_whole(messages, moves) {
            Err(RecordError::Store(Error::Refused(cause))) if messages.len() > 1 => {
                tracing::warn!(messages = messages.len(), %cause, "the database refused a batch; it is halved");
                let (front, back) = messages.split_at(messages.len() / 2);
                let mut recorded = self.record(front, &mut narrowed(moves, front))?;
                advance(moves, front);
                let second = self.record(back, moves)?;
                recorded.counts += second.counts;
                recorded
                    .refused
                    .extend(second.refused.into_iter().map(|(index, why)| (index + front.len(), why)));
                Ok(recorded)
            }
            Err(RecordError::Store(Error::Refused(_))) => {
                let rejection = refused_by_database();
                let prepared = self.only_quarantine(messages, &rejection)?;
                self.commit(messages, prepared, moves)
            }
            outcome => outcome,
        }
    }

    fn record_whole(&self, messages: &[Message], moves: &[Move]) -> Result<Recorded, RecordError> {
        let prepared = self.prepare(messages)?;
        self.commit(messages, prepared, moves)
    }

    /// Everything that needs no lock.
    pub(crate) fn prepare(&self, messages: &[Message]) -> Result<Prepared, RecordError> {
        for _ in 0..TRIES {
            match self.prepare_once(messages) {
                // Somebody who is remembered was erased meanwhile, by another process.
                Err(RecordError::Store(Error::Key(_))) => self.identities.lock().clear(),
                outcome => return outcome,
            }
        }
        self.prepare_once(messages)
    }

    fn prepare_once(&self, messages: &[Message]) -> Result<Prepared, RecordError> {
        let now = self.clock.now();
        let mut counts =
            Counts { read: u64::try_from(messages.len()).unwrap_or(u64::MAX), ..Counts::default() };
        let mut read = Vec::with_capacity(messages.len());
        let mut rejected = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            match message.decode(&self.sources) {
                Ok(Decoded::Event(event)) if self.order_kind_of(&event.source, event.order.kind)? => {
                    read.push((index, Read::Event(event)));
                }
                Ok(Decoded::Act(act)) if self.order_kind_of(&act.source, act.order.kind)? => {
                    read.push((index, Read::Act(act)));
                }
                Ok(Decoded::Event(event)) => {
                    let order_id = event.body.order_id().map(str::to_owned);
                    rejected.push((index, order_kind_mixed((event.customer_id, order_id))));
                }
                Ok(Decoded::Act(act)) => rejected.push((index, order_kind_mixed(named_by(&act)))),
                Ok(Decoded::Skipped) => counts.skipped += 1,
                Ok(Decoded::Tombstone) => counts.tombstones += 1,
                Err(rejection) => rejected.push((index, rejection)),
            }
        }
        let (subjects, carried, acts) = self.subjects(read, now)?;

        let mut groups = Groups::default();
        for subject in &subjects {
            for (id, _) in subject.objects() {
                groups.join(subject.own, id);
            }
        }
        let group_of = subjects.iter().map(|subject| groups.of(subject.own)).collect();
        let mut fresh = Workspace::default();
        let outcomes: Vec<Applied> = subjects
            .iter()
            .zip(carried)
            .map(|(subject, carried)| fresh.apply(subject, carried, &self.keys, now))
            .collect();
        fresh.place(now);
        let packed = self.pack(&mut fresh, &subjects)?;
        let mut quarantined = Vec::with_capacity(rejected.len());
        let mut refused = Vec::with_capacity(rejected.len());
        for (index, rejection) in rejected {
            refused.push((index, rejection.reason));
            quarantined.extend(holding::hold(&self.keys, messages.get(index), &rejection, now)?);
        }
        Ok(Prepared {
            now,
            subjects,
            group_of,
            groups,
            fresh,
            outcomes,
            packed,
            quarantined,
            counts,
            refused,
            acts,
            acted: Vec::new(),
        })
    }

    /// The transaction of a prepared batch, after those of its events about who is who.
    pub(crate) fn commit(
        &self,
        messages: &[Message],
        mut prepared: Prepared,
        moves: &[Move],
    ) -> Result<Recorded, RecordError> {
        for (message, act) in std::mem::take(&mut prepared.acts) {
            let applied = self.act_steadily(&act, prepared.now)?;
            prepared.acted.push((message, applied, named_by(&act)));
        }
        let mut extra: Vec<Object> = Vec::new();
        let mut tries = 0;
        loop {
            let outcome = self
                .store
                .write_blocking(|conn| write::write(self, conn, messages, &mut prepared, &extra, moves));
            match outcome {
                Err(RecordError::Extend(more)) => {
                    let mut held: HashSet<ObjectId> = extra.iter().map(|object| object.id).collect();
                    extra.extend(more.into_iter().filter(|object| held.insert(object.id)));
                }
                Err(RecordError::Stale | RecordError::Store(Error::Key(_))) if tries < TRIES => {
                    tries += 1;
                    let named: Vec<Person> = prepared.fresh.people.keys().copied().collect();
                    self.forget(&named);
                    let acted = prepared.acted;
                    prepared = Prepared { acts: Vec::new(), acted, ..self.prepare(messages)? };
                    extra.clear();
                }
                Err(RecordError::Stale) => return Err(Error::Contended.into()),
                outcome => return outcome,
            }
        }
    }

    /// Carries an event about who is who out, again where somebody is not whom they were taken for.
    fn act_steadily(&self, act: &Act, now: DateTime<Utc>) -> Result<Applied, RecordError> {
        for _ in 0..TRIES {
            match self.act(act, now) {
                Err(RecordError::Stale | RecordError::Store(Error::Key(_))) => self.identities.lock().clear(),
                outcome => return outcome,
            }
        }
        Err(Error::Contended.into())
    }

    /// Renders and packs what is in hand, noting in each purchase's object where it will lie.
    pub(crate) fn pack(
        &self,
        workspace: &mut Workspace,
        subjects: &[Subject],
    ) -> Result<Vec<(PurchaseId, Packed)>, Error> {
        let namespaces: HashMap<ObjectId, &str> = subjects
            .iter()
            .flat_map(|subject| subject.objects().map(|(id, _)| (id, subject.namespace.as_str())))
            .collect();
        let mut packing = Packing::new(&self.codec, &self.keys, &self.unlinked)?;
        let mut packed = Vec::with_capacity(workspace.slots.len());
        let ids: Vec<_> = workspace.slots.keys().copied().collect();
        for id in ids {
            let has_come = workspace.has_come(id);
            let Some(slot) = workspace.slots.get(&id).filter(|slot| slot.touched) else { continue };
            let place = if slot.purchase.is_empty() {
                None
            } else {
                let namespace = namespaces.get(&id.into()).copied();
                let row = packing.pack(id, slot, has_come, namespace)?;
                let place = match &row {
                    Packed::Linked(linked) => Some((linked.person, linked.row.purchased_at.and_utc())),
                    Packed::Unlinked { .. } => None,
                };
                packed.push((id, row));
                place
            };
            let gone = slot.purchase.is_empty().then(|| slot.purchase.revision());
            if let Some(object) = workspace.objects.get_mut(&id.into()) {
                object.revision = gone;
                object.person = place.map(|(person, _)| person);
                object.purchased_at = place.map(|(_, at)| at);
            }
        }
        Ok(packed)
    }

    /// Whether an event is ordered as its source's events are; a new source is noted.
    fn order_kind_of(&self, source: &str, kind: OrderKind) -> Result<bool, Error> {
        let kind = kind_code(kind);
        if let Some(known) = self.order_kinds.lock().get(source) {
            return Ok(*known == kind);
        }
        let known = self.store.write_blocking(|conn| offsets::note_order_kind(conn, source, kind))?;
        self.order_kinds.lock().insert(source.to_owned(), known);
        Ok(known == kind)
    }

    /// Reads what an event carries once more; it could be read before.
    pub(crate) fn body(&self, message: Option<&Message>) -> Result<Body, Error> {
        match message.map(|message| message.decode(&self.sources)) {
            Some(Ok(Decoded::Event(event))) => Ok(event.body),
            _ => Err(Error::Unexpected("an event cannot be read a second time".to_owned())),
        }
    }

    fn only_quarantine(&self, messages: &[Message], rejection: &Rejection) -> Result<Prepared, RecordError> {
        let now = self.clock.now();
        let mut quarantined = Vec::new();
        for message in messages {
            quarantined.extend(holding::hold(&self.keys, Some(message), rejection, now)?);
        }
        let counts = Counts { read: u64::try_from(messages.len()).unwrap_or(u64::MAX), ..Counts::default() };
        Ok(Prepared {
            now,
            subjects: Vec::new(),
            group_of: Vec::new(),
            groups: Groups::default(),
            fresh: Workspace::default(),
            outcomes: Vec::new(),
            packed: Vec::new(),
            quarantined,
            counts,
            refused: vec![(0, rejection.reason)],
            acts: Vec::new(),
            acted: Vec::new(),
        })
    }
}

fn order_kind_mixed((customer_id, order_id): Names) -> Rejection {
    Rejection {
        reason: "order_kind_mixed",
        pointer: "/data".to_owned(),
        detail: "this source orders its events in another way (revision, revisedAt or time)".to_owned(),
        customer_id,
        order_id,
    }
}

fn refused_by_database() -> Rejection {
    Rejection {
        reason: "refused_by_database",
        pointer: String::new(),
        detail: "the database refuses what this event holds".to_owned(),
        customer_id: None,
        order_id: None,
    }
}

/// The moves of the first part of a batch.
fn narrowed(moves: &[Move], front: &[Message]) -> Vec<Move> {
    moves
        .iter()
        .map(|step| {
            let last = last_offset(step, front);
            // How fresh the partition is counts once the whole batch is done.
            Move { to: last.map_or(step.from, |offset| offset + 1), fresh_until: None, ..step.clone() }
        })
        .filter(|step| step.to > step.from)
        .collect()
}

/// What is left to move once the first part is done.
fn advance(moves: &mut [Move], front: &[Message]) {
    for step in moves {
        if let Some(offset) = last_offset(step, front) {
            step.from = offset + 1;
        }
    }
}

fn last_offset(step: &Move, messages: &[Message]) -> Option<i64> {
    messages
        .iter()
        .filter(|m| m.place.source == step.topic && m.place.partition == step.partition)
        .map(|m| m.place.offset)
        .max()
}
