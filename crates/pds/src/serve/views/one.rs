//! One purchase, like a till receipt, with what came back at the lines it belongs to.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::{came_back::Back, place};
use crate::{
    figures::Figures,
    purchases::{Line, Money, Purchase, Tender},
    serve::words,
};

/// What the page of one purchase says.
#[derive(Debug, Serialize)]
pub struct One {
    id: String,
    place: String,
    town: Option<String>,
    date: String,
    time: String,
    how: Option<&'static str>,
    number: Option<String>,
    /// `None` when the items are not shared.
    lines: Option<Vec<Item>>,
    /// Whether items were left out.
    partial: bool,
    /// Charges, and taxes that come on top.
    extras: Vec<(String, String)>,
    total: String,
    refunded: Option<String>,
    net: String,
    /// Refunds in other currencies.
    other: Vec<String>,
    /// Taxes that the prices hold.
    taxes: Vec<(String, String)>,
    paid: Vec<(String, String)>,
    back: Vec<Back>,
    check: Check,
}

#[derive(Debug, Serialize)]
struct Item {
    quantity: Option<String>,
    name: String,
    kind: Option<&'static str>,
    category: Option<String>,
    price: String,
    discount: Option<String>,
    back: Option<String>,
    return_by: Option<String>,
    warranty: Option<String>,
}

/// What the check of the figures says.
#[derive(Debug, Serialize)]
struct Check {
    /// `right`, `wrong` or `open`.
    mark: &'static str,
    words: String,
}

/// What there is to say about a purchase.
pub fn of(purchase: &Purchase, shop: &str, now: DateTime<Utc>) -> One {
    let money = |amount: Money| words::money(amount, &purchase.currency);
    let totals = &purchase.totals;
    let today = words::today(now);
    let charges = purchase.charges.iter().map(|charge| {
        let name = charge.description.clone().unwrap_or_else(|| charge_name(&charge.kind).to_owned());
        (name, money(charge.amount))
    });
    let taxes: Vec<(String, String)> = purchase
        .taxes
        .iter()
        .map(|tax| {
            let rate = tax.rate.as_ref().map(|rate| format!(" {rate}%")).unwrap_or_default();
            (format!("{}{rate}", tax_name(&tax.kind)), money(tax.amount))
        })
        .collect();
    let (on_top, held) = if purchase.adds_taxes() { (taxes, Vec::new()) } else { (Vec::new(), taxes) };
    let has_refund = totals.refunded != totals.refunded.nothing();
    let town = purchase.location.as_ref().and_then(|location| location.city.clone());
    let place = place(purchase, shop);
    One {
        id: purchase.id.clone(),
        town: town.filter(|town| !place.contains(town.as_str())),
        place,
        date: words::date(purchase.local_date()),
        time: purchase.purchased_at.format("%H:%M").to_string(),
        how: purchase.channel.as_deref().and_then(channel),
        number: purchase.order_id.clone(),
        lines: purchase
            .lines
            .as_ref()
            .map(|lines| lines.iter().map(|line| item(line, &purchase.currency, today)).collect()),
        partial: purchase.completeness.partial,
        extras: charges.chain(on_top).collect(),
        total: money(totals.grand_total),
        refunded: has_refund.then(|| money(totals.refunded)),
        net: money(totals.net),
        other: totals
            .refunded_other
            .iter()
            .map(|other| words::money(other.amount, &other.currency))
            .collect(),
        taxes: held,
        paid: purchase.tenders.iter().map(|tender| paid(tender, &purchase.currency)).collect(),
        back: super::came_back::events(purchase, shop),
        check: check(purchase),
    }
}

