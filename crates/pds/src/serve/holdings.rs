//! The purchases as the pages see them: all in memory, newest first.

use std::{
    cmp::Ordering,
    sync::{Arc, OnceLock},
};

use crate::{
    figures::Figures,
    purchases::Purchase,
    show::{Picture, picture},
};

/// All purchases that are here.
#[derive(Debug, Default)]
pub struct Holdings {
    purchases: Vec<Arc<Purchase>>,
    /// Worked out when a page first asks for it.
    sums: OnceLock<Option<Picture>>,
    figures: OnceLock<Counts>,
}

/// How many purchases add up.
#[derive(Debug, Default)]
pub struct Counts {
    /// Those that do.
    pub right: usize,
    /// Those that cannot be checked, because not everything in them is shared.
    pub unseen: usize,
    /// Those of which the shop says itself that they do not.
    pub unreconciled: usize,
    /// Those that do not, by id, with what is wrong.
    pub wrong: Vec<(String, String)>,
}

impl Holdings {
    /// Puts purchases in their order.
    pub fn new(purchases: Vec<Purchase>) -> Self {
        let mut purchases: Vec<_> = purchases.into_iter().map(Arc::new).collect();
        purchases.sort_by(|one, other| order(one, other));
        Self { purchases, ..Self::default() }
    }

    /// A copy to change; what was worked out is worked out anew for it.
    pub fn copy(&self) -> Self {
        Self { purchases: self.purchases.clone(), ..Self::default() }
    }

    /// The sums by month and category; `None` when they are out of range.
    pub fn sums(&self) -> Option<&Picture> {
        self.sums.get_or_init(|| picture(&self.purchases).ok()).as_ref()
    }

    /// Whether the figures add up.
    pub fn figures(&self) -> &Counts {
        self.figures.get_or_init(|| {
            let mut counts = Counts::default();
            for purchase in &self.purchases {
                match purchase.figures() {
                    Figures::AddUp => counts.right += 1,
                    Figures::Unseen => counts.unseen += 1,
                    Figures::Unreconciled => counts.unreconciled += 1,
                    Figures::Wrong(why) => counts.wrong.push((purchase.id.clone(), why)),
                }
            }
            counts
        })
    }

    /// All of them, newest first.
    pub fn all(&self) -> &[Arc<Purchase>] {
        &self.purchases
    }

    /// The purchase with this id.
    pub fn find(&self, id: &str) -> Option<&Purchase> {
        self.purchases.iter().find(|purchase| purchase.id == id).map(AsRef::as_ref)
    }

    /// Puts a purchase in its place; says whether it was not here before.
    pub fn put(&mut self, purchase: Purchase) -> bool {
        let is_new = !self.remove(&purchase.id);
        let place = self.purchases.partition_point(|other| order(other, &purchase) == Ordering::Less);
        self.purchases.insert(place, Arc::new(purchase));
        is_new
    }

    /// Takes a purchase away; says whether it was here.
    pub fn remove(&mut self, id: &str) -> bool {
        (self.sums, self.figures) = (OnceLock::new(), OnceLock::new());
        let before = self.purchases.len();
        self.purchases.retain(|purchase| purchase.id != id);
        self.purchases.len() < before
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
