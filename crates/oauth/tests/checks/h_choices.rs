//! H. What a customer chooses after the first yes: changing a grant, hiding from every app, names that became one.

use counterfoil_domain::grant::{CarveOuts, Dataset, State};
use counterfoil_domain::ids::{GrantId, Person, PurchaseId};
use counterfoil_ledger::seal::{Disclosure, Look, Refusal, Sealer};
use counterfoil_oauth::consent::{self, Choice};
use counterfoil_oauth::grants::{self, Amendment, Change, GrantError};
use counterfoil_oauth::hiding::{self, HidingError};
use counterfoil_oauth::own::{self, Which};
use counterfoil_oauth::trail::{self, Content, Place, Step, Told, Trail};
use counterfoil_store::conn::Conn;
use counterfoil_store::entries::{self, Log, SealedBy, StoredEntry};
use counterfoil_store::grants::Grant;
use counterfoil_store::{hiding as stored, people, purchases};
use prometheus::Registry;
use serde_json::{Value, json};

use crate::app::{App, all};
use crate::realm::{Realm, page};
use crate::shop::order;

fn id(text: &str) -> GrantId {
    text.parse().unwrap()
}

fn grant(realm: &Realm, grant: &str) -> Grant {
    let find = |conn: &mut Conn| counterfoil_store::grants::find(conn, id(grant));
    realm.oauth.store().read_blocking(find).unwrap().unwrap()
}

/// The choices as the grant has them now.
fn unchanged(grant: &Grant) -> Amendment {
    Amendment {
        asks: Vec::new(),
        datasets: grant.details.datasets.clone(),
        shared_accounts: grant.details.shared_accounts,
        categories: grant.carve_outs.categories.clone(),
        keep_totals: grant.carve_outs.keep_totals,
        with_joined: false,
    }
}

/// Every entry of the consent log that is a person's, opened.
fn entries_of(realm: &Realm, person: Person) -> Vec<(String, Value, Value)> {
    let read = |conn: &mut Conn| entries::read(conn, Log::Consent, 0, 100);
    let all: Vec<StoredEntry> = realm.oauth.store().read_blocking(read).unwrap();
    let keys = realm.oauth.keys().person(person).unwrap();
    let of_customers = all.iter().filter(|entry| entry.sealed_by() == Some(SealedBy::Evidence));
    let opened = of_customers.filter_map(|entry| realm.oauth.ledger().open(&keys, entry).ok());
    opened
        .map(|entry| {
            let kind = entry.header["type"].as_str().unwrap().to_owned();
            (kind, entry.header, entry.payload.unwrap_or_default())
        })
        .collect()
}

fn change_seq(realm: &Realm, person: Person) -> i64 {
    realm.oauth.store().read_blocking(|conn| stored::change_seq(conn, person)).unwrap().unwrap()
}

fn disclosure() -> Disclosure {
    Disclosure {
        request_id: "r".to_owned(),
        look: Look::Purchases,
        items: 0,
        purchases: 1,
        from: None,
        to: None,
        datasets: vec!["purchases"],
    }
}

fn sealer(realm: &Realm) -> Sealer {
    let oauth = &realm.oauth;
    let (ledger, store) = (oauth.ledger().clone(), oauth.store().clone());
    Sealer::start(ledger, store, oauth.keys().clone(), oauth.clock().clone(), &Registry::new()).unwrap()
}

/// What is left out belongs to the grant; the app is told of what it may see, and of nothing else.
#[actix_web::test]
async fn o_a_choice_is_kept_and_the_app_sees_the_granted_object_alone() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    realm.record(realm.person(), &order("1", "2026-11-01", &["Milk"]), None);
    let choice = Choice {
        asks: Vec::new(),
        shared_accounts: true,
        categories: vec!["wine".to_owned(), "health".to_owned(), "wine".to_owned()],
        keep_totals: true,
        ..all()
    };
    let tokens = app.connect_with(&realm, choice).await;
    let kept = grant(&realm, &tokens.grant);
    let left_out = CarveOuts {
        categories: vec!["health".to_owned(), "wine".to_owned()],
        purchases: Vec::new(),
        keep_totals: true,
    };
    assert_eq!((kept.carve_outs, kept.agreed_seq), (left_out.clone(), 1));
    let body = tokens.answer.json();
    assert_eq!(body["authorization_details"][0]["sharedAccounts"], true);
    let status = app.read(&realm, &format!("/oauth/grants/{}", tokens.grant), &tokens.access).await;
    for text in [&tokens.answer.text, &status.text] {
        for word in ["health", "wine", "carve", "keepTotals"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
    }
    let given = entries_of(&realm, realm.person()).into_iter().find(|(kind, ..)| kind == "grant.given");
    assert_eq!(given.unwrap().2["carveOuts"], json!(left_out));
}

