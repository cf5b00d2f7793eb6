//! One purchase of a customer, with everything that is recorded of it.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_domain::ids::PurchaseId;
use counterfoil_oauth::Oauth;
use counterfoil_oauth::hiding;
use counterfoil_oauth::history::{self, Bought};
use counterfoil_oauth::session::{Session, Visitor};
use counterfoil_oauth::sightings::{self, Got, Sighting};
use counterfoil_store::Error;
use minijinja::{Value, context};

use crate::failure::{Failure, Fault};
use crate::form::Fields;
use crate::gaps;
use crate::look::{Look, Month};
use crate::pages::{Pages, lead};
use crate::purchases::{read, unavailable};
use crate::receipt;
use crate::served::Purchase;
use crate::shown::Asking;

/// `GET /purchases/{id}`
pub(crate) async fn show(
    pages: Pages,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
    id: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let fault = |failure| Fault::new(&pages, failure);
    let failed = |error: Error| fault(unavailable(&error));
    let id: PurchaseId = id.parse().map_err(|_| fault(Failure::NotFound))?;
    let found = history::one(&oauth, session.person, id).await.map_err(failed)?;
    let bought = found.ok_or_else(|| fault(Failure::NotFound))?;
    let purchase = read(&bought).map_err(fault)?;
    let seen = sightings::of_purchase(&oauth, session.person, &bought, purchase.recorded_at).await;
    let apps: Vec<Value> =
        seen.map_err(failed)?.iter().map(|sighting| describe_app(&pages, sighting)).collect();
    let values = context! {
        sign_out_token => visitor.form_token(),
        csrf => visitor.form_token(),
        purchase => describe(&pages, &bought, &purchase),
        receipt => receipt::render(pages.words(), &purchase),
        apps,
        gaps => gaps::render(&pages, &oauth).await.map_err(failed)?,
    };
    Ok(pages.page(StatusCode::OK, "purchase.html", values, &[]))
}

/// `POST /purchases/{id}`: hide it from every app, or show it again.
pub(crate) async fn set_hidden(
    pages: Pages,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    id: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let form = Fields::of_form(&visitor, &request, &body).map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&form);
    let fault = |failure| Fault::new(&pages, failure);
    let id: PurchaseId = id.parse().map_err(|_| fault(Failure::NotFound))?;
    let hidden = match form.one("answer").map_err(fault)? {
        Some("hide") => true,
        Some("show") => false,
        _ => return Err(fault(Failure::FormUnreadable)),
    };
    let shown = pages.shown(Asking::Purchase).clone();
    let act = hiding::set_purchase(&oauth, session.person, id, hidden, shown);
    act.await.map_err(|error| fault((&error).into()))?;
    Ok(lead(&format!("/purchases/{id}#apps")))
}

fn describe(pages: &Pages, bought: &Bought, purchase: &Purchase) -> Value {
    let month = Month::of(bought.local_date);
    context! {
        id => purchase.id,
        shop => purchase.shop(),
        city => purchase.location.as_ref().and_then(|place| place.city.clone()),
        seller => purchase.seller.as_ref().map(|seller| &seller.name),
        day => pages.dated(bought.local_date),
        time => Value::from_safe_string(format!("{}", purchase.purchased_at.format("%H:%M"))),
        channel => purchase.channel,
        channel_original => purchase.channel_original,
        status => purchase.status,
        has_order => purchase.has_order(),
        receipt_number => purchase.receipt_number,
        order_id => purchase.order_id,
        is_gift => purchase.gift.as_ref().is_some_and(|gift| gift.is_gift),
        is_shared => purchase.account.as_deref() == Some("shared"),
        is_hidden => bought.is_hidden,
        recorded => pages.momentary(purchase.recorded_at),
        month => Value::from_safe_string(pages.words().month(month.first())),
        month_address => Look { month: Some(month), ..Look::default() }.address(),
    }
}

fn describe_app(pages: &Pages, sighting: &Sighting) -> Value {
    let around = match sighting.got {
        Got::Around(at) => Some(pages.momentary(at)),
        Got::Nothing | Got::Unknown => None,
    };
    context! {
        id => format!("{}", sighting.grant_id),
        name => sighting.app_name,
        since => Value::from_safe_string(pages.day(sighting.given_at)),
        around,
        is_unknown => sighting.got == Got::Unknown,
        may_see => sighting.may_see,
    }
}
