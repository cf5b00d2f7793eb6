//! `POST /oauth/token`: a code or a refresh token becomes an access token bound to the client's key.

use std::time::Duration as StdDuration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Duration, Utc};
use counterfoil_domain::grant::{Act, State};
use counterfoil_domain::ids::GrantId;
use counterfoil_store::apps::App;
use counterfoil_store::codes::{self, Code};
use counterfoil_store::conn::Conn;
use counterfoil_store::grants::{self, Grant};
use counterfoil_store::people;
use counterfoil_store::system_tokens::{self, SystemToken};
use counterfoil_store::tokens::{self, Token, TokenKind};
use data_encoding::BASE64URL_NOPAD;
use oauth2::basic::BasicTokenType;
use oauth2::{
    AccessToken, EmptyExtraTokenFields, ExtraTokenFields, RefreshToken, Scope, StandardTokenResponse,
};
use openssl::{memcmp, sha::sha256};
use serde::{Deserialize, Serialize};

use super::{counted, private};
use crate::Oauth;
use crate::client::authenticate;
use crate::details::{self, Object, Scopes, granted};
use crate::dpop::proof_of;
use crate::error::{ErrorCode, OauthError, refuse};
use crate::form::Form;
use crate::grants::kill_tokens;
use crate::opaque::{self, Kind, Minted};

/// What the answer says beyond RFC 6749: RFC 9396, Grant Management, and the draft on authorization expiration.
#[derive(Debug, Serialize, Deserialize)]
struct Extra {
    authorization_details: Vec<Object>,
    grant_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_expires_in: Option<i64>,
}

impl ExtraTokenFields for Extra {}

type SystemAnswer = StandardTokenResponse<EmptyExtraTokenFields, BasicTokenType>;
type Answer = StandardTokenResponse<Extra, BasicTokenType>;

/// Tokens that were stored, in clear for their one journey.
struct Issued {
    grant: Grant,
    scope: String,
    access: Minted,
    access_expires_at: DateTime<Utc>,
    refresh: Option<Minted>,
}

pub(crate) async fn issue(
    oauth: web::Data<Oauth>,
    request: HttpRequest,
    form: Form,
) -> Result<HttpResponse, OauthError> {
    counted(&oauth, "token", accept(&oauth, &request, &form).await)
}

async fn accept(oauth: &Oauth, request: &HttpRequest, form: &Form) -> Result<HttpResponse, OauthError> {
    let app = authenticate(oauth, request, form).await?;
    let grant_type = form.require("grant_type", "grant_type is missing")?;
    if !["authorization_code", "refresh_token", "client_credentials"].contains(&grant_type) {
        return refuse(
            ErrorCode::UnsupportedGrantType,
            "grant_type must be authorization_code, refresh_token or client_credentials",
        );
    }
    if app.purposes.is_some() != (grant_type == "client_credentials") {
        return refuse(
            ErrorCode::UnauthorizedClient,
            "client_credentials is for the retailer's own systems, and they use nothing else",
        );
    }
    let jkt = proof_of(oauth, request, None)
        .map_err(|error| OauthError::Refused(ErrorCode::InvalidDpopProof, error.0))?;
    let Some(jkt) = jkt else {
        return refuse(ErrorCode::InvalidDpopProof, "A DPoP proof is missing; every token is bound to a key");
    };
    let now = oauth.clock().now();
    if grant_type == "client_credentials" {
        let answer = for_system(oauth, form, &app, jkt, now).await?;
        oauth.metrics().tokens.with_label_values(&["system"]).inc();
        return Ok(private(StatusCode::OK, answer));
    }
    let issued = if grant_type == "authorization_code" {
        redeem(oauth, form, app, jkt, now).await?
    } else {
        refresh(oauth, form, app, jkt, now).await?
    };
    oauth.metrics().tokens.with_label_values(&["access"]).inc();
    Ok(private(StatusCode::OK, answer(issued, now)))
}

/// The scope of tokens of the retailer's own systems.
const SYSTEM_SCOPE: &str = "internal";

