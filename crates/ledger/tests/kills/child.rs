//! The process that dies.

use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::ids::{Person, RecordId};
use counterfoil_ledger::Draft;
use counterfoil_ledger::fault::Faults;
use counterfoil_store::{Error, Store};
use serde_json::json;

use crate::realm::{Parts, clock};

/// The variable that makes this test the process that dies.
pub const SETTINGS: &str = "COUNTERFOIL_KILLED_PROCESS";

/// What the process is told.
pub struct Settings {
    pub url: String,
    pub keys_url: String,
    pub folder: String,
    pub person: Person,
    pub point: String,
    pub times: usize,
    pub round: usize,
}

impl Settings {
    pub fn to_text(&self) -> String {
        json!([
            self.url,
            self.keys_url,
            self.folder,
            self.person.as_bytes(),
            self.point,
            self.times,
            self.round
        ])
        .to_string()
    }

    fn from_text(text: &str) -> Self {
        let (url, keys_url, folder, person, point, times, round) = serde_json::from_str(text).unwrap();
        Self { url, keys_url, folder, person: Person(person), point, times, round }
    }
}

#[test]
#[ignore = "run by the other tests of this file, as a process of its own"]
#[expect(clippy::disallowed_methods, reason = "what the process is told stands in its environment")]
fn appends_until_it_is_killed() {
    let settings = Settings::from_text(&std::env::var(SETTINGS).unwrap());
    let parts =
        Parts::open(&settings.keys_url, Path::new(&settings.folder), u64::try_from(settings.round).unwrap());
    let store = Store::open(&settings.url, 6).unwrap();
    // Time goes on from one process to the next; the rounds are counted down.
    let clock = clock(1_000 * (10_000 - i64::try_from(settings.round).unwrap()));
    let faults = match settings.point.as_str() {
        "appended" | "anywhere" => Faults::default(),
        point => Faults::from_text(&format!("{point}:{}", settings.times)).unwrap(),
    };
    assert_eq!(
        parts.guard.look(&store).unwrap(),
        counterfoil_ledger::guard::Condition::Intact,
        "a kill is no roll-back"
    );
    let mut keeper = parts.keeper(&store, clock.clone()).with_faults(faults);
    std::thread::spawn(move || {
        loop {
            keeper.round().unwrap();
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let left = AtomicUsize::new(if settings.point == "appended" { settings.times * 5 } else { usize::MAX });
    std::thread::scope(|scope| {
        for thread in 0..3_u8 {
            let (store, parts, clock, left) = (&store, &parts, &clock, &left);
            scope.spawn(move || append(store, parts, clock, settings.person, thread, left));
        }
    });
}

fn append(
    store: &Store,
    parts: &Parts,
    clock: &counterfoil_domain::clock::Clock,
    person: Person,
    thread: u8,
    left: &AtomicUsize,
) {
    let keys = parts.keys.person(person).unwrap();
    loop {
        let draft = Draft {
            entry_type: EntryType::GrantGiven,
            record: RecordId([thread; 16]),
            actor: Actor::Customer,
            state: None,
            basis: Some("eu-gdpr:A20"),
            effective_at: clock.now(),
            expires: None,
            display: None,
            cause: None,
            entry_id: None,
            config: None,
            payload: Some(json!({ "thread": thread })),
        };
        let drafts = vec![draft; 1 + usize::from(thread)];
        let now = clock.now();
        let appended = store
            .write_blocking(|conn| {
                let appended = parts.ledger.append(conn, &keys, person, now, &drafts)?;
                if left.fetch_sub(1, Ordering::SeqCst) == 1 {
                    std::process::abort();
                }
                Ok::<_, Error>(appended)
            })
            .unwrap();
        let mut out = std::io::stdout().lock();
        for one in appended {
            writeln!(out, "ack {} {} .", one.seq, data_encoding::HEXLOWER.encode(one.entry_id.as_bytes()))
                .unwrap();
        }
        out.flush().unwrap();
    }
}
