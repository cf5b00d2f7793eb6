//! The words that pages are given rather than hold themselves: of things, states and failures; dates and money.

use std::fmt::Display;

use chrono::{DateTime, Datelike as _, NaiveDate};
use chrono_tz::Tz;
use counterfoil_domain::grant::{Dataset, Lasting, State};
use fluent_bundle::{FluentArgs, FluentValue};
use minijinja::Value;

use crate::failure::Failure;
use crate::language::Language;

macro_rules! words {
    ($($name:ident = $key:literal;)*) => {
        /// A sentence that is the same wherever it is said.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Word {
            $(#[doc = $key] $name,)*
        }

        impl Word {
            const ALL: &[Self] = &[$(Self::$name),*];

            fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }
        }
    };
}

words! {
    LanguageName = "language-name";
    Broken = "page-broken";
    Day = "day";
    Month = "month";
    Moment = "moment";
    Money = "money";
    DecimalMark = "decimal-mark";
    CustomerMissing = "sign-in-missing";
    CustomerUnusable = "sign-in-unusable";
    DateMissing = "date-missing";
    DateUnreadable = "date-unreadable";
    DateFuture = "date-future";
    DateTooEarly = "date-too-early";
    NothingTicked = "consent-asks.nothing";
    AnswersForYou = "answers-for-you";
    KindsFold = "kinds-fold";
    KindsSensitive = "kinds-sensitive";
    KindsOrdinary = "kinds-ordinary";
    KindsNote = "kinds-note";
    SharedAccounts = "shared-accounts";
    PurchasesSince = "purchases-since";
    PurchasesUntil = "purchases-until";
    SinglePurchases = "single-purchases";
    UntilStopped = "until-stopped";
    NotLooked = "not-looked";
    Looked = "looked";
    AndMore = "and-more";
    Hide = "hide";
    Show = "show";
    Hidden = "hidden";
    LeaveOut = "leave-out";
    PutBack = "put-back";
    LeftOut = "left-out";
    NoPurchases = "no-purchases";
    NoneHidden = "none-hidden";
    NoneLeftOut = "none-left-out";
    LetterGiven = "letter-given";
    LetterGivenText = "letter-given.text";
    LetterAmended = "letter-amended";
    LetterAmendedText = "letter-amended.text";
    LetterEnded = "letter-ended";
    LetterEndedText = "letter-ended.text";
    LetterStop = "letter-stop";
    LetterReceipt = "letter-receipt";
}

/// The words of a language. Complete: what code asks for is there, or there would be no pages.
#[derive(Debug)]
pub(crate) struct Words(Language);

/// A dataset on a page.
#[derive(Debug)]
pub(crate) struct DatasetWords {
    /// What it is called.
    pub(crate) title: String,
    /// What an app gets to see with it.
    pub(crate) gives: String,
    /// What stays hidden without it.
    pub(crate) withheld: String,
}

/// A failure on a page.
#[derive(Debug)]
pub(crate) struct FailureWords {
    /// What happened, in a few words.
    pub(crate) title: String,
    /// Why.
    pub(crate) reason: String,
    /// What to do.
    pub(crate) advice: String,
}

