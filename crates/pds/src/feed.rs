//! `GET /v1/changes`: one page of the shop's feed, as this app understands it.

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    access::Access,
    failure::{Failure, Kind},
    purchases::Purchase,
    records::{Reader, Step},
    wire::{Reply, printable},
};

/// Bytes that one page may have; a page of long receipts is large.
const PAGE: usize = 256 * 1024 * 1024;
/// Seconds that the server is asked to hold an answer back for until there is something to say.
const WAIT: &str = "20";

/// What the server answers.
#[derive(Debug)]
pub enum Answer {
    /// The next changes, maybe none.
    Page(Page),
    /// The reader's place is no longer good: everything is to be read anew, from this cursor.
    Anew(String),
}

/// Some changes, in the order of their numbers.
#[derive(Debug)]
pub struct Page {
    /// What changed.
    pub changes: Vec<Change>,
    /// Where to read on; always there.
    pub next_cursor: String,
    /// Whether there is more at once.
    pub has_more: bool,
    /// Milliseconds by which the shop's order stream is behind.
    pub lag_ms: Option<u64>,
}

/// One change.
#[derive(Debug)]
pub struct Change {
    /// Rises strictly for one reader.
    pub seq: i64,
    /// The type, as the server calls it.
    pub kind: String,
    /// What it is about.
    pub what: What,
}

/// What a change is about.
#[derive(Debug)]
pub enum What {
    /// A purchase, as it stands at this revision; without it, the purchase is to be seen no more.
    Purchase {
        /// The purchase.
        id: String,
        /// Its revision.
        revision: i64,
        /// As it stands.
        now: Option<Box<Served>>,
    },
    /// The agreement.
    Grant {
        /// Its version from now on.
        version: i64,
        /// Whether everything is to be read anew.
        anew: bool,
    },
    /// Something that this app does not know: a later server may say more.
    Unknown,
}

/// A purchase as served, and as this app reads it.
#[derive(Debug)]
pub struct Served {
    /// The JSON, to the letter.
    pub text: String,
    /// The same, read.
    pub purchase: Purchase,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageText {
    data: Vec<Box<RawValue>>,
    next_cursor: String,
    has_more: bool,
    meta: Option<Meta>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    lag_ms: Option<u64>,
}

/// What every change has.
#[derive(Deserialize)]
struct Head {
    seq: i64,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfPurchase {
    purchase_id: String,
    revision: i64,
    purchase: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct OfGrant {
    version: i64,
    resync: String,
}

/// The problem `resync_required`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fresh {
    next_cursor: String,
}

/// Asks for the next `limit` changes of a reader; with `wait`, the answer may take its time to have something in it.
pub async fn read(
    access: &mut Access<'_>,
    reader: &Reader,
    limit: u16,
    wait: bool,
) -> Result<Answer, Failure> {
    let mut url = access.service().api(&["changes"])?;
    url.query_pairs_mut().append_pair("limit", &limit.to_string());
    if let Some(cursor) = &reader.cursor {
        url.query_pairs_mut().append_pair("cursor", cursor);
    }
    if wait {
        url.query_pairs_mut().append_pair("wait", WAIT);
    }
    understand(access.call(Method::GET, &url, PAGE).await?, reader)
}

fn understand(reply: Reply, reader: &Reader) -> Result<Answer, Failure> {
    if reply.status == StatusCode::CONFLICT && reply.error_code().as_deref() == Some("resync_required") {
        let Fresh { next_cursor } = reply.json()?;
        return Ok(Answer::Anew(next_cursor));
    }
    let page: PageText = reply.success()?.json()?;
    if page.has_more && reader.cursor.as_ref() == Some(&page.next_cursor) {
        return Err(Failure::misunderstood("the feed says that it has more, but does not move on"));
    }
    let mut changes = Vec::with_capacity(page.data.len());
    let mut before = reader.seq;
    for text in &page.data {
        let change = Change::read(text)?;
        if change.seq <= before {
            return Err(Failure::new(
                Kind::Server,
                format!(
                    "the feed numbers a change {} that comes after {before}; numbers must rise",
                    change.seq
                ),
                "nothing of that page is stored; run `sync --rebuild`, and if it comes again tell the shop",
            ));
        }
        before = change.seq;
        changes.push(change);
    }
    let lag_ms = page.meta.and_then(|meta| meta.lag_ms);
    Ok(Answer::Page(Page { changes, next_cursor: page.next_cursor, has_more: page.has_more, lag_ms }))
}

impl Page {
    /// Whether the shop wants everything read anew.
    pub fn wants_all_anew(&self) -> bool {
        self.changes.iter().any(|change| matches!(change.what, What::Grant { anew: true, .. }))
    }
}

impl Change {
    /// What this does to the records, if it is about a purchase.
    pub fn step(&self) -> Option<Step<'_>> {
        let What::Purchase { id, revision, now } = &self.what else { return None };
        Some(Step { id, revision: *revision, data: now.as_ref().map(|served| served.text.as_str()) })
    }

