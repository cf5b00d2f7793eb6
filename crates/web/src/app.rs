//! One connected app: every time that it looked, and how the agreement with it changed.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, SecondsFormat, Utc};
use counterfoil_domain::grant::Details;
use counterfoil_domain::ids::{GrantId, PurchaseId};
use counterfoil_oauth::Oauth;
use counterfoil_oauth::grants::GrantView;
use counterfoil_oauth::session::{Session, Visitor};
use counterfoil_oauth::trail::{self, Amended, Content, Entries, Left, Place, Recent, Step, Told, Trail};
use minijinja::{Value, context};

use crate::connected::describe;
use crate::failure::{Failure, Fault};
use crate::form::Fields;
use crate::leave_out;
use crate::pages::Pages;

/// Entries that are opened at most to tell how much an app got lately, together for all apps of a page.
const OPENED: usize = 1_000;

/// How long a customer may still want to see what they have just agreed to, in minutes.
const NEW_MINUTES: i64 = 60;

/// `GET /apps/{grant}`
pub(crate) async fn show(
    pages: Pages,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
    grant: web::Path<String>,
) -> Result<HttpResponse, Fault> {
    let fault = |failure| Fault::new(&pages, failure);
    let id: GrantId = grant.parse().map_err(|_| fault(Failure::NotFound))?;
    let fields = Fields::of_query(&request);
    let place = place(&fields).map_err(|_| fault(Failure::NotFound))?;
    let found = trail::of(&oauth, session.person, id, place).await;
    let Trail { view, accesses, steps } = found.map_err(|error| fault((&error).into()))?;
    let recent = recent(&oauth, &session, id, OPENED).await.map_err(fault)?;
    let is_final = view.state.is_final();
    let values = context! {
        sign_out_token => visitor.form_token(),
        is_new => !is_final && fields.all("new").next().is_some(),
        app => describe(&pages, &view),
        given => moment(&pages, view.given_at),
        is_final,
        ended_how => is_final.then(|| pages.words().stopped(view.state)),
        recent,
        looks => looks(&pages, &accesses),
        looks_newest => place.accesses.map(|_| address(id, Place { accesses: None, ..place }, "looks")),
        looks_earlier => accesses.earlier.map(|_| address(id, Place { accesses: accesses.earlier, ..place }, "looks")),
        steps => steps.told.iter().map(|told| step(&pages, told)).collect::<Vec<_>>(),
        steps_newest => place.steps.map(|_| address(id, Place { steps: None, ..place }, "steps")),
        steps_earlier => steps.earlier.map(|_| address(id, Place { steps: steps.earlier, ..place }, "steps")),
    };
    Ok(pages.page(StatusCode::OK, "app.html", values, &[]))
}

fn place(fields: &Fields) -> Result<Place, Failure> {
    let number = |name| {
        let text = fields.one(name)?;
        let read = |text: &str| text.parse().ok().filter(|number: &i64| *number >= 0);
        text.map(|text| read(text).ok_or(Failure::NotFound)).transpose()
    };
    Ok(Place { accesses: number("before")?, steps: number("changesBefore")? })
}

/// The address of a section of one app's page.
fn address(grant: GrantId, place: Place, section: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, number) in [("before", place.accesses), ("changesBefore", place.steps)] {
        if let Some(number) = number {
            query.append_pair(name, &format!("{number}"));
        }
    }
    let query = query.finish();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("/apps/{grant}{mark}{query}#{section}")
}

/// What an app got lately, from its share of the entries that one page opens.
pub(crate) async fn recent(
    oauth: &Oauth,
    session: &Session,
    grant: GrantId,
    most: usize,
) -> Result<Value, Failure> {
    let recent = trail::recent(oauth, session.person, grant, most).await;
    let Recent { purchases, is_all } = recent.map_err(|error| Failure::from(&error))?;
    Ok(context! { purchases, is_all })
}

