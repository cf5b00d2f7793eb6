//! Random sequences of 200 acts on a customer, each act held against the model: what it gives, and what stands
//! afterwards. Some dozens of sequences, and with `COUNTERFOIL_TEST_LONG=1` some hundreds. A failure names its seed.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use counterfoil_domain::exchange;
use counterfoil_domain::ids::{ConsentId, ExchangeId, ItemId, Person};
use counterfoil_volunteered::asks::{self, Answer};
use counterfoil_volunteered::decisions::decide;
use counterfoil_volunteered::handing::{self, Handed};
use counterfoil_volunteered::items::{self, AppStanding, ItemView, Owner};
use counterfoil_volunteered::{VolunteeredError, consents, dark, exchanges, objections, sweep};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use serde_json::Value;

use crate::model::{ASKS, Model, Outcome, PURPOSES, SUBJECTS};
use crate::realm::{Realm, shown, system, text};

const ACTS: usize = 200;

fn is_long() -> bool {
    #[expect(clippy::disallowed_methods, reason = "only the environment knows how long the tests may take")]
    std::env::var("COUNTERFOIL_TEST_LONG").is_ok_and(|value| value == "1")
}

struct Run<'a> {
    realm: &'a Realm,
    person: Person,
    name: String,
    app: AppStanding,
    model: Model,
    /// In the order of the model's.
    ids: Vec<ItemId>,
    rng: ChaCha20Rng,
}

/// An error as the model tells it.
fn outcome<T>(given: Result<T, VolunteeredError>) -> Result<T, String> {
    given.map_err(|error| match error {
        VolunteeredError::NotNow(state) => state.to_owned(),
        VolunteeredError::AskClosed => "closed".to_owned(),
        VolunteeredError::Quiet => "quiet".to_owned(),
        VolunteeredError::NotNamed => "not named".to_owned(),
        other => format!("{other:?}"),
    })
}

pub async fn every_history_is_that_of_the_model(realm: &Realm) {
    let usual = if realm.v.store().is_postgres() { 12 } else { 24 };
    for seed in 0..if is_long() { usual * 10 } else { usual } {
        let (person, name) = realm.customer();
        let asks = ["a1", "a2", "a3", "a5"].map(|ask| (ask.to_owned(), 1)).to_vec();
        let app = AppStanding { person, asks, ..realm.app(1, &[]) };
        // a5 is open for 30 days from its publication: each customer needs a new one.
        realm.publish(&[crate::realm::ask("a5", "p1", &format!("Soon over? {seed}"), "2.00", "P30D")]);
        let mut run = Run {
            realm,
            person,
            name,
            app,
            model: Model::new(realm.now()),
            ids: Vec::new(),
            rng: ChaCha20Rng::seed_from_u64(seed),
        };
        let version = u32::try_from(seed + 2).unwrap();
        run.app.asks.last_mut().unwrap().1 = version;
        for number in 0..ACTS {
            run.act(version).await.unwrap_or_else(|(act, given, expected)| {
                panic!("seed {seed}, act {number}, {act}: gave {given:?}, not {expected:?}")
            });
            run.compare(&format!("seed {seed}, act {number}"), number % 10 == 0).await;
        }
        sweep::run(&realm.v).await.unwrap();
        run.model.sweep();
        run.compare(&format!("seed {seed}, at the end"), true).await;
        run.end_dark(&format!("seed {seed}")).await;
    }
    realm.check_rebuild().await;
}

type Mismatch = (String, Outcome, Outcome);

