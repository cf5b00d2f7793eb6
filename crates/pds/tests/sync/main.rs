//! The program as it is run, against a shop on loopback: killed, begun anew, following, refused.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod shop;
mod web;

use std::{
    fs,
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use shop::{Shop, agreed, put, take};

/// A folder that is connected to a shop.
struct Store {
    folder: TempDir,
}

impl Store {
    fn connected(shop: &Shop) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = format!("http://{}", shop.address);
        let connection = json!({
            "url": base, "issuer": base, "clientId": "app_1",
            "tokens": {"accessToken": "cfa_1", "expiresAt": "2999-01-01T00:00:00Z", "refreshToken": "cfr_1",
                       "grantId": "gra_1", "scope": ["purchases:read"], "grantEndsAt": null},
        });
        fs::write(folder.path().join("connection.json"), connection.to_string()).unwrap();
        Self { folder }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_counterfoil-pds"));
        command.arg("--folder").arg(self.folder.path()).args(words);
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    fn succeed(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn sync(&self) -> Value {
        serde_json::from_str(&self.succeed(&["sync", "--page-size", "3", "--format", "json"])).unwrap()
    }

    /// Fails with this exit code; gives what it says.
    fn fail(&self, words: &[&str], code: i32) -> String {
        let output = self.run(words);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("what to do:"), "{said}");
        said
    }

    /// The ids and revisions that are there, by id.
    fn holds(&self) -> Vec<String> {
        let output = self.run(&["export"]);
        let text = String::from_utf8(output.stdout).unwrap();
        let mut held: Vec<String> = text
            .lines()
            .map(|line| {
                let purchase: Value = serde_json::from_str(line).unwrap();
                format!("{} {}", purchase["id"].as_str().unwrap(), purchase["revision"])
            })
            .collect();
        held.sort();
        held
    }
}

/// A history of some pages, with something of everything.
fn history() -> Vec<Value> {
    let mut feed: Vec<Value> =
        (1..=20).map(|number| put("recorded", &format!("pur_{number:02}"), 1, "1.10")).collect();
    feed.extend([
        put("returned", "pur_03", 2, "1.10"),
        take("unlinked", "pur_05", 2),
        take("hidden", "pur_06", 2),
        put("revealed", "pur_06", 3, "1.10"),
        take("erased", "pur_07", 2),
        put("refunded", "pur_03", 4, "1.10"),
        put("linked", "pur_21", 1, "2.20"),
    ]);
    feed
}

#[test]
fn the_first_sync_reads_all_and_later_ones_what_is_new() {
    let shop = Shop::open();
    let store = Store::connected(&shop);
    shop.change(|state| state.feed = history());
    let first = store.sync();
    assert_eq!((&first["purchases"], &first["new"], &first["addUp"]), (&json!(19), &json!(19), &json!(19)));
    assert_eq!(first["comparison"], json!({"compared": 1, "differences": [], "unchecked": null}));
    assert_eq!(shop.state().queries.len(), 9);
    let held = store.holds();
    assert!(held.contains(&"pur_03 4".to_owned()) && held.contains(&"pur_06 3".to_owned()), "{held:?}");

    shop.change(|state| {
        state.feed.extend([
            put("recorded", "pur_22", 1, "3.00"),
            put("returned", "pur_01", 2, "1.10"),
            take("erased", "pur_02", 2),
            json!({"type": "purchase.blessed", "purchaseId": "pur_04"}),
            agreed(2, "none"),
        ]);
        state.queries.clear();
    });
    let second = store.sync();
    let counts = ["purchases", "new", "changed", "gone"].map(|name| second[name].as_u64().unwrap());
    assert_eq!(counts, [19, 1, 1, 1]);
    assert_eq!(second["unknown"], json!({"purchase.blessed": 1}));
    assert_eq!(shop.state().queries[0]["cursor"], "0.27", "it goes on where it was");

    assert!(store.succeed(&["show"]).contains("19 purchases"));
    assert!(store.succeed(&["disconnect"]).contains("Disconnected"));
    assert!(shop.state().disconnected);
    store.fail(&["sync"], 3);
    assert_eq!(store.holds().len(), 19, "the purchases stay");
}

#[test]
fn killed_anywhere_and_run_again_comes_to_the_same() {
    let shop = Shop::open();
    shop.change(|state| state.feed = history());
    let undisturbed = Store::connected(&shop);
    undisturbed.sync();
    let expected = undisturbed.succeed(&["export"]);

    // Page by page: killed while half of the next page is still to come.
    let store = Store::connected(&shop);
    shop.change(|state| (state.trickle, state.half_pages) = (Duration::from_millis(300), 0));
    for kills in 1..=6 {
        let mut child = spawn(&store);
        shop.until("a second page", |state| state.half_pages >= 2 * kills);
        kill(&mut child);
        assert!(store.holds().is_empty(), "half a history is not shown");
    }
    shop.change(|state| (state.trickle, state.queries) = (Duration::ZERO, Vec::new()));
    store.sync();
    assert_eq!(shop.state().queries[0]["cursor"], "0.18", "what was stored is not read again");
    assert_eq!(store.succeed(&["export"]), expected);

    // At any moment: from before the first request until after the last.
    let store = Store::connected(&shop);
    for moment in 0..30 {
        let mut child = spawn(&store);
        thread::sleep(Duration::from_millis(4 * moment));
        kill(&mut child);
        let held = store.run(&["export"]).stdout;
        assert!(held.is_empty() || held == expected.as_bytes(), "all or nothing");
    }
    store.sync();
    assert_eq!(store.succeed(&["export"]), expected);
}

#[test]
fn a_rebuild_that_is_killed_leaves_what_was_there_and_goes_on() {
    let shop = Shop::open();
    let store = Store::connected(&shop);
    shop.change(|state| state.feed = history());
    store.sync();
    let before = store.succeed(&["export"]);
    shop.change(|state| {
        state.feed = history().split_off(10);
        (state.trickle, state.half_pages) = (Duration::from_millis(300), 0);
        state.queries.clear();
    });
    let mut child =
        store.command(&["sync", "--rebuild", "--page-size", "3"]).stdout(Stdio::null()).spawn().unwrap();
    shop.until("a third page", |state| state.half_pages >= 3);
    kill(&mut child);
    assert!(!shop.state().queries[0].contains_key("cursor"), "a rebuild begins with nothing");
    assert_eq!(store.succeed(&["export"]), before);
    shop.change(|state| (state.trickle, state.queries) = (Duration::ZERO, Vec::new()));
    let after = store.sync();
    assert_eq!(shop.state().queries[0]["cursor"], "0.6");
    assert_eq!(after["gone"], json!(6), "{after}");
    assert_eq!(store.holds().len(), 13);
}

#[test]
fn a_shop_that_wants_all_read_anew_gets_it() {
    let shop = Shop::open();
    let store = Store::connected(&shop);
    shop.change(|state| state.feed = history());
    store.sync();
    // The agreement is narrower, and says so in the feed.
    shop.change(|state| {
        state.feed.push(agreed(2, "full"));
        state.narrowed = Some(history()[..4].to_vec());
        state.queries.clear();
    });
    let summary = store.sync();
    assert_eq!((&summary["purchases"], &summary["gone"]), (&json!(4), &json!(15)));
    assert!(!shop.state().queries[1].contains_key("cursor"), "it begins with nothing");
    assert_eq!(store.holds(), ["pur_01 1", "pur_02 1", "pur_03 1", "pur_04 1"]);

    // The cursor is no longer good.
    shop.change(|state| {
        state.epoch = 7;
        state.feed.remove(0);
        state.queries.clear();
    });
    let summary = store.sync();
    assert_eq!((&summary["purchases"], &summary["gone"]), (&json!(3), &json!(1)));
    assert_eq!(shop.state().queries[1]["cursor"], "7.0", "it begins with the fresh cursor");
    assert_eq!(store.holds(), ["pur_02 1", "pur_03 1", "pur_04 1"]);

    shop.change(|state| state.never_content = true);
    assert!(store.fail(&["sync"], 5).contains("4 times in a row"));
    assert_eq!(store.holds().len(), 3, "what was there is still there");
}

#[test]
fn numbers_that_do_not_rise_store_nothing() {
    let shop = Shop::open();
    let store = Store::connected(&shop);
    shop.change(|state| state.feed = vec![put("recorded", "pur_1", 1, "1.00")]);
    store.sync();
    shop.change(|state| {
        state.feed.push(put("recorded", "pur_2", 1, "1.00"));
        state.seq_from = Some(1);
    });
    assert!(store.fail(&["sync"], 5).contains("numbers must rise"));
    assert_eq!(store.holds(), ["pur_1 1"]);
    shop.change(|state| state.seq_from = None);
    store.sync();
    assert_eq!(store.holds().len(), 2);
}

#[test]
fn sums_are_compared_with_those_of_the_shop() {
    let shop = Shop::open();
    let store = Store::connected(&shop);
    shop.change(|state| {
        state.feed = history();
        state.at_summary = Some(put("recorded", "pur_late", 1, "5.00"));
    });
    let summary = store.sync();
    assert_eq!(summary["purchases"], json!(20), "what came before the sums were asked for is read");
    assert_eq!(summary["comparison"]["differences"], json!([]));

    shop.change(|state| {
        state.years = Some(json!([{"year": 2026, "currency": "EUR", "purchases": 19, "grandTotal": "28.20",
                               "refunded": "0.00", "net": "27.00"}]));
    });
    let output = store.run(&["sync"]);
    assert_eq!(output.status.code(), Some(6));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("2026 EUR: the shop counts 19 purchases, here are 20"), "{text}");
    assert!(text.contains("2026 EUR: the shop says 28.20 was spent, here it is 27.00"), "{text}");

    shop.change(|state| {
        state.years = None;
        for change in &mut state.feed {
            if let Some(purchase) = change.get_mut("purchase") {
                purchase.as_object_mut().unwrap().remove("lines");
            }
        }
    });
    assert!(store.succeed(&["sync", "--rebuild"]).contains("the sums cannot be checked: without the items"));
}

