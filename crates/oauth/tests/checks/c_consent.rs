//! C. PAR, authorize, consent.

use actix_web::http::Method;
use counterfoil_domain::grant::{Dataset, Lasting, State};
use counterfoil_oauth::apps::{self, NewApp};
use counterfoil_oauth::consent::{self, Choice, ConsentError};
use counterfoil_oauth::grants;
use serde_json::{Value, json};

use crate::app::{App, CHALLENGE, REDIRECT, all, ec_key, new_app, public};
use crate::realm::{Answer, ISSUER, Realm, page, parameter};

async fn authorize(realm: &Realm, pairs: &[(&str, &str)], cookie: Option<&str>) -> Answer {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let headers: Vec<_> = cookie.iter().map(|cookie| ("cookie", *cookie)).collect();
    realm.get(&format!("/oauth/authorize?{query}"), &headers).await
}

fn error_page(answer: &Answer) -> String {
    let location = answer.location();
    assert_eq!((location.origin().ascii_serialization().as_str(), location.path()), (ISSUER, "/error"));
    parameter(&location, "code").unwrap()
}

async fn push_error(realm: &Realm, app: &App, changes: &[(&str, &str)]) -> String {
    let answer = app.push(realm, &App::request_with(changes)).await;
    assert_eq!(answer.status, 400, "{changes:?} {answer:?}");
    answer.error()
}

/// AE-3.
#[actix_web::test]
async fn c23_no_authorization_without_par() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let mut pairs = App::request();
    pairs.push(("client_id", &app.id));
    assert_eq!(error_page(&authorize(&realm, &pairs, None).await), "request_invalid");
    assert_eq!(error_page(&authorize(&realm, &[], None).await), "request_invalid");
}

#[actix_web::test]
async fn c24_par_is_a_post() {
    let realm = Realm::sandbox().await;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        assert_eq!(realm.send(method, "/oauth/par", &[], "").await.status, 405);
    }
    assert_eq!(realm.send(Method::POST, "/oauth/authorize", &[], "").await.status, 405);
    assert_eq!(realm.send(Method::GET, "/oauth/token", &[], "").await.status, 405);
}

#[actix_web::test]
async fn c25_no_request_uri_and_no_request_object_at_par() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    for name in ["request_uri", "request"] {
        assert_eq!(
            push_error(&realm, &app, &[(name, "urn:ietf:params:oauth:request_uri:x")]).await,
            "invalid_request"
        );
    }
}

#[actix_web::test]
async fn c26_pkce_with_s256_only() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    for changes in [
        [("code_challenge", ""), ("code_challenge_method", "")],
        [("code_challenge", ""), ("code_challenge_method", "S256")],
        [("code_challenge", CHALLENGE), ("code_challenge_method", "")],
        [("code_challenge", CHALLENGE), ("code_challenge_method", "plain")],
        [("code_challenge", "short"), ("code_challenge_method", "S256")],
        [
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c="),
            ("code_challenge_method", "S256"),
        ],
    ] {
        assert_eq!(push_error(&realm, &app, &changes).await, "invalid_request");
    }
}

/// AE-6.
#[actix_web::test]
async fn c27_redirect_uri_is_required() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    assert_eq!(push_error(&realm, &app, &[("redirect_uri", "")]).await, "invalid_request");
}

#[actix_web::test]
async fn c28_c30_only_a_registered_redirect_uri_as_it_is_written() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    for uri in [
        "https://app.example/callback/",
        "https://app.example/Callback",
        "https://app.example/callback?x=1",
        "https://app.example/callback#x",
        "https://app.example:443/callback",
        "https://me@app.example/callback",
        "https://app.example/c%61llback",
        "https://a.app.example/callback",
        "https://app.example/x/../callback",
        "https://other.example/callback",
        "https://app.example/q?x=2",
    ] {
        assert_eq!(push_error(&realm, &app, &[("redirect_uri", uri)]).await, "invalid_request", "{uri}");
    }
    for uri in [REDIRECT, "https://app.example/q?x=1"] {
        assert_eq!(app.push(&realm, &App::request_with(&[("redirect_uri", uri)])).await.status, 201, "{uri}");
    }
}

