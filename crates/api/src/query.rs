//! Query parameters, strictly: what is not known is refused, never ignored, and nothing may stand twice.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::NaiveDate;
use counterfoil_oauth::problem::{Code, Problem};

/// Most items on a page.
const MOST: u32 = 500;
/// Items on a page unless asked otherwise.
const USUAL: u32 = 50;

/// Longest wait for a change, in seconds.
const LONGEST_WAIT: u64 = 30;

const CHANNELS: [&str; 6] = ["store", "online", "app", "phone", "marketplace", "other"];
const STATUSES: [&str; 5] = ["placed", "partly_fulfilled", "fulfilled", "cancelled", "returned"];

/// What is asked of a list of purchases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListQuery {
    pub(crate) limit: u32,
    pub(crate) cursor: Option<String>,
    pub(crate) from: Option<NaiveDate>,
    pub(crate) to: Option<NaiveDate>,
    pub(crate) channel: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) has_refund: Option<bool>,
    /// Everything but the cursor, in one spelling: what a cursor is bound to and a link repeats.
    pub(crate) canonical: String,
}

impl ListQuery {
    pub(crate) fn parse(query: &str) -> Result<Self, Problem> {
        let mut parameters = parameters(
            query,
            &["limit", "cursor", "purchasedFrom", "purchasedTo", "channel", "status", "hasRefund"],
        )?;
        let cursor = parameters.remove("cursor");
        let canonical =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&parameters).finish();
        let (from, to) = (date(&parameters, "purchasedFrom")?, date(&parameters, "purchasedTo")?);
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            return Err(invalid("purchasedTo", "must not be before purchasedFrom"));
        }
        Ok(Self {
            limit: limit(&parameters)?,
            cursor,
            from,
            to,
            channel: one_of(&parameters, "channel", &CHANNELS)?,
            status: one_of(&parameters, "status", &STATUSES)?,
            has_refund: match parameters.get("hasRefund").map(String::as_str) {
                None => None,
                Some("true") => Some(true),
                Some("false") => Some(false),
                Some(_) => return Err(invalid("hasRefund", "must be true or false")),
            },
            canonical,
        })
    }
}

/// What is asked of the change feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FeedQuery {
    pub(crate) limit: u32,
    pub(crate) cursor: Option<String>,
    /// How long to wait for a change when there is none.
    pub(crate) wait: Duration,
    /// Whether the ids of purchases are enough.
    pub(crate) ids_only: bool,
}

impl FeedQuery {
    pub(crate) fn parse(query: &str) -> Result<Self, Problem> {
        let mut parameters = parameters(query, &["cursor", "limit", "wait", "include"])?;
        let wait = match parameters.get("wait") {
            None => 0,
            Some(text) => text
                .parse()
                .ok()
                .filter(|seconds| *seconds <= LONGEST_WAIT)
                .ok_or_else(|| invalid("wait", "must be a number of seconds from 0 to 30"))?,
        };
        Ok(Self {
            limit: limit(&parameters)?,
            wait: Duration::from_secs(wait),
            ids_only: one_of(&parameters, "include", &["ids"])?.is_some(),
            cursor: parameters.remove("cursor"),
        })
    }
}

/// Refuses every parameter.
pub(crate) fn none(query: &str) -> Result<(), Problem> {
    parameters(query, &[]).map(drop)
}

pub(crate) fn parameters(query: &str, known: &[&str]) -> Result<BTreeMap<String, String>, Problem> {
    let mut found = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if !known.contains(&name.as_ref()) {
            return Err(
                Problem::new(Code::UnknownParameter).parameter(name, "is not a parameter of this address")
            );
        }
        if found.insert(name.clone().into_owned(), value.into_owned()).is_some() {
            return Err(invalid(&name, "stands twice"));
        }
    }
    Ok(found)
}

fn limit(parameters: &BTreeMap<String, String>) -> Result<u32, Problem> {
    let Some(text) = parameters.get("limit") else { return Ok(USUAL) };
    text.parse().ok().filter(|limit| (1..=MOST).contains(limit)).ok_or_else(|| {
        Problem::new(Code::LimitOutOfRange).parameter("limit", "must be a number from 1 to 500")
    })
}

fn date(parameters: &BTreeMap<String, String>, name: &str) -> Result<Option<NaiveDate>, Problem> {
    let Some(text) = parameters.get(name) else { return Ok(None) };
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|_| text.len() == 10)
        .map(Some)
        .ok_or_else(|| invalid(name, "must be a date such as 2026-01-31"))
}

fn one_of(
    parameters: &BTreeMap<String, String>,
    name: &str,
    words: &[&str],
) -> Result<Option<String>, Problem> {
    match parameters.get(name) {
        None => Ok(None),
        Some(word) if words.contains(&word.as_str()) => Ok(Some(word.clone())),
        Some(_) => Err(invalid(name, &format!("must be one of {}", words.join(", ")))),
    }
}

pub(crate) fn invalid(name: &str, detail: &str) -> Problem {
    Problem::new(Code::InvalidParameter).parameter(name, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(query: &str) -> Code {
        ListQuery::parse(query).unwrap_err().code()
    }

    #[test]
    fn each_mistake_has_its_own_answer() {
        assert_eq!(code("limit=0"), Code::LimitOutOfRange);
        assert_eq!(code("limit=501"), Code::LimitOutOfRange);
        assert_eq!(code("limit=-1"), Code::LimitOutOfRange);
        assert_eq!(code("limt=5"), Code::UnknownParameter);
        assert_eq!(code("limit=5&limit=6"), Code::InvalidParameter);
        assert_eq!(code("purchasedFrom=2026-1-1"), Code::InvalidParameter);
        assert_eq!(code("purchasedFrom=2026-02-01&purchasedTo=2026-01-01"), Code::InvalidParameter);
        assert_eq!(code("channel=fax"), Code::InvalidParameter);
        assert_eq!(code("hasRefund=1"), Code::InvalidParameter);
        assert!(none("x=1").is_err() && none("").is_ok());
    }

    #[test]
    fn the_canonical_spelling_has_no_cursor_and_one_order() {
        let a = ListQuery::parse("limit=5&channel=store&cursor=abc").unwrap();
        let b = ListQuery::parse("channel=store&limit=5").unwrap();
        assert_eq!(a.canonical, b.canonical);
        assert_eq!((a.limit, b.limit), (5, 5));
        assert_eq!(ListQuery::parse("").unwrap().limit, 50);
    }
}
