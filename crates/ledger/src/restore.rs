//! A restored database brings nobody and nothing back.
//!
//! While the database is behind what was signed, nothing is signed, appended or served. [`Restore::plan`] says what the
//! closure journal knows to have been done after the state that was put back, [`Restore::end_grants`] does it again, and
//! [`Restore::accept`] then closes the generation that cannot go on and opens the next, whose first entry carries the last
//! checkpoint of the old one.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use counterfoil_domain::clock::Entropy;
use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::grant::Act;
use counterfoil_domain::ids::{EntryId, Person, RecordId};
use counterfoil_store::entries::{self, Log};
use counterfoil_store::grants::{self, Grant};
use counterfoil_store::keys::Keys;
use counterfoil_store::trees::{self, Tree};
use counterfoil_store::{Contention, Error, Store, owed, people};
use serde_json::json;

use crate::grants::{EndError, How, close, closing_draft};
use crate::guard::{Condition, Guard};
use crate::journal::{Journal, Line};
use crate::objects::ObjectError;
use crate::tree::{GenerationError, Generations};
use crate::{Draft, Ledger};

/// Grants and customers looked at at once.
const PAGE: i64 = 1_000;

/// A restore cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The ledger is not behind, or it cannot be told.
    #[error("there is nothing to restore: the ledger is {0:?}")]
    NotBehind(Condition),
    /// The journal has acts that were not done again.
    #[error("{0} acts of the closure journal are not done again yet: run `counterfoil restore reconcile`")]
    NotReconciled(usize),
    /// A generation or its key.
    #[error(transparent)]
    Generation(#[from] GenerationError),
    /// What lies outside the database.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The database or the keystore.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Contention for RestoreError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_contention())
    }
}

/// What the journal asks for.
#[derive(Debug, Default)]
pub struct Plan {
    /// What the database has lost.
    pub lost: Vec<Line>,
    /// Grants that are in force again, and how they ended, and when.
    grants: Vec<(Grant, How, DateTime<Utc>)>,
    /// Persons that are there again and were erased, and when.
    pub erased: Vec<(Person, DateTime<Utc>)>,
}

impl Plan {
    /// How many grants are to end.
    pub fn grants(&self) -> usize {
        self.grants.len()
    }

    fn open(&self) -> usize {
        self.grants.len() + self.erased.len()
    }
}

/// A generation that took the place of one that could not go on.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The new origin.
    pub origin: String,
    /// Entries of the old generation that the database lost.
    pub lost: i64,
}

/// Brings a realm back after an older state of its database was put back.
#[derive(Debug, Clone)]
pub struct Restore {
    store: Store,
    keys: Keys,
    ledger: Ledger,
    guard: Guard,
    journal: Journal,
    generations: Generations,
    entropy: Entropy,
}

impl Restore {
    /// Of a realm.
    pub fn new(
        store: Store,
        keys: Keys,
        ledger: Ledger,
        guard: Guard,
        journal: Journal,
        generations: Generations,
        entropy: Entropy,
    ) -> Self {
        Self { store, keys, ledger, guard, journal, generations, entropy }
    }

    /// What the journal says was done after the state that was put back, and is not done in it.
    ///
    /// # Errors
    /// [`RestoreError::NotBehind`] where there is nothing to restore.
    pub fn plan(&self) -> Result<Plan, RestoreError> {
        match self.guard.look(&self.store)? {
            Condition::RolledBack => {}
            other => return Err(RestoreError::NotBehind(other)),
        }
        let size = self.store.read_blocking(|conn| entries::size(conn, Log::Consent))?;
        let lines = self.journal.read()?;
        let lost: Vec<Line> =
            lines.into_iter().filter(|line| line.seq.is_none_or(|seq| seq >= size)).collect();
        let mut by_hash: HashMap<&str, Vec<&Line>> = HashMap::new();
        for line in &lost {
            by_hash.entry(&line.record).or_default().push(line);
            by_hash.entry(&line.person).or_default().push(line);
        }
        let mut plan = Plan::default();
        self.plan_grants(&by_hash, &mut plan)?;
        self.plan_erasures(&by_hash, &mut plan)?;
        plan.lost = lost;
        Ok(plan)
    }

