//! How acts end: rows, gate and entries are written, in the order of the locks.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use counterfoil_domain::entry::EntryType;
use counterfoil_domain::ids::{ClientId, EntryId, ItemId, Person};
use counterfoil_domain::item;
use counterfoil_ledger::About;
use counterfoil_ledger::journal::narrows;
use counterfoil_store::Error;
use counterfoil_store::conn::Conn;
use counterfoil_store::items::{self, Item, Touch};
use counterfoil_store::keys::PersonKeys;
use serde_json::{Value, json};

use super::{Act, rows};
use crate::VolunteeredError;
use crate::customer::Customer;

/// What was written.
#[derive(Default)]
pub(crate) struct Done {
    customers: BTreeMap<Person, Customer>,
    /// How many systems are told that something is gone.
    pub(crate) systems: u32,
}

impl Done {
    fn of(acts: Vec<Act>, told: &BTreeSet<ClientId>) -> Self {
        let customers = acts.into_iter().map(|mut act| {
            act.customer.items.retain(|_, item| !item.state.is_final());
            (act.person, act.customer)
        });
        Self { customers: customers.collect(), systems: u32::try_from(told.len()).unwrap_or(u32::MAX) }
    }

    /// What stands about one whom it was about now.
    pub(crate) fn customer(&self, person: Person) -> Result<&Customer, VolunteeredError> {
        self.customers.get(&person).ok_or(VolunteeredError::NotFound)
    }
}

impl Act {
    /// [`finish_all`] of one act.
    pub(crate) fn finish(self, conn: &mut Conn) -> Result<Done, Error> {
        finish_all(vec![self], conn)
    }

    /// [`Act::finish`] without entries and without the journal, which has it.
    pub(crate) fn finish_unwritten(self, conn: &mut Conn) -> Result<Done, Error> {
        let mut acts = vec![self];
        let told = write_and_tell(&mut acts, conn)?;
        Ok(Done::of(acts, &told))
    }
}

/// Writes everything of acts on the names of one customer: rows, gate, entries, in the order of the locks. While the
/// database is behind what was signed, what narrows goes on all the same, and the log owes its entries
/// ([`crate::restoring::settle`]).
///
/// # Errors
/// The store's; [`Error::Contended`] when another system fetched something of the customer's meanwhile,
/// [`Error::Behind`] for what cannot wait.
pub(crate) fn finish_all(mut acts: Vec<Act>, conn: &mut Conn) -> Result<Done, Error> {
    let Some(ledger) = acts.first().map(|act| act.v.ledger().clone()) else { return Ok(Done::default()) };
    let is_owed = match ledger.check() {
        Ok(()) => false,
        Err(_) if acts.iter().all(Act::can_be_owed) => true,
        Err(error) => return Err(error),
    };
    let told = write_and_tell(&mut acts, conn)?;
    if is_owed {
        for act in &acts {
            ledger.note_closures(act.person, &act.drafts, None, act.now)?;
        }
    } else {
        write_entries(&acts, conn)?;
    }
    Ok(Done::of(acts, &told))
}

/// Everything before the entries: rows, what others are told, and the gate.
fn write_and_tell(acts: &mut [Act], conn: &mut Conn) -> Result<BTreeSet<ClientId>, Error> {
    rows::write(acts, conn)?;
    let told = rows::tell(acts, conn)?;
    let Some(ledger) = acts.iter().find(|act| act.narrows()).map(|act| act.v.ledger().clone()) else {
        return Ok(told);
    };
    let access_size = ledger.gate(conn)?;
    for act in acts.iter_mut().filter(|act| act.narrows()) {
        // Who fetched something until now is told, and is paid for; from now on nobody can. That somebody fetched again
        // what they had fetched before changes nothing: a system that keeps asking keeps nobody from taking back.
        if fetchers(&items::fetches_of(conn, act.person)?) != fetchers(&act.customer.fetches) {
            return Err(Error::Contended);
        }
        for draft in &mut act.drafts {
            if let Some(members) = draft.payload.as_mut().and_then(Value::as_object_mut) {
                members.insert("accessSize".to_owned(), json!(access_size));
            }
        }
    }
    Ok(told)
}

fn write_entries(acts: &[Act], conn: &mut Conn) -> Result<(), Error> {
    let saying: Vec<&Act> = acts.iter().filter(|act| !act.drafts.is_empty()).collect();
    let Some((ledger, now)) = saying.first().map(|act| (act.v.ledger(), act.now)) else { return Ok(()) };
    let keys: Vec<Arc<PersonKeys>> = saying.iter().map(|act| act.keys()).collect::<Result<_, _>>()?;
    let abouts: Vec<About> = saying
        .iter()
        .zip(&keys)
        .map(|(act, keys)| About { person: act.person, evidence: &keys.evidence, drafts: &act.drafts })
        .collect();
    let appended = ledger.append_about(conn, now, &abouts)?;
    let seqs: HashMap<EntryId, i64> = appended.iter().map(|one| (one.entry_id, one.seq)).collect();
    let placed: Vec<(Item, i64)> = saying.iter().flat_map(|act| act.placed(&seqs)).collect();
    items::place(conn, &placed)
}

impl Act {
    fn narrows(&self) -> bool {
        self.drafts.iter().any(|draft| narrows(draft.entry_type))
    }

    fn can_be_owed(&self) -> bool {
        self.drafts.iter().all(|draft| can_be_owed(draft.entry_type))
    }

    /// The items that take a place in the order of the consent log, by the numbers of their entries.
    fn placed(&self, seqs: &HashMap<EntryId, i64>) -> Vec<(Item, i64)> {
        // What waits, or waited in vain, was never in anybody's order.
        let is_placed = |item: &&Item| {
            !matches!(item.state, item::State::Waiting | item::State::Declined | item::State::Lapsed)
        };
        let moved = self.moved.iter().filter(|(id, _)| !self.items.contains_key(id));
        let all = self.items.iter().chain(moved).filter_map(|(id, entry)| {
            let item = self.customer.items.get(id).filter(is_placed)?;
            Some((item.clone(), *seqs.get(entry)?))
        });
        all.collect()
    }
}

/// Which system has fetched which item.
fn fetchers(fetches: &[Touch]) -> BTreeSet<(ItemId, ClientId)> {
    fetches.iter().map(|touch| (touch.item_id, touch.client_id)).collect()
}

/// Whether the log can have an entry of this type later: what it says only takes away.
fn can_be_owed(entry_type: EntryType) -> bool {
    let is_correction = entry_type == EntryType::VolunteeredCorrected;
    narrows(entry_type) && !is_correction
        || matches!(entry_type, EntryType::ConsentLapsed | EntryType::ValueForgone)
}
