use chrono::TimeDelta;
use counterfoil_domain::exchange;
use counterfoil_domain::objection::Subject;
use counterfoil_store::people;
use counterfoil_volunteered::asks::Answer;
use counterfoil_volunteered::decisions::{Reason, decide};
use counterfoil_volunteered::handing::{self, Handed, Page, Use};
use counterfoil_volunteered::items::{self, Owner};
use counterfoil_volunteered::{VolunteeredError, consents, dark, exchanges, objections};
use serde_json::json;

use crate::realm::{Realm, shown, system, text};

async fn fetch(realm: &Realm, purpose: &str, after: i64) -> Page {
    handing::fetch(&realm.v, &system(7), purpose, after, 10).await.unwrap()
}

pub async fn what_is_handed_out_has_an_entry(realm: &Realm) {
    let said = realm.yes("a1", text("tea")).await;
    let (other, name) = realm.customer();
    realm.say(other, "a2", Answer::Yes(text("milk"))).await.unwrap();
    realm.yes("a4", text("nuts")).await;
    let page = fetch(realm, "p1", -1).await;
    let handed: Vec<_> = page
        .items
        .iter()
        .map(|handed| match handed {
            Handed::Item(item) => (item.customer_id.clone(), item.value.clone(), item.version),
            Handed::Tombstone { .. } => panic!("nothing is gone"),
        })
        .collect();
    assert_eq!(handed, [("c-1".to_owned(), text("tea"), 1), (name, text("milk"), 1)]);
    assert!(!page.has_more && fetch(realm, "p1", page.next).await.items.is_empty());
    let view = items::find(&realm.v, &Owner::Customer(realm.person), said.item_id.unwrap()).await.unwrap();
    assert_eq!(realm.types(view.record), ["volunteered.submitted", "volunteered.fetched"]);
    let entry = realm.headers(view.record).pop().unwrap();
    assert_eq!((&entry["opened"]["system"], &entry["opened"]["purpose"]), (&json!("system 7"), &json!("p1")));
    assert_eq!(view.fetched_by.len(), 1);
    // Page by page it is the same.
    let first = handing::fetch(&realm.v, &system(7), "p1", -1, 1).await.unwrap();
    assert!(first.has_more && first.items.len() == 1);
    let second = handing::fetch(&realm.v, &system(7), "p1", first.next, 1).await.unwrap();
    assert_eq!((second.has_more, second.items.len(), second.next), (false, 1, page.next));
    let unknown = handing::fetch(&realm.v, &system(7), "p9", -1, 1).await;
    assert!(matches!(unknown, Err(VolunteeredError::UnknownPurpose)));
    realm.check_rebuild().await;
}

pub async fn what_is_taken_back_is_a_tombstone(realm: &Realm) {
    let said = realm.yes("a1", text("tea")).await;
    let read = fetch(realm, "p1", -1).await.next;
    let owner = Owner::Customer(realm.person);
    items::correct(&realm.v, &owner, said.item_id.unwrap(), text("milk"), Some(&shown())).await.unwrap();
    let page = fetch(realm, "p1", read).await;
    assert!(
        matches!(&page.items[..], [Handed::Item(item)] if item.value == text("milk") && item.version == 2)
    );
    let taken = consents::withdraw(&realm.v, realm.person, said.consent_id, &shown()).await.unwrap();
    assert_eq!(taken.systems, 1, "who fetched it is told");
    for after in [page.next, -1] {
        let page = fetch(realm, "p1", after).await;
        assert!(matches!(page.items[..], [Handed::Tombstone { .. }]), "{page:?}");
    }
}

pub async fn an_objection_withholds_and_gives_back(realm: &Realm) {
    realm.yes("a1", text("tea")).await;
    let read = fetch(realm, "p1", -1).await.next;
    let subject: Subject = "purpose/p1".parse().unwrap();
    assert!(objections::raise(&realm.v, realm.person, &subject, &shown()).await.unwrap());
    assert!(!objections::raise(&realm.v, realm.person, &subject, &shown()).await.unwrap(), "it stands");
    let page = fetch(realm, "p1", read).await;
    assert!(matches!(page.items[..], [Handed::Tombstone { .. }]), "{page:?}");
    assert!(objections::lift(&realm.v, realm.person, &subject, &shown()).await.unwrap());
    let page = fetch(realm, "p1", page.next).await;
    assert!(matches!(page.items[..], [Handed::Item(_)]), "{page:?}");
    let unknown = objections::raise(&realm.v, realm.person, &"purpose/p9".parse().unwrap(), &shown()).await;
    assert!(matches!(unknown, Err(VolunteeredError::UnknownPurpose)));
    realm.check_rebuild().await;
}

pub async fn what_was_fetched_is_paid(realm: &Realm) {
    let said = realm.yes("a1", text("tea")).await;
    fetch(realm, "p1", -1).await;
    consents::withdraw(&realm.v, realm.person, said.consent_id, &shown()).await.unwrap();
    let balance = exchanges::of(&realm.v, realm.person).await.unwrap();
    assert_eq!(balance.lines[0].exchange.state, exchange::State::Due, "it is still owed");
    assert_eq!(balance.owed.iter().collect::<Vec<_>>(), [("EUR", "5".to_owned())]);
    let id = said.exchange.unwrap();
    let given = exchanges::deliver(&realm.v, &system(8), id, "till 4711", None).await.unwrap();
    assert_eq!((given.state, given.delivered_at), (exchange::State::Delivered, Some(realm.now())));
    let twice = exchanges::deliver(&realm.v, &system(8), id, "till 4711", None).await;
    assert!(matches!(twice, Err(VolunteeredError::NotNow("delivered"))));
    let long = exchanges::deliver(&realm.v, &system(8), id, &"x".repeat(101), None).await;
    assert!(matches!(long, Err(VolunteeredError::Invalid(_))));
    let balance = exchanges::of(&realm.v, realm.person).await.unwrap();
    assert_eq!((balance.told, balance.got.iter().next()), (1, Some(("EUR", "5".to_owned()))));
    // The same version brings it once.
    let again = realm.yes("a1", text("tea")).await;
    assert_eq!(again.exchange, None);
    realm.check_rebuild().await;
}