/// Scopes offer purchases on shared accounts; details do only where they ask.
#[actix_web::test]
async fn o_shared_accounts_are_offered_and_never_proposed() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let by_scope = app.reference(&realm).await;
    let pending = consent::open(&realm.oauth, &by_scope, &realm.session, &page()).await.unwrap();
    assert_eq!((pending.asked.shared_accounts, pending.most.shared_accounts), (false, true));
    for (member, is_asked) in [(json!(true), true), (json!(false), false), (Value::Null, false)] {
        let mut details = json!({ "type": "purchase_history", "datasets": ["purchases", "sensitive"],
            "duration": "P30D" });
        if !member.is_null() {
            details["sharedAccounts"] = member;
        }
        let text = json!([details]).to_string();
        let form = App::request_with(&[("scope", ""), ("authorization_details", &text)]);
        let reference = app.reference_of(&realm, &form).await;
        let pending = consent::open(&realm.oauth, &reference, &realm.session, &page()).await.unwrap();
        assert_eq!(pending.most.shared_accounts, is_asked);
        let choice = Choice {
            asks: Vec::new(),
            datasets: vec![Dataset::Purchases, Dataset::Sensitive],
            duration: pending.most.duration,
            shared_accounts: true,
            ..all()
        };
        let outcome = consent::allow(&realm.oauth, &realm.session, &reference, choice, &page()).await;
        assert_eq!(outcome.is_ok(), is_asked, "{outcome:?}");
    }
}

#[actix_web::test]
async fn o_a_grant_is_narrowed_and_what_is_under_way_is_not_sealed() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let choice = Choice { shared_accounts: true, ..all() };
    let tokens = app.connect_with(&realm, choice).await;
    let (before, access) = (grant(&realm, &tokens.grant), realm.access(&app, &tokens.access).await.unwrap());
    let change = Amendment {
        asks: Vec::new(),
        datasets: vec![Dataset::Purchases, Dataset::Lines],
        shared_accounts: false,
        categories: vec!["wine".to_owned()],
        ..unchanged(&before)
    };
    let act = grants::amend(
        &realm.oauth,
        realm.person(),
        id(&tokens.grant),
        Change::Choices(change.clone()),
        page(),
    );
    assert!(act.await.unwrap());
    let after = grant(&realm, &tokens.grant);
    assert_eq!((after.version, after.grant_epoch), (before.version + 1, before.grant_epoch + 1));
    assert_eq!((after.changed_seq, after.resync, after.state), (1, true, State::Active));
    assert_eq!(change_seq(&realm, realm.person()), 1);
    assert_eq!(after.carve_outs.categories, ["wine"]);
    // What was let in before is looked at again, and comes out narrower.
    let sealed = sealer(&realm).seal(access.standing(), disclosure()).await;
    assert_eq!(sealed, Err(Refusal::Changed));
    let again = access.reload().await.unwrap();
    assert_eq!(again.details.datasets, [Dataset::Purchases, Dataset::Lines]);
    assert!(!again.details.shared_accounts);
    // This process knows at once; the tokens are the same ones.
    let read = app.read(&realm, "/v1/purchases", &tokens.access).await;
    assert_eq!(read.json()["details"]["datasets"], json!(["purchases", "lines"]));
    let refreshed = app.refresh(&realm, &tokens.refresh, &[]).await;
    assert_eq!(refreshed.member("scope"), "purchases:read purchases.lines:read");
    let told = app.form(&realm, "/oauth/introspect", &[], &[("token", &tokens.access)]).await;
    assert_eq!(
        told.member("scope"),
        "purchases:read purchases.lines:read",
        "also of a token given out before"
    );
    // The entry says what was and what is.
    let (_, header, payload) = entries_of(&realm, realm.person()).pop().unwrap();
    assert_eq!((&header["type"], &header["state"]), (&json!("grant.amended"), &json!("active")));
    assert_eq!(header["display"]["template"], json!(counterfoil_ledger::config::fingerprint(b"the page")));
    assert_eq!(payload["before"]["granted"], json!(before.details));
    assert_eq!(payload["after"]["carveOuts"], json!({ "categories": ["wine"] }));
    assert_eq!((&payload["version"], &payload["accessSize"]), (&json!(2), &json!(0)));
    // The same again is no change.
    let same =
        grants::amend(&realm.oauth, realm.person(), id(&tokens.grant), Change::Choices(change), page());
    assert!(!same.await.unwrap());
    assert_eq!(grant(&realm, &tokens.grant), after);
}

