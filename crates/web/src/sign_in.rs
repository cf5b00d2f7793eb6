//! Signing in, with a way out: "Cancel" answers the app.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_oauth::session::{ReturnTo, Session, Sessions, Visitor};
use counterfoil_oauth::upstream::{Arrival, Callback, Login, is_customer_id};
use counterfoil_oauth::{Oauth, consent};
use minijinja::{Value, context};

use crate::failure::{Failure, Fault};
use crate::form::Fields;
use crate::pages::{Pages, lead};
use crate::shown::Asking;
use crate::words::Word;

/// Where the customer wants to go: to a request of an app, or to a page of ours.
struct Aim {
    request: Option<String>,
    return_to: Option<String>,
}

impl Aim {
    fn of(fields: &Fields) -> Result<Self, Failure> {
        Ok(Self { request: fields.owned("request")?, return_to: fields.owned("return_to")? })
    }

    /// An address that carries it along.
    fn address(&self, path: &str) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(self.fields()).finish();
        format!("{path}?{query}")
    }

    fn fields(&self) -> Vec<(&str, &str)> {
        let request = self.request.iter().map(|request| ("request", request.as_str()));
        request.chain(self.return_to.iter().map(|page| ("return_to", page.as_str()))).collect()
    }

    /// What is not on the list of our own pages leads to connected apps.
    fn page(&self) -> ReturnTo {
        let request = self.request.as_deref().and_then(ReturnTo::consent);
        let page = self.return_to.as_deref().and_then(ReturnTo::parse);
        request.or(page).unwrap_or_else(ReturnTo::apps)
    }
}

/// `GET /sign-in`
pub(crate) async fn show(
    pages: Pages,
    oauth: web::Data<Oauth>,
    login: web::Data<Login>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Fault> {
    let fault = |failure| Fault::new(&pages, failure);
    let aim = Aim::of(&Fields::of_query(&request)).map_err(fault)?;
    if visitor.session.is_some() {
        return Ok(lead(aim.page().path()));
    }
    form_page(&pages, &oauth, &login, &visitor, &aim, StatusCode::OK, Entered::default()).await.map_err(fault)
}

/// What was typed, when the form is shown again.
#[derive(Default)]
struct Entered<'a> {
    customer_id: &'a str,
    error: Option<Word>,
}

async fn form_page(
    pages: &Pages,
    oauth: &Oauth,
    login: &Login,
    visitor: &Visitor,
    aim: &Aim,
    status: StatusCode,
    entered: Entered<'_>,
) -> Result<HttpResponse, Failure> {
    let asking = match &aim.request {
        Some(request) => Some(consent::peek(oauth, request).await.map_err(|error| Failure::from(&error))?),
        None => None,
    };
    let values = context! {
        csrf => visitor.form_token(),
        request => aim.request,
        return_to => aim.return_to,
        app => asking.as_ref().map(|asking| &asking.app.name),
        is_about_asks => asking.as_ref().is_some_and(|asking| asking.most.datasets.is_empty()),
        demo => matches!(login, Login::Demo(_)),
        provider => aim.address("/sign-in/provider"),
        suggestions => suggestions(pages),
        customer_id => entered.customer_id,
        error => entered.error.map(|word| pages.words().say(word)),
    };
    let origins: Vec<&str> = asking.iter().map(|asking| asking.redirect_origin.as_str()).collect();
    let here = pages.at("/sign-in", &aim.fields());
    let mut response = here.page(status, "sign-in.html", values, &origins);
    if let Some(cookie) = visitor.cookie()
        && response.add_cookie(&cookie).is_err()
    {
        return Err(Failure::Unavailable);
    }
    Ok(response)
}

fn suggestions(pages: &Pages) -> Vec<Value> {
    let all = pages.suggestions().iter();
    all.map(|suggestion| context! { id => suggestion.id, says => suggestion.says }).collect()
}

/// `POST /sign-in`
pub(crate) async fn answer(
    pages: Pages,
    oauth: web::Data<Oauth>,
    login: web::Data<Login>,
    sessions: web::Data<Sessions>,
    visitor: Visitor,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let form = Fields::of_form(&visitor, &request, &body).map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&form);
    let fault = |failure| Fault::new(&pages, failure);
    let aim = Aim::of(&form).map_err(fault)?;
    match (form.one("answer").map_err(fault)?, &**login) {
        (Some("cancel"), _) => return cancel(&pages, &oauth, &visitor, &aim).await.map_err(fault),
        (None | Some("sign-in"), Login::Demo(_)) => {}
        _ => return Err(fault(Failure::FormUnreadable)),
    }
    let customer_id = match form.one("pick").map_err(fault)? {
        Some(picked) => picked,
        None => form.one("customerId").map_err(fault)?.unwrap_or("").trim(),
    };
    let error = if customer_id.is_empty() {
        Some(Word::CustomerMissing)
    } else if is_customer_id(customer_id) {
        None
    } else {
        Some(Word::CustomerUnusable)
    };
    if error.is_some() {
        let entered = Entered { customer_id, error };
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return form_page(&pages, &oauth, &login, &visitor, &aim, status, entered).await.map_err(fault);
    }
    let arrival =
        Arrival { customer_id: customer_id.to_owned(), address: None, staff: None, return_to: aim.page() };
    arrive(&sessions, visitor.session.as_ref(), arrival).await.map_err(fault)
}

