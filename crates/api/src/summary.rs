//! `GET /v1/summary`: what a customer's purchases come to, and what their record covers.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Datelike as _, NaiveDate, SecondsFormat, Utc};
use counterfoil_domain::catalogue::Unmapped;
use counterfoil_domain::grant::Dataset;
use counterfoil_domain::ids::{Person, PurchaseId};
use counterfoil_domain::summary::{Line, Summary};
use counterfoil_ledger::seal::{Disclosure, Look, Refusal};
use counterfoil_oauth::access::{Access, Purchases, refusal};
use counterfoil_oauth::problem::{Code, Problem};
use counterfoil_store::conn::Conn;
use counterfoil_store::coverage::{self, Loading};
use counterfoil_store::purchases::{self, After, Filter, Listed};
use counterfoil_store::{Error, Result};
use serde::Serialize;

use crate::page::{self, Opener, Sight};
use crate::purchases::{TRIES, meta, request_id};
use crate::query;
use crate::setup::Api;

/// Purchases that are read at a time: long enough to be worth it, short enough not to keep a connection.
const CHUNK: i64 = 500;

pub(crate) async fn show(
    request: HttpRequest,
    access: Access<Purchases>,
    api: web::Data<Api>,
) -> std::result::Result<HttpResponse, Problem> {
    let left = api.limits().count(access.grant_id)?;
    query::none(request.query_string())?;
    let request_id = request_id(&request);
    let mut access = access;
    for _ in 0..TRIES {
        let sight = Sight::of(&api, &access);
        let disclosure = page::disclosure(request_id.clone(), Look::Summary, &access.details.datasets, []);
        let tally = add_all(&api, access.person, &sight, Tally::new(disclosure)).await?;
        let limits = limits(&api, access.person, &sight).await?;
        let sealed = if tally.disclosure.purchases > 0 {
            api.sealer().seal(access.standing(), tally.disclosure.clone()).await.map(drop)
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
                    .json(Answer { data: data(&api, &access, &tally, &limits), meta: meta(&api, &access) }));
            }
            Err(Refusal::Changed) => access = access.reload().await?,
            Err(refused) => return Err(refusal(&refused)),
        }
    }
    Err(Problem::new(Code::TooBusy))
}

/// Purchases being added up, newest first.
struct Tally {
    summary: Summary,
    disclosure: Disclosure,
    first: Option<End>,
    last: Option<End>,
    after: Option<After>,
    is_complete: bool,
}

impl Tally {
    fn new(disclosure: Disclosure) -> Self {
        let summary = Summary::default();
        Self { summary, disclosure, first: None, last: None, after: None, is_complete: false }
    }
}

async fn add_all(api: &Api, person: Person, sight: &Sight, mut tally: Tally) -> Result<Tally> {
    while !tally.is_complete {
        let (reader, sight) = (api.clone(), sight.clone());
        tally = api.store().read(move |conn| add_chunk(&reader, conn, person, &sight, tally)).await?;
    }
    Ok(tally)
}

fn add_chunk(api: &Api, conn: &mut Conn, person: Person, sight: &Sight, mut tally: Tally) -> Result<Tally> {
    let listed = purchases::page(conn, person, &sight.filter, tally.after, CHUNK)?;
    tally.is_complete = i64::try_from(listed.len()).is_ok_and(|count| count < CHUNK);
    if listed.is_empty() {
        return Ok(tally);
    }
    let keys = api.keys().person(person)?;
    let mut opener = Opener::new(api, &keys, person)?;
    for Listed { purchased_at, purchase_id, local_date: date, document } in listed {
        let id = PurchaseId::from_slice(&purchase_id)
            .map_err(|_| Error::corrupt("purchases", "purchase_id", "?"))?;
        let summary = &mut tally.summary;
        opener.open(id, &document, |sections| summary.add(sections, &sight.view, date.year()))?;
        page::count(&mut tally.disclosure, date);
        let end = End { id, date };
        tally.first = tally.first.filter(|first| first.date < date).or(Some(end));
        tally.last = tally.last.filter(|last| last.date >= date).or(Some(end));
        tally.after = Some(After { purchased_at: purchased_at.and_utc(), purchase_id: id });
    }
    Ok(tally)
}

