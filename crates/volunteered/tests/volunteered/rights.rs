//! Rights that the retailer must answer, and objections beyond an erasure.

use chrono::TimeDelta;
use counterfoil_domain::objection::{Channel, Subject};
use counterfoil_domain::right::{Kind, State};
use counterfoil_store::people;
use counterfoil_volunteered::decisions::{self, Reason};
use counterfoil_volunteered::rights::{self, Answer, Request};
use counterfoil_volunteered::{VolunteeredError, forget, objections};

use crate::realm::{Realm, shown};

fn request(kind: Kind) -> Request {
    Request { kind, detail: "my street is spelt wrong".to_owned() }
}

pub async fn a_right_is_answered_within_its_time(realm: &Realm) {
    let v = &realm.v;
    let opened = rights::open(v, realm.person, &request(Kind::Rectification), &shown()).await.unwrap();
    assert_eq!((opened.state, opened.answer.as_deref()), (State::Requested, None));
    assert!(!realm.is_on_disk(b"spelt wrong"), "what is asked is sealed");
    let extended = rights::extend(v, "anna", opened.right_id, "we must ask".to_owned()).await.unwrap();
    assert!(extended.due_at > opened.due_at);
    let again = rights::extend(v, "anna", opened.right_id, "once more".to_owned()).await;
    assert!(matches!(again, Err(VolunteeredError::NotNow("extended"))));
    realm.wait(TimeDelta::days(40));
    assert_eq!(rights::count_overdue(v).await.unwrap(), 0);
    realm.wait(TimeDelta::days(60));
    assert_eq!(rights::count_overdue(v).await.unwrap(), 1);
    assert_eq!(rights::open_ones(v, true).await.unwrap().len(), 1);
    let done = Answer::Done("it is put right".to_owned());
    let answered = rights::answer(v, "anna", opened.right_id, done.clone()).await.unwrap();
    assert_eq!((answered.state, answered.answer.as_deref()), (State::Answered, Some("it is put right")));
    assert!(matches!(
        rights::answer(v, "anna", opened.right_id, done).await,
        Err(VolunteeredError::NotNow("answered"))
    ));
    assert_eq!(rights::count_overdue(v).await.unwrap(), 0);
    assert_eq!(rights::of(v, realm.person).await.unwrap(), [answered]);
    assert_eq!(
        realm.types(opened.record),
        ["rectification.requested", "rectification.answered", "rectification.answered"]
    );
    realm.check_rebuild().await;
}

pub async fn only_its_customer_takes_a_right_back(realm: &Realm) {
    let v = &realm.v;
    let opened = rights::open(v, realm.person, &request(Kind::Objection), &shown()).await.unwrap();
    let (other, _) = realm.customer();
    let stolen = rights::take_back(v, other, opened.right_id, &shown()).await;
    assert!(matches!(stolen, Err(VolunteeredError::NotFound)));
    realm.check_rebuild().await;
    let back = rights::take_back(v, realm.person, opened.right_id, &shown()).await.unwrap();
    assert_eq!(back.state, State::Withdrawn);
    assert_eq!(realm.types(opened.record), ["objection.raised", "objection.lifted"]);
    let empty = Request { kind: Kind::Access, detail: " ".to_owned() };
    assert!(matches!(
        rights::open(v, realm.person, &empty, &shown()).await,
        Err(VolunteeredError::Invalid(faults)) if faults[0].pointer == "/detail"
    ));
    realm.check_rebuild().await;
}

