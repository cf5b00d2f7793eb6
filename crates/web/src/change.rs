//! Changing what a connected app sees, and leaving single purchases out.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_domain::grant::Dataset;
use counterfoil_domain::ids::GrantId;
use counterfoil_oauth::Oauth;
use counterfoil_oauth::grants::{self, Amendment, Change, Changeable, GrantError};
use counterfoil_oauth::own::{self, Which};
use counterfoil_oauth::session::{Session, Visitor};
use minijinja::{Value, context};

use crate::failure::{Failure, Fault};
use crate::form::Fields;
use crate::hidden::is_saved;
use crate::leave_out::{LeaveOut, Offer};
use crate::pages::{Pages, lead};
use crate::purchase_list::{self, Button, LENGTH, Place, pressed};
use crate::shown::Asking;
use crate::words::Word;

impl From<&GrantError> for Failure {
    fn from(error: &GrantError) -> Self {
        match error {
            GrantError::NotFound => Self::NotFound,
            GrantError::Final(_) => Self::AppEnded,
            GrantError::InvalidChoice(_) => Self::FormUnreadable,
            GrantError::TooMany => Self::TooManyLeftOut,
            GrantError::Store(error) => {
                tracing::error!(%error, "a grant cannot be read or changed");
                Self::Unavailable
            }
        }
    }
}

/// A grant of the customer's that is in force.
async fn find(oauth: &Oauth, session: &Session, grant: &str) -> Result<(GrantId, Changeable), Failure> {
    let id: GrantId = grant.parse().map_err(|_| Failure::NotFound)?;
    let found = grants::changeable(oauth, session.person, id).await;
    let found = found.map_err(|error| Failure::from(&error))?;
    if found.view.state.is_final() { Err(Failure::AppEnded) } else { Ok((id, found)) }
}

fn is_of_purchases(found: &Changeable) -> bool {
    found.view.details.holds(Dataset::Purchases)
}

fn offer(found: &Changeable) -> Offer {
    Offer::to_app(found.view.details.holds(Dataset::Sensitive))
}

/// `GET /apps/{grant}/change`
pub(crate) async fn show(
    pages: Pages,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    grant: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let fault = |failure| Fault::new(&pages, failure);
    let (id, found) = find(&oauth, &session, &grant).await.map_err(fault)?;
    let Changeable { view, joined } = &found;
    let line = |dataset: Dataset| -> Value {
        let words = pages.words().dataset(dataset);
        context! {
            name => dataset.name(),
            title => words.title,
            gives => words.gives,
        }
    };
    let optional = view.details.datasets.iter().filter(|dataset| **dataset != Dataset::Purchases);
    let now =
        LeaveOut { categories: view.carve_outs.categories.clone(), keep_totals: view.carve_outs.keep_totals };
    let values = context! {
        sign_out_token => visitor.form_token(),
        csrf => visitor.form_token(),
        is_saved => is_saved(&request),
        app => context! { grant_id => format!("{id}"), name => view.app_name, operator => view.operator },
        required => if is_of_purchases(&found) { vec![line(Dataset::Purchases)] } else { Vec::new() },
        asks => view.asks.iter().map(|ask| context! {
            id => ask.ask,
            title => ask.title.of(pages.words().tag()),
            why => ask.why.of(pages.words().tag()),
        }).collect::<Vec<_>>(),
        optional => optional.copied().map(line).collect::<Vec<_>>(),
        has_shared => view.details.shared_accounts,
        leave_out => now.render(&pages, offer(&found), true),
        left_out => view.carve_outs.purchases.len(),
        joined => joined,
    };
    Ok(pages.page(StatusCode::OK, "change.html", values, &[]))
}

