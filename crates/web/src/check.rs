//! The check of templates and words, those that ship and those of a shop.

use std::collections::BTreeSet;

use minijinja::{UndefinedBehavior, Value, context};
use serde::Serialize;

use crate::files::Files;
use crate::page_set::{MAIN_LANGUAGE, Spoken};
use crate::samples::{self, FOR_DEVELOPERS, PARTS};
use crate::templates::words_named;
use crate::words::Words;

/// What no customer is told, by language: nothing that shames or hurries, no jargon.
const BANNED: &[(&str, &[&str])] = &[
    (
        "en",
        &[
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
        ],
    ),
    (
        "de",
        &[
            "sind sie sicher",
            "wirklich",
            "verlieren",
            "verpassen",
            "empfohlen",
            "beeilen",
            "nur heute",
            "schade",
            "nein danke",
            "leider",
            "token",
            "oauth",
            "widerruf",
            "scope",
            "berechtigung",
            "autorisier",
        ],
    ),
];

/// What is there besides what a page is given.
const EVERYWHERE: [&str; 11] = [
    "t",
    "plain",
    "money",
    "number",
    "language",
    "shop",
    "here",
    "languages",
    "sign_out_token",
    "is_dark_now",
    "caller",
];

/// What was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Templates.
    pub templates: usize,
    /// Pages rendered from them, over all languages and samples.
    pub rendered: usize,
    /// The tags of the languages.
    pub languages: Vec<String>,
    /// Sentences in each of them.
    pub words: usize,
}

/// Renders every template in every language with made-up values, and compares the words of the languages.
///
/// # Errors
/// All that is wrong, a line each; every line names a file.
pub fn check(files: &Files) -> Result<Checked, Vec<String>> {
    let mut flaws = Vec::new();
    let mut languages = Vec::new();
    for (tag, text) in files.languages() {
        match Spoken::new(files, tag, text, UndefinedBehavior::Strict, b"") {
            Ok(spoken) => languages.push(spoken),
            Err(error) => flaws.push(format!("{error}")),
        }
    }
    let Some(main) = languages.iter().find(|spoken| spoken.words().tag() == MAIN_LANGUAGE) else {
        flaws.push(format!("{MAIN_LANGUAGE}.ftl: without it there is nothing to compare with"));
        return Err(flaws);
    };
    let rendered = languages.iter().map(|spoken| pages(files, spoken, &mut flaws)).sum();
    for spoken in &languages {
        banned_words(spoken.words(), &mut flaws);
        compare(main.words(), spoken.words(), &mut flaws);
    }
    unused(files, main.words(), &mut flaws);
    if !flaws.is_empty() {
        flaws.sort_unstable();
        flaws.dedup();
        return Err(flaws);
    }
    Ok(Checked {
        templates: files.templates().count(),
        rendered,
        languages: languages.iter().map(|spoken| spoken.words().tag().to_owned()).collect(),
        words: main.words().language().values().len(),
    })
}

/// Renders the pages of a language; gives how many.
fn pages(files: &Files, spoken: &Spoken, flaws: &mut Vec<String>) -> usize {
    let tag = spoken.words().tag();
    let mut rendered = 0;
    let mut known: BTreeSet<String> = EVERYWHERE.iter().map(|name| (*name).to_owned()).collect();
    for (name, _) in files.templates() {
        let sampled = samples::of(name, spoken.words());
        if sampled.is_none() && !PARTS.contains(&name) {
            flaws.push(format!("{name}: there are no made-up values to render it with"));
        }
        let sampled = sampled.unwrap_or_default();
        known.extend(sampled.iter().flat_map(names));
        for sample in sampled {
            // Signed in, with a language to go to; and neither.
            let other = context! { tag => "xx", name => "Other", address => "?lang=xx" };
            for (sign_out_token, languages) in [(Some("token"), vec![other]), (None, Vec::new())] {
                let values = context! { shop => "Example Stores", here => name, languages, sign_out_token, is_dark_now => sign_out_token.is_some(), ..sample.clone() };
                match spoken.template(name).and_then(|template| template.render(values)) {
                    Ok(html) => {
                        rendered += 1;
                        banned_in(name, tag, &html, flaws);
                    }
                    Err(error) => flaws.push(format!("{name}: in {tag}: {error:#}")),
                }
            }
        }
    }
    for (name, _) in files.templates() {
        let Ok(template) = spoken.template(name) else { continue };
        for variable in template.undeclared_variables(false).difference(&known.iter().cloned().collect()) {
            flaws.push(format!("{name}: nothing gives it {variable}"));
        }
    }
    rendered
}

/// The names of the values of a page.
fn names(values: &Value) -> Vec<String> {
    values.try_iter().map(|names| names.map(|name| format!("{name}")).collect()).unwrap_or_default()
}

fn banned(tag: &str) -> impl Iterator<Item = &'static str> {
    let lists = BANNED.iter().filter(move |(language, _)| tag.split('-').next() == Some(language));
    lists.flat_map(|(_, phrases)| phrases.iter().copied())
}

