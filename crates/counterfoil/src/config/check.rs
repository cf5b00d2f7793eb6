//! What makes sense and what does not: every mistake, each beginning with the name of its setting.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

use counterfoil_domain::stream::{Seller, Source, Sources};
use url::Url;

use super::{Coverage, Ingest, LoginMode, MailTransport, Settings, SourceSettings, Tier};

use crate::post::CUSTOMER;

/// What a channel may be (`order.recorded.v1`).
const CHANNELS: [&str; 6] = ["store", "online", "app", "phone", "marketplace", "other"];
/// Characters of a scheme at most (`customer.identified.v1`).
const SCHEME: usize = 64;
/// Hours that systems may take to confirm, at most: thirty days.
const LONGEST_CONFIRMATION: u32 = 720;
/// Days that anything may be kept at most: a hundred years.
const DAYS: u32 = 36_525;

/// Everything that is wrong with the settings.
pub(super) fn mistakes(settings: &Settings, is_keystore_named: bool) -> Vec<String> {
    let mut mistakes = Vec::new();
    for (name, text) in [("http.listen", &settings.http.listen), ("metrics.listen", &settings.metrics.listen)]
    {
        if !text.is_empty() && text.parse::<SocketAddr>().is_err() {
            mistakes.push(format!("{name}: {text} is not an address such as 127.0.0.1:8080"));
        }
    }
    match Url::parse(&settings.http.public_url) {
        Err(_) => mistakes.push("http.public_url: not a URL".to_owned()),
        Ok(url) => check_public_url(settings, &url, &mut mistakes),
    }
    if settings.login.mode == LoginMode::Demo && settings.realm.tier != Tier::Sandbox {
        mistakes.push("login.mode: demo is for a sandbox only (realm.tier)".to_owned());
    }
    if settings.login.staff_claim.is_empty() != settings.login.staff_role.is_empty() {
        mistakes.push("login.staff_role: staff_claim and staff_role belong together".to_owned());
    }
    check_scheme("login.scheme", &settings.login.scheme, &mut mistakes);
    let is_shared = settings.database.url.starts_with("postgres");
    if is_shared && !is_keystore_named && settings.realm.tier == Tier::Production {
        // The default is a file of this machine: a process on another would know every customer by other keys.
        mistakes.push("keys.url: must be given when database.url is PostgreSQL".to_owned());
    }
    if settings.database.url == settings.keys.url {
        mistakes.push("keys.url: must not be the database itself".to_owned());
    }
    check_ingest(&settings.ingest, &mut mistakes);
    if settings.quarantine.max_rows == 0 {
        mistakes.push("quarantine.max_rows: at least 1".to_owned());
    }
    let days = settings.retention.evidence_days;
    if days > DAYS {
        mistakes.push(format!("retention.evidence_days: at most {DAYS}"));
    }
    match settings.retention() {
        Err(mistake) => mistakes.push(mistake),
        Ok(retained) if days > 0 && retained.officer.is_none() => mistakes
            .push("hold.officer_key_file: must be given where retention.evidence_days is not 0".to_owned()),
        Ok(_) => {}
    }
    if let Err(error) = settings.catalogue() {
        mistakes.push(format!("categories.file: {error}"));
    }
    check_coverage(&settings.coverage, &mut mistakes);
    check_mail(settings, &mut mistakes);
    check_relay(settings, &mut mistakes);
    let origin = &settings.ledger.origin;
    if origin.contains(|c: char| c.is_whitespace() || c == '+' || c.is_control()) || origin.contains("://") {
        mistakes.push(
            "ledger.origin: a name such as shop.example/ledger, without scheme, space and plus".to_owned(),
        );
    }
    mistakes
}

fn check_public_url(settings: &Settings, url: &Url, mistakes: &mut Vec<String>) {
    let is_loopback = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let plain_allowed = settings.realm.tier == Tier::Sandbox && is_loopback;
    if url.scheme() != "https" && !plain_allowed {
        mistakes.push(
            "http.public_url: must be https; only a sandbox on a loopback address may use http".to_owned(),
        );
    }
    if url.query().is_some() || url.fragment().is_some() || settings.http.public_url.ends_with('/') {
        mistakes.push("http.public_url: without query, fragment and slash at the end".to_owned());
    }
    if settings.login.mode == LoginMode::Demo && !is_loopback {
        mistakes.push("login.mode: demo needs a public URL on a loopback address".to_owned());
    }
}

fn check_scheme(name: &str, scheme: &str, mistakes: &mut Vec<String>) {
    if scheme.chars().count() > SCHEME || scheme.chars().any(char::is_control) {
        mistakes.push(format!("{name}: at most {SCHEME} characters, none of them a control character"));
    }
}

