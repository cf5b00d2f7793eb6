//! Configuration: the embedded defaults, then files, then the environment; every mistake is reported at once.

mod check;
mod sections;

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use config::{Config, Environment, File, FileFormat};
use counterfoil_domain::catalogue::{Catalogue, CatalogueFile};
use counterfoil_events::forgetting::Retention as Retained;
use counterfoil_store::officer::OfficerKey;

pub use self::check::sources;
pub use self::sections::*;

/// The documented defaults.
pub const DEFAULTS: &str = include_str!("../../config.default.toml");

/// The catalogue that ships.
const CATEGORIES: &str = include_str!("../../categories.toml");

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
            .with_list_parse_key("ingest.history.topics")
            .with_list_parse_key("coverage.channels")
            .with_list_parse_key("login.suggestions");
        let mut settings: Self = layers.add_source(environment).build()?.try_deserialize()?;
        let is_keystore_named = !settings.keys.url.is_empty();
        settings.fill();
        let mistakes = check::mistakes(&settings, is_keystore_named);
        if mistakes.is_empty() { Ok(settings) } else { Err(Invalid::Mistakes(mistakes)) }
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
        if self.keys.previous_master_file.as_os_str().is_empty() {
            let mut name = self.keys.master_file.clone().into_os_string();
            name.push(".previous");
            self.keys.previous_master_file = name.into();
        }
        if self.http.public_url.is_empty() {
            self.http.public_url = format!("http://{}", self.http.listen);
        }
        if self.ledger.dir.as_os_str().is_empty() {
            self.ledger.dir = dir.join("ledger");
        }
        if self.ledger.keys_dir.as_os_str().is_empty() {
            self.ledger.keys_dir = dir.join("ledger-keys");
        }
        if self.ledger.origin.is_empty() {
            let url = &self.http.public_url;
            let schemeless = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
            self.ledger.origin = format!("{schemeless}/ledger");
        }
        if self.mail.folder.as_os_str().is_empty() {
            self.mail.folder = dir.join("mail");
        }
        if self.ingest.history.group.is_empty() {
            self.ingest.history.group = format!("{}-history", self.ingest.group);
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

    /// What is kept of those who are erased.
    ///
    /// # Errors
    /// What is wrong with the officer's key, with its setting.
    pub fn retention(&self) -> Result<Retained, String> {
        let file = &self.hold.officer_key_file;
        let officer = if file.as_os_str().is_empty() {
            None
        } else {
            let pem = std::fs::read(file)
                .map_err(|error| format!("hold.officer_key_file: {}: {error}", file.display()))?;
            let key = OfficerKey::from_pem(&pem);
            Some(key.map_err(|error| format!("hold.officer_key_file: {}: {error}", file.display()))?)
        };
        Ok(Retained { evidence_days: self.retention.evidence_days, officer })
    }

    /// The mail server's address, from the setting or its file.
    pub fn mail_url(&self) -> std::io::Result<String> {
        let file = &self.mail.url_file;
        if file == Path::new("") {
            return Ok(self.mail.url.clone());
        }
        Ok(std::fs::read_to_string(file)?.trim_end().to_owned())
    }

    /// The catalogue of categories: the file that is named, else the one that ships.
    ///
    /// # Errors
    /// What is wrong with it, with its file and field.
    pub fn catalogue(&self) -> Result<Catalogue, String> {
        let file = &self.categories.file;
        if file.as_os_str().is_empty() {
            return read_catalogue(CATEGORIES).map_err(|error| format!("the catalogue that ships: {error}"));
        }
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        read_catalogue(&text).map_err(|error| format!("{}: {error}", file.display()))
    }
}

fn read_catalogue(text: &str) -> Result<Catalogue, String> {
    let file: CatalogueFile = toml::from_str(text).map_err(|error| format!("{error}"))?;
    Catalogue::new(file).map_err(|error| format!("{error}"))
}

