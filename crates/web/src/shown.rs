//! What was shown when a customer decided: which files a page that asks is made of.

use std::collections::BTreeMap;

use counterfoil_domain::entry::{InvalidEntry, canonical, fingerprint};
use counterfoil_oauth::Shown;
use counterfoil_store::config_objects::Artefact;
use serde::{Deserialize, Serialize};

use crate::files::Files;
use crate::pages::{Category, PagesSettings};

/// What every page is made of.
const EVERYWHERE: [&str; 2] = ["base.html", "components.html"];
/// What every page looks like.
const LOOK: [&str; 3] = ["app.css", "icon.svg", "tokens.css"];
/// The name under which a manifest lists a [`Setting`].
pub(crate) const SETTING: &str = "setting.json";

/// The files of a page by name, each by the hash of its bytes. An entry names the hash of this list, so that whoever has
/// the artefacts can show the page again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) files: BTreeMap<String, String>,
}

/// What stands on pages that is the same for every customer and in no file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Setting {
    /// The name of the shop.
    pub(crate) shop: String,
    /// The name of the time zone in which dates are written.
    pub(crate) timezone: String,
    /// The kinds of things that can be left out.
    pub(crate) categories: Vec<Category>,
}

impl Setting {
    /// Of a realm's pages, as bytes.
    pub(crate) fn bytes(settings: &PagesSettings) -> Result<Vec<u8>, InvalidEntry> {
        canonical(&Self {
            shop: settings.shop.clone(),
            timezone: settings.timezone.name().to_owned(),
            categories: settings.categories.clone(),
        })
    }
}

/// A page on which a customer decides something that the ledger records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    /// Whether an app is let in.
    Consent,
    /// What an app that was let in sees.
    Change,
    /// Which single purchases one app does not see.
    LeftOut,
    /// What no app sees.
    Hidden,
    /// Whether any app sees one purchase.
    Purchase,
    /// That a file of purchases is wanted.
    Download,
    /// That everything is erased.
    Erase,
    /// What the shop would like to know.
    Ask,
    /// Whether what an app sent is told.
    Waiting,
    /// What was told, to be changed.
    ToldChange,
    /// Whether what was told is taken back.
    TakeBack,
    /// Whether what they agreed to lasts longer.
    Renew,
    /// How the shop may talk to the customer.
    Contact,
    /// Whether to go dark, and to start again.
    Dark,
    /// What the shop must answer.
    Rights,
}

impl Asking {
    const ALL: [Self; 15] = [
        Self::Consent,
        Self::Change,
        Self::LeftOut,
        Self::Hidden,
        Self::Purchase,
        Self::Download,
        Self::Erase,
        Self::Ask,
        Self::Waiting,
        Self::ToldChange,
        Self::TakeBack,
        Self::Renew,
        Self::Contact,
        Self::Dark,
        Self::Rights,
    ];

    /// The templates of the page beside those of every page.
    fn own(self) -> &'static [&'static str] {
        match self {
            Self::Consent => &["consent.html", "leave-out.html"],
            Self::Change => &["change.html", "leave-out.html"],
            Self::LeftOut => &["left-out.html", "purchase-list.html"],
            Self::Hidden => &["hidden.html", "leave-out.html", "purchase-list.html"],
            Self::Purchase => &["purchase.html", "receipt.html", "purchase-words.html", "gaps.html"],
            Self::Download => &["download.html", "purchase-words.html", "gaps.html"],
            Self::Erase => &["erase.html"],
            Self::Ask => &["ask.html", "answer-fields.html", "answer-form.html", "deal.html"],
            Self::Waiting => &["waiting.html", "told-words.html", "deal.html"],
            Self::ToldChange => &["told-change.html", "answer-fields.html", "answer-form.html"],
            Self::TakeBack => &["take-back.html"],
            Self::Renew => &["renew.html"],
            Self::Contact => &["contact.html"],
            Self::Dark => &["dark.html"],
            Self::Rights => &["rights.html"],
        }
    }

    /// The bytes of the page's templates, one after the other.
    pub(crate) fn template(self, files: &Files) -> Vec<u8> {
        EVERYWHERE.iter().chain(self.own()).flat_map(|name| files.text(name).bytes()).collect()
    }

    /// The list of all that the page is made of, but for its words, as bytes.
    fn manifest(self, files: &Files, setting: &[u8]) -> Result<Vec<u8>, InvalidEntry> {
        let named = EVERYWHERE.iter().chain(self.own()).chain(&LOOK);
        let mut hashes: BTreeMap<String, String> =
            named.map(|name| ((*name).to_owned(), fingerprint(files.text(name).as_bytes()))).collect();
        hashes.insert(SETTING.to_owned(), fingerprint(setting));
        canonical(&Manifest { files: hashes })
    }
}

