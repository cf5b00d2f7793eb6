//! A purchase as this app reads it: the members it needs, money as exact decimals.

use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDate};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// An amount of money: a decimal string on the wire, exact here, never a float.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(pub Decimal);

impl Money {
    /// The exact sum, with the decimals of its parts; `None` when it is out of range.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::default(), Self::plus)
    }

    /// The exact difference, with the decimals of its parts; `None` when it is out of range.
    pub fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(|difference| self.scaled(other, difference))
    }

    /// Nothing, with as many decimals as this amount.
    pub fn nothing(self) -> Self {
        Self(Decimal::new(0, self.0.scale()))
    }

    fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(|sum| self.scaled(other, sum))
    }

    // What comes out as zero loses its decimals otherwise: "0.00" would show as "0".
    fn scaled(self, other: Self, mut result: Decimal) -> Self {
        result.rescale(self.0.scale().max(other.0.scale()));
        Self(result)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Decimal::from_str_exact(&text).map(Self).map_err(|_| D::Error::custom("not an amount"))
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One purchase. Lists that the grant does not include are absent.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Purchase {
    /// The stable id.
    pub id: String,
    /// Rises with every visible change.
    pub revision: i64,
    /// `placed`, `fulfilled` and so on; `returned` where only what came back is known, not the order.
    #[serde(default)]
    pub status: String,
    /// The shop's own number; absent for a return without a receipt.
    pub order_id: Option<String>,
    /// `store`, `online` and so on.
    pub channel: Option<String>,
    /// Who sold it.
    pub seller: Option<Seller>,
    /// Where it was bought, if that is shared.
    pub location: Option<Location>,
    /// When, in the time zone of the place of purchase.
    pub purchased_at: DateTime<FixedOffset>,
    /// The local date of the sale where it differs from the date of `purchased_at`.
    pub business_date: Option<NaiveDate>,
    /// ISO 4217; the currency of every amount that has none of its own.
    pub currency: String,
    /// The items, if they are shared.
    pub lines: Option<Vec<Line>>,
    /// Delivery, deposits, rounding and the like.
    #[serde(default)]
    pub charges: Vec<Charge>,
    /// Taxes of the whole order.
    #[serde(default)]
    pub taxes: Vec<Tax>,
    /// How it was paid, if that is shared.
    #[serde(default)]
    pub tenders: Vec<Tender>,
    /// Whether the prices hold the taxes already.
    pub prices_include_tax: Option<bool>,
    /// What came back.
    #[serde(default)]
    pub returns: Vec<Return>,
    /// What was paid back, and when.
    #[serde(default)]
    pub refunds: Vec<Refund>,
    /// Its relation to other orders.
    #[serde(default)]
    pub related: Vec<Related>,
    /// The sums.
    pub totals: Totals,
    /// What the shop itself says about the figures.
    pub completeness: Completeness,
}

/// Who sells.
#[derive(Debug, Deserialize)]
pub struct Seller {
    /// As customers know it.
    pub name: String,
}

/// A place of purchase.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// What the shop is called.
    pub name: Option<String>,
    /// The town.
    pub city: Option<String>,
}

/// One item.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// What its refunds call it.
    #[serde(default)]
    pub id: String,
    /// What it is called on the receipt.
    #[serde(default)]
    pub name: String,
    /// How much of it.
    pub quantity: Option<Quantity>,
    /// What was taken off its price.
    #[serde(default)]
    pub discounts: Vec<Amount>,
    /// The last day on which it can be returned.
    pub return_by: Option<NaiveDate>,
    /// The last day of its warranty.
    pub warranty_until: Option<NaiveDate>,
    /// How much of it came back, as a decimal.
    pub returned_quantity: Option<String>,
    /// What it cost after its discounts.
    pub net: Money,
    /// `goods`, `gift_card` and so on.
    pub kind: Option<String>,
    /// From general to particular.
    #[serde(default)]
    pub category: Vec<String>,
    /// Its share of the taxes of the purchase.
    #[serde(default)]
    pub taxes: Vec<Amount>,
    /// What was paid back for it.
    pub refunded: Option<Money>,
}

