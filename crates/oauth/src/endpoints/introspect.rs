//! `POST /oauth/introspect`: what a token of one's own is worth (RFC 7662). Never who the customer is.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use counterfoil_domain::grant::State;
use counterfoil_store::apps::{App, AppState};
use counterfoil_store::tokens::{self, TokenFacts};
use oauth2::basic::BasicTokenType;
use oauth2::{ClientId, ExtraTokenFields, Scope, StandardTokenIntrospectionResponse};
use serde::{Deserialize, Serialize};

use super::{counted, private};
use crate::Oauth;
use crate::client::authenticate;
use crate::details::{Object, granted};
use crate::error::OauthError;
use crate::facts::Facts;
use crate::form::Form;
use crate::opaque::{self, Kind};

#[derive(Debug, Default, Serialize, Deserialize)]
struct Extra {
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant_version: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_details: Option<Vec<Object>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_expires_in: Option<i64>,
}

/// RFC 7800, with the member of RFC 9449 section 6.
#[derive(Debug, Serialize, Deserialize)]
struct Confirmation {
    jkt: String,
}

impl ExtraTokenFields for Extra {}

type Answer = StandardTokenIntrospectionResponse<Extra, BasicTokenType>;

pub(crate) async fn tell(
    oauth: web::Data<Oauth>,
    request: HttpRequest,
    form: Form,
) -> Result<HttpResponse, OauthError> {
    counted(&oauth, "introspect", accept(&oauth, &request, &form).await)
}

async fn accept(oauth: &Oauth, request: &HttpRequest, form: &Form) -> Result<HttpResponse, OauthError> {
    let app = authenticate(oauth, request, form).await?;
    let token = form.require("token", "token is missing")?;
    let hash = opaque::hash(Kind::Access, token).or_else(|| opaque::hash(Kind::Refresh, token));
    let found = match hash {
        None => None,
        Some(hash) => {
            oauth.store().read(move |conn| Ok::<_, OauthError>(tokens::facts(conn, &hash)?)).await?
        }
    };
    let now = oauth.clock().now();
    let answer = match found.filter(|found| is_active(found, &app, now)) {
        Some(found) => active(oauth, Facts::new(found, now), now),
        None => Answer::new(false, Extra::default()),
    };
    Ok(private(StatusCode::OK, answer))
}

fn is_active(found: &TokenFacts, app: &App, now: DateTime<Utc>) -> bool {
    found.token.client_id == app.client_id
        && found.token.expires_at.is_none_or(|end| end > now)
        && found.grant.state_at(now) == State::Active
        && found.app_state == AppState::Approved
        && found.customer_epoch.is_some()
        && !found.is_orphan
}

fn active(oauth: &Oauth, facts: Facts, now: DateTime<Utc>) -> Answer {
    let Facts { found, details, .. } = facts;
    let (token, grant, scope) = (found.token, found.grant, details.scope());
    let extra = Extra {
        cnf: Some(Confirmation { jkt: token.jkt }),
        grant_id: Some(format!("{}", grant.grant_id)),
        grant_version: Some(grant.version),
        authorization_details: Some(granted(details.as_ref().clone())),
        authorization_expires_in: grant.expires_at.map(|end| (end - now).num_seconds()),
    };
    let mut answer = Answer::new(true, extra);
    answer.set_scopes(Some(scope.split(' ').map(|word| Scope::new(word.to_owned())).collect()));
    answer.set_client_id(Some(ClientId::new(format!("{}", token.client_id))));
    answer.set_token_type(Some(BasicTokenType::Extension("DPoP".to_owned())));
    answer.set_exp(token.expires_at);
    answer.set_iat(Some(token.issued_at));
    answer.set_iss(Some(oauth.issuer().to_owned()));
    answer.set_aud(Some(vec![oauth.address("/v1")]));
    answer
}
