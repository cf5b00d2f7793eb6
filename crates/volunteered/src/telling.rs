//! Telling the retailer's systems, in the transaction of the act.

mod again;
mod answering;
mod messages;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use counterfoil_domain::ids::{ClientId, EntryId, Person, PropagationId, Pseudonym};
use counterfoil_store::conn::Conn;
use counterfoil_store::consents::Consent;
use counterfoil_store::items::Item;
use counterfoil_store::keys::{Keys, Secret};
use counterfoil_store::outbox::{self, Message, Topic};
use counterfoil_store::propagations::{self, Propagation};
use counterfoil_store::pseudonyms::{self, Named};
use counterfoil_store::{Error, Result};

use self::messages::{ConsentState, Gone, ItemState, Moment};
use crate::act::Act;

pub use self::again::tell_all;
pub use self::answering::{Acknowledged, acknowledge, note_overdue, resolve, tell_sent};
pub use counterfoil_store::propagations::Outcome;

/// The realm's key under which pseudonyms are made.
const KEY: &str = "pseudonyms";
/// For how long systems may take to say that they have deleted something, where nothing else is set.
const CONFIRM: TimeDelta = TimeDelta::hours(24);

/// How systems of the retailer are told.
#[derive(Clone)]
pub struct Telling {
    source: String,
    confirm: TimeDelta,
    secret: Secret,
}

impl std::fmt::Debug for Telling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telling").field("source", &self.source).finish_non_exhaustive()
    }
}

impl Telling {
    /// `source` is who tells (CloudEvents `source`): the service's public URL. `confirm_hours` is for how long systems may
    /// take to say that they have deleted what is gone.
    ///
    /// # Errors
    /// The keystore's.
    pub fn new(keys: &Keys, source: &str, confirm_hours: u32) -> Result<Self> {
        let (source, confirm) = (source.to_owned(), TimeDelta::hours(confirm_hours.into()));
        Ok(Self { source, confirm, secret: keys.named(KEY)? })
    }

    /// By which name a topic knows a customer: another one in each topic, and nothing to whoever has not the key.
    fn pseudonym(&self, topic: Topic, person: Person) -> Result<Pseudonym> {
        let mac = self.secret.mac(&[topic.name().as_bytes(), person.as_bytes()]);
        mac.first_chunk::<16>()
            .copied()
            .map(Pseudonym)
            .ok_or_else(|| Error::Unexpected("a short digest".to_owned()))
    }
}

/// What one act tells; gathered, then written table by table.
#[derive(Default)]
pub(crate) struct News {
    messages: Vec<Message>,
    named: BTreeSet<Named>,
    propagations: Vec<Propagation>,
}

impl News {
    /// A consent stands elsewhere than before, by this entry.
    pub(crate) fn consent_changed(&mut self, act: &Act, consent: &Consent, entry: EntryId) -> Result<()> {
        let Some(telling) = act.v.telling() else { return Ok(()) };
        let pseudonym = self.name(telling, Topic::Consents, consent.person)?;
        let moment = Moment { source: &telling.source, at: act.now };
        let body = ConsentState::of(consent, pseudonym, entry).body(&moment)?;
        self.messages.push(Message {
            topic: Topic::Consents,
            pseudonym,
            person: Some(consent.person),
            record: consent.record,
            version: consent.version,
            at: act.now,
            body,
            is_tombstone: false,
        });
        Ok(())
    }

    /// A consent goes, with its customer.
    pub(crate) fn consent_gone(&mut self, act: &Act, consent: &Consent) -> Result<()> {
        let Some(telling) = act.v.telling() else { return Ok(()) };
        let pseudonym = self.name(telling, Topic::Consents, consent.person)?;
        let version = consent.version + 1;
        let gone = Gone {
            pseudonym,
            record: consent.record,
            version,
            deleted: true,
            item_id: None,
            propagation_id: None,
            entry_id: None,
        };
        let body = gone.body(&Moment { source: &telling.source, at: act.now }, Topic::Consents)?;
        self.messages.push(Message {
            topic: Topic::Consents,
            pseudonym,
            person: Some(consent.person),
            record: consent.record,
            version,
            at: act.now,
            body,
            is_tombstone: true,
        });
        Ok(())
    }

    /// An item can be used, or has another value, by this entry.
    pub(crate) fn item_changed(&mut self, act: &Act, item: &Item, entry: EntryId) -> Result<()> {
        let Some(telling) = act.v.telling() else { return Ok(()) };
        let pseudonym = self.name(telling, Topic::Volunteered, item.person)?;
        let moment = Moment { source: &telling.source, at: act.now };
        let body = ItemState::of(item, pseudonym, entry).body(&moment)?;
        self.messages.push(Message {
            topic: Topic::Volunteered,
            pseudonym,
            person: Some(item.person),
            record: item.record,
            version: item.version,
            at: act.now,
            body,
            is_tombstone: false,
        });
        Ok(())
    }

    /// An item has ended that these systems have fetched, by this entry: they are to say that they have nothing of it any
    /// more.
    pub(crate) fn item_gone(
        &mut self,
        act: &Act,
        item: &Item,
        fetchers: &[ClientId],
        entry: EntryId,
    ) -> Result<()> {
        let Some(telling) = act.v.telling() else { return Ok(()) };
        let pseudonym = self.name(telling, Topic::Volunteered, item.person)?;
        let propagation_id = (!fetchers.is_empty()).then(|| PropagationId(act.v.entropy().bytes()));
        let gone = Gone {
            pseudonym,
            record: item.record,
            version: item.version,
            deleted: true,
            item_id: Some(item.item_id),
            propagation_id,
            entry_id: Some(entry),
        };
        let body = gone.body(&Moment { source: &telling.source, at: act.now }, Topic::Volunteered)?;
        self.messages.push(Message {
            topic: Topic::Volunteered,
            pseudonym,
            person: Some(item.person),
            record: item.record,
            version: item.version,
            at: act.now,
            body,
            is_tombstone: true,
        });
        let Some(propagation_id) = propagation_id else { return Ok(()) };
        self.propagations.extend(fetchers.iter().map(|client_id| Propagation {
            propagation_id,
            client_id: *client_id,
            person: Some(item.person),
            record: item.record,
            cause: entry,
            told_at: None,
            due_at: None,
            answered_at: None,
            outcome: None,
            overdue_at: None,
        }));
        Ok(())
    }

    /// Writes everything, in the order of the locks.
    pub(crate) fn hand_in(self, conn: &mut Conn) -> Result<()> {
        outbox::put(conn, &self.messages)?;
        pseudonyms::note(conn, &self.named.into_iter().collect::<Vec<_>>())?;
        propagations::put(conn, &self.propagations)
    }

    fn name(&mut self, telling: &Telling, topic: Topic, person: Person) -> Result<Pseudonym> {
        let pseudonym = telling.pseudonym(topic, person)?;
        self.named.insert(Named { pseudonym, topic, person });
        Ok(pseudonym)
    }
}

/// Deletes which names topics have for a person, and what waits about them; that something of theirs is gone is still
/// sent.
pub(crate) fn forget(conn: &mut Conn, person: Person) -> Result<()> {
    outbox::forget(conn, person)?;
    pseudonyms::forget(conn, person)?;
    propagations::forget(conn, person)
}
