//! Letting an app in, or not.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{Months, NaiveDate};
use counterfoil_domain::grant::{CarveOuts, Dataset, Details, Lasting, VolunteeredAccess};
use counterfoil_oauth::Oauth;
use counterfoil_oauth::asks::NamedAskView;
use counterfoil_oauth::consent::{self, Choice, ConsentError, Pending};
use counterfoil_oauth::session::{Session, Visitor};
use minijinja::{Value, context};

use crate::example::Examples;
use crate::failure::{Failure, Fault};
use crate::form::Fields;
use crate::leave_out::{LeaveOut, Offer};
use crate::pages::{Pages, lead};
use crate::shown::Asking;
use crate::words::Word;

/// The template of the page.
const TEMPLATE: &str = "consent.html";

/// `GET /consent?request=`
pub(crate) async fn show(
    pages: Pages,
    oauth: web::Data<Oauth>,
    visitor: Visitor,
    request: HttpRequest,
) -> Result<HttpResponse, Fault> {
    let fault = |failure| Fault::new(&pages, failure);
    let fields = Fields::of_query(&request);
    let reference = fields.one("request").map_err(fault)?.ok_or_else(|| fault(Failure::RequestUnknown))?;
    let Some(session) = &visitor.session else { return Ok(to_sign_in(reference)) };
    let pending = consent::open(&oauth, reference, session, pages.shown(Asking::Consent)).await;
    let pending = pending.map_err(|error| fault((&error).into()))?;
    let examples = Examples::read(&pages, &oauth, session, &pending.most).await.map_err(fault)?;
    let page = Page::new(&pages, &visitor, reference, &pending, examples);
    Ok(page.render(StatusCode::OK, &Answers::proposed(&pending), None))
}

