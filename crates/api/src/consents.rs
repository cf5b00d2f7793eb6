//! `GET /v1/consents`, `/v1/consents/{id}` and its receipt: what the customer agreed to, as far as the grant's asks go.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, SecondsFormat, Utc};
use counterfoil_domain::ids::{ConsentId, Person};
use counterfoil_ledger::seal::Refusal;
use counterfoil_oauth::access::{Access, VolunteeredRead, refusal};
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_store::Error;
use counterfoil_volunteered::asks::ConsentView;
use counterfoil_volunteered::receipts::{ReceiptError, Receipts};
use counterfoil_volunteered::{Volunteering, consents};
use serde_json::{Value, json};

use crate::present::present;
use crate::purchases::TRIES;
use crate::receipt::patience;
use crate::setup::Api;
use crate::{query, refused, standing};

/// `GET /v1/consents`
pub(crate) async fn list(
    request: HttpRequest,
    access: Access<VolunteeredRead>,
    api: web::Data<Api>,
    volunteering: web::Data<Volunteering>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count(access.grant_id)?;
    query::none(request.query_string())?;
    let (consents, _) = read(&api, &volunteering, access).await?;
    let described: Vec<Value> = consents.iter().map(describe).collect();
    let mut response = HttpResponse::Ok();
    left.tell(&mut response);
    Ok(response.insert_header((CACHE_CONTROL, "no-store")).json(json!({ "data": described })))
}

/// `GET /v1/consents/{id}`
pub(crate) async fn show(
    request: HttpRequest,
    access: Access<VolunteeredRead>,
    id: web::Path<String>,
    api: web::Data<Api>,
    volunteering: web::Data<Volunteering>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count(access.grant_id)?;
    query::none(request.query_string())?;
    let (consents, _) = read(&api, &volunteering, access).await?;
    let consent = one(&consents, &id)?;
    let mut response = HttpResponse::Ok();
    left.tell(&mut response);
    Ok(response.insert_header((CACHE_CONTROL, "no-store")).json(json!({ "data": describe(consent) })))
}

/// `GET /v1/consents/{id}/receipt`
pub(crate) async fn receipt(
    request: HttpRequest,
    access: Access<VolunteeredRead>,
    id: web::Path<String>,
    api: web::Data<Api>,
    volunteering: web::Data<Volunteering>,
    receipts: web::Data<Receipts>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count(access.grant_id)?;
    query::none(request.query_string())?;
    let (consents, person) = read(&api, &volunteering, access).await?;
    let consent_id = one(&consents, &id)?.consent_id;
    let made = receipts.wait(person, consent_id, false, patience(&request)).await;
    let bytes = made.map_err(no_receipt)?;
    let mut response = HttpResponse::Ok();
    left.tell(&mut response);
    Ok(response
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_TYPE, "application/zip"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{consent_id}.zip\"")))
        .body(bytes))
}

/// The customer's consents that the grant reaches, with the grant in force after they were read.
async fn read(
    api: &Api,
    volunteering: &Volunteering,
    access: Access<VolunteeredRead>,
) -> Result<(Vec<ConsentView>, Person), Problem> {
    let mut access = access;
    for _ in 0..TRIES {
        let app = standing::of(&access);
        let consents = consents::of_app(volunteering, &app).await.map_err(refused::problem)?;
        match api.sealer().check(&app.standing).await {
            Ok(()) => return Ok((consents, access.person)),
            Err(Refusal::Changed) => access = access.reload().await?,
            Err(refused) => return Err(refusal(&refused)),
        }
    }
    Err(Problem::new(Code::TooBusy))
}

fn one<'a>(consents: &'a [ConsentView], id: &str) -> Result<&'a ConsentView, Problem> {
    let wanted: Option<ConsentId> = id.parse().ok();
    let found = consents.iter().find(|consent| Some(consent.consent_id) == wanted);
    found.ok_or_else(|| Problem::new(Code::NotFound))
}

fn describe(view: &ConsentView) -> Value {
    let instant = |at: DateTime<Utc>| json!(at.to_rfc3339_opts(SecondsFormat::Micros, true));
    present([
        ("id", Some(json!(format!("{}", view.consent_id)))),
        ("purpose", Some(json!({ "id": view.purpose.id, "version": view.purpose.version }))),
        ("ask", view.ask.as_ref().map(|ask| json!(ask))),
        ("state", Some(json!(view.state.name()))),
        ("version", Some(json!(view.version))),
        ("requestedAt", Some(instant(view.requested_at))),
        ("givenAt", view.given_at.map(instant)),
        ("expiresAt", view.expires_at.map(instant)),
        ("endedAt", view.ended_at.map(instant)),
    ])
}

fn no_receipt(error: ReceiptError) -> Problem {
    match error {
        ReceiptError::NotFound | ReceiptError::Forgotten => Problem::new(Code::NotFound),
        ReceiptError::NotPublished => {
            Problem::new(Code::Unavailable).detail("No checkpoint covers the newest entry of the consent yet")
        }
        ReceiptError::Store(Error::Behind(_)) => Problem::new(Code::LedgerRolledBack),
        ReceiptError::Store(error) => error.into(),
        error => {
            tracing::error!(%error, "a receipt cannot be made");
            Problem::new(Code::Internal)
        }
    }
}
