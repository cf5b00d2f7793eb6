//! The hard cases of `tests/cases` that need no more than decoding and merging; its README tells their form. The
//! same files go through the whole of ingest elsewhere.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test"
)]

#[cfg(test)]
mod fold;

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use counterfoil_domain::stream::{Message, Seller, Source, Sources};
use fold::{Fold, Outcome};
use iso_currency::Currency;
use serde_json::{Map, Value, json};

struct Sent {
    headers: Vec<(String, Vec<u8>)>,
    value: Option<Vec<u8>>,
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("tests/cases")
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    files
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn sources(case: &Value) -> Sources {
    let source = |settings: &Value| Source {
        namespace: text(&settings["namespace"]).unwrap_or_default(),
        customer_scheme: text(&settings["customerScheme"]).unwrap_or_default(),
        timezone: settings["timezone"].as_str().map(|zone| zone.parse().unwrap()),
        seller: settings["seller"].as_object().map(|seller| Seller {
            name: text(&seller["name"]).unwrap(),
            legal_name: seller.get("legalName").and_then(text),
            vat_id: seller.get("vatId").and_then(text),
        }),
        currency: settings["currency"]
            .as_str()
            .map_or(Currency::XXX, |code| Currency::from_code(code).unwrap()),
        ..Source::default()
    };
    let named: HashMap<String, Source> = case["sources"]
        .as_object()
        .map(|all| all.iter().map(|(name, settings)| (name.clone(), source(settings))).collect())
        .unwrap_or_default();
    Sources::new(Source::default(), named)
}

fn sent(message: &Value) -> Sent {
    let mut event = message.get("value").cloned();
    let generate = &message["generate"];
    // In a structured message the data is a member, in a binary one it is the value.
    if let Some(event) = &mut event {
        let data = if event.get("specversion").is_some() { &mut event["data"] } else { event };
        if let Some(count) = generate["lines"].as_u64() {
            data["lines"] = (1..=count)
                .map(|id| json!({"lineId": id.to_string(), "sku": "s", "name": "n", "quantity": 1, "net": "0.01"}))
                .collect();
        }
        if let Some(depth) = generate["depth"].as_u64() {
            data["deep"] = (0..depth).fold(json!(1), |inner, _| json!([inner]));
        }
    }
    let mut value = if let Some(text) = message["text"].as_str() {
        Some(text.as_bytes().to_vec())
    } else if let Some(bytes) = message["base64"].as_str() {
        Some(STANDARD.decode(bytes).unwrap())
    } else {
        event.filter(|event| !event.is_null()).map(|event| serde_json::to_vec(&event).unwrap())
    };
    if let (Some(value), Some(size)) = (&mut value, generate["padTo"].as_u64()) {
        value.resize(usize::try_from(size).unwrap(), b' ');
    }
    let headers = message["headers"].as_object().cloned().unwrap_or_default();
    let headers = headers.into_iter().map(|(name, text)| (name, text.as_str().unwrap().as_bytes().to_vec()));
    Sent { headers: headers.collect(), value }
}

fn run(messages: &[&Sent], sources: &Sources) -> (Fold, BTreeMap<&'static str, usize>) {
    let mut fold = Fold::default();
    let mut counts = BTreeMap::new();
    for sent in messages {
        let headers: Vec<(&str, &[u8])> =
            sent.headers.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let content_type = sent.headers.iter().find(|(name, _)| name == "content-type");
        let content_type = content_type.map(|(_, bytes)| std::str::from_utf8(bytes).unwrap());
        let message = Message { content_type, headers: &headers, value: sent.value.as_deref() };
        let name = match fold.take(&message, sources) {
            None | Some(Outcome::Stored) => continue,
            Some(Outcome::Act) => "acts",
            Some(Outcome::Duplicate) => "duplicates",
            Some(Outcome::Stale) => "stale",
            Some(Outcome::Skipped) => "skipped",
            Some(Outcome::Tombstone) => "tombstones",
        };
        *counts.entry(name).or_default() += 1;
    }
    (fold, counts)
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

fn check_purchases(fold: &Fold, expected: &Value) -> Result<(), String> {
    let mut served = fold.served();
    for purchase in expected["purchases"].as_array().unwrap_or(&Vec::new()) {
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

fn check(case: &Value) -> Result<(), String> {
    let expected = &case["expect"];
    let sources = sources(case);
    let sent: Vec<Sent> = case["messages"].as_array().unwrap().iter().map(sent).collect();
    let in_order: Vec<&Sent> = sent.iter().collect();
    let (fold, counts) = run(&in_order, &sources);
    if counts.contains_key("acts") {
        // Who is who is known to the database alone: such a case is checked where there is one.
        return Ok(());
    }
    check_purchases(&fold, expected)?;
    let quarantined: Vec<(String, String)> = expected["quarantined"]
        .as_array()
        .map(|all| {
            all.iter().map(|one| (text(&one["reason"]).unwrap(), text(&one["pointer"]).unwrap())).collect()
        })
        .unwrap_or_default();
    if quarantined != fold.quarantined {
        return Err(format!("quarantined {:?}, not {quarantined:?}", fold.quarantined));
    }
    for name in ["duplicates", "stale", "skipped", "tombstones"] {
        let count = counts.get(name).copied().unwrap_or_default();
        if expected[name].as_u64().unwrap_or_default() != u64::try_from(count).unwrap() {
            return Err(format!("{count} {name}"));
        }
    }
    if expected["unlinked"].as_u64().unwrap_or_default() != u64::try_from(fold.unlinked()).unwrap() {
        return Err(format!("{} unlinked", fold.unlinked()));
    }
    if case["anyOrder"] == true {
        for order in permutations(sent.len()) {
            let messages: Vec<&Sent> = order.iter().map(|at| &sent[*at]).collect();
            check_purchases(&run(&messages, &sources).0, expected)
                .map_err(|why| format!("{order:?}: {why}"))?;
        }
    }
    Ok(())
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(count - 1);
    shorter
        .iter()
        .flat_map(|order| {
            (0..count).map(move |place| {
                let mut longer = order.clone();
                longer.insert(place, count - 1);
                longer
            })
        })
        .collect()
}

#[test]
fn every_case_comes_to_what_it_expects() {
    let files = files();
    let mut wrong = Vec::new();
    for file in &files {
        let case: Value = serde_json::from_slice(&std::fs::read(file).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        assert_eq!(case["name"], Value::String(name.clone()), "a case is named as its file");
        if let Err(why) = check(&case) {
            wrong.push(format!("{name}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), files.len(), wrong.join("\n"));
    assert!(files.len() >= 60, "{} cases", files.len());
}
