//! `POST /v1/decisions`: may this be used, for this, now?

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::SecondsFormat;
use counterfoil_oauth::problem::Problem;
use counterfoil_oauth::system::System;
use counterfoil_volunteered::{Volunteering, decisions};
use serde::Deserialize;
use serde_json::json;

use crate::body::{self, Body};
use crate::present::present;
use crate::setup::Api;
use crate::{query, refused};

/// What a system asks.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Question {
    customer_id: String,
    purpose: String,
    attribute: Option<String>,
}

pub(crate) async fn decide(
    request: HttpRequest,
    system: System,
    api: web::Data<Api>,
    bytes: Body,
    volunteering: web::Data<Volunteering>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count_system(system.client_id)?;
    query::none(request.query_string())?;
    let question: Question = body::read(&request, &bytes)?;
    system.may_pursue(&question.purpose)?;
    let Question { customer_id, purpose, attribute } = question;
    let decided = decisions::decide(&volunteering, &customer_id, &purpose, attribute.as_deref());
    let decision = decided.await.map_err(refused::problem)?;
    let members = [
        ("permitted", Some(json!(decision.permitted))),
        ("reason", Some(json!(decision.reason.name()))),
        ("consentId", decision.consent_id.map(|id| json!(format!("{id}")))),
        ("until", decision.until.map(|at| json!(at.to_rfc3339_opts(SecondsFormat::Micros, true)))),
    ];
    let mut response = HttpResponse::Ok();
    left.tell(&mut response);
    Ok(response.insert_header((CACHE_CONTROL, "no-store")).json(json!({ "data": present(members) })))
}
