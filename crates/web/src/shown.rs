//! What was shown when a customer decided: which templates a page that asks is made of.

use counterfoil_oauth::Shown;

use crate::files::Files;

/// What every page is made of.
const EVERYWHERE: [&str; 2] = ["base.html", "components.html"];

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
}

impl Asking {
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
        }
    }

    /// The bytes of the page's templates, one after the other.
    pub(crate) fn template(self, files: &Files) -> Vec<u8> {
        EVERYWHERE.iter().chain(self.own()).flat_map(|name| files.text(name).bytes()).collect()
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
}

impl ShownPages {
    /// Takes the fingerprints.
    pub(crate) fn new(files: &Files, language: &str) -> Self {
        let words = files.text(&format!("{language}.ftl")).as_bytes();
        let shown = |page: Asking| Shown::new(language, &page.template(files), words);
        Self {
            consent: shown(Asking::Consent),
            change: shown(Asking::Change),
            left_out: shown(Asking::LeftOut),
            hidden: shown(Asking::Hidden),
            purchase: shown(Asking::Purchase),
            download: shown(Asking::Download),
            erase: shown(Asking::Erase),
        }
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
        }
    }
}
