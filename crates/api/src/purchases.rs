//! `GET /v1/purchases`: a customer's purchases, newest first.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_domain::ids::PurchaseId;
use counterfoil_ledger::seal::{Disclosure, Look, Refusal};
use counterfoil_oauth::access::{Access, Purchases, refusal};
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_store::Error;
use counterfoil_store::purchases::{self, After, Filter, Listed};
use serde_json::{Value, json};

use crate::cursor::Bound;
use crate::page::{self, Sight};
use crate::query::ListQuery;
use crate::setup::Api;

/// How often an answer is made again because the grant changed while it was made.
pub(crate) const TRIES: usize = 3;

/// A page before it is sealed.
struct Page {
    body: Vec<u8>,
    disclosure: Disclosure,
}

pub(crate) async fn list(
    request: HttpRequest,
    access: Access<Purchases>,
    api: web::Data<Api>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count(access.grant_id)?;
    let query = ListQuery::parse(request.query_string())?;
    let request_id = request_id(&request);
    let mut access = access;
    for _ in 0..TRIES {
        let page = make(&api, &access, &query, request_id.clone()).await?;
        let sealed = if page.disclosure.purchases > 0 {
            api.sealer().seal(access.standing(), page.disclosure).await.map(drop)
        } else {
            api.sealer().check(&access.standing()).await
        };
        match sealed {
            Ok(()) => {
                let mut response = HttpResponse::Ok();
                left.tell(&mut response);
                return Ok(response
                    .insert_header((CONTENT_TYPE, "application/json"))
                    .insert_header((CACHE_CONTROL, "no-store"))
                    .body(page.body));
            }
            Err(Refusal::Changed) => access = access.reload().await?,
            Err(refused) => return Err(refusal(&refused)),
        }
    }
    Err(Problem::new(Code::TooBusy))
}

pub(crate) fn request_id(request: &HttpRequest) -> String {
    use actix_web::HttpMessage as _;
    request
        .extensions()
        .get::<counterfoil_oauth::problem::RequestId>()
        .map_or_else(String::new, |id| id.0.clone())
}

async fn make(
    api: &Api,
    access: &Access<Purchases>,
    query: &ListQuery,
    request_id: String,
) -> Result<Page, Problem> {
    let sight = Sight::of(api, access);
    let projection = sight.projection.to_bytes();
    let after = {
        let bound = bound(access, query, &projection);
        query.cursor.as_deref().map(|cursor| bound.read(api.cursors(), cursor)).transpose()?
    };
    let filter = Filter {
        from: page::later(sight.filter.from, query.from),
        to: page::earlier(sight.filter.to, query.to),
        channel: query.channel.clone(),
        status: query.status.clone(),
        has_refund: query.has_refund,
        ..sight.filter.clone()
    };
    let (person, limit) = (access.person, query.limit);
    let reader = api.clone();
    let (listed, has_more, data) = api
        .store()
        .read(move |conn| {
            let mut listed = purchases::page(conn, person, &filter, after, i64::from(limit) + 1)?;
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            let has_more = listed.len() > limit;
            listed.truncate(limit);
            let keys = reader.keys().person(person)?;
            let mut data = Vec::with_capacity(listed.len() * 2_048);
            page::append(&reader, &keys, person, &sight, &listed, &mut data)?;
            Ok::<_, Error>((listed, has_more, data))
        })
        .await?;
    let next = match listed.last().filter(|_| has_more) {
        None => None,
        Some(last) => {
            let cursor = bound(access, query, &projection).write(api.cursors(), place(last)?);
            Some(address(api, &query.canonical, Some(&cursor)))
        }
    };
    let disclosure = page::disclosure(
        request_id,
        Look::Purchases,
        &access.details.datasets,
        listed.iter().map(|row| row.local_date),
    );
    Ok(Page { body: assemble(api, access, query, next, &data)?, disclosure })
}

fn bound<'a>(access: &Access<Purchases>, query: &'a ListQuery, projection: &'a [u8]) -> Bound<'a> {
    Bound { client_id: access.client_id, person: access.person, query: &query.canonical, projection }
}

fn place(last: &Listed) -> Result<After, Problem> {
    let purchase_id = PurchaseId::from_slice(&last.purchase_id)
        .map_err(|_| Error::corrupt("purchases", "purchase_id", "?"))?;
    Ok(After { purchased_at: last.purchased_at.and_utc(), purchase_id })
}

fn address(api: &Api, canonical: &str, cursor: Option<&str>) -> String {
    let mut query = canonical.to_owned();
    if let Some(cursor) = cursor {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str("cursor=");
        query.push_str(cursor);
    }
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}/v1/purchases{mark}{query}", api.base())
}

fn assemble(
    api: &Api,
    access: &Access<Purchases>,
    query: &ListQuery,
    next: Option<String>,
    data: &[u8],
) -> Result<Vec<u8>, Problem> {
    let mut links = json!({ "self": address(api, &query.canonical, query.cursor.as_deref()) });
    if let (Some(next), Some(links)) = (next, links.as_object_mut()) {
        links.insert("next".to_owned(), Value::String(next));
    }
    let mut body = Vec::with_capacity(data.len() + 1_024);
    body.extend_from_slice(b"{\"data\":[");
    body.extend_from_slice(data);
    body.extend_from_slice(b"],\"links\":");
    write(&mut body, &links)?;
    body.extend_from_slice(b",\"meta\":");
    write(&mut body, &meta(api, access))?;
    body.push(b'}');
    Ok(body)
}

/// What every answer with data says about the grant, and how far the order stream is behind.
pub(crate) fn meta(api: &Api, access: &Access<Purchases>) -> Value {
    let mut window = serde_json::Map::new();
    for (name, date) in [("from", access.details.from), ("to", access.details.to)] {
        if let Some(date) = date {
            window.insert(name.to_owned(), json!(date));
        }
    }
    json!({
        "grant": format!("{}", access.grant_id),
        "grantVersion": access.version,
        "window": window,
        "lagMs": api.lag_ms(),
    })
}

pub(crate) fn write(body: &mut Vec<u8>, value: &Value) -> Result<(), Problem> {
    serde_json::to_writer(body, value).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written");
        Problem::new(Code::Internal)
    })
}
