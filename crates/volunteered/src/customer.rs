//! What stands about one customer, and who acts on it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::{Actor, Display};
use counterfoil_domain::ids::{ClientId, ConsentId, ExchangeId, ItemId, Person};
use counterfoil_domain::objection::Subject;
use counterfoil_ledger::config::Shown;
use counterfoil_store::Error;
use counterfoil_store::answers::{self, Answer};
use counterfoil_store::conn::Conn;
use counterfoil_store::consents::{self, Consent};
use counterfoil_store::dark::{self, Dark};
use counterfoil_store::exchanges::{self, Exchange};
use counterfoil_store::items::{self, Item, Touch};
use counterfoil_store::objections::{self, Objection};

use crate::items::AppStanding;
use crate::{Volunteering, names};

/// Who acts, and what they were shown.
#[derive(Debug, Clone)]
pub(crate) struct By {
    pub(crate) actor: Actor,
    pub(crate) display: Option<Display>,
    pub(crate) reason: Option<String>,
}

impl By {
    /// The customer, on a page.
    pub(crate) fn customer(v: &Volunteering, shown: &Shown) -> Self {
        Self { actor: Actor::Customer, display: Some(v.ledger().display(shown)), reason: None }
    }

    /// The customer, where nothing was shown.
    pub(crate) fn customer_unseen() -> Self {
        Self { actor: Actor::Customer, display: None, reason: None }
    }

    /// An app that acts for the customer.
    pub(crate) fn app(app: &AppStanding) -> Self {
        Self { actor: Actor::App(format!("{}", app.standing.client_id)), display: None, reason: None }
    }

    /// A system of the retailer.
    pub(crate) fn system(client_id: impl std::fmt::Display) -> Self {
        Self { actor: Actor::App(format!("{client_id}")), display: None, reason: None }
    }

    /// A member of staff, who says why.
    pub(crate) fn staff(reference: String, reason: String) -> Self {
        Self { actor: Actor::Staff(reference), display: None, reason: Some(reason) }
    }

    /// Time, by the service itself.
    pub(crate) fn time() -> Self {
        Self { actor: Actor::System, display: None, reason: None }
    }

    /// The service itself, which says why.
    pub(crate) fn service(reason: &str) -> Self {
        Self { actor: Actor::System, display: None, reason: Some(reason.to_owned()) }
    }
}

/// What stands about a customer.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) consents: BTreeMap<ConsentId, Consent>,
    /// Those that have not ended.
    pub(crate) items: BTreeMap<ItemId, Item>,
    pub(crate) exchanges: BTreeMap<ExchangeId, Exchange>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) objections: Vec<Objection>,
    pub(crate) dark: Option<Dark>,
    /// What the customer objects to by their other names.
    pub(crate) objections_elsewhere: BTreeSet<Subject>,
    /// That they have gone dark by another name.
    pub(crate) dark_elsewhere: Option<Dark>,
    pub(crate) fetches: Vec<Touch>,
}

impl Customer {
    pub(crate) fn load(conn: &mut Conn, person: Person) -> Result<Self, Error> {
        let consents = consents::of_person(conn, person)?;
        let items = items::open_of_person(conn, person)?;
        let exchanges = exchanges::of_person(conn, person)?;
        let names = names::of(conn, person)?;
        let all = objections::of_persons(conn, &names)?;
        let (own, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|objection| objection.person == person);
        let (dark, dark_elsewhere): (Vec<_>, Vec<_>) =
            dark::among(conn, &names)?.into_iter().partition(|dark| dark.person == person);
        Ok(Self {
            consents: consents.into_iter().map(|consent| (consent.consent_id, consent)).collect(),
            items: items.into_iter().map(|item| (item.item_id, item)).collect(),
            exchanges: exchanges.into_iter().map(|exchange| (exchange.exchange_id, exchange)).collect(),
            answers: answers::of_person(conn, person)?,
            objections: own,
            objections_elsewhere: others.into_iter().map(|objection| objection.subject).collect(),
            dark: dark.into_iter().next(),
            dark_elsewhere: dark_elsewhere.into_iter().max_by_key(|dark| dark.quiet_until),
            fetches: items::fetches_of(conn, person)?,
        })
    }

    /// The consent to a purpose.
    pub(crate) fn consent_to(&self, purpose: &str) -> Option<&Consent> {
        self.consents.values().find(|consent| consent.purpose == purpose)
    }

    /// What became of a version of an ask.
    pub(crate) fn answer_to(&self, ask: &str, version: i32) -> Option<&Answer> {
        self.answers.iter().find(|answer| answer.ask == ask && answer.version == version)
    }

    /// Whether they object under this very name.
    pub(crate) fn objects_to(&self, subject: &Subject) -> bool {
        self.objections.iter().any(|objection| objection.subject == *subject)
    }

    /// Whether they object, by whichever name.
    pub(crate) fn is_objected(&self, subject: &Subject) -> bool {
        self.objects_to(subject) || self.objections_elsewhere.contains(subject)
    }

    /// Until when they are asked nothing, by whichever name they went dark; nothing where they did not.
    pub(crate) fn quiet_until(&self) -> Option<DateTime<Utc>> {
        self.dark.iter().chain(&self.dark_elsewhere).map(|dark| dark.quiet_until).max()
    }

    /// The systems that have fetched an item.
    pub(crate) fn fetchers(&self, item_id: ItemId) -> Vec<ClientId> {
        let theirs = self.fetches.iter().filter(|touch| touch.item_id == item_id);
        theirs.map(|touch| touch.client_id).collect()
    }
}
