//! What messages say: CloudEvents 1.0 in its structured form (`openapi/consent-stream.yaml`). Never a volunteered value,
//! never a customer id.

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::instant;
use counterfoil_domain::ids::{ConsentId, EntryId, ItemId, PropagationId, Pseudonym, RecordId};
use counterfoil_store::consents::Consent;
use counterfoil_store::items::Item;
use counterfoil_store::outbox::Topic;
use counterfoil_store::{Error, Result};
use serde::Serialize;

/// Who tells, and when it happened.
pub(super) struct Moment<'a> {
    pub(super) source: &'a str,
    pub(super) at: DateTime<Utc>,
}

/// The envelope. Its id names what it is about and which state of that, so that whoever gets it twice sees so.
#[derive(Serialize)]
struct Envelope<'a, D> {
    specversion: &'static str,
    id: String,
    source: &'a str,
    #[serde(rename = "type")]
    event_type: &'static str,
    subject: RecordId,
    time: String,
    datacontenttype: &'static str,
    data: &'a D,
}

fn write(
    moment: &Moment<'_>,
    event_type: &'static str,
    (record, version): (RecordId, i64),
    data: &impl Serialize,
) -> Result<Vec<u8>> {
    let event = Envelope {
        specversion: "1.0",
        id: format!("{record}/{version}"),
        source: moment.source,
        event_type,
        subject: record,
        time: instant(moment.at),
        datacontenttype: "application/json",
        data,
    };
    serde_json::to_vec(&event).map_err(|error| Error::Unexpected(format!("a message: {error}")))
}

#[derive(Serialize)]
struct Published<'a> {
    id: &'a str,
    hash: &'a str,
}

/// Where a consent stands: one customer, one purpose.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConsentState<'a> {
    pseudonym: Pseudonym,
    record: RecordId,
    version: i64,
    consent_id: ConsentId,
    purpose: Published<'a>,
    state: &'static str,
    in_force: bool,
    given_at: Option<String>,
    expires_at: Option<String>,
    ended_at: Option<String>,
    entry_id: EntryId,
}

impl<'a> ConsentState<'a> {
    pub(super) fn of(consent: &'a Consent, pseudonym: Pseudonym, entry_id: EntryId) -> Self {
        Self {
            pseudonym,
            record: consent.record,
            version: consent.version,
            consent_id: consent.consent_id,
            purpose: Published { id: &consent.purpose, hash: &consent.purpose_hash },
            state: consent.state.iri(),
            in_force: consent.state.is_in_force(),
            given_at: consent.given_at.map(instant),
            expires_at: consent.expires_at.map(instant),
            ended_at: consent.ended_at.map(instant),
            entry_id,
        }
    }

    pub(super) fn body(&self, moment: &Moment<'_>) -> Result<Vec<u8>> {
        write(moment, "counterfoil.consent.changed.v1", (self.record, self.version), self)
    }
}

#[derive(Serialize)]
struct Asked<'a> {
    id: &'a str,
    version: i32,
    hash: &'a str,
}

/// That an item is there to be fetched for its purpose.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ItemState<'a> {
    pseudonym: Pseudonym,
    record: RecordId,
    version: i64,
    item_id: ItemId,
    consent_id: ConsentId,
    purpose: &'a str,
    ask: Asked<'a>,
    state: &'static str,
    submitted_at: String,
    entry_id: EntryId,
}

impl<'a> ItemState<'a> {
    pub(super) fn of(item: &'a Item, pseudonym: Pseudonym, entry_id: EntryId) -> Self {
        Self {
            pseudonym,
            record: item.record,
            version: item.version,
            item_id: item.item_id,
            consent_id: item.consent_id,
            purpose: &item.purpose,
            ask: Asked { id: &item.ask, version: item.ask_version, hash: &item.ask_hash },
            state: item.state.name(),
            submitted_at: instant(item.submitted_at),
            entry_id,
        }
    }

    pub(super) fn body(&self, moment: &Moment<'_>) -> Result<Vec<u8>> {
        write(moment, "counterfoil.item.changed.v1", (self.record, self.version), self)
    }
}

/// That something is gone, for good.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Gone {
    pub(super) pseudonym: Pseudonym,
    pub(super) record: RecordId,
    pub(super) version: i64,
    pub(super) deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) item_id: Option<ItemId>,
    /// What systems that had fetched it answer to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) propagation_id: Option<PropagationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entry_id: Option<EntryId>,
}

impl Gone {
    pub(super) fn body(&self, moment: &Moment<'_>, topic: Topic) -> Result<Vec<u8>> {
        let event_type = match topic {
            Topic::Consents => "counterfoil.consent.gone.v1",
            Topic::Volunteered => "counterfoil.item.gone.v1",
        };
        write(moment, event_type, (self.record, self.version), self)
    }
}
