//! What I have told you: items by ask, who read them, what was given for them; and a copy to take along.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use counterfoil_domain::exchange::Sums;
use counterfoil_domain::item::State;
use counterfoil_oauth::session::{Session, Visitor};
use counterfoil_volunteered::asks::ConsentView;
use counterfoil_volunteered::exchanges::{self, Balance};
use counterfoil_volunteered::items::{self, ExchangeView, ItemView, TouchView};
use counterfoil_volunteered::sweep::REMIND_DAYS;
use counterfoil_volunteered::{VolunteeredError, Volunteering, consents};
use minijinja::{Value, context};
use serde_json::json;

use crate::amount::price;
use crate::answer_form::{shape, told_plainly};
use crate::failure::Fault;
use crate::form::Fields;
use crate::pages::{Pages, secure};
use crate::published::Objects;

/// `GET /told`
pub(crate) async fn list(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Fault> {
    let refused = |error: VolunteeredError| Fault::new(&pages, (&error).into());
    let (items, objects) = load(&v, &session).await.map_err(refused)?;
    let consents = consents::of(&v, session.person).await.map_err(refused)?;
    let balance = exchanges::of(&v, session.person).await.map_err(refused)?;
    let those = |wanted: &dyn Fn(State) -> bool| -> Vec<Value> {
        let those = items.iter().filter(|item| wanted(item.state));
        those.map(|item| describe(&pages, &objects, item)).collect()
    };
    let is_bare = |consent: &&ConsentView| {
        let has_item = |item: &ItemView| item.state == State::Live && item.consent_id == consent.consent_id;
        consent.state.is_in_force() && !items.iter().any(has_item)
    };
    let soon = v.clock().now() + TimeDelta::days(REMIND_DAYS);
    let is_ending = |consent: &&ConsentView| {
        consent.state.is_in_force() && consent.expires_at.is_some_and(|end| end <= soon)
    };
    let done = Fields::of_query(&request).owned("done").unwrap_or_default();
    let values = context! {
        sign_out_token => visitor.form_token(),
        done => done.unwrap_or_default(),
        waiting => those(&|state| state == State::Waiting),
        live => those(&|state| state == State::Live),
        over => those(&State::is_final),
        ending => consents.iter().filter(is_ending).map(|consent| describe_consent(&pages, consent)).collect::<Vec<_>>(),
        bare => consents.iter().filter(is_bare).map(|consent| describe_consent(&pages, consent)).collect::<Vec<_>>(),
        given => balance.told,
        balance => describe_balance(&pages, &balance),
    };
    Ok(pages.page(StatusCode::OK, "told.html", values, &[]))
}

/// A customer's items, newest first, and what their asks say.
async fn load(v: &Volunteering, session: &Session) -> Result<(Vec<ItemView>, Objects), VolunteeredError> {
    let items = items::of(v, session.person).await?;
    let objects = Objects::load(v, items.iter().map(|item| item.ask_hash.clone()).collect()).await?;
    Ok((items, objects))
}

/// What a page says of an item.
fn describe(pages: &Pages, objects: &Objects, item: &ItemView) -> Value {
    let language = pages.words().tag();
    let ask = objects.ask(&item.ask_hash);
    let purpose = ask.and_then(|ask| objects.purpose(&ask.purpose.hash));
    let touched = |touch: &TouchView| {
        context! {
            name => touch.name,
            is_once => touch.first_at == touch.last_at,
            first => pages.momentary(touch.first_at),
            last => pages.momentary(touch.last_at),
            at => pages.momentary(touch.last_at),
        }
    };
    let offer = ask.map(|ask| ask.offer.says.of(language)).unwrap_or_default();
    context! {
        id => format!("{}", item.item_id),
        consent_id => format!("{}", item.consent_id),
        title => title(pages, objects, item),
        state => item.state.name(),
        lines => lines(pages, objects, item),
        since => moment(pages, item.since),
        until => item.until.map(|at| Value::from_safe_string(pages.day(at))),
        ended => item.ended_at.or(item.until).map(|at| moment(pages, at)),
        purpose => purpose.map(|purpose| purpose.title.of(language)),
        app => item.sent_by,
        fetches => item.fetched_by.iter().map(touched).collect::<Vec<_>>(),
        uses => item.used_by.iter().map(touched).collect::<Vec<_>>(),
        got => item.exchange.as_ref().map(|exchange| describe_exchange(pages, exchange, offer)),
        systems => item.told.systems,
        confirmed => item.told.confirmed,
    }
}

/// What an item is called: as its ask.
pub(crate) fn title(pages: &Pages, objects: &Objects, item: &ItemView) -> String {
    let ask = objects.ask(&item.ask_hash);
    ask.map_or_else(|| item.ask.clone(), |ask| ask.title.of(pages.words().tag()).to_owned())
}

/// What was told, in the words of its ask.
pub(crate) fn lines(pages: &Pages, objects: &Objects, item: &ItemView) -> Vec<Value> {
    let Some(value) = &item.value else { return Vec::new() };
    let ask = objects.ask(&item.ask_hash);
    let form = ask.and_then(|ask| shape(&ask.schema, pages.words().tag()));
    form.map_or_else(|| told_plainly(value), |form| form.told(pages.words(), value))
}

/// A moment, for people and for programs.
pub(crate) fn moment(pages: &Pages, at: DateTime<Utc>) -> Value {
    context! { text => pages.momentary(at), value => at.to_rfc3339_opts(SecondsFormat::Secs, true) }
}

fn describe_consent(pages: &Pages, consent: &ConsentView) -> Value {
    context! {
        id => format!("{}", consent.consent_id),
        title => consent.purpose.processing.title.of(pages.words().tag()),
        since => consent.given_at.map(|at| moment(pages, at)),
        until => consent.expires_at.map(|at| Value::from_safe_string(pages.day(at))),
    }
}

/// What is given for an item: as its ask says, or else how much it is.
fn describe_exchange(pages: &Pages, exchange: &ExchangeView, offer: &str) -> Value {
    let amount = amount(pages, &exchange.amount, &exchange.unit, exchange.is_money);
    context! { state => exchange.state.name(), what => if offer.is_empty() { &amount } else { offer } }
}

fn amount(pages: &Pages, amount: &str, unit: &str, is_money: bool) -> String {
    let words = pages.words();
    if is_money {
        words.money(&price(amount, unit), unit)
    } else {
        format!("{} {unit}", words.number(amount))
    }
}

fn describe_balance(pages: &Pages, balance: &Balance) -> Option<Value> {
    let is_money =
        |unit: &str| balance.lines.iter().any(|line| line.exchange.unit == unit && line.exchange.is_money);
    let describe = |(unit, sum): (&str, String)| {
        let money = is_money(unit).then(|| pages.words().money(&price(&sum, unit), unit));
        context! { money => money.map(Value::from_safe_string), value => pages.words().number(&sum), unit }
    };
    let sums = |sums: &Sums| sums.iter().map(describe).collect::<Vec<_>>();
    (!balance.lines.is_empty()).then(|| context! { got => sums(&balance.got), owed => sums(&balance.owed) })
}

/// `GET /told/copy`: what the customer told, as a file.
pub(crate) async fn copy(
    pages: Pages,
    v: web::Data<Volunteering>,
    session: Session,
) -> Result<HttpResponse, Fault> {
    let loaded = load(&v, &session).await;
    let (items, objects) = loaded.map_err(|error| Fault::new(&pages, (&error).into()))?;
    let there = items.iter().filter(|item| item.value.is_some());
    let told = there.map(|item| {
        json!({
            "id": item.item_id,
            "question": title(&pages, &objects, item),
            "ask": item.ask,
            "askVersion": item.ask_version,
            "purpose": item.purpose,
            "state": item.state.name(),
            "sentBy": item.sent_by,
            "since": item.since.to_rfc3339_opts(SecondsFormat::Millis, true),
            "until": item.until.map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true)),
            "answer": item.value,
        })
    });
    let file = json!({
        "shop": pages.shop(),
        "madeAt": v.clock().now().to_rfc3339_opts(SecondsFormat::Millis, true),
        "told": told.collect::<Vec<_>>(),
    });
    let mut response = HttpResponse::Ok();
    secure(&mut response, &[]);
    let name = format!("counterfoil-told-{}.json", pages.today());
    Ok(response
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(format!("{file:#}")))
}
