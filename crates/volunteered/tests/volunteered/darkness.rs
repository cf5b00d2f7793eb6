use counterfoil_domain::consent;
use counterfoil_domain::objection::Subject;
use counterfoil_store::{entries, items as rows};
use counterfoil_volunteered::asks::{self, Answer};
use counterfoil_volunteered::{VolunteeredError, consents, dark, forget, handing, items, objections};
use serde_json::json;

use crate::realm::{Realm, shown, system, text};

pub async fn going_dark_closes_everything_at_once(realm: &Realm) {
    realm.yes("a1", text("tea")).await;
    realm.yes("a4", text("nuts")).await;
    asks::show(&realm.v, realm.person, "a3", &shown()).await.unwrap();
    let app = realm.app(1, &["a3"]);
    items::submit(&realm.v, &app, "a3", 1, text("waits"), None).await.unwrap();
    handing::fetch(&realm.v, &system(7), "p1", -1, 10).await.unwrap();
    let key = realm.v.keys().volunteered(realm.person).unwrap().unwrap();
    let sealed = realm.v.keys().seal(&key, b"place", b"value").unwrap();
    let gone = dark::go(&realm.v, realm.person, &shown()).await.unwrap();
    assert_eq!((gone.closed, gone.deleted, gone.systems), (2, 3, 1));
    let key = realm.v.keys().volunteered(realm.person).unwrap().unwrap();
    assert!(realm.v.keys().open_sealed(&key, b"place", &sealed).is_err(), "the key is another one");
    let states: Vec<consent::State> =
        consents::of(&realm.v, realm.person).await.unwrap().iter().map(|consent| consent.state).collect();
    assert!(states.iter().all(|state| matches!(state, consent::State::Withdrawn | consent::State::Unknown)));
    assert!(items::of(&realm.v, realm.person).await.unwrap().iter().all(|item| item.value.is_none()));
    let subjects: Vec<String> = objections::of(&realm.v, realm.person)
        .await
        .unwrap()
        .iter()
        .map(|objection| objection.subject.to_string())
        .collect();
    assert_eq!(subjects, ["marketing", "purpose/p1", "purpose/p2", "purpose/p3"]);
    assert!(asks::list(&realm.v, realm.person).await.unwrap().is_empty());
    let asked = asks::show(&realm.v, realm.person, "a1", &shown()).await;
    assert!(matches!(asked, Err(VolunteeredError::Quiet)));
    let sent = items::submit(&realm.v, &app, "a3", 1, text("x"), None).await;
    assert!(matches!(sent, Err(VolunteeredError::Quiet)));
    let twice = dark::go(&realm.v, realm.person, &shown()).await;
    assert!(matches!(twice, Err(VolunteeredError::NotNow("dark"))));
    // One entry per record that it closed, each with its cause.
    let records = realm.read(|conn| entries::records_of(conn, realm.person));
    let last: Vec<_> = records.iter().filter_map(|record| realm.headers(*record).pop()).collect();
    let act = last.iter().find(|header| header["type"] == "person.gone_dark").unwrap();
    for header in &last {
        let kind = header["type"].as_str().unwrap();
        if kind.starts_with("consent.") || kind.starts_with("objection.") {
            assert_eq!(header["cause"], act["id"], "{header}");
        } else if kind.starts_with("volunteered.") {
            // By the end of its consent, or by the act itself where none covered it.
            let by = last.iter().find(|other| other["id"] == header["cause"]).unwrap();
            assert!(["consent.withdrawn", "person.gone_dark"].contains(&by["type"].as_str().unwrap()));
        }
    }
    realm.check_rebuild().await;
}

