//! A shop on loopback that serves `GET /v1/changes` as the contract has it, as slowly and as badly as a test wants.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
    time::Duration,
};

use rust_decimal::Decimal;
use serde_json::{Value, json};
use url::Url;

/// What the shop has, and how it behaves.
#[derive(Default)]
pub struct State {
    /// The feed since the beginning; a cursor is a position in it.
    pub feed: Vec<Value>,
    /// The feed for whoever begins after a page that says `resync: full`.
    pub narrowed: Option<Vec<Value>>,
    /// Cursors of another epoch are `409 resync_required`.
    pub epoch: u32,
    /// Whether a fresh cursor is refused as well.
    pub never_content: bool,
    /// What `seq` begins with instead of going on with the position: for a shop that miscounts.
    pub seq_from: Option<i64>,
    /// How long half of a page is held back.
    pub trickle: Duration,
    /// The refusal of every call, as status and problem.
    pub refusal: Option<(u16, Value)>,
    /// A change that comes between the end of the feed and the sums.
    pub at_summary: Option<Value>,
    /// The sums, where they are not those of the feed.
    pub years: Option<Value>,
    /// Pages of which the first half has been sent.
    pub half_pages: usize,
    /// The queries of `/v1/changes`, in the order in which they came.
    pub queries: Vec<BTreeMap<String, String>>,
    /// Whether the grant was ended by the app.
    pub disconnected: bool,
}

/// The running shop.
pub struct Shop {
    pub address: SocketAddr,
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Shop {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::<(Mutex<State>, Condvar)>::default();
        let shop = Self { address, shared: Arc::clone(&shared) };
        thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                // Whoever asked may be dead by now.
                thread::spawn(move || answer(stream.unwrap(), address, &shared).ok());
            }
        });
        shop
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().unwrap()
    }

    /// Changes what the shop has, and wakes those who wait for it.
    pub fn change(&self, what: impl FnOnce(&mut State)) {
        what(&mut self.state());
        self.shared.1.notify_all();
    }

    /// Waits until something is so.
    pub fn until(&self, what: &str, is_so: impl Fn(&State) -> bool) {
        for _ in 0..1_000 {
            if is_so(&self.state()) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("waited in vain: {what}");
    }
}

fn answer(stream: TcpStream, address: SocketAddr, shared: &(Mutex<State>, Condvar)) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    lines.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        lines.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    lines.take(length).read_to_end(&mut Vec::new())?;
    let mut words = first.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let base = format!("http://{address}");
    let url = Url::parse(&format!("{base}{path}")).unwrap();
    let refusal = shared.0.lock().unwrap().refusal.clone().filter(|_| path.starts_with("/v1"));
    let (status, body) = match (method, url.path()) {
        _ if refusal.is_some() => refusal.unwrap(),
        ("GET", "/.well-known/counterfoil") => {
            (200, json!({"issuer": base, "apiBase": format!("{base}/v1")}))
        }
        ("GET", "/.well-known/oauth-authorization-server") => (200, metadata(&base)),
        ("GET", "/v1/changes") => changes(&url, shared),
        ("GET", "/v1/summary") => (200, summary(&mut shared.0.lock().unwrap())),
        ("GET", "/v1/grant") => (
            200,
            json!({"data": {
                "id": "gra_1", "state": "active", "version": 1, "scope": "purchases:read", "datasets": [],
                "window": {"from": "2020-01-01"}, "duration": "P90D", "givenAt": "2026-11-24T10:00:00Z",
            }}),
        ),
        ("DELETE", "/v1/grant") => {
            shared.0.lock().unwrap().disconnected = true;
            (204, Value::Null)
        }
        _ => (404, json!({"code": "not_found"})),
    };
    let body = if status == 204 { String::new() } else { body.to_string() };
    let (head, tail) = body.split_at(body.len() / 2);
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{head}",
        body.len()
    )?;
    stream.flush()?;
    if url.path() == "/v1/changes" {
        let trickle = {
            let mut state = shared.0.lock().unwrap();
            state.half_pages += 1;
            state.trickle
        };
        thread::sleep(trickle);
    }
    write!(stream, "{tail}")
}

fn metadata(base: &str) -> Value {
    json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/oauth/authorize"),
        "token_endpoint": format!("{base}/oauth/token"),
        "pushed_authorization_request_endpoint": format!("{base}/oauth/par"),
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "authorization_response_iss_parameter_supported": true,
    })
}