pub async fn an_objection_outlives_an_erasure(realm: &Realm) {
    let v = &realm.v;
    let (person, id) = realm.customer();
    let phone = Subject::Channel(Channel::Phone);
    for subject in [&Subject::Marketing, &phone] {
        assert!(objections::raise(v, person, subject, &shown()).await.unwrap());
    }
    let index = realm.read(|conn| people::index_of(conn, person)).unwrap();
    realm.write(|conn| forget::keep_objections_in(v, conn, person, &index, realm.now()));
    realm.write(|conn| forget::person_in(conn, person));
    let decide = || decisions::decide(v, &id, "p2", None);
    assert_eq!(decide().await.unwrap().reason, Reason::Objected);
    let other = decisions::decide(v, &id, "p1", None).await.unwrap();
    assert_ne!(other.reason, Reason::Objected, "recommendations are no marketing");
    // Whoever is back finds what they objected to, and can lift it.
    let standing = objections::of(v, person).await.unwrap();
    assert_eq!(
        standing.iter().map(|one| one.subject.clone()).collect::<Vec<_>>(),
        [phone, Subject::Marketing]
    );
    assert_eq!(decide().await.unwrap().reason, Reason::Objected);
    assert!(objections::lift(v, person, &Subject::Marketing, &shown()).await.unwrap());
    assert_ne!(decide().await.unwrap().reason, Reason::Objected);
    assert_eq!(objections::of(v, person).await.unwrap().len(), 1);
}

pub async fn whoever_is_back_can_lift_at_once(realm: &Realm) {
    let v = &realm.v;
    let (person, id) = realm.customer();
    assert!(objections::raise(v, person, &Subject::Marketing, &shown()).await.unwrap());
    let index = realm.read(|conn| people::index_of(conn, person)).unwrap();
    realm.write(|conn| forget::keep_objections_in(v, conn, person, &index, realm.now()));
    realm.write(|conn| forget::person_in(conn, person));
    // The first thing that they do, before anything else has brought it back.
    assert!(objections::lift(v, person, &Subject::Marketing, &shown()).await.unwrap());
    assert_ne!(decisions::decide(v, &id, "p2", None).await.unwrap().reason, Reason::Objected);
    assert!(objections::of(v, person).await.unwrap().is_empty());
    assert!(!objections::lift(v, person, &Subject::Marketing, &shown()).await.unwrap());
    realm.check_rebuild().await;
}

pub async fn what_is_kept_of_one_name_holds_for_all(realm: &Realm) {
    let v = &realm.v;
    let (other, _) = realm.customer();
    assert!(objections::raise(v, other, &Subject::Marketing, &shown()).await.unwrap());
    let index = realm.read(|conn| people::index_of(conn, other)).unwrap();
    realm.write(|conn| forget::keep_objections_in(v, conn, other, &index, realm.now()));
    realm.write(|conn| forget::person_in(conn, other));
    assert_ne!(decisions::decide(v, "c-1", "p2", None).await.unwrap().reason, Reason::Objected);
    realm.write(|conn| people::set_home(conn, other, realm.person, Some(0)));
    assert_eq!(decisions::decide(v, "c-1", "p2", None).await.unwrap().reason, Reason::Objected);
    let standing = objections::of(v, realm.person).await.unwrap();
    assert_eq!(standing.iter().map(|one| &one.subject).collect::<Vec<_>>(), [&Subject::Marketing]);
    assert_eq!(decisions::decide(v, "c-1", "p2", None).await.unwrap().reason, Reason::Objected);
    realm.check_rebuild().await;
}

pub async fn a_right_is_one_customer_s_by_each_name(realm: &Realm) {
    let v = &realm.v;
    let (other, _) = realm.customer();
    let opened = rights::open(v, other, &request(Kind::Access), &shown()).await.unwrap();
    assert!(rights::of(v, realm.person).await.unwrap().is_empty());
    realm.write(|conn| people::set_home(conn, other, realm.person, Some(0)));
    for name in [other, realm.person] {
        assert_eq!(rights::of(v, name).await.unwrap(), std::slice::from_ref(&opened));
    }
    let back = rights::take_back(v, realm.person, opened.right_id, &shown()).await.unwrap();
    assert_eq!((back.state, back.person), (State::Withdrawn, other));
    realm.check_rebuild().await;
}
