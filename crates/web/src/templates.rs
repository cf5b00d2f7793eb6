//! The templates of a language: what they may call, and which words they name.

use std::sync::Arc;

use fluent_bundle::{FluentArgs, FluentValue};
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, HtmlEscape, UndefinedBehavior, Value};

use crate::files::Files;
use crate::language::NoSentence;
use crate::words::Words;

/// How a name is set apart where there are no elements: what follows it keeps its own direction.
const ISOLATE: (char, char) = ('\u{2068}', '\u{2069}');

/// What a sentence is said in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Between tags.
    Html,
    /// In a title or an attribute.
    Plain,
}

/// The templates, speaking one language.
///
/// # Errors
/// Of the template that cannot be read; the error names it.
pub(crate) fn environment(
    files: &Files,
    words: &Arc<Words>,
    undefined: UndefinedBehavior,
) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(undefined);
    environment.add_global("language", words.tag());
    let spoken = Arc::clone(words);
    let in_html = move |key: &str, values: Kwargs| say(&spoken, key, &values, Place::Html);
    environment.add_function("t", in_html);
    let spoken = Arc::clone(words);
    let in_plain = move |key: &str, values: Kwargs| say(&spoken, key, &values, Place::Plain);
    environment.add_function("plain", in_plain);
    let spoken = Arc::clone(words);
    environment.add_function("money", move |amount: &str, currency: &str| spoken.money(amount, currency));
    let spoken = Arc::clone(words);
    environment.add_function("number", move |number: &str| spoken.number(number));
    environment.add_filter("variant", variant);
    for (name, text) in files.templates() {
        environment.add_template_owned(name.to_owned(), text.to_owned())?;
    }
    Ok(environment)
}

fn say(words: &Words, key: &str, values: &Kwargs, place: Place) -> Result<Value, Error> {
    let mut args = FluentArgs::new();
    for name in values.args() {
        let value: Value = values.get(name)?;
        let value = put_in(&value, place).ok_or_else(|| {
            Error::new(ErrorKind::UndefinedError, format!("{key}: there is no value for {name}"))
        })?;
        args.set(name.to_owned(), value);
    }
    let failed = |error: NoSentence| Error::new(ErrorKind::InvalidOperation, format!("{error}"));
    match place {
        Place::Html => words.language().html(key, &args).map(Value::from_safe_string).map_err(failed),
        Place::Plain => words.language().plain(key, &args).map(Value::from).map_err(failed),
    }
}

/// What is put into a sentence. Text is what others wrote, the name of an app, say: it is escaped, and set apart so
/// that its direction changes nothing around it. What is marked as safe (dates and such, which we wrote) goes as it is.
fn put_in(value: &Value, place: Place) -> Option<FluentValue<'static>> {
    match value.kind() {
        ValueKind::Number => {
            let whole = i64::try_from(value.clone()).map(FluentValue::from);
            whole.or_else(|_| f64::try_from(value.clone()).map(FluentValue::from)).ok()
        }
        ValueKind::String => {
            let text = value.as_str()?;
            let text = match place {
                _ if value.is_safe() => text.to_owned(),
                Place::Html => format!("<bdi>{}</bdi>", HtmlEscape(text)),
                Place::Plain => format!("{}{text}{}", ISOLATE.0, ISOLATE.1),
            };
            Some(FluentValue::from(text))
        }
        _ => None,
    }
}

/// A word of the record by which a sentence chooses one of its variants. What looks like none chooses the variant for
/// everything else, so that it can stand in a sentence unescaped.
fn variant(word: &str) -> Value {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let word = if !word.is_empty() && word.bytes().all(is_word) { word } else { "other" };
    Value::from_safe_string(word.to_owned())
}

/// The words that a template names. It names them in full, so that each is known before a page is shown.
pub(crate) fn words_named(template: &str) -> Vec<&str> {
    let mut named = Vec::new();
    for opening in ["t(\"", "t('", "plain(\"", "plain('"] {
        for (at, _) in template.match_indices(opening) {
            let before = template.get(..at).and_then(|before| before.chars().next_back());
            let is_part_of_a_name = before.is_some_and(|before| before.is_alphanumeric() || before == '_');
            let rest = template.get(at + opening.len()..).unwrap_or("");
            if let Some((word, _)) = rest.split_once(['"', '\'']).filter(|_| !is_part_of_a_name) {
                named.push(word);
            }
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;
    use crate::language::Language;

    /// Says `template` with a word file that holds what code asks for, and `a`.
    fn render(template: &str) -> String {
        let english = format!("{}\na = See { }, or {{ $x }}!\n", include_str!("../words/en.ftl"), "<b>");
        let words = Arc::new(Words::new(Language::parse("en", &english).unwrap()).unwrap());
        let mut environment = environment(&Files::embedded(), &words, UndefinedBehavior::SemiStrict).unwrap();
        environment.add_template_owned("x.html", template.to_owned()).unwrap();
        let values =
            context! { name => "\u{202e}<i>", day => Value::from_safe_string("3 June 2026".to_owned()) };
        environment.get_template("x.html").unwrap().render(values).unwrap()
    }

    #[test]
    fn what_others_wrote_is_escaped_and_set_apart() {
        assert_eq!(render(r#"{{ t("a", x=name) }}"#), "See &lt;b&gt;, or <bdi>\u{202e}&lt;i&gt;</bdi>!");
        assert_eq!(
            render(r#"{{ plain("a", x=name) }}"#),
            "See &lt;b&gt;, or \u{2068}\u{202e}&lt;i&gt;\u{2069}!"
        );
        assert_eq!(
            render(r#"{{ t("a", x=day) }}{{ plain("a", x=7) }}"#),
            "See &lt;b&gt;, or 3 June 2026!See &lt;b&gt;, or 7!"
        );
    }

    #[test]
    fn words_are_found_where_they_are_named() {
        let template = r#"{{ t("one") }} {{ plain('two', x=t("three")) }} {{ start("four") }} {{ t(five) }}"#;
        assert_eq!(words_named(template), ["one", "three", "two"]);
    }
}
