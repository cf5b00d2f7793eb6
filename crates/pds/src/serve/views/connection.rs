//! How things stand between this app and the shop, in words.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::serve::{
    board::{Link, Snapshot, Work},
    words,
};

/// How things stand, for the top of every page.
#[derive(Debug, Serialize)]
pub struct State {
    /// `well`, `busy`, `hindered` or `ended`.
    mark: &'static str,
    words: String,
}

/// What the page about the connection says.
#[derive(Debug, Serialize)]
pub struct Facts {
    since: Option<String>,
    until: Option<String>,
    from: Option<String>,
    looked: Option<String>,
    shared: Vec<&'static str>,
    /// Whether something is shared that this app has no words for.
    shares_more: bool,
    count: String,
    /// What exactly is in the way, for those who help.
    exactly: Option<String>,
}

/// How things stand; `None` before anything has begun.
pub fn state(snapshot: &Snapshot, shop: &str, now: DateTime<Utc>) -> Option<State> {
    let told = |mark, words| Some(State { mark, words });
    match &snapshot.link {
        Link::Never => return None,
        Link::Ended(end) => {
            let (why, at) = (words::ended(&end.why, shop), words::moment(end.at));
            let when = if end.why == crate::connect::DISCONNECTED {
                format!(" on {at}.")
            } else {
                format!(". Pocketful learned of it on {at}.")
            };
            let kept = if snapshot.holdings.all().is_empty() {
                ""
            } else {
                " What you see here is yours and stays."
            };
            return told("ended", format!("{why}{when}{kept}"));
        }
        Link::Connected(_) => {}
    }
    let looked = snapshot.looked_at.map(|at| words::lately(at, now));
    let old = looked.as_ref().map(|at| format!(" You see what was there {at}.")).unwrap_or_default();
    match &snapshot.work {
        Work::Idle | Work::Fetching(0) => told("busy", format!("Asking {shop} what is new.")),
        Work::Fetching(count) => {
            let count = words::count(*count, "purchase", "purchases");
            told("busy", format!("Fetching your purchases: {count} so far."))
        }
        Work::Following => {
            let at = looked.map(|at| format!(" {shop} last answered {at}.")).unwrap_or_default();
            told("well", format!("Up to date.{at}"))
        }
        Work::Away(_) => {
            told("hindered", format!("{shop} cannot be reached just now. Pocketful keeps trying.{old}"))
        }
        Work::Paused => told("hindered", format!("The sharing is paused on the pages of {shop}.{old}")),
        Work::Trouble(_) => {
            told("hindered", format!("Something is in the way. Pocketful tries again in a minute.{old}"))
        }
    }
}

/// What was done just now, if it was.
pub fn said(said: &str, snapshot: &Snapshot, shop: &str) -> Option<String> {
    let is_connected = matches!(snapshot.link, Link::Connected(_));
    // An address can be made up: what it says is only repeated when it is so.
    Some(match said {
        "connected" if is_connected => {
            format!("You are connected to {shop}. Your purchases come in by themselves.")
        }
        "fetched" if is_connected => format!("Looked at {shop} just now. Everything is here."),
        "refused" if !is_connected => "You said no, so nothing is shared.".to_owned(),
        "disconnected" if !is_connected => {
            format!("You are disconnected. {shop} gives this app nothing any more.")
        }
        "erased" if !is_connected => {
            "You are disconnected, and your copy on this computer is deleted.".to_owned()
        }
        "deleted" if !is_connected => "Your copy on this computer is deleted.".to_owned(),
        "untouched" => "Nothing was deleted. Tick the box first if you want that.".to_owned(),
        _ => return None,
    })
}

/// What there is to say about the connection.
pub fn facts(snapshot: &Snapshot, now: DateTime<Utc>) -> Facts {
    let mut facts = Facts {
        since: None,
        until: None,
        from: None,
        looked: snapshot.looked_at.map(|at| words::lately(at, now)),
        shared: Vec::new(),
        shares_more: false,
        count: words::count(snapshot.holdings.all().len(), "purchase", "purchases"),
        exactly: match &snapshot.work {
            Work::Away(exactly) | Work::Trouble(exactly) => Some(exactly.clone()),
            Work::Idle | Work::Fetching(_) | Work::Following | Work::Paused => None,
        },
    };
    if let Link::Connected(agreement) = &snapshot.link {
        facts.since = agreement.given_at.map(words::moment);
        facts.until = agreement.expires_at.map(words::moment);
        facts.from = agreement.window.from.map(words::date);
        for scope in agreement.scope.split_whitespace() {
            match words::shared(scope) {
                Some(words) => facts.shared.push(words),
                None => facts.shares_more = true,
            }
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{connect::End, serve::board::Board};

    #[test]
    fn the_end_is_told_with_who_and_when() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let mut snapshot = Board::new(now).now();
        assert!(state(&snapshot, "Example Stores", now).is_none());
        snapshot.link = Link::Ended(End { at: now, why: "grant_withdrawn".to_owned() });
        let told = state(&snapshot, "Example Stores", now).unwrap();
        assert_eq!(told.mark, "ended");
        assert!(
            told.words.starts_with(
                "You stopped sharing on the pages of Example Stores. Pocketful learned of it on"
            )
        );
        assert!(told.words.contains("November 2023 at"), "{}", told.words);
    }

    #[test]
    fn a_made_up_address_says_nothing() {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let snapshot = Board::new(now).now();
        assert!(said("connected", &snapshot, "Example Stores").is_none());
        assert!(said("<b>", &snapshot, "Example Stores").is_none());
        assert!(said("deleted", &snapshot, "Example Stores").is_some());
    }
}
