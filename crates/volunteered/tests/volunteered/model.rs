//! What ought to be true of one customer after a sequence of acts: a model that shares no code with what it is held
//! against. It writes down at once what time has done.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Months, TimeDelta, Utc};

/// Asks with their purpose and whether they promise something.
pub const ASKS: [(&str, &str, bool); 5] =
    [("a1", "p1", true), ("a2", "p1", false), ("a3", "p2", true), ("a4", "p3", false), ("a5", "p1", true)];
pub const PURPOSES: [&str; 3] = ["p1", "p2", "p3"];
pub const SUBJECTS: [&str; 5] = ["marketing", "purpose/p1", "purpose/p2", "purpose/p3", "channel/email"];

#[derive(Debug, Clone, PartialEq)]
pub struct Consent {
    pub state: &'static str,
    pub ask: &'static str,
    pub expires: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub ask: &'static str,
    pub purpose: &'static str,
    pub by_app: bool,
    pub state: &'static str,
    pub until: Option<DateTime<Utc>>,
    pub fetched: bool,
    /// `due`, `delivered` or `forgone`.
    pub exchange: Option<&'static str>,
}

#[derive(Debug)]
pub struct Model {
    pub now: DateTime<Utc>,
    began: DateTime<Utc>,
    pub consents: BTreeMap<&'static str, Consent>,
    /// In the order in which they were made.
    pub items: Vec<Item>,
    answers: BTreeMap<&'static str, &'static str>,
    pub objections: BTreeSet<&'static str>,
    pub dark: Option<DateTime<Utc>>,
}

pub type Outcome = Result<(), String>;

fn no(why: &str) -> Outcome {
    Err(why.to_owned())
}

