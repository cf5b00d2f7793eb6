use std::collections::HashMap;

use serde_json::{Value, json};

use super::*;

const RETENTION: &str = r#"
kind = "retention"
id = "k1"
period = "P6M"
then = "delete"
says.en = "Six months."
"#;

const PURPOSE: &str = r#"
kind = "purpose"
id = "p7"
title.en = "Recipes"
says.en = "We choose recipes for you."
purpose = "https://w3id.org/dpv#ProvidePersonalisedRecommendations"
lawful_basis = "eu-gdpr:A6-1-a"
retention = "k1"
recipients = ["rc1"]
controller = "r1"
notice = "n1"
terms = "t1"
jurisdiction = ["DE", "EU"]
storage_locations = ["DE-BY"]
rights = ["eu-gdpr:A7-3", "eu-gdpr:A17"]
personal_data = [{ type = "https://w3id.org/dpv/pd#Preference", optional = true }]

[withdrawal_method]
url = "/apps"
says.en = "Press Stop."
"#;

const ASK: &str = r#"
kind = "ask"
id = "a1"
purpose = "p7"
title.en = "What do you like to eat?"
why.en = "So that recipes fit."
without.en = "Nothing changes."
open_for = "P14D"

[schema]
type = "string"
maxLength = 200

[offer]
says.en = "A voucher."
amount = "5.00"
currency = "EUR"
"#;

const RECIPIENT: &str = r#"
kind = "recipient"
id = "rc1"
party_type = "processor"
name = "Post & Co"
address = "1 Way, Town"
contact = "post@example.com"
says.en = "Sends letters."
"#;

const REALM: &str = r#"
kind = "realm"
id = "r1"
controller = { name = "Example Stores Ltd", address = "1 High Street, Town", contact = "privacy@example.com" }
"#;

const DOCUMENT: &str = r#"
kind = "notice"
id = "n1"
title.en = "Notice"
text.en = "We write\ndown."
"#;

fn table(text: &str) -> Value {
    toml::from_str(text).unwrap()
}

/// Reads where everything that can be named is published; `special` is whether purposes are of a special category.
fn read_where(file: &Value, special: bool) -> Result<Draft, Vec<Mistake>> {
    let lookup = |kind: Kind, id: &Id| {
        let text = match kind {
            Kind::Realm => REALM.to_owned(),
            Kind::Retention => RETENTION.to_owned(),
            Kind::Recipient => RECIPIENT.to_owned(),
            Kind::Terms => DOCUMENT.replace("notice", "terms"),
            Kind::Notice => DOCUMENT.to_owned(),
            Kind::Purpose if special => special_purpose(),
            Kind::Purpose => PURPOSE.to_owned(),
            Kind::Grant | Kind::Ask | Kind::App => return Known::Absent,
        };
        match id.as_str() {
            "zz9" => Known::Absent,
            "zz8" => Known::Retired,
            "zz7" => Known::Faulty,
            _ => {
                let body = Box::new(read_where(&table(&text), false).unwrap().body);
                Known::Published { hash: format!("sha256:{kind:?}"), body }
            }
        }
    };
    super::read(file, &lookup)
}

fn special_purpose() -> String {
    PURPOSE
        .replace("optional = true", "special_category = true")
        .replace("A6-1-a", "A9-2-a")
        .replace("notice =", "impact_assessment = \"DPIA 12\"\nnotice =")
}

fn read(text: &str) -> Result<Draft, Vec<Mistake>> {
    read_where(&table(text), false)
}

/// The mistakes of a text in which one thing was replaced, as lines.
fn mistakes(text: &str, from: &str, to: &str) -> Vec<String> {
    assert!(text.contains(from), "{from} is not in the text");
    let read = read(&text.replacen(from, to, 1));
    read.err().unwrap_or_default().iter().map(|mistake| format!("{mistake}")).collect()
}

#[test]
fn what_is_whole_is_read_and_comes_back_from_its_bytes() {
    let terms = DOCUMENT.replace("notice", "terms");
    let grant = PURPOSE
        .replace("purpose\"\nid", "grant\"\nid")
        .replace("A6-1-a", "A20")
        .replace("terms = \"t1\"\n", "");
    let special = special_purpose();
    for text in [RETENTION, PURPOSE, ASK, RECIPIENT, REALM, DOCUMENT, &terms, &grant, &special] {
        let draft = read(text).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        let kind = draft.body.kind();
        assert_eq!(named(&table(text)), (Some(kind), Some(draft.id.clone())));
        let object = draft.clone().numbered(3);
        let bytes = object.canonical().unwrap();
        assert_eq!(Object::parse(&bytes).unwrap(), object, "{kind:?}");
        let json: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!((&json["v"], &json["version"]), (&json!("1"), &json!(3)));
        assert!(json[kind.name()].is_object(), "{json}");
        assert_ne!(object.hash().unwrap(), draft.numbered(4).hash().unwrap(), "a version has its own hash");
    }
}

