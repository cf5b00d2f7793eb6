//! What is done right after an erasure, whichever door it came by: grants end, the ledger gets its entries, keys are
//! destroyed, and what the ledger holds goes as well, at once or when the time is over for which it is claimed.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Duration, Utc};
use counterfoil_domain::clock::Clock;
use counterfoil_domain::entry::{Actor, EntryType, instant};
use counterfoil_domain::grant;
use counterfoil_domain::ids::{ObjectId, Person, RecordId};
use counterfoil_ledger::Draft;
use counterfoil_ledger::grants::{EndError, How, end_locked};
use counterfoil_store::conn::Conn;
use counterfoil_store::erasures::{self, Destruction, Door};
use counterfoil_store::holds::{self, Hold};
use counterfoil_store::keys::Secret;
use counterfoil_store::officer::OfficerKey;
use counterfoil_store::verifications::{self, Pending};
use counterfoil_store::{Error, codes, entries, grants, people, requests};
use counterfoil_volunteered::{Volunteering, forget};
use serde_json::json;

use crate::erasing::{self, Erasure};
use crate::recorder::{RecordError, Recorder};
use crate::subject::Applied;

/// Erasure is a right of the customer: GDPR Art. 17.
pub(crate) const BASIS: &str = "eu-gdpr:A17";
/// How long after an erasure somebody looks whether anything is left, in minutes.
const LOOK_AFTER_MINUTES: i64 = 60;
/// Holds ended in one pass at most.
const HOLDS: i64 = 1_000;

/// How long the ledger's entries about somebody who was erased are kept, and to whom the way to them is sealed.
#[derive(Debug, Clone, Default)]
pub struct Retention {
    /// In days; 0 is not at all (no claim under GDPR Art. 17(3)(e)).
    pub evidence_days: u32,
    /// Needed where they are kept.
    pub officer: Option<OfficerKey>,
}

impl Retention {
    fn held_by(&self) -> Option<&OfficerKey> {
        self.officer.as_ref().filter(|_| self.evidence_days > 0)
    }

    /// A name sealed to the officer, where something is to be held.
    pub(crate) fn seal_name(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.held_by().map(|officer| officer.seal(name)).transpose()
    }
}

/// What the records of a hold are bound to.
fn hold_aad(person: Person) -> Vec<u8> {
    [b"hold".as_slice(), person.as_bytes()].concat()
}

impl Recorder {
    /// Erases somebody, whose person is known, by a door of the service's own; `false` when they are gone already. When
    /// this returns it is done.
    ///
    /// # Errors
    /// [`RecordError::Store`]; what was committed until then is carried on with by [`Recorder::finish_erasures`].
    pub fn erase_person(&self, person: Person, door: &Door, now: DateTime<Utc>) -> Result<bool, RecordError> {
        let Some(index) = self.store.read_blocking(|conn| people::index_of(conn, person))? else {
            return Ok(false);
        };
        let erasure = Erasure { index, orders: Vec::new(), at: now, said: None, door: door.clone() };
        self.erase(&erasure, now).map(|_| true)
    }

    /// Erases: the one way, for all doors.
    pub(crate) fn erase(&self, erasure: &Erasure, now: DateTime<Utc>) -> Result<Applied, RecordError> {
        let mut held: BTreeSet<ObjectId> = BTreeSet::new();
        let mut successors: HashMap<Person, Person> = HashMap::new();
        let outcome = loop {
            let outcome = self
                .store
                .write_blocking(|conn| erasing::erase(self, conn, erasure, &successors, &held, now));
            match outcome {
                Err(RecordError::Extend(more)) => held.extend(more.iter().map(|object| object.id)),
                Err(RecordError::Succeed(persons)) => {
                    let new: Vec<Person> = persons.iter().map(|_| Person(self.entropy.bytes())).collect();
                    self.keys.create(&new)?;
                    successors.extend(persons.into_iter().zip(new));
                }
                Err(error) => return Err(error),
                Ok(outcome) => break outcome,
            }
        };
        self.forget(&outcome.erased);
        self.finish_erasures(now)?;
        Ok(outcome.applied)
    }

