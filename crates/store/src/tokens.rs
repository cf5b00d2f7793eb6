//! Access and refresh tokens, by their SHA-256. A token holds no rights: it names a grant.

use chrono::{DateTime, NaiveDateTime, Utc};
use counterfoil_domain::ids::{ClientId, GrantId};
use diesel::prelude::*;

use crate::apps::AppState;
use crate::conn::Conn;
use crate::error::{Error, Result};
use crate::grants::{self, Grant};
use crate::schema::{apps, customers, tokens};

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// For the API.
    Access,
    /// For new access tokens.
    Refresh,
}

impl TokenKind {
    fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Access, Self::Refresh].into_iter().find(|kind| kind.name() == name)
    }
}

/// A token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// What it is for.
    pub kind: TokenKind,
    /// The grant it names.
    pub grant_id: GrantId,
    /// To whom it was given.
    pub client_id: ClientId,
    /// The part of the grant's scope that it carries.
    pub scope: String,
    /// Thumbprint of the key it is bound to (RFC 9449).
    pub jkt: String,
    /// The refresh token that an access token came with or from.
    pub parent: Option<[u8; 32]>,
    /// When it was given out.
    pub issued_at: DateTime<Utc>,
    /// From when on it is worth nothing; absent for a refresh token of a grant without end.
    pub expires_at: Option<DateTime<Utc>>,
}

#[derive(Queryable)]
struct Row {
    token_hash: Vec<u8>,
    kind: String,
    grant_id: Vec<u8>,
    client_id: Vec<u8>,
    scope: String,
    jkt: String,
    parent: Option<Vec<u8>>,
    issued_at: NaiveDateTime,
    expires_at: Option<NaiveDateTime>,
}

impl Row {
    fn read(self) -> Result<Token> {
        let corrupt =
            |column| Error::corrupt("tokens", column, data_encoding::HEXLOWER.encode(&self.token_hash));
        let parent = self.parent.as_deref().map(<[u8; 32]>::try_from).transpose();
        Ok(Token {
            token_hash: self.token_hash.as_slice().try_into().map_err(|_| corrupt("token_hash"))?,
            kind: TokenKind::from_name(&self.kind).ok_or_else(|| corrupt("kind"))?,
            grant_id: GrantId::from_slice(&self.grant_id).map_err(|_| corrupt("grant_id"))?,
            client_id: ClientId::from_slice(&self.client_id).map_err(|_| corrupt("client_id"))?,
            parent: parent.map_err(|_| corrupt("parent"))?,
            scope: self.scope,
            jkt: self.jkt,
            issued_at: self.issued_at.and_utc(),
            expires_at: self.expires_at.map(|at| at.and_utc()),
        })
    }
}

/// A token with everything that its worth depends on, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    /// The token.
    pub token: Token,
    /// The grant it names.
    pub grant: Grant,
    /// Whether the app may do anything.
    pub app_state: AppState,
    /// The app's epoch.
    pub app_epoch: i64,
    /// The customer's epoch; `None` when the customer is gone.
    pub customer_epoch: Option<i64>,
    /// Ids of the categories that the customer hides from every app, sorted.
    pub hidden_categories: Vec<String>,
    /// The number in the customer's change feed at which that last changed.
    pub veil_seq: i64,
    /// Whether the refresh token that an access token came from is gone. One that was given out just while its
    /// refresh token was revoked is found out by this.
    pub is_orphan: bool,
}

/// Stores a new token.
pub fn insert(conn: &mut Conn, token: &Token) -> Result<()> {
    diesel::insert_into(tokens::table)
        .values((
            tokens::token_hash.eq(token.token_hash.to_vec()),
            tokens::kind.eq(token.kind.name()),
            tokens::grant_id.eq(token.grant_id.as_bytes().to_vec()),
            tokens::client_id.eq(token.client_id.as_bytes().to_vec()),
            tokens::scope.eq(token.scope.clone()),
            tokens::jkt.eq(token.jkt.clone()),
            tokens::parent.eq(token.parent.map(|parent| parent.to_vec())),
            tokens::issued_at.eq(token.issued_at.naive_utc()),
            tokens::expires_at.eq(token.expires_at.map(|at| at.naive_utc())),
        ))
        .execute(conn)?;
    Ok(())
}

/// A token by its hash.
pub fn find(conn: &mut Conn, token_hash: &[u8; 32]) -> Result<Option<Token>> {
    let row = tokens::table.find(token_hash.to_vec()).first::<Row>(conn).optional()?;
    row.map(Row::read).transpose()
}

/// A token with its grant, app and customer.
pub fn facts(conn: &mut Conn, token_hash: &[u8; 32]) -> Result<Option<TokenFacts>> {
    let Some(token) = find(conn, token_hash)? else { return Ok(None) };
    // Before the grant: what ends one takes its refresh tokens away with it, and whoever finds them gone must find why.
    let is_orphan = match &token.parent {
        Some(parent) => find(conn, parent)?.is_none(),
        None => false,
    };
    let Some(grant) = grants::find(conn, token.grant_id)? else { return Ok(None) };
    let app = apps::table
        .find(grant.client_id.as_bytes().to_vec())
        .select((apps::state, apps::app_epoch))
        .first::<(String, i64)>(conn)
        .optional()?;
    let Some((state, app_epoch)) = app else { return Ok(None) };
    let app_state =
        AppState::from_name(&state).ok_or_else(|| Error::corrupt("apps", "state", grant.client_id))?;
    let customer = customers::table
        .find(grant.person.as_bytes().to_vec())
        .select((customers::customer_epoch, customers::hidden_categories, customers::veil_seq))
        .first::<(i64, String, i64)>(conn)
        .optional()?;
    let customer_epoch = customer.as_ref().map(|(epoch, ..)| *epoch);
    let (_, hidden, veil_seq) = customer.unwrap_or_default();
    let hidden_categories = hidden.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    Ok(Some(TokenFacts {
        token,
        grant,
        app_state,
        app_epoch,
        customer_epoch,
        hidden_categories,
        veil_seq,
        is_orphan,
    }))
}

/// Removes one token, and the access tokens that came from it if it is a refresh token.
pub fn delete(conn: &mut Conn, token_hash: &[u8; 32]) -> Result<()> {
    let family = tokens::table
        .filter(tokens::token_hash.eq(token_hash.to_vec()).or(tokens::parent.eq(token_hash.to_vec())));
    diesel::delete(family).execute(conn)?;
    Ok(())
}

/// Removes every token of a grant.
pub fn delete_of_grant(conn: &mut Conn, grant_id: GrantId) -> Result<()> {
    diesel::delete(tokens::table.filter(tokens::grant_id.eq(grant_id.as_bytes().to_vec()))).execute(conn)?;
    Ok(())
}

/// Removes the refresh tokens of a grant that ended. Its access tokens stay until their time is over, so that
/// whoever comes with one is told why it does not work.
pub fn delete_refresh_of_grant(conn: &mut Conn, grant_id: GrantId) -> Result<()> {
    let refresh = tokens::table
        .filter(tokens::grant_id.eq(grant_id.as_bytes().to_vec()))
        .filter(tokens::kind.eq(TokenKind::Refresh.name()));
    diesel::delete(refresh).execute(conn)?;
    Ok(())
}

/// Removes the tokens whose time was over before `before`; how many.
pub fn delete_expired(conn: &mut Conn, before: DateTime<Utc>) -> Result<usize> {
    Ok(diesel::delete(tokens::table.filter(tokens::expires_at.lt(before.naive_utc()))).execute(conn)?)
}
