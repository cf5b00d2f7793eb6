//! One act on one customer, in its transaction. What it changes is gathered, checked by the state machines and then
//! written in the order of the locks: the rows, the gate, the entries.

mod end;
mod rows;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use counterfoil_domain::consent;
use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::exchange;
use counterfoil_domain::ids::{ConsentId, EntryId, ExchangeId, ItemId, Person, RecordId};
use counterfoil_domain::item;
use counterfoil_domain::objection::Subject;
use counterfoil_ledger::Draft;
use counterfoil_store::answers::Answer;
use counterfoil_store::conn::Conn;
use counterfoil_store::consents::Consent;
use counterfoil_store::dark::Dark;
use counterfoil_store::exchanges::Exchange;
use counterfoil_store::items::Item;
use counterfoil_store::keys::PersonKeys;
use counterfoil_store::objections::Objection;
use counterfoil_store::{Error, people};
use serde_json::{Value, json};

use crate::asks::PurposeView;
use crate::customer::{By, Customer};
use crate::{VolunteeredError, Volunteering, kept, published};

pub(crate) use self::end::{Done, finish_all};

/// An act under way.
pub(crate) struct Act {
    pub(crate) v: Volunteering,
    pub(crate) person: Person,
    pub(crate) now: DateTime<Utc>,
    pub(crate) customer: Customer,
    by: By,
    purposes: HashMap<String, PurposeView>,
    drafts: Vec<Draft>,
    consents: BTreeMap<ConsentId, EntryId>,
    items: BTreeMap<ItemId, EntryId>,
    /// Items whose place in the order moves though they do not change.
    moved: BTreeMap<ItemId, EntryId>,
    exchanges: BTreeSet<ExchangeId>,
    answered: BTreeSet<(String, i32)>,
    raised: Vec<Objection>,
    lifted: Vec<Subject>,
    /// Marks of objections that an erasure had kept and that stand again.
    kept: Vec<[u8; 16]>,
    dark: Option<DarkStep>,
    /// Whether everything about the customer goes after this.
    pub(crate) is_last: bool,
}

enum DarkStep {
    Begin(Dark),
    End,
}

/// What an entry says, but for who acts and when.
pub(crate) struct Says {
    pub(crate) entry_type: EntryType,
    pub(crate) record: RecordId,
    pub(crate) state: &'static str,
    pub(crate) basis: Option<&'static str>,
    pub(crate) expires: Option<DateTime<Utc>>,
    pub(crate) config: Option<String>,
    pub(crate) cause: Option<EntryId>,
    pub(crate) payload: Value,
}

impl Act {
    /// Takes the customer's row, so that one act at a time concerns them, and reads what stands.
    ///
    /// # Errors
    /// [`VolunteeredError::NotFound`] for a customer who is not there (any more).
    pub(crate) fn begin(
        v: &Volunteering,
        conn: &mut Conn,
        person: Person,
        by: By,
        now: DateTime<Utc>,
    ) -> Result<Self, VolunteeredError> {
        if !people::hold(conn, person)? {
            return Err(VolunteeredError::NotFound);
        }
        let mut act = Self::on(v, conn, person, by, now)?;
        act.bring_back(conn)?;
        Ok(act)
    }

    /// What somebody objected to who was erased and is back stands again, before anything else is done.
    fn bring_back(&mut self, conn: &mut Conn) -> Result<(), Error> {
        let Some(index) = people::index_of(conn, self.person)? else { return Ok(()) };
        let kept = kept::of(&self.v, conn, &index)?;
        for subject in &kept.subjects {
            let before = self.drafts.len();
            self.object(subject, None)?;
            for draft in self.drafts.iter_mut().skip(before) {
                // The customer said it long ago, and nobody showed them anything now.
                draft.actor = Actor::System;
                draft.display = None;
                if let Some(members) = draft.payload.as_mut().and_then(Value::as_object_mut) {
                    members.insert("reason".to_owned(), json!("kept_at_erasure"));
                }
            }
        }
        self.kept = kept.marks;
        Ok(())
    }

    /// An act on somebody whom nobody else can act on any more.
    pub(crate) fn on(
        v: &Volunteering,
        conn: &mut Conn,
        person: Person,
        by: By,
        now: DateTime<Utc>,
    ) -> Result<Self, Error> {
        Ok(Self {
            v: v.clone(),
            person,
            now,
            customer: Customer::load(conn, person)?,
            by,
            purposes: HashMap::new(),
            drafts: Vec::new(),
            consents: BTreeMap::new(),
            items: BTreeMap::new(),
            moved: BTreeMap::new(),
            exchanges: BTreeSet::new(),
            answered: BTreeSet::new(),
            raised: Vec::new(),
            lifted: Vec::new(),
            kept: Vec::new(),
            dark: None,
            is_last: false,
        })
    }

    /// Refuses what a customer who has gone dark is not asked, by whichever of their names.
    pub(crate) fn check_not_dark(&self) -> Result<(), VolunteeredError> {
        if self.customer.quiet_until().is_some() { Err(VolunteeredError::Quiet) } else { Ok(()) }
    }

