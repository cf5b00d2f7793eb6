//! What of the purchases counts in sums: the same sale once, and a gift card when it pays, not when it is bought.

use std::{borrow::Borrow, collections::HashSet};

use crate::{
    failure::{Failure, Kind},
    purchases::{Line, Money, Purchase},
};

/// The kind of a line that sells a gift card.
const GIFT_CARD: &str = "gift_card";

/// The purchases that count. A receipt of goods that fulfils an order which is there too would count it a second time.
pub fn counted<P: Borrow<Purchase>>(purchases: &[P]) -> Vec<&Purchase> {
    let all = || purchases.iter().map(Borrow::borrow);
    // What came back of an order that is not known is not that order.
    let known = all().filter(|purchase| purchase.status != "returned");
    let orders: HashSet<&str> = known.filter_map(|purchase| purchase.order_id.as_deref()).collect();
    let repeats = |purchase: &&Purchase| {
        let own = purchase.order_id.as_deref();
        let fulfilled = purchase.related.iter().filter(|other| other.rel == "fulfils");
        fulfilled
            .map(|other| other.order_id.as_str())
            .any(|order| Some(order) != own && orders.contains(order))
    };
    all().filter(|purchase| !repeats(purchase)).collect()
}

/// Whether a line sells a gift card.
pub fn is_gift_card(line: &Line) -> bool {
    line.kind.as_deref() == Some(GIFT_CARD)
}

/// What was spent and what came back, without gift cards; `None` when it is out of range.
pub fn spending(purchase: &Purchase) -> Option<(Money, Money)> {
    let cards = || purchase.lines.iter().flatten().filter(|line| is_gift_card(line));
    let taxes = cards().flat_map(|line| &line.taxes).filter(|_| purchase.adds_taxes());
    let costs = cards().map(|line| line.net).chain(taxes.map(|tax| tax.amount));
    let spent = purchase.totals.grand_total.minus(Money::sum(costs)?)?;
    let refunds = Money::sum(cards().filter_map(|line| line.refunded))?;
    Some((spent, purchase.totals.refunded.minus(refunds)?))
}

/// Sums that cannot be counted.
pub fn beyond() -> Failure {
    Failure::new(
        Kind::Figures,
        "the sums are larger than can be counted",
        "look at the purchases themselves, with `export`",
    )
}
