//! The files that pages are made of: what ships, and what a shop puts in its place.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// What ships. A name stands once, whatever folder the file is in: a shop keeps its own in one folder.
const EMBEDDED: &[(&str, &str)] = &[
    ("app.css", include_str!("../assets/app.css")),
    ("icon.svg", include_str!("../assets/icon.svg")),
    ("tokens.css", include_str!("../assets/tokens.css")),
    ("de.ftl", include_str!("../words/de.ftl")),
    ("en.ftl", include_str!("../words/en.ftl")),
    ("answer-fields.html", include_str!("../templates/answer-fields.html")),
    ("answer-form.html", include_str!("../templates/answer-form.html")),
    ("app.html", include_str!("../templates/app.html")),
    ("apps.html", include_str!("../templates/apps.html")),
    ("ask.html", include_str!("../templates/ask.html")),
    ("asks.html", include_str!("../templates/asks.html")),
    ("base.html", include_str!("../templates/base.html")),
    ("change.html", include_str!("../templates/change.html")),
    ("components.html", include_str!("../templates/components.html")),
    ("consent.html", include_str!("../templates/consent.html")),
    ("contact.html", include_str!("../templates/contact.html")),
    ("dark.html", include_str!("../templates/dark.html")),
    ("deal.html", include_str!("../templates/deal.html")),
    ("download.html", include_str!("../templates/download.html")),
    ("erase.html", include_str!("../templates/erase.html")),
    ("erased.html", include_str!("../templates/erased.html")),
    ("error.html", include_str!("../templates/error.html")),
    ("find.html", include_str!("../templates/find.html")),
    ("gaps.html", include_str!("../templates/gaps.html")),
    ("hidden.html", include_str!("../templates/hidden.html")),
    ("leave-out.html", include_str!("../templates/leave-out.html")),
    ("left-out.html", include_str!("../templates/left-out.html")),
    ("problem.html", include_str!("../templates/problem.html")),
    ("purchase.html", include_str!("../templates/purchase.html")),
    ("purchase-list.html", include_str!("../templates/purchase-list.html")),
    ("purchase-rows.html", include_str!("../templates/purchase-rows.html")),
    ("purchase-words.html", include_str!("../templates/purchase-words.html")),
    ("purchases.html", include_str!("../templates/purchases.html")),
    ("purchases-found.html", include_str!("../templates/purchases-found.html")),
    ("purchases-none.html", include_str!("../templates/purchases-none.html")),
    ("receipt.html", include_str!("../templates/receipt.html")),
    ("rights.html", include_str!("../templates/rights.html")),
    ("sign-in.html", include_str!("../templates/sign-in.html")),
    ("stop.html", include_str!("../templates/stop.html")),
    ("stop-all.html", include_str!("../templates/stop-all.html")),
    ("stop-link.html", include_str!("../templates/stop-link.html")),
    ("stopped.html", include_str!("../templates/stopped.html")),
    ("stopped-all.html", include_str!("../templates/stopped-all.html")),
    ("styleguide.html", include_str!("../templates/styleguide.html")),
    ("renew.html", include_str!("../templates/renew.html")),
    ("take-back.html", include_str!("../templates/take-back.html")),
    ("told.html", include_str!("../templates/told.html")),
    ("told-change.html", include_str!("../templates/told-change.html")),
    ("told-words.html", include_str!("../templates/told-words.html")),
    ("waiting.html", include_str!("../templates/waiting.html")),
    ("year.html", include_str!("../templates/year.html")),
];

/// Templates, words, stylesheets and the icon, by name.
#[derive(Debug, Clone)]
pub struct Files(BTreeMap<Cow<'static, str>, Cow<'static, str>>);

/// A file that replaces none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} replaces nothing: it has the name of no template, stylesheet or icon, and of no language (such as fr.ftl)"
)]
pub struct UnknownFile(pub String);

impl Files {
    /// What ships.
    pub fn embedded() -> Self {
        let files = EMBEDDED.iter();
        Self(files.map(|(name, text)| (Cow::Borrowed(*name), Cow::Borrowed(*text))).collect())
    }

    /// Puts a file in the place of the one that ships, or adds the words of a language.
    ///
    /// # Errors
    /// [`UnknownFile`] for a name that pages do not ask for.
    pub fn replace(&mut self, name: &str, text: String) -> Result<(), UnknownFile> {
        if !self.0.contains_key(name) && language(name).is_none() {
            return Err(UnknownFile(name.to_owned()));
        }
        self.0.insert(Cow::Owned(name.to_owned()), Cow::Owned(text));
        Ok(())
    }

    /// Those that a page once was made of.
    pub(crate) fn of(files: BTreeMap<String, String>) -> Self {
        Self(files.into_iter().map(|(name, text)| (Cow::Owned(name), Cow::Owned(text))).collect())
    }

    /// All of them: name and text.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_ref(), text.as_ref()))
    }

    /// The bytes of the consent page's templates, for the fingerprint of what decisions rest on.
    pub fn notice(&self) -> Vec<u8> {
        crate::shown::Asking::Consent.template(self)
    }

    /// The bytes of the words in every language, for the same.
    pub fn words(&self) -> Vec<u8> {
        self.languages().flat_map(|(_, text)| text.bytes()).collect()
    }

    /// The templates.
    pub(crate) fn templates(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(|(name, _)| is_template(name))
    }

    /// The word files: language and text.
    pub(crate) fn languages(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter_map(|(name, text)| language(name).map(|tag| (tag, text)))
    }

    /// A file that is embedded; empty for any other name.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", AsRef::as_ref)
    }
}

fn is_template(name: &str) -> bool {
    name.strip_suffix(".html").is_some()
}

/// The language whose words are in a file of that name.
fn language(name: &str) -> Option<&str> {
    let tag = name.strip_suffix(".ftl")?;
    tag.parse::<unic_langid::LanguageIdentifier>().is_ok().then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_replaces_its_like_and_nothing_else() {
        let mut files = Files::embedded();
        files.replace("tokens.css", ":root{}".to_owned()).unwrap();
        files.replace("fr.ftl", "a = b".to_owned()).unwrap();
        assert_eq!(files.text("tokens.css"), ":root{}");
        assert_eq!(files.languages().map(|(tag, _)| tag).collect::<Vec<_>>(), ["de", "en", "fr"]);
        for odd in ["token.css", "extra.html", "../base.html", "not a language.ftl", ""] {
            assert_eq!(files.replace(odd, String::new()), Err(UnknownFile(odd.to_owned())), "{odd}");
        }
        assert_ne!(files.words(), Files::embedded().words());
        assert_eq!(files.notice(), Files::embedded().notice());
    }
}
