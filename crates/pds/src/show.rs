//! `show`: what was spent by month and by category, and what came back.

use std::{
    borrow::{Borrow, Cow},
    collections::BTreeMap,
};

use chrono::{Datelike, NaiveDate};
use serde::Serialize;

use crate::{
    counting::{beyond, counted, is_gift_card, spending},
    failure::{Failure, Kind},
    folder::Folder,
    purchases::{Money, Purchase},
    records::Records,
    terminal::say,
};

/// Categories shown as text; `--format json` has all.
const CATEGORIES: usize = 12;
/// What stands where a line has no category.
pub const UNSORTED: &str = "(no category)";

/// How something is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// What the command line says.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// The whole picture.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Picture {
    /// The number of purchases.
    pub purchases: usize,
    /// The date of the first.
    pub first: Option<NaiveDate>,
    /// The date of the last.
    pub last: Option<NaiveDate>,
    /// Receipts of goods whose order is counted already.
    pub counted_elsewhere: usize,
    /// Sums of everything, one for each currency.
    pub totals: Vec<Row>,
    /// Sums by month, the earliest first.
    pub months: Vec<Row>,
    /// Sums of items by category, within a currency the highest first.
    pub categories: Vec<Row>,
}

/// A sum over some purchases or items in one currency.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The month (`YYYY-MM`), the category, or `all`.
    pub of: String,
    /// ISO 4217.
    pub currency: String,
    /// How many purchases, or for a category how many items.
    pub count: usize,
    /// How many returns; for a category how many items something was paid back for.
    pub returns: usize,
    /// What was to be paid.
    pub spent: Money,
    /// What of that was paid back.
    pub came_back: Money,
    /// The one less the other.
    pub remains: Money,
}

/// Prints the picture of what the last sync left.
pub fn run(folder: &Folder, options: &Options) -> Result<(), Failure> {
    let records = Records::open(folder)?;
    let purchases = records.purchases()?;
    if purchases.is_empty() {
        return Err(records.nothing());
    }
    let picture = picture(&purchases)?;
    match options.format {
        Format::Json => say(&json(&picture)?),
        Format::Text => say(&text(&picture)),
    }
}

/// A value as JSON for standard output.
pub fn json<T: Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map_err(|error| {
        Failure::new(Kind::Local, format!("cannot write JSON: {error}"), "report this as a fault")
    })
}

/// Sums under (heading, currency), in the order of both.
#[derive(Default)]
struct Sums<'a>(BTreeMap<(Cow<'a, str>, &'a str), Sum>);

/// `None` once it is out of range.
struct Sum {
    count: usize,
    returns: usize,
    spent: Option<Money>,
    came_back: Option<Money>,
}

impl<'a> Sums<'a> {
    fn add(&mut self, of: Cow<'a, str>, currency: &'a str, returns: usize, spent: Money, came_back: Money) {
        let nothing = || Sum {
            count: 0,
            returns: 0,
            spent: Some(spent.nothing()),
            came_back: Some(came_back.nothing()),
        };
        let sum = self.0.entry((of, currency)).or_insert_with(nothing);
        sum.count += 1;
        sum.returns += returns;
        sum.spent = sum.spent.and_then(|sum| Money::sum([sum, spent]));
        sum.came_back = sum.came_back.and_then(|sum| Money::sum([sum, came_back]));
    }

