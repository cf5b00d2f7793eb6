//! A form with what was put into it, for the template.

use minijinja::{Value, context};

use super::entered::PREFIX;
use super::{Choice, Entered, Field, Flaws, Form, Kind, Number, Rows, Text, within};

/// The id of the element of the whole answer; those of its fields have numbers behind it.
const ID: &str = "answer";
/// More choices than this are a list that unfolds.
const RADIOS: usize = 8;
/// A text that may be longer gets several lines.
const ONE_LINE: u64 = 200;
/// Rows that a list begins with.
const FIRST_ROWS: usize = 3;

/// Where a field stands.
struct Place {
    pointer: String,
    /// The id of its element, without the words of the shop in it.
    id: String,
}

impl Form {
    /// The values of `answer-form.html`. `more` are rows to be added to a list.
    pub(crate) fn render(&self, entered: &Entered, flaws: &Flaws, more: usize) -> Value {
        let showing = Showing { entered, flaws, more };
        let place = Place { pointer: String::new(), id: ID.to_owned() };
        let fields = match &self.whole.kind {
            Kind::Part(fields) => showing.fields(fields, &place),
            _ => vec![showing.field(&self.whole, &place)],
        };
        context! {
            fields,
            is_flawed => !flaws.is_empty(),
            is_flawed_as_a_whole => matches!(self.whole.kind, Kind::Part(_)) && flaws.contains(""),
            takes_files => self.rows().is_some(),
        }
    }
}

struct Showing<'a> {
    entered: &'a Entered,
    flaws: &'a Flaws,
    more: usize,
}

impl Showing<'_> {
    fn fields(&self, fields: &[Field], place: &Place) -> Vec<Value> {
        let each = fields.iter().enumerate().map(|(number, field)| {
            let pointer = within(&place.pointer, &field.name);
            self.field(field, &Place { pointer, id: format!("{}-{}", place.id, number + 1) })
        });
        each.collect()
    }

    fn field(&self, field: &Field, place: &Place) -> Value {
        let is_empty = self.entered.is_empty_at(&place.pointer);
        let flaw = self.flaws.contains(&place.pointer);
        let flaw = if !flaw {
            ""
        } else if is_empty {
            "missing"
        } else {
            "unfit"
        };
        let of_kind = match &field.kind {
            Kind::Text(text) => self.text(text, place),
            Kind::Day(autocomplete) => {
                context! { kind => "day", autocomplete, value => self.entered.one(&place.pointer) }
            }
            Kind::Number(number) => self.number(number, place),
            Kind::YesNo => self.choices(&yes_no(), place, "yes-no"),
            Kind::One(choices) if choices.len() <= RADIOS => self.choices(choices, place, "one"),
            Kind::One(choices) => self.choices(choices, place, "select"),
            Kind::Several(choices) => self.choices(choices, place, "several"),
            Kind::Lines(most) => {
                context! { kind => "lines", most, value => self.entered.one(&place.pointer) }
            }
            Kind::Part(fields) => context! { kind => "part", fields => self.fields(fields, place) },
            Kind::Rows(rows) => self.rows(rows, place),
        };
        context! {
            id => place.id,
            name => format!("{PREFIX}{}", place.pointer),
            title => field.title,
            hint => field.hint,
            is_needed => field.is_needed,
            flaw,
            ..of_kind
        }
    }

    fn text(&self, text: &Text, place: &Place) -> Value {
        context! {
            kind => if text.most.is_some_and(|most| most > ONE_LINE) && !text.is_email { "long" } else { "text" },
            is_email => text.is_email,
            autocomplete => text.autocomplete,
            most => text.most,
            value => self.entered.one(&place.pointer),
        }
    }

    fn number(&self, number: &Number, place: &Place) -> Value {
        context! {
            kind => "number",
            least => number.least,
            most => number.most,
            value => self.entered.one(&place.pointer),
        }
    }

    fn choices(&self, choices: &[Choice], place: &Place, kind: &str) -> Value {
        let choices = choices.iter().enumerate().map(|(number, choice)| {
            context! {
                id => format!("{}-{}", place.id, number + 1),
                sent => choice.sent,
                title => choice.title,
                is_chosen => self.entered.all(&place.pointer).any(|sent| sent == choice.sent),
            }
        });
        context! { kind, choices => choices.collect::<Vec<_>>() }
    }

    fn rows(&self, rows: &Rows, place: &Place) -> Value {
        let there = self.entered.rows_at(&place.pointer);
        let count = there.saturating_add(self.more).max(FIRST_ROWS).min(rows.most);
        let each = (0..count).map(|number| {
            let pointer = format!("{}/{number}", place.pointer);
            let id = format!("{}-{}", place.id, number + 1);
            context! { number => number + 1, fields => self.fields(&rows.fields, &Place { pointer, id }) }
        });
        context! {
            kind => "rows",
            row_title => rows.title,
            rows => each.collect::<Vec<_>>(),
            most => rows.most,
            can_grow => count < rows.most,
            columns => rows.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(),
        }
    }
}

/// The two answers, whose words are the page's.
fn yes_no() -> [Choice; 2] {
    ["yes", "no"].map(|sent| Choice { sent: sent.to_owned(), value: sent.into(), title: String::new() })
}
