//! Putting messages into quarantine and taking them out again.

use chrono::{DateTime, Duration, Utc};
use counterfoil_domain::stream::Rejection;
use counterfoil_store::keys::Keys;
use counterfoil_store::quarantine::{self, Place, Quarantined};
use counterfoil_store::{Error, Result, Store};

use crate::message::Message;

/// Most bytes of a message that are kept.
const MOST: usize = 8 << 20;

/// The row of a message that goes to quarantine: its bytes sealed under the month's key, blind indexes of the ids that
/// could be read.
pub(crate) fn hold(
    keys: &Keys,
    message: Option<&Message>,
    rejection: &Rejection,
    now: DateTime<Utc>,
) -> Result<Option<Quarantined>> {
    let Some(message) = message else { return Ok(None) };
    let month = month(now);
    let mut kept = message.clone();
    if let Some(value) = &mut kept.value {
        value.truncate(MOST);
    }
    let bytes = kept.to_bytes().map_err(|error| Error::Unexpected(format!("quarantine: {error}")))?;
    let key = keys.named(&key_name(&month))?;
    Ok(Some(Quarantined {
        source: message.place.source.clone(),
        partition_no: message.place.partition,
        message_offset: message.place.offset,
        reason: rejection.reason.to_owned(),
        pointer: rejection.pointer.clone(),
        detail: rejection.detail.clone(),
        customer_index: rejection.customer_id.as_deref().map(|id| keys.customer_index(id).to_vec()),
        order_index: rejection
            .order_id
            .as_deref()
            .map(|id| keys.object_id("", "order", id).as_bytes().to_vec()),
        message: keys.seal(&key, &aad(&message.place), &bytes)?,
        month,
        recorded_at: now.naive_utc(),
    }))
}

/// Opens a message in quarantine.
pub fn open(keys: &Keys, row: &Quarantined) -> Result<Message> {
    let place = Place { source: row.source.clone(), partition: row.partition_no, offset: row.message_offset };
    let bytes = keys.open_sealed(&keys.named(&key_name(&row.month))?, &aad(&place), &row.message)?;
    let name = format!("{}/{}/{}", place.source, place.partition, place.offset);
    Message::from_bytes(place, &bytes).ok_or_else(|| Error::corrupt("quarantine", "message", name))
}

/// How long a message is kept, in days.
const KEPT_DAYS: i64 = 30;

/// Deletes what is older than thirty days, and destroys the keys of months in which nothing is left. How many messages.
pub fn purge(store: &Store, keys: &Keys, now: DateTime<Utc>) -> Result<usize> {
    let before = now - Duration::days(KEPT_DAYS);
    let deleted = store.write_blocking(|conn| quarantine::purge(conn, before))?;
    let oldest = key_name(&month(before));
    for name in keys.names(&key_name(""))?.into_iter().filter(|name| *name < oldest) {
        keys.destroy_named(&name)?;
    }
    Ok(deleted)
}

fn month(at: DateTime<Utc>) -> String {
    format!("{}", at.format("%Y-%m"))
}

fn key_name(month: &str) -> String {
    format!("quarantine/{month}")
}

fn aad(place: &Place) -> Vec<u8> {
    format!("{}\0{}\0{}", place.source, place.partition, place.offset).into_bytes()
}