impl Run<'_> {
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.rng.next_u32()).unwrap() % end
    }

    fn item(&mut self) -> Option<usize> {
        (!self.ids.is_empty())
            .then(|| self.below(self.ids.len().min(8)))
            .map(|back| self.ids.len() - 1 - back)
    }

    async fn consent(&self, purpose: &str) -> Option<ConsentId> {
        let all = consents::of(&self.realm.v, self.person).await.unwrap();
        all.iter().find(|consent| consent.purpose.id == purpose).map(|consent| consent.consent_id)
    }

    async fn views(&self) -> Vec<ItemView> {
        items::of(&self.realm.v, self.person).await.unwrap()
    }

    async fn exchange(&self, at: usize) -> Option<ExchangeId> {
        let lines = exchanges::of(&self.realm.v, self.person).await.unwrap().lines;
        let theirs = lines.iter().rev().find(|line| line.item_id == self.ids[at]);
        theirs.map(|line| line.exchange.exchange_id)
    }

    /// One act, on both.
    async fn act(&mut self, version: u32) -> Result<(), Mismatch> {
        let v = &self.realm.v.clone();
        let (which, purpose, page) = (ASKS[self.below(5)], PURPOSES[self.below(3)], shown());
        let (ask, kind) = (which.0, self.below(100));
        let mut done = format!("{kind} {ask}");
        let (given, expected): (Outcome, Outcome) = match kind {
            0..10 => {
                (outcome(asks::show(v, self.person, ask, &page).await).map(drop), self.model.show(which))
            }
            10..28 => {
                let value = if self.below(8) == 0 { Value::Null } else { text("tea") };
                let expected = self.model.yes(which, !value.is_null());
                let given = outcome(self.realm.say(self.person, ask, Answer::Yes(value)).await);
                if let Ok(Some(id)) = given.as_ref().map(|said| said.item_id)
                    && !self.ids.contains(&id)
                {
                    self.ids.push(id);
                }
                (given.map(drop), expected)
            }
            28..34 => (
                outcome(self.realm.say(self.person, ask, Answer::No).await).map(drop),
                self.model.decline_ask(which, "refused"),
            ),
            34..38 => (
                outcome(self.realm.say(self.person, ask, Answer::Later).await).map(drop),
                self.model.decline_ask(which, "deferred"),
            ),
            38..52 => {
                let version = if ask == "a5" { version } else { 1 };
                let given = outcome(items::submit(v, &self.app, ask, version, text("app")).await);
                if let Ok(sent) = &given {
                    self.ids.push(sent.item_id);
                }
                (given.map(drop), self.model.submit(which))
            }
            52..70 => match self.item() {
                None => return Ok(()),
                Some(at) => {
                    done = format!("{kind} item {at}");
                    self.act_on_item(kind, at).await
                }
            },
            70..80 => match self.consent(purpose).await {
                None => return Ok(()),
                Some(id) => {
                    done = format!("{kind} {purpose}");
                    self.act_on_consent(kind, id, purpose).await
                }
            },
            80..87 => {
                let text = SUBJECTS[self.below(5)];
                let subject = text.parse().unwrap();
                done = format!("{kind} {text}");
                let (given, expected) = if kind < 82 {
                    (
                        objections::raise(v, self.person, &subject, &page).await,
                        self.model.objections.insert(text),
                    )
                } else {
                    (
                        objections::lift(v, self.person, &subject, &page).await,
                        self.model.objections.remove(text),
                    )
                };
                assert_eq!(given.unwrap(), expected, "{done}");
                (Ok(()), Ok(()))
            }
            87 => (outcome(dark::go(v, self.person, &page).await).map(drop), self.model.go_dark()),
            88..90 => (outcome(dark::start_again(v, self.person, &page).await), self.model.start_again()),
            90..94 => {
                let days = TimeDelta::days([1, 3, 10, 40][self.below(4)]);
                self.realm.wait(days);
                self.model.wait(days);
                if self.below(2) == 0 {
                    sweep::run(v).await.unwrap();
                    self.model.sweep();
                }
                (Ok(()), Ok(()))
            }
            94..98 => {
                let page = handing::fetch(v, &system(7), purpose, self.start(purpose), 500).await.unwrap();
                let mine = page
                    .items
                    .iter()
                    .filter(|handed| matches!(handed, Handed::Item(item) if item.person == self.person));
                assert_eq!(mine.count(), self.model.fetch(purpose), "{done}: what was handed out");
                (Ok(()), Ok(()))
            }
            _ => {
                let Some(at) = self.item() else { return Ok(()) };
                let Some(id) = self.exchange(at).await else { return Ok(()) };
                done = format!("{kind} exchange of item {at}");
                let given = outcome(exchanges::deliver(v, &system(8), id, "till").await).map(drop);
                (given, self.model.deliver(at))
            }
        };
        if given == expected { Ok(()) } else { Err((done, given, expected)) }
    }

    async fn act_on_item(&mut self, kind: usize, at: usize) -> (Outcome, Outcome) {
        let (v, page) = (&self.realm.v.clone(), shown());
        let (id, owner) = (self.ids[at], Owner::Customer(self.person));
        match kind {
            52..58 => {
                let hash = self.realm.hash(self.model.items[at].ask);
                let given = outcome(items::confirm(v, self.person, id, &hash, &page).await);
                (given.map(drop), self.model.confirm(at))
            }
            58..61 => (outcome(items::decline(v, self.person, id, &page).await), self.model.decline(at)),
            61..65 => (
                outcome(items::correct(v, &owner, id, text("new"), Some(&page)).await).map(drop),
                self.model.correct(at),
            ),
            _ => (
                outcome(items::withdraw(v, &owner, id, Some(&page)).await).map(drop),
                self.model.withdraw_item(at),
            ),
        }
    }

    async fn act_on_consent(
        &mut self,
        kind: usize,
        id: ConsentId,
        purpose: &'static str,
    ) -> (Outcome, Outcome) {
        let (v, page) = (&self.realm.v.clone(), shown());
        let (why, who) = ("because".to_owned(), "s-1".to_owned());
        match kind {
            70..74 => (
                outcome(consents::withdraw(v, self.person, id, &page).await).map(drop),
                self.model.end_consent(purpose, "withdrawn"),
            ),
            74..77 => (
                outcome(consents::renew(v, self.person, id, &page).await).map(drop),
                self.model.renew(purpose),
            ),
            77 | 78 => (
                outcome(consents::revoke(v, id, why, who).await).map(drop),
                self.model.end_consent(purpose, "revoked"),
            ),
            _ => (
                outcome(consents::invalidate(v, id, why, who).await).map(drop),
                self.model.end_consent(purpose, "invalidated"),
            ),
        }
    }

    /// Before the first place of this customer's items.
    fn start(&self, purpose: &str) -> i64 {
        let mine: BTreeSet<ItemId> = self.ids.iter().copied().collect();
        let places = self.realm.read(|conn| counterfoil_store::items::places(conn, purpose, -1, 1_000_000));
        places.iter().find(|(id, _)| mine.contains(id)).map_or(-1, |(_, seq)| seq - 1)
    }

    /// What stands, against the model.
    async fn compare(&self, when: &str, with_decisions: bool) {
        let (v, model) = (&self.realm.v, &self.model);
        for consent in consents::of(v, self.person).await.unwrap() {
            let id = consent.purpose.id.as_str();
            assert_eq!(consent.state.name(), model.state(id), "{when}: {id}");
            if consent.state.is_in_force() {
                assert_eq!(consent.expires_at, model.consents[id].expires, "{when}: {id}");
            }
        }
        let views = self.views().await;
        assert_eq!(views.len(), model.items.len(), "{when}");
        for (at, item) in model.items.iter().enumerate() {
            let view = views.iter().find(|view| view.item_id == self.ids[at]).unwrap();
            assert_eq!(view.state.name(), item.state, "{when}: item {at} of {}", item.ask);
            assert_eq!(view.value.is_some(), matches!(item.state, "live" | "waiting"), "{when}: item {at}");
            assert_eq!(view.fetched_by.is_empty(), !item.fetched, "{when}: item {at}");
        }
        let standing = objections::of(v, self.person).await.unwrap();
        let standing: BTreeSet<String> = standing.iter().map(|one| one.subject.to_string()).collect();
        assert!(
            standing.iter().map(String::as_str).eq(model.objections.iter().copied().collect::<BTreeSet<_>>()),
            "{when}"
        );
        assert_eq!(dark::of(v, self.person).await.unwrap().map(|dark| dark.since), model.dark, "{when}");
        if with_decisions {
            for purpose in PURPOSES {
                let decision = decide(v, &self.name, purpose, None).await.unwrap();
                assert_eq!(decision.permitted, model.decides(purpose), "{when}: {purpose} {decision:?}");
            }
        }
    }

    /// After going dark nothing is permitted, whatever came before, and objections stand.
    async fn end_dark(mut self, when: &str) {
        let v = self.realm.v.clone();
        let given = outcome(dark::go(&v, self.person, &shown()).await).map(drop);
        assert_eq!(given, self.model.go_dark(), "{when}");
        for (ask, ..) in ASKS {
            let said = self.realm.say(self.person, ask, Answer::Yes(text("x"))).await;
            assert!(said.is_err(), "{when}: {ask}");
        }
        for purpose in PURPOSES {
            assert!(!decide(&v, &self.name, purpose, None).await.unwrap().permitted, "{when}");
            let page = handing::fetch(&v, &system(7), purpose, self.start(purpose), 500).await.unwrap();
            let mine = page
                .items
                .iter()
                .any(|handed| matches!(handed, Handed::Item(item) if item.person == self.person));
            assert!(!mine, "{when}");
        }
        self.compare(when, true).await;
        let lines = exchanges::of(&v, self.person).await.unwrap().lines;
        for (at, item) in self.model.items.iter().enumerate() {
            let mut theirs = lines.iter().filter(|line| line.item_id == self.ids[at]);
            let state = theirs.next_back().map(|line| match line.exchange.state {
                exchange::State::Overdue => exchange::State::Due.name(),
                state => state.name(),
            });
            assert_eq!(state, item.exchange, "{when}: exchange of item {at}");
        }
    }
}
