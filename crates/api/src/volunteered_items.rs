//! `GET /v1/volunteered-items`: what customers told that can be used for a purpose now, for the retailer's own systems.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::SecondsFormat;
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_oauth::system::System;
use counterfoil_volunteered::Volunteering;
use counterfoil_volunteered::handing::{self, Handed, HandedItem, System as Fetching};
use serde_json::{Value, json};

use crate::present::present;
use crate::setup::Api;
use crate::{query, refused};

/// Items on a page unless asked otherwise.
const USUAL: u32 = 50;

pub(crate) async fn list(
    request: HttpRequest,
    system: System,
    api: web::Data<Api>,
    volunteering: web::Data<Volunteering>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count_system(system.client_id)?;
    let parameters = query::parameters(request.query_string(), &["purpose", "after", "limit"])?;
    let purpose = parameters.get("purpose").ok_or_else(|| query::invalid("purpose", "is missing"))?;
    let number = |name: &str, usual: i64| match parameters.get(name) {
        None => Ok(usual),
        Some(text) => text.parse::<i64>().map_err(|_| query::invalid(name, "must be a whole number")),
    };
    let after = number("after", -1)?;
    let limit = u32::try_from(number("limit", i64::from(USUAL))?).ok();
    let limit = limit.filter(|limit| (1..=handing::MOST).contains(limit));
    let limit =
        limit.ok_or_else(|| Problem::new(Code::LimitOutOfRange).parameter("limit", "must be 1 to 500"))?;
    system.may_pursue(purpose)?;
    let fetching = Fetching { client_id: system.client_id, name: system.name };
    let page =
        handing::fetch(&volunteering, &fetching, purpose, after, limit).await.map_err(refused::problem)?;
    let items: Vec<Value> = page.items.iter().map(described).collect();
    let answer = json!({ "data": items, "next": page.next, "hasMore": page.has_more });
    let mut response = HttpResponse::Ok();
    left.tell(&mut response);
    Ok(response.insert_header((CACHE_CONTROL, "no-store")).json(answer))
}

fn described(handed: &Handed) -> Value {
    let HandedItem { item_id, customer_id, consent_id, ask, ask_version, version, value, until, seq, .. } =
        match handed {
            Handed::Item(item) => item.as_ref(),
            Handed::Tombstone { item_id, seq } => {
                return json!({ "id": format!("{item_id}"), "seq": seq, "deleted": true });
            }
        };
    let members = [
        ("id", Some(json!(format!("{item_id}")))),
        ("seq", Some(json!(seq))),
        ("customerId", Some(json!(customer_id))),
        ("consentId", Some(json!(format!("{consent_id}")))),
        ("ask", Some(json!(ask))),
        ("askVersion", Some(json!(ask_version))),
        ("version", Some(json!(version))),
        ("value", Some(value.clone())),
        ("until", until.map(|at| json!(at.to_rfc3339_opts(SecondsFormat::Micros, true)))),
    ];
    present(members)
}
