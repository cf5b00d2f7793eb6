//! `doctor`: looks at what the service rests on, and says what is wrong and what to do.

use std::fmt;

use counterfoil_domain::clock::Clock;
use counterfoil_events::relay::topics::{self, Found};
use counterfoil_store::Store;
use counterfoil_store::examinations::{self, Durability, LEDGER};
use serde::Serialize;
use serde_json::json;

use crate::command::relay::relay_settings;
use crate::config::{Invalid, Settings, Tier};
use crate::failure::Failure;
use crate::realm::{self, Realm};

/// A day, in Kafka's milliseconds.
const DAY_MS: i64 = 86_400_000;
/// How long a consumer may be away and still learn that something is gone: as long as a tombstone stands.
const TOMBSTONES_MS: i64 = 30 * DAY_MS;
/// How old a verification may be where it is never made by itself.
const STALE_HOURS: i64 = 31 * 24;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Good,
    Warning,
    Fault,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Good => "✓",
            Self::Warning => "!",
            Self::Fault => "✗",
        })
    }
}

/// What a look came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Finding {
    verdict: Verdict,
    says: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Finding {
    fn good(says: impl Into<String>) -> Self {
        Self { verdict: Verdict::Good, says: says.into(), advice: None }
    }

    fn warning(says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warning, says: says.into(), advice: Some(advice.into()) }
    }

    fn fault(says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fault, says: says.into(), advice: Some(advice.into()) }
    }
}

/// Something to look at.
struct Check {
    name: &'static str,
    look: fn(&Settings, &Clock) -> Vec<Finding>,
}

/// Everything that is looked at, in this order.
const CHECKS: [Check; 6] = [
    Check { name: "database", look: database },
    Check { name: "durability", look: durability },
    Check { name: "keystore", look: keystore },
    Check { name: "ledger", look: ledger },
    Check { name: "order stream", look: order_stream },
    Check { name: "relay", look: relay },
];

/// Looks at everything, and prints it.
pub fn run(settings: &Result<Settings, Invalid>, is_json: bool) -> Result<(), Failure> {
    let found = match settings {
        Err(invalid) => vec![(
            "configuration",
            Finding::fault(format!("{invalid}"), "`counterfoil config-defaults` explains every setting"),
        )],
        Ok(settings) => {
            let clock = realm::system_clock();
            let mut found = vec![("configuration", configuration(settings))];
            for Check { name, look } in CHECKS {
                found.extend(look(settings, &clock).into_iter().map(|finding| (name, finding)));
            }
            found
        }
    };
    print(&found, is_json)?;
    let faults = found.iter().filter(|(_, finding)| finding.verdict == Verdict::Fault).count();
    if faults == 0 { Ok(()) } else { Err(Failure::Different(format!("{faults} of the checks failed"))) }
}

fn print(found: &[(&str, Finding)], is_json: bool) -> Result<(), Failure> {
    if is_json {
        let checks: Vec<_> = found
            .iter()
            .map(|(name, Finding { verdict, says, advice })| {
                json!({ "check": name, "verdict": verdict, "says": says, "advice": advice })
            })
            .collect();
        let worst = found.iter().map(|(_, finding)| finding.verdict).max().unwrap_or(Verdict::Good);
        return super::print(&json!({ "verdict": worst, "checks": checks }));
    }
    let mut lines = Vec::new();
    for (name, Finding { verdict, says, advice }) in found {
        lines.push(format!("{verdict} {name}: {says}"));
        lines.extend(advice.iter().map(|advice| format!("    {advice}")));
    }
    super::write_out(format!("{}\n", lines.join("\n")).as_bytes())
}

fn configuration(settings: &Settings) -> Finding {
    match settings.realm.tier {
        Tier::Production => Finding::good("makes sense, for real customers"),
        Tier::Sandbox => Finding::good("makes sense, for a sandbox with made-up customers"),
    }
}

fn open(settings: &Settings) -> Result<Store, counterfoil_store::Error> {
    Store::open(&settings.database.url, settings.database.connections)
}

fn database(settings: &Settings, _: &Clock) -> Vec<Finding> {
    let found = open(settings).and_then(|store| Ok((store.is_postgres(), store.is_migrated()?)));
    vec![match found {
        Ok((true, true)) => Finding::good("PostgreSQL, with this version's schema"),
        Ok((false, true)) => Finding::good("SQLite, with this version's schema"),
        Ok((_, false)) => Finding::fault(
            "the schema is not this version's",
            "run `counterfoil migrate`, or `counterfoil init` for a new installation",
        ),
        Err(error) => {
            Finding::fault(format!("{error}"), "see that database.url is right and that it is running")
        }
    }]
}

