//! Made-up values for the pages of a customer's own purchases.

use chrono::NaiveDate;
use counterfoil_oauth::history::Day;
use minijinja::{Value, context};
use serde_json::json;

use crate::look::{Look, Month};
use crate::months::Sums;
use crate::receipt;
use crate::samples::ODD_NAME;
use crate::served::Purchase;
use crate::words::{Word, Words};

/// The values of a page, each time with other branches taken; `None` for a template that is unknown here.
pub(crate) fn of(template: &str, words: &Words) -> Option<Vec<Value>> {
    let sampler = Sampler { words };
    Some(match template {
        "purchases.html" => vec![sampler.list(true), sampler.list(false), sampler.without_sums()],
        "purchases-none.html" => vec![context! { gaps => sampler.gaps(false) }],
        "purchases-found.html" => [0, 1, 7].map(|count| sampler.found(count)).to_vec(),
        "purchase.html" => sampler.purchases(),
        "download.html" => vec![sampler.download(true), sampler.download(false)],
        _ => return None,
    })
}

/// What the samples are said in.
struct Sampler<'a> {
    words: &'a Words,
}

/// A receipt on which everything happened, as it is served.
fn full() -> serde_json::Value {
    json!({
        "id": "pur_a", "orderId": "A-1", "status": "partly_fulfilled", "channel": "online",
        "purchasedAt": "2026-06-03T14:05:00+02:00", "recordedAt": "2026-06-03T12:06:00Z",
        "receiptNumber": "R-77", "currency": "EUR", "pricesIncludeTax": false,
        "seller": { "name": ODD_NAME }, "location": { "storeId": "7", "name": "Corner shop", "city": "Basel" },
        "lines": [
            {
                "id": "1", "kind": "goods", "sku": "a", "name": ODD_NAME, "brand": "Hearth",
                "quantity": { "value": "2.5", "unit": "KGM" }, "unitPrice": "2.00", "gross": "6.00",
                "discounts": [
                    { "kind": "coupon", "amount": "0.50" },
                    { "kind": "other", "description": "Spring", "amount": "0.50" },
                ],
                "net": "5.00", "seller": { "name": "Hearth" }, "returnBy": "2026-07-03",
                "warrantyUntil": "2028-06-03", "serial": "S-1",
            },
            {
                "id": "2", "kind": "other", "kindOriginal": "Raffle", "sku": "b", "name": "Ticket",
                "quantity": { "value": "1", "unit": "other", "unitOriginal": "strip" }, "net": "3.00",
            },
            { "id": "3", "kind": "deposit", "sku": "c", "name": "Bottle", "quantity": { "value": "1", "unit": "XBO" }, "net": "0.25" },
        ],
        "charges": [{ "id": "c", "kind": "delivery", "amount": "4.00" }],
        "taxes": [{ "type": "VAT", "rate": "7.7", "amount": "0.60" }, { "type": "other", "typeOriginal": "Local", "amount": "0.10" }],
        "tenders": [
            { "method": "card", "scheme": "Visa", "amount": "13.00", "last4": "4417" },
            { "method": "cash", "amount": "1.00", "change": "0.55" },
        ],
        "loyalty": [{ "programmeId": "Club", "earned": "12", "redeemed": "3", "unit": "points" }],
        "payment": "part",
        "returns": [{
            "status": "received", "returnedAt": "2026-06-09T09:00:00Z",
            "lines": [
                { "lineId": "1", "sku": "a", "quantity": "1", "unit": "KGM", "amount": "2.00", "reason": "Too dry" },
                { "sku": "x", "name": "Lamp", "quantity": "1", "amount": "1.00", "reason": "Broken" },
            ],
        }],
        "refunds": [{
            "amount": "3.00", "currency": "EUR", "issuedAt": "2026-06-10T09:00:00Z", "method": "card", "status": "pending",
            "allocations": [
                { "lineId": "1", "amount": "2.00" },
                { "chargeId": "c", "amount": "0.50" },
                { "other": "goodwill", "amount": "0.50" },
                { "other": "other", "otherOriginal": "Round", "amount": "0.00" },
            ],
            "feesWithheld": [{ "description": "Box", "amount": "0.10" }, { "amount": "0.10" }],
        }],
        "totals": {
            "gross": "9.25", "discounts": "1.00", "charges": "4.00", "taxes": "0.70", "grandTotal": "13.45",
            "refunded": "3.00", "refundedOther": [{ "currency": "USD", "amount": "1.00" }], "net": "10.45",
        },
        "completeness": { "reconciled": false, "difference": "0.50", "tenderDifference": "-0.50" },
        "account": "shared", "gift": { "isGift": true },
    })
}

