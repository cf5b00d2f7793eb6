//! Words for people, in several languages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The language that every text has.
pub const MAIN_LANGUAGE: &str = "en";

/// A text by language (BCP 47 tag). All texts of an object have the same languages, [`MAIN_LANGUAGE`] among them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Texts(BTreeMap<String, String>);

impl Texts {
    /// From pairs of language and text.
    pub(super) fn new(texts: BTreeMap<String, String>) -> Self {
        Self(texts)
    }

    /// The text in a language, or else in the main one.
    pub fn of(&self, language: &str) -> &str {
        let text = self.0.get(language).or_else(|| self.0.get(MAIN_LANGUAGE));
        text.map(String::as_str).unwrap_or_default()
    }

    /// All of them: language and text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(language, text)| (language.as_str(), text.as_str()))
    }
}
