//! `config-objects …`: prints JSON.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use counterfoil_domain::config_object::{Id, Kind, Mistake, Object};
use counterfoil_domain::entry::Actor;
use counterfoil_ledger::publishing::{Outcome, PublishError, RetireError, Source};
use counterfoil_store::config_objects::{self, Published};
use serde_json::{Value, json};

use crate::arguments::ConfigObjects;
use crate::config::Settings;
use crate::failure::Failure;
use crate::realm::Realm;

/// What ships: the objects of the demo's shop, to be published in a sandbox and to begin with anywhere else.
const SHIPPED: [(&str, &str); 5] = [
    ("realm.toml", include_str!("../sample/config/realm.toml")),
    ("retention.toml", include_str!("../sample/config/retention.toml")),
    ("recipient.toml", include_str!("../sample/config/recipient.toml")),
    ("notice.toml", include_str!("../sample/config/notice.toml")),
    ("grant.toml", include_str!("../sample/config/grant.toml")),
];

/// Questions to customers with what they name, published in a demo: six that show what can be asked and how.
const ASKS: [(&str, &str); 18] = [
    ("volunteered-notice.toml", include_str!("../sample/config/volunteered-notice.toml")),
    ("volunteered-terms.toml", include_str!("../sample/config/volunteered-terms.toml")),
    ("volunteered-recipient.toml", include_str!("../sample/config/volunteered-recipient.toml")),
    ("volunteered-retention.toml", include_str!("../sample/config/volunteered-retention.toml")),
    ("intention-retention.toml", include_str!("../sample/config/intention-retention.toml")),
    ("measures-retention.toml", include_str!("../sample/config/measures-retention.toml")),
    ("washing-machine-purpose.toml", include_str!("../sample/config/washing-machine-purpose.toml")),
    ("washing-machine-ask.toml", include_str!("../sample/config/washing-machine-ask.toml")),
    ("coffee-purpose.toml", include_str!("../sample/config/coffee-purpose.toml")),
    ("coffee-ask.toml", include_str!("../sample/config/coffee-ask.toml")),
    ("size-purpose.toml", include_str!("../sample/config/size-purpose.toml")),
    ("size-ask.toml", include_str!("../sample/config/size-ask.toml")),
    ("profile-purpose.toml", include_str!("../sample/config/profile-purpose.toml")),
    ("profile-ask.toml", include_str!("../sample/config/profile-ask.toml")),
    ("visit-purpose.toml", include_str!("../sample/config/visit-purpose.toml")),
    ("visit-ask.toml", include_str!("../sample/config/visit-ask.toml")),
    ("own-purpose.toml", include_str!("../sample/config/own-purpose.toml")),
    ("own-ask.toml", include_str!("../sample/config/own-ask.toml")),
];

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Store(error) => error.into(),
            faults @ PublishError::Faults(_) => Self::Usage(format!("nothing was published\n{faults}")),
        }
    }
}

impl From<RetireError> for Failure {
    fn from(error: RetireError) -> Self {
        match error {
            RetireError::Store(error) => error.into(),
            other => Self::Refused(format!("{other}")),
        }
    }
}

/// Runs a command on configuration objects.
pub fn run(settings: &Settings, command: ConfigObjects) -> Result<(), Failure> {
    match command {
        ConfigObjects::Export { dir } => export(&dir),
        ConfigObjects::Publish { files, by } => publish(&Realm::open(settings)?, &files, by),
        ConfigObjects::List { kind } => list(&Realm::open(settings)?, kind.as_deref()),
        ConfigObjects::Show { kind, id, version } => show(&Realm::open(settings)?, &kind, &id, version),
        ConfigObjects::Retire { kind, id, reason, by } => {
            let realm = Realm::open(settings)?;
            let (kind, id, actor) = (self::kind(&kind)?, self::id(&id)?, staff(by));
            let now = realm.clock.now();
            let retired = realm
                .store
                .write_blocking(|conn| realm.ledger.retire_config(conn, now, &actor, (kind, &id), &reason))?;
            super::print(&described(&retired))
        }
    }
}

/// Publishes what ships, if nothing was ever published; gives how many objects that were.
///
/// # Errors
/// [`Failure`] of the store.
pub fn publish_shipped(realm: &Realm) -> Result<usize, Failure> {
    let published = realm.store.read_blocking(config_objects::list)?;
    if published.iter().any(|object| object.kind != Kind::App.name()) {
        return Ok(0);
    }
    publish_files(realm, &SHIPPED)
}

/// Publishes the questions of the demo, those that are not published as they are; gives how many objects those files
/// hold.
///
/// # Errors
/// [`Failure`] of the store.
pub fn publish_asks(realm: &Realm) -> Result<usize, Failure> {
    publish_files(realm, &ASKS)
}

