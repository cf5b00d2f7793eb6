//! `POST /v1/exchanges/{id}/delivered`: the system that hands out points or money says that it gave what was promised.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::SecondsFormat;
use counterfoil_domain::ids::ExchangeId;
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_oauth::system::System;
use counterfoil_volunteered::handing::System as Delivering;
use counterfoil_volunteered::{Volunteering, exchanges};
use serde::Deserialize;
use serde_json::json;

use crate::body::{self, Body};
use crate::setup::Api;
use crate::{once, query, refused};

/// What the system says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Delivery {
    reference: String,
}

pub(crate) async fn record(
    request: HttpRequest,
    system: System,
    api: web::Data<Api>,
    id: web::Path<String>,
    bytes: Body,
    volunteering: web::Data<Volunteering>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count_system(system.client_id)?;
    query::none(request.query_string())?;
    let exchange_id: ExchangeId = id.parse().map_err(|_| Problem::new(Code::NotFound))?;
    let once = once::of(&api, &request, &[system.client_id.as_bytes()], &bytes)?;
    let Delivery { reference } = body::read(&request, &bytes)?;
    // What is owed for a purpose that is not the system's own is, to it, not there.
    let purpose = exchanges::purpose_of(&volunteering, exchange_id).await.map_err(refused::problem)?;
    system.may_pursue(&purpose).map_err(|_| Problem::new(Code::NotFound))?;
    let delivering = Delivering { client_id: system.client_id, name: system.name };
    let given = exchanges::deliver(&volunteering, &delivering, exchange_id, &reference, once.as_ref())
        .await
        .map_err(refused::problem)?;
    let at = given.delivered_at.map(|at| at.to_rfc3339_opts(SecondsFormat::Micros, true));
    let mut response = HttpResponse::Ok();
    left.tell(&mut response);
    Ok(response.insert_header((CACHE_CONTROL, "no-store")).json(json!({ "data": {
        "id": format!("{}", given.exchange_id), "state": given.state.name(), "deliveredAt": at,
    } })))
}
