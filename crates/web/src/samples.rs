//! Made-up values for every template: for the check of templates, and for the styleguide.

use chrono::NaiveDate;
use counterfoil_domain::grant::{Dataset, Lasting, State};
use minijinja::{Value, context};

use crate::failure::Failure;
use crate::purchase_samples;
use crate::volunteered_samples;
use crate::words::{Word, Words};

/// Templates that are part of others and no page of their own.
pub(crate) const PARTS: [&str; 14] = [
    "answer-fields.html",
    "answer-form.html",
    "base.html",
    "components.html",
    "deal.html",
    "find.html",
    "gaps.html",
    "leave-out.html",
    "purchase-list.html",
    "purchase-rows.html",
    "purchase-words.html",
    "receipt.html",
    "told-words.html",
    "year.html",
];
/// Pages for those who write apps or make pages, which speak English and may speak of tokens.
pub(crate) const FOR_DEVELOPERS: [&str; 2] = ["problem.html", "styleguide.html"];

/// A name that tries to be more than one.
pub(crate) const ODD_NAME: &str = "\u{202e}<b>\"'&</b>";
const GRANT: &str = "gra_aaaaaaaaaaaaaaaaaaaaaaaaaa";

/// What the samples are said in.
struct Sampler<'a> {
    words: &'a Words,
}

/// The values of a page, each time with other branches taken; `None` for a template that is unknown here.
pub(crate) fn of(template: &str, words: &Words) -> Option<Vec<Value>> {
    let sampler = Sampler { words };
    Some(match template {
        "sign-in.html" => sampler.sign_in(),
        "consent.html" => sampler.consent(),
        "change.html" => sampler.change(),
        "left-out.html" => sampler.left_out(),
        "hidden.html" => sampler.hidden(),
        "app.html" => sampler.one_app(),
        "apps.html" => sampler.apps(),
        "stop.html" => vec![context! { csrf => "csrf", app => sampler.app("Money Garden") }],
        "stop-all.html" => {
            vec![context! { csrf => "csrf", active => [sampler.app("Money Garden"), sampler.app(ODD_NAME)] }]
        }
        "stop-link.html" => sampler.stop_link(),
        "stopped-all.html" => sampler.stopped_all(),
        "stopped.html" => sampler.stopped(),
        "erase.html" => [(0, false), (1, true), (1_096, false)]
            .map(|(evidence_days, is_unticked)| context! { csrf => "csrf", evidence_days, is_unticked })
            .to_vec(),
        "erased.html" => [0, 1, 1_096].map(|evidence_days| context! { evidence_days }).to_vec(),
        "error.html" => sampler.errors(),
        "problem.html" => vec![sampler.problem(true), sampler.problem(false)],
        "styleguide.html" => vec![styleguide(words)],
        _ => {
            return volunteered_samples::of(template, words)
                .or_else(|| purchase_samples::of(template, words));
        }
    })
}

/// A moment, for people and for programs.
pub(crate) fn moment(words: &Words) -> Value {
    let day = words.dated(NaiveDate::from_ymd_opt(2026, 6, 3).unwrap_or_default());
    context! { text => day, value => "2026-06-03T12:05:00Z" }
}

/// The values of the styleguide.
pub(crate) fn styleguide(words: &Words) -> Value {
    let sampler = Sampler { words };
    let money = |amount| words.money(amount, "EUR");
    let figures = |month: u32, purchases: &str, amount| {
        let day = NaiveDate::from_ymd_opt(2026, month, 1).unwrap_or_default();
        vec![words.month(day), purchases.to_owned(), money(amount)]
    };
    context! {
        app => sampler.app("Money Garden"),
        list => sampler.list(true),
        table => context! {
            caption => "By month",
            columns => ["Month", "Purchases", "Total"],
            rows => [figures(5, "4", "81.20"), figures(6, "12", "1204.05")],
            total => ["Sum", "16", &money("1285.25")],
        },
    }
}

