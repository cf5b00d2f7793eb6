//! The totals of a purchase, as they are served.

use std::collections::BTreeMap;

use iso_currency::Currency;

use crate::{
    json::{push_member, separate},
    money::{decimals, push_scaled},
};

/// Sums in minor units of other currencies, by code.
pub(super) type OtherCurrencies = BTreeMap<&'static str, (Currency, i128)>;

/// All totals, in minor units of the purchase's currency.
pub(super) struct Totals<'o> {
    pub(super) gross: i128,
    pub(super) discounts: i128,
    pub(super) charges: i128,
    pub(super) taxes: i128,
    pub(super) grand_total: i128,
    pub(super) refunded: i128,
    pub(super) refunded_other: &'o OtherCurrencies,
}

impl Totals<'_> {
    /// Appends them as an object.
    pub(super) fn push(&self, out: &mut String, currency: Currency) {
        let places = decimals(currency);
        out.push('{');
        push_money(out, "gross", self.gross, places);
        push_money(out, "discounts", self.discounts, places);
        push_money(out, "charges", self.charges, places);
        push_money(out, "taxes", self.taxes, places);
        push_money(out, "grandTotal", self.grand_total, places);
        push_money(out, "refunded", self.refunded, places);
        if !self.refunded_other.is_empty() {
            separate(out, "refundedOther");
            out.push('[');
            for (code, (currency, amount)) in self.refunded_other {
                out.push_str(if out.ends_with('[') { "{" } else { ",{" });
                push_member(out, "currency", code);
                push_money(out, "amount", *amount, decimals(*currency));
                out.push('}');
            }
            out.push(']');
        }
        push_money(out, "net", self.grand_total - self.refunded, places);
        out.push('}');
    }
}

/// Appends an amount with its name.
pub(super) fn push_money(out: &mut String, name: &str, amount: i128, places: u32) {
    separate(out, name);
    out.push('"');
    push_scaled(out, amount, places);
    out.push('"');
}
