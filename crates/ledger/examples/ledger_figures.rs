//! Figures of the ledger on a database of its own, for `tests/bench/run.mjs`: one JSON line each.
//!
//! ```text
//! ledger_figures tree  DATABASE-URL FOLDER ENTRIES    integrate, verify, verify --deep: seconds and peak memory
//! ledger_figures seals DATABASE-URL FOLDER SECONDS    seals and single decisions at 1, 16 and 256 callers
//! ```
//! The database must be empty; keystore, keys and tiles go into the folder.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a measurement that cannot be made ends")]
#![expect(clippy::disallowed_methods, reason = "it measures real time")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::DateTime;
use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_domain::entry::{Actor, EntryType};
use counterfoil_domain::grant::{CarveOuts, Dataset, Details, Lasting, State};
use counterfoil_domain::ids::{ClientId, GrantId, Person, RecordId};
use counterfoil_ledger::config::ConfigObject;
use counterfoil_ledger::guard::Guard;
use counterfoil_ledger::journal::Journal;
use counterfoil_ledger::objects::Objects;
use counterfoil_ledger::seal::{Disclosure, Look, Sealer, Standing};
use counterfoil_ledger::tree::{Generations, Keeper};
use counterfoil_ledger::verify::{Verifier, Wanted};
use counterfoil_ledger::{Draft, Ledger};
use counterfoil_store::apps::{self, App, AppState};
use counterfoil_store::grants::{self, Grant};
use counterfoil_store::keys::{Keys, Secret};
use counterfoil_store::{Store, people};
use prometheus::Registry;
use serde_json::json;

struct Realm {
    store: Store,
    keys: Keys,
    ledger: Ledger,
    objects: Objects,
    guard: Guard,
    generations: Generations,
    person: Person,
    clock: Clock,
}

impl Realm {
    fn new(url: &str, folder: &Path) -> Self {
        let clock = Clock::new(|| DateTime::from(std::time::SystemTime::now()));
        let entropy = Entropy::new(|buffer| openssl::rand::rand_bytes(buffer).expect("random bytes"));
        std::fs::create_dir_all(folder).unwrap();
        let store = Store::open(url, 8).unwrap();
        store.migrate().unwrap();
        let keys_url = format!("sqlite://{}", folder.join("keys.db").display());
        let keys = Keys::open(&keys_url, Secret::new([7; 32]), clock.clone(), entropy.clone()).unwrap();
        let objects = Objects::folder(&folder.join("ledger")).unwrap();
        let guard = Guard::new(objects.clone());
        let generations = Generations::new(&folder.join("ledger-keys"), "shop.example/ledger");
        generations.init(&store, &guard, &entropy, clock.now()).unwrap();
        guard.look(&store).unwrap();
        let journal = Journal::new(objects.clone(), &keys, entropy.clone()).unwrap();
        let config = ConfigObject::embedded(b"notice", b"words");
        let ledger =
            Ledger::new(keys.clone(), entropy.clone(), config).unwrap().guarded(guard.clone(), journal);
        let person = people::resolve_one(&store, &keys, &entropy, clock.now(), "c-1").unwrap();
        Self { store, keys, ledger, objects, guard, generations, person, clock }
    }

