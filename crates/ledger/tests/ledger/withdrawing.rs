use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use counterfoil_domain::entry::EntryType;
use counterfoil_domain::grant::State;
use counterfoil_ledger::Draft;
use counterfoil_ledger::seal::{Refusal, Seal, Sealer, Standing};
use counterfoil_store::Error;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::grants::{self, Ending};
use prometheus::Registry;
use serde_json::json;

use crate::realm::{Realm, at, decision, disclosure};
use crate::sealing::on_runtime;

const CLIENTS: usize = 200;

/// One answer after the other, the last of them begun after the withdrawal was committed.
async fn ask(
    sealer: Sealer,
    standing: Standing,
    client: usize,
    is_withdrawn: Arc<AtomicBool>,
) -> Vec<(String, Result<Seal, Refusal>)> {
    let mut outcomes = Vec::new();
    loop {
        let is_last = is_withdrawn.load(Ordering::SeqCst);
        let request_id = format!("{client}-{}", outcomes.len());
        let outcome = sealer.seal(standing.clone(), disclosure(&request_id)).await;
        outcomes.push((request_id, outcome));
        if is_last {
            return outcomes;
        }
    }
}

/// State, then the gate, then the entry, in one transaction; what the entry says of the access log.
async fn withdraw(realm: &Realm, standing: &Standing) -> i64 {
    let (store, ledger) = realm.other_process();
    let (keys, standing) = (realm.person_keys(), standing.clone());
    let withdrawn = store.write(move |conn| {
        let grant = grants::lock(conn, standing.grant_id)?.unwrap();
        let ending = Ending { state: State::Withdrawn, at: at(1), by: "customer", reason: None };
        grants::end(conn, grant.grant_id, &ending)?;
        let access_size = ledger.gate(conn)?;
        let payload = json!({ "accessSize": access_size });
        let draft = Draft {
            state: Some(State::Withdrawn.name()),
            record: grant.record,
            ..decision(0, EntryType::GrantWithdrawn, Some(payload))
        };
        ledger.append(conn, &keys, grant.person, at(1), &[draft])?;
        Ok::<_, Error>(access_size)
    });
    withdrawn.await.unwrap()
}

/// 200 clients ask under five grants, through two processes; one grant is withdrawn while they do.
pub fn nothing_is_sealed_after_a_withdrawal(realm: &Realm) {
    let standings: Vec<Standing> = (1..=5).map(|id| realm.standing(realm.grant(id, |_| {}))).collect();
    let withdrawn = &standings[2];
    let (access_size, asked) = on_runtime(async {
        let registries = [Registry::new(), Registry::new()];
        let sealers = registries.each_ref().map(|registry| realm.sealer(at(1), registry));
        let is_withdrawn = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (sealer, standing) = (sealers[client % 2].clone(), standings[client % 5].clone());
                tokio::spawn(ask(sealer, standing, client, Arc::clone(&is_withdrawn)))
            })
            .collect();
        let record = withdrawn.record;
        while realm.store.read(move |conn| entries::activity(conn, Log::Access, record)).await.unwrap().0 == 0
        {
            tokio::task::yield_now().await;
        }
        let access_size = withdraw(realm, withdrawn).await;
        is_withdrawn.store(true, Ordering::SeqCst);
        let mut asked = Vec::new();
        for client in clients {
            asked.push(client.await.unwrap());
        }
        (access_size, asked)
    });

    let mut sealed = BTreeMap::new();
    for (client, outcomes) in asked.into_iter().enumerate() {
        let is_theirs = client % 5 == 2;
        assert_eq!(outcomes.last().unwrap().1.is_err(), is_theirs, "client {client} after the withdrawal");
        assert!(outcomes.is_sorted_by_key(|(_, outcome)| outcome.is_err()), "once refused, always refused");
        for (request_id, outcome) in outcomes {
            match outcome {
                Ok(seal) => {
                    assert!(!is_theirs || seal.seq < access_size, "{} of {access_size}", seal.seq);
                    sealed.insert(request_id, seal.seq);
                }
                Err(refusal) => assert_eq!(refusal, Refusal::Grant(State::Withdrawn)),
            }
        }
    }

    let (size, consent) = realm.sizes();
    assert!(0 < access_size && access_size < size, "the withdrawal came between: {access_size} of {size}");
    assert_eq!(consent, 1);
    let decided = realm.open(&realm.stored(Log::Consent)[0]).unwrap();
    assert_eq!(decided.payload, Some(json!({ "accessSize": access_size })));

    let mut listed = BTreeMap::new();
    for entry in realm.stored(Log::Access) {
        let payload = realm.open(&entry).unwrap().payload.unwrap();
        let is_theirs = payload["grant"] == json!(format!("{}", withdrawn.grant_id));
        assert!(!is_theirs || entry.seq < access_size, "entry {} of {access_size}", entry.seq);
        assert_eq!(is_theirs, entry.record == withdrawn.record.as_bytes());
        for response in payload["responses"].as_array().unwrap() {
            let twice = listed.insert(response["requestId"].as_str().unwrap().to_owned(), entry.seq);
            assert_eq!(twice, None);
        }
    }
    assert_eq!(listed, sealed, "what was sealed is what is listed, each under its number");
}
