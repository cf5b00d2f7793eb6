//! Events about who is who: each in transactions of its own, before the batch that it came with. What comes of a batch
//! does not depend on the order of its events, and all of them may come again, so nothing is lost by that.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::grant;
use counterfoil_domain::ids::{ObjectId, Person, RecordId};
use counterfoil_domain::stream::{Act, Alias, Identity as Content};
use counterfoil_ledger::Draft;
use counterfoil_ledger::grants::{How, end_locked};
use counterfoil_store::erasures::{self, Destruction};
use counterfoil_store::people::CustomerName;
use counterfoil_store::{Error, grants};

use crate::erasing::{self, Erasure};
use crate::joining::{self, Statement};
use crate::recorder::{RecordError, Recorder};
use crate::subject::Applied;

/// Erasure is a right of the customer: GDPR Art. 17.
const BASIS: &str = "eu-gdpr:A17";

impl Recorder {
    /// Carries out what an event says of who is who.
    pub(crate) fn act(&self, act: &Act, now: DateTime<Utc>) -> Result<Applied, RecordError> {
        match &act.content {
            Content::Identified { customer_id, aliases } => self.identify(act, customer_id, aliases, now),
            Content::Merged { merge_id, from, into } => {
                let names = [self.customer_name("", from), self.customer_name("", into)];
                let between = self.two(&names, now)?;
                self.join(
                    &Statement {
                        id: self.keys.merge_index(merge_id),
                        between: Some(between),
                        active: true,
                        order: act.order,
                        at: act.at,
                        digest: act.digest,
                    },
                    now,
                )
            }
            Content::Split { merge_id } => self.join(
                &Statement {
                    id: self.keys.merge_index(merge_id),
                    between: None,
                    active: false,
                    order: act.order,
                    at: act.at,
                    digest: act.digest,
                },
                now,
            ),
            Content::Erased { customer_id, order_ids } => {
                let locate = |id: &String| self.keys.object_id(&act.namespace, "order", id);
                self.erase(
                    &Erasure {
                        index: self.keys.customer_index(customer_id),
                        orders: order_ids.iter().map(locate).collect(),
                        at: act.at.unwrap_or(now),
                        order: act.order,
                        digest: act.digest,
                    },
                    now,
                )
            }
            // These are settled with the orders that they are about.
            Content::Linked { .. } | Content::Unlinked { .. } => Ok(Applied::Stored),
        }
    }

    /// Each alias has its own newest statement; the event is counted by the most that came of it.
    fn identify(
        &self,
        act: &Act,
        customer_id: &str,
        aliases: &[Alias],
        now: DateTime<Utc>,
    ) -> Result<Applied, RecordError> {
        let mut most = Applied::Duplicate;
        for alias in aliases {
            let name = self.customer_name(&alias.scheme, &alias.id);
            let id = name.index;
            let between = self.two(&[name, self.customer_name("", customer_id)], now)?;
            let statement = Statement {
                id,
                between: Some(between),
                active: alias.verified,
                order: act.order,
                at: act.at,
                digest: alias.digest,
            };
            most = most.max(self.join(&statement, now)?);
        }
        Ok(most)
    }

    fn two(
        &self,
        names: &[CustomerName; 2],
        now: DateTime<Utc>,
    ) -> Result<(counterfoil_store::people::Identity, counterfoil_store::people::Identity), RecordError> {
        let found = self.identities(names, now)?;
        let [one, other] = names;
        match (found.get(&one.index), found.get(&other.index)) {
            (Some(one), Some(other)) => Ok((*one, *other)),
            _ => Err(RecordError::Stale),
        }
    }

    fn join(&self, statement: &Statement, now: DateTime<Utc>) -> Result<Applied, RecordError> {
        let mut held = BTreeSet::new();
        loop {
            let outcome = self.store.write_blocking(|conn| joining::join(self, conn, statement, &held, now));
            match outcome {
                Err(RecordError::Extend(more)) => held.extend(more.iter().map(|object| object.id)),
                Err(error) => return Err(error),
                Ok(outcome) => {
                    self.forget(&outcome.moved);
                    return Ok(outcome.applied);
                }
            }
        }
    }

