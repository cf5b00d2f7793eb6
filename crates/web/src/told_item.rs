//! One thing that a customer told, to be changed; and one that an app sent, which waits for their yes.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_domain::item::State;
use counterfoil_oauth::session::{Session, Visitor};
use counterfoil_volunteered::items::{self, ItemView, Owner};
use counterfoil_volunteered::{VolunteeredError, Volunteering, asks};
use minijinja::{Value, context};

use crate::answering::{Pressed, Sheet, without_form};
use crate::failure::{Failure, Fault};
use crate::form::Fields;
use crate::pages::{Pages, lead};
use crate::published::Objects;
use crate::shown::Asking;
use crate::told::{lines, moment, title};

/// An item of the customer's own and what its ask says. Somebody else's is as if it did not exist.
async fn find(
    pages: &Pages,
    v: &Volunteering,
    session: &Session,
    item: &str,
) -> Result<(ItemView, Objects), Fault> {
    let refused = |error: VolunteeredError| Fault::new(pages, (&error).into());
    let item_id = item.parse().map_err(|_| Fault::new(pages, Failure::NotFound))?;
    let item = items::find(v, &Owner::Customer(session.person), item_id).await.map_err(refused)?;
    let objects = Objects::load(v, vec![item.ask_hash.clone()]).await;
    let objects = objects.map_err(|error| refused(error.into()))?;
    Ok((item, objects))
}

/// What pages say of the ask of an item.
fn ask(pages: &Pages, objects: &Objects, item: &ItemView) -> Value {
    let why = objects.ask(&item.ask_hash).map(|ask| ask.why.of(pages.words().tag()));
    context! { hash => item.ask_hash, title => title(pages, objects, item), why }
}

/// `GET /told/{item}/change`
pub(crate) async fn show(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
    visitor: Visitor,
    item: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let (item, objects) = find(&pages, &v, &session, &item).await?;
    if item.state != State::Live {
        return Err(Fault::new(&pages, Failure::NotNow));
    }
    let sheet = sheet(&pages, &objects, &item);
    Ok(change_page(&pages, &visitor, &objects, &item, sheet.as_ref()))
}

fn sheet(pages: &Pages, objects: &Objects, item: &ItemView) -> Option<Sheet> {
    Sheet::of_ask(pages, objects.ask(&item.ask_hash)?, item.value.as_ref())
}

fn change_page(
    pages: &Pages,
    visitor: &Visitor,
    objects: &Objects,
    item: &ItemView,
    sheet: Option<&Sheet>,
) -> HttpResponse {
    let values = context! {
        sign_out_token => visitor.form_token(),
        csrf => visitor.form_token(),
        item_id => format!("{}", item.item_id),
        consent_id => format!("{}", item.consent_id),
        ask => ask(pages, objects, item),
        ..sheet.map_or_else(without_form, Sheet::render)
    };
    let is_flawed = sheet.is_some_and(Sheet::is_flawed);
    let status = if is_flawed { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    pages.at(&format!("/told/{}/change", item.item_id), &[]).page(status, "told-change.html", values, &[])
}

/// `POST /told/{item}/change`
pub(crate) async fn change(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    item: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let fields = Fields::of_answer(&visitor, &request, body).await;
    let (fields, file) = fields.map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&fields);
    let fault = |failure| Fault::new(&pages, failure);
    let button = fields.owned("answer").map_err(fault)?.unwrap_or_default();
    if !["save", "more", "read"].contains(&button.as_str()) {
        return Err(fault(Failure::FormUnreadable));
    }
    let (item, objects) = find(&pages, &v, &session, &item).await?;
    if item.state != State::Live {
        return Err(fault(Failure::NotNow));
    }
    let sheet = sheet(&pages, &objects, &item).ok_or_else(|| fault(Failure::FormUnreadable))?;
    let (value, sheet) = match sheet.press(&fields, file.as_ref(), &button) {
        Pressed::Answer(value, sheet) => (value, sheet),
        Pressed::Again(sheet) => return Ok(change_page(&pages, &visitor, &objects, &item, Some(&sheet))),
    };
    let shown = pages.shown(Asking::ToldChange);
    let owner = Owner::Customer(session.person);
    match items::correct(&v, &owner, item.item_id, value, Some(shown)).await {
        Ok(changed) => Ok(lead(&format!("/told?done=changed#{}", changed.item_id))),
        Err(error) => {
            let sheet = sheet.refused(error).map_err(|error| fault((&error).into()))?;
            Ok(change_page(&pages, &visitor, &objects, &item, Some(&sheet)))
        }
    }
}

