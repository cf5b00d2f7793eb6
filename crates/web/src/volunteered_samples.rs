//! Made-up values for the pages about what customers tell: for the check of templates.

use minijinja::{Value, context};
use serde_json::json;

use crate::answer_form::{Entered, Flaws, Form, shape};
use crate::form::Fields;
use crate::samples::{ODD_NAME, moment};
use crate::words::Words;

const ITEM: &str = "vol_aaaaaaaaaaaaaaaaaaaaaaaaaa";
const CONSENT: &str = "con_aaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The values of a page, each time with other branches taken; `None` for a template that is unknown here.
pub(crate) fn of(template: &str, words: &Words) -> Option<Vec<Value>> {
    Some(match template {
        "asks.html" => asks(),
        "ask.html" | "told-change.html" => answering(&context! {}),
        "waiting.html" => waiting(words),
        "told.html" => told(words),
        "renew.html" => renew(),
        "take-back.html" => take_back(),
        "contact.html" => contact(words),
        "dark.html" => dark(words),
        "rights.html" => rights(words),
        _ => return None,
    })
}

/// A form with every kind of field.
fn form() -> Option<Form> {
    let one = json!({ "oneOf": [{ "const": "a", "title": "A" }, { "const": "b" }] });
    let many: Vec<String> = (0..12).map(|number| format!("choice {number}")).collect();
    let schema = json!({
        "type": "object",
        "required": ["text", "day"],
        "properties": {
            "text": { "type": "string", "maxLength": 40, "title": ODD_NAME, "description": ODD_NAME },
            "long": { "type": "string", "maxLength": 900 },
            "mail": { "type": "string", "format": "email", "x-autocomplete": "email" },
            "day": { "type": "string", "format": "date", "x-autocomplete": "bday" },
            "whole": { "type": "integer" },
            "between": { "type": "integer", "minimum": 1, "maximum": 9 },
            "yes": { "type": "boolean" },
            "one": one,
            "list": { "enum": many },
            "several": { "type": "array", "items": one },
            "lines": { "type": "array", "maxItems": 3, "items": { "type": "string" } },
            "free": { "type": "array", "items": { "type": "string" } },
            "part": { "type": "object", "properties": { "a": { "type": "string" } } },
            "rows": { "type": "array", "maxItems": 9, "items": {
                "type": "object", "title": "Thing", "required": ["name"], "properties": {
                    "name": { "type": "string" }, "is": { "type": "boolean" }, "of": one,
                } } },
        },
    });
    shape(schema.as_object()?, "en")
}

fn filled() -> Entered {
    Entered::of_fields(&Fields::of_text(
        "value/text=x&value/whole=x&value/between=x&value/mail=x&value/yes=no\
         &value/one=a&value/list=choice+3&value/several=b&value/lines=x&value/day=x&value/rows/0/name=x\
         &value/rows/1/is=yes&value/free=x&value/long=x",
    ))
}

/// Every field with a flaw: those that are filled in do not fit, the others are missing.
fn flawed(form: &Form, entered: &Entered) -> Flaws {
    const POINTERS: [&str; 13] = [
        "",
        "/text",
        "/long",
        "/mail",
        "/day",
        "/whole",
        "/between",
        "/yes",
        "/one",
        "/lines",
        "/rows",
        "/free",
        "/rows/1/name",
    ];
    let faults = POINTERS
        .map(|pointer| counterfoil_volunteered::Fault { pointer: pointer.to_owned(), says: String::new() });
    Flaws::of_faults(form, entered, &faults)
}

fn ask() -> Value {
    context! { id => "q1", hash => "sha256:aa", title => "How do you like your coffee?", why => ODD_NAME }
}

fn deal(is_full: bool) -> Value {
    let document = context! { title => ODD_NAME, lines => ["One.", "Two."] };
    context! {
        offer => "50 points",
        worth => is_full.then_some("5.00 EUR"),
        is_given => is_full,
        without => "Nothing changes.",
        purpose => "Coffee",
        says => "We choose coffee.",
        recipients => ["Our own people"],
        kept => "Until you take it back.",
        end => "Press Take back.",
        open_until => is_full.then_some("3 June 2026"),
        is_special => !is_full,
        documents => if is_full { vec![document] } else { Vec::new() },
    }
}

