//! `POST /v1/pseudonyms/resolve`: whom the pseudonyms of the Kafka topics stand for, for the retailer's own systems.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_domain::ids::Pseudonym;
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_oauth::system::System;
use counterfoil_volunteered::{Volunteering, telling};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::body::{self, Body};
use crate::setup::Api;
use crate::{query, refused};

/// Most pseudonyms of one question.
const MOST: usize = 500;

/// What a system asks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    pseudonyms: Vec<String>,
}

pub(crate) async fn resolve(
    request: HttpRequest,
    system: System,
    bytes: Body,
    api: web::Data<Api>,
    volunteering: web::Data<Volunteering>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count_system(system.client_id)?;
    query::none(request.query_string())?;
    let Question { pseudonyms } = body::read(&request, &bytes)?;
    if pseudonyms.is_empty() || pseudonyms.len() > MOST {
        let detail = format!("must hold 1 to {MOST} pseudonyms");
        return Err(Problem::new(Code::InvalidRequest).pointer("/pseudonyms", detail));
    }
    let read = |(place, text): (usize, &String)| {
        text.parse::<Pseudonym>().map_err(|_| {
            Problem::new(Code::InvalidRequest)
                .pointer(format!("/pseudonyms/{place}"), "is no pseudonym, which begins with psn_")
        })
    };
    let wanted: Vec<Pseudonym> = pseudonyms.iter().enumerate().map(read).collect::<Result<_, _>>()?;
    let found = telling::resolve(&volunteering, &wanted).await.map_err(refused::problem)?;
    // In the order of the question; who is not known (any more) is not there.
    let known = wanted.iter().filter_map(|pseudonym| Some((pseudonym, found.get(pseudonym)?)));
    let described: Vec<Value> = known
        .map(|(pseudonym, id)| json!({ "pseudonym": format!("{pseudonym}"), "customerId": id }))
        .collect();
    let mut response = HttpResponse::Ok();
    left.tell(&mut response);
    Ok(response.insert_header((CACHE_CONTROL, "no-store")).json(json!({ "data": described })))
}