#[actix_web::test]
async fn c29_a_loopback_redirect_may_have_any_port() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let uri = "http://127.0.0.1:49152/cb";
    let reference = app.reference_of(&realm, &App::request_with(&[("redirect_uri", uri)])).await;
    let back = app.allowed(&realm, &realm.session, &reference, all()).await;
    assert!(back.as_str().starts_with("http://127.0.0.1:49152/cb?code="), "{back}");
    assert_eq!(
        push_error(&realm, &app, &[("redirect_uri", "http://127.0.0.2:1/cb")]).await,
        "invalid_request"
    );
}

#[actix_web::test]
async fn c31_code_is_the_only_response_type() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    for kind in ["token", "code id_token", "id_token", "none"] {
        assert_eq!(push_error(&realm, &app, &[("response_type", kind)]).await, "unsupported_response_type");
    }
    assert_eq!(push_error(&realm, &app, &[("response_type", "")]).await, "invalid_request");
}

#[actix_web::test]
async fn c32_query_is_the_only_response_mode() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    for mode in ["fragment", "form_post", "jwt", "unknown"] {
        assert_eq!(push_error(&realm, &app, &[("response_mode", mode)]).await, "invalid_request");
    }
    assert_eq!(app.push(&realm, &App::request_with(&[("response_mode", "query")])).await.status, 201);
}

/// AE-12.
#[actix_web::test]
async fn c33_a_request_uri_lives_less_than_600_seconds() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let answer = app.push(&realm, &App::request()).await;
    let (uri, life) = (answer.member("request_uri"), answer.json()["expires_in"].as_i64().unwrap());
    assert!(life < 600 && answer.header("cache-control") == "no-store");
    let pairs = [("client_id", app.id.as_str()), ("request_uri", uri.as_str())];
    realm.pass(life * 1_000 - 1);
    assert_eq!(authorize(&realm, &pairs, None).await.location().path(), "/sign-in");
    realm.pass(1);
    assert_eq!(error_page(&authorize(&realm, &pairs, None).await), "request_unknown");
}

#[actix_web::test]
async fn c34_a_request_uri_is_its_clients_own() {
    let realm = Realm::sandbox().await;
    let (app, other) = (App::register(&realm).await, App::register(&realm).await);
    let uri = app.push(&realm, &App::request()).await.member("request_uri");
    let answer = authorize(&realm, &[("client_id", &other.id), ("request_uri", &uri)], None).await;
    assert_eq!(error_page(&answer), "request_unknown");
}

/// AE note 3.
#[actix_web::test]
async fn c35_opening_does_not_use_a_request_up_but_answering_does() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let uri = app.push(&realm, &App::request()).await.member("request_uri");
    let pairs = [("client_id", app.id.as_str()), ("request_uri", uri.as_str())];
    for _ in 0..2 {
        assert_eq!(authorize(&realm, &pairs, None).await.location().path(), "/sign-in");
    }
    let consent_page = authorize(&realm, &pairs, Some(&realm.cookie)).await.location();
    assert_eq!(consent_page.path(), "/consent");
    let reference = parameter(&consent_page, "request").unwrap();
    for _ in 0..2 {
        consent::open(&realm.oauth, &reference, &realm.session, &page()).await.unwrap();
    }
    consent::allow(&realm.oauth, &realm.session, &reference, all(), &page()).await.unwrap();
    assert_eq!(error_page(&authorize(&realm, &pairs, Some(&realm.cookie)).await), "request_unknown");
}

#[actix_web::test]
async fn c36_what_stands_outside_the_request_is_never_used() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let uri = app.push(&realm, &App::request()).await.member("request_uri");
    let outside = [
        ("client_id", app.id.as_str()),
        ("request_uri", uri.as_str()),
        ("state", "foreign"),
        ("redirect_uri", "https://evil.example/"),
    ];
    let page = authorize(&realm, &outside, Some(&realm.cookie)).await.location();
    let reference = parameter(&page, "request").unwrap();
    let back = app.allowed(&realm, &realm.session, &reference, all()).await;
    assert!(back.as_str().starts_with(REDIRECT));
    assert_eq!(parameter(&back, "state").as_deref(), Some("s t/a+t=e"));
}