#[test]
fn an_object_names_others_by_the_hash_of_what_is_published() {
    let draft = read(PURPOSE).unwrap();
    let named: HashMap<Kind, &Reference> = draft.body.references().into_iter().collect();
    assert_eq!(named[&Kind::Retention].hash, "sha256:Retention");
    assert_eq!(named[&Kind::Terms].id.as_str(), "t1");
    assert_eq!(named.len(), 5);
    let json = serde_json::to_value(&draft.body).unwrap();
    assert_eq!(json["purpose"]["recipients"], json!([{ "id": "rc1", "hash": "sha256:Recipient" }]));
}

/// Each field that 27560 demands, taken out or left empty, is missed by its name.
#[test]
fn no_mandatory_field_can_be_left_out() {
    for (text, optional) in
        [(PURPOSE, &[][..]), (ASK, &[]), (RECIPIENT, &[]), (REALM, &[]), (RETENTION, &[]), (DOCUMENT, &[])]
    {
        let whole = table(text);
        let names: Vec<String> = whole.as_object().unwrap().keys().cloned().collect();
        for name in names.iter().filter(|name| !optional.contains(&name.as_str())) {
            let mut without = whole.clone();
            without.as_object_mut().unwrap().remove(name);
            let told = read_where(&without, false).unwrap_err();
            assert!(
                told.iter().any(|one| one.field == *name && one.rule == "must be given"),
                "{name}: {told:?}"
            );
            let mut empty = whole.clone();
            let member = &mut empty[name];
            *member = match member {
                Value::String(_) => json!(" "),
                Value::Array(_) => json!([]),
                _ => json!({}),
            };
            let told = read_where(&empty, false).unwrap_err();
            assert!(told.iter().any(|one| one.field.starts_with(name.as_str())), "{name}: {told:?}");
        }
    }
    for name in ["name", "address", "contact"] {
        let told = mistakes(REALM, &format!("{name} = "), &format!("{name}x = "));
        assert_eq!(
            told,
            [format!("controller.{name}: must be given"), format!("controller.{name}x: is not known here")]
        );
    }
}

