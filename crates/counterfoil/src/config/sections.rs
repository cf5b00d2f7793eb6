//! The sections of the configuration, as they are written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// The whole configuration, checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `[realm]`.
    pub realm: Realm,
    /// `[data]`.
    pub data: Data,
    /// `[database]`.
    pub database: Database,
    /// `[keys]`.
    pub keys: Keys,
    /// `[retention]`.
    pub retention: Retention,
    /// `[hold]`.
    pub hold: Hold,
    /// `[http]`.
    pub http: Http,
    /// `[metrics]`.
    pub metrics: Metrics,
    /// `[login]`.
    pub login: Login,
    /// `[ingest]`.
    pub ingest: Ingest,
    /// `[quarantine]`.
    pub quarantine: Quarantine,
    /// `[categories]`.
    pub categories: Categories,
    /// `[coverage]`.
    pub coverage: Coverage,
    /// `[ledger]`.
    pub ledger: Ledger,
    /// `[relay]`.
    pub relay: Relay,
    /// `[mail]`.
    pub mail: Mail,
    /// `[templates]`.
    pub templates: Templates,
    /// `[log]`.
    pub log: Log,
}

/// Which rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Real customers.
    Production,
    /// Made-up customers.
    Sandbox,
}

/// `[realm]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Realm {
    /// Which rules hold.
    pub tier: Tier,
    /// The retailer's name, as customers know it.
    pub shop: String,
    /// The time zone in which pages write dates and times.
    pub timezone: String,
}

/// `[data]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Where files go.
    pub dir: PathBuf,
}

/// `[database]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Address; may hold a password.
    pub url: String,
    /// Connections to PostgreSQL.
    pub connections: u32,
}

/// `[keys]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Address of the keystore.
    pub url: String,
    /// The master key's file.
    pub master_file: PathBuf,
    /// The file of the one before it; may be absent.
    pub previous_master_file: PathBuf,
}

/// `[retention]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Days for which entries about somebody who was erased are kept.
    pub evidence_days: u32,
}

/// `[hold]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// The officer's public key or certificate.
    pub officer_key_file: PathBuf,
}

/// `[http]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Where to listen.
    pub listen: String,
    /// What others call this server.
    pub public_url: String,
    /// Threads; 0 is one per core.
    pub workers: usize,
    /// Requests that one grant may make in a minute.
    pub requests_per_minute: u32,
    /// Requests that one of the retailer's own systems may make in a minute.
    pub system_requests_per_minute: u32,
}

/// `[metrics]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Where to listen; empty is nowhere.
    pub listen: String,
}

/// How customers sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoginMode {
    /// The retailer's identity provider.
    Oidc,
    /// A field for a customer id.
    Demo,
}

/// `[login]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// How.
    pub mode: LoginMode,
    /// The identity provider's issuer.
    pub issuer: String,
    /// Our client id there.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: String,
    /// A file with that secret.
    pub client_secret_file: PathBuf,
    /// The claim with the customer id.
    pub claim: String,
    /// The scheme of that id; empty where it is the order stream's own.
    pub scheme: String,
    /// The claim with the customer's mail address; empty: none is kept.
    pub address_claim: String,
    /// The claim that makes somebody a member of staff; empty: nobody is.
    pub staff_claim: String,
    /// Its value, or one of its values.
    pub staff_role: String,
    /// Customer ids that the demo page suggests, each with a few words behind `=` if there is something to say.
    pub suggestions: Vec<String>,
}

/// `[ingest]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ingest {
    /// Bootstrap servers.
    pub brokers: String,
    /// Topics to read.
    pub topics: Vec<String>,
    /// Consumer group.
    pub group: String,
    /// Messages in one transaction.
    pub batch_messages: usize,
    /// How long a batch waits to fill, in milliseconds.
    pub batch_millis: u64,
    /// How long a guest order is kept, in days.
    pub guest_days: u32,
    /// How long a return or refund waits for its order, in days.
    pub waiting_days: u32,
    /// Where the past comes from.
    pub history: History,
    /// Properties of librdkafka.
    pub kafka: BTreeMap<String, toml::Value>,
    /// What is known of sources without a table of their own.
    pub default_source: SourceSettings,
    /// What is known of named sources.
    #[serde(default)]
    pub sources: Vec<NamedSource>,
}

/// `[ingest.history]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// Topics with the past.
    pub topics: Vec<String>,
    /// Consumer group.
    pub group: String,
    /// Messages recorded in a second at most; 0 is as many as come.
    pub messages_per_second: u32,
}

/// `[quarantine]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quarantine {
    /// Messages held at most.
    pub max_rows: u32,
}

/// `[categories]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Categories {
    /// A catalogue of one's own; empty is the one that ships.
    pub file: PathBuf,
}

/// `[coverage]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// The first local date of which there are purchases; empty where nobody says so.
    pub from: String,
    /// The channels whose purchases are in the record.
    pub channels: Vec<String>,
    /// For how long purchases are kept, in words; empty where all are.
    pub retention: String,
}

/// `[ingest.default_source]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourceSettings {
    /// Ids are unique within it.
    pub namespace: String,
    /// The scheme of its customer ids; empty where they are the stream's own.
    pub customer_scheme: String,
    /// IANA name.
    pub timezone: String,
    /// Name of the seller.
    pub seller: String,
    /// ISO 4217 code.
    pub currency: String,
}

/// `[[ingest.sources]]`.
#[derive(Debug, Clone, Deserialize)]
pub struct NamedSource {
    /// The CloudEvents `source`.
    pub source: String,
    /// What is known of it.
    #[serde(flatten)]
    pub settings: SourceSettings,
}

/// `[ledger]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// Where tiles, guard and closure journal lie.
    pub dir: PathBuf,
    /// Where the keys lie that sign checkpoints.
    pub keys_dir: PathBuf,
    /// The name under which the logs sign.
    pub origin: String,
    /// How often both logs are verified, in hours; 0 is never.
    pub verify_hours: u32,
}

/// How receipts are sent outside the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTransport {
    /// Not at all.
    #[serde(rename = "")]
    None,
    /// As files into a folder.
    Folder,
    /// By a mail server.
    Smtp,
}

/// `[mail]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// How.
    pub transport: MailTransport,
    /// Where files go.
    pub folder: PathBuf,
    /// Address of the mail server; may hold a password.
    pub url: String,
    /// A file with that address.
    pub url_file: PathBuf,
    /// Whom it is from.
    pub from: String,
    /// The customer's address, made of their id, where the sign-in told none.
    pub address: String,
}

/// `[relay]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// Whether the retailer's systems are told.
    pub enabled: bool,
    /// Bootstrap servers; empty is those of ingest.
    pub brokers: String,
    /// Where it is told where consents stand.
    pub consents_topic: String,
    /// Where it is told which items there are.
    pub volunteered_topic: String,
    /// Kafka's name for whoever sends.
    pub transactional_id: String,
    /// For how long systems may take to confirm, in hours.
    pub confirm_hours: u32,
    /// Properties of librdkafka.
    pub kafka: BTreeMap<String, toml::Value>,
}

/// `[templates]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Templates {
    /// A folder with files that replace those that ship; empty is none.
    pub override_dir: PathBuf,
}

/// `[log]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// `text` or `json`.
    pub format: LogFormat,
    /// Filter directives.
    pub filter: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}
