//! Connected apps: who looks, since when, how often; and how to stop them.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, SecondsFormat, Utc};
use counterfoil_domain::ids::GrantId;
use counterfoil_oauth::Oauth;
use counterfoil_oauth::asks::NamedAskView;
use counterfoil_oauth::grants::{self, GrantError, GrantView};
use counterfoil_oauth::receipts::{PATIENCE, ReceiptError, Receipts};
use counterfoil_oauth::session::{Session, Visitor};
use counterfoil_store::Error;
use minijinja::{Value, context};

use crate::app;
use crate::failure::{Failure, Fault};
use crate::form::Fields;
use crate::leave_out;
use crate::pages::{Pages, lead, secure};
use crate::words::Word;

/// `GET /`
pub(crate) async fn start() -> HttpResponse {
    lead("/apps")
}

/// `GET /apps`
pub(crate) async fn list(
    pages: Pages,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
) -> Result<HttpResponse, Fault> {
    let views = load(&pages, &oauth, &session).await?;
    let (ended, active): (Vec<&GrantView>, Vec<&GrantView>) =
        views.iter().partition(|view| view.state.is_final());
    let summaries = app::summaries(&pages, &oauth, &session, &active).await;
    let summaries = summaries.map_err(|failure| Fault::new(&pages, failure))?;
    let values = context! {
        sign_out_token => visitor.form_token(),
        active => summaries,
        ended => ended.into_iter().map(|view| describe(&pages, view)).collect::<Vec<_>>(),
    };
    Ok(pages.page(StatusCode::OK, "apps.html", values, &[]))
}

/// `GET /apps/{grant}/stop`
pub(crate) async fn ask(
    pages: Pages,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
    grant: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let view = find(&pages, &oauth, &session, &grant).await?;
    if view.state.is_final() {
        return Ok(lead(&format!("/apps/{}/stopped", view.grant_id)));
    }
    let values = context! {
        sign_out_token => visitor.form_token(),
        csrf => visitor.form_token(),
        app => describe(&pages, &view),
    };
    Ok(pages.page(StatusCode::OK, "stop.html", values, &[]))
}

/// `POST /apps/{grant}/stop`
pub(crate) async fn stop(
    pages: Pages,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    grant: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let fault = |failure| Fault::new(&pages, failure);
    Fields::of_form(&visitor, &request, &body).map_err(fault)?;
    let view = find(&pages, &oauth, &session, &grant).await?;
    match grants::withdraw(&oauth, session.person, view.grant_id).await {
        // What has ended meanwhile, however it did, is what was asked for.
        Ok(_) | Err(GrantError::Final(_)) => {}
        Err(error) => return Err(fault((&error).into())),
    }
    Ok(lead(&format!("/apps/{}/stopped", view.grant_id)))
}

/// `GET /apps/{grant}/stopped`
pub(crate) async fn stopped(
    pages: Pages,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
    grant: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let view = find(&pages, &oauth, &session, &grant).await?;
    let Some(at) = view.ended_at.filter(|_| view.state.is_final()) else {
        return Ok(lead(&format!("/apps/{}/stop", view.grant_id)));
    };
    let values = context! {
        sign_out_token => visitor.form_token(),
        app => describe(&pages, &view),
        how => pages.words().stopped(view.state),
        at => Value::from_safe_string(pages.moment(at)),
        at_value => at.to_rfc3339_opts(SecondsFormat::Secs, true),
    };
    Ok(pages.page(StatusCode::OK, "stopped.html", values, &[]))
}

/// `GET /apps/{grant}/receipt`
pub(crate) async fn receipt(
    pages: Pages,
    receipts: web::Data<Receipts>,
    session: Session,
    grant: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let fault = |failure| Fault::new(&pages, failure);
    let id: GrantId = grant.parse().map_err(|_| fault(Failure::NotFound))?;
    let receipt = receipts.for_customer(session.person, id, PATIENCE).await;
    let receipt = receipt.map_err(|error| fault(no_receipt(&error)))?;
    let mut response = HttpResponse::Ok();
    secure(&mut response, &[]);
    Ok(response
        .insert_header((CONTENT_TYPE, "application/zip"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", receipt.name)))
        .body(receipt.bytes))
}

fn no_receipt(error: &ReceiptError) -> Failure {
    match error {
        ReceiptError::NotFound | ReceiptError::Forgotten => Failure::NotFound,
        ReceiptError::NotPublished => Failure::ReceiptNotReady,
        ReceiptError::Store(Error::Behind(_)) => Failure::LedgerRolledBack,
        error => {
            tracing::error!(%error, "a receipt cannot be made");
            Failure::Unavailable
        }
    }
}

/// The customer's grants, newest first.
pub(crate) async fn load(pages: &Pages, oauth: &Oauth, session: &Session) -> Result<Vec<GrantView>, Fault> {
    grants::list(oauth, session.person).await.map_err(|error| {
        tracing::error!(%error, "grants cannot be listed");
        Fault::new(pages, Failure::Unavailable)
    })
}

/// One of the customer's own grants. Somebody else's is as if it did not exist.
async fn find(pages: &Pages, oauth: &Oauth, session: &Session, grant: &str) -> Result<GrantView, Fault> {
    let not_found = || Fault::new(pages, Failure::NotFound);
    let id: GrantId = grant.parse().map_err(|_| not_found())?;
    load(pages, oauth, session).await?.into_iter().find(|view| view.grant_id == id).ok_or_else(not_found)
}

/// What a page says of a grant.
pub(crate) fn describe(pages: &Pages, view: &GrantView) -> Value {
    let words = pages.words();
    let mut sees = words.titles(&view.details.datasets);
    sees.extend(view.details.shared_accounts.then(|| words.say(Word::SharedAccounts)));
    let dated = |word, day| words.say_with(word, &[("date", &words.day(day))]);
    sees.extend(view.details.from.map(|day| dated(Word::PurchasesSince, day)));
    sees.extend(view.details.to.map(|day| dated(Word::PurchasesUntil, day)));
    let answers =
        |ask: &NamedAskView| words.say_with(Word::AnswersForYou, &[("what", ask.title.of(words.tag()))]);
    sees.extend(view.asks.iter().map(answers));
    let mut leaves_out: Vec<String> =
        leave_out::names(pages, &view.carve_outs.categories).into_iter().map(ToOwned::to_owned).collect();
    let single = view.carve_outs.purchases.len();
    leaves_out.extend((single > 0).then(|| words.count(Word::SinglePurchases, single)));
    context! {
        leaves_out,
        grant_id => format!("{}", view.grant_id),
        name => view.app_name,
        operator => view.operator,
        state => words.state(view.state),
        since => pages.day(view.given_at),
        until => view.expires_at.map_or_else(|| words.say(Word::UntilStopped), |at| pages.day(at)),
        ended => view.ended_at.map(|at| pages.moment(at)),
        last => last_look(pages, view.last_disclosure),
        times => words.count(Word::Looked, view.disclosures),
        sees,
    }
}

fn last_look(pages: &Pages, at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| pages.words().say(Word::NotLooked), |at| pages.moment(at))
}
