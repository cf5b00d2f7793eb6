//! Stopping every app at once: one confirmation, and a withdrawal of its own for each.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::SecondsFormat;
use counterfoil_domain::ids::GrantId;
use counterfoil_oauth::Oauth;
use counterfoil_oauth::grants::{self, GrantError, GrantView};
use counterfoil_oauth::session::{Session, Visitor};
use minijinja::{Value, context};

use crate::connected::load;
use crate::failure::{Failure, Fault};
use crate::form::Fields;
use crate::pages::{Pages, lead};

/// `GET /apps/stop-all`
pub(crate) async fn ask(
    pages: web::Data<Pages>,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
) -> Result<HttpResponse, Fault> {
    let views = load(&pages, &oauth, &session).await?;
    let active: Vec<Value> =
        views.iter().filter(|view| !view.state.is_final()).map(|view| outcome(&pages, view)).collect();
    if active.is_empty() {
        return Ok(lead("/apps"));
    }
    let values = context! {
        sign_out_token => visitor.form_token(),
        csrf => visitor.form_token(),
        active,
    };
    Ok(pages.page(StatusCode::OK, "stop-all.html", values, &[]))
}

/// `POST /apps/stop-all`: stops those that the page named, so that none is stopped unseen.
pub(crate) async fn stop(
    pages: web::Data<Pages>,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let fault = |failure| Fault::new(&pages, failure);
    let form = Fields::of_form(&visitor, &request, &body).map_err(fault)?;
    let views = load(&pages, &oauth, &session).await?;
    let named = named(&form, &views).map_err(fault)?;
    if named.is_empty() {
        return Err(fault(Failure::FormUnreadable));
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for view in named {
        match grants::withdraw(&oauth, session.person, view.grant_id).await {
            Ok(_) | Err(GrantError::Final(_)) => {}
            // The others are stopped all the same; the next page says which one was not.
            Err(error) => tracing::error!(%error, "one of several apps cannot be stopped"),
        }
        query.append_pair("app", &format!("{}", view.grant_id));
    }
    Ok(lead(&format!("/apps/stopped-all?{}", query.finish())))
}

/// `GET /apps/stopped-all?app=`
pub(crate) async fn stopped(
    pages: web::Data<Pages>,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Fault> {
    let fault = |failure| Fault::new(&pages, failure);
    let views = load(&pages, &oauth, &session).await?;
    let named = named(&Fields::of_query(&request), &views).map_err(|_| fault(Failure::NotFound))?;
    if named.is_empty() {
        return Ok(lead("/apps"));
    }
    let of = |is_final: bool| -> Vec<Value> {
        let those = named.iter().filter(|view| view.state.is_final() == is_final);
        those.map(|view| outcome(&pages, view)).collect()
    };
    let values = context! { sign_out_token => visitor.form_token(), ended => of(true), left => of(false) };
    Ok(pages.page(StatusCode::OK, "stopped-all.html", values, &[]))
}

/// The customer's own grants that the fields name, each once. Somebody else's is as if it did not exist.
fn named<'a>(fields: &Fields, views: &'a [GrantView]) -> Result<Vec<&'a GrantView>, Failure> {
    let ids: Result<Vec<GrantId>, _> = fields.all("app").map(str::parse).collect();
    let ids = ids.map_err(|_| Failure::NotFound)?;
    if ids.iter().any(|id| !views.iter().any(|view| view.grant_id == *id)) {
        return Err(Failure::NotFound);
    }
    Ok(views.iter().filter(|view| ids.contains(&view.grant_id)).collect())
}

fn outcome(pages: &Pages, view: &GrantView) -> Value {
    context! {
        grant_id => format!("{}", view.grant_id),
        name => view.app_name,
        operator => view.operator,
        how => pages.words().stopped(view.state),
        at => view.ended_at.map(|at| context! {
            text => pages.moment(at),
            value => at.to_rfc3339_opts(SecondsFormat::Secs, true),
        }),
    }
}
