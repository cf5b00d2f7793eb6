//! `GET /oauth/authorize`: the customer's browser arrives with a pushed request, and goes on to our pages.
//!
//! Opening a request does not use it up; answering it does.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_store::apps::{self, AppState};

use crate::Oauth;
use crate::error::{ErrorCode, OauthError};
use crate::form::Form;
use crate::pushed::{self, Open, URN};
use crate::redirect::{self, Answer};
use crate::session::Session;

/// A mistake that stays on our own page, since nobody yet proved where else it may go.
enum Mistake {
    Request,
    UnknownRequest,
    UnknownApp,
    InactiveApp,
    Unavailable,
}

impl Mistake {
    fn code(&self) -> &'static str {
        match self {
            Self::Request => "request_invalid",
            Self::UnknownRequest => "request_unknown",
            Self::UnknownApp => "app_unknown",
            Self::InactiveApp => "app_not_active",
            Self::Unavailable => "unavailable",
        }
    }
}

impl From<counterfoil_store::Error> for Mistake {
    fn from(error: counterfoil_store::Error) -> Self {
        tracing::error!(%error, "the store failed");
        Self::Unavailable
    }
}

pub(crate) async fn begin(
    oauth: web::Data<Oauth>,
    request: HttpRequest,
    session: Option<Session>,
) -> HttpResponse {
    match next(&oauth, request.query_string(), session.is_some()).await {
        Ok(address) => see_other(&address),
        Err(mistake) => {
            oauth.metrics().refused.with_label_values(&["authorize", mistake.code()]).inc();
            see_other(&oauth.address(&format!("/error?code={}", mistake.code())))
        }
    }
}

/// Where the browser goes. Of the query only `client_id` and `request_uri` count (FAPI 2.0 section 5.3.2.2-3).
async fn next(oauth: &Oauth, query: &str, is_signed_in: bool) -> Result<String, Mistake> {
    let query = Form::parse(query.as_bytes()).map_err(|_: OauthError| Mistake::Request)?;
    let client_id = query.get("client_id").ok_or(Mistake::Request)?.to_owned();
    let request_uri = query.get("request_uri").ok_or(Mistake::Request)?;
    let reference = request_uri.strip_prefix(URN).ok_or(Mistake::Request)?.to_owned();
    let client_id = client_id.parse().map_err(|_| Mistake::UnknownApp)?;
    let (text, now) = (reference.clone(), oauth.clock().now());
    let (app, open) = oauth
        .store()
        .read(move |conn| {
            Ok::<_, counterfoil_store::Error>((
                apps::find(conn, client_id)?,
                pushed::find(conn, &text, now, false)?,
            ))
        })
        .await?;
    let app = app.ok_or(Mistake::UnknownApp)?;
    let open = open.filter(|open| open.app.client_id == app.client_id).ok_or(Mistake::UnknownRequest)?;
    if app.state != AppState::Approved {
        return Err(Mistake::InactiveApp);
    }
    if open.parameters.is_silent {
        return Ok(silent_refusal(oauth, &open, is_signed_in));
    }
    let page = if is_signed_in { "/consent" } else { "/sign-in" };
    Ok(oauth.address(&format!("{page}?request={reference}")))
}

/// `prompt=none` can never succeed: consent is always asked.
fn silent_refusal(oauth: &Oauth, open: &Open, is_signed_in: bool) -> String {
    let error = if is_signed_in {
        Answer::Error(ErrorCode::ConsentRequired, "The customer has to be asked")
    } else {
        Answer::Error(ErrorCode::LoginRequired, "The customer has to sign in")
    };
    redirect::answer(oauth, &open.parameters.redirect_uri, open.parameters.state.as_deref(), &error)
}

fn see_other(address: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, address))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .finish()
}