fn durability(settings: &Settings, _: &Clock) -> Vec<Finding> {
    let found = open(settings).and_then(|store| store.read_blocking(examinations::durability));
    // A database that cannot be reached has been complained of already.
    found.map_or_else(|_| Vec::new(), |found| vec![judge_durability(found.as_ref())])
}

/// What was answered must not be lost.
fn judge_durability(found: Option<&Durability>) -> Finding {
    let Some(Durability { replicas, synchronous_commit, waits_for }) = found else {
        return Finding::good("a commit waits for the disk");
    };
    if synchronous_commit == "off" {
        return Finding::fault(
            "a commit does not wait for the disk (synchronous_commit = off)",
            "set synchronous_commit = on: a customer who was told that it is done must be able to rely on it",
        );
    }
    if *replicas == 0 {
        return Finding::good("a commit waits for the disk; there is no replica");
    }
    if synchronous_commit == "local" || waits_for.is_empty() {
        return Finding::warning(
            format!("a commit does not wait for any of {replicas} replicas"),
            "set synchronous_standby_names (and synchronous_commit = on), or one that takes over may lack what was \
             answered",
        );
    }
    Finding::good(format!("a commit waits for replicas ({waits_for})"))
}

fn keystore(settings: &Settings, _: &Clock) -> Vec<Finding> {
    if let Err(failure) = realm::read_master(&settings.keys.master_file) {
        return vec![Finding::fault(format!("{failure}"), "every value is sealed under keys that it wraps")];
    }
    match Realm::open(settings) {
        Ok(_) => vec![Finding::good("open, and the master key is the one that wraps it")],
        Err(failure) => vec![Finding::fault(
            format!("{failure}"),
            "see that keys.url is right, that it is running, and that keys.master_file is this keystore's",
        )],
    }
}

fn ledger(settings: &Settings, clock: &Clock) -> Vec<Finding> {
    let Ok(last) =
        open(settings).and_then(|store| store.read_blocking(|conn| examinations::last(conn, LEDGER)))
    else {
        return Vec::new();
    };
    let hours = settings.ledger.verify_hours;
    let limit = if hours == 0 { STALE_HOURS } else { i64::from(hours) * 2 };
    let advice = "`counterfoil ledger verify` does it at once; `serve` does it every ledger.verify_hours";
    vec![match last {
        None => Finding::warning("it was never verified by this installation", advice),
        Some(last) if last.faults > 0 => Finding::fault(
            format!("the last verification, at {}, found faults", last.at.to_rfc3339()),
            "`counterfoil ledger verify` says which",
        ),
        Some(last) if (clock.now() - last.at).num_hours() > limit => {
            Finding::warning(format!("it was last verified at {}", last.at.to_rfc3339()), advice)
        }
        Some(last) => Finding::good(format!("intact at {}", last.at.to_rfc3339())),
    }]
}

fn look(
    brokers: &str,
    properties: &std::collections::BTreeMap<String, String>,
    topic: &str,
) -> Result<Option<Found>, Finding> {
    actix_web::rt::System::new().block_on(topics::look(brokers, properties, topic)).map_err(|error| {
        Finding::fault(
            format!("Kafka at {brokers}: {error}"),
            "see that the brokers' addresses and the properties of librdkafka are right, and that topics may be described",
        )
    })
}

fn order_stream(settings: &Settings, _: &Clock) -> Vec<Finding> {
    let ingest = &settings.ingest;
    let topics: Vec<&String> = ingest.topics.iter().chain(&ingest.history.topics).collect();
    if ingest.brokers.is_empty() || topics.is_empty() {
        return vec![Finding::good("not read from Kafka")];
    }
    let properties = match crate::command::ingest::properties("ingest.kafka", &ingest.kafka) {
        Ok(properties) => properties,
        Err(failure) => return vec![Finding::fault(format!("{failure}"), "see [ingest.kafka]")],
    };
    let mut found = Vec::new();
    for topic in topics {
        match look(&ingest.brokers, &properties, topic) {
            Ok(Some(one)) => found.push(Finding::good(format!("{topic}: {} partitions", one.partitions))),
            Ok(None) => found.push(Finding::fault(format!("{topic}: there is no such topic"), "make it")),
            Err(finding) => return vec![finding],
        }
    }
    found
}

