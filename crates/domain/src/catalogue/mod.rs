//! Categories: what the retailer's own words for its goods come to, and which of them are sensitive.
//!
//! A source sends a line with a path of its own words (`["DRUG GM", "VITAMINS"]`) and a sku. One version of
//! `categories.toml` maps these to a few categories with stable ids, which is what customers hide and grants leave
//! out. The longest path that a line's path starts with counts; a sku that is listed beats every path.

mod file;
mod set;

use std::collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry};

use data_encoding::HEXLOWER;

pub(crate) use set::CategorySet;

pub use file::{CatalogueFile, CategoryFile, Unmapped};

/// Most categories of one catalogue: as many as a purchase keeps one bit each for.
const MAX_CATEGORIES: usize = 255;
/// The language whose name every category has.
const MAIN_LANGUAGE: &str = "en";

/// A `categories.toml` that breaks a rule; the text names the field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {what}")]
pub struct InvalidCatalogue {
    /// Where, as in `categories[2].paths[0]`.
    pub field: String,
    /// What is wrong there.
    pub what: &'static str,
}

/// One category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its stable id.
    pub id: String,
    /// Whether its lines may say something about health, faith, sex life or similar.
    pub is_sensitive: bool,
    names: BTreeMap<String, String>,
}

impl Category {
    /// What a customer reads: in `language`, else in English.
    pub fn name(&self, language: &str) -> &str {
        let name = self.names.get(language).or_else(|| self.names.get(MAIN_LANGUAGE));
        name.map(String::as_str).unwrap_or_default()
    }

    /// What customers read, by language.
    pub fn names(&self) -> &BTreeMap<String, String> {
        &self.names
    }
}

/// The categories of one version of `categories.toml`. The default maps nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Catalogue {
    version: u32,
    unmapped: Unmapped,
    categories: Vec<Category>,
    paths: Node,
    skus: HashMap<String, usize>,
    fingerprint: Fingerprint,
    spelled: String,
}

impl std::fmt::Debug for Catalogue {
    /// Without the mapping, which may be long.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Catalogue({} of {} categories)", self.spelled, self.categories.len())
    }
}

impl Default for Catalogue {
    fn default() -> Self {
        Self::of(CatalogueFile::default(), Node::default(), HashMap::new())
    }
}

/// What follows one word in a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Node {
    category: Option<usize>,
    next: HashMap<String, Node>,
}

/// The first 8 bytes of the SHA-256 over a mapping.
pub(crate) type Fingerprint = [u8; 8];

impl Catalogue {
    /// Checks what a file says.
    ///
    /// # Errors
    /// [`InvalidCatalogue`] for the first field that breaks a rule.
    pub fn new(file: CatalogueFile) -> Result<Self, InvalidCatalogue> {
        if file.categories.len() > MAX_CATEGORIES {
            return Err(invalid(format!("categories[{MAX_CATEGORIES}]"), "is one category too many"));
        }
        let mut ids = BTreeSet::new();
        let mut paths = Node::default();
        let mut skus = HashMap::new();
        for (index, category) in file.categories.iter().enumerate() {
            let at = format!("categories[{index}]");
            check_category(category, &at)?;
            if !ids.insert(&category.id) {
                return Err(invalid(format!("{at}.id"), "is the id of two categories"));
            }
            for (number, path) in category.paths.iter().enumerate() {
                if let Err(what) = paths.put(path, index) {
                    return Err(invalid(format!("{at}.paths[{number}]"), what));
                }
            }
            for (number, sku) in category.skus.iter().enumerate() {
                let at = || format!("{at}.skus[{number}]");
                match skus.entry(sku.clone()) {
                    _ if sku.is_empty() => return Err(invalid(at(), "is empty")),
                    Entry::Occupied(_) => return Err(invalid(at(), "is listed twice")),
                    Entry::Vacant(place) => place.insert(index),
                };
            }
        }
        Ok(Self::of(file, paths, skus))
    }