#[test]
fn following_tells_each_change_when_it_happens() {
    let shop = Shop::open();
    let store = Store::connected(&shop);
    shop.change(|state| state.feed = history());
    let mut child = Following::of(&store, &["sync", "--follow"]);
    child.until("19 purchases: 19 new");
    for (change, words) in [
        (
            put("recorded", "pur_30", 1, "4.00"),
            "purchase.recorded pur_30 at revision 1: 2026-11-24, 4.00 EUR",
        ),
        (take("hidden", "pur_30", 2), "purchase.hidden pur_30 at revision 2: taken away"),
        (put("recorded", "pur_30", 1, "4.00"), "ignored: a later revision is here"),
        (json!({"type": "purchase.blessed"}), "purchase.blessed: ignored"),
        (agreed(2, "none"), "grant.changed: the agreement is at version 2"),
    ] {
        shop.until("it waits", |state| state.queries.last().is_some_and(|query| query.contains_key("wait")));
        let since = Instant::now();
        shop.change(|state| {
            state.queries.clear();
            state.feed.push(change);
        });
        child.until(words);
        assert!(since.elapsed() < Duration::from_secs(5), "within its poll");
    }
    // What is stored can be looked at meanwhile.
    assert_eq!(store.holds().len(), 19);

    // The shop is away for a moment.
    shop.change(|state| {
        state.refusal = Some((500, json!({"code": "internal"})));
        state.queries.clear();
    });
    thread::sleep(Duration::from_millis(500));
    shop.change(|state| {
        state.refusal = None;
        state.feed.push(put("recorded", "pur_31", 1, "4.00"));
    });
    child.until("pur_31 at revision 1");

    // Everything anew, then on.
    shop.change(|state| {
        state.epoch = 2;
        state.feed = history().split_off(18);
    });
    child.until("5 purchases: 0 new");
    shop.change(|state| state.feed.push(put("recorded", "pur_32", 1, "4.00")));
    child.until("pur_32 at revision 1");
    child.interrupt();
    assert_eq!(child.process.wait().unwrap().code(), Some(0));
    assert_eq!(store.holds().len(), 6);
}

