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

/// How much was bought, what it cost and what of that was paid back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    purchases: u64,
    spent: Money,
    refunded: Money,
    net: Money,
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
#[serde(rename_all = "camelCase")]
struct Row {
    year: i32,
    currency: String,
    purchases: u64,
    grand_total: Money,
    refunded: Money,
    net: Money,
}

/// Asks the shop for its sums.
pub async fn served(access: &mut Access<'_>) -> Result<Sums, Failure> {
    let url = access.service().api(&["summary"])?;
    let answer: Answer = access.call(Method::GET, &url, SMALL).await?.success()?.json()?;
    let mut sums = Sums::new();
    for Row { year, currency, purchases, grand_total: spent, refunded, net } in answer.data.years {
        let name = format!("{year} {}", printable(&currency));
        if sums.insert((year, currency), Sum { purchases, spent, refunded, net }).is_some() {
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
        let sums = [
            ("was spent", there.spent, here.spent),
            ("was paid back", there.refunded, here.refunded),
            ("remains", there.net, here.net),
        ];
        for (what, there, here) in sums.into_iter().filter(|(_, there, here)| !blind && there != here) {
            differences.push(format!("{year} {currency}: the shop says {there} {what}, here it is {here}"));
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
        let (spent, refunded) = spending(purchase).ok_or_else(beyond)?;
        let year = purchase.local_date().year();
        let sum = sums.entry((year, purchase.currency.clone())).or_default();
        sum.purchases += 1;
        sum.add(spent, refunded).ok_or_else(beyond)?;
        // Money of another currency is with that currency, where it adds no purchase.
        for other in &purchase.totals.refunded_other {
            let sum = sums.entry((year, other.currency.clone())).or_default();
            sum.add(other.amount.nothing(), other.amount).ok_or_else(beyond)?;
        }
    }
    Ok(sums)
}

impl Sum {
    fn add(&mut self, spent: Money, refunded: Money) -> Option<()> {
        self.spent = Money::sum([self.spent, spent])?;
        self.refunded = Money::sum([self.refunded, refunded])?;
        self.net = self.spent.minus(self.refunded)?;
        Some(())
    }
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

    fn sums(rows: &[(i32, &str, u64, &str, &str)]) -> Sums {
        let money = |text: &str| serde_json::from_value::<Money>(json!(text)).unwrap();
        let row = |(year, currency, purchases, spent, refunded): &(i32, &str, u64, &str, &str)| {
            let (spent, refunded) = (money(spent), money(refunded));
            let net = spent.minus(refunded).unwrap();
            ((*year, (*currency).to_owned()), Sum { purchases: *purchases, spent, refunded, net })
        };
        rows.iter().map(row).collect()
    }

    fn agree(shop: &Sums, purchases: &[Purchase]) {
        let comparison = compare(shop, purchases).unwrap();
        assert_eq!(comparison, Comparison { compared: shop.len(), ..Comparison::default() });
    }

    #[test]
    fn a_sale_counts_once_in_the_year_of_its_local_date() {
        let purchases = purchases(&[
            |_| (),
            |purchase| {
                purchase["orderId"] = json!("r");
                purchase["related"] = json!([{"rel": "fulfils", "orderId": "31198570044"}]);
            },
            // One that names itself, and one whose order is not known here.
            |purchase| purchase["related"] = json!([{"rel": "fulfils", "orderId": "31198570044"}]),
            |purchase| purchase["related"] = json!([{"rel": "fulfils", "orderId": "q"}]),
            |purchase| {
                purchase["orderId"] = json!("q");
                purchase["status"] = json!("returned");
                purchase["totals"] = json!({"grandTotal": "0.00", "refunded": "0.50", "net": "-0.50"});
            },
            |purchase| purchase["purchasedAt"] = json!("2018-01-01T00:30:00+02:00"),
            |purchase| purchase["businessDate"] = json!("2016-12-31"),
        ]);
        agree(
            &sums(&[
                (2016, "USD", 1, "0.50", "0.50"),
                (2017, "USD", 4, "1.50", "2.00"),
                (2018, "USD", 1, "0.5", "0.50"),
            ]),
            &purchases,
        );
    }

    #[test]
    fn gift_cards_do_not_count_and_foreign_refunds_are_with_their_currency() {
        let purchases = purchases(&[
            |purchase| {
                purchase["lines"] = json!([
                    {"kind": "gift_card", "net": "50.00", "taxes": [{"taxId": "t", "amount": "2.00"}], "refunded": "5.00"},
                    {"net": "1.00"},
                ]);
                purchase["pricesIncludeTax"] = json!(false);
                purchase["totals"] = json!({"grandTotal": "53.00", "refunded": "5.00", "net": "48.00"});
            },
            |purchase| {
                purchase["totals"]["refundedOther"] = json!([{"currency": "EUR", "amount": "0.40"}]);
            },
        ]);
        agree(&sums(&[(2017, "EUR", 0, "0.00", "0.40"), (2017, "USD", 2, "1.50", "0.50")]), &purchases);
    }

    #[test]
    fn differences_are_told_by_year_and_currency() {
        let purchases = purchases(&[|_| ()]);
        let shop = sums(&[(2017, "USD", 2, "0.60", "0.50"), (2017, "EUR", 1, "0.00", "0.00")]);
        let comparison = compare(&shop, &purchases).unwrap();
        assert_eq!(
            comparison.differences,
            [
                "2017 EUR: the shop counts 1 purchases, here are 0",
                "2017 USD: the shop counts 2 purchases, here are 1",
                "2017 USD: the shop says 0.60 was spent, here it is 0.50",
                "2017 USD: the shop says 0.10 remains, here it is 0.00",
            ]
        );
    }

    #[test]
    fn without_the_items_numbers_are_compared_and_sums_are_not() {
        let purchases = purchases(&[|purchase| {
            purchase.as_object_mut().unwrap().remove("lines");
        }]);
        let comparison = compare(&sums(&[(2017, "USD", 1, "7.00", "0.00")]), &purchases).unwrap();
        assert!(comparison.differences.is_empty() && comparison.unchecked.is_some(), "{comparison:?}");
        let comparison = compare(&sums(&[(2017, "USD", 2, "7.00", "0.00")]), &purchases).unwrap();
        assert_eq!(comparison.differences.len(), 1);
    }
}
