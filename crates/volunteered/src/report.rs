//! How the retailer's asks are met: the trust that customers put in each.
//!
//! It counts, and names nobody. Even so a number can single somebody out: how long the only customer who took something back
//! had left it there is that customer's own doing, and that one person answered a question about health is a fact about
//! somebody whom a colleague may know. So days until withdrawal are told only of [`FEW`] withdrawals or more, and of asks
//! for a special category (GDPR Art. 9) every count below [`FEW`] but nought is told as fewer, and what was promised and
//! given is not told where it would tell such a count. Other counts are told as
//! they are: how many were shown a question about coffee says nothing of anybody, and a retailer who begins must see it.

use std::collections::BTreeMap;

use counterfoil_domain::exchange::{self, Sums};
use counterfoil_domain::item;
use counterfoil_store::answers::{self, State};
use counterfoil_store::conn::Conn;
use counterfoil_store::{exchanges, items};
use serde::Serialize;

use crate::{VolunteeredError, Volunteering, published};

/// Customers below whose number a count can single somebody out.
pub const FEW: u64 = 5;
/// Rows read together.
const PAGE: i64 = 2_000;

/// A number of customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exactly(u64),
    /// More than none, and fewer than [`FEW`].
    Fewer,
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exactly(count) => write!(f, "{count}"),
            Self::Fewer => write!(f, "<{FEW}"),
        }
    }
}

impl Serialize for Count {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Exactly(count) => serializer.serialize_u64(*count),
            Self::Fewer => serializer.collect_str(self),
        }
    }
}

/// Whole days from an answer to its withdrawal. A quarter of the answers were taken back within `lower`, half within
/// `median`, three quarters within `upper`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Days {
    /// The first quartile.
    pub lower: u64,
    /// The median.
    pub median: u64,
    /// The third quartile.
    pub upper: u64,
}

/// How one ask is met, in all its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AskReport {
    /// Id of the ask.
    pub ask: String,
    /// What it is called, in the main language.
    pub title: String,
    /// Times that a version of it was shown to a customer for the first time.
    pub shown: Count,
    /// Of these, how many were answered, taken back since or not.
    pub answered: Count,
    /// How many customers said no.
    pub refused: Count,
    /// How many want to be asked later.
    pub deferred: Count,
    /// Answers that were taken back.
    pub withdrawn: Count,
    /// What was promised in return, by currency or unit; without what was forgone. None where it would tell a count that is
    /// not told.
    pub promised: Option<BTreeMap<String, String>>,
    /// What was given of that; none likewise.
    pub delivered: Option<BTreeMap<String, String>>,
    /// Days until withdrawal; none where fewer than [`FEW`] took their answer back.
    pub days_until_withdrawal: Option<Days>,
}

/// What is counted of an ask.
#[derive(Debug, Default)]
struct Tally {
    shown: u64,
    answered: u64,
    refused: u64,
    deferred: u64,
    withdrawn: u64,
    promised: Sums,
    /// Of how many promises that is.
    promises: u64,
    delivered: Sums,
    deliveries: u64,
    /// Withdrawals by whole days since the answer.
    days: BTreeMap<u64, u64>,
}

/// How each ask is met, by id.
///
/// # Errors
/// The store's.
pub async fn asks(v: &Volunteering) -> Result<Vec<AskReport>, VolunteeredError> {
    v.store()
        .read_moment(|conn| {
            let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
            count_answers(conn, &mut tallies)?;
            count_items(conn, &mut tallies)?;
            count_exchanges(conn, &mut tallies)?;
            let mut reports = Vec::new();
            for ask in published::asks(conn)? {
                let purpose = published::purpose(conn, &ask.ask.purpose.hash)?;
                let tally = tallies.remove(&ask.id).unwrap_or_default();
                let title = ask.ask.title.of("en").to_owned();
                reports.push(tally.report(ask.id, title, purpose.processing.is_special()));
            }
            Ok(reports)
        })
        .await
}

fn count_answers(
    conn: &mut Conn,
    tallies: &mut BTreeMap<String, Tally>,
) -> Result<(), counterfoil_store::Error> {
    let mut after: Option<answers::Answer> = None;
    loop {
        let page = answers::page(conn, after.as_ref(), PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.clone());
        for answer in page {
            let tally = tallies.entry(answer.ask).or_default();
            tally.shown += 1;
            match answer.state {
                State::Answered | State::Withdrawn => tally.answered += 1,
                State::Refused => tally.refused += 1,
                State::Deferred => tally.deferred += 1,
                State::Shown | State::Lapsed => {}
            }
        }
    }
}

