//! `POST /v1/uses`: a system of the retailer reports that it used what customers told.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use counterfoil_domain::ids::ItemId;
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_oauth::system::System;
use counterfoil_volunteered::Volunteering;
use counterfoil_volunteered::handing::{self, System as Reporting, Use};
use serde::Deserialize;
use serde_json::json;

use crate::body::{self, Body};
use crate::setup::Api;
use crate::{once, query, refused};

/// Most uses of one report.
const MOST: usize = 500;

/// What a system reports.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    purpose: String,
    uses: Vec<Used>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Used {
    id: String,
    at: DateTime<Utc>,
    says: String,
}

pub(crate) async fn report(
    request: HttpRequest,
    system: System,
    api: web::Data<Api>,
    bytes: Body,
    volunteering: web::Data<Volunteering>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count_system(system.client_id)?;
    query::none(request.query_string())?;
    let once = once::of(&api, &request, &[system.client_id.as_bytes()], &bytes)?;
    let Report { purpose, uses } = body::read(&request, &bytes)?;
    system.may_pursue(&purpose)?;
    if uses.is_empty() || uses.len() > MOST {
        let detail = format!("must hold 1 to {MOST} uses");
        return Err(Problem::new(Code::InvalidRequest).pointer("/uses", detail));
    }
    let mut read = Vec::with_capacity(uses.len());
    for (place, Used { id, at, says }) in uses.into_iter().enumerate() {
        let item_id: ItemId = id.parse().map_err(|_| {
            Problem::new(Code::InvalidRequest)
                .pointer(format!("/uses/{place}/id"), "is no item's id, which begins with vol_")
        })?;
        read.push(Use { item_id, at, says });
    }
    let reporting = Reporting { client_id: system.client_id, name: system.name };
    let recorded = handing::report(&volunteering, &reporting, &purpose, &read, once.as_ref())
        .await
        .map_err(refused::problem)?;
    let mut response = HttpResponse::Ok();
    left.tell(&mut response);
    Ok(response.insert_header((CACHE_CONTROL, "no-store")).json(json!({ "data": { "recorded": recorded } })))
}
