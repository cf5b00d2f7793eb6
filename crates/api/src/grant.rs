//! `GET` and `DELETE /v1/grant`: the grant, seen from the app.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, SecondsFormat, Utc};
use counterfoil_ledger::seal::Refusal;
use counterfoil_oauth::Oauth;
use counterfoil_oauth::access::{Access, Own, refusal};
use counterfoil_oauth::grants;
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_store::entries::{self, Log};
use serde_json::{Map, Value, json};

use crate::purchases::TRIES;
use crate::query;
use crate::setup::Api;

pub(crate) async fn show(
    request: HttpRequest,
    access: Access<Own>,
    api: web::Data<Api>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count(access.grant_id)?;
    query::none(request.query_string())?;
    let mut access = access;
    for _ in 0..TRIES {
        let record = access.standing().record;
        let (_, last) = api.store().read(move |conn| entries::activity(conn, Log::Access, record)).await?;
        match api.sealer().check(&access.standing()).await {
            Ok(()) => {
                let mut response = HttpResponse::Ok();
                left.tell(&mut response);
                return Ok(response
                    .insert_header((CACHE_CONTROL, "no-store"))
                    .json(json!({ "data": described(&access, last) })));
            }
            Err(Refusal::Changed) => access = access.reload().await?,
            Err(refused) => return Err(refusal(&refused)),
        }
    }
    Err(Problem::new(Code::TooBusy))
}

pub(crate) async fn end(
    request: HttpRequest,
    access: Access<Own>,
    api: web::Data<Api>,
    oauth: web::Data<Oauth>,
) -> Result<HttpResponse, Problem> {
    api.limits().count(access.grant_id)?;
    query::none(request.query_string())?;
    grants::end(&oauth, &access.standing()).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn described(access: &Access<Own>, last_disclosure: Option<DateTime<Utc>>) -> Map<String, Value> {
    let details = &access.details;
    let instant = |at: DateTime<Utc>| json!(at.to_rfc3339_opts(SecondsFormat::Micros, true));
    let mut window = Map::new();
    window.extend(details.from.map(|date| ("from".to_owned(), json!(date))));
    window.extend(details.to.map(|date| ("to".to_owned(), json!(date))));
    let members = [
        ("id", Some(json!(format!("{}", access.grant_id)))),
        ("state", Some(json!("active"))),
        ("version", Some(json!(access.version))),
        ("scope", Some(json!(details.scope()))),
        ("datasets", Some(json!(details.datasets))),
        ("window", Some(Value::Object(window))),
        ("duration", Some(json!(details.duration))),
        ("sharedAccounts", Some(json!(details.shared_accounts))),
        ("volunteered", details.volunteered.as_ref().map(|volunteered| json!(volunteered))),
        ("statedUse", details.stated_use.as_ref().map(|text| json!(text))),
        ("givenAt", Some(instant(access.given_at))),
        ("expiresAt", access.expires_at.map(instant)),
        ("lastDisclosureAt", last_disclosure.map(instant)),
    ];
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