#[actix_web::test]
async fn c37_scopes_in_any_order_but_known_and_allowed() {
    let realm = Realm::sandbox().await;
    let new = NewApp {
        scope: "purchases:read purchases.lines:read".to_owned(),
        ..new_app(&json!({ "keys": [public(&ec_key())] }))
    };
    let key = ec_key();
    let new = NewApp { jwks: json!({ "keys": [public(&key)] }).to_string(), ..new };
    let app = App::known(apps::register(&realm.oauth, new).await.unwrap(), key);
    let turned = "purchases.lines:read purchases:read";
    assert_eq!(app.push(&realm, &App::request_with(&[("scope", turned)])).await.status, 201);
    for scope in
        ["purchases:read email", "purchases:read purchases.payment:read", "purchases.lines:read", "openid"]
    {
        assert_eq!(push_error(&realm, &app, &[("scope", scope)]).await, "invalid_scope", "{scope}");
    }
    assert_eq!(push_error(&realm, &app, &[("scope", "")]).await, "invalid_scope");
}

#[actix_web::test]
async fn c38_details_are_strict() {
    let realm = Realm::sandbox().await;
    let key = ec_key();
    let new = NewApp {
        max_duration: Lasting::Days90,
        window_from: "2020-01-01".parse().ok(),
        scope: "purchases:read purchases.lines:read purchases.payment:read".to_owned(),
        ..new_app(&json!({ "keys": [public(&key)] }))
    };
    let app = App::known(apps::register(&realm.oauth, new).await.unwrap(), key);
    let good = json!({ "type": "purchase_history", "datasets": ["lines", "purchases"], "from": "2024-01-01",
        "duration": "P30D", "statedUse": "budgeting" });
    let push = async |details: Value| {
        let text = details.to_string();
        app.push(&realm, &App::request_with(&[("scope", ""), ("authorization_details", &text)])).await
    };
    assert_eq!(push(json!([good])).await.status, 201);
    let change = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed[name] = value;
        json!([changed])
    };
    for (details, what) in [
        (change("type", json!("payment_initiation")), "unknown type"),
        (change("locations", json!(["x"])), "unknown field"),
        (change("datasets", json!(["purchases", "documents"])), "unknown dataset"),
        (change("datasets", json!(["lines"])), "without purchases"),
        (change("datasets", json!(["purchases", "location"])), "a dataset that the app may not have"),
        (change("to", json!("2023-12-31")), "inverted window"),
        (change("from", json!("2019-12-31")), "before the app's window"),
        (change("from", json!("2024-13-01")), "no date"),
        (change("duration", json!("P180D")), "longer than the cap"),
        (change("duration", json!("until_withdrawn")), "without end"),
        (change("duration", json!("once")), "not offered"),
        (change("statedUse", json!("x".repeat(201))), "too many words"),
        (json!([good, good]), "two objects"),
        (json!([]), "none"),
        (good.clone(), "no list"),
    ] {
        let answer = push(details).await;
        assert_eq!(answer.error(), "invalid_authorization_details", "{what}");
    }
    let text = json!([good]).to_string();
    let both = [("scope", "purchases:read"), ("authorization_details", text.as_str())];
    assert_eq!(push_error(&realm, &app, &both).await, "invalid_authorization_details");
}

#[actix_web::test]
async fn c39_state_comes_back_byte_for_byte() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let long: String = "aZ9-._~ %&=+/?#ä€".chars().cycle().take(2_000).collect();
    let nonce = "n".repeat(64);
    let form = App::request_with(&[("state", &long), ("nonce", &nonce)]);
    let back = app.allowed(&realm, &realm.session, &app.reference_of(&realm, &form).await, all()).await;
    assert_eq!(parameter(&back, "state"), Some(long));
    let form = App::request_with(&[("state", "")]);
    let back = app.allowed(&realm, &realm.session, &app.reference_of(&realm, &form).await, all()).await;
    assert_eq!(parameter(&back, "state"), None);
}

/// RFC 9207.
#[actix_web::test]
async fn c40_iss_on_success_and_on_error() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let back = app.allowed(&realm, &realm.session, &app.reference(&realm).await, all()).await;
    assert_eq!(parameter(&back, "iss").as_deref(), Some(ISSUER));
    let back = consent::refuse(&realm.oauth, None, &app.reference(&realm).await, &page()).await.unwrap();
    assert_eq!(parameter(&back, "iss").as_deref(), Some(ISSUER));
    let with_query = App::request_with(&[("redirect_uri", "https://app.example/q?x=1")]);
    let back = app.allowed(&realm, &realm.session, &app.reference_of(&realm, &with_query).await, all()).await;
    assert!(back.as_str().starts_with("https://app.example/q?x=1&code="), "{back}");
}