/// `GET /sign-in/provider`: off to the identity provider. A link leads here and not a form, because a browser holds
/// every further redirect after a form to `form-action`, and where a provider sends people is its own affair.
pub(crate) async fn depart(
    pages: Pages,
    login: web::Data<Login>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Fault> {
    let fault = |failure| Fault::new(&pages, failure);
    let Login::Oidc(provider) = &**login else { return Err(fault(Failure::NotFound)) };
    let aim = Aim::of(&Fields::of_query(&request)).map_err(fault)?;
    let address = provider.begin(&visitor, &aim.page()).await.map_err(|error| {
        tracing::warn!(%error, "a sign-in cannot begin");
        fault(Failure::from(&error))
    })?;
    let mut response = lead(address.as_str());
    if let Some(cookie) = visitor.cookie() {
        response.add_cookie(&cookie).map_err(|_| fault(Failure::Unavailable))?;
    }
    Ok(response)
}

async fn cancel(pages: &Pages, oauth: &Oauth, visitor: &Visitor, aim: &Aim) -> Result<HttpResponse, Failure> {
    let Some(request) = &aim.request else { return Ok(lead("/sign-in")) };
    let shown = pages.shown(Asking::Consent);
    let back = consent::refuse(oauth, visitor.session.as_ref(), request, shown).await;
    back.map(|address| lead(address.as_str())).map_err(|error| (&error).into())
}

/// Begins the session and goes on.
async fn arrive(
    sessions: &Sessions,
    previous: Option<&Session>,
    arrival: Arrival,
) -> Result<HttpResponse, Failure> {
    let log = |error: counterfoil_store::Error| {
        tracing::error!(%error, "a customer cannot be signed in");
        Failure::Unavailable
    };
    let person = sessions.resolve(arrival.customer_id).await.map_err(log)?;
    if let Some(address) = arrival.address {
        sessions.keep_address(person, address).await.map_err(log)?;
    }
    let cookie = sessions.begin_as(person, arrival.staff.as_deref(), previous).await.map_err(log)?;
    let mut response = lead(arrival.return_to.path());
    response.add_cookie(&cookie).map_err(|_| Failure::Unavailable)?;
    Ok(response)
}

/// `GET /sign-in/callback`
pub(crate) async fn come_back(
    pages: Pages,
    login: web::Data<Login>,
    sessions: web::Data<Sessions>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Fault> {
    let fault = |failure| Fault::new(&pages, failure);
    let Login::Oidc(provider) = &**login else { return Err(fault(Failure::NotFound)) };
    let callback = callback(&Fields::of_query(&request)).map_err(fault)?;
    let arrival = provider.finish(&visitor, callback).await.map_err(|error| {
        tracing::warn!(%error, "a sign-in failed");
        fault(Failure::from(&error))
    })?;
    arrive(&sessions, visitor.session.as_ref(), arrival).await.map_err(fault)
}

fn callback(fields: &Fields) -> Result<Callback, Failure> {
    Ok(Callback {
        state: fields.owned("state")?.ok_or(Failure::SignInOver)?,
        code: fields.owned("code")?,
        error: fields.owned("error")?,
        issuer: fields.owned("iss")?,
    })
}

/// `POST /sign-out`
pub(crate) async fn leave(
    pages: Pages,
    sessions: web::Data<Sessions>,
    visitor: Visitor,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let fault = |failure| Fault::new(&pages, failure);
    let mut response = lead("/sign-in");
    let Some(session) = &visitor.session else { return Ok(response) };
    Fields::of_form(&visitor, &request, &body).map_err(fault)?;
    let cookie = sessions.end(session).await.map_err(|error| {
        tracing::error!(%error, "a customer cannot be signed out");
        fault(Failure::Unavailable)
    })?;
    response.add_cookie(&cookie).map_err(|_| fault(Failure::Unavailable))?;
    Ok(response)
}
