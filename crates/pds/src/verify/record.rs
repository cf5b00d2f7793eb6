//! The record as other people's software reads it (`record.jsonld`): it must say of each step what the entries say.

use serde::Deserialize;

use super::receipt::Untrue;

/// The file.
pub(super) const RECORD: &str = "record.jsonld";

/// What a header says of a step.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Step {
    id: String,
    #[serde(rename = "type")]
    entry_type: String,
    effective_at: String,
    recorded_at: String,
    state: Option<String>,
    payload: Option<String>,
}

#[derive(Deserialize)]
struct Document {
    header: Heading,
    events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Heading {
    record_id: String,
}

/// An event as the record has it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    entry_id: String,
    entry_type: String,
    #[serde(rename = "eventTime")]
    time: String,
    recorded_at: String,
    #[serde(rename = "eventState")]
    state: String,
    payload: Option<String>,
}

impl Event {
    fn says(&self, step: &Step) -> bool {
        // States are a term of DPV, or a word of the log's own, each with a prefix in the record.
        let word = self.state.rsplit_once(':').map(|(_, word)| word);
        let state = step.state.as_deref().map(|state| state.rsplit(['#', ':']).next().unwrap_or(state));
        self.entry_id == step.id
            && self.entry_type == step.entry_type
            && self.time == step.effective_at
            && self.recorded_at == step.recorded_at
            && word == state
            && self.payload == step.payload
    }
}

/// Holds the record against the headers, which were checked before. A header without a state is no event, and that a
/// receipt was sent is none of the agreement's.
///
/// # Errors
/// [`Untrue`] names the first event that is not what its entry says.
pub(super) fn check(bytes: &[u8], record: &str, steps: &[Step]) -> Result<(), Untrue> {
    let wrong = |what: String| Untrue::new(RECORD, what);
    let document: Document =
        serde_json::from_slice(bytes).map_err(|error| wrong(format!("cannot be understood: {error}")))?;
    if document.header.record_id != record {
        return Err(wrong("is of another record than the entries".to_owned()));
    }
    let steps: Vec<&Step> =
        steps.iter().filter(|step| step.state.is_some() && step.entry_type != "receipt.sent").collect();
    if document.events.len() != steps.len() {
        return Err(wrong(format!("has {} events for {} entries", document.events.len(), steps.len())));
    }
    let differs = document.events.iter().zip(steps).position(|(event, step)| !event.says(step));
    differs.map_or(Ok(()), |at| Err(wrong(format!("event {} is not what its entry says", at + 1))))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    type Change = fn(&mut Value);

    fn document() -> Value {
        json!({ "header": { "recordId": "rec_a" }, "events": [{
            "entryId": "ent_a", "entryType": "grant.given", "eventTime": "2026-11-30T10:00:00.000Z",
            "recordedAt": "2026-11-30T10:00:00.000Z", "eventState": "counterfoil:given", "payload": "hmac-sha256:00"
        }] })
    }

    fn steps() -> Vec<Step> {
        let step = |entry_type: &str, state: Option<&str>| Step {
            id: "ent_a".to_owned(),
            entry_type: entry_type.to_owned(),
            effective_at: "2026-11-30T10:00:00.000Z".to_owned(),
            recorded_at: "2026-11-30T10:00:00.000Z".to_owned(),
            state: state.map(str::to_owned),
            payload: Some("hmac-sha256:00".to_owned()),
        };
        vec![step("grant.given", Some("given")), step("receipt.sent", None)]
    }

    fn checked(change: impl Fn(&mut Value)) -> Result<(), Untrue> {
        let mut document = document();
        change(&mut document);
        check(&serde_json::to_vec(&document).unwrap(), "rec_a", &steps())
    }

    #[test]
    fn a_record_says_what_the_entries_say() {
        checked(|_| ()).unwrap();
        let changes: [(Change, &str); 6] = [
            (|it| it["header"]["recordId"] = json!("rec_b"), "another record"),
            (|it| it["events"] = json!([]), "0 events for 1"),
            (|it| it["events"][0]["eventState"] = json!("counterfoil:withdrawn"), "event 1"),
            (|it| it["events"][0]["eventTime"] = json!("2026-11-30T10:00:01.000Z"), "event 1"),
            (|it| it["events"][0]["payload"] = json!(null), "event 1"),
            (|it| it["events"] = json!("none"), "understood"),
        ];
        for (change, says) in changes {
            let untrue = format!("{}", checked(change).unwrap_err());
            assert!(untrue.contains(says), "{says}: {untrue}");
        }
    }
}