    fn decision(&self, record: u8) -> Draft {
        Draft {
            entry_type: EntryType::GrantGiven,
            record: RecordId([record; 16]),
            actor: Actor::Customer,
            state: Some("given"),
            basis: Some("eu-gdpr:A20"),
            effective_at: self.clock.now(),
            expires: None,
            display: None,
            cause: None,
            entry_id: None,
            config: None,
            payload: Some(
                json!({ "grantId": "gra_aaaaaaaaaaaaaaaaaaaaaaaaaa", "clientId": "app_aaaaaaaaaaaaaaaaaaaaaaaaaa",
                "granted": { "datasets": ["purchases", "items"] }, "version": 1 }),
            ),
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, what, url, folder, amount] = arguments.as_slice() else {
        eprintln!("ledger_figures tree|seals DATABASE-URL FOLDER ENTRIES|SECONDS");
        std::process::exit(2);
    };
    let realm = Realm::new(url, Path::new(folder));
    match what.as_str() {
        "tree" => tree(&realm, amount.parse().unwrap()),
        "seals" => seals(&realm, Duration::from_secs(amount.parse().unwrap())),
        _ => std::process::exit(2),
    }
}

fn say(realm: &Realm, what: &str, mut figures: serde_json::Value) {
    let members = figures.as_object_mut().unwrap();
    members.insert("what".to_owned(), json!(what));
    members.insert(
        "database".to_owned(),
        json!(if realm.store.is_postgres() { "postgresql" } else { "sqlite" }),
    );
    println!("{figures}");
}

/// Time and peak memory of `work`.
fn measure<T>(work: impl FnOnce() -> T) -> (T, f64, f64) {
    // Where the kernel lets us, the peak is counted from here on.
    let is_reset = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let begun = Instant::now();
    let made = work();
    let seconds = begun.elapsed().as_secs_f64();
    (made, seconds, if is_reset { peak_mb() } else { f64::NAN })
}

fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok())
        .map_or(f64::NAN, |kb| kb / 1024.0)
}

fn tree(realm: &Realm, entries: usize) {
    let keys = realm.keys.person(realm.person).unwrap();
    let (mut left, begun) = (entries, Instant::now());
    while left > 0 {
        let count = left.min(500);
        let drafts: Vec<Draft> = (0..count).map(|n| realm.decision(u8::try_from(n % 200).unwrap())).collect();
        let now = realm.clock.now();
        realm
            .store
            .write_blocking(|conn| realm.ledger.append(conn, &keys, realm.person, now, &drafts))
            .unwrap();
        left -= count;
    }
    say(realm, "append", json!({ "entries": entries, "seconds": begun.elapsed().as_secs_f64() }));
    std::thread::sleep(Duration::from_secs(1));
    let mut keeper = Keeper::new(
        realm.store.clone(),
        realm.objects.clone(),
        realm.guard.clone(),
        realm.generations.clone(),
        realm.clock.clone(),
        "one".to_owned(),
        &Registry::new(),
    )
    .unwrap();
    let (integrated, seconds, peak) = measure(|| keeper.round().unwrap());
    say(realm, "integrate", json!({ "entries": integrated, "seconds": seconds, "peakMb": peak }));
    let verifier = Verifier::new(
        realm.store.clone(),
        realm.keys.clone(),
        realm.objects.clone(),
        realm.guard.clone(),
        realm.generations.clone(),
    );
    for deep in [false, true] {
        for _ in 0..3 {
            let wanted = Wanted { deep, against: Vec::new() };
            let (found, seconds, peak) = measure(|| verifier.verify(&wanted, &mut |_, _, _| {}).unwrap());
            assert!(found.iter().all(|one| one.fault.is_none()), "{found:#?}");
            let rate = f64::from(u32::try_from(entries).unwrap()) / seconds;
            let what = if deep { "verify --deep" } else { "verify" };
            say(
                realm,
                what,
                json!({ "entries": entries, "seconds": seconds, "perSecond": rate, "peakMb": peak }),
            );
        }
    }
}

const CLIENT: ClientId = ClientId([1; 16]);

