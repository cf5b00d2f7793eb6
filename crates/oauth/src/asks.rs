//! The asks that an app may name: those of the retailer that can be answered.

use chrono::{DateTime, Utc};
use counterfoil_domain::config_object::{Ask, Body, Kind, Object, Texts};
use counterfoil_domain::grant::{Details, NamedAsk};
use counterfoil_store::config_objects::{self, Published};
use counterfoil_store::conn::Conn;
use counterfoil_store::{Error, Result};
use serde::{Deserialize, Serialize};

/// An ask that a request or a grant names, with what is shown of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedAskView {
    /// Its id.
    pub ask: String,
    /// The version.
    pub version: u32,
    /// What that version is called.
    pub title: Texts,
    /// Why it is asked.
    pub why: Texts,
}

fn read(published: &Published) -> Result<Ask> {
    let corrupt = || Error::corrupt("config_objects", "document", &published.hash);
    match Object::parse(&published.document).map_err(|_| corrupt())?.body {
        Body::Ask(ask) => Ok(*ask),
        _ => Err(corrupt()),
    }
}

/// The latest version of every ask that can be answered at `now`, by id.
pub(crate) fn open(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<NamedAsk>> {
    let mut latest: Vec<Published> = Vec::new();
    // They come by kind, id and version: a later one takes the place of the one before.
    for object in config_objects::list(conn)?.into_iter().filter(|object| object.kind == Kind::Ask.name()) {
        if latest.last().is_some_and(|last| last.id == object.id) {
            latest.pop();
        }
        latest.push(object);
    }
    let mut open = Vec::new();
    for published in latest.into_iter().filter(|object| object.retired_at.is_none()) {
        let closes_at = read(&published)?.closes_at(published.published_at);
        if closes_at.is_none_or(|end| now < end) {
            let version = u32::try_from(published.version)
                .map_err(|_| Error::corrupt("config_objects", "version", &published.hash))?;
            open.push(NamedAsk { ask: published.id, version });
        }
    }
    Ok(open)
}

/// What the asks say that details name, in their order.
pub(crate) fn named(conn: &mut Conn, details: &Details) -> Result<Vec<NamedAskView>> {
    let mut views = Vec::new();
    for named in details.volunteered.iter().flat_map(|volunteered| &volunteered.asks) {
        let corrupt = || Error::corrupt("grants", "details", &named.ask);
        let version = i32::try_from(named.version).map_err(|_| corrupt())?;
        let published = config_objects::find(conn, Kind::Ask.name(), &named.ask, version)?;
        let ask = read(&published.ok_or_else(corrupt)?)?;
        let NamedAsk { ask: id, version } = named.clone();
        views.push(NamedAskView { ask: id, version, title: ask.title, why: ask.why });
    }
    Ok(views)
}
