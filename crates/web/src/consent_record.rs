//! A consent of the customer's: take it back, with all that was told under it; keep it longer; its receipt.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_domain::exchange;
use counterfoil_domain::ids::ConsentId;
use counterfoil_domain::item::State;
use counterfoil_oauth::receipts::PATIENCE;
use counterfoil_oauth::session::{Session, Visitor};
use counterfoil_store::Error;
use counterfoil_volunteered::items::{self, ItemView};
use counterfoil_volunteered::receipts::{ReceiptError, Receipts};
use counterfoil_volunteered::{VolunteeredError, Volunteering, consents};
use minijinja::{Value, context};

use crate::failure::{Failure, Fault};
use crate::form::Fields;
use crate::pages::{Pages, lead, secure};
use crate::published::Objects;
use crate::shown::Asking;
use crate::told::title;

fn id_of(pages: &Pages, consent: &str) -> Result<ConsentId, Fault> {
    consent.parse().map_err(|_| Fault::new(pages, Failure::NotFound))
}

/// `GET /consents/{consent}/take-back`
pub(crate) async fn ask(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
    visitor: Visitor,
    consent: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let refused = |error: VolunteeredError| Fault::new(&pages, (&error).into());
    let consent_id = id_of(&pages, &consent)?;
    let consent = consents::find(&v, session.person, consent_id).await.map_err(refused)?;
    if !consent.state.is_in_force() {
        return Ok(lead("/told"));
    }
    let items = items::of(&v, session.person).await.map_err(refused)?;
    let covered: Vec<&ItemView> =
        items.iter().filter(|item| item.state == State::Live && item.consent_id == consent_id).collect();
    let objects = Objects::load(&v, covered.iter().map(|item| item.ask_hash.clone()).collect()).await;
    let objects = objects.map_err(|error| refused(error.into()))?;
    let titles: Vec<String> = covered.iter().map(|item| title(&pages, &objects, item)).collect();
    let systems: BTreeSet<&str> =
        covered.iter().flat_map(|item| &item.fetched_by).map(|touch| touch.name.as_str()).collect();
    let has = |wanted: &dyn Fn(exchange::State, bool) -> bool| {
        covered.iter().any(|item| {
            let given = item.exchange.as_ref();
            given.is_some_and(|given| wanted(given.state, !item.fetched_by.is_empty()))
        })
    };
    let whole = consent.purpose.processing.title.of(pages.words().tag());
    let values = context! {
        sign_out_token => visitor.form_token(),
        csrf => visitor.form_token(),
        consent_id => format!("{consent_id}"),
        title => titles.first().filter(|_| titles.len() == 1).map_or(whole, String::as_str),
        also => if titles.len() > 1 { titles.clone() } else { Vec::new() },
        has_told => !covered.is_empty(),
        systems => systems.len(),
        keeps => has(&|state, _| state == exchange::State::Delivered),
        comes => has(&|state, was_read| state.is_owed() && was_read),
        lapses => has(&|state, was_read| state.is_owed() && !was_read),
    };
    Ok(pages.page(StatusCode::OK, "take-back.html", values, &[]))
}

/// `POST /consents/{consent}/take-back`
pub(crate) async fn take_back(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    consent: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let fields = Fields::of_form(&visitor, &request, &body).map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&fields);
    let consent_id = id_of(&pages, &consent)?;
    match consents::withdraw(&v, session.person, consent_id, pages.shown(Asking::TakeBack)).await {
        // What has ended meanwhile, however it did, is what was asked for.
        Ok(_) | Err(VolunteeredError::NotNow(_)) => Ok(lead("/told?done=gone")),
        Err(error) => Err(Fault::new(&pages, (&error).into())),
    }
}

/// `GET /consents/{consent}/renew`
pub(crate) async fn ask_longer(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
    visitor: Visitor,
    consent: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let refused = |error: VolunteeredError| Fault::new(&pages, (&error).into());
    let consent_id = id_of(&pages, &consent)?;
    let consent = consents::find(&v, session.person, consent_id).await.map_err(refused)?;
    let Some(expires) = consent.expires_at.filter(|_| consent.state.is_in_force()) else {
        return Ok(lead("/told"));
    };
    let processing = &consent.purpose.processing;
    let values = context! {
        sign_out_token => visitor.form_token(),
        csrf => visitor.form_token(),
        consent_id => format!("{consent_id}"),
        title => processing.title.of(pages.words().tag()),
        says => processing.says.of(pages.words().tag()),
        until => Value::from_safe_string(pages.day(expires)),
    };
    Ok(pages.page(StatusCode::OK, "renew.html", values, &[]))
}

/// `POST /consents/{consent}/renew`
pub(crate) async fn renew(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    consent: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let fields = Fields::of_form(&visitor, &request, &body).map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&fields);
    let consent_id = id_of(&pages, &consent)?;
    match consents::renew(&v, session.person, consent_id, pages.shown(Asking::Renew)).await {
        Ok(_) => Ok(lead("/told?done=renewed")),
        Err(error) => Err(Fault::new(&pages, (&error).into())),
    }
}

/// `GET /consents/{consent}/receipt`
pub(crate) async fn receipt(
    pages: Pages,
    receipts: web::Data<Receipts>,
    session: Session,
    consent: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let consent_id = id_of(&pages, &consent)?;
    let made = receipts.wait(session.person, consent_id, true, PATIENCE).await;
    let bytes = made.map_err(|error| Fault::new(&pages, no_receipt(&error)))?;
    let mut response = HttpResponse::Ok();
    secure(&mut response, &[]);
    let name = format!("attachment; filename=\"receipt-{consent_id}.zip\"");
    Ok(response
        .insert_header((CONTENT_TYPE, "application/zip"))
        .insert_header((CONTENT_DISPOSITION, name))
        .body(bytes))
}

fn no_receipt(error: &ReceiptError) -> Failure {
    match error {
        ReceiptError::NotFound | ReceiptError::Forgotten => Failure::NotFound,
        ReceiptError::NotPublished => Failure::ReceiptNotReady,
        ReceiptError::Store(Error::Behind(_)) => Failure::LedgerRolledBack,
        error => {
            tracing::error!(%error, "a receipt of a consent cannot be made");
            Failure::Unavailable
        }
    }
}