fn seals(realm: &Realm, time: Duration) {
    let standing = grant(realm);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for callers in [1_usize, 16, 256] {
        let latencies = runtime.block_on(async {
            let sealer = Sealer::start(
                realm.ledger.clone(),
                realm.store.clone(),
                realm.keys.clone(),
                realm.clock.clone(),
                &Registry::new(),
            )
            .unwrap();
            let tasks: Vec<_> = (0..callers)
                .map(|_| {
                    let (sealer, standing) = (sealer.clone(), standing.clone());
                    tokio::spawn(async move {
                        let (begun, mut taken) = (Instant::now(), Vec::new());
                        while begun.elapsed() < time {
                            let one = Instant::now();
                            sealer.seal(standing.clone(), disclosure()).await.unwrap();
                            taken.push(one.elapsed());
                        }
                        taken
                    })
                })
                .collect();
            let mut all = Vec::new();
            for task in tasks {
                all.extend(task.await.unwrap());
            }
            all
        });
        tell(realm, "seals", callers, latencies, time);
    }
    let keys = realm.keys.person(realm.person).unwrap();
    for callers in [1_usize, 16, 256] {
        let latencies = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..callers)
                .map(|caller| {
                    let keys = Arc::clone(&keys);
                    scope.spawn(move || {
                        let (begun, mut taken) = (Instant::now(), Vec::new());
                        while begun.elapsed() < time {
                            let one = Instant::now();
                            let draft = realm.decision(u8::try_from(caller % 250).unwrap());
                            let now = realm.clock.now();
                            let append = realm.store.write_blocking(|conn| {
                                realm.ledger.append(
                                    conn,
                                    &keys,
                                    realm.person,
                                    now,
                                    std::slice::from_ref(&draft),
                                )
                            });
                            append.unwrap();
                            taken.push(one.elapsed());
                        }
                        taken
                    })
                })
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        tell(realm, "decisions", callers, latencies, time);
    }
}

fn tell(realm: &Realm, what: &str, callers: usize, mut latencies: Vec<Duration>, time: Duration) {
    latencies.sort_unstable();
    let at = |share: usize| {
        latencies
            .get(latencies.len().saturating_sub(1) * share / 100)
            .map_or(f64::NAN, |taken| taken.as_secs_f64() * 1e3)
    };
    let rate = f64::from(u32::try_from(latencies.len()).unwrap()) / time.as_secs_f64();
    say(realm, what, json!({ "callers": callers, "perSecond": rate, "p50Ms": at(50), "p99Ms": at(99) }));
}

fn disclosure() -> Disclosure {
    Disclosure {
        request_id: "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
        look: Look::Purchases,
        items: 0,
        purchases: 50,
        from: "2024-05-06".parse().ok(),
        to: "2024-06-06".parse().ok(),
        datasets: vec!["purchases", "items"],
    }
}

fn grant(realm: &Realm) -> Standing {
    let now = realm.clock.now();
    let app = App {
        client_id: CLIENT,
        name: "Budget".to_owned(),
        operator: "Budget Ltd".to_owned(),
        address: Some("1 High Street, Leeds".to_owned()),
        contact: Some("privacy@app.example".to_owned()),
        redirect_uris: vec!["https://app.example/callback".to_owned()],
        scope: "purchases:read".to_owned(),
        auth_method: "private_key_jwt".to_owned(),
        jwks: "{\"keys\":[]}".to_owned(),
        max_duration: Lasting::UntilWithdrawn,
        window_from: None,
        state: AppState::Approved,
        state_reason: None,
        approvals: vec!["ann".to_owned()],
        app_epoch: 0,
        purposes: None,
        created_at: now,
    };
    let grant = Grant {
        grant_id: GrantId([1; 16]),
        person: realm.person,
        client_id: CLIENT,
        record: RecordId([1; 16]),
        details: Details {
            datasets: vec![Dataset::Purchases],
            from: None,
            to: None,
            duration: Lasting::UntilWithdrawn,
            stated_use: None,
            shared_accounts: false,
            volunteered: None,
        },
        state: State::Active,
        version: 1,
        grant_epoch: 0,
        given_at: now,
        expires_at: None,
        ended_at: None,
        ended_by: None,
        ended_reason: None,
        agreed_seq: 0,
        carve_outs: CarveOuts::default(),
        changed_seq: 0,
        resync: false,
    };
    realm
        .store
        .write_blocking(|conn| {
            apps::insert(conn, &app)?;
            grants::insert(conn, &grant)
        })
        .unwrap();
    let now = realm.store.read_blocking(|conn| counterfoil_store::standings::read(conn, &[grant.grant_id]));
    let epochs = now.unwrap().remove(&grant.grant_id).unwrap();
    Standing {
        grant_id: grant.grant_id,
        grant_epoch: epochs.grant_epoch,
        client_id: CLIENT,
        app_epoch: epochs.app_epoch,
        person: realm.person,
        customer_epoch: epochs.customer_epoch,
        record: grant.record,
    }
}
