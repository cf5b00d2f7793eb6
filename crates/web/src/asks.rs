//! Tell us something: what the shop would like to know, and a customer's answer.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_oauth::session::{Session, Visitor};
use counterfoil_store::answers::State;
use counterfoil_volunteered::asks::{self, Answer, AskView};
use counterfoil_volunteered::{VolunteeredError, Volunteering, dark};
use minijinja::{Value, context};

use crate::answering::{Pressed, Sheet, without_form};
use crate::failure::{Failure, Fault};
use crate::form::Fields;
use crate::pages::{Pages, lead};
use crate::published::Objects;
use crate::shown::Asking;

/// `GET /asks`
pub(crate) async fn list(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Fault> {
    let refused = |error: VolunteeredError| Fault::new(&pages, (&error).into());
    let is_dark = dark::of(&v, session.person).await.map_err(refused)?.is_some();
    let open = if is_dark { Vec::new() } else { asks::list(&v, session.person).await.map_err(refused)? };
    let done = Fields::of_query(&request).owned("done").unwrap_or_default();
    let values = context! {
        sign_out_token => visitor.form_token(),
        done => done.unwrap_or_default(),
        is_dark,
        asks => open.iter().map(|view| describe(&pages, view)).collect::<Vec<_>>(),
    };
    Ok(pages.page(StatusCode::OK, "asks.html", values, &[]))
}

fn describe(pages: &Pages, view: &AskView) -> Value {
    let language = pages.words().tag();
    context! {
        id => view.ask_id,
        hash => view.hash,
        title => view.ask.title.of(language),
        why => view.ask.why.of(language),
        offer => view.ask.offer.says.of(language),
        state => view.answer.map_or("new", State::name),
    }
}

/// `GET /asks/{ask}`
pub(crate) async fn show(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
    visitor: Visitor,
    ask: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let view = look(&pages, &v, &session, &ask).await?;
    let sheet = Sheet::of_ask(&pages, &view.ask, None);
    page(&pages, &v, &visitor, &view, sheet.as_ref()).await
}

async fn look(pages: &Pages, v: &Volunteering, session: &Session, ask: &str) -> Result<AskView, Fault> {
    if pages.is_dark {
        return Err(Fault::new(pages, Failure::GoneDark));
    }
    let view = asks::show(v, session.person, ask, pages.shown(Asking::Ask)).await;
    view.map_err(|error| Fault::new(pages, (&error).into()))
}

async fn page(
    pages: &Pages,
    v: &Volunteering,
    visitor: &Visitor,
    view: &AskView,
    sheet: Option<&Sheet>,
) -> Result<HttpResponse, Fault> {
    let objects = Objects::load(v, vec![view.hash.clone()]).await;
    let objects = objects.map_err(|error| Fault::new(pages, (&VolunteeredError::from(error)).into()))?;
    let open_until = view.closes_at.map(|at| pages.day(at));
    let is_given = view.ask.offer.is_reward() && !view.is_offer_open;
    let values = context! {
        sign_out_token => visitor.form_token(),
        csrf => visitor.form_token(),
        ask => describe(pages, view),
        deal => objects.deal(pages, &view.ask, &view.purpose.processing, open_until.as_deref(), is_given),
        is_barred => view.is_barred,
        is_objected => view.is_objected,
        ..sheet.map_or_else(without_form, Sheet::render)
    };
    let is_flawed = sheet.is_some_and(Sheet::is_flawed);
    let status = if is_flawed { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(pages.at(&format!("/asks/{}", view.ask_id), &[]).page(status, "ask.html", values, &[]))
}

/// `POST /asks/{ask}`
pub(crate) async fn answer(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    ask: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let fields = Fields::of_answer(&visitor, &request, body).await;
    let (fields, file) = fields.map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&fields);
    let fault = |failure| Fault::new(&pages, failure);
    let button = fields.owned("answer").map_err(fault)?.unwrap_or_default();
    let seen = fields.owned("seen").map_err(fault)?.unwrap_or_default();
    let (said, sheet) = match button.as_str() {
        "no" => (Answer::No, None),
        "later" => (Answer::Later, None),
        "yes" | "more" | "read" => {
            let view = look(&pages, &v, &session, &ask).await?;
            let sheet = Sheet::of_ask(&pages, &view.ask, None);
            let sheet = sheet.ok_or_else(|| fault(Failure::FormUnreadable))?;
            match sheet.press(&fields, file.as_ref(), &button) {
                Pressed::Answer(value, sheet) => (Answer::Yes(value), Some(sheet)),
                Pressed::Again(sheet) => return page(&pages, &v, &visitor, &view, Some(&sheet)).await,
            }
        }
        _ => return Err(fault(Failure::FormUnreadable)),
    };
    let shown = pages.shown(Asking::Ask);
    match asks::answer(&v, session.person, &ask, &seen, said, shown).await {
        Ok(answered) => Ok(lead(&match (button.as_str(), answered.item_id) {
            ("yes", Some(item_id)) => format!("/told?done=told#{item_id}"),
            (button, _) => format!("/asks?done={button}"),
        })),
        Err(error) => {
            let view = look(&pages, &v, &session, &ask).await?;
            let sheet = match (sheet, error) {
                (Some(sheet), error) => sheet.refused(error).map_err(|error| fault((&error).into()))?,
                (None, VolunteeredError::Changed) => {
                    let sheet = Sheet::of_ask(&pages, &view.ask, None).map(Sheet::changed);
                    return page(&pages, &v, &visitor, &view, sheet.as_ref()).await;
                }
                (None, error) => return Err(fault((&error).into())),
            };
            page(&pages, &v, &visitor, &view, Some(&sheet)).await
        }
    }
}
