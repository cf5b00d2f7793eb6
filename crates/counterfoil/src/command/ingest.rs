//! `ingest …`.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use counterfoil_events::check::Check;
use counterfoil_events::counts::Counts;
use counterfoil_events::file::{FileError, FileSettings, FileSource};
use counterfoil_events::kafka::{IngestError, KafkaSettings, KafkaSource};
use counterfoil_events::metrics::Metrics;
use counterfoil_events::recorder::Recorder;
use counterfoil_store::offsets::{Kind, Position};
use counterfoil_store::{Store, offsets, purchases, quarantine, unlinked};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::arguments::{Ingest, IngestCommand};
use crate::care;
use crate::command::quarantine::grouped;
use crate::config::Settings;
use crate::failure::Failure;
use crate::realm::{self, Realm};
use crate::serve;

impl From<IngestError> for Failure {
    fn from(error: IngestError) -> Self {
        Self::Service(format!("{error}"))
    }
}

/// Runs ingest from Kafka until it is told to stop, or from a file to its end.
pub fn run(settings: &Settings, ingest: Ingest, quiet: bool) -> Result<(), Failure> {
    match ingest.source {
        None => {
            let realm = Realm::open(settings)?;
            care::watch_guard(&realm)?;
            kafka(settings, &realm, ingest.history)
        }
        Some(IngestCommand::File { path, key_separator, history, messages_per_second }) => {
            let realm = Realm::open(settings)?;
            let began = Instant::now();
            let pace = if history { settings.ingest.history.messages_per_second } else { 0 };
            let file_settings = FileSettings {
                batch_messages: settings.ingest.batch_messages,
                is_history: history,
                messages_per_second: messages_per_second.unwrap_or(pace),
                max_quarantine: settings.quarantine.max_rows.into(),
            };
            let recorder = recorder(settings, &realm, history)?;
            let counts = file(&recorder, &path, key_separator, file_settings, quiet)?;
            super::print(&summary(&realm.store, &counts, began.elapsed())?)
        }
        Some(IngestCommand::Check { path, key_separator }) => check(settings, &path, key_separator),
        Some(IngestCommand::Status) => status(&Realm::open(settings)?),
        Some(IngestCommand::Resume { partition }) => resume(&Realm::open(settings)?.store, &partition),
    }
}

/// What records: the past announces nothing.
fn recorder(settings: &Settings, realm: &Realm, is_history: bool) -> Result<Recorder, Failure> {
    let recorder = realm.recorder(settings)?;
    Ok(if is_history { recorder.of_history() } else { recorder })
}

/// Reads a file through the same recorder as Kafka.
fn file(
    recorder: &Recorder,
    path: &Path,
    separator: Option<u8>,
    file_settings: FileSettings,
    quiet: bool,
) -> Result<Counts, Failure> {
    let failed = || Failure::io(format!("{}", path.display()));
    let size = std::fs::metadata(path).map_err(failed())?.len();
    let read = Arc::new(AtomicU64::new(0));
    let progress = if quiet || !std::io::stderr().is_terminal() { ProgressBar::hidden() } else { bar(size) };
    let counter = Arc::clone(&read);
    let mut source = FileSource::open(path, separator, move |bytes| {
        counter.fetch_add(bytes, Ordering::Relaxed);
    })
    .map_err(failed())?;
    let outcome = counterfoil_events::file::record(recorder, &mut source, file_settings, |sum| {
        progress.set_position(read.load(Ordering::Relaxed));
        progress.set_message(format!("{} messages", sum.read));
    });
    progress.finish_and_clear();
    match outcome {
        Ok(sum) => Ok(sum),
        Err(FileError::Io(error)) => Err(failed()(error)),
        Err(FileError::Record(error)) => Err(error.into()),
        Err(error @ FileError::QuarantineFull) => Err(Failure::Refused(format!("{error}"))),
    }
}

fn bar(size: u64) -> ProgressBar {
    let bar = ProgressBar::new(size);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {msg} {eta}") {
        bar.set_style(style);
    }
    bar
}

fn summary(store: &Store, counts: &Counts, took: Duration) -> Result<Value, Failure> {
    let (purchases, (waiting, guests), groups) = store.read_blocking(|conn| {
        Ok::<_, counterfoil_store::Error>((
            purchases::count(conn)?,
            unlinked::counts(conn)?,
            quarantine::groups(conn)?,
        ))
    })?;
    let mut value = serde_json::to_value(counts).map_err(|error| Failure::Service(format!("{error}")))?;
    if let Some(members) = value.as_object_mut() {
        members.insert("purchases".to_owned(), json!(purchases));
        members.insert("waiting".to_owned(), json!(waiting));
        members.insert("unlinked".to_owned(), json!(guests));
        members.insert("quarantine".to_owned(), grouped(&groups));
        members.insert("seconds".to_owned(), json!(took.as_secs_f64()));
    }
    Ok(value)
}

