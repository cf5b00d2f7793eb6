//! Go dark: what it does, what it cannot, one press; and starting again.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_domain::item::State;
use counterfoil_oauth::Oauth;
use counterfoil_oauth::grants::{self, GrantError, GrantView};
use counterfoil_oauth::session::{Session, Visitor};
use counterfoil_volunteered::{VolunteeredError, Volunteering, consents, dark, items};
use minijinja::{Value, context};
use url::form_urlencoded::Serializer;

use crate::connected::load;
use crate::failure::Fault;
use crate::form::Fields;
use crate::pages::{Pages, lead};
use crate::shown::Asking;
use crate::told::moment;

/// `GET /dark`
pub(crate) async fn show(
    pages: Pages,
    (v, oauth): (web::Data<Volunteering>, web::Data<Oauth>),
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Fault> {
    let refused = |error: VolunteeredError| Fault::new(&pages, (&error).into());
    let dark = dark::of(&v, session.person).await.map_err(refused)?;
    let consents = consents::of(&v, session.person).await.map_err(refused)?;
    let items = items::of(&v, session.person).await.map_err(refused)?;
    let apps = load(&pages, &oauth, &session).await?;
    let values = context! {
        sign_out_token => visitor.form_token(),
        csrf => visitor.form_token(),
        is_dark => dark.is_some(),
        since => dark.map(|dark| moment(&pages, dark.since)),
        consents => consents.iter().filter(|consent| consent.state.is_in_force()).count(),
        items => items.iter().filter(|item| matches!(item.state, State::Live | State::Waiting)).count(),
        apps => active(&apps).count(),
        went => went(&Fields::of_query(&request)).filter(|_| dark.is_some()),
    };
    Ok(pages.page(StatusCode::OK, "dark.html", values, &[]))
}

fn active(apps: &[GrantView]) -> impl Iterator<Item = &GrantView> {
    apps.iter().filter(|app| !app.state.is_final())
}

/// What is told right after going dark: how many systems were told, and whether an app could not be stopped.
fn went(query: &Fields) -> Option<Value> {
    let systems: u32 = query.one("systems").ok()??.parse().ok()?;
    let left = query.one("left").ok()?.is_some();
    Some(context! { systems, left })
}

/// `POST /dark`
pub(crate) async fn go(
    pages: Pages,
    (v, oauth): (web::Data<Volunteering>, web::Data<Oauth>),
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let fields = Fields::of_form(&visitor, &request, &body).map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&fields);
    let stops_apps = fields.is_ticked("apps").map_err(|failure| Fault::new(&pages, failure))?;
    let systems = match dark::go(&v, session.person, pages.shown(Asking::Dark)).await {
        Ok(gone) => gone.systems,
        // Pressed twice.
        Err(VolunteeredError::NotNow(_)) => 0,
        Err(error) => return Err(Fault::new(&pages, (&error).into())),
    };
    let mut query = Serializer::new(String::new());
    query.append_pair("systems", &format!("{systems}"));
    if stops_apps {
        for app in active(&load(&pages, &oauth, &session).await?) {
            match grants::withdraw(&oauth, session.person, app.grant_id).await {
                Ok(_) | Err(GrantError::Final(_)) => {}
                // The others are stopped all the same; the next page says that one was not.
                Err(error) => {
                    tracing::error!(%error, "an app of a customer who goes dark cannot be stopped");
                    query.append_pair("left", "yes");
                }
            }
        }
    }
    Ok(lead(&format!("/dark?{}", query.finish())))
}

/// `POST /dark/start-again`
pub(crate) async fn start_again(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let fields = Fields::of_form(&visitor, &request, &body).map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&fields);
    match dark::start_again(&v, session.person, pages.shown(Asking::Dark)).await {
        Ok(()) | Err(VolunteeredError::NotNow(_)) => Ok(lead("/told")),
        Err(error) => Err(Fault::new(&pages, (&error).into())),
    }
}
