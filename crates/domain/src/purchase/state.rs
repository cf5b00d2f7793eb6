//! The merge state of one purchase.

use chrono::{DateTime, Utc};

use super::{Order, Refund, Return};

/// One purchase: an order with its returns and refunds, or returns and refunds that wait for theirs or have none.
///
/// Which event is newer is settled before ([`crate::stream::verdict`]); what is put here stands. The same parts give
/// the same purchase in whatever order they come; only the revision and the times tell the difference.
#[derive(Clone, Debug)]
pub struct Purchase {
    pub(crate) order: Option<Order>,
    pub(crate) returns: Vec<Return>,
    pub(crate) refunds: Vec<Refund>,
    pub(crate) revision: i64,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl Purchase {
    /// A purchase that nothing is known of yet, recorded at `now`. Its first part makes it revision 1.
    pub fn empty(now: DateTime<Utc>) -> Self {
        Self {
            order: None,
            returns: Vec::new(),
            refunds: Vec::new(),
            revision: 0,
            recorded_at: now,
            updated_at: now,
        }
    }

    /// Whether it has no part left.
    pub fn is_empty(&self) -> bool {
        self.order.is_none() && self.returns.is_empty() && self.refunds.is_empty()
    }

    /// Whether its order has come.
    pub fn has_order(&self) -> bool {
        self.order.is_some()
    }

    /// The revision as served: it rises with every change that its reader can see.
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// The ids of its returns and refunds, each with its kind, as their locators name them.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let returns = self.returns.iter().map(|part| ("return", part.id()));
        returns.chain(self.refunds.iter().map(|part| ("refund", part.id())))
    }

    /// Counts a change that lies outside the purchase itself, as a link to another customer.
    pub fn touch(&mut self, now: DateTime<Utc>) {
        self.revision += 1;
        self.updated_at = self.updated_at.max(now);
    }

    /// Sets the order as it now stands; returns and refunds stay.
    pub fn put_order(&mut self, order: Order, now: DateTime<Utc>) {
        self.order = Some(order);
        self.touch(now);
    }

    /// Takes the order out, as one that its source removed; what came back of it stays.
    pub fn take_order(&mut self, now: DateTime<Utc>) {
        self.order = None;
        self.touch(now);
    }

    /// Takes everything out.
    pub fn clear(&mut self, now: DateTime<Utc>) {
        self.order = None;
        self.returns.clear();
        self.refunds.clear();
        self.touch(now);
    }

    /// Goes on counting behind a revision that was served before, of a purchase that was gone meanwhile.
    pub fn continue_after(&mut self, revision: i64) {
        self.revision = self.revision.max(revision);
    }

    /// Sets a return as it now stands.
    pub fn put_return(&mut self, part: Return, now: DateTime<Utc>) {
        let id = part.id.clone();
        let was_seen = self.sees_return(&id);
        self.returns.retain(|other| other.id != id);
        self.returns.push(part);
        self.returns
            .sort_by(|one, other| (one.returned_at(), &one.id).cmp(&(other.returned_at(), &other.id)));
        if was_seen || self.sees_return(&id) || self.refunds.iter().any(|refund| refund.pays_for(&id)) {
            self.touch(now);
        }
    }

    /// Sets a refund as it now stands.
    pub fn put_refund(&mut self, part: Refund, now: DateTime<Utc>) {
        let id = part.id.clone();
        let was_seen = self.sees_refund(&id);
        self.refunds.retain(|other| other.id != id);
        self.refunds.push(part);
        self.refunds.sort_by(|one, other| (one.issued_at(), &one.id).cmp(&(other.issued_at(), &other.id)));
        if was_seen || self.sees_refund(&id) {
            self.touch(now);
        }
    }

    /// Takes a return out, as one that a later revision puts under another order.
    pub fn take_return(&mut self, id: &str, now: DateTime<Utc>) -> Option<Return> {
        let seen = self.sees_return(id) || self.refunds.iter().any(|refund| refund.pays_for(id));
        let place = self.returns.iter().position(|part| part.id == id)?;
        if seen {
            self.touch(now);
        }
        Some(self.returns.remove(place))
    }

    /// Takes a refund out.
    pub fn take_refund(&mut self, id: &str, now: DateTime<Utc>) -> Option<Refund> {
        let seen = self.sees_refund(id);
        let place = self.refunds.iter().position(|part| part.id == id)?;
        if seen {
            self.touch(now);
        }
        Some(self.refunds.remove(place))
    }

    /// The returns that its customer may see: not those of who received it as a gift.
    pub(crate) fn seen_returns(&self) -> impl Iterator<Item = &Return> {
        self.returns.iter().filter(|part| !part.is_by_recipient)
    }

    /// The refunds that its customer may see: not those that pay for a return of who received it as a gift.
    pub(crate) fn seen_refunds(&self) -> impl Iterator<Item = &Refund> {
        self.refunds.iter().filter(|refund| {
            !self.returns.iter().any(|part| part.is_by_recipient && refund.pays_for(&part.id))
        })
    }

    fn sees_return(&self, id: &str) -> bool {
        self.seen_returns().any(|part| part.id == id)
    }

    fn sees_refund(&self, id: &str) -> bool {
        self.seen_refunds().any(|part| part.id == id)
    }
}

impl Refund {
    fn pays_for(&self, return_id: &str) -> bool {
        self.return_id.as_deref() == Some(return_id)
    }
}
