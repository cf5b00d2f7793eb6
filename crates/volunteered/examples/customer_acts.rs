//! A customer of a realm acts without a page, for `tests/flows/rights.test.mjs`: one JSON object per line of standard input,
//! one line of JSON for each on standard output.
//!
//! ```text
//! customer_acts DATABASE-URL KEYS-URL MASTER-FILE
//! {"customer": "c-1", "right": "rectification", "detail": "…"}   uses a right
//! {"customer": "c-1", "takeBack": "rgt_…"}                       takes it back
//! {"customer": "c-1", "ask": "a1", "answer": {…}}                answers an ask; "no" and "later" are answers too
//! {"customer": "c-1", "withdraw": "vol_…"}                       takes an answer back
//! ```
#![expect(clippy::unwrap_used, reason = "an act that cannot be done ends it")]
#![expect(clippy::disallowed_methods, reason = "it acts in real time")]

use std::io::Read as _;

use chrono::DateTime;
use counterfoil_domain::clock::{Clock, Entropy};
use counterfoil_domain::right::Kind;
use counterfoil_ledger::Ledger;
use counterfoil_ledger::config::{ConfigObject, Shown};
use counterfoil_store::keys::{Keys, Secret};
use counterfoil_store::{Store, people};
use counterfoil_volunteered::Volunteering;
use counterfoil_volunteered::asks::{self, Answer};
use counterfoil_volunteered::items::{self, Owner};
use counterfoil_volunteered::rights::{self, Request};
use serde_json::{Value, json};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, database, keys, master] = arguments.as_slice() else { panic!("three arguments") };
    let v = open(database, keys, master);
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    for line in std::io::stdin().lines() {
        let wanted: Value = serde_json::from_str(&line.unwrap()).unwrap();
        println!("{}", runtime.block_on(act(&v, &wanted)));
    }
}

fn open(database: &str, keys: &str, master: &str) -> Volunteering {
    let clock = Clock::new(|| DateTime::from(std::time::SystemTime::now()));
    let entropy = Entropy::new(|buffer| {
        std::fs::File::open("/dev/urandom").unwrap().read_exact(buffer).unwrap();
    });
    let store = Store::open(database, 2).unwrap();
    let master = std::fs::read_to_string(master).unwrap();
    let master = data_encoding::HEXLOWER_PERMISSIVE.decode(master.trim().as_bytes()).unwrap();
    let master = Secret::new(<[u8; 32]>::try_from(master).unwrap());
    let keys = Keys::open(keys, master, clock.clone(), entropy.clone()).unwrap();
    let config = ConfigObject::embedded(b"template", b"words");
    let ledger = Ledger::new(keys.clone(), entropy.clone(), config).unwrap();
    Volunteering::new(store, keys, ledger, clock, entropy)
}

async fn act(v: &Volunteering, wanted: &Value) -> Value {
    let text = |member: &str| wanted[member].as_str();
    let customer = text("customer").unwrap();
    let (store, keys, entropy) = (v.store(), v.keys(), v.entropy());
    let person = people::resolve_one(store, keys, entropy, v.clock().now(), customer).unwrap();
    let shown = Shown::new("en", b"template", b"words");
    if let Some(kind) = text("right") {
        let detail = text("detail").unwrap().to_owned();
        let request = Request { kind: Kind::from_name(kind).unwrap(), detail };
        let right = rights::open(v, person, &request, &shown).await.unwrap();
        return json!({ "right": right.right_id, "dueAt": right.due_at });
    }
    if let Some(right) = text("takeBack") {
        let right = rights::take_back(v, person, right.parse().unwrap(), &shown).await.unwrap();
        return json!({ "state": right.state.name() });
    }
    if let Some(item) = text("withdraw") {
        let gone = items::withdraw(v, &Owner::Customer(person), item.parse().unwrap(), Some(&shown)).await;
        return json!({ "systems": gone.unwrap().systems });
    }
    let ask = text("ask").unwrap();
    let seen = asks::show(v, person, ask, &shown).await.unwrap();
    let said = match text("answer") {
        Some("no") => Answer::No,
        Some("later") => Answer::Later,
        _ => Answer::Yes(wanted["answer"].clone()),
    };
    let answered = asks::answer(v, person, ask, &seen.hash, said, &shown).await.unwrap();
    json!({ "itemId": answered.item_id })
}