impl Line {
    /// Whether all of it came back, so that nobody has it any more.
    pub fn is_gone(&self) -> bool {
        let number = |text: &str| Decimal::from_str_exact(text).ok();
        let had = self.quantity.as_ref().and_then(|quantity| number(&quantity.value));
        let back = self.returned_quantity.as_deref().and_then(number);
        back.is_some_and(|back| had.is_none_or(|had| back >= had))
    }
}

/// How much of something.
#[derive(Debug, Deserialize)]
pub struct Quantity {
    /// A decimal.
    pub value: String,
    /// UNECE Recommendation 20; `EA` is pieces.
    #[serde(default)]
    pub unit: String,
}

/// Delivery and the like.
#[derive(Debug, Deserialize)]
pub struct Charge {
    /// `delivery`, `deposit` and so on.
    #[serde(default)]
    pub kind: String,
    /// In the shop's words.
    pub description: Option<String>,
    /// How much.
    pub amount: Money,
}

/// A tax of the whole order.
#[derive(Debug, Deserialize)]
pub struct Tax {
    /// `VAT`, `sales` and so on.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// Percent, as a decimal.
    pub rate: Option<String>,
    /// How much.
    pub amount: Money,
}

/// A way in which something was paid.
#[derive(Debug, Deserialize)]
pub struct Tender {
    /// `card`, `cash` and so on.
    pub method: String,
    /// How much was given.
    pub amount: Money,
    /// What of it was given back at once.
    pub change: Option<Money>,
    /// ISO 4217, where it is not that of the purchase.
    pub currency: Option<String>,
    /// The end of a card's number.
    pub last4: Option<String>,
}

/// Something that came back.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Return {
    /// What refunds call it.
    #[serde(default)]
    pub id: String,
    /// `requested`, `received`, `completed` or `rejected`.
    #[serde(default)]
    pub status: String,
    /// When.
    pub returned_at: Option<DateTime<FixedOffset>>,
    /// What, if the items are shared.
    #[serde(default)]
    pub lines: Vec<ReturnLine>,
}

/// One item that came back.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReturnLine {
    /// The line of the purchase.
    pub line_id: Option<String>,
    /// What it is called, where that is not said by the line.
    pub name: Option<String>,
    /// How much of it, as a decimal.
    #[serde(default)]
    pub quantity: String,
    /// What it is worth.
    pub amount: Option<Money>,
}

/// Something with an amount.
#[derive(Debug, Deserialize)]
pub struct Amount {
    /// How much.
    pub amount: Money,
}

/// Money that went back.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// The return it is for.
    pub return_id: Option<String>,
    /// When it was sent off.
    pub issued_at: Option<DateTime<FixedOffset>>,
    /// Where it goes, if that is shared: `card`, `cash` and so on.
    pub method: Option<String>,
    /// How much.
    pub amount: Money,
    /// ISO 4217; not always that of the purchase.
    pub currency: String,
    /// `pending`, `settled` or `failed`.
    pub status: String,
    /// What it is for, as far as that is known and shared.
    #[serde(default)]
    pub allocations: Vec<Allocation>,
}

impl Refund {
    /// Whether it takes anything off what a purchase in this currency cost: not when it failed, nor in another currency.
    pub fn counts(&self, currency: &str) -> bool {
        matches!(self.status.as_str(), "settled" | "pending") && self.currency == currency
    }
}

/// A part of a refund.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Allocation {
    /// The line it is for; none when it is for something else.
    pub line_id: Option<String>,
    /// How much.
    pub amount: Money,
}

/// A relation to another order.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Related {
    /// `fulfils`, `exchange_of` and so on.
    pub rel: String,
    /// The other order.
    pub order_id: String,
}

