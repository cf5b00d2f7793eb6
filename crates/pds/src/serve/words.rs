//! How things are said: money, dates, numbers, and what the shop's words mean.

use chrono::{DateTime, Datelike, Local, NaiveDate, Utc};

use crate::purchases::Money;

/// An amount: `£1,234.50`, or with its letters where its sign is not known.
pub fn money(amount: Money, currency: &str) -> String {
    let text = amount.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("\u{2212}", digits));
    let (whole, rest) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let whole = grouped(whole);
    let number = rest.map_or_else(|| whole.clone(), |rest| format!("{whole}.{rest}"));
    let mark = match currency {
        "GBP" => "£",
        "EUR" => "€",
        "USD" => "$",
        _ => return format!("{sign}{number}\u{a0}{currency}"),
    };
    format!("{sign}{mark}{number}")
}

/// What a currency is called.
pub fn currency(code: &str) -> &str {
    match code {
        "GBP" => "Pounds",
        "EUR" => "Euros",
        "USD" => "Dollars",
        other => other,
    }
}

fn grouped(digits: &str) -> String {
    let count = digits.chars().count();
    let mut out = String::with_capacity(count + count / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (count - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `3 June 2026`.
pub fn date(date: NaiveDate) -> String {
    date.format("%-d %B %Y").to_string()
}

/// `June 2026`.
pub fn month(date: NaiveDate) -> String {
    date.format("%B %Y").to_string()
}

/// `3 June 2026 at 14:05`, by the clock of this computer.
pub fn moment(at: DateTime<Utc>) -> String {
    at.with_timezone(&Local).format("%-d %B %Y at %H:%M").to_string()
}

/// `14:05` today, else the date as well.
pub fn lately(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    if today(at) == today(now) {
        return format!("today at {}", at.with_timezone(&Local).format("%H:%M"));
    }
    moment(at)
}

/// The date on this computer.
pub fn today(now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&Local).date_naive()
}

/// `today`, `tomorrow`, `in 12 days`, `in 5 months`, `in 2 years`.
pub fn ahead(until: NaiveDate, today: NaiveDate) -> String {
    let days = (until - today).num_days();
    let months = (until.year() - today.year()) * 12 + i32::try_from(until.month()).unwrap_or_default()
        - i32::try_from(today.month()).unwrap_or_default()
        - i32::from(until.day() < today.day());
    match (days, months) {
        (0, _) => "today is the last day".to_owned(),
        (1, _) => "1 day left".to_owned(),
        (2..=60, _) => format!("{days} days left"),
        (_, ..24) => format!("{months} months left"),
        _ => format!("{} years left", months / 12),
    }
}

/// `1 purchase`, `2 purchases`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    let digits = grouped(&number.to_string());
    if number == 1 { format!("{digits} {one}") } else { format!("{digits} {many}") }
}

/// How much of something: `2 ×`, `0.5 kg`; nothing for one piece.
pub fn quantity(value: &str, unit: &str) -> Option<String> {
    let value = if value.contains('.') { value.trim_end_matches('0').trim_end_matches('.') } else { value };
    match unit {
        "EA" | "" | "C62" if value == "1" => None,
        "EA" | "" | "C62" => Some(format!("{value} ×")),
        "KGM" => Some(format!("{value} kg")),
        "GRM" => Some(format!("{value} g")),
        "LTR" => Some(format!("{value} l")),
        "MTR" => Some(format!("{value} m")),
        _ => Some(format!("{value} of")),
    }
}

/// How something was paid, or paid back.
pub fn method(method: &str) -> &'static str {
    match method {
        "card" => "card",
        "cash" => "cash",
        "gift_card" => "gift card",
        "voucher" => "voucher",
        "loyalty" => "points",
        "account" => "account",
        _ => "another way",
    }
}

/// What a return has come to.
pub fn returned(status: &str) -> &'static str {
    match status {
        "requested" => "You have asked to bring it back",
        "received" => "The shop has it again",
        "completed" => "Taken back",
        "rejected" => "Not taken back",
        _ => "Something came back",
    }
}

/// What is shared by a scope.
pub fn shared(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "purchases:read" => "Your purchases: when, how much, and what came back",
        "purchases.lines:read" => "Each thing you bought: its name, how many and what it cost",
        "purchases.sensitive:read" => "Things that may say something private, such as medicine",
        "purchases.payment:read" => "How you paid, with the last four digits of a card",
        "purchases.location:read" => "Which shop, with its name and town",
        "purchases.documents:read" => "Your till receipts and invoices",
        _ => return None,
    })
}

/// Why the sharing has ended.
pub fn ended(why: &str, shop: &str) -> String {
    match why {
        crate::connect::DISCONNECTED => "You disconnected here".to_owned(),
        "grant_withdrawn" => format!("You stopped sharing on the pages of {shop}"),
        "grant_expired" | "grant_fulfilled" => "The time that you agreed to is over".to_owned(),
        "grant_revoked" | "app_suspended" => format!("{shop} has stopped the sharing"),
        "grant_ended" => "This app has ended the sharing".to_owned(),
        _ => format!("{shop} does not let this app in any more"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn money_is_written_as_people_do() {
        let written =
            |text: &str, currency: &str| money(serde_json::from_value(json!(text)).unwrap(), currency);
        assert_eq!(written("1234567.50", "GBP"), "£1,234,567.50");
        assert_eq!(written("-0.50", "USD"), "\u{2212}$0.50");
        assert_eq!(written("999", "JPY"), "999\u{a0}JPY");
        assert_eq!(written("1000.125", "BHD"), "1,000.125\u{a0}BHD");
    }

    #[test]
    fn what_is_ahead_is_told_in_days_months_and_years() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let told = |until: &str| ahead(day(until), day("2026-11-24"));
        assert_eq!(told("2026-11-24"), "today is the last day");
        assert_eq!(told("2026-11-25"), "1 day left");
        assert_eq!(told("2026-12-24"), "30 days left");
        assert_eq!(told("2027-02-24"), "3 months left");
        assert_eq!(told("2027-02-23"), "2 months left");
        assert_eq!(told("2028-11-24"), "2 years left");
        assert_eq!(date(day("2026-06-03")), "3 June 2026");
    }

    #[test]
    fn quantities_are_said_where_they_say_something() {
        assert_eq!(quantity("1", "EA"), None);
        assert_eq!(quantity("1.000", "EA"), None);
        assert_eq!(quantity("10", "EA").as_deref(), Some("10 ×"));
        assert_eq!(quantity("0.350", "KGM").as_deref(), Some("0.35 kg"));
    }
}