fn relay(settings: &Settings, _: &Clock) -> Vec<Finding> {
    if !settings.relay.enabled {
        return vec![Finding::good("the retailer's systems are told nothing")];
    }
    let to = match relay_settings(settings) {
        Ok(to) => to,
        Err(failure) => return vec![Finding::fault(format!("{failure}"), "see [relay.kafka]")],
    };
    let mut found = Vec::new();
    for topic in [&to.topics.consents, &to.topics.volunteered] {
        match look(&to.brokers, &to.properties, topic) {
            Ok(Some(one)) => found.extend(judge_topic(topic, &one)),
            Ok(None) => found.push(Finding::fault(
                format!("{topic}: there is no such topic"),
                format!(
                    "make it, with cleanup.policy=compact, delete.retention.ms={TOMBSTONES_MS} and \
                     max.compaction.lag.ms={TOMBSTONES_MS}"
                ),
            )),
            Err(finding) => return vec![finding],
        }
    }
    found
}

/// What the topics must be, so that whoever reads them from the beginning ends in the right state, and what was erased
/// goes.
fn judge_topic(topic: &str, found: &Found) -> Vec<Finding> {
    let text = |name: &str| found.settings.get(name).map_or("", String::as_str);
    let number = |name: &str| text(name).parse::<i64>().ok();
    let mut wrong = Vec::new();
    if text("cleanup.policy") != "compact" {
        wrong.push(Finding::fault(
            format!("{topic}: cleanup.policy is {}", text("cleanup.policy")),
            "set cleanup.policy=compact: with delete, what still stands is lost to whoever reads from the beginning",
        ));
    }
    if number("delete.retention.ms").is_none_or(|ms| ms < TOMBSTONES_MS) {
        wrong.push(Finding::warning(
            format!("{topic}: delete.retention.ms is {}", text("delete.retention.ms")),
            format!("set delete.retention.ms={TOMBSTONES_MS}: a reader that is away for longer misses what is gone"),
        ));
    }
    if number("max.compaction.lag.ms").is_none_or(|ms| ms > TOMBSTONES_MS) {
        wrong.push(Finding::warning(
            format!("{topic}: max.compaction.lag.ms is {}", text("max.compaction.lag.ms")),
            format!(
                "set max.compaction.lag.ms={TOMBSTONES_MS} or less: what was said of erased customers stays until \
                 Kafka compacts it away"
            ),
        ));
    }
    if number("min.compaction.lag.ms").is_none_or(|ms| ms > 7 * DAY_MS) {
        wrong.push(Finding::warning(
            format!("{topic}: min.compaction.lag.ms is {}", text("min.compaction.lag.ms")),
            "set it to a week or less: what is gone is to go",
        ));
    }
    if wrong.is_empty() {
        wrong.push(Finding::good(format!("{topic}: compacted, {} partitions", found.partitions)));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(settings: &[(&str, &str)]) -> Vec<Verdict> {
        let settings =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        judge_topic("t", &Found { partitions: 3, settings }).iter().map(|finding| finding.verdict).collect()
    }

    #[test]
    fn a_topic_is_compacted_and_keeps_tombstones() {
        let month = TOMBSTONES_MS.to_string();
        let good = [
            ("cleanup.policy", "compact"),
            ("delete.retention.ms", month.as_str()),
            ("max.compaction.lag.ms", month.as_str()),
            ("min.compaction.lag.ms", "0"),
        ];
        assert_eq!(verdicts(&good), [Verdict::Good]);
        for (name, value, verdict) in [
            ("cleanup.policy", "delete", Verdict::Fault),
            ("cleanup.policy", "compact,delete", Verdict::Fault),
            ("delete.retention.ms", "86400000", Verdict::Warning),
            ("max.compaction.lag.ms", "9223372036854775807", Verdict::Warning),
            ("min.compaction.lag.ms", "1000000000", Verdict::Warning),
        ] {
            let changed = good.map(|(other, was)| (other, if other == name { value } else { was }));
            assert_eq!(verdicts(&changed), [verdict], "{name} = {value}");
        }
        assert_eq!(verdicts(&[]).len(), 4, "what is not told is not taken for good");
    }

    #[test]
    fn a_commit_that_can_be_lost_is_told() {
        let judge = |replicas, commit: &str, waits_for: &str| {
            let (synchronous_commit, waits_for) = (commit.to_owned(), waits_for.to_owned());
            judge_durability(Some(&Durability { replicas, synchronous_commit, waits_for })).verdict
        };
        assert_eq!(judge(0, "on", ""), Verdict::Good);
        assert_eq!(judge(0, "off", ""), Verdict::Fault);
        assert_eq!(judge(2, "on", ""), Verdict::Warning);
        assert_eq!(judge(2, "local", "*"), Verdict::Warning);
        assert_eq!(judge(2, "on", "*"), Verdict::Good);
        assert_eq!(judge_durability(None).verdict, Verdict::Good);
    }
}
