//! Configuration: the embedded defaults, then files, then the environment; every mistake is reported at once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use config::{Config, Environment, File, FileFormat};
use serde::Deserialize;
use url::Url;

/// The documented defaults.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

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
    /// `[http]`.
    pub http: Http,
    /// `[metrics]`.
    pub metrics: Metrics,
    /// `[login]`.
    pub login: Login,
    /// `[ingest]`.
    pub ingest: Ingest,
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
    /// Customer ids that the demo page suggests.
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
    /// Properties of librdkafka.
    pub kafka: BTreeMap<String, toml::Value>,
    /// What is known of sources without a table of their own.
    pub default_source: SourceSettings,
    /// What is known of named sources.
    #[serde(default)]
    pub sources: Vec<NamedSource>,
}

/// `[ingest.default_source]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourceSettings {
    /// Ids are unique within it.
    pub namespace: String,
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

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    /// It cannot be read.
    #[error("configuration: {0}")]
    Unreadable(#[from] config::ConfigError),
    /// It can be read and makes no sense; every mistake, a line each.
    #[error("configuration:\n  {}", .0.join("\n  "))]
    Mistakes(Vec<String>),
}

/// What overrides the defaults within the program: files given on the command line, settings a command brings.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Files, later ones win.
    pub files: Vec<PathBuf>,
    /// Settings that a command brings along; below the environment.
    pub settings: Vec<(&'static str, String)>,
}

impl Settings {
    /// Reads every layer, fills what follows from other settings, and checks the whole.
    pub fn load(overrides: &Overrides) -> Result<Self, Invalid> {
        let mut layers = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        let mut brought = Config::builder();
        for (key, value) in &overrides.settings {
            brought = brought.set_override(*key, value.as_str())?;
        }
        layers = layers.add_source(brought.build()?);
        for file in &overrides.files {
            layers = layers.add_source(File::from(file.as_path()).format(FileFormat::Toml));
        }
        let environment = Environment::with_prefix("COUNTERFOIL")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .with_list_parse_key("ingest.topics")
            .with_list_parse_key("login.suggestions");
        let mut settings: Self = layers.add_source(environment).build()?.try_deserialize()?;
        let is_keystore_named = !settings.keys.url.is_empty();
        settings.fill();
        settings.check(is_keystore_named)?;
        Ok(settings)
    }

    fn fill(&mut self) {
        let dir = self.data.dir.clone();
        let in_dir = |name: &str| format!("sqlite://{}", dir.join(name).display());
        if self.database.url.is_empty() {
            self.database.url = in_dir("counterfoil.db");
        }
        if self.keys.url.is_empty() {
            self.keys.url = in_dir("keys.db");
        }
        if self.keys.master_file.as_os_str().is_empty() {
            self.keys.master_file = dir.join("master.key");
        }
        if self.http.public_url.is_empty() {
            self.http.public_url = format!("http://{}", self.http.listen);
        }
    }

    fn check(&self, is_keystore_named: bool) -> Result<(), Invalid> {
        let mut mistakes = Vec::new();
        for (name, text) in [("http.listen", &self.http.listen), ("metrics.listen", &self.metrics.listen)] {
            if !text.is_empty() && text.parse::<SocketAddr>().is_err() {
                mistakes.push(format!("{name}: {text} is not an address such as 127.0.0.1:8080"));
            }
        }
        match Url::parse(&self.http.public_url) {
            Err(_) => mistakes.push("http.public_url: not a URL".to_owned()),
            Ok(url) => self.check_public_url(&url, &mut mistakes),
        }
        if self.login.mode == LoginMode::Demo && self.realm.tier != Tier::Sandbox {
            mistakes.push("login.mode: demo is for a sandbox only (realm.tier)".to_owned());
        }
        let is_shared = self.database.url.starts_with("postgres");
        if is_shared && !is_keystore_named && self.realm.tier == Tier::Production {
            // The default is a file of this machine: a process on another would know every customer by other keys.
            mistakes.push("keys.url: must be given when database.url is PostgreSQL".to_owned());
        }
        if self.database.url == self.keys.url {
            mistakes.push("keys.url: must not be the database itself".to_owned());
        }
        if self.ingest.batch_messages == 0 || self.ingest.batch_messages > 50_000 {
            mistakes.push("ingest.batch_messages: between 1 and 50000".to_owned());
        }
        if mistakes.is_empty() { Ok(()) } else { Err(Invalid::Mistakes(mistakes)) }
    }

    fn check_public_url(&self, url: &Url, mistakes: &mut Vec<String>) {
        let is_loopback = match url.host() {
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        };
        let plain_allowed = self.realm.tier == Tier::Sandbox && is_loopback;
        if url.scheme() != "https" && !plain_allowed {
            mistakes.push(
                "http.public_url: must be https; only a sandbox on a loopback address may use http"
                    .to_owned(),
            );
        }
        if url.query().is_some() || url.fragment().is_some() || self.http.public_url.ends_with('/') {
            mistakes.push("http.public_url: without query, fragment and slash at the end".to_owned());
        }
        if self.login.mode == LoginMode::Demo && !is_loopback {
            mistakes.push("login.mode: demo needs a public URL on a loopback address".to_owned());
        }
    }

    /// The identity provider's client secret, from the setting or its file.
    pub fn client_secret(&self) -> std::io::Result<String> {
        let file = &self.login.client_secret_file;
        if file == Path::new("") {
            return Ok(self.login.client_secret.clone());
        }
        Ok(std::fs::read_to_string(file)?.trim_end().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(settings: &[(&'static str, &str)]) -> Result<Settings, Invalid> {
        let settings = settings.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        Settings::load(&Overrides { files: Vec::new(), settings })
    }

    #[test]
    fn a_sandbox_on_loopback_needs_nothing_more() {
        let settings =
            load(&[("realm.tier", "sandbox"), ("login.mode", "demo"), ("data.dir", "/tmp/d")]).unwrap();
        assert_eq!(settings.http.public_url, "http://127.0.0.1:8080");
        assert_eq!(settings.database.url, "sqlite:///tmp/d/counterfoil.db");
        assert_eq!(settings.keys.master_file, Path::new("/tmp/d/master.key"));
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let Err(Invalid::Mistakes(mistakes)) = load(&[
            ("login.mode", "demo"),
            ("http.listen", "nowhere"),
            ("http.public_url", "http://shop.example"),
        ]) else {
            panic!("accepted");
        };
        let text = mistakes.join("\n");
        for name in ["http.listen", "http.public_url", "login.mode"] {
            assert!(text.contains(name), "{text}");
        }
    }

    #[test]
    fn a_shared_database_never_meets_a_keystore_of_one_machine_by_default() {
        let shared =
            [("database.url", "postgres://db/counterfoil"), ("http.public_url", "https://shop.example")];
        let Err(Invalid::Mistakes(mistakes)) = load(&shared) else { panic!("accepted") };
        assert!(mistakes.join("\n").contains("keys.url"), "{mistakes:?}");
        let named = [shared[0], shared[1], ("keys.url", "postgres://keys/counterfoil_keys")];
        assert!(load(&named).is_ok());
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        assert!(matches!(load(&[("http.lisen", "127.0.0.1:1")]), Err(Invalid::Unreadable(_))));
    }
}
