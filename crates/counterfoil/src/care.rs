//! What a process does beside its own work: the ledger is integrated, published and verified, what customers volunteer is
//! looked after, and overdue answers are counted.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use counterfoil_ledger::tree::{EVERY, Keeper, KeeperError};
use counterfoil_ledger::verify::{Examined, Wanted};
use counterfoil_store::examinations::{self, Examination, LEDGER};
use counterfoil_store::{leases, rights};
use counterfoil_volunteered::Volunteering;
use counterfoil_volunteered::sweep::{self, Swept};
use prometheus::{IntGauge, Opts};

use crate::command;
use crate::config::Settings;
use crate::failure::Failure;
use crate::realm::Realm;

/// How often a process that keeps no tree looks at the guard.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often what customers volunteer is looked after.
const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// How long a look after what customers volunteer may take before another process may begin one.
const SWEEP_LEASE: chrono::Duration = chrono::Duration::minutes(5);
/// How often overdue answers are counted.
const COUNT_EVERY: Duration = Duration::from_secs(60);
/// How long after its start a process verifies for the first time.
const FIRST_VERIFICATION: Duration = Duration::from_secs(60);

/// A thread that is told when to end.
pub struct Keeping {
    ends: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl Keeping {
    /// Ends it: what it has begun is finished, and its lease goes back, so that the next process need not wait for its end.
    pub fn stop(self) {
        // It hears that nobody holds the other side.
        drop(self.ends);
        if self.thread.join().is_err() {
            tracing::error!("a thread of the service's own broke down");
        }
    }
}

/// Brings the trees forward until it is stopped: this process, or whichever of several holds the lease.
pub fn keep(realm: &Realm) -> Result<Keeping, Failure> {
    let mut keeper = realm.keeper()?;
    let (ends, told) = mpsc::channel();
    let work = move || {
        let mut said = String::new();
        loop {
            said = round(&mut keeper, &said);
            if told.recv_timeout(EVERY) == Err(mpsc::RecvTimeoutError::Disconnected) {
                break;
            }
        }
        round(&mut keeper, &said);
        if let Err(error) = keeper.resign() {
            tracing::warn!(%error, "the ledger's lease runs out by itself");
        }
    };
    let name = "ledger-keeper";
    let thread = thread::Builder::new().name(name.to_owned()).spawn(work).map_err(Failure::io(name))?;
    Ok(Keeping { ends, thread })
}

/// Sends what waits for the retailer's systems, or stands by, until it is stopped; where they are told anything.
pub fn relay(settings: &Settings, realm: &Realm) -> Result<Option<Keeping>, Failure> {
    if !settings.relay.enabled {
        return Ok(None);
    }
    let relay = command::relay::relay(settings, realm)?;
    let (ends, told) = mpsc::channel();
    let name = "relay";
    let thread = thread::Builder::new().name(name.to_owned()).spawn(move || relay.run(&told));
    Ok(Some(Keeping { ends, thread: thread.map_err(Failure::io(name))? }))
}

/// One round. What is wrong is said once, not five times a second; gives what was said last.
fn round(keeper: &mut Keeper, said: &str) -> String {
    match keeper.round() {
        Ok(_) => String::new(),
        Err(error) => {
            let says = format!("{error}");
            if says != said {
                match error {
                    KeeperError::Store(error) => tracing::warn!(%error, "the ledger's trees wait"),
                    error => tracing::error!(%error, "the ledger's trees cannot be brought forward"),
                }
            }
            says
        }
    }
}

/// Looks at the guard now and then, in a process that appends entries and keeps no tree.
pub fn watch_guard(realm: &Realm) -> Result<(), Failure> {
    let (guard, store) = (realm.guard.clone(), realm.store.clone());
    spawn("ledger-guard", move || {
        loop {
            if let Err(error) = guard.look(&store) {
                tracing::warn!(%error, "the ledger's guard could not be looked at");
            }
            thread::sleep(LOOK_EVERY);
        }
    })
}

/// Verifies both logs every so many hours, and says how it went and when.
pub fn verify(realm: &Realm, hours: u32) -> Result<(), Failure> {
    if hours == 0 {
        return Ok(());
    }
    let gauge = |name: &str, help: &str| {
        let gauge = IntGauge::with_opts(Opts::new(name, help))?;
        realm.registry.register(Box::new(gauge.clone()))?;
        Ok::<_, prometheus::Error>(gauge)
    };
    let at = gauge(
        "counterfoil_ledger_verified_at_seconds",
        "When the ledger was last verified to its end, in Unix time.",
    )?;
    let faults = gauge(
        "counterfoil_ledger_faults",
        "Generations in which the last verification found a fault; -1 before the first.",
    )?;
    faults.set(-1);
    let (verifier, clock, store) = (realm.verifier(), realm.clock.clone(), realm.store.clone());
    spawn("ledger-verifier", move || {
        thread::sleep(FIRST_VERIFICATION);
        loop {
            match verifier.verify(&Wanted { deep: true, against: Vec::new() }, &mut |_, _, _| {}) {
                Ok(found) => {
                    found.iter().for_each(say);
                    let bad = found.iter().filter(|one| one.fault.is_some()).count();
                    let examination =
                        Examination { at: clock.now(), faults: i64::try_from(bad).unwrap_or(i64::MAX) };
                    faults.set(examination.faults);
                    at.set(examination.at.timestamp());
                    let noted = store.write_blocking(|conn| examinations::note(conn, LEDGER, examination));
                    if let Err(error) = noted {
                        tracing::warn!(%error, "it could not be noted that the ledger was verified");
                    }
                }
                Err(error) => tracing::error!(%error, "the ledger could not be verified"),
            }
            thread::sleep(Duration::from_secs(3_600 * u64::from(hours)));
        }
    })
}

/// Does what time asks for of what customers volunteer. The lease is taken first, so one process at a time does it.
pub fn sweep(realm: &Realm) -> impl Future<Output = ()> + use<> {
    let owner = data_encoding::HEXLOWER.encode(&realm.entropy.bytes::<8>());
    sweep_as(realm.volunteering(), owner)
}

async fn sweep_as(volunteering: Volunteering, owner: String) {
    let mut ticks = actix_web::rt::time::interval(SWEEP_EVERY);
    loop {
        ticks.tick().await;
        let (now, owner) = (volunteering.clock().now(), owner.clone());
        let lease = volunteering
            .store()
            .write(move |conn| leases::acquire(conn, "volunteered", &owner, now, now + SWEEP_LEASE))
            .await;
        match lease {
            Ok(None) => continue,
            Ok(Some(_)) => {}
            Err(error) => {
                tracing::warn!(%error, "what customers volunteered was not looked after");
                continue;
            }
        }
        match sweep::run(&volunteering).await {
            Ok(swept) if swept == Swept::default() => {}
            Ok(swept) => tracing::info!(?swept, "what customers volunteered was looked after"),
            Err(error) => tracing::warn!(%error, "what customers volunteered was not looked after"),
        }
    }
}

/// Counts, now and then, the answers to customers' rights that are overdue.
pub fn count_rights(realm: &Realm) -> Result<(), Failure> {
    let overdue = IntGauge::with_opts(Opts::new(
        "counterfoil_rights_overdue",
        "Customers' requests (correction, access, objection) whose answer is overdue.",
    ))?;
    realm.registry.register(Box::new(overdue.clone()))?;
    let (store, clock) = (realm.store.clone(), realm.clock.clone());
    spawn("rights-counter", move || {
        loop {
            match store.read_blocking(|conn| rights::count_overdue(conn, clock.now())) {
                Ok(count) => overdue.set(count),
                Err(error) => tracing::warn!(%error, "overdue answers could not be counted"),
            }
            thread::sleep(COUNT_EVERY);
        }
    })
}

fn say(one: &Examined) {
    let (log, generation, entries) = (&one.log, one.generation, one.entries);
    match &one.fault {
        None => tracing::info!(log, generation, entries, "the ledger is intact"),
        Some(fault) => {
            let (kind, layer, entry, says) = (fault.kind.name(), fault.layer, fault.entry, &fault.says);
            tracing::error!(log, generation, kind, layer, entry, says, "the ledger is not intact");
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    // The thread ends with the process.
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop).map_err(Failure::io(name))
}