/// What the list of connected apps says of each that is active, beside what it says of all.
pub(crate) async fn summaries(
    pages: &Pages,
    oauth: &Oauth,
    session: &Session,
    active: &[&GrantView],
) -> Result<Vec<Value>, Failure> {
    let share = OPENED / active.len().max(1);
    let mut summaries = Vec::with_capacity(active.len());
    for view in active {
        let recent = recent(oauth, session, view.grant_id, share).await?;
        let is_new = oauth.clock().now() - view.given_at < chrono::Duration::minutes(NEW_MINUTES);
        summaries.push(context! { recent, is_new, ..describe(pages, view) });
    }
    Ok(summaries)
}

fn moment(pages: &Pages, at: DateTime<Utc>) -> Value {
    context! { text => Value::from_safe_string(pages.moment(at)), value => at.to_rfc3339_opts(SecondsFormat::Secs, true) }
}

/// One row for each answer. What was erased or altered is one row too: that something left is never left out.
fn looks(pages: &Pages, accesses: &Entries<Vec<Left>>) -> Vec<Value> {
    let row = |at, kind: &str| context! { at => moment(pages, at), kind };
    let rows = |told: &Told<Vec<Left>>| match &told.content {
        Content::Forgotten => vec![row(told.at, "forgotten")],
        Content::Unreadable => vec![row(told.at, "unreadable")],
        Content::Known(all) => {
            let look = |left: &Left| {
                context! {
                    purchases => left.purchases,
                    items => left.items,
                    from => left.from.map(|day| pages.dated(day)),
                    to => left.to.map(|day| pages.dated(day)),
                    is_one_day => left.from == left.to,
                    ..row(told.at, left.look.map_or("data", trail::Look::name))
                }
            };
            all.iter().map(look).collect()
        }
    };
    accesses.told.iter().flat_map(rows).collect()
}

fn step(pages: &Pages, told: &Told<Step>) -> Value {
    let (kind, ended, amended) = match &told.content {
        Content::Forgotten => ("forgotten", None, None),
        Content::Unreadable => ("unreadable", None, None),
        Content::Known(Step::Requested) => ("requested", None, None),
        Content::Known(Step::Given) => ("given", None, None),
        Content::Known(Step::Amended(how)) => {
            ("amended", None, how.as_deref().map(|how| amended(pages, how)))
        }
        Content::Known(Step::ReceiptSent) => ("sent", None, None),
        Content::Known(Step::Ended(state)) => ("ended", Some(pages.words().state(*state)), None),
    };
    context! { at => moment(pages, told.at), kind, ended, amended }
}

fn amended(pages: &Pages, how: &Amended) -> Value {
    let Amended { before, after, with_joined } = how;
    let (old, new) = (&before.carve_outs, &after.carve_outs);
    let gone = before.granted.datasets.iter().filter(|dataset| !after.granted.holds(**dataset));
    let gone: Vec<_> = gone.copied().collect();
    let kinds = |of: &[String], but: &[String]| -> Vec<String> {
        leave_out::names(pages, &without(of, but)).into_iter().map(ToOwned::to_owned).collect()
    };
    let asks = |of: &Details| of.volunteered.as_ref().map_or(0, |volunteered| volunteered.asks.len());
    let count = |of: &[PurchaseId], but: &[PurchaseId]| without(of, but).len();
    context! {
        gone => pages.words().titles(&gone),
        asks_gone => asks(&before.granted).saturating_sub(asks(&after.granted)),
        no_shared => before.granted.shared_accounts && !after.granted.shared_accounts,
        left_out => kinds(&new.categories, &old.categories),
        put_back => kinds(&old.categories, &new.categories),
        purchases_left_out => count(&new.purchases, &old.purchases),
        purchases_put_back => count(&old.purchases, &new.purchases),
        totals_kept => new.keep_totals && !old.keep_totals,
        totals_not_kept => old.keep_totals && !new.keep_totals,
        with_joined,
    }
}

fn without<T: Clone + PartialEq>(of: &[T], but: &[T]) -> Vec<T> {
    of.iter().filter(|one| !but.contains(one)).cloned().collect()
}