impl Model {
    pub fn new(now: DateTime<Utc>) -> Self {
        Self {
            now,
            began: now,
            consents: BTreeMap::new(),
            items: Vec::new(),
            answers: BTreeMap::new(),
            objections: BTreeSet::new(),
            dark: None,
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
        ask == "a5" && self.now >= self.began + TimeDelta::days(30)
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
            if self.awaited(purpose) && self.is_closed(self.consents[purpose].ask) {
                let ask = self.consents[purpose].ask;
                self.consents.get_mut(purpose).unwrap().state = "unknown";
                if matches!(self.answers.get(ask), Some(&"shown" | &"deferred")) {
                    self.answers.insert(ask, "lapsed");
                }
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
        for (ask, of, _) in ASKS {
            if of == purpose && self.answers.get(ask) == Some(&"answered") {
                self.answers.insert(ask, "withdrawn");
            }
        }
    }

    fn end(&mut self, at: usize, state: &'static str) {
        let item = &mut self.items[at];
        let was_live = item.state == "live";
        item.state = state;
        if item.exchange == Some("due") && !item.fetched {
            item.exchange = Some("forgone");
        }
        let ask = item.ask;
        let has_other = self.items.iter().any(|item| item.ask == ask && item.state == "live");
        if was_live && !has_other && self.answers.get(ask) == Some(&"answered") {
            self.answers.insert(ask, "withdrawn");
        }
    }

    fn request(&mut self, ask: &'static str, purpose: &'static str) {
        self.consents.insert(purpose, Consent { state: "requested", ask, expires: None });
    }

    pub fn show(&mut self, (ask, purpose, _): (&'static str, &'static str, bool)) -> Outcome {
        if self.is_closed(ask) {
            return no("closed");
        }
        if self.dark.is_some_and(|since| self.now < since.checked_add_months(Months::new(12)).unwrap()) {
            return no("quiet");
        }
        if !self.answers.contains_key(ask) {
            self.answers.insert(ask, "shown");
            if !self.in_force(purpose) && !self.awaited(purpose) {
                self.request(ask, purpose);
            }
        }
        Ok(())
    }

    fn agree(&mut self, ask: &'static str, purpose: &'static str) -> Outcome {
        if purpose == "p2" && self.objections.contains("marketing") {
            return no("objected");
        }
        let state = if self.in_force(purpose) { self.state(purpose) } else { "given" };
        let is_same = self.in_force(purpose) && self.consents[purpose].ask == ask;
        if !is_same {
            let expires = self.expiry(purpose);
            self.consents.insert(purpose, Consent { state, ask, expires });
        }
        let subject = SUBJECTS.into_iter().find(|subject| subject.strip_prefix("purpose/") == Some(purpose));
        self.objections.remove(subject.unwrap());
        self.answers.insert(ask, "answered");
        Ok(())
    }

    fn is_offer_open(&self, (ask, _, rewards): (&'static str, &'static str, bool)) -> bool {
        rewards
            && !self
                .items
                .iter()
                .any(|item| item.ask == ask && matches!(item.exchange, Some("due" | "delivered")))
    }

    pub fn yes(&mut self, which: (&'static str, &'static str, bool), with_value: bool) -> Outcome {
        let (ask, purpose, _) = which;
        if self.is_closed(ask) {
            return no("closed");
        }
        if self.dark.is_some() {
            return no("quiet");
        }
        self.agree(ask, purpose)?;
        if with_value {
            let own =
                self.items.iter().position(|item| item.ask == ask && !item.by_app && item.state == "live");
            let promised = self.is_offer_open(which).then_some("due");
            match own {
                Some(at) => self.items[at].exchange = self.items[at].exchange.or(promised),
                None => self.items.push(Item {
                    ask,
                    purpose,
                    by_app: false,
                    state: "live",
                    until: None,
                    fetched: false,
                    exchange: promised,
                }),
            }
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
        if !self.in_force(purpose) {
            if !self.awaited(purpose) {
                self.request(ask, purpose);
            }
            self.consents.get_mut(purpose).unwrap().state = state;
        }
        if self.answers.get(ask) != Some(&"answered") {
            self.answers.insert(ask, state);
        }
        Ok(())
    }

    pub fn submit(&mut self, which: (&'static str, &'static str, bool)) -> Outcome {
        let (ask, purpose, _) = which;
        if ask == "a4" {
            return no("not named");
        }
        if self.dark.is_some() {
            return no("quiet");
        }
        let is_agreed = self.in_force(purpose) && self.consents[purpose].ask == ask;
        if self.is_closed(ask) && !is_agreed {
            return no("closed");
        }
        let objects = self.objections.iter().any(|subject| subject.strip_prefix("purpose/") == Some(purpose))
            || purpose == "p2" && self.objections.contains("marketing");
        let declined = matches!(self.answers.get(ask), Some(&"refused" | &"deferred" | &"withdrawn"));
        let is_covered = self.in_force(purpose) && !objects && !declined;
        if !is_covered && !self.in_force(purpose) && !self.awaited(purpose) {
            self.request(ask, purpose);
        }
        let exchange = (is_covered && self.is_offer_open(which)).then_some("due");
        self.items.push(Item {
            ask,
            purpose,
            by_app: true,
            state: if is_covered { "live" } else { "waiting" },
            until: (!is_covered).then(|| self.now + TimeDelta::days(7)),
            fetched: false,
            exchange,
        });
        Ok(())
    }

    pub fn confirm(&mut self, at: usize) -> Outcome {
        if self.dark.is_some() {
            return no("quiet");
        }
        if self.items[at].state != "waiting" {
            return no(self.items[at].state);
        }
        let (ask, purpose) = (self.items[at].ask, self.items[at].purpose);
        self.agree(ask, purpose)?;
        self.items[at].state = "live";
        self.items[at].until = None;
        let which = ASKS.into_iter().find(|which| which.0 == ask).unwrap();
        if self.is_offer_open(which) {
            self.items[at].exchange = Some("due");
        }
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
            if self.answers.get(ask) == Some(&"shown") {
                self.answers.insert(ask, "refused");
            }
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

    pub fn deliver(&mut self, at: usize) -> Outcome {
        match self.items[at].exchange {
            Some("due") => {
                self.items[at].exchange = Some("delivered");
                Ok(())
            }
            Some(state) => no(state),
            None => no("nothing"),
        }
    }
}
