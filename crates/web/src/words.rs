//! The words of the pages that are not in a template, from one file per language.

use std::collections::BTreeMap;

use counterfoil_domain::grant::{Dataset, Lasting, State};
use serde::Deserialize;

use crate::failure::Failure;

const ENGLISH: &str = include_str!("../words/en.json");

/// The bytes of the word file, for the fingerprint of what was shown.
pub fn artefact() -> &'static [u8] {
    ENGLISH.as_bytes()
}

/// The words of a language.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Words {
    pub(crate) language: String,
    datasets: BTreeMap<String, DatasetWords>,
    durations: BTreeMap<String, String>,
    states: BTreeMap<String, String>,
    stopped: BTreeMap<String, String>,
    failures: BTreeMap<String, FailureWords>,
    pub(crate) sign_in: SignInWords,
    pub(crate) date: DateWords,
    pub(crate) leave_out: LeaveOutWords,
    pub(crate) hiding: HidingWords,
}

/// A dataset on a page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DatasetWords {
    pub(crate) title: String,
    pub(crate) gives: String,
    pub(crate) withheld: String,
}

/// A failure on a page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FailureWords {
    pub(crate) title: String,
    pub(crate) reason: String,
    pub(crate) advice: String,
}

/// Messages at the field of the sign-in form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignInWords {
    pub(crate) missing: String,
    pub(crate) unusable: String,
}

/// Messages at the date of the consent form.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DateWords {
    pub(crate) missing: String,
    pub(crate) unreadable: String,
    pub(crate) future: String,
    pub(crate) too_early: String,
}

/// Where kinds of things are left out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeaveOutWords {
    pub(crate) summary: String,
    pub(crate) sensitive: String,
    pub(crate) ordinary: String,
    pub(crate) note: String,
    pub(crate) shared: String,
}

/// Where single purchases are hidden or left out.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct HidingWords {
    pub(crate) hide: String,
    pub(crate) show: String,
    pub(crate) hidden: String,
    pub(crate) leave_out: String,
    pub(crate) put_back: String,
    pub(crate) left_out: String,
    pub(crate) none: String,
    pub(crate) none_hidden: String,
    pub(crate) none_left_out: String,
}

/// A word file that lacks something.
#[derive(Debug, thiserror::Error)]
pub enum WordsError {
    /// Not JSON of the right shape.
    #[error("the word file cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// No words for something that pages show.
    #[error("the word file has nothing for {0}")]
    Missing(&'static str),
}

impl Words {
    /// The English words, checked for completeness so that no page finds a gap later.
    pub(crate) fn english() -> Result<Self, WordsError> {
        let words: Self = serde_json::from_str(ENGLISH)?;
        for dataset in Dataset::ALL {
            words.datasets.get(dataset.name()).ok_or(WordsError::Missing(dataset.name()))?;
        }
        for lasting in Lasting::ALL {
            words.durations.get(lasting.name()).ok_or(WordsError::Missing(lasting.name()))?;
        }
        for failure in Failure::ALL {
            words.failures.get(failure.code()).ok_or(WordsError::Missing(failure.code()))?;
        }
        Ok(words)
    }

    pub(crate) fn dataset(&self, dataset: Dataset) -> Option<&DatasetWords> {
        self.datasets.get(dataset.name())
    }

    /// The lines that say what these datasets are.
    pub(crate) fn titles(&self, datasets: &[Dataset]) -> Vec<&str> {
        datasets
            .iter()
            .filter_map(|dataset| self.dataset(*dataset))
            .map(|words| words.title.as_str())
            .collect()
    }

    pub(crate) fn duration(&self, lasting: Lasting) -> &str {
        self.durations.get(lasting.name()).map_or("", String::as_str)
    }

    pub(crate) fn state(&self, state: State) -> &str {
        self.states.get(state.name()).map_or(state.name(), String::as_str)
    }

    pub(crate) fn stopped(&self, state: State) -> &str {
        self.stopped.get(state.name()).map_or("", String::as_str)
    }

    pub(crate) fn failure(&self, failure: Failure) -> Option<&FailureWords> {
        self.failures.get(failure.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_file_is_complete() {
        Words::english().unwrap();
    }

    fn values(value: &serde_json::Value, into: &mut String) {
        match value {
            serde_json::Value::String(text) => {
                into.push_str(text);
                into.push('\n');
            }
            serde_json::Value::Object(members) => members.values().for_each(|member| values(member, into)),
            _ => {}
        }
    }

    /// A template without what stands between braces.
    fn fixed(template: &str) -> String {
        template.split('{').map(|part| part.rsplit('}').next().unwrap_or("")).collect()
    }

    #[test]
    fn nobody_is_shamed_or_hurried_and_no_jargon_is_spoken() {
        let mut shown = String::new();
        values(&serde_json::from_str(ENGLISH).unwrap(), &mut shown);
        for template in [
            include_str!("../templates/base.html"),
            include_str!("../templates/sign-in.html"),
            include_str!("../templates/consent.html"),
            include_str!("../templates/leave-out.html"),
            include_str!("../templates/purchase-list.html"),
            include_str!("../templates/apps.html"),
            include_str!("../templates/change.html"),
            include_str!("../templates/left-out.html"),
            include_str!("../templates/hidden.html"),
            include_str!("../templates/stop.html"),
            include_str!("../templates/stopped.html"),
            include_str!("../templates/error.html"),
            include_str!("../templates/purchases.html"),
            include_str!("../templates/purchases-none.html"),
            include_str!("../templates/purchases-found.html"),
            include_str!("../templates/purchase-rows.html"),
            include_str!("../templates/year.html"),
            include_str!("../templates/find.html"),
            include_str!("../templates/gaps.html"),
            include_str!("../templates/purchase.html"),
            include_str!("../templates/receipt.html"),
            include_str!("../templates/download.html"),
        ] {
            shown.push_str(&fixed(template));
        }
        // An attribute of HTML, which nobody reads.
        let shown = shown.to_lowercase().replace(" scope=\"", " \"");
        assert!(shown.contains("don’t allow") && shown.contains("until i stop it"));
        for banned in [
            "are you sure",
            "you will lose",
            "miss out",
            "recommended",
            "hurry",
            "only today",
            "sorry to see",
            "no thanks",
            "unfortunately",
            "token",
            "oauth",
            "revoke",
            "scope",
            "grant",
        ] {
            assert!(!shown.contains(banned), "{banned:?}");
        }
    }
}
