//! A page on which a customer decided, shown again: from the artefacts that its entry names and the values in its payload.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use counterfoil_domain::catalogue::Catalogue;
use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_domain::entry::{Display, EntryType};
use counterfoil_domain::grant::{CarveOuts, Details};
use counterfoil_domain::ids::ClientId;
use counterfoil_oauth::asks::NamedAskView;
use counterfoil_oauth::consent::{AppView, Pending};
use serde::Deserialize;
use serde_json::Value;

use crate::consent;
use crate::files::Files;
use crate::page_set::{PageSet, PagesError};
use crate::pages::PagesSettings;
use crate::shown::{Manifest, SETTING, Setting};

/// Why a page cannot be shown again.
#[derive(Debug, thiserror::Error)]
pub enum AgainError {
    /// No page of this kind was shown, or it is one of those that are not shown again.
    #[error("{0} is no entry about a consent page")]
    NoPage(String),
    /// The entry does not say what was shown.
    #[error("the entry does not say what was shown: {0}")]
    Untold(&'static str),
    /// Artefacts that were not stored, or not by this database.
    #[error("artefacts are missing: {}", .0.join(", "))]
    Missing(Vec<String>),
    /// The pages of that build speak another language of templates than this one reads.
    #[error("what build {build} showed cannot be rendered by this one: {error}")]
    Unreadable {
        /// The build that showed it.
        build: String,
        /// What is wrong.
        error: String,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] counterfoil_store::Error),
}

/// An opened entry whose page is to be shown again.
#[derive(Debug)]
pub struct Again {
    entry_type: EntryType,
    display: Display,
    shown: ShownValues,
    granted: Option<Details>,
    carve_outs: CarveOuts,
    at: DateTime<Utc>,
}

/// What stood on the page between the fixed words.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ShownValues {
    app: ShownApp,
    asked: Details,
    most: Details,
    /// Not there before apps could name asks.
    #[serde(default)]
    asks: Vec<NamedAskView>,
    #[serde(default)]
    redirect_origin: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ShownApp {
    client_id: ClientId,
    name: String,
    operator: String,
}

impl Again {
    /// Reads an opened entry.
    ///
    /// # Errors
    /// [`AgainError::NoPage`] for an entry about something else, [`AgainError::Untold`] for one that lacks a part.
    pub fn read(header: &Value, payload: Option<&Value>) -> Result<Self, AgainError> {
        let name = header.get("type").and_then(Value::as_str).unwrap_or_default();
        let entry_type = EntryType::from_name(name).filter(|entry_type| {
            matches!(entry_type, EntryType::GrantRequested | EntryType::GrantGiven | EntryType::GrantRefused)
        });
        let entry_type = entry_type.ok_or_else(|| AgainError::NoPage(name.to_owned()))?;
        let at = header.get("recordedAt").and_then(Value::as_str).and_then(|at| at.parse().ok());
        let payload = payload.ok_or(AgainError::Untold("payload"))?;
        Ok(Self {
            entry_type,
            display: part(header, "display")?.ok_or(AgainError::Untold("display"))?,
            shown: part(payload, "shown")?.ok_or(AgainError::Untold("shown"))?,
            granted: part(payload, "granted")?,
            carve_outs: part(payload, "carveOuts")?.unwrap_or_default(),
            at: at.ok_or(AgainError::Untold("recordedAt"))?,
        })
    }

    /// The page as HTML, with its stylesheets in it. `find` gives an artefact by its hash. What is not kept is not there:
    /// the examples from the customer's own purchases, the form's token, links to other languages.
    ///
    /// # Errors
    /// [`AgainError::Missing`] with every artefact that is not there.
    pub fn render(
        &self,
        entropy: Entropy,
        mut find: impl FnMut(&str) -> counterfoil_store::Result<Option<Vec<u8>>>,
    ) -> Result<String, AgainError> {
        let language = &self.display.language;
        let words = format!("{language}.ftl");
        let mut wanted = BTreeMap::from([(words.clone(), self.display.words.clone())]);
        match find(&self.display.template)? {
            Some(bytes) => {
                let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|error| self.odd(error))?;
                wanted.extend(manifest.files);
            }
            None => {
                wanted.insert("the list of templates".to_owned(), self.display.template.clone());
            }
        }
        let mut files = BTreeMap::new();
        let mut missing = Vec::new();
        for (name, hash) in wanted {
            match find(&hash)? {
                Some(bytes) => {
                    files.insert(name, String::from_utf8(bytes).map_err(|error| self.odd(error))?);
                }
                None => missing.push(format!("{name} ({hash})")),
            }
        }
        if !missing.is_empty() {
            return Err(AgainError::Missing(missing));
        }
        let setting = files.remove(SETTING).unwrap_or_default();
        let setting: Setting = serde_json::from_str(&setting).map_err(|error| self.odd(error))?;
        let text = files.get(&words).cloned().unwrap_or_default();
        let set = self.pages(Files::of(files.clone()), &text, setting, entropy);
        let set = set.map_err(|error| self.odd(error))?;
        let pages = set.first().ok_or(AgainError::Untold("display"))?;
        let html = consent::again(&pages, &self.pending(), self.answered());
        Ok(with_styles(html.map_err(|error| self.odd(error))?, &files))
    }

    fn odd(&self, error: impl std::fmt::Display) -> AgainError {
        AgainError::Unreadable { build: self.display.build.clone(), error: format!("{error}") }
    }

    /// Pages as they were: the same files, the same day.
    fn pages(
        &self,
        files: Files,
        text: &str,
        setting: Setting,
        entropy: Entropy,
    ) -> Result<PageSet, PagesError> {
        let settings = PagesSettings {
            shop: setting.shop,
            timezone: setting.timezone.parse().unwrap_or(chrono_tz::UTC),
            suggestions: Vec::new(),
            categories: setting.categories,
            catalogue: Arc::new(Catalogue::default()),
            is_secure: true,
            has_styleguide: false,
        };
        PageSet::again(files, (&self.display.language, text), settings, Clock::fixed(self.at), entropy)
    }

    fn pending(&self) -> Pending {
        let ShownValues { app, asked, most, asks, redirect_origin } = &self.shown;
        Pending {
            app: AppView { name: app.name.clone(), operator: app.operator.clone(), client_id: app.client_id },
            asked: asked.clone(),
            most: most.clone(),
            asks: asks.clone(),
            redirect_origin: redirect_origin.clone(),
        }
    }

    /// What the customer chose, where they said yes.
    fn answered(&self) -> Option<(&Details, &CarveOuts)> {
        let granted = self.granted.as_ref().filter(|_| self.entry_type == EntryType::GrantGiven)?;
        Some((granted, &self.carve_outs))
    }
}

/// A member of the header or the payload; nothing where it is null or not there.
fn part<T: for<'de> Deserialize<'de>>(value: &Value, name: &'static str) -> Result<Option<T>, AgainError> {
    let member = value.get(name).filter(|member| !member.is_null());
    member.map(|member| T::deserialize(member).map_err(|_| AgainError::Untold(name))).transpose()
}

/// Puts stylesheets where a page links to them, so that the file stands alone.
fn with_styles(html: String, files: &BTreeMap<String, String>) -> String {
    let sheets =
        files.iter().filter(|(name, text)| name.strip_suffix(".css").is_some() && !text.contains("</"));
    sheets.fold(html, |html, (name, text)| {
        let link = format!("<link rel=\"stylesheet\" href=\"/assets/{name}\">");
        html.replace(&link, &format!("<style>\n{text}</style>"))
    })
}
