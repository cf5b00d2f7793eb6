//! `affected`: who was touched by an app, for whom a breach must be told (GDPR Art. 33 and 34).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::instant;
use counterfoil_domain::ids::{ClientId, GrantId, Person, RecordId};
use counterfoil_store::entries::{self, Log};
use counterfoil_store::grants::{self, Grant};
use counterfoil_store::people;
use serde::Serialize;

use super::disclosures::purchases;
use super::reading::{PAGE, text};
use super::{Audit, AuditError, Looker, is_past};

/// A question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Affected {
    /// The app.
    pub app: ClientId,
    /// From when, included.
    pub from: DateTime<Utc>,
    /// Until when, included.
    pub to: DateTime<Utc>,
}

/// Who was touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AffectedAnswer {
    /// The app.
    pub app: ClientId,
    /// As asked.
    pub from: String,
    /// As asked.
    pub to: String,
    /// Those who can be named, by customer id, then those who were erased since.
    pub customers: Vec<AffectedPerson>,
    /// How many of them got no customer id here: they were erased since.
    pub erased: usize,
    /// Persons who are whoever asks, and are left out with what left about them: somebody else must ask as well.
    pub withheld: usize,
    /// Disclosures to the app.
    pub disclosures: u64,
    /// Purchases in them; one that was in two answers counts twice.
    pub purchases: u64,
    /// Entries of the access log from that time that were erased, or whose payload was. Whether an erased entry was about
    /// this app is not known: where there are any, more may have been touched.
    pub unreadable: u64,
}

/// One customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AffectedPerson {
    /// Their customer id, or the other name under which they are known; `None` when they were erased since.
    pub customer: Option<String>,
    /// Grants of the app that could be used at some moment of the time.
    pub grants: Vec<TouchedGrant>,
    /// Disclosures to the app: entries of the access log.
    pub disclosures: u64,
    /// Purchases in them; one that was in two answers counts twice.
    pub purchases: u64,
    /// When the first was recorded.
    pub first: Option<String>,
    /// When the last was.
    pub last: Option<String>,
}

/// A grant that could be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TouchedGrant {
    /// Its public id.
    pub grant: GrantId,
    /// Its chain in the ledger.
    pub record: RecordId,
    /// When it was given.
    pub given_at: String,
    /// When it was over; `None` while it stands.
    pub ended_at: Option<String>,
}

#[derive(Default)]
struct Tally {
    grants: Vec<TouchedGrant>,
    disclosures: u64,
    purchases: u64,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
}

impl Audit {
    /// Who was touched by an app: whose grant it could use at some moment of the time, and whose data left to it.
    ///
    /// # Errors
    /// [`AuditError`].
    pub fn affected(
        &self,
        looker: &Looker,
        question: &Affected,
        now: DateTime<Utc>,
    ) -> Result<AffectedAnswer, AuditError> {
        is_past("to", question.to, now)?;
        if question.from > question.to {
            return Err(AuditError::Span);
        }
        let mut tallies: BTreeMap<Person, Tally> = BTreeMap::new();
        self.tally_grants(question, now, &mut tallies)?;
        let unreadable = self.tally_disclosures(question, &mut tallies)?;
        let touched: Vec<Person> = tallies.keys().copied().collect();
        let own = self.own_among(looker, &touched)?;
        tallies.retain(|person, _| !own.contains(person));
        let persons: Vec<Person> = tallies.keys().copied().collect();
        let mut names = self.store.read_blocking(|conn| people::customer_ids(conn, &self.keys, &persons))?;
        let mut customers: Vec<AffectedPerson> =
            tallies.into_iter().map(|(person, tally)| tally.of(names.remove(&person))).collect();
        customers.sort_by(|one, other| {
            (one.customer.is_none(), &one.customer).cmp(&(other.customer.is_none(), &other.customer))
        });
        self.note_search(looker, "affected", &persons, now)?;
        Ok(AffectedAnswer {
            app: question.app,
            from: instant(question.from),
            to: instant(question.to),
            erased: customers.iter().filter(|customer| customer.customer.is_none()).count(),
            disclosures: customers.iter().map(|customer| customer.disclosures).sum(),
            purchases: customers.iter().map(|customer| customer.purchases).sum(),
            customers,
            withheld: own.len(),
            unreadable,
        })
    }

    fn tally_grants(
        &self,
        question: &Affected,
        now: DateTime<Utc>,
        tallies: &mut BTreeMap<Person, Tally>,
    ) -> Result<(), AuditError> {
        let span = (question.from, question.to);
        let mut after = None;
        loop {
            let page = self
                .store
                .read_blocking(|conn| grants::of_app_between(conn, question.app, span, after, PAGE))?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.grant_id);
            for grant in &page {
                tallies.entry(grant.person).or_default().grants.push(touched(grant, now));
            }
        }
    }

    /// Every entry of that time, whatever the app's grants say today: a grant's row goes with its customer.
    fn tally_disclosures(
        &self,
        question: &Affected,
        tallies: &mut BTreeMap<Person, Tally>,
    ) -> Result<u64, AuditError> {
        let (app, span) = (format!("{}", question.app), (question.from, question.to));
        let mut without_payload = 0;
        let unreadable = self.each(
            |conn, after| entries::between(conn, Log::Access, span, after, PAGE),
            |entry, opened, person| {
                let to = opened.header.get("actor").and_then(|actor| text(actor, "ref"));
                if text(&opened.header, "type") != Some("disclosure.app") || to != Some(app.as_str()) {
                    return Ok(());
                }
                let at = entry.recorded_at.and_utc();
                let tally = tallies.entry(person).or_default();
                tally.disclosures += 1;
                match &opened.payload {
                    Some(payload) => tally.purchases += purchases(payload),
                    None => without_payload += 1,
                }
                tally.first = Some(tally.first.map_or(at, |first| first.min(at)));
                tally.last = tally.last.max(Some(at));
                Ok(())
            },
        )?;
        Ok(unreadable + without_payload)
    }
}

impl Tally {
    fn of(self, customer: Option<String>) -> AffectedPerson {
        AffectedPerson {
            customer,
            grants: self.grants,
            disclosures: self.disclosures,
            purchases: self.purchases,
            first: self.first.map(instant),
            last: self.last.map(instant),
        }
    }
}

fn touched(grant: &Grant, now: DateTime<Utc>) -> TouchedGrant {
    let over = grant.ended_at.into_iter().chain(grant.expires_at.filter(|end| *end <= now)).min();
    TouchedGrant {
        grant: grant.grant_id,
        record: grant.record,
        given_at: instant(grant.given_at),
        ended_at: over.map(instant),
    }
}