/// An answer that only ended was not taken back: the items say which.
fn count_items(
    conn: &mut Conn,
    tallies: &mut BTreeMap<String, Tally>,
) -> Result<(), counterfoil_store::Error> {
    let mut after = None;
    loop {
        let page = items::page(conn, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.item_id);
        for item in page.into_iter().filter(|item| item.state == item::State::Withdrawn) {
            let tally = tallies.entry(item.ask).or_default();
            tally.withdrawn += 1;
            let days = item.ended_at.map_or(0, |end| (end - item.submitted_at).num_days());
            *tally.days.entry(u64::try_from(days).unwrap_or_default()).or_default() += 1;
        }
    }
}

fn count_exchanges(
    conn: &mut Conn,
    tallies: &mut BTreeMap<String, Tally>,
) -> Result<(), counterfoil_store::Error> {
    let mut after = None;
    loop {
        let page = exchanges::page(conn, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.exchange_id);
        for one in page.into_iter().filter(|one| one.state != exchange::State::Forgone) {
            let tally = tallies.entry(one.ask).or_default();
            tally.promised.add(&one.amount, &one.unit);
            tally.promises += 1;
            if one.state == exchange::State::Delivered {
                tally.delivered.add(&one.amount, &one.unit);
                tally.deliveries += 1;
            }
        }
    }
}

impl Tally {
    fn report(self, ask: String, title: String, is_special: bool) -> AskReport {
        let is_hidden = |count: u64| is_special && (1..FEW).contains(&count);
        let count = |count| if is_hidden(count) { Count::Fewer } else { Count::Exactly(count) };
        let sums = |sums: &Sums, parts| {
            let is_told = ![self.answered, self.withdrawn, parts].into_iter().any(is_hidden);
            is_told.then(|| sums.iter().map(|(unit, sum)| (unit.to_owned(), sum)).collect())
        };
        AskReport {
            shown: count(self.shown),
            answered: count(self.answered),
            refused: count(self.refused),
            deferred: count(self.deferred),
            withdrawn: count(self.withdrawn),
            promised: sums(&self.promised, self.promises),
            delivered: sums(&self.delivered, self.deliveries),
            days_until_withdrawal: self.spread(),
            ask,
            title,
        }
    }

    fn spread(&self) -> Option<Days> {
        if self.withdrawn < FEW {
            return None;
        }
        Some(Days { lower: self.within(1)?, median: self.within(2)?, upper: self.within(3)? })
    }

    /// The days within which so many quarters of the withdrawals came.
    fn within(&self, quarters: u64) -> Option<u64> {
        let wanted = self.withdrawn.saturating_mul(quarters).div_ceil(4);
        let mut seen = 0;
        self.days.iter().find_map(|(days, count)| {
            seen += count;
            (seen >= wanted).then_some(*days)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(days: &[(u64, u64)]) -> Tally {
        let withdrawn = days.iter().map(|(_, count)| count).sum();
        Tally {
            shown: 9,
            answered: 7,
            refused: 2,
            withdrawn,
            days: days.iter().copied().collect(),
            ..Tally::default()
        }
    }

    #[test]
    fn days_are_told_of_five_and_more() {
        let of = |days| tally(days).report("a1".to_owned(), "Coffee".to_owned(), false);
        assert_eq!(of(&[(1, 3), (9, 1)]).days_until_withdrawal, None);
        assert_eq!(of(&[(1, 3), (9, 1)]).withdrawn, Count::Exactly(4));
        let days = of(&[(1, 2), (4, 1), (9, 1), (30, 1)]).days_until_withdrawal;
        assert_eq!(days, Some(Days { lower: 1, median: 4, upper: 9 }));
    }

    #[test]
    fn small_counts_of_special_categories_are_not_told() {
        let report = tally(&[(1, 4)]).report("a4".to_owned(), "Food".to_owned(), true);
        let counts = [report.shown, report.answered, report.refused, report.deferred, report.withdrawn];
        let said: Vec<String> = counts.iter().map(|count| format!("{count}")).collect();
        assert_eq!(said, ["9", "7", "<5", "0", "<5"]);
        assert_eq!(serde_json::to_value(counts).unwrap(), serde_json::json!([9, 7, "<5", 0, "<5"]));
        assert_eq!(
            (report.promised, report.delivered),
            (None, None),
            "by them the withdrawals could be counted"
        );
    }

    #[test]
    fn sums_of_special_categories_are_told_of_five_and_more() {
        let of = |deliveries| {
            let mut tally = Tally { promises: 7, deliveries, ..tally(&[]) };
            (0..7).for_each(|_| tally.promised.add("1.00", "EUR"));
            (0..deliveries).for_each(|_| tally.delivered.add("1.00", "EUR"));
            let report = tally.report("a4".to_owned(), "Food".to_owned(), true);
            (report.promised, report.delivered)
        };
        let sum = |sum: &str| Some(BTreeMap::from([("EUR".to_owned(), sum.to_owned())]));
        assert_eq!(of(0), (sum("7"), Some(BTreeMap::new())));
        assert_eq!(of(1), (sum("7"), None));
        assert_eq!(of(5), (sum("7"), sum("5")));
    }
}
