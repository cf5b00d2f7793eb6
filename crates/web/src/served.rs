//! A purchase as an app with everything is served it, read for a page or a file.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde::Deserialize;

/// One receipt or order.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Purchase {
    pub(crate) id: String,
    pub(crate) order_id: Option<String>,
    pub(crate) status: String,
    pub(crate) channel: String,
    pub(crate) channel_original: Option<String>,
    pub(crate) purchased_at: DateTime<FixedOffset>,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) receipt_number: Option<String>,
    pub(crate) currency: String,
    pub(crate) prices_include_tax: Option<bool>,
    pub(crate) seller: Option<Seller>,
    pub(crate) location: Option<Location>,
    #[serde(default)]
    pub(crate) lines: Vec<Line>,
    #[serde(default)]
    pub(crate) charges: Vec<Charge>,
    #[serde(default)]
    pub(crate) taxes: Vec<Tax>,
    #[serde(default)]
    pub(crate) tenders: Vec<Tender>,
    #[serde(default)]
    pub(crate) loyalty: Vec<Loyalty>,
    pub(crate) payment: Option<String>,
    #[serde(default)]
    pub(crate) returns: Vec<Return>,
    #[serde(default)]
    pub(crate) refunds: Vec<Refund>,
    pub(crate) totals: Totals,
    pub(crate) completeness: Completeness,
    pub(crate) account: Option<String>,
    pub(crate) gift: Option<Gift>,
}

impl Purchase {
    /// The name of the shop, or of who sold it.
    pub(crate) fn shop(&self) -> Option<&str> {
        let place = self.location.as_ref().map(|place| place.name.as_ref().unwrap_or(&place.store_id));
        place.or(self.seller.as_ref().map(|seller| &seller.name)).map(String::as_str)
    }

    /// Whether an order of it is known, and not only what came back.
    pub(crate) fn has_order(&self) -> bool {
        self.status != "returned"
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Seller {
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Location {
    pub(crate) store_id: String,
    pub(crate) name: Option<String>,
    pub(crate) city: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Gift {
    pub(crate) is_gift: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) kind_original: Option<String>,
    pub(crate) sku: String,
    pub(crate) name: String,
    pub(crate) gtin: Option<String>,
    pub(crate) brand: Option<String>,
    #[serde(default)]
    pub(crate) category: Vec<String>,
    pub(crate) quantity: Quantity,
    pub(crate) unit_price: Option<String>,
    pub(crate) gross: Option<String>,
    #[serde(default)]
    pub(crate) discounts: Vec<Discount>,
    pub(crate) net: String,
    pub(crate) seller: Option<Seller>,
    pub(crate) return_by: Option<NaiveDate>,
    pub(crate) warranty_until: Option<NaiveDate>,
    pub(crate) serial: Option<String>,
    pub(crate) returned_quantity: Option<String>,
    pub(crate) refunded: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Quantity {
    pub(crate) value: String,
    pub(crate) unit: String,
    pub(crate) unit_original: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Discount {
    pub(crate) kind: String,
    pub(crate) kind_original: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) amount: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) kind_original: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) amount: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tax {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) type_original: Option<String>,
    pub(crate) rate: Option<String>,
    pub(crate) amount: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tender {
    pub(crate) method: String,
    pub(crate) method_original: Option<String>,
    pub(crate) amount: String,
    pub(crate) change: Option<String>,
    pub(crate) currency: Option<String>,
    pub(crate) last4: Option<String>,
    pub(crate) scheme: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Loyalty {
    pub(crate) programme_id: String,
    pub(crate) earned: Option<String>,
    pub(crate) redeemed: Option<String>,
    pub(crate) unit: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Return {
    pub(crate) status: String,
    pub(crate) returned_at: DateTime<FixedOffset>,
    #[serde(default)]
    pub(crate) lines: Vec<ReturnLine>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReturnLine {
    pub(crate) line_id: Option<String>,
    pub(crate) sku: String,
    pub(crate) name: Option<String>,
    pub(crate) quantity: String,
    pub(crate) unit: Option<String>,
    pub(crate) amount: String,
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Refund {
    pub(crate) amount: String,
    pub(crate) currency: String,
    pub(crate) issued_at: DateTime<FixedOffset>,
    pub(crate) method: String,
    pub(crate) method_original: Option<String>,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) allocations: Vec<Allocation>,
    #[serde(default)]
    pub(crate) fees_withheld: Vec<Fee>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Allocation {
    pub(crate) line_id: Option<String>,
    pub(crate) charge_id: Option<String>,
    pub(crate) other: Option<String>,
    pub(crate) other_original: Option<String>,
    pub(crate) amount: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Fee {
    pub(crate) description: Option<String>,
    pub(crate) amount: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Totals {
    pub(crate) gross: String,
    pub(crate) discounts: String,
    pub(crate) charges: String,
    pub(crate) taxes: String,
    pub(crate) grand_total: String,
    pub(crate) refunded: String,
    #[serde(default)]
    pub(crate) refunded_other: Vec<Other>,
    pub(crate) net: String,
}

/// What came back in another currency.
#[derive(Debug, Deserialize)]
pub(crate) struct Other {
    pub(crate) currency: String,
    pub(crate) amount: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Completeness {
    pub(crate) reconciled: bool,
    pub(crate) difference: Option<String>,
    pub(crate) tender_difference: Option<String>,
}
