//! The rows of an act, and what the retailer's systems are told of them.

use std::collections::BTreeSet;

use counterfoil_domain::item;
use counterfoil_store::conn::Conn;
use counterfoil_store::{Error, answers, consents, dark, exchanges, items, objections};

use super::{Act, DarkStep};
use crate::telling;

impl Act {
    pub(super) fn write_rows(&self, conn: &mut Conn) -> Result<(), Error> {
        for id in self.consents.keys() {
            if let Some(consent) = self.customer.consents.get(id) {
                consents::put(conn, consent)?;
            }
        }
        for id in self.items.keys() {
            if let Some(item) = self.customer.items.get(id) {
                items::put(conn, item)?;
            }
        }
        for id in &self.exchanges {
            if let Some(exchange) = self.customer.exchanges.get(id) {
                exchanges::put(conn, exchange)?;
            }
        }
        for (ask, version) in &self.answered {
            if let Some(answer) = self.customer.answer_to(ask, *version) {
                answers::put(conn, answer)?;
            }
        }
        for subject in &self.lifted {
            objections::lift(conn, self.person, subject)?;
        }
        for objection in &self.raised {
            objections::raise(conn, objection)?;
        }
        match &self.dark {
            Some(DarkStep::Begin(dark)) => dark::begin(conn, dark),
            Some(DarkStep::End) => dark::end(conn, self.person),
            None => Ok(()),
        }
    }

    /// Tells the retailer's systems; how many of them learn that something is gone.
    pub(super) fn tell(&self, conn: &mut Conn) -> Result<u32, Error> {
        for (id, entry) in &self.consents {
            if let Some(consent) = self.customer.consents.get(id) {
                telling::consent_changed_in(&self.v, conn, consent, *entry)?;
            }
        }
        let mut told = BTreeSet::new();
        for (id, entry) in &self.items {
            let Some(item) = self.customer.items.get(id) else { continue };
            if item.state.is_final() {
                let fetchers = self.customer.fetchers(*id);
                told.extend(fetchers.iter().copied());
                telling::item_gone_in(&self.v, conn, item, &fetchers, *entry)?;
            } else if item.state == item::State::Live {
                telling::item_changed_in(&self.v, conn, item, *entry)?;
            }
        }
        Ok(u32::try_from(told.len()).unwrap_or(u32::MAX))
    }
}
