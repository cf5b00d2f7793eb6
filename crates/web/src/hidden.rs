//! What the customer hides from every app.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_oauth::Oauth;
use counterfoil_oauth::hiding::{self, HidingError};
use counterfoil_oauth::own::{self, Which};
use counterfoil_oauth::session::{Session, Visitor};
use minijinja::{HtmlEscape, Value, context};

use crate::failure::{Failure, Fault};
use crate::form::Fields;
use crate::leave_out::{self, LeaveOut, Offer};
use crate::pages::{Pages, lead};
use crate::purchase_list::{self, Button, LENGTH, Place, pressed};
use crate::shown::Asking;
use crate::words::Word;

const PAGE: &str = "/hidden";

impl From<&HidingError> for Failure {
    fn from(error: &HidingError) -> Self {
        match error {
            HidingError::NotFound => Self::NotFound,
            HidingError::InvalidChoice(_) => Self::FormUnreadable,
            HidingError::Store(error) => {
                tracing::error!(%error, "what is hidden cannot be read or written");
                Self::Unavailable
            }
        }
    }
}

/// `GET /hidden`
pub(crate) async fn show(
    pages: Pages,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Fault> {
    let fault = |failure| Fault::new(&pages, failure);
    let place = Place::of_query(&request).map_err(fault)?;
    let refused = |error: HidingError| Fault::new(&pages, Failure::from(&error));
    let categories = hiding::categories(&oauth, session.person).await.map_err(refused)?;
    let which = if place.is_some { Which::Hidden } else { Which::All };
    let shown = own::purchases(&oauth, session.person, which, place.after, LENGTH).await;
    let shown = shown.map_err(|error| refused(error.into()))?;
    let words = pages.words();
    let button = |purchase: &own::OwnPurchase| {
        let (answer, text, pill) = if purchase.is_hidden {
            ("show", Word::Show, Some(Word::Hidden))
        } else {
            ("hide", Word::Hide, None)
        };
        Button { answer, text: words.say(text), pill: pill.map(|pill| words.say(pill)) }
    };
    let nothing = if place.is_some { Word::NoneHidden } else { Word::NoPurchases };
    // The shop's own words, to stand in a sentence without being set apart.
    let hidden_kinds = format!("{}", HtmlEscape(&leave_out::names(&pages, &categories).join(", ")));
    let chosen = LeaveOut { categories, keep_totals: false };
    let values = context! {
        sign_out_token => visitor.form_token(),
        csrf => visitor.form_token(),
        is_saved => is_saved(&request),
        hidden_kinds => Value::from_safe_string(hidden_kinds),
        leave_out => chosen.render(&pages, Offer::All, false),
        list => purchase_list::render(&pages, PAGE, place, &shown, nothing, button),
    };
    Ok(pages.page(StatusCode::OK, "hidden.html", values, &[]))
}

/// `POST /hidden`: one purchase.
pub(crate) async fn set_purchase(
    pages: Pages,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let form = Fields::of_form(&visitor, &request, &body).map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&form);
    let fault = |failure| Fault::new(&pages, failure);
    let (place, (purchase_id, answer)) = (Place::read(&form).map_err(fault)?, pressed(&form).map_err(fault)?);
    let hidden = match answer {
        "hide" => true,
        "show" => false,
        _ => return Err(fault(Failure::FormUnreadable)),
    };
    let shown = pages.shown(Asking::Hidden).clone();
    let act = hiding::set_purchase(&oauth, session.person, purchase_id, hidden, shown);
    act.await.map_err(|error| fault((&error).into()))?;
    Ok(lead(&format!("{}#{purchase_id}", place.address(PAGE))))
}

/// `POST /hidden/kinds`: the categories.
pub(crate) async fn set_kinds(
    pages: Pages,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let form = Fields::of_form(&visitor, &request, &body).map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&form);
    let fault = |failure| Fault::new(&pages, failure);
    let chosen = LeaveOut::read(&form, &pages, Offer::All).map_err(fault)?;
    let offered = Offer::All.ids(&pages);
    let shown = pages.shown(Asking::Hidden).clone();
    let act = hiding::set_categories(&oauth, session.person, chosen.categories, offered, shown);
    act.await.map_err(|error| fault((&error).into()))?;
    Ok(lead("/hidden?saved=yes"))
}

/// Whether the page is shown after something was saved.
pub(crate) fn is_saved(request: &HttpRequest) -> bool {
    matches!(Fields::of_query(request).one("saved"), Ok(Some("yes")))
}
