//! A consent or a grant as other people's software reads it: the record of ISO/IEC TS 27560:2023 as JSON-LD with the
//! terms of DPV 2.3, and the receipt that copies it.
//!
//! A [`Record`] is made of what the ledger holds (the headers of one record's entries, in order) and of what was
//! published (the [`Configuration`]s that those entries rest on). A grant is a customer's instruction under GDPR
//! Art. 20 and no consent: it has the same structure, another class and our own words for its states. Schema, shapes
//! and the table of fields are in `openapi/schemas`.

mod configuration;
mod entries;
mod event;
mod parties;
mod process;
mod published;

use chrono::{DateTime, Utc};
use counterfoil_domain::entry::{InvalidEntry, canonical, instant};
use serde::Serialize;
use serde_json::Value;

pub use self::configuration::{
    Amount, Configuration, Measure, Notice, Party, PersonalData, Purpose, Recipient, RecipientRole,
    Retention, Right, Sensitivity, StorageLocation, ValueOffered,
};
use self::entries::Entry;
use self::event::Event;
use self::parties::{PartyNode, Register, Role};
use self::process::{Process, Processes};
pub use self::published::Around;

/// A document brings its context with it, so that no reader fetches one.
const CONTEXT: &str = include_str!("../../../../openapi/schemas/consent-record.context.jsonld");
/// 27560 `schema_version`: the schema in `openapi/schemas`.
const SCHEMA_VERSION: &str = "urn:counterfoil:schema:consent-record:1";
/// The DPV profile of a consent record under GDPR.
const RECORD_PROFILE: &str = "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr";
/// The DPV profile of a consent receipt under GDPR.
const RECEIPT_PROFILE: &str = "https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr";

/// What a record is made of.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The pseudonym of the customer (27560 `pii_principal_id`).
    pub subject: &'a str,
    /// Who acted for the customer, where an entry says so.
    pub representative: Option<&'a Party>,
    /// The headers of one record's entries, opened, in the order of the log.
    pub headers: &'a [Value],
    /// The configurations that the entries name; others are left out.
    pub configurations: &'a [Configuration],
}

/// Why there is no record; the text names the field.
#[derive(Debug, thiserror::Error)]
pub enum InvalidRecord {
    /// A field that 27560 demands is empty.
    #[error("{field} is empty")]
    Empty {
        /// Where it is, such as `configurations[0].controller.address`.
        field: String,
    },
    /// A field has a value that cannot stand there.
    #[error("{field} {reason}")]
    Unfit {
        /// Where it is, such as `headers[2].state`.
        field: String,
        /// What it is not.
        reason: &'static str,
    },
    /// The embedded context is no JSON object; the tests show that it is one.
    #[error("the context cannot be read: {0}")]
    Context(#[from] serde_json::Error),
}

impl InvalidRecord {
    fn unfit(field: impl Into<String>, reason: &'static str) -> Self {
        Self::Unfit { field: field.into(), reason }
    }
}

/// What a record is about; serialises as the class of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
enum Kind {
    /// One consent for one purpose.
    #[serde(rename = "ConsentRecord")]
    Consent,
    /// One customer's instruction to give an app data.
    #[serde(rename = "GrantRecord")]
    Grant,
}

/// The record of one consent or grant. Serialises as the JSON-LD document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    #[serde(rename = "@context", skip_serializing_if = "Option::is_none")]
    context: Option<Value>,
    #[serde(rename = "@id")]
    iri: String,
    #[serde(rename = "@type")]
    kind: Kind,
    header: Header,
    pii_processing: Vec<Process>,
    parties: Vec<PartyNode>,
    events: Vec<Event>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    schema_version: Vec<&'static str>,
    record_id: String,
    pii_principal_id: String,
}

impl Record {
    /// Makes the record.
    ///
    /// # Errors
    /// [`InvalidRecord`] for headers that are not of one record or have nothing to say, a configuration that is named
    /// and not given, and a mandatory field that is empty.
    pub fn new(inputs: &Inputs<'_>) -> Result<Self, InvalidRecord> {
        let chain = entries::read(inputs.headers)?;
        if inputs.subject.trim().is_empty() {
            return Err(InvalidRecord::Empty { field: "subject".to_owned() });
        }
        let iri = format!("urn:counterfoil:record:{}", chain.record);
        let mut parties = Register::new(&iri);
        let subject = parties.subject(inputs.subject);
        let mut processes = Processes::new(&iri, chain.kind, chain.basis);
        let mut events = Vec::with_capacity(chain.entries.len());
        for entry in &chain.entries {
            let (at, configuration) = configuration_of(entry, inputs.configurations)?;
            configuration.check(&format!("configurations[{at}]"), chain.kind)?;
            let process = processes.under(configuration, &mut parties);
            let by = party_of(entry, inputs, configuration, &subject, &mut parties)?;
            events.push(Event::new(entry, events.len() + 1, &chain, by, process));
        }
        let pii_processing = processes.into_nodes();
        Ok(Self {
            context: Some(context()?),
            iri,
            kind: chain.kind,
            header: Header {
                schema_version: chain.kind.versions(RECORD_PROFILE),
                record_id: format!("{}", chain.record),
                pii_principal_id: subject,
            },
            pii_processing,
            parties: parties.into_nodes(),
            events,
        })
    }