    fn of(file: CatalogueFile, paths: Node, skus: HashMap<String, usize>) -> Self {
        let fingerprint = file::fingerprint(&file);
        let categories = file.categories.into_iter().map(|category| Category {
            id: category.id,
            is_sensitive: category.sensitive,
            names: category.name,
        });
        Self {
            version: file.version,
            unmapped: file.unmapped,
            categories: categories.collect(),
            paths,
            skus,
            fingerprint,
            spelled: HEXLOWER.encode(&fingerprint),
        }
    }

    /// The version that the file gives itself.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// 16 hexadecimal digits that stand for the mapping: an edit without a new version is noticed by them. Names are
    /// no part of it; the order of categories is, since purchases keep their categories by position.
    pub fn fingerprint(&self) -> &str {
        &self.spelled
    }

    pub(crate) fn fingerprint_bytes(&self) -> Fingerprint {
        self.fingerprint
    }

    /// What a line counts as that is in no category.
    pub fn unmapped(&self) -> Unmapped {
        self.unmapped
    }

    /// All categories, as the file lists them.
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// The category of a line with this path and sku, by its position in [`Catalogue::categories`]; `None` where it is
    /// in none. Allocates nothing.
    pub fn classify<'p>(&self, path: impl IntoIterator<Item = &'p str>, sku: &str) -> Option<usize> {
        if let Some(category) = self.classify_sku(sku) {
            return Some(category);
        }
        let mut node = &self.paths;
        let mut category = None;
        for word in path {
            let Some(next) = node.next.get(word) else { break };
            node = next;
            category = node.category.or(category);
        }
        category
    }

    /// The category of something of which only the sku is known.
    pub fn classify_sku(&self, sku: &str) -> Option<usize> {
        if self.skus.is_empty() { None } else { self.skus.get(sku).copied() }
    }
}

impl Node {
    fn put(&mut self, path: &[String], category: usize) -> Result<(), &'static str> {
        if path.is_empty() || path.iter().any(String::is_empty) {
            return Err("is empty or has an empty element");
        }
        let end = path.iter().fold(self, |node, word| node.next.entry(word.clone()).or_default());
        if end.category.replace(category).is_some() { Err("is listed twice") } else { Ok(()) }
    }
}

fn invalid(field: String, what: &'static str) -> InvalidCatalogue {
    InvalidCatalogue { field, what }
}