/// What a summary cannot hold, as of now.
struct Limits {
    loading: Option<Loading>,
    joined: u64,
}

async fn limits(api: &Api, person: Person, sight: &Sight) -> Result<Limits> {
    let agreed_seq = sight.filter.agreed_seq;
    let anything = Filter { agreed_seq: i64::MAX, ..sight.filter.clone() };
    api.store()
        .read(move |conn| {
            let joined = purchases::count_joined(conn, person, &anything, agreed_seq)?;
            Ok(Limits {
                loading: coverage::loading(conn)?,
                joined: u64::try_from(joined).unwrap_or_default(),
            })
        })
        .await
}

#[derive(Serialize)]
struct Answer<'a> {
    data: Data<'a>,
    meta: serde_json::Value,
}

#[derive(Serialize)]
struct Data<'a> {
    years: Vec<Sums>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<End>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<End>,
    coverage: Covered<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sums {
    year: i32,
    currency: &'static str,
    purchases: u64,
    grand_total: String,
    refunded: String,
    net: String,
}

impl From<Line> for Sums {
    fn from(line: Line) -> Self {
        let Line { year, currency, purchases, grand_total, refunded, net } = line;
        Self { year, currency, purchases, grand_total, refunded, net }
    }
}

/// The purchase at one end of the record.
#[derive(Debug, Clone, Copy, Serialize)]
struct End {
    id: PurchaseId,
    date: NaiveDate,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Covered<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<NaiveDate>,
    channels: &'a [String],
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    not_included: Vec<Missing<'a>>,
}

/// Something that is not in the record, and why.
#[derive(Debug, PartialEq, Serialize)]
struct Missing<'a> {
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
}

impl Missing<'_> {
    fn because(reason: &'static str) -> Self {
        Self { reason, detail: None, count: None }
    }
}

fn data<'a>(api: &'a Api, access: &Access<Purchases>, tally: &Tally, limits: &Limits) -> Data<'a> {
    let coverage = api.coverage();
    let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
    Data {
        years: tally.summary.finish().into_iter().map(Sums::from).collect(),
        first: tally.first,
        last: tally.last,
        coverage: Covered {
            from: coverage.from,
            channels: &coverage.channels,
            state: if limits.loading.is_some() { "loading" } else { "complete" },
            until: limits.loading.and_then(|loading| loading.until).map(text),
            not_included: missing(api, access, tally, limits),
        },
    }
}

/// What is not included and why. Of what the customer leaves out it is said that there is something, and never what.
fn missing<'a>(api: &'a Api, access: &Access<Purchases>, tally: &Tally, limits: &Limits) -> Vec<Missing<'a>> {
    let (details, because) = (&access.details, Missing::because);
    let carve_outs = access.carve_outs();
    let leaves_out = !carve_outs.categories.is_empty()
        || !carve_outs.purchases.is_empty()
        || !access.hidden_categories().is_empty();
    let hides_unmapped = !carve_outs.categories.is_empty()
        || !access.hidden_categories().is_empty()
        || (api.catalogue().unmapped() == Unmapped::Sensitive && !details.holds(Dataset::Sensitive));
    let unmapped = tally.summary.unmapped_lines();
    let retention = api.coverage().retention.as_deref();
    let parts = [
        retention.map(|text| Missing { detail: Some(text), ..because("retention") }),
        Some(because("guest_orders")),
        leaves_out.then(|| because("carve_outs")),
        (!details.holds(Dataset::Sensitive)).then(|| because("sensitive")),
        (!details.shared_accounts).then(|| because("shared_accounts")),
        (limits.joined > 0).then(|| Missing { count: Some(limits.joined), ..because("joined") }),
        (hides_unmapped && unmapped > 0).then(|| Missing { count: Some(unmapped), ..because("unmapped") }),
    ];
    parts.into_iter().flatten().collect()
}
