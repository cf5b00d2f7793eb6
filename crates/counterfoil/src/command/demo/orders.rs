//! The demo's orders: those of the past year, and then one every few seconds.

use std::time::Duration;

use chrono::{Days, NaiveDate};
use counterfoil_domain::clock::Clock;
use counterfoil_events::message::Message;
use counterfoil_events::recorder::Recorder;
use counterfoil_store::purchases;
use counterfoil_store::quarantine::Place;

use crate::arguments::Demo;
use crate::failure::Failure;
use crate::sample::{Record, Sample};

/// How often somebody buys something.
const TRICKLE: Duration = Duration::from_secs(5);
/// Messages recorded at a time.
const BATCH: usize = 500;
const SEED: u64 = 1;
const DAYS: u32 = 365;

/// Records the demo's orders on a thread of its own: those of the past year, unless they are there, and then, if they are
/// to trickle, new ones for as long as the process lives.
pub fn record(demo: &Demo, recorder: Recorder, clock: Clock) {
    let today = clock.now().date_naive();
    let sample = Sample {
        customers: demo.customers,
        orders: demo.orders,
        seed: SEED,
        start: first_day(today),
        days: DAYS,
        random_ids: false,
        personas: true,
    };
    let trickles = !demo.no_trickle;
    std::thread::spawn(move || {
        let outcome = fill(&recorder, &sample)
            .and_then(|()| if trickles { trickle(&recorder, &sample, &clock) } else { Ok(()) });
        if let Err(failure) = outcome {
            tracing::error!(%failure, "the demo's orders ended");
        }
    });
}

fn first_day(today: NaiveDate) -> NaiveDate {
    today.checked_sub_days(Days::new(u64::from(DAYS))).unwrap_or(today)
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
fn trickle(recorder: &Recorder, sample: &Sample, clock: &Clock) -> Result<(), Failure> {
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