    pub(crate) fn keys(&self) -> Result<std::sync::Arc<PersonKeys>, Error> {
        self.v.keys().person(self.person)
    }

    /// A record that its customer's key alone tells: it needs no row to be found again.
    pub(crate) fn own_record(&self, parts: &[&str]) -> Result<RecordId, Error> {
        own_record(self.keys()?.as_ref(), parts)
    }

    pub(crate) fn purpose(&mut self, conn: &mut Conn, hash: &str) -> Result<PurposeView, Error> {
        if let Some(purpose) = self.purposes.get(hash) {
            return Ok(purpose.clone());
        }
        let purpose = published::purpose(conn, hash)?;
        self.purposes.insert(hash.to_owned(), purpose.clone());
        Ok(purpose)
    }

    /// Adds an entry; its id.
    pub(crate) fn say(&mut self, says: Says) -> EntryId {
        let Says { entry_type, record, state, basis, expires, config, cause, mut payload } = says;
        let entry_id = EntryId(self.v.entropy().bytes());
        if let (Some(reason), Some(members)) = (&self.by.reason, payload.as_object_mut()) {
            members.insert("reason".to_owned(), json!(reason));
        }
        self.drafts.push(Draft {
            entry_type,
            record,
            actor: self.by.actor.clone(),
            state: Some(state),
            basis,
            effective_at: self.now,
            expires,
            display: self.by.display.clone(),
            cause,
            entry_id: Some(entry_id),
            config,
            payload: Some(payload),
        });
        entry_id
    }

    /// A step of a consent, as `change` has made it otherwise.
    ///
    /// # Errors
    /// [`VolunteeredError::NotNow`] where the state machine has no such step.
    pub(crate) fn step(
        &mut self,
        conn: &mut Conn,
        mut consent: Consent,
        act: consent::Act,
        cause: Option<EntryId>,
    ) -> Result<EntryId, VolunteeredError> {
        let from = consent.state;
        consent.state = from.after(act).map_err(|error| VolunteeredError::NotNow(error.from.name()))?;
        consent.version += 1;
        let is_in_force = consent.state.is_in_force();
        if is_in_force {
            consent.ended_at = None;
        } else if from.is_in_force() || from.is_open() && !consent.state.is_open() {
            consent.ended_at = Some(self.now);
        }
        let purpose = self.purpose(conn, &consent.purpose_hash.clone())?;
        let id = self.say(Says {
            entry_type: act.entry_type(),
            record: consent.record,
            state: consent.state.iri(),
            basis: purpose.processing.basis(),
            expires: consent.expires_at.filter(|_| is_in_force),
            config: Some(consent.config.clone()),
            cause,
            payload: json!({
                "consentId": consent.consent_id,
                "purpose": { "id": consent.purpose, "hash": consent.purpose_hash },
                "ask": consent.ask,
                "version": consent.version,
            }),
        });
        self.consents.insert(consent.consent_id, id);
        self.customer.consents.insert(consent.consent_id, consent);
        Ok(id)
    }

    /// Writes that an item stands as it does now, with an entry of this type.
    pub(crate) fn write_item(
        &mut self,
        conn: &mut Conn,
        item: Item,
        entry_type: EntryType,
        digest: Option<&str>,
        cause: Option<EntryId>,
    ) -> Result<EntryId, VolunteeredError> {
        let (basis, expires) = self.terms_of(conn, &item)?;
        let id = self.say(Says {
            entry_type,
            record: item.record,
            state: item.state.name(),
            basis,
            expires,
            config: Some(item.ask_hash.clone()),
            cause,
            payload: json!({
                "itemId": item.item_id,
                "consentId": item.consent_id,
                "purpose": item.purpose,
                "ask": { "id": item.ask, "version": item.ask_version },
                "clientId": item.client_id,
                "version": item.version,
                "valueDigest": digest,
            }),
        });
        self.items.insert(item.item_id, id);
        self.customer.items.insert(item.item_id, item);
        Ok(id)
    }

    /// The lawful basis of an item's purpose, and until when it is kept.
    fn terms_of(
        &mut self,
        conn: &mut Conn,
        item: &Item,
    ) -> Result<(Option<&'static str>, Option<DateTime<Utc>>), Error> {
        let consent = self.customer.consents.get(&item.consent_id);
        let consent = consent.ok_or_else(|| Error::corrupt("items", "consent_id", item.item_id))?;
        let expires = consent.expires_at.filter(|_| item.state == item::State::Live);
        let hash = consent.purpose_hash.clone();
        Ok((self.purpose(conn, &hash)?.processing.basis(), expires))
    }

