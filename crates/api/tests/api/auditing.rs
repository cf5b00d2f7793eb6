//! Questions of staff: who may ask, and that each look is on record.

use actix_web::http::Method;
use serde_json::json;

use crate::app::Grant;
use crate::realm::{Answer, Realm};

const AS_OF: &str =
    "/v1/audit/as-of?customer=c-1&validAt=2026-11-24T12:00:00Z&knownAt=2026-11-24T12:00:00Z&case=7";

async fn get(realm: &Realm, path: &str, cookie: &str) -> Answer {
    realm.send(Method::GET, path, &[("cookie", cookie)], "").await
}

#[actix_web::test]
async fn only_a_member_of_staff_asks() {
    let realm = Realm::new().await;
    let addresses = [
        AS_OF,
        "/v1/audit/affected?app=app_x&from=x&to=x&case=7",
        "/v1/audit/by-config?config=x&case=7",
        "/v1/audit/processing-record",
    ];
    let customer = realm.cookie("c-1", None).await;
    for address in addresses {
        let nobody = realm.send(Method::GET, address, &[], "").await;
        assert_eq!(nobody.problem(), (401, "not_signed_in".to_owned()), "{address}");
        assert!(nobody.header("www-authenticate").starts_with("Cookie "), "{nobody:?}");
        let refused = get(&realm, address, &customer).await;
        assert_eq!(refused.problem(), (403, "insufficient_role".to_owned()), "{address}");
    }
    // Another site cannot make somebody look.
    let staff = realm.cookie("c-9", Some("olga")).await;
    let headers = [("cookie", staff.as_str()), ("sec-fetch-site", "cross-site")];
    assert_eq!(realm.send(Method::GET, AS_OF, &headers, "").await.problem().0, 400);
    assert_eq!(realm.send(Method::POST, AS_OF, &[("cookie", staff.as_str())], "").await.status, 405);
    assert_eq!(realm.disclosures(), 0, "nobody saw anything");
}

#[actix_web::test]
async fn what_staff_see_is_on_record() {
    let realm = Realm::new().await;
    let grant = Grant::of(&realm, "c-1").await;
    let staff = realm.cookie("c-9", Some("olga")).await;
    let before = realm.disclosures();
    let answer = get(&realm, AS_OF, &staff).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"), "{}", answer.text());
    assert_eq!(answer.header("access-control-allow-origin"), "");
    let body = answer.json();
    assert_eq!(body["ledger"], json!("unknown"), "this realm signs no checkpoints");
    assert_eq!(body["records"][0]["inForce"]["state"], json!("given"));
    assert_eq!(realm.disclosures(), before + 1);
    assert_eq!(realm.disclosure(before), json!({ "case": "7", "question": "as-of" }));
    assert_eq!(get(&realm, AS_OF, &staff).await.body, answer.body, "the same bytes");

    let record = body["records"][0]["record"].as_str().unwrap();
    let path = AS_OF.replace("customer=c-1", &format!("record={record}"));
    assert_eq!(get(&realm, &path, &staff).await.json()["records"], body["records"]);

    let app = grant.client(&realm);
    let path =
        format!("/v1/audit/affected?app={app}&from=2026-11-01T00:00:00Z&to=2026-11-24T12:00:00Z&case=7");
    let affected = get(&realm, &path, &staff).await.json();
    assert_eq!(affected["customers"][0]["customer"], json!("c-1"), "{affected}");
    let config = realm.ledger.config_hash();
    let resting = get(&realm, &format!("/v1/audit/by-config?config={config}&case=7"), &staff).await.json();
    assert_eq!(resting["records"][0]["customer"], json!("c-1"), "{resting}");
    let processing = get(&realm, "/v1/audit/processing-record", &staff).await.json();
    assert_eq!(processing["controller"]["name"], json!("The shop"));
    assert_eq!(processing["activities"][1]["recipients"][0]["id"], json!(app));
}

#[actix_web::test]
async fn staff_do_not_look_at_themselves() {
    let realm = Realm::new().await;
    Grant::of(&realm, "c-1").await;
    let before = realm.disclosures();
    let own = realm.cookie("c-1", Some("olga")).await;
    assert_eq!(get(&realm, AS_OF, &own).await.problem(), (403, "own_record".to_owned()));
    assert_eq!(realm.disclosures(), before);
}

#[actix_web::test]
async fn an_error_names_the_parameter() {
    let realm = Realm::new().await;
    let staff = realm.cookie("c-9", Some("olga")).await;
    for (change, parameter) in [
        (("&case=7", ""), "case"),
        (("&case=7", "&case=%20"), "case"),
        (("customer=c-1&", ""), "customer"),
        (("customer=c-1", "customer=c-1&record=rec_x"), "customer"),
        (("customer=c-1", "record=rec_x"), "record"),
        (("customer=c-1", "record=rec_x&scheme=a"), "scheme"),
        (("validAt=2026-11-24T12:00:00Z", "validAt=yesterday"), "validAt"),
        (("validAt=2026-11-24T12:00:00Z", "validAt=2026-11-24T12:00:01Z"), "validAt"),
        (("knownAt=2026-11-24T12:00:00Z", "knownAt=2027-11-24T12:00:00Z"), "knownAt"),
        (("&case=7", "&case=7&proofs=yes"), "proofs"),
        (("&case=7", "&case=7&more=1"), "more"),
    ] {
        let answer = get(&realm, &AS_OF.replace(change.0, change.1), &staff).await;
        assert_eq!((answer.status, &answer.json()["errors"][0]["parameter"]), (400, &json!(parameter)));
    }
}