/// The sums of a purchase.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// What the customer was to pay.
    pub grand_total: Money,
    /// What was paid back, in the purchase's currency.
    pub refunded: Money,
    /// What was paid back in other currencies.
    #[serde(default)]
    pub refunded_other: Vec<Foreign>,
    /// The first less the second.
    pub net: Money,
}

/// Money of another currency.
#[derive(Debug, Deserialize)]
pub struct Foreign {
    /// ISO 4217.
    pub currency: String,
    /// How much.
    pub amount: Money,
}

/// What the shop says about the figures.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Completeness {
    /// Whether they add up at the shop.
    pub reconciled: bool,
    /// Whether lines were left out of this view.
    #[serde(default)]
    pub partial: bool,
    /// When lines were left out: whether the totals are those of the lines that are `shown`, or of `all`.
    pub totals_of: Option<String>,
}

impl Purchase {
    /// The local date that months and windows go by.
    pub fn local_date(&self) -> NaiveDate {
        self.business_date.unwrap_or_else(|| self.purchased_at.date_naive())
    }

    /// Whether the taxes come on top of the prices. Taxes without a word on that cannot occur; they are taken as held.
    pub fn adds_taxes(&self) -> bool {
        self.prices_include_tax == Some(false)
    }
}

#[cfg(test)]
pub mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The purchase of the API's own example, returned in full.
    pub fn example() -> Value {
        json!({"id":"pur_0f3k","revision":2,"orderId":"31198570044","status":"fulfilled","channel":"store",
            "purchasedAt":"2017-01-01T11:53:26Z","recordedAt":"2026-11-24T11:02:03.123456Z",
            "updatedAt":"2026-11-24T11:02:03.123456Z","seller":{"name":"Example Stores"},
            "location":{"storeId":"330"},"currency":"USD",
            "lines":[{"id":"1","kind":"goods","sku":"1095275","name":"Rolls, dinner","category":["PASTRY","ROLLS"],
                "quantity":{"value":"1","unit":"EA"},"gross":"0.50","discounts":[],"net":"0.50",
                "returnedQuantity":"1","refunded":"0.50"}],
            "charges":[],"taxes":[],"tenders":[{"method":"card","amount":"0.50","last4":"4417"}],"loyalty":[],
            "returns":[{"id":"r-77","status":"completed","returnedAt":"2017-01-03T09:00:00Z",
                "lines":[{"lineId":"1","sku":"1095275","quantity":"1","amount":"0.50","reason":"damaged"}]}],
            "refunds":[{"id":"f-77","returnId":"r-77","amount":"0.50","currency":"USD",
                "issuedAt":"2017-01-03T09:01:00Z","method":"card","status":"settled",
                "allocations":[{"lineId":"1","amount":"0.50"}]}],
            "totals":{"gross":"0.50","discounts":"0.00","charges":"0.00","taxes":"0.00","grandTotal":"0.50",
                "refunded":"0.50","net":"0.00"},
            "completeness":{"reconciled":true,"partial":false,"hiddenLines":0,"notes":[]},
            "provenance":{"source":"/retailer/pos","eventId":"o-31198570044-1","orderRevision":1}})
    }

    #[test]
    fn money_is_exact_and_only_a_decimal_string() {
        let sum =
            Money::sum([json!("0.10"), json!("0.20")].map(|text| serde_json::from_value(text).unwrap()));
        assert_eq!(sum.unwrap().to_string(), "0.30");
        let nothing =
            Money::sum([json!("0.00"), json!("0.00")].map(|text| serde_json::from_value(text).unwrap()));
        assert_eq!(nothing.unwrap().to_string(), "0.00");
        assert_eq!(nothing.unwrap().minus(nothing.unwrap()).unwrap().to_string(), "0.00");
        for bad in [json!(0.5), json!("1,00"), json!("1e3"), json!("")] {
            assert!(serde_json::from_value::<Money>(bad.clone()).is_err(), "{bad}");
        }
    }
}