impl Words {
    /// The words of a language, checked for what code asks for.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn new(language: Language) -> Result<Self, String> {
        let there = language.values();
        let missing: Vec<String> = Self::keys().into_iter().filter(|key| !there.contains_key(key)).collect();
        if missing.is_empty() {
            return Ok(Self(language));
        }
        Err(format!("{}.ftl has no word {}", language.tag(), missing.join(", ")))
    }

    /// The names of all sentences that code asks for.
    pub(crate) fn keys() -> Vec<String> {
        let parts = |name: String, parts: &[&str]| -> Vec<String> {
            let parts = parts.iter().map(|part| format!("{name}.{part}")).collect::<Vec<_>>();
            std::iter::once(name).chain(parts).collect()
        };
        let mut keys: Vec<String> = Word::ALL.iter().map(|word| word.key().to_owned()).collect();
        keys.extend((1..=12).flat_map(|number| [month_key(number), short_month_key(number)]));
        keys.extend(
            Dataset::ALL.iter().flat_map(|dataset| parts(dataset_key(*dataset), &["gives", "withheld"])),
        );
        keys.extend(Lasting::ALL.iter().map(|lasting| duration_key(*lasting)));
        keys.extend(State::ALL.iter().map(|state| state_key(*state)));
        let ends = State::ALL.iter().filter(|state| state.is_final());
        keys.extend(ends.map(|state| stopped_key(*state)));
        keys.extend(
            Failure::ALL.iter().flat_map(|failure| parts(failure_key(*failure), &["reason", "advice"])),
        );
        keys
    }

    /// The language.
    pub(crate) fn language(&self) -> &Language {
        &self.0
    }

    /// Its tag (BCP 47).
    pub(crate) fn tag(&self) -> &str {
        self.0.tag()
    }

    /// A sentence without values.
    pub(crate) fn say(&self, word: Word) -> String {
        self.text(word.key(), &[])
    }

    /// A sentence with values.
    pub(crate) fn say_with(&self, word: Word, values: &[(&str, &str)]) -> String {
        let values: Vec<_> = values.iter().map(|(name, text)| (*name, FluentValue::from(*text))).collect();
        self.text(word.key(), &values)
    }

    /// A sentence about so many.
    pub(crate) fn count(&self, word: Word, count: impl Into<FluentValue<'static>>) -> String {
        self.text(word.key(), &[("count", count.into())])
    }

    /// Things in a row, and how many there are beside.
    pub(crate) fn and_more(&self, things: &str, more: usize) -> String {
        self.text(
            Word::AndMore.key(),
            &[("things", FluentValue::from(things)), ("count", FluentValue::from(more))],
        )
    }

    /// A dataset.
    pub(crate) fn dataset(&self, dataset: Dataset) -> DatasetWords {
        let key = dataset_key(dataset);
        DatasetWords {
            title: self.text(&key, &[]),
            gives: self.text(&format!("{key}.gives"), &[]),
            withheld: self.text(&format!("{key}.withheld"), &[]),
        }
    }

    /// The lines that say what these datasets are.
    pub(crate) fn titles(&self, datasets: &[Dataset]) -> Vec<String> {
        datasets.iter().map(|dataset| self.text(&dataset_key(*dataset), &[])).collect()
    }

    /// For how long.
    pub(crate) fn duration(&self, lasting: Lasting) -> String {
        self.text(&duration_key(lasting), &[])
    }

    /// How a grant stands.
    pub(crate) fn state(&self, state: State) -> String {
        self.text(&state_key(state), &[])
    }

    /// How a grant ended; nothing for one that did not.
    pub(crate) fn stopped(&self, state: State) -> String {
        if state.is_final() { self.text(&stopped_key(state), &[]) } else { String::new() }
    }

    /// What went wrong.
    pub(crate) fn failure(&self, failure: Failure) -> FailureWords {
        let key = failure_key(failure);
        FailureWords {
            title: self.text(&key, &[]),
            reason: self.text(&format!("{key}.reason"), &[]),
            advice: self.text(&format!("{key}.advice"), &[]),
        }
    }

    /// A day: "3 June 2026".
    pub(crate) fn day(&self, day: NaiveDate) -> String {
        self.calendar(Word::Day, day)
    }

    /// [`Words::day`], to be put into a sentence as it is.
    pub(crate) fn dated(&self, day: NaiveDate) -> Value {
        Value::from_safe_string(self.day(day))
    }

    /// A month: "June 2026".
    pub(crate) fn month(&self, day: NaiveDate) -> String {
        self.calendar(Word::Month, day)
    }

    fn calendar(&self, word: Word, day: NaiveDate) -> String {
        let month = self.text(&month_key(day.month()), &[]);
        let (number, year) = (format!("{}", day.day()), format!("{}", day.year()));
        self.say_with(word, &[("day", &number), ("month", &month), ("year", &year)])
    }

    /// A moment to the minute, with the time zone's name: "3 June 2026, 14:05 CEST".
    pub(crate) fn moment(&self, at: DateTime<Tz>) -> String {
        let (day, time, zone) = (self.day(at.date_naive()), at.format("%H:%M"), at.format("%Z"));
        let (time, zone) = (format!("{time}"), format!("{zone}"));
        self.say_with(Word::Moment, &[("day", &day), ("time", &time), ("zone", &zone)])
    }

    /// The name of a month: "June".
    pub(crate) fn month_name(&self, day: NaiveDate) -> String {
        self.text(&month_key(day.month()), &[])
    }

    /// The name of a month where there is little room: "Jun".
    pub(crate) fn short_month(&self, day: NaiveDate) -> String {
        self.text(&short_month_key(day.month()), &[])
    }

    /// A plain decimal number as the language writes it, with a minus sign that is read as one.
    pub(crate) fn number(&self, number: &str) -> String {
        number.replace('.', &self.say(Word::DecimalMark)).replace('-', "\u{2212}")
    }

    /// An amount with its currency; `amount` is a plain decimal number.
    pub(crate) fn money(&self, amount: &str, currency: &str) -> String {
        self.say_with(Word::Money, &[("amount", &self.number(amount)), ("currency", currency)])
    }

    /// What is asked for here was looked for when the words were read, and `check` finds what a sentence lacks: the
    /// name in its place would be seen at once.
    fn text(&self, key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        let values: FluentArgs<'_> = values.iter().cloned().collect();
        self.0.plain(key, &values).unwrap_or_else(|error| {
            tracing::error!(%error, "a word cannot be said");
            key.to_owned()
        })
    }
}

fn named(kind: &str, name: impl Display) -> String {
    format!("{kind}-{name}")
}

fn month_key(number: u32) -> String {
    named("month", number)
}

fn short_month_key(number: u32) -> String {
    named("month-short", number)
}

fn dataset_key(dataset: Dataset) -> String {
    named("dataset", dataset.name())
}

fn duration_key(lasting: Lasting) -> String {
    named("duration", lasting.name())
}

fn state_key(state: State) -> String {
    named("state", state.name())
}

fn stopped_key(state: State) -> String {
    named("stopped", state.name())
}

fn failure_key(failure: Failure) -> String {
    named("failure", failure.code())
}
