//! Every case of `tests/cases`, whose README tells their form: one message a batch, all in one batch, all again, and
//! in reverse where the order does not matter.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use counterfoil_domain::stream::{Decoded, Identity, Seller, Source, Sources};
use counterfoil_events::counts::Counts;
use counterfoil_events::message::Message;
use counterfoil_events::recorder::Recorder;
use counterfoil_store::quarantine::{self, Place};
use iso_currency::Currency;
use serde_json::{Map, Value, json};

use crate::database::Database;
use crate::realm::Realm;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    files.sort();
    files
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn sources(case: &Value) -> Sources {
    let source = |settings: &Value| Source {
        namespace: text(&settings["namespace"]).unwrap_or_default(),
        timezone: settings["timezone"].as_str().map(|zone| zone.parse().unwrap()),
        seller: settings["seller"].as_object().map(|seller| Seller {
            name: text(&seller["name"]).unwrap(),
            legal_name: seller.get("legalName").and_then(text),
            vat_id: seller.get("vatId").and_then(text),
        }),
        currency: settings["currency"]
            .as_str()
            .map_or(Currency::XXX, |code| Currency::from_code(code).unwrap()),
        customer_scheme: text(&settings["customerScheme"]).unwrap_or_default(),
        ..Source::default()
    };
    let named = case["sources"].as_object().into_iter().flatten();
    let named: HashMap<String, Source> =
        named.map(|(name, settings)| (name.clone(), source(settings))).collect();
    Sources::new(Source::default(), named)
}

/// The value with what is to be generated in it.
fn grown(mut event: Value, generate: &Value) -> Value {
    // In a structured message the data is a member, in a binary one it is the value.
    let data = if event.get("specversion").is_some() { &mut event["data"] } else { &mut event };
    if let Some(count) = generate["lines"].as_u64() {
        data["lines"] = (1..=count)
            .map(
                |id| json!({"lineId": id.to_string(), "sku": "s", "name": "n", "quantity": 1, "net": "0.01"}),
            )
            .collect();
    }
    if let Some(depth) = generate["depth"].as_u64() {
        data["deep"] = (0..depth).fold(json!(1), |inner, _| json!([inner]));
    }
    event
}

fn sent(number: usize, message: &Value) -> Message {
    let generate = &message["generate"];
    let mut value = match (message["text"].as_str(), message["base64"].as_str()) {
        (Some(text), _) => Some(text.as_bytes().to_vec()),
        (None, Some(bytes)) => Some(data_encoding::BASE64.decode(bytes.as_bytes()).unwrap()),
        (None, None) => {
            let event = message.get("value").filter(|event| !event.is_null());
            event.map(|event| serde_json::to_vec(&grown(event.clone(), generate)).unwrap())
        }
    };
    if let (Some(value), Some(size)) = (&mut value, generate["padTo"].as_u64()) {
        value.resize(usize::try_from(size).unwrap(), b' ');
    }
    let headers = message["headers"].as_object().cloned().unwrap_or_default();
    let headers = headers.into_iter().map(|(name, text)| (name, text.as_str().unwrap().as_bytes().to_vec()));
    let place = Place { source: "orders".to_owned(), partition: 0, offset: i64::try_from(number).unwrap() };
    Message { place, key: None, headers: headers.collect(), value }
}

/// Whether everything that is expected is there; `null` expects absence.
fn matches(served: &Value, expected: &Value) -> bool {
    match (served, expected) {
        (Value::Object(served), Value::Object(expected)) => expected.iter().all(|(key, value)| {
            if value.is_null() {
                !served.contains_key(key)
            } else {
                served.get(key).is_some_and(|one| matches(one, value))
            }
        }),
        (Value::Array(served), Value::Array(expected)) => {
            served.len() == expected.len()
                && served.iter().zip(expected).all(|(one, other)| matches(one, other))
        }
        _ => served == expected,
    }
}