pub async fn starting_again_brings_nothing_back(realm: &Realm) {
    let early = dark::start_again(&realm.v, realm.person, &shown()).await;
    assert!(matches!(early, Err(VolunteeredError::NotNow("active"))));
    realm.yes("a1", text("tea")).await;
    dark::go(&realm.v, realm.person, &shown()).await.unwrap();
    assert!(dark::of(&realm.v, realm.person).await.unwrap().is_some());
    dark::start_again(&realm.v, realm.person, &shown()).await.unwrap();
    assert_eq!(dark::of(&realm.v, realm.person).await.unwrap(), None);
    assert!(items::of(&realm.v, realm.person).await.unwrap().iter().all(|item| item.value.is_none()));
    assert_eq!(objections::of(&realm.v, realm.person).await.unwrap().len(), 4, "objections stand");
    // Marketing must be lifted first; a yes to another purpose lifts the objection to that.
    let marketing = realm.say(realm.person, "a3", Answer::Yes(text("x"))).await;
    assert!(matches!(marketing, Err(VolunteeredError::NotNow("objected"))));
    let said = realm.yes("a1", text("milk")).await;
    let left = objections::of(&realm.v, realm.person).await.unwrap();
    assert!(left.iter().all(|objection| objection.subject.to_string() != "purpose/p1") && left.len() == 3);
    let consent = consents::find(&realm.v, realm.person, said.consent_id).await.unwrap();
    assert_eq!(consent.state, consent::State::Given);
    objections::lift(&realm.v, realm.person, &Subject::Marketing, &shown()).await.unwrap();
    realm.say(realm.person, "a3", Answer::Yes(text("x"))).await.unwrap();
    // And once more: the records go on.
    dark::go(&realm.v, realm.person, &shown()).await.unwrap();
    realm.check_rebuild().await;
}

pub async fn a_process_that_died_after_the_commit_is_finished(realm: &Realm) {
    realm.yes("a1", text("tea")).await;
    let before = realm.v.keys().volunteered(realm.person).unwrap().unwrap();
    let sealed = realm.v.keys().seal(&before, b"place", b"value").unwrap();
    dark::go(&realm.v, realm.person, &shown()).await.unwrap();
    assert_eq!(dark::finish(&realm.v).await.unwrap(), 0);
    realm.run("UPDATE dark SET key_gone = FALSE");
    let key = realm.v.keys().volunteered(realm.person).unwrap().unwrap();
    let sealed_since = realm.v.keys().seal(&key, b"place", b"value").unwrap();
    assert_eq!(dark::finish(&realm.v).await.unwrap(), 1);
    let key = realm.v.keys().volunteered(realm.person).unwrap().unwrap();
    assert!(realm.v.keys().open_sealed(&key, b"place", &sealed).is_err());
    assert!(realm.v.keys().open_sealed(&key, b"place", &sealed_since).is_err());
    assert_eq!(dark::finish(&realm.v).await.unwrap(), 0);
}

pub async fn an_erasure_leaves_no_row(realm: &Realm) {
    let said = realm.yes("a1", text("tea")).await;
    objections::raise(&realm.v, realm.person, &"channel/email".parse().unwrap(), &shown()).await.unwrap();
    handing::fetch(&realm.v, &system(7), "p1", -1, 10).await.unwrap();
    let consent = consents::find(&realm.v, realm.person, said.consent_id).await.unwrap();
    let now = realm.now();
    realm.v.store().write_blocking(|conn| forget::end_in(&realm.v, conn, realm.person, now)).unwrap();
    let header = realm.headers(consent.record).pop().unwrap();
    assert_eq!(
        (&header["type"], &header["opened"]["reason"]),
        (&json!("consent.revoked"), &json!("customer_erased"))
    );
    realm.write(|conn| forget::person_in(conn, realm.person));
    let look = counterfoil_store::verifications::Pending {
        person: realm.person,
        erased_at: now,
        indexes: Vec::new(),
        records: Vec::new(),
    };
    let left = realm.read(|conn| counterfoil_store::verifications::look(conn, &look));
    for table in
        ["consents", "items", "item_places", "fetches", "uses", "exchanges", "answers", "objections", "dark"]
    {
        assert_eq!(left.iter().find(|place| place.table == table).unwrap().rows, 0, "{table}");
    }
    assert_eq!(realm.read(|conn| rows::find(conn, said.item_id.unwrap())), None);
    let page = handing::fetch(&realm.v, &system(7), "p1", -1, 10).await.unwrap();
    assert!(matches!(page.items[..], [handing::Handed::Tombstone { .. }]), "readers learn that it is gone");
}