impl Sampler<'_> {
    fn day(&self) -> Value {
        Value::from_safe_string(self.words.day(NaiveDate::from_ymd_opt(2026, 6, 3).unwrap_or_default()))
    }

    fn app(&self, name: &str) -> Value {
        context! {
            grant_id => GRANT,
            name,
            operator => "Garden Software",
            host => "garden.example",
            is_new => false,
            recent => context! { purchases => 12, is_all => true },
            state => self.words.state(State::Active),
            since => self.day(),
            until => self.words.say(Word::UntilStopped),
            ended => self.day(),
            last => self.words.say(Word::NotLooked),
            times => self.words.count(Word::Looked, 3),
            sees => self.words.titles(&[Dataset::Purchases, Dataset::Lines]),
            leaves_out => [self.words.count(Word::SinglePurchases, 1)],
        }
    }

    fn line(&self, dataset: Dataset, is_ticked: bool) -> Value {
        let words = self.words.dataset(dataset);
        let example = self.example("item", "");
        context! { name => dataset.name(), title => words.title, gives => words.gives, is_ticked, example }
    }

    /// An example of a kind, and of a way to pay.
    fn example(&self, kind: &str, method: &str) -> Value {
        let net = Value::from_safe_string(self.words.money("12.30", "EUR"));
        context! {
            kind,
            method,
            total => net,
            net,
            day => self.day(),
            item => ODD_NAME,
            shop => "Corner shop",
            town => (method == "town").then_some(ODD_NAME),
            last4 => (method == "card").then_some("4417"),
        }
    }

    fn examples(&self) -> Vec<Value> {
        let kinds = ["never", "unseen", "sum", "item", "shop", "document"].map(|kind| self.example(kind, ""));
        let ways = ["card", "cash", "gift_card", "voucher", "loyalty", "account", "other"];
        let ways = ways.map(|method| self.example("payment", method));
        let more = [
            self.example("shop", "town"),
            context! { last4 => (), ..self.example("payment", "card") },
            Value::from(()),
        ];
        [&kinds[..], &ways[..], &more[..]].concat()
    }

    fn moment(&self) -> Value {
        moment(self.words)
    }

    fn one_app(&self) -> Vec<Value> {
        let look = |kind: &str, purchases: i64, to: Option<Value>| {
            let from = to.as_ref().map(|_| self.day());
            let is_one_day = purchases == 1;
            context! { at => self.moment(), kind, purchases, items => purchases, from, to, is_one_day }
        };
        let kinds =
            ["purchases", "purchase", "changes", "summary", "volunteered", "data", "forgotten", "unreadable"];
        let looks: Vec<Value> = kinds
            .iter()
            .flat_map(|kind| {
                [look(kind, 1, Some(self.day())), look(kind, 2, Some(self.day())), look(kind, 0, None)]
            })
            .collect();
        let how = context! {
            gone => ["Which shop"],
            asks_gone => 2,
            no_shared => true,
            left_out => [ODD_NAME],
            put_back => ["wine"],
            purchases_left_out => 1,
            purchases_put_back => 2,
            totals_kept => true,
            totals_not_kept => true,
            with_joined => true,
        };
        let step = |kind: &str, amended: Option<&Value>| {
            context! { at => self.moment(), kind, ended => self.words.state(State::Withdrawn), amended }
        };
        let kinds = ["requested", "given", "amended", "ended", "sent", "forgotten", "unreadable"];
        let mut steps: Vec<Value> = kinds.iter().map(|kind| step(kind, None)).collect();
        steps.push(step("amended", Some(&how)));
        let page = |name: &str, is_final: bool, is_full: bool| {
            context! {
                is_new => !is_final,
                app => self.app(name),
                given => self.moment(),
                is_final,
                ended_how => self.words.stopped(State::Withdrawn),
                recent => context! { purchases => if is_full { 2 } else { 0 }, is_all => is_full == is_final },
                looks => if is_full { looks.clone() } else { Vec::new() },
                looks_newest => is_full.then_some("/apps/a#looks"),
                looks_earlier => is_full.then_some("/apps/a?before=1#looks"),
                steps => if is_full { steps.clone() } else { Vec::new() },
                steps_newest => is_full.then_some("/apps/a#steps"),
                steps_earlier => is_full.then_some("/apps/a?changesBefore=1#steps"),
            }
        };
        let at_the_end = context! { looks_newest => "/apps/a#looks", ..page("Money Garden", false, false) };
        vec![
            page("Money Garden", false, true),
            page(ODD_NAME, true, true),
            page(ODD_NAME, true, false),
            page("Money Garden", false, false),
            at_the_end,
        ]
    }

    fn stopped_all(&self) -> Vec<Value> {
        let none: [Value; 0] = [];
        let ended = |at| context! { how => self.words.stopped(State::Withdrawn), at, ..self.app(ODD_NAME) };
        vec![
            context! { ended => [ended(Some(self.moment())), ended(None)], left => none },
            context! { ended => none, left => [self.app("Money Garden")] },
        ]
    }

    fn leave_out(&self, is_full: bool) -> Value {
        let category = |id, is_ticked| context! { id, name => id, is_ticked };
        let group = |word, categories: Vec<Value>| context! { title => self.words.say(word), categories };
        let groups = [
            group(Word::KindsSensitive, vec![category("health", true)]),
            group(Word::KindsOrdinary, vec![category("bread", false), category("wine", true)]),
        ];
        context! {
            groups => if is_full { groups.to_vec() } else { Vec::new() },
            note => is_full.then(|| self.words.say(Word::KindsNote)),
            summary => self.words.say(Word::KindsFold),
            is_open => is_full,
            offers_totals => is_full,
            keep_totals => is_full,
        }
    }

    fn list(&self, is_full: bool) -> Value {
        let purchase = |id, shop: Option<&str>, pill: Option<Word>| {
            context! {
                id,
                shop,
                total => "12.30",
                currency => "EUR",
                day => self.day(),
                items => self.words.and_more("Milk, Tea", 3),
                pill => pill.map(|pill| self.words.say(pill)),
                button => self.words.say(if pill.is_some() { Word::Show } else { Word::Hide }),
                answer => "hide",
            }
        };
        let purchases = [
            purchase("pur_a", Some("Corner shop"), None),
            purchase("pur_b", Some(ODD_NAME), Some(Word::Hidden)),
            purchase("pur_c", None, None),
        ];
        let month = self.words.month(NaiveDate::from_ymd_opt(2026, 6, 3).unwrap_or_default());
        let months = if is_full { vec![context! { title => month, purchases }] } else { Vec::new() };
        context! {
            action => "/hidden",
            after => "",
            show => if is_full { "" } else { "some" },
            is_some => !is_full,
            newest => is_full.then_some("/hidden"),
            older => is_full.then_some("/hidden?after=1"),
            nothing => self.words.say(Word::NoPurchases),
            months,
        }
    }

    fn sign_in(&self) -> Vec<Value> {
        let page = |app: Option<&str>, demo: bool, error: Option<Word>, says: &[&str]| {
            let suggestions = says.iter().map(|says| context! { id => "customer-001", says });
            let suggestions: Vec<Value> = suggestions.collect();
            context! {
                csrf => "csrf",
                request => app.map(|_| "reference"),
                return_to => app.map_or(Some("/apps"), |_| None),
                app,
                is_about_asks => !demo,
                demo,
                provider => "/sign-in/provider?",
                suggestions,
                customer_id => "",
                error => error.map(|word| self.words.say(word)),
            }
        };
        vec![
            page(Some(ODD_NAME), true, Some(Word::CustomerMissing), &["buys a lot", ""]),
            page(None, true, None, &[]),
            page(Some("Money Garden"), false, None, &[]),
        ]
    }

    fn consent(&self) -> Vec<Value> {
        let page = |name: &str, is_full: bool| {
            let flaw = is_full.then(|| self.words.say(Word::DateFuture));
            let duration = |lasting: &Lasting| {
                context! {
                    name => lasting.name(),
                    title => self.words.duration(*lasting),
                    is_chosen => *lasting == Lasting::Days90,
                }
            };
            context! {
                csrf => "csrf",
                request => "reference",
                app => self.app(name),
                stated_use => is_full.then_some("To help you save."),
                required => [self.line(Dataset::Purchases, true)],
                optional => if is_full { vec![self.line(Dataset::Lines, false)] } else { Vec::new() },
                sensitive => is_full.then(|| self.line(Dataset::Sensitive, false)),
                shared => is_full.then(|| context! { is_ticked => true }),
                leave_out => self.leave_out(is_full),
                withheld => [self.words.dataset(Dataset::Payment).withheld],
                durations => Lasting::ALL.iter().map(duration).collect::<Vec<_>>(),
                from => if is_full { "date" } else { "all" },
                from_date => "2026-06-03",
                earliest => is_full.then(|| context! { text => self.day(), value => "2026-06-03" }),
                until_date => is_full.then(|| self.day()),
                year_ago => is_full.then(|| self.day()),
                today => "2026-06-03",
                date_error => flaw,
                asks => if is_full { Self::asks() } else { Vec::new() },
                may_tell => true,
                may_read => is_full,
                asks_error => (),
            }
        };
        let nothing: [Value; 0] = [];
        let about_asks = context! {
            required => nothing,
            asks => Self::asks(),
            may_read => true,
            asks_error => self.words.say(Word::NothingTicked),
            withheld => [self.words.dataset(Dataset::Purchases).withheld],
            ..page("Money Garden", false)
        };
        let mut pages = vec![page("Money Garden", true), page(ODD_NAME, false), about_asks];
        pages.extend(self.examples().into_iter().map(|example| {
            let line = context! { example, ..self.line(Dataset::Payment, false) };
            let app = context! { host => (), ..self.app("Money Garden") };
            context! { app, required => vec![&line], optional => vec![&line], sensitive => &line, ..page("Money Garden", true) }
        }));
        pages
    }

    fn asks() -> Vec<Value> {
        let ask = |id: &str, title: &str| {
            context! { id, title, why => "So that we can order what you like.", is_ticked => false }
        };
        vec![ask("q1", "A washing machine"), ask("q2", "Your coffee")]
    }

    fn change(&self) -> Vec<Value> {
        let page = |name: &str, is_full: bool, joined: i64| {
            context! {
                csrf => "csrf",
                is_saved => is_full,
                app => self.app(name),
                required => [self.line(Dataset::Purchases, true)],
                optional => if is_full { vec![self.line(Dataset::Lines, true)] } else { Vec::new() },
                has_shared => is_full,
                asks => if is_full { Self::asks() } else { Vec::new() },
                leave_out => self.leave_out(is_full),
                left_out => joined,
                joined,
            }
        };
        vec![page("Money Garden", true, 2), page(ODD_NAME, false, 1), page("Money Garden", false, 0)]
    }

    fn left_out(&self) -> Vec<Value> {
        let page =
            |is_full| context! { csrf => "csrf", app => self.app(ODD_NAME), list => self.list(is_full) };
        vec![page(true), page(false)]
    }

    fn hidden(&self) -> Vec<Value> {
        let page = |is_full: bool| {
            context! {
                csrf => "csrf",
                is_saved => is_full,
                hidden_kinds => if is_full { "health, wine" } else { "" },
                leave_out => self.leave_out(is_full),
                list => self.list(is_full),
            }
        };
        vec![page(true), page(false), context! { leave_out => self.leave_out(true), ..page(false) }]
    }

    fn apps(&self) -> Vec<Value> {
        let new = context! { is_new => true, ..self.app(ODD_NAME) };
        let (active, ended) = ([self.app("Money Garden"), new], [self.app("Money Garden")]);
        let none: [Value; 0] = [];
        vec![context! { active, ended }, context! { active => none, ended => none }]
    }

    fn stop_link(&self) -> Vec<Value> {
        let ended =
            self.stopped().into_iter().map(|page| context! { token => "cfs_a", is_final => true, ..page });
        let mut pages: Vec<Value> = ended.collect();
        pages.extend(["Money Garden", ODD_NAME].map(|name| {
            context! { token => "cfs_a", is_final => false, app => self.app(name) }
        }));
        pages
    }

    fn stopped(&self) -> Vec<Value> {
        let ends = State::ALL.into_iter().filter(|state| state.is_final());
        let page = |state| {
            context! {
                app => self.app(ODD_NAME),
                how => self.words.stopped(state),
                at => self.day(),
                at_value => "2026-06-03T12:05:00Z",
            }
        };
        ends.map(page).collect()
    }

    fn errors(&self) -> Vec<Value> {
        let page = |failure: &Failure| {
            let words = self.words.failure(*failure);
            context! { title => words.title, reason => words.reason, advice => words.advice, reference => "ABCDEFGH" }
        };
        Failure::ALL.iter().map(page).collect()
    }

    fn problem(&self, retryable: bool) -> Value {
        let explanation = retryable.then(|| self.words.say(Word::Broken));
        context! { title => "Title", code => "a_code", status => "400", retryable, explanation }
    }
}
