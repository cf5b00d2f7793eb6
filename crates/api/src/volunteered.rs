//! `GET` and `POST /v1/volunteered`, `PUT` and `DELETE /v1/volunteered/{id}`: what the app tells for its customer.

use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, SecondsFormat, Utc};
use counterfoil_domain::ids::ItemId;
use counterfoil_domain::item::State;
use counterfoil_ledger::seal::{Disclosure, Look, Refusal};
use counterfoil_oauth::access::{Access, VolunteeredRead, VolunteeredWrite, refusal};
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_volunteered::items::{self, ExchangeView, ItemView, Owner, Submitted, SubmittedState};
use counterfoil_volunteered::{VolunteeredError, Volunteering};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::body::{self, Body, Unique};
use crate::present::present;
use crate::purchases::{TRIES, request_id};
use crate::setup::Api;
use crate::{once, query, refused, standing};

/// Items of one answer.
const MOST: usize = 500;

/// What an app sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    ask: String,
    version: u32,
    value: Unique,
}

/// Another value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Correction {
    value: Unique,
}

/// `GET /v1/volunteered`
pub(crate) async fn list(
    request: HttpRequest,
    access: Access<VolunteeredRead>,
    api: web::Data<Api>,
    volunteering: web::Data<Volunteering>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count(access.grant_id)?;
    query::none(request.query_string())?;
    let mut access = access;
    for _ in 0..TRIES {
        let app = standing::of(&access);
        let mut views = items::of_app(&volunteering, &app).await.map_err(refused::problem)?;
        views.truncate(MOST);
        let disclosure = Disclosure {
            request_id: request_id(&request),
            look: Look::Volunteered,
            purchases: 0,
            items: views.len(),
            from: None,
            to: None,
            datasets: Vec::new(),
        };
        // What holds nothing of the customer needs no entry.
        let sealed = if views.is_empty() {
            api.sealer().check(&app.standing).await
        } else {
            api.sealer().seal(app.standing, disclosure).await.map(drop)
        };
        match sealed {
            Ok(()) => {
                let described: Vec<Value> = views.iter().map(|view| describe(&api, view, true)).collect();
                let mut response = HttpResponse::Ok();
                left.tell(&mut response);
                response.insert_header((CACHE_CONTROL, "no-store"));
                return Ok(response.json(json!({ "data": described })));
            }
            Err(Refusal::Changed) => access = access.reload().await?,
            Err(refused) => return Err(refusal(&refused)),
        }
    }
    Err(Problem::new(Code::TooBusy))
}

/// `POST /v1/volunteered`
pub(crate) async fn submit(
    request: HttpRequest,
    access: Access<VolunteeredWrite>,
    bytes: Body,
    api: web::Data<Api>,
    volunteering: web::Data<Volunteering>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count(access.grant_id)?;
    query::none(request.query_string())?;
    // The keys are the app's for this customer: another grant of the two carries nothing out a second time.
    let once = once::of(&api, &request, &[access.client_id.as_bytes(), access.person.as_bytes()], &bytes)?;
    let Told { ask, version, value: Unique(value) } = body::read(&request, &bytes)?;
    let mut access = access;
    for _ in 0..TRIES {
        let app = standing::of(&access);
        match items::submit(&volunteering, &app, &ask, version, value.clone(), once.as_ref()).await {
            Ok(submitted) => {
                let mut response = HttpResponse::Created();
                left.tell(&mut response);
                let place = format!("{}/v1/volunteered/{}", api.base(), submitted.item_id);
                return Ok(response
                    .insert_header((LOCATION, place))
                    .insert_header((CACHE_CONTROL, "no-store"))
                    .json(json!({ "data": submitted_as(&api, &submitted, &ask, version) })));
            }
            Err(VolunteeredError::Refused(Refusal::Changed)) => access = access.reload().await?,
            Err(error) => return Err(in_value(error)),
        }
    }
    Err(Problem::new(Code::TooBusy))
}

