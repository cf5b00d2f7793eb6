//! What a customer's purchases come to by month, as bars and as a table.

use std::collections::BTreeMap;

use counterfoil_oauth::history::Day;
use minijinja::{Value, context};

use crate::amount;
use crate::look::{Look, Month};
use crate::words::Words;

/// ISO 4217 for no currency: of what came back without anything that tells one.
const NO_CURRENCY: &str = "XXX";
/// Width of a month in the picture.
const STEP: i64 = 300;
/// Width of a bar.
const BAR: i64 = 180;
/// Height of the highest bar.
const HEIGHT: i64 = 1_000;
/// Where the highest bar begins.
const TOP: i64 = 180;

/// What some purchases come to, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) purchases: i64,
    pub(crate) grand_total: i64,
    pub(crate) refunded: i64,
}

impl Sum {
    fn add(&mut self, day: &Day) {
        self.purchases = self.purchases.saturating_add(day.purchases);
        self.grand_total = self.grand_total.saturating_add(day.grand_total);
        self.refunded = self.refunded.saturating_add(day.refunded);
    }

    fn render(self, currency: &str) -> Value {
        let left = self.grand_total.saturating_sub(self.refunded);
        let shown = |units| amount::number(units, currency);
        context! {
            purchases => self.purchases,
            total => shown(self.grand_total),
            has_back => self.refunded != 0,
            back => shown(self.refunded),
            left => shown(left),
            currency,
        }
    }
}

/// Sums by month and currency.
#[derive(Debug, Default)]
pub(crate) struct Sums(BTreeMap<(Month, String), Sum>);

impl Sums {
    /// Adds up days.
    pub(crate) fn of(days: &[Day]) -> Self {
        let mut sums: BTreeMap<(Month, String), Sum> = BTreeMap::new();
        for day in days {
            sums.entry((Month::of(day.local_date), day.currency.clone())).or_default().add(day);
        }
        Self(sums)
    }

    /// The newest month with a purchase.
    pub(crate) fn newest(&self) -> Option<Month> {
        self.0.keys().next_back().map(|(month, _)| *month)
    }

    /// The nearest months with purchases before and after one.
    pub(crate) fn around(&self, month: Month) -> (Option<Month>, Option<Month>) {
        let months = || self.0.keys().map(|(month, _)| *month);
        (months().rfind(|other| *other < month), months().find(|other| *other > month))
    }

    /// The sums of one month, by currency.
    pub(crate) fn of_month(&self, month: Month) -> Vec<Value> {
        let own = self.0.iter().filter(|((other, code), _)| *other == month && code != NO_CURRENCY);
        own.map(|((_, currency), sum)| sum.render(currency)).collect()
    }

    /// The sums of all of it, by currency.
    pub(crate) fn of_all(&self) -> Vec<Value> {
        self.by_currency().iter().map(|(currency, sum)| sum.render(currency)).collect()
    }

    fn by_currency(&self) -> BTreeMap<&str, Sum> {
        let mut all: BTreeMap<&str, Sum> = BTreeMap::new();
        for ((_, currency), sum) in self.0.iter().filter(|((_, code), _)| code != NO_CURRENCY) {
            let whole = all.entry(currency).or_default();
            whole.purchases = whole.purchases.saturating_add(sum.purchases);
            whole.grand_total = whole.grand_total.saturating_add(sum.grand_total);
            whole.refunded = whole.refunded.saturating_add(sum.refunded);
        }
        all
    }

    /// The currency that is looked at: the one that is asked for, else the one of most purchases.
    fn currency(&self, asked: Option<&str>) -> String {
        let all = self.by_currency();
        let asked = asked.filter(|code| all.contains_key(code));
        let most = all.iter().max_by_key(|(_, sum)| sum.purchases).map(|(code, _)| *code);
        asked.or(most).unwrap_or_default().to_owned()
    }

    /// The year of a month, for `year.html`.
    pub(crate) fn render_year(&self, words: &Words, look: &Look, current: Month) -> Value {
        let currency = self.currency(look.currency.as_deref());
        let year = current.year();
        let own = |month: Month| self.0.get(&(month, currency.clone())).copied();
        let months: Vec<(Month, Sum)> = (1..=12)
            .filter_map(|number| Month::read(&format!("{year:04}-{number:02}")))
            .map(|month| (month, own(month).unwrap_or_default()))
            .collect();
        let highest = months.iter().map(|(_, sum)| sum.grand_total).max().unwrap_or(0).max(0);
        let bars: Vec<Value> = (0..)
            .zip(&months)
            .map(|(place, (month, sum))| {
                bar(place, &words.short_month(month.first()), *sum, highest, *month == current)
            })
            .collect();
        let mut whole = Sum::default();
        for (_, sum) in &months {
            whole.purchases += sum.purchases;
            whole.grand_total = whole.grand_total.saturating_add(sum.grand_total);
            whole.refunded = whole.refunded.saturating_add(sum.refunded);
        }
        let rows: Vec<Value> = months
            .iter()
            .filter(|(_, sum)| sum.purchases > 0)
            .map(|(month, sum)| {
                let address = Look { month: Some(*month), ..look.clone() }.address();
                context! { month => words.month_name(month.first()), address, is_current => *month == current, ..sum.render(&currency) }
            })
            .collect();
        context! {
            year => format!("{year}"),
            bars,
            rows,
            whole => whole.render(&currency),
            highest => amount::number(highest, &currency),
            currencies => self.currencies(look, &currency),
            years => self.years(look, year),
            currency,
        }
    }

