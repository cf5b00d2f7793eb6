//! Who the events of a batch name.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use counterfoil_domain::ids::Person;
use counterfoil_store::Error;
use counterfoil_store::people::{self, CustomerName, Identity};

use crate::recorder::Recorder;

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
}
