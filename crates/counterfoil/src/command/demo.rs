//! `demo`: a complete sandbox in a folder.

use std::fs;
use std::path::Path;
use std::time::Duration;

use chrono::{Days, NaiveDate};
use counterfoil_domain::grant::{Dataset, Lasting};
use counterfoil_events::message::Message;
use counterfoil_events::recorder::Recorder;
use counterfoil_oauth::apps::{self, NewApp};
use counterfoil_store::purchases;
use counterfoil_store::quarantine::Place;
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use prometheus::Registry;

use crate::arguments::Demo;
use crate::command::init;
use crate::config::{Overrides, Settings};
use crate::failure::Failure;
use crate::realm::Realm;
use crate::sample::{Record, Sample};
use crate::{serve, telemetry};

/// The demo app's private key, in the folder.
const APP_KEY: &str = "demo-app-key.jwk";
/// How often somebody buys something.
const TRICKLE: Duration = Duration::from_secs(5);
/// Messages recorded at a time.
const BATCH: usize = 500;
/// Customers to try, each with what is special about them: see [`crate::sample`].
const SAMPLES: [&str; 6] = [
    "customer-001=buys a lot of groceries for a family",
    "customer-002=bought once and never came back",
    "customer-003=sends many things back",
    "customer-004=travels and pays in several currencies",
    "customer-005=lives alone and often pays cash",
    "customer-009=orders by app",
];
const SEED: u64 = 1;
const DAYS: u32 = 365;

/// Runs the demo until it is told to stop.
pub fn run(demo: &Demo, mut overrides: Overrides, quiet: bool) -> Result<(), Failure> {
    if demo.reset && demo.dir.exists() {
        reset(&demo.dir)?;
    }
    overrides.settings = vec![
        ("realm.tier", "sandbox".to_owned()),
        ("login.mode", "demo".to_owned()),
        ("data.dir", format!("{}", demo.dir.display())),
        ("http.listen", demo.listen.clone()),
        ("realm.shop", "Example Stores".to_owned()),
        ("log.filter", "warn".to_owned()),
    ];
    let mut settings = Settings::load(&overrides)?;
    settings.login.suggestions = SAMPLES.map(str::to_owned).to_vec();
    telemetry::start(&settings.log, quiet)?;
    init::run(&settings)?;
    let realm = Realm::open(&settings)?;
    // The environment may name another folder than the argument does.
    let dir = settings.data.dir.clone();
    let client_id = demo_app(&settings, &realm, &dir)?;
    let dir = dir.display();

    let today = realm.clock.now().date_naive();
    let sample = Sample {
        customers: demo.customers,
        orders: demo.orders,
        seed: SEED,
        start: first_day(today),
        days: DAYS,
        random_ids: false,
        personas: true,
    };
    let recorder = realm.recorder(&settings)?;
    let clock = realm.clock.clone();
    std::thread::spawn(move || {
        if let Err(failure) = fill(&recorder, &sample).and_then(|()| trickle(&recorder, &sample, &clock)) {
            tracing::error!(%failure, "the demo's orders ended");
        }
    });
    let url = &settings.http.public_url;
    println!(
        "Counterfoil demo: made-up customers, everything in {dir}\n\n  \
         See it as a customer    {url}/\n                          sign in as customer-001 (or -002 … -010)\n\n  \
         Be an app               cargo run -p counterfoil-pds -- connect {url} --client-id {client_id} --key {dir}/{APP_KEY}\n\
                           \u{20}                         then: cargo run -p counterfoil-pds -- sync\n\
                           \u{20}                               cargo run -p counterfoil-pds -- show\n\n\
         Ctrl-C ends it; --reset begins anew."
    );
    serve::run(&settings, realm)
}

/// Deletes what an earlier demo left, and nothing else: a folder that holds anything unknown is not touched.
fn reset(dir: &Path) -> Result<(), Failure> {
    let failed = || Failure::io(format!("{}", dir.display()));
    let is_demo = dir.join("master.key").exists() && dir.join("counterfoil.db").exists();
    if !is_demo {
        return Err(Failure::Refused(format!(
            "{} is not the folder of a demo; it is left alone",
            dir.display()
        )));
    }
    fs::remove_dir_all(dir).map_err(failed())
}

fn first_day(today: NaiveDate) -> NaiveDate {
    today.checked_sub_days(Days::new(u64::from(DAYS))).unwrap_or(today)
}

/// Registers the demo app at first start; its client id.
fn demo_app(settings: &Settings, realm: &Realm, dir: &Path) -> Result<String, Failure> {
    // An authorization server for this one act: the one that serves counts in the realm's own registry.
    let oauth = Realm { registry: Registry::new(), ..realm.clone() }.oauth(settings)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::io("starting the runtime"))?;
    runtime.block_on(async {
        if let Some(app) = apps::list(&oauth).await?.first() {
            return Ok(format!("{}", app.client_id));
        }
        let jose = |error: josekit::JoseError| Failure::Service(format!("the demo app's key: {error}"));
        let pair = EcKeyPair::generate(EcCurve::P256).map_err(jose)?;
        let private = pair.to_jwk_key_pair();
        write_private(&dir.join(APP_KEY), &private)?;
        let public = pair.to_jwk_public_key();
        let scopes: Vec<&str> = Dataset::ALL.iter().map(|dataset| dataset.scope()).collect();
        let new = NewApp {
            name: "Your own purchase diary".to_owned(),
            operator: "You, on this computer".to_owned(),
            redirect_uris: vec!["http://127.0.0.1/callback".to_owned()],
            scope: scopes.join(" "),
            auth_method: "private_key_jwt".to_owned(),
            jwks: serde_json::json!({ "keys": [public.as_ref()] }).to_string(),
            max_duration: Lasting::UntilWithdrawn,
            window_from: None,
        };
        Ok(format!("{}", apps::register(&oauth, new).await?))
    })
}

fn write_private(path: &Path, key: &Jwk) -> Result<(), Failure> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let failed = || Failure::io(format!("{}", path.display()));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(failed())?;
    writeln!(file, "{key}").map_err(failed())
}

/// The orders of the past year, unless they are there.
fn fill(recorder: &Recorder, sample: &Sample) -> Result<(), Failure> {
    if recorder.store().read_blocking(purchases::count)? > 0 {
        return Ok(());
    }
    let mut records = sample.records().peekable();
    let mut number = 0;
    while records.peek().is_some() {
        let messages: Vec<Message> =
            records.by_ref().take(BATCH).map(|record| message("demo", &mut number, record)).collect();
        recorder.record(&messages, &mut [])?;
    }
    Ok(())
}

/// Somebody buys something now and then, as long as the demo runs.
fn trickle(
    recorder: &Recorder,
    sample: &Sample,
    clock: &counterfoil_domain::clock::Clock,
) -> Result<(), Failure> {
    let mut orders = sample.trickle();
    let mut number = 0;
    loop {
        std::thread::sleep(TRICKLE);
        let record = orders.order_at(clock.now());
        recorder.record(&[message("demo-now", &mut number, record)], &mut [])?;
    }
}

fn message(source: &str, number: &mut i64, record: Record) -> Message {
    *number += 1;
    Message {
        place: Place { source: source.to_owned(), partition: 0, offset: *number },
        key: Some(record.key.into_bytes()),
        headers: Vec::new(),
        value: Some(record.json.into_bytes()),
    }
}