#[actix_web::test]
async fn o_a_grant_is_changed_by_its_customer_alone_and_never_widened() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let cut = Choice { datasets: vec![Dataset::Purchases, Dataset::Lines], ..all() };
    let tokens = app.connect_with(&realm, cut).await;
    let before = grant(&realm, &tokens.grant);
    let amend = async |person, change| {
        grants::amend(&realm.oauth, person, id(&tokens.grant), Change::Choices(change), page()).await
    };
    for (wider, what) in [
        (
            Amendment {
                asks: Vec::new(),
                datasets: vec![Dataset::Purchases, Dataset::Lines, Dataset::Sensitive],
                ..unchanged(&before)
            },
            "a dataset",
        ),
        (Amendment { shared_accounts: true, ..unchanged(&before) }, "shared accounts"),
        (Amendment { datasets: vec![Dataset::Lines], ..unchanged(&before) }, "without purchases"),
    ] {
        let outcome = amend(realm.person(), wider).await;
        assert!(matches!(outcome, Err(GrantError::InvalidChoice(_))), "{what}: {outcome:?}");
    }
    let narrower = Amendment { datasets: vec![Dataset::Purchases], ..unchanged(&before) };
    let (stranger, _) = realm.sign_in("customer-2").await;
    let foreign = amend(stranger.person, narrower.clone()).await;
    assert!(matches!(foreign, Err(GrantError::NotFound)));
    let looked = grants::changeable(&realm.oauth, stranger.person, id(&tokens.grant)).await;
    assert!(matches!(looked, Err(GrantError::NotFound)));
    assert_eq!(grant(&realm, &tokens.grant), before, "nothing of it happened");
    assert_eq!(change_seq(&realm, realm.person()), 0);
    grants::withdraw(&realm.oauth, realm.person(), id(&tokens.grant)).await.unwrap();
    let ended = amend(realm.person(), narrower).await;
    assert!(matches!(ended, Err(GrantError::Final(State::Withdrawn))));
}

#[actix_web::test]
async fn o_single_purchases_are_left_out_and_put_back() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let own = realm.record(realm.person(), &order("1", "2026-11-01", &["Milk"]), None);
    let (stranger, _) = realm.sign_in("customer-2").await;
    let foreign = realm.record(stranger.person, &order("2", "2026-11-01", &["Milk"]), None);
    let tokens = app.connect(&realm).await;
    let amend =
        async |change| grants::amend(&realm.oauth, realm.person(), id(&tokens.grant), change, page()).await;
    assert!(amend(Change::LeaveOut(own)).await.unwrap());
    assert!(!amend(Change::LeaveOut(own)).await.unwrap(), "once is enough");
    assert_eq!(grant(&realm, &tokens.grant).carve_outs.purchases, [own]);
    for other in [foreign, PurchaseId([1; 16])] {
        assert!(matches!(amend(Change::LeaveOut(other)).await, Err(GrantError::NotFound)));
    }
    // The page of the choices does not touch them.
    let wine = Amendment { categories: vec!["wine".to_owned()], ..unchanged(&grant(&realm, &tokens.grant)) };
    assert!(amend(Change::Choices(wine)).await.unwrap());
    assert_eq!(grant(&realm, &tokens.grant).carve_outs.purchases, [own]);
    assert!(amend(Change::PutBack(own)).await.unwrap());
    let after = grant(&realm, &tokens.grant);
    assert_eq!((after.carve_outs.purchases.len(), after.version), (0, 4));
}

/// What joins a history does not widen a grant that was given before, until its customer says so.
#[actix_web::test]
async fn o_what_joined_since_is_seen_when_the_customer_agrees() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let person = realm.person();
    realm.record(person, &order("1", "2026-11-01", &["Milk"]), Some(1));
    let tokens = app.connect(&realm).await;
    let look = async || grants::changeable(&realm.oauth, person, id(&tokens.grant)).await.unwrap().joined;
    assert_eq!((grant(&realm, &tokens.grant).agreed_seq, look().await), (1, 0), "known before");
    realm.record(person, &order("2", "2026-11-02", &["Tea"]), Some(2));
    realm.record(person, &order("3", "2026-11-03", &["Tea"]), None);
    assert_eq!(look().await, 1);
    let choices = unchanged(&grant(&realm, &tokens.grant));
    let amend = async |change| {
        grants::amend(&realm.oauth, person, id(&tokens.grant), Change::Choices(change), page()).await.unwrap()
    };
    assert!(!amend(choices.clone()).await, "without the tick nothing changes");
    assert!(amend(Amendment { with_joined: true, ..choices.clone() }).await);
    let after = grant(&realm, &tokens.grant);
    assert_eq!((after.agreed_seq, after.changed_seq, after.resync), (4, 4, true));
    assert_eq!(look().await, 0);
    assert!(!amend(Amendment { with_joined: true, ..choices }).await, "nothing has joined since");
}

