//! Which of their purchases a customer looks at: a month, or those that pass a filter.

use std::fmt;

use chrono::{DateTime, Datelike as _, Months, NaiveDate};
use counterfoil_oauth::history::{After, Wanted};
use data_encoding::HEXLOWER;
use url::form_urlencoded::Serializer;

use crate::failure::Failure;
use crate::form::Fields;

/// A month of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Month {
    first: NaiveDate,
}

impl Month {
    /// The month of a day.
    pub(crate) fn of(day: NaiveDate) -> Self {
        Self { first: day.with_day(1).unwrap_or(day) }
    }

    /// Reads `YYYY-MM`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let is_plain = text.len() == 7 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let first = format!("{text}-01").parse().ok().filter(|_| is_plain)?;
        Some(Self { first })
    }

    /// Its year.
    pub(crate) fn year(self) -> i32 {
        self.first.year()
    }

    /// Its first day.
    pub(crate) fn first(self) -> NaiveDate {
        self.first
    }

    fn last(self) -> NaiveDate {
        let next = self.first.checked_add_months(Months::new(1));
        next.and_then(|next| next.pred_opt()).unwrap_or(NaiveDate::MAX)
    }

    /// The purchases of this month.
    pub(crate) fn wanted(self) -> Wanted {
        Wanted { from: Some(self.first), to: Some(self.last()), ..Wanted::default() }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first.format("%Y-%m"))
    }
}

/// What the address of the page asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Which month; the newest where none is named.
    pub(crate) month: Option<Month>,
    /// The currency of the bars.
    pub(crate) currency: Option<String>,
    /// The filter; the default passes everything.
    pub(crate) wanted: Wanted,
    /// Where the list begins.
    pub(crate) after: Option<After>,
}

/// A field with a date that cannot be read, and what stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadDate {
    pub(crate) field: &'static str,
    pub(crate) text: String,
}

/// Reads a date as a form sends it; nothing where it is empty.
pub(crate) fn read_date(
    fields: &Fields,
    field: &'static str,
) -> Result<Result<Option<NaiveDate>, BadDate>, Failure> {
    let text = fields.one(field)?.unwrap_or("").trim();
    if text.is_empty() {
        return Ok(Ok(None));
    }
    let date = text.parse::<NaiveDate>().ok().filter(|date| text.len() == 10 && date.year() > 0);
    let bad = || BadDate { field, text: text.chars().take(40).collect() };
    Ok(date.map(Some).ok_or_else(bad))
}

impl Look {
    /// Reads the fields of an address or a form, and the dates that cannot be read, which are left out.
    ///
    /// # Errors
    /// [`Failure::FormUnreadable`] for what our own pages do not say.
    pub(crate) fn read(fields: &Fields) -> Result<(Self, Vec<BadDate>), Failure> {
        let unreadable = Failure::FormUnreadable;
        let some = |name| Ok::<_, Failure>(fields.one(name)?.filter(|text| !text.is_empty()));
        let month = some("month")?.map(|text| Month::read(text).ok_or(unreadable)).transpose()?;
        let after = some("after")?.map(|text| read_after(text).ok_or(unreadable)).transpose()?;
        let read_shop = |text: &str| HEXLOWER.decode(text.as_bytes()).ok().filter(|index| index.len() == 16);
        let store_index = some("shop")?.map(|text| read_shop(text).ok_or(unreadable)).transpose()?;
        let is_word = |text: &&str| text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let word = |text: &str| Some(text).filter(is_word).map(str::to_owned).ok_or(unreadable);
        let currency = some("currency")?.map(word).transpose()?;
        let channel = some("channel")?.map(word).transpose()?;
        let mut bad = Vec::new();
        let mut date = |field| {
            Ok::<_, Failure>(read_date(fields, field)?.unwrap_or_else(|wrong| {
                bad.push(wrong);
                None
            }))
        };
        let (from, to) = (date("from")?, date("to")?);
        let wanted = Wanted { from, to, channel, store_index };
        Ok((Self { month, currency, wanted, after }, bad))
    }

    /// Whether anything is filtered.
    pub(crate) fn is_filtered(&self) -> bool {
        self.wanted != Wanted::default()
    }

    /// The address of this.
    pub(crate) fn address(&self) -> String {
        let mut query = Serializer::new(String::new());
        for (name, value) in self.fields() {
            query.append_pair(name, &value);
        }
        if let Some(after) = self.after {
            query.append_pair("after", &after_text(after));
        }
        let query = query.finish();
        if query.is_empty() { "/purchases".to_owned() } else { format!("/purchases?{query}") }
    }

    /// Its fields with their values, but for the place in the list.
    pub(crate) fn fields(&self) -> Vec<(&'static str, String)> {
        let wanted = &self.wanted;
        let fields = [
            ("month", self.month.map(|month| format!("{month}"))),
            ("currency", self.currency.clone()),
            ("shop", wanted.store_index.as_ref().map(|index| HEXLOWER.encode(index))),
            ("channel", wanted.channel.clone()),
            ("from", wanted.from.map(|date| format!("{date}"))),
            ("to", wanted.to.map(|date| format!("{date}"))),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

/// A customer's own place in their own purchases: nothing to hide from them.
fn after_text(after: After) -> String {
    format!("{}-{}", after.purchased_at.timestamp_micros(), after.purchase_id)
}

fn read_after(text: &str) -> Option<After> {
    let (micros, id) = text.rsplit_once('-')?;
    Some(After {
        purchased_at: DateTime::from_timestamp_micros(micros.parse().ok()?)?,
        purchase_id: id.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_as_they_are_written() {
        let month = Month::read("2024-02").unwrap();
        assert_eq!((month.to_string(), month.year()), ("2024-02".into(), 2024));
        assert_eq!(month.wanted().to, "2024-02-29".parse().ok());
        assert_eq!(Month::of("2023-12-31".parse().unwrap()), Month::read("2023-12").unwrap());
        for bad in ["", "2024-13", "2024-2", "+2024-1", "2024-02-01", "20240-1", "abcd-ef"] {
            assert_eq!(Month::read(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn an_address_leads_back_to_the_same() {
        let query = "month=2026-05&currency=EUR&shop=000102030405060708090a0b0c0d0e0f&channel=store\
            &from=2026-01-01&to=2026-05-31&after=-1600000000123456-pur_aaaaaaaaaaaaaaaaaaaaaaaaaa";
        let (look, bad) = Look::read(&Fields::of_text(query)).unwrap();
        assert_eq!((look.address(), bad.len()), (format!("/purchases?{query}"), 0));
        assert!(look.is_filtered() && !Look::default().is_filtered());
        assert_eq!(Look::default().address(), "/purchases");
        for bad in
            ["month=x", "shop=00", "currency=%20", "channel=a-b", "after=1", "month=2026-05&month=2026-05"]
        {
            assert!(Look::read(&Fields::of_text(bad)).is_err(), "{bad}");
        }
        let (look, bad) =
            Look::read(&Fields::of_text("from=31.3.2026&to=2026-03-31&shop=&channel=")).unwrap();
        assert_eq!(bad, [BadDate { field: "from", text: "31.3.2026".to_owned() }]);
        assert_eq!(look.address(), "/purchases?to=2026-03-31");
    }
}
