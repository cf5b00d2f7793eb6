//! Events about who is who: each in transactions of its own, before the batch that it came with. What comes of a batch
//! does not depend on the order of its events, and all of them may come again, so nothing is lost by that.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use counterfoil_domain::stream::{Act, Alias, Identity as Content};
use counterfoil_store::erasures::Door;
use counterfoil_store::people::CustomerName;

use crate::erasing::Erasure;
use crate::joining::{self, Statement};
use crate::recorder::{RecordError, Recorder};
use crate::subject::Applied;

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
                        said: Some((act.order, act.digest)),
                        door: Door::of_stream(),
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
}
