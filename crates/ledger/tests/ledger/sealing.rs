use std::future::Future;

use chrono::Duration;
use counterfoil_domain::grant::State;
use counterfoil_domain::ids::{ClientId, GrantId, Person};
use counterfoil_ledger::seal::{Disclosure, Refusal, Seal, Sealer, Standing};
use counterfoil_store::apps::{self, App, AppState};
use counterfoil_store::entries::Log;
use counterfoil_store::grants::{self, Ending};
use counterfoil_store::people::{self, Changes};
use prometheus::Registry;
use serde_json::json;

use crate::realm::{CLIENT, Realm, app, at, disclosure};

/// Runs on one thread, so that all who are spawned at once wait before the first of them is sealed.
pub fn on_runtime<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Seals at once; what came of each, in order.
async fn seal_all(sealer: &Sealer, all: Vec<(Standing, Disclosure)>) -> Vec<Result<Seal, Refusal>> {
    let spawned: Vec<_> = all
        .into_iter()
        .map(|(standing, disclosure)| {
            let sealer = sealer.clone();
            tokio::spawn(async move { sealer.seal(standing, disclosure).await })
        })
        .collect();
    let mut outcomes = Vec::with_capacity(spawned.len());
    for one in spawned {
        outcomes.push(one.await.unwrap());
    }
    outcomes
}

/// Responses sealed, responses refused, transactions, and responses in them.
fn counted(registry: &Registry) -> (u64, u64, u64, f64) {
    let families = registry.gather();
    let metric =
        |name: &str| families.iter().find(|family| family.name() == name).unwrap().get_metric()[0].clone();
    let count = |name| format!("{}", metric(name).get_counter().get_value()).parse().unwrap();
    let batches = metric("counterfoil_seal_batch_size");
    let batches = batches.get_histogram();
    (
        count("counterfoil_responses_sealed_total"),
        count("counterfoil_seals_refused_total"),
        batches.get_sample_count(),
        batches.get_sample_sum(),
    )
}

/// What is left of a standing after the world moved on: each way, its own word.
fn refused(realm: &Realm) -> Vec<(&'static str, Standing, Refusal)> {
    let mut all = Vec::new();
    let finals = [State::Lapsed, State::Ended, State::Revoked, State::Expired];
    for (id, state) in (10..).zip([State::Given, State::Paused].into_iter().chain(finals)) {
        let standing = realm.standing(realm.grant(id, |_| {}));
        realm.write(|conn| grants::set_state(conn, standing.grant_id, state));
        all.push((state.name(), standing, Refusal::Grant(state)));
    }
    let withdrawn = realm.standing(realm.grant(20, |_| {}));
    let ending = Ending { state: State::Withdrawn, at: at(1), by: "customer", reason: None };
    realm.write(|conn| grants::end(conn, withdrawn.grant_id, &ending));
    all.push(("withdrawn, epoch moved", withdrawn, Refusal::Grant(State::Withdrawn)));
    let over = realm.grant(21, |grant| grant.expires_at = Some(at(50)));
    all.push(("over, not yet written down", realm.standing(over), Refusal::Grant(State::Expired)));

    let moved = realm.standing(realm.grant(22, |_| {}));
    realm.write(|conn| grants::bump_epoch(conn, moved.grant_id));
    all.push(("the grant's epoch", moved, Refusal::Changed));

    let unknown = Standing { grant_id: GrantId([99; 16]), ..realm.standing(realm.grant(23, |_| {})) };
    all.push(("no such grant", unknown, Refusal::Gone));
    let appless = realm.grant(24, |grant| grant.client_id = ClientId([9; 16]));
    all.push(("no such app", realm.standing(appless), Refusal::Gone));
    let nobody = Person([9; 16]);
    realm.keys.create(&[nobody]).unwrap();
    let ownerless = realm.grant(25, |grant| grant.person = nobody);
    all.push(("no such customer", realm.standing(ownerless), Refusal::Gone));
    all
}