type Served = BTreeMap<String, Vec<Value>>;

fn check_purchases(mut served: Served, expected: &Value) -> Result<(), String> {
    for purchase in expected["purchases"].as_array().into_iter().flatten() {
        let mut wanted: Map<String, Value> = purchase.as_object().unwrap().clone();
        let customer = wanted.remove("customerId").and_then(|id| text(&id)).unwrap();
        let wanted = Value::Object(wanted);
        let all = served.entry(customer.clone()).or_default();
        match all.iter().position(|one| matches(one, &wanted)) {
            Some(place) => drop(all.remove(place)),
            None => return Err(format!("{customer} is not served {wanted:#}\nbut {all:#?}")),
        }
    }
    let left: Vec<Value> = served.into_values().flatten().collect();
    if left.is_empty() { Ok(()) } else { Err(format!("also served: {left:#?}")) }
}

/// Every customer that an event about who is who names.
fn named(content: Identity) -> Vec<(String, String)> {
    let customer = |id| (String::new(), id);
    match content {
        Identity::Linked { customer_id, .. }
        | Identity::Unlinked { customer_id, .. }
        | Identity::Erased { customer_id, .. } => vec![customer(customer_id)],
        Identity::Identified { customer_id, aliases } => {
            let aliases = aliases.into_iter().map(|alias| (alias.scheme, alias.id));
            aliases.chain([customer(customer_id)]).collect()
        }
        Identity::Merged { from, into, .. } => vec![customer(from), customer(into)],
        Identity::Split { .. } => Vec::new(),
    }
}

/// A case with its messages ready.
struct Case {
    file: Value,
    messages: Vec<Message>,
    /// Scheme and id of everybody who is named.
    names: BTreeSet<(String, String)>,
}

impl Case {
    fn read(file: &Path) -> Self {
        let case: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let messages: Vec<Message> =
            case["messages"].as_array().unwrap().iter().enumerate().map(|(n, one)| sent(n, one)).collect();
        let sources = sources(&case);
        let names = messages.iter().map(|message| match message.decode(&sources) {
            Ok(Decoded::Event(event)) => {
                let event = *event;
                event.customer_id.into_iter().map(|id| (event.customer_scheme.clone(), id)).collect()
            }
            Ok(Decoded::Act(act)) => named(act.content),
            _ => Vec::new(),
        });
        let names = names.flatten().collect();
        Self { file: case, messages, names }
    }

    fn recorder(&self, realm: &Realm) -> Recorder {
        realm.clear();
        realm.recorder(sources(&self.file))
    }

    /// What customers are served; not what lies with an alias that is nobody's.
    fn served(&self, realm: &Realm) -> Served {
        let mut served = realm.served_by_name(&self.names);
        served.retain(|name, _| self.names.contains(&(String::new(), name.clone())));
        served
    }

    /// The orders that are their customer's for another reason than that they name exactly this customer.
    fn check_joined(&self, realm: &Realm) -> Result<(), String> {
        let orders = |served: Served| -> BTreeSet<String> {
            served.into_values().flatten().filter_map(|one| text(&one["orderId"])).collect()
        };
        let before = orders(realm.served_before(&self.names));
        let joined: BTreeSet<String> = orders(self.served(realm)).difference(&before).cloned().collect();
        let wanted = self.expect()["joined"].as_array().into_iter().flatten().filter_map(text).collect();
        if joined == wanted { Ok(()) } else { Err(format!("joined {joined:?}, not {wanted:?}")) }
    }

    fn expect(&self) -> &Value {
        &self.file["expect"]
    }