    /// Ways to the other currencies, where there are any.
    fn currencies(&self, look: &Look, current: &str) -> Vec<Value> {
        let all = self.by_currency();
        let link = |code: &&str| {
            let address = Look { currency: Some((*code).to_owned()), ..look.clone() }.address();
            context! { title => *code, address, is_current => *code == current }
        };
        if all.len() > 1 { all.keys().map(link).collect() } else { Vec::new() }
    }

    /// Ways to the other years, each to its newest month, the newest first.
    fn years(&self, look: &Look, current: i32) -> Vec<Value> {
        let mut newest: BTreeMap<i32, Month> = BTreeMap::new();
        for (month, _) in self.0.keys() {
            newest.insert(month.year(), *month);
        }
        let link = |(year, month): (&i32, &Month)| {
            let address = Look { month: Some(*month), ..look.clone() }.address();
            context! { title => *year, address, is_current => *year == current }
        };
        if newest.len() > 1 { newest.iter().rev().map(link).collect() } else { Vec::new() }
    }
}

/// A bar: what was kept below, what came back on top of it.
fn bar(place: i64, label: &str, sum: Sum, highest: i64, is_current: bool) -> Value {
    let scaled = |units: i64| {
        let height = i128::from(units) * i128::from(HEIGHT) / i128::from(highest.max(1));
        i64::try_from(height).unwrap_or(HEIGHT)
    };
    let total = scaled(sum.grand_total.max(0));
    let back = scaled(sum.refunded.clamp(0, sum.grand_total.max(0)));
    let left = place * STEP;
    context! {
        x => left + (STEP - BAR) / 2,
        width => BAR,
        kept_y => TOP + HEIGHT - total + back,
        kept => total - back,
        back_y => TOP + HEIGHT - total,
        back,
        middle => left + STEP / 2,
        label,
        is_current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(date: &str, currency: &str, grand_total: i64, refunded: i64) -> Day {
        let local_date = date.parse().unwrap();
        Day { local_date, currency: currency.to_owned(), purchases: 1, grand_total, refunded }
    }

    #[test]
    fn days_become_months_of_each_currency() {
        let sums = Sums::of(&[
            day("2026-05-31", "EUR", 1_000, 250),
            day("2026-05-01", "EUR", 500, 0),
            day("2026-05-01", "JPY", 70, 0),
            day("2025-12-31", "EUR", 9, 0),
        ]);
        let may = Month::read("2026-05").unwrap();
        assert_eq!(sums.newest(), Some(may));
        assert_eq!(sums.around(may), (Month::read("2025-12"), None));
        let [eur, jpy] = &sums.of_month(may)[..] else { panic!("two currencies") };
        assert_eq!(eur.get_attr("left").unwrap().as_str(), Some("12.50"));
        assert_eq!(jpy.get_attr("total").unwrap().as_str(), Some("70"));
        assert_eq!(sums.currency(None), "EUR");
        assert_eq!((sums.currency(Some("JPY")), sums.currency(Some("USD"))), ("JPY".into(), "EUR".into()));
        let bar = bar(4, "May", sums.0[&(may, "EUR".to_owned())], 1_500, true);
        let of = |name| i64::try_from(bar.get_attr(name).unwrap()).unwrap();
        assert_eq!((of("kept_y"), of("kept")), (TOP + 167 - 1, 834));
        assert_eq!((of("back_y"), of("back")), (TOP, 166));
    }

    #[test]
    fn nothing_and_too_much_are_drawn_too() {
        for (grand_total, refunded, highest) in
            [(0, 0, 0), (-5, 3, 0), (0, 5, 10), (i64::MAX, i64::MAX, i64::MAX), (10, -5, 10)]
        {
            let sum = Sum { purchases: 1, grand_total, refunded };
            let bar = bar(0, "May", sum, highest, false);
            for name in ["kept", "back"] {
                let height = i64::try_from(bar.get_attr(name).unwrap()).unwrap();
                assert!((0..=HEIGHT).contains(&height), "{name} of {sum:?}: {height}");
            }
        }
    }
}
