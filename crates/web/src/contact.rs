//! How we talk to you: what a customer objects to, by a tick each, and that it stays.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use counterfoil_domain::objection::{Channel, Subject};
use counterfoil_oauth::session::{Session, Visitor};
use counterfoil_volunteered::{VolunteeredError, Volunteering, objections};
use minijinja::{Value, context};

use crate::failure::{Failure, Fault};
use crate::form::Fields;
use crate::hidden::is_saved;
use crate::pages::{Pages, lead};
use crate::published;
use crate::shown::Asking;

type Standing = BTreeMap<Subject, DateTime<Utc>>;

async fn standing(v: &Volunteering, session: &Session) -> Result<Standing, VolunteeredError> {
    let standing = objections::of(v, session.person).await?.into_iter();
    Ok(standing.map(|objection| (objection.subject, objection.raised_at)).collect())
}

/// `GET /contact`
pub(crate) async fn show(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Fault> {
    let refused = |error: VolunteeredError| Fault::new(&pages, (&error).into());
    let standing = standing(&v, &session).await.map_err(refused)?;
    let purposes = published::purposes(&v).await.map_err(|error| refused(error.into()))?;
    let tick = |subject: Option<&Subject>| {
        let since = subject.and_then(|subject| standing.get(subject));
        let since = since.map(|at| Value::from_safe_string(pages.day(*at)));
        context! { is_ticked => since.is_some(), since }
    };
    let channel = |channel: Channel| {
        context! { name => channel.name(), ..tick(Some(&Subject::Channel(channel))) }
    };
    let optional = purposes.iter().filter(|purpose| purpose.processing.is_optional());
    let purposes = optional.map(|purpose| {
        let subject = format!("purpose/{}", purpose.id).parse::<Subject>().ok();
        let title = purpose.processing.title.of(pages.words().tag());
        context! { id => purpose.id, title, ..tick(subject.as_ref()) }
    });
    let values = context! {
        sign_out_token => visitor.form_token(),
        csrf => visitor.form_token(),
        is_saved => is_saved(&request),
        marketing => tick(Some(&Subject::Marketing)),
        channels => Channel::ALL.map(channel),
        purposes => purposes.collect::<Vec<_>>(),
    };
    Ok(pages.page(StatusCode::OK, "contact.html", values, &[]))
}

/// `POST /contact`: what has a tick is objected to, what the page offered and has none is not.
pub(crate) async fn save(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let fields = Fields::of_form(&visitor, &request, &body).map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&fields);
    let refused = |error: VolunteeredError| Fault::new(&pages, (&error).into());
    let read = |name: &str| {
        let subjects: Result<Vec<Subject>, _> = fields.all(name).map(str::parse).collect();
        subjects.map_err(|_| Fault::new(&pages, Failure::FormUnreadable))
    };
    let (offered, ticked) = (read("offered")?, read("no")?);
    let standing = standing(&v, &session).await.map_err(refused)?;
    let shown = pages.shown(Asking::Contact);
    for subject in ticked.iter().filter(|subject| !standing.contains_key(subject)) {
        objections::raise(&v, session.person, subject, shown).await.map_err(refused)?;
    }
    let lifted = offered.iter().filter(|subject| standing.contains_key(subject) && !ticked.contains(subject));
    for subject in lifted {
        objections::lift(&v, session.person, subject, shown).await.map_err(refused)?;
    }
    Ok(lead("/contact?saved=yes"))
}
