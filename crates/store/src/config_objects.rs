//! Published configuration objects, and the bytes of what was shown.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::either;
use crate::error::{Error, Result};
use crate::schema::{artefacts, config_objects};

/// An object in one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its kind.
    pub kind: String,
    /// Its id within the kind.
    pub id: String,
    /// From 1 on.
    pub version: i32,
    /// `sha256:` of the document.
    pub hash: String,
    /// The canonical JSON.
    pub document: Vec<u8>,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// When it was taken out of use.
    pub retired_at: Option<DateTime<Utc>>,
}

/// Bytes that somebody was shown, or that what was shown was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artefact {
    /// `sha256:` of the bytes.
    pub hash: String,
    /// What they are.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

#[derive(Queryable)]
struct Row {
    kind: String,
    id: String,
    version: i32,
    hash: String,
    document: Vec<u8>,
    published_at: NaiveDateTime,
    retired_at: Option<NaiveDateTime>,
}

impl From<Row> for Published {
    fn from(row: Row) -> Self {
        Self {
            kind: row.kind,
            id: row.id,
            version: row.version,
            hash: row.hash,
            document: row.document,
            published_at: row.published_at.and_utc(),
            retired_at: row.retired_at.map(|at| at.and_utc()),
        }
    }
}

/// Stores a version that is not there yet.
///
/// # Errors
/// [`Error::Contended`] when another process has just published that version: look again which is the latest.
pub fn publish(conn: &mut Conn, object: &Published) -> Result<()> {
    let row = (
        config_objects::kind.eq(object.kind.clone()),
        config_objects::id.eq(object.id.clone()),
        config_objects::version.eq(object.version),
        config_objects::hash.eq(object.hash.clone()),
        config_objects::document.eq(object.document.clone()),
        config_objects::published_at.eq(object.published_at.naive_utc()),
        config_objects::retired_at.eq(object.retired_at.map(|at| at.naive_utc())),
    );
    let stored = either!(conn, c => diesel::insert_into(config_objects::table)
        .values(row)
        .on_conflict((config_objects::kind, config_objects::id, config_objects::version))
        .do_nothing()
        .execute(c))?;
    if stored == 1 { Ok(()) } else { Err(Error::Contended) }
}

/// Takes a version out of use; whether it was in use.
pub fn retire(conn: &mut Conn, hash: &str, at: DateTime<Utc>) -> Result<bool> {
    let retired = diesel::update(
        config_objects::table.filter(config_objects::hash.eq(hash).and(config_objects::retired_at.is_null())),
    )
    .set(config_objects::retired_at.eq(Some(at.naive_utc())))
    .execute(conn)?;
    Ok(retired == 1)
}

/// The latest version of an object, retired or not.
pub fn latest(conn: &mut Conn, kind: &str, id: &str) -> Result<Option<Published>> {
    let row = config_objects::table
        .filter(config_objects::kind.eq(kind).and(config_objects::id.eq(id)))
        .order(config_objects::version.desc())
        .first::<Row>(conn)
        .optional()?;
    Ok(row.map(Published::from))
}

/// The hash of what is in use of a kind of which a realm has one object: its latest version, unless that is retired.
pub fn in_use(conn: &mut Conn, kind: &str) -> Result<Option<String>> {
    let latest = config_objects::table
        .filter(config_objects::kind.eq(kind))
        .order((config_objects::version.desc(), config_objects::id))
        .select((config_objects::hash, config_objects::retired_at))
        .first::<(String, Option<NaiveDateTime>)>(conn)
        .optional()?;
    Ok(latest.filter(|(_, retired_at)| retired_at.is_none()).map(|(hash, _)| hash))
}

/// One version of an object.
pub fn find(conn: &mut Conn, kind: &str, id: &str, version: i32) -> Result<Option<Published>> {
    let row = config_objects::table.find((kind, id, version)).first::<Row>(conn).optional()?;
    Ok(row.map(Published::from))
}

/// The version with a hash.
pub fn by_hash(conn: &mut Conn, hash: &str) -> Result<Option<Published>> {
    let row = config_objects::table.filter(config_objects::hash.eq(hash)).first::<Row>(conn).optional()?;
    Ok(row.map(Published::from))
}

/// Every version, by kind, id and version.
pub fn list(conn: &mut Conn) -> Result<Vec<Published>> {
    let rows = config_objects::table
        .order((config_objects::kind, config_objects::id, config_objects::version))
        .load::<Row>(conn)?;
    Ok(rows.into_iter().map(Published::from).collect())
}

/// Stores artefacts, unless they are there; gives how many were not.
pub fn store_artefacts(conn: &mut Conn, all: &[Artefact]) -> Result<usize> {
    let mut stored = 0;
    for artefact in all {
        let row = (
            artefacts::hash.eq(artefact.hash.clone()),
            artefacts::media_type.eq(artefact.media_type.clone()),
            artefacts::bytes.eq(artefact.bytes.clone()),
        );
        stored += either!(&mut *conn, c => diesel::insert_into(artefacts::table)
            .values(row)
            .on_conflict(artefacts::hash)
            .do_nothing()
            .execute(c))?;
    }
    Ok(stored)
}

/// The artefact with a hash.
pub fn artefact(conn: &mut Conn, hash: &str) -> Result<Option<Artefact>> {
    let row = artefacts::table.find(hash).first::<(String, String, Vec<u8>)>(conn).optional()?;
    Ok(row.map(|(hash, media_type, bytes)| Artefact { hash, media_type, bytes }))
}
