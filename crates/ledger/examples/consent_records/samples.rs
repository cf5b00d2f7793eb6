//! Records of every kind, as the ledger's entries would make them.

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::{Actor, Commitment, Display, EntryType, Header};
use counterfoil_domain::ids::{EntryId, RecordId};
use counterfoil_ledger::record::{
    Amount, Configuration, Inputs, Measure, Notice, Party, PersonalData, Purpose, Recipient, RecipientRole,
    Record, Retention, Right, Sensitivity, StorageLocation, ValueOffered,
};
use serde_json::{Value, json};

/// What can go wrong where samples are made.
pub type Fault = Box<dyn std::error::Error>;

/// The pseudonym of the samples' customer.
pub const SUBJECT: &str = "sub_gmydamrqgaydambqga2dami";
/// The public id of the samples' app.
pub const APP: &str = "app_aeaqcaibaeaqcaibaeaqcaibae";

/// The canonical bytes of every sample, by name.
pub fn documents() -> Result<Vec<(&'static str, Vec<u8>)>, Fault> {
    let grants = [grant_configuration()];
    let moved = [grant_configuration(), moved_configuration()];
    let consents = [consent_configuration()];
    let health = [health_configuration()];
    let parent = parent();
    let record = |headers: &[Value], configurations: &[Configuration]| {
        Record::new(&Inputs { subject: SUBJECT, representative: Some(&parent), headers, configurations })
    };
    let at = instant("2026-12-24T18:30:01.000Z")?;
    let receipt = "rcp_aeaqcaibaeaqcaibaeaqcaibae";
    let withdrawn = grant_headers(&[GIVEN, AMENDED, WITHDRAWN])?;
    Ok(vec![
        ("grant-given-amended-withdrawn", record(&withdrawn, &grants)?.canonical()?),
        ("grant-receipt", record(&withdrawn, &grants)?.into_receipt(receipt, at)?.canonical()?),
        ("grant-refused", record(&grant_headers(&[REFUSED])?, &grants)?.canonical()?),
        ("grant-revoked-after-a-move", record(&moved_headers()?, &moved)?.canonical()?),
        ("consent-with-value", record(&consent_headers(), &consents)?.canonical()?),
        ("consent-receipt", record(&consent_headers(), &consents)?.into_receipt(receipt, at)?.canonical()?),
        ("consent-refused", record(&refused_headers(), &consents)?.canonical()?),
        ("consent-of-a-child-renewed", record(&renewed_headers(), &health)?.canonical()?),
    ])
}