    fn rows(self) -> Result<Vec<Row>, Failure> {
        let row = |((of, currency), sum): ((Cow<'_, str>, &str), Sum)| {
            let (spent, came_back) = (sum.spent?, sum.came_back?);
            let remains = spent.minus(came_back)?;
            let (of, currency) = (of.into_owned(), currency.to_owned());
            Some(Row { of, currency, count: sum.count, returns: sum.returns, spent, came_back, remains })
        };
        self.0.into_iter().map(row).collect::<Option<_>>().ok_or_else(beyond)
    }
}

/// Adds up what was bought.
///
/// # Errors
/// When the sums are out of range.
pub fn picture<P: Borrow<Purchase>>(purchases: &[P]) -> Result<Picture, Failure> {
    let dates = || purchases.iter().map(Borrow::borrow).map(Purchase::local_date);
    let counted = counted(purchases);
    let (mut totals, mut months, mut categories) = (Sums::default(), Sums::default(), Sums::default());
    for purchase in &counted {
        let (spent, came_back) = spending(purchase).ok_or_else(beyond)?;
        let (currency, returns) = (purchase.currency.as_str(), purchase.returns.len());
        let date = purchase.local_date();
        let month = Cow::from(format!("{:04}-{:02}", date.year(), date.month()));
        totals.add(Cow::from("all"), currency, returns, spent, came_back);
        months.add(month, currency, returns, spent, came_back);
        for line in purchase.lines.iter().flatten().filter(|line| !is_gift_card(line)) {
            let category = Cow::from(line.category.first().map_or(UNSORTED, String::as_str));
            let returned = usize::from(line.refunded.is_some());
            categories.add(
                category,
                currency,
                returned,
                line.net,
                line.refunded.unwrap_or(line.net.nothing()),
            );
        }
    }
    let mut categories = categories.rows()?;
    categories.sort_by(|a, b| a.currency.cmp(&b.currency).then(b.spent.cmp(&a.spent)).then(a.of.cmp(&b.of)));
    Ok(Picture {
        purchases: purchases.len(),
        first: dates().min(),
        last: dates().max(),
        counted_elsewhere: purchases.len() - counted.len(),
        totals: totals.rows()?,
        months: months.rows()?,
        categories,
    })
}

fn text(picture: &Picture) -> String {
    let mut parts = Vec::new();
    if let (Some(first), Some(last)) = (picture.first, picture.last) {
        parts.push(format!("{} purchases, the first on {first}, the last on {last}", picture.purchases));
    }
    if picture.counted_elsewhere > 0 {
        parts.push(format!(
            "{} of them are receipts of an order that is here too; the sums count it once",
            picture.counted_elsewhere
        ));
    }
    parts.push(table(
        "month",
        "purchases",
        &picture.months.iter().chain(&picture.totals).collect::<Vec<_>>(),
    ));
    if picture.categories.is_empty() {
        parts.push("The items are not shared, so there are no categories.".to_owned());
    } else {
        let mut shown = Vec::new();
        for row in &picture.categories {
            if shown.iter().filter(|other: &&&Row| other.currency == row.currency).count() < CATEGORIES {
                shown.push(row);
            }
        }
        parts.push(table("category", "items", &shown));
        let left = picture.categories.len() - shown.len();
        if left > 0 {
            parts.push(format!("and {left} more categories (all with --format json)"));
        }
    }
    parts.join("\n\n")
}

/// Words to the left, figures to the right, each column as wide as its widest cell.
fn table(of: &str, count: &str, rows: &[&Row]) -> String {
    let head = [of, "", count, "returns", "spent", "came back", "remains"].map(str::to_owned);
    let cells = rows.iter().map(|row| {
        [
            crate::wire::printable(&row.of),
            crate::wire::printable(&row.currency),
            row.count.to_string(),
            row.returns.to_string(),
            row.spent.to_string(),
            row.came_back.to_string(),
            row.remains.to_string(),
        ]
    });
    let lines: Vec<[String; 7]> = std::iter::once(head).chain(cells).collect();
    let width = |column: usize| {
        lines.iter().filter_map(|cells| cells.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: [usize; 7] = std::array::from_fn(width);
    let line = |cells: &[String; 7]| {
        let padded = cells.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            if column < 2 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        padded.collect::<Vec<_>>().join("  ")
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::purchases::tests::example;

    fn purchases(changes: &[fn(&mut Value)]) -> Vec<Purchase> {
        let change = |change: &fn(&mut Value)| {
            let mut purchase = example();
            change(&mut purchase);
            serde_json::from_value(purchase).unwrap()
        };
        changes.iter().map(change).collect()
    }

    #[test]
    fn months_go_by_the_local_date_and_currencies_stay_apart() {
        let purchases = purchases(&[
            |_| (),
            |purchase| purchase["purchasedAt"] = json!("2017-02-01T00:30:00+02:00"),
            |purchase| purchase["businessDate"] = json!("2016-12-31"),
            |purchase| purchase["currency"] = json!("EUR"),
        ]);
        let picture = picture(&purchases).unwrap();
        let months: Vec<_> =
            picture.months.iter().map(|row| (row.of.as_str(), row.currency.as_str())).collect();
        assert_eq!(months, [("2016-12", "USD"), ("2017-01", "EUR"), ("2017-01", "USD"), ("2017-02", "USD")]);
        let dollars = picture.totals.iter().find(|row| row.currency == "USD").unwrap();
        assert_eq!((dollars.count, dollars.spent.to_string().as_str()), (3, "1.50"));
        assert_eq!(
            (dollars.came_back.to_string().as_str(), dollars.remains.to_string().as_str()),
            ("1.50", "0.00")
        );
        assert_eq!(picture.first.unwrap().to_string(), "2016-12-31");
    }

    #[test]
    fn a_receipt_that_fulfils_a_known_order_counts_once() {
        let purchases = purchases(&[
            |_| (),
            |purchase| {
                purchase["orderId"] = json!("r");
                purchase["related"] = json!([{"rel": "fulfils", "orderId": "31198570044"}]);
            },
            |purchase| {
                purchase["orderId"] = json!("s");
                purchase["related"] = json!([{"rel": "fulfils", "orderId": "elsewhere"}]);
            },
        ]);
        let picture = picture(&purchases).unwrap();
        assert_eq!((picture.purchases, picture.counted_elsewhere, picture.totals[0].count), (3, 1, 2));
    }

    #[test]
    fn a_gift_card_is_spent_when_it_pays() {
        let purchases = purchases(&[|purchase| {
            purchase["lines"] =
                json!([{"kind": "gift_card", "net": "50.00", "refunded": "20.00"}, {"net": "1.00"}]);
            purchase["totals"] = json!({"grandTotal": "51.00", "refunded": "20.00", "net": "31.00"});
        }]);
        let picture = picture(&purchases).unwrap();
        let total = &picture.totals[0];
        assert_eq!(
            (total.spent.to_string().as_str(), total.came_back.to_string().as_str()),
            ("1.00", "0.00")
        );
        assert_eq!((picture.categories.len(), picture.categories[0].spent.to_string().as_str()), (1, "1.00"));
    }

    #[test]
    fn columns_are_aligned() {
        let purchases = purchases(&[
            |_| (),
            |purchase| {
                purchase["totals"] = json!({"grandTotal": "1000.00", "refunded": "0.00", "net": "1000.00"});
                purchase["purchasedAt"] = json!("2017-03-01T10:00:00Z");
                purchase["lines"] = json!([{"net": "1000.00"}]);
            },
        ]);
        let text = text(&picture(&purchases).unwrap());
        let expected = "\
month         purchases  returns    spent  came back  remains
2017-01  USD          1        1     0.50       0.50     0.00
2017-03  USD          1        1  1000.00       0.00  1000.00
all      USD          2        2  1000.50       0.50  1000.00";
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("(no category)  USD      1        0  1000.00       0.00  1000.00"), "{text}");
    }
}
