//! What pages can have done: connect, look now, disconnect, delete. The keeper does it.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{self, ReqData},
};
use serde::Deserialize;
use tokio::sync::oneshot;

use super::{
    asking::Outcome,
    board::Work,
    door::Visitor,
    keeper::{Order, Reply},
    pages::{Pages, lead},
};
use crate::{
    callback::redirect_url,
    failure::{Failure, Kind},
};

/// How long a page waits for what was fetched; the rest comes by itself.
const PATIENCE: Duration = Duration::from_secs(10);
/// What a ticked box says.
const TICKED: &str = "yes";

/// What the forms carry.
#[derive(Debug, Deserialize)]
pub struct Fields {
    #[serde(default)]
    csrf: String,
    /// Whether the copy on this computer goes too.
    #[serde(default)]
    erase: String,
}

/// A form that was sent, as far as it could be read.
type Sent = Result<web::Form<Fields>, actix_web::Error>;

/// `POST /connect`: asks the shop, and sends the browser there.
pub async fn connect(
    pages: web::Data<Pages>,
    visitor: ReqData<Visitor>,
    request: HttpRequest,
    sent: Sent,
) -> HttpResponse {
    if own(&pages, &visitor, sent).is_none() {
        return too_old(&pages, &visitor, &request);
    }
    let asked = async {
        let redirect = redirect_url(pages.address)?;
        let browser = visitor.id.clone();
        order(&pages, |reply| Order::Ask { browser, redirect, reply }).await
    };
    match asked.await {
        Ok(address) => lead(address.as_str()),
        Err(failure) if failure.kind == Kind::NotReady => lead("/connection"),
        Err(failure) => told(&pages, &visitor, &request, &failure),
    }
}

/// `GET /callback`: what the browser brings back from the shop.
pub async fn callback(
    pages: web::Data<Pages>,
    visitor: ReqData<Visitor>,
    request: HttpRequest,
) -> HttpResponse {
    let target = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let browser = visitor.id.clone();
    match order(&pages, |reply| Order::Answer { browser, target, reply }).await {
        Ok(Outcome::Connected) => lead("/purchases?said=connected"),
        Ok(Outcome::Refused) => lead("/connection?said=refused"),
        Ok(Outcome::Unasked) => pages.sorry(
            &visitor,
            &request,
            StatusCode::BAD_REQUEST,
            "This answer does not belong here",
            "It is not the answer to a question that this browser asked, or it took too long. Nothing was changed. \
             If you want to connect, begin again.",
        ),
        Err(failure) => told(&pages, &visitor, &request, &failure),
    }
}

/// `POST /fetch`: looks now.
pub async fn fetch(
    pages: web::Data<Pages>,
    visitor: ReqData<Visitor>,
    request: HttpRequest,
    sent: Sent,
) -> HttpResponse {
    if own(&pages, &visitor, sent).is_none() {
        return too_old(&pages, &visitor, &request);
    }
    let before = pages.board.now().check.map(|check| check.at);
    if pages.orders.send(Order::Fetch).await.is_err() {
        return told(&pages, &visitor, &request, &stopped());
    }
    let is_done = |work: &Work| !matches!(work, Work::Fetching(_));
    let snapshot = pages
        .board
        .wait(PATIENCE, |snapshot| {
            is_done(&snapshot.work) && snapshot.check.as_ref().map(|check| check.at) != before
        })
        .await;
    lead(if snapshot.work == Work::Following { "/connection?said=fetched" } else { "/connection" })
}

/// `POST /disconnect`: ends the agreement, and deletes the copy if that is ticked.
pub async fn disconnect(
    pages: web::Data<Pages>,
    visitor: ReqData<Visitor>,
    request: HttpRequest,
    sent: Sent,
) -> HttpResponse {
    let Some(fields) = own(&pages, &visitor, sent) else {
        return too_old(&pages, &visitor, &request);
    };
    let erase = fields.erase == TICKED;
    match order(&pages, |reply| Order::Disconnect { erase, reply }).await {
        Ok(()) if erase => lead("/?said=erased"),
        Ok(()) => lead("/connection?said=disconnected"),
        Err(failure) if failure.kind == Kind::NotReady => lead("/connection"),
        Err(failure) => told(&pages, &visitor, &request, &failure),
    }
}

/// `POST /erase`: deletes the copy once the agreement has ended.
pub async fn erase(
    pages: web::Data<Pages>,
    visitor: ReqData<Visitor>,
    request: HttpRequest,
    sent: Sent,
) -> HttpResponse {
    let Some(fields) = own(&pages, &visitor, sent) else {
        return too_old(&pages, &visitor, &request);
    };
    // What cannot be undone is not done by one slip of the hand.
    if fields.erase != TICKED {
        return lead("/connection?said=untouched");
    }
    match order(&pages, |reply| Order::Erase { reply }).await {
        Ok(()) => lead("/?said=deleted"),
        Err(failure) if failure.kind == Kind::NotReady => lead("/connection"),
        Err(failure) => told(&pages, &visitor, &request, &failure),
    }
}

/// The fields of a form that this browser was given.
fn own(pages: &Pages, visitor: &Visitor, sent: Sent) -> Option<Fields> {
    let fields = sent.ok().map(web::Form::into_inner);
    fields.filter(|fields| pages.is_form_of(visitor, &fields.csrf))
}

fn too_old(pages: &Pages, visitor: &Visitor, request: &HttpRequest) -> HttpResponse {
    pages.sorry(
        visitor,
        request,
        StatusCode::FORBIDDEN,
        "That page was too old",
        "Nothing was changed. Go back, load the page again, and press the button once more.",
    )
}

async fn order<T>(pages: &Pages, make: impl FnOnce(Reply<T>) -> Order) -> Result<T, Failure> {
    let (reply, answer) = oneshot::channel();
    pages.orders.send(make(reply)).await.map_err(|_| stopped())?;
    answer.await.map_err(|_| stopped())?
}

fn stopped() -> Failure {
    Failure::new(Kind::Local, "this app is being stopped", "start it again")
}

/// What went wrong, in plain words.
fn told(pages: &Pages, visitor: &Visitor, request: &HttpRequest, failure: &Failure) -> HttpResponse {
    let shop = pages.shop();
    let (status, title, words) = match failure.kind {
        Kind::Away => (
            StatusCode::BAD_GATEWAY,
            format!("{shop} cannot be reached"),
            "Nothing was changed. Try again in a few minutes.".to_owned(),
        ),
        Kind::Local => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "This computer is in the way".to_owned(),
            "A file of this app could not be read or written. Nothing was sent anywhere.".to_owned(),
        ),
        _ => (
            StatusCode::BAD_GATEWAY,
            format!("{shop} did not answer as it should"),
            "Nothing was changed. Try again; if it stays so, tell the shop.".to_owned(),
        ),
    };
    pages.sorry_about(visitor, request, status, &title, &words, failure)
}
