//! Heirs of those who are erased: new persons for what was bought, and said, since.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::{ObjectId, Person, PurchaseId};

use counterfoil_store::links::Link;

use crate::erasing::is_since;
use crate::recorder::RecordError;
use crate::workspace::Workspace;

/// Who succeeds whom, as far as somebody must.
#[derive(Debug)]
pub(crate) struct Heirs<'a> {
    successors: &'a HashMap<Person, Person>,
    erased: &'a [Person],
    needed: BTreeSet<Person>,
}

impl<'a> Heirs<'a> {
    pub(crate) fn new(successors: &'a HashMap<Person, Person>, erased: &'a [Person]) -> Self {
        Self { successors, erased, needed: BTreeSet::new() }
    }

    /// The heir of somebody who is erased; everybody else is themselves.
    pub(crate) fn of(&mut self, person: Person) -> Person {
        if !self.erased.contains(&person) {
            return person;
        }
        self.needed.insert(person);
        self.successors.get(&person).copied().unwrap_or(person)
    }

    /// Lets heirs take over what is from since, and forgets what links from before said.
    pub(crate) fn take_over(&mut self, workspace: &mut Workspace, erased_at: DateTime<Utc>) {
        let orders: Vec<ObjectId> = workspace.links.keys().copied().collect();
        for order in orders {
            let Some(link) = workspace.links.get_mut(&order) else { continue };
            let Some(person) = link.person.filter(|person| self.erased.contains(person)) else { continue };
            if is_since(link.latest, erased_at) {
                link.person = Some(self.of(person));
            } else {
                *link = Link::of_nobody(link.linked, link.latest);
            }
            workspace.linked.insert(order);
        }
        let own: Vec<PurchaseId> = workspace.objects.values().map(|object| object.purchase_id).collect();
        for id in own {
            let has_come = workspace.has_come(id);
            let placed_at = workspace.slots.get(&id).and_then(|slot| slot.purchase.placed_at());
            let Some(object) = workspace.objects.get_mut(&ObjectId::from(id)) else { continue };
            object.claim = match object.claim {
                // What is nobody's from before, as it was unlinked, is not the heir's. When it is not there, as it was
                // removed, its time is told when it comes back.
                Some(claim)
                    if self.erased.contains(&claim)
                        && has_come
                        && placed_at.is_some_and(|at| at < erased_at) =>
                {
                    None
                }
                claim => claim.map(|claim| self.of(claim)),
            };
        }
    }

    /// # Errors
    /// [`RecordError::Succeed`] where somebody who needs an heir has none.
    pub(crate) fn all_there(&self) -> Result<(), RecordError> {
        let missing = self.needed.iter().filter(|person| !self.successors.contains_key(person));
        let missing: Vec<Person> = missing.copied().collect();
        if missing.is_empty() { Ok(()) } else { Err(RecordError::Succeed(missing)) }
    }

    /// The heir of somebody, where one is needed.
    pub(crate) fn needed(&self, person: Person) -> Option<Person> {
        self.successors.get(&person).copied().filter(|_| self.needed.contains(&person))
    }

    /// Every heir that is needed.
    pub(crate) fn new_ones(&self) -> impl Iterator<Item = Person> + '_ {
        self.needed.iter().filter_map(|person| self.successors.get(person).copied())
    }
}