fn check_category(category: &CategoryFile, at: &str) -> Result<(), InvalidCatalogue> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(1..=64).contains(&category.id.len()) || !category.id.bytes().all(plain) {
        return Err(invalid(format!("{at}.id"), "is not 1 to 64 lower-case letters, digits and -"));
    }
    if !category.name.contains_key(MAIN_LANGUAGE) {
        return Err(invalid(format!("{at}.name"), "lacks the language en"));
    }
    if let Some((language, _)) =
        category.name.iter().find(|(language, name)| language.is_empty() || name.trim().is_empty())
    {
        return Err(invalid(format!("{at}.name.{language}"), "is empty"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(text: &str) -> Result<Catalogue, InvalidCatalogue> {
        Catalogue::new(toml::from_str(text).unwrap())
    }

    const GOOD: &str = r#"
        version = 3
        [[categories]]
        id = "pantry"
        name = { en = "Pantry", de = "Vorrat" }
        sensitive = false
        paths = [["SHOP"], ["DRUG/GM", "TEA > herbal"]]
        skus = ["7"]
        [[categories]]
        id = "health"
        name = { en = "Health" }
        sensitive = true
        paths = [["DRUG/GM"], ["SHOP", "DRUG"], ["SHOP", "A", "B"]]
    "#;

    #[test]
    fn the_longest_path_wins_and_a_sku_beats_it() {
        let catalogue = catalogue(GOOD).unwrap();
        for (path, sku, category) in [
            (&["SHOP"][..], "1", Some(0)),
            (&["SHOP", "OTHER", "MORE"], "1", Some(0)),
            (&["SHOP", "DRUG", "MORE"], "1", Some(1)),
            (&["SHOP", "A"], "1", Some(0)),
            (&["SHOP", "A", "B"], "1", Some(1)),
            (&["DRUG/GM"], "1", Some(1)),
            (&["DRUG/GM", "TEA > herbal"], "1", Some(0)),
            (&["DRUG", "GM"], "1", None),
            (&["shop"], "1", None),
            (&[], "1", None),
            (&["DRUG/GM"], "7", Some(0)),
            (&[], "7", Some(0)),
        ] {
            assert_eq!(catalogue.classify(path.iter().copied(), sku), category, "{path:?} {sku}");
        }
        assert_eq!(Catalogue::default().classify(["SHOP"], "7"), None);
        let category = &catalogue.categories()[0];
        assert_eq!([category.name("de"), category.name("fr")], ["Vorrat", "Pantry"]);
        assert_eq!((catalogue.version(), catalogue.unmapped()), (3, Unmapped::Ordinary));
    }

    #[test]
    fn a_file_that_breaks_a_rule_is_refused_with_the_field() {
        let category = |id: &str, rest: &str| {
            format!("[[categories]]\nid = \"{id}\"\nname = {{ en = \"N\" }}\nsensitive = false\n{rest}\n")
        };
        let with = |first: &str, second: &str| format!("version = 1\n{first}{second}");
        for (text, field) in [
            (with(&category("a", ""), &category("a", "")), "categories[1].id"),
            (with(&category("", ""), ""), "categories[0].id"),
            (with(&category("Health", ""), ""), "categories[0].id"),
            (with(&category("a", "paths = [[]]"), ""), "categories[0].paths[0]"),
            (with(&category("a", "paths = [[\"x\", \"\"]]"), ""), "categories[0].paths[0]"),
            (
                with(&category("a", "paths = [[\"x\"]]"), &category("b", "paths = [[\"y\"], [\"x\"]]")),
                "categories[1].paths[1]",
            ),
            (
                with(&category("a", "skus = [\"1\"]"), &category("b", "skus = [\"1\"]")),
                "categories[1].skus[0]",
            ),
            (with(&category("a", "skus = [\"\"]"), ""), "categories[0].skus[0]"),
            (
                with("[[categories]]\nid = \"a\"\nname = { de = \"N\" }\nsensitive = true\n", ""),
                "categories[0].name",
            ),
            (
                with("[[categories]]\nid = \"a\"\nname = { en = \"N\", de = \" \" }\nsensitive = true\n", ""),
                "categories[0].name.de",
            ),
            (
                (0..256).fold("version = 1\n".to_owned(), |text, at| text + &category(&format!("c{at}"), "")),
                "categories[255]",
            ),
        ] {
            assert_eq!(catalogue(&text).unwrap_err().field, field, "{text}");
        }
        for unknown in ["unmaped = \"ordinary\"", "unmapped = \"hidden\""] {
            assert!(toml::from_str::<CatalogueFile>(&format!("version = 1\n{unknown}")).is_err());
        }
    }

    #[test]
    fn the_fingerprint_stands_for_the_mapping_alone() {
        let good = catalogue(GOOD).unwrap();
        assert_eq!(good.fingerprint().len(), 16);
        for (from, to) in [
            ("version = 3", "version = 4"),
            ("Vorrat", "Lager"),
            (r#"["SHOP"], ["DRUG/GM", "TEA > herbal"]"#, r#"["DRUG/GM", "TEA > herbal"], ["SHOP"]"#),
        ] {
            assert_eq!(
                catalogue(&GOOD.replacen(from, to, 1)).unwrap().fingerprint(),
                good.fingerprint(),
                "{from}"
            );
        }
        for (from, to) in [
            ("\"7\"", "\"8\""),
            ("sensitive = true", "sensitive = false"),
            ("\"B\"", "\"C\""),
            ("version = 3", "version = 3\nunmapped = \"sensitive\""),
            ("pantry", "larder"),
        ] {
            assert_ne!(
                catalogue(&GOOD.replacen(from, to, 1)).unwrap().fingerprint(),
                good.fingerprint(),
                "{from}"
            );
        }
        assert_ne!(Catalogue::default().fingerprint(), good.fingerprint());
    }
}
