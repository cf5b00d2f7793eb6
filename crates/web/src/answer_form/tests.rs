use std::sync::Arc;

use counterfoil_volunteered::Fault;
use minijinja::{UndefinedBehavior, context};
use serde_json::{Map, json};

use super::*;
use crate::files::Files;
use crate::form::Fields;
use crate::language::Language;
use crate::templates::environment;
use crate::words::Words;

const ASKS: [&str; 6] = [
    include_str!("../../../counterfoil/src/sample/config/washing-machine-ask.toml"),
    include_str!("../../../counterfoil/src/sample/config/coffee-ask.toml"),
    include_str!("../../../counterfoil/src/sample/config/size-ask.toml"),
    include_str!("../../../counterfoil/src/sample/config/profile-ask.toml"),
    include_str!("../../../counterfoil/src/sample/config/visit-ask.toml"),
    include_str!("../../../counterfoil/src/sample/config/own-ask.toml"),
];

fn schema(ask: &str) -> Map<String, Value> {
    let file: Value = toml::from_str(ask).unwrap();
    file["schema"].as_object().unwrap().clone()
}

fn form(ask: usize, language: &str) -> Form {
    shape(&schema(ASKS[ask]), language).unwrap()
}

fn entered(text: &str) -> Entered {
    Entered::of_fields(&Fields::of_text(text))
}

fn answer(form: &Form, text: &str) -> Value {
    match form.read(&mut entered(text)) {
        Read::Answer(value) => value,
        other => panic!("{other:?}"),
    }
}

fn html(form: &Form, entered: &Entered, flaws: &Flaws) -> String {
    let words = Words::new(Language::parse("en", include_str!("../../words/en.ftl")).unwrap()).unwrap();
    let environment = environment(&Files::embedded(), &Arc::new(words), UndefinedBehavior::Strict).unwrap();
    let template = environment.get_template("answer-form.html").unwrap();
    template
        .render(context! { form => form.render(entered, flaws, 0), problem => "", was_read => 0 })
        .unwrap()
}

#[test]
fn every_sample_ask_makes_a_form_that_may_be_left_empty() {
    for (ask, text) in ASKS.iter().enumerate() {
        for language in ["en", "de"] {
            let form = shape(&schema(text), language).unwrap_or_else(|| panic!("ask {ask} in {language}"));
            assert_eq!(form.read(&mut Entered::default()), Read::Nothing);
            let html = html(&form, &Entered::default(), &Flaws::default());
            for sign in [" required", " checked", " selected"] {
                assert!(!html.contains(sign), "ask {ask} has {sign}: {html}");
            }
            let named = html.matches("name=\"value").count();
            assert!(named > 0, "{html}");
        }
    }
}

