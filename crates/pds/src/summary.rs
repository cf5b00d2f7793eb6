//! `GET /v1/summary`: what the shop says that the purchases come to, and whether they do.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;
use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::{
    access::Access,
    counting::{beyond, counted, spending},
    failure::Failure,
    purchases::{Money, Purchase},
    wire::{SMALL, printable},
};

/// A year and a currency: what sums are over.
type Heading = (i32, String);

/// The number and the sum of what was bought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    purchases: u64,
    total: Money,
}

/// Sums by year and currency.
pub type Sums = BTreeMap<Heading, Sum>;

/// What the comparison says.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// Years and currencies that were compared.
    pub compared: usize,
    /// What differs, in words.
    pub differences: Vec<String>,
    /// Why something could not be compared, if so.
    pub unchecked: Option<&'static str>,
}

/// The answer of the server.
#[derive(Debug, Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Data {
    years: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    year: i32,
    currency: String,
    purchases: u64,
    total: Money,
}

/// Asks the shop for its sums.
pub async fn served(access: &mut Access<'_>) -> Result<Sums, Failure> {
    let url = access.service().api(&["summary"])?;
    let answer: Answer = access.call(Method::GET, &url, SMALL).await?.success()?.json()?;
    let mut sums = Sums::new();
    for Row { year, currency, purchases, total } in answer.data.years {
        let name = format!("{year} {}", printable(&currency));
        if sums.insert((year, currency), Sum { purchases, total }).is_some() {
            return Err(Failure::misunderstood(format!("the shop's summary has {name} twice")));
        }
    }
    Ok(sums)
}

/// Compares the shop's sums with those of the purchases that are here.
pub fn compare(served: &Sums, purchases: &[Purchase]) -> Result<Comparison, Failure> {
    let own = own(purchases)?;
    // Without the lines, nobody here can tell what of a total bought gift cards.
    let blind = purchases.iter().any(|purchase| purchase.lines.is_none());
    let headings: BTreeSet<&Heading> = served.keys().chain(own.keys()).collect();
    let mut differences = Vec::new();
    let nothing = Sum::default();
    for heading in &headings {
        let (there, here) = (served.get(heading).unwrap_or(&nothing), own.get(heading).unwrap_or(&nothing));
        let (year, currency) = (heading.0, printable(&heading.1));
        if there.purchases != here.purchases {
            let (there, here) = (there.purchases, here.purchases);
            differences
                .push(format!("{year} {currency}: the shop counts {there} purchases, here are {here}"));
        }
        if there.total != here.total && !blind {
            let (there, here) = (there.total, here.total);
            differences.push(format!("{year} {currency}: the shop's sum is {there}, here it is {here}"));
        }
    }
    let unchecked = blind.then_some(
        "the sums cannot be checked: without the items nobody here can tell which are gift cards, and those do not count",
    );
    Ok(Comparison { compared: headings.len(), differences, unchecked })
}

fn own(purchases: &[Purchase]) -> Result<Sums, Failure> {
    let mut sums = Sums::new();
    for purchase in counted(purchases) {
        let (spent, _) = spending(purchase).ok_or_else(beyond)?;
        let sum = sums.entry((purchase.local_date().year(), purchase.currency.clone())).or_default();
        sum.purchases += 1;
        sum.total = Money::sum([sum.total, spent]).ok_or_else(beyond)?;
    }
    Ok(sums)
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

    fn sums(rows: &[(i32, &str, u64, &str)]) -> Sums {
        let row = |(year, currency, purchases, total): &(i32, &str, u64, &str)| {
            let total = serde_json::from_value(json!(total)).unwrap();
            ((*year, (*currency).to_owned()), Sum { purchases: *purchases, total })
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn a_sale_counts_once_in_the_year_of_its_local_date_and_gift_cards_do_not() {
        let purchases = purchases(&[
            |_| (),
            |purchase| {
                purchase["orderId"] = json!("r");
                purchase["related"] = json!([{"rel": "fulfils", "orderId": "31198570044"}]);
            },
            |purchase| purchase["purchasedAt"] = json!("2018-01-01T00:30:00+02:00"),
            |purchase| {
                purchase["lines"] = json!([{"kind": "gift_card", "net": "50.00"}, {"net": "1.00"}]);
                purchase["totals"]["grandTotal"] = json!("51.00");
                purchase["businessDate"] = json!("2016-12-31");
            },
        ]);
        let shop = sums(&[(2016, "USD", 1, "1.00"), (2017, "USD", 1, "0.50"), (2018, "USD", 1, "0.5")]);
        let comparison = compare(&shop, &purchases).unwrap();
        assert_eq!(comparison, Comparison { compared: 3, ..Comparison::default() });
    }

    #[test]
    fn differences_are_told_by_year_and_currency() {
        let purchases = purchases(&[|_| ()]);
        let shop = sums(&[(2017, "USD", 2, "0.60"), (2017, "EUR", 1, "3.00")]);
        let comparison = compare(&shop, &purchases).unwrap();
        assert_eq!(
            comparison.differences,
            [
                "2017 EUR: the shop counts 1 purchases, here are 0",
                "2017 EUR: the shop's sum is 3.00, here it is 0",
                "2017 USD: the shop counts 2 purchases, here are 1",
                "2017 USD: the shop's sum is 0.60, here it is 0.50",
            ]
        );
    }

    #[test]
    fn without_the_items_numbers_are_compared_and_sums_are_not() {
        let purchases = purchases(&[|purchase| {
            purchase.as_object_mut().unwrap().remove("lines");
        }]);
        let comparison = compare(&sums(&[(2017, "USD", 1, "7.00")]), &purchases).unwrap();
        assert!(comparison.differences.is_empty() && comparison.unchecked.is_some(), "{comparison:?}");
        let comparison = compare(&sums(&[(2017, "USD", 2, "7.00")]), &purchases).unwrap();
        assert_eq!(comparison.differences.len(), 1);
    }
}