    fn check_counts(&self, counts: Counts) -> Result<(), String> {
        let count = |name: &str| self.expect()[name].as_u64().unwrap_or_default();
        let quarantined = self.expect()["quarantined"].as_array().map_or(0, Vec::len);
        let expected = Counts {
            read: u64::try_from(self.messages.len()).unwrap(),
            duplicates: count("duplicates"),
            stale: count("stale"),
            suppressed: count("suppressed"),
            quarantined: u64::try_from(quarantined).unwrap(),
            skipped: count("skipped"),
            tombstones: count("tombstones"),
            stored: 0,
        };
        let others = expected.duplicates
            + expected.stale
            + expected.suppressed
            + expected.quarantined
            + expected.skipped
            + expected.tombstones;
        let expected = Counts { stored: expected.read - others, ..expected };
        if counts == expected { Ok(()) } else { Err(format!("{counts:?}, not {expected:?}")) }
    }

    fn check_quarantine(&self, realm: &Realm) -> Result<(), String> {
        let held = realm.read(|conn| quarantine::list(conn, None, 1_000));
        let held: Vec<(String, String)> = held.into_iter().map(|row| (row.reason, row.pointer)).collect();
        let expected: Vec<(String, String)> = self.expect()["quarantined"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| (text(&one["reason"]).unwrap(), text(&one["pointer"]).unwrap()))
            .collect();
        if held == expected { Ok(()) } else { Err(format!("quarantined {held:?}, not {expected:?}")) }
    }

    fn check_whole(&self, realm: &Realm, counts: Counts) -> Result<(), String> {
        check_purchases(self.served(realm), self.expect())?;
        self.check_joined(realm)?;
        self.check_counts(counts)?;
        self.check_quarantine(realm)?;
        let unlinked = self.expect()["unlinked"].as_i64().unwrap_or_default();
        if unlinked == realm.unlinked() { Ok(()) } else { Err(format!("{} unlinked", realm.unlinked())) }
    }

    fn check(&self, realm: &Realm) -> Result<(), String> {
        let recorder = self.recorder(realm);
        let mut counts = Counts::default();
        for message in &self.messages {
            counts += recorder.record(std::slice::from_ref(message), &mut []).unwrap().counts;
        }
        self.check_whole(realm, counts).map_err(|why| format!("one message a batch: {why}"))?;
        let before = self.served(realm);
        let again = recorder.record(&self.messages, &mut []).unwrap().counts;
        if again.stored != 0 || before != self.served(realm) {
            return Err(format!("again: {again:?}, {:#?}", self.served(realm)));
        }
        self.check_quarantine(realm).map_err(|why| format!("again: {why}"))?;

        if self.file["apart"] != true {
            let recorder = self.recorder(realm);
            let counts = recorder.record(&self.messages, &mut []).unwrap().counts;
            self.check_whole(realm, counts).map_err(|why| format!("one batch: {why}"))?;
        }

        if self.file["anyOrder"] == true {
            let recorder = self.recorder(realm);
            for message in self.messages.iter().rev() {
                recorder.record(std::slice::from_ref(message), &mut []).unwrap();
            }
            check_purchases(self.served(realm), self.expect()).map_err(|why| format!("in reverse: {why}"))?;
            let recorder = self.recorder(realm);
            let reversed: Vec<Message> = self.messages.iter().rev().cloned().collect();
            recorder.record(&reversed, &mut []).unwrap();
            check_purchases(self.served(realm), self.expect())
                .and_then(|()| self.check_joined(realm))
                .map_err(|why| format!("one batch in reverse: {why}"))?;
        }
        Ok(())
    }
}

fn run(realm: &Realm) {
    let files = files();
    assert!(files.len() >= 60, "{} cases", files.len());
    let mut wrong = Vec::new();
    for file in &files {
        if let Err(why) = Case::read(file).check(realm) {
            wrong.push(format!("{}: {why}", file.file_stem().unwrap().to_string_lossy()));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), files.len(), wrong.join("\n"));
}

#[test]
fn every_case_on_sqlite() {
    run(&Realm::new(Database::sqlite()));
}

#[test]
fn every_case_on_postgres() {
    if let Some(database) = Database::postgres() {
        run(&Realm::new(database));
    }
}
