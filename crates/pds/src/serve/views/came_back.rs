//! What came back, and the money for it, newest first.

use std::{cmp::Reverse, collections::BTreeMap};

use chrono::{DateTime, FixedOffset};
use serde::Serialize;

use super::{Place, part, place};
use crate::{
    purchases::{Money, Purchase, Refund, Return, ReturnLine},
    serve::{holdings::Holdings, words},
};

/// Entries on one page.
const SIZE: usize = 40;

/// One page of what came back.
#[derive(Debug, Serialize)]
pub struct CameBack {
    count: usize,
    /// All that was paid back, one for each currency.
    sums: Vec<String>,
    entries: Vec<Back>,
    place: Place,
}

/// A return with its refunds, or refunds without a return.
#[derive(Clone, Debug, Serialize)]
pub struct Back {
    #[serde(skip)]
    at: Option<DateTime<FixedOffset>>,
    date: Option<String>,
    title: &'static str,
    purchase: String,
    bought: String,
    things: Vec<Thing>,
    refunds: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Thing {
    name: String,
    amount: Option<String>,
}

/// One page of all that came back.
pub fn of(holdings: &Holdings, page: usize, shop: &str) -> CameBack {
    let mut all: Vec<Back> = holdings.all().iter().flat_map(|purchase| events(purchase, shop)).collect();
    all.sort_by_key(|back| Reverse(back.at));
    let mut sums: BTreeMap<&str, Option<Money>> = BTreeMap::new();
    for purchase in holdings.all() {
        let totals = &purchase.totals;
        let others = totals.refunded_other.iter().map(|other| (other.currency.as_str(), other.amount));
        for (currency, amount) in others.chain([(purchase.currency.as_str(), totals.refunded)]) {
            let sum = sums.entry(currency).or_insert(Some(amount.nothing()));
            *sum = sum.and_then(|sum| Money::sum([sum, amount]));
        }
    }
    let written = |(currency, sum): (&str, Option<Money>)| {
        sum.filter(|sum| *sum != sum.nothing()).map(|sum| words::money(sum, currency))
    };
    let sums = sums.into_iter().filter_map(written).collect();
    let (entries, place) = part(&all, page, SIZE);
    CameBack { count: all.len(), sums, entries: entries.to_vec(), place }
}

/// What came back of one purchase, newest first.
pub fn events(purchase: &Purchase, shop: &str) -> Vec<Back> {
    let mut events: Vec<Back> = purchase.returns.iter().map(|back| returned(purchase, back, shop)).collect();
    let is_known = |id: &String| purchase.returns.iter().any(|back| back.id == *id);
    let alone = purchase.refunds.iter().filter(|refund| !refund.return_id.as_ref().is_some_and(is_known));
    events.extend(alone.map(|refund| Back {
        title: "Money back",
        refunds: vec![refunded(refund)],
        ..Back::new(purchase, refund.issued_at, shop)
    }));
    events.sort_by_key(|back| Reverse(back.at));
    events
}

impl Back {
    fn new(purchase: &Purchase, at: Option<DateTime<FixedOffset>>, shop: &str) -> Self {
        Self {
            at,
            date: at.map(|at| words::date(at.date_naive())),
            title: "",
            purchase: purchase.id.clone(),
            bought: format!("{}, {}", place(purchase, shop), words::date(purchase.local_date())),
            things: Vec::new(),
            refunds: Vec::new(),
        }
    }
}

fn returned(purchase: &Purchase, back: &Return, shop: &str) -> Back {
    let refunds = purchase.refunds.iter().filter(|refund| refund.return_id.as_ref() == Some(&back.id));
    Back {
        title: words::returned(&back.status),
        things: back.lines.iter().map(|line| thing(purchase, line)).collect(),
        refunds: refunds.map(refunded).collect(),
        ..Back::new(purchase, back.returned_at, shop)
    }
}

fn thing(purchase: &Purchase, back: &ReturnLine) -> Thing {
    let lines = || purchase.lines.iter().flatten();
    let line = back.line_id.as_ref().and_then(|id| lines().find(|line| line.id == *id));
    let unit = line.and_then(|line| line.quantity.as_ref()).map_or("EA", |quantity| quantity.unit.as_str());
    let name = back.name.clone().or_else(|| line.map(|line| line.name.clone()));
    let name = name.unwrap_or_else(|| "Something without a name".to_owned());
    let many = words::quantity(&back.quantity, unit).filter(|_| !back.quantity.is_empty());
    Thing {
        name: many.map_or_else(|| name.clone(), |many| format!("{many} {name}")),
        amount: back.amount.map(|amount| words::money(amount, &purchase.currency)),
    }
}

fn refunded(refund: &Refund) -> String {
    let amount = words::money(refund.amount, &refund.currency);
    let way = refund.method.as_deref().map(words::method);
    let way = way.map(|way| format!(", by {way}")).unwrap_or_default();
    let when = refund.issued_at.map(|at| format!(" on {}", words::date(at.date_naive()))).unwrap_or_default();
    match refund.status.as_str() {
        "pending" => format!("{amount} is on its way to you{way}, sent off{when}"),
        "failed" => format!("{amount} did not reach you{way}, tried{when}"),
        _ => format!("{amount} paid back{way}{when}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::purchases::tests::example;

    #[test]
    fn a_refund_is_with_its_return_and_one_without_stands_alone() {
        let mut purchase = example();
        let refunds = purchase["refunds"].as_array_mut().unwrap();
        refunds.push(json!({"id": "f-78", "amount": "2.00", "currency": "EUR", "status": "pending",
                            "issuedAt": "2017-02-01T10:00:00Z"}));
        purchase["totals"]["refundedOther"] = json!([{"currency": "EUR", "amount": "2.00"}]);
        let mut holdings = Holdings::default();
        holdings.put(serde_json::from_value(purchase).unwrap());
        let back = of(&holdings, 1, "Example Stores");
        assert_eq!((back.count, back.sums), (2, vec!["€2.00".to_owned(), "$0.50".to_owned()]));
        assert_eq!(back.entries[0].refunds, ["€2.00 is on its way to you, sent off on 1 February 2017"]);
        let second = &back.entries[1];
        assert_eq!((second.title, second.things[0].name.as_str()), ("Taken back", "Rolls, dinner"));
        assert_eq!(second.refunds, ["$0.50 paid back, by card on 3 January 2017"]);
    }
}
