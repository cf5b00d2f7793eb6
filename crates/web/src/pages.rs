//! What every page has in common: the templates, the headers, how dates are written.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use counterfoil_domain::clock::{Clock, Entropy};
use minijinja::{Environment, UndefinedBehavior, Value, context};

use crate::failure::Failure;
use crate::words::{Words, WordsError};

const TEMPLATES: [(&str, &str); 24] = [
    ("base.html", include_str!("../templates/base.html")),
    ("sign-in.html", include_str!("../templates/sign-in.html")),
    ("consent.html", include_str!("../templates/consent.html")),
    ("leave-out.html", include_str!("../templates/leave-out.html")),
    ("purchase-list.html", include_str!("../templates/purchase-list.html")),
    ("change.html", include_str!("../templates/change.html")),
    ("left-out.html", include_str!("../templates/left-out.html")),
    ("hidden.html", include_str!("../templates/hidden.html")),
    ("apps.html", include_str!("../templates/apps.html")),
    ("stop.html", include_str!("../templates/stop.html")),
    ("stopped.html", include_str!("../templates/stopped.html")),
    ("error.html", include_str!("../templates/error.html")),
    ("problem.html", include_str!("../templates/problem.html")),
    ("purchase-words.html", include_str!("../templates/purchase-words.html")),
    ("purchases.html", include_str!("../templates/purchases.html")),
    ("purchases-none.html", include_str!("../templates/purchases-none.html")),
    ("purchases-found.html", include_str!("../templates/purchases-found.html")),
    ("purchase-rows.html", include_str!("../templates/purchase-rows.html")),
    ("year.html", include_str!("../templates/year.html")),
    ("find.html", include_str!("../templates/find.html")),
    ("gaps.html", include_str!("../templates/gaps.html")),
    ("purchase.html", include_str!("../templates/purchase.html")),
    ("receipt.html", include_str!("../templates/receipt.html")),
    ("download.html", include_str!("../templates/download.html")),
];

/// What was shown when the customer let an app in: the template with the one that it includes.
const CONSENT: &str =
    concat!(include_str!("../templates/consent.html"), include_str!("../templates/leave-out.html"));

/// What was shown when the customer changed a grant.
pub(crate) const CHANGE: &str =
    concat!(include_str!("../templates/change.html"), include_str!("../templates/leave-out.html"));

/// What was shown when the customer left a single purchase out.
pub(crate) const LEFT_OUT: &str =
    concat!(include_str!("../templates/left-out.html"), include_str!("../templates/purchase-list.html"));

/// What was shown when the customer hid something from every app.
pub(crate) const HIDDEN: &str = concat!(
    include_str!("../templates/hidden.html"),
    include_str!("../templates/leave-out.html"),
    include_str!("../templates/purchase-list.html")
);

/// What was shown when the customer hid a purchase on its own page.
pub(crate) const PURCHASE: &str =
    concat!(include_str!("../templates/purchase.html"), include_str!("../templates/receipt.html"));

/// What was shown when the customer asked for a file of their purchases.
pub(crate) const DOWNLOAD: &str =
    concat!(include_str!("../templates/download.html"), include_str!("../templates/gaps.html"));

/// The bytes of the consent page's template, for the fingerprint of what was shown.
pub fn artefact() -> &'static [u8] {
    CONSENT.as_bytes()
}

/// A kind of things, as pages name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Its id in the catalogue.
    pub id: String,
    /// Its name in the language of the pages.
    pub name: String,
    /// Whether things of it may say something about health, faith, sex life or similar.
    pub sensitive: bool,
}

/// What the pages are told.
#[derive(Debug, Clone)]
pub struct PagesSettings {
    /// The retailer's name, as customers know it.
    pub shop: String,
    /// The time zone in which pages write dates and times.
    pub timezone: Tz,
    /// Customer ids that the demo sign-in suggests.
    pub suggestions: Vec<String>,
    /// The kinds of things that can be left out, in the order in which pages list them.
    pub categories: Vec<Category>,
}

/// The pages of a realm; handlers find it in the app's data.
#[derive(Clone)]
pub struct Pages(Arc<Inner>);

struct Inner {
    settings: PagesSettings,
    templates: Environment<'static>,
    words: Words,
    clock: Clock,
    entropy: Entropy,
}

/// Pages that cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum PagesError {
    /// A template.
    #[error("a template is broken: {0}")]
    Template(#[from] minijinja::Error),
    /// The word file.
    #[error(transparent)]
    Words(#[from] WordsError),
}

impl Pages {
    /// Reads templates and words.
    ///
    /// # Errors
    /// [`PagesError`] when one of them is broken.
    pub fn new(settings: PagesSettings, clock: Clock, entropy: Entropy) -> Result<Self, PagesError> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        for (name, text) in TEMPLATES {
            templates.add_template(name, text)?;
        }
        let words = Words::english()?;
        Ok(Self(Arc::new(Inner { settings, templates, words, clock, entropy })))
    }

    pub(crate) fn words(&self) -> &Words {
        &self.0.words
    }

    /// The name of the shop.
    pub(crate) fn shop(&self) -> &str {
        &self.0.settings.shop
    }

    pub(crate) fn suggestions(&self) -> &[String] {
        &self.0.settings.suggestions
    }

    pub(crate) fn categories(&self) -> &[Category] {
        &self.0.settings.categories
    }

    /// Today, where the shop is.
    pub(crate) fn today(&self) -> NaiveDate {
        self.0.clock.now().with_timezone(&self.0.settings.timezone).date_naive()
    }

    /// A day in words, where the shop is.
    pub(crate) fn day(&self, at: DateTime<Utc>) -> String {
        date(at.with_timezone(&self.0.settings.timezone).date_naive())
    }

    /// A moment in words, to the minute, with the time zone's name.
    pub(crate) fn moment(&self, at: DateTime<Utc>) -> String {
        format!("{}", at.with_timezone(&self.0.settings.timezone).format("%-d %B %Y, %H:%M %Z"))
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
        let shop = &self.0.settings.shop;
        let values = context! { shop, language => self.0.words.language, ..values };
        let rendered = self.0.templates.get_template(template).and_then(|template| template.render(values));
        match rendered {
            Ok(html) => {
                let mut response = HttpResponse::build(status);
                secure(&mut response, form_action);
                response.insert_header((CONTENT_TYPE, "text/html; charset=utf-8")).body(html)
            }
            Err(error) => {
                tracing::error!(%error, template, "a page cannot be rendered");
                let mut response = HttpResponse::InternalServerError();
                secure(&mut response, &[]);
                response
                    .insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"))
                    .body("This page cannot be shown.")
            }
        }
    }

    /// The page of a failure, with a reference that is in the log too.
    pub(crate) fn failure(&self, failure: Failure) -> HttpResponse {
        let reference = data_encoding::BASE32_NOPAD.encode(&self.0.entropy.bytes::<5>());
        tracing::info!(code = failure.code(), reference, "a page reports a failure");
        let words = self.0.words.failure(failure);
        let values = context! {
            title => words.map(|words| &words.title),
            reason => words.map(|words| &words.reason),
            advice => words.map(|words| &words.advice),
            reference,
        };
        self.page(failure.status(), "error.html", values, &[])
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

/// A date in words.
pub(crate) fn date(day: NaiveDate) -> String {
    format!("{}", day.format("%-d %B %Y"))
}

/// The headers of everything a customer gets to see.
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