/// The same for seals and for checks; what moves app or customer comes last, since it moves every grant.
pub fn every_refusal_is_told_apart_and_writes_nothing(realm: &Realm) {
    let registry = Registry::new();
    let mut tried = 0;
    on_runtime(async {
        let sealer = realm.sealer(at(50), &registry);
        let mut assert_refused = async |name: &str, standing: Standing, refusal: Refusal| {
            tried += 1;
            assert_eq!(sealer.check(&standing).await, Err(refusal.clone()), "check: {name}");
            let outcome = sealer.seal(standing, disclosure(name)).await;
            assert_eq!(outcome, Err(refusal), "seal: {name}");
            assert_eq!(realm.sizes(), (0, 0), "{name}");
        };
        for (name, standing, refusal) in refused(realm) {
            assert_refused(name, standing, refusal).await;
        }
        let active = realm.grant(30, |_| {});
        let before = realm.standing(active);
        let narrowed = [Changes { person: realm.person, count: 1, narrowed: true }];
        realm.write(|conn| people::count_changes(conn, &narrowed));
        assert_refused("the customer's epoch", before, Refusal::Changed).await;
        let before = realm.standing(active);
        realm.write(|conn| apps::update(conn, &App { app_epoch: 3, ..app() }));
        assert_refused("the app's epoch", before, Refusal::Changed).await;
        for (name, state) in [("suspended", AppState::Suspended), ("pending", AppState::Pending)] {
            realm.write(|conn| apps::update(conn, &App { app_epoch: 3, state, ..app() }));
            assert_refused(name, realm.standing(active), Refusal::AppSuspended).await;
        }
        realm.write(|conn| apps::update(conn, &App { app_epoch: 3, ..app() }));
        let standing = realm.standing(active);
        let keyless = Standing { person: Person([8; 16]), ..standing.clone() };
        assert_eq!(sealer.seal(keyless, disclosure("keyless")).await, Err(Refusal::Unavailable));
        assert_eq!(sealer.check(&standing).await, Ok(()), "a check that holds");
        assert_eq!(realm.sizes(), (0, 0), "a check writes nothing");
        assert_eq!(realm.standing(active), standing, "a check moves nothing");
        assert_eq!(sealer.seal(standing, disclosure("at last")).await, Ok(Seal { seq: 0 }));
    });
    assert_eq!(realm.sizes(), (1, 0));
    let (sealed, refused, batches, _) = counted(&registry);
    assert_eq!((sealed, refused, batches), (1, tried, tried + 1));
}

pub fn a_grant_holds_to_its_last_microsecond(realm: &Realm) {
    let standing = realm.standing(realm.grant(1, |grant| grant.expires_at = Some(at(50))));
    on_runtime(async {
        let before = realm.sealer(at(50) - Duration::microseconds(1), &Registry::new());
        assert_eq!(before.check(&standing).await, Ok(()));
        assert_eq!(before.seal(standing.clone(), disclosure("r")).await, Ok(Seal { seq: 0 }));
        let then = realm.sealer(at(50), &Registry::new());
        assert_eq!(then.seal(standing, disclosure("r")).await, Err(Refusal::Grant(State::Expired)));
    });
    assert_eq!(realm.sizes(), (1, 0));
}