fn changes(url: &Url, (state, bell): &(Mutex<State>, Condvar)) -> (u16, Value) {
    let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let mut state = state.lock().unwrap();
    let cursor = query.get("cursor").cloned().unwrap_or_else(|| format!("{}.0", state.epoch));
    let (epoch, position) = cursor.split_once('.').unwrap();
    let (position, limit): (usize, usize) = (position.parse().unwrap(), query["limit"].parse().unwrap());
    let wait: u64 = query.get("wait").map_or(0, |seconds| seconds.parse().unwrap());
    state.queries.push(query);
    if epoch != state.epoch.to_string() || state.never_content {
        return (409, json!({"code": "resync_required", "nextCursor": format!("{}.0", state.epoch)}));
    }
    let asked = state.epoch;
    let nothing =
        |state: &mut State| state.feed.len() <= position && state.refusal.is_none() && state.epoch == asked;
    let (mut state, _) = bell.wait_timeout_while(state, Duration::from_secs(wait), nothing).unwrap();
    if let Some(refusal) = &state.refusal {
        return refusal.clone();
    }
    if state.epoch != asked {
        return (409, json!({"code": "resync_required", "nextCursor": format!("{}.0", state.epoch)}));
    }
    let first = state.seq_from.unwrap_or_else(|| i64::try_from(position).unwrap() + 1);
    let numbered = (first..).zip(state.feed.iter().skip(position).take(limit)).map(|(seq, change)| {
        let mut change = change.clone();
        change["seq"] = json!(seq);
        change
    });
    let data: Vec<Value> = numbered.collect();
    let end = position + data.len();
    let body = json!({
        "data": data, "nextCursor": format!("{}.{end}", state.epoch), "hasMore": end < state.feed.len(),
        "meta": {"grant": "gra_1", "grantVersion": 1, "window": {}, "lagMs": 5},
    });
    if data.iter().any(|change| change["resync"] == "full") {
        state.feed = state.narrowed.take().unwrap();
    }
    (200, body)
}

/// The sums of what the feed comes to.
fn summary(state: &mut State) -> Value {
    if let Some(years) = &state.years {
        return json!({"data": {"years": years}});
    }
    let mut purchases: BTreeMap<&str, &Value> = BTreeMap::new();
    state.feed.extend(state.at_summary.take());
    for change in &state.feed {
        let Some(id) = change["purchaseId"].as_str() else { continue };
        match change.get("purchase") {
            Some(purchase) => purchases.insert(id, purchase),
            None if change["type"] == "purchase.blessed" => continue,
            None => purchases.remove(id),
        };
    }
    let mut years: BTreeMap<(i32, &str), (u64, Decimal)> = BTreeMap::new();
    for purchase in purchases.values() {
        let year = purchase["purchasedAt"].as_str().unwrap()[..4].parse().unwrap();
        let sum = years.entry((year, purchase["currency"].as_str().unwrap())).or_default();
        sum.0 += 1;
        sum.1 += purchase["totals"]["grandTotal"].as_str().unwrap().parse::<Decimal>().unwrap();
    }
    let row = |((year, currency), (purchases, total)): ((i32, &str), (u64, Decimal))| {
        json!({"year": year, "currency": currency, "purchases": purchases, "grandTotal": total.to_string(),
               "refunded": "0.00", "net": total.to_string()})
    };
    json!({"data": {"years": years.into_iter().map(row).collect::<Vec<_>>()}})
}

/// A change that puts a purchase of one line.
pub fn put(kind: &str, id: &str, revision: i64, amount: &str) -> Value {
    json!({
        "type": format!("purchase.{kind}"), "purchaseId": id, "revision": revision, "recordedAt": "2026-11-24T11:02:03Z",
        "purchase": {
            "id": id, "revision": revision, "orderId": format!("o-{id}"), "status": "fulfilled", "channel": "store",
            "purchasedAt": "2026-11-24T11:00:00+01:00", "recordedAt": "2026-11-24T11:02:03Z",
            "updatedAt": "2026-11-24T11:02:03Z", "currency": "EUR",
            "lines": [{"id": "1", "kind": "goods", "sku": "s", "name": "Thing", "quantity": {"value": "1", "unit": "EA"},
                       "discounts": [], "net": amount}],
            "charges": [], "taxes": [], "returns": [], "refunds": [],
            "totals": {"gross": amount, "discounts": "0.00", "charges": "0.00", "taxes": "0.00",
                       "grandTotal": amount, "refunded": "0.00", "net": amount},
            "completeness": {"reconciled": true, "partial": false, "hiddenLines": 0, "notes": []},
            "provenance": {"source": "/shop", "eventId": "e"},
        },
    })
}

/// A change that takes a purchase away.
pub fn take(kind: &str, id: &str, revision: i64) -> Value {
    json!({"type": format!("purchase.{kind}"), "purchaseId": id, "revision": revision,
           "recordedAt": "2026-11-24T11:02:03Z"})
}

/// A change of the agreement.
pub fn agreed(version: i64, resync: &str) -> Value {
    json!({"type": "grant.changed", "version": version, "resync": resync, "recordedAt": "2026-11-24T11:02:03Z"})
}