fn banned_words(words: &Words, flaws: &mut Vec<String>) {
    let (tag, source) = (words.tag(), words.language().source());
    for (index, line) in source.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        let said = line.split_once('=').map_or(line, |(_, said)| said).to_lowercase();
        for phrase in banned(tag).filter(|phrase| said.contains(phrase)) {
            flaws.push(format!("{tag}.ftl:{}: no customer is told {phrase:?}", index + 1));
        }
    }
}

/// What a rendered page says in fixed words of its template.
fn banned_in(name: &str, tag: &str, html: &str, flaws: &mut Vec<String>) {
    if FOR_DEVELOPERS.contains(&name) {
        return;
    }
    let texts = html.split('<').filter_map(|tag| tag.split_once('>')).map(|(_, text)| text.to_lowercase());
    for text in texts.filter(|text| !text.trim().is_empty()) {
        for phrase in banned(tag).filter(|phrase| text.contains(phrase)) {
            flaws.push(format!("{name}: no customer is told {phrase:?}"));
        }
    }
}

/// Holds the words of a language against those of the main one.
fn compare(main: &Words, other: &Words, flaws: &mut Vec<String>) {
    let (tag, known, theirs) = (other.tag(), main.language().values(), other.language().values());
    for (key, values) in &known {
        match theirs.get(key) {
            None => flaws.push(format!("{tag}.ftl has no word {key}")),
            Some(other) if other != values => {
                let list = |values: &BTreeSet<&str>| values.iter().copied().collect::<Vec<_>>().join(", ");
                flaws.push(format!(
                    "{tag}.ftl: {key} takes {:?}, in {MAIN_LANGUAGE}.ftl {:?}",
                    list(other),
                    list(values)
                ));
            }
            Some(_) => {}
        }
    }
    for key in theirs.keys().filter(|key| !known.contains_key(*key)) {
        flaws.push(format!("{tag}.ftl: {MAIN_LANGUAGE}.ftl has no word {key}"));
    }
}

fn unused(files: &Files, words: &Words, flaws: &mut Vec<String>) {
    let asked = Words::keys();
    let named: BTreeSet<&str> = files.templates().flat_map(|(_, text)| words_named(text)).collect();
    for key in words.language().values().keys() {
        if !asked.contains(key) && !named.contains(key.as_str()) {
            flaws.push(format!("{MAIN_LANGUAGE}.ftl: nothing says {key}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaws(name: &str, change: impl FnOnce(&str) -> String) -> String {
        let mut files = Files::embedded();
        let text = change(files.text(name));
        files.replace(name, text).unwrap();
        check(&files).unwrap_err().join("\n")
    }

    #[test]
    fn what_ships_is_without_flaw() {
        let checked = check(&Files::embedded()).unwrap_or_else(|flaws| panic!("{}", flaws.join("\n")));
        assert_eq!(checked.languages, ["de", "en"]);
        assert!(checked.rendered > 2 * checked.templates && checked.words > 150, "{checked:?}");
    }

    #[test]
    fn every_kind_of_flaw_is_told_with_its_file() {
        let told = flaws("de.ftl", |text| text.replace("save = Speichern\n", "extra = Mehr\n"));
        assert!(told.contains("de.ftl has no word save"), "{told}");
        let told = flaws("de.ftl", |text| format!("{text}\nextra = Mehr\n"));
        assert!(told.contains("de.ftl: en.ftl has no word extra"), "{told}");
        let told = flaws("en.ftl", |text| format!("{text}\nextra = More\n"));
        assert!(told.contains("de.ftl has no word extra") && told.contains("nothing says extra"), "{told}");
        let told = flaws("de.ftl", |text| text.replace("Darf { $app }", "Darf sie"));
        assert!(told.contains("de.ftl: consent-title takes"), "{told}");
        let told = flaws("de.ftl", |text| text.replace("Zurückholen", "Wirklich zurückholen?"));
        assert!(told.contains("no customer is told \"wirklich\""), "{told}");
        let told = flaws("en.ftl", |text| text.replace("save = Save", "save = Save {"));
        assert!(told.contains("en.ftl:"), "{told}");
        let told = flaws("stop.html", |text| text.replace("{{ csrf }}", "").replace("(csrf)", "(crsf)"));
        assert!(told.contains("stop.html") && told.contains("crsf"), "{told}");
        let told = flaws("stop.html", |text| text.replace("{% endblock %}", "Hurry! {% endblock %}"));
        assert!(told.contains("stop.html: no customer is told \"hurry\""), "{told}");
        let told = flaws("stop.html", |text| text.replace("stop-back", "stop-bak"));
        assert!(told.contains("stop-bak") && told.contains("stop.html"), "{told}");
        let told = flaws("base.html", |text| text.replace("{% endif %}", ""));
        assert!(told.contains("base.html"), "{told}");
        let told = flaws("apps.html", |text| text.replace("{% if active %}", "{% if activ %}"));
        assert!(told.contains("nothing gives it activ") || told.contains("activ"), "{told}");
    }
}