/// `POST /consent`
pub(crate) async fn answer(
    pages: Pages,
    oauth: web::Data<Oauth>,
    visitor: Visitor,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Fault> {
    let form = Fields::of_form(&visitor, &request, &body).map_err(|failure| Fault::new(&pages, failure))?;
    let pages = pages.of_form(&form);
    let fault = |failure| Fault::new(&pages, failure);
    let refused = |error: ConsentError| Fault::new(&pages, Failure::from(&error));
    let reference = form.one("request").map_err(fault)?.ok_or_else(|| fault(Failure::FormUnreadable))?;
    let Some(session) = &visitor.session else { return Ok(to_sign_in(reference)) };
    match form.one("answer").map_err(fault)? {
        Some("refuse") => {
            let shown = pages.shown(Asking::Consent);
            let back = consent::refuse(&oauth, Some(session), reference, shown).await.map_err(refused)?;
            Ok(lead(back.as_str()))
        }
        Some("allow") => allow(&pages, &oauth, &visitor, session, reference, &form).await,
        _ => Err(fault(Failure::FormUnreadable)),
    }
}

async fn allow(
    pages: &Pages,
    oauth: &Oauth,
    visitor: &Visitor,
    session: &Session,
    reference: &str,
    form: &Fields,
) -> Result<HttpResponse, Fault> {
    let fault = |failure| Fault::new(pages, failure);
    let refused = |error: ConsentError| Fault::new(pages, Failure::from(&error));
    let shown = pages.shown(Asking::Consent);
    let pending = consent::open(oauth, reference, session, shown).await.map_err(refused)?;
    let answers = Answers::read(form, pages, &pending).map_err(fault)?;
    let choice = match answers.choice(&pending.most, pages.today()) {
        Ok(choice) => choice,
        Err(Unusable::Form) => return Err(fault(Failure::FormUnreadable)),
        Err(Unusable::Answer(flaw)) => {
            let pages = pages.at("/consent", &[("request", reference)]);
            let examples = Examples::read(&pages, oauth, session, &pending.most).await.map_err(fault)?;
            let page = Page::new(&pages, visitor, reference, &pending, examples);
            return Ok(page.render(StatusCode::UNPROCESSABLE_ENTITY, &answers, Some(flaw)));
        }
    };
    let back = consent::allow(oauth, session, reference, choice, shown).await.map_err(refused)?;
    Ok(lead(back.as_str()))
}

fn to_sign_in(request: &str) -> HttpResponse {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("request", request).finish();
    lead(&format!("/sign-in?{query}"))
}

/// What the form says. Kept as it was typed, so that it can be shown again.
struct Answers {
    datasets: Vec<Dataset>,
    asks: Vec<String>,
    from: String,
    from_date: String,
    duration: Lasting,
    shared_accounts: bool,
    leave_out: LeaveOut,
}

/// Answers that cannot be taken.
enum Unusable {
    /// No browser sends this from our page.
    Form,
    /// Something that the customer can mend.
    Answer(Flaw),
}

/// What is wrong with an answer.
#[derive(Clone, Copy)]
enum Flaw {
    /// The date.
    Date(DateFlaw),
    /// An app that asks for nothing of purchases was allowed no ask either.
    NothingTicked,
}

#[derive(Clone, Copy)]
enum DateFlaw {
    Missing,
    Unreadable,
    Future,
    TooEarly,
}

impl Answers {
    /// What the page proposes: nothing optional, the app's own window and duration, both to be changed.
    fn proposed(pending: &Pending) -> Self {
        let duration = if pending.asked.duration.exceeds(pending.most.duration) {
            pending.most.duration
        } else {
            pending.asked.duration
        };
        Self {
            datasets: Vec::new(),
            asks: Vec::new(),
            from: "all".to_owned(),
            from_date: String::new(),
            duration,
            shared_accounts: false,
            leave_out: LeaveOut::default(),
        }
    }

    /// What the customer answered.
    fn given(granted: &Details, carve_outs: &CarveOuts, most: &Details) -> Self {
        let from = if granted.from == most.from { "all" } else { "date" };
        Self {
            datasets: granted.datasets.clone(),
            asks: granted.volunteered.iter().flat_map(|of| &of.asks).map(|named| named.ask.clone()).collect(),
            from: from.to_owned(),
            from_date: granted
                .from
                .filter(|_| from == "date")
                .map(|day| format!("{day}"))
                .unwrap_or_default(),
            duration: granted.duration,
            shared_accounts: granted.shared_accounts,
            leave_out: LeaveOut {
                categories: carve_outs.categories.clone(),
                keep_totals: carve_outs.keep_totals,
            },
        }
    }

    fn read(form: &Fields, pages: &Pages, pending: &Pending) -> Result<Self, Failure> {
        let datasets: Option<Vec<Dataset>> = form.all("dataset").map(Dataset::from_name).collect();
        let duration = form.one("duration")?.and_then(Lasting::from_name);
        Ok(Self {
            datasets: datasets.ok_or(Failure::FormUnreadable)?,
            asks: form.all("ask").map(ToOwned::to_owned).collect(),
            from: form.one("from")?.unwrap_or("").to_owned(),
            from_date: form.one("fromDate")?.unwrap_or("").trim().to_owned(),
            duration: duration.ok_or(Failure::FormUnreadable)?,
            shared_accounts: form.is_ticked("sharedAccounts")?,
            leave_out: LeaveOut::read(form, pages, offer(&pending.most))?,
        })
    }

    fn choice(&self, most: &Details, today: NaiveDate) -> Result<Choice, Unusable> {
        let is_of_purchases = most.holds(Dataset::Purchases);
        let from = match self.from.as_str() {
            _ if !is_of_purchases => None,
            "all" => most.from,
            "year" => Some(year_before(today).max(most.from.unwrap_or(NaiveDate::MIN))),
            "date" => Some(
                chosen_date(&self.from_date, most.from, today)
                    .map_err(|flaw| Unusable::Answer(Flaw::Date(flaw)))?,
            ),
            _ => return Err(Unusable::Form),
        };
        let named =
            |ask: &String| most.volunteered.iter().flat_map(|of| &of.asks).any(|named| named.ask == *ask);
        let is_offered =
            self.datasets.iter().all(|dataset| most.holds(*dataset)) && self.asks.iter().all(named);
        let is_too_much = self.shared_accounts && !most.shared_accounts;
        if !is_offered || is_too_much || self.duration.exceeds(most.duration) {
            return Err(Unusable::Form);
        }
        if !is_of_purchases && self.asks.is_empty() {
            return Err(Unusable::Answer(Flaw::NothingTicked));
        }
        let mut datasets: Vec<Dataset> = is_of_purchases.then_some(Dataset::Purchases).into_iter().collect();
        datasets.extend(self.datasets.iter().copied().filter(|dataset| *dataset != Dataset::Purchases));
        Ok(Choice {
            datasets,
            asks: self.asks.clone(),
            from,
            duration: self.duration,
            shared_accounts: self.shared_accounts,
            categories: self.leave_out.categories.clone(),
            keep_totals: self.leave_out.keep_totals,
        })
    }
}

/// The host of an origin; nothing for the customer's own device.
fn host(origin: &str) -> Option<String> {
    let url = url::Url::parse(origin).ok()?;
    if counterfoil_oauth::session::is_loopback(&url) { None } else { url.host_str().map(ToOwned::to_owned) }
}

fn offer(most: &Details) -> Offer {
    Offer::to_app(most.holds(Dataset::Sensitive))
}

fn chosen_date(text: &str, earliest: Option<NaiveDate>, today: NaiveDate) -> Result<NaiveDate, DateFlaw> {
    if text.is_empty() {
        return Err(DateFlaw::Missing);
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| DateFlaw::Unreadable)?;
    if day > today {
        Err(DateFlaw::Future)
    } else if earliest.is_some_and(|earliest| day < earliest) {
        Err(DateFlaw::TooEarly)
    } else {
        Ok(day)
    }
}

fn year_before(today: NaiveDate) -> NaiveDate {
    today.checked_sub_months(Months::new(12)).unwrap_or(today)
}

/// The text of the page as it was shown once: with the answers that the customer gave, or else as it proposes. The
/// examples are gone: they stood on the page alone.
pub(crate) fn again(
    pages: &Pages,
    pending: &Pending,
    answered: Option<(&Details, &CarveOuts)>,
) -> Result<String, minijinja::Error> {
    let answers = answered.map_or_else(
        || Answers::proposed(pending),
        |(granted, carve_outs)| Answers::given(granted, carve_outs, &pending.most),
    );
    let page = Page { pages, form_token: String::new(), request: "", pending, examples: None };
    pages.html(TEMPLATE, page.values(&answers, None))
}

/// The consent page of one request.
struct Page<'a> {
    pages: &'a Pages,
    form_token: String,
    request: &'a str,
    pending: &'a Pending,
    examples: Option<Examples>,
}