/// `GET /told/{item}/confirm`
pub(crate) async fn wait(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
    visitor: Visitor,
    item: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let (item, objects) = find(&pages, &v, &session, &item).await?;
    if item.state == State::Live {
        return Ok(lead(&format!("/told#{}", item.item_id)));
    }
    if item.state != State::Waiting {
        return Err(Fault::new(&pages, Failure::NotNow));
    }
    let is_given = is_given(&pages, &v, &session, &item).await?;
    waiting_page(&pages, &visitor, &objects, &item, is_given, "")
}

/// Whether what the ask of an item offers was given before, so that a yes brings it no more.
async fn is_given(
    pages: &Pages,
    v: &Volunteering,
    session: &Session,
    item: &ItemView,
) -> Result<bool, Fault> {
    let open = asks::list(v, session.person).await;
    let open = open.map_err(|error| Fault::new(pages, (&error).into()))?;
    let mut same = open.iter().filter(|view| view.hash == item.ask_hash);
    Ok(same.any(|view| view.ask.offer.is_reward() && !view.is_offer_open))
}

fn waiting_page(
    pages: &Pages,
    visitor: &Visitor,
    objects: &Objects,
    item: &ItemView,
    is_given: bool,
    problem: &str,
) -> Result<HttpResponse, Fault> {
    let published =
        objects.ask(&item.ask_hash).and_then(|ask| Some((ask, objects.purpose(&ask.purpose.hash)?)));
    let (published, processing) = published.ok_or_else(|| Fault::new(pages, Failure::Unavailable))?;
    let values = context! {
        sign_out_token => visitor.form_token(),
        csrf => visitor.form_token(),
        item_id => format!("{}", item.item_id),
        app => item.sent_by.as_deref().unwrap_or_default(),
        ask => ask(pages, objects, item),
        seen => item.seen,
        lines => lines(pages, objects, item),
        sent => moment(pages, item.since),
        until => Value::from_safe_string(item.until.map(|at| pages.day(at)).unwrap_or_default()),
        deal => objects.deal(pages, published, processing, None, is_given),
        problem,
    };
    let status = if problem.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
    let here = pages.at(&format!("/told/{}/confirm", item.item_id), &[]);
    Ok(here.page(status, "waiting.html", values, &[]))
}

/// `POST /told/{item}/confirm`
pub(crate) async fn confirm(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    item: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let fields = Fields::of_form(&visitor, &request, &body).map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&fields);
    let fault = |failure| Fault::new(&pages, failure);
    let item_id = item.parse().map_err(|_| fault(Failure::NotFound))?;
    let seen = fields.one("seen").map_err(fault)?.unwrap_or_default();
    let shown = pages.shown(Asking::Waiting);
    let said = match fields.one("answer").map_err(fault)? {
        Some("yes") => items::confirm(&v, session.person, item_id, seen, shown).await.map(|_| "told"),
        Some("no") => items::decline(&v, session.person, item_id, shown).await.map(|()| "declined"),
        _ => return Err(fault(Failure::FormUnreadable)),
    };
    match said {
        Ok(done) => Ok(lead(&format!("/told?done={done}#{item_id}"))),
        Err(VolunteeredError::Changed) => {
            let (item, objects) = find(&pages, &v, &session, &item).await?;
            let is_given = is_given(&pages, &v, &session, &item).await?;
            waiting_page(&pages, &visitor, &objects, &item, is_given, "changed")
        }
        Err(error) => Err(fault((&error).into())),
    }
}
