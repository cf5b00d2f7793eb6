//! Pushed authorization requests (RFC 9126), by the SHA-256 of their reference.

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::ids::{ClientId, Person, RecordId};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::schema::pushed_requests;

/// A pushed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedRequest {
    /// SHA-256 of the reference.
    pub request_hash: [u8; 32],
    /// Who pushed it.
    pub client_id: ClientId,
    /// The ledger chain that begins with it.
    pub record: RecordId,
    /// What was asked, as JSON.
    pub parameters: String,
    /// Thumbprint of the key that the code will be bound to.
    pub jkt: Option<String>,
    /// To whom it was first shown; nobody else can answer it.
    pub person: Option<Person>,
    /// Whether it was answered.
    pub finished: bool,
    /// From when on it is worth nothing.
    pub expires_at: DateTime<Utc>,
}

#[derive(Queryable)]
struct Row {
    request_hash: Vec<u8>,
    client_id: Vec<u8>,
    record: Vec<u8>,
    parameters: String,
    jkt: Option<String>,
    person: Option<Vec<u8>>,
    finished: bool,
    expires_at: NaiveDateTime,
}

impl Row {
    fn read(self) -> Result<PushedRequest> {
        let corrupt = |column| {
            Error::corrupt("pushed_requests", column, data_encoding::HEXLOWER.encode(&self.request_hash))
        };
        let person = self.person.as_deref().map(Person::from_slice).transpose();
        Ok(PushedRequest {
            request_hash: self.request_hash.as_slice().try_into().map_err(|_| corrupt("request_hash"))?,
            client_id: ClientId::from_slice(&self.client_id).map_err(|_| corrupt("client_id"))?,
            record: RecordId::from_slice(&self.record).map_err(|_| corrupt("record"))?,
            person: person.map_err(|_| corrupt("person"))?,
            parameters: self.parameters,
            jkt: self.jkt,
            finished: self.finished,
            expires_at: self.expires_at.and_utc(),
        })
    }
}

/// Stores a pushed request.
pub fn insert(conn: &mut Conn, request: &PushedRequest) -> Result<()> {
    diesel::insert_into(pushed_requests::table)
        .values((
            pushed_requests::request_hash.eq(request.request_hash.to_vec()),
            pushed_requests::client_id.eq(request.client_id.as_bytes().to_vec()),
            pushed_requests::record.eq(request.record.as_bytes().to_vec()),
            pushed_requests::parameters.eq(request.parameters.clone()),
            pushed_requests::jkt.eq(request.jkt.clone()),
            pushed_requests::person.eq(request.person.map(|person| person.as_bytes().to_vec())),
            pushed_requests::finished.eq(request.finished),
            pushed_requests::expires_at.eq(request.expires_at.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

/// A pushed request, whatever became of it.
pub fn find(conn: &mut Conn, request_hash: &[u8; 32]) -> Result<Option<PushedRequest>> {
    let row = pushed_requests::table.find(request_hash.to_vec()).first::<Row>(conn).optional()?;
    row.map(Row::read).transpose()
}

/// A pushed request, locked until the transaction ends.
pub fn lock(conn: &mut Conn, request_hash: &[u8; 32]) -> Result<Option<PushedRequest>> {
    let row = diesel::update(pushed_requests::table.find(request_hash.to_vec()))
        .set(pushed_requests::finished.eq(pushed_requests::finished))
        .returning(pushed_requests::all_columns)
        .get_result::<Row>(conn)
        .optional()?;
    row.map(Row::read).transpose()
}

/// Binds a request to the person it is shown to, and gives that person until `expires_at` to decide.
pub fn bind(
    conn: &mut Conn,
    request_hash: &[u8; 32],
    person: Person,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    diesel::update(pushed_requests::table.find(request_hash.to_vec()))
        .set((
            pushed_requests::person.eq(person.as_bytes().to_vec()),
            pushed_requests::expires_at.eq(expires_at.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Marks a request as answered.
pub fn finish(conn: &mut Conn, request_hash: &[u8; 32]) -> Result<()> {
    diesel::update(pushed_requests::table.find(request_hash.to_vec()))
        .set(pushed_requests::finished.eq(true))
        .execute(conn)?;
    Ok(())
}

/// Removes the requests whose time was over before `before`; how many.
pub fn delete_expired(conn: &mut Conn, before: DateTime<Utc>) -> Result<usize> {
    let over = pushed_requests::table.filter(pushed_requests::expires_at.lt(before.naive_utc()));
    Ok(diesel::delete(over).execute(conn)?)
}

/// Removes every request that was shown to a person.
pub fn delete_of(conn: &mut Conn, person: Person) -> Result<()> {
    let theirs = pushed_requests::table.filter(pushed_requests::person.eq(person.as_bytes().to_vec()));
    diesel::delete(theirs).execute(conn)?;
    Ok(())
}
