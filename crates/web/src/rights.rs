//! Your rights: what a customer can do at once, what the shop must answer and by when, and whom to complain to.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_domain::config_object::Realm;
use counterfoil_domain::right::Kind;
use counterfoil_oauth::session::{Session, Visitor};
use counterfoil_volunteered::rights::{self, Request, RightView};
use counterfoil_volunteered::{VolunteeredError, Volunteering};
use minijinja::{Value, context};

use crate::failure::{Failure, Fault};
use crate::form::Fields;
use crate::pages::{Pages, lead};
use crate::published;
use crate::shown::Asking;
use crate::told::moment;

/// A request that could not be made: which right, what was written, and the word for what is wrong with it.
struct Refused {
    kind: Kind,
    detail: String,
    problem: &'static str,
}

/// `GET /rights`
pub(crate) async fn show(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Fault> {
    let done = Fields::of_query(&request).owned("done").unwrap_or_default();
    page(&pages, &v, &session, &visitor, &done.unwrap_or_default(), None).await
}

async fn page(
    pages: &Pages,
    v: &Volunteering,
    session: &Session,
    visitor: &Visitor,
    done: &str,
    refused: Option<&Refused>,
) -> Result<HttpResponse, Fault> {
    let fault = |error: VolunteeredError| Fault::new(pages, (&error).into());
    let realm = published::realm(v).await.map_err(|error| fault(error.into()))?;
    let mut asked = rights::of(v, session.person).await.map_err(fault)?;
    asked.reverse();
    let form = |kind: Kind| {
        let refused = refused.filter(|refused| refused.kind == kind);
        context! {
            kind => kind.name(),
            detail => refused.map_or("", |refused| &refused.detail),
            problem => refused.map_or("", |refused| refused.problem),
        }
    };
    let values = context! {
        sign_out_token => visitor.form_token(),
        csrf => visitor.form_token(),
        done,
        asked => asked.iter().map(|right| describe(pages, v, right)).collect::<Vec<_>>(),
        objection => form(Kind::Objection),
        rectification => form(Kind::Rectification),
        access => form(Kind::Access),
        is_flawed => refused.is_some(),
        who => whom(realm.as_ref()),
    };
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(pages.at("/rights", &[]).page(status, "rights.html", values, &[]))
}

/// What a page says of a request.
fn describe(pages: &Pages, v: &Volunteering, right: &RightView) -> Value {
    context! {
        id => format!("{}", right.right_id),
        kind => right.kind.name(),
        state => right.state.name(),
        is_open => right.state.is_open(),
        is_late => right.is_overdue(v.clock().now()),
        opened => moment(pages, right.opened_at),
        due => Value::from_safe_string(pages.day(right.due_at)),
        closed => right.closed_at.map(|at| moment(pages, at)),
        detail => right.detail,
        answer => right.answer,
    }
}

/// Who answers, and whom to complain to.
fn whom(realm: Option<&Realm>) -> Value {
    let party = realm.map(|realm| &realm.controller);
    context! {
        name => party.map(|party| &party.name),
        address => party.map(|party| &party.address),
        contact => party.map(|party| &party.contact),
        officer => realm.and_then(|realm| realm.officer.as_ref()),
        authority => realm.and_then(|realm| realm.authority.as_ref()),
    }
}

/// `POST /rights`: a request that the shop must answer.
pub(crate) async fn ask(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let fields = Fields::of_answer(&visitor, &request, body).await;
    let (fields, _) = fields.map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&fields);
    let fault = |failure| Fault::new(&pages, failure);
    let kind = fields.one("kind").map_err(fault)?.and_then(Kind::from_name);
    let kind = kind.ok_or_else(|| fault(Failure::FormUnreadable))?;
    let detail = fields.owned("detail").map_err(fault)?.unwrap_or_default();
    let asked = Request { kind, detail };
    let problem = match rights::open(&v, session.person, &asked, pages.shown(Asking::Rights)).await {
        Ok(_) => return Ok(lead("/rights?done=asked#asked")),
        Err(VolunteeredError::Invalid(_)) => "empty",
        Err(VolunteeredError::TooLarge) => "long",
        Err(VolunteeredError::NotNow(_)) => "many",
        Err(error) => return Err(fault((&error).into())),
    };
    let refused = Refused { kind, detail: asked.detail, problem };
    page(&pages, &v, &session, &visitor, "", Some(&refused)).await
}

/// `POST /rights/{right}/take-back`
pub(crate) async fn take_back(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    right: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let fields = Fields::of_form(&visitor, &request, &body).map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&fields);
    let right_id = right.parse().map_err(|_| Fault::new(&pages, Failure::NotFound))?;
    match rights::take_back(&v, session.person, right_id, pages.shown(Asking::Rights)).await {
        Ok(_) => Ok(lead("/rights?done=back#asked")),
        // Answered meanwhile, or pressed twice: the page says how it stands.
        Err(VolunteeredError::NotNow(_)) => Ok(lead("/rights#asked")),
        Err(error) => Err(Fault::new(&pages, (&error).into())),
    }
}