fn item(line: &Line, currency: &str, today: NaiveDate) -> Item {
    let money = |amount: Money| words::money(amount, currency);
    let discounts = Money::sum(line.discounts.iter().map(|discount| discount.amount));
    let back = match (&line.returned_quantity, line.refunded) {
        (Some(quantity), refunded) => {
            let unit = line.quantity.as_ref().map_or("EA", |quantity| quantity.unit.as_str());
            let many = words::quantity(quantity, unit).unwrap_or_else(|| "1 ×".to_owned());
            let paid = refunded.map(|amount| format!(", {} paid back", money(amount))).unwrap_or_default();
            Some(format!("{many} came back{paid}"))
        }
        (None, Some(refunded)) => Some(format!("{} paid back", money(refunded))),
        (None, None) => None,
    };
    let still =
        |until: Option<NaiveDate>| until.filter(|until| *until >= today && !line.is_gone()).map(words::date);
    Item {
        quantity: line
            .quantity
            .as_ref()
            .and_then(|quantity| words::quantity(&quantity.value, &quantity.unit)),
        name: if line.name.is_empty() { "Something without a name".to_owned() } else { line.name.clone() },
        kind: line.kind.as_deref().and_then(kind),
        category: line.category.first().cloned(),
        price: money(line.net),
        discount: discounts.filter(|sum| *sum != sum.nothing()).map(money),
        back,
        return_by: still(line.return_by),
        warranty: still(line.warranty_until),
    }
}

fn paid(tender: &Tender, currency: &str) -> (String, String) {
    let currency = tender.currency.as_deref().unwrap_or(currency);
    let end = tender.last4.as_ref().map(|digits| format!(" ending in {digits}")).unwrap_or_default();
    let change = tender.change.filter(|change| *change != change.nothing());
    let change = change.map(|change| format!(", {} change", words::money(change, currency)));
    let how = format!("{}{end}{}", words::method(&tender.method), change.unwrap_or_default());
    (how, words::money(tender.amount, currency))
}

fn check(purchase: &Purchase) -> Check {
    let (mark, words) = match purchase.figures() {
        Figures::AddUp => ("right", "These figures add up.".to_owned()),
        Figures::Wrong(why) => ("wrong", format!("These figures do not add up: {why}. Tell the shop.")),
        Figures::Unreconciled => {
            ("wrong", "The shop itself says that these figures do not add up.".to_owned())
        }
        Figures::Unseen => (
            "open",
            "These figures cannot be checked, because not everything in this purchase is shared.".to_owned(),
        ),
    };
    Check { mark, words }
}

fn channel(channel: &str) -> Option<&'static str> {
    Some(match channel {
        "store" => "Bought in the shop",
        "online" | "web" | "app" => "Bought online",
        "phone" => "Bought by phone",
        _ => return None,
    })
}

fn kind(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "gift_card" => "Gift card",
        "deposit" => "Deposit",
        "deposit_return" => "Deposit given back",
        "subscription" => "Subscription",
        "warranty" => "Extra warranty",
        "service" => "Service",
        _ => return None,
    })
}

fn charge_name(kind: &str) -> &'static str {
    match kind {
        "delivery" => "Delivery",
        "service" => "Service",
        "deposit" => "Deposit",
        "tip" => "Tip",
        "donation" => "Donation",
        "rounding" => "Rounding",
        _ => "Other charge",
    }
}

fn tax_name(kind: &str) -> &'static str {
    if kind == "VAT" { "VAT" } else { "Tax" }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::purchases::tests::example;

    #[test]
    fn what_came_back_stands_at_its_line() {
        let mut purchase = example();
        purchase["lines"][0]["warrantyUntil"] = json!("2030-01-01");
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let one = of(&serde_json::from_value(purchase.clone()).unwrap(), "Example Stores", now);
        let item = &one.lines.as_ref().unwrap()[0];
        assert_eq!(item.back.as_deref(), Some("1 × came back, $0.50 paid back"));
        assert_eq!(item.warranty, None, "who does not have it any more needs no warranty");
        assert_eq!((one.check.mark, one.paid[0].0.as_str()), ("right", "card ending in 4417"));

        purchase["lines"][0]["quantity"]["value"] = json!("2");
        let one = of(&serde_json::from_value(purchase).unwrap(), "Example Stores", now);
        assert_eq!(one.lines.unwrap()[0].warranty.as_deref(), Some("1 January 2030"));
    }
}