#[test]
fn titles_are_in_the_language_and_in_the_order_of_the_schema() {
    let titles = |language| match form(1, language).whole.kind {
        Kind::Part(fields) => fields.into_iter().map(|field| field.title).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(titles("de")[..2], ["Wie machen Sie ihn?", "Wie stark?"]);
    assert_eq!(titles("fr")[3], "Anything else about your coffee?");
}

#[test]
fn texts_become_what_the_schema_describes() {
    let machine = form(0, "en");
    let sent = "value/when=now&value/budget=+1%C2%A0200+&value/width=&value/wishes=quiet&value/wishes=repair";
    assert_eq!(
        answer(&machine, sent),
        json!({ "when": "now", "budget": 1200, "wishes": ["quiet", "repair"] })
    );
    let coffee = form(1, "en");
    assert_eq!(
        answer(&coffee, "value/decaffeinated=no&value/note=+hot+"),
        json!({ "decaffeinated": false, "note": "hot" })
    );
    let size = form(2, "en");
    assert_eq!(answer(&size, "value/shoes=42.5&value/tops=XL"), json!({ "shoes": "42.5", "tops": "XL" }));
}

#[test]
fn what_cannot_be_read_is_told_at_its_field() {
    let machine = form(0, "en");
    for (sent, pointer) in [
        ("value/budget=much", "/budget"),
        ("value/budget=1.5", "/budget"),
        ("value/budget=1e3", "/budget"),
        ("value/when=never", "/when"),
        ("value/wishes=quiet&value/wishes=none", "/wishes"),
    ] {
        let mut entered = entered(sent);
        let Read::Flawed(flaws) = machine.read(&mut entered) else { panic!("{sent}") };
        assert!(flaws.contains(pointer), "{sent}: {flaws:?}");
        assert!(html(&machine, &entered, &flaws).contains("-error\""), "{sent}");
    }
    let Read::Flawed(flaws) = form(3, "en").read(&mut entered("value/birthday=31.3.1990")) else { panic!() };
    assert!(flaws.contains("/birthday"));
    // What the schema finds wrong stands at the same fields.
    let fault = |pointer: &str| [Fault { pointer: pointer.to_owned(), says: String::new() }];
    let filled = entered("value/budget=99999");
    assert!(Flaws::of_faults(&machine, &filled, &fault("/budget")).contains("/budget"));
    assert!(Flaws::of_faults(&machine, &filled, &fault("/nothing/of/it")).contains(""));
}

#[test]
fn rows_close_up_and_tell_what_is_needed() {
    let own = form(5, "en");
    let sent = "value/things/0/name=&value/things/1/name=Kettle&value/things/1/maker=X&value/things/2/name=";
    let value = json!({ "things": [{ "name": "Kettle", "maker": "X" }] });
    assert_eq!(answer(&own, sent), value);
    assert_eq!(own.read(&mut Entered::of_value(&own, &value)), Read::Answer(value));
    let mut nameless = entered("value/things/3/maker=X");
    let Read::Flawed(flaws) = own.read(&mut nameless) else { panic!() };
    assert!(flaws.contains("/things/0/name"), "{flaws:?}");
    let many: Vec<String> = (0..90).map(|row| format!("value/things/{row}/name=a")).collect();
    assert_eq!(answer(&own, &many.join("&"))["things"].as_array().unwrap().len(), 40);
}

#[test]
fn a_list_comes_out_of_a_file() {
    let own = form(5, "de");
    let (pointer, rows) = own.rows().unwrap();
    let things = json!([{ "name": "Kettle", "bought": "2026-01-31" }, { "name": "Saw, red", "bought": "" }]);
    for table in [
        "name,bought,price\nKettle,2026-01-31,9\n\"Saw, red\",,\n,,\n",
        "\u{feff}Was ist es?;gekauft am\r\nKettle;2026-01-31\r\nSaw, red;\r\n",
        "NAME\tBought\nKettle\t2026-01-31\nSaw, red\t\n",
    ] {
        assert_eq!(import(rows, table.as_bytes()).unwrap(), *things.as_array().unwrap(), "{table}");
    }
    let own_format = r#"{ "v": 1, "things": [{ "name": "Kettle", "bought": "2026-01-31", "price": 9 }] }"#;
    assert_eq!(import(rows, own_format.as_bytes()).unwrap(), things.as_array().unwrap()[..1]);
    for (bytes, refused) in [
        (&b"\xff\xfe"[..], NotRead::Unreadable),
        (b"[{]", NotRead::Unreadable),
        (b"price,when\n1,2\n", NotRead::NoColumns),
        (b"[1, 2]", NotRead::NoColumns),
        (b"{\"a\": 1}", NotRead::NoColumns),
        (b"name\n", NotRead::Empty),
    ] {
        assert_eq!(import(rows, bytes), Err(refused), "{}", String::from_utf8_lossy(bytes));
    }
    let mut filled = entered("value/things/0/name=old");
    filled.fill_rows(rows, &pointer, &import(rows, b"name\nnew\n").unwrap());
    assert_eq!(own.read(&mut filled), Read::Answer(json!({ "things": [{ "name": "new" }] })));
}

#[test]
fn what_no_form_can_ask_makes_none() {
    for odd in [
        json!({ "type": "object" }),
        json!({ "type": "null" }),
        json!({ "$ref": "#/$defs/a" }),
        json!({ "type": "object", "properties": { "a": { "type": "string", "if": {} } } }),
        json!({ "type": "object", "properties": { "a": { "type": "string", "format": "uri" } } }),
        json!({ "oneOf": [{ "type": "string" }, { "type": "integer" }] }),
        json!({ "enum": [null, "a"] }),
        json!({ "type": "array", "items": { "type": "array", "items": { "type": "string" } } }),
    ] {
        assert_eq!(shape(odd.as_object().unwrap(), "en"), None, "{odd}");
    }
    let plain = shape(json!({ "type": "string", "title": "What?" }).as_object().unwrap(), "en").unwrap();
    assert_eq!(answer(&plain, "value=this"), json!("this"));
    assert!(html(&plain, &entered("value=%3Cb%3E"), &Flaws::default()).contains("value=\"&lt;b&gt;\""));
}

#[test]
fn an_answer_is_told_in_the_words_of_the_question() {
    let words = Words::new(Language::parse("de", include_str!("../../words/de.ftl")).unwrap()).unwrap();
    let told = |ask, value| format!("{:?}", form(ask, "de").told(&words, &value));
    let size = told(2, json!({ "shoes": "42,5", "fit": "loose" }));
    assert!(
        size.contains("42,5") && size.contains("Weit") && size.contains("Wie sollen Sachen sitzen?"),
        "{size}"
    );
    let own = told(5, json!({ "things": [{ "name": "Topf", "bought": "2026-01-31" }] }));
    assert!(own.contains("Topf · 31. Januar 2026"), "{own}");
}
