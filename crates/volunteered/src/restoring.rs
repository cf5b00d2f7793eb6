//! Doing again, after an older state of the database was put back, what the closure journal says was done.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use counterfoil_domain::config_object::Id;
use counterfoil_domain::consent;
use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::ids::{ConsentId, ItemId, Person};
use counterfoil_domain::item;
use counterfoil_domain::objection::{Channel, Subject};
use counterfoil_ledger::journal::{Journal, Line};
use counterfoil_ledger::{About, Draft};
use counterfoil_store::conn::Conn;
use counterfoil_store::{Error, Result, consents, dark as rows, exchanges, items, objections, people};
use serde_json::json;

use crate::act::{Act, own_record};
use crate::customer::By;
use crate::rebuild::{Difference, check_in};
use crate::{VolunteeredError, Volunteering, dark, published};

/// Rows looked at together.
const PAGE: i64 = 1_000;
/// Why something ends that an older state of the database had brought back.
const REASON: &str = "restored";

/// Something that is to be done again.
#[derive(Debug, Clone)]
enum Step {
    Consent(ConsentId, consent::Act),
    Item(ItemId),
    Object(Subject),
    Dark,
}

/// What is to be done again, by customer: each with when it was done.
#[derive(Debug, Clone, Default)]
pub struct Plan(Vec<(Person, DateTime<Utc>, Step)>);