/// The same with nothing but what each has.
fn bare(status: &str) -> serde_json::Value {
    json!({
        "id": "pur_b", "status": status, "channel": "other", "channelOriginal": "Van",
        "purchasedAt": "2026-06-03T14:05:00+02:00", "recordedAt": "2026-06-03T12:06:00Z", "currency": "EUR",
        "taxes": [{ "type": "VAT", "rate": "7.7", "amount": "0.60" }],
        "totals": {
            "gross": "0.00", "discounts": "0.00", "charges": "0.00", "taxes": "0.60", "grandTotal": "0.60",
            "refunded": "0.00", "net": "0.60",
        },
        "returns": [{
            "status": "requested", "returnedAt": "2026-06-09T09:00:00Z",
            "lines": [{ "sku": "x", "quantity": "1", "amount": "1.00" }],
        }],
        "completeness": { "reconciled": true },
    })
}

impl Sampler<'_> {
    fn first() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 6, 3).unwrap_or_default()
    }

    fn day(&self) -> Value {
        self.words.dated(Self::first())
    }

    fn month(&self) -> Value {
        Value::from_safe_string(self.words.month(Self::first()))
    }

    fn gaps(&self, is_full: bool) -> Value {
        context! {
            from => is_full.then(|| self.day()),
            channels => if is_full { vec!["store", "online"] } else { Vec::new() },
            retention => is_full.then_some("Ten years."),
            is_loading => is_full,
            loaded_until => is_full.then(|| self.day()),
            fresh_until => is_full.then(|| self.day()),
        }
    }

    fn find(&self, is_full: bool) -> Value {
        let error = is_full.then(|| self.words.say(Word::DateUnreadable));
        let shops = vec![context! { value => "00", name => ODD_NAME, is_chosen => true }];
        context! {
            words => if is_full { ODD_NAME } else { "" },
            shops => if is_full { shops } else { Vec::new() },
            channels => [context! { value => "store", is_chosen => is_full }, context! { value => "phone", is_chosen => false }],
            from => context! { value => "2026-06-03", error },
            to => context! { value => "", error => Option::<String>::None },
            is_open => is_full,
            clear => "/purchases",
            kept => [context! { name => "month", value => "2026-06" }],
        }
    }

    fn rows(&self, is_full: bool) -> Vec<Value> {
        let row = |id: &str, shop: Option<&str>, names: &[&str], is_full: bool| {
            let others =
                if is_full { vec![context! { amount => "1.00", currency => "USD" }] } else { Vec::new() };
            context! {
                id,
                shop,
                day => self.day(),
                channel => "store",
                channel_original => is_full.then_some("Van"),
                status => if is_full { "cancelled" } else { "fulfilled" },
                has_order => !names.is_empty(),
                count => 2,
                names,
                total => "12.30",
                currency => "EUR",
                back => is_full.then_some("2.00"),
                others,
                is_hidden => is_full,
            }
        };
        let rows = vec![
            row("pur_a", Some(ODD_NAME), &["Milk", ODD_NAME], true),
            row("pur_b", Some("Corner shop"), &["Milk"], false),
            row("pur_c", None, &[], false),
        ];
        let month = |title: Option<Value>| context! { title, id => "month-2026-06", rows };
        if is_full { vec![month(Some(self.month())), month(None)] } else { Vec::new() }
    }

    fn sums() -> Sums {
        let day = |date: NaiveDate, currency: &str, grand_total, refunded| Day {
            local_date: date,
            currency: currency.to_owned(),
            purchases: 1,
            grand_total,
            refunded,
        };
        let earlier = NaiveDate::from_ymd_opt(2025, 12, 31).unwrap_or_default();
        let (first, second) = (Self::first(), Self::first().succ_opt().unwrap_or_default());
        Sums::of(&[
            day(first, "EUR", 12_000, 250),
            day(second, "EUR", 500, 0),
            day(first, "JPY", 70, 0),
            day(earlier, "EUR", 900, 0),
        ])
    }

    fn list(&self, is_filtered: bool) -> Value {
        let month = Month::of(Self::first());
        let way = context! { title => self.month(), address => "/purchases?month=2026-05" };
        let sums = Self::sums();
        let looked = |month| sums.render_year(self.words, &Look::default(), month);
        context! {
            csrf => "csrf",
            find => self.find(is_filtered),
            is_filtered,
            matching => is_filtered.then(|| sums.of_all()),
            year => (!is_filtered).then(|| looked(month)),
            month => context! {
                title => self.month(),
                sums => sums.of_month(month),
                before => (!is_filtered).then_some(way.clone()),
                after => (!is_filtered).then_some(way),
            },
            rows => self.rows(is_filtered),
            older => is_filtered.then_some("/purchases?after=1"),
            newest_page => is_filtered.then_some("/purchases"),
            gaps => self.gaps(is_filtered),
        }
    }

    /// A year without a purchase in the currency, and one where no currency is known.
    fn without_sums(&self) -> Value {
        let month = Month::read("2020-01").unwrap_or_else(|| Month::of(Self::first()));
        context! {
            year => Self::sums().render_year(self.words, &Look::default(), month),
            rows => self.rows(true),
            ..self.list(false)
        }
    }

    fn found(&self, count: usize) -> Value {
        context! {
            csrf => "csrf",
            find => self.find(count == 0),
            is_filtered => count == 0,
            words => ODD_NAME,
            rows => self.rows(count > 0),
            count,
            is_cut => count > 1,
            from => self.day(),
            to => self.day(),
            most_months => 24,
            most_searched => 5_000,
            most_found => 200,
            clear => "/purchases",
            gaps => self.gaps(false),
        }
    }

    fn purchases(&self) -> Vec<Value> {
        let served = [full(), bare("placed"), bare("returned")];
        let read = served.into_iter().filter_map(|served| serde_json::from_value::<Purchase>(served).ok());
        read.map(|purchase| self.purchase(&purchase)).collect()
    }

    fn purchase(&self, purchase: &Purchase) -> Value {
        let is_full = purchase.shop().is_some();
        let app = |around: Option<Value>, is_unknown| {
            context! { id => "g", name => ODD_NAME, since => self.day(), around, is_unknown, may_see => is_unknown }
        };
        let apps = vec![app(Some(self.day()), false), app(None, true), app(None, false)];
        context! {
            csrf => "csrf",
            purchase => context! {
                id => purchase.id,
                shop => purchase.shop(),
                city => purchase.location.as_ref().and_then(|place| place.city.clone()),
                seller => purchase.seller.as_ref().map(|seller| &seller.name),
                day => self.day(),
                time => Value::from_safe_string("14:05".to_owned()),
                channel => purchase.channel,
                channel_original => purchase.channel_original,
                status => purchase.status,
                has_order => purchase.has_order(),
                receipt_number => purchase.receipt_number,
                order_id => purchase.order_id,
                is_gift => is_full,
                is_shared => is_full,
                is_hidden => is_full,
                recorded => self.day(),
                month => self.month(),
                month_address => "/purchases?month=2026-06",
            },
            receipt => receipt::render(self.words, purchase),
            apps => if is_full { apps } else { Vec::new() },
            gaps => self.gaps(is_full),
        }
    }

    fn download(&self, is_wrong: bool) -> Value {
        let error = is_wrong.then(|| self.words.say(Word::DateUnreadable));
        context! {
            csrf => "csrf",
            from => context! { value => "2026-06-03", error => error.clone() },
            to => context! { value => "", error },
            is_turned => !is_wrong,
            is_empty => is_wrong,
            form => if is_wrong { "csv" } else { "json" },
            gaps => self.gaps(is_wrong),
        }
    }
}
