//! `GET` and `DELETE /oauth/grants/{grant_id}`: what became of a grant, and giving it back (in the shape of Grant
//! Management for OAuth 2.0). The caller is an app with a token of that grant.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::private;
use crate::Oauth;
use crate::access::{Access, Own};
use crate::details::{Object, granted};
use crate::grants;
use crate::problem::{Code, Problem};

#[derive(Serialize)]
struct Status {
    grant_id: String,
    scopes: Vec<Scope>,
    authorization_details: Vec<Object>,
    created_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
}

#[derive(Serialize)]
struct Scope {
    scope: String,
}

/// A grant that is not the token's own looks like one that does not exist.
fn check(access: &Access<Own>, grant_id: &str) -> Result<(), Problem> {
    if grant_id.parse() == Ok(access.grant_id) { Ok(()) } else { Err(Problem::new(Code::NotFound)) }
}

pub(crate) async fn show(access: Access<Own>, grant_id: web::Path<String>) -> Result<HttpResponse, Problem> {
    check(&access, &grant_id)?;
    let status = Status {
        grant_id: format!("{}", access.grant_id),
        scopes: vec![Scope { scope: access.details.scope() }],
        authorization_details: granted(access.details.as_ref().clone()),
        created_at: access.given_at.timestamp(),
        expires_at: access.expires_at.map(|end| end.timestamp()),
    };
    Ok(private(StatusCode::OK, status))
}

pub(crate) async fn end(
    oauth: web::Data<Oauth>,
    access: Access<Own>,
    grant_id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    check(&access, &grant_id)?;
    grants::end(&oauth, &access.standing()).await?;
    Ok(HttpResponse::NoContent().finish())
}
