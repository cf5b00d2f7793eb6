//! One connected app with everything that left and changed, and stopping all of them.

use counterfoil_domain::entry::Commitment;
use counterfoil_domain::grant::State;
use counterfoil_domain::ids::{EntryId, GrantId};
use counterfoil_ledger::seal::{Disclosure, Look, Sealer, Standing};
use counterfoil_oauth::grants;
use counterfoil_store::entries::{self, Log, NewEntry, SealedBy};
use counterfoil_store::grants::{self as stored, Grant};
use counterfoil_store::{Error, standings};
use prometheus::Registry;

use crate::granted;
use crate::site::{Page, Registered, Site};

/// An answer with purchases of these dates.
fn left(look: Look, purchases: usize, from: &str, to: &str) -> Disclosure {
    Disclosure {
        request_id: "r".to_owned(),
        look,
        purchases,
        items: 0,
        from: from.parse().ok(),
        to: to.parse().ok(),
        datasets: vec!["purchases"],
    }
}

impl Site {
    fn stored(&self, grant: &str) -> Grant {
        let id: GrantId = grant.parse().unwrap();
        self.oauth.store().read_blocking(|conn| stored::find(conn, id)).unwrap().unwrap()
    }

    fn sealer(&self) -> Sealer {
        let (oauth, registry) = (&self.oauth, Registry::new());
        let (ledger, store) = (oauth.ledger().clone(), oauth.store().clone());
        Sealer::start(ledger, store, oauth.keys().clone(), oauth.clock().clone(), &registry).unwrap()
    }

    /// A grant in use, as a request of its app finds it.
    pub fn standing(&self, grant: &str) -> Standing {
        let found = self.stored(grant);
        let id = found.grant_id;
        let now = self.oauth.store().write_blocking(|conn| {
            stored::set_state(conn, id, State::Active)?;
            standings::read(conn, &[id])
        });
        let now: Result<_, Error> = now;
        let epochs = &now.unwrap()[&id];
        Standing {
            grant_id: id,
            grant_epoch: epochs.grant_epoch,
            client_id: found.client_id,
            app_epoch: epochs.app_epoch,
            person: found.person,
            customer_epoch: epochs.customer_epoch,
            record: found.record,
        }
    }

    /// Data leaves under a grant.
    async fn leave(&self, sealer: &Sealer, grant: &str, disclosure: Disclosure) {
        sealer.seal(self.standing(grant), disclosure).await.unwrap();
    }
}

/// How many times that the app looked are on a page.
fn looks(page: &Page) -> usize {
    page.text.matches("It asked").count()
}

/// A part of a page as it is read: names are not set apart, blanks are one.
fn read(html: &str) -> String {
    let text = html.replace("<bdi>", "").replace("</bdi>", "");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn link(page: &Page, id: &str) -> Option<String> {
    let tag = page.tags(&format!("id=\"{id}\"")).first()?.to_string();
    let href = tag.split("href=\"").nth(1)?.split('"').next()?;
    Some(href.replace("&#x2f;", "/").replace("&amp;", "&"))
}

#[actix_web::test]
async fn every_look_is_told_with_its_time_and_what_it_got() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let grant = browser.connect().await;
    let page = browser.open(&format!("/apps/{grant}")).await;
    assert!(page.text.contains("It has not looked at your purchases yet."));
    assert!(page.text.contains("<dt>Got in the last 30 days</dt><dd>Nothing</dd>"), "{}", page.text);
    let sealer = site.sealer();
    site.leave(&sealer, &grant, left(Look::Summary, 400, "2025-01-01", "2026-11-20")).await;
    site.pass_minutes(40 * 24 * 60);
    for disclosure in [
        left(Look::Purchases, 12, "2026-05-03", "2026-06-03"),
        left(Look::Purchase, 1, "2026-06-03", "2026-06-03"),
        left(Look::Changes, 1, "2026-11-21", "2026-11-21"),
    ] {
        site.pass_minutes(1);
        site.leave(&sealer, &grant, disclosure).await;
    }
    browser.sign_in("customer-001").await;
    let page = browser.open(&format!("/apps/{grant}")).await;
    let told = [
        "3 January 2027, 13:03 CET",
        "It asked what is new and got 1 purchase. Bought on 21 November 2026.",
        "3 January 2027, 13:02 CET",
        "It asked for a single purchase and got 1 purchase. Bought on 3 June 2026.",
        "It asked for your purchases and got 12 purchases. Bought from 3 May 2026 to 3 June 2026.",
        "24 November 2026, 13:00 CET",
        "It asked for sums per year. They were made from 400 purchases. Bought from 1 January 2025 to 20 November 2026.",
    ];
    let list = read(page.text.split("id=\"looks\"").nth(1).unwrap());
    let places: Vec<usize> =
        told.iter().map(|text| list.find(text).unwrap_or_else(|| panic!("{text} in {list}"))).collect();
    assert!(places.is_sorted(), "newest first: {places:?}");
    assert!(page.text.contains("<dd>14 purchases</dd>"), "what is older than 30 days does not count");
    assert!(page.text.contains("Garden Software") && page.text.contains("22 February 2027"));
    let page = browser.open("/apps").await;
    assert!(page.text.contains("<dd>14 purchases</dd>") && page.text.contains("3 January 2027, 13:03 CET"));
    assert_eq!(link(&page, &format!("open-{grant}")), Some(format!("/apps/{grant}")), "no longer new");
}