/// `POST /apps/{grant}/change`
pub(crate) async fn save(
    pages: Pages,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    grant: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let form = Fields::of_form(&visitor, &request, &body).map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&form);
    let fault = |failure| Fault::new(&pages, failure);
    let (id, found) = find(&oauth, &session, &grant).await.map_err(fault)?;
    let amendment = read(&form, &pages, &found).map_err(fault)?;
    if amendment.datasets.is_empty() && amendment.asks.is_empty() {
        // Nothing would be left of it: that is to stop, which is asked on a page of its own.
        return Ok(lead(&format!("/apps/{id}/stop")));
    }
    let shown = pages.shown(Asking::Change).clone();
    let act = grants::amend(&oauth, session.person, id, Change::Choices(amendment), shown);
    act.await.map_err(|error| fault((&error).into()))?;
    Ok(lead(&format!("/apps/{id}/change?saved=yes")))
}

fn read(form: &Fields, pages: &Pages, found: &Changeable) -> Result<Amendment, Failure> {
    let stays: Option<Vec<Dataset>> = form.all("dataset").map(Dataset::from_name).collect();
    let mut datasets: Vec<Dataset> =
        is_of_purchases(found).then_some(Dataset::Purchases).into_iter().collect();
    datasets.extend(stays.ok_or(Failure::FormUnreadable)?);
    let offer = offer(found);
    let left_out = LeaveOut::read(form, pages, offer)?;
    let left_out = left_out.beside(&found.view.carve_outs.categories, pages, offer);
    Ok(Amendment {
        datasets,
        asks: form.all("ask").map(ToOwned::to_owned).collect(),
        shared_accounts: form.is_ticked("sharedAccounts")?,
        categories: left_out.categories,
        keep_totals: left_out.keep_totals,
        with_joined: form.is_ticked("withJoined")?,
    })
}

/// `GET /apps/{grant}/purchases`
pub(crate) async fn purchases(
    pages: Pages,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    grant: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let fault = |failure| Fault::new(&pages, failure);
    let place = Place::of_query(&request).map_err(fault)?;
    let (id, Changeable { view, .. }) = find(&oauth, &session, &grant).await.map_err(fault)?;
    let left_out = &view.carve_outs.purchases;
    let which = if place.is_some { Which::Among(left_out.clone()) } else { Which::All };
    let shown = own::purchases(&oauth, session.person, which, place.after, LENGTH).await;
    let shown = shown.map_err(|error| fault((&GrantError::from(error)).into()))?;
    let words = pages.words();
    let button = |purchase: &own::OwnPurchase| {
        let (answer, text, pill) = if left_out.contains(&purchase.purchase_id) {
            ("put-back", Word::PutBack, Some(Word::LeftOut))
        } else {
            ("leave-out", Word::LeaveOut, purchase.is_hidden.then_some(Word::Hidden))
        };
        Button { answer, text: words.say(text), pill: pill.map(|pill| words.say(pill)) }
    };
    let nothing = if place.is_some { Word::NoneLeftOut } else { Word::NoPurchases };
    let values = context! {
        sign_out_token => visitor.form_token(),
        csrf => visitor.form_token(),
        app => context! { grant_id => format!("{id}"), name => view.app_name },
        list => purchase_list::render(
            &pages,
            &format!("/apps/{id}/purchases"),
            place,
            &shown,
            nothing,
            button,
        ),
    };
    Ok(pages.page(StatusCode::OK, "left-out.html", values, &[]))
}

/// `POST /apps/{grant}/purchases`
pub(crate) async fn set_purchase(
    pages: Pages,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    grant: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let form = Fields::of_form(&visitor, &request, &body).map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&form);
    let fault = |failure| Fault::new(&pages, failure);
    let (place, (purchase_id, answer)) = (Place::read(&form).map_err(fault)?, pressed(&form).map_err(fault)?);
    let id: GrantId = grant.parse().map_err(|_| fault(Failure::NotFound))?;
    let change = match answer {
        "leave-out" => Change::LeaveOut(purchase_id),
        "put-back" => Change::PutBack(purchase_id),
        _ => return Err(fault(Failure::FormUnreadable)),
    };
    let shown = pages.shown(Asking::LeftOut).clone();
    let act = grants::amend(&oauth, session.person, id, change, shown);
    act.await.map_err(|error| fault((&error).into()))?;
    Ok(lead(&format!("{}#{purchase_id}", place.address(&format!("/apps/{id}/purchases")))))
}