fn answering(more: &Value) -> Vec<Value> {
    let Some(form) = form() else { return Vec::new() };
    let page = |form: Value, problem: &str, was_read: usize| {
        let deal = deal(problem.is_empty());
        let (is_barred, is_objected) = (problem == "nothing", problem == "changed");
        context! {
            csrf => "csrf", item_id => ITEM, consent_id => CONSENT, ask => ask(), form, problem, was_read, deal,
            is_barred, is_objected, ..more.clone()
        }
    };
    let (empty, filled) = (Entered::default(), filled());
    let mut pages = vec![
        page(form.render(&empty, &Flaws::default(), 0), "", 0),
        page(form.render(&filled, &flawed(&form, &filled), 3), "flawed", 0),
        page(form.render(&filled, &Flaws::default(), 60), "", 2),
        page(Value::from(()), "", 0),
    ];
    let problems =
        ["nothing", "changed", "large", "file-missing", "file-unreadable", "file-columns", "file-empty"];
    pages.extend(problems.map(|problem| page(form.render(&empty, &Flaws::default(), 0), problem, 1)));
    pages
}

fn asks() -> Vec<Value> {
    let ask = |state: &str| context! { state, offer => "50 points", ..ask() };
    let none: [Value; 0] = [];
    vec![
        context! { done => "no", is_dark => false, asks => ["shown", "answered", "refused", "deferred"].map(ask) },
        context! { done => "later", is_dark => false, asks => none },
        context! { done => "", is_dark => true, asks => none },
    ]
}

fn lines() -> Vec<Value> {
    let line = |kind: &str, says: &[&str]| context! { title => ODD_NAME, kind, says };
    vec![line("text", &["Beans"]), line("text", &["A", ODD_NAME]), line("yes", &[]), line("no", &[])]
}

fn waiting(words: &Words) -> Vec<Value> {
    let page = |problem: &str| {
        context! {
            csrf => "csrf", item_id => ITEM, app => ODD_NAME, ask => ask(), until => words.dated(day()),
            seen => "sha256:aa", lines => lines(), sent => moment(words), problem, deal => deal(true),
        }
    };
    vec![page(""), page("changed")]
}

fn day() -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(2026, 6, 3).unwrap_or_default()
}

fn told(words: &Words) -> Vec<Value> {
    let fetch = |is_once: bool| {
        context! { name => ODD_NAME, is_once, first => words.dated(day()), last => words.dated(day()) }
    };
    let item = |is_full: bool| {
        let (fetches, uses) = if is_full {
            (vec![fetch(true), fetch(false)], vec![context! { name => ODD_NAME, at => words.dated(day()) }])
        } else {
            (Vec::new(), Vec::new())
        };
        context! {
            id => ITEM, consent_id => CONSENT, title => ODD_NAME, lines => lines(), since => moment(words),
            until => is_full.then(|| words.dated(day())), purpose => "Coffee", app => is_full.then_some(ODD_NAME),
            fetches, uses, got => is_full.then(|| got("due")),
        }
    };
    let over = |state: &str, systems: usize| {
        context! {
            id => ITEM, title => ODD_NAME, state, ended => moment(words), systems, confirmed => 1,
            got => (systems > 0).then(|| got(state)),
        }
    };
    let none: [Value; 0] = [];
    let overs = [
        over("withdrawn", 3),
        over("withdrawn", 0),
        over("expired", 1),
        over("declined", 0),
        over("lapsed", 0),
    ];
    let bare = |is_full: bool| {
        context! {
            id => CONSENT, title => ODD_NAME, since => is_full.then(|| moment(words)),
            until => is_full.then(|| words.dated(day())),
        }
    };
    let balance = |is_full: bool| {
        let sum = |money: Option<&str>, unit: &str| context! { money, value => "50", unit };
        let all = vec![sum(Some("5.00 EUR"), "EUR"), sum(None, "points"), sum(None, ODD_NAME)];
        let sums = if is_full { all } else { Vec::new() };
        context! { got => sums, owed => sums }
    };
    let nothing = |done: &str| {
        context! { done, waiting => none, ending => none, live => none, bare => none, over => none, given => 0, balance => () }
    };
    let waits = context! { done => "told", waiting => [item(true), item(false)], ..nothing("") };
    let mut pages = vec![
        context! {
            live => [item(true), item(false)], bare => [bare(true), bare(false)], ending => [bare(true)], over => overs, given => 2,
            balance => balance(true), ..waits
        },
        context! { live => [item(false)], given => 1, balance => balance(false), ..nothing("changed") },
        nothing("declined"),
        nothing("gone"),
        nothing("renewed"),
    ];
    let states = ["promised", "delivered", "overdue", "forgone"];
    pages.extend(
        states
            .map(|state| context! { live => [context! { got => got(state), ..item(true) }], ..nothing("") }),
    );
    pages
}