#[actix_web::test]
async fn o_a_hidden_purchase_moves_in_the_feed_and_seals_are_kept_out() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let person = realm.person();
    let bought = realm.record(person, &order("1", "2026-11-01", &["Milk", "Tea", "Rolls", "Soap"]), None);
    let tokens = app.connect(&realm).await;
    let access = realm.access(&app, &tokens.access).await.unwrap();
    let hide =
        async |person, id, hidden| hiding::set_purchase(&realm.oauth, person, id, hidden, page()).await;
    assert!(hide(person, bought, true).await.unwrap());
    assert!(!hide(person, bought, true).await.unwrap(), "it is hidden");
    let at = "2026-11-01T10:00:00Z".parse().unwrap();
    let row = || {
        realm
            .oauth
            .store()
            .read_blocking(|conn| purchases::stored(conn, person, at, bought))
            .unwrap()
            .unwrap()
    };
    assert_eq!((row().hidden, row().change_seq, row().shown_seq), (true, 2, 1));
    assert_eq!(sealer(&realm).seal(access.standing(), disclosure()).await, Err(Refusal::Changed));
    let again = realm.access(&app, &tokens.access).await.unwrap();
    assert!(sealer(&realm).seal(again.standing(), disclosure()).await.is_ok(), "known at once here");
    // The customer sees it all the same.
    let page = own::purchases(&realm.oauth, person, Which::Hidden, None, 10).await.unwrap();
    let [seen] = &page.purchases[..] else { panic!("one purchase: {page:?}") };
    assert_eq!((seen.shop.as_deref(), seen.total.as_str()), (Some("Corner shop"), "4.00"));
    assert_eq!((seen.items.join(" "), seen.more), ("Milk Tea Rolls".to_owned(), 1));
    assert!(seen.is_hidden && page.next.is_none());
    // Nobody else hides it, and nobody hides what there is not.
    let (stranger, _) = realm.sign_in("customer-2").await;
    for (person, id) in [(stranger.person, bought), (person, PurchaseId([1; 16]))] {
        assert!(matches!(hide(person, id, true).await, Err(HidingError::NotFound)));
    }
    assert!(hide(person, bought, false).await.unwrap());
    assert_eq!((row().hidden, row().change_seq, row().shown_seq), (false, 3, 3));
    let entries = entries_of(&realm, person);
    let [.., (set, first, payload), (lifted, second, _)] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((set.as_str(), lifted.as_str()), ("restriction.set", "restriction.lifted"));
    assert_eq!(*payload, json!({ "purchaseId": bought, "accessSize": 0 }));
    assert_eq!(first["record"], second["record"], "one chain");
    assert!(first["prev"].is_null() && second["prev"].is_string());
}

#[actix_web::test]
async fn o_categories_are_hidden_from_every_app() {
    let realm = Realm::sandbox().await;
    let person = realm.person();
    let words = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let set = async |chosen: &[&str], offered: &[&str]| {
        hiding::set_categories(&realm.oauth, person, words(chosen), words(offered), page()).await
    };
    assert!(set(&["wine", "health"], &["health", "wine", "bread"]).await.unwrap());
    assert!(!set(&["health", "wine"], &["health", "wine", "bread"]).await.unwrap());
    // One more, one less, and one that the page does not know any more.
    assert!(set(&["bread"], &["bread", "wine"]).await.unwrap());
    assert_eq!(hiding::categories(&realm.oauth, person).await.unwrap(), ["bread", "health"]);
    assert_eq!(change_seq(&realm, person), 2);
    let foreign = set(&["everything"], &["bread", "wine"]).await;
    assert!(matches!(foreign, Err(HidingError::InvalidChoice(_))));
    let entries = entries_of(&realm, person);
    let told: Vec<_> =
        entries.iter().map(|(kind, _, payload)| (kind.as_str(), &payload["categories"])).collect();
    assert_eq!(
        told,
        [
            ("restriction.set", &json!(["health", "wine"])),
            ("restriction.set", &json!(["bread"])),
            ("restriction.lifted", &json!(["wine"])),
        ]
    );
    assert!(entries.windows(2).all(|pair| pair[0].1["record"] == pair[1].1["record"]));
}

