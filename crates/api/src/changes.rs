//! `GET /v1/changes`: what is new in a customer's purchases since a cursor, at once or as soon as there is something.

use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_ledger::seal::Refusal;
use counterfoil_oauth::access::{Access, Purchases, refusal};
use counterfoil_oauth::problem::{Code, Problem};
use serde_json::json;
use tokio::time::Instant;

use crate::feed::{self, Asked, Basis, Outcome, Page};
use crate::limits::Left;
use crate::place::{Place, Reader};
use crate::purchases::{TRIES, meta, request_id, write};
use crate::query::FeedQuery;
use crate::setup::Api;
use crate::waiting::Woken;

pub(crate) async fn read(
    request: HttpRequest,
    access: Access<Purchases>,
    api: web::Data<Api>,
) -> Result<HttpResponse, Problem> {
    let left = api.limits().count(access.grant_id)?;
    let (asked, wait) = asked(&api, &access, request.query_string())?;
    let follower =
        Follower { asked, deadline: Instant::now() + wait, request_id: request_id(&request), left };
    drop(request);
    follower.follow(&api, access).await
}

fn reader(access: &Access<Purchases>) -> Reader {
    Reader { client_id: access.client_id, person: access.person }
}

fn asked(api: &Api, access: &Access<Purchases>, query: &str) -> Result<(Asked, Duration), Problem> {
    let query = FeedQuery::parse(query)?;
    let place = match &query.cursor {
        Some(cursor) => Some(reader(access).open(api.keys(), api.cursors(), cursor)?),
        None => None,
    };
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    Ok((Asked { limit, ids_only: query.ids_only, place }, query.wait))
}

/// A request that may wait. Thousands do at a time: what is large is boxed, and gone while it waits.
struct Follower {
    asked: Asked,
    deadline: Instant,
    request_id: String,
    left: Left,
}

impl Follower {
    async fn follow(mut self, api: &Api, mut access: Access<Purchases>) -> Result<HttpResponse, Problem> {
        let (mut tries, mut may_wait) = (0, true);
        while tries < TRIES {
            // Taken before the feed is read, so that nothing is missed between the two.
            let ticket = if may_wait && self.deadline > Instant::now() {
                api.hub().enlist(access.person, access.grant_id)?
            } else {
                None
            };
            let page = {
                let _turn = api.hub().turn().await?;
                Box::pin(make(api, &access, self.asked.clone(), self.request_id.clone())).await?
            };
            let Some(ticket) = ticket.filter(|_| page.is_empty()) else {
                match Box::pin(seal(api, &access, &page)).await {
                    Ok(()) => return answer(api, &access, &page, self.left),
                    Err(Refusal::Changed) => access = Box::pin(access.reload()).await?,
                    Err(refused) => return Err(refusal(&refused)),
                }
                tries += 1;
                continue;
            };
            // What was looked at and is not for this reader is not looked at again.
            self.asked.place = Some(page.into_place());
            match ticket.wait(self.deadline).await {
                Woken::News => access = Box::pin(check(api, access)).await?,
                // One last look, and the answer is what it finds.
                Woken::Over => may_wait = false,
            }
        }
        Err(Problem::new(Code::TooBusy))
    }
}

/// The access as it is now: an act of the customer may be what there is news of.
async fn check(api: &Api, access: Access<Purchases>) -> Result<Access<Purchases>, Problem> {
    match api.sealer().check(&access.standing()).await {
        Ok(()) => Ok(access),
        Err(Refusal::Changed) => access.reload().await,
        Err(refused) => Err(refusal(&refused)),
    }
}

async fn make(
    api: &Api,
    access: &Access<Purchases>,
    asked: Asked,
    request_id: String,
) -> Result<Box<Page>, Problem> {
    let (basis, reading) = (Basis::of(api, access), api.clone());
    // As of one moment: what moves on in the feed between two statements would be missed, and told as gone later.
    let outcome =
        api.store().read_moment(move |conn| feed::read(&reading, conn, &basis, asked, request_id)).await?;
    match outcome {
        Outcome::Page(page) => Ok(page),
        Outcome::Resync(place) => {
            Err(Problem::new(Code::ResyncRequired).next_cursor(cursor(api, access, &place)?))
        }
        Outcome::Gone => Err(refusal(&Refusal::Gone)),
    }
}

/// Seals a page with purchases; looks again at the grant for any other.
async fn seal(api: &Api, access: &Access<Purchases>, page: &Page) -> Result<(), Refusal> {
    if page.disclosure.purchases == 0 {
        return api.sealer().check(&access.standing()).await;
    }
    api.sealer().seal(access.standing(), page.disclosure.clone()).await.map(drop)
}

fn cursor(api: &Api, access: &Access<Purchases>, place: &Place) -> Result<String, Problem> {
    Ok(reader(access).seal(api.keys(), api.cursors(), place)?)
}

fn answer(api: &Api, access: &Access<Purchases>, page: &Page, left: Left) -> Result<HttpResponse, Problem> {
    let mut body = Vec::with_capacity(page.data.len() + 1_024);
    body.extend_from_slice(b"{\"data\":[");
    body.extend_from_slice(&page.data);
    body.extend_from_slice(b"],\"nextCursor\":");
    write(&mut body, &json!(cursor(api, access, &page.place)?))?;
    body.extend_from_slice(if page.has_more { b",\"hasMore\":true" } else { b",\"hasMore\":false" });
    body.extend_from_slice(b",\"meta\":");
    write(&mut body, &meta(api, access))?;
    body.push(b'}');
    let mut response = HttpResponse::Ok();
    left.tell(&mut response);
    response.insert_header((CONTENT_TYPE, "application/json")).insert_header((CACHE_CONTROL, "no-store"));
    Ok(response.body(body))
}