#[actix_web::test]
async fn looks_are_paged_fifty_at_a_time() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let grant = browser.connect().await;
    let sealer = site.sealer();
    for _ in 0..120 {
        site.leave(&sealer, &grant, left(Look::Changes, 1, "2026-11-21", "2026-11-21")).await;
    }
    let mut page = browser.open(&format!("/apps/{grant}")).await;
    assert_eq!((looks(&page), link(&page, "looks-newest")), (50, None));
    assert!(page.text.contains("<dd>120 purchases</dd>"));
    for count in [50, 20] {
        let earlier = link(&page, "looks-earlier").unwrap();
        assert!(earlier.ends_with("#looks"), "{earlier}");
        page = browser.open(earlier.split('#').next().unwrap()).await;
        assert_eq!(looks(&page), count);
        assert!(page.text.contains("<dd>120 purchases</dd>"), "on each page");
    }
    assert_eq!(link(&page, "looks-earlier"), None);
    assert_eq!(link(&page, "looks-newest"), Some(format!("/apps/{grant}#looks")));
    let page = browser.open(&format!("/apps/{grant}?before=0")).await;
    assert!(page.text.contains("There is nothing earlier.") && looks(&page) == 0);
    for odd in ["before=x", "before=-1", "before=1&before=2", "changesBefore=1e3"] {
        assert_eq!(browser.open(&format!("/apps/{grant}?{odd}")).await.status, 404, "{odd}");
    }
}

/// Of more entries than are opened for one page it is said that there are more.
#[actix_web::test]
async fn what_is_not_counted_is_not_kept_back() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let grant = browser.connect().await;
    let sealer = site.sealer();
    let standing = site.standing(&grant);
    for _ in 0..1_010 {
        let look = left(Look::Changes, 1, "2026-11-21", "2026-11-21");
        sealer.seal(standing.clone(), look).await.unwrap();
    }
    let page = browser.open(&format!("/apps/{grant}")).await;
    assert!(page.text.contains("<dd>At least 1000 purchases</dd>"), "{}", page.text);
}

#[actix_web::test]
async fn what_was_erased_or_altered_is_said_to_be() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let grant = browser.connect().await;
    let sealer = site.sealer();
    site.leave(&sealer, &grant, left(Look::Changes, 3, "2026-11-21", "2026-11-21")).await;
    let record = site.stored(&grant).record;
    let altered = NewEntry {
        entry_id: EntryId([9; 16]),
        record,
        recorded_at: site.oauth.clock().now(),
        sealed_by: SealedBy::Evidence,
        commitment: Commitment([9; 32]),
        header: vec![9; 64],
        payload: None,
    };
    let write = |log| {
        let new = vec![altered.clone()];
        let done: Result<_, Error> =
            site.oauth.store().write_blocking(|conn| entries::append(conn, log, new.clone()));
        done.unwrap();
    };
    write(Log::Access);
    write(Log::Consent);
    let page = browser.open(&format!("/apps/{grant}")).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.text.matches("This entry is not what we once wrote").count(), 2);
    assert!(page.text.contains("<dd>At least 3 purchases</dd>") && looks(&page) == 1);
}

