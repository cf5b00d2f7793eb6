//! Whether something may be used, for this, now.

use chrono::{DateTime, Utc};
use counterfoil_domain::config_object::Id;
use counterfoil_domain::consent;
use counterfoil_domain::ids::{ConsentId, Person};
use counterfoil_domain::item;
use counterfoil_domain::objection::{Channel, Subject};
use counterfoil_store::conn::Conn;
use counterfoil_store::consents::{self, Consent};
use counterfoil_store::{dark, items, people};

use crate::objections::standing_in;
use crate::{VolunteeredError, Volunteering, kept, names, published};

/// Why something may be used, or may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The customer agreed.
    Given,
    /// The customer objects: to the purpose, to marketing, or to being contacted on that way.
    Objected,
    /// The customer has gone dark.
    GoneDark,
    /// There is no such customer.
    UnknownCustomer,
    /// The customer was never asked, or nobody answered in time.
    NoConsent,
    /// The customer was asked and has not answered.
    Requested,
    /// The customer wants to be asked later.
    Deferred,
    /// The customer said no.
    Refused,
    /// The customer took it back.
    Withdrawn,
    /// Its time is over.
    Expired,
    /// The retailer ended it.
    Revoked,
    /// It was never valid.
    Invalidated,
    /// The customer agreed and told nothing of this kind.
    NoItem,
}

impl Reason {
    /// The word shown to systems.
    pub fn name(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Objected => "objected",
            Self::GoneDark => "gone_dark",
            Self::UnknownCustomer => "unknown_customer",
            Self::NoConsent => "no_consent",
            Self::Requested => "requested",
            Self::Deferred => "deferred",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Invalidated => "invalidated",
            Self::NoItem => "no_item",
        }
    }
}

/// The answer to whether something may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may.
    pub permitted: bool,
    /// The consent that it rests on.
    pub consent_id: Option<ConsentId>,
    /// Until when, unless somebody ends it before.
    pub until: Option<DateTime<Utc>>,
    /// Why.
    pub reason: Reason,
}

impl Reason {
    /// Why a consent in a state permits, or does not.
    fn of(state: consent::State) -> Self {
        match state {
            consent::State::Given | consent::State::Renewed => Self::Given,
            consent::State::Unknown => Self::NoConsent,
            consent::State::Requested => Self::Requested,
            consent::State::RequestDeferred => Self::Deferred,
            consent::State::Refused => Self::Refused,
            consent::State::Expired => Self::Expired,
            consent::State::Withdrawn => Self::Withdrawn,
            consent::State::Revoked => Self::Revoked,
            consent::State::Invalidated => Self::Invalidated,
        }
    }
}

/// Whether a purpose may be pursued for a customer now, as the database has it. `attribute` narrows the question: to
/// being contacted on a way (`email`, `phone`, `sms`, `post`, `app`), or to what was answered to the ask with that id.
/// Objections are asked first; when something ends is computed from when it was to end. No entry is written.
///
/// # Errors
/// [`VolunteeredError::UnknownPurpose`], and the store's while the ledger is behind.
pub async fn decide(
    v: &Volunteering,
    customer_id: &str,
    purpose: &str,
    attribute: Option<&str>,
) -> Result<Decision, VolunteeredError> {
    v.ledger().check()?;
    let (index, now) = (v.keys().customer_index(customer_id), v.clock().now());
    let (volunteering, purpose, attribute) = (v.clone(), purpose.to_owned(), attribute.map(str::to_owned));
    v.store()
        .read(move |conn| {
            let known = published::latest_purpose(conn, &purpose)?.ok_or(VolunteeredError::UnknownPurpose)?;
            let no = |reason| Decision { permitted: false, consent_id: None, until: None, reason };
            let channel = attribute.as_deref().and_then(Channel::from_name);
            let barring: Vec<Subject> = Id::new(&purpose)
                .ok()
                .map(Subject::Purpose)
                .into_iter()
                .chain(known.processing.is_marketing().then_some(Subject::Marketing))
                .chain(channel.map(Subject::Channel))
                .collect();
            let person = people::find(conn, &index)?;
            let members = person.map_or_else(|| Ok(Vec::new()), |person| names::of(conn, person))?;
            let mut indexes = vec![index];
            for member in members.iter().filter(|member| Some(**member) != person) {
                indexes.extend(people::index_of(conn, *member)?);
            }
            // Also of somebody who was erased, and who may be back and have done nothing yet.
            if kept::is_any(&volunteering, conn, &indexes, &barring)? {
                return Ok(no(Reason::Objected));
            }
            let Some(person) = person else { return Ok(no(Reason::UnknownCustomer)) };
            let objections = standing_in(conn, &members)?;
            if barring.iter().any(|subject| objections.contains(subject)) {
                return Ok(no(Reason::Objected));
            }
            if !dark::among(conn, &members)?.is_empty() {
                return Ok(no(Reason::GoneDark));
            }
            let Some(consent) = consent_of(conn, person, &purpose)? else {
                return Ok(no(Reason::NoConsent));
            };
            let mut reason = Reason::of(consent.state_at(now));
            if let (Reason::Given, None, Some(ask)) = (reason, channel, &attribute) {
                let items = items::open_of_person(conn, consent.person)?;
                let is_told = items.iter().any(|item| {
                    item.consent_id == consent.consent_id
                        && item.ask == *ask
                        && item.state == item::State::Live
                });
                reason = if is_told { Reason::Given } else { Reason::NoItem };
            }
            let permitted = reason == Reason::Given;
            Ok(Decision {
                permitted,
                consent_id: Some(consent.consent_id),
                until: consent.expires_at.filter(|_| permitted),
                reason,
            })
        })
        .await
}

/// The consent to a purpose of whoever has a name: given by it, or by the name with which they sign in since several
/// became one. Of two the one counts that they decided about last.
fn consent_of(conn: &mut Conn, person: Person, purpose: &str) -> counterfoil_store::Result<Option<Consent>> {
    let own = consents::of_purpose(conn, person, purpose)?;
    let home = people::home(conn, person)?;
    let other = if home == person { None } else { consents::of_purpose(conn, home, purpose)? };
    let decided = |consent: &Consent| {
        consent.given_at.into_iter().chain(consent.ended_at).fold(consent.requested_at, Ord::max)
    };
    Ok(own.into_iter().chain(other).max_by_key(decided))
}