    /// A step of an exchange.
    ///
    /// # Errors
    /// [`VolunteeredError::NotNow`] where the state machine has no such step.
    pub(crate) fn exchange(
        &mut self,
        mut exchange: Exchange,
        act: exchange::Act,
        cause: Option<EntryId>,
    ) -> Result<(), VolunteeredError> {
        exchange.state =
            exchange.state.after(act).map_err(|error| VolunteeredError::NotNow(error.from.name()))?;
        match exchange.state {
            exchange::State::Delivered => exchange.delivered_at = Some(self.now),
            exchange::State::Forgone => exchange.ended_at = Some(self.now),
            _ => {}
        }
        self.write_exchange(exchange, cause);
        Ok(())
    }

    /// Writes that an exchange stands as it does now, with the entry of its state.
    pub(crate) fn write_exchange(&mut self, exchange: Exchange, cause: Option<EntryId>) {
        self.say(Says {
            entry_type: exchange.state.entry_type(),
            record: exchange.record,
            state: exchange.state.name(),
            basis: None,
            expires: exchange.state.is_owed().then_some(exchange.due_at),
            config: None,
            cause,
            payload: json!({
                "exchangeId": exchange.exchange_id,
                "itemId": exchange.item_id,
                "ask": { "id": exchange.ask, "version": exchange.ask_version },
                "amount": exchange.amount,
                "unit": exchange.unit,
                "reference": exchange.reference,
            }),
        });
        self.exchanges.insert(exchange.exchange_id);
        self.customer.exchanges.insert(exchange.exchange_id, exchange);
    }

    /// Writes what became of a version of an ask.
    pub(crate) fn note_answer(&mut self, answer: Answer) {
        self.answered.insert((answer.ask.clone(), answer.version));
        self.customer.answers.retain(|other| (&other.ask, other.version) != (&answer.ask, answer.version));
        self.customer.answers.push(answer);
    }

    /// Writes that the customer objects; `false` when they did before.
    pub(crate) fn object(&mut self, subject: &Subject, cause: Option<EntryId>) -> Result<bool, Error> {
        if self.customer.objects_to(subject) {
            return Ok(false);
        }
        let record = self.own_record(&["objection", &subject.to_string()])?;
        let entry = self.say(Says::about(record, EntryType::ObjectionRaised, "raised", cause, subject));
        let objection =
            Objection { person: self.person, subject: subject.clone(), record, raised_at: self.now };
        self.raised.push(objection.clone());
        self.customer.objections.push(objection);
        self.moved_by(subject, entry);
        Ok(true)
    }

    /// Writes that the customer objects no more; `false` when they did not.
    pub(crate) fn lift(&mut self, subject: &Subject, cause: Option<EntryId>) -> Result<bool, Error> {
        if !self.customer.objects_to(subject) {
            return Ok(false);
        }
        let record = self.own_record(&["objection", &subject.to_string()])?;
        let entry = self.say(Says::about(record, EntryType::ObjectionLifted, "lifted", cause, subject));
        // Also one that has come back with this very act.
        self.raised.retain(|objection| objection.subject != *subject);
        self.lifted.push(subject.clone());
        self.customer.objections.retain(|objection| objection.subject != *subject);
        self.moved_by(subject, entry);
        Ok(true)
    }

    /// Items that an objection withholds, or gives back, come again in the order: their readers are to notice.
    fn moved_by(&mut self, subject: &Subject, entry: EntryId) {
        let is_touched = |item: &&Item| match subject {
            Subject::Purpose(id) => item.purpose == id.as_str(),
            Subject::Marketing => true,
            Subject::Channel(_) => false,
        };
        let live = self.customer.items.values().filter(|item| item.state == item::State::Live);
        let touched: Vec<ItemId> = live.filter(is_touched).map(|item| item.item_id).collect();
        self.moved.extend(touched.into_iter().map(|id| (id, entry)));
    }

    /// Writes that the customer goes dark.
    pub(crate) fn go_dark(&mut self, dark: Dark) {
        self.dark = Some(DarkStep::Begin(dark.clone()));
        self.customer.dark = Some(dark);
    }

    /// Writes that the customer starts again.
    pub(crate) fn return_from_dark(&mut self) {
        self.dark = Some(DarkStep::End);
        self.customer.dark = None;
    }
}

impl Says {
    /// An entry about a right: GDPR Art. 21.
    fn about(
        record: RecordId,
        entry_type: EntryType,
        state: &'static str,
        cause: Option<EntryId>,
        subject: &Subject,
    ) -> Self {
        Self {
            entry_type,
            record,
            state,
            basis: Some("eu-gdpr:A21"),
            expires: None,
            config: None,
            cause,
            payload: json!({ "subject": subject.to_string() }),
        }
    }
}

/// A record that its customer's key alone tells.
pub(crate) fn own_record(keys: &PersonKeys, parts: &[&str]) -> Result<RecordId, Error> {
    let mut all: Vec<&[u8]> = vec![b"record"];
    all.extend(parts.iter().map(|part| part.as_bytes()));
    let mac = keys.evidence.mac(&all);
    mac.first_chunk::<16>()
        .copied()
        .map(RecordId)
        .ok_or_else(|| Error::Unexpected("a short digest".to_owned()))
}
