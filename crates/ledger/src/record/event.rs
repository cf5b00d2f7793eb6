//! 27560, events: what happened to a consent or a grant.

use serde::Serialize;

use super::Kind;
use super::entries::{Chain, Display, Entry};
use super::process::Duration;

/// An event as it stands in the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    #[serde(rename = "@id")]
    iri: String,
    position: usize,
    entry_id: String,
    entry_type: String,
    #[serde(rename = "eventTime")]
    time: String,
    recorded_at: String,
    validity_duration: Duration,
    entity_id: String,
    #[serde(rename = "eventType")]
    expression: &'static str,
    #[serde(rename = "eventState")]
    state: String,
    processing: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    indication_method: Option<Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Shown {
    build: String,
    language: String,
    template: String,
    words: String,
}

impl Event {
    /// The event at `position` (from 1), expressed by the party `by` about the process `processing`, both IRIs.
    pub(super) fn new(
        entry: &Entry<'_>,
        position: usize,
        chain: &Chain<'_>,
        by: String,
        processing: String,
    ) -> Self {
        Self {
            iri: entry_iri(&entry.id),
            position,
            entry_id: format!("{}", entry.id),
            entry_type: entry.type_name.to_owned(),
            time: entry.effective_at.to_owned(),
            recorded_at: entry.recorded_at.to_owned(),
            validity_duration: validity(entry),
            entity_id: by,
            expression: expression(chain.basis),
            state: format!("{}:{}", chain.kind.state_prefix(), entry.state),
            processing,
            indication_method: entry.display.as_ref().map(shown),
            cause: entry.cause.map(|cause| entry_iri(&cause)),
            payload: entry.payload.map(str::to_owned),
        }
    }
}

impl Kind {
    fn state_prefix(self) -> &'static str {
        match self {
            Self::Consent => "dpv",
            Self::Grant => "counterfoil",
        }
    }
}

fn entry_iri(id: &impl std::fmt::Display) -> String {
    format!("urn:counterfoil:entry:{id}")
}

/// 27560 `event_type`: how a consent is expressed. Art. 9(2)(a) demands an explicit one. For a grant it is the right.
fn expression(basis: &str) -> &'static str {
    match basis {
        "eu-gdpr:A6-1-a" => "dpv:ExpressedConsent",
        "eu-gdpr:A9-2-a" => "dpv:ExplicitlyExpressedConsent",
        _ => crate::grants::BASIS,
    }
}

/// 27560 `validity_duration`. It is mandatory also where nothing was agreed about time: then it says what ends the state.
fn validity(entry: &Entry<'_>) -> Duration {
    if let Some(expires) = entry.expires {
        return Duration::UntilTime { until: expires.to_owned() };
    }
    let event = match entry.state {
        "ConsentGiven" | "RenewedConsentGiven" | "given" | "active" | "paused" => "It is ended",
        "ConsentUnknown" | "ConsentRequested" | "ConsentRequestDeferred" | "requested" => "It is answered",
        _ => return Duration::Endless {},
    };
    Duration::UntilEvent { event: event.to_owned() }
}

fn shown(display: &Display<'_>) -> Shown {
    Shown {
        build: display.build.to_owned(),
        language: display.language.to_owned(),
        template: display.template.to_owned(),
        words: display.words.to_owned(),
    }
}