impl<'a> Page<'a> {
    fn new(
        pages: &'a Pages,
        visitor: &Visitor,
        request: &'a str,
        pending: &'a Pending,
        examples: Examples,
    ) -> Self {
        Self { pages, form_token: visitor.form_token(), request, pending, examples: Some(examples) }
    }

    fn render(&self, status: StatusCode, answers: &Answers, flaw: Option<Flaw>) -> HttpResponse {
        let origin = self.pending.redirect_origin.as_str();
        self.pages.page(status, TEMPLATE, self.values(answers, flaw), &[origin])
    }

    fn values(&self, answers: &Answers, flaw: Option<Flaw>) -> Value {
        let Pending { app, asked, most, asks, redirect_origin } = self.pending;
        let words = self.pages.words();
        let today = self.pages.today();
        let year_ago = year_before(today);
        let is_optional = |dataset: &Dataset| *dataset != Dataset::Purchases;
        // A question of its own, not one of a list.
        let is_listed = |dataset: &Dataset| is_optional(dataset) && *dataset != Dataset::Sensitive;
        let optional: Vec<Value> = most
            .datasets
            .iter()
            .copied()
            .filter(is_listed)
            .map(|dataset| self.line(dataset, answers.datasets.contains(&dataset)))
            .collect();
        let is_of_purchases = most.holds(Dataset::Purchases);
        // Who sees no purchases sees none of what is in them.
        let is_withheld =
            |dataset: &Dataset| !most.holds(*dataset) && (is_of_purchases || *dataset == Dataset::Purchases);
        let withheld: Vec<String> = Dataset::ALL
            .into_iter()
            .filter(is_withheld)
            .map(|dataset| words.dataset(dataset).withheld)
            .collect();
        let durations: Vec<Value> = Lasting::ALL
            .into_iter()
            .filter(|lasting| !lasting.exceeds(most.duration))
            .map(|lasting| {
                context! {
                    name => lasting.name(),
                    title => words.duration(lasting),
                    is_chosen => lasting == answers.duration,
                }
            })
            .collect();
        context! {
            csrf => self.form_token,
            request => self.request,
            app => context! { name => app.name, operator => app.operator, host => host(redirect_origin) },
            stated_use => asked.stated_use,
            required => if is_of_purchases { vec![self.line(Dataset::Purchases, true)] } else { Vec::new() },
            asks => asks.iter().map(|ask| self.ask(ask, answers)).collect::<Vec<_>>(),
            may_tell => most.lets(VolunteeredAccess::Write),
            may_read => most.lets(VolunteeredAccess::Read),
            optional,
            sensitive => most
                .holds(Dataset::Sensitive)
                .then(|| self.line(Dataset::Sensitive, answers.datasets.contains(&Dataset::Sensitive))),
            shared => most.shared_accounts.then(|| context! { is_ticked => answers.shared_accounts }),
            leave_out => answers.leave_out.render(self.pages, offer(most), true),
            withheld,
            durations,
            from => answers.from,
            from_date => answers.from_date,
            earliest => most.from.map(|day| context! { text => self.pages.dated(day), value => format!("{day}") }),
            until_date => most.to.map(|day| self.pages.dated(day)),
            year_ago => most.from.is_none_or(|earliest| earliest < year_ago).then(|| self.pages.dated(year_ago)),
            today => format!("{today}"),
            date_error => match flaw {
                Some(Flaw::Date(flaw)) => Some(self.explain(flaw)),
                Some(Flaw::NothingTicked) | None => None,
            },
            asks_error => matches!(flaw, Some(Flaw::NothingTicked)).then(|| words.say(Word::NothingTicked)),
        }
    }

    fn line(&self, dataset: Dataset, is_ticked: bool) -> Value {
        let words = self.pages.words().dataset(dataset);
        context! {
            name => dataset.name(),
            title => words.title,
            gives => words.gives,
            is_ticked,
            example => self.examples.as_ref().and_then(|examples| examples.of(dataset)),
        }
    }

    fn ask(&self, ask: &NamedAskView, answers: &Answers) -> Value {
        let language = self.pages.words().tag();
        context! {
            id => ask.ask,
            title => ask.title.of(language),
            why => ask.why.of(language),
            is_ticked => answers.asks.contains(&ask.ask),
        }
    }

    fn explain(&self, flaw: DateFlaw) -> String {
        self.pages.words().say(match flaw {
            DateFlaw::Missing => Word::DateMissing,
            DateFlaw::Unreadable => Word::DateUnreadable,
            DateFlaw::Future => Word::DateFuture,
            DateFlaw::TooEarly => Word::DateTooEarly,
        })
    }
}
