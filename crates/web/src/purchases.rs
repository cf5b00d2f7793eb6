//! A customer's purchases: by month with what they come to, or those that pass a filter, or those with an item.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use counterfoil_oauth::Oauth;
use counterfoil_oauth::history::{self, Bought, Choices, FOUND, SEARCHED, SEARCHED_MONTHS, Wanted};
use counterfoil_oauth::session::{Session, Visitor};
use counterfoil_store::Error;
use data_encoding::HEXLOWER;
use minijinja::{Value, context};

use crate::amount;
use crate::failure::{Failure, Fault};
use crate::form::Fields;
use crate::gaps;
use crate::look::{BadDate, Look, Month};
use crate::months::Sums;
use crate::pages::{Pages, lead};
use crate::served::{Line, Purchase};
use crate::words::{Word, Words};

/// Purchases on one page.
const LENGTH: usize = 50;
/// Names of items that a list gives of a purchase.
const ITEMS: usize = 3;
/// Most characters of a search.
const WORDS: usize = 100;

/// What cannot be read or written is told by the log alone.
pub(crate) fn unavailable(error: &Error) -> Failure {
    tracing::error!(%error, "a customer's own purchases cannot be read");
    Failure::Unavailable
}

/// `GET /purchases`
pub(crate) async fn list(
    pages: Pages,
    oauth: web::Data<Oauth>,
    session: Session,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Fault> {
    let fault = |failure| Fault::new(&pages, failure);
    let failed = |error: Error| fault(unavailable(&error));
    // An address that our pages do not make is an address that there is not.
    let (look, bad) = Look::read(&Fields::of_query(&request)).map_err(|_| fault(Failure::NotFound))?;
    let sums = history::days(&oauth, session.person, Wanted::default()).await.map_err(failed)?;
    let sums = Sums::of(&sums);
    let Some(newest) = sums.newest() else {
        let values = context! {
            sign_out_token => visitor.form_token(),
            gaps => gaps::render(&pages, &oauth).await.map_err(failed)?,
        };
        return Ok(pages.page(StatusCode::OK, "purchases-none.html", values, &[]));
    };
    let month = look.month.unwrap_or(newest);
    let choices = history::choices(&oauth, session.person).await.map_err(failed)?;
    let wanted = if look.is_filtered() { look.wanted.clone() } else { month.wanted() };
    let shown = history::page(&oauth, session.person, wanted, look.after, LENGTH).await.map_err(failed)?;
    let matching = if look.is_filtered() {
        let days = history::days(&oauth, session.person, look.wanted.clone()).await.map_err(failed)?;
        Some(Sums::of(&days).of_all())
    } else {
        None
    };
    let rows = rows(pages.words(), &shown.purchases, look.is_filtered(), &[]).map_err(fault)?;
    let older = shown.next.map(|next| Look { after: Some(next), ..look.clone() }.address());
    let newest_page = look.after.map(|_| Look { after: None, ..look.clone() }.address());
    let status = if bad.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let values = context! {
        sign_out_token => visitor.form_token(),
        csrf => visitor.form_token(),
        find => find(&pages, &look, &choices, &bad, ""),
        is_filtered => look.is_filtered(),
        matching,
        year => (!look.is_filtered()).then(|| sums.render_year(pages.words(), &page_of(&look), month)),
        month => render_month(pages.words(), &sums, &look, month),
        rows,
        older,
        newest_page,
        gaps => gaps::render(&pages, &oauth).await.map_err(failed)?,
    };
    Ok(pages.page(status, "purchases.html", values, &[]))
}

/// `GET /purchases/search`: an answer to a form that is opened again.
pub(crate) async fn start() -> HttpResponse {
    lead("/purchases")
}

/// `POST /purchases/search`. What somebody looks for stands in no address: histories and logs keep those.
pub(crate) async fn search(
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
    let failed = |error: Error| fault(unavailable(&error));
    let (look, bad) = Look::read(&form).map_err(fault)?;
    let words: String = form.one("words").map_err(fault)?.unwrap_or("").chars().take(WORDS).collect();
    if words.trim().is_empty() {
        return Ok(lead(&look.address()));
    }
    let found = history::search(&oauth, session.person, look.wanted.clone(), &words, pages.today());
    let found = found.await.map_err(failed)?;
    let choices = history::choices(&oauth, session.person).await.map_err(failed)?;
    let values = context! {
        sign_out_token => visitor.form_token(),
        csrf => visitor.form_token(),
        find => find(&pages, &look, &choices, &bad, &words),
        is_filtered => look.is_filtered(),
        words,
        rows => rows(pages.words(), &found.purchases, true, &history::searched(&words)).map_err(fault)?,
        count => found.purchases.len(),
        is_cut => found.is_cut,
        from => pages.dated(found.from),
        to => pages.dated(found.to),
        most_months => SEARCHED_MONTHS,
        most_searched => SEARCHED,
        most_found => FOUND,
        clear => Look { wanted: Wanted::default(), ..page_of(&look) }.address(),
        gaps => gaps::render(&pages, &oauth).await.map_err(failed)?,
    };
    // To be read in another language, it leads back to where one searches.
    let fields = look.fields();
    let query: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Ok(pages.at("/purchases", &query).page(StatusCode::OK, "purchases-found.html", values, &[]))
}

/// The look without its place in the list.
fn page_of(look: &Look) -> Look {
    Look { after: None, ..look.clone() }
}

/// A month with its year, to be put into a sentence as it is.
fn title(words: &Words, month: Month) -> Value {
    Value::from_safe_string(words.month(month.first()))
}

fn render_month(words: &Words, sums: &Sums, look: &Look, month: Month) -> Value {
    let (before, after) = sums.around(month);
    let link = |other: Option<Month>| {
        other.map(|other| {
            let address = Look { month: Some(other), ..page_of(look) }.address();
            context! { title => title(words, other), address }
        })
    };
    context! { title => title(words, month), sums => sums.of_month(month), before => link(before), after => link(after) }
}

/// The values of `find.html`: the search and the filter.
fn find(pages: &Pages, look: &Look, choices: &Choices, bad: &[BadDate], words: &str) -> Value {
    let wanted = &look.wanted;
    let shops: Vec<Value> = choices
        .shops
        .iter()
        .map(|(index, name)| {
            let is_chosen = wanted.store_index.as_ref() == Some(index);
            context! { value => HEXLOWER.encode(index), name, is_chosen }
        })
        .collect();
    let channels: Vec<Value> = choices
        .channels
        .iter()
        .map(|channel| context! { value => channel, is_chosen => wanted.channel.as_ref() == Some(channel) })
        .collect();
    let wrong = |field: &str| bad.iter().find(|wrong| wrong.field == field);
    let day = |field: &str, value: Option<chrono::NaiveDate>| {
        let error = wrong(field).map(|_| pages.words().say(Word::DateUnreadable));
        let text = wrong(field).map(|wrong| wrong.text.clone()).or(value.map(|value| format!("{value}")));
        context! { value => text.unwrap_or_default(), error }
    };
    let kept = page_of(look).fields();
    let kept: Vec<Value> = kept.into_iter().map(|(name, value)| context! { name, value }).collect();
    context! {
        words,
        shops,
        channels,
        from => day("from", wanted.from),
        to => day("to", wanted.to),
        is_open => look.is_filtered() || !bad.is_empty(),
        clear => Look { wanted: Wanted::default(), ..page_of(look) }.address(),
        kept,
    }
}

/// Purchases as a list shows them, by month where it spans several; of each the items first that were searched for.
fn rows(
    words: &Words,
    purchases: &[Bought],
    by_month: bool,
    searched: &[String],
) -> Result<Vec<Value>, Failure> {
    let mut months: Vec<(Month, Vec<Value>)> = Vec::new();
    for bought in purchases {
        let month = Month::of(bought.local_date);
        let row = row(words, bought, searched)?;
        match months.last_mut().filter(|(last, _)| *last == month) {
            Some((_, rows)) => rows.push(row),
            None => months.push((month, vec![row])),
        }
    }
    let render = |(month, rows): (Month, Vec<Value>)| {
        let title = by_month.then(|| title(words, month));
        context! { title, id => format!("month-{month}"), rows }
    };
    Ok(months.into_iter().map(render).collect())
}

/// Reads what is served of a purchase.
pub(crate) fn read(bought: &Bought) -> Result<Purchase, Failure> {
    serde_json::from_slice(&bought.served)
        .map_err(|_| unavailable(&Error::corrupt("purchases", "document", bought.purchase_id)))
}

fn row(words: &Words, bought: &Bought, searched: &[String]) -> Result<Value, Failure> {
    let purchase = read(bought)?;
    let came_back = amount::units(&purchase.totals.refunded, &purchase.currency) != Some(0);
    let others = purchase.totals.refunded_other.iter();
    let others: Vec<Value> =
        others.map(|other| context! { amount => other.amount, currency => other.currency }).collect();
    let (mut lines, rest): (Vec<&Line>, Vec<&Line>) = purchase
        .lines
        .iter()
        .partition(|line| history::is_named(&line.name, line.brand.as_deref(), searched));
    lines.extend(rest);
    let names: Vec<&str> = lines.iter().take(ITEMS).map(|line| line.name.as_str()).collect();
    Ok(context! {
        id => purchase.id,
        shop => purchase.shop(),
        day => words.dated(bought.local_date),
        channel => purchase.channel,
        channel_original => purchase.channel_original,
        status => purchase.status,
        has_order => purchase.has_order(),
        count => purchase.lines.len(),
        names,
        total => purchase.totals.grand_total,
        currency => purchase.currency,
        back => came_back.then_some(&purchase.totals.refunded),
        others,
        is_hidden => bought.is_hidden,
    })
}
