//! The pages of a realm in every language, and which of them a request gets to see.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{AcceptLanguage, Header as _};
use actix_web::{FromRequest, HttpRequest, web};
use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_domain::entry::InvalidEntry;
use counterfoil_oauth::Shown;
use counterfoil_oauth::session::Visitor;
use counterfoil_store::config_objects::Artefact;
use counterfoil_volunteered::{Volunteering, dark};
use minijinja::{Environment, Template, UndefinedBehavior};

use crate::files::Files;
use crate::language::Language;
use crate::pages::{Pages, PagesSettings};
use crate::shown::{self, Asking, Setting, ShownPages};
use crate::templates::{environment, words_named};
use crate::words::Words;

/// The language of those whose browser asks for none that pages speak.
pub(crate) const MAIN_LANGUAGE: &str = "en";
/// The parameter of an address that chooses a language.
pub(crate) const PARAMETER: &str = "lang";
/// The cookie that remembers it.
pub(crate) const COOKIE: &str = "counterfoil-language";

/// The pages of a realm, in every language; handlers find it in the app's data. Cloning shares it.
#[derive(Clone)]
pub struct PageSet(Arc<Inner>);

struct Inner {
    settings: PagesSettings,
    files: Files,
    /// The main one first.
    languages: Vec<Spoken>,
    clock: Clock,
    entropy: Entropy,
}

/// The pages in one language.
#[derive(Clone)]
pub(crate) struct Spoken(Arc<InOneLanguage>);

struct InOneLanguage {
    words: Arc<Words>,
    templates: Environment<'static>,
    shown: ShownPages,
}

