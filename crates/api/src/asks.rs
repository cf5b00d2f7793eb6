//! `GET /v1/asks`: the questions that the grant names.

use actix_web::http::header::{
    ACCEPT_LANGUAGE, AcceptLanguage, CACHE_CONTROL, CONTENT_LANGUAGE, Header as _, VARY,
};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::SecondsFormat;
use counterfoil_domain::config_object::{MAIN_LANGUAGE, Texts};
use counterfoil_oauth::access::{Access, Volunteered};
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_volunteered::Volunteering;
use counterfoil_volunteered::asks::{self, AskView};
use serde_json::{Value, json};

use crate::present::present;
use crate::setup::Api;
use crate::{query, refused, standing};

pub(crate) async fn list(
    request: HttpRequest,
    access: Access<Volunteered>,
    api: web::Data<Api>,
    volunteering: web::Data<Volunteering>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count(access.grant_id)?;
    query::none(request.query_string())?;
    let asks = asks::of_app(&volunteering, &standing::of(&access)).await.map_err(refused::problem)?;
    let titles: Vec<&Texts> = asks.iter().map(|ask| &ask.ask.title).collect();
    let language = language(&request, &titles)?;
    let described: Vec<Value> = asks.iter().map(|ask| describe(ask, &language)).collect();
    let mut response = HttpResponse::Ok();
    left.tell(&mut response);
    Ok(response
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_LANGUAGE, language))
        .insert_header((VARY, ACCEPT_LANGUAGE.as_str()))
        .json(json!({ "data": described })))
}

/// The first language that the caller understands and all of these are written in, or else the main one.
fn language(request: &HttpRequest, texts: &[&Texts]) -> Result<String, Problem> {
    let accepted = AcceptLanguage::parse(request)
        .map_err(|_| Problem::new(Code::InvalidRequest).detail("Accept-Language cannot be read"))?;
    let is_written = |tag: &str| texts.iter().all(|texts| texts.iter().any(|(language, _)| language == tag));
    let ranked = accepted.ranked();
    let tags = ranked.iter().filter_map(|preference| preference.item());
    let spoken = tags.map(|tag| tag.primary_language().to_owned()).find(|tag| is_written(tag));
    Ok(spoken.unwrap_or_else(|| MAIN_LANGUAGE.to_owned()))
}

fn describe(view: &AskView, language: &str) -> Value {
    let AskView { ask, purpose, .. } = view;
    let offer = [
        ("says", Some(json!(ask.offer.says.of(language)))),
        ("amount", Some(json!(ask.offer.amount))),
        ("currency", ask.offer.currency.as_ref().map(|currency| json!(currency))),
        ("unit", ask.offer.unit.as_ref().map(|unit| json!(unit))),
    ];
    let purpose = json!({
        "id": purpose.id,
        "version": purpose.version,
        "title": purpose.processing.title.of(language),
    });
    present([
        ("id", Some(json!(view.ask_id))),
        ("version", Some(json!(view.version))),
        ("title", Some(json!(ask.title.of(language)))),
        ("why", Some(json!(ask.why.of(language)))),
        ("without", Some(json!(ask.without.of(language)))),
        ("schema", Some(json!(ask.schema))),
        ("purpose", Some(purpose)),
        ("offer", Some(present(offer))),
        ("isOpen", Some(json!(view.is_open))),
        ("closesAt", view.closes_at.map(|at| json!(at.to_rfc3339_opts(SecondsFormat::Micros, true)))),
    ])
}
