//! Random sequences of 200 acts on a customer, while newer versions of asks are published: each act held against the
//! model, what it gives and what stands afterwards. Some dozens of sequences, and with `COUNTERFOIL_TEST_LONG=1` some
//! hundreds. A failure names its seed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use counterfoil_domain::exchange;
use counterfoil_domain::ids::{ConsentId, ExchangeId, ItemId, Person};
use counterfoil_store::config_objects;
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
        // a5 is open for 30 days from its publication: each customer needs a new one.
        publish(realm, "a5", &format!("for {seed}"));
        let versions = BTreeMap::from(ASKS.map(|(ask, ..)| (ask, latest(realm, ask))));
        let named = versions.iter().filter(|(ask, _)| **ask != "a4");
        let asks = named.map(|(ask, of)| ((*ask).to_owned(), u32::try_from(*of).unwrap())).collect();
        let app = AppStanding { asks, ..realm.app_of(person, 1, &[]) };
        let mut run = Run {
            realm,
            person,
            name,
            app,
            model: Model::new(realm.now(), versions),
            ids: Vec::new(),
            rng: ChaCha20Rng::seed_from_u64(seed),
        };
        for number in 0..ACTS {
            run.act(&format!("{seed}.{number}")).await.unwrap_or_else(|(act, given, expected)| {
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

/// The latest version of an ask.
fn latest(realm: &Realm, ask: &str) -> i32 {
    realm.read(|conn| config_objects::latest(conn, "ask", ask)).unwrap().version
}

/// Publishes an ask in another version.
fn publish(realm: &Realm, ask: &str, title: &str) {
    let (id, purpose, rewards) = ASKS.into_iter().find(|which| which.0 == ask).unwrap();
    let (amount, open_for) = (if rewards { "2.00" } else { "0.00" }, if id == "a5" { "P30D" } else { "P9Y" });
    realm.publish(&[crate::realm::ask(id, purpose, title, amount, open_for)]);
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

    /// What was promised for an item, by the version of the ask that did: its id and where it stands.
    fn exchanges(&self, at: usize) -> BTreeMap<i32, (ExchangeId, &'static str)> {
        let all = self.realm.read(|conn| counterfoil_store::exchanges::of_person(conn, self.person));
        let mut theirs = BTreeMap::new();
        for one in all.into_iter().filter(|one| one.item_id == self.ids[at]) {
            let state = match one.state {
                exchange::State::Overdue => exchange::State::Due,
                state => state,
            };
            let before = theirs.insert(one.ask_version, (one.exchange_id, state.name()));
            assert!(before.is_none(), "a version promises once for an item");
        }
        theirs
    }

    /// Another version of an ask is published; the app's grant names it in half of the cases.
    fn publish(&mut self, ask: &'static str, title: &str) {
        publish(self.realm, ask, title);
        self.model.publish(ask);
        assert_eq!(latest(self.realm, ask), self.model.version(ask));
        let version = u32::try_from(self.model.version(ask)).unwrap();
        let is_named = self.below(2) == 0;
        if let Some(named) = self.app.asks.iter_mut().find(|named| named.0 == ask && is_named) {
            named.1 = version;
        }
    }

    /// One act, on both.
    async fn act(&mut self, title: &str) -> Result<(), Mismatch> {
        let v = &self.realm.v.clone();
        let (which, purpose, page) = (ASKS[self.below(5)], PURPOSES[self.below(3)], shown());
        let (ask, kind) = (which.0, self.below(100));
        let mut done = format!("{kind} {ask}");
        let (given, expected): (Outcome, Outcome) = match kind {
            0..8 => (outcome(asks::show(v, self.person, ask, &page).await).map(drop), self.model.show(which)),
            10..38 => self.answer(kind, which).await,
            38..52 => {
                let named = self.app.asks.iter().find(|named| named.0 == ask);
                let version = named.map_or(1, |named| named.1);
                let given = outcome(items::submit(v, &self.app, ask, version, text("app"), None).await);
                if let Ok(sent) = &given {
                    self.ids.push(sent.item_id);
                }
                (given.map(drop), self.model.submit(which, i32::try_from(version).unwrap()))
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
            8..10 | 94 => {
                self.publish(ask, title);
                (Ok(()), Ok(()))
            }
            95..98 => {
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
                let promised = self.exchanges(at);
                let Some((version, (id, _))) = promised.last_key_value() else { return Ok(()) };
                done = format!("{kind} exchange of item {at}");
                let given = outcome(exchanges::deliver(v, &system(8), *id, "till", None).await).map(drop);
                (given, self.model.deliver(at, *version))
            }
        };
        if given == expected { Ok(()) } else { Err((done, given, expected)) }
    }

    async fn answer(&mut self, kind: usize, which: (&'static str, &'static str, bool)) -> (Outcome, Outcome) {
        let (said, expected) = match kind {
            10..28 => {
                let value = if self.below(8) == 0 { Value::Null } else { text("tea") };
                let expected = self.model.yes(which, !value.is_null());
                (Answer::Yes(value), expected)
            }
            28..34 => (Answer::No, self.model.decline_ask(which, "refused")),
            _ => (Answer::Later, self.model.decline_ask(which, "deferred")),
        };
        let given = outcome(self.realm.say(self.person, which.0, said).await);
        if let Ok(Some(id)) = given.as_ref().map(|said| said.item_id)
            && !self.ids.contains(&id)
        {
            self.ids.push(id);
        }
        (given.map(drop), expected)
    }

    async fn act_on_item(&mut self, kind: usize, at: usize) -> (Outcome, Outcome) {
        let (v, page) = (&self.realm.v.clone(), shown());
        let (id, owner) = (self.ids[at], Owner::Customer(self.person));
        match kind {
            52..58 => {
                let seen = items::find(v, &owner, id).await.unwrap().seen;
                let given = outcome(items::confirm(v, self.person, id, &seen, &page).await);
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
        for (at, item) in self.model.items.iter().enumerate() {
            let stored = self.exchanges(at).into_iter();
            let states: BTreeMap<i32, &'static str> = stored.map(|(of, (_, state))| (of, state)).collect();
            assert_eq!(states, item.exchanges, "{when}: exchanges of item {at}");
        }
    }
}