    /// The receipt that copies the record whole. `id` is `rcp_` and 26 random base32 characters.
    ///
    /// # Errors
    /// [`InvalidRecord::Unfit`] for another kind of id.
    pub fn into_receipt(mut self, id: &str, created: DateTime<Utc>) -> Result<Receipt, InvalidRecord> {
        let is_ours = id.strip_prefix("rcp_").is_some_and(|random| {
            random.len() == 26 && random.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
        });
        if !is_ours {
            return Err(InvalidRecord::unfit("id", "is no receipt's id"));
        }
        Ok(Receipt {
            context: self.context.take(),
            iri: format!("urn:counterfoil:receipt:{id}"),
            class: self.kind.receipt_class(),
            schema_version: self.kind.versions(RECEIPT_PROFILE),
            id: id.to_owned(),
            created: instant(created),
            record: self,
        })
    }

    /// The canonical bytes of the document (RFC 8785).
    ///
    /// # Errors
    /// [`InvalidEntry`], which a document of strings and whole numbers never gives.
    pub fn canonical(&self) -> Result<Vec<u8>, InvalidEntry> {
        canonical(self)
    }
}

/// What a customer keeps: the record as it stood, with an id and a time of its own. Serialises as JSON-LD.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    #[serde(rename = "@context")]
    context: Option<Value>,
    #[serde(rename = "@id")]
    iri: String,
    #[serde(rename = "@type")]
    class: &'static str,
    schema_version: Vec<&'static str>,
    #[serde(rename = "receiptId")]
    id: String,
    created: String,
    record: Record,
}

impl Receipt {
    /// The canonical bytes of the document (RFC 8785).
    ///
    /// # Errors
    /// [`InvalidEntry`], which a document of strings and whole numbers never gives.
    pub fn canonical(&self) -> Result<Vec<u8>, InvalidEntry> {
        canonical(self)
    }
}

impl Kind {
    fn receipt_class(self) -> &'static str {
        match self {
            Self::Consent => "ConsentReceipt",
            Self::Grant => "GrantReceipt",
        }
    }

    /// DPV's profiles are about consents: a grant conforms to our schema alone.
    fn versions(self, profile: &'static str) -> Vec<&'static str> {
        match self {
            Self::Consent => vec![SCHEMA_VERSION, profile],
            Self::Grant => vec![SCHEMA_VERSION],
        }
    }
}

fn context() -> Result<Value, InvalidRecord> {
    /// The file as other software loads it.
    #[derive(serde::Deserialize)]
    struct File {
        #[serde(rename = "@context")]
        context: Value,
    }
    Ok(serde_json::from_str::<File>(CONTEXT)?.context)
}

fn configuration_of<'a>(
    entry: &Entry<'_>,
    configurations: &'a [Configuration],
) -> Result<(usize, &'a Configuration), InvalidRecord> {
    configurations
        .iter()
        .enumerate()
        .find(|(_, configuration)| configuration.hash == entry.config)
        .ok_or_else(|| InvalidRecord::unfit(entry.field("config"), "names a configuration that is not given"))
}

/// The IRI of the party that expressed what an entry says (27560 `entity_id`).
fn party_of(
    entry: &Entry<'_>,
    inputs: &Inputs<'_>,
    configuration: &Configuration,
    subject: &str,
    parties: &mut Register,
) -> Result<String, InvalidRecord> {
    match entry.actor_kind {
        "customer" => Ok(subject.to_owned()),
        "representative" => {
            let Some(party) = inputs.representative else {
                return Err(InvalidRecord::Empty { field: "representative".to_owned() });
            };
            party.check("representative")?;
            Ok(parties.organisation(Role::Representative, party))
        }
        "app" => configuration
            .recipients
            .iter()
            .find(|recipient| Some(recipient.party.id.as_str()) == entry.actor_ref)
            .map(|recipient| parties.organisation(recipient.role.into(), &recipient.party))
            .ok_or_else(|| InvalidRecord::unfit(entry.field("actor.ref"), "is none of the recipients")),
        // What the retailer's staff and its service do, the retailer does; who on the staff it was stays in the ledger.
        "staff" | "system" => Ok(parties.organisation(Role::Controller, &configuration.controller)),
        _ => Err(InvalidRecord::unfit(entry.field("actor.kind"), "is no kind of actor")),
    }
}