/// An entry about a grant: type, state, day and end.
pub type Step = (EntryType, &'static str, &'static str, Option<&'static str>);

/// The customer said yes for 90 days.
pub const GIVEN: Step =
    (EntryType::GrantGiven, "given", "2026-11-24T11:02:03.123Z", Some("2027-02-22T11:02:03.123Z"));
/// The customer changed what it lets out.
pub const AMENDED: Step =
    (EntryType::GrantAmended, "active", "2026-12-01T08:00:00.000Z", Some("2027-03-01T08:00:00.000Z"));
/// The customer stopped it.
pub const WITHDRAWN: Step = (EntryType::GrantWithdrawn, "withdrawn", "2026-12-24T18:30:00.500Z", None);
/// The customer said no.
pub const REFUSED: Step = (EntryType::GrantRefused, "refused", "2026-11-24T11:02:03.123Z", None);

/// Headers of a grant that was asked for and then went through `steps`.
pub fn grant_headers(steps: &[Step]) -> Result<Vec<Value>, Fault> {
    let asked = (EntryType::GrantRequested, "requested", "2026-11-24T10:58:41.007Z", None);
    let mut prev = None;
    [&[asked], steps]
        .concat()
        .into_iter()
        .zip(1..)
        .map(|(step, number)| grant_header(step, number, &mut prev))
        .collect()
}

fn grant_header(step: Step, number: u8, prev: &mut Option<Commitment>) -> Result<Value, Fault> {
    let (entry_type, state, at, expires) = step;
    let is_shown = expires.is_some() || state == "requested" || state == "refused";
    let header = Header {
        id: EntryId([number; 16]),
        entry_type,
        record: RecordId([9; 16]),
        actor: match entry_type {
            EntryType::GrantRequested => Actor::App(APP.to_owned()),
            EntryType::GrantRevoked => Actor::Staff("s-17".to_owned()),
            _ => Actor::Customer,
        },
        effective_at: instant(at)?,
        recorded_at: instant(at)?,
        state: Some(state.to_owned()),
        basis: Some("eu-gdpr:A20".to_owned()),
        expires: expires.map(instant).transpose()?,
        config: Some(hash('a')),
        display: is_shown.then(|| Display {
            build: "0.1.0".to_owned(),
            language: "en".to_owned(),
            template: hash('1'),
            words: hash('2'),
        }),
        cause: None,
        payload: Some(Commitment([number; 32])),
        prev: prev.replace(Commitment([number; 32])),
    };
    Ok(serde_json::from_slice(&header.canonical()?)?)
}

/// A grant whose amendment rests on a later configuration than its beginning, and which the retailer then ended.
fn moved_headers() -> Result<Vec<Value>, Fault> {
    let revoked = (EntryType::GrantRevoked, "revoked", "2027-01-10T09:00:00.000Z", None);
    let mut headers = grant_headers(&[GIVEN, AMENDED, revoked])?;
    for header in headers.iter_mut().skip(2) {
        if let Some(config) = header.get_mut("config") {
            *config = json!(hash('b'));
        }
    }
    Ok(headers)
}

/// Headers of a consent that was asked for, given, reminded of, and closed by going dark.
pub fn consent_headers() -> Vec<Value> {
    let end = Some("2027-11-24T11:02:03.123Z");
    let mut dark =
        consent_header(14, "withdrawn", Some("dpv:ConsentWithdrawn"), "2027-02-03T09:00:00.000Z", None);
    if let Some(cause) = dark.get_mut("cause") {
        *cause = json!(format!("{}", EntryId([15; 16])));
    }
    vec![
        consent_header(11, "requested", Some("dpv:ConsentRequested"), "2026-11-24T10:58:41.007Z", None),
        consent_header(12, "given", Some("dpv:ConsentGiven"), "2026-11-24T11:02:03.123Z", end),
        consent_header(13, "reminded", None, "2027-02-01T09:00:00.000Z", None),
        dark,
    ]
}

fn refused_headers() -> Vec<Value> {
    vec![
        consent_header(11, "requested", Some("dpv:ConsentRequested"), "2026-11-24T10:58:41.007Z", None),
        consent_header(12, "deferred", Some("dpv:ConsentRequestDeferred"), "2026-11-24T10:59:00.000Z", None),
        consent_header(13, "refused", Some("dpv:ConsentRefused"), "2026-11-25T11:02:03.123Z", None),
    ]
}

/// Explicit consent that a parent gave and renewed, the second time by a letter that was typed in days later.
fn renewed_headers() -> Vec<Value> {
    let written = "https://w3id.org/dpv#RenewedConsentGiven";
    let mut headers = vec![
        consent_header(11, "given", Some("dpv:ConsentGiven"), "2026-11-24T11:02:03.123Z", None),
        consent_header(
            12,
            "renewed",
            Some(written),
            "2027-03-03T00:00:00.000Z",
            Some("2028-03-03T00:00:00.000Z"),
        ),
    ];
    for header in &mut headers {
        if let Some(members) = header.as_object_mut() {
            members.insert("actor".to_owned(), json!({ "kind": "representative", "ref": null }));
            members.insert("basis".to_owned(), json!("eu-gdpr:A9-2-a"));
            members.insert("config".to_owned(), json!(hash('d')));
            members.insert("recordedAt".to_owned(), json!("2027-03-10T08:15:00.250Z"));
        }
    }
    headers
}

fn consent_header(number: u8, act: &str, state: Option<&str>, at: &str, expires: Option<&str>) -> Value {
    let actor = if act == "requested" || act == "reminded" { "system" } else { "customer" };
    json!({
        "v": "1",
        "id": format!("{}", EntryId([number; 16])),
        "type": format!("consent.{act}"),
        "record": format!("{}", RecordId([10; 16])),
        "actor": { "kind": actor, "ref": null },
        "effectiveAt": at,
        "recordedAt": at,
        "state": state,
        "basis": state.map(|_| "eu-gdpr:A6-1-a"),
        "expires": expires,
        "config": hash('c'),
        "display": expires.map(|_| json!({ "build": "0.1.0", "language": "en", "template": hash('1'), "words": hash('2') })),
        "cause": null,
        "payload": null,
        "prev": null,
    })
}

fn instant(text: &str) -> Result<DateTime<Utc>, Fault> {
    Ok(text.parse()?)
}

/// A fingerprint that is told apart by its digit.
pub fn hash(digit: char) -> String {
    format!("sha256:{}", String::from(digit).repeat(64))
}

/// What the samples' grants rest on.
pub fn grant_configuration() -> Configuration {
    let data = |category: &str, words: &str, optional| PersonalData {
        category: category.to_owned(),
        attribute: None,
        words: Some(words.to_owned()),
        optional,
        sensitivity: Sensitivity::Ordinary,
    };
    Configuration {
        hash: hash('a'),
        notice: Notice { digest: hash('3'), language: "en".to_owned() },
        purposes: vec![Purpose {
            id: "p1".to_owned(),
            term: "dpv:RightsFulfilment".to_owned(),
            words: "To give the app that you chose the purchases that you chose.".to_owned(),
        }],
        personal_data: vec![
            data("pd:Purchase", "What you bought, when and for how much", false),
            data("pd:Location", "Which shop", true),
        ],
        controller: retailer(),
        recipients: vec![Recipient {
            role: RecipientRole::ThirdParty,
            party: Party {
                id: APP.to_owned(),
                name: "Ledgerly Ltd".to_owned(),
                address: "2 Quay, Cork, Ireland".to_owned(),
                contact: "https://app.example/contact".to_owned(),
                url: Some("https://app.example/".to_owned()),
            },
        }],
        storage: vec![StorageLocation { place: "IE".to_owned(), words: Some("Our data centre".to_owned()) }],
        retention: Retention::For { period: "P10Y".to_owned(), words: None },
        jurisdictions: vec!["EU".to_owned()],
        withdrawal: "https://stores.example/apps".to_owned(),
        rights: rights(&["A15", "A17", "A21", "A77"]),
        authority: None,
        value: None,
    }
}

/// The same after the retailer moved to another address.
fn moved_configuration() -> Configuration {
    let mut configuration = Configuration { hash: hash('b'), ..grant_configuration() };
    "9 New Street, Galway, Ireland".clone_into(&mut configuration.controller.address);
    configuration
}

/// What the samples' consents rest on.
pub fn consent_configuration() -> Configuration {
    Configuration {
        hash: hash('c'),
        purposes: vec![Purpose {
            id: "p7".to_owned(),
            term: "dpv:ProvidePersonalisedRecommendations".to_owned(),
            words: "To suggest things that you may like.".to_owned(),
        }],
        personal_data: vec![PersonalData {
            category: "pd:Preference".to_owned(),
            attribute: Some("a3".to_owned()),
            words: Some("What you like to cook".to_owned()),
            optional: false,
            sensitivity: Sensitivity::Ordinary,
        }],
        recipients: Vec::new(),
        retention: Retention::Until("You take it back".to_owned()),
        withdrawal: "https://stores.example/told".to_owned(),
        rights: rights(&["A7-3", "A15", "A16", "A17", "A20", "A77"]),
        authority: Some(Party {
            id: "dataprotection.ie".to_owned(),
            name: "Data Protection Commission".to_owned(),
            address: "6 Pembroke Row, Dublin, Ireland".to_owned(),
            contact: "https://www.dataprotection.ie/".to_owned(),
            url: None,
        }),
        value: Some(ValueOffered {
            words: "Five euros off your next order".to_owned(),
            amount: Some(Amount { number: "5.00".to_owned(), of: Measure::Currency("EUR".to_owned()) }),
        }),
        ..grant_configuration()
    }
}

fn health_configuration() -> Configuration {
    Configuration {
        hash: hash('d'),
        personal_data: vec![PersonalData {
            category: "https://w3id.org/dpv/pd#Health".to_owned(),
            attribute: Some("a4".to_owned()),
            words: None,
            optional: true,
            sensitivity: Sensitivity::Special,
        }],
        recipients: vec![
            Recipient {
                role: RecipientRole::OwnDepartment,
                party: Party { id: "r2".to_owned(), ..retailer() },
            },
            Recipient {
                role: RecipientRole::Processor,
                party: Party { id: "r3".to_owned(), name: "Kitchen Cloud GmbH".to_owned(), ..retailer() },
            },
        ],
        storage: vec![StorageLocation { place: "DE-BY".to_owned(), words: None }],
        retention: Retention::For { period: "P6W".to_owned(), words: Some("Six weeks".to_owned()) },
        value: Some(ValueOffered {
            words: "Fifty points".to_owned(),
            amount: Some(Amount { number: "50".to_owned(), of: Measure::Unit("points".to_owned()) }),
        }),
        ..consent_configuration()
    }
}

fn retailer() -> Party {
    Party {
        id: "stores.example".to_owned(),
        name: "Example Stores Ltd".to_owned(),
        address: "1 High Street, Dublin, Ireland".to_owned(),
        contact: "privacy@stores.example".to_owned(),
        url: Some("https://stores.example/".to_owned()),
    }
}

fn parent() -> Party {
    Party {
        id: "rep_1".to_owned(),
        name: "rep_1".to_owned(),
        address: "That of the customer".to_owned(),
        contact: "By the customer's account".to_owned(),
        url: None,
    }
}

fn rights(terms: &[&str]) -> Vec<Right> {
    let url = "https://stores.example/rights";
    terms.iter().map(|term| Right { term: format!("eu-gdpr:{term}"), url: url.to_owned() }).collect()
}
