//! `POST /oauth/revoke`: an app gives a token back (RFC 7009). The grant stays: ending that is another act.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_store::{system_tokens, tokens};
use serde_json::json;

use super::{counted, private};
use crate::Oauth;
use crate::client::authenticate;
use crate::error::OauthError;
use crate::form::Form;
use crate::grants::kill_tokens;
use crate::opaque::{self, Kind};

pub(crate) async fn revoke(
    oauth: web::Data<Oauth>,
    request: HttpRequest,
    form: Form,
) -> Result<HttpResponse, OauthError> {
    counted(&oauth, "revoke", accept(&oauth, &request, &form).await)
}

async fn accept(oauth: &Oauth, request: &HttpRequest, form: &Form) -> Result<HttpResponse, OauthError> {
    let app = authenticate(oauth, request, form).await?;
    let token = form.require("token", "token is missing")?;
    // A token that is unknown or another app's is answered like one that was revoked.
    let hash = opaque::hash(Kind::Access, token).or_else(|| opaque::hash(Kind::Refresh, token));
    let client_id = app.client_id;
    if let Some(hash) = hash {
        let server = oauth.clone();
        let killed = oauth
            .store()
            .write(move |conn| {
                let found = tokens::find(conn, &hash)?.filter(|token| token.client_id == client_id);
                if let Some(token) = &found {
                    kill_tokens(&server, conn, token.grant_id, Some(&hash))?;
                }
                Ok::<_, OauthError>(found)
            })
            .await?;
        if let Some(token) = killed {
            oauth.facts().forget_grant(token.grant_id);
        }
    }
    if let Some(hash) = opaque::hash(Kind::System, token) {
        oauth
            .store()
            .write(move |conn| Ok::<_, OauthError>(system_tokens::delete(conn, &hash, client_id)?))
            .await?;
    }
    Ok(private(StatusCode::OK, json!({})))
}
