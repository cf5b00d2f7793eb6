use std::io::{Cursor, Read as _};

use counterfoil_volunteered::asks::{self, Answer};
use counterfoil_volunteered::consents;
use counterfoil_volunteered::receipts::{ReceiptError, Receipts};
use serde_json::{Value, json};

use crate::beside::{Beside, aside};
use crate::realm::{Realm, shown, text};

/// A file of a receipt, as text.
fn file(receipt: &[u8], name: &str) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(receipt)).unwrap();
    let mut text = String::new();
    zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

pub async fn a_consent_has_a_receipt(realm: &Realm) {
    let beside = Beside::new(realm);
    let v = &beside.v;
    let yes = Answer::Yes(text("seeded-tea"));
    let said = asks::answer(v, realm.person, "a1", &realm.hash("a1"), yes, &shown()).await.unwrap();
    let receipts = Receipts::new(
        v.clone(),
        beside.objects.clone(),
        beside.generations.clone(),
        "https://shop.example".to_owned(),
        "shop.example".to_owned(),
    );
    let make = |person| aside(|| receipts.make(person, said.consent_id));
    assert!(matches!(make(realm.person), Err(ReceiptError::NotPublished)));
    beside.sign(realm);
    assert!(matches!(make(realm.customer().0), Err(ReceiptError::NotFound)));
    consents::withdraw(v, realm.person, said.consent_id, &shown()).await.unwrap();
    beside.sign(realm);
    let receipt = make(realm.person).unwrap();
    let contents: Value = serde_json::from_str(&file(&receipt, "receipt.json")).unwrap();
    assert_eq!((&contents["kind"], &contents["consentId"]), (&json!("consent"), &json!(said.consent_id)));
    let types: Vec<&Value> = contents["entries"].as_array().unwrap().iter().map(|one| &one["type"]).collect();
    assert_eq!(types, ["consent.requested", "consent.given", "consent.withdrawn"]);
    let record: Value = serde_json::from_str(&file(&receipt, "record.jsonld")).unwrap();
    assert_eq!(record["@type"], "ConsentRecord");
    let states: Vec<Value> =
        record["events"].as_array().unwrap().iter().map(|event| event["eventState"].clone()).collect();
    assert_eq!(states.len(), 3, "{record}");
    assert!(!record.to_string().contains("seeded"));
    assert!(file(&receipt, "VERIFY.txt").contains(&said.consent_id.to_string()));
}