impl Coverage {
    /// The first local date, where one is given.
    ///
    /// # Errors
    /// When it is no date.
    pub fn first_date(&self) -> Result<Option<NaiveDate>, chrono::ParseError> {
        if self.from.is_empty() { Ok(None) } else { self.from.parse().map(Some) }
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

    fn mistakes(settings: &[(&'static str, &str)]) -> Vec<String> {
        let sandbox = [("realm.tier", "sandbox"), ("login.mode", "demo"), ("data.dir", "/tmp/d")];
        match load(&[&sandbox[..], settings].concat()) {
            Ok(_) => Vec::new(),
            Err(Invalid::Mistakes(mistakes)) => mistakes,
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn the_past_has_topics_and_a_group_of_its_own() {
        let settings = load(&[("realm.tier", "sandbox"), ("ingest.group", "shop")]).unwrap();
        assert_eq!(settings.ingest.history.group, "shop-history");
        assert_eq!(settings.ingest.history.messages_per_second, 2_000);
        let told = mistakes(&[("ingest.group", "shop"), ("ingest.history.group", "shop")]);
        assert!(told.concat().contains("ingest.history.group"), "{told:?}");
    }

    #[test]
    fn a_topic_is_live_or_of_the_past() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("counterfoil.toml");
        std::fs::write(
            &file,
            "[realm]\ntier = \"sandbox\"\n[ingest]\ntopics = [\"orders\", \"returns\"]\n\
             [ingest.history]\ntopics = [\"old\", \"orders\"]\n",
        )
        .unwrap();
        let told = Settings::load(&Overrides { files: vec![file], settings: Vec::new() }).unwrap_err();
        assert!(format!("{told}").contains("ingest.history.topics: orders"), "{told}");
    }

    #[test]
    fn every_mistake_of_every_section_is_told() {
        let told = mistakes(&[
            ("coverage.from", "2015-13-01"),
            ("login.scheme", "a\tb"),
            ("ingest.guest_days", "0"),
            ("ingest.waiting_days", "0"),
            ("quarantine.max_rows", "0"),
            ("retention.evidence_days", "36526"),
            ("hold.officer_key_file", "/nowhere/officer.pem"),
            ("categories.file", "/nowhere/categories.toml"),
            ("ingest.default_source.timezone", "Europe/Nowhere"),
            ("ingest.default_source.currency", "EURO"),
        ]);
        for name in [
            "coverage.from",
            "login.scheme",
            "ingest.guest_days",
            "ingest.waiting_days",
            "quarantine.max_rows",
            "retention.evidence_days",
            "hold.officer_key_file: /nowhere/officer.pem",
            "categories.file: /nowhere/categories.toml",
            "ingest.default_source.timezone",
            "ingest.default_source.currency",
        ] {
            let count = told.iter().filter(|mistake| mistake.starts_with(name)).count();
            assert_eq!(count, 1, "{name}: {told:#?}");
        }
        assert_eq!(told.len(), 10, "{told:#?}");
    }

    #[test]
    fn what_is_told_needs_somewhere_to_go() {
        assert!(mistakes(&[("relay.volunteered_topic", "")]).is_empty(), "nobody is told");
        let told = mistakes(&[
            ("relay.enabled", "true"),
            ("relay.volunteered_topic", ""),
            ("relay.transactional_id", ""),
            ("relay.confirm_hours", "0"),
        ]);
        for name in
            ["relay.brokers", "relay.volunteered_topic", "relay.transactional_id", "relay.confirm_hours"]
        {
            assert_eq!(told.iter().filter(|one| one.starts_with(name)).count(), 1, "{name}: {told:#?}");
        }
        let told = mistakes(&[
            ("relay.enabled", "true"),
            ("ingest.brokers", "kafka:9092"),
            ("relay.volunteered_topic", "counterfoil.consents"),
        ]);
        assert_eq!(told.len(), 1, "{told:#?}");
    }

    #[test]
    fn what_is_kept_needs_an_officer() {
        let told = mistakes(&[("retention.evidence_days", "30")]);
        assert!(told.concat().contains("hold.officer_key_file"), "{told:?}");
        let settings = load(&[("realm.tier", "sandbox"), ("keys.master_file", "/k/master.key")]).unwrap();
        assert_eq!(settings.keys.previous_master_file, Path::new("/k/master.key.previous"));
        assert_eq!(settings.retention.evidence_days, 0);
    }

    #[test]
    fn a_catalogue_says_which_field_is_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("categories.toml");
        let told = |text: &str| {
            std::fs::write(&path, text).unwrap();
            mistakes(&[("categories.file", path.to_str().unwrap())]).join("\n")
        };
        let food = "[[categories]]\nid = \"food\"\nname = { en = \"Food\" }\nsensitive = false\n";
        assert_eq!(told(&format!("version = 2\n{food}")), "");
        let twice = told(&format!("version = 2\n{food}{food}"));
        assert!(twice.contains("categories.toml: categories[1].id"), "{twice}");
        let unknown = told(&format!("version = 2\n{food}sensitve = true\n"));
        assert!(unknown.contains("sensitve") && unknown.contains("line 6"), "{unknown}");
    }

    #[test]
    fn what_ships_is_the_catalogue_unless_another_is_named() {
        let settings = load(&[("realm.tier", "sandbox")]).unwrap();
        let catalogue = settings.catalogue().unwrap();
        assert!(catalogue.categories().iter().any(|category| category.is_sensitive));
        assert_eq!(settings.coverage.first_date(), Ok(None));
    }
}
