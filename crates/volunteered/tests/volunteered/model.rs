//! What ought to be true of one customer after a sequence of acts: a model that shares no code with what it is held
//! against. It writes down at once what time has done.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Months, TimeDelta, Utc};

/// Asks with their purpose and whether they promise something.
pub const ASKS: [(&str, &str, bool); 5] =
    [("a1", "p1", true), ("a2", "p1", false), ("a3", "p2", true), ("a4", "p3", false), ("a5", "p1", true)];
pub const PURPOSES: [&str; 3] = ["p1", "p2", "p3"];
pub const SUBJECTS: [&str; 5] = ["marketing", "purpose/p1", "purpose/p2", "purpose/p3", "channel/email"];

/// An ask in a version.
pub type Asked = (&'static str, i32);

#[derive(Debug, Clone, PartialEq)]
pub struct Consent {
    pub state: &'static str,
    pub asked: Asked,
    pub expires: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub ask: &'static str,
    pub version: i32,
    pub purpose: &'static str,
    pub by_app: bool,
    pub state: &'static str,
    pub until: Option<DateTime<Utc>>,
    pub fetched: bool,
    /// What each version of the ask promised for it, by version: `due`, `delivered` or `forgone`.
    pub exchanges: BTreeMap<i32, &'static str>,
}

#[derive(Debug)]
pub struct Model {
    pub now: DateTime<Utc>,
    /// When the latest version of a5 was published, which is open for 30 days.
    soon_over: DateTime<Utc>,
    versions: BTreeMap<&'static str, i32>,
    pub consents: BTreeMap<&'static str, Consent>,
    /// In the order in which they were made.
    pub items: Vec<Item>,
    answers: BTreeMap<Asked, &'static str>,
    pub objections: BTreeSet<&'static str>,
    pub dark: Option<DateTime<Utc>>,
}

pub type Outcome = Result<(), String>;

fn no(why: &str) -> Outcome {
    Err(why.to_owned())
}

impl Model {
    pub fn new(now: DateTime<Utc>, versions: BTreeMap<&'static str, i32>) -> Self {
        Self {
            now,
            soon_over: now,
            versions,
            consents: BTreeMap::new(),
            items: Vec::new(),
            answers: BTreeMap::new(),
            objections: BTreeSet::new(),
            dark: None,
        }
    }

    /// The latest version of an ask.
    pub fn version(&self, ask: &str) -> i32 {
        self.versions[ask]
    }

    pub fn publish(&mut self, ask: &'static str) {
        *self.versions.get_mut(ask).unwrap() += 1;
        if ask == "a5" {
            self.soon_over = self.now;
        }
    }

    pub fn state(&self, purpose: &str) -> &'static str {
        self.consents.get(purpose).map_or("unknown", |consent| consent.state)
    }

    pub fn in_force(&self, purpose: &str) -> bool {
        matches!(self.state(purpose), "given" | "renewed")
    }

    fn awaited(&self, purpose: &str) -> bool {
        matches!(self.state(purpose), "requested" | "deferred")
    }

    fn is_closed(&self, ask: &str) -> bool {
        ask == "a5" && self.now >= self.soon_over + TimeDelta::days(30)
    }

    fn expiry(&self, purpose: &str) -> Option<DateTime<Utc>> {
        (purpose != "p3").then(|| self.now.checked_add_months(Months::new(6)).unwrap())
    }

    /// Time goes on; with `sweep`, requests lapse whose ask is over.
    pub fn wait(&mut self, by: TimeDelta) {
        self.now += by;
        let over: Vec<&'static str> = PURPOSES
            .into_iter()
            .filter(|purpose| self.in_force(purpose))
            .filter(|purpose| self.consents[purpose].expires.is_some_and(|end| end <= self.now))
            .collect();
        for purpose in over {
            self.close(purpose, "expired");
        }
        for at in 0..self.items.len() {
            if self.items[at].state == "waiting" && self.items[at].until.unwrap() <= self.now {
                self.end(at, "lapsed");
            }
        }
    }

    pub fn sweep(&mut self) {
        for purpose in PURPOSES {
            if self.awaited(purpose) && self.is_closed(self.consents[purpose].asked.0) {
                let ask = self.consents[purpose].asked.0;
                self.consents.get_mut(purpose).unwrap().state = "unknown";
                for from in ["shown", "deferred"] {
                    self.close_answers(|of| of == ask, from, "lapsed");
                }
            }
        }
    }

    fn close_answers(&mut self, is_meant: impl Fn(&str) -> bool, from: &str, to: &'static str) {
        for ((ask, _), state) in &mut self.answers {
            if is_meant(ask) && *state == from {
                *state = to;
            }
        }
    }

    fn close(&mut self, purpose: &'static str, state: &'static str) {
        self.consents.get_mut(purpose).unwrap().state = state;
        let is_over = state == "expired";
        for at in 0..self.items.len() {
            let item = &self.items[at];
            if item.purpose == purpose && (item.state == "live" || item.state == "waiting" && !is_over) {
                self.end(at, if is_over { "expired" } else { "withdrawn" });
            }
        }
        let is_of = |ask: &str| ASKS.iter().any(|(id, of, _)| *id == ask && *of == purpose);
        self.close_answers(is_of, "answered", "withdrawn");
    }

    fn end(&mut self, at: usize, state: &'static str) {
        let item = &mut self.items[at];
        let was_live = item.state == "live";
        item.state = state;
        if !item.fetched {
            item.exchanges.values_mut().filter(|state| **state == "due").for_each(|state| *state = "forgone");
        }
        let ask = item.ask;
        let has_other = self.items.iter().any(|item| item.ask == ask && item.state == "live");
        if was_live && !has_other {
            self.close_answers(|of| of == ask, "answered", "withdrawn");
        }
    }

    fn request(&mut self, asked: Asked, purpose: &'static str) {
        self.consents.insert(purpose, Consent { state: "requested", asked, expires: None });
    }

    pub fn show(&mut self, (ask, purpose, _): (&'static str, &'static str, bool)) -> Outcome {
        if self.is_closed(ask) {
            return no("closed");
        }
        if self.dark.is_some_and(|since| self.now < since.checked_add_months(Months::new(12)).unwrap()) {
            return no("quiet");
        }
        let asked = (ask, self.version(ask));
        if let Entry::Vacant(unseen) = self.answers.entry(asked) {
            unseen.insert("shown");
            if !self.in_force(purpose) && !self.awaited(purpose) {
                self.request(asked, purpose);
            }
        }
        Ok(())
    }

    fn agree(&mut self, asked: Asked, purpose: &'static str) -> Outcome {
        if purpose == "p2" && self.objections.contains("marketing") {
            return no("objected");
        }
        let state = if self.in_force(purpose) { self.state(purpose) } else { "given" };
        let is_same = self.in_force(purpose) && self.consents[purpose].asked == asked;
        if !is_same {
            let expires = self.expiry(purpose);
            self.consents.insert(purpose, Consent { state, asked, expires });
        }
        let subject = SUBJECTS.into_iter().find(|subject| subject.strip_prefix("purpose/") == Some(purpose));
        self.objections.remove(subject.unwrap());
        self.answers.insert(asked, "answered");
        Ok(())
    }

    /// Promises what a version offers for an item, unless it has brought it before.
    fn promise(&mut self, at: usize, (ask, version): Asked) {
        let rewards = ASKS.iter().any(|which| which.0 == ask && which.2);
        let is_given = self.items.iter().any(|item| {
            item.ask == ask && item.exchanges.get(&version).is_some_and(|state| *state != "forgone")
        });
        if rewards && !is_given {
            self.items[at].exchanges.insert(version, "due");
        }
    }

    pub fn yes(&mut self, which: (&'static str, &'static str, bool), with_value: bool) -> Outcome {
        let (ask, purpose, _) = which;
        if self.is_closed(ask) {
            return no("closed");
        }
        if self.dark.is_some() {
            return no("quiet");
        }
        let asked = (ask, self.version(ask));
        self.agree(asked, purpose)?;
        if with_value {
            let own =
                self.items.iter().position(|item| item.ask == ask && !item.by_app && item.state == "live");
            let at = own.unwrap_or(self.items.len());
            if own.is_none() {
                self.items.push(Item {
                    ask,
                    version: asked.1,
                    purpose,
                    by_app: false,
                    state: "live",
                    until: None,
                    fetched: false,
                    exchanges: BTreeMap::new(),
                });
            }
            self.items[at].version = asked.1;
            self.promise(at, asked);
        }
        Ok(())
    }

    pub fn decline_ask(
        &mut self,
        (ask, purpose, _): (&'static str, &'static str, bool),
        state: &'static str,
    ) -> Outcome {
        if self.is_closed(ask) {
            return no("closed");
        }
        if self.dark.is_some() {
            return no("quiet");
        }
        let asked = (ask, self.version(ask));
        if !self.in_force(purpose) {
            if !self.awaited(purpose) {
                self.request(asked, purpose);
            }
            self.consents.get_mut(purpose).unwrap().state = state;
        }
        if self.answers.get(&asked) != Some(&"answered") {
            self.answers.insert(asked, state);
        }
        Ok(())
    }

    /// An app sends something for a version of an ask, which its grant names.
    pub fn submit(&mut self, (ask, purpose, _): (&'static str, &'static str, bool), version: i32) -> Outcome {
        let asked = (ask, version);
        if ask == "a4" {
            return no("not named");
        }
        if self.dark.is_some() {
            return no("quiet");
        }
        let is_agreed = self.in_force(purpose) && self.consents[purpose].asked == asked;
        if (self.is_closed(ask) || version != self.version(ask)) && !is_agreed {
            return no("closed");
        }
        let objects = self.objections.iter().any(|subject| subject.strip_prefix("purpose/") == Some(purpose))
            || purpose == "p2" && self.objections.contains("marketing");
        let declined = matches!(self.answers.get(&asked), Some(&"refused" | &"deferred" | &"withdrawn"));
        let is_answered = self.answers.get(&asked) == Some(&"answered");
        let is_other_answered =
            self.answers.iter().any(|(of, state)| of.0 == ask && of.1 != version && *state == "answered");
        let is_covered =
            self.in_force(purpose) && !objects && !declined && (is_answered || !is_other_answered);
        if !is_covered && !self.in_force(purpose) && !self.awaited(purpose) {
            self.request(asked, purpose);
        }
        self.items.push(Item {
            ask,
            version,
            purpose,
            by_app: true,
            state: if is_covered { "live" } else { "waiting" },
            until: (!is_covered).then(|| self.now + TimeDelta::days(7)),
            fetched: false,
            exchanges: BTreeMap::new(),
        });
        if is_covered {
            self.promise(self.items.len() - 1, asked);
        }
        Ok(())
    }

    pub fn confirm(&mut self, at: usize) -> Outcome {
        if self.dark.is_some() {
            return no("quiet");
        }
        if self.items[at].state != "waiting" {
            return no(self.items[at].state);
        }
        let asked = (self.items[at].ask, self.items[at].version);
        self.agree(asked, self.items[at].purpose)?;
        self.items[at].state = "live";
        self.items[at].until = None;
        self.promise(at, asked);
        Ok(())
    }

    pub fn decline(&mut self, at: usize) -> Outcome {
        if self.items[at].state != "waiting" {
            return no(self.items[at].state);
        }
        self.end(at, "declined");
        let (ask, purpose) = (self.items[at].ask, self.items[at].purpose);
        let is_awaited = self.items.iter().any(|item| item.purpose == purpose && item.state == "waiting");
        if self.awaited(purpose) && !is_awaited {
            self.consents.get_mut(purpose).unwrap().state = "refused";
            self.close_answers(|of| of == ask, "shown", "refused");
        }
        Ok(())
    }

    pub fn correct(&mut self, at: usize) -> Outcome {
        if matches!(self.items[at].state, "live" | "waiting") { Ok(()) } else { no(self.items[at].state) }
    }

    pub fn withdraw_item(&mut self, at: usize) -> Outcome {
        self.correct(at)?;
        self.end(at, "withdrawn");
        Ok(())
    }

    pub fn end_consent(&mut self, purpose: &'static str, state: &'static str) -> Outcome {
        if !self.in_force(purpose) {
            return no(self.state(purpose));
        }
        self.close(purpose, state);
        Ok(())
    }

    pub fn renew(&mut self, purpose: &'static str) -> Outcome {
        if self.dark.is_some() {
            return no("quiet");
        }
        if !self.in_force(purpose) {
            return no(self.state(purpose));
        }
        let expires = self.expiry(purpose);
        let consent = self.consents.get_mut(purpose).unwrap();
        (consent.state, consent.expires) = ("renewed", expires);
        Ok(())
    }

    pub fn go_dark(&mut self) -> Outcome {
        if self.dark.is_some() {
            return no("dark");
        }
        for purpose in PURPOSES {
            if self.in_force(purpose) {
                self.close(purpose, "withdrawn");
            } else if self.awaited(purpose) {
                self.consents.get_mut(purpose).unwrap().state = "unknown";
            }
        }
        for at in 0..self.items.len() {
            if matches!(self.items[at].state, "live" | "waiting") {
                self.end(at, "withdrawn");
            }
        }
        for state in self.answers.values_mut().filter(|state| matches!(**state, "shown" | "deferred")) {
            *state = "lapsed";
        }
        self.objections.extend(SUBJECTS.into_iter().filter(|subject| *subject != "channel/email"));
        self.dark = Some(self.now);
        Ok(())
    }

    pub fn start_again(&mut self) -> Outcome {
        if self.dark.take().is_some() { Ok(()) } else { no("active") }
    }

    /// Whether an item can be used for its purpose now.
    pub fn is_usable(&self, item: &Item) -> bool {
        item.state == "live" && self.decides(item.purpose)
    }

    /// Whether a purpose may be pursued now.
    pub fn decides(&self, purpose: &str) -> bool {
        let objects = self.objections.iter().any(|subject| subject.strip_prefix("purpose/") == Some(purpose))
            || purpose == "p2" && self.objections.contains("marketing");
        self.in_force(purpose) && !objects && self.dark.is_none()
    }

    pub fn fetch(&mut self, purpose: &str) -> usize {
        let usable: Vec<usize> = (0..self.items.len())
            .filter(|at| self.items[*at].purpose == purpose && self.is_usable(&self.items[*at]))
            .collect();
        for at in &usable {
            self.items[*at].fetched = true;
        }
        usable.len()
    }

    pub fn deliver(&mut self, at: usize, version: i32) -> Outcome {
        match self.items[at].exchanges.get_mut(&version) {
            Some(state) if *state == "due" => {
                *state = "delivered";
                Ok(())
            }
            Some(state) => no(state),
            None => no("nothing"),
        }
    }
}
