//! The published objects that customers' answers rest on, read.

use chrono::{DateTime, Utc};
use counterfoil_domain::config_object::{Ask, Body, Kind, Object};
use counterfoil_store::config_objects::{self, Published};
use counterfoil_store::conn::Conn;
use counterfoil_store::{Error, Result};

use crate::asks::PurposeView;

/// An ask in one version.
#[derive(Debug, Clone)]
pub(crate) struct AskObject {
    /// Its id.
    pub(crate) id: String,
    /// The version.
    pub(crate) version: i32,
    /// `sha256:` of the version.
    pub(crate) hash: String,
    /// What it says.
    pub(crate) ask: Ask,
    published_at: DateTime<Utc>,
    is_retired: bool,
}

impl AskObject {
    fn read(published: &Published) -> Result<Self> {
        let Body::Ask(ask) = body(published)? else { return Err(corrupt(published)) };
        Ok(Self {
            id: published.id.clone(),
            version: published.version,
            hash: published.hash.clone(),
            ask: *ask,
            published_at: published.published_at,
            is_retired: published.retired_at.is_some(),
        })
    }

    /// When it is answered no more.
    pub(crate) fn closes_at(&self) -> Option<DateTime<Utc>> {
        self.ask.closes_at(self.published_at)
    }

    /// Whether it can be answered at `now`, as far as it is the latest version.
    pub(crate) fn is_open(&self, now: DateTime<Utc>) -> bool {
        !self.is_retired && self.closes_at().is_none_or(|end| now < end)
    }
}

fn corrupt(published: &Published) -> Error {
    Error::corrupt("config_objects", "document", &published.hash)
}

fn body(published: &Published) -> Result<Body> {
    Ok(Object::parse(&published.document).map_err(|_| corrupt(published))?.body)
}

fn read_purpose(published: &Published) -> Result<PurposeView> {
    let Body::Purpose(processing) = body(published)? else { return Err(corrupt(published)) };
    Ok(PurposeView {
        id: published.id.clone(),
        version: u32::try_from(published.version).map_err(|_| corrupt(published))?,
        hash: published.hash.clone(),
        processing: *processing,
    })
}

/// The latest version of an ask, whether or not it is open.
pub(crate) fn latest_ask(conn: &mut Conn, id: &str) -> Result<Option<AskObject>> {
    config_objects::latest(conn, Kind::Ask.name(), id)?.as_ref().map(AskObject::read).transpose()
}

/// The version of an ask with a hash.
pub(crate) fn ask_by_hash(conn: &mut Conn, hash: &str) -> Result<AskObject> {
    let published = config_objects::by_hash(conn, hash)?;
    AskObject::read(&published.ok_or_else(|| Error::corrupt("config_objects", "hash", hash))?)
}

/// A version of an ask.
pub(crate) fn ask_version(conn: &mut Conn, id: &str, version: i32) -> Result<Option<AskObject>> {
    config_objects::find(conn, Kind::Ask.name(), id, version)?.as_ref().map(AskObject::read).transpose()
}

/// The latest versions of a kind's objects, by id.
fn latest_of(conn: &mut Conn, kind: Kind) -> Result<Vec<Published>> {
    let mut latest: Vec<Published> = Vec::new();
    // They come by kind, id and version: a later one takes the place of the one before.
    for object in config_objects::list(conn)?.into_iter().filter(|object| object.kind == kind.name()) {
        if latest.last().is_some_and(|last| last.id == object.id) {
            latest.pop();
        }
        latest.push(object);
    }
    Ok(latest)
}

/// The latest version of each ask, by id.
pub(crate) fn asks(conn: &mut Conn) -> Result<Vec<AskObject>> {
    latest_of(conn, Kind::Ask)?.iter().map(AskObject::read).collect()
}

/// The latest version of each purpose in use, by id.
pub(crate) fn purposes(conn: &mut Conn) -> Result<Vec<PurposeView>> {
    let latest = latest_of(conn, Kind::Purpose)?;
    latest.iter().filter(|purpose| purpose.retired_at.is_none()).map(read_purpose).collect()
}

/// The latest version of a purpose, in use or not.
pub(crate) fn latest_purpose(conn: &mut Conn, id: &str) -> Result<Option<PurposeView>> {
    config_objects::latest(conn, Kind::Purpose.name(), id)?.as_ref().map(read_purpose).transpose()
}

/// The version of a purpose with a hash.
pub(crate) fn purpose(conn: &mut Conn, hash: &str) -> Result<PurposeView> {
    let published = config_objects::by_hash(conn, hash)?;
    read_purpose(&published.ok_or_else(|| Error::corrupt("config_objects", "hash", hash))?)
}

/// When something ends that is agreed to for a purpose at `from`: after the purpose's retention period.
pub(crate) fn end_of(
    conn: &mut Conn,
    purpose: &PurposeView,
    from: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>> {
    let hash = &purpose.processing.retention.hash;
    let published = config_objects::by_hash(conn, hash)?;
    let published = published.ok_or_else(|| Error::corrupt("config_objects", "hash", hash))?;
    let Body::Retention(retention) = body(&published)? else { return Err(corrupt(&published)) };
    Ok(retention.end(from))
}

/// The ids of all purposes that were ever published, by id.
pub(crate) fn purpose_ids(conn: &mut Conn) -> Result<Vec<String>> {
    Ok(latest_of(conn, Kind::Purpose)?.into_iter().map(|purpose| purpose.id).collect())
}