    /// Does what is left to be done of erasures: ends grants, writes the ledger's entries, destroys keys. Also what a
    /// process that died left undone.
    ///
    /// # Errors
    /// [`Error`]; what was done until then stays done, and the rest is done by the next call.
    pub fn finish_erasures(&self, now: DateTime<Utc>) -> Result<usize, Error> {
        let open = self.store.read_blocking(erasures::open)?;
        for erasure in &open {
            match self.close_erasure(erasure, now) {
                // Another process is at it too, and was faster: the keys go last.
                Err(Error::Key(_)) if self.is_entered(erasure.person)? => {}
                outcome => outcome?,
            }
            self.keys.destroy_data(erasure.person)?;
            match &self.retention.held_by() {
                Some(officer) => self.hold(erasure, officer, now)?,
                None => self.forget_entries(erasure, now)?,
            }
            self.store.write_blocking(|conn| erasures::finish(conn, erasure.person))?;
        }
        Ok(open.len())
    }

    fn close_erasure(&self, erasure: &Destruction, now: DateTime<Utc>) -> Result<(), Error> {
        self.end_grants(erasure.person, now)?;
        self.end_volunteered(erasure, now)?;
        self.store.write_blocking(|conn| requests::delete_of(conn, erasure.person))?;
        if erasure.entered { Ok(()) } else { self.enter_erasure(erasure) }
    }

    /// Whether the ledger has the entries of an erasure, or nothing is left to do of it.
    fn is_entered(&self, person: Person) -> Result<bool, Error> {
        let open = self.store.read_blocking(erasures::open)?;
        Ok(open.iter().find(|erasure| erasure.person == person).is_none_or(|erasure| erasure.entered))
    }

    /// Ends what is in force, and takes away what each grant says of its customer.
    fn end_grants(&self, person: Person, now: DateTime<Utc>) -> Result<(), Error> {
        let how = How {
            act: grant::Act::Revoke,
            actor: Actor::System,
            reason: Some("customer_erased".to_owned()),
            cause: None,
        };
        for grant in self.store.read_blocking(|conn| grants::of_persons(conn, &[person]))? {
            self.store.write_blocking(|conn| {
                let Some(grant) = grants::lock(conn, grant.grant_id)? else { return Ok(()) };
                if grant.state.is_final() {
                    return Ok(());
                }
                match end_locked(&self.ledger, &self.keys, conn, &grant, &how, now) {
                    // Somebody else ended it meanwhile.
                    Ok(_) | Err(EndError::Final(_)) => Ok(()),
                    Err(EndError::Store(error)) => Err(error),
                }
            })?;
            self.store.write_blocking(|conn| {
                let Some(grant) = grants::lock(conn, grant.grant_id)? else { return Ok(()) };
                codes::delete_of_grant(conn, grant.grant_id)?;
                grants::forget(conn, &grant)
            })?;
        }
        Ok(())
    }

    /// Ends consents, items and exchanges with an entry each, keeps objections as keyed hashes, and deletes every row about
    /// them.
    fn end_volunteered(&self, erasure: &Destruction, now: DateTime<Utc>) -> Result<(), Error> {
        let person = erasure.person;
        let (store, keys, ledger) = (self.store.clone(), self.keys.clone(), self.ledger.clone());
        let volunteering = Volunteering::new(store, keys, ledger, Clock::fixed(now), self.entropy.clone())
            .tells(self.telling.clone());
        self.store.write_blocking(|conn| forget::end_in(&volunteering, conn, person, now))?;
        if let Some(index) = erasure.index {
            self.store.write_blocking(|conn| {
                forget::keep_objections_in(&volunteering, conn, person, &index, erasure.since)
            })?;
        }
        self.store.write_blocking(|conn| forget::person_in(conn, person))
    }

    fn enter_erasure(&self, erasure: &Destruction) -> Result<(), Error> {
        // Without a key the ledger has forgotten them already: an older state of the database was put back.
        let Some(evidence) = self.keys.evidence(erasure.person)? else {
            return self.store.write_blocking(|conn| erasures::enter(conn, erasure.person).map(drop));
        };
        let door = &erasure.door;
        let record = door.record.unwrap_or_else(|| RecordId(self.entropy.bytes()));
        let draft = |entry_type, state| Draft {
            entry_type,
            record,
            actor: door.actor.clone(),
            state: Some(state),
            basis: Some(BASIS),
            effective_at: erasure.since,
            expires: None,
            display: door.display.clone(),
            cause: None,
            entry_id: None,
            config: None,
            payload: None,
        };
        let mut drafts = vec![draft(EntryType::ErasureCompleted, "completed")];
        if door.record.is_none() {
            drafts.insert(0, draft(EntryType::ErasureRequested, "requested"));
        }
        self.store.write_blocking(|conn| {
            if erasures::enter(conn, erasure.person)? {
                self.ledger.append_under(conn, &evidence, erasure.person, erasure.since, &drafts)?;
            }
            Ok::<_, Error>(())
        })
    }