#[actix_web::test]
async fn the_agreement_s_steps_are_told() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let request = site.request().await;
    let mut form = crate::site::ALLOW.to_vec();
    form.extend([("dataset", "lines"), ("dataset", "location"), ("leaveOut", "bread")]);
    assert!(browser.answer(&request, &form).await.parameter("code").is_some());
    let grant = browser.grant().await;
    site.leave(&site.sealer(), &grant, left(Look::Changes, 1, "2026-11-21", "2026-11-21")).await;
    site.pass_minutes(2);
    let bought = site.record("customer-001", "1", "2026-11-01", &["Milk"], None);
    let change = format!("/apps/{grant}/change");
    let form = [("dataset", "lines"), ("leaveOut", "wine"), ("keepTotals", "yes"), ("answer", "save")];
    assert_eq!(browser.submit(&browser.open(&change).await, &change, &form).await.status, 303);
    let purchases = format!("/apps/{grant}/purchases");
    let form = [("purchase", bought.as_str()), ("answer", "leave-out")];
    assert_eq!(browser.submit(&browser.open(&purchases).await, &purchases, &form).await.status, 303);
    site.pass_minutes(3);
    let stop = format!("/apps/{grant}/stop");
    browser.submit(&browser.open(&stop).await, &stop, &[("answer", "stop")]).await;
    let page = browser.open(&format!("/apps/{grant}?new")).await;
    assert!(!page.text.contains("id=\"done\""), "it ended");
    assert!(page.text.contains("What you had agreed to") && page.text.contains("You have stopped sharing."));
    assert!(!page.text.contains(&format!("id=\"stop-{grant}\"")));
    let list = read(page.text.split("id=\"steps\"").nth(1).unwrap());
    let told = [
        "Stopped by you",
        "13:05 CET",
        "Left out: 1 single purchase",
        "You changed it",
        "13:02 CET",
        "No longer shared: Which shop",
        "Left out: Wine &amp; beer",
        "Full totals may be seen",
        "You let it in",
        "13:00 CET",
        "asked you",
    ];
    // What a later step says stands above what an earlier one says.
    let mut from = 0;
    for text in told {
        let at = list[from..].find(text);
        from += at.unwrap_or_else(|| panic!("{text} in {}", &list[from..]));
    }
    assert!(list.contains("Money Garden asked you"));
    let page = browser.open("/apps").await;
    assert!(link(&page, &format!("open-{grant}")).is_some(), "ended ones are told of as well");
}

/// "Done": who comes here just after saying yes is led to what they agreed to.
#[actix_web::test]
async fn what_was_just_agreed_is_shown_with_its_reference() {
    let site = Site::open().await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    let grant = browser.connect().await;
    let page = browser.open("/apps").await;
    let address = link(&page, &format!("open-{grant}")).unwrap();
    assert_eq!(address, format!("/apps/{grant}?new"));
    let page = browser.open(&address).await;
    let notice = page.text.split("id=\"done\"").nth(1).unwrap().split("</div>").next().unwrap();
    assert!(notice.contains("You let <bdi>Money Garden</bdi> in") && notice.contains(&grant), "{notice}");
    assert!(notice.contains("24 November 2026, 13:00 CET"));
    assert!(!browser.open(&format!("/apps/{grant}")).await.text.contains("id=\"done\""));
    site.pass_minutes(60);
    browser.sign_in("customer-001").await;
    let page = browser.open("/apps").await;
    assert_eq!(link(&page, &format!("open-{grant}")), Some(format!("/apps/{grant}")));
}

#[actix_web::test]
async fn all_are_stopped_with_one_confirmation_and_each_by_itself() {
    let site = Site::with(Registered { name: "Money <Garden>", ..Registered::default() }).await;
    let browser = site.browser();
    browser.sign_in("customer-001").await;
    assert_eq!(browser.send("GET", "/apps/stop-all", &[], None).await.leads_to(), "/apps", "nothing to stop");
    let one = browser.connect().await;
    assert!(!browser.open("/apps").await.text.contains("id=\"all-stop\""), "one is stopped by itself");
    site.pass_minutes(1);
    let two = browser.connect().await;
    assert!(browser.open("/apps").await.text.contains("Stop sharing with all 2 apps"));
    let page = browser.open("/apps/stop-all").await;
    assert_eq!(page.text.matches("Money &lt;Garden&gt;").count(), 2);
    // One that was let in after the page was shown is not on it, and stays.
    site.pass_minutes(1);
    let later = browser.connect().await;
    assert_eq!(browser.submit(&page, "/apps/stop-all", &[("answer", "stop")]).await.status, 400);
    // One of them has ended meanwhile.
    grants::withdraw(&site.oauth, site.person("customer-001"), one.parse().unwrap()).await.unwrap();
    site.pass_minutes(5);
    let form = [("app", one.as_str()), ("app", two.as_str()), ("answer", "stop")];
    let answer = browser.submit(&page, "/apps/stop-all", &form).await;
    let page = browser.open(answer.leads_to()).await;
    assert!(page.text.contains("These apps see nothing more") && !page.text.contains("Not all apps"));
    assert!(page.text.contains(&one) && page.text.contains(&two) && !page.text.contains(&later));
    assert!(page.text.contains("13:02 CET") && page.text.contains("13:07 CET"), "each at its own time");
    let views = granted(&site, "customer-001").await;
    let states: Vec<State> = views.iter().map(|view| view.state).collect();
    assert_eq!(states, [State::Given, State::Withdrawn, State::Withdrawn]);
    let steps = |grant: &str| {
        let record = site.stored(grant).record;
        site.oauth.store().read_blocking(|conn| entries::of_record(conn, Log::Consent, record, None, 9))
    };
    for grant in [&one, &two] {
        assert_eq!(steps(grant).unwrap().len(), 3, "asked, given, withdrawn");
    }
    let page = browser.open(&format!("/apps/stopped-all?app={later}")).await;
    assert!(page.text.contains("Not all apps are stopped") && page.text.contains("id=\"again\""));
}
