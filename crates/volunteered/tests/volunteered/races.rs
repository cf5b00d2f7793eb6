//! 64 callers ask for decisions and items while the customer takes back, objects, or goes dark: nothing that was asked for
//! after the answer is permitted. Ten times, and a hundred with `COUNTERFOIL_TEST_LONG=1`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use counterfoil_domain::objection::Subject;
use counterfoil_volunteered::asks::Answer;
use counterfoil_volunteered::decisions::decide;
use counterfoil_volunteered::handing::{self, Handed};
use counterfoil_volunteered::items::{self, Owner};
use counterfoil_volunteered::{Volunteering, consents, dark, objections};

use crate::realm::{Realm, shown, system, text};

const CALLERS: u8 = 64;

fn times() -> u32 {
    #[expect(clippy::disallowed_methods, reason = "only the environment knows how long the tests may take")]
    let is_long = std::env::var("COUNTERFOIL_TEST_LONG").is_ok_and(|value| value == "1");
    if is_long { 100 } else { 10 }
}

/// What the callers saw.
#[derive(Default)]
struct Seen {
    is_answered: AtomicBool,
    before: AtomicU64,
    after: AtomicU64,
    wrong: AtomicU64,
}

/// One request; whether it gave anything.
async fn ask(v: &Volunteering, caller: u8, name: &str, start: i64) -> bool {
    if caller.is_multiple_of(2) {
        return decide(v, name, "p1", None).await.unwrap().permitted;
    }
    let page = handing::fetch(v, &system(caller), "p1", start, 10).await.unwrap();
    page.items.iter().any(|handed| matches!(handed, Handed::Item(item) if item.customer_id == name))
}

pub async fn nothing_is_permitted_after_the_answer(realm: &Realm) {
    // Every fetch leaves a later time behind: it must not keep the customer from taking back.
    let ticking = realm.ticking();
    for time in 0..times() {
        let (person, name) = realm.customer();
        let said = realm.say(person, "a1", Answer::Yes(text("tea"))).await.unwrap();
        let places = realm.read(|conn| counterfoil_store::items::places(conn, "p1", -1, 1_000_000));
        let start = places.last().unwrap().1 - 1;
        let seen = Arc::new(Seen::default());
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let (v, name, seen) = (ticking.clone(), name.clone(), Arc::clone(&seen));
                tokio::spawn(async move {
                    let mut late = 0;
                    while late < 2 {
                        let is_late = seen.is_answered.load(Ordering::SeqCst);
                        let is_given = ask(&v, caller, &name, start).await;
                        let counter = if is_late { &seen.after } else { &seen.before };
                        counter.fetch_add(1, Ordering::SeqCst);
                        if is_late && is_given {
                            seen.wrong.fetch_add(1, Ordering::SeqCst);
                        }
                        late += u32::from(is_late);
                    }
                })
            })
            .collect();
        while seen.before.load(Ordering::SeqCst) < u64::from(CALLERS) {
            tokio::task::yield_now().await;
        }
        let v = &ticking;
        match time % 4 {
            0 => drop(consents::withdraw(v, person, said.consent_id, &shown()).await.unwrap()),
            1 => drop(dark::go(v, person, &shown()).await.unwrap()),
            2 => {
                let subject: Subject = "purpose/p1".parse().unwrap();
                assert!(objections::raise(v, person, &subject, &shown()).await.unwrap());
            }
            // What was given for the purpose stays given; the item itself is gone.
            _ => {
                let owner = Owner::Customer(person);
                items::withdraw(v, &owner, said.item_id.unwrap(), Some(&shown())).await.unwrap();
                consents::withdraw(v, person, said.consent_id, &shown()).await.unwrap();
            }
        }
        seen.is_answered.store(true, Ordering::SeqCst);
        for caller in callers {
            caller.await.unwrap();
        }
        let count = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        assert!(count(&seen.after) >= u64::from(CALLERS) * 2);
        assert_eq!(count(&seen.wrong), 0, "time {time}: given after the answer");
    }
    realm.check_rebuild().await;
}
