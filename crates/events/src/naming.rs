//! Who the events of a batch name.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::Person;
use counterfoil_domain::stream::{Act, Event, Identity as Content};
use counterfoil_store::Error;
use counterfoil_store::people::{self, CustomerName, Identity};

use crate::recorder::Recorder;
use crate::subject::{Carried, Subject};

/// Names whose identity is remembered between batches.
const REMEMBERED: usize = 500_000;

impl Recorder {
    /// A name with its blind index.
    pub(crate) fn customer_name(&self, scheme: &str, id: &str) -> CustomerName {
        CustomerName { id: id.to_owned(), index: self.keys.alias_index(scheme, id) }
    }

    /// Who these names stand for, by blind index, made if new. What is remembered may be out of date: it is looked at
    /// again under the customer's row.
    pub(crate) fn identities(
        &self,
        names: &[CustomerName],
        now: DateTime<Utc>,
    ) -> Result<HashMap<[u8; 16], Identity>, Error> {
        let mut found: HashMap<[u8; 16], Identity> = {
            let remembered = self.identities.lock();
            let known = names.iter().filter_map(|name| remembered.get_key_value(&name.index));
            known.map(|(index, identity)| (*index, *identity)).collect()
        };
        let asked: Vec<CustomerName> =
            names.iter().filter(|name| !found.contains_key(&name.index)).cloned().collect();
        if !asked.is_empty() {
            let new = people::resolve(&self.store, &self.keys, &self.entropy, now, &asked)?;
            let mut remembered = self.identities.lock();
            if remembered.len() + new.len() > REMEMBERED {
                remembered.clear();
            }
            remembered.extend(&new);
            found.extend(new);
        }
        Ok(found)
    }

    /// Forgets what is remembered of these persons.
    pub(crate) fn forget(&self, persons: &[Person]) {
        if !persons.is_empty() {
            let gone: HashSet<&Person> = persons.iter().collect();
            self.identities.lock().retain(|_, identity| !gone.contains(&identity.person));
        }
    }

    /// What the events are about, and what they carry; events about who is who apart.
    pub(crate) fn subjects(&self, read: Vec<(usize, Read)>, now: DateTime<Utc>) -> Result<Subjects, Error> {
        let name = |read: &Read| match read {
            Read::Event(event) => {
                event.customer_id.as_deref().map(|id| self.customer_name(&event.customer_scheme, id))
            }
            Read::Act(act) => linking(act).map(|(customer_id, ..)| self.customer_name("", customer_id)),
        };
        let names: Vec<Option<CustomerName>> = read.iter().map(|(_, read)| name(read)).collect();
        let asked: Vec<CustomerName> = names.iter().flatten().cloned().collect();
        let found = self.identities(&asked, now)?;
        let (mut subjects, mut carried, mut acts) = (Vec::with_capacity(read.len()), Vec::new(), Vec::new());
        carried.reserve(read.len());
        for ((index, read), name) in read.into_iter().zip(names) {
            let who = name.and_then(|name| found.get(&name.index).copied());
            match read {
                Read::Event(event) => {
                    let (subject, body) = Subject::new(index, *event, who, &self.keys);
                    subjects.push(subject);
                    carried.push(body);
                }
                Read::Act(act) => match linking(&act) {
                    Some((_, orders, linked)) => {
                        for order in orders {
                            subjects.push(Subject::link(index, &act, order, linked, who, &self.keys));
                            carried.push(Carried::Link);
                        }
                    }
                    None => acts.push((index, *act)),
                },
            }
        }
        Ok((subjects, carried, acts))
    }
}

/// An event that was read.
pub(crate) enum Read {
    Event(Box<Event>),
    Act(Box<Act>),
}

/// A customer and an order by name, for blind indexes should an event be refused.
pub(crate) type Names = (Option<String>, Option<String>);

pub(crate) type Subjects = (Vec<Subject>, Vec<Carried>, Vec<(usize, Act)>);

/// The customer and orders of an event that links them, or unlinks.
fn linking(act: &Act) -> Option<(&str, &[String], bool)> {
    match &act.content {
        Content::Linked { customer_id, order_ids } => Some((customer_id, order_ids, true)),
        Content::Unlinked { customer_id, order_ids } => Some((customer_id, order_ids, false)),
        _ => None,
    }
}

/// A customer and an order that an event names, for blind indexes should it be refused.
pub(crate) fn named_by(act: &Act) -> Names {
    let first = |orders: &[String]| orders.first().cloned();
    match &act.content {
        Content::Linked { customer_id, order_ids }
        | Content::Unlinked { customer_id, order_ids }
        | Content::Erased { customer_id, order_ids } => (Some(customer_id.clone()), first(order_ids)),
        Content::Identified { customer_id, .. } => (Some(customer_id.clone()), None),
        Content::Merged { from, .. } => (Some(from.clone()), None),
        Content::Split { .. } => (None, None),
    }
}
