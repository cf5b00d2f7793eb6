//! All purchases, newest first, by month.

use std::collections::HashSet;

use serde::Serialize;

use super::{Place, part, place};
use crate::{
    counting::counted,
    figures::Figures,
    purchases::{Money, Purchase},
    serve::{holdings::Holdings, words},
};

/// Purchases on one page.
const SIZE: usize = 60;
/// Items named in a row.
const NAMED: usize = 3;

/// One page of the list.
#[derive(Debug, Serialize)]
pub struct List {
    count: String,
    months: Vec<Month>,
    place: Place,
}

#[derive(Debug, Serialize)]
struct Month {
    title: String,
    /// What the whole month came to, one for each currency.
    sums: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    id: String,
    date: String,
    place: String,
    things: String,
    total: String,
    /// What should be known beside that.
    notes: Vec<String>,
}

/// One page of all that is here.
pub fn of(holdings: &Holdings, page: usize, shop: &str) -> List {
    let all = holdings.all();
    let once: HashSet<&str> = counted(all).into_iter().map(|purchase| purchase.id.as_str()).collect();
    // Sums that cannot be counted are told on the page of sums.
    let sums = || holdings.sums().map(|picture| &picture.months).into_iter().flatten();
    let (shown, place) = part(all, page, SIZE);
    let mut months: Vec<Month> = Vec::new();
    for purchase in shown {
        let title = words::month(purchase.local_date());
        if months.last().is_none_or(|month| month.title != title) {
            let key = purchase.local_date().format("%Y-%m").to_string();
            let sums = sums().filter(|sum| sum.of == key);
            let sums = sums.map(|sum| words::money(sum.spent, &sum.currency)).collect();
            months.push(Month { title, sums, rows: Vec::new() });
        }
        if let Some(month) = months.last_mut() {
            month.rows.push(Row::of(purchase, once.contains(purchase.id.as_str()), shop));
        }
    }
    List { count: words::count(all.len(), "purchase", "purchases"), months, place }
}

impl Row {
    fn of(purchase: &Purchase, counts: bool, shop: &str) -> Self {
        let money = |amount: Money| words::money(amount, &purchase.currency);
        let mut notes = Vec::new();
        if purchase.totals.refunded > purchase.totals.refunded.nothing() {
            notes.push(format!("{} came back to you", money(purchase.totals.refunded)));
        } else if !purchase.returns.is_empty() {
            notes.push("Something came back".to_owned());
        }
        if purchase.status == "cancelled" {
            notes.push("Cancelled".to_owned());
        }
        if !counts {
            notes.push("Counted with its order".to_owned());
        }
        if matches!(purchase.figures(), Figures::Wrong(_)) {
            notes.push("Does not add up".to_owned());
        }
        Self {
            id: purchase.id.clone(),
            date: words::date(purchase.local_date()),
            place: place(purchase, shop),
            things: things(purchase),
            total: money(purchase.totals.grand_total),
            notes,
        }
    }
}

/// The first items by name, and how many more.
fn things(purchase: &Purchase) -> String {
    if purchase.status == "returned" {
        return "Brought back without its receipt".to_owned();
    }
    let Some(lines) = &purchase.lines else { return "What it was is not shared".to_owned() };
    let names: Vec<&str> =
        lines.iter().map(|line| line.name.as_str()).filter(|name| !name.is_empty()).collect();
    let first = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match (names.len().saturating_sub(NAMED), first.is_empty()) {
        (_, true) => words::count(lines.len(), "thing", "things"),
        (0, false) => first,
        (more, false) => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::purchases::tests::example;

    #[test]
    fn months_are_headed_by_their_sums() {
        let mut holdings = Holdings::default();
        for (id, at, currency) in [
            ("a", "2017-01-01T10:00:00Z", "USD"),
            ("b", "2017-01-02T10:00:00Z", "EUR"),
            ("c", "2017-02-01T10:00:00Z", "USD"),
        ] {
            let mut purchase = example();
            purchase["id"] = json!(id);
            purchase["purchasedAt"] = json!(at);
            purchase["currency"] = json!(currency);
            purchase["refunds"][0]["currency"] = json!(currency);
            holdings.put(serde_json::from_value(purchase).unwrap());
        }
        let list = of(&holdings, 1, "Example Stores");
        assert_eq!(list.count, "3 purchases");
        let months: Vec<_> =
            list.months.iter().map(|month| (month.title.as_str(), month.sums.len())).collect();
        assert_eq!(months, [("February 2017", 1), ("January 2017", 2)]);
        let row = &list.months[0].rows[0];
        assert_eq!((row.things.as_str(), row.total.as_str()), ("Rolls, dinner", "$0.50"));
        assert_eq!(row.notes, ["$0.50 came back to you"]);
    }
}