impl Plan {
    /// How many steps there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What lines of the journal say was done about consents, items and objections, and is not done in this state of the
/// database. What was corrected cannot be corrected again, since the journal has no values: it is taken back.
///
/// # Errors
/// The store's.
pub fn plan(v: &Volunteering, journal: &Journal, lost: &[Line]) -> Result<Plan> {
    let mut lines: HashMap<&str, Vec<&Line>> = HashMap::new();
    for line in lost {
        lines.entry(&line.record).or_default().push(line);
        lines.entry(&line.person).or_default().push(line);
    }
    v.store().read_moment_blocking(|conn| {
        let mut plan = Plan::default();
        plan_consents(conn, journal, &lines, &mut plan)?;
        plan_items(conn, journal, &lines, &mut plan)?;
        plan_persons(v, conn, journal, &lines, &mut plan)?;
        Ok(plan)
    })
}

fn plan_consents(
    conn: &mut Conn,
    journal: &Journal,
    lines: &HashMap<&str, Vec<&Line>>,
    plan: &mut Plan,
) -> Result<()> {
    let mut after = None;
    loop {
        let page = consents::page(conn, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.consent_id);
        for consent in page {
            let found = lines.get(journal.record(consent.record).as_str()).into_iter().flatten();
            let ends = found.filter_map(|line| Some((line.at, ending(&line.act)?)));
            let step = ends.into_iter().find(|(_, act)| consent.state.after(*act).is_ok());
            if let Some((at, act)) = step {
                plan.0.push((consent.person, at, Step::Consent(consent.consent_id, act)));
            }
        }
    }
}

fn ending(act: &str) -> Option<consent::Act> {
    let ends = [
        consent::Act::Refuse,
        consent::Act::Withdraw,
        consent::Act::Revoke,
        consent::Act::Invalidate,
        consent::Act::Expire,
    ];
    ends.into_iter().find(|end| end.entry_type().name() == act)
}

fn plan_items(
    conn: &mut Conn,
    journal: &Journal,
    lines: &HashMap<&str, Vec<&Line>>,
    plan: &mut Plan,
) -> Result<()> {
    let mut after = None;
    loop {
        let page = items::page(conn, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.item_id);
        for item in page.into_iter().filter(|item| !item.state.is_final()) {
            if let Some(line) =
                lines.get(journal.record(item.record).as_str()).and_then(|lines| lines.first())
            {
                plan.0.push((item.person, line.at, Step::Item(item.item_id)));
            }
        }
    }
}

fn plan_persons(
    v: &Volunteering,
    conn: &mut Conn,
    journal: &Journal,
    lines: &HashMap<&str, Vec<&Line>>,
    plan: &mut Plan,
) -> Result<()> {
    let purposes = published::purposes(conn)?;
    let purposes = purposes.iter().filter_map(|purpose| Id::new(&purpose.id).ok()).map(Subject::Purpose);
    let subjects: Vec<Subject> = std::iter::once(Subject::Marketing)
        .chain(Channel::ALL.map(Subject::Channel))
        .chain(purposes)
        .collect();
    let mut after = None;
    loop {
        let page = people::persons(conn, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(*last);
        for person in page {
            let theirs = lines.get(journal.person(person).as_str()).into_iter().flatten();
            let (mut objected, mut gone) = (HashMap::new(), None);
            for line in theirs {
                if line.act == EntryType::ObjectionRaised.name() {
                    objected.insert(line.record.as_str(), line.at);
                } else if line.act == EntryType::PersonGoneDark.name() {
                    gone = Some(line.at);
                }
            }
            if let (Some(at), None) = (gone, rows::find(conn, person)?) {
                plan.0.push((person, at, Step::Dark));
            }
            if objected.is_empty() {
                continue;
            }
            let keys = v.keys().person(person)?;
            let standing: BTreeSet<Subject> = crate::objections::standing_in(conn, &[person])?;
            for subject in subjects.iter().filter(|subject| !standing.contains(subject)) {
                let record = own_record(&keys, &["objection", &subject.to_string()])?;
                if let Some(at) = objected.get(journal.record(record).as_str()) {
                    plan.0.push((person, *at, Step::Object(subject.clone())));
                }
            }
        }
    }
}

/// Does the steps of a plan. The log has no entries of them until [`settle`].
///
/// # Errors
/// The store's; what was done until then stays so.
pub fn redo(v: &Volunteering, plan: &Plan) -> Result<()> {
    for (person, at, step) in &plan.0 {
        let done = v.store().write_blocking(|conn| {
            let mut act = Act::begin(v, conn, *person, By::service(REASON), *at)?;
            match step {
                Step::Consent(id, end) => {
                    let consent = act.customer.consents.get(id).cloned().ok_or(VolunteeredError::NotFound)?;
                    if consent.state.is_in_force() {
                        act.close_consent(conn, *id, *end, None)?;
                    } else {
                        act.step(conn, consent, *end, None)?;
                    }
                }
                Step::Item(id) => act.end_item(conn, *id, item::Act::Withdraw, None)?,
                Step::Object(subject) => drop(act.object(subject, None)?),
                Step::Dark => drop(dark::go_in(&mut act, conn)?),
            }
            act.finish_unwritten(conn)?;
            Ok::<_, VolunteeredError>(())
        });
        match done {
            // Another step of the plan has done it: an item ends with its consent.
            Ok(()) | Err(VolunteeredError::NotFound | VolunteeredError::NotNow(_)) => {}
            Err(VolunteeredError::Store(error)) => return Err(error),
            Err(other) => return Err(Error::Unexpected(format!("{other}"))),
        }
    }
    Ok(())
}

/// Writes the entries that the log owes: of what ended while it could not be written. How many that were.
///
/// # Errors
/// The store's; what was written until then stays so.
pub fn settle(v: &Volunteering) -> Result<usize> {
    let differences = v.store().read_moment_blocking(|conn| check_in(v, conn))?;
    let mut written = 0;
    for difference in differences {
        let now = v.clock().now();
        written += v.store().write_blocking(|conn| {
            let Some((person, draft)) = owed(conn, &difference, now)? else { return Ok(0) };
            let Some(evidence) = v.keys().evidence(person)? else { return Ok(0) };
            v.ledger().gate(conn)?;
            let about = About { person, evidence: &evidence, drafts: &[draft] };
            v.ledger().append_about(conn, now, &[about])?;
            Ok::<_, Error>(1)
        })?;
    }
    Ok(written)
}

/// The entry that a record lacks to say what its table says; none for what has no row.
fn owed(conn: &mut Conn, difference: &Difference, now: DateTime<Utc>) -> Result<Option<(Person, Draft)>> {
    let Some(lack) = lack(conn, difference)? else { return Ok(None) };
    let draft = Draft {
        entry_type: lack.entry_type,
        record: difference.record,
        actor: Actor::System,
        state: Some(lack.state),
        basis: lack.basis,
        effective_at: lack.at.unwrap_or(now),
        expires: None,
        display: None,
        cause: None,
        entry_id: None,
        config: lack.config,
        payload: Some(json!({ "reason": REASON })),
    };
    Ok(Some((lack.person, draft)))
}

/// What a table says of a record that its entries do not.
struct Lack {
    person: Person,
    entry_type: EntryType,
    state: &'static str,
    basis: Option<&'static str>,
    at: Option<DateTime<Utc>>,
    config: Option<String>,
}

fn lack(conn: &mut Conn, difference: &Difference) -> Result<Option<Lack>> {
    let (record, person) = (difference.record, difference.person);
    let right = |entry_type, state, basis, at| {
        Ok(Some(Lack { person, entry_type, state, basis: Some(basis), at: Some(at), config: None }))
    };
    match difference.table {
        "consents" => {
            let all = consents::of_person(conn, person)?;
            let Some(consent) = all.into_iter().find(|one| one.record == record) else { return Ok(None) };
            let entry_type = match consent.state {
                consent::State::Unknown => EntryType::ConsentLapsed,
                consent::State::Refused => EntryType::ConsentRefused,
                consent::State::Expired => EntryType::ConsentExpired,
                consent::State::Withdrawn => EntryType::ConsentWithdrawn,
                consent::State::Invalidated => EntryType::ConsentInvalidated,
                _ => EntryType::ConsentRevoked,
            };
            let basis = published::purpose(conn, &consent.purpose_hash)?.processing.basis();
            let (state, at) = (consent.state.iri(), consent.ended_at);
            Ok(Some(Lack { person, entry_type, state, basis, at, config: Some(consent.config) }))
        }
        "items" => {
            let all = items::of_person(conn, person)?;
            let Some(item) = all.into_iter().find(|one| one.record == record) else { return Ok(None) };
            let entry_type = match item.state {
                item::State::Expired | item::State::Lapsed => EntryType::VolunteeredExpired,
                _ => EntryType::VolunteeredWithdrawn,
            };
            let consent = consents::find(conn, item.consent_id)?;
            let hash = consent.map(|consent| consent.purpose_hash).unwrap_or_default();
            let basis = published::purpose(conn, &hash)?.processing.basis();
            let (state, at) = (item.state.name(), item.ended_at);
            Ok(Some(Lack { person, entry_type, state, basis, at, config: Some(item.ask_hash) }))
        }
        "exchanges" => {
            let all = exchanges::of_person(conn, person)?;
            let Some(one) = all.into_iter().find(|one| one.record == record) else { return Ok(None) };
            let (entry_type, state) = (one.state.entry_type(), one.state.name());
            Ok(Some(Lack { person, entry_type, state, basis: None, at: one.ended_at, config: None }))
        }
        "objections" => {
            let all = objections::of_persons(conn, &[person])?;
            let Some(one) = all.into_iter().find(|one| one.record == record) else { return Ok(None) };
            right(EntryType::ObjectionRaised, "raised", "eu-gdpr:A21", one.raised_at)
        }
        "dark" => {
            let Some(one) = rows::find(conn, person)? else { return Ok(None) };
            right(EntryType::PersonGoneDark, "dark", dark::BASIS, one.since)
        }
        _ => Ok(None),
    }
}