fn kafka(settings: &Settings, realm: &Realm, is_history: bool) -> Result<(), Failure> {
    let kafka_settings = kafka_settings(settings, is_history)?;
    if kafka_settings.brokers.is_empty() || kafka_settings.topics.is_empty() {
        let topics = if is_history { "ingest.history.topics" } else { "ingest.topics" };
        return Err(Failure::Usage(format!("ingest.brokers and {topics} must be set")));
    }
    let recorder = recorder(settings, realm, is_history)?;
    let metrics = Metrics::new(&realm.registry, realm.clock.clone())?;
    let stop = Arc::new(AtomicBool::new(false));
    let signals = Arc::clone(&stop);
    let observed = serve::observe(settings, realm, move || signals.store(true, Ordering::Release))?;
    let (topics, group) = (kafka_settings.topics.clone(), kafka_settings.group.clone());
    let source = KafkaSource::new(kafka_settings, realm.clock.clone(), metrics)?;
    tracing::info!(?topics, group, is_history, "reading the order stream");
    let outcome = source.run(&recorder, &stop);
    observed.stop();
    super::print(&outcome?)
}

fn kafka_settings(settings: &Settings, is_history: bool) -> Result<KafkaSettings, Failure> {
    let ingest = &settings.ingest;
    let properties = properties("ingest.kafka", &ingest.kafka)?;
    let (topics, group, messages_per_second) = if is_history {
        (&ingest.history.topics, &ingest.history.group, ingest.history.messages_per_second)
    } else {
        (&ingest.topics, &ingest.group, 0)
    };
    Ok(KafkaSettings {
        brokers: ingest.brokers.clone(),
        topics: topics.clone(),
        group: group.clone(),
        properties,
        batch_messages: ingest.batch_messages,
        batch_wait: Duration::from_millis(ingest.batch_millis),
        is_history,
        messages_per_second,
        max_quarantine: settings.quarantine.max_rows.into(),
    })
}

/// Properties of librdkafka, from a section.
pub fn properties(
    section: &str,
    table: &BTreeMap<String, toml::Value>,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut properties = BTreeMap::new();
    for (name, value) in table {
        flatten(section, name, value, &mut properties)?;
    }
    Ok(properties)
}

/// librdkafka's names have dots, which a TOML file may also write as tables.
fn flatten(
    section: &str,
    name: &str,
    value: &toml::Value,
    properties: &mut BTreeMap<String, String>,
) -> Result<(), Failure> {
    match value {
        toml::Value::Table(table) => {
            for (inner, value) in table {
                flatten(section, &format!("{name}.{inner}"), value, properties)?;
            }
        }
        toml::Value::String(text) => drop(properties.insert(name.to_owned(), text.clone())),
        toml::Value::Integer(number) => drop(properties.insert(name.to_owned(), format!("{number}"))),
        toml::Value::Float(number) => drop(properties.insert(name.to_owned(), format!("{number}"))),
        toml::Value::Boolean(truth) => drop(properties.insert(name.to_owned(), format!("{truth}"))),
        toml::Value::Datetime(_) | toml::Value::Array(_) => {
            return Err(Failure::Usage(format!("{section}.{name}: must be text, a number or a truth value")));
        }
    }
    Ok(())
}

fn check(settings: &Settings, path: &Path, separator: Option<u8>) -> Result<(), Failure> {
    let failed = || Failure::io(format!("{}", path.display()));
    let mut source = FileSource::open(path, separator, |_| {}).map_err(failed())?;
    let mut check = Check::new(realm::sources(settings)?, realm::system_clock().now());
    loop {
        let messages = source.batch(1_000).map_err(failed())?;
        if messages.is_empty() {
            break;
        }
        for message in &messages {
            check.look(message);
        }
    }
    super::print(&check.report())
}

fn status(realm: &Realm) -> Result<(), Failure> {
    let rows = realm.store.read_blocking(offsets::list)?;
    let now = realm.clock.now();
    let rows: Value =
        rows.iter().map(|(topic, partition, position)| stands(topic, *partition, position, now)).collect();
    super::print(&rows)
}

/// Where a partition stands. The past has no lag, and the present is not loading.
fn stands(topic: &str, partition: i32, position: &Position, now: DateTime<Utc>) -> Value {
    let mut value = json!({
        "topic": topic,
        "partition": partition,
        "kind": if position.kind == Kind::Live { "live" } else { "history" },
        "nextOffset": position.next_offset,
        "startedAt": position.started_at,
        "ownerEpoch": position.owner_epoch,
        "paused": position.paused,
    });
    if let Some(members) = value.as_object_mut() {
        match position.kind {
            Kind::Live => {
                let lag = position.fresh_until.map(|until| (now - until).num_milliseconds().max(0));
                members.insert("lagMs".to_owned(), json!(lag));
            }
            Kind::History { end } => {
                members.insert("endOffset".to_owned(), json!(end));
                members.insert("loading".to_owned(), json!(position.is_loading()));
            }
        }
        members.insert("freshUntil".to_owned(), json!(position.fresh_until));
    }
    value
}

fn resume(store: &Store, partition: &str) -> Result<(), Failure> {
    let parsed = partition.rsplit_once('/').and_then(|(topic, number)| Some((topic, number.parse().ok()?)));
    let (topic, number): (&str, i32) =
        parsed.ok_or_else(|| Failure::Usage("a partition is named TOPIC/PARTITION".to_owned()))?;
    match store.write_blocking(|conn| offsets::resume(conn, topic, number))? {
        Some(reason) => super::print(&json!({ "resumed": partition, "stoodFor": reason })),
        None => Err(Failure::Refused(format!("{partition} was never read"))),
    }
}