#[test]
fn each_mistake_names_its_field_and_its_rule() {
    for (text, from, to, expected) in [
        (
            PURPOSE,
            "p7",
            "diabetes",
            "id: is \"diabetes\"; it must be one to three small letters and a number",
        ),
        (PURPOSE, "kind = \"purpose\"", "kind = \"reason\"", "kind: is \"reason\"; the kinds are realm,"),
        (PURPOSE, "dpv#Provide", "dpv/Provide", "purpose: is \"https://w3id.org/dpv/Provide"),
        (PURPOSE, "eu-gdpr:A6-1-a", "consent", "lawful_basis: is \"consent\"; it must be a lawful basis"),
        (
            PURPOSE,
            "\"rc1\"",
            "\"rc1\", \"zz9\"",
            "recipients[1]: names recipient zz9, which nobody has published",
        ),
        (PURPOSE, "\"k1\"", "\"zz8\"", "retention: names retention zz8, which is retired"),
        (PURPOSE, "\"n1\"", "\"zz7\"", "notice: names notice zz7, whose file has mistakes"),
        (PURPOSE, "\"t1\"", "\"terms\"", "terms: is \"terms\"; it must be one to three small letters"),
        (PURPOSE, "\"DE\", \"EU\"", "\"Germany\"", "jurisdiction[0]: is \"Germany\"; it must be a country"),
        (PURPOSE, "\"DE\", \"EU\"", "\"DE\", \"DE\"", "jurisdiction: must not say anything twice"),
        (PURPOSE, "[\"DE-BY\"]", "[]", "storage_locations: must not be empty"),
        (
            PURPOSE,
            "\"/apps\"",
            "\"//evil.example\"",
            "withdrawal_method.url: is \"//evil.example\"; it must be a path",
        ),
        (PURPOSE, "\"/apps\"", "\"http://shop\"", "withdrawal_method.url: is \"http://shop\""),
        (PURPOSE, "A7-3", "A99", "rights[0]: is \"eu-gdpr:A99\"; it must be a right of the GDPR"),
        (PURPOSE, "pd#Preference", "pd#preference", "personal_data[0].type: is"),
        (
            PURPOSE,
            "optional = true",
            "optional = \"yes\"",
            "personal_data[0].optional: must be true or false",
        ),
        (PURPOSE, "optional = true", "special_category = true", "lawful_basis: must be eu-gdpr:A9-2-a"),
        (PURPOSE, "optional = true", "special_category = true", "impact_assessment: must be given"),
        (PURPOSE, "title.en = \"Recipes\"", "title.en = 7", "title.en: must be text"),
        (PURPOSE, "title.en = \"Recipes\"", "title = \"Recipes\"", "title: must be a table"),
        (PURPOSE, "title.en", "title.de", "title.en: must be given"),
        (
            PURPOSE,
            "title.en",
            "title.de = \"Rezepte\"\ntitle.en",
            "says.de: must be given, since title has it",
        ),
        (
            PURPOSE,
            "title.en",
            "title.English = \"x\"\ntitle.en",
            "title.English: is not the tag of a language",
        ),
        (PURPOSE, "terms = ", "terms_of_use = ", "terms_of_use: is not known here"),
        (PURPOSE, "Recipes", "Re\\u0007cipes", "title.en: must be plain text"),
        (
            RETENTION,
            "P6M",
            "six months",
            "period: is \"six months\"; it must be until_withdrawn, or a period",
        ),
        (RETENTION, "\"P6M\"", "6.5", "period: is 6.5: a number must be whole"),
        (RETENTION, "delete", "archive", "then: is \"archive\"; it must be delete or anonymise"),
        (RECIPIENT, "processor", "friend", "party_type: is \"friend\"; it must be app, own_department"),
        (RECIPIENT, "processor", "app", "name: is not known here"),
        (ASK, "\"5.00\"", "\"5,00\"", "offer.amount: is \"5,00\"; it must be a decimal number"),
        (ASK, "\"5.00\"", "\"-5\"", "offer.amount: is \"-5\"; it must be a decimal number"),
        (ASK, "\"5.00\"", "5.5", "offer.amount: is 5.5: a number must be whole, others are text"),
        (ASK, "EUR", "euro", "offer.currency: is \"euro\"; it must be a currency"),
        (ASK, "currency = \"EUR\"", "", "offer.currency: must be given, or else unit"),
        (
            ASK,
            "type = \"string\"",
            "\"$schema\" = \"http://json-schema.org/draft-07/schema#\"",
            "schema.$schema: must be https",
        ),
        (ASK, "maxLength = 200", "multipleOf = 0.5", "schema.multipleOf: is 0.5: a number must be whole"),
        (ASK, "P14D", "P0D", "open_for: is \"P0D\"; it must be a period"),
    ] {
        let told = mistakes(text, from, to);
        assert!(told.iter().any(|one| one.starts_with(expected)), "{from} -> {to}: {told:#?}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let bad =
        PURPOSE.replace("p7", "x").replace("\"/apps\"", "\"\"").replace("[\"rc1\"]", "[\"zz9\", \"zz8\"]");
    let fields: Vec<String> = read(&bad).unwrap_err().into_iter().map(|mistake| mistake.field).collect();
    assert_eq!(fields, ["id", "recipients[0]", "recipients[1]", "withdrawal_method.url"]);
    assert_eq!(read_where(&json!([1]), false).unwrap_err().len(), 1);
}

#[test]
fn nobody_is_rewarded_for_what_is_special() {
    let rewarded = table(ASK);
    assert!(read_where(&rewarded, false).is_ok());
    let told = read_where(&rewarded, true).unwrap_err();
    assert_eq!((told.len(), told[0].field.as_str()), (1, "offer.amount"));
    assert!(read_where(&table(&ASK.replace("5.00", "0.00")), true).is_ok(), "it may be asked, for nothing");
    let points = ASK.replace("currency = \"EUR\"", "unit = \"points\"");
    assert!(read_where(&table(&points), false).is_ok());
    assert!(read_where(&table(&points), true).is_err(), "whatever the reward is counted in");
}

#[test]
fn a_grant_is_an_instruction_and_no_consent() {
    let grant = PURPOSE.replace("kind = \"purpose\"", "kind = \"grant\"").replace("terms = \"t1\"\n", "");
    let told = read(&grant).unwrap_err();
    assert_eq!((told.len(), told[0].field.as_str()), (1, "lawful_basis"));
    let grant = grant.replace("A6-1-a", "A20");
    assert!(read(&grant).is_ok());
    let special = grant.replace("optional = true", "special_category = true");
    let told = read(&special).unwrap_err();
    assert_eq!((told.len(), told[0].field.as_str()), (1, "impact_assessment"));
}

#[test]
fn an_id_tells_nothing() {
    for id in ["p7", "abc123", "n0"] {
        assert_eq!(Id::new(id).unwrap().as_str(), id);
    }
    for id in ["", "p", "7", "P7", "abcd1", "p7x", "p-7", "diabetes", "p7 ", "p1234567890123"] {
        assert!(Id::new(id).is_err(), "{id:?}");
    }
}

#[test]
fn texts_fall_back_to_the_main_language() {
    let texts: Texts = serde_json::from_value(json!({ "en": "Hello", "de": "Hallo" })).unwrap();
    assert_eq!((texts.of("de"), texts.of("fr"), texts.iter().count()), ("Hallo", "Hello", 2));
}