/// A token for one of the retailer's own systems (RFC 6749 section 4.4). It comes without a refresh token: the next one is
/// had the same way.
async fn for_system(
    oauth: &Oauth,
    form: &Form,
    app: &App,
    jkt: String,
    now: DateTime<Utc>,
) -> Result<SystemAnswer, OauthError> {
    if form.get("scope").is_some_and(|scope| scope != SYSTEM_SCOPE) {
        return refuse(ErrorCode::InvalidScope, "The scope of the retailer's own systems is internal");
    }
    let access = opaque::mint(Kind::System, oauth.entropy());
    let seconds = oauth.settings().access_token_seconds;
    let token = SystemToken {
        token_hash: access.hash,
        client_id: app.client_id,
        jkt,
        expires_at: now + Duration::seconds(seconds),
    };
    oauth.store().write(move |conn| Ok::<_, OauthError>(system_tokens::insert(conn, &token)?)).await?;
    let kind = BasicTokenType::Extension("DPoP".to_owned());
    let mut answer = SystemAnswer::new(AccessToken::new(access.text), kind, EmptyExtraTokenFields {});
    answer.set_expires_in(Some(&StdDuration::from_secs(u64::try_from(seconds).unwrap_or_default())));
    answer.set_scopes(Some(vec![Scope::new(SYSTEM_SCOPE.to_owned())]));
    Ok(answer)
}

fn answer(issued: Issued, now: DateTime<Utc>) -> Answer {
    let Issued { grant, scope, access, access_expires_at, refresh } = issued;
    let extra = Extra {
        authorization_details: granted(grant.details.clone().cut_to(&scope)),
        grant_id: format!("{}", grant.grant_id),
        authorization_expires_in: grant.expires_at.map(|end| (end - now).num_seconds()),
    };
    let kind = BasicTokenType::Extension("DPoP".to_owned());
    let mut answer = Answer::new(AccessToken::new(access.text), kind, extra);
    let seconds = u64::try_from((access_expires_at - now).num_seconds()).unwrap_or_default();
    answer.set_expires_in(Some(&StdDuration::from_secs(seconds)));
    answer.set_scopes(Some(scope.split(' ').map(|word| Scope::new(word.to_owned())).collect()));
    answer.set_refresh_token(refresh.map(|refresh| RefreshToken::new(refresh.text)));
    answer
}

/// What became of a code.
enum Redemption {
    Issued(Box<Issued>),
    Refused(&'static str),
    /// It was redeemed before: what it gave is dead.
    Reused(GrantId),
}

async fn redeem(
    oauth: &Oauth,
    form: &Form,
    app: App,
    jkt: String,
    now: DateTime<Utc>,
) -> Result<Issued, OauthError> {
    let code = form.require("code", "code is missing")?;
    let code_hash = opaque::hash(Kind::Code, code)
        .ok_or(OauthError::Refused(ErrorCode::InvalidGrant, "The code is not one of ours"))?;
    let redirect_uri = form.require("redirect_uri", "redirect_uri is missing")?.to_owned();
    let verifier = form.get("code_verifier").unwrap_or_default().to_owned();
    let server = oauth.clone();
    let redemption = oauth
        .store()
        .write(move |conn| {
            let Some(code) = codes::find(conn, &code_hash)?.filter(|code| code.client_id == app.client_id)
            else {
                return Ok::<_, OauthError>(Redemption::Refused("The code is not one of ours"));
            };
            let grant = grants::lock(conn, code.grant_id)?;
            // Read again: another redemption may have been under way until the grant was locked.
            let is_redeemed =
                code.redeemed || codes::find(conn, &code_hash)?.is_none_or(|code| code.redeemed);
            if is_redeemed {
                kill_tokens(&server, conn, code.grant_id, None)?;
                return Ok(Redemption::Reused(code.grant_id));
            }
            if let Err(refusal) = check_code(&code, &redirect_uri, &verifier, &jkt, now) {
                return Ok(Redemption::Refused(refusal));
            }
            let Some(grant) = grant else { return Ok(Redemption::Refused("The grant is over")) };
            let is_gone = people::epoch(conn, grant.person)?.is_none();
            match grant.state_at(now).after(Act::Redeem) {
                Ok(state) if !is_gone && codes::redeem(conn, &code_hash)? => {
                    grants::set_state(conn, grant.grant_id, state)?;
                    let issued = first_tokens(&server, conn, grant, &jkt, now)?;
                    Ok(Redemption::Issued(Box::new(issued)))
                }
                _ => Ok(Redemption::Refused("The grant is over")),
            }
        })
        .await?;
    match redemption {
        Redemption::Issued(issued) => {
            oauth.metrics().tokens.with_label_values(&["refresh"]).inc();
            oauth.metrics().grants.with_label_values(&[State::Active.name()]).inc();
            Ok(*issued)
        }
        Redemption::Refused(description) => refuse(ErrorCode::InvalidGrant, description),
        Redemption::Reused(grant_id) => {
            oauth.facts().forget_grant(grant_id);
            refuse(ErrorCode::InvalidGrant, "The code was used before; the tokens that it gave are revoked")
        }
    }
}

fn check_code(
    code: &Code,
    redirect_uri: &str,
    verifier: &str,
    jkt: &str,
    now: DateTime<Utc>,
) -> Result<(), &'static str> {
    if code.expires_at <= now {
        return Err("The code is older than 60 seconds");
    }
    if code.redirect_uri != redirect_uri {
        return Err("redirect_uri is not that of the request");
    }
    let challenge = BASE64URL_NOPAD.encode(&sha256(verifier.as_bytes()));
    let is_same_length = challenge.len() == code.code_challenge.len();
    if !is_same_length || !memcmp::eq(challenge.as_bytes(), code.code_challenge.as_bytes()) {
        return Err("code_verifier does not fit the code_challenge of the request");
    }
    if code.jkt.as_ref().is_some_and(|bound| bound != jkt) {
        return Err("The code is bound to another key");
    }
    Ok(())
}

