//! `asks`, `tell`, `told` and `forget`: what the shop asks, and what the customer tells it through this app.

use std::io::Read as _;

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::{
    access::{Access, Sent},
    clock::Clock,
    failure::{Failure, Kind},
    folder::Folder,
    keys::random_id,
    terminal::say,
    wire::{SMALL, printable},
};

/// Bytes that an answer on standard input may have; a shop takes less.
const MOST: u64 = 1 << 20;

/// What the command line says of an answer.
#[derive(Debug, clap::Args)]
pub struct Telling {
    /// The ask, as `asks` lists it
    ask: String,
    /// The answer as JSON; `-` reads it from standard input, so that it does not stay in the shell's history
    value: String,
}

/// What the command line says of an item that is taken back.
#[derive(Debug, clap::Args)]
pub struct Forgetting {
    /// The item, as `tell` and `told` name it
    item: String,
}

/// A question of the shop.
#[derive(Debug, Deserialize)]
struct Ask {
    id: String,
    version: u32,
    title: String,
    why: String,
}

/// Something that was told.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    id: String,
    ask: String,
    state: String,
    /// Where the customer says yes to an item that waits.
    confirm_url: Option<Url>,
    /// Until when it waits, or is kept.
    until: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

/// Lists what the agreement lets this app answer.
pub async fn asks(folder: &Folder, clock: Clock) -> Result<(), Failure> {
    let mut access = Access::open(folder, clock).await?;
    let asks = read_asks(&mut access).await?;
    if asks.is_empty() {
        return say("The shop asks nothing that this agreement lets the app answer.");
    }
    for ask in asks {
        say(&format!("{}  {}\n    {}", ask.id, printable(&ask.title), printable(&ask.why)))?;
    }
    Ok(())
}

/// Tells the shop something.
pub async fn tell(folder: &Folder, options: &Telling, clock: Clock) -> Result<(), Failure> {
    let value = read_value(&options.value)?;
    let mut access = Access::open(folder, clock).await?;
    let asks = read_asks(&mut access).await?;
    let Some(ask) = asks.into_iter().find(|ask| ask.id == options.ask) else {
        let what = format!("the agreement names no ask {}", printable(&options.ask));
        return Err(Failure::new(Kind::Refused, what, "see which there are with `asks`"));
    };
    let url = access.service().api(&["volunteered"])?;
    let body = json!({ "ask": ask.id, "version": ask.version, "value": value });
    // One key for all tries: an answer that was lost on the way is not told twice.
    let sent = Sent { body, idempotency_key: Some(random_id()?) };
    let reply = access.send(Method::POST, &url, &sent, SMALL).await?.success()?;
    let Answer { data: item } = reply.json::<Answer<Item>>()?;
    say(&describe(&item))
}

/// Lists what was told.
pub async fn told(folder: &Folder, clock: Clock) -> Result<(), Failure> {
    let mut access = Access::open(folder, clock).await?;
    let url = access.service().api(&["volunteered"])?;
    let Answer { data: items } =
        access.call(Method::GET, &url, SMALL).await?.success()?.json::<Answer<Vec<Item>>>()?;
    if items.is_empty() {
        return say("Nothing is told.");
    }
    for item in items {
        say(&describe(&item))?;
    }
    Ok(())
}

/// Takes something back. When this returns, the shop has it no more.
pub async fn forget(folder: &Folder, options: &Forgetting, clock: Clock) -> Result<(), Failure> {
    let mut access = Access::open(folder, clock).await?;
    let url = access.service().api(&["volunteered", &options.item])?;
    access.call(Method::DELETE, &url, SMALL).await?.success()?;
    say(&format!("{} is taken back: the shop has deleted it.", printable(&options.item)))
}

async fn read_asks(access: &mut Access<'_>) -> Result<Vec<Ask>, Failure> {
    let url = access.service().api(&["asks"])?;
    let Answer { data } = access.call(Method::GET, &url, SMALL).await?.success()?.json()?;
    Ok(data)
}

fn read_value(text: &str) -> Result<Value, Failure> {
    let unreadable =
        |what: String| Failure::new(Kind::Local, what, "give JSON: \"text\", 3, {\"size\": \"M\"}");
    let mut read = String::new();
    let text = if text == "-" {
        let taken = std::io::stdin().lock().take(MOST).read_to_string(&mut read);
        taken.map_err(|error| unreadable(format!("standard input cannot be read: {error}")))?;
        read.as_str()
    } else {
        text
    };
    // The place and not the text: it may be private.
    serde_json::from_str(text).map_err(|error| {
        unreadable(format!("the answer is not JSON (line {}, column {})", error.line(), error.column()))
    })
}

fn describe(item: &Item) -> String {
    let Item { id, ask, state, .. } = item;
    let until = item.until.map(|time| format!(" until {}", time.format("%Y-%m-%d %H:%M UTC")));
    let line =
        format!("{}  {}: {}{}", printable(id), printable(ask), printable(state), until.unwrap_or_default());
    match &item.confirm_url {
        Some(url) => format!("{line}\n    It waits, unread, for your yes on the shop's own page: {url}"),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_json_and_a_fault_quotes_nothing() {
        assert_eq!(read_value("{\"size\":\"M\"}").unwrap(), json!({ "size": "M" }));
        let failure = read_value("{\"size\": secret}").unwrap_err().to_string();
        assert!(failure.contains("column 10") && !failure.contains("secret"), "{failure}");
    }

    #[test]
    fn what_waits_says_where() {
        let item: Item = serde_json::from_value(json!({
            "id": "vol_1", "ask": "coffee", "state": "waiting", "until": "2026-12-07T10:00:00Z",
            "confirmUrl": "https://shop.example/told/vol_1/confirm"
        }))
        .unwrap();
        let said = describe(&item);
        assert!(said.starts_with("vol_1  coffee: waiting until 2026-12-07 10:00 UTC\n"), "{said}");
        assert!(said.ends_with("https://shop.example/told/vol_1/confirm"), "{said}");
    }
}
