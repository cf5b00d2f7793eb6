//! What can still be returned, or is under warranty, the soonest end first.

use chrono::NaiveDate;
use serde::Serialize;

use super::{Place, part, place};
use crate::{
    purchases::{Line, Purchase},
    serve::{holdings::Holdings, words},
};

/// Entries of each list on one page.
const SIZE: usize = 60;

/// What is still covered.
#[derive(Debug, Serialize)]
pub struct Covered {
    /// What can go back.
    returnable: Vec<Entry>,
    /// What is under warranty.
    warranty: Vec<Entry>,
    /// Whether the items of some purchase are not shared.
    unseen: bool,
    place: Place,
}

#[derive(Clone, Debug, Serialize)]
struct Entry {
    #[serde(skip)]
    on: NaiveDate,
    until: String,
    ahead: String,
    name: String,
    bought: String,
    purchase: String,
}

/// What is still covered on this day, one page of either list.
pub fn of(holdings: &Holdings, today: NaiveDate, page: usize, shop: &str) -> Covered {
    let entries = |end: fn(&Line) -> Option<NaiveDate>| {
        let of = |purchase: &Purchase| -> Vec<Entry> {
            let lines = purchase.lines.iter().flatten().filter(|line| !line.is_gone());
            let ahead = lines.filter_map(|line| Some((line, end(line).filter(|until| *until >= today)?)));
            ahead.map(|(line, until)| Entry::of(purchase, line, until, today, shop)).collect()
        };
        let mut entries: Vec<Entry> = holdings.all().iter().flat_map(|purchase| of(purchase)).collect();
        entries.sort_by(|one, other| one.on.cmp(&other.on).then_with(|| one.name.cmp(&other.name)));
        entries
    };
    let (returnable, warranty) = (entries(|line| line.return_by), entries(|line| line.warranty_until));
    let longer = if returnable.len() > warranty.len() { &returnable } else { &warranty };
    let (_, place) = part(longer, page, SIZE);
    let shown = |list: &[Entry]| -> Vec<Entry> {
        list.iter().skip((place.number - 1) * SIZE).take(SIZE).cloned().collect()
    };
    Covered {
        returnable: shown(&returnable),
        warranty: shown(&warranty),
        place,
        unseen: holdings.all().iter().any(|purchase| purchase.lines.is_none()),
    }
}

impl Entry {
    fn of(purchase: &Purchase, line: &Line, on: NaiveDate, today: NaiveDate, shop: &str) -> Self {
        Self {
            on,
            until: words::date(on),
            ahead: words::ahead(on, today),
            name: line.name.clone(),
            bought: format!("{}, {}", place(purchase, shop), words::date(purchase.local_date())),
            purchase: purchase.id.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::purchases::tests::example;

    #[test]
    fn the_soonest_end_is_first_and_what_is_over_or_gone_is_not_there() {
        let mut purchase = example();
        let line = |name: &str, until: &str, back: Option<&str>| {
            let mut line = json!({"name": name, "net": "1.00", "quantity": {"value": "1", "unit": "EA"},
                                  "warrantyUntil": until});
            if let Some(back) = back {
                line["returnedQuantity"] = json!(back);
            }
            line
        };
        purchase["lines"] = json!([
            line("Kettle", "2027-05-01", None),
            line("Lamp", "2026-11-24", None),
            line("Radio", "2026-11-23", None),
            line("Phone", "2027-01-01", Some("1")),
        ]);
        let mut holdings = Holdings::default();
        holdings.put(serde_json::from_value(purchase).unwrap());
        let covered = of(&holdings, "2026-11-24".parse().unwrap(), 1, "Example Stores");
        let names: Vec<&str> = covered.warranty.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["Lamp", "Kettle"]);
        assert!(covered.returnable.is_empty() && !covered.unseen);
    }
}
