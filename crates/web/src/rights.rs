//! Your rights: what a customer can do at once, and whom to ask or to complain to.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use counterfoil_oauth::session::{Session, Visitor};
use counterfoil_volunteered::{VolunteeredError, Volunteering};
use minijinja::context;

use crate::failure::Fault;
use crate::pages::Pages;
use crate::published;

/// `GET /rights`
pub(crate) async fn show(
    pages: Pages,
    v: web::Data<Volunteering>,
    _session: Session,
    visitor: Visitor,
) -> Result<HttpResponse, Fault> {
    let realm = published::realm(&v).await;
    let realm = realm.map_err(|error| Fault::new(&pages, (&VolunteeredError::from(error)).into()))?;
    let (party, realm) = (realm.as_ref().map(|realm| &realm.controller), realm.as_ref());
    let values = context! {
        sign_out_token => visitor.form_token(),
        who => context! {
            name => party.map(|party| &party.name),
            address => party.map(|party| &party.address),
            contact => party.map(|party| &party.contact),
            officer => realm.and_then(|realm| realm.officer.as_ref()),
            authority => realm.and_then(|realm| realm.authority.as_ref()),
        },
    };
    Ok(pages.page(StatusCode::OK, "rights.html", values, &[]))
}