/// Two names of one customer: whichever signs in sees and decides about both.
#[actix_web::test]
async fn o_a_customer_of_two_names_decides_about_the_grants_of_both() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let (other, cookie) = realm.sign_in("customer-2").await;
    let (own, theirs) = (realm.person(), other.person);
    let tokens = app.connect(&realm).await;
    let open = app.reference(&realm).await;
    consent::open(&realm.oauth, &open, &other, &page()).await.unwrap();
    let merge = |conn: &mut Conn| people::set_home(conn, theirs, own, Some(1));
    realm.oauth.store().write_blocking(merge).unwrap();
    let merged = realm.session_of(&cookie).await;
    assert_eq!(merged.person, own, "the session is the home's");
    // A request that was shown to the name of before is answered by the customer, and belongs to that name.
    let back = app.allowed(&realm, &merged, &open, all()).await;
    assert!(crate::realm::parameter(&back, "code").is_some());
    let views = grants::list(&realm.oauth, own).await.unwrap();
    assert_eq!(views.len(), 2);
    assert_eq!(grants::list(&realm.oauth, theirs).await.unwrap(), views, "from either name");
    let older = views.iter().find(|view| view.grant_id != id(&tokens.grant)).unwrap().grant_id;
    assert_eq!(grant(&realm, &older.to_string()).person, theirs);
    // Hiding for all apps moves what the grants of both names rest on.
    let bought = realm.record(own, &order("1", "2026-11-01", &["Milk"]), None);
    assert!(hiding::set_purchase(&realm.oauth, own, bought, true, page()).await.unwrap());
    for person in [own, theirs] {
        let epoch = realm.oauth.store().read_blocking(|conn| people::epoch(conn, person)).unwrap();
        assert_eq!(epoch, Some(1));
    }
    let narrower =
        Amendment { datasets: vec![Dataset::Purchases], ..unchanged(&grant(&realm, &older.to_string())) };
    assert!(grants::amend(&realm.oauth, own, older, Change::Choices(narrower), page()).await.unwrap());
    assert_eq!(
        grant(&realm, &older.to_string()).changed_seq,
        1,
        "a number of the feed of whom the grant names"
    );
    grants::withdraw(&realm.oauth, own, older).await.unwrap();
    assert_eq!(grant(&realm, &older.to_string()).state, State::Withdrawn);
    let kinds: Vec<String> = entries_of(&realm, theirs).into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, ["grant.requested", "grant.given", "grant.amended", "grant.withdrawn"]);
    // So does what became of it, from either name, and from no other.
    for person in [own, theirs] {
        let Trail { steps, accesses, .. } =
            trail::of(&realm.oauth, person, older, Place::default()).await.unwrap();
        let known = |told: Told<Step>| match told.content {
            Content::Known(step) => step,
            other => panic!("{other:?}"),
        };
        let steps: Vec<Step> = steps.told.into_iter().map(known).collect();
        let [Step::Ended(State::Withdrawn), Step::Amended(Some(how)), Step::Given, Step::Requested] =
            &steps[..]
        else {
            panic!("{steps:?}")
        };
        assert_eq!(how.after.granted.datasets, [Dataset::Purchases]);
        assert!(accesses.told.is_empty() && accesses.earlier.is_none());
    }
    let (stranger, _) = realm.sign_in("customer-3").await;
    let refused = trail::of(&realm.oauth, stranger.person, older, Place::default()).await;
    assert!(matches!(refused, Err(GrantError::NotFound)));
    let refused = trail::recent(&realm.oauth, stranger.person, older, 10).await;
    assert!(matches!(refused, Err(GrantError::NotFound)));
}

#[actix_web::test]
async fn o_own_purchases_come_in_pages() {
    let realm = Realm::sandbox().await;
    for day in 1..=5 {
        realm.record(realm.person(), &order(&day.to_string(), &format!("2026-11-0{day}"), &["Milk"]), None);
    }
    let page =
        async |after| own::purchases(&realm.oauth, realm.person(), Which::All, after, 2).await.unwrap();
    let (mut dates, mut after) = (Vec::new(), None);
    loop {
        let page = page(after).await;
        dates.extend(page.purchases.iter().map(|purchase| purchase.local_date.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(dates, ["2026-11-05", "2026-11-04", "2026-11-03", "2026-11-02", "2026-11-01"]);
    let (stranger, _) = realm.sign_in("customer-2").await;
    let nothing = own::purchases(&realm.oauth, stranger.person, Which::All, None, 2).await.unwrap();
    assert!(nothing.purchases.is_empty() && nothing.next.is_none());
}