    fn erase(&self, erasure: &Erasure, now: DateTime<Utc>) -> Result<Applied, RecordError> {
        let mut held: BTreeSet<ObjectId> = BTreeSet::new();
        let mut successors: HashMap<Person, Person> = HashMap::new();
        let outcome = loop {
            let outcome = self
                .store
                .write_blocking(|conn| erasing::erase(self, conn, erasure, &successors, &held, now));
            match outcome {
                Err(RecordError::Extend(more)) => held.extend(more.iter().map(|object| object.id)),
                Err(RecordError::Succeed(persons)) => {
                    let new: Vec<Person> = persons.iter().map(|_| Person(self.entropy.bytes())).collect();
                    self.keys.create(&new)?;
                    successors.extend(persons.into_iter().zip(new));
                }
                Err(error) => return Err(error),
                Ok(outcome) => break outcome,
            }
        };
        self.forget(&outcome.erased);
        self.finish_erasures(now)?;
        Ok(outcome.applied)
    }

    /// Does what is left to be done of erasures: ends grants, writes the ledger's entries, destroys keys. Also what a
    /// process that died left undone.
    ///
    /// # Errors
    /// [`Error`]; what was done until then stays done, and the rest is done by the next call.
    pub fn finish_erasures(&self, now: DateTime<Utc>) -> Result<usize, Error> {
        let open = self.store.read_blocking(erasures::open)?;
        for erasure in &open {
            match self.close_erasure(erasure, now) {
                // Another process is at it too, and was faster: the key goes last.
                Err(Error::Key(_)) if self.is_entered(erasure.person)? => {}
                outcome => outcome?,
            }
            self.keys.destroy_purchases(erasure.person)?;
            self.store.write_blocking(|conn| erasures::finish(conn, erasure.person))?;
        }
        Ok(open.len())
    }

    fn close_erasure(&self, erasure: &Destruction, now: DateTime<Utc>) -> Result<(), Error> {
        self.end_grants(erasure.person, now)?;
        if erasure.entered { Ok(()) } else { self.enter_erasure(erasure.person, erasure.since) }
    }

    /// Whether the ledger has the entries of an erasure, or nothing is left to do of it.
    fn is_entered(&self, person: Person) -> Result<bool, Error> {
        let open = self.store.read_blocking(erasures::open)?;
        Ok(open.iter().find(|erasure| erasure.person == person).is_none_or(|erasure| erasure.entered))
    }

    fn end_grants(&self, person: Person, now: DateTime<Utc>) -> Result<(), Error> {
        let how = How {
            act: grant::Act::Revoke,
            actor: Actor::System,
            reason: Some("customer_erased".to_owned()),
            cause: None,
        };
        for grant in self.store.read_blocking(|conn| grants::of_persons(conn, &[person]))? {
            if grant.state.is_final() {
                continue;
            }
            self.store.write_blocking(|conn| {
                let Some(grant) = grants::lock(conn, grant.grant_id)? else { return Ok(()) };
                match end_locked(&self.ledger, &self.keys, conn, &grant, &how, now) {
                    // Somebody else ended it meanwhile.
                    Ok(_) | Err(counterfoil_ledger::grants::EndError::Final(_)) => Ok(()),
                    Err(counterfoil_ledger::grants::EndError::Store(error)) => Err(error),
                }
            })?;
        }
        Ok(())
    }

    fn enter_erasure(&self, person: Person, since: DateTime<Utc>) -> Result<(), Error> {
        let keys = self.keys.person(person)?;
        let record = RecordId(self.entropy.bytes());
        let draft = |entry_type, state| Draft {
            entry_type,
            record,
            actor: Actor::System,
            state: Some(state),
            basis: Some(BASIS),
            effective_at: since,
            expires: None,
            display: None,
            cause: None,
            payload: None,
        };
        let drafts = [
            draft(EntryType::ErasureRequested, "requested"),
            draft(EntryType::ErasureCompleted, "completed"),
        ];
        self.store.write_blocking(|conn| {
            if erasures::enter(conn, person)? {
                self.ledger.append(conn, &keys, person, since, &drafts)?;
            }
            Ok::<_, Error>(())
        })
    }
}