/// `PUT /v1/volunteered/{id}`
pub(crate) async fn correct(
    request: HttpRequest,
    access: Access<VolunteeredWrite>,
    id: web::Path<String>,
    bytes: Body,
    api: web::Data<Api>,
    volunteering: web::Data<Volunteering>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count(access.grant_id)?;
    query::none(request.query_string())?;
    let item_id = item_of(&id)?;
    let Correction { value: Unique(value) } = body::read(&request, &bytes)?;
    let mut access = access;
    for _ in 0..TRIES {
        let owner = Owner::App(standing::of(&access));
        match items::correct(&volunteering, &owner, item_id, value.clone(), None).await {
            Ok(view) => {
                let mut response = HttpResponse::Ok();
                left.tell(&mut response);
                response.insert_header((CACHE_CONTROL, "no-store"));
                return Ok(response.json(json!({ "data": describe(&api, &view, false) })));
            }
            Err(VolunteeredError::Refused(Refusal::Changed)) => access = access.reload().await?,
            Err(error) => return Err(in_value(error)),
        }
    }
    Err(Problem::new(Code::TooBusy))
}

/// `DELETE /v1/volunteered/{id}`
pub(crate) async fn withdraw(
    request: HttpRequest,
    access: Access<VolunteeredWrite>,
    id: web::Path<String>,
    api: web::Data<Api>,
    volunteering: web::Data<Volunteering>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count(access.grant_id)?;
    query::none(request.query_string())?;
    let item_id = item_of(&id)?;
    let mut access = access;
    for _ in 0..TRIES {
        let owner = Owner::App(standing::of(&access));
        match items::withdraw(&volunteering, &owner, item_id, None).await {
            Ok(withdrawn) => {
                let mut response = HttpResponse::Ok();
                left.tell(&mut response);
                response.insert_header((CACHE_CONTROL, "no-store"));
                return Ok(response.json(json!({ "data": {
                    "id": format!("{item_id}"),
                    "state": State::Withdrawn.name(),
                    "endedAt": instant(withdrawn.at),
                    "systemsToTell": withdrawn.systems,
                } })));
            }
            Err(VolunteeredError::Refused(Refusal::Changed)) => access = access.reload().await?,
            Err(error) => return Err(refused::problem(error)),
        }
    }
    Err(Problem::new(Code::TooBusy))
}

/// What is no id at all is answered like an id that nobody has.
fn item_of(text: &str) -> Result<ItemId, Problem> {
    text.parse().map_err(|_| Problem::new(Code::NotFound))
}

/// Faults of a value stand where the body has it.
fn in_value(error: VolunteeredError) -> Problem {
    match error {
        VolunteeredError::Invalid(faults) => refused::problem(VolunteeredError::Invalid(
            faults.into_iter().map(|fault| fault.under("/value")).collect(),
        )),
        error => refused::problem(error),
    }
}

fn instant(at: DateTime<Utc>) -> Value {
    json!(at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

fn confirm_url(api: &Api, item_id: ItemId) -> Value {
    json!(format!("{}/told/{item_id}/confirm", api.base()))
}

fn submitted_as(api: &Api, submitted: &Submitted, ask: &str, version: u32) -> Value {
    let (state, until) = match submitted.state {
        SubmittedState::Live => (State::Live, None),
        SubmittedState::Waiting { until } => (State::Waiting, Some(until)),
    };
    present([
        ("id", Some(json!(format!("{}", submitted.item_id)))),
        ("ask", Some(json!(ask))),
        ("askVersion", Some(json!(version))),
        ("state", Some(json!(state.name()))),
        ("until", until.map(instant)),
        ("confirmUrl", until.map(|_| confirm_url(api, submitted.item_id))),
    ])
}

fn describe(api: &Api, view: &ItemView, with_value: bool) -> Value {
    present([
        ("id", Some(json!(format!("{}", view.item_id)))),
        ("ask", Some(json!(view.ask))),
        ("askVersion", Some(json!(view.ask_version))),
        ("state", Some(json!(view.state.name()))),
        ("version", Some(json!(view.version))),
        ("consentId", Some(json!(format!("{}", view.consent_id)))),
        ("value", view.value.clone().filter(|_| with_value)),
        ("sentAt", Some(instant(view.since))),
        ("until", view.until.map(instant)),
        ("endedAt", view.ended_at.map(instant)),
        ("confirmUrl", (view.state == State::Waiting).then(|| confirm_url(api, view.item_id))),
        ("exchange", view.exchange.as_ref().map(exchange)),
    ])
}

fn exchange(view: &ExchangeView) -> Value {
    present([
        ("id", Some(json!(format!("{}", view.exchange_id)))),
        ("state", Some(json!(view.state.name()))),
        ("amount", Some(json!(view.amount))),
        (if view.is_money { "currency" } else { "unit" }, Some(json!(view.unit))),
        ("dueAt", Some(instant(view.due_at))),
        ("deliveredAt", view.delivered_at.map(instant)),
    ])
}