#[actix_web::test]
async fn c41_declining_tells_the_app_and_makes_nothing_active() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    for session in [None, Some(&realm.session)] {
        let reference = app.reference(&realm).await;
        if let Some(session) = session {
            consent::open(&realm.oauth, &reference, session, &page()).await.unwrap();
        }
        let back = consent::refuse(&realm.oauth, session, &reference, &page()).await.unwrap();
        assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
        assert_eq!(parameter(&back, "state").as_deref(), Some("s t/a+t=e"));
        let again = consent::allow(&realm.oauth, &realm.session, &reference, all(), &page()).await;
        assert!(matches!(again, Err(ConsentError::Unknown)));
    }
    assert_eq!(grants::list(&realm.oauth, realm.person()).await.unwrap(), []);
}

#[actix_web::test]
async fn c42_prompt_none_never_shows_a_page() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let uri = app.push(&realm, &App::request_with(&[("prompt", "none")])).await.member("request_uri");
    let pairs = [("client_id", app.id.as_str()), ("request_uri", uri.as_str())];
    for (cookie, error) in [(None, "login_required"), (Some(realm.cookie.as_str()), "consent_required")] {
        let back = authorize(&realm, &pairs, cookie).await.location();
        assert!(back.as_str().starts_with(REDIRECT));
        assert_eq!(parameter(&back, "error").as_deref(), Some(error));
        assert_eq!(parameter(&back, "iss").as_deref(), Some(ISSUER));
    }
}

/// What is not offered is refused, never silently given as less.
#[actix_web::test]
async fn c43_c82_what_is_not_offered_is_refused() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    for (name, value) in [
        ("acr_values", "high"),
        ("max_age", "0"),
        ("claims", "{}"),
        ("prompt", "login"),
        ("grant_management_action", "merge"),
        ("grant_id", "gra_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ] {
        assert_eq!(push_error(&realm, &app, &[(name, value)]).await, "invalid_request", "{name}");
    }
}

#[actix_web::test]
async fn c44_a_parameter_stands_once() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    for doubled in ["scope", "state", "redirect_uri", "response_type", "unknown"] {
        let mut form = App::request();
        form.push((doubled, "x"));
        form.push((doubled, "x"));
        assert_eq!(app.push(&realm, &form).await.error(), "invalid_request", "{doubled}");
    }
    let uri = app.push(&realm, &App::request()).await.member("request_uri");
    let pairs =
        [("client_id", app.id.as_str()), ("client_id", app.id.as_str()), ("request_uri", uri.as_str())];
    assert_eq!(error_page(&authorize(&realm, &pairs, None).await), "request_invalid");
    let in_query = app.form(&realm, "/oauth/par?scope=x", &[], &App::request()).await;
    assert_eq!(in_query.error(), "invalid_request");
}

#[actix_web::test]
async fn c45_redirects_are_303_and_not_kept() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let uri = app.push(&realm, &App::request()).await.member("request_uri");
    let answer = authorize(&realm, &[("client_id", &app.id), ("request_uri", &uri)], None).await;
    assert_eq!(answer.status, 303);
    assert_eq!(
        (answer.header("cache-control"), answer.header("referrer-policy")),
        ("no-store", "no-referrer")
    );
}

/// AS-7.
#[actix_web::test]
async fn c46_mistakes_stay_here_until_client_and_redirect_are_proven() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let uri = app.push(&realm, &App::request()).await.member("request_uri");
    for (pairs, code) in [
        (vec![("client_id", "app_unknown"), ("request_uri", uri.as_str())], "app_unknown"),
        (vec![("client_id", "app_aaaaaaaaaaaaaaaaaaaaaaaaaa"), ("request_uri", uri.as_str())], "app_unknown"),
        (vec![("request_uri", uri.as_str())], "request_invalid"),
        (vec![("client_id", app.id.as_str()), ("request_uri", "https://evil.example/r")], "request_invalid"),
        (
            vec![("client_id", app.id.as_str()), ("request_uri", "urn:ietf:params:oauth:request_uri:x")],
            "request_unknown",
        ),
        (vec![("client_id", app.id.as_str()), ("redirect_uri", "https://evil.example/")], "request_invalid"),
    ] {
        assert_eq!(error_page(&authorize(&realm, &pairs, None).await), code, "{pairs:?}");
    }
}

