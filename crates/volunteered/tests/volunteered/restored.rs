use counterfoil_domain::ids::Person;
use counterfoil_domain::objection::Subject;
use counterfoil_domain::{consent, item};
use counterfoil_ledger::guard::Condition;
use counterfoil_ledger::restore::Restore;
use counterfoil_store::Error;
use counterfoil_store::entries::{self, Log};
use counterfoil_store::{
    consents as consent_rows, dark as dark_rows, items as item_rows, objections as objection_rows,
};
use counterfoil_volunteered::asks::Answer;
use counterfoil_volunteered::decisions::decide;
use counterfoil_volunteered::items::Owner;
use counterfoil_volunteered::{
    VolunteeredError, asks, consents, dark, handing, items, objections, rebuild, restoring,
};

use crate::beside::{Beside, aside};
use crate::realm::{Realm, entropy, shown, system, text};

/// Makes the consent log as short as it once was, with the rights of whoever put the older state back.
fn put_back(realm: &Realm, size: i64) {
    let unguarded = if realm.v.store().is_postgres() {
        "SET session_replication_role = replica"
    } else {
        "DROP TRIGGER IF EXISTS entries_never_deleted; DROP TRIGGER IF EXISTS entries_never_changed;
         DROP TRIGGER IF EXISTS checkpoints_never_deleted; DROP TRIGGER IF EXISTS checkpoints_never_changed"
    };
    for statement in [
        format!("DELETE FROM entries WHERE log = 'consent' AND seq >= {size}"),
        format!("UPDATE ledger_heads SET size = {size} WHERE log = 'consent'"),
        format!("UPDATE ledger_trees SET integrated = {size} WHERE log = 'consent' AND integrated > {size}"),
        format!("DELETE FROM checkpoints WHERE log = 'consent' AND size > {size}"),
    ] {
        realm.run(&format!("{unguarded}; {statement}"));
    }
}

pub async fn an_older_database_brings_nothing_back(realm: &Realm) {
    let beside = Beside::new(realm);
    let v = beside.v.clone();
    let [ann, ben, cem, dot, eve]: [(Person, String); 5] = std::array::from_fn(|_| realm.customer());
    let mut said = Vec::new();
    for (person, _) in [&ann, &ben, &cem, &dot, &eve] {
        let yes = Answer::Yes(text("tea"));
        said.push(asks::answer(&v, *person, "a1", &realm.hash("a1"), yes, &shown()).await.unwrap());
    }
    beside.sign(realm);
    let size = realm.read(|conn| entries::size(conn, Log::Consent));
    let before =
        realm.read(|conn| Ok((consent_rows::page(conn, None, 99)?, item_rows::page(conn, None, 99)?)));
    consents::withdraw(&v, ann.0, said[0].consent_id, &shown()).await.unwrap();
    items::withdraw(&v, &Owner::Customer(ben.0), said[1].item_id.unwrap(), Some(&shown())).await.unwrap();
    let subject: Subject = "purpose/p1".parse().unwrap();
    objections::raise(&v, cem.0, &subject, &shown()).await.unwrap();
    dark::go(&v, dot.0, &shown()).await.unwrap();
    beside.sign(realm);

    put_back(realm, size);
    realm.write(|conn| {
        before.0.iter().try_for_each(|one| consent_rows::put(conn, one))?;
        before.1.iter().try_for_each(|one| item_rows::put(conn, one))?;
        objection_rows::forget(conn, cem.0)?;
        objection_rows::forget(conn, dot.0)?;
        dark_rows::end(conn, dot.0)
    });
    assert_eq!(aside(|| beside.guard.look(realm.v.store()).unwrap()), Condition::RolledBack);
    // Nothing is served meanwhile, and nothing new is agreed; whoever takes back is heard.
    assert!(matches!(decide(&v, &ann.1, "p1", None).await, Err(VolunteeredError::Store(Error::Behind(_)))));
    let fetched = handing::fetch(&v, &system(7), "p1", -1, 10).await;
    assert!(matches!(fetched, Err(VolunteeredError::Store(Error::Behind(_)))));
    let yes = asks::answer(&v, ann.0, "a2", &realm.hash("a2"), Answer::Yes(text("x")), &shown()).await;
    assert!(matches!(yes, Err(VolunteeredError::Store(Error::Behind(_)))));
    consents::withdraw(&v, eve.0, said[4].consent_id, &shown()).await.unwrap();

    let restore = Restore::new(
        realm.v.store().clone(),
        realm.v.keys().clone(),
        beside.ledger.clone(),
        beside.guard.clone(),
        beside.journal.clone(),
        beside.generations.clone(),
        entropy(99),
    );
    let lost = aside(|| restore.plan().unwrap().lost);
    let plan = aside(|| restoring::plan(&v, &beside.journal, &lost).unwrap());
    assert!(plan.len() >= 4, "{plan:?}");
    aside(|| restoring::redo(&v, &plan).unwrap());
    let again = aside(|| restoring::plan(&v, &beside.journal, &lost).unwrap());
    assert!(again.is_empty(), "safe to repeat: {again:?}");
    let state = async |person: Person| consents::of(&v, person).await.unwrap()[0].state;
    for person in [ann.0, dot.0, eve.0] {
        assert_eq!(state(person).await, consent::State::Withdrawn);
    }
    assert_eq!((state(ben.0).await, state(cem.0).await), (consent::State::Given, consent::State::Given));
    for (person, expected) in [
        (ann.0, item::State::Withdrawn),
        (ben.0, item::State::Withdrawn),
        (cem.0, item::State::Live),
        (dot.0, item::State::Withdrawn),
        (eve.0, item::State::Withdrawn),
    ] {
        assert_eq!(items::of(&v, person).await.unwrap()[0].state, expected);
    }
    assert_eq!(objections::of(&v, cem.0).await.unwrap()[0].subject, subject);
    assert!(dark::of(&v, dot.0).await.unwrap().is_some());

    aside(|| restore.accept("ann", realm.now()).unwrap());
    assert_eq!(beside.guard.condition(), Condition::Intact);
    assert!(!rebuild::check(&v).await.unwrap().is_empty(), "the log owes entries");
    assert!(aside(|| restoring::settle(&v)).unwrap() >= 9);
    let left = rebuild::check(&v).await.unwrap();
    assert!(left.is_empty(), "{left:#?}");
    assert!(!decide(&v, &cem.1, "p1", None).await.unwrap().permitted);
    assert!(decide(&v, &ben.1, "p1", None).await.unwrap().permitted);
}