    fn plan_grants(&self, lines: &HashMap<&str, Vec<&Line>>, plan: &mut Plan) -> Result<(), RestoreError> {
        let mut after = None;
        loop {
            let page = self.store.read_blocking(|conn| grants::in_force(conn, after, PAGE))?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.grant_id);
            for grant in page {
                let record = lines.get(self.journal.record(grant.record).as_str());
                let person = lines.get(self.journal.person(grant.person).as_str());
                let of_grant = record.into_iter().flatten().find_map(|line| ending(line, true));
                let of_person = person.into_iter().flatten().find_map(|line| ending(line, false));
                if let Some((how, at)) = of_grant.or(of_person) {
                    plan.grants.push((grant, how, at));
                }
            }
        }
    }

    fn plan_erasures(&self, lines: &HashMap<&str, Vec<&Line>>, plan: &mut Plan) -> Result<(), RestoreError> {
        let mut after = None;
        loop {
            let page = self.store.read_blocking(|conn| people::persons(conn, after, PAGE))?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(*last);
            for person in page {
                let found = lines.get(self.journal.person(person).as_str());
                let erased = found.into_iter().flatten().find(|line| line.act.starts_with("erasure."));
                if let Some(line) = erased {
                    plan.erased.push((person, line.at));
                }
            }
        }
    }

    /// Ends the grants of a plan; the log owes an entry for each until the restore is accepted. Persons that were erased
    /// are for whoever erases.
    ///
    /// # Errors
    /// The database's; what was ended until then stays so.
    pub fn end_grants(&self, plan: &Plan) -> Result<(), RestoreError> {
        for (grant, how, at) in &plan.grants {
            self.store.write_blocking(|conn| {
                let Some(grant) = grants::lock(conn, grant.grant_id)? else { return Ok(()) };
                match close(conn, &grant, how, *at) {
                    Ok(_) => owed::note_grant(conn, grant.grant_id, *at),
                    Err(EndError::Final(_)) => Ok(()),
                    Err(EndError::Store(error)) => Err(error),
                }
            })?;
        }
        Ok(())
    }

    /// Opens the next generation of each log that is behind, and writes the entries that are owed.
    ///
    /// # Errors
    /// [`RestoreError::NotReconciled`] while the journal asks for more.
    pub fn accept(&self, by: &str, now: DateTime<Utc>) -> Result<Vec<Accepted>, RestoreError> {
        let open = self.plan()?.open();
        if open > 0 {
            return Err(RestoreError::NotReconciled(open));
        }
        let mut accepted = Vec::new();
        let mut cause = None;
        for log in [Log::Access, Log::Consent] {
            let (tree, size) = self.store.read_blocking(|conn| Generations::current(conn, log))?;
            let Some(tree) = tree else { continue };
            let Some((signed, note)) = self.guard.newest(&tree.log, tree.generation)? else { continue };
            let end = tree.first_seq + i64::try_from(signed).unwrap_or(i64::MAX);
            if size < end {
                let (new, entry) = self.succeed(log, &tree, size, end, &note, by, now)?;
                accepted.push(new);
                cause = Some(entry);
            }
        }
        self.guard.look(&self.store)?;
        self.settle(cause)?;
        Ok(accepted)
    }

    #[expect(clippy::too_many_arguments, reason = "what one generation hands to the next")]
    fn succeed(
        &self,
        log: Log,
        tree: &Tree,
        size: i64,
        end: i64,
        note: &str,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<(Accepted, EntryId), RestoreError> {
        let generation = tree.generation + 1;
        let key = self.generations.make_key(log, generation, &self.entropy)?;
        let new = self.generations.new_tree(log, generation, end, &key);
        // The guard first, as when a log is made.
        let (next, empty) = self.generations.guard_empty(&self.guard, &new, &key, now)?;
        let kept = size - tree.first_seq;
        let draft = Draft {
            entry_type: EntryType::RestoreAccepted,
            record: RecordId(self.entropy.bytes()),
            actor: Actor::Staff(by.to_owned()),
            state: None,
            basis: None,
            effective_at: now,
            expires: None,
            display: None,
            cause: None,
            entry_id: None,
            config: None,
            payload: Some(
                json!({ "closed": tree.origin, "checkpoint": note, "kept": kept, "lost": end - size }),
            ),
        };
        let entry = self.store.write_blocking(|conn| {
            trees::close(conn, log, tree.generation, kept, now)?;
            trees::open(conn, &new, now)?;
            trees::publish(conn, &next, 0, &empty, now)?;
            self.ledger.append_operation(conn, log, Some(end), now, &draft)
        })?;
        Ok((Accepted { origin: new.origin, lost: end - size }, entry))
    }

    /// Writes the entries that are owed.
    fn settle(&self, cause: Option<EntryId>) -> Result<(), RestoreError> {
        for (grant_id, at) in self.store.read_blocking(owed::grants)? {
            let Some(grant) = self.store.read_blocking(|conn| grants::find(conn, grant_id))? else {
                continue;
            };
            let evidence = self.keys.evidence(grant.person)?;
            let how = how_it_ended(&grant, cause);
            self.store.write_blocking(|conn| {
                let access_size = self.ledger.gate(conn)?;
                let draft = closing_draft(&grant, &how, grant.state, access_size, at);
                // Of somebody who was forgotten meanwhile nothing is written.
                if let Some(evidence) = &evidence {
                    self.ledger.append_under(conn, evidence, grant.person, at, &[draft])?;
                }
                owed::settle_grant(conn, grant_id)?;
                Ok::<_, Error>(())
            })?;
        }
        Ok(())
    }
}

/// How a grant ends that a line speaks of, and when. What was narrowed and not ended cannot be narrowed again, since a
/// line does not say to what: the grant ends, and its customer can give it anew.
fn ending(line: &Line, is_its_own: bool) -> Option<(How, DateTime<Utc>)> {
    let (act, actor, reason) = match (line.act.as_str(), is_its_own) {
        ("grant.withdrawn", true) => (Act::Withdraw, Actor::Customer, None),
        ("grant.ended", true) => (Act::End, Actor::System, None),
        ("grant.expired", true) => (Act::Expire, Actor::System, None),
        ("grant.lapsed", true) => (Act::Lapse, Actor::System, None),
        ("grant.revoked" | "grant.amended", true) | ("restriction.set", false) => {
            (Act::Revoke, Actor::System, Some("restored".to_owned()))
        }
        _ => return None,
    };
    Some((How { act, actor, reason, cause: None }, line.at))
}

fn how_it_ended(grant: &Grant, cause: Option<EntryId>) -> How {
    let actor = match grant.ended_by.as_deref() {
        Some("customer") => Actor::Customer,
        Some("app") => Actor::App(format!("{}", grant.client_id)),
        _ => Actor::System,
    };
    How { act: Act::Revoke, actor, reason: grant.ended_reason.clone(), cause }
}
