//! `categories.toml`, as it is written.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Fingerprint;

/// The mapping as it is written in `categories.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueFile {
    /// Counts the versions of the file.
    pub version: u32,
    /// What a line counts as that is in no category.
    #[serde(default)]
    pub unmapped: Unmapped,
    /// The categories, in the order in which pages list them.
    #[serde(default)]
    pub categories: Vec<CategoryFile>,
}

/// What a line counts as that is in no category.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unmapped {
    /// It is shown with the others.
    #[default]
    Ordinary,
    /// It is shown only to a grant that holds the sensitive dataset.
    Sensitive,
}

/// One category as it is written in `categories.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryFile {
    /// A word of lower-case letters, digits and `-` that says nothing itself and never changes.
    pub id: String,
    /// What customers read, by language; `en` is always there.
    pub name: BTreeMap<String, String>,
    /// Whether its lines may say something about health, faith, sex life or similar.
    pub sensitive: bool,
    /// Paths of the source's words, general to particular.
    #[serde(default)]
    pub paths: Vec<Vec<String>>,
    /// Single goods, wherever they stand.
    #[serde(default)]
    pub skus: Vec<String>,
}

/// What of a category decides what is hidden.
#[derive(Serialize)]
struct Mapped<'a> {
    id: &'a str,
    sensitive: bool,
    paths: BTreeSet<&'a [String]>,
    skus: BTreeSet<&'a str>,
}

/// Stands for all that decides what is hidden.
pub(super) fn fingerprint(file: &CatalogueFile) -> Fingerprint {
    let categories: Vec<Mapped<'_>> = file
        .categories
        .iter()
        .map(|category| Mapped {
            id: &category.id,
            sensitive: category.sensitive,
            paths: category.paths.iter().map(Vec::as_slice).collect(),
            skus: category.skus.iter().map(String::as_str).collect(),
        })
        .collect();
    let written = serde_json::to_vec(&(file.unmapped, categories));
    debug_assert!(written.is_ok(), "words and lists of words are written to memory");
    let digest: [u8; 32] = Sha256::digest(written.unwrap_or_default()).into();
    digest.first_chunk().copied().unwrap_or_default()
}