fn check_ingest(ingest: &Ingest, mistakes: &mut Vec<String>) {
    if ingest.batch_messages == 0 || ingest.batch_messages > 50_000 {
        mistakes.push("ingest.batch_messages: between 1 and 50000".to_owned());
    }
    for (name, days) in
        [("ingest.guest_days", ingest.guest_days), ("ingest.waiting_days", ingest.waiting_days)]
    {
        if days == 0 || days > DAYS {
            mistakes.push(format!("{name}: between 1 and {DAYS}"));
        }
    }
    for topic in ingest.history.topics.iter().filter(|topic| ingest.topics.contains(topic)) {
        mistakes.push(format!("ingest.history.topics: {topic} is in ingest.topics too"));
    }
    if ingest.history.group == ingest.group {
        mistakes.push("ingest.history.group: must not be ingest.group".to_owned());
    }
    let mut seen = HashSet::new();
    for (index, entry) in ingest.sources.iter().enumerate() {
        if !seen.insert(&entry.source) {
            mistakes.push(format!("ingest.sources[{index}].source: {} has two tables", entry.source));
        }
    }
    if let Err(wrong) = sources(ingest) {
        mistakes.extend(wrong);
    }
}

fn check_mail(settings: &Settings, mistakes: &mut Vec<String>) {
    let Settings { mail, login, .. } = settings;
    if mail.transport == MailTransport::None {
        return;
    }
    if mail.from.is_empty() {
        mistakes.push("mail.from: must be given where mail is sent".to_owned());
    }
    let is_told = mail.address.is_empty() && !login.address_claim.is_empty();
    if !is_told && !mail.address.contains(CUSTOMER) {
        mistakes.push(format!(
            "mail.address: must hold {CUSTOMER}, which stands for the customer id, or be empty where \
             login.address_claim is given"
        ));
    }
    if mail.transport == MailTransport::Smtp && mail.url.is_empty() && mail.url_file.as_os_str().is_empty() {
        mistakes.push("mail.url: must be given for smtp".to_owned());
    }
}

fn check_relay(settings: &Settings, mistakes: &mut Vec<String>) {
    let relay = &settings.relay;
    if !(1..=LONGEST_CONFIRMATION).contains(&relay.confirm_hours) {
        mistakes.push(format!("relay.confirm_hours: 1 to {LONGEST_CONFIRMATION}"));
    }
    if !relay.enabled {
        return;
    }
    if relay.brokers.is_empty() && settings.ingest.brokers.is_empty() {
        mistakes.push("relay.brokers: must be given where ingest.brokers is not".to_owned());
    }
    let named = [
        ("relay.consents_topic", &relay.consents_topic),
        ("relay.volunteered_topic", &relay.volunteered_topic),
        ("relay.transactional_id", &relay.transactional_id),
    ];
    for (name, _) in named.into_iter().filter(|(_, text)| text.is_empty()) {
        mistakes.push(format!("{name}: must be given"));
    }
    if relay.consents_topic == relay.volunteered_topic {
        mistakes.push("relay.volunteered_topic: must not be relay.consents_topic".to_owned());
    }
    let read = settings.ingest.topics.iter().chain(&settings.ingest.history.topics);
    for topic in read.filter(|topic| [&relay.consents_topic, &relay.volunteered_topic].contains(topic)) {
        mistakes.push(format!("ingest.topics: {topic} is what the relay writes"));
    }
}

fn check_coverage(coverage: &Coverage, mistakes: &mut Vec<String>) {
    if coverage.first_date().is_err() {
        mistakes.push(format!("coverage.from: {} is not a date such as 2015-01-31", coverage.from));
    }
    for channel in coverage.channels.iter().filter(|channel| !CHANNELS.contains(&channel.as_str())) {
        mistakes.push(format!("coverage.channels: {channel} is none of {}", CHANNELS.join(", ")));
    }
}

/// What is known of the order stream's sources.
///
/// # Errors
/// What is wrong with them, a line each.
pub fn sources(ingest: &Ingest) -> Result<Sources, Vec<String>> {
    let mut wrong = Vec::new();
    let default = source("ingest.default_source", &ingest.default_source, &mut wrong);
    let named: HashMap<String, Source> = ingest
        .sources
        .iter()
        .enumerate()
        .map(|(index, entry)| {
            (entry.source.clone(), source(&format!("ingest.sources[{index}]"), &entry.settings, &mut wrong))
        })
        .collect();
    if wrong.is_empty() { Ok(Sources::new(default, named)) } else { Err(wrong) }
}

fn source(name: &str, settings: &SourceSettings, wrong: &mut Vec<String>) -> Source {
    check_scheme(&format!("{name}.customer_scheme"), &settings.customer_scheme, wrong);
    let mut source = Source {
        namespace: settings.namespace.clone(),
        customer_scheme: settings.customer_scheme.clone(),
        ..Source::default()
    };
    if !settings.timezone.is_empty() {
        source.timezone = settings.timezone.parse().ok();
        if source.timezone.is_none() {
            wrong.push(format!("{name}.timezone: {} is not known", settings.timezone));
        }
    }
    if !settings.seller.is_empty() {
        source.seller = Some(Seller { name: settings.seller.clone(), legal_name: None, vat_id: None });
    }
    if !settings.currency.is_empty() {
        match settings.currency.parse() {
            Ok(currency) => source.currency = currency,
            Err(_) => wrong.push(format!("{name}.currency: {} is not known", settings.currency)),
        }
    }
    source
}