fn got(state: &str) -> Value {
    context! { state, what => ODD_NAME }
}

fn renew() -> Vec<Value> {
    let page = |title: &str| {
        context! {
            csrf => "csrf",
            consent_id => CONSENT,
            title,
            says => "We use it to choose which coffee we show you first.",
            until => "3 June 2027",
        }
    };
    vec![page("Coffee that you like"), page(ODD_NAME)]
}

fn take_back() -> Vec<Value> {
    let page = |is_full: bool, systems: usize| {
        let also = if is_full { vec![ODD_NAME, "Coffee"] } else { Vec::new() };
        context! {
            csrf => "csrf", consent_id => CONSENT, title => ODD_NAME, also, has_told => is_full || systems > 0,
            systems, keeps => is_full, comes => is_full, lapses => is_full,
        }
    };
    vec![page(true, 0), page(true, 1), page(false, 2), page(false, 0)]
}

fn contact(words: &Words) -> Vec<Value> {
    let page = |is_ticked: bool| {
        let since = is_ticked.then(|| words.dated(day()));
        let channel = |name: &str| context! { name, is_ticked, since };
        context! {
            csrf => "csrf", is_saved => is_ticked, marketing => channel("marketing"),
            channels => ["email", "phone", "sms", "post", "app"].map(channel),
            purposes => if is_ticked { vec![context! { id => "p1", title => ODD_NAME, ..channel("") }] } else { Vec::new() },
        }
    };
    vec![page(true), page(false)]
}

fn dark(words: &Words) -> Vec<Value> {
    let page = |is_dark: bool, count: usize| {
        let went = context! { systems => count, left => count > 1 };
        context! {
            csrf => "csrf", is_dark, consents => count, items => count, apps => count, since => moment(words),
            went => (count > 0).then_some(went),
        }
    };
    let bright = |count| context! { went => (), ..page(false, count) };
    vec![page(true, 0), page(true, 1), page(true, 2), bright(0), bright(1), bright(2)]
}

fn rights(words: &Words) -> Vec<Value> {
    let who = |is_full: bool| {
        let text = is_full.then_some(ODD_NAME);
        context! { name => text, address => text, contact => text, officer => text, authority => text }
    };
    let right = |(kind, state, is_open): (&str, &str, bool)| {
        let closed = (!is_open).then(|| moment(words));
        let answer = (state != "requested").then_some(ODD_NAME);
        context! {
            id => "rgt_aaaaaaaaaaaaaaaaaaaaaaaaaa", kind, state, is_open, is_late => state == "extended",
            opened => moment(words), due => words.dated(day()), closed, detail => ODD_NAME, answer,
        }
    };
    let asked = [
        ("access", "requested", true),
        ("rectification", "extended", true),
        ("objection", "answered", false),
        ("access", "refused", false),
        ("access", "withdrawn", false),
    ];
    let page = |done: &str, problem: &str, asked: Vec<Value>| {
        let form = |kind: &str| context! { kind, detail => ODD_NAME, problem };
        context! {
            csrf => "csrf", done, asked, objection => form("objection"), access => form("access"),
            rectification => form("rectification"), is_flawed => !problem.is_empty(), who => who(problem.is_empty()),
        }
    };
    let mut pages = vec![page("asked", "", asked.map(right).to_vec()), page("back", "", Vec::new())];
    pages.extend(["empty", "long", "many"].map(|problem| page("", problem, Vec::new())));
    pages
}