fn publish_files(realm: &Realm, files: &[(&str, &str)]) -> Result<usize, Failure> {
    let sources: Vec<Source> = files.iter().map(|(name, text)| source(name, text)).collect();
    let now = realm.clock.now();
    let outcomes = realm
        .store
        .write_blocking(|conn| realm.ledger.publish_config(conn, now, &Actor::System, &sources))?;
    Ok(outcomes.len())
}

fn publish(realm: &Realm, files: &[PathBuf], by: Option<String>) -> Result<(), Failure> {
    let mut sources = Vec::with_capacity(files.len());
    for path in files {
        let text = fs::read_to_string(path).map_err(Failure::io(format!("{}", path.display())))?;
        sources.push(source(&format!("{}", path.display()), &text));
    }
    let (now, actor) = (realm.clock.now(), staff(by));
    let outcomes =
        realm.store.write_blocking(|conn| realm.ledger.publish_config(conn, now, &actor, &sources))?;
    super::print(&outcomes.iter().map(outcome).collect::<Value>())
}

/// Whoever has the command line, where they give no name.
fn staff(by: Option<String>) -> Actor {
    Actor::Staff(by.unwrap_or_else(|| "operator".to_owned()))
}

fn source(name: &str, text: &str) -> Source {
    let content = toml::from_str::<Value>(text).map_err(|error| Mistake {
        field: error.span().map(|span| place(text, span.start)).unwrap_or_default(),
        rule: error.message().to_owned(),
    });
    Source { name: name.to_owned(), content }
}

/// The line and column of a byte, for a file that is no TOML.
fn place(text: &str, byte: usize) -> String {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
    format!("line {line}, column {column}")
}

fn outcome(outcome: &Outcome) -> Value {
    json!({
        "file": outcome.file,
        "kind": outcome.kind.name(),
        "id": outcome.id,
        "version": outcome.version,
        "hash": outcome.hash,
        "published": outcome.is_new,
    })
}

fn list(realm: &Realm, kind: Option<&str>) -> Result<(), Failure> {
    let kind = kind.map(self::kind).transpose()?;
    let all = realm.store.read_blocking(config_objects::list)?;
    let wanted = all.iter().filter(|object| kind.is_none_or(|kind| object.kind == kind.name()));
    super::print(&wanted.map(described).collect::<Value>())
}

fn described(object: &Published) -> Value {
    json!({
        "kind": object.kind,
        "id": object.id,
        "version": object.version,
        "hash": object.hash,
        "publishedAt": object.published_at,
        "retiredAt": object.retired_at,
    })
}

fn show(realm: &Realm, kind: &str, id: &str, version: Option<i32>) -> Result<(), Failure> {
    let (kind, id) = (self::kind(kind)?, self::id(id)?);
    let found = realm.store.read_blocking(|conn| match version {
        None => config_objects::latest(conn, kind.name(), id.as_str()),
        Some(version) => config_objects::find(conn, kind.name(), id.as_str(), version),
    })?;
    let object = found.ok_or_else(|| {
        let version = version.map(|version| format!(" version {version}")).unwrap_or_default();
        Failure::Refused(format!("{} {id}{version} is not published", kind.name()))
    })?;
    let read = Object::parse(&object.document)
        .map_err(|error| Failure::Service(format!("{} {id} cannot be read: {error}", kind.name())))?;
    let mut answer = described(&object);
    if let Some(members) = answer.as_object_mut() {
        members.insert("object".to_owned(), json!(read));
    }
    super::print(&answer)
}

fn kind(name: &str) -> Result<Kind, Failure> {
    Kind::from_name(name).ok_or_else(|| {
        Failure::Usage(format!("{name:?} is no kind; the kinds are {}", Kind::ALL.map(Kind::name).join(", ")))
    })
}

fn id(text: &str) -> Result<Id, Failure> {
    Id::try_from(text.to_owned()).map_err(|error| Failure::Usage(format!("an id {error}")))
}

fn export(dir: &Path) -> Result<(), Failure> {
    fs::create_dir_all(dir).map_err(Failure::io(format!("{}", dir.display())))?;
    for (name, text) in SHIPPED.iter().chain(&ASKS) {
        let path = dir.join(name);
        let failed = || Failure::io(format!("{}", path.display()));
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed())?;
        file.write_all(text.as_bytes()).map_err(failed())?;
    }
    super::print(&json!({ "files": SHIPPED.len() + ASKS.len() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_is_toml_and_names_its_place_where_a_file_is_not() {
        for (name, text) in SHIPPED.iter().chain(&ASKS) {
            let source = source(name, text);
            let file = source.content.unwrap();
            assert!(counterfoil_domain::config_object::named(&file).0.is_some(), "{name}");
        }
        let mistake = source("x.toml", "kind = \"realm\"\nid = r1\n").content.unwrap_err();
        assert!(mistake.field.starts_with("line 2, column"), "{mistake}");
    }
}