pub async fn only_what_was_fetched_can_be_used(realm: &Realm) {
    let said = realm.yes("a1", text("tea")).await;
    let one = Use { item_id: said.item_id.unwrap(), at: realm.now(), says: "sent recipes".to_owned() };
    let early = handing::report(&realm.v, &system(7), "p1", std::slice::from_ref(&one), None).await;
    assert!(matches!(early, Err(VolunteeredError::Invalid(faults)) if faults[0].pointer == "/uses/0/itemId"));
    fetch(realm, "p1", -1).await;
    let wrong = handing::report(&realm.v, &system(7), "p3", std::slice::from_ref(&one), None).await;
    assert!(matches!(wrong, Err(VolunteeredError::Invalid(_))), "it was fetched for another purpose");
    let ahead = Use { at: realm.now() + TimeDelta::hours(1), ..one.clone() };
    let ahead = handing::report(&realm.v, &system(7), "p1", &[one.clone(), ahead], None).await;
    assert!(matches!(ahead, Err(VolunteeredError::Invalid(_))));
    assert_eq!(
        handing::report(&realm.v, &system(7), "p1", &[one.clone(), one.clone()], None).await.unwrap(),
        2
    );
    let view = items::find(&realm.v, &Owner::Customer(realm.person), one.item_id).await.unwrap();
    assert_eq!((view.used_by.len(), view.used_by[0].number), (1, 2));
    assert_eq!(realm.types(view.record).last().unwrap(), "volunteered.used");
    realm.check_rebuild().await;
}

pub async fn a_fault_names_the_use_that_has_it(realm: &Realm) {
    let said = realm.yes("a1", text("tea")).await;
    fetch(realm, "p1", -1).await;
    let good = Use { item_id: said.item_id.unwrap(), at: realm.now(), says: "sent recipes".to_owned() };
    let ahead = Use { at: realm.now() + TimeDelta::hours(1), ..good.clone() };
    for (uses, pointer) in [
        ([ahead.clone(), good.clone()], "/uses/0/at"),
        ([good.clone(), ahead.clone()], "/uses/1/at"),
        ([good.clone(), Use { says: "x".repeat(201), ..good.clone() }], "/uses/1/says"),
    ] {
        match handing::report(&realm.v, &system(7), "p1", &uses, None).await {
            Err(VolunteeredError::Invalid(faults)) => {
                assert_eq!(faults.iter().map(|fault| fault.pointer.as_str()).collect::<Vec<_>>(), [pointer]);
            }
            other => panic!("{other:?}"),
        }
    }
}

pub async fn whoever_is_erased_stops_no_page(realm: &Realm) {
    let (other, name) = realm.customer();
    realm.say(other, "a1", Answer::Yes(text("milk"))).await.unwrap();
    realm.yes("a1", text("tea")).await;
    // Erased, and a process died before what they told was ended.
    let keys = realm.v.keys().clone();
    realm.write(|conn| people::remove(conn, &keys, other)).unwrap();
    assert_eq!(decide(&realm.v, &name, "p1", None).await.unwrap().reason, Reason::UnknownCustomer);
    let page = fetch(realm, "p1", -1).await;
    assert!(
        matches!(&page.items[..], [Handed::Tombstone { .. }, Handed::Item(item)] if item.value == text("tea")),
        "{page:?}"
    );
}

pub async fn a_decision_names_its_reason(realm: &Realm) {
    let decided = async |purpose: &str, attribute: Option<&str>| {
        decide(&realm.v, "c-1", purpose, attribute).await.unwrap()
    };
    assert_eq!(decide(&realm.v, "c-2", "p1", None).await.unwrap().reason, Reason::UnknownCustomer);
    assert!(matches!(decide(&realm.v, "c-1", "p9", None).await, Err(VolunteeredError::UnknownPurpose)));
    assert_eq!(decided("p1", None).await.reason, Reason::NoConsent);
    let said = realm.yes("a1", text("tea")).await;
    let yes = decided("p1", None).await;
    assert!(yes.permitted && yes.consent_id == Some(said.consent_id) && yes.until.is_some());
    assert!(decided("p1", Some("a1")).await.permitted);
    assert_eq!(decided("p1", Some("a2")).await.reason, Reason::NoItem);
    assert_eq!(decided("p3", None).await.reason, Reason::NoConsent, "another purpose is another consent");
    realm.yes("a3", text("write")).await;
    assert!(decided("p2", Some("email")).await.permitted);
    let email: Subject = "channel/email".parse().unwrap();
    objections::raise(&realm.v, realm.person, &email, &shown()).await.unwrap();
    assert_eq!(decided("p2", Some("email")).await.reason, Reason::Objected);
    assert!(decided("p2", Some("post")).await.permitted);
    objections::raise(&realm.v, realm.person, &Subject::Marketing, &shown()).await.unwrap();
    assert_eq!(decided("p2", Some("post")).await.reason, Reason::Objected);
    assert!(decided("p1", None).await.permitted, "recommending is no marketing");
    consents::withdraw(&realm.v, realm.person, said.consent_id, &shown()).await.unwrap();
    assert_eq!(decided("p1", None).await.reason, Reason::Withdrawn);
    dark::go(&realm.v, realm.person, &shown()).await.unwrap();
    assert_eq!(decided("p1", None).await.reason, Reason::Objected);
}