pub fn a_batch_is_one_entry_a_grant(realm: &Realm) {
    let [one, other, gone, moved] = [1, 2, 3, 4].map(|id| realm.standing(realm.grant(id, |_| {})));
    realm.write(|conn| {
        grants::set_state(conn, gone.grant_id, State::Paused)?;
        grants::bump_epoch(conn, moved.grant_id)
    });
    let empty = Disclosure { purchases: 0, from: None, to: None, datasets: vec![], ..disclosure("r-4") };
    let wide = Disclosure {
        purchases: 100,
        to: "2025-12-31".parse().ok(),
        datasets: vec!["purchases", "lines"],
        ..disclosure("r-6")
    };
    let stale = Standing { grant_epoch: 4, ..one.clone() };
    let all = vec![
        (one.clone(), disclosure("r-0")),
        (gone, disclosure("r-1")),
        (other.clone(), disclosure("r-2")),
        (moved, disclosure("r-3")),
        (one.clone(), empty),
        (stale, disclosure("r-5")),
        (one.clone(), wide),
    ];
    let registry = Registry::new();
    let outcomes = on_runtime(async { seal_all(&realm.sealer(at(7), &registry), all).await });
    assert_eq!(counted(&registry), (4, 3, 1, 7.0), "one transaction for all");
    let (mine, theirs) = (outcomes[0].clone().unwrap(), outcomes[2].clone().unwrap());
    assert_eq!((mine.seq.min(theirs.seq), mine.seq.max(theirs.seq)), (0, 1));
    assert_eq!((&outcomes[4], &outcomes[6]), (&Ok(mine), &Ok(mine)), "answers of a grant share its entry");
    assert_eq!(outcomes[1], Err(Refusal::Grant(State::Paused)));
    assert_eq!((&outcomes[3], &outcomes[5]), (&Err(Refusal::Changed), &Err(Refusal::Changed)));
    assert_eq!(realm.sizes(), (2, 0));

    let stored = realm.stored(Log::Access);
    let opened = |seal: Seal| realm.open(&stored[usize::try_from(seal.seq).unwrap()]).unwrap();
    let response = |id: &str, purchases: usize, from: Option<&str>, to: Option<&str>, datasets: &[&str]| json!({ "requestId": id, "look": "purchases", "purchases": purchases, "from": from, "to": to, "datasets": datasets });
    let day = Some("2024-05-06");
    let expected = json!({
        "grant": format!("{}", one.grant_id),
        "responses": [
            response("r-0", 1, day, day, &["purchases"]),
            response("r-4", 0, None, None, &[]),
            response("r-6", 100, day, Some("2025-12-31"), &["purchases", "lines"]),
        ],
    });
    assert_eq!(opened(mine).payload, Some(expected), "what was refused is not in it");
    let expected = json!({
        "grant": format!("{}", other.grant_id),
        "responses": [response("r-2", 1, day, day, &["purchases"])],
    });
    assert_eq!(opened(theirs).payload, Some(expected));
    let header = opened(mine).header;
    assert_eq!(header["type"], "disclosure.app");
    assert_eq!(header["record"], json!(format!("{}", one.record)));
    assert_eq!(header["actor"], json!({ "kind": "app", "ref": format!("{CLIENT}") }));
    assert_eq!(header["recordedAt"], "2027-01-15T08:00:07.123Z");
    assert_eq!((&header["prev"], &header["config"]), (&json!(null), &json!(null)));

    // The next batch is another entry of the same record, and still no chain.
    let registry = Registry::new();
    let next =
        on_runtime(async { seal_all(&realm.sealer(at(8), &registry), vec![(one, disclosure("r-7"))]).await });
    assert_eq!(next, [Ok(Seal { seq: 2 })]);
    let last = realm.stored(Log::Access).pop().unwrap();
    assert_eq!(realm.open(&last).unwrap().header["prev"], json!(null));
}

/// 4 096 may wait, in transactions of 512.
pub fn more_than_can_wait_are_refused(realm: &Realm) {
    let standing = realm.standing(realm.grant(1, |_| {}));
    let all = (0..4_100).map(|n| (standing.clone(), disclosure(&format!("r-{n}")))).collect();
    let registry = Registry::new();
    let outcomes = on_runtime(async { seal_all(&realm.sealer(at(7), &registry), all).await });
    let (sealed, refused) = outcomes.split_at(4_096);
    assert!(refused.iter().all(|outcome| *outcome == Err(Refusal::TooBusy)));
    let expected = (0..8).flat_map(|seq| vec![Ok(Seal { seq }); 512]);
    assert!(sealed.iter().cloned().eq(expected), "512 an entry, in the order in which they came");
    assert_eq!(realm.sizes(), (8, 0));
    assert_eq!(counted(&registry), (4_096, 0, 8, 4_096.0));
}
