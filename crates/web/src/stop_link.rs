//! The link in a receipt: stops one agreement without signing in.
//!
//! The token in the address is the proof, and stands in the form as well: whoever can send the form has the link. Only a
//! POST stops anything, so that a program which looks at links in mails ends nothing. What was bought is not shown, nor
//! what is left out: whoever finds the link learns which app it is about, and what it may see.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::SecondsFormat;
use counterfoil_oauth::grants::GrantError;
use counterfoil_oauth::receipts::{Receipts, StopError};
use minijinja::{Value, context};

use crate::connected::describe;
use crate::failure::{Failure, Fault};
use crate::form::Fields;
use crate::pages::{Pages, lead};

/// `GET /stop/{token}`
pub(crate) async fn show(
    pages: Pages,
    receipts: web::Data<Receipts>,
    token: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let view = receipts.stoppable(&token).await.map_err(|error| Fault::new(&pages, failure(&error)))?;
    let at = view.ended_at.filter(|_| view.state.is_final());
    let values = context! {
        token => token.as_str(),
        app => describe(&pages, &view),
        is_final => at.is_some(),
        how => at.map(|_| pages.words().stopped(view.state)),
        at => at.map(|at| Value::from_safe_string(pages.moment(at))),
        at_value => at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)),
    };
    Ok(pages.page(StatusCode::OK, "stop-link.html", values, &[]))
}

/// `POST /stop/{token}`
pub(crate) async fn stop(
    pages: Pages,
    receipts: web::Data<Receipts>,
    request: HttpRequest,
    token: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let fault = |failure| Fault::new(&pages, failure);
    let fields = Fields::of_link_form(&request, &body, &token).map_err(fault)?;
    let pages = pages.of_form(&fields);
    match receipts.stop(&token).await {
        // What has ended meanwhile, however it did, is what was asked for.
        Ok(_) | Err(StopError::Grant(GrantError::Final(_))) => {}
        Err(error) => return Err(Fault::new(&pages, failure(&error))),
    }
    Ok(lead(&format!("/stop/{token}?lang={}", pages.words().tag())))
}

fn failure(error: &StopError) -> Failure {
    match error {
        StopError::Unknown => Failure::StopLinkUnknown,
        StopError::TooOften => Failure::TooOften,
        StopError::Grant(error) => error.into(),
    }
}