    fn read(text: &RawValue) -> Result<Self, Failure> {
        let Head { seq, kind } = serde_json::from_str(text.get())
            .map_err(|_| Failure::misunderstood("a change of the feed has no number or no type"))?;
        let unreadable = |what: &str| {
            Failure::misunderstood(format!("change {seq} of the feed ({}) {what}", printable(&kind)))
        };
        let what = match kind.strip_prefix("purchase.") {
            Some("recorded" | "returned" | "refunded" | "linked" | "revealed") => {
                let OfPurchase { purchase_id: id, revision, purchase } =
                    serde_json::from_str(text.get()).map_err(|_| unreadable("cannot be read"))?;
                let raw = purchase.ok_or_else(|| unreadable("comes without its purchase"))?;
                let purchase: Purchase = serde_json::from_str(raw.get())
                    .map_err(|_| unreadable("has a purchase that cannot be read"))?;
                if purchase.id != id || purchase.revision != revision {
                    return Err(unreadable("has another purchase, or revision, than it names"));
                }
                let served = Served { text: raw.get().to_owned(), purchase };
                What::Purchase { id, revision, now: Some(Box::new(served)) }
            }
            Some("unlinked" | "hidden" | "erased") => {
                let OfPurchase { purchase_id: id, revision, .. } =
                    serde_json::from_str(text.get()).map_err(|_| unreadable("cannot be read"))?;
                What::Purchase { id, revision, now: None }
            }
            _ if kind == "grant.changed" => {
                let OfGrant { version, resync } =
                    serde_json::from_str(text.get()).map_err(|_| unreadable("cannot be read"))?;
                // A word that is not known may ask for anything: reading all anew is right whatever it is.
                What::Grant { version, anew: resync != "none" }
            }
            _ => What::Unknown,
        };
        Ok(Self { seq, kind, what })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{purchases::tests::example, wire::tests::reply};

    fn reader(seq: i64) -> Reader {
        let mut reader = Reader::default();
        (reader.seq, reader.cursor) = (seq, Some("c1".to_owned()));
        reader
    }

    fn page(seq: i64, changes: &[Value], more: bool) -> Result<Page, String> {
        let body = json!({"data": changes, "nextCursor": "c2", "hasMore": more, "meta": {"lagMs": 412}});
        match understand(reply(200, &format!("{body:#}")), &reader(seq)) {
            Ok(Answer::Page(page)) => Ok(page),
            Ok(Answer::Anew(cursor)) => panic!("{cursor}"),
            Err(failure) => Err(failure.to_string()),
        }
    }

    fn recorded(seq: i64) -> Value {
        json!({"seq": seq, "type": "purchase.recorded", "purchaseId": "pur_0f3k", "revision": 2,
               "recordedAt": "2026-11-24T11:02:03Z", "purchase": example()})
    }

    #[test]
    fn each_type_does_what_it_says() {
        let of = |seq: i64, kind: &str| {
            let mut change = recorded(seq);
            change["type"] = json!(format!("purchase.{kind}"));
            change
        };
        let puts = ["recorded", "returned", "refunded", "linked", "revealed"];
        let removes = ["unlinked", "hidden", "erased"];
        let kinds: Vec<&str> = puts.into_iter().chain(removes).collect();
        let changes: Vec<Value> = (1..).zip(&kinds).map(|(seq, kind)| of(seq, kind)).collect();
        let page = page(0, &changes, true).unwrap();
        assert_eq!((page.next_cursor.as_str(), page.has_more, page.lag_ms), ("c2", true, Some(412)));
        for (kind, change) in kinds.iter().zip(&page.changes) {
            let step = change.step().unwrap();
            assert_eq!((step.id, step.revision, step.data.is_some()), ("pur_0f3k", 2, puts.contains(kind)));
        }
    }

    #[test]
    fn purchases_are_kept_to_the_letter() {
        let body = r#"{"data":[{"seq":1,"type":"purchase.recorded","purchaseId":"p","revision":1,"purchase":
            { "revision":1, "id":"p", "purchasedAt":"2017-01-01T00:00:00Z", "currency":"EUR", "later": [1.0e0],
              "totals":{"grandTotal":"0.00","refunded":"0.00","net":"0.00"},
              "completeness":{"reconciled":true} }}],"nextCursor":"c","hasMore":false}"#;
        let Ok(Answer::Page(page)) = understand(reply(200, body), &reader(0)) else { panic!() };
        let text = page.changes[0].step().unwrap().data.unwrap();
        assert!(body.contains(text) && text.starts_with("{ \"revision\"") && text.ends_with("true} }"));
    }

    #[test]
    fn the_agreement_and_the_unknown_are_told_apart() {
        let grant = |seq: i64, resync: &str| json!({"seq": seq, "type": "grant.changed", "version": 3, "resync": resync});
        let unknown = json!({"seq": 9, "type": "purchase.blessed", "purchaseId": 7, "revision": "x"});
        let page_of = |changes: &[Value]| page(0, changes, false).unwrap();
        let quiet = page_of(&[grant(1, "none"), unknown]);
        assert!(!quiet.wants_all_anew());
        assert!(matches!(quiet.changes[0].what, What::Grant { version: 3, anew: false }));
        assert!(matches!(quiet.changes[1].what, What::Unknown));
        assert!(quiet.changes.iter().all(|change| change.step().is_none()));
        assert!(page_of(&[recorded(1), grant(2, "full")]).wants_all_anew());
        assert!(page_of(&[grant(2, "something later")]).wants_all_anew());
    }

    #[test]
    fn numbers_that_do_not_rise_are_an_error() {
        assert_eq!(page(6, &[recorded(7), recorded(9)], false).unwrap().changes.len(), 2);
        for (seq, changes) in
            [(7, vec![recorded(7)]), (1, vec![recorded(3), recorded(3)]), (0, vec![recorded(0)])]
        {
            let failure = page(seq, &changes, false).unwrap_err();
            assert!(failure.contains("numbers must rise") && failure.contains("--rebuild"), "{failure}");
        }
    }

    #[test]
    fn nonsense_is_named_without_what_was_bought() {
        type Change = fn(&mut Value);
        let cases: [(Change, &str); 6] = [
            (|change| change["seq"] = json!("1"), "no number"),
            (|change| change["purchase"] = json!(null), "without its purchase"),
            (|change| change["purchase"]["currency"] = json!(1), "cannot be read"),
            (|change| change["purchase"]["id"] = json!("pur_other"), "another purchase"),
            (|change| change["revision"] = json!(3), "another purchase, or revision"),
            (|change| change["purchaseId"] = json!(null), "cannot be read"),
        ];
        for (make, words) in cases {
            let mut change = recorded(1);
            make(&mut change);
            let failure = page(0, &[change], false).unwrap_err();
            assert!(failure.contains(words) && !failure.contains("Rolls"), "{words}: {failure}");
        }
    }

    #[test]
    fn a_feed_that_does_not_move_on_is_refused() {
        let body = r#"{"data":[],"nextCursor":"c1","hasMore":true}"#;
        assert!(understand(reply(200, body), &reader(0)).is_err());
        let body = r#"{"data":[],"nextCursor":"c1","hasMore":false}"#;
        assert!(understand(reply(200, body), &reader(0)).is_ok());
    }

    #[test]
    fn only_resync_required_begins_anew() {
        let body = r#"{"code":"resync_required","status":409,"nextCursor":"fresh"}"#;
        let answer = understand(reply(409, body), &reader(0)).unwrap();
        assert!(matches!(answer, Answer::Anew(cursor) if cursor == "fresh"));
        assert!(understand(reply(409, r#"{"code":"resync_required"}"#), &reader(0)).is_err());
        let failure = understand(reply(409, r#"{"code":"other","nextCursor":"x"}"#), &reader(0)).unwrap_err();
        assert_eq!(failure.kind, Kind::Refused);
        let failure = understand(reply(400, r#"{"code":"cursor_mismatch"}"#), &reader(0)).unwrap_err();
        assert!(failure.to_string().contains("sync --rebuild"), "{failure}");
    }
}