    /// Nothing is claimed: headers, payloads and their salts go, the way to them, and the key.
    fn forget_entries(&self, erasure: &Destruction, now: DateTime<Utc>) -> Result<(), Error> {
        self.store.write_blocking(|conn| {
            let records = entries::records_of(conn, erasure.person)?;
            note_look(conn, erasure, &records, now)?;
            entries::forget_map(conn, erasure.person)?;
            entries::forget(conn, &records)
        })?;
        self.keys.destroy_evidence(erasure.person)
    }

    /// Something is claimed: the way to the entries is sealed to the officer, then goes.
    fn hold(&self, erasure: &Destruction, officer: &OfficerKey, now: DateTime<Utc>) -> Result<(), Error> {
        let person = erasure.person;
        // Without its key there is nothing to hold.
        let Some(evidence) = self.keys.evidence(person)? else { return Ok(()) };
        let until = erasure.since + Duration::days(i64::from(self.retention.evidence_days));
        self.store.write_blocking(|conn| {
            let records = entries::records_of(conn, person)?;
            let map = json!({ "person": person, "records": records, "erasedAt": instant(erasure.since) });
            let hold = Hold::new(
                person,
                erasure.name.clone(),
                officer.seal(format!("{map}").as_bytes())?,
                self.keys.seal(&evidence, &hold_aad(person), &holds::to_bytes(&records))?,
                (erasure.since, until),
            );
            if holds::put(conn, &hold)? {
                note_look(conn, erasure, &[], now)?;
                self.ledger.gate(conn)?;
                entries::forget_map(conn, person)?;
                let draft = self.realm_draft(EntryType::HoldPlaced, now, Some(until));
                self.ledger.append_access_for_realm(conn, now, &[draft])?;
            }
            Ok::<_, Error>(())
        })
    }

    /// Ends what must not be held any more; how many persons that were.
    ///
    /// # Errors
    /// [`Error`]; what was ended until then stays so, and the rest is ended by the next call.
    pub fn end_holds(&self, now: DateTime<Utc>) -> Result<usize, Error> {
        let due = self.store.read_blocking(|conn| holds::due(conn, now, HOLDS))?;
        for hold in &due {
            let person = hold.person()?;
            if let Some(evidence) = self.keys.evidence(person)? {
                self.forget_held(hold, person, &evidence, now)?;
                self.keys.destroy_evidence(person)?;
            }
            let draft = self.realm_draft(EntryType::KeyDestroyed, now, None);
            self.store.write_blocking(|conn| {
                if holds::end(conn, person)? {
                    self.ledger.append_for_realm(conn, now, std::slice::from_ref(&draft))?;
                }
                Ok::<_, Error>(())
            })?;
        }
        Ok(due.len())
    }

    fn forget_held(
        &self,
        hold: &Hold,
        person: Person,
        evidence: &Secret,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let records =
            holds::from_bytes(&self.keys.open_sealed(evidence, &hold_aad(person), &hold.records)?)?;
        let look = Pending { person, erased_at: hold.erased_at(), indexes: Vec::new(), records };
        self.store.write_blocking(|conn| {
            // In the place of the look that was to come after the erasure, should that still be due.
            verifications::finish(conn, person)?;
            verifications::note(conn, &look, now + Duration::minutes(LOOK_AFTER_MINUTES))?;
            entries::forget(conn, &look.records)
        })?;
        Ok(())
    }

    fn realm_draft(&self, entry_type: EntryType, now: DateTime<Utc>, until: Option<DateTime<Utc>>) -> Draft {
        Draft {
            entry_type,
            record: RecordId(self.entropy.bytes()),
            actor: Actor::System,
            state: None,
            basis: None,
            effective_at: now,
            expires: until,
            display: None,
            cause: None,
            entry_id: None,
            config: None,
            payload: (entry_type == EntryType::KeyDestroyed).then(|| json!({ "key": "evidence" })),
        }
    }
}

fn note_look(
    conn: &mut Conn,
    erasure: &Destruction,
    records: &[RecordId],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let look = Pending {
        person: erasure.person,
        erased_at: erasure.since,
        indexes: erasure.index.into_iter().collect(),
        records: records.to_vec(),
    };
    verifications::note(conn, &look, now + Duration::minutes(LOOK_AFTER_MINUTES))
}
