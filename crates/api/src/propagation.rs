//! `POST /v1/propagation/{id}/ack`: a system says what it did with something that is gone.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::SecondsFormat;
use counterfoil_domain::ids::PropagationId;
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_oauth::system::System;
use counterfoil_store::propagations::Outcome;
use counterfoil_volunteered::{Volunteering, telling};
use serde::Deserialize;
use serde_json::json;

use crate::body::{self, Body};
use crate::setup::Api;
use crate::{query, refused};

/// What the system says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    outcome: String,
}

pub(crate) async fn acknowledge(
    request: HttpRequest,
    system: System,
    id: web::Path<String>,
    bytes: Body,
    api: web::Data<Api>,
    volunteering: web::Data<Volunteering>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count_system(system.client_id)?;
    query::none(request.query_string())?;
    let propagation_id: PropagationId = id.parse().map_err(|_| Problem::new(Code::NotFound))?;
    let Answer { outcome } = body::read(&request, &bytes)?;
    let outcome = Outcome::from_name(&outcome).ok_or_else(|| {
        Problem::new(Code::InvalidRequest).pointer("/outcome", "must be deleted or none_held")
    })?;
    let acknowledged = telling::acknowledge(&volunteering, system.client_id, propagation_id, outcome);
    let acknowledged = acknowledged.await.map_err(refused::problem)?;
    let mut response = HttpResponse::Ok();
    left.tell(&mut response);
    Ok(response.insert_header((CACHE_CONTROL, "no-store")).json(json!({ "data": {
        "id": format!("{propagation_id}"),
        "outcome": acknowledged.outcome.name(),
        "acknowledgedAt": acknowledged.at.to_rfc3339_opts(SecondsFormat::Micros, true),
    } })))
}