fn first_tokens(
    oauth: &Oauth,
    conn: &mut Conn,
    grant: Grant,
    jkt: &str,
    now: DateTime<Utc>,
) -> Result<Issued, OauthError> {
    let refresh = opaque::mint(Kind::Refresh, oauth.entropy());
    let scope = grant.details.scope();
    tokens::insert(
        conn,
        &Token {
            token_hash: refresh.hash,
            kind: TokenKind::Refresh,
            grant_id: grant.grant_id,
            client_id: grant.client_id,
            scope: scope.clone(),
            jkt: jkt.to_owned(),
            parent: None,
            issued_at: now,
            expires_at: grant.expires_at,
        },
    )?;
    let issued = access_token(oauth, conn, grant, scope, jkt, refresh.hash, now)?;
    Ok(Issued { refresh: Some(refresh), ..issued })
}

fn access_token(
    oauth: &Oauth,
    conn: &mut Conn,
    grant: Grant,
    scope: String,
    jkt: &str,
    parent: [u8; 32],
    now: DateTime<Utc>,
) -> Result<Issued, OauthError> {
    let access = opaque::mint(Kind::Access, oauth.entropy());
    let end = now + Duration::seconds(oauth.settings().access_token_seconds);
    let access_expires_at = grant.expires_at.map_or(end, |grant_end| grant_end.min(end));
    tokens::insert(
        conn,
        &Token {
            token_hash: access.hash,
            kind: TokenKind::Access,
            grant_id: grant.grant_id,
            client_id: grant.client_id,
            scope: scope.clone(),
            jkt: jkt.to_owned(),
            parent: Some(parent),
            issued_at: now,
            expires_at: Some(access_expires_at),
        },
    )?;
    Ok(Issued { grant, scope, access, access_expires_at, refresh: None })
}

/// The refresh token stays as it is (FAPI 2.0 section 5.3.2.1-9): a lost answer costs nothing.
async fn refresh(
    oauth: &Oauth,
    form: &Form,
    app: App,
    jkt: String,
    now: DateTime<Utc>,
) -> Result<Issued, OauthError> {
    const DEAD: OauthError = OauthError::Refused(ErrorCode::InvalidGrant, "The refresh token is not valid");
    let refresh = form.require("refresh_token", "refresh_token is missing")?;
    let refresh_hash = opaque::hash(Kind::Refresh, refresh).ok_or(DEAD)?;
    let wanted = form.get("scope").map(|scope| details::scopes_of(scope, &app)).transpose()?;
    let server = oauth.clone();
    oauth
        .store()
        .write(move |conn| {
            let facts = tokens::facts(conn, &refresh_hash)?.ok_or(DEAD)?;
            let token = &facts.token;
            let is_theirs = token.client_id == app.client_id;
            let is_in_force = facts.grant.state_at(now) == State::Active && facts.customer_epoch.is_some();
            if !is_theirs || token.jkt != jkt || !is_in_force {
                return Err(DEAD);
            }
            let scope = match &wanted {
                // The refresh token is for the whole grant, which may hold less than when it was given out.
                None => facts.grant.details.scope(),
                Some(wanted) => narrowed(wanted, &facts.grant)?,
            };
            access_token(&server, conn, facts.grant, scope, &jkt, refresh_hash, now)
        })
        .await
}

/// A refresh may narrow what the grant holds, never widen it (RFC 6749 section 6).
fn narrowed(wanted: &Scopes, grant: &Grant) -> Result<String, OauthError> {
    let is_wider = wanted.datasets.iter().any(|dataset| !grant.details.holds(*dataset))
        || wanted.access.iter().any(|access| !grant.details.lets(*access));
    if wanted.is_empty() || is_wider {
        return refuse(ErrorCode::InvalidScope, "scope is wider than the grant");
    }
    Ok(wanted.words())
}
