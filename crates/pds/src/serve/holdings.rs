//! The purchases as the pages see them: all in memory, newest first.

use std::{cmp::Ordering, sync::Arc};

use crate::{failure::Failure, purchases::Purchase, records::Records};

/// All purchases that are here.
#[derive(Clone, Debug, Default)]
pub struct Holdings(Vec<Arc<Purchase>>);

impl Holdings {
    /// Reads them from the file.
    pub fn read(records: &Records) -> Result<Self, Failure> {
        let mut purchases: Vec<_> = records.purchases()?.into_iter().map(Arc::new).collect();
        purchases.sort_by(|one, other| order(one, other));
        Ok(Self(purchases))
    }

    /// All of them, newest first.
    pub fn all(&self) -> &[Arc<Purchase>] {
        &self.0
    }

    /// The purchase with this id.
    pub fn find(&self, id: &str) -> Option<&Purchase> {
        self.0.iter().find(|purchase| purchase.id == id).map(AsRef::as_ref)
    }

    /// Puts a purchase in its place; says whether it was not here before.
    pub fn put(&mut self, purchase: Purchase) -> bool {
        let is_new = !self.remove(&purchase.id);
        let place = self.0.partition_point(|other| order(other, &purchase) == Ordering::Less);
        self.0.insert(place, Arc::new(purchase));
        is_new
    }

    /// Takes a purchase away; says whether it was here.
    pub fn remove(&mut self, id: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|purchase| purchase.id != id);
        self.0.len() < before
    }
}

/// By local date, as the months go, and within a day by the moment.
fn order(one: &Purchase, other: &Purchase) -> Ordering {
    let key = |purchase: &Purchase| (purchase.local_date(), purchase.purchased_at);
    key(other).cmp(&key(one)).then_with(|| one.id.cmp(&other.id))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::purchases::tests::example;

    fn purchase(id: &str, at: &str) -> Purchase {
        let mut purchase = example();
        purchase["id"] = json!(id);
        purchase["purchasedAt"] = json!(at);
        serde_json::from_value(purchase).unwrap()
    }

    #[test]
    fn the_newest_is_first_and_a_later_revision_is_no_news() {
        let mut holdings = Holdings::default();
        assert!(holdings.put(purchase("b", "2026-06-02T10:00:00Z")));
        assert!(holdings.put(purchase("a", "2026-06-03T10:00:00Z")));
        assert!(holdings.put(purchase("c", "2026-06-01T10:00:00Z")));
        assert!(!holdings.put(purchase("c", "2026-06-04T10:00:00Z")));
        let ids: Vec<&str> = holdings.all().iter().map(|purchase| purchase.id.as_str()).collect();
        assert_eq!(ids, ["c", "a", "b"]);
        assert!(holdings.remove("a") && !holdings.remove("a"));
        assert!(holdings.find("a").is_none() && holdings.find("b").is_some());
    }
}
