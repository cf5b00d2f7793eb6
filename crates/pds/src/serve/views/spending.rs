//! What was spent, by month and by category, and whether the figures add up.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::Serialize;

use crate::{
    purchases::Money,
    serve::{board::Snapshot, words},
    show::{Row, UNSORTED},
};

/// Categories shown at once; the rest is folded away.
const CATEGORIES: usize = 12;
/// Wrong purchases that are named.
const NAMED: usize = 20;

/// What the page says.
#[derive(Debug, Serialize)]
pub struct Spending {
    purses: Vec<Purse>,
    /// Receipts of goods whose order is counted already.
    elsewhere: Option<String>,
    /// Why there are no sums, if so.
    beyond: bool,
    check: Check,
}

/// Everything in one currency.
#[derive(Debug, Serialize)]
struct Purse {
    currency: String,
    /// What its money is called.
    name: String,
    count: String,
    spent: String,
    came_back: String,
    remains: String,
    /// The newest first.
    months: Vec<Line>,
    /// The highest first.
    categories: Vec<Line>,
    more: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct Line {
    name: String,
    count: String,
    spent: String,
    came_back: Option<String>,
    /// How long its bar is, 0 to 100.
    bar: u8,
}

/// Whether the figures add up.
#[derive(Debug, Default, Serialize)]
struct Check {
    right: usize,
    wrong: Vec<Wrong>,
    more_wrong: usize,
    unseen: usize,
    unreconciled: usize,
    /// When the shop's own sums were compared.
    compared: Option<String>,
    differences: Vec<String>,
    /// Whether the sums could not be compared.
    uncompared: bool,
}

#[derive(Debug, Serialize)]
struct Wrong {
    purchase: String,
    date: String,
    why: String,
}

/// Adds up what is here.
pub fn of(snapshot: &Snapshot, now: DateTime<Utc>) -> Spending {
    let check = Check::of(snapshot, now);
    let Some(picture) = snapshot.holdings.sums() else {
        return Spending { purses: Vec::new(), elsewhere: None, beyond: true, check };
    };
    let of = |rows: &[Row], currency: &str, name: fn(&Row) -> String, one: &str, many: &str| -> Vec<Line> {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.currency == currency).collect();
        let highest = rows.iter().map(|row| row.spent).max().unwrap_or_default();
        rows.into_iter()
            .map(|row| Line::of(row, name(row), words::count(row.count, one, many), highest))
            .collect()
    };
    let purse = |total: &Row| {
        let currency = total.currency.as_str();
        let mut months = of(&picture.months, currency, month, "purchase", "purchases");
        months.reverse();
        let mut categories = of(&picture.categories, currency, category, "thing", "things");
        let more = categories.split_off(CATEGORIES.min(categories.len()));
        Purse {
            currency: currency.to_owned(),
            name: words::currency(currency).to_owned(),
            count: words::count(total.count, "purchase", "purchases"),
            spent: words::money(total.spent, currency),
            came_back: words::money(total.came_back, currency),
            remains: words::money(total.remains, currency),
            months,
            categories,
            more,
        }
    };
    let elsewhere = (picture.counted_elsewhere > 0)
        .then(|| words::count(picture.counted_elsewhere, "purchase is", "purchases are"));
    Spending { purses: picture.totals.iter().map(purse).collect(), elsewhere, beyond: false, check }
}

impl Line {
    fn of(row: &Row, name: String, count: String, highest: Money) -> Self {
        let back = (row.came_back != row.came_back.nothing()).then_some(row.came_back);
        let share =
            row.spent.0.checked_mul(Decimal::ONE_HUNDRED).and_then(|part| part.checked_div(highest.0));
        Self {
            name,
            count,
            spent: words::money(row.spent, &row.currency),
            came_back: back.map(|back| words::money(back, &row.currency)),
            bar: share.and_then(|share| share.ceil().to_u8()).unwrap_or(0).min(100),
        }
    }
}

impl Check {
    fn of(snapshot: &Snapshot, now: DateTime<Utc>) -> Self {
        let figures = snapshot.holdings.figures();
        let named = figures.wrong.iter().take(NAMED).filter_map(|(id, why)| {
            let date = words::date(snapshot.holdings.find(id)?.local_date());
            Some(Wrong { purchase: id.clone(), date, why: why.clone() })
        });
        let mut check = Self {
            right: figures.right,
            wrong: named.collect(),
            more_wrong: figures.wrong.len().saturating_sub(NAMED),
            unseen: figures.unseen,
            unreconciled: figures.unreconciled,
            ..Self::default()
        };
        if let Some(last) = &snapshot.check {
            let comparison = &last.summary.comparison;
            check.compared = Some(words::lately(last.at, now));
            check.differences.clone_from(&comparison.differences);
            check.uncompared = comparison.unchecked.is_some();
        }
        check
    }
}

fn month(row: &Row) -> String {
    let first = NaiveDate::parse_from_str(&format!("{}-01", row.of), "%Y-%m-%d");
    first.map_or_else(|_| row.of.clone(), words::month)
}

fn category(row: &Row) -> String {
    if row.of == UNSORTED { "Other things".to_owned() } else { row.of.clone() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::{
        purchases::tests::example,
        serve::{board::Board, holdings::Holdings},
    };

    #[test]
    fn months_are_newest_first_and_bars_are_shares_of_the_highest() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let mut holdings = Holdings::default();
        for (id, at, total) in [("a", "2017-01-01T10:00:00Z", "4.00"), ("b", "2017-02-01T10:00:00Z", "1.00")]
        {
            let mut purchase = example();
            purchase["id"] = json!(id);
            purchase["purchasedAt"] = json!(at);
            purchase["lines"] = json!([{"name": "Rolls", "net": total, "category": ["PASTRY"]}]);
            purchase["refunds"] = json!([]);
            purchase["totals"] = json!({"grandTotal": total, "refunded": "0.00", "net": total});
            holdings.put(serde_json::from_value(purchase).unwrap());
        }
        let mut snapshot = Board::new(now).now();
        snapshot.holdings = Arc::new(holdings);
        let spending = of(&snapshot, now);
        let purse = &spending.purses[0];
        let months: Vec<_> = purse.months.iter().map(|line| (line.name.as_str(), line.bar)).collect();
        assert_eq!(months, [("February 2017", 25), ("January 2017", 100)]);
        assert_eq!((purse.spent.as_str(), purse.categories[0].count.as_str()), ("$5.00", "2 things"));
        assert_eq!((spending.check.right, spending.check.wrong.len()), (2, 0));
    }
}
