//! Authorization codes, by their SHA-256.

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::ids::{ClientId, GrantId};
use diesel::prelude::*;

use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::schema::codes;

/// An authorization code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// SHA-256 of the code.
    pub code_hash: [u8; 32],
    /// The grant it stands for.
    pub grant_id: GrantId,
    /// Who may redeem it.
    pub client_id: ClientId,
    /// Where it was sent.
    pub redirect_uri: String,
    /// PKCE challenge, method S256 (RFC 7636).
    pub code_challenge: String,
    /// Thumbprint of the key it is bound to.
    pub jkt: Option<String>,
    /// Whether it was redeemed.
    pub redeemed: bool,
    /// From when on it is worth nothing.
    pub expires_at: DateTime<Utc>,
}

#[derive(Queryable)]
struct Row {
    code_hash: Vec<u8>,
    grant_id: Vec<u8>,
    client_id: Vec<u8>,
    redirect_uri: String,
    code_challenge: String,
    jkt: Option<String>,
    redeemed: bool,
    expires_at: NaiveDateTime,
}

impl Row {
    fn read(self) -> Result<Code> {
        let corrupt =
            |column| Error::corrupt("codes", column, data_encoding::HEXLOWER.encode(&self.code_hash));
        Ok(Code {
            code_hash: self.code_hash.as_slice().try_into().map_err(|_| corrupt("code_hash"))?,
            grant_id: GrantId::from_slice(&self.grant_id).map_err(|_| corrupt("grant_id"))?,
            client_id: ClientId::from_slice(&self.client_id).map_err(|_| corrupt("client_id"))?,
            redirect_uri: self.redirect_uri,
            code_challenge: self.code_challenge,
            jkt: self.jkt,
            redeemed: self.redeemed,
            expires_at: self.expires_at.and_utc(),
        })
    }
}

/// Stores a new code.
pub fn insert(conn: &mut Conn, code: &Code) -> Result<()> {
    diesel::insert_into(codes::table)
        .values((
            codes::code_hash.eq(code.code_hash.to_vec()),
            codes::grant_id.eq(code.grant_id.as_bytes().to_vec()),
            codes::client_id.eq(code.client_id.as_bytes().to_vec()),
            codes::redirect_uri.eq(code.redirect_uri.clone()),
            codes::code_challenge.eq(code.code_challenge.clone()),
            codes::jkt.eq(code.jkt.clone()),
            codes::redeemed.eq(code.redeemed),
            codes::expires_at.eq(code.expires_at.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

/// A code, whatever became of it.
pub fn find(conn: &mut Conn, code_hash: &[u8; 32]) -> Result<Option<Code>> {
    let row = codes::table.find(code_hash.to_vec()).first::<Row>(conn).optional()?;
    row.map(Row::read).transpose()
}

/// Redeems a code; false if somebody did before.
pub fn redeem(conn: &mut Conn, code_hash: &[u8; 32]) -> Result<bool> {
    let unredeemed = codes::table.find(code_hash.to_vec()).filter(codes::redeemed.eq(false));
    Ok(diesel::update(unredeemed).set(codes::redeemed.eq(true)).execute(conn)? == 1)
}

/// Removes the codes whose time was over before `before`; how many. Until then a second use is noticed.
pub fn delete_expired(conn: &mut Conn, before: DateTime<Utc>) -> Result<usize> {
    Ok(diesel::delete(codes::table.filter(codes::expires_at.lt(before.naive_utc()))).execute(conn)?)
}

/// Removes the codes of a grant.
pub fn delete_of_grant(conn: &mut Conn, grant_id: GrantId) -> Result<()> {
    diesel::delete(codes::table.filter(codes::grant_id.eq(grant_id.as_bytes().to_vec()))).execute(conn)?;
    Ok(())
}
