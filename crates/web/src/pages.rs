//! What every page has in common: how one is shown, its headers, how dates are written.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use counterfoil_domain::catalogue::Catalogue;
use counterfoil_oauth::Shown;
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::form::Fields;
use crate::page_set::{COOKIE, PARAMETER, PageSet, Spoken};
use crate::shown::Asking;
use crate::words::{Word, Words};

/// For how long a browser keeps the language that somebody chose.
const COOKIE_DAYS: i64 = 365;

/// A kind of things, as pages name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Its id in the catalogue.
    pub id: String,
    /// Its name, by language.
    pub names: BTreeMap<String, String>,
    /// Whether things of it may say something about health, faith, sex life or similar.
    pub sensitive: bool,
}

impl Category {
    /// What a customer reads: in `language`, else in English.
    pub(crate) fn name(&self, language: &str) -> &str {
        let name = self.names.get(language).or_else(|| self.names.get("en"));
        name.map(String::as_str).unwrap_or_default()
    }
}

/// A made-up customer of a demo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The customer id.
    pub id: String,
    /// A few words on who that is; may be empty.
    pub says: String,
}

/// What the pages are told.
#[derive(Debug, Clone)]
pub struct PagesSettings {
    /// The retailer's name, as customers know it.
    pub shop: String,
    /// The time zone in which pages write dates and times.
    pub timezone: Tz,
    /// The customers that the demo sign-in suggests.
    pub suggestions: Vec<Suggestion>,
    /// The kinds of things that can be left out, in the order in which pages list them.
    pub categories: Vec<Category>,
    /// The catalogue itself: what an app would not see is no example of what it would.
    pub catalogue: Arc<Catalogue>,
    /// Whether cookies are for https only.
    pub is_secure: bool,
    /// Whether `/styleguide` answers: in a sandbox.
    pub has_styleguide: bool,
}

/// The pages, in the language of one request; as an extractor, in the one that fits it.
#[derive(Clone)]
pub(crate) struct Pages {
    pub(crate) set: PageSet,
    pub(crate) spoken: Spoken,
    /// The address of the page, for the links to other languages: a path, or nothing for where the browser is.
    pub(crate) path: String,
    /// And its query.
    pub(crate) query: Vec<(String, String)>,
    /// The language was chosen just now: the browser is asked to remember it.
    pub(crate) is_chosen: bool,
    /// Whoever is signed in has gone dark.
    pub(crate) is_dark: bool,
}

impl Pages {
    pub(crate) fn words(&self) -> &Words {
        self.spoken.words()
    }

    pub(crate) fn settings(&self) -> &PagesSettings {
        self.set.settings()
    }

    /// The name of the shop.
    pub(crate) fn shop(&self) -> &str {
        &self.settings().shop
    }

    pub(crate) fn suggestions(&self) -> &[Suggestion] {
        &self.settings().suggestions
    }

    pub(crate) fn catalogue(&self) -> &Arc<Catalogue> {
        &self.settings().catalogue
    }

    pub(crate) fn categories(&self) -> &[Category] {
        &self.settings().categories
    }

    /// What a page of this language shows on which the customer decides something.
    pub(crate) fn shown(&self, page: Asking) -> &Shown {
        self.spoken.shown(page)
    }

    /// The pages in the language in which a form was shown. Another tab may have chosen another one since.
    pub(crate) fn of_form(&self, form: &Fields) -> Self {
        let language = form.all("language").next();
        let spoken = language.and_then(|language| self.set.spoken(language)).unwrap_or(&self.spoken);
        Self { spoken: spoken.clone(), ..self.clone() }
    }

    /// For a page that answers a form: where the same page is, to be read in another language.
    pub(crate) fn at(&self, path: &str, query: &[(&str, &str)]) -> Self {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { path: path.to_owned(), query, ..self.clone() }
    }

    /// Today, where the shop is.
    pub(crate) fn today(&self) -> NaiveDate {
        self.set.clock().now().with_timezone(&self.settings().timezone).date_naive()
    }

    /// A date in words.
    pub(crate) fn date(&self, day: NaiveDate) -> String {
        self.words().day(day)
    }

    /// [`Pages::date`], to be put into a sentence as it is.
    pub(crate) fn dated(&self, day: NaiveDate) -> Value {
        self.words().dated(day)
    }