/// Pages that cannot be shown; names the file.
#[derive(Debug, thiserror::Error)]
pub enum PagesError {
    /// A template cannot be read.
    #[error("a template is broken: {0}")]
    Template(#[from] minijinja::Error),
    /// A word file cannot be read, or lacks something.
    #[error("{0}")]
    Words(String),
    /// There is no word file of the main language.
    #[error("{MAIN_LANGUAGE}.ftl is not there")]
    NoMainLanguage,
    /// What pages are made of cannot be listed.
    #[error("what pages are made of cannot be listed: {0}")]
    Unlisted(#[from] InvalidEntry),
}

impl PageSet {
    /// Reads templates and words.
    ///
    /// # Errors
    /// [`PagesError`] when one of them is broken or a word is missing.
    pub fn new(
        files: Files,
        settings: PagesSettings,
        clock: Clock,
        entropy: Entropy,
    ) -> Result<Self, PagesError> {
        let setting = Setting::bytes(&settings)?;
        let mut languages = Vec::new();
        for (tag, text) in files.languages() {
            let spoken = Spoken::new(&files, tag, text, UndefinedBehavior::SemiStrict, &setting)?;
            languages.push(spoken);
        }
        let main = languages.iter().position(|spoken| spoken.words().tag() == MAIN_LANGUAGE);
        languages.swap(0, main.ok_or(PagesError::NoMainLanguage)?);
        Ok(Self(Arc::new(Inner { settings, files, languages, clock, entropy })))
    }

    /// Pages in a single language, to show again what was shown once.
    pub(crate) fn again(
        files: Files,
        language: (&str, &str),
        settings: PagesSettings,
        clock: Clock,
        entropy: Entropy,
    ) -> Result<Self, PagesError> {
        let (tag, text) = language;
        let setting = Setting::bytes(&settings)?;
        let spoken = Spoken::new(&files, tag, text, UndefinedBehavior::SemiStrict, &setting)?;
        Ok(Self(Arc::new(Inner { settings, files, languages: vec![spoken], clock, entropy })))
    }

    /// All that the pages are made of on which customers decide something: entries name it by its hashes.
    ///
    /// # Errors
    /// [`PagesError::Unlisted`], which text never gives.
    pub fn artefacts(&self) -> Result<Vec<Artefact>, PagesError> {
        Ok(shown::artefacts(self.files(), Setting::bytes(self.settings())?)?)
    }

    pub(crate) fn settings(&self) -> &PagesSettings {
        &self.0.settings
    }

    pub(crate) fn files(&self) -> &Files {
        &self.0.files
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(crate) fn entropy(&self) -> &Entropy {
        &self.0.entropy
    }

    /// The languages, the main one first.
    pub(crate) fn languages(&self) -> impl Iterator<Item = &Spoken> {
        self.0.languages.iter()
    }

    /// The pages in a language: its tag, or a more particular one (`de-AT`).
    pub(crate) fn spoken(&self, tag: &str) -> Option<&Spoken> {
        let primary = tag.split('-').next().unwrap_or(tag);
        let find = |tag: &str| self.languages().find(|spoken| spoken.words().tag().eq_ignore_ascii_case(tag));
        find(tag).or_else(|| find(primary))
    }

    /// The pages in the main language, for no request.
    pub(crate) fn first(&self) -> Option<Pages> {
        let spoken = self.languages().next()?.clone();
        Some(Pages {
            set: self.clone(),
            spoken,
            path: String::new(),
            query: Vec::new(),
            is_chosen: false,
            is_dark: false,
        })
    }

    /// The language of a request: the one chosen in the address, the one chosen before, the one that the browser asks
    /// for, the main one.
    fn pages(&self, request: &HttpRequest) -> Option<Pages> {
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
        let chosen = query.iter().find(|(name, _)| name == PARAMETER);
        let chosen = chosen.and_then(|(_, tag)| self.spoken(tag));
        let remembered = || request.cookie(COOKIE).and_then(|cookie| self.spoken(cookie.value()));
        let asked = || {
            let ranked = AcceptLanguage::parse(request).ok()?.ranked();
            ranked.iter().filter_map(|tag| tag.item()).find_map(|tag| self.spoken(tag.as_str()))
        };
        let spoken = chosen.or_else(remembered).or_else(asked).or_else(|| self.languages().next())?;
        // The answer to a form is no page that could be opened again: whoever shows one says where it is.
        let query = if request.method() == Method::GET { query } else { Vec::new() };
        Some(Pages {
            set: self.clone(),
            spoken: spoken.clone(),
            path: String::new(),
            query,
            is_chosen: chosen.is_some(),
            is_dark: false,
        })
    }
}

impl std::fmt::Debug for PageSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PageSet")
    }
}

impl FromRequest for Pages {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let pages = request.app_data::<web::Data<PageSet>>().and_then(|set| set.pages(request));
        let volunteering = request.app_data::<web::Data<Volunteering>>().cloned();
        let visitor = Visitor::from_request(request, payload);
        Box::pin(async move {
            let missing = || actix_web::error::ErrorInternalServerError("there are no pages");
            let pages = pages.ok_or_else(missing)?;
            let (Some(volunteering), Ok(Visitor { session: Some(session), .. })) =
                (volunteering, visitor.await)
            else {
                return Ok(pages);
            };
            // Every page says so while a customer is dark, whatever else it is about.
            match dark::of(&volunteering, session.person).await {
                Ok(dark) => Ok(Self { is_dark: dark.is_some(), ..pages }),
                Err(error) => {
                    tracing::error!(%error, "whether a customer is dark cannot be read");
                    Ok(pages)
                }
            }
        })
    }
}

impl Spoken {
    /// Reads the words and the templates of a language.
    ///
    /// # Errors
    /// [`PagesError`] when one of them is broken or a word is missing.
    pub(crate) fn new(
        files: &Files,
        tag: &str,
        text: &str,
        undefined: UndefinedBehavior,
        setting: &[u8],
    ) -> Result<Self, PagesError> {
        let words = Words::new(Language::parse(tag, text).map_err(PagesError::Words)?);
        let words = Arc::new(words.map_err(PagesError::Words)?);
        let there = words.language().values();
        for (name, template) in files.templates() {
            if let Some(word) = words_named(template).into_iter().find(|word| !there.contains_key(*word)) {
                return Err(PagesError::Words(format!("{tag}.ftl has no word {word}, which {name} names")));
            }
        }
        drop(there);
        let templates = environment(files, &words, undefined)?;
        let shown = ShownPages::new(files, tag, setting)?;
        Ok(Self(Arc::new(InOneLanguage { words, templates, shown })))
    }

    pub(crate) fn words(&self) -> &Words {
        &self.0.words
    }

    pub(crate) fn shown(&self, page: Asking) -> &Shown {
        self.0.shown.of(page)
    }

    pub(crate) fn template(&self, name: &str) -> Result<Template<'_, '_>, minijinja::Error> {
        self.0.templates.get_template(name)
    }
}
