//! The built-in configuration object, on which decisions rest until objects are published; and what was shown.

pub use counterfoil_domain::entry::fingerprint;
use counterfoil_domain::entry::{Display, InvalidEntry, canonical};
use serde::Serialize;

/// What decisions on grants rest on.
#[derive(Debug, Clone, Serialize)]
pub struct ConfigObject {
    /// Its name.
    pub name: &'static str,
    /// Version of the software.
    pub build: &'static str,
    /// `sha256:` of the templates of the consent page.
    pub notice: String,
    /// `sha256:` of the words of the pages, in every language that they speak.
    pub words: String,
}

impl ConfigObject {
    /// The object `default`, from the artefacts that pages show.
    pub fn embedded(notice: &[u8], words: &[u8]) -> Self {
        Self {
            name: "default",
            build: env!("CARGO_PKG_VERSION"),
            notice: fingerprint(notice),
            words: fingerprint(words),
        }
    }

    /// `sha256:` of its canonical bytes, as entries name it.
    ///
    /// # Errors
    /// [`InvalidEntry`], which a struct of strings never gives.
    pub fn hash(&self) -> Result<String, InvalidEntry> {
        Ok(fingerprint(&canonical(self)?))
    }

    /// What an entry says was shown.
    pub fn display(&self, shown: &Shown) -> Display {
        let Shown { language, template, words } = shown.clone();
        Display { build: self.build.to_owned(), language, template, words }
    }
}

/// What a page showed when a customer decided: its language, and the fingerprints of what it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    language: String,
    template: String,
    words: String,
}

impl Shown {
    /// From the language's tag (BCP 47), the bytes of the page's templates and those of the language's words.
    pub fn new(language: &str, template: &[u8], words: &[u8]) -> Self {
        Self { language: language.to_owned(), template: fingerprint(template), words: fingerprint(words) }
    }
}
