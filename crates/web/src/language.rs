//! A language: its word file, read, and its sentences with values put in.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use fluent_syntax::ast::{
    Attribute, CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement,
};
use minijinja::HtmlEscape;

type Bundle = FluentBundle<Arc<FluentResource>>;

/// The sentences of a language, by name; `name.part` is a part of a sentence (an attribute, as Fluent calls it).
pub(crate) struct Language {
    tag: String,
    resource: Arc<FluentResource>,
    plain: Bundle,
    html: Bundle,
}

/// Why there is no sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoSentence {
    /// The word file has none of that name.
    #[error("{language}.ftl has no word {key}")]
    Unknown { language: String, key: String },
    /// A value is missing, or the sentence refers to what there is not.
    #[error("{language}.ftl: {key}: {flaw}")]
    Broken { language: String, key: String, flaw: String },
}

impl Language {
    /// Reads a word file.
    ///
    /// # Errors
    /// What is wrong with it, and in which line.
    pub(crate) fn parse(tag: &str, text: &str) -> Result<Self, String> {
        let id = tag.parse().map_err(|_| format!("{tag}.ftl: {tag} is not the tag of a language"))?;
        let resource = FluentResource::try_new(text.to_owned()).map_err(|(_, errors)| {
            let first = errors.first().map(|error| {
                let before = text.get(..error.pos.start).unwrap_or(text);
                (before.matches('\n').count() + 1, format!("{error}"))
            });
            let (line, flaw) = first.unwrap_or_default();
            format!("{tag}.ftl:{line}: {flaw}")
        })?;
        let resource = Arc::new(resource);
        let bundle = |transform: Option<fn(&str) -> Cow<'_, str>>| {
            let mut bundle = Bundle::new_concurrent(vec![Clone::clone(&id)]);
            // Only what others wrote is set apart, and by the one who puts it in: see `templates`.
            bundle.set_use_isolating(false);
            bundle.set_transform(transform);
            match bundle.add_resource(Arc::clone(&resource)) {
                Ok(()) => Ok(bundle),
                Err(errors) => {
                    let errors: Vec<String> = errors.iter().map(|error| format!("{error}")).collect();
                    Err(format!("{tag}.ftl: {}", errors.join("; ")))
                }
            }
        };
        let (plain, html) = (bundle(None)?, bundle(Some(escape))?);
        Ok(Self { tag: tag.to_owned(), resource, plain, html })
    }

    /// The tag of the language (BCP 47).
    pub(crate) fn tag(&self) -> &str {
        &self.tag
    }

    /// A sentence as text.
    pub(crate) fn plain(&self, key: &str, values: &FluentArgs<'_>) -> Result<String, NoSentence> {
        self.say(&self.plain, key, values)
    }

    /// A sentence as HTML: its own words are escaped here, values are put in as they are.
    pub(crate) fn html(&self, key: &str, values: &FluentArgs<'_>) -> Result<String, NoSentence> {
        self.say(&self.html, key, values)
    }

    fn say(&self, bundle: &Bundle, key: &str, values: &FluentArgs<'_>) -> Result<String, NoSentence> {
        let unknown = || NoSentence::Unknown { language: self.tag.clone(), key: key.to_owned() };
        let (id, part) = key.split_once('.').map_or((key, None), |(id, part)| (id, Some(part)));
        let message = bundle.get_message(id).ok_or_else(unknown)?;
        let pattern = match part {
            None => message.value(),
            Some(part) => message.get_attribute(part).map(|attribute| attribute.value()),
        };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern.ok_or_else(unknown)?, Some(values), &mut errors);
        match errors.first() {
            None => Ok(text.into_owned()),
            Some(error) => Err(NoSentence::Broken {
                language: self.tag.clone(),
                key: key.to_owned(),
                flaw: format!("{error}"),
            }),
        }
    }

    /// The names of all sentences and their parts, each with the values that it takes.
    pub(crate) fn values(&self) -> BTreeMap<String, BTreeSet<&str>> {
        let mut all = BTreeMap::new();
        for entry in self.resource.entries() {
            let Entry::Message(message) = entry else { continue };
            if let Some(pattern) = &message.value {
                all.insert(message.id.name.to_owned(), values_of(pattern));
            }
            for Attribute { id, value } in &message.attributes {
                all.insert(format!("{}.{}", message.id.name, id.name), values_of(value));
            }
        }
        all
    }

    /// The source of the word file.
    pub(crate) fn source(&self) -> &str {
        self.resource.source()
    }
}

impl std::fmt::Debug for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Language").field(&self.tag).finish()
    }
}

fn escape(text: &str) -> Cow<'_, str> {
    Cow::Owned(format!("{}", HtmlEscape(text)))
}

fn values_of<'a>(pattern: &'a Pattern<&'a str>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    in_pattern(pattern, &mut found);
    found
}

fn in_pattern<'a>(pattern: &'a Pattern<&'a str>, found: &mut BTreeSet<&'a str>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            in_expression(expression, found);
        }
    }
}

fn in_expression<'a>(expression: &'a Expression<&'a str>, found: &mut BTreeSet<&'a str>) {
    match expression {
        Expression::Inline(inline) => in_inline(inline, found),
        Expression::Select { selector, variants } => {
            in_inline(selector, found);
            variants.iter().for_each(|variant| in_pattern(&variant.value, found));
        }
    }
}

fn in_inline<'a>(inline: &'a InlineExpression<&'a str>, found: &mut BTreeSet<&'a str>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            found.insert(id.name);
        }
        InlineExpression::Placeable { expression } => in_expression(expression, found),
        InlineExpression::FunctionReference { arguments, .. }
        | InlineExpression::TermReference { arguments: Some(arguments), .. } => {
            let CallArguments { positional, named } = arguments;
            positional
                .iter()
                .chain(named.iter().map(|named| &named.value))
                .for_each(|value| in_inline(value, found));
        }
        InlineExpression::TermReference { arguments: None, .. }
        | InlineExpression::MessageReference { .. }
        | InlineExpression::StringLiteral { .. }
        | InlineExpression::NumberLiteral { .. } => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_file_that_cannot_be_read_says_where() {
        let told = |text| Language::parse("en", text).unwrap_err();
        assert!(told("a = b\nc = { $d\n").starts_with("en.ftl:"), "{}", told("a = b\nc = { $d\n"));
        assert!(told("a = b\na = c\n").contains('a'));
        assert!(Language::parse("no language", "").is_err());
    }

    #[test]
    fn what_stands_in_a_sentence_is_escaped_and_values_are_counted() {
        let text = "a = <b> & { $x }\n    .part = { $n ->\n        [one] one\n       *[other] { $n } of { $m }\n    }\n";
        let language = Language::parse("en", text).unwrap();
        let mut values = FluentArgs::new();
        values.set("x", "<bdi>y</bdi>");
        assert_eq!(language.html("a", &values).unwrap(), "&lt;b&gt; &amp; <bdi>y</bdi>");
        assert_eq!(language.plain("a", &values).unwrap(), "<b> & <bdi>y</bdi>");
        values.set("n", 1);
        assert_eq!(language.plain("a.part", &values).unwrap(), "one");
        values.set("n", 2);
        assert!(matches!(language.plain("a.part", &values), Err(NoSentence::Broken { .. })));
        assert!(matches!(language.plain("a.other", &values), Err(NoSentence::Unknown { .. })));
        let all = language.values();
        assert_eq!(all["a.part"].iter().copied().collect::<Vec<_>>(), ["m", "n"]);
        assert_eq!(all["a"].len(), 1);
    }
}