#[actix_web::test]
async fn c47_an_answer_is_given_once_and_by_the_customer_who_was_asked() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let (other, _) = realm.sign_in("customer-2").await;
    let reference = app.reference(&realm).await;
    consent::open(&realm.oauth, &reference, &realm.session, &page()).await.unwrap();
    for outcome in [
        consent::open(&realm.oauth, &reference, &other, &page()).await.map(|_| ()),
        consent::allow(&realm.oauth, &other, &reference, all(), &page()).await.map(|_| ()),
        consent::refuse(&realm.oauth, Some(&other), &reference, &page()).await.map(|_| ()),
    ] {
        assert!(matches!(outcome, Err(ConsentError::OtherCustomer)), "{outcome:?}");
    }
    consent::allow(&realm.oauth, &realm.session, &reference, all(), &page()).await.unwrap();
    let replay = consent::allow(&realm.oauth, &realm.session, &reference, all(), &page()).await;
    assert!(matches!(replay, Err(ConsentError::Unknown)));
    assert_eq!(grants::list(&realm.oauth, realm.person()).await.unwrap().len(), 1);
    // The page was never shown: nothing can be allowed.
    let unseen = app.reference(&realm).await;
    let outcome = consent::allow(&realm.oauth, &realm.session, &unseen, all(), &page()).await;
    assert!(matches!(outcome, Err(ConsentError::OtherCustomer)));
    // The app was suspended while the customer thought about it.
    let reference = app.reference(&realm).await;
    consent::open(&realm.oauth, &reference, &realm.session, &page()).await.unwrap();
    apps::suspend(&realm.oauth, app.id.parse().unwrap(), "complaints".to_owned()).await.unwrap();
    let outcome = consent::allow(&realm.oauth, &realm.session, &reference, all(), &page()).await;
    assert!(matches!(outcome, Err(ConsentError::AppNotActive)));
}

/// (o) A scope alone means the registered maximum; the page proposes all history and 90 days; both can be cut.
#[actix_web::test]
async fn o_the_customer_may_cut_but_not_widen() {
    let realm = Realm::sandbox().await;
    let app = App::register(&realm).await;
    let reference = app
        .reference_of(&realm, &App::request_with(&[("scope", "purchases:read purchases.lines:read")]))
        .await;
    let pending = consent::open(&realm.oauth, &reference, &realm.session, &page()).await.unwrap();
    assert_eq!((pending.asked.duration, pending.most.duration), (Lasting::Days90, Lasting::Days180));
    assert_eq!((pending.asked.from, pending.redirect_origin.as_str()), (None, "https://app.example"));
    assert_eq!(pending, consent::peek(&realm.oauth, &reference).await.unwrap());
    for choice in [
        Choice { datasets: vec![Dataset::Purchases, Dataset::Payment], ..all() },
        Choice { datasets: vec![Dataset::Lines], ..all() },
        Choice { datasets: vec![Dataset::Purchases], duration: Lasting::UntilWithdrawn, ..all() },
    ] {
        let outcome = consent::allow(&realm.oauth, &realm.session, &reference, choice, &page()).await;
        assert!(matches!(outcome, Err(ConsentError::InvalidChoice(_))), "{outcome:?}");
    }
    let cut = Choice {
        datasets: vec![Dataset::Purchases],
        from: "2025-01-01".parse().ok(),
        duration: Lasting::Days30,
        ..all()
    };
    consent::allow(&realm.oauth, &realm.session, &reference, cut, &page()).await.unwrap();
    let [view] = &grants::list(&realm.oauth, realm.person()).await.unwrap()[..] else { panic!("one grant") };
    assert_eq!((view.state, view.details.duration), (State::Given, Lasting::Days30));
    assert_eq!(view.details.datasets, [Dataset::Purchases]);
    assert_eq!(view.app_name, "Budget");
}
