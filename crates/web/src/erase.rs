//! A customer has everything about them erased: what goes, what stays, one confirmation, and what was done.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_oauth::Oauth;
use counterfoil_oauth::erasure::{self, Eraser};
use counterfoil_oauth::session::{Session, Sessions, Visitor};
use minijinja::context;

use crate::failure::{Failure, Fault};
use crate::form::Fields;
use crate::pages::{Pages, lead};
use crate::shown::Asking;

/// `GET /erase`
pub(crate) async fn ask(
    pages: Pages,
    eraser: web::Data<Eraser>,
    _session: Session,
    visitor: Visitor,
) -> Result<HttpResponse, Fault> {
    Ok(form_page(&pages, &eraser, &visitor, false))
}

fn form_page(pages: &Pages, eraser: &Eraser, visitor: &Visitor, is_unticked: bool) -> HttpResponse {
    let status = if is_unticked { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let values = context! {
        sign_out_token => visitor.form_token(),
        csrf => visitor.form_token(),
        evidence_days => eraser.evidence_days(),
        is_unticked,
    };
    pages.at("/erase", &[]).page(status, "erase.html", values, &[])
}

/// `POST /erase`
pub(crate) async fn erase(
    pages: Pages,
    (oauth, eraser, sessions): (web::Data<Oauth>, web::Data<Eraser>, web::Data<Sessions>),
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let form = Fields::of_form(&visitor, &request, &body).map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&form);
    let fault = |failure| Fault::new(&pages, failure);
    if !form.is_ticked("sure").map_err(fault)? {
        return Ok(form_page(&pages, &eraser, &visitor, true));
    }
    let unavailable = |error: counterfoil_store::Error| {
        tracing::error!(%error, "an erasure was not done to its end");
        fault(Failure::Unavailable)
    };
    let shown = pages.shown(Asking::Erase).clone();
    erasure::erase(&oauth, &eraser, session.person, &shown).await.map_err(unavailable)?;
    // The session went with its customer; what is left is the browser's cookie.
    let cookie = sessions.end(&session).await.map_err(unavailable)?;
    let mut response = lead("/erased");
    response.add_cookie(&cookie).map_err(|_| fault(Failure::Unavailable))?;
    Ok(response)
}

/// `GET /erased`: says nothing of anybody, so that whoever reloads it may.
pub(crate) async fn erased(pages: Pages, eraser: web::Data<Eraser>) -> HttpResponse {
    let values = context! { evidence_days => eraser.evidence_days() };
    pages.page(StatusCode::OK, "erased.html", values, &[])
}