#[test]
fn an_agreement_that_has_ended_is_told_with_what_to_do() {
    let shop = Shop::open();
    let store = Store::connected(&shop);
    shop.change(|state| state.feed = history());
    let mut child = Following::of(&store, &["sync", "--follow", "--format", "json"]);
    child.until("\"purchases\": 19");
    shop.until("it waits", |state| state.queries.last().is_some_and(|query| query.contains_key("wait")));
    let ended = json!({"code": "grant_withdrawn", "title": "Sharing was stopped"});
    shop.change(|state| state.refusal = Some((403, ended)));
    assert_eq!(child.process.wait().unwrap().code(), Some(4));
    assert!(store.fail(&["sync"], 4).contains("run `disconnect`, then `connect`"));
    let mismatch = json!({"code": "cursor_mismatch", "title": "That cursor is another's"});
    shop.change(|state| state.refusal = Some((400, mismatch)));
    assert!(store.fail(&["sync"], 4).contains("`sync --rebuild`"));
    assert_eq!(store.holds().len(), 19);
}

fn spawn(store: &Store) -> Child {
    let mut command = store.command(&["sync", "--page-size", "3"]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A program that goes on, and what it prints.
struct Following {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Following {
    fn of(store: &Store, words: &[&str]) -> Self {
        let mut process = store.command(words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    /// Waits for a line with these words; ends when the program does.
    fn until(&mut self, words: &str) {
        let found = self.lines.by_ref().any(|line| line.unwrap().contains(words));
        assert!(found, "it ended without saying: {words}");
    }

    fn interrupt(&self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        // It has ended already unless the test has failed.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