    /// A day in words, where the shop is.
    pub(crate) fn day(&self, at: DateTime<Utc>) -> String {
        self.date(at.with_timezone(&self.settings().timezone).date_naive())
    }

    /// A moment in words, to the minute, with the time zone's name.
    pub(crate) fn moment(&self, at: DateTime<Utc>) -> String {
        self.words().moment(at.with_timezone(&self.settings().timezone))
    }

    /// [`Pages::moment`], to be put into a sentence as it is.
    pub(crate) fn momentary(&self, at: DateTime<Utc>) -> Value {
        Value::from_safe_string(self.moment(at))
    }

    /// The text of a page.
    pub(crate) fn html(&self, template: &str, values: Value) -> Result<String, minijinja::Error> {
        let shop = &self.settings().shop;
        let values = context! { shop, here => template, languages => self.languages(), is_dark_now => self.is_dark, ..values };
        self.spoken.template(template).and_then(|template| template.render(values))
    }

    /// A page. `form_action` are the origins beside our own that a form's answer may lead to: Chromium holds the
    /// redirect after a form to `form-action` as well.
    pub(crate) fn page(
        &self,
        status: StatusCode,
        template: &str,
        values: Value,
        form_action: &[&str],
    ) -> HttpResponse {
        match self.html(template, values) {
            Ok(html) => {
                let mut response = HttpResponse::build(status);
                secure(&mut response, form_action);
                if self.is_chosen {
                    response.cookie(self.remember());
                }
                response
                    .insert_header((CONTENT_LANGUAGE, self.words().tag()))
                    .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
                    .body(html)
            }
            Err(error) => {
                tracing::error!(%error, template, "a page cannot be rendered");
                let mut response = HttpResponse::InternalServerError();
                secure(&mut response, &[]);
                response
                    .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
                    .body(self.words().say(Word::Broken))
            }
        }
    }

    /// The other languages, each with the address of this page in it.
    fn languages(&self) -> Vec<Value> {
        let others = self.set.languages().filter(|spoken| spoken.words().tag() != self.words().tag());
        let describe = |spoken: &Spoken| {
            let tag = spoken.words().tag();
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(self.query.iter().filter(|(name, _)| name != PARAMETER));
            let query = query.append_pair(PARAMETER, tag).finish();
            let address = format!("{}?{query}", self.path);
            context! { tag, name => spoken.words().say(Word::LanguageName), address }
        };
        others.map(describe).collect()
    }

    fn remember(&self) -> Cookie<'static> {
        Cookie::build(COOKIE, self.words().tag().to_owned())
            .path("/")
            .max_age(Duration::days(COOKIE_DAYS))
            .same_site(SameSite::Lax)
            .http_only(true)
            .secure(self.settings().is_secure)
            .finish()
    }

    /// The page of a failure, with a reference that is in the log too.
    pub(crate) fn failure(&self, failure: Failure) -> HttpResponse {
        let reference = data_encoding::BASE32_NOPAD.encode(&self.set.entropy().bytes::<5>());
        tracing::info!(code = failure.code(), reference, "a page reports a failure");
        let words = self.words().failure(failure);
        let values = context! {
            title => words.title,
            reason => words.reason,
            advice => words.advice,
            reference,
        };
        let here = self.at("/error", &[("code", failure.code())]);
        here.page(failure.status(), "error.html", values, &[])
    }
}

impl std::fmt::Debug for Pages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pages")
    }
}

/// Leads on to another page: 303, so that nothing is posted twice.
pub(crate) fn lead(address: &str) -> HttpResponse {
    let mut response = HttpResponse::SeeOther();
    secure(&mut response, &[]);
    response.insert_header((LOCATION, address)).finish()
}

/// The headers of everything a customer gets to see. They are ours: no template of a shop weakens them.
pub(crate) fn secure(response: &mut actix_web::HttpResponseBuilder, form_action: &[&str]) {
    let mut policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'".to_owned();
    for origin in form_action.iter().filter(|origin| is_source(origin)) {
        policy.push(' ');
        policy.push_str(origin);
    }
    policy.push_str("; frame-ancestors 'none'; base-uri 'none'");
    response
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header(("cross-origin-opener-policy", "same-origin"))
        .insert_header(("cross-origin-resource-policy", "same-origin"))
        .insert_header(("x-frame-options", "DENY"));
}

/// Whether a text can stand in a policy as a source without becoming anything else there.
fn is_source(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !b";,'\"".contains(&byte))
}
