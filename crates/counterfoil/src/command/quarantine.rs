//! `quarantine …`: prints JSON.

use counterfoil_events::holding;
use counterfoil_store::quarantine::{self, Place, Quarantined};
use serde_json::{Value, json};

use crate::arguments::Quarantine;
use crate::config::Settings;
use crate::failure::Failure;
use crate::realm::Realm;

/// Messages replayed at most in one run.
const MOST: i64 = 100_000;

/// Runs a command on the quarantine.
pub fn run(settings: &Settings, command: Quarantine) -> Result<(), Failure> {
    let realm = Realm::open(settings)?;
    match command {
        Quarantine::List { reason: None, group: true, .. } => {
            let groups = realm.store.read_blocking(quarantine::groups)?;
            super::print(&grouped(&groups))
        }
        Quarantine::List { reason, limit, .. } => {
            let rows = realm.store.read_blocking(|conn| quarantine::list(conn, reason.as_deref(), limit))?;
            super::print(&rows.iter().map(described).collect::<Value>())
        }
        Quarantine::Show { message } => show(&realm, &message),
        Quarantine::Replay { reason } => replay(settings, &realm, reason.as_deref()),
    }
}

/// Counts by reason and field.
pub fn grouped(groups: &[(String, String, i64)]) -> Value {
    groups
        .iter()
        .map(|(reason, pointer, count)| json!({ "reason": reason, "pointer": pointer, "count": count }))
        .collect()
}

fn described(row: &Quarantined) -> Value {
    json!({
        "message": format!("{}/{}/{}", row.source, row.partition_no, row.message_offset),
        "source": row.source,
        "partition": row.partition_no,
        "offset": row.message_offset,
        "reason": row.reason,
        "pointer": row.pointer,
        "detail": row.detail,
        "recordedAt": row.recorded_at.and_utc(),
    })
}

fn show(realm: &Realm, name: &str) -> Result<(), Failure> {
    let place = place(name)
        .ok_or_else(|| Failure::Usage("a message is named SOURCE/PARTITION/OFFSET, as listed".to_owned()))?;
    let row = realm
        .store
        .read_blocking(|conn| quarantine::find(conn, &place))?
        .ok_or_else(|| Failure::Refused(format!("{name} is not in quarantine")))?;
    let message = holding::open(&realm.keys, &row)?;
    let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => json!({ "base64": data_encoding::BASE64.encode(bytes) }),
    };
    let headers: Vec<Value> =
        message.headers.iter().map(|(name, value)| json!({ "name": name, "value": text(value) })).collect();
    let mut answer = described(&row);
    if let Some(members) = answer.as_object_mut() {
        members.insert("key".to_owned(), message.key.as_deref().map_or(Value::Null, text));
        members.insert("headers".to_owned(), Value::Array(headers));
        members.insert("value".to_owned(), message.value.as_deref().map_or(Value::Null, text));
    }
    super::print(&answer)
}

fn place(name: &str) -> Option<Place> {
    let (rest, offset) = name.rsplit_once('/')?;
    let (source, partition) = rest.rsplit_once('/')?;
    Some(Place {
        source: source.to_owned(),
        partition: partition.parse().ok()?,
        offset: offset.parse().ok()?,
    })
}

/// Reads messages again. One that fails again stays, with the reason it has now.
fn replay(settings: &Settings, realm: &Realm, reason: Option<&str>) -> Result<(), Failure> {
    let recorder = realm.recorder(settings)?;
    let rows = realm.store.read_blocking(|conn| quarantine::list(conn, reason, MOST))?;
    let (mut released, mut stayed) = (0_u64, 0_u64);
    for row in rows {
        let message = holding::open(&realm.keys, &row)?;
        let outcome = recorder.record(std::slice::from_ref(&message), &mut [])?;
        // What is released leaves quarantine only after it is recorded, so that a crash between the two loses nothing.
        if outcome.counts.quarantined == 0 {
            realm.store.write_blocking(|conn| quarantine::remove(conn, &message.place))?;
            released += 1;
        } else {
            stayed += 1;
        }
    }
    super::print(&json!({ "released": released, "stayed": stayed }))
}