/// What each page that asks shows in one language.
#[derive(Debug)]
pub(crate) struct ShownPages {
    consent: Shown,
    change: Shown,
    left_out: Shown,
    hidden: Shown,
    purchase: Shown,
    download: Shown,
    erase: Shown,
    ask: Shown,
    waiting: Shown,
    told_change: Shown,
    take_back: Shown,
    renew: Shown,
    contact: Shown,
    dark: Shown,
    rights: Shown,
}

impl ShownPages {
    /// Takes the fingerprints.
    pub(crate) fn new(files: &Files, language: &str, setting: &[u8]) -> Result<Self, InvalidEntry> {
        let words = files.text(&format!("{language}.ftl")).as_bytes();
        let shown = |page: Asking| Ok(Shown::new(language, &page.manifest(files, setting)?, words));
        Ok(Self {
            consent: shown(Asking::Consent)?,
            change: shown(Asking::Change)?,
            left_out: shown(Asking::LeftOut)?,
            hidden: shown(Asking::Hidden)?,
            purchase: shown(Asking::Purchase)?,
            download: shown(Asking::Download)?,
            erase: shown(Asking::Erase)?,
            ask: shown(Asking::Ask)?,
            waiting: shown(Asking::Waiting)?,
            told_change: shown(Asking::ToldChange)?,
            take_back: shown(Asking::TakeBack)?,
            renew: shown(Asking::Renew)?,
            contact: shown(Asking::Contact)?,
            dark: shown(Asking::Dark)?,
            rights: shown(Asking::Rights)?,
        })
    }

    /// What a page shows.
    pub(crate) fn of(&self, page: Asking) -> &Shown {
        match page {
            Asking::Consent => &self.consent,
            Asking::Change => &self.change,
            Asking::LeftOut => &self.left_out,
            Asking::Hidden => &self.hidden,
            Asking::Purchase => &self.purchase,
            Asking::Download => &self.download,
            Asking::Erase => &self.erase,
            Asking::Ask => &self.ask,
            Asking::Waiting => &self.waiting,
            Asking::ToldChange => &self.told_change,
            Asking::TakeBack => &self.take_back,
            Asking::Renew => &self.renew,
            Asking::Contact => &self.contact,
            Asking::Dark => &self.dark,
            Asking::Rights => &self.rights,
        }
    }
}

/// All that pages on which customers decide are made of, in the order of their hashes.
pub(crate) fn artefacts(files: &Files, setting: Vec<u8>) -> Result<Vec<Artefact>, InvalidEntry> {
    let artefact = |media_type: &str, bytes: Vec<u8>| Artefact {
        hash: fingerprint(&bytes),
        media_type: media_type.to_owned(),
        bytes,
    };
    let mut all: Vec<Artefact> =
        files.iter().map(|(name, text)| artefact(media_type(name), text.as_bytes().to_vec())).collect();
    for page in Asking::ALL {
        all.push(artefact("application/json", page.manifest(files, &setting)?));
    }
    all.push(artefact("application/json", setting));
    all.sort_by(|one, other| one.hash.cmp(&other.hash));
    all.dedup_by(|one, other| one.hash == other.hash);
    Ok(all)
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.') {
        Some((_, "html")) => "text/html",
        Some((_, "css")) => "text/css",
        Some((_, "svg")) => "image/svg+xml",
        _ => "text/plain",
    }
}
