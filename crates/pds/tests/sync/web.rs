//! The web app, as a browser meets it.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use chrono::DateTime;
use counterfoil_pds::{
    clock::Clock,
    serve::{self, Settings, Shop as Offered},
};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::{
    Store, history,
    shop::{Shop, put, take},
};

/// The web app of a store, at work.
struct Web {
    child: Child,
    address: String,
}

impl Drop for Web {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// An answer.
struct Page {
    status: u16,
    head: String,
    body: String,
}

impl Page {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The value of an attribute or a field, by what stands before it.
    fn after(&self, mark: &str) -> &str {
        let start = self.body.find(mark).unwrap_or_else(|| panic!("no {mark} in {}", self.body));
        self.body[start + mark.len()..].split('"').next().unwrap()
    }
}

impl Web {
    fn start(store: &Store, words: &[&str]) -> Self {
        let mut child = store
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .args(words)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let address = said.split("http://").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        Self { child, address }
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Page {
        let host =
            headers.iter().find(|(name, _)| *name == "host").map_or(self.address.as_str(), |(_, host)| host);
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n").unwrap();
        for (name, value) in headers.iter().filter(|(name, _)| *name != "host") {
            write!(stream, "{name}: {value}\r\n").unwrap();
        }
        if method == "POST" {
            write!(
                stream,
                "content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
                body.len()
            )
            .unwrap();
        }
        write!(stream, "\r\n{body}").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Page { status, head: head.to_owned(), body: body.to_owned() }
    }

    fn get(&self, path: &str) -> Page {
        self.ask("GET", path, &[], "")
    }

    /// Waits until a page says something.
    fn until(&self, path: &str, words: &str) -> Page {
        let begun = Instant::now();
        loop {
            let page = self.get(path);
            if page.body.contains(words) {
                return page;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "no {words} on {path}: {}", page.body);
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends a form of the page about the connection, with these fields beside its own key.
    fn send(&self, path: &str, fields: &str) -> Page {
        let page = self.get("/connection");
        let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap();
        let key = page.after(r#"name="csrf" value=""#);
        self.ask("POST", path, &[("cookie", cookie)], &format!("csrf={key}&{fields}"))
    }
}

#[test]
fn only_its_own_address_and_its_own_forms_are_taken() {
    let shop = Shop::open();
    let store = Store::connected(&shop);
    let web = Web::start(&store, &[]);
    let page = web.get("/connection");
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("form-action 'self';"), "{policy}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let cookie = page.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    for host in ["localhost", "evil.example", "127.0.0.1:1"] {
        let refused = web.ask("GET", "/purchases", &[("host", host)], "");
        assert_eq!(refused.status, 421, "{host}");
    }
    let (cookie, key) = (cookie.split(';').next().unwrap(), page.after(r#"name="csrf" value=""#));
    let form = format!("csrf={key}");
    for (headers, body) in [
        (vec![("cookie", cookie)], "csrf="),
        (vec![("cookie", cookie)], ""),
        (vec![], form.as_str()),
        (vec![("cookie", "pocketful=AAAAAAAAAAAAAAAAAAAAAA")], form.as_str()),
        (vec![("cookie", cookie), ("sec-fetch-site", "same-site")], form.as_str()),
        (vec![("cookie", cookie), ("origin", "http://127.0.0.1:1")], form.as_str()),
    ] {
        let refused = web.ask("POST", "/disconnect", &headers, body);
        assert_eq!(refused.status, 403, "{headers:?} {body}");
    }
    assert!(!shop.state().disconnected);
    let unasked = web.get("/callback?code=cfc_1&state=s&iss=x");
    assert!(unasked.status == 400 && unasked.body.contains("does not belong here"));
    assert!(!unasked.body.contains("cfc_1"));
    assert_eq!(web.ask("GET", "/disconnect", &[], "").status, 404);
}

#[test]
fn a_purchase_appears_by_itself_and_goes_by_itself() {
    let shop = Shop::open();
    shop.change(|state| {
        state.feed = history();
        state.feed[0]["purchase"]["lines"][0]["name"] = json!("<script>alert(1)</script>");
    });
    let store = Store::connected(&shop);
    let web = Web::start(&store, &[]);
    let page = web.until("/purchases", "19 purchases");
    assert!(page.body.contains("&lt;script&gt;alert") && !page.body.contains("<script>alert"));
    assert!(web.until("/spending", "Compared").body.contains("are the same as here"));
    let version = page.after(r#"data-version=""#);
    let version: i64 = version.parse().unwrap();

    shop.change(|state| state.feed.push(put("recorded", "pur_99", 1, "9.99")));
    let news: Value = serde_json::from_str(&web.get(&format!("/live?after={version}")).body).unwrap();
    assert!(news["version"].as_i64().unwrap() > version && news["arrived"] == 1, "{news}");
    assert!(web.get("/purchases").body.contains("€9.99"));
    assert!(web.get("/purchases/pur_99").body.contains("These figures add up"));

    shop.change(|state| state.feed.push(take("hidden", "pur_99", 2)));
    web.until("/purchases", "19 purchases");
    assert_eq!(web.get("/purchases/pur_99").status, 404);
    assert_eq!(store.holds().len(), 19, "and it is gone from the folder");
}

#[test]
fn what_does_not_add_up_is_said() {
    let shop = Shop::open();
    shop.change(|state| {
        state.feed = history();
        state.feed[1]["purchase"]["lines"][0]["net"] = json!("1.09");
        state.years = Some(json!([{"year": 2026, "currency": "EUR", "purchases": 18, "grandTotal": "1.00",
                                   "refunded": "0.00", "net": "1.00"}]));
    });
    let store = Store::connected(&shop);
    let web = Web::start(&store, &[]);
    let page = web.until("/spending", "are not those of what is here");
    assert!(page.body.contains("its parts make 1.09, its total is 1.10"));
    assert!(page.body.contains("the shop counts 18 purchases, here are 19"));
    assert!(web.get("/purchases/pur_02").body.contains("These figures do not add up"));
}

#[test]
fn the_end_of_the_sharing_is_told_and_what_is_here_stays() {
    let shop = Shop::open();
    shop.change(|state| state.feed = history());
    let store = Store::connected(&shop);
    let web = Web::start(&store, &[]);
    web.until("/connection", "Up to date");
    shop.change(|state| {
        state.refusal =
            Some((403, json!({"code": "grant_withdrawn", "title": "The customer has stopped sharing"})));
    });
    let page = web.until("/connection", "You stopped sharing on the pages of");
    assert!(page.body.contains("learned of it on") && page.body.contains(r#"id="connect""#));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains(&format!("form-action 'self' http://{};", shop.address)), "{policy}");
    assert!(web.get("/purchases").body.contains("19 purchases"));
    let kept = fs::read_to_string(store.folder.path().join("connection.json")).unwrap();
    assert!(!kept.contains("cfa_") && !kept.contains("cfr_"), "the tokens are forgotten");
    // Started again, it still knows.
    drop(web);
    let web = Web::start(&store, &[]);
    assert!(web.get("/purchases").body.contains("You stopped sharing on the pages of"));
}

#[test]
fn disconnecting_takes_the_copy_along_where_that_is_ticked() {
    for (fields, left) in [("", 19), ("erase=yes", 0)] {
        let shop = Shop::open();
        shop.change(|state| state.feed = history());
        let store = Store::connected(&shop);
        let web = Web::start(&store, &[]);
        web.until("/connection", "19 purchases");
        assert_eq!(
            web.send("/erase", "erase=yes").header("location"),
            Some("/connection"),
            "still connected"
        );
        assert_eq!(store.holds().len(), 19);
        let begun = Instant::now();
        let done = web.send("/disconnect", fields);
        assert_eq!(done.status, 303);
        assert!(begun.elapsed() < Duration::from_secs(5), "it does not wait for the feed");
        assert!(shop.state().disconnected);
        assert_eq!(store.holds().len(), left);
        let kept = fs::read_to_string(store.folder.path().join("connection.json")).unwrap();
        assert!(!kept.contains("cfr_"), "the tokens are forgotten");
        if left > 0 {
            assert!(web.get("/connection").body.contains("You disconnected here on"));
            assert_eq!(web.send("/erase", "").header("location"), Some("/connection?said=untouched"));
            assert_eq!(web.send("/erase", "erase=yes").header("location"), Some("/?said=deleted"));
            assert!(store.holds().is_empty());
        }
        let start = web.get(done.header("location").unwrap());
        assert!(start.status == 200 || start.status == 303);
    }
}

#[test]
fn a_shop_that_is_away_is_told_and_disconnecting_there_fails_plainly() {
    let shop = Shop::open();
    shop.change(|state| state.feed = history());
    let store = Store::connected(&shop);
    let web = Web::start(&store, &[]);
    web.until("/purchases", "19 purchases");
    shop.change(|state| state.refusal = Some((502, json!({}))));
    web.until("/purchases", "cannot be reached just now");
    let failed = web.send("/disconnect", "erase=yes");
    assert!(failed.status == 502 && failed.body.contains("Nothing was changed"), "{}", failed.body);
    assert_eq!(store.holds().len(), 19);
    shop.change(|state| state.refusal = None);
    web.until("/purchases", "Up to date");
}

#[test]
fn another_program_runs_it_on_a_thread_and_stops_it() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::new(|| DateTime::from_timestamp(1_795_000_000, 0).unwrap());
    let settings = |listen: SocketAddr| Settings {
        folder: folder.path().to_owned(),
        listen,
        shop: Some(Offered {
            url: "http://127.0.0.1:9".parse().unwrap(),
            client_id: "app_1".to_owned(),
            key: None,
            name: Some("Example Stores".to_owned()),
        }),
    };
    let (ready, told) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let (end, ended) = mpsc::channel();
    let (here, time) = (settings("127.0.0.1:0".parse().unwrap()), clock.clone());
    thread::spawn(move || {
        let until = async {
            stopped.await.ok();
        };
        end.send(serve::run(here, time, ready, until)).unwrap();
    });
    let address = told.blocking_recv().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.contains("Connect Example Stores"), "{text}");
    stop.send(()).unwrap();
    ended.recv_timeout(Duration::from_secs(10)).unwrap().unwrap();

    let (ready, _told) = oneshot::channel();
    let everywhere = settings("0.0.0.0:0".parse().unwrap());
    let failure = serve::run(everywhere, clock, ready, async {}).unwrap_err();
    assert!(failure.to_string().contains("this computer alone"), "{failure}");
}
