//! How consents and items end, whichever act it is that ends them.

use counterfoil_domain::consent;
use counterfoil_domain::entry::EntryType;
use counterfoil_domain::exchange;
use counterfoil_domain::ids::{ConsentId, EntryId, ItemId};
use counterfoil_domain::item;
use counterfoil_store::answers::State as AnswerState;
use counterfoil_store::conn::Conn;

use crate::VolunteeredError;
use crate::act::Act;

impl Act {
    /// Ends a consent that is in force, and with it what it covers; the entry about it.
    ///
    /// # Errors
    /// [`VolunteeredError::NotFound`] for another customer's, [`VolunteeredError::NotNow`] for one not in force.
    pub(crate) fn close_consent(
        &mut self,
        conn: &mut Conn,
        consent_id: ConsentId,
        act: consent::Act,
        cause: Option<EntryId>,
    ) -> Result<EntryId, VolunteeredError> {
        let consent = self.customer.consents.get(&consent_id).cloned().ok_or(VolunteeredError::NotFound)?;
        let purpose = consent.purpose.clone();
        let entry = self.step(conn, consent, act, cause)?;
        let is_over = act == consent::Act::Expire;
        let covered = self.customer.items.values().filter(|item| {
            item.consent_id == consent_id && !item.state.is_final()
                // What waits was not covered by it, and can still be confirmed when its time is over.
                && (item.state == item::State::Live || !is_over)
        });
        let covered: Vec<ItemId> = covered.map(|item| item.item_id).collect();
        let item_act = if is_over { item::Act::Expire } else { item::Act::Withdraw };
        for item_id in covered {
            self.end_item(conn, item_id, item_act, Some(entry))?;
        }
        self.close_answers(AnswerState::Answered, AnswerState::Withdrawn, |_, of| of == purpose);
        Ok(entry)
    }

    /// Ends an item: its value is gone, and what was promised for it is forgone unless somebody has fetched it.
    ///
    /// # Errors
    /// [`VolunteeredError::NotNow`] for one that has ended before.
    pub(crate) fn end_item(
        &mut self,
        conn: &mut Conn,
        item_id: ItemId,
        act: item::Act,
        cause: Option<EntryId>,
    ) -> Result<(), VolunteeredError> {
        let mut item = self.customer.items.get(&item_id).cloned().ok_or(VolunteeredError::NotFound)?;
        let was = item.state;
        item.state = item.state.after(act).map_err(|error| VolunteeredError::NotNow(error.from.name()))?;
        item.version += 1;
        item.value = None;
        item.ended_at = Some(self.now);
        let entry_type = match act {
            item::Act::Lapse | item::Act::Expire => EntryType::VolunteeredExpired,
            _ => EntryType::VolunteeredWithdrawn,
        };
        let (ask, was_live) = (item.ask.clone(), was == item::State::Live);
        let entry = self.write_item(conn, item, entry_type, None, cause)?;
        if self.customer.fetchers(item_id).is_empty() {
            // Each version of its ask may have promised something for it.
            let forgo = exchange::Act::Forgo { fetched: false };
            let owed = self
                .customer
                .exchanges
                .values()
                .filter(|exchange| exchange.item_id == item_id && exchange.state.after(forgo).is_ok());
            for exchange in owed.cloned().collect::<Vec<_>>() {
                self.exchange(exchange, forgo, Some(entry))?;
            }
        }
        let has_other =
            self.customer.items.values().any(|item| item.ask == ask && item.state == item::State::Live);
        if was_live && !has_other {
            self.close_answers(AnswerState::Answered, AnswerState::Withdrawn, |of, _| of == ask);
        }
        Ok(())
    }

    /// What stood at `from` among the answers that `is_meant` (by ask and purpose) is closed as `to`.
    pub(crate) fn close_answers(
        &mut self,
        from: AnswerState,
        to: AnswerState,
        is_meant: impl Fn(&str, &str) -> bool,
    ) {
        let meant =
            self.customer.answers.iter().filter(|answer| {
                answer.state == from && is_meant(answer.ask.as_str(), answer.purpose.as_str())
            });
        for mut answer in meant.cloned().collect::<Vec<_>>() {
            answer.state = to;
            answer.closed_at = Some(self.now);
            self.note_answer(answer);
        }
    }

    /// Writes down what time has done: consents have expired, and items waited in vain.
    pub(crate) fn settle(&mut self, conn: &mut Conn) -> Result<(), VolunteeredError> {
        self.expire_due(conn)?;
        self.lapse_due(conn)?;
        Ok(())
    }

    /// Writes down that items waited in vain.
    pub(crate) fn lapse_due(&mut self, conn: &mut Conn) -> Result<u32, VolunteeredError> {
        let now = self.now;
        let over =
            self.customer.items.values().filter(|item| {
                item.state == item::State::Waiting && item.ends_at.is_some_and(|end| end <= now)
            });
        let over: Vec<ItemId> = over.map(|item| item.item_id).collect();
        let mut lapsed = 0;
        for item_id in over {
            self.end_item(conn, item_id, item::Act::Lapse, None)?;
            lapsed += 1;
        }
        Ok(lapsed)
    }

    /// Writes down that consents have expired whose time is over.
    pub(crate) fn expire_due(&mut self, conn: &mut Conn) -> Result<u32, VolunteeredError> {
        let now = self.now;
        let due = self.customer.consents.values().filter(|consent| consent.state != consent.state_at(now));
        let due: Vec<ConsentId> = due.map(|consent| consent.consent_id).collect();
        let mut expired = 0;
        for consent_id in due {
            self.close_consent(conn, consent_id, consent::Act::Expire, None)?;
            expired += 1;
        }
        Ok(expired)
    }
}
